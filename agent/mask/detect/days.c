/* A day without its year in numbers, "Cr 1.4 (10/24)", "3/4-3/9", "F/u 10-20", a month with it, "2/2016", and all in one
 * number, "20240314". Scores, shares and doses look the same: the value and the words on both sides decide. */
#include <string.h>

#include "around.h"
#include "checks.h"
#include "digits.h"
#include "labels.h"
#include "weighed_codes.h"

struct day {
	int first, second;
	uint16_t sign;                   /* '/' or '-' */
	bool padded;                     /* "03/4": no score is written so */
	bool turned;                     /* the day first: "28/2" */
	bool year;                       /* one more number follows by the same sign */
	size_t end;
};

static bool found(struct finding *f, struct scan *s, size_t end, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_DATE, .rule = rule, .custom = -1};
	return true;
}

/* Does the number that ends there go on in another way: "3/4.5", "5/2,000", "3/4%"? */
static bool goes_on(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end), next = scan_at(s, end + 1);

	if (is_alnum(c) || c == '%' || c == '+' || (c == '"' && s->context->last != '"'))      /* inches, or a string of JSON */
		return true;
	if (c == ',')                                    /* "3/4,3/5" */
		return is_digit(next) && scan_at(s, end + 2) != '/' && scan_at(s, end + 3) != '/';
	return (c == '.' || c == ':') && is_digit(next);
}

/* A month and a day of it, or a month with a zero before it and the year's two digits: "08/97". */
static bool read_day(struct scan *s, size_t i, struct day *d)
{
	size_t n = digits_few(s, i, &d->first), m;

	d->sign = scan_at(s, i + n);
	if (n < 1 || n > 2 || (d->sign != '/' && d->sign != '-'))
		return false;
	m = digits_few(s, i + n + 1, &d->second);
	d->end = i + n + 1 + m;
	d->padded = scan_at(s, i) == '0' || scan_at(s, i + n + 1) == '0';
	d->year = scan_at(s, d->end) == d->sign && is_digit(scan_at(s, d->end + 1));
	if (m < 1 || m > 2 || goes_on(s, d->end) || (scan_at(s, d->end) == '/' && !d->year))
		return false;
	d->turned = d->first > 12 && check_day(-1, d->second, d->first);
	return check_day(-1, d->first, d->second) || d->turned || (scan_at(s, i) == '0' && n == 2 && m == 2 && d->sign == '/' && d->first >= 1);
}

/* May it be a score, a share, "secondary to"? */
static bool is_score(const struct day *d)
{
	return !d->padded && d->first <= d->second &&
	       (d->second <= 8 || d->second == 10 || d->first == d->second || (d->second == 9 && d->first >= 7));
}

/* The kinds of the word that stands a space or a hyphen behind; 0: none does. */
static word_set kinds_behind(struct scan *s, size_t end)
{
	size_t i = scan_at(s, end) == ' ' || scan_at(s, end) == '-' ? end + 1 : end;

	return i > end && is_alpha(scan_at(s, i)) ? word_kinds(around_word(s, i, &end)) : 0;
}

static bool is_dash(uint16_t c)
{
	return c == '-' || c == 0x2013 || c == 0x2014 || c == 0x2192;
}

enum partner { PARTNER_NONE, PARTNER_DAY, PARTNER_SCORE };

/* What follows in a list, or as the end of a span: scores in a row have the same number behind, and dilutions are no days. */
static enum partner partner(struct scan *s, const struct day *d)
{
	size_t i = d->end, end;
	struct day other;
	int value;

	i += scan_at(s, i) == ' ';
	if (is_alpha(scan_at(s, i))) {
		if (!(word_kinds(around_word(s, i, &end)) & (WORD_DAY_CUE | WORD_AND)))
			return PARTNER_NONE;
		i = end;
	} else if (is_dash(scan_at(s, i)) || scan_at(s, i) == ',' || scan_at(s, i) == '&') {
		i++;
	}
	i += scan_at(s, i) == ' ';
	if (i == d->end)
		return PARTNER_NONE;
	if (!read_day(s, i, &other) || other.sign != d->sign || other.turned) {
		end = i + digits_few(s, i, &value);
		return end > i && scan_at(s, end) == '/' && is_digit(scan_at(s, end + 1)) ? PARTNER_SCORE : PARTNER_NONE;
	}
	if (other.year)
		return PARTNER_DAY;
	if (other.second == d->second || (kinds_behind(s, other.end) & WORD_SHARE) || (is_score(&other) && (other.first != d->first || d->first == 1)))
		return PARTNER_NONE;
	return PARTNER_DAY;
}

