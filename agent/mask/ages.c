/* Ages over 89, which tell who somebody is (45 CFR 164.514(b)(2)(i)(C)), and years of birth that tell them: only the number is masked. */
#include "around.h"
#include "engine.h"

#define OLDEST 125

static bool found(struct finding *f, struct scan *s, size_t end)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_AGE, .rule = "age over 89", .custom = -1};
	return true;
}

/* Nothing that a number or a measure goes on with. */
static bool ends(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return !is_alnum(c) && c != '%' && c != '-' && c != '/' && !((c == '.' || c == ',') && is_digit(scan_at(s, i + 1)));
}

static bool is_sex(struct scan *s, size_t i)
{
	uint16_t c = lower(scan_at(s, i)), next = lower(scan_at(s, i + 1));

	/* "F", "WF", "w f", "male", "female", "man" */
	if (c == 'f' || c == 'm')
		return !is_alnum(next) || next == 'a' || next == 'e';
	if (!is_upper(scan_at(s, i)) && next != ' ' && next != '/')
		return false;
	if (c != 'w' && c != 'b' && c != 'h' && c != 'a')
		return false;
	if (next == ' ' || next == '/')
		next = lower(scan_at(s, ++i + 1));
	return (next == 'f' || next == 'm') && !is_alnum(scan_at(s, i + 2));
}

/* "-year-old", " y/o", " yo", " y.o.", " years of age", "yo", "y", " yrs", " 1/2 years old" */
static bool years_old(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);
	size_t end;
	uint64_t hash;
	bool glued;

	if (c == ' ' && scan_at(s, i + 1) == '1' && scan_at(s, i + 2) == '/')
		c = scan_at(s, i += 4);
	glued = c != ' ';
	if (c == ' ' || c == '-')
		i++;
	if (lower(scan_at(s, i)) == 'y' && (scan_at(s, i + 1) == '/' || scan_at(s, i + 1) == '.') && lower(scan_at(s, i + 2)) == 'o')
		return !is_alnum(scan_at(s, i + 3));
	hash = around_word(s, i, &end);
	if (!(word_kinds(hash) & WORD_YEARS) || is_alnum(scan_at(s, end)))
		return false;
	if (end - i == 2 && lower(scan_at(s, i + 1)) == 'o')
		return true;
	if (end - i == 1)                                        /* "94y", "94 y F", "94 y/F" */
		return glued || is_sex(s, end + 1) || (is_upper(scan_at(s, i)) && ends(s, end));
	if (scan_at(s, end) == '.')
		end++;
	if (scan_at(s, end) == ',' && scan_at(s, end + 1) == ' ' && is_digit(scan_at(s, end + 2)))
		return true;                                     /* "-year, 3-month-old" */
	if ((scan_at(s, end) != ' ' && scan_at(s, end) != '-') || is_sex(s, end + 1))
		return scan_at(s, end) != '-' || is_sex(s, end + 1);
	return around_word(s, end + 1, &i) != WORD_HASH && (number_kinds(around_word(s, end + 1, &i)) & NUMBER_OLD) &&
	       (lower(scan_at(s, end + 2)) == 'l' || lower(scan_at(s, i + 1)) == 'a');        /* "old", "of age" */
}

/* "93 F", "93F", "94 WM" */
static bool and_sex(struct scan *s, size_t i)
{
	size_t behind;

	i += scan_at(s, i) == ' ';
	if (!is_sex(s, i) || lower(scan_at(s, i + 1)) == 'a' || lower(scan_at(s, i + 1)) == 'e' || scan_at(s, i + 1) == '\'')
		return false;
	for (i++; is_alpha(scan_at(s, i)) || ((scan_at(s, i) == ' ' || scan_at(s, i) == '/') && is_alpha(scan_at(s, i + 1)) && !is_alpha(scan_at(s, i + 2))); i++)
		;
	/* "94 M solution" is none */
	return scan_at(s, i) != ' ' || !is_alpha(scan_at(s, i + 1)) ||
	       (word_kinds(around_word(s, i + 1, &behind)) & (WORD_VERB | WORD_BE | WORD_WITH | WORD_PLACE_BEFORE | WORD_PARTICIPLE | WORD_AND | WORD_WHOSE)) ||
	       behind == i + 2;                                  /* "w/ chest pain" */
}

