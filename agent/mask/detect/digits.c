#include "digits.h"

#include <string.h>

/* Emphasis that Markdown puts around a part of a number. */
static bool is_emphasis(uint16_t c)
{
	return c == '*' || c == '_' || c == '`' || c == '~';
}

/* Dots in the middle of the line, and bullets. */
static bool is_middle_dot(uint16_t c)
{
	return c == 0xb7 || c == 0x2022 || c == 0x2027 || c == 0x2219 || c == 0x22c5 || c == 0x30fb;
}

/* The sign between two groups at place j: its own character, ' ' for white space; 0: the number ends here. *next: behind it. */
static char sign_at(struct scan *s, size_t j, size_t *next)
{
	uint16_t first = scan_at(s, j);
	char sign = 0;

	/* most often one sign stands between two digits */
	if ((first == ' ' || first == '-' || first == '.' || first == '/') && is_digit(scan_at(s, j + 1))) {
		*next = j + 1;
		return (char)first;
	}
	if (is_middle_dot(first) && is_digit(scan_at(s, j + 1))) {
		*next = j + 1;
		return '-';
	}
	for (int k = 0; k < 6; k++, j++) {
		uint16_t c = scan_at(s, j);

		if (is_digit(c)) {
			*next = j;
			return sign ? sign : ' ';
		}
		if (is_emphasis(c))
			continue;
		if (c == '-' && sign == '-')                     /* "536--22--8741" */
			continue;
		if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
			sign = sign ? sign : ' ';
		} else if (c == '-' || c == '.' || c == '/' || c == ':' || c == ')' || c == '(' || c == ',') {
			if (sign && sign != ' ' && !(sign == ')' && (c == '-' || c == '.')) && c != '(')
				return 0;
			sign = (char)c;
		} else {
			return 0;
		}
	}
	return 0;
}

/* Is it the word that begins at place j? The unit behind it, 0. */
static size_t word_ends(struct scan *s, size_t j, const char *word)
{
	size_t i = 0;

	while (word[i] && lower(scan_at(s, j + i)) == (unsigned char)word[i])
		i++;
	return word[i] || is_alnum(scan_at(s, j + i)) ? 0 : j + i;
}

