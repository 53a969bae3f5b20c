/* What lists look like: tables for people, lines of JSON for programs, and nothing in either that a terminal would obey. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "jsonline.h"
#include "table.h"
#include "when.h"

static char *contents(FILE *f)
{
	static char text[4096];
	size_t n;

	rewind(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void test_columns_stand_under_their_titles(void **state)
{
	static const char *const titles[] = {"NAME", "WHERE~", "X", NULL};
	struct table *t = table_new(titles);
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(table_rows(t), 0);
	table_cell(t, STYLE_PLAIN, "a");
	table_cell(t, STYLE_BOLD, "Zürich 東京");
	table_cell(t, STYLE_PLAIN, NULL);
	table_cell(t, STYLE_PLAIN, "longer");
	table_cell(t, STYLE_PLAIN, "b");
	table_cell(t, STYLE_PLAIN, "end");
	assert_int_equal(table_rows(t), 2);
	assert_int_equal(table_print(t, f), RC_OK);
	assert_string_equal(contents(f), "NAME    WHERE        X\n"
					 "a       Zürich 東京  \n"
					 "longer  b            end\n");
	table_free(t);
}

static void test_a_cell_is_one_line_and_harmless(void **state)
{
	static const char *const titles[] = {"A", NULL};
	struct table *t = table_new(titles);
	FILE *f = tmpfile();
	const char *text;

	(void)state;
	table_cell(t, STYLE_PLAIN, "one\ntwo\tthree \033[2J \xe2\x80\xae");
	assert_int_equal(table_print(t, f), RC_OK);
	text = contents(f);
	assert_non_null(strstr(text, "one two three \\u{1b}[2J \\u{202e}\n"));
	assert_null(strchr(text, '\033'));
	table_free(t);
}

static void test_json_is_one_line_that_a_terminal_may_show(void **state)
{
	static const char in[] = "{\"a\":\"\\u001b[2J\\n\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 ok\xc3\xa9\"}";
	cJSON *tree = json_parse(slice_str(in)), *again;
	FILE *f = tmpfile();
	char *text;

	(void)state;
	assert_int_equal(jsonline_print(f, tree), RC_OK);
	text = contents(f);
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || (*p == '\n' && !p[1]));
	assert_non_null(strstr(text, "\\u009b\\u202e\\udb40\\udc41 ok\xc3\xa9"));
	again = json_parse(slice_str(text));
	assert_string_equal(json_text(again, "a"), json_text(tree, "a"));
	cJSON_Delete(again);
	cJSON_Delete(tree);
}

static void test_lists_name_the_agent_of_each_line(void **state)
{
	cJSON *list = json_parse(SLICE("[{\"name\":\"a\"},7,{\"name\":\"b\"}]"));
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(jsonline_print_list(f, "gpu-1", list), RC_OK);
	assert_string_equal(contents(f), "{\"agent\":\"gpu-1\",\"name\":\"a\"}\n{\"agent\":\"gpu-1\",\"name\":\"b\"}\n");
	cJSON_Delete(list);
}

static void test_moments_are_told_as_people_do(void **state)
{
	char text[CLOCK_TEXT], out[WHEN_TEXT];

	(void)state;
	assert_string_equal(when_relative(clock_text_s(clock_wall_s() - 7260, text), out), "2h 1m ago");
	assert_string_equal(when_between("2026-01-31T08:00:00Z", "2026-01-31T09:05:00Z", out), "1h 5m");
	assert_string_equal(when_between("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z", out), "0s");
	assert_string_equal(when_between("2026-01-31T08:00:00Z", NULL, out), "");
	assert_string_equal(when_relative("soon", out), "soon");
	assert_string_equal(when_relative(NULL, out), "");
	assert_non_null(strstr(when_local("2001-01-31T08:00:00Z", out), "2001-01-31"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_stand_under_their_titles),
		cmocka_unit_test(test_a_cell_is_one_line_and_harmless),
		cmocka_unit_test(test_json_is_one_line_that_a_terminal_may_show),
		cmocka_unit_test(test_lists_name_the_agent_of_each_line),
		cmocka_unit_test(test_moments_are_told_as_people_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
