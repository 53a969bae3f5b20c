/* Addresses as other countries write them: the kind of street stands first ("rue de Rivoli 12"), behind ("Kossuth utca 5") or at
 * the end of the word ("Lindenweg 7"), and postcodes hold letters or stand before the city. */
#include "abroad.h"

#include <string.h>

#include "parts.h"

#define NAME_WORDS 4                             /* of a street's name */
#define NUMBER_DIGITS 5

/* The ends of words that are streets, by their last letters; a house's number stands beside. */
static const struct {
	unsigned char n;
	char text[8];
} ENDS[] = {
#define E(text) {sizeof text - 1, text}
	E("gata"), E("kuja"), E("utca"), E("strasse"), E("stra\xdf" "e"), E("gasse"), E("allee"), E("kade"), E("gade"), E("ntie"), E("weg"), E("vej"),
	E("damm"), E("laan"), E("plein"), E("gatan"), E("vagen"), E("vegen"), E("veien"), E("stien"), E("stigen"), E("ufer"), E("straat"), E("gracht"),
	E("braut"), E("katu"), E("gotu"), E("platz"),
#undef E
};

enum kind { KIND_NONE, KIND_FIRST, KIND_LAST };

static enum kind kind_of(const struct part *p)
{
	return p->words & WORD_ROAD_FIRST ? KIND_FIRST : p->words & WORD_ROAD_LAST ? KIND_LAST : KIND_NONE;
}

static bool is_lower(uint16_t c)
{
	return is_alpha(c) && !is_upper(c);
}

static bool is_joined(struct scan *s, const struct part *p)
{
	size_t n = p->end - p->start;
	uint16_t last, before;

	if (n < ABROAD_JOINED_LEAST || p->shape < SHAPE_CAPITALS || (p->dictionary & DICTIONARY_SAFE))
		return false;
	last = lower(scan_at(s, p->end - 1));
	before = lower(scan_at(s, p->end - 2));
	for (size_t k = 0; k < sizeof ENDS / sizeof *ENDS; k++) {
		size_t m = ENDS[k].n, j = m;

		if ((unsigned char)ENDS[k].text[m - 1] > last)
			break;
		if ((unsigned char)ENDS[k].text[m - 1] != last || (unsigned char)ENDS[k].text[m - 2] != before || n < m + 3)
			continue;
		while (j && lower(scan_at(s, p->end - m + j - 1)) == (unsigned char)ENDS[k].text[j - 1])
			j--;
		if (!j)
			return true;
	}
	return false;
}

size_t abroad_house(struct scan *s, size_t i)
{
	size_t j = i;

	while (j < i + NUMBER_DIGITS && is_digit(scan_at(s, j)))
		j++;
	if (j == i)
		return 0;
	if (is_alpha(scan_at(s, j)) && !is_alnum(scan_at(s, j + 1)))
		j++;
	if ((scan_at(s, j) == '-' || scan_at(s, j) == '/') && is_digit(scan_at(s, j + 1))) {
		size_t from = ++j;

		while (j < from + NUMBER_DIGITS && is_digit(scan_at(s, j)))
			j++;
	}
	if (is_alnum(scan_at(s, j)) ||
	    ((scan_at(s, j) == '.' || scan_at(s, j) == '/' || scan_at(s, j) == ':') && is_digit(scan_at(s, j + 1))))
		return 0;
	return j;
}

/* A street's name at place i, its kind included; numbered: a house's number stands before. 0: there is none. */
static size_t name(struct scan *s, size_t i, bool numbered)
{
	size_t at = i, end = 0;
	bool first = false, named = false;

	for (int words = 0; words < NAME_WORDS + 1 && (at || !words); words++) {
		struct part room;
		const struct part *p;
		enum kind kind;

		if (!is_alpha(scan_at(s, at)))           /* most often the next house's number */
			break;
		p = part_at(s, at, &room);
		kind = kind_of(p);
		if (p->end == p->start)
			break;
		if (words == 0 && is_joined(s, p))
			return p->end;
		if (kind == KIND_FIRST && words == 0 && (numbered || p->shape >= SHAPE_CAPITALS)) {
			first = true;
		} else if (kind == KIND_LAST && named && !first) {
			return p->end + (scan_at(s, p->end) == '.');
		} else if (p->shape >= SHAPE_INITIAL && (!(p->words & WORD_STOP) || (p->words & WORD_PARTICLE))) {
			named = true;
			end = p->end;
		} else if (!((p->words & WORD_PARTICLE) && first)) {
			break;
		}
		at = part_next_word(s, p);
	}
	return first && named ? end : 0;
}

