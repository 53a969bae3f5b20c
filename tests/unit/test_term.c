/* Text that others wrote cannot move the terminal, hide, or change its direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "term.h"
#include "utf8.h"

static void shows(struct slice text, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(term_escape(text, &out), RC_OK);
	assert_string_equal(out.data ? out.data : "", want);
	buf_free(&out);
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	shows(SLICE(""), "");
	shows(SLICE("two lines\n\tand a tab"), "two lines\n\tand a tab");
	shows(SLICE("Zoë Müller, 患者, Пациент, مريض, 🩺 \\u{1b}"), "Zoë Müller, 患者, Пациент, مريض, 🩺 \\u{1b}");
	shows(SLICE("e\xcc\x81 \xef\xbf\xbd"), "e\xcc\x81 \xef\xbf\xbd");                /* combining accent; U+FFFD itself */
}

static void what_moves_a_terminal_is_shown(void **state)
{
	(void)state;
	shows(SLICE("a\033[2Jb"), "a\\u{1b}[2Jb");
	shows(SLICE("approved\r\b\a"), "approved\\u{d}\\u{8}\\u{7}");
	shows(SLICE("a\0b\x7f"), "a\\u{0}b\\u{7f}");
	shows(SLICE("\xc2\x9b""31m \xc2\x85"), "\\u{9b}31m \\u{85}");                     /* C1: CSI in one character, NEL */
	shows(SLICE("\033]8;;https://evil.example\033\\"), "\\u{1b}]8;;https://evil.example\\u{1b}\\");
}

static void each_c0_and_c1_character_but_tab_and_line_feed(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0xa0; c++) {
		char in[4], want[16];
		bool hidden = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
		size_t n = (size_t)utf8_encode(c, in);

		if (hidden)
			snprintf(want, sizeof want, "\\u{%x}", c);
		else
			snprintf(want, sizeof want, "%c", (int)c);
		shows((struct slice){in, n}, want);
	}
}

static void what_an_eye_does_not_see_is_shown(void **state)
{
	static const uint32_t hidden[] = {
		0xad, 0x34f, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e,
		0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0x206f, 0x3164, 0xe000, 0xf8ff, 0xfe0f, 0xfeff, 0xfff9, 0xffff, 0xe0001, 0xe0041,
		0xe007f, 0xe0100, 0xf0000, 0xffffd, 0x100000, 0x10ffff,
	};

	(void)state;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		char in[8] = "a", want[24];
		size_t n = 1 + (size_t)utf8_encode(hidden[i], in + 1);

		in[n] = 'b';
		snprintf(want, sizeof want, "a\\u{%x}b", hidden[i]);
		shows((struct slice){in, n + 1}, want);
	}
}

static void what_is_not_utf8_is_shown_byte_by_byte(void **state)
{
	(void)state;
	shows(SLICE("a\xff" "b"), "a\\u{ff}b");
	shows(SLICE("\xc0\x9b"), "\\u{c0}\\u{9b}");              /* overlong ESC */
	shows(SLICE("\xed\xa0\x80"), "\\u{ed}\\u{a0}\\u{80}");   /* a surrogate */
	shows(SLICE("cut \xe2\x80"), "cut \\u{e2}\\u{80}");
	shows(SLICE("\x9b""31m"), "\\u{9b}31m");                 /* 8-bit CSI */
}

/* Where stdout and stderr are no terminal, nothing but text is written. */
static void there_is_colour_on_terminals_only(void **state)
{
	char text[64] = "";
	FILE *f = tmpfile();

	(void)state;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_false(term_colour(f));
	term_printf(f, STYLE_BAD, "%s", "no");
	term_text(f, SLICE("\033[0m"));
	rewind(f);
	assert_int_equal(fread(text, 1, sizeof text - 1, f), strlen("no\\u{1b}[0m"));
	assert_string_equal(text, "no\\u{1b}[0m");
	fclose(f);
}

static void failures_have_the_exit_status_of_their_kind(void **state)
{
	const struct why why = {.text = "x\033[2J"};
	FILE *f = tmpfile();
	char text[64] = "";
	int saved = dup(2);

	(void)state;
	dup2(fileno(f), 2);
	assert_int_equal(term_fail(RC_DENIED, &why), EXIT_REFUSED);
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	rewind(f);
	assert_non_null(fgets(text, sizeof text, f));
	assert_string_equal(text, "phigate: x\\u{1b}[2J\n");
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(what_moves_a_terminal_is_shown),
		cmocka_unit_test(each_c0_and_c1_character_but_tab_and_line_feed),
		cmocka_unit_test(what_an_eye_does_not_see_is_shown),
		cmocka_unit_test(what_is_not_utf8_is_shown_byte_by_byte),
		cmocka_unit_test(there_is_colour_on_terminals_only),
		cmocka_unit_test(failures_have_the_exit_status_of_their_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
