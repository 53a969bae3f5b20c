#include "around.h"

#define WORD_UNITS 24                            /* of a word, and more is none */

uint64_t around_word(struct scan *s, size_t i, size_t *end)
{
	const uint16_t *c = s->r->c;
	size_t j = i, to = i + WORD_UNITS < s->seen ? i + WORD_UNITS : s->seen;
	uint64_t hash = WORD_HASH;

	for (; j < to && (c[j] | 32u) - 'a' <= 'z' - 'a'; j++)
		hash = (hash ^ (c[j] | 32u)) * WORD_PRIME;
	while (j < i + WORD_UNITS && is_alpha(scan_at(s, j)))    /* letters of other alphabets */
		hash = word_hash(hash, scan_at(s, j++));
	*end = j;
	return hash;
}

bool around_begins_sentence(const struct context *c)
{
	return c->gap >= GAP_STOP || !c->before[0];
}

bool around_ends_line(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end);

	return c == '\n' || c == '\r' || (!c && !s->cut);
}

bool around_is_line(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end), last = s->context->last;

	if (last == '\t' || (s->context->gap == GAP_COLON && (last == '|' || last == ' ')))          /* a cell */
		return c == '\t' || c == '|' || (c == ' ' && scan_at(s, end + 1) == '|') ||
		       (last == '\t' && (c == '\n' || c == '\r'));
	return (s->context->gap == GAP_LINE || !s->context->last) && (s->context->last == '\n' || !s->context->last) && (c == '\n' || c == '\r');
}

enum left around_left(const struct context *c)
{
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]);

	if ((last & WORD_PLACE_FIRST) && (c->gap == GAP_SPACE || c->gap == GAP_STOP) && !(last & WORD_STOP && c->gap == GAP_STOP))
		return LEFT_PLACE_NAME;
	if (c->before[0] == CONTEXT_NAME && c->last == '/')          /* "Ng/Costa" */
		return LEFT_LIST;
	if (c->gap == GAP_LINE && (last & WORD_ADDRESS))             /* "Thanks,\nHank" */
		return LEFT_CLOSING;
	if (!c->before[0] || c->gap > GAP_COMMA)
		return LEFT_NONE;
	if ((c->before[0] == CONTEXT_NAME && c->gap == GAP_COMMA) || ((last & WORD_AND) && c->before[1] == CONTEXT_NAME))
		return LEFT_LIST;
	if (last & WORD_KIN)
		return LEFT_PERSON;
	if (last & WORD_ROLE)
		return LEFT_ROLE;
	if ((last & WORD_SERVICE) && c->gap == GAP_SPACE)
		return LEFT_SERVICE;
	if ((second & WORD_TWIN) && c->gap == GAP_SPACE)             /* "Twin A" */
		return LEFT_PERSON;
	/* "Thank you, Fitzgerald" */
	if ((last & WORD_ADDRESS) || ((second & WORD_ADDRESS) && (last & WORD_YOU)))
		return LEFT_PERSON;
	if (c->gap == GAP_COMMA)
		return LEFT_NONE;
	if ((last & WORD_WITH) && (second & WORD_MEET))
		return LEFT_PERSON;
	if (last & WORD_ARTICLE)
		return LEFT_THING;
	if (last & WORD_BY)
		return LEFT_BY;
	return last & WORD_WITH ? LEFT_WITH : last & WORD_PLACE_BEFORE ? LEFT_PLACE : LEFT_NONE;
}

/* Behind digits at place i: "yo", "M" */
static bool is_years(struct scan *s, size_t i)
{
	size_t end;
	uint64_t word = around_word(s, i, &end);
	uint16_t sex = lower(scan_at(s, i));

	if (is_digit(scan_at(s, end)) || scan_at(s, end) == ':' || scan_at(s, end) == '-')
		return false;                            /* of an address of a device */
	return (word_kinds(word) & WORD_YEARS) || (end == i + 1 && (sex == 'f' || sex == 'm'));
}

