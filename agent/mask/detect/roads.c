/* Places on roads that no street's name tells: roads by their numbers, miles, crossings, positions. */
#include "roads.h"

#include "around.h"
#include "labels.h"
#include "parts.h"
#include "units.h"

size_t roads_numbered(struct scan *s, size_t i)
{
	size_t n = 0;

	while (n < 4 && is_digit(scan_at(s, i + n)))
		n++;
	if (!n || n == 4 || !is_alpha(scan_at(s, i + n)) || !is_alpha(scan_at(s, i + n + 1)) || is_alnum(scan_at(s, i + n + 2)))
		return 0;
	return i + n + 2;
}

/* Where on a road: " at mile marker 31", ", mile 21", " EB MM 23.4", " W": the unit behind, end itself. */
static size_t on_road(struct scan *s, size_t end, bool *mile)
{
	static const char *const ways[] = {" eb", " wb", " nb", " sb", " west", " east", " north", " south", " w", " e", " n", " s"};
	static const char *const miles[] = {" at mile marker ", " near mile ", " at mile ", ", mile ", " mile marker ", " mile ", " mm ", " at mm ", ", mm ", " mi ", " mp ", " exit "};
	size_t j;

	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
		if ((j = around_literal(s, end, ways[k])) && !is_alnum(scan_at(s, j)) && is_upper(scan_at(s, end + 1))) {
			end = j;
			break;
		}
	*mile = false;
	for (size_t k = 0; k < sizeof miles / sizeof *miles && !*mile; k++)
		if ((j = around_literal(s, end, miles[k])) && is_digit(scan_at(s, j))) {
			while (j < end + 24 && (is_digit(scan_at(s, j)) || (scan_at(s, j) == '.' && is_digit(scan_at(s, j + 1)))))
				j++;
			end = j;
			*mile = true;
		}
	return end;
}

/* Does a road's name by its number begin with these two letters? Most words have others. */
static bool begins_road(struct scan *s, size_t i)
{
	static const char second[26][4] = {
		['c' - 'a'] = "or", ['f' - 'a'] = "am", ['h' - 'a'] = "iw", ['i' - 'a'] = "n-", ['r' - 'a'] = "otr", ['s' - 'a'] = "tr", ['u' - 'a'] = "s.",
	};
	unsigned int first = (unsigned int)lower(scan_at(s, i)) - 'a', next;
	const char *of;

	if (first > 'z' - 'a' || !second[first][0])
		return false;
	of = second[first];
	next = lower(scan_at(s, i + 1));
	return next == (unsigned char)of[0] || next == (unsigned char)of[1] || next == (unsigned char)of[2];
}

static const struct {
	const char *form;
	bool sure;                       /* it is a road wherever it stands */
} HIGHWAYS[] = {
	{"us hwy ", true}, {"us highway ", true}, {"u.s. highway ", true}, {"us route ", true}, {"highway ", true}, {"hwy ", true}, {"hwy. ", true},
	{"interstate ", true}, {"state road ", true}, {"state route ", true}, {"state highway ", true}, {"county road ", true},
	{"county rd ", true}, {"county highway ", true}, {"co rd ", true}, {"co. rd. ", true}, {"farm road ", true}, {"us-", true}, {"us ", false},
	{"u.s. ", false}, {"i-", false}, {"sr ", false}, {"sr-", false}, {"cr ", false}, {"cr-", false}, {"fm ", false}, {"route ", false},
	{"rr ", false}, {"rte ", false}, {"rte. ", false}, {"rt ", false}, {"road ", false},
};

const char *roads_form(size_t k)
{
	return k < sizeof HIGHWAYS / sizeof *HIGHWAYS ? HIGHWAYS[k].form : NULL;
}

/* " near Granby", " outside Paragould" */
static bool leads_place(struct scan *s, size_t i)
{
	size_t j = around_literal(s, i, " near ");

	j = j ? j : around_literal(s, i, " outside ");
	return j && is_upper(scan_at(s, j));
}