/* "0815", "10:30", "@ 9", "1015-1130" behind a space */
static bool has_time(struct scan *s, size_t end)
{
	int value;
	size_t n;

	if (scan_at(s, end) != ' ')
		return false;
	if (scan_at(s, end + 1) == '@')
		return true;
	n = digits_few(s, end + 1, &value);
	if (n == 4)
		return value < 2400 && value % 100 < 60 && !is_alpha(scan_at(s, end + 5));
	return n && n < 3 && value < 24 && scan_at(s, end + 1 + n) == ':' && is_digit(scan_at(s, end + 2 + n));
}

/* Is it one more of a list of days, or the end of a span? */
static bool is_listed(struct scan *s, const struct day *d)
{
	const struct context *c = s->context;
	uint16_t next = scan_at(s, d->end);

	if (c->before[1] == CONTEXT_DATE)
		return c->gap == GAP_SPACE && (word_kinds(c->before[0]) & (WORD_DAY_CUE | WORD_AND));
	if (c->before[0] != CONTEXT_DATE || c->gap > GAP_BRACKET)
		return false;
	if (c->gap != GAP_SPACE || is_dash(c->last))
		return true;
	/* "10/3 4/5 in both legs" */
	return next != ' ' || !is_alpha(scan_at(s, d->end + 1));
}

/* "10-20", which is most often from ten to twenty of something: what may stand behind a day? */
static bool ends_alone(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end), next = scan_at(s, end + 1);

	if (c != ' ')
		return c == 0 || c == ',' || c == '.' || c == ';' || c == ')' || c == '\n' || c == '\r' || (c == ':' && !is_digit(next));
	if (is_digit(next))
		return has_time(s, end);
	if (!is_alpha(next))
		return next != '%' && next != '/';
	if (is_upper(next))                              /* "labs 4-18 Na 138" */
		return !(kinds_behind(s, end) & WORD_SHARE);
	if (lower(scan_at(s, end + 2)) == 'm' && (lower(next) == 'a' || lower(next) == 'p') && !is_alnum(scan_at(s, end + 3)))
		return false;                            /* "10-11 am" */
	return kinds_behind(s, end) & (WORD_WITH | WORD_AND | WORD_IN | WORD_ROLE | WORD_ON);
}

/* Does it begin its line, or the text? */
static bool begins_line(const struct context *c)
{
	return c->gap == GAP_LINE || !c->before[0];
}

/* "overturned", "faxed": what was done. */
static bool is_done(struct scan *s, size_t i)
{
	size_t end;

	if (scan_at(s, i) != ' ' || !is_alpha(scan_at(s, i + 1)) || (word_kinds(around_word(s, i + 1, &end)) & (WORD_SHARE | WORD_RESULT)))
		return false;
	return end > i + 5 && lower(scan_at(s, end - 1)) == 'd' && lower(scan_at(s, end - 2)) == 'e' && scan_at(s, end) != '-';
}

/* What follows is a note of that day: "3/4: afebrile", "3/4 Admitted." */
static bool is_entry(struct scan *s, size_t end)
{
	uint16_t c = scan_at(s, end);
	word_set behind;

	if (c == ':' || has_time(s, end) || (c == ' ' && is_dash(scan_at(s, end + 1)) && scan_at(s, end + 2) == ' '))
		return true;
	behind = kinds_behind(s, end);
	if (scan_at(s, end) == '\t' && is_digit(scan_at(s, end + 1)))       /* a row of values */
		return true;
	return (behind & (WORD_ROLE | WORD_VERB | WORD_PARTICIPLE | WORD_VITAL)) && !(behind & WORD_PLACE_BEFORE);
}

/* "11/27 on PHQ-9", "24/30 on the MMSE" */
static bool on_scale(struct scan *s, size_t end)
{
	size_t next;

	if (scan_at(s, end) != ' ' || !(word_kinds(around_word(s, end + 1, &end)) & WORD_ON) || scan_at(s, end) != ' ')
		return false;
	if ((number_kinds(around_word(s, end + 1, &next)) & NUMBER_THE) && scan_at(s, next) == ' ')
		end = next;
	return word_kinds(around_word(s, end + 1, &next)) & WORD_SCORE;
}

/* "UA 8.9 (10-1)", "Dr. Osei 9-19.", "left word 11-20 3:15p": no range, for it falls, or a time follows. */
static bool is_told(struct scan *s, const struct day *d)
{
	const struct context *c = s->context;
	uint16_t next = scan_at(s, d->end);

	if (has_time(s, d->end) && scan_at(s, d->end + 1) != '@')
		return d->second > 12 || d->first > d->second;
	if (d->first <= d->second || (c->before[0] <= CONTEXT_LAST && c->before[0] != CONTEXT_NAME))
		return false;
	return (c->last == '(' && next == ')' && c->before[0]) || (c->before[0] == CONTEXT_NAME && c->gap == GAP_SPACE && ends_alone(s, d->end));
}

