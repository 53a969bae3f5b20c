/* Dates with words in them: "March 3, 2024", "the 3rd of May", "Mon, June 5th", "Jan 5-9", "October 2021", "14-Mar-24", "in March". */
#include "around.h"
#include "checks.h"
#include "digits.h"

static bool found(struct finding *f, struct scan *s, size_t end)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_DATE, .rule = "date in words", .custom = -1};
	return true;
}

/* A month's name, or three or four letters of it with or without a full stop: the unit behind it; 0. */
static size_t month(struct scan *s, size_t i)
{
	size_t end;
	uint64_t hash;

	if (!is_alpha(scan_at(s, i)))
		return 0;
	hash = around_word(s, i, &end);
	if (!(word_kinds(hash) & WORD_MONTH) || is_alnum(scan_at(s, end)))
		return 0;
	return end - i <= 4 && end - i > 2 && scan_at(s, end) == '.' ? end + 1 : end;
}

/* 1 to 31, with "st", "nd", "rd" or "th" or without; also "third" and "twenty-first". */
static size_t day(struct scan *s, size_t i, bool *ordinal)
{
	size_t n = 0, end;
	int value = 0;

	*ordinal = false;
	while (n < 3 && is_digit(scan_at(s, i + n)))
		value = value * 10 + scan_at(s, i + n++) - '0';
	if (!n) {
		uint64_t hash = around_word(s, i, &end);

		if (end == i)
			return 0;
		if ((number_kinds(hash) & NUMBER_TENS) && (scan_at(s, end) == ' ' || scan_at(s, end) == '-'))
			hash = around_word(s, end + 1, &end);
		*ordinal = number_kinds(hash) & NUMBER_ORDINAL;
		return *ordinal ? end : 0;
	}
	if (n > 2 || value < 1 || value > 31)
		return 0;
	end = i + n;
	if (is_alpha(scan_at(s, end))) {
		uint16_t a = lower(scan_at(s, end)), b = lower(scan_at(s, end + 1));

		if (!((a == 's' && b == 't') || (a == 'n' && b == 'd') || (a == 'r' && b == 'd') || (a == 't' && b == 'h')) || is_alnum(scan_at(s, end + 2)))
			return 0;
		*ordinal = true;
		return end + 2;
	}
	return end;
}

/* "2024" or "'24" */
static size_t year(struct scan *s, size_t i)
{
	size_t n = 0;

	if (scan_at(s, i) == '\'')
		return is_digit(scan_at(s, i + 1)) && is_digit(scan_at(s, i + 2)) && !is_alnum(scan_at(s, i + 3)) ? i + 3 : 0;
	while (n < 5 && is_digit(scan_at(s, i + n)))
		n++;
	if (n != 4 || is_alpha(scan_at(s, i + 4)))
		return 0;
	if (scan_at(s, i) == '1')
		return scan_at(s, i + 1) >= '8' ? i + 4 : 0;
	return scan_at(s, i) == '2' && scan_at(s, i + 1) <= '1' ? i + 4 : 0;
}

static size_t skip(struct scan *s, size_t i, const char *signs, size_t most)
{
	size_t n = 0;

	for (uint16_t c; n < most && (c = scan_at(s, i + n)) && c < 0x80; n++) {
		const char *at = signs;

		while (*at && (unsigned char)*at != c)
			at++;
		if (!*at)
			break;
	}
	return i + n;
}

/* "nineteen forty-five", "two thousand twenty-three": the unit behind it, 0. */
static size_t year_in_words(struct scan *s, size_t i)
{
	size_t end, behind = 0, next = i;

	for (int k = 0; k < 6; k++) {
		unsigned int kinds = number_kinds(around_word(s, next, &end));

		if (!(kinds & (NUMBER_UNIT | NUMBER_TENS | NUMBER_FORTY | NUMBER_NINETY | NUMBER_THOUSAND | NUMBER_HUNDRED | NUMBER_AND)))
			return k > 1 ? behind : 0;
		if ((k == 0 && (kinds & (NUMBER_FORTY | NUMBER_AND))) || (k == 1 && (kinds & NUMBER_AND)))
			return 0;
		behind = kinds & NUMBER_AND ? behind : end;
		if (scan_at(s, end) != ' ' && scan_at(s, end) != '-')
			return k > 0 ? behind : 0;
		next = end + 1;
	}
	return behind;
}

