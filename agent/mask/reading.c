#include "reading.h"

#include <string.h>
#include <utf8proc.h>

#include "markup.h"
#include "utf8.h"

/* Letters of other scripts that look like Latin ones (the common part of Unicode's confusables data, UTS 39), in order. */
static const struct {
	uint16_t c;
	char latin;
} LOOKALIKES[] = {
	{0x0131, 'i'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'},
	{0x039a, 'K'}, {0x039c, 'M'}, {0x039d, 'N'}, {0x039f, 'O'}, {0x03a1, 'P'}, {0x03a4, 'T'}, {0x03a5, 'Y'}, {0x03a7, 'X'}, {0x03b1, 'a'},
	{0x03b3, 'y'}, {0x03b9, 'i'}, {0x03ba, 'k'}, {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x03c3, 'o'}, {0x03c4, 't'}, {0x03c5, 'u'},
	{0x03c7, 'x'}, {0x0405, 'S'}, {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'}, {0x0412, 'B'}, {0x0415, 'E'}, {0x0417, '3'}, {0x041a, 'K'},
	{0x041c, 'M'}, {0x041d, 'H'}, {0x041e, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'}, {0x0423, 'Y'}, {0x0425, 'X'}, {0x0430, 'a'},
	{0x0433, 'r'}, {0x0435, 'e'}, {0x043a, 'k'}, {0x043c, 'm'}, {0x043d, 'h'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'},
	{0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0457, 'i'}, {0x0458, 'j'}, {0x0475, 'v'}, {0x04ae, 'Y'}, {0x04af, 'y'},
	{0x04ba, 'h'}, {0x04bb, 'h'}, {0x04c0, 'I'}, {0x04cf, 'l'}, {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'}, {0x0555, 'O'}, {0x0561, 'w'},
	{0x0570, 'h'}, {0x0578, 'n'}, {0x057d, 'u'}, {0x0581, 'g'}, {0x0585, 'o'}, {0x13a0, 'D'}, {0x13a1, 'R'}, {0x13a2, 'T'}, {0x13aa, 'A'},
	{0x13ab, 'J'}, {0x13ac, 'E'}, {0x13b3, 'W'}, {0x13b7, 'M'}, {0x13bb, 'H'}, {0x13c0, 'G'}, {0x13c3, 'Z'}, {0x13cf, 'b'}, {0x13d2, 'R'},
	{0x13da, 'S'}, {0x13de, 'L'}, {0x13df, 'C'}, {0x13e2, 'P'}, {0x13e6, 'K'}, {0x13f3, 'G'}, {0x13f4, 'B'}, {0x2010, '-'}, {0x2011, '-'},
	{0x2012, '-'}, {0x2013, '-'}, {0x2014, '-'}, {0x2015, '-'}, {0x2018, '\''}, {0x2019, '\''}, {0x201b, '\''}, {0x2032, '\''},
	{0x2044, '/'}, {0x2212, '-'}, {0x2215, '/'}, {0x2c9f, 'o'}, {0x2d54, 'O'}, {0xa4d0, 'B'}, {0xa4d1, 'P'}, {0xa4d2, 'd'}, {0xa4d3, 'D'},
	{0xa4d4, 'T'}, {0xa4d6, 'G'}, {0xa4d7, 'K'}, {0xa4d9, 'J'}, {0xa4da, 'C'}, {0xa4dc, 'Z'}, {0xa4dd, 'F'}, {0xa4df, 'M'}, {0xa4e0, 'N'},
	{0xa4e1, 'L'}, {0xa4e2, 'S'}, {0xa4e3, 'R'}, {0xa4e6, 'V'}, {0xa4e7, 'H'}, {0xa4ea, 'W'}, {0xa4eb, 'X'}, {0xa4ec, 'Y'}, {0xa4ee, 'A'},
	{0xa4f0, 'E'}, {0xa4f2, 'I'}, {0xa4f3, 'O'}, {0xa4f4, 'U'},
};

/* Digits of a script stand in a row, from zero on. */
static uint32_t digit(uint32_t c)
{
	uint32_t value = 0;

	while (value < 9 && utf8proc_category((utf8proc_int32_t)(c - value - 1)) == UTF8PROC_CATEGORY_ND)
		value++;
	return '0' + value;
}

static uint32_t latin(uint32_t c)
{
	size_t low = 0, high = sizeof LOOKALIKES / sizeof *LOOKALIKES;

	if (c >= 0x660 && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND)
		return digit(c);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (LOOKALIKES[mid].c == c)
			return (unsigned char)LOOKALIKES[mid].latin;
		if (LOOKALIKES[mid].c < c)
			low = mid + 1;
		else
			high = mid;
	}
	return c;
}

/* Seen by nobody: default-ignorable code points, and the byte order mark. */
static bool is_ignorable(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) || (c >= 0x180b && c <= 0x180f) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) ||
	       c == 0xfeff || c == 0xffa0 || (c >= 0xfff0 && c <= 0xfff8) || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_mark(uint32_t c)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

/* Digits and letters in circles, squares and brackets, or with a full stop or comma, of which NFKC knows nothing or too much. */
static uint32_t enclosed(uint32_t c)
{
	static const struct {
		uint32_t from, to;
		char first;
	} rows[] = {
		{0x2474, 0x247c, '1'}, {0x2488, 0x2490, '1'}, {0x24f5, 0x24fd, '1'}, {0x24ff, 0x24ff, '0'}, {0x2776, 0x277e, '1'}, {0x2780, 0x2788, '1'},
		{0x278a, 0x2792, '1'}, {0x1f100, 0x1f100, '0'}, {0x1f101, 0x1f10a, '0'}, {0x1f150, 0x1f169, 'A'}, {0x1f170, 0x1f189, 'A'},
		{0x1f1e6, 0x1f1ff, 'A'},
	};

	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		if (c >= rows[k].from && c <= rows[k].to)
			return (unsigned char)rows[k].first + c - rows[k].from;
	return 0;
}

int reading_character(uint32_t c, bool confusables, bool strip_marks, uint32_t out[READING_PER_CHARACTER])
{
	utf8proc_int32_t parts[READING_PER_CHARACTER];
	int boundary = 0, n = 0;
	utf8proc_ssize_t got;

	if (c < 0x80) {
		out[0] = c;
		return 1;
	}
	if (c >= 0xe0020 && c <= 0xe007e) {              /* tag characters spell ASCII that nobody sees */
		out[0] = c - 0xe0000;
		return 1;
	}
	if (is_ignorable(c))
		return 0;
	if (confusables && c >= 0x2474 && (out[0] = enclosed(c)))
		return 1;
	got = utf8proc_decompose_char((utf8proc_int32_t)c, parts, READING_PER_CHARACTER, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &boundary);
	for (utf8proc_ssize_t i = 0; i < got && i < READING_PER_CHARACTER; i++) {
		uint32_t part = (uint32_t)parts[i];

		if ((strip_marks && is_mark(part)) || is_ignorable(part))
			continue;
		out[n++] = confusables ? latin(part) : part;
	}
	return n;
}

/* ---- HTML character references ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	char c;
} REFERENCES[] = {
	{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", ' '}, {"period;", '.'}, {"commat;", '@'},
	{"colon;", ':'}, {"sol;", '/'}, {"hyphen;", '-'}, {"dash;", '-'}, {"ndash;", '-'}, {"lpar;", '('}, {"rpar;", ')'}, {"num;", '#'},
	{"mdash;", '-'}, {"minus;", '-'}, {"ensp;", ' '}, {"emsp;", ' '}, {"thinsp;", ' '}, {"lowbar;", '_'}, {"plus;", '+'}, {"comma;", ','},
	{"middot;", '.'}, {"bull;", '.'}, {"shy;", 0}, {"zwnj;", 0}, {"zwj;", 0},
};
#define REFERENCE_MAX 10                         /* "&#x10ffff;" */
#define NOTHING 0xad                             /* a soft hyphen: it is passed over */

/* "&#53;", "&#x35;" or a name at p[n]: its length, *c; 0: it is none; -1: the text's end cuts it. One of ASCII by its number needs no
 * semicolon, as browsers have it. */
static int reference(const char *p, size_t n, bool final, uint32_t *c)
{
	size_t i = 2;
	bool hex = n > 2 && (p[2] == 'x' || p[2] == 'X');
	uint32_t value = 0;

	if (n >= 2 && p[1] != '#') {
		for (size_t k = 0; k < sizeof REFERENCES / sizeof *REFERENCES; k++) {
			size_t length, have;

			if (n >= 2 && p[1] != *REFERENCES[k].name)
				continue;
			length = strlen(REFERENCES[k].name);
			have = n - 1 < length ? n - 1 : length;
			if (memcmp(p + 1, REFERENCES[k].name, have) != 0)
				continue;
			*c = REFERENCES[k].c ? (unsigned char)REFERENCES[k].c : NOTHING;
			return have == length ? (int)length + 1 : final ? 0 : -1;
		}
		return 0;
	}
	for (i += hex; i < n && i < REFERENCE_MAX + 1; i++) {
		int digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : hex && (p[i] | 32) >= 'a' && (p[i] | 32) <= 'f' ? (p[i] | 32) - 'a' + 10 : -1;

		if (digit < 0) {
			if (i == 2 + (size_t)hex || value == 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ||
			    (p[i] != ';' && (value <= ' ' || value > '~')))
				return 0;
			*c = value;
			return (int)i + (p[i] == ';');
		}
		value = value * (hex ? 16 : 10) + (uint32_t)digit;
		if (value > 0x10ffff)
			return 0;
	}
	return i > REFERENCE_MAX || final ? 0 : -1;
}

/* ---- a window ----------------------------------------------------------------------------------------------------------------------- */

static bool put(struct reading *r, uint32_t c, size_t at)
{
	uint32_t parts[READING_PER_CHARACTER];
	int n = reading_character(c, true, true, parts);

	if (r->n + (size_t)n > READING_UNITS)
		return false;
	for (int i = 0; i < n; i++) {
		r->c[r->n] = parts[i] == 0xa0 || parts[i] == 0x2028 || parts[i] == 0x2029 ? ' ' : parts[i] > 0xffff ? 0xfffd : (uint16_t)parts[i];
		r->ascii[r->n] = r->c[r->n] < 0x80 ? (unsigned char)r->c[r->n] : 0x80;
		r->at[r->n++] = (uint16_t)at;
	}
	return true;
}

/* The character, reference or mark-up at p[n], behind the unit before: its length, *c (0: it is passed over); 0: the end cuts it; -1: no
 * character's byte. */
static int character(const char *p, size_t n, bool final, uint16_t before, uint32_t *c)
{
	int length;

	if (*p & 0x80) {
		length = utf8_decode(p, n, c);
		return length == 0 && final ? -1 : length;
	}
	length = *p == '&' ? reference(p, n, final, c) : markup_begins[(unsigned char)*p] ? markup_read(p, n, final, before, c) : 0;
	if (length > 0)
		return length;
	*c = *p ? (unsigned char)*p : ' ';
	return length < 0 ? 0 : 1;
}

/* Bytes that do not stand for themselves alone. */
static inline bool is_special(unsigned char byte)
{
	return byte >= 0x80 || byte == '&' || markup_begins[byte];
}

/* The highest bit of each byte that is this sign; other bytes above the lowest such one may have it, too. */
static inline uint64_t is_sign(uint64_t bytes, char sign)
{
	const uint64_t ones = 0x0101010101010101ULL;

	return (bytes ^ (ones * (unsigned char)sign)) - ones;
}

/* May some of eight bytes be above ASCII, 0, or begin a reference or mark-up? Mark-up of other signs stands behind a digit. */
static inline bool has_special(uint64_t bytes)
{
	const uint64_t ones = 0x0101010101010101ULL, high = ones << 7;
	uint64_t low = bytes & ~high, digits = (low + ones * (0x80 - '0')) & ~(low + ones * (0x80 - '9' - 1));

	return (bytes | (bytes - ones) | digits | is_sign(bytes, '&') | is_sign(bytes, '<') | is_sign(bytes, '*') | is_sign(bytes, '\\')) & high;
}

#define BLOCK 8

/* Bytes that stand for themselves, from p[i] on, first block by block; returns behind them. */
static size_t plain_bytes(struct reading *r, size_t units, const char *p, size_t i, size_t n)
{
	uint16_t *c = r->c + units, *at = r->at + units, before = units ? r->c[units - 1] : r->before;
	unsigned char *ascii = r->ascii + units;
	size_t stop = READING_UNITS - units < n - i ? i + READING_UNITS - units : n;

	while (i < stop) {
		unsigned char byte[BLOCK];
		size_t some = stop - i < BLOCK ? stop - i : BLOCK;
		uint64_t word;

		if (some == BLOCK && !(before >= '0' && before <= '9')) {
			memcpy(&word, p + i, BLOCK);
			if (!has_special(word)) {
				memcpy(byte, p + i, BLOCK);
				memcpy(ascii, byte, BLOCK);
				ascii += BLOCK;
				for (int k = 0; k < BLOCK; k++)
					*c++ = byte[k];
				for (int k = 0; k < BLOCK; k++)
					*at++ = (uint16_t)(i + k);
				before = byte[BLOCK - 1];
				i += BLOCK;
				continue;
			}
		}
		for (size_t k = 0; k < some; k++, i++) {
			*byte = (unsigned char)p[i];
			if (is_special(*byte))
				return i;
			before = *byte ? *byte : ' ';
			*ascii++ = (unsigned char)before;
			*c++ = before;
			*at++ = (uint16_t)i;
		}
	}
	return i;
}

void reading_make(struct reading *r, uint16_t before, const char *p, size_t n, bool final)
{
	size_t i = 0, units = 0;
	bool plain = true;

	r->before = before;
	while (i < n && units < READING_UNITS) {
		size_t behind = plain_bytes(r, units, p, i, n);
		uint32_t c;
		int length;

		units += behind - i;
		i = behind;
		if (i == n || units == READING_UNITS)
			break;
		length = character(p + i, n - i, final, units ? r->c[units - 1] : before, &c);
		r->n = units;
		if (length == 0 || (length > 0 && c && !put(r, c, i)))
			break;
		plain = plain && length == 1 && c;
		units = r->n;
		i += length < 0 ? 1 : (size_t)length;    /* no character's: passed over, so that it hides nothing */
	}
	r->window = p;
	r->n = units;
	r->plain = plain;
	r->final = final && i == n;                      /* there may be more behind the last unit */
	r->c[units] = 0;
	memset(r->ascii + units, 0, READING_BEHIND);
	r->at[units] = (uint16_t)i;
}

size_t reading_end(const struct reading *r, const char *window, size_t i)
{
	size_t at;
	uint32_t c;
	int length;

	if (i == 0)
		return r->at[0];
	at = r->at[i - 1];
	if (!is_special((unsigned char)window[at]) || (markup_begins[(unsigned char)window[at] & 0x7f] && (unsigned char)window[at] == r->c[i - 1]))
		return at + 1;
	/* it was read before, so it is whole; up to the reading's end no reference is cut either */
	length = character(window + at, r->at[r->n] - at, true, i > 1 ? r->c[i - 2] : r->before, &c);
	return at + (length > 0 ? (size_t)length : 1);
}

bool reading_is_letter(uint16_t c)
{
	utf8proc_category_t category;

	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z';
	category = utf8proc_category(c);
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool reading_is_upper(uint16_t c)
{
	return c < 0x80 ? c >= 'A' && c <= 'Z' : utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
}
