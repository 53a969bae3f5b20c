#include "ranges.h"

#include "around.h"
#include "checks.h"
#include "digits.h"

/* Behind the dash between the ends of a range: "–", " - "; 0. */
static size_t between(struct scan *s, size_t end)
{
	size_t i = end + (scan_at(s, end) == ' ');
	uint16_t c = scan_at(s, i);

	return c == '-' || c == 0x2013 || c == 0x2014 ? i + 1 + (i > end && scan_at(s, i + 1) == ' ') : 0;
}

/* " 2024", ", 2024" behind a day or a month: the unit behind, end itself. */
static size_t year(struct scan *s, size_t end)
{
	size_t i = end + (scan_at(s, end) == ','), n;
	int value;

	if (scan_at(s, i) != ' ')
		return end;
	n = digits_few(s, i + 1, &value);
	return n == 4 && value >= 1900 && value < 2100 && !is_alnum(scan_at(s, i + 5)) ? i + 5 : end;
}

/* "1/28", "11/2023", "3/20/26" from place i on; 0. */
static size_t in_numbers(struct scan *s, size_t i)
{
	int a, b, c;
	size_t n = digits_few(s, i, &a), m, k;

	if (n < 1 || n > 2 || scan_at(s, i + n) != '/')
		return 0;
	i += n + 1;
	m = digits_few(s, i, &b);
	i += m;
	if (m == 4 && b >= 1900 && b < 2100 && a >= 1 && a <= 12)
		return is_alnum(scan_at(s, i)) || scan_at(s, i) == '/' ? 0 : i;
	if (m < 1 || m > 2 || !check_day(-1, a, b))
		return 0;
	if (scan_at(s, i) == '/') {
		k = digits_few(s, i + 1, &c);
		i = k == 2 || k == 4 ? i + 1 + k : 0;
	}
	return !i || is_alnum(scan_at(s, i)) || (scan_at(s, i) == '.' && is_digit(scan_at(s, i + 1))) || scan_at(s, i) == '%' ? 0 : i;
}

/* "Sept 2024", "5 February 2026", "March 4" from place i on; 0. */
static size_t with_month(struct scan *s, size_t i)
{
	int day;
	size_t n = digits_few(s, i, &day), end;
	bool before = n == 1 || n == 2;

	if (before) {
		if (day < 1 || day > 31 || scan_at(s, i + n) != ' ')
			return 0;
		i += n + 1;
	}
	if (!is_upper(scan_at(s, i)) || !(word_kinds(around_word(s, i, &end)) & WORD_MONTH) || is_digit(scan_at(s, end)))
		return 0;
	if (!before && scan_at(s, end) == ' ') {
		n = digits_few(s, end + 1, &day);
		if ((n == 1 || n == 2) && day >= 1 && day <= 31 && !is_alnum(scan_at(s, end + 1 + n)))
			return year(s, end + 1 + n);
	}
	n = year(s, end);
	return n > end || before ? n : 0;
}

/* "April 9-12" */
static size_t day_of_month(struct scan *s, size_t i)
{
	int day;
	size_t n = digits_few(s, i, &day);
	uint16_t c = scan_at(s, i + n);

	if (n < 1 || n > 2 || day < 2 || day > 31 || !is_alpha(scan_at(s, s->i)) || is_alnum(c) || c == '/' || c == '-' || c == '%' || ((c == '.' || c == ':') && is_digit(scan_at(s, i + n + 1))))
		return 0;
	return year(s, i + n);
}

/* "05/30-31/2026" */
static size_t day_and_year(struct scan *s, size_t i)
{
	int day, value;
	size_t n = digits_few(s, i, &day), m = digits_few(s, i + n + 1, &value);

	return is_digit(scan_at(s, s->i)) && n == 2 && day <= 31 && scan_at(s, i + n) == '/' && (m == 2 || m == 4) && !is_alnum(scan_at(s, i + n + 1 + m)) &&
	       scan_at(s, i + n + 1 + m) != '/' ? i + n + 1 + m : 0;
}

size_t ranges_end(struct scan *s, size_t end)
{
	size_t i = between(s, end), other;

	if (!i)
		return end;
	other = in_numbers(s, i);
	other = other ? other : with_month(s, i);
	if (!other && i == end + 1)
		other = day_of_month(s, i);
	if (!other && i == end + 1)
		other = day_and_year(s, i);
	return other ? other : end;
}