/* "4/28 d": of so many days; but "seen 4/28 d/w Osei". */
static bool is_of_days(struct scan *s, size_t end)
{
	return scan_at(s, end) == ' ' && scan_at(s, end + 1) == 'd' && !is_alnum(scan_at(s, end + 2)) && scan_at(s, end + 2) != '/';
}

/* "last 2/2", "missed PT 5/5": what stands before leaves nothing but a day, also where a score would be written so. */
static bool is_sure(const struct context *c)
{
	word_set before = word_kinds(c->before[0]);

	if (c->gap != GAP_SPACE)
		return false;
	return ((before & WORD_DAY) && (before & WORD_PERIOD)) ||
	       ((before & (WORD_SERVICE | WORD_CREDENTIAL)) && c->before[1] == label_words.missed);
}

static bool is_day(struct scan *s, const struct day *d)
{
	const struct context *c = s->context;
	word_set before = c->gap < GAP_STOP ? word_kinds(c->before[0]) : 0, behind = kinds_behind(s, d->end);
	bool week = c->before[0] == label_words.of && (word_kinds(c->before[1]) & WORD_AGE);         /* "week of" */
	bool cue = (before & (WORD_DATE_BEFORE | WORD_DAY)) || c->label == LABEL_DAY || week, near = c->gap == GAP_SPACE || c->gap == GAP_COLON;

	if (d->year || (behind & WORD_SHARE))
		return false;
	if (d->sign == '/' && is_sure(c))
		return true;
	/* "S 8/4 /" in a row of values; "3-9 / 10.1" begins one */
	if (scan_at(s, d->end) == ' ' && scan_at(s, d->end + 1) == '/' && scan_at(s, d->end + 2) == ' ')
		return begins_line(c);
	if (is_listed(s, d))
		return true;
	if (d->sign == '-' && c->gap <= GAP_BRACKET && is_told(s, d))
		return true;
	if (d->sign == '-')
		return (cue && !(number_kinds(c->before[0]) & NUMBER_WEEKDAY) && ends_alone(s, d->end)) ||       /* no "Mon-Fri 8-5" */
		       (begins_line(c) && is_entry(s, d->end) && (d->first > d->second || has_time(s, d->end)));
	if (scan_at(s, d->end) == '-' && is_digit(scan_at(s, d->end + 1)))
		return partner(s, d) == PARTNER_DAY;
	if (d->first == 2 && d->second == 2 && scan_at(s, d->end) == ' ' && is_alpha(scan_at(s, d->end + 1)) &&
	    !(behind & (WORD_SUBJECT | WORD_VERB | WORD_BE | WORD_ON | WORD_IN)))
		return false;                            /* secondary to: "fell 2/2 weakness" */
	if (has_time(s, d->end) && scan_at(s, d->end + 1) != '@' && !(before & (WORD_SCORE | WORD_VITAL)) && c->last != '/')       /* "3/10 15:00" */
		return true;
	/* "Dr. Lal, 3/10", "in Rolla 2/21", "ortho 3/10" */
	if ((c->before[0] == CONTEXT_NAME && c->gap == GAP_COMMA) || (c->before[0] == CONTEXT_CITY && c->gap == GAP_SPACE) ||
	    ((before & WORD_SERVICE) && c->gap == GAP_SPACE && !(behind & WORD_SCORE)))
		return d->first != d->second;
	if (cue)                                         /* "done 5/5" */
		return d->first != d->second || d->second > 5 || week || (before & WORD_DATE_BEFORE) || c->label == LABEL_DAY;
	/* "the 5/8 visit" */
	if ((behind & (WORD_DAY | WORD_DATE_BEFORE)) && d->first != d->second && near && (before & (WORD_WHOSE | WORD_OWN)))
		return true;
	if (is_score(d))
		return (begins_line(c) && (is_entry(s, d->end) || (c->days && d->first != d->second && is_done(s, d->end)))) || partner(s, d) == PARTNER_DAY;
	if (near && ((before & WORD_AND) ? lexicon_find(c->before[1]) == &lexicon_none : (before | word_kinds(c->before[1])) & WORD_SCORE))
		return false;                            /* "24/30 and 11/27", "MoCA 11/30" */
	return d->padded || (partner(s, d) != PARTNER_SCORE && !on_scale(s, d->end));
}

/* "10/3-5": a day, and the last one of the same month; the unit behind, 0. */
static size_t days_of_month(struct scan *s)
{
	struct day d;
	size_t n, end;
	int last;

	if (!read_day(s, s->i, &d) || d.turned || d.sign != '/' || is_score(&d) || scan_at(s, d.end) != '-')
		return 0;
	n = digits_few(s, d.end + 1, &last);
	end = d.end + 1 + n;
	return n && n < 3 && last > d.second && check_day(-1, d.first, last) && !goes_on(s, end) && scan_at(s, end) != '/' &&
	       scan_at(s, end) != '-' && !(kinds_behind(s, end) & WORD_SHARE) ? end : 0;
}

