#include "replay_screen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "masked.h"
#include "utf8.h"

#define LABEL 10                                 /* columns of a label */
#define GUTTER (LABEL + 2)
#define WORD_MAX ((size_t)512)
#define WIDTH_MIN 40
#define WIDTH_MAX 110

void screen_init(struct screen *s, FILE *f)
{
	const char *term = getenv("TERM");
	int width = term_width() - 1;            /* the cursor never waits behind the last column */

	*s = (struct screen){.f = f};
	if (isatty(fileno(f)))
		s->width = (size_t)(width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width);
	s->moves = s->width && term && strcmp(term, "dumb") != 0;
	buf_init(&s->word, 4096);
}

void screen_free(struct screen *s)
{
	buf_free(&s->word);
}

static size_t columns_of(const char *p, size_t n)
{
	size_t columns = 0;

	while (n) {
		uint32_t c;
		int len = utf8_decode(p, n, &c);

		if (len <= 0)
			return columns + n;
		columns += (size_t)utf8proc_charwidth((utf8proc_int32_t)c);
		p += len;
		n -= (size_t)len;
	}
	return columns;
}

static void indent(struct screen *s)
{
	fprintf(s->f, "\n%*s", GUTTER, "");
	s->column = GUTTER;
}

/* The lines that the text had ended, now that it goes on. */
static void go_on(struct screen *s)
{
	for (; s->newlines > 1; s->newlines--)
		fputc('\n', s->f);
	if (s->newlines)
		indent(s);
	s->newlines = 0;
}

static void put(struct screen *s, const char *p, size_t n, enum style style)
{
	if (style == STYLE_PLAIN)
		fwrite(p, 1, n, s->f);
	else
		term_printf(s->f, style, "%.*s", (int)n, p);
}

void screen_flush(struct screen *s)
{
	size_t from = 0, columns = columns_of(s->word.data ? s->word.data : "", s->word.len);

	if (!s->word.len)
		return;
	go_on(s);
	if (s->width && s->column > GUTTER && s->column + columns > s->width)
		indent(s);
	for (size_t i = 0; i < s->word.len;) {
		bool cut;
		size_t mask = masked_at(s->word.data + i, s->word.len - i, &cut);

		if (mask) {
			put(s, s->word.data + from, i - from, s->style);
			put(s, s->word.data + i, mask, STYLE_MASKED);
			from = i + mask;
		}
		i += mask ? mask : 1;
	}
	put(s, s->word.data + from, s->word.len - from, s->style);
	s->column += columns;
	buf_clear(&s->word);
}

static void blank(struct screen *s, char c)
{
	screen_flush(s);
	if (c == '\n') {
		s->newlines++;
		return;
	}
	go_on(s);
	if (!s->width || s->column < s->width) {
		fputc(' ', s->f);
		s->column++;
	}
}

void screen_text(struct screen *s, struct slice text, enum style style)
{
	if (style != s->style)
		screen_flush(s);
	s->style = style;
	while (text.n) {
		size_t n = 0;

		while (n < text.n && !strchr(" \t\n", text.p[n]) && n < WORD_MAX)
			n++;
		while (n < text.n && n > WORD_MAX - 4 && (text.p[n] & 0xc0) == 0x80)
			n--;                     /* not within a character */
		if (n && (term_escape((struct slice){text.p, n}, &s->word) != RC_OK || s->word.len > WORD_MAX))
			screen_flush(s);
		if (n < text.n && strchr(" \t\n", text.p[n]))
			blank(s, text.p[n++]);
		text = (struct slice){text.p + n, text.n - n};
	}
}

void screen_others(struct screen *s, const char *text, enum style style)
{
	if (text)
		screen_text(s, slice_str(text), style);
	screen_flush(s);
}

void screen_words(struct screen *s, enum style style, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	screen_flush(s);
	go_on(s);
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	put(s, text, strlen(text), style);
	s->column += columns_of(text, strlen(text));
}

void screen_end_line(struct screen *s)
{
	screen_flush(s);
	if (s->column)
		fputc('\n', s->f);
	s->column = 0;
	s->newlines = 0;
}

void screen_label(struct screen *s, const char *label, enum style style)
{
	screen_end_line(s);
	if (label)
		term_printf(s->f, style, "%*s", LABEL, label);
	else
		fprintf(s->f, "%*s", LABEL, "");
	fputs("  ", s->f);
	s->column = GUTTER;
}

/* ECMA-48: EL erases what follows in the line, CUU goes up, CUF right. */
void screen_note(struct screen *s, const char *text)
{
	if (s->noted) {
		fputs("\r\033[K\033[A", s->f);
		if (s->column)
			fprintf(s->f, "\033[%zuC", s->column);
	}
	s->noted = text && s->moves && columns_of(text, strlen(text)) <= s->width;
	if (s->noted) {
		fputs("\n\r", s->f);
		term_printf(s->f, STYLE_DIM, "%s", text);
	}
	fflush(s->f);
}
