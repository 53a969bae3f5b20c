/* Numbers without a label beside who they are of: "DOE, JANE / 03/14/1961 / 55645151", "Jane Doe | 4602033 |", "Cassidy 0082", and the code
 * of who dictated, as "HUMPHREY PRIESTLEY, M.D. HP3". */
#include "around.h"
#include "digits.h"

#define RECORD_LEAST 6
#define RECORD_MOST 10
#define PREFIX_MOST 3

static bool found(struct finding *f, struct scan *s, enum entity entity)
{
	*f = (struct finding){.start = s->i, .end = s->token, .entity = entity, .rule = "number behind a name", .custom = -1};
	return true;
}

static bool joins_on(uint16_t c)
{
	return c == '-' || c == '.' || c == '/' || c == ':' || c == ',' || c == '%' || c == '@' || c == '_';
}

/* Does the token end there, and with it the number? */
static bool ends(struct scan *s)
{
	uint16_t c = scan_at(s, s->token), next = scan_at(s, s->token + 1);
	size_t end;

	if (c == ' ' && is_alpha(next) && (word_kinds(around_word(s, s->token + 1, &end)) & (WORD_SHARE | WORD_YEARS)))
		return false;
	return !(joins_on(c) && is_alnum(next)) && c != '%' && c != '^';
}

/* Up to three capitals before digits alone: how many digits, 0: it is something else. */
static size_t digits_of(struct scan *s, size_t *capitals)
{
	size_t j = s->i, digits;

	while (j < s->token && is_upper(scan_at(s, j)))
		j++;
	*capitals = j - s->i;
	digits = s->token - j;
	while (j < s->token && is_digit(scan_at(s, j)))
		j++;
	return j == s->token ? digits : 0;
}

/* 7719, 0082: four digits that are no time, no year and no round number. */
static bool is_four(struct scan *s)
{
	int hours, minutes, all;

	digits_few(s, s->i, &all);
	hours = all / 100;
	minutes = all % 100;
	return (hours > 24 || minutes > 59) && hours != 19 && hours != 20 && minutes != 0 && all % 50 != 0;
}

/* "1120-7744": twice four digits that are no hours and no years; the unit behind, 0. */
static size_t two_fours(struct scan *s)
{
	size_t j = s->token + 1;
	int first, second;

	if (scan_at(s, s->token) != '-' || digits_few(s, s->i, &first) != 4 || digits_few(s, j, &second) != 4 || is_alnum(scan_at(s, j + 4)) ||
	    (joins_on(scan_at(s, j + 4)) && is_alnum(scan_at(s, j + 5))))
		return 0;
	return (first > 2459 || second > 2459 || first % 100 > 59 || second % 100 > 59) && (first % 10 || second % 10) && !(first / 100 == 19 && second / 100 >= 19) ? j + 4 : 0;
}

/* "M.D. HP3": letters and a number behind the letters of a profession. */
static bool is_dictation_code(struct scan *s, size_t capitals, size_t digits)
{
	static const char *const others[] = {"pgy", "pod", "hd"};
	uint16_t next = scan_at(s, s->token);

	for (size_t k = 0; k < sizeof others / sizeof *others; k++)
		if (around_literal(s, s->i, others[k]))
			return false;
	return s->context->initials > 1 && s->context->last == ' ' && capitals > 1 && digits && digits <= 3 && (next == ' ' || next == '\n' || !next);
}

bool scan_beside_name(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t capitals, digits;
	bool right_behind;

	if (!c->person || !s->digits || c->label == LABEL_PLAIN || c->label == LABEL_THING || s->token - s->i > RECORD_MOST + PREFIX_MOST)
		return false;
	digits = digits_of(s, &capitals);
	right_behind = c->before[0] == CONTEXT_NAME && c->gap == GAP_SPACE;
	if (digits == 4 && !capitals && two_fours(s)) {
		found(f, s, ENTITY_MRN);
		f->end = two_fours(s);
		return true;
	}
	if (!digits || capitals > PREFIX_MOST || !ends(s))
		return false;
	if (digits == 4 && capitals == 1 && right_behind && scan_at(s, s->i + 1) != '0')       /* "FAIRWEATHER,CURTIS L  F4471" */
		return found(f, s, ENTITY_SSN);
	if (digits == 4 && !capitals)
		return right_behind && is_four(s) && found(f, s, ENTITY_ID);
	if (is_dictation_code(s, capitals, digits))
		return found(f, s, ENTITY_ID);
	if (digits < RECORD_LEAST - (capitals > 0) || digits > RECORD_MOST)
		return false;
	if (c->last == ' ' || c->last == '|' || c->last == '/' || c->last == '\t' || c->last == '(' || c->last == '[' || c->last == '#')
		return found(f, s, ENTITY_MRN);
	return false;
}