/* A year behind day or month: ", 2024", " 2024", "-2024", " of 2024"; where there is none, end itself. */
static size_t and_year(struct scan *s, size_t end)
{
	size_t at = skip(s, end, " ,-/", 2), behind, of;

	if (scan_at(s, end - 1) == '.' && at == end && is_digit(scan_at(s, end)) && year(s, end))
		return year(s, end);
	if (at == end + 1 && scan_at(s, end) == ',' && scan_at(s, at) == '\n')
		at++;                                    /* "March 14,\n2024" */
	of = at;

	if (lower(scan_at(s, at)) == 'o' && lower(scan_at(s, at + 1)) == 'f' && scan_at(s, at + 2) == ' ')
		of = at + 3;
	if (of == at && lower(scan_at(s, at)) == 'd' && scan_at(s, at + 1) == 'e')           /* "de 2024", "del 2024" */
		of = scan_at(s, at + 2) == ' ' ? at + 3 : scan_at(s, at + 2) == 'l' && scan_at(s, at + 3) == ' ' ? at + 4 : of;
	behind = at > end ? year(s, of) : 0;
	if (!behind && at > end && is_alpha(scan_at(s, of)))
		behind = year_in_words(s, of);
	return behind ? behind : end;
}

/* "may", "mar" and "march" are other words, too. */
static bool is_verb(struct scan *s, size_t i, size_t end)
{
	uint16_t third = lower(scan_at(s, i + 2));

	return lower(scan_at(s, i)) == 'm' && lower(scan_at(s, i + 1)) == 'a' &&
	       ((end == i + 3 && (third == 'y' || third == 'r')) || (end == i + 5 && third == 'r' && lower(scan_at(s, i + 4)) == 'h'));
}

/* " to ", " through ", "-" and the like between two days or months: the unit behind, 0. */
static size_t upto(struct scan *s, size_t i)
{
	static const char *const words[] = {"to", "through", "thru", "until", "till"};
	size_t at = skip(s, i, " ", 2), end;

	if (scan_at(s, at) == '-')
		return skip(s, at + 1, " ", 2);
	if (at == i || (lower(scan_at(s, at)) != 't' && lower(scan_at(s, at)) != 'u'))
		return 0;
	around_word(s, at, &end);
	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (around_literal(s, at, words[k]) == end && scan_at(s, end) == ' ')
			return end + 1;
	return 0;
}

static size_t skip_the(struct scan *s, size_t i)
{
	return lower(scan_at(s, i)) == 't' && scan_at(s, i + 1) == 'h' && scan_at(s, i + 2) == 'e' && scan_at(s, i + 3) == ' ' ? i + 4 : i;
}

static bool ends_day(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return !is_alnum(c) && c != '/' && c != '%' && !(c == '.' && is_digit(scan_at(s, i + 1)));
}

/* Behind a day of a month: "-9", " to 9", " through June 9th", ", 4 and 5", "/4"; without such, to itself. */
static size_t more_days(struct scan *s, size_t to)
{
	size_t at = upto(s, to), end, behind;
	bool ordinal;

	if (at) {
		end = month(s, at);
		at = skip_the(s, end ? skip(s, end, " ", 1) : at);
		behind = day(s, at, &ordinal);
		return behind && ends_day(s, behind) ? behind : to;
	}
	for (int k = 0; k < 4; k++) {
		at = skip(s, to, ", &/", 2);
		if (lower(scan_at(s, at)) == 'a' && scan_at(s, at + 1) == 'n' && scan_at(s, at + 2) == 'd' && scan_at(s, at + 3) == ' ')
			at += 4;
		behind = at > to && is_digit(scan_at(s, at)) ? day(s, at, &ordinal) : 0;
		/* more of them, or an end: "May 3, 4 tablets" is none */
		if (!behind || !ends_day(s, behind) || (scan_at(s, behind) == ' ' && is_alpha(scan_at(s, behind + 1)) && lower(scan_at(s, behind + 1)) != 'a') ||
		    (scan_at(s, behind) == ' ' && is_digit(scan_at(s, behind + 1))) || scan_at(s, behind) == '-')
			return to;
		to = behind;
	}
	return to;
}

