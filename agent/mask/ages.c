/* Ages over 89, which tell who somebody is (45 CFR 164.514(b)(2)(i)(C)): only the number is masked. */
#include "around.h"

#define OLDEST 125

static bool found(struct finding *f, struct scan *s, size_t end)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_AGE, .rule = "age over 89", .custom = -1};
	return true;
}

/* "-year-old", " y/o", " yo", " y.o.", " years of age", "yo" */
static bool years_old(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);
	size_t end;
	uint64_t hash;
	word_set kinds;

	if (c == ' ' || c == '-')
		i++;
	if (lower(scan_at(s, i)) == 'y' && (scan_at(s, i + 1) == '/' || scan_at(s, i + 1) == '.') && lower(scan_at(s, i + 2)) == 'o')
		return !is_alnum(scan_at(s, i + 3));
	hash = around_word(s, i, &end);
	kinds = word_kinds(hash);
	if (!(kinds & WORD_YEARS) || is_alnum(scan_at(s, end)))
		return false;
	if (end - i == 2 && lower(scan_at(s, i + 1)) == 'o')
		return true;
	if (scan_at(s, end) == '.')
		end++;
	if (scan_at(s, end) != ' ' && scan_at(s, end) != '-')
		return false;
	return number_kinds(around_word(s, end + 1, &i)) & NUMBER_OLD;
}

/* "93 F", "93F" */
static bool and_sex(struct scan *s, size_t i)
{
	i += scan_at(s, i) == ' ';
	return (scan_at(s, i) == 'F' || scan_at(s, i) == 'M') && !is_alnum(scan_at(s, i + 1)) && scan_at(s, i + 1) != '\'';
}

/* Ninety to a hundred and something, in words; 0. */
static size_t in_words(struct scan *s, size_t i)
{
	size_t end, next;
	uint64_t hash = around_word(s, i, &end);
	bool hundred = false;

	if (number_kinds(hash) & NUMBER_ONE) {                       /* "one hundred", "a hundred" */
		if (scan_at(s, end) != ' ' || !(number_kinds(around_word(s, end + 1, &next)) & NUMBER_HUNDRED))
			return 0;
		hundred = true;
		end = next;
	} else if (!(number_kinds(hash) & NUMBER_NINETY)) {
		return 0;
	}
	for (int k = 0; k < 3 && (scan_at(s, end) == ' ' || scan_at(s, end) == '-'); k++) {
		unsigned int kinds = number_kinds(around_word(s, end + 1, &next));

		if (!(kinds & NUMBER_UNIT) && !(hundred && (kinds & (NUMBER_AND | NUMBER_TENS))))
			break;
		end = next;
		if (kinds & NUMBER_UNIT)
			break;
	}
	return end;
}

bool scan_age(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool label = c->label == LABEL_AGE && (!c->needs_mark || c->mark) && c->age <= 4;
	size_t n = 0, end;
	int value = 0;

	if (!is_digit(scan_at(s, s->i))) {
		end = s->word->numbers & (NUMBER_NINETY | NUMBER_ONE) ? in_words(s, s->i) : 0;
		return end && (label || years_old(s, end)) && found(f, s, end);
	}
	while (n < 4 && is_digit(scan_at(s, s->i + n)))
		value = value * 10 + scan_at(s, s->i + n++) - '0';
	if (n > 3 || value < 90 || value > OLDEST || c->last == '.' || c->last == '/')
		return false;
	end = s->i + n;
	if (scan_at(s, end) == '+' || (scan_at(s, end) == '.' && is_digit(scan_at(s, end + 1))) || scan_at(s, end) == '%')
		return false;
	if (years_old(s, end) || (label && !is_alnum(scan_at(s, end)) && scan_at(s, end) != '-' && scan_at(s, end) != '/') ||
	    (and_sex(s, end) && (c->gap >= GAP_STOP || !c->before[0] || (word_kinds(c->before[0]) & WORD_ARTICLE))))
		return found(f, s, end);
	return false;
}