/* "45M", "45 yo", "8F": how old who stands before is */
static bool is_age_behind(struct scan *s, size_t i)
{
	size_t digits = 0, end;

	while (digits < 4 && is_digit(scan_at(s, i + digits)))
		digits++;
	/* "Temp 94 F" */
	if (scan_at(s, i + digits) == ' ' && (digits > 2 || scan_at(s, i) == '9') && lower(scan_at(s, i + digits + 1)) == 'f')
		return false;
	i += digits + (scan_at(s, i + digits) == ' ');
	around_word(s, i, &end);
	return digits && digits <= 3 && end < i + 4 && is_years(s, i);           /* but not "8 years ago" */
}

/* "a 45-year-old", "45", "an 8 month old" */
static bool is_age(struct scan *s, size_t i)
{
	size_t end, digits = 0;
	uint64_t word;

	if (lower(scan_at(s, i)) == 'a') {
		around_word(s, i, &end);
		if (end - i > 2 || scan_at(s, end) != ' ')
			return false;
		i = end + 1;
	}
	while (digits < 4 && is_digit(scan_at(s, i + digits)))
		digits++;
	if (!digits || digits > 3)
		return false;
	i += digits;
	if (scan_at(s, i) != '-' && scan_at(s, i) != ' ')
		return scan_at(s, i) == ',' || is_years(s, i);
	word = around_word(s, i + 1, &end);
	if (word_kinds(word) & WORD_AGE)
		return true;
	return scan_at(s, i) == ' ' && is_years(s, i + 1);
}

/* "(husband)", "(MRN 84729315)", "(45 years)": who is meant, or their number */
static bool says_who(struct scan *s, size_t i)
{
	size_t end;

	if (scan_at(s, i) != '(')
		return false;
	return is_age(s, i + 1) || word_kinds(around_word(s, i + 1, &end)) & (WORD_KIN | WORD_NUMBER);
}

bool around_credential(struct scan *s, size_t end)
{
	size_t i = end;

	while (i < end + 2 && (scan_at(s, i) == ',' || scan_at(s, i) == ' '))
		i++;
	return i > end && around_credential_at(s, i);
}

bool around_credential_at(struct scan *s, size_t i)
{
	uint64_t hash = WORD_HASH;
	size_t j, letters = 0;
	word_set kinds;

	if (!is_upper(scan_at(s, i)))
		return false;
	/* "MD", "M.D.", "PhD"; the last letter must be a capital, too */
	for (j = i; letters < 8 && is_alpha(scan_at(s, j)); letters++) {
		hash = word_hash(hash, scan_at(s, j++));
		if (scan_at(s, j) == '.' && is_alpha(scan_at(s, j + 1)))
			j++;
	}
	kinds = word_kinds(hash);
	return letters > 1 && (kinds & WORD_CREDENTIAL) && !(kinds & WORD_ROMAN) && is_upper(scan_at(s, j - 1)) && !is_digit(scan_at(s, j)) &&
	       !(scan_at(s, j) == '-' && is_digit(scan_at(s, j + 1)));          /* "Case PA-88402713" */
}

/* Six digits and more, such as a record number: "Jane Smith, 84729315" */
static bool is_number(struct scan *s, size_t i)
{
	size_t digits = 0, j = i;

	while (j < i + 14 && (is_digit(scan_at(s, j)) || (scan_at(s, j) == '-' && j > i)))
		digits += is_digit(scan_at(s, j++));
	return digits >= 6 && !is_alnum(scan_at(s, j));
}

static enum right verb(struct scan *s, size_t i, word_set kinds, size_t behind)
{
	size_t end;
	word_set next;

