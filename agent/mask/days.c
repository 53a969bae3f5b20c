/* Days that are told by what stands around them: "admitted 3/4", "3/9: afebrile", "3/4-3/9/22", "Christmas Eve", "fall of 2022". */
#include "around.h"
#include "checks.h"
#include "digits.h"

static bool found(struct finding *f, struct scan *s, size_t end, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_DATE, .rule = rule, .custom = -1};
	return true;
}

/* ---- day and month in numbers ---------------------------------------------------------------------------------------------------------- */

/* Strength 4/5, pain 7/10, half a tablet: more often than a day of the year. */
static bool is_share(int a, int b)
{
	return b == 10 || (b <= 5 && a <= b);
}

/* " 0815", " at 2:30", " @ 14:05" */
static bool time_follows(struct scan *s, size_t i)
{
	size_t digits = 0;

	if (scan_at(s, i) == ',')
		i++;
	if (scan_at(s, i++) != ' ')
		return false;
	if (scan_at(s, i) == '@' || (lower(scan_at(s, i)) == 'a' && lower(scan_at(s, i + 1)) == 't'))
		for (i += scan_at(s, i) == '@' ? 1 : 2; scan_at(s, i) == ' '; i++)
			;
	while (digits < 5 && is_digit(scan_at(s, i + digits)))
		digits++;
	if (digits == 4)
		return scan_at(s, i) <= '2' && scan_at(s, i + 2) <= '5' && !is_alnum(scan_at(s, i + 4));
	return digits && digits < 3 && scan_at(s, i + digits) == ':' && is_digit(scan_at(s, i + digits + 1));
}

/* The beginning of a line, and of what happened on the day: "3/9: afebrile", "3/9 - CT negative", "3/9 Admitted." */
static bool opens_line(struct scan *s, size_t end)
{
	uint16_t next = scan_at(s, end);

	if (s->context->last && s->context->last != '\n')
		return false;
	return next == ':' || next == '-' || next == ')' || (next == ' ' && (scan_at(s, end + 1) == '-' || is_upper(scan_at(s, end + 1))));
}

/* Do the words before say that a day follows? sure: whatever its numbers are. */
static bool announced(const struct context *c, bool *sure)
{
	word_set last = word_kinds(c->before[0]), second = word_kinds(c->before[1]);

	*sure = false;
	if (c->gap == GAP_NONE || c->gap > GAP_COLON || c->last == '/')
		return false;
	*sure = (c->gap != GAP_COMMA && ((last & WORD_DATE_BEFORE) || (number_kinds(c->before[0]) & NUMBER_WEEKDAY))) || c->label == LABEL_DAY ||
		c->before[0] == CONTEXT_DATE || (c->before[1] == CONTEXT_DATE && (last & (WORD_AND | WORD_DAY_CUE)));
	if (*sure)
		return true;
	if (c->gap != GAP_COMMA && (last & WORD_DAY))
		return true;
	/* "MRI of 3/9", "POD 2 (3/14)" */
	return c->gap <= GAP_BRACKET && c->gap != GAP_COMMA &&
	       ((last & WORD_DAY_CUE) || ((second & (WORD_DAY | WORD_DATE_BEFORE)) && (c->last == '(' || (number_kinds(c->before[0]) & NUMBER_OLD))));
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
	return (a == c && e > b) || (c == a + 1 && !is_share(c, e)) || (c == a + 2 && b > 12) ? 4 : 0;
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

/* 03/2023 */
static bool is_month_and_year(const struct digits *d)
{
	int month = digits_value(d, 0), year = digits_value(d, 1);

	return d->groups > 1 && d->group[0].n <= 2 && d->group[1].n == 4 && d->group[1].sign == '/' && month >= 1 && month <= 12 && year >= 1900 &&
	       year < 2100 && !(d->groups > 2 && d->group[2].sign == '/');
}

/* " to 3/9", " and 3/9": one more day, which is no share, says that the first one is none. */
static bool goes_on(struct scan *s, size_t i)
{
	static const char *const words[] = {" to ", " and ", " through ", " thru "};
	struct digits d;

	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		size_t n = 0;

		while (words[k][n] && scan_at(s, i + n) == (unsigned char)words[k][n])
			n++;
		if (words[k][n] || !is_digit(scan_at(s, i + n)))
			continue;
		digits_read(s, i + n, false, &d);
		return d.groups > 1 && d.group[1].sign == '/' && check_day(-1, digits_value(&d, 0), digits_value(&d, 1)) &&
		       !is_share(digits_value(&d, 0), digits_value(&d, 1));
	}
	return false;
}

