#include "markup.h"

#include <string.h>

const bool markup_begins[0x80] = {['<'] = true, ['\\'] = true, ['*'] = true, ['{'] = true, ['$'] = true, ['='] = true, ['['] = true, [']'] = true};

/* The text at hand; cut: something looked behind its end. */
struct source {
	const char *p;
	size_t n;
	bool cut;
};

static char at(struct source *s, size_t i)
{
	if (i < s->n)
		return s->p[i];
	s->cut = true;
	return 0;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
	return c < 0x80 && (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Does a number go on with it? */
static bool goes_on(char c)
{
	return is_digit((unsigned char)c) || c == '-' || c == '.' || c == ' ';
}

static size_t literal(struct source *s, size_t i, const char *text)
{
	size_t n = 0;

	while (text[n] && (at(s, i + n) | 32) == (text[n] | 32))
		n++;
	return text[n] ? 0 : n;
}

/* ---- HTML ---- */

static const char *const INLINE[] = {"a", "abbr", "b", "bdi", "bdo", "big", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "s", "small", "span",
	"strike", "strong", "tt", "u", "wbr"};

/* A tag that changes how letters look, or a comment, at place i: how many bytes it has, 0. */
static size_t tag(struct source *s, size_t i)
{
	size_t from = i + 1, name = 0, j;

	if (at(s, i) != '<')
		return 0;
	if (literal(s, i, "<!--")) {
		for (j = i + 4; j < i + MARKUP_MAX; j++)
			if (at(s, j) == '-' && literal(s, j, "-->"))
				return j + 3 - i;
		return 0;
	}
	from += at(s, from) == '/';
	while (name < 8 && is_letter((unsigned char)at(s, from + name)))
		name++;
	for (size_t k = 0; k < sizeof INLINE / sizeof *INLINE; k++) {
		if (strlen(INLINE[k]) != name || !literal(s, from, INLINE[k]))
			continue;
		j = from + name;
		if (at(s, j) != '>' && at(s, j) != ' ' && at(s, j) != '/')
			return 0;
		while (j < i + MARKUP_MAX && at(s, j) && at(s, j) != '>' && at(s, j) != '<')
			j++;
		return j < i + MARKUP_MAX && at(s, j) == '>' ? j + 1 - i : 0;
	}
	return 0;
}

/* Tags between digits, or within a word. */
static size_t tags(struct source *s, uint16_t before, uint32_t *c)
{
	size_t i = 0, n;
	char next;

	if (is_digit(before) && (n = literal(s, 0, "<br"))) {
		n += at(s, n) == ' ';
		n += at(s, n) == '/';
		if (at(s, n) != '>' || !is_digit((unsigned char)at(s, n + 1)))
			return 0;
		*c = ' ';
		return n + 1;
	}
	if (!is_digit(before) && before != '-' && before != '.' && before != ' ' && before != ')' && !is_letter(before))
		return 0;
	for (int k = 0; k < 3 && (n = tag(s, i)); k++)
		i += n;
	if (!i)
		return 0;
	next = at(s, i);
	if (is_letter(before))
		return next >= 'a' && next <= 'z' ? i : 0;
	if (before == ' ' && !is_digit((unsigned char)next) && next != '-')
		return 0;
	return goes_on(next) ? i : 0;
}

/* ---- Markdown ---- */

/* "](x)-[" of "[536](x)-[22](y)" */
static size_t link(struct source *s, uint16_t before, uint32_t *c)
{
	size_t i = 2;

	if (at(s, 1) != '(' || !is_digit(before))
		return 0;
	while (i < MARKUP_MAX && at(s, i) > ' ' && at(s, i) != ')')
		i++;
	if (i == MARKUP_MAX || at(s, i) != ')' || !goes_on(at(s, i + 1)) || is_digit((unsigned char)at(s, i + 1)))
		return 0;
	if (at(s, i + 2) != '[')
		return is_digit((unsigned char)at(s, i + 2)) ? i + 1 : 0;
	*c = (unsigned char)at(s, i + 1);
	return is_digit((unsigned char)at(s, i + 3)) ? i + 3 : 0;
}

/* "[^1]" of "536[^1]-22" */
static size_t footnote(struct source *s, uint16_t before)
{
	size_t i = 2;

	if (!is_digit(before) || at(s, 1) != '^')
		return 0;
	while (i < 12 && (is_letter((unsigned char)at(s, i)) || is_digit((unsigned char)at(s, i))))
		i++;
	return i > 2 && at(s, i) == ']' && goes_on(at(s, i + 1)) ? i + 1 : 0;
}

/* "J**oh**n" */
static size_t emphasis(struct source *s, uint16_t before)
{
	size_t i = 1;

	while (i < 3 && at(s, i) == '*')
		i++;
	return is_letter(before) && at(s, i) >= 'a' && at(s, i) <= 'z' ? i : 0;
}

/* ---- signs and escapes ---- */

/* Between two digits. */
static const char *const HYPHENS[] = {"{-}", "$-$", "\\text{-}", "\\mathrm{-}", "\\textrm{-}", "\\mbox{-}", "$\\text{-}$", "{\\text{-}}", "=2D"};

static size_t hyphen(struct source *s, uint16_t before)
{
	if (!is_digit(before))
		return 0;
	for (size_t k = 0; k < sizeof HYPHENS / sizeof *HYPHENS; k++) {
		size_t n = literal(s, 0, HYPHENS[k]);

		if (n)
			return is_digit((unsigned char)at(s, n)) ? n : 0;
	}
	return 0;
}

static int hex(char c)
{
	return is_digit((unsigned char)c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "\u0035", "\x35", also with backslashes of their own, where ASCII is written so; "\-" between digits. */
static size_t escape(struct source *s, uint16_t before, uint32_t *c)
{
	size_t i = 1, digits;
	uint32_t value = 0;

	if (at(s, 1) == '-' || at(s, 1) == '.') {
		*c = (unsigned char)at(s, 1);
		return (is_digit(before) && is_digit((unsigned char)at(s, 2))) || (before == ' ' && *c == '-' && at(s, 2) == ' ') ? 2 : 0;
	}
	while (i < 4 && at(s, i) == '\\')
		i++;
	if (at(s, i) != 'u' && at(s, i) != 'x')
		return 0;
	digits = at(s, i) == 'u' ? 4 : 2;
	for (size_t k = 0; k < digits; k++) {
		int digit = hex(at(s, i + 1 + k));

		if (digit < 0)
			return 0;
		value = value * 16 + (uint32_t)digit;
	}
	*c = value;
	return value > ' ' && value < 0x7f && value != '"' && value != '\\' ? i + 1 + digits : 0;
}

int markup_read(const char *p, size_t n, bool final, uint16_t before, uint32_t *c)
{
	struct source s = {.p = p, .n = n};
	size_t length = 0;

	*c = 0;
	switch (*p) {
	case '<':
		length = tags(&s, before, c);
		break;
	case '*':
		length = emphasis(&s, before);
		break;
	case '[':
		length = footnote(&s, before);
		break;
	case ']':
		length = link(&s, before, c);
		break;
	case '\\':
		length = escape(&s, before, c);
		break;
	}
	if (!length)
		*c = 0;
	if (!length && !(s.cut && !final) && (length = hyphen(&s, before)))
		*c = '-';
	return s.cut && !final ? -1 : (int)length;
}
