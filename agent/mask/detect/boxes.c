#include "boxes.h"

#include "around.h"
#include "roads.h"

static const char *const BOXES[] = {"p.o. box ", "po box ", "p o box ", "p. o. box ", "p.o.box ", "post office box ", "pob ", "po drawer ",
	"p.o. drawer ", "drawer "};

size_t boxes_office(struct scan *s, size_t i)
{
	uint16_t first = lower(scan_at(s, i)), second = lower(scan_at(s, i + 1));

	if (first == 'd' ? lower(scan_at(s, i + 2)) != 'a' : second != 'o' && second != '.' && second != ' ')    /* "Dr.", "Patient" */
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

/* By their first two letters; most words have others. */
static bool begins_rural(uint16_t first, uint16_t second)
{
	switch (first) {
	case 'r': return second == 'r' || second == '.' || second == 'u' || second == 'f' || second == 't' || second == 'o';
	case 'h': return second == 'c';
	case 'p': return second == 's';
	case 'c': return second == 'm';
	case 's': return second == 't';
	default: return false;
	}
}

/* "RR 2 Box 118", "HC 61, Box 40", "Rural Route 3 Box 12" */
size_t boxes_rural(struct scan *s, size_t i)
{
	if (!begins_rural(lower(scan_at(s, i)), lower(scan_at(s, i + 1))))
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
	uint16_t first = scan_at(s, i), second;
	size_t end = 0;

	if (!boxes_home_may_begin(first))
		return 0;
	first = lower(first);
	second = lower(scan_at(s, i + 1));
	for (size_t k = 0; k < sizeof HOMES / sizeof *HOMES && !end; k++)
		if ((unsigned char)HOMES[k][0] == first && (unsigned char)HOMES[k][1] == second)
			end = around_rest(s, i + 2, HOMES[k] + 2);
	return end;
}
