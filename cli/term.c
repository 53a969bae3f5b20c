#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "utf8.h"

static const char *const CODES[] = {
	[STYLE_PLAIN] = "", [STYLE_BOLD] = "\033[1m", [STYLE_DIM] = "\033[2m", [STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[31m",
	[STYLE_WARN] = "\033[33m", [STYLE_MASKED] = "\033[7m",
};

bool term_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

int term_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return columns && atoi(columns) > 20 ? atoi(columns) : 80;
}

/* What a terminal would act on, or an eye would not see or misread. */
static bool is_hidden(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} HIDDEN[] = {
		{0x00, 0x08}, {0x0b, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
		{0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x13430, 0x1343f},
		{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++)
		if (c >= HIDDEN[i].first && c <= HIDDEN[i].last)
			return true;
	return false;
}

enum rc term_escape(struct slice text, struct buf *out)
{
	size_t at = 0, from = 0;

	while (at < text.n) {
		uint32_t c = 0;
		int n = utf8_decode(text.p + at, text.n - at, &c);

		if (n > 0 && !is_hidden(c)) {
			at += (size_t)n;
			continue;
		}
		buf_add(out, text.p + from, at - from);
		if (n <= 0)                              /* a byte that is no character's */
			buf_printf(out, "\\u{%02x}", (unsigned char)text.p[at]);
		else
			buf_printf(out, "\\u{%x}", c);
		at += n > 0 ? (size_t)n : 1;
		from = at;
	}
	return buf_add(out, text.p + from, at - from);
}

void term_text(FILE *f, struct slice text)
{
	struct buf out;

	buf_init(&out, BUF_MAX_DEFAULT);
	if (term_escape(text, &out) == RC_OK && out.len)
		fwrite(out.data, 1, out.len, f);
	buf_free(&out);
}

void term_printf(FILE *f, enum style style, const char *fmt, ...)
{
	bool colour = style != STYLE_PLAIN && term_colour(f);
	va_list args;

	va_start(args, fmt);
	if (colour)
		fputs(CODES[style], f);
	vfprintf(f, fmt, args);
	if (colour)
		fputs("\033[0m", f);
	va_end(args);
}

static int status_of(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return EXIT_DONE;
	case RC_DENIED:
		return EXIT_REFUSED;
	case RC_UNREACHABLE:
	case RC_TIMEOUT:
		return EXIT_UNREACHABLE;
	case RC_AGAIN:
	case RC_END:
	case RC_BAD:
	case RC_NOT_FOUND:
	case RC_CONFLICT:
	case RC_TOO_BIG:
	case RC_CANCELLED:
	case RC_IO:
	case RC_NOMEM:
	case RC_FAULT:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

int term_fail(enum rc rc, const struct why *why)
{
	char text[1024];

	progress_end();
	fputs("phigate: ", stderr);
	if (why && why->text[0])
		term_text(stderr, slice_str(why_text(why, text, sizeof text)));
	else
		fputs(rc == RC_NOMEM ? "no memory" : rc_name(rc), stderr);
	fputc('\n', stderr);
	return status_of(rc);
}
