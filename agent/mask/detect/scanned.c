/* Dates and telephone numbers as a scanner reads them: an O or a Q for a 0, an l or an I for a 1: "O6/l1/2O28", "(5O3) 555-O149". */
#include "checks.h"
#include "scan.h"

#define BLANKS 2                                 /* between groups */

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = entity == ENTITY_DATE ? "date, scanned" : "phone, scanned", .custom = -1};
	return true;
}

/* The digit that a unit may have been; -1: none. */
static int digit(uint16_t c)
{
	if (is_digit(c))
		return c - '0';
	return c == 'O' || c == 'o' || c == 'Q' ? 0 : c == 'l' || c == 'I' || c == '|' ? 1 : -1;
}

struct group {
	size_t end;
	int value;
	unsigned int n, digits;
};

/* What may be digits from place i on, at most so many. */
static struct group read_group(struct scan *s, size_t i, unsigned int most)
{
	struct group g = {.end = i};

	for (int d; g.n < most && (d = digit(scan_at(s, g.end))) >= 0; g.end++, g.n++) {
		g.value = g.value * 10 + d;
		g.digits += is_digit(scan_at(s, g.end));
	}
	return g;
}

static bool goes_on(struct scan *s, size_t i)
{
	return is_alnum(scan_at(s, i)) || ((scan_at(s, i) == '/' || scan_at(s, i) == '-' || scan_at(s, i) == '.') && is_digit(scan_at(s, i + 1)));
}

/* "O6/l1/2O28", "3-l8-26" */
static size_t date(struct scan *s)
{
	struct group a = read_group(s, s->i, 2), b, c;
	uint16_t sign = scan_at(s, a.end);

	if (!a.n || (sign != '/' && sign != '-'))
		return 0;
	b = read_group(s, a.end + 1, 2);
	if (!b.n || scan_at(s, b.end) != sign || !check_day(-1, a.value, b.value))
		return 0;
	c = read_group(s, b.end + 1, 4);
	if (c.n < 2 || c.n == 3 || goes_on(s, c.end) || a.digits + b.digits + c.digits < 3 || a.digits + b.digits + c.digits == a.n + b.n + c.n)
		return 0;
	return c.end;
}

static size_t blanks(struct scan *s, size_t i)
{
	size_t j = i;

	j += scan_at(s, j) == '-' || scan_at(s, j) == '.';
	while (j < i + BLANKS + 1 && (scan_at(s, j) == ' ' || (scan_at(s, j) == '\n' && j > i)))
		j++;
	return j;
}

/* "0CT 21 2025", "MAR-O4-2O26", "Apr1l  14": a month with or without digits for its letters. */
static size_t with_month(struct scan *s)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"};
	uint16_t first = scan_at(s, s->i);
	unsigned char letter = (unsigned char)(first == '0' ? 'o' : lower(first) & 0x7f);        /* no other month begins with a digit's look-alike */
	bool wrong = false;

	if (is_digit(letter))
		return 0;
	for (size_t k = 0; k < sizeof months / sizeof *months; k++) {
		size_t n = 0, at;
		struct group day, year;

		if (letter != (unsigned char)*months[k])
			continue;
		wrong = false;
		for (uint16_t c; months[k][n] && (c = scan_at(s, s->i + n)); n++) {
			bool like = (months[k][n] == 'o' && c == '0') || (months[k][n] == 'l' && c == '1') || (months[k][n] == 'i' && (c == '1' || c == 'l'));

			if (!like && lower(c) != (unsigned char)months[k][n])
				break;
			wrong = wrong || like;
		}
		if (n < 3 || is_alpha(scan_at(s, s->i + n)))
			continue;
		at = blanks(s, s->i + n);
		day = read_group(s, at, 2);
		if (at == s->i + n || !day.n || !day.digits || day.value < 1 || day.value > 31)
			return 0;
		at = blanks(s, day.end);
		year = read_group(s, at, 4);
		wrong = wrong || day.digits < day.n || (year.n == 4 && year.digits < 4);
		if (year.n == 4 && year.digits > 2 && !is_alnum(scan_at(s, year.end)))
			return wrong ? year.end : 0;
		return wrong && !is_alnum(scan_at(s, day.end)) ? day.end : 0;
	}
	return 0;
}

/* "(5O3) 555-O149", "609 555-O142", "83O-555-6104" */
static size_t phone(struct scan *s)
{
	bool bracket = scan_at(s, s->i) == '(';
	struct group a = read_group(s, s->i + bracket, 3), b, c;
	size_t at;

	if (a.n != 3 || (bracket && scan_at(s, a.end) != ')'))
		return 0;
	at = blanks(s, a.end + bracket);
	b = read_group(s, at, 3);
	if (b.n != 3 || (at == a.end && !bracket))
		return 0;
	at = blanks(s, b.end);
	c = read_group(s, at, 4);
	if (c.n != 4 || at == b.end || goes_on(s, c.end) || a.digits + b.digits + c.digits < 7 || a.digits + b.digits + c.digits == 10)
		return 0;
	return c.end;
}

bool scan_scanned(struct scan *s, struct finding *f)
{
	uint16_t last = s->context->last;
	size_t end;

	if (scan_at(s, s->i) == '(' && digit(scan_at(s, s->i + 1)) < 0)
		return false;
	if (is_alnum(last) || last == '/' || last == '-' || last == '.' || last == '_')
		return false;
	if ((end = date(s)) || (end = with_month(s)))
		return found(f, s, end, ENTITY_DATE);
	return (end = phone(s)) && found(f, s, end, ENTITY_PHONE);
}
