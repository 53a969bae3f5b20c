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

static void test_codes_that_no_label_tells(void **state)
{
	CHECK({"Evidence kit 5QH8T2 collected.", "Evidence kit [ID] collected."}, {"custody seal C31-77 intact", "custody seal [ID] intact"},
	      {"passes V-772 and V-774", "passes [ID] and [ID]"},
	      {"complaint HUD 09-26-4417-8.", "complaint [ID]."}, {"screen form MI 4471902 done", "screen form [ID] done"},
	      {"- SLP-041 signed, needs v1.4", "- [ID] signed, needs v1.4"}, {"token=tok_1Q8s0Zt7aa", "token=[ID]"},
	      {"paid by 4147 2023 3094 1187.", "paid by [ACCOUNT]."});
}

static void test_codes_that_tell_nobody(void **state)
{
	CHECK({"Bill 99213 with 97530.", NULL}, {"on software 12.1.2 now", NULL}, {"WBC 123000", NULL}, {"stage T2N1M0", NULL}, {"NICE CG182 says", NULL},
	      {"I-125 seeds", NULL}, {"intake 1200-1500 kcal", NULL}, {"counted 450000 cells", NULL}, {"Ratio 38.6, 104/72 today", NULL},
	      {"M25561 and GSK1278863", NULL}, {"report at 0705", NULL}, {"in 2019-2023", NULL});
}

static void test_days_that_only_their_surroundings_tell(void **state)
{
	CHECK({"acetaminophen od 2/26, nac complete", "acetaminophen od [DATE], nac complete"}, {"strength 4/5 in both legs", NULL},
	      {"pain 7/10 to 3/10", NULL}, {"MoCA 12/30", NULL});
}

static void test_runs_of_initials_cost_little(void **state)
{
	CHECK({"J. R. R. Halvorson called.", "[NAME] called."}, {"A. B. C. D. E. F. G. H.", NULL});
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
		cmocka_unit_test(test_codes_that_no_label_tells),
		cmocka_unit_test(test_codes_that_tell_nobody),
		cmocka_unit_test(test_days_that_only_their_surroundings_tell),
		cmocka_unit_test(test_runs_of_initials_cost_little),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
