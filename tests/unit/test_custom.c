/* The policy's own patterns and lists of words: what they find, the same for every cut, and what an operator is told when they are
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "masking.h"

static char list_path[] = "/tmp/phigate-words-XXXXXX";

static void list_is(const char *text, size_t n)
{
	FILE *f = fopen(list_path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void list_holds(const char *text)
{
	list_is(text, strlen(text));
}

static struct mask_engine *words_engine(void)
{
	char rules[128];

	snprintf(rules, sizeof rules, "custom: [{entity: WARD, words_file: %s}]", list_path);
	return masking_engine(rules);
}

/* Whole, cut in two at every place, and byte by byte. */
static void masks(struct mask_engine *e, const char *text, const char *want)
{
	size_t n = strlen(text);

	for (size_t cut = 0; cut <= n + 1; cut++) {
		struct mask_scope *scope = mask_scope_new();
		struct mask_stream *m = NULL;
		struct buf out;

		buf_init(&out, BUF_MAX_DEFAULT);
		assert_int_equal(mask_stream_new(e, scope, NULL, &m), RC_OK);
		if (cut <= n) {
			assert_int_equal(mask_feed(m, text, cut, &out), RC_OK);
			assert_int_equal(mask_feed(m, text + cut, n - cut, &out), RC_OK);
		} else {
			for (size_t i = 0; i < n; i++)
				assert_int_equal(mask_feed(m, text + i, 1, &out), RC_OK);
		}
		assert_int_equal(mask_finish(m, &out), RC_OK);
		buf_putc(&out, '\0');
		if (strcmp(out.data, want) != 0)
			fail_msg("cut at %zu:\n%s\nand not\n%s", cut, out.data, want);
		buf_free(&out);
		mask_stream_free(m);
		mask_scope_free(scope);
	}
}

static void pattern(const char *regex, const char *text, const char *want)
{
	char rules[256];
	struct mask_engine *e;

	snprintf(rules, sizeof rules, "custom: [{entity: SITE, regex: '%s'}]", regex);
	e = masking_engine(rules);
	masks(e, text, want);
	mask_engine_free(e);
}

/* ---- patterns -------------------------------------------------------------------------------------------------------- */

static void test_a_pattern_finds_the_same_in_every_cut(void **state)
{
	(void)state;
	pattern("\\bSJ-\\d\\b", "SJ-1, xSJ-1, SJ-12, SJ-3", "[SITE], xSJ-1, SJ-12, [SITE]");
	pattern("(?i)bed \\d+", "in BED 12, bed 7 and bedside", "in [SITE], [SITE] and bedside");
	pattern("(?m)^Q\\d+$", "Q1 Q2\nQ3\nx Q4", "Q1 Q2\n[SITE]\nx Q4");
	pattern("(?s)<<.*?>>", "a <<b\n c>> d >> <<e", "a [SITE] d >> <<e");
	pattern("\xc3\x89tage [0-9]", "\xc3\x89tage 3, Etage 4", "[SITE], [SITE]");        /* marks do not count */
}

static void test_a_pattern_finds_what_stands_inside_of_a_word(void **state)
{
	(void)state;
	pattern("\\d{2}Q", "a.12Q, w12Qz and 312Q", "a.[SITE], w[SITE]z and 3[SITE]");
	pattern("\\d{2}Q", "write to x12Q@example.org", "write to [EMAIL]");           /* what is found as a whole goes first */
	pattern("\\bK\\d+", "XK12 K12 k12", "XK12 [SITE] k12");
	pattern("(?i)\\bK\\d+", "XK12 K12 k12", "XK12 [SITE] [SITE]");
	pattern("\\bK\\d+|Q[0-9]", "XK12 xQ7", "XK12 x[SITE]");
	pattern("(?i:k)\\d", "xk7 K7", "x[SITE] [SITE]");
}

static void test_what_stands_before_backslash_k_stays(void **state)
{
	(void)state;
	pattern("(?i)tower \\K[A-F]\\d\\b", "in Tower B4, tower X4, B4", "in Tower [SITE], tower X4, B4");
	pattern("ward\\K", "ward 4", "ward 4");                                                /* it masks nothing */
}

static void test_a_long_match_is_seen_whole(void **state)
{
	char text[400] = "note <", want[] = "note [SITE] ok";

	(void)state;
	for (size_t i = 0; i < 30; i++)
		strcat(text, "word and w");
	strcat(text, "> ok");
	pattern("<[a-z ]+>", text, want);
}

static void test_a_pattern_that_takes_too_long_masks_the_word_in_every_cut(void **state)
{
	char text[300] = "x ", want[] = "x [SITE] ok";

	(void)state;
	memset(text + 2, 'a', 200);
	strcpy(text + 202, "b ok");
	pattern("(a+)+$", text, want);
	pattern("(?<=x)(a+)+$", "wxaaaaaaaaaaaaaaaaaaaab ok", "[SITE] ok");     /* inside of the word */
}

/* ---- lists of words -------------------------------------------------------------------------------------------------- */

