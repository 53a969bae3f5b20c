#include "excerpt.h"

#include <string.h>

#include "file.h"
#include "utf8.h"

#define FILE_MAX ((size_t)64 << 20)
#define SHOWN_MAX 100            /* characters of a line */

/* The line, from 1; false when the text has no such one. */
static bool find_line(struct slice text, int line, struct slice *out)
{
	for (int n = 1;; n++) {
		const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;

		*out = (struct slice){text.p, end ? (size_t)(end - text.p) : text.n};
		if (n == line)
			return true;
		if (!end)
			return false;
		text = (struct slice){end + 1, text.n - out->n - 1};
	}
}

/* Where what may be a secret at the beginning of s begins and ends: of a URL all behind its host, of a key of age all behind its kind. 0:
 * there is none. */
static size_t secret_of(struct slice s, size_t *end)
{
	static const char behind[] = " \t,}]'\"", key[] = "AGE-SECRET-KEY-";
	size_t n = 3;

	if (s.n > sizeof key - 1 && memcmp(s.p, key, sizeof key - 1) == 0) {
		for (*end = sizeof key - 1; *end < s.n && !strchr(behind, s.p[*end]); ++*end)
			continue;
		return sizeof key - 1;
	}
	if (s.n < 3 || memcmp(s.p, "://", 3) != 0)
		return 0;
	while (n < s.n && !strchr("/?#", s.p[n]) && !strchr(behind, s.p[n]))
		n++;
	for (*end = n; *end < s.n && !strchr(behind, s.p[*end]); ++*end)
		continue;
	return *end > n + 1 ? n + 1 : 0;
}

/* The line in printable ASCII, cut to what is around the column; columns count characters. */
static void show_line(struct slice line, int column, struct buf *out)
{
	int from = column > SHOWN_MAX * 3 / 4 ? column - SHOWN_MAX / 2 : 1, at = 1;
	size_t hide_from = 0, hide_to = 0;

	buf_puts(out, "  ");
	for (size_t i = 0; i < line.n && at < from + SHOWN_MAX; at++) {
		const struct slice rest = {line.p + i, line.n - i};
		size_t end = 0, secret = secret_of(rest, &end);
		char shown = line.p[i];
		uint32_t c;
		int n = utf8_decode(rest.p, rest.n, &c);

		if (secret) {
			hide_from = i + secret;
			hide_to = i + end;
		}
		if (i >= hide_from && i < hide_to)
			shown = '.';
		else if (shown == '\t')
			shown = ' ';
		else if (shown < ' ' || shown > '~')
			shown = '?';
		if (at >= from)
			buf_putc(out, shown);
		i += n > 0 ? (size_t)n : 1;
	}
	buf_printf(out, "\n  %*s\n", column - from + 1, "^");
}

enum rc excerpt_add(const struct why *why, const char *kind, struct buf *out)
{
	struct slice line;
	struct buf text;

	if (why->file[0] && why->line)
		buf_printf(out, "%s:%d:%d: %s%s\n", why->file, why->line, why->column, kind, why->text);
	else if (why->file[0])
		buf_printf(out, "%s: %s%s\n", why->file, kind, why->text);
	else
		buf_printf(out, "%s%s\n", kind, why->text);
	if (!why->file[0] || !why->line)
		return out->rc;
	buf_init(&text, FILE_MAX);
	if (file_read(why->file, &text, NULL) == RC_OK && find_line(buf_slice(&text), why->line, &line))
		show_line(line, why->column > 0 ? why->column : 1, out);
	buf_free(&text);
	return out->rc;
}