	if ((kinds & WORD_ADVERB) && !(kinds & WORD_BE) && scan_at(s, behind) == ' ')       /* "also reports" */
		kinds = word_kinds(around_word(s, behind + 1, &behind)) & ~WORD_BE;
	if (kinds & WORD_VERB)
		return RIGHT_VERB;
	if (!(kinds & WORD_BE) || scan_at(s, behind) != ' ')
		return RIGHT_NONE;
	if (is_age(s, behind + 1))
		return RIGHT_SURE;
	next = word_kinds(around_word(s, behind + 1, &end));
	if ((next & WORD_ADVERB) && scan_at(s, end) == ' ') {        /* "was not seen" */
		behind = end;
		next = word_kinds(around_word(s, behind + 1, &end));
	}
	if (next & WORD_RESULT)                                      /* "Murphy is negative" */
		return RIGHT_NONE;
	if ((kinds & WORD_HAVE) && (next & WORD_ARTICLE))            /* "had an x-ray" */
		return RIGHT_VERB;
	if ((next & WORD_ARTICLE) && scan_at(s, end) == ' ')         /* "is a retired" */
		return word_kinds(around_word(s, end + 1, &end)) & WORD_HUMAN ? RIGHT_VERB : RIGHT_WEAK;
	if ((next & WORD_BE) && scan_at(s, end) == ' ') {            /* "has been", "will be" */
		i = end + 1;
		next = word_kinds(around_word(s, i, &end));
	}
	return next & (WORD_PARTICIPLE | WORD_VERB) ? RIGHT_VERB : RIGHT_WEAK;
}

/* "R01", "3", and "[SSN]" where such a thing stood: a name before it is a thing's */
static bool has_digits(struct scan *s, size_t i)
{
	static const char *const words[] = {"NAME", "CITY", "COUNTY", "FACILITY"};
	size_t j = i;

	if (scan_at(s, i) == '[' && is_upper(scan_at(s, i + 1)) && is_upper(scan_at(s, i + 2))) {
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			if (scan_at(s, i + 1) == (unsigned char)words[k][0] && scan_at(s, i + 2) == (unsigned char)words[k][1])
				return false;
		return true;
	}
	if (lower(scan_at(s, i)) == 'x')                 /* "paged Osterhaus x2" */
		return false;
	while (j < i + 3 && is_alpha(scan_at(s, j)))
		j++;
	return is_digit(scan_at(s, j)) && scan_at(s, j + 1) != '/' && scan_at(s, j + 2) != '/';
}

enum right around_right(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end);
	bool possessive = false;
	size_t behind;
	word_set kinds;

	if (around_credential(s, end))
		return RIGHT_SURE;
	if (c == '\'') {
		possessive = lower(scan_at(s, end + 1)) == 's';
		end += 1 + possessive;
		c = scan_at(s, end);
	}
	if (c == ',' && scan_at(s, end + 1) == ' ')
		return is_age(s, end + 2) || is_number(s, end + 2) ? RIGHT_SURE :
		       word_kinds(around_word(s, end + 2, &behind)) & WORD_WHOSE ? RIGHT_MORE : RIGHT_NONE;
	if (c == ' ' && scan_at(s, end + 1) == '-' && scan_at(s, end + 2) == ' ')
		return is_age(s, end + 3) ? RIGHT_SURE : RIGHT_NONE;
	if (c != ' ' && c != '-' && c != '\n')
		return RIGHT_NONE;
	if (says_who(s, end + 1))
		return RIGHT_SURE;
	if (c == ' ' && is_age_behind(s, end + 1))
		return RIGHT_SURE;
	if (has_digits(s, end + 1))
		return RIGHT_CODE;
	kinds = word_kinds(around_word(s, end + 1, &behind));
	if (kinds & WORD_THING)
		return RIGHT_THING;
	if ((kinds & WORD_NUMBER) && behind > end + 3 && c == ' ')   /* "DOB", "MRN" */
		return RIGHT_SURE;
	if (possessive)
		return kinds & WORD_KIN ? RIGHT_SURE : RIGHT_NONE;
	if ((kinds & WORD_AND) && c == ' ' && scan_at(s, behind) == ' ' && (word_kinds(around_word(s, behind + 1, &behind)) & WORD_WHOSE))
		return RIGHT_MORE;
	return c == ' ' ? verb(s, end + 1, kinds, behind) : RIGHT_NONE;
}

size_t around_rest(struct scan *s, size_t i, const char *text)
{
	for (; *text; text++, i++)
		if (lower(scan_at(s, i)) != (unsigned char)*text)
			return 0;
	return i;
}
