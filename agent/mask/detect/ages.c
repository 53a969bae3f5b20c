/* Ages over 89, which tell who somebody is (45 CFR 164.514(b)(2)(i)(C)), and years of birth that tell them: only the number is masked.
 * "In her nineties" says less than an age, and more than that it is over 89: it is masked, too. */
#include "around.h"
#include "engine.h"
#include "weighed_codes.h"

#define OLDEST 125

static bool found(struct finding *f, struct scan *s, size_t end)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_AGE, .rule = "age over 89", .custom = -1};
	return true;
}

/* "of age" */
static bool aged(struct scan *s, size_t end)
{
	return scan_at(s, end) == ' ' && lower(scan_at(s, end + 1)) == 'a' && lower(scan_at(s, end + 2)) == 'g' && lower(scan_at(s, end + 3)) == 'e';
}

/* The kinds of the word that stands a space behind, *at its first unit; 0: none does. */
static word_set behind(struct scan *s, size_t end, size_t *at)
{
	*at = end + 1;
	return scan_at(s, end) == ' ' && is_alpha(scan_at(s, end + 1)) ? word_kinds(around_word(s, end + 1, &end)) : 0;
}

/* Does a clause end there: ".", ", and", " now"? Not before a unit, or what a value is measured by. */
static bool ends_clause(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end);
	size_t at;

	if (c == ' ' && scan_at(s, end + 1) == ' ')      /* a cell ends */
		return true;
	if (c != ' ')
		return c != '-' && c != '/' && c != '%' && c != '+' && c != 0xb0 && !is_alnum(c) && !((c == '.' || c == ':') && is_digit(scan_at(s, end + 1)));
	return behind(s, end, &at) & WORD_AFTER_AGE;
}

/* "F", "M", "WM", "w f" from place i on, and behind it what ends the letters; the unit behind, 0. */
static size_t sex(struct scan *s, size_t i)
{
	uint16_t c = lower(scan_at(s, i));

	if (c == 'w' || c == 'b' || c == 'h' || c == 'a')            /* of which race */
		i += 1 + (scan_at(s, i + 1) == ' ');
	c = lower(scan_at(s, i));
	return (c == 'f' || c == 'm') && !is_alnum(scan_at(s, i + 1)) && scan_at(s, i + 1) != '\'' && scan_at(s, i + 1) != '/' ? i + 1 : 0;
}

/* "yo", "yof", "yowm", "y/o", "y.o.", "y o", "y/oF": the unit behind, 0. */
static size_t years_short(struct scan *s, size_t i)
{
	uint16_t sign = scan_at(s, i + 1);

	if (lower(scan_at(s, i)) != 'y')
		return 0;
	i++;
	if (sign == '/' || sign == '.' || sign == ' ' || sign == '-')
		i++;
	if (lower(scan_at(s, i)) != 'o')
		return 0;
	i++;
	return !is_alnum(scan_at(s, i)) && scan_at(s, i) != '/' ? i : sex(s, i);
}

/* "-year-old", " y/o", " yo", " y.o.", " years of age", "yo", " y F", "-year, 3-month-old", " years." */
static bool years_old(struct scan *s, size_t i)
{
	uint16_t joint = scan_at(s, i), c;
	size_t end;
	word_set kinds;

	if (joint == ' ' && scan_at(s, i + 1) == '1' && scan_at(s, i + 2) == '/')    /* "93 1/2 years" */
		i += 4;
	if (joint == ' ' || joint == '-')
		i += 1 + (joint == '-' && scan_at(s, i + 1) == ' ');
	if (years_short(s, i))
		return true;
	kinds = word_kinds(around_word(s, i, &end));
	if (!(kinds & WORD_YEARS) || is_alnum(scan_at(s, end)))
		return false;
	if (scan_at(s, end) == '.')
		end++;
	c = scan_at(s, end);
	if (c == ' ' || c == '-') {
		if (number_kinds(around_word(s, end + 1, &i)) & NUMBER_OLD)
			return i > end + 3 || aged(s, i);        /* no "90 years of data" */
		return sex(s, end + 1) || (behind(s, end, &i) & WORD_HUMAN);
	}
	if (joint == '-')
		return c == ',';
	/* "a course of 90 years" */
	return c != '/' && c != '%' && !(word_kinds(s->context->before[0]) & (WORD_PERIOD | WORD_PLACE_BEFORE | WORD_WITH));
}

/* May a person stand before: "a", "pt", a name, a line's beginning? */
static bool begins_person(const struct context *c)
{
	return c->gap >= GAP_STOP || !c->before[0] || c->before[0] == CONTEXT_NAME || (word_kinds(c->before[0]) & (WORD_ARTICLE | WORD_ROLE));
}