size_t roads_highway(struct scan *s, size_t i, bool sure)
{
	const struct context *c = s->context;
	bool cue, mile;
	uint16_t first = lower(scan_at(s, i));
	size_t j = 0, n = 0, k = 0, end;

	if (!begins_road(s, i))
		return 0;
	while (k < sizeof HIGHWAYS / sizeof *HIGHWAYS && ((unsigned char)HIGHWAYS[k].form[0] != first || !(j = around_rest(s, i + 1, HIGHWAYS[k].form + 1))))
		k++;
	if (k == sizeof HIGHWAYS / sizeof *HIGHWAYS)
		return 0;
	while (n < 5 && is_digit(scan_at(s, j + n)))
		n++;
	if (!n && HIGHWAYS[k].sure)                         /* "County Rd XX" */
		while (n < 2 && scan_at(s, j + n) < 0x80 && is_upper(scan_at(s, j + n)))
			n++;
	else if (n && is_upper(scan_at(s, j + n)))
		n++;
	if (n < 3 && lower(scan_at(s, i + 1)) == 'r')    /* "HR 112 RR 22" */
		return 0;
	if (!n || n > 4 || is_alnum(scan_at(s, j + n)) || (scan_at(s, j + n) == '.' && is_digit(scan_at(s, j + n + 1))))
		return 0;
	cue = sure || (c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_ON)) || leads_place(s, j + n);
	end = on_road(s, j + n, &mile);
	return HIGHWAYS[k].sure || cue || mile ? end : 0;
}

size_t roads_crossing(struct scan *s)
{
	size_t i = s->i, end, first = is_digit(scan_at(s, i)) ? roads_numbered(s, i) : 0;
	struct part room;
	const struct part *p;
	bool corner;

	if (!first && is_digit(scan_at(s, i)))
		return 0;
	if (!first) {
		p = part_at(s, i, &room);
		if (p->shape < SHAPE_CAPITALS || (p->words & WORD_STOP))
			return 0;
		end = p->end;
	} else {
		end = first;
	}
	if (scan_at(s, end) != ' ' || (scan_at(s, end + 1) != '&' && lower(scan_at(s, end + 1)) != 'a'))
		return 0;
	i = around_literal(s, end, " & ");
	corner = s->context->gap == GAP_SPACE && (s->context->before[0] == label_words.corner ||
						  (s->context->before[0] == label_words.of && s->context->before[1] == label_words.corner));
	if (!i && s->context->gap == GAP_SPACE && (corner || (word_kinds(s->context->before[0]) & WORD_ON)))
		i = around_literal(s, end, " and ");
	if (!i)
		return 0;
	if (!first && !corner)
		return roads_numbered(s, i);
	if (!is_upper(scan_at(s, i)))
		return 0;
	p = part_at(s, i, &room);
	return p->shape >= SHAPE_CAPITALS && !(p->words & WORD_STOP) ? p->end : 0;
}

/* A degree of latitude or longitude to a few metres: the unit behind, 0. */
static size_t degree(struct scan *s, size_t i, int most)
{
	size_t n = 0, m = 0;
	int value = 0;

	i += scan_at(s, i) == '-';
	while (n < 4 && is_digit(scan_at(s, i + n)))
		value = value * 10 + scan_at(s, i + n++) - '0';
	if (!n || value > most || scan_at(s, i + n) != '.')
		return 0;
	i += n + 1;
	while (m < 9 && is_digit(scan_at(s, i + m)))
		m++;
	return m >= 4 && !is_alnum(scan_at(s, i + m)) ? i + m : 0;
}

size_t roads_position(struct scan *s)
{
	size_t end = degree(s, s->i, 90), i = end;

	if (!end || scan_at(s, i) != ',')
		return 0;
	i += 1 + (scan_at(s, i + 1) == ' ');
	return degree(s, i, 180);
}

/* The name of a second street from place i on: the unit behind, 0. sure: what stands before says that it is one. */
static size_t second_street(struct scan *s, size_t i, bool sure)
{
	size_t end = is_digit(scan_at(s, i)) ? roads_numbered(s, i) : 0, at;
	struct part p;

	if (end)
		return end;
	if (!is_upper(scan_at(s, i)))
		return 0;
	part_read(s, i, &p);
	if (p.shape < SHAPE_CAPITALS || ((p.words & WORD_STOP) && !(p.words & WORD_DIRECTION)) || (!sure && (p.dictionary & DICTIONARY_FIRST)))
		return 0;
	if (!(p.dictionary & (DICTIONARY_LAST | DICTIONARY_PLACE)) && !part_is_unknown(&p) && !(p.words & WORD_DIRECTION))
		return 0;
	end = p.end;
	at = part_next_word(s, &p);
	if (at && is_upper(scan_at(s, at))) {
		part_read(s, at, &p);
		end = p.words & WORD_STREET ? p.end : end;
	}
	return end;
}

size_t roads_more(struct scan *s, size_t end)
{
	static const struct {
		const char *joint;
		bool sure;
	} joints[] = {{" at ", true}, {" & ", true}, {" @ ", true}, {" and ", false}, {" near ", true}};
	bool mile;
	size_t j;

	for (size_t k = 0; k < sizeof joints / sizeof *joints; k++)
		if ((j = around_literal(s, end, joints[k].joint)) && (j = second_street(s, j, joints[k].sure))) {
			end = j;
			break;
		}
	return units_behind(s, on_road(s, end, &mile));
}
