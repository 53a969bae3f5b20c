#include "boxes.h"

#include <string.h>

#include "around.h"
#include "roads.h"

static const char *const BOXES[] = {"p.o. box ", "po box ", "p o box ", "p. o. box ", "p.o.box ", "post office box ", "pob ", "po drawer ",
	"p.o. drawer ", "drawer "};

size_t boxes_office(struct scan *s, size_t i)
{
	if (lower(scan_at(s, i)) == 'd' && lower(scan_at(s, i + 2)) != 'a')      /* "Dr." */
		return 0;
	for (size_t k = 0; k < sizeof BOXES / sizeof *BOXES; k++) {
		size_t from = around_literal(s, i, BOXES[k]), j;

		if (!from)
			continue;
		from += scan_at(s, from) == '#';
		for (j = from; j < from + 7 && is_digit(scan_at(s, j)); j++)
			;
		if (j > from && !is_alnum(scan_at(s, j)))
			return j;
	}
	return 0;
}

static const char *const RURAL[] = {"rr ", "r.r. ", "hc ", "rural route ", "rfd ", "psc ", "cmr ", "rt ", "rt. ", "rte ",
	"route ", "hcr ", "star route ", "star rte "};

/* "RR 2 Box 118", "HC 61, Box 40", "Rural Route 3 Box 12" */
size_t boxes_rural(struct scan *s, size_t i)
{
	if (!strchr("rhpcs", lower(scan_at(s, i)) & 0x7f))
		return 0;
	for (size_t k = 0; k < sizeof RURAL / sizeof *RURAL; k++) {
		size_t from = around_literal(s, i, RURAL[k]), j;

		if (!from)
			continue;
		for (j = from; j < from + 5 && is_digit(scan_at(s, j)); j++)
			;
		if (j == from)
			return 0;
		from = around_literal(s, j + (scan_at(s, j) == ','), " box ");
		for (j = from; from && j < from + 6 && is_digit(scan_at(s, j)); j++)
			;
		if (j == from)
			return 0;
		j += (scan_at(s, j) == '-' && is_alpha(scan_at(s, j + 1))) + (is_alpha(scan_at(s, j)) || scan_at(s, j) == '-');
		return is_alnum(scan_at(s, j)) ? 0 : j;
	}
	return 0;
}

/* By the first letter, a bit of the second one. */
static uint32_t begins[26];

static void add_beginning(const char *form)
{
	if (form[1] >= 'a' && form[1] <= 'z')
		begins[form[0] - 'a'] |= (uint32_t)1 << (form[1] - 'a');
}

void boxes_fill(void)
{
	for (size_t k = 0; k < sizeof BOXES / sizeof *BOXES; k++)
		add_beginning(BOXES[k]);
	for (size_t k = 0; k < sizeof RURAL / sizeof *RURAL; k++)
		add_beginning(RURAL[k]);
	for (size_t k = 0; roads_form(k); k++)
		add_beginning(roads_form(k));
	add_beginning("box");
}

bool boxes_may_begin(const uint16_t letters[2])
{
	return begins[(letters[0] | 32) - 'a'] >> ((letters[1] | 32) - 'a') & 1;
}

static const char *const HOMES[] = {"lot ", "apt ", "apartment ", "unit ", "slip ", "space ", "bldg ", "building ", "trailer ", "trlr ", "suite ", "spc "};

bool boxes_home_may_begin(uint16_t first)
{
	return first == 'L' || first == 'A' || first == 'U' || first == 'S' || first == 'B' || first == 'T';
}

size_t boxes_home(struct scan *s, size_t i)
{
	size_t end = 0;

	if (!boxes_home_may_begin(scan_at(s, i)))
		return 0;
	for (size_t k = 0; k < sizeof HOMES / sizeof *HOMES && !end; k++)
		end = around_literal(s, i, HOMES[k]);
	return end;
}