/* "Aug", "Sept", "Nov" behind a word in small letters, and before the clause's end: no other words are written so. */
static bool is_short(struct scan *s, size_t i, size_t end, size_t after)
{
	static const char *const months[] = {"Aug", "Sept", "Nov", "Feb", "Oct"};
	uint16_t next = scan_at(s, after);

	if (s->context->gap != GAP_SPACE || s->context->before[0] <= CONTEXT_LAST || is_upper(s->context->last) || (next != '.' && next != ',' && next != ';' && next != ')' && next != '\n' && next))
		return false;
	for (size_t k = 0; k < sizeof months / sizeof *months; k++) {
		size_t n = 0;

		while (months[k][n] && scan_at(s, i + n) == (unsigned char)months[k][n])
			n++;
		if (!months[k][n] && i + n == end)
			return true;
	}
	return false;
}

/* "in March", "since October", "early May": what stands before says that no person and no verb is meant. */
static bool is_alone(struct scan *s, size_t i, size_t end, size_t after)
{
	word_set before = s->context->gap == GAP_SPACE ? word_kinds(s->context->before[0]) : 0;
	size_t behind;
	word_set kinds = word_kinds(around_word(s, i, &behind));

	if ((before & WORD_AND) && s->context->before[1] == CONTEXT_DATE)
		before = WORD_PERIOD;
	/* in full and in capitals no other word looks like these */
	if (end - i > 5 - 2 * (lower(scan_at(s, i)) == 'j') && is_upper(scan_at(s, i)) && !(kinds & WORD_ALSO_NAME) && !is_verb(s, i, end))
		before |= WORD_PERIOD;
	/* "the August scan", "expected Aug." */
	if (is_upper(scan_at(s, i)) && !is_verb(s, i, end) && (number_kinds(s->context->before[0]) & NUMBER_THE) && s->context->gap == GAP_SPACE && scan_at(s, after) == ' ' &&
	    is_alpha(scan_at(s, after + 1)))
		before |= WORD_PERIOD;
	if (is_short(s, i, end, after))
		before |= WORD_PERIOD;
	/* "your July visit", "surgery July" */
	if (is_upper(scan_at(s, i)) && !(kinds & WORD_ALSO_NAME) && (before & (WORD_DAY | WORD_DATE_BEFORE)))
		before |= WORD_PERIOD;
	if (is_upper(scan_at(s, i)) && (before & (WORD_OWN | WORD_ARTICLE | WORD_WHOSE)) && scan_at(s, after) == ' ' && after == end &&
	    (word_kinds(around_word(s, after + 1, &behind)) & (WORD_DAY | WORD_DATE_BEFORE | WORD_SCORE)) && !is_upper(scan_at(s, after + 1)))
		return true;
	if (i != s->i || !(before & WORD_PERIOD) || (!is_upper(scan_at(s, i)) && is_verb(s, i, end)))
		return false;
	if (end == i + 3 && is_upper(scan_at(s, i + 1)))             /* OCT, MAR */
		return false;
	if (scan_at(s, after) == ' ' && ((is_upper(scan_at(s, after + 1)) && after == end) || is_digit(scan_at(s, after + 1))))
		return false;
	if (scan_at(s, after) == '-' || scan_at(s, after) == '\'')
		return false;
	return !(kinds & WORD_ALSO_NAME) || !(before & WORD_DAY_CUE) || scan_at(s, after) != ' ';
}

/* "MAR 11/17": the medication administration record of that day. */
static bool is_record(struct scan *s, size_t i, size_t end)
{
	size_t j = end + 1;

	if (end != i + 3 || scan_at(s, i) != 'M' || scan_at(s, i + 1) != 'A' || scan_at(s, i + 2) != 'R' || scan_at(s, end) != ' ')
		return false;
	while (j < end + 3 && is_digit(scan_at(s, j)))
		j++;
	return j > end + 1 && scan_at(s, j) == '/' && is_digit(scan_at(s, j + 1));
}