/* Most capital words are no street: one has its kind, or a number or its kind directly behind. */
static bool may_begin(struct scan *s, size_t i)
{
	struct part room;
	const struct part *p = part_at(s, i, &room);
	size_t at;

	if (p->words & WORD_ROAD_FIRST)
		return true;
	if (is_digit(scan_at(s, p->end + 1)))
		return is_joined(s, p);
	at = part_next_word(s, p);
	if (!at)
		return false;
	p = part_at(s, at, &room);
	return p->shape >= SHAPE_CAPITALS ? is_lower(scan_at(s, p->end + 1)) : (p->words & WORD_ROAD_LAST) != 0;
}

size_t abroad_street(struct scan *s, size_t i)
{
	size_t number = is_digit(scan_at(s, i)) ? abroad_house(s, i) : 0, at = i, end, behind;

	if (number) {
		at = number + (scan_at(s, number) == ',');
		if (scan_at(s, at++) != ' ')
			return 0;
	}
	if (!is_alpha(scan_at(s, at)) || (!number && (!is_upper(scan_at(s, at)) || !may_begin(s, at))))
		return 0;
	end = name(s, at, number > 0);
	if (!end)
		return 0;
	behind = scan_at(s, end) == ',' ? end + 1 : end;
	behind = scan_at(s, behind) == ' ' ? abroad_house(s, behind + 1) : 0;
	/* "Avenue of 5 trees": digits of a postcode stand behind a comma */
	if (behind && !(number && scan_at(s, end) == ','))
		return behind;
	return number ? end : 0;
}

/* ---- postcodes -------------------------------------------------------------------------------------------- */

static bool capital(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return c >= 'A' && c <= 'Z';
}

/* "LS6 2AB", "SW1A 1AA" */
static size_t british(struct scan *s, size_t i)
{
	size_t j = i, letters;

	while (j < i + 2 && capital(s, j))
		j++;
	letters = j - i;
	if (!letters || !is_digit(scan_at(s, j)))
		return 0;
	j++;
	j += is_digit(scan_at(s, j)) || capital(s, j);
	j += scan_at(s, j) == ' ';
	if (!is_digit(scan_at(s, j)) || !capital(s, j + 1) || !capital(s, j + 2) || is_alnum(scan_at(s, j + 3)))
		return 0;
	return j + 3;
}

/* "M5H 2M9" */
static size_t canadian(struct scan *s, size_t i)
{
	size_t j = i + 3;

	if (!capital(s, i) || !is_digit(scan_at(s, i + 1)) || !capital(s, i + 2))
		return 0;
	if (scan_at(s, j) != ' ' && scan_at(s, j) != '-')        /* "Montreal A2L1B1" is a class of a disease */
		return 0;
	j++;
	return is_digit(scan_at(s, j)) && capital(s, j + 1) && is_digit(scan_at(s, j + 2)) && !is_alnum(scan_at(s, j + 3)) ? j + 3 : 0;
}

size_t abroad_postcode(struct scan *s, size_t i)
{
	size_t end = british(s, i);

	return end ? end : canadian(s, i);
}

/* "10115", "3220", "53-320", "340 12": behind a street, or before a city */
static size_t digits(struct scan *s, size_t i)
{
	size_t j = i, k;

	while (j < i + 6 && is_digit(scan_at(s, j)))
		j++;
	if (j < i + 2)
		return 0;
	k = j + 1;
	if (scan_at(s, j) == '-' || (scan_at(s, j) == ' ' && j == i + 3)) {
		while (k < j + 4 && is_digit(scan_at(s, k)))
			k++;
		if (k > j + 2)
			j = k;
	}
	return is_alnum(scan_at(s, j)) || j < i + 4 || j > i + 8 ? 0 : j;
}

bool scan_postcode(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool place = (c->before[0] == CONTEXT_ADDRESS || c->before[0] == CONTEXT_CITY) && c->gap >= GAP_SPACE;
	/* "Toronto, ON M5H 2M9", "Geelong VIC 3220" */
	bool state = c->before[1] == CONTEXT_CITY && c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_PROVINCE);
	bool label = c->label == LABEL_ZIP || c->label == LABEL_ADDRESS;
	size_t end = 0;

	if (!place && !state && !label)
		return false;
	if (capital(s, s->i))
		end = abroad_postcode(s, s->i);
	else if (is_digit(scan_at(s, s->i)) &&
		 (c->label == LABEL_ZIP || c->before[0] == CONTEXT_ADDRESS || c->before[0] == CONTEXT_CITY || state))
		end = digits(s, s->i);
	/* a number behind a city says how many of something, or when, "medical school Karachi 2006", but for "Berlin 10115." */
	if (end && is_digit(scan_at(s, s->i)) && c->label != LABEL_ZIP && c->before[0] != CONTEXT_ADDRESS &&
	    (end < s->i + 4 || (end == s->i + 4 && starts_year(s, s->i)) || (scan_at(s, end) == ' ' && is_alpha(scan_at(s, end + 1)))))
		end = 0;
	if (!end)
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ZIP, .rule = "postcode", .custom = -1};
	return true;
}
