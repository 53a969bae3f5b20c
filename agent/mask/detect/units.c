#include "units.h"

#include "around.h"
#include "roads.h"

#define MOST 3                                   /* of one address: "bldg F unit 209, rear" */

/* Is it one of these words at place i? The unit behind it, 0. */
static size_t one_of(struct scan *s, size_t i, const char *const words[])
{
	uint16_t first = lower(scan_at(s, i));

	for (size_t k = 0; words[k]; k++) {
		size_t end = (unsigned char)*words[k] == first ? around_rest(s, i + 1, words[k] + 1) : 0;

		if (end && !is_alpha(scan_at(s, end)))
			return end;
	}
	return 0;
}

/* "2nd Floor", "third fl" at place i: the unit behind, 0. */
static size_t floor_at(struct scan *s, size_t i)
{
	size_t j = roads_numbered(s, i);

	if (!j && (number_kinds(around_word(s, i, &j)) & NUMBER_ORDINAL) == 0)
		return 0;
	if (scan_at(s, j) != ' ' || lower(scan_at(s, j + 1)) != 'f' || lower(scan_at(s, j + 2)) != 'l')
		return 0;
	around_word(s, j + 1, &j);
	return j;
}

/* The number or letter that tells which one, from place i on: "3C", "6-J", "B"; the unit behind, 0. */
static size_t value(struct scan *s, size_t i)
{
	size_t j = i;

	while (j < i + 6 && is_alnum(scan_at(s, j)))
		j++;
	if (j == i || is_alnum(scan_at(s, j)) || (!is_digit(scan_at(s, i)) && j > i + 2 && !is_digit(scan_at(s, i + 1))))
		return 0;
	if (scan_at(s, j) == '-' && is_alnum(scan_at(s, j + 1)) && !is_alnum(scan_at(s, j + 2)))
		j += 2;
	return j;
}

static size_t one(struct scan *s, size_t end)
{
	static const char *const words[] = {
		"apartment", "apt", "suite", "ste", "unit", "floor", "fl", "room", "rm", "lot", "bldg", "building", "no", "trailer", "trlr",
		"space", "spc", "sp", "dept", "cottage", "cabin", "villa", "hale", "slip", "mezz", "level", "penthouse", "ph", "tower", "condo", "casita",
		"number", "ll", "piso", "local", "lote", "apto", "depto", "casa", "oficina", "interior", "wing", NULL,
	};
	static const char *const behind[] = {"rear", "upstairs", "downstairs", "basement", NULL}, *const sides[] = {"front", "upper", "lower", NULL};
	static const char *const houses[] = {"house", "unit", "apt", NULL};
	size_t i = end, j;

	while (i < end + 3 && (scan_at(s, i) == ',' || scan_at(s, i) == ' ' || scan_at(s, i) == '\n'))
		i++;
	if (i == end)
		return end;
	j = floor_at(s, i);
	if (j)
		return j;
	if (!is_alpha(scan_at(s, i)) && scan_at(s, i) != '#')
		return end;
	j = one_of(s, i, behind);
	j = !j && scan_at(s, end) == ',' ? one_of(s, i, sides) : j;
	if (j && !is_digit(scan_at(s, j))) {
		size_t house = scan_at(s, j) == ' ' ? one_of(s, j + 1, houses) : 0;

		return house ? house : j;
	}
	j = scan_at(s, i) == '#' ? i + 1 : one_of(s, i, words);
	if (!j)
		return end;
	while (scan_at(s, i) != '#' && j < i + 12 && (scan_at(s, j) == '.' || scan_at(s, j) == ' ' || scan_at(s, j) == '#'))
		j++;
	j = value(s, j);
	return j ? j : end;
}

size_t units_behind(struct scan *s, size_t end)
{
	for (int k = 0; k < MOST; k++) {
		size_t more = one(s, end);

		if (more == end)
			break;
		end = more;
	}
	return end;
}