/* "93 F", "93F", "94 WM", "93/F", "93 female" where a person stands: no temperature, molarity, million. */
static bool and_sex(struct scan *s, size_t i)
{
	const struct context *c = s->context;
	word_set before = word_kinds(c->before[0]), next;
	bool begins = begins_person(c), spaced = scan_at(s, i) == ' ' || (scan_at(s, i) == '/' && (begins || c->gap == GAP_COLON));
	size_t end = sex(s, i + spaced), at;

	if (!end)
		return begins && (scan_at(s, i + 1) == 0x2640 || scan_at(s, i + 1) == 0x2642 || (behind(s, i, &at) & WORD_HUMAN));
	if (!(is_upper(scan_at(s, end - 1)) || (begins && (!spaced || end > i + 2))) || (before & WORD_VITAL))
		return false;
	next = behind(s, end, &at);
	if ((next & WORD_SHARE) || (scan_at(s, end) == ',' && (behind(s, end + 1, &at) & WORD_VITAL)))
		return false;
	if (begins)                                      /* "Temp 98 F", when someone is called so */
		return !(c->before[0] == CONTEXT_NAME && spaced && c->gap == GAP_SPACE && lower(scan_at(s, end - 1)) == 'f' && scan_at(s, end) == ' ');
	if (spaced)
		return c->before[0] == CONTEXT_DATE && c->last == '(';           /* "DOB 3/4/1931 (94 F)" */
	if (c->gap == GAP_COLON || lower(scan_at(s, end - 1)) == 'm')
		return true;
	/* "(94M, POD 3)", "is 94M w/ CHF" */
	return scan_at(s, end) == ')' || scan_at(s, end) == ',' || scan_at(s, end) == '/' || (c->last == '(' && next) ||
	       (before & (WORD_BE | WORD_SUBJECT)) || (next & (WORD_WITH | WORD_AFTER_AGE | WORD_ROLE | WORD_BE | WORD_VERB)) ||
	       (scan_at(s, end) == ' ' && (scan_at(s, end + 2) == '/' || scan_at(s, end + 1) == '-'));
}

/* A month, or a holiday. */
static bool is_time(uint64_t word)
{
	return (word_kinds(word) & WORD_MONTH) || (number_kinds(word) & NUMBER_DAY);
}

/* Do the words before say that an age follows: "she is", "died at", "mother,", "husband ("? */
static bool announced(struct scan *s, size_t end)
{
	const struct context *c = s->context;
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]), next_kinds;
	bool person = c->before[0] == CONTEXT_NAME || (last & WORD_HUMAN) || ((last & WORD_SUBJECT) && !(last & WORD_ROLE && c->gap == GAP_SPACE));
	uint16_t next = scan_at(s, end);
	size_t at;

	if (c->gap == GAP_SPACE && (last & WORD_IS) && (second & (WORD_BE | WORD_HAVE)))                             /* "will be 95 in June" */
		return ends_clause(s, end) || ((behind(s, end, &at) & (WORD_IN | WORD_ON)) && is_time(around_word(s, at + 3, &end)));
	if (c->gap == GAP_SPACE && (last & WORD_IS) && ((second & WORD_SUBJECT) || c->before[1] == CONTEXT_NAME))
		return ends_clause(s, end);
	if (c->gap == GAP_SPACE && (second & WORD_DIED) && (last & (WORD_WITH | WORD_ON))) {   /* "died at", "lived to" */
		next_kinds = behind(s, end, &at);
		return ends_clause(s, end) || (scan_at(s, end) == ' ' && (!(next_kinds & WORD_SHARE) || (next_kinds & WORD_PLACE_BEFORE)));
	}
	if ((last & WORD_DIED) && (second & WORD_SUBJECT) && (c->gap == GAP_SPACE || c->gap == GAP_STOP))      /* "father d. 93 CVA" */
		return !is_alnum(next) && next != '/' && next != '%';
	if (c->gap == GAP_SPACE && (last & WORD_IS) && (word_kinds(c->words[2]) & WORD_DIED))          /* "lived to be" */
		return ends_clause(s, end);
	if ((last & WORD_YEARS) && c->gap == GAP_BRACKET && c->last != '(' && c->last != '/')          /* "Age (years) 91" */
		return ends_clause(s, end);
	if (c->gap == GAP_COMMA && (number_kinds(c->before[0]) & NUMBER_AGED))                       /* "centenarian, 101" */
		return true;
	if (c->gap == GAP_SPACE && (second & WORD_HUMAN) && (last & WORD_PLACE_BEFORE) && !(last & (WORD_IN | WORD_FROM)))     /* "a woman of 94" */
		return ends_clause(s, end);
	if (c->before[0] == CONTEXT_DATE && c->last == '(')      /* "DOB 3/4/1931 (94)" */
		return next == ')';
	if (!person)
		return false;
	if (c->before[0] == CONTEXT_NAME && c->gap == GAP_BRACKET && c->last != '(')               /* "(chart name Ruth Keller), 98," */
		return next == ',';
	return (c->gap == GAP_COMMA && (next == ',' || (next == '.' && c->before[0] == CONTEXT_NAME && !is_alnum(scan_at(s, end + 1))))) || (c->last == '(' && (next == ')' || next == ',')) ||
	       (c->gap == GAP_SPACE && next != ' ' && ends_clause(s, end));
}

