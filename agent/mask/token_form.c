/* How a token is written, "[NAME-3]", "[NAME-3b]", "[DATE-2:2024]", and what models make of it: another case, Markdown around or
 * inside, backslashes before signs that Markdown knows, other dashes, spaces, and in addresses "%5BNAME-3%5D". */
#include <string.h>

#include "token_private.h"

#define WORDS_MAX 48                             /* a kind, a number and a letter */
#define DIGITS_MAX 7

enum sign { SIGN_MORE, SIGN_OTHER, SIGN_OPEN, SIGN_CLOSE, SIGN_GAP, SIGN_NOISE, SIGN_COLON, SIGN_CHARACTER };

/* Characters of more than one byte that mean something here. */
static const struct {
	char bytes[4];
	enum sign sign;
} WIDE[] = {
	{"\xe3\x80\x90", SIGN_OPEN}, {"\xef\xbc\xbb", SIGN_OPEN}, {"\xe3\x80\x91", SIGN_CLOSE}, {"\xef\xbc\xbd", SIGN_CLOSE},
	{"\xc2\xa0", SIGN_GAP}, {"\xe2\x80\x90", SIGN_GAP}, {"\xe2\x80\x91", SIGN_GAP}, {"\xe2\x80\x92", SIGN_GAP}, {"\xe2\x80\x93", SIGN_GAP},
	{"\xe2\x80\x94", SIGN_GAP}, {"\xe2\x80\xaf", SIGN_GAP}, {"\xe2\x88\x92", SIGN_GAP}, {"\xef\xbc\x8d", SIGN_GAP},
	{"\xe2\x80\x8b", SIGN_NOISE}, {"\xe2\x80\x8c", SIGN_NOISE}, {"\xe2\x80\x8d", SIGN_NOISE}, {"\xe2\x81\xa0", SIGN_NOISE},
	{"\xef\xbb\xbf", SIGN_NOISE}, {"\xc2\xad", SIGN_NOISE},
};

