/* Text as JSON writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "json.h"

#define LONG "0123456789abcdefghijklmnopqrstuvwxyz"

/* Eight bytes are looked at together, so each byte is tried in each place of such a run, and behind the last one. */
static void every_byte_is_escaped_where_it_must_be_wherever_it_stands(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (int c = 0; c < 0x80; c++)
		for (size_t at = 0; at < sizeof LONG - 1; at++) {
			char text[] = LONG, byte[8], expected[128];

			text[at] = (char)c;
			if (c == '"' || c == '\\')
				snprintf(byte, sizeof byte, "\\%c", c);
			else if (c == '\n' || c == '\r' || c == '\t')
				snprintf(byte, sizeof byte, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
			else
				snprintf(byte, sizeof byte, c < 0x20 || c == 0x7f ? "\\u%04x" : "%c", c);
			snprintf(expected, sizeof expected, "\"%.*s%s%s\"", (int)at, LONG, byte, &LONG[at + 1]);
			buf_clear(&b);
			assert_int_equal(json_add_string(&b, (struct slice){text, sizeof text - 1}), RC_OK);
			assert_string_equal(b.data, expected);
		}
	buf_free(&b);
}

static void what_is_no_character_becomes_the_replacement_character(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"", "\"\""}, {"caf\xc3\xa9", "\"caf\xc3\xa9\""}, {"1234567\xe2\x82\xac" "1234567", "\"1234567\xe2\x82\xac" "1234567\""},
		{"1234567\xff" "1234567\xff", "\"1234567\xef\xbf\xbd" "1234567\xef\xbf\xbd\""}, {"12345678\xe2\x82", "\"12345678\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&b);
		assert_int_equal(json_add_string(&b, slice_str(rows[i].text)), RC_OK);
		assert_string_equal(b.data, rows[i].expected);
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_escaped_where_it_must_be_wherever_it_stands),
		cmocka_unit_test(what_is_no_character_becomes_the_replacement_character),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