/* Behind "her", "his", "her mid-": decades that are over 89. */
static bool is_decade(const struct context *c)
{
	word_set last = word_kinds(c->before[0]);

	return c->gap == GAP_SPACE && ((last & WORD_OWN) || ((last & WORD_PERIOD) && (word_kinds(c->before[1]) & WORD_OWN)));
}

/* "born in 1931", "YOB: 1931" */
static bool birth_year(struct scan *s, size_t end, int year)
{
	const struct context *c = s->context;
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]);

	if (year >= s->engine->first_year || year <= s->engine->first_year - (OLDEST - 89) || is_alnum(scan_at(s, end)) || scan_at(s, end) == '-' ||
	    scan_at(s, end) == '/' || c->gap > GAP_STOP)
		return false;
	return (last & WORD_BORN) || ((second & WORD_BORN) && (last & (WORD_IN | WORD_YEARS | WORD_IS)));
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

/* An age in words from the scan's place on: the unit behind, 0. */
static size_t written(struct scan *s, bool label)
{
	size_t end, at;

	if (s->word->numbers & NUMBER_AGED)
		return s->token - s->i > 9 || is_decade(s->context) ? s->token : 0;          /* longer than "nineties" */
	end = s->word->numbers & (NUMBER_NINETY | NUMBER_ONE) ? in_words(s, s->i) : 0;
	if (!end || label || years_old(s, end) || announced(s, end))
		return end;
	/* "drives at ninety-three", "Ninety-one in a month" */
	return ((word_kinds(s->context->before[0]) & WORD_ON) && s->context->gap == GAP_SPACE && ends_clause(s, end)) ||
	       (around_begins_sentence(s->context) && (behind(s, end, &at) & (WORD_IN | WORD_AFTER_AGE))) ? end : 0;
}

/* "90 years of data", but "93 years of age" */
static bool is_span(struct scan *s, size_t end)
{
	size_t of = around_literal(s, end, " years of ");

	return of && !around_literal(s, of, "age");
}

bool scan_age(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool label = c->label == LABEL_AGE && (!c->needs_mark || c->mark) && c->age <= 4;
	size_t n = 0, end, at;
	int value = 0;
	uint16_t next;

	if (!is_digit(scan_at(s, s->i))) {
		end = written(s, label);
		return end && found(f, s, end);
	}
	while (n < 5 && is_digit(scan_at(s, s->i + n)))
		value = value * 10 + scan_at(s, s->i + n++) - '0';
	end = s->i + n;
	if (n == 4 && birth_year(s, end, value))
		return found(f, s, end);
	if (n > 3 || value < 90 || value > OLDEST || c->last == '.' || (c->last == '-' && c->initials))      /* "I-123" */
		return false;
	if (c->last == '/')                              /* "F/92" */
		return (c->before[0] == word_hash(WORD_HASH, 'f') || c->before[0] == word_hash(WORD_HASH, 'm')) &&
		       (ends_clause(s, end) || scan_at(s, end) == ' ') && found(f, s, end);
	next = scan_at(s, end);
	if (next == '-' && is_digit(scan_at(s, end + 1)))        /* "91-1027 Kaiopio St" */
		return false;
	if (next == '+' || (next == '.' && is_digit(scan_at(s, end + 1))) || next == '%')
		return false;
	if (next == 'y' && !is_alnum(scan_at(s, end + 1)) && scan_at(s, end + 1) != '-')         /* "F 96y" */
		return found(f, s, end);
	if (n == 2 && lower(next) == 's' && !is_alnum(scan_at(s, end + 1)) && is_decade(c))
		return found(f, s, end);
	if (lower(next) == 't' && lower(scan_at(s, end + 1)) == 'h' && scan_at(s, end + 2) == ' ' && scan_at(s, end + 3) == 'b')     /* "94th birthday" */
		return scan_at(s, end + 4) == 'i' && scan_at(s, end + 5) == 'r' && found(f, s, end);
	if (label && !is_alnum(next) && next != '-' && (next != '/' || sex(s, end + 1)))
		return (!(behind(s, end, &at) & WORD_SHARE) || (behind(s, end, &at) & (WORD_YEARS | WORD_PLACE_BEFORE))) && found(f, s, end);
	/* weighed first, so that the trainer sees all */
	return ((weighed_age(s, end, value) && !is_span(s, end)) || years_old(s, end) || and_sex(s, end) || announced(s, end)) && found(f, s, end);
}
