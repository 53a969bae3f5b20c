#include "jsonscan.h"

#include <string.h>

#include "utf8.h"

enum state { VALUE, ITEM_OR_END, KEY_OR_END, KEY_NEXT, COLON, AFTER, STRING, NUMBER, LITERAL, DONE };
enum number { MINUS, ZERO, INTEGER, DOT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool jsonscan_in_object(const struct jsonscan *s)
{
	return s->depth && (s->objects >> (s->depth - 1) & 1);
}

bool jsonscan_done(const struct jsonscan *s)
{
	return s->state == DONE;
}

static bool number_whole(const struct jsonscan *s)
{
	return s->number == ZERO || s->number == INTEGER || s->number == FRACTION || s->number == EXPONENT_DIGITS;
}

bool jsonscan_whole(const struct jsonscan *s)
{
	return s->state == DONE || (s->state == NUMBER && s->depth == 0 && number_whole(s));
}

static void value_ended(struct jsonscan *s)
{
	s->state = s->depth ? AFTER : DONE;
}

/* ---- strings ---- */

const char *jsonscan_raw(const struct jsonscan *s, size_t *n)
{
	*n = s->n_used;
	return s->part;
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* s->part[0..used) stands for c. */
static enum json_token is_char(struct jsonscan *s, uint8_t used, uint32_t c, enum json_flaw flaw)
{
	s->n_used = used;
	s->flaw = (uint8_t)flaw;
	s->n_text = (uint8_t)utf8_encode(flaw == JSON_SOUND ? c : 0xfffd, s->text);
	return JSON_CHAR;
}

/* May next follow in the part? An escape that cannot go on so is bad. */
static bool escape_goes_on(const struct jsonscan *s, char next)
{
	switch (s->n_part) {
	case 1:
		return next != '\0' && strchr("\"\\/bfnrtu", next);
	case 2: case 3: case 4: case 5: case 8: case 9: case 10: case 11:
		return is_hex(next);
	}
	return true;
}

/* The escape in the part: JSON_CHAR when it is whole, JSON_MORE when it wants another byte. next: that byte, or -1. */
static enum json_token escape(struct jsonscan *s, int next)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	int unit;

	if (s->n_part < 2)
		return JSON_MORE;
	if (s->part[1] != 'u')
		return is_char(s, 2, (unsigned char)values[strchr(names, s->part[1]) - names], JSON_SOUND);
	if (s->n_part < 6)
		return JSON_MORE;
	unit = hex4(s->part + 2);
	if (unit < 0xd800 || unit > 0xdfff)
		return is_char(s, 6, (uint32_t)unit, JSON_SOUND);
	if (unit > 0xdbff || (s->n_part == 6 && next >= 0 && next != '\\') || (s->n_part == 7 && next >= 0 && next != 'u'))
		return is_char(s, 6, 0, JSON_LONE_SURROGATE);
	if (s->n_part < 12)
		return JSON_MORE;
	if (hex4(s->part + 8) < 0xdc00 || hex4(s->part + 8) > 0xdfff)
		return is_char(s, 6, 0, JSON_LONE_SURROGATE);
	return is_char(s, 12, 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(hex4(s->part + 8) - 0xdc00), JSON_SOUND);
}

/* Go on with a character whose beginning is in the part. */
static enum json_token part(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	for (;;) {
		int next = *at < n ? (unsigned char)in[*at] : -1;
		uint32_t c;

		if (s->part[0] == '\\') {
			if (s->n_part >= 2 && escape(s, next) == JSON_CHAR)
				return JSON_CHAR;
			if (next < 0)
				return JSON_MORE;
			if (!escape_goes_on(s, (char)next))
				return JSON_BAD;
		} else {
			int len = utf8_decode(s->part, s->n_part, &c);

			if (len > 0)
				return is_char(s, s->n_part, c, JSON_SOUND);
			if (len < 0 || (next >= 0 && (next & 0xc0) != 0x80))
				return is_char(s, s->n_part, 0, JSON_NOT_UTF8);
			if (next < 0)
				return JSON_MORE;
		}
		s->part[s->n_part++] = (char)next;
		++*at;
	}
}

/* How many of 8 bytes stand for themselves, and are printable ASCII, before the first that does not or is not. */
static size_t run_of(const char *p)
{
	const uint64_t ones = 0x0101010101010101ULL;
	const unsigned char *b = (const unsigned char *)p;
	/* the first byte lowest, whatever the machine; one load where that is its order */
	uint64_t w = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
		     (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
	uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
	/* a byte's high bit, exact up to the first that is set */
	uint64_t other = (w | (w + ones) | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & (ones << 7);

	return other ? (size_t)__builtin_ctzll(other) / 8 : 8;
}

size_t jsonscan_plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		unsigned char c;
		uint32_t ch;
		int len = 1;

		if (n - i >= 8) {
			size_t run = run_of(p + i);

			i += run;
			if (run == 8)
				continue;
		}
		c = (unsigned char)p[i];
		if (c >= 0x80)
			len = utf8_decode(p + i, n - i, &ch);
		else if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			len = 0;
		if (len <= 0)
			break;
		i += (size_t)len;
	}
	return i;
}

static enum json_token in_string(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	size_t i = *at;

	if (s->n_used) {                 /* what is left of the part begins the next character */
		s->n_part = (uint8_t)(s->n_part - s->n_used);
		memmove(s->part, s->part + s->n_used, s->n_part);
		s->n_used = 0;
	}
	if (s->n_part)
		return part(s, in, n, at);
	i += jsonscan_plain(in + i, n - i);
	while (i < n && in[i] == 0x7f)
		i += 1 + jsonscan_plain(in + i + 1, n - i - 1);
	if (i > *at) {
		*at = i;
		return JSON_RUN;
	}
	if (i == n)
		return JSON_MORE;
	if (in[i] == '"') {
		++*at;
		if (s->key)
			s->state = COLON;
		else
			value_ended(s);
		return JSON_STRING_END;
	}
	if ((unsigned char)in[i] < 0x20)
		return JSON_BAD;
	s->part[0] = in[i];
	s->n_part = 1;
	++*at;
	return part(s, in, n, at);
}

/* ---- numbers and literals ---- */

static bool number_step(struct jsonscan *s, char c)
{
	switch ((enum number)s->number) {
	case MINUS:
		if (!is_digit(c))
			return false;
		s->number = c == '0' ? ZERO : INTEGER;
		return true;
	case INTEGER:
		if (is_digit(c))
			return true;
		/* fall through */
	case ZERO:
		if (c == '.')
			s->number = DOT;
		else if (c == 'e' || c == 'E')
			s->number = EXPONENT;
		else
			return false;
		return true;
	case DOT:
		s->number = FRACTION;
		return is_digit(c);
	case FRACTION:
		if (c == 'e' || c == 'E')
			s->number = EXPONENT;
		else
			return is_digit(c);
		return true;
	case EXPONENT:
		s->number = c == '+' || c == '-' ? EXPONENT_SIGN : EXPONENT_DIGITS;
		return s->number == EXPONENT_SIGN || is_digit(c);
	case EXPONENT_SIGN:
	case EXPONENT_DIGITS:
		s->number = EXPONENT_DIGITS;
		return is_digit(c);
	}
	return false;
}

static enum json_token in_number(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	size_t i = *at;

	while (i < n) {
		uint8_t before = s->number;

		if (!number_step(s, in[i])) {
			s->number = before;
			break;
		}
		i++;
	}
	if (i > *at) {
		*at = i;
		return JSON_NUMBER;
	}
	if (i == n)
		return JSON_MORE;
	if (!number_whole(s))
		return JSON_BAD;
	value_ended(s);
	return JSON_NUMBER_END;
}

static enum json_token in_literal(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	const char *word = s->literal == 't' ? "true" : s->literal == 'f' ? "false" : "null";
	size_t i = *at;

	/* what is right comes first, as when the input is cut there */
	while (i < n && word[s->literal_at] && in[i] == word[s->literal_at]) {
		i++;
		s->literal_at++;
	}
	if (i == *at)
		return i == n ? JSON_MORE : JSON_BAD;
	*at = i;
	if (word[s->literal_at])
		return JSON_LITERAL;
	value_ended(s);
	return JSON_LITERAL_END;
}

/* ---- structure ---- */

static enum json_token open_level(struct jsonscan *s, bool object, size_t *at)
{
	if (s->depth == JSONSCAN_DEPTH)
		return JSON_BAD;
	s->objects = (s->objects & ~(1ull << s->depth)) | (uint64_t)object << s->depth;
	s->depth++;
	s->state = object ? KEY_OR_END : ITEM_OR_END;
	++*at;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_level(struct jsonscan *s, bool object, size_t *at)
{
	if (jsonscan_in_object(s) != object)
		return JSON_BAD;
	s->depth--;
	value_ended(s);
	++*at;
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token begin_string(struct jsonscan *s, bool key, size_t *at)
{
	s->state = STRING;
	s->key = key;
	s->n_part = s->n_used = 0;
	++*at;
	return key ? JSON_KEY : JSON_STRING;
}

static enum json_token begin_value(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	char c = in[*at];

	switch (c) {
	case '{':
	case '[':
		return open_level(s, c == '{', at);
	case '"':
		return begin_string(s, false, at);
	case 't':
	case 'f':
	case 'n':
		s->state = LITERAL;
		s->literal = c;
		s->literal_at = 0;
		return in_literal(s, in, n, at);
	}
	if (c != '-' && !is_digit(c))
		return JSON_BAD;
	s->state = NUMBER;
	s->number = MINUS;
	if (c == '-')
		++*at;
	else
		return in_number(s, in, n, at);
	return JSON_NUMBER;
}

static enum json_token between(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	char c = in[*at];

	switch ((enum state)s->state) {
	case VALUE:
		return begin_value(s, in, n, at);
	case ITEM_OR_END:
		return c == ']' ? close_level(s, false, at) : begin_value(s, in, n, at);
	case KEY_OR_END:
		return c == '}' ? close_level(s, true, at) : c == '"' ? begin_string(s, true, at) : JSON_BAD;
	case KEY_NEXT:
		return c == '"' ? begin_string(s, true, at) : JSON_BAD;
	case COLON:
		if (c != ':')
			return JSON_BAD;
		s->state = VALUE;
		++*at;
		return JSON_COLON;
	case AFTER:
		if (c == '}' || c == ']')
			return close_level(s, c == '}', at);
		if (c != ',')
			return JSON_BAD;
		s->state = jsonscan_in_object(s) ? KEY_NEXT : VALUE;
		++*at;
		return JSON_COMMA;
	case STRING:
	case NUMBER:
	case LITERAL:
	case DONE:
		break;
	}
	return JSON_BAD;
}

enum json_token jsonscan_next(struct jsonscan *s, const char *in, size_t n, size_t *at)
{
	size_t i = *at;

	if (s->state == STRING)
		return in_string(s, in, n, at);
	if (s->state == NUMBER)
		return in_number(s, in, n, at);
	if (s->state == LITERAL)
		return in_literal(s, in, n, at);
	while (i < n && (in[i] == ' ' || in[i] == '\n' || in[i] == '\r' || in[i] == '\t'))
		i++;
	if (i > *at) {
		*at = i;
		return JSON_SPACE;
	}
	return i == n ? JSON_MORE : between(s, in, n, at);
}