/* Month first: the unit behind, 0 when no day and no year follows. */
static size_t month_first(struct scan *s, size_t i)
{
	size_t end = month(s, i), at, to, behind;
	bool ordinal, sure, verb;

	if (!end || is_record(s, i, end))
		return 0;
	verb = is_verb(s, i, end);
	sure = is_upper(scan_at(s, i)) || !verb;         /* "may 3 tablets", "march 5 miles" are none */
	at = skip_the(s, skip(s, end, " ,-/", 2));
	to = at > end || scan_at(s, end - 1) == '.' ? day(s, at, &ordinal) : 0;
	sure = sure || (i == s->i && s->context->gap == GAP_SPACE && (word_kinds(s->context->before[0]) & WORD_DATE_BEFORE));      /* "on may 3" */
	if (to && (sure || ordinal || and_year(s, to) > to)) {
		to = more_days(s, to);
		if (is_alnum(scan_at(s, to)) || scan_at(s, to) == '%' || (scan_at(s, to) == '.' && is_digit(scan_at(s, to + 1))))
			return 0;
		return and_year(s, to);
	}
	/* "March\n14, 2024" */
	if (sure && scan_at(s, end) == '\n') {
		to = day(s, end + 1, &ordinal);
		behind = to ? and_year(s, to) : 0;
		if (behind > to)
			return behind;
	}
	/* "January to March 2023" */
	at = upto(s, end);
	to = at ? month(s, at) : 0;
	if (to && sure && is_upper(scan_at(s, at)))
		return and_year(s, to);
	behind = and_year(s, end);
	if (behind > end && (sure || end == i + 5 || scan_at(s, i + 2) == 'r'))
		return behind;
	at = end - (scan_at(s, end - 1) == '.');
	return is_alone(s, i, at, end) ? at : 0;
}

/* Day first: "3 March 2024", "3rd of May", "14-Mar-24", "03MAR2024". */
static size_t day_first(struct scan *s, size_t i)
{
	bool ordinal, name, second;
	size_t end = day(s, i, &ordinal), at, behind, thing;

	if (!end) {                                              /* 03MAR2024, 3MAR */
		end = is_digit(scan_at(s, i + 1)) ? i + 2 : i + 1;
		at = end;
		if (!is_digit(scan_at(s, i)) || !is_alpha(scan_at(s, at + 2)) || is_alpha(scan_at(s, at + 3)) ||
		    !(word_kinds(around_word(s, at, &behind)) & WORD_MONTH))
			return 0;
		if (!is_alnum(scan_at(s, at + 3)))
			return is_upper(scan_at(s, at)) && is_upper(scan_at(s, at + 2)) ? at + 3 : 0;
		behind = year(s, at + 3);
		return behind ? behind : is_digit(scan_at(s, at + 4)) && !is_alnum(scan_at(s, at + 5)) ? at + 5 : 0;
	}
	behind = upto(s, end);                           /* "3-9 May", "3rd to 9th May" */
	behind = behind ? day(s, behind, &second) : 0;
	if (behind && scan_at(s, behind) == ' ' && month(s, behind + 1))
		end = behind;
	at = skip(s, end, " -/", 1);
	if (scan_at(s, end) == '.' && is_alpha(scan_at(s, end + 1)))         /* "14.Mar.2024" */
		at = end + 1;
	if (at == end)
		return 0;
	if (scan_at(s, at + 2) == ' ' && ((lower(scan_at(s, at)) == 'o' && lower(scan_at(s, at + 1)) == 'f') ||
					  (lower(scan_at(s, at)) == 'd' && lower(scan_at(s, at + 1)) == 'e')))
		at += 3;
	behind = month(s, at);
	if (!behind)
		return 0;
	name = is_upper(scan_at(s, at)) || !is_verb(s, at, behind);
	if ((!name && !ordinal) || (word_kinds(around_word(s, behind + 1, &thing)) & WORD_THING))  /* "5 March fractures" */
		return 0;
	/* "14-Mar-24", "14 MAR 24" */
	if ((scan_at(s, behind) == '-' || (scan_at(s, behind) == ' ' && behind == at + 3 && (is_upper(scan_at(s, at + 1)) || ends_day(s, behind + 3)))) && is_digit(scan_at(s, behind + 1)) && is_digit(scan_at(s, behind + 2)) && !is_alnum(scan_at(s, behind + 3)))
		return behind + 3;
	end = and_year(s, behind);
	return end == behind && scan_at(s, end - 1) == '.' ? end - 1 : end;      /* a sentence may end there */
}

