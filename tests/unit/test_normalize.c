/* How rules on prompts read a text: what the eye takes for the same is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "mask.h"

static void reads(const char *text, bool confusables, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(mask_normalize(slice_str(text), confusables, &out), RC_OK);
	assert_string_equal(out.data ? out.data : "", want);
	buf_free(&out);
}

static void test_compatible_characters_are_one(void **state)
{
	(void)state;
	reads("", false, "");
	reads("plain text 1, 2", false, "plain text 1, 2");
	reads("\uff33\uff33\uff2e \uff15", false, "SSN 5");                      /* full width */
	reads("\ufb01le", false, "file");                                        /* a ligature */
	reads("e\u0301", false, "\u00e9");                                       /* composed */
	reads("caf\u00e9", false, "caf\u00e9");
}

static void test_what_nobody_sees_is_passed_over(void **state)
{
	(void)state;
	reads("i\u200bgn\u00adore\ufeff", false, "ignore");
	reads("a\u202eb\u2066c", false, "abc");
	reads("\U000e0069\U000e0067", false, "ig");                              /* tag characters spell */
	reads("a\ufe0fb", false, "ab");
}

static void test_lookalikes_are_latin_when_asked(void **state)
{
	(void)state;
	reads("\u0440\u0430\u0441\u0435", true, "pace");
	reads("\u0440\u0430\u0441\u0435", false, "\u0440\u0430\u0441\u0435");
	reads("caf\u00e9", true, "cafe");
	reads("\u2019s \u2013 x", true, "'s - x");
}

static void test_bytes_that_are_no_text_stay_visible(void **state)
{
	(void)state;
	reads("a\xff" "b\xc3", false, "a\ufffd" "b\ufffd");
	reads("\xed\xa0\x80", false, "\ufffd\ufffd\ufffd");                      /* a surrogate */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compatible_characters_are_one),
		cmocka_unit_test(test_what_nobody_sees_is_passed_over),
		cmocka_unit_test(test_lookalikes_are_latin_when_asked),
		cmocka_unit_test(test_bytes_that_are_no_text_stay_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