/* Does what stands before say that somebody is so old? */
static bool somebody_is(struct scan *s, size_t end)
{
	const struct context *c = s->context;
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]);
	uint16_t next = scan_at(s, end);
	size_t behind;
	bool and = next == ' ' && (word_kinds(around_word(s, end + 1, &behind)) & (WORD_AND | WORD_IN));

	if (!ends(s, end))
		return false;
	if (c->gap == GAP_COMMA && (last & WORD_KIN))            /* "mother, 94, is alive" */
		return next == ',';
	if (c->gap == GAP_BRACKET && c->last == '(' && (last & (WORD_KIN | WORD_SUBJECT)))
		return next == ')';
	if (c->gap == GAP_COMMA && (number_kinds(c->before[0]) & NUMBER_AGED))
		return true;
	if (c->gap != GAP_SPACE)
		return false;
	if ((second & WORD_DIED) && (last & (WORD_PLACE_BEFORE | WORD_BE | WORD_WITH)))            /* "died at 94", "lived to be 98" */
		return true;
	if ((last & WORD_BE) && (word_kinds(c->words[2]) & WORD_DIED))
		return true;
	if (!(last & WORD_BE) || (next == ' ' && !and))
		return false;
	return (second & WORD_SUBJECT) || c->before[1] == CONTEXT_NAME || ((second & WORD_BE) && (word_kinds(c->words[2]) & WORD_SUBJECT));
}

/* "born in 1931", "b. 1931", "DOB: 1931" */
static bool birth_year(struct scan *s, size_t end, int value)
{
	const struct context *c = s->context;
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]);

	if (value < 1880 || value >= s->engine->first_year || !ends(s, end) || c->last == '/' || c->last == '-')
		return false;
	/* "b" and "born" themselves, "born in", "birth year", "year of birth" */
	return (c->label == LABEL_DATE && c->mark && c->age <= 4) || (last & WORD_BORN) || ((second & WORD_BORN) && (last & (WORD_IN | WORD_YEARS)));
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

/* "her 90s", "his mid-90s" */
static bool in_nineties(struct scan *s, size_t end)
{
	const struct context *c = s->context;

	if (scan_at(s, end) == '\'')
		end++;
	return scan_at(s, end) == 's' && !is_alnum(scan_at(s, end + 1)) &&
	       ((word_kinds(c->before[0]) & WORD_OWN) || ((word_kinds(c->before[0]) & WORD_PERIOD) && (word_kinds(c->before[1]) & WORD_OWN)));
}

/* "94th birthday" */
static bool birthday(struct scan *s, size_t end)
{
	static const char word[] = " birthday";
	size_t k = 0;

	end += 2;
	while (word[k] && lower(scan_at(s, end + k)) == (unsigned char)word[k])
		k++;
	return !word[k] && is_alpha(scan_at(s, end - 1));
}

static bool scan_age_in_words(struct scan *s, struct finding *f, bool label)
{
	size_t end = s->token;

	if (s->word->numbers & NUMBER_AGED)
		return (end - s->i > 8 || (word_kinds(s->context->before[0]) & WORD_OWN)) && found(f, s, end);
	end = s->word->numbers & (NUMBER_NINETY | NUMBER_ONE) ? in_words(s, s->i) : 0;
	return end && (label || years_old(s, end)) && found(f, s, end);
}

bool scan_age(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool label = c->label == LABEL_AGE && (!c->needs_mark || c->mark) && c->age <= 8;
	size_t n = 0, end;
	int value = 0;

	if (!is_digit(scan_at(s, s->i)))
		return scan_age_in_words(s, f, label);
	while (n < 5 && is_digit(scan_at(s, s->i + n)))
		value = value * 10 + scan_at(s, s->i + n++) - '0';
	end = s->i + n;
	if (n == 4 && birth_year(s, end, value))
		return found(f, s, end);
	if (n > 3 || value < 90 || value > OLDEST || c->last == '.' || c->last == '/')
		return (n == 2 || n == 3) && in_nineties(s, end) && value >= 90 && value <= OLDEST && found(f, s, end);
	if (n == 3 && value < 100)                               /* "094Y" */
		return scan_at(s, end) == 'Y' && !is_alnum(scan_at(s, end + 1)) && found(f, s, end);
	if (scan_at(s, end) == '+' || (scan_at(s, end) == '.' && is_digit(scan_at(s, end + 1))) || scan_at(s, end) == '%')
		return false;
	if (years_old(s, end) || in_nineties(s, end) || birthday(s, end) || somebody_is(s, end))
		return found(f, s, end);
	if (label && ((!is_alnum(scan_at(s, end)) && scan_at(s, end) != '-' && scan_at(s, end) != '/') || (scan_at(s, end) == '/' && is_sex(s, end + 1))))
		return found(f, s, end);
	if (!and_sex(s, end))
		return false;
	return (c->gap >= GAP_STOP || !c->before[0] || (word_kinds(c->before[0]) & (WORD_ARTICLE | WORD_ROLE)) || c->before[0] == CONTEXT_NAME ||
		((word_kinds(c->before[0]) & WORD_BE) && ((word_kinds(c->before[1]) & WORD_SUBJECT) || c->before[1] == CONTEXT_NAME))) && found(f, s, end);
}
