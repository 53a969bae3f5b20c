/* Dates with words in them: "March 3, 2024", "the 3rd of May", "Mon, June 5th", "Jan 5-9", "October 2021", "14-Mar-24", "on 3/14". */
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

/* A year behind day or month: ", 2024", " 2024", "-2024", " of 2024"; where there is none, end itself. */
static size_t and_year(struct scan *s, size_t end)
{
	size_t at = skip(s, end, " ,-/", 2), behind, of = at;

	if (lower(scan_at(s, at)) == 'o' && lower(scan_at(s, at + 1)) == 'f' && scan_at(s, at + 2) == ' ')
		of = at + 3;
	behind = at > end ? year(s, of) : 0;
	return behind ? behind : end;
}

/* Month first: the unit behind, 0 when no day and no year follows. */
static size_t month_first(struct scan *s, size_t i)
{
	size_t end = month(s, i), at, to, behind;
	bool ordinal, sure;

	if (!end)
		return 0;
	sure = is_upper(scan_at(s, i));                  /* "may 3 tablets", "march 5 miles" are none */
	at = skip(s, end, " ,-/", 2);
	if (scan_at(s, at) == 't' && scan_at(s, at + 1) == 'h' && scan_at(s, at + 2) == 'e' && scan_at(s, at + 3) == ' ')
		at += 4;
	to = at > end || scan_at(s, end - 1) == '.' ? day(s, at, &ordinal) : 0;
	if (to && (sure || ordinal)) {
		/* "5-9", "5 - 9", "5 through 9" */
		size_t second = skip(s, to, " -", 3);

		behind = second > to && scan_at(s, skip(s, to, " ", 1)) == '-' ? day(s, second, &ordinal) : 0;
		if (behind && !is_alnum(scan_at(s, behind)) && scan_at(s, behind) != '/')
			to = behind;
		if (is_alnum(scan_at(s, to)) || scan_at(s, to) == '%' || (scan_at(s, to) == '.' && is_digit(scan_at(s, to + 1))))
			return 0;
		return and_year(s, to);
	}
	behind = and_year(s, end);
	return behind > end && sure ? behind : 0;
}

/* Day first: "3 March 2024", "3rd of May", "14-Mar-24", "03MAR2024". */
static size_t day_first(struct scan *s, size_t i)
{
	bool ordinal, name;
	size_t end = day(s, i, &ordinal), at, behind;

	if (!end) {                                              /* 03MAR2024 */
		end = is_digit(scan_at(s, i + 1)) ? i + 2 : i + 1;
		at = end;
		if (!is_digit(scan_at(s, i)) || !is_alpha(scan_at(s, at + 2)) || is_alpha(scan_at(s, at + 3)) || !is_digit(scan_at(s, at + 3)) ||
		    !(word_kinds(around_word(s, at, &behind)) & WORD_MONTH))
			return 0;
		behind = year(s, at + 3);
		return behind ? behind : is_digit(scan_at(s, at + 4)) && !is_alnum(scan_at(s, at + 5)) ? at + 5 : 0;
	}
	at = skip(s, end, " -/", 1);
	if (at == end)
		return 0;
	if (lower(scan_at(s, at)) == 'o' && lower(scan_at(s, at + 1)) == 'f' && scan_at(s, at + 2) == ' ')
		at += 3;
	name = is_upper(scan_at(s, at));
	behind = month(s, at);
	if (!behind || (!name && !ordinal))
		return 0;
	/* "14-Mar-24" */
	if (scan_at(s, behind) == '-' && is_digit(scan_at(s, behind + 1)) && is_digit(scan_at(s, behind + 2)) && !is_alnum(scan_at(s, behind + 3)))
		return behind + 3;
	end = and_year(s, behind);
	return end == behind && scan_at(s, end - 1) == '.' ? end - 1 : end;      /* a sentence may end there */
}

bool scan_written_date(struct scan *s, struct finding *f)
{
	uint16_t c = scan_at(s, s->i);
	unsigned int kinds;
	size_t end = 0, at;
	bool ordinal;

	if (s->context->label == LABEL_PLAIN)
		return false;
	if (is_digit(c)) {
		end = day_first(s, s->i);
		return end && found(f, s, end);
	}
	if (s->word->kinds & WORD_MONTH) {
		end = month_first(s, s->i);
		return end && found(f, s, end);
	}
	kinds = s->word->numbers;
	if ((kinds & NUMBER_WEEKDAY) && is_upper(c)) {     /* a weekday alone is no date */
		at = skip(s, s->token, " ,.", 3);
		end = at > s->token ? month_first(s, at) : 0;
		if (!end && at > s->token)
			end = day_first(s, at);
		return end && found(f, s, end);
	}
	if (kinds & NUMBER_THE) {
		at = s->token + 1;
		end = scan_at(s, s->token) == ' ' && (is_digit(scan_at(s, at)) || is_alpha(scan_at(s, at))) && day(s, at, &ordinal) && ordinal ?
			day_first(s, at) : 0;
		return end && found(f, s, end);
	}
	if (kinds & (NUMBER_ORDINAL | NUMBER_TENS)) {
		end = day_first(s, s->i);
		return end && found(f, s, end);
	}
	return false;
}

/* 3/14 behind "on", "since", "dated": elsewhere it is a score, a dose or a share. */
bool scan_day(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	struct digits d;
	int a, b;

	if (!is_digit(scan_at(s, s->i)) || c->gap != GAP_SPACE || !(word_kinds(c->before[0]) & WORD_DATE_BEFORE) || c->label == LABEL_PLAIN)
		return false;
	digits_read(s, s->i, false, &d);
	if (d.group[0].n == 8 && !is_alnum(scan_at(s, d.group[0].end)) && (d.d[0] == '1' || d.d[0] == '2') &&
	    check_day((d.d[0] - '0') * 1000 + (d.d[1] - '0') * 100, (d.d[4] - '0') * 10 + d.d[5] - '0', (d.d[6] - '0') * 10 + d.d[7] - '0')) {
		*f = (struct finding){.start = s->i, .end = d.group[0].end, .entity = ENTITY_DATE, .rule = "year, month and day", .custom = -1};
		return true;
	}
	if (d.groups < 2 || d.group[1].sign != '/' || d.group[0].n > 2 || d.group[1].n > 2 || (d.groups > 2 && d.group[2].sign == '/') ||
	    is_alpha(scan_at(s, d.group[1].end)) || scan_at(s, d.group[1].end) == '%')
		return false;
	a = digits_value(&d, 0);
	b = digits_value(&d, 1);
	if (!check_day(-1, a, b) || (a <= 5 && b == 5))          /* "on 4/5 strength" */
		return false;
	*f = (struct finding){.start = s->i, .end = d.group[1].end, .entity = ENTITY_DATE, .rule = "day and month", .custom = -1};
	return true;
}
