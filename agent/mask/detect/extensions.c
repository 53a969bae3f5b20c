/* Telephone numbers in short forms: "x5521", "ext. 4-7712", "555-0138", and numbers that are spelled out. */
#include <string.h>

#include "around.h"
#include "checks.h"
#include "digits.h"

#define SPOKEN_PHONE 11

static bool found(struct finding *f, size_t start, size_t end, const char *rule)
{
	*f = (struct finding){.start = start, .end = end, .entity = ENTITY_PHONE, .rule = rule, .custom = -1};
	return true;
}

/* Is something counted or measured: "x 4000 mL", "1200 mL"? Round numbers often are. */
static bool is_measure(struct scan *s, const struct digits *d, size_t group)
{
	size_t end = d->group[group].end, last = d->group[group].from + d->group[group].n, behind = end + 1;

	if (last > 1 && d->d[last - 1] == '0' && d->d[last - 2] == '0')
		return true;
	return scan_at(s, end) == ' ' && is_alpha(scan_at(s, behind)) && (word_kinds(around_word(s, behind, &behind)) & WORD_SHARE);
}

/* "(p31187)", "PGY2 p22907": a pager; behind "p" no protein has so many digits. */
static bool is_pager(struct scan *s, size_t n)
{
	uint16_t next = scan_at(s, s->token);

	return scan_at(s, s->i) == 'p' && n == 5 && (s->context->label == LABEL_NONE || s->context->label >= LABEL_TITLE) && (!s->context->last || strchr(" (,/", s->context->last)) && next != '-' && next != '_';
}

/* "Deb LPN x214", "Tierney x40-117" */
static bool of_somebody(const struct scan *s)
{
	const struct context *c = s->context;

	return c->gap <= GAP_COMMA && (c->before[0] == CONTEXT_NAME || (word_kinds(c->before[0]) & WORD_CREDENTIAL));
}

/* "at x442", "Front desk, x442.": not "squats x214" */
static bool is_dialled(struct scan *s)
{
	const struct context *c = s->context;
	uint16_t next = scan_at(s, s->token);

	return scan_at(s, s->i + 1) > '1' && scan_at(s, s->token - 1) != '0' && (c->gap >= GAP_COMMA || (word_kinds(c->before[0]) & (WORD_ON | WORD_PLACE_BEFORE))) &&
	       (next == '.' || next == ',' || next == ')' || next == '\n' || next == ';' || !next) && !is_digit(scan_at(s, s->token + 1));
}

/* "x5521", "(x206)" */
static bool letter_x(struct scan *s, struct finding *f)
{
	bool brackets = s->context->last == '(' && scan_at(s, s->token) == ')';
	size_t n = s->token - s->i - 1;
	struct digits d;

	if (lower(scan_at(s, s->i)) == 'x' && (n == 1 || (n == 2 && of_somebody(s))) && scan_at(s, s->token) == '-') {   /* "x6-2240", "x40-117" */
		digits_read(s, s->i + 1, 0, &d);
		return (!s->context->last || strchr(" (\n\t,;:/", s->context->last)) && d.groups > 1 && d.group[1].sign == '-' && d.group[1].n == 5 - n &&
		       digits_end(s, &d, 2) && found(f, s->i + 1, d.group[1].end, "extension");
	}
	if (is_pager(s, n))
		return found(f, s->i + 1, s->token, "extension");
	if (s->context->label == LABEL_THING || lower(scan_at(s, s->i)) != 'x' || n > 6 || n < (brackets || of_somebody(s) || is_dialled(s) ? 3 : 4) || (s->context->last && !strchr(" (\n\t,;:/@", s->context->last)))
		return false;
	digits_read(s, s->i + 1, 0, &d);
	if (d.group[0].n != n || !digits_end(s, &d, 1) || (n != 5 && is_measure(s, &d, 0)) || (d.groups > 1 && (d.group[1].sign == '-' || d.group[1].sign == '/')))
		return false;
	return found(f, s->i + 1, s->token, "extension");
}

/* "x 4410", "ext. 4-7712", "555-0138", "at 826-0138" */
static bool in_digits(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	const struct digits *d = digits_here(s);
	bool two = d->groups > 1 && d->group[1].n == 4 && d->group[1].sign == '-' && digits_end(s, d, 2), exchange;

	if (c->label == LABEL_PLAIN || c->last == '-' || c->last == '.' || c->last == '/' || c->last == '+')
		return false;
	if (two && d->group[0].n == 1 && c->label == LABEL_PAGER)
		return found(f, s->i, d->group[1].end, "extension");
	if (d->group[0].n >= 4 && d->group[0].n <= 5 && c->gap == GAP_SPACE && c->before[0] == word_hash(WORD_HASH, 'x') && digits_end(s, d, 1))
		return !is_measure(s, d, 0) && found(f, s->i, d->group[0].end, "extension");
	if (!two || d->group[0].n != 3 || is_measure(s, d, 1) || (d->groups > 2 && d->group[2].sign != ' '))
		return false;
	/* 555 is the exchange of numbers that are made up, and of nothing else */
	exchange = d->d[0] == '5' && d->d[1] == '5' && d->d[2] == '5';
	return (exchange || (d->d[0] >= '2' && c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_ON))) &&
	       found(f, s->i, d->group[1].end, "phone, seven digits");
}

/* "two oh six, five five five, zero one three eight" */
static bool in_words(struct scan *s, struct finding *f)
{
	bool counting = true;
	struct digits d;

	digits_read(s, s->i, SPOKEN_PHONE + 1, &d);
	for (size_t k = 1; k < d.n; k++)
		counting = counting && d.d[k] == d.d[k - 1] + 1;
	if (counting || !((d.n == 7 && d.d[0] >= '2') || (d.n == 10 && check_nanp(d.d)) || (d.n == 11 && d.d[0] == '1' && check_nanp(d.d + 1))))
		return false;
	return found(f, s->i, d.group[0].end, "phone in words");
}

bool scan_extension(struct scan *s, struct finding *f)
{
	if (is_digit(scan_at(s, s->i)))
		return in_digits(s, f);
	return s->digits ? letter_x(s, f) : (s->word->numbers & NUMBER_UNIT) && in_words(s, f);
}
