/* Where a mistake stands in a file, shown with its line and a caret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "excerpt.h"
#include "file.h"

static char path[] = "/tmp/test_excerpt.XXXXXX";

static void shows(const char *text, int line, int column, const char *below)
{
	struct why why = {.line = line, .column = column, .text = "is wrong"};
	char head[128];
	struct buf out;

	assert_int_equal(file_write(path, slice_str(text), 0600, NULL), RC_OK);
	snprintf(why.file, sizeof why.file, "%s", path);
	buf_init(&out, 65536);
	assert_int_equal(excerpt_add(&why, "warning: ", &out), RC_OK);
	snprintf(head, sizeof head, "%s:%d:%d: warning: is wrong\n", path, line, column);
	if (strncmp(out.data, head, strlen(head)) != 0 || strcmp(out.data + strlen(head), below) != 0)
		fail_msg("%s", out.data);
	buf_free(&out);
}

static void the_line_stands_below_with_a_caret(void **state)
{
	(void)state;
	shows("a: 1\nrules: x\n", 2, 8, "  rules: x\n         ^\n");
	shows("a: 1\nrules: x", 2, 1, "  rules: x\n  ^\n");
	shows("a: 1\r\n", 1, 4, "  a: 1?\n     ^\n");
	shows("\ta: 1\n", 1, 2, "   a: 1\n   ^\n");
	shows("a: 1\n", 2, 1, "  \n  ^\n");                          /* the end of the file */
}

static void columns_count_characters(void **state)
{
	(void)state;
	shows("n\xc3\xa4me: \xe2\x80\xaex\n", 1, 7, "  n?me: ?x\n        ^\n");
	shows("\x1b[31m\xff: x\n", 1, 7, "  ?[31m?: x\n        ^\n");
}

static void a_long_line_is_cut_to_what_is_around(void **state)
{
	char text[1001] = "", below[256];

	(void)state;
	memset(text, 'x', 1000);
	text[899] = '!';
	memset(below, 'x', sizeof below);
	snprintf(below, 3, "  ");
	memset(below + 2, 'x', 100);
	below[2 + 50] = '!';
	snprintf(below + 102, sizeof below - 102, "\n  %51s\n", "^");
	shows(text, 1, 900, below);
}

static void a_secret_in_a_url_or_of_age_is_not_shown(void **state)
{
	(void)state;
	shows("  url: https://hooks.example/T0/B1/k3y, format: x\n", 1, 42,
	      "    url: https://hooks.example/........., format: x\n                                           ^\n");
	shows("url: 'http://h?token=1'\n", 1, 1, "  url: 'http://h?.......'\n  ^\n");
	shows("recipients: [AGE-SECRET-KEY-1QQQQ, x]\n", 1, 14, "  recipients: [AGE-SECRET-KEY-....., x]\n               ^\n");
	shows("url: http://h:1/\n", 1, 1, "  url: http://h:1/\n  ^\n");
}

static void without_a_file_or_a_place_there_is_the_sentence_alone(void **state)
{
	struct why why = {.file = "/nonexistent/file", .line = 3, .column = 1, .text = "is wrong"};
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(excerpt_add(&why, "", &out), RC_OK);
	assert_string_equal(out.data, "/nonexistent/file:3:1: is wrong\n");
	buf_clear(&out);
	why.line = 0;
	assert_int_equal(excerpt_add(&why, "", &out), RC_OK);
	assert_string_equal(out.data, "/nonexistent/file: is wrong\n");
	buf_clear(&out);
	assert_int_equal(excerpt_add(&(struct why){.text = "alone"}, "", &out), RC_OK);
	assert_string_equal(out.data, "alone\n");
	buf_free(&out);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_stands_below_with_a_caret),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(a_long_line_is_cut_to_what_is_around),
		cmocka_unit_test(a_secret_in_a_url_or_of_age_is_not_shown),
		cmocka_unit_test(without_a_file_or_a_place_there_is_the_sentence_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
