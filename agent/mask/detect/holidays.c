/* Holidays, seasons and quarters, which say more than the year: "Christmas Eve", "fall of 2022", "Q3 2022". */
#include "around.h"

static bool found(struct finding *f, struct scan *s, size_t end, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_DATE, .rule = rule, .custom = -1};
	return true;
}

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
	if (n != 4 || is_alpha(scan_at(s, i + 4)) || !starts_year(s, i))
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