/* 2024-Mar-14 */
static size_t year_first(struct scan *s, size_t i)
{
	size_t end = year(s, i), behind;
	bool ordinal;

	if (!end || (scan_at(s, end) != '-' && scan_at(s, end) != '/' && scan_at(s, end) != ' '))
		return 0;
	behind = is_upper(scan_at(s, end + 1)) ? month(s, end + 1) : 0;
	if (!behind || scan_at(s, behind) != scan_at(s, end))
		return 0;
	behind = day(s, behind + 1, &ordinal);
	return behind && ends_day(s, behind) ? behind : 0;
}

/* " of last month", " of this month" */
static bool of_month(struct scan *s, size_t end)
{
	size_t at;

	if (!(number_kinds(around_word(s, end + 1, &at)) & NUMBER_OLD) || at != end + 3 || scan_at(s, at) != ' ')
		return false;
	return (word_kinds(around_word(s, at + 1, &end)) & WORD_PERIOD) && scan_at(s, end) == ' ' && (word_kinds(around_word(s, end + 1, &at)) & WORD_AGE);
}

/* "leaving the 23rd for", "out until the 19th." */
static bool is_leaving(struct scan *s, size_t i)
{
	static const char *const behind[] = {" for ", " to ", " until ", " at ", " or ", ".", "?", "!"};
	bool ordinal;
	size_t end = day(s, i, &ordinal);

	if (!end || !ordinal || !is_digit(scan_at(s, i)) || !is_digit(scan_at(s, i + 1)) || (scan_at(s, i) == '1' && scan_at(s, i + 1) < '3') || s->context->gap != GAP_SPACE)
		return false;
	for (size_t k = 0; k < sizeof behind / sizeof *behind; k++)
		if (around_literal(s, end, behind[k]))
			return true;
	return false;
}

/* "on the 14th she fell": the unit behind the day at place i, 0: something else is counted. sure: the day of the week stands before. */
static size_t day_alone(struct scan *s, size_t i, bool sure)
{
	bool ordinal;
	size_t end = day(s, i, &ordinal), behind;
	/* ribs, nerves and fingers are not so many */
	bool high = is_digit(scan_at(s, i)) ? is_digit(scan_at(s, i + 1)) && (scan_at(s, i) > '1' || scan_at(s, i + 1) > '2') : end > i + 8;
	word_set kinds;

	if (!end || !ordinal)
		return 0;
	if (is_leaving(s, i))
		return end;
	switch (scan_at(s, end)) {
	case 0: case '.': case ',': case ';': case ':': case ')': case '\n': case '?': case '!':
		return end;
	case ' ':
		if (of_month(s, end))
			return end;
		kinds = word_kinds(around_word(s, end + 1, &behind));
		if ((kinds & WORD_BE) && !high && !sure)
			return 0;
		if ((kinds & WORD_AND) && scan_at(s, behind) == ' ' && is_digit(scan_at(s, behind + 1)))      /* "the 12th and 13th" */
			return day_alone(s, behind + 1, sure) ? end : 0;
		return (sure && behind > end + 1) || (kinds & (WORD_SUBJECT | WORD_OWN | WORD_WITH | WORD_ON | WORD_VERB | WORD_AFTER_AGE)) ||
		       (high && (kinds & WORD_BE)) ? end : 0;
	}
	return 0;
}

/* "the 12th day of November, 2025": the unit behind, 0. */
static size_t day_of(struct scan *s, size_t end)
{
	static const char words[] = " day of ";
	size_t n = 0, to;

	while (words[n] && lower(scan_at(s, end + n)) == (unsigned char)words[n])
		n++;
	to = words[n] || !end ? 0 : month(s, end + n);
	return to ? and_year(s, to) : 0;
}

/* "ten twenty-four nineteen sixty" behind what asks for a date: three words of numbers at least; the unit behind, 0. */
static size_t spoken(struct scan *s)
{
	const unsigned int kinds = NUMBER_UNIT | NUMBER_TENS | NUMBER_ORDINAL | NUMBER_FORTY | NUMBER_NINETY | NUMBER_HUNDRED | NUMBER_THOUSAND;
	size_t i = s->i, end, behind = 0;

	for (int k = 0; k < 10; k++) {
		if (!(number_kinds(around_word(s, i, &end)) & kinds) || is_alnum(scan_at(s, end)))
			return k > 2 ? behind : 0;
		behind = end;
		i = skip(s, end, " ,-", 2);
		if (i == end)
			return k > 1 ? behind : 0;
	}
	return behind;
}