bool scan_day(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	const struct digits *d;
	size_t k, end;
	bool sure;
	int a, b;

	if (!is_digit(scan_at(s, s->i)) || c->label == LABEL_PLAIN || c->last == '/' || c->last == '.')
		return false;
	d = digits_here(s);
	if (is_stamp(d) && !is_alnum(scan_at(s, d->group[0].end)))
		return found(f, s, d->group[0].end, "year, month and day");
	if (d->groups < 2 || d->group[1].sign != '/' || d->group[0].n > 2)
		return false;
	if (is_month_and_year(d) && digits_end(s, d, 2))
		return found(f, s, d->group[1].end, "month and year");
	k = range(d);
	if (k && digits_end(s, d, k))
		return found(f, s, d->group[k - 1].end, "days and months");
	end = d->group[1].end;
	if (d->group[1].n > 2 || (d->groups > 2 && d->group[2].sign == '/') || is_alpha(scan_at(s, end)) || !digits_end(s, d, 2))
		return false;
	a = digits_value(d, 0);
	b = digits_value(d, 1);
	if (!check_day(-1, a, b))
		return false;
	if (announced(c, &sure) && (sure ? !(a <= 5 && b == 5) : !is_share(a, b) || (b < 5 && goes_on(s, end))))
		return found(f, s, end, "day and month");
	return (time_follows(s, end) || opens_line(s, end)) && !is_share(a, b) && found(f, s, end, "day and month");
}

/* ---- holidays, seasons, quarters ---------------------------------------------------------------------------------------------------------- */

static bool is_word(struct scan *s, size_t i, const char *word)
{
	size_t k = 0;

	while (word[k] && lower(scan_at(s, i + k)) == (unsigned char)word[k])
		k++;
	return !word[k] && !is_alnum(scan_at(s, i + k));
}

/* " Eve", " Day", "'s Day", "s' Day" behind a name: the unit behind it, 0. */
static size_t eve_or_day(struct scan *s, size_t i, bool possessive)
{
	if (scan_at(s, i) == '\'' && possessive)
		i += 1 + (lower(scan_at(s, i + 1)) == 's');
	if (scan_at(s, i) != ' ' || !is_upper(scan_at(s, i + 1)))
		return 0;
	return is_word(s, i + 1, "eve") || is_word(s, i + 1, "day") ? i + 4 : is_word(s, i + 1, "sunday") || is_word(s, i + 1, "monday") ? i + 7 : 0;
}

/* " 2022", ", 2022", " of 2022", " 2019-2020": the unit behind; 0 */
static size_t year_behind(struct scan *s, size_t i)
{
	size_t n = 0;

	if (scan_at(s, i) == ',' || scan_at(s, i) == '/')
		i++;
	if (scan_at(s, i) == ' ')
		i++;
	if (is_word(s, i, "of") && scan_at(s, i + 2) == ' ')
		i += 3;
	while (n < 5 && is_digit(scan_at(s, i + n)))
		n++;
	if (n != 4 || is_alpha(scan_at(s, i + 4)) || !((scan_at(s, i) == '1' && scan_at(s, i + 1) == '9') || (scan_at(s, i) == '2' && scan_at(s, i + 1) == '0')))
		return 0;
	i += 4;
	if ((scan_at(s, i) == '-' || scan_at(s, i) == '/') && is_digit(scan_at(s, i + 1)) && is_digit(scan_at(s, i + 2))) {
		for (n = 1; n < 5 && is_digit(scan_at(s, i + n)); n++)
			;
		return n == 3 || n == 5 ? i + n : i;
	}
	return i;
}

bool scan_holiday(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	word_set kinds = s->word->kinds, before = c->gap == GAP_SPACE ? word_kinds(c->before[0]) : 0;
	bool capital = is_upper(scan_at(s, s->i)), cue = before & (WORD_DATE_BEFORE | WORD_DAY_CUE | WORD_PERIOD);
	size_t end = 0, year;

	if (kinds & WORD_HOLIDAY) {
		end = eve_or_day(s, s->token, false);
		year = year_behind(s, end ? end : s->token);
		if (capital && (end || year || cue))
			return found(f, s, year ? year : end ? end : s->token, "holiday");
		return false;
	}
	if (kinds & WORD_SEASON) {
		year = year_behind(s, s->token);
		cue = cue || capital || (before & WORD_ARTICLE) || (number_kinds(c->before[0]) & NUMBER_THE) || !is_word(s, s->i, "fall");
		return year && cue && found(f, s, year, "season and year");
	}
	if (s->digits) {                                 /* Q3 2022 */
		year = capital ? year_behind(s, s->token) : 0;
		return year && found(f, s, year, "quarter and year");
	}
	if (!capital)
		return false;
	if (is_word(s, s->i, "new") && scan_at(s, s->token) == ' ' && lower(scan_at(s, s->token + 1)) == 'y') {
		static const char years[] = "year";
		size_t j = s->token + 1;

		for (size_t k = 0; years[k] && lower(scan_at(s, j)) == (unsigned char)years[k]; k++)
			j++;
		j += lower(scan_at(s, j)) == 's';
		end = eve_or_day(s, j, true);
	} else {
		end = eve_or_day(s, s->token, true);
	}
	year = end ? year_behind(s, end) : 0;
	return end && found(f, s, year ? year : end, "holiday");
}