static const char *const NUMBER_WORDS[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"};

/* A digit written as a word at place j; -1. *next: behind it. */
static int word_at(struct scan *s, size_t j, size_t *next)
{
	for (int k = 0; k < 11; k++)
		if ((*next = word_ends(s, j, NUMBER_WORDS[k])))
			return k == 10 ? 0 : k;
	return -1;
}

static const char *const TENS_WORDS[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
static const char *const TEENS_WORDS[] = {"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};

/* "eighty-seven", "forty", "twelve": two digits; -1. */
static int two_at(struct scan *s, size_t j, size_t *next)
{
	size_t behind;
	int unit;

	for (int k = 0; k < 10; k++)
		if ((*next = word_ends(s, j, TEENS_WORDS[k])))
			return 10 + k;
	for (int k = 0; k < 8; k++) {
		if (!(*next = word_ends(s, j, TENS_WORDS[k])))
			continue;
		unit = scan_at(s, *next) == '-' || scan_at(s, *next) == ' ' ? word_at(s, *next + 1, &behind) : -1;
		if (unit > 0)
			*next = behind;
		return 20 + 10 * k + (unit > 0 ? unit : 0);
	}
	return -1;
}

/* With the letters that numbers in words begin with. */
static bool may_be_number(uint16_t first)
{
	return first == 'o' || first == 't' || first == 'f' || first == 's' || first == 'e' || first == 'n' || first == 'z';
}

static void read_words(struct scan *s, size_t i, unsigned int most, struct digits *d)
{
	size_t next;
	int digit;

	d->groups = 1;
	while (d->n < most && may_be_number(lower(scan_at(s, i)))) {
		digit = word_at(s, i, &next);
		if (digit < 0 && (digit = two_at(s, i, &next)) < 0)
			break;
		if (digit > 9)
			d->d[d->n++] = (char)('0' + digit / 10);
		d->d[d->n++] = (char)('0' + digit % 10);
		d->group[0].n = (uint8_t)d->n;
		d->group[0].end = next;
		i = next;
		for (int k = 0; k < 4 && (scan_at(s, i) == ' ' || scan_at(s, i) == '-' || scan_at(s, i) == ',' || scan_at(s, i) == '\n'); k++)
			i++;
	}
}

/* Groups from place j on, behind those that were read. */
static void read_groups(struct scan *s, size_t j, struct digits *d)
{
	while (d->groups < GROUPS_MAX && d->n < DIGITS_MAX) {
		size_t k = d->groups, from = d->n;
		char sign = 0;

		if (k && !(sign = sign_at(s, j, &j)))
			break;
		while (d->n < DIGITS_MAX && is_digit(scan_at(s, j)))
			d->d[d->n++] = (char)scan_at(s, j++);
		d->group[k].from = (uint8_t)from;
		d->group[k].n = (uint8_t)(d->n - from);
		d->group[k].sign = sign;
		d->group[k].end = j;
		d->groups++;
		if (is_alpha(scan_at(s, j)))
			break;
	}
	d->d[d->n] = '\0';
	d->spaced = d->groups > 3 && d->group[0].n == 1 && d->n == d->groups;    /* only the first may be empty */
}

void digits_read(struct scan *s, size_t i, unsigned int spoken, struct digits *d)
{
	d->n = d->groups = 0;
	d->spaced = false;
	d->d[0] = '\0';
	memset(&d->group[0], 0, sizeof d->group[0]);
	if (spoken && !is_digit(scan_at(s, i)))
		read_words(s, i, spoken, d);
	else
		read_groups(s, i, d);
}

/* The number was read from one of the groups before: it goes on here. False: that is not so. */
static bool go_on(struct scan *s, size_t i, struct digits *d)
{
	size_t k = 1, last = d->groups - (d->n == DIGITS_MAX), from;

	if (s->number_at >= i || !s->r->plain)
		return false;
	while (k < last && d->group[k].end - d->group[k].n < i)
		k++;
	if (k >= last || d->group[k].end - d->group[k].n != i)
		return false;
	from = d->group[k].from;
	d->n = (size_t)(d->group[last - 1].from + d->group[last - 1].n) - from;
	memmove(d->d, d->d + from, d->n);
	memmove(d->group, d->group + k, (last - k) * sizeof d->group[0]);
	for (size_t g = 0; g < last - k; g++)
		d->group[g].from = (uint8_t)(d->group[g].from - from);
	d->group[0].sign = 0;
	d->groups = last - k;
	read_groups(s, d->group[d->groups - 1].end, d);
	return true;
}

const struct digits *digits_at(struct scan *s, size_t i)
{
	if (s->number_at != i) {
		if (!go_on(s, i, s->number))
			digits_read(s, i, 0, s->number);
		s->number_at = s->cut ? SIZE_MAX : i;
	}
	return s->number;
}

bool digits_end(struct scan *s, const struct digits *d, size_t k)
{
	uint16_t c = scan_at(s, d->group[k - 1].end);

	if (is_alnum(c))
		return false;
	/* a decimal point, a per cent sign, or one more group by the same sign: a number of another kind */
	return !(c == '.' && is_digit(scan_at(s, d->group[k - 1].end + 1)) && d->group[k - 1].sign != '.') && c != '%';
}

int digits_value(const struct digits *d, size_t group)
{
	int value = 0;

	for (size_t i = 0; i < d->group[group].n && i < 6; i++)
		value = value * 10 + d->d[d->group[group].from + i] - '0';
	return value;
}

size_t digits_few(struct scan *s, size_t i, int *value)
{
	size_t n = 0;

	for (*value = 0; n < 5 && is_digit(scan_at(s, i + n)); n++)
		*value = *value * 10 + scan_at(s, i + n) - '0';
	return n;
}

bool digits_word(uint64_t hash)
{
	uint64_t o = word_hash(WORD_HASH, 'o'), z = word_hash(WORD_HASH, 'z');

	return hash == word_hash(o, 'h') || hash == word_hash(word_hash(word_hash(z, 'e'), 'r'), 'o');
}

/* ---- what a number may be ---------------------------------------------------------------------------------------------- */

static bool is_masked(uint64_t before)
{
	return before && before <= CONTEXT_LAST;
}

/* May what stands before make anything of it? */
static bool is_told(const struct context *c)
{
	return c->label != LABEL_NONE || c->near || c->needs_mark || c->hidden || c->ending || c->person || c->last == '^' || is_masked(c->before[0]) ||
	       is_masked(c->before[1]);
}

/* With the letters that "fax", "office", "mobile", "cell", "home", "work" and "desk" begin with. */
static bool may_tell_phone(uint16_t first)
{
	return first == 'f' || first == 'o' || first == 'm' || first == 'c' || first == 'h' || first == 'w' || first == 'd';
}

/* The telephone's groups: "1-800-…", "011-…", "617-482-3190", "617-4823190", "482-3190"; and all that "Office", "fax" or the like stands behind. */
static bool may_be_phone(struct scan *s, const struct digits *d)
{
	size_t end = d->group[d->groups - 1].end;

	if (d->groups < 2)
		return false;
	if (d->n >= 7 && d->n <= 13 && (scan_at(s, end) == '-' || scan_at(s, end) == ' ') && may_tell_phone(lower(scan_at(s, end + 1))))
		return true;
	if (d->group[0].n == 1)
		return d->d[0] == '1' && d->group[1].n == 3;
	return d->group[0].n == 3 && (d->d[0] == '0' || d->group[1].n == 4 || d->group[1].n == 7 ||
				      (d->groups > 2 && d->group[1].n == 3 && d->group[2].n == 4));
}

/* May a street stand behind: "12-40 31st Avenue", "12, rue", "12 1/2 Main"? Or is it a position, "42.3601, -71.0589"? */
static bool may_lead_street(struct scan *s, const struct digits *d)
{
	size_t end = d->group[0].end;
	uint16_t behind = scan_at(s, end + 1);

	switch (scan_at(s, end)) {
	case ' ':
		return is_digit(behind) && d->groups > 1 && (is_alpha(scan_at(s, d->group[1].end)) || scan_at(s, d->group[1].end) == '/' ||
		       (d->groups == 2 && d->group[0].n > 2 && scan_at(s, d->group[1].end) == ' ' && is_upper(scan_at(s, d->group[1].end + 1))));
	case '.':
		return d->groups > 1 && d->group[1].n > 3;
	case ',':
		return behind == ' ' && is_alpha(scan_at(s, end + 2));
	case '/':                                        /* "121/2 31st Avenue" */
		return d->groups < 3 || is_alpha(scan_at(s, d->group[2].end));
	case '-':
		return true;
	}
	return false;
}

/* A day of a month that is written, or is the first of several: "3 - 9 May", "14-Mar". */
static bool may_be_written(struct scan *s, const struct digits *d)
{
	uint16_t next = scan_at(s, d->group[0].end), behind = scan_at(s, d->group[0].end + 1);

	if (d->group[0].n > 2)
		return false;
	return next == '-' || ((next == ' ' || next == '/') && !is_digit(behind)) || (next == '.' && is_alpha(behind));
}

static unsigned int form_of(struct scan *s, const struct digits *d)
{
	uint8_t n = d->group[0].n;
	uint16_t next = scan_at(s, d->group[0].end);
	unsigned int forms = DIGITS_OTHER;

	if (d->spaced)
		forms |= DIGITS_APART;
	if (d->groups > 2 && n == 3 && d->group[1].n == 2 && d->group[2].n == 4)
		forms |= DIGITS_SSN;
	if (may_be_phone(s, d))
		forms |= DIGITS_PHONE;
	if (d->groups > 3 && d->group[1].sign == '.')
		forms |= DIGITS_IP;
	if (d->groups > 2 && d->group[1].sign == d->group[2].sign)
		forms |= DIGITS_DATE;
	if (d->groups > 1 && n < 3 && (next == '/' || next == '-' || (d->groups > 3 && d->group[2].sign == '-')))
		forms |= DIGITS_DAY;
	if (may_be_written(s, d))
		forms |= DIGITS_WRITTEN;
	if (may_lead_street(s, d))
		forms |= DIGITS_STREET;
	/* of more groups all digits were read as such; "|" may be one, too */
	if (next == '|' || (d->groups < 4 && (n == 3 ? next == ' ' || next == '-' || next == '.' : next == '/' || next == '-')))
		forms |= DIGITS_SCANNED;
	if (next == '-')
		forms |= DIGITS_DASH;
	if (next == '-' || next == '.' || next == '/' || next == '_' || next == ':' || next == '+')
		forms |= DIGITS_CODE;
	return forms;
}

/* Digits that may be an age over 89. */
static unsigned int age_of(struct scan *s, size_t n)
{
	return (n == 2 && scan_at(s, s->i) == '9') || (n == 3 && scan_at(s, s->i) <= '1') ? DIGITS_AGE : 0;
}

unsigned int digits_may_be(struct scan *s)
{
	size_t n = s->token - s->i;
	uint16_t next = scan_at(s, s->token), behind;
	const struct digits *d;

	if (n > 3 || is_told(s->context) || is_alnum(next))
		return DIGITS_ANY;
	behind = next == ' ' ? scan_at(s, s->token + 1) : 0;
	if (is_alpha(behind))                            /* "12 Main", "3 March", "5 mg", "503 O14" */
		return DIGITS_OTHER | DIGITS_STREET | DIGITS_HOUSE | (n < 3 ? DIGITS_WRITTEN : DIGITS_SCANNED) | age_of(s, n);
	d = digits_here(s);
	return s->cut ? DIGITS_ANY : form_of(s, d) | age_of(s, n);
}