/* "2024-03" */
static size_t year_and_month(struct scan *s)
{
	int year, month;
	size_t n = digits_few(s, s->i, &year), m = digits_few(s, s->i + 5, &month), end = s->i + 7;

	if (n != 4 || year < 1900 || year > 2099 || scan_at(s, s->i + 4) != '-' || m != 2 || month < 1 || month > 12 || goes_on(s, end))
		return 0;
	if (scan_at(s, end) == '-' || scan_at(s, end) == '/' || (month > 9 && !(word_kinds(s->context->before[0]) & (WORD_DATE_BEFORE | WORD_IN))))
		return 0;
	return end;
}

/* "2/2016", "03-2019" */
static size_t month_and_year(struct scan *s)
{
	int month, year;
	size_t n = digits_few(s, s->i, &month), end;
	uint16_t sign = scan_at(s, s->i + n);
	word_set before = word_kinds(s->context->before[0]);

	if (n < 1 || n > 2 || month < 1 || month > 12 || (sign != '/' && sign != '-'))
		return 0;
	if (sign == '-' && !(before & (WORD_DATE_BEFORE | WORD_DAY)) && (scan_at(s, s->i) != '0' || (before & WORD_SCORE)) &&
	    s->context->gap != GAP_BRACKET)
		return 0;
	end = s->i + n + 1 + digits_few(s, s->i + n + 1, &year);
	if (end != s->i + n + 5 || year < 1900 || year > 2099 || goes_on(s, end))
		return 0;
	return scan_at(s, end) == sign && is_alnum(scan_at(s, end + 1)) ? 0 : end;
}

/* "3/4-3/9/22", "3/4 - 3/9" from the first group on: how many groups; 0: no such. */
static size_t range(const struct digits *d)
{
	int a, b, c, e;

	if (d->groups < 4 || d->group[2].sign != '-' || d->group[3].sign != '/' || d->group[2].n > 2 || d->group[3].n > 2)
		return 0;
	a = digits_value(d, 0);
	b = digits_value(d, 1);
	c = digits_value(d, 2);
	e = digits_value(d, 3);
	if (!check_day(-1, a, b) || !check_day(-1, c, e))
		return 0;
	if (d->groups > 4 && d->group[4].sign == '/')
		return d->group[4].n == 2 || d->group[4].n == 4 ? 5 : 0;
	return (a == c && e > b) || (c == a + 1 && !(e == 10 || (e <= 5 && c <= e))) || (c == a + 2 && b > 12) ? 4 : 0;
}

/* 20240314, 202403141015, 20240314101500 */
static bool is_stamp(const struct digits *d)
{
	int v[6] = {0};
	static const int width[6] = {4, 2, 2, 2, 2, 2};
	size_t n = d->group[0].n, at = 0;

	if (n != 8 && n != 12 && n != 14)
		return false;
	for (size_t k = 0; k < 6 && at < n; k++)
		for (int i = 0; i < width[k]; i++)
			v[k] = v[k] * 10 + d->d[at++] - '0';
	return v[0] >= 1900 && v[0] < 2100 && check_day(v[0], v[1], v[2]) && v[3] < 24 && v[4] < 60 && v[5] < 60;
}

bool scan_day(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	const struct digits *d;
	struct day day;
	size_t k;

	if (!is_digit(scan_at(s, s->i)) || c->label == LABEL_PLAIN)
		return false;
	d = digits_here(s);
	if (is_stamp(d) && !is_alnum(scan_at(s, d->group[0].end)))
		return found(f, s, d->group[0].end, "year, month and day");
	/* the end of something longer */
	if (d->groups < 2 || (d->group[0].n > 2 && d->group[0].n != 4) || (c->last < 0x80 && c->last && strchr("/.+=#<_^", c->last)) ||
	    (c->last == '-' && c->before[0] != CONTEXT_DATE))
		return false;
	k = d->group[0].n == 4 ? year_and_month(s) : month_and_year(s);
	if (k)
		return found(f, s, k, "month and year");
	k = range(d);
	if (k && digits_end(s, d, k))
		return found(f, s, d->group[k - 1].end, "days and months");
	k = days_of_month(s);
	if (k)
		return found(f, s, k, "days and months");
	if (!read_day(s, s->i, &day))
		return false;
	if (is_of_days(s, day.end))
		return false;
	/* weighed first, so that the trainer sees all */
	if (!day.year && weighed_day(s, day.end, day.first, day.second, is_score(&day) || day.sign == '-' ? 2 : 1))
		return found(f, s, day.end, "day, weighed");
	return !day.turned && is_day(s, &day) && found(f, s, day.end, "day and month");
}