static void test_a_list_is_read_as_people_write_lists(void **state)
{
	struct mask_engine *e;

	(void)state;
	list_holds("\xef\xbb\xbf# towers of the campus\r\nWest Tower\r\n\r\n  # more\r\n\tStation  9 \t\r\n"
		"St. Mary's\r\nZo\xc3\xab-Haus\r\n5B");
	e = words_engine();
	masks(e, "in west\n tower, West  Tower, WEST TOWERS", "in [WARD], [WARD], WEST TOWERS");
	masks(e, "Station 9. Station 99; at St. Mary's, ST. MARY\xe2\x80\x99S", "[WARD]. Station 99; at [WARD], [WARD]");
	masks(e, "Zoe-Haus Zo\xc3\xab-Haus 5b 5bb # towers", "[WARD] [WARD] [WARD] 5bb # towers");
	mask_engine_free(e);
}

static void test_ten_thousand_words_are_found(void **state)
{
	struct mask_engine *e;
	struct buf list;

	(void)state;
	buf_init(&list, 1 << 20);
	for (int i = 0; i < 10000; i++)
		buf_printf(&list, "site word %d\nname%d\n", i, i);
	list_is(list.data, list.len);
	buf_free(&list);
	e = words_engine();
	masks(e, "site word 9999, site word 99990; NAME0 name10000 name9999 site word",
	      "[WARD], site word 99990; [WARD] [ID] [WARD] site word");
	mask_engine_free(e);
}

/* ---- what is wrong --------------------------------------------------------------------------------------------------- */

static void wrong_rules(const char *rules, int line, int column, const char *part)
{
	struct mask_engine *engine = NULL;
	struct mask_rules *r = NULL;
	struct yaml *root = NULL;
	struct why why = {0};
	enum rc rc;

	assert_int_equal(yaml_parse(slice_str(rules), &root, &why), RC_OK);
	rc = mask_rules_read(root, ".", &r, &why);
	if (rc == RC_OK)
		rc = mask_engine_new(r, &engine, &why);
	assert_int_equal(rc, RC_BAD);
	if (why.line != line || why.column != column || !strstr(why.text, part))
		fail_msg("%d:%d: %s\nand not %d:%d: %s", why.line, why.column, why.text, line, column, part);
	yaml_free(root);
	mask_rules_free(r);
}

static void wrong_list(const char *text, size_t n, const char *part)
{
	char rules[128];

	list_is(text, n);
	snprintf(rules, sizeof rules, "custom:\n- entity: WARD\n  words_file: %s\n", list_path);
	wrong_rules(rules, 3, 15, part);
}

static void test_a_list_that_cannot_be_meant_names_its_line(void **state)
{
	char text[400] = "West Tower\n", place[64];

	(void)state;
	wrong_list("", 0, "holds no word");
	wrong_list("# wards\r\n\r\n  \n", 14, "holds no word");
	snprintf(place, sizeof place, "%s:2:1: the line is no UTF-8", list_path);
	wrong_list("West\nZo\xeb\n", 9, place);
	snprintf(place, sizeof place, "%s:1:1: the line is no UTF-8", list_path);
	wrong_list("W\0a\0r\0d\0", 8, place);                        /* UTF-16 */
	memset(text + 11, 'a', 300);
	snprintf(place, sizeof place, "%s:2:1: the line is longer", list_path);
	wrong_list(text, 311, place);
	wrong_rules("custom:\n- entity: WARD\n  words_file: /nonexistent/words\n", 3, 15, "cannot open");
	wrong_rules("custom:\n- entity: WARD\n  words_file: /tmp\n", 3, 15, "/tmp");
}

static void test_a_pattern_that_cannot_be_meant_is_an_error(void **state)
{
	(void)state;
	wrong_rules("custom:\n- entity: A\n  regex: '[a-z]+'\n", 3, 11,
		    "words of an ordinary text, and so would mask nearly everything");
	wrong_rules("custom:\n- entity: A\n  regex: '(?i)[a-z]'\n", 3, 11, "nearly everything");
	wrong_rules("custom:\n- entity: A\n  regex: '(?<=ward )\\d+'\n", 3, 11,
		    "looks back over 5 characters, and only one can be seen");
	wrong_rules("custom:\n- entity: A\n  regex: '(?<=ward )\\d+'\n", 3, 11, "write \\K where");
	wrong_rules("custom:\n- entity: A\n  regexp: x\n", 3, 3, "regexp");
	wrong_rules("custom:\n- entity: A\n  regex: ''\n", 3, 11, "empty");
}

static int setup(void **state)
{
	int fd = mkstemp(list_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(list_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pattern_finds_the_same_in_every_cut),
		cmocka_unit_test(test_a_pattern_finds_what_stands_inside_of_a_word),
		cmocka_unit_test(test_what_stands_before_backslash_k_stays),
		cmocka_unit_test(test_a_long_match_is_seen_whole),
		cmocka_unit_test(test_a_pattern_that_takes_too_long_masks_the_word_in_every_cut),
		cmocka_unit_test(test_a_list_is_read_as_people_write_lists),
		cmocka_unit_test(test_ten_thousand_words_are_found),
		cmocka_unit_test(test_a_list_that_cannot_be_meant_names_its_line),
		cmocka_unit_test(test_a_pattern_that_cannot_be_meant_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