static bool is_digit_byte(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter_byte(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static char upper_byte(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static int hex_digit(char c)
{
	return is_digit_byte(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "%5B" (RFC 3986, section 2.1) of printable ASCII; *n as of sign_of(). */
static bool percent_read(struct slice text, size_t *n, char *c, bool *more)
{
	int high = text.n > 1 ? hex_digit(text.p[1]) : 2, low = text.n > 2 ? hex_digit(text.p[2]) : 0;

	*n = 3;
	*more = text.n < 3;
	*c = (char)(high * 16 + low);
	return high >= 2 && high < 8 && low >= 0;
}

/* What stands at the beginning of text, its bytes, and its character when it is of ASCII. coded: percent-encoding is read. */
static enum sign sign_of(struct slice text, bool coded, size_t *n, char *character)
{
	bool more = false;
	char c;

	*n = 1;
	if (!text.n)
		return SIGN_MORE;
	c = *text.p;
	if (c == '%' && coded && !percent_read(text, n, &c, &more))
		return SIGN_OTHER;
	if (more)
		return SIGN_MORE;
	*character = c;
	if (is_letter_byte(c) || is_digit_byte(c) || c == '+')
		return SIGN_CHARACTER;
	if (c == '[' || c == ']')
		return c == '[' ? SIGN_OPEN : SIGN_CLOSE;
	if (c == '-' || c == '_' || c == ' ' || c == '#')
		return SIGN_GAP;
	if (c == '\\' || c == '*' || c == '`')
		return SIGN_NOISE;
	if (c == ':')
		return SIGN_COLON;
	for (size_t i = 0; (unsigned char)c >= 0x80 && i < sizeof WIDE / sizeof *WIDE; i++) {
		size_t wide = strlen(WIDE[i].bytes), seen = text.n < wide ? text.n : wide;

		if (memcmp(text.p, WIDE[i].bytes, seen) != 0)
			continue;
		*n = wide;
		return seen < wide ? SIGN_MORE : WIDE[i].sign;
	}
	return SIGN_OTHER;
}

size_t token_begins(struct slice text, size_t at)
{
	while (at < text.n && text.p[at] != '[' && text.p[at] != '\\' && text.p[at] != '%' && text.p[at] != '\xe3' && text.p[at] != '\xef')
		at++;
	return at;
}

/* ---- the words in it, in capitals and with one hyphen between them ---------------------------------------------------- */

struct words {
	size_t n;
	char c[WORDS_MAX];
};

/* How much of words spells the kind, whose underscores are gaps like any; 0: it is another one. All of them, when they end before it. */
static size_t spells(const struct words *w, const char *kind)
{
	size_t i = 0;

	for (; kind[strspn(kind, "_")] && i < w->n; i++) {
		if (*kind != '_') {
			if (w->c[i] != *kind++)
				return 0;
			continue;
		}
		kind += strspn(kind, "_");
		if (w->c[i] != '-')
			return 0;
	}
	return i;
}

/* "-3b" behind the kind. */
static enum token_match number_of(const struct words *w, size_t at, struct token_name *name)
{
	size_t digits = 0;

	name->number = 0;
	name->variant = '\0';
	if (at == w->n)
		return TOKEN_BEGUN;
	if (w->c[at++] != '-')
		return TOKEN_NONE;
	for (; at < w->n && is_digit_byte(w->c[at]); at++, digits++)
		name->number = name->number * 10 + (uint32_t)(w->c[at] - '0');
	if (digits > DIGITS_MAX || (digits && !name->number))
		return TOKEN_NONE;
	if (at < w->n && digits && is_letter_byte(w->c[at]) && w->c[at] != 'A')
		name->variant = (char)(w->c[at++] | 32);
	return at < w->n ? TOKEN_NONE : digits ? TOKEN_WHOLE : TOKEN_BEGUN;
}

/* May the words be, or become, a token's? */
static enum token_match words_match(const struct words *w, const char *const *kinds, size_t n_kinds, struct token_name *name)
{
	enum token_match best = w->n ? TOKEN_NONE : TOKEN_BEGUN;

	for (size_t i = 0; i < n_kinds && best != TOKEN_WHOLE; i++) {
		size_t used = spells(w, kinds[i]);
		enum token_match m = !used ? TOKEN_NONE : number_of(w, used, name);

		if (m == TOKEN_WHOLE)
			name->kind = kinds[i];
		best = m > best ? m : best;
	}
	return best;
}

/* A character of the words, or of what is shown behind a colon. false: there is no room for it, or it cannot stand there. */
static bool add(struct words *w, struct token_name *name, bool shown, bool gap, char c)
{
	if (shown) {
		if (name->shown_n == TOKEN_SHOWN_MAX || (gap && name->shown_n))
			return false;
		name->shown[name->shown_n++] = upper_byte(c);
		return true;
	}
	if (c == '+' || w->n + 2 > WORDS_MAX)
		return false;
	if (gap && w->n)
		w->c[w->n++] = '-';
	w->c[w->n++] = upper_byte(c);
	return true;
}

enum token_match token_match(const char *const *kinds, size_t n_kinds, struct slice text, struct token_name *name, size_t *n)
{
	struct words words = {.n = 0};
	bool slashed = text.n && *text.p == '\\', coded = text.n && *text.p == '%', gap = false, shown = false;
	size_t at = slashed, piece;
	char c = 0;
	enum sign sign = sign_of((struct slice){text.p + at, text.n - at}, coded, &piece, &c);

	*name = (struct token_name){.coded = coded};
	if (sign != SIGN_OPEN)
		return sign == SIGN_MORE ? TOKEN_BEGUN : TOKEN_NONE;
	for (at += piece; at < TOKEN_TEXT_MAX; at += piece) {
		sign = sign_of((struct slice){text.p + at, text.n - at}, coded, &piece, &c);
		switch (sign) {
		case SIGN_MORE:
			return TOKEN_BEGUN;
		case SIGN_OTHER:
		case SIGN_OPEN:
			return TOKEN_NONE;
		case SIGN_NOISE:
			continue;
		case SIGN_GAP:
			gap = true;
			continue;
		case SIGN_COLON:
			if (shown || words_match(&words, kinds, n_kinds, name) != TOKEN_WHOLE)
				return TOKEN_NONE;
			shown = true;
			gap = false;
			continue;
		case SIGN_CHARACTER:
			if (!add(&words, name, shown, gap, c) || (!shown && words_match(&words, kinds, n_kinds, name) == TOKEN_NONE))
				return TOKEN_NONE;
			gap = false;
			continue;
		case SIGN_CLOSE:
			/* a backslash before it belongs to it only when both brackets have one: "C:\[NAME-3]\" is no Markdown; so with "%5B" */
			if (words_match(&words, kinds, n_kinds, name) != TOKEN_WHOLE || (shown && !name->shown_n) || (slashed && text.p[at - 1] != '\\') ||
			    coded != (text.p[at] == '%'))
				return TOKEN_NONE;
			*n = at + piece;
			return TOKEN_WHOLE;
		}
	}
	return TOKEN_NONE;
}
