/* What single detectors find, and what looks like it and stays: a table for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

/* numbers.c */
static void test_social_security_numbers_in_parts(void **state)
{
	CHECK({"| SSN | 536 | 22 | 8741 |", "| SSN | [SSN] |"}, {"SSN: | 536 | 22 | 8741 |", "SSN: | [SSN] |"},
	      {"SSN:\n1. 536\n2. 22\n3. 8741\nThanks", "SSN:\n1. [SSN]\nThanks"}, {"SSN area | group | serial\n536 | 22 | 8741", "SSN area | group | serial\n[SSN]"},
	      {"SSN 536/22/8741", "SSN [SSN]"}, {"social security number is 536/22/8741", "social security number is [SSN]"},
	      {"last4 C4417", "last4 [SSN]"}, {"Last 4: C4417, seen today", "Last 4: [SSN], seen today"},
	      {"Pt Rudolph Simms \"Rudy\" last4 C4417", "Pt [NAME] last4 [SSN]"},
	      {"| WBC | 536 | 22 | 8741 |", NULL}, {"1. 536\n2. 22\n3. 8741", NULL}, {"536/22/8741", NULL}, {"the last 4 doses", NULL},
	      {"last4 doses given", NULL}, {"code C4417", NULL});
}

/* places.c */
static void test_addresses_as_they_are_dictated(void **state)
{
	CHECK({"She lives at twelve forty Main street", "She lives at [ADDRESS]"}, {"lives at twelve forty main street", "lives at [ADDRESS]"},
	      {"he gave four seventeen Oak Lane as home", "he gave [ADDRESS] as home"}, {"at one hundred and five Maple Drive", "at [ADDRESS]"},
	      {"moved to one twenty three Pine Road", "moved to [ADDRESS]"}, {"at forty two Elm Avenue", "at [ADDRESS]"},
	      {"Two forty mg tablets on Main street", NULL}, {"found on the street at one thirty", NULL},
	      {"one way to drive", NULL}, {"two to three times a day along the road", NULL}, {"Home is 750 SW Lake loop", "Home is [ADDRESS]"},
	      {"Home is 750 SW Lake", "Home is [ADDRESS]"});
}

/* care.c, extend.c */
static void test_what_a_number_follows_is_no_place(void **state)
{
	CHECK({"KALLIOPE Hosp# 19937204", "[NAME] Hosp# [MRN]"}, {"PAPAS, KALLIOPE Hosp# 19937204", "[NAME] Hosp# [MRN]"},
	      {"KALLIOPE PAPAS Hosp # 19937204", "[NAME] Hosp # [MRN]"}, {"at Walgreens Pharmacy #4412", "at [FACILITY]"},
	      {"at Mercy Hospital", "at [FACILITY]"});
}

static void test_names_and_places_go_on(void **state)
{
	CHECK({"Name: ABDI, FARHIA H.", "Name: [NAME]"}, {"MOUA^KONG^T", "[NAME]"}, {"Dr. Mark Case, surgeon", "Dr. [NAME], surgeon"},
	      {"Kevin \"Man-Man\" Gist called", "[NAME] called"}, {"at Buffalo General in May", "at [FACILITY] in [DATE]"});
}

/* ranges.c */
static void test_days_go_on_to_the_end_of_a_range(void **state)
{
	CHECK({"from 3/14/2024 to 3/18/2024", "from [DATE] to [DATE]"}, {"3/14-3/18/2024", "[DATE]"}, {"March 3-7, 2024", "[DATE]"},
	      {"take 3-7 tablets", NULL}, {"scores of 3-4/5", NULL});
}

/* scanned.c */
static void test_dates_and_telephones_as_a_scanner_reads_them(void **state)
{
	CHECK({"seen O6/l1/2O28", "seen [DATE]"}, {"call (5O3) 555-O149", "call [PHONE]"}, {"3-l8-26 visit", "[DATE] visit"},
	      {"O2 sat 98", NULL}, {"IO/l ratio", NULL}, {"Il-6 level", NULL});
}

/* small.c */
static void test_names_and_places_in_small_letters(void **state)
{
	CHECK({"seen at lakeshore hospital", "seen at [FACILITY]"}, {"k. mcadoo rn", "[NAME] rn"}, {"by the lake", NULL}, {"p. falciparum", NULL});
}

/* spelled.c */
static void test_names_that_are_spelled(void **state)
{
	CHECK({"Fontenot, F O N T E N O T", "[NAME], [NAME]"}, {"spelled B as in boy, A, N as in Nancy", "spelled [NAME]"},
	      {"spelled X-I-C-A-Y", "spelled [NAME]"}, {"vitamins A B C D E", NULL}, {"grade A, B and C", NULL});
}

/* weighed.c */
static void test_houses_whose_street_is_weighed(void **state)
{
	CHECK({"lives at 2777 Welton", "lives at [ADDRESS]"}, {"gave 500 Normal saline", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_social_security_numbers_in_parts),
		cmocka_unit_test(test_addresses_as_they_are_dictated),
		cmocka_unit_test(test_what_a_number_follows_is_no_place),
		cmocka_unit_test(test_names_and_places_go_on),
		cmocka_unit_test(test_days_go_on_to_the_end_of_a_range),
		cmocka_unit_test(test_dates_and_telephones_as_a_scanner_reads_them),
		cmocka_unit_test(test_names_and_places_in_small_letters),
		cmocka_unit_test(test_names_that_are_spelled),
		cmocka_unit_test(test_houses_whose_street_is_weighed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
