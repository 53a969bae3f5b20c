/* Names and places that no rule of its own tells, weighed by all that stands around them; and what stands where such do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

static void test_names_that_no_rule_tells(void **state)
{
	CHECK({"Seen with Volpe and the team.", "Seen with [NAME] and the team."}, {"Sitter (Jayla) stepped out.", "Sitter ([NAME]) stepped out."},
	      {"Infection prevention: Oakley Fenn is here.", "Infection prevention: [NAME] is here."},
	      {"My cousin Thorvald drove.", "My cousin [NAME] drove."}, {"Minutes: Wren Halvorson", "Minutes: [NAME]"},
	      {"Report from Ebonie.", "Report from [NAME]."}, {"Rounded with Bhalla.", "Rounded with [NAME]."},
	      {"Present: Mona, Letebrhan and Kwabena.", "Present: [NAME], [NAME] and [NAME]."},
	      {"Told Solveig to call.", "Told [NAME] to call."}, {"Ask Nordstrom.", "Ask [NAME]."});
}

static void test_names_in_small_letters_that_no_rule_tells(void **state)
{
	CHECK({"so note for jaylen brockington, 17", "so note for [NAME], 17"}, {"prehab with brent three times a week", "prehab with [NAME] three times a week"},
	      {"they call him tyrone at home", "they call him [NAME] at home"}, {"had to guess the date", NULL}, {"poison ivy on the leg", NULL},
	      {"met goals in the pool", NULL}, {"stack of boxes fell", NULL}, {"bid prn hs with meals", NULL});
}

static void test_places_that_no_rule_tells(void **state)
{
	CHECK({"He flies to Worcester on Friday.", "He flies to [CITY] on Friday."}, {"Her house in Boligee burned.", "Her house in [CITY] burned."},
	      {"Dialysis at Fresenius Gulfgate.", "Dialysis at [FACILITY]."},
	      {"Walked down Boylston with him.", "Walked down [ADDRESS] with him."});
}

static void test_what_is_called_after_people_and_places(void **state)
{
	CHECK({"She uses a Dexcom and a Glidescope.", NULL}, {"Bennett fracture, Galeazzi fracture.", NULL}, {"Stop Trelegy. Xolair helped.", NULL},
	      {"Boston Bowel Prep score 8.", NULL}, {"Columbia screen negative.", NULL}, {"Child-Pugh B", NULL}, {"known as Schmidt syndrome", NULL},
	      {"moved to Eastern Germany", NULL}, {"St. John's wort", NULL}, {"{\"StudyDescription\":\"CT Chest\"}", NULL},
	      {"MSH|^~\\&|RXSYS|LAB|EMAR|MAIN|", NULL}, {"Covered by Blue Cross.", NULL}, {"Doctor: Good. Patient: Terrible.", NULL});
}

/* A word of capitals, and one that goes on over what is no text, are none. */
static void test_words_that_are_not_weighed(void **state)
{
	CHECK({"in LVP today", NULL}, {"Scr#\tRand#\tArm", NULL}, {"ABCDEFGHIJKLMNOPQRSTUVWX told us", NULL}, {"Quimby-[NAME] told us", NULL},
	      {"Volpe [NAME] told us", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_that_no_rule_tells),
		cmocka_unit_test(test_names_in_small_letters_that_no_rule_tells),
		cmocka_unit_test(test_places_that_no_rule_tells),
		cmocka_unit_test(test_what_is_called_after_people_and_places),
		cmocka_unit_test(test_words_that_are_not_weighed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