/* "3/14" and "3/14/24" behind the day of the week: the unit behind, 0. */
static size_t in_numbers(struct scan *s, size_t i)
{
	int value[3] = {0};
	size_t n = 0;
	uint16_t sign = 0;

	for (size_t k = 0; k < 3; k++) {
		for (n = 0; n < 5 && is_digit(scan_at(s, i + n)); n++)
			value[k] = value[k] * 10 + scan_at(s, i + n) - '0';
		i += n;
		if (!n || n > 4 || (k < 2 && n > 2))
			return 0;
		if (k > 0 && (scan_at(s, i) != sign || !is_digit(scan_at(s, i + 1))))
			break;
		sign = k ? sign : scan_at(s, i);
		if ((sign != '/' && sign != '-') || scan_at(s, i++) != sign)
			return 0;
	}
	if (sign == '-' && !value[2])                    /* "Mon-Fri 8-5" */
		return 0;
	return (check_day(-1, value[0], value[1]) || check_day(-1, value[1], value[0])) && !is_alnum(scan_at(s, i)) && scan_at(s, i) != '/' && scan_at(s, i) != '%' ? i : 0;
}

bool scan_written_date(struct scan *s, struct finding *f)
{
	uint16_t c = scan_at(s, s->i);
	unsigned int kinds;
	size_t end = 0, at;
	bool ordinal;

	if (s->context->label == LABEL_PLAIN)
		return false;
	/* "Everhart,June,1965-03-25": a cell of a table */
	if (s->context->columns.separator && s->context->last == (unsigned char)s->context->columns.separator &&
	    scan_at(s, s->token) == (unsigned char)s->context->columns.separator)
		return false;
	if (is_digit(c)) {
		end = day_first(s, s->i);
		if (!end)
			end = year_first(s, s->i);
		if (!end && s->context->before[1] == CONTEXT_DATE && s->context->gap == GAP_SPACE && (word_kinds(s->context->before[0]) & WORD_AND))
			end = day_alone(s, s->i, false);         /* "the 12th and 13th" */
		return end && found(f, s, end);
	}
	end = s->context->label == LABEL_DATE && s->word->numbers ? spoken(s) : 0;
	if (end)
		return found(f, s, end);
	if (s->word->numbers & NUMBER_DAY)
		return scan_holiday(s, f);
	if (s->word->kinds & WORD_MONTH) {
		end = month_first(s, s->i);
		return end && found(f, s, end);
	}
	kinds = s->word->numbers;
	if (kinds & NUMBER_WEEKDAY) {                      /* a weekday alone is no date */
		at = skip(s, s->token, " ,.", 3);
		end = at > s->token ? month_first(s, at) : 0;
		if (!end && at > s->token)
			end = day_first(s, skip_the(s, at));
		if (!end && at > s->token && (skip_the(s, at) > at || is_digit(scan_at(s, at))))
			end = day_alone(s, skip_the(s, at), true);
		if (!end && at > s->token)
			end = in_numbers(s, at);
		return end && found(f, s, end);
	}
	if (kinds & NUMBER_THE) {
		at = s->token + 1;
		end = scan_at(s, s->token) == ' ' && (is_digit(scan_at(s, at)) || is_alpha(scan_at(s, at))) && day(s, at, &ordinal) && ordinal ?
			day_first(s, at) : 0;
		if (!end && is_digit(scan_at(s, at)) && of_month(s, day(s, at, &ordinal)))
			end = day(s, at, &ordinal);
		if (!end)
			end = day_of(s, day(s, at, &ordinal));
		if (!end && (is_leaving(s, at) || around_begins_sentence(s->context) || (s->context->gap <= GAP_COMMA &&
		    (word_kinds(s->context->before[0]) & (WORD_DATE_BEFORE | WORD_PERIOD | WORD_DAY | WORD_VERB)))))
			end = day_alone(s, at, false);
		return end && found(f, s, end);
	}
	if (kinds & (NUMBER_ORDINAL | NUMBER_TENS)) {
		end = day_first(s, s->i);
		return end && found(f, s, end);
	}
	return false;
}
