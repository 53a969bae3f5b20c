/* Days, ages, telephones, roads and numbers as prose has them, without a label or a form of their own; and what looks like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

static void test_days_by_the_words_around(void **state)
{
	CHECK({"since sunday the 23rd with asthma", "since [DATE] with asthma"}, {"blood test of the 24th was good", "blood test of [DATE] was good"},
	      {"due on the fourteenth.", "due on [DATE]."}, {"on the 12th day of November, 2025. He", "on [DATE]. He"},
	      {"UA 8.9 (10-1), Cr", "UA 8.9 ([DATE]), Cr"}, {"triage 11-20 0740: BP", "triage [DATE] 0740: BP"}, {"Tues 11-18-25. E.", "[DATE]. E."},
	      {"sat 11/29. ok", "[DATE]. ok"}, {"Hep B given 3/8. Kit", "Hep B given [DATE]. Kit"}, {"as of 1/1 he has", "as of [DATE] he has"},
	      {"arrives Sunday 29/3. Ht", "arrives [DATE]. Ht"}, {"born 3 07 14 1990  F", "born 3 [DATE]  F"}, {"3 Oct 25.", "[DATE]."},
	      {"pain at the 5th metatarsal", NULL}, {"The 9th rib.", NULL}, {"the 3rd was fractured", NULL}, {"a 10-1 ratio", NULL}, {"(4-5)", NULL},
	      {"Mon-Fri 8-5", NULL}, {"given 1/2 tablet", NULL}, {"12 34 5678", NULL});
}

static void test_ages_by_the_words_around(void **state)
{
	CHECK({"his brother reached 104.", "his brother reached [AGE]."}, {"would have been 93 on Easter", "would have been [AGE] on [DATE]"},
	      {"Dr. Thorvald Ness, 91. Device", "Dr. [NAME], [AGE]. Device"}, {"Ninety-two next week.", "[AGE] next week."},
	      {"Age (years) 97  5. Sex", "Age (years) [AGE]  5. Sex"}, {"O2 is 93 on RA", NULL}, {"sats 93 on RA", NULL}, {"reached 88.", NULL});
}

static void test_telephones_by_the_words_around(void **state)
{
	CHECK({"(Chief Otis Bond 662 555 0400)", "(Chief [NAME] [PHONE])"}, {"Dr. Lark Bulls, 605 5550913.", "Dr. [NAME], [PHONE]."},
	      {"beeper 207-555-0900 #4471", "beeper [PHONE]"}, {"(605-555-2000 X 7-4412)", "([PHONE])"}, {"desk x40100", "desk x[PHONE]"},
	      {"cell -4418) accepts", "cell -[PHONE]) accepts"}, {"PA 15201 2208", "PA [ZIP]"}, {"biomed, x6-2240", "biomed, x[PHONE]"}, {"a passer-by (612 5550 139), who", "a passer-by ([PHONE]), who"},
	      {"^PRN^CP^^^940^5550173||SPA", "^PRN^CP^^^[PHONE]||SPA"}, {"x6-8 reps", NULL}, {"200 450 1200 calories", NULL},
	      {"605 5550913 units", NULL}, {"x400 mL", NULL});
}

static void test_roads_crossings_and_positions(void **state)
{
	CHECK({"Addr: N4410 County Rd XX", "Addr: [ADDRESS]"}, {"at the stop on Nicollet and 46th today", "at the stop on [ADDRESS] today"},
	      {"found at Halsted & 18th, narcan", "found at [ADDRESS], narcan"}, {"Drug, 4th & Pine, ok", "Drug, [ADDRESS], ok"},
	      {"gate on State Road 522, mile 21; his", "gate on [ADDRESS]; his"}, {"US 550 at mile marker 31", "[ADDRESS]"},
	      {"1250 Rte 72 West", "[ADDRESS]"}, {"Box 88 Pueblo Rd; DOB", "[ADDRESS]; DOB"}, {"I-240 EB MM 23.4", "[ADDRESS]"},
	      {"on Hwy 169, conscious", "on [ADDRESS], conscious"}, {"7 WINDMILL RD TRLR 9", "[ADDRESS]"}, {"72 Wharf Street, 2nd Floor", "[ADDRESS]"},
	      {"1501 Trousdale Drive, fourth floor", "[ADDRESS]"}, {"141 N Eagle Creek Dr 2nd fl.", "[ADDRESS]."}, {"2940 Ocean Pkwy 15-H", "[ADDRESS]"}, {"3309 N COLLEGE", "[ADDRESS]"},
	      {"GPS 36.7281, -91.8530", "GPS [ADDRESS]"}, {"Road 3 trips", NULL}, {"US 3 view", NULL}, {"I-131 therapy", NULL}, {"in I-125 seeds", NULL},
	      {"SR 5 beats", NULL}, {"route 2", NULL}, {"INR 2.1, 3.4", NULL}, {"vitamins D & 2nd dose", NULL}, {"Sat & 3rd", NULL});
}

static void test_numbers_behind_letters_of_their_own(void **state)
{
	CHECK({"MR no. KH 330-711. Held", "MR no. [MRN]. Held"}, {"policy GN 7704 1188) needs", "policy [HEALTH_PLAN]) needs"},
	      {"ID KYP 0088-41772. Denied", "ID [ID]. Denied"}, {"vac serial VFTR 01882", "vac serial [DEVICE]"},
	      {"PV1||I|3W||||1336188204^BOUCHARD^THEODORE^^^^MD|", "PV1||I|3W||||[LICENSE]^[NAME]^^^^MD|"},
	      {"Rx N 208834", "Rx [ID]"}, {"license FL ME 88204, is", "license FL [LICENSE], is"}, {"tag NM AKT W82.", "tag NM [VEHICLE]."},
	      {"ID 4 consult", NULL}, {"case A 1234", NULL}, {"order B 12", NULL}, {"group 3 visit", NULL}, {"policy 12 of the", NULL}, {"insurance 100 percent", NULL}, {"Rx 5 mg", NULL});
}

static void test_days_without_a_month(void **state)
{
	(void)state;
	CHECK({"seen yesterday, the 12th. Back soon", "seen yesterday, [DATE]. Back soon"},
	      {"from monday the second was fine", "from [DATE] was fine"},
	      {"Next Mon/Wed, 19th and 21st.", "Next Mon/[DATE] and [DATE]."},
	      {"pain over the 5th and 6th ribs", NULL},
	      {"note 3/10 15:00 stable", "note [DATE] 15:00 stable"},
	      {"log, week of 3/3", "log, week of [DATE]"},
	      {"strength 4/5 in both legs", NULL});
}

static void test_streets_that_are_numbers_or_bare(void **state)
{
	(void)state;
	CHECK({"She lives at 11900 SW 40 Terr, alone", "She lives at [ADDRESS], alone"},
	      {"he rents 650 w. lowell now", "he rents [ADDRESS] now"},
	      {"ships to 3400 Wailea Alanui, cottage 7 today", "ships to [ADDRESS] today"},
	      {"gave 650 w water", NULL},
	      {"to 1906 S Race St today", "to [ADDRESS] today"});
}

static void test_codes_behind_short_labels(void **state)
{
	(void)state;
	CHECK({"wa pl BVN3317 blocking", "wa pl [VEHICLE] blocking"},
	      {"flown by tail no N417LF", "flown by tail no [VEHICLE]"},
	      {"the VIN on the scooter, 1HGCM82633A004352, was given", "the VIN on the scooter, [VEHICLE], was given"},
	      {"inv TML 771204, paid", "inv [ID], paid"},
	      {"card says OHP XK204L7Q", "card says OHP [HEALTH_PLAN]"},
	      {"(ID EMB 7720 4418)", "(ID [ID])"},
	      {"beeper 3 1190", "beeper [PHONE]"});
}

/* "MD" and "MS" are states behind a city, and no credential or title. */
static void test_zip_behind_a_state_that_is_a_credential(void **state)
{
	(void)state;
	CHECK({"he moved to Annapolis, MD 21401", "he moved to [CITY], MD [ZIP]"});
}

/* What things are called, and studies. */
static void test_brands_and_eponyms_are_no_names(void **state)
{
	(void)state;
	CHECK({"seen on WatchPAT at home", NULL}, {"partial response by RECIST in March 2024", "partial response by RECIST in [DATE]"},
	      {"the Hollenhorst plaque is gone", NULL}, {"Pfannenstiel incision is dry", NULL});
}

static void test_days_where_a_score_would_be_written_so(void **state)
{
	CHECK({"order | swap 9/9 Adapt", "order | swap [DATE] Adapt"}, {"DXA done. sched 2/3\n", "DXA done. sched [DATE]\n"},
	      {"Missed PT 5/5 bc car", "Missed PT [DATE] bc car"}, {"300 last 2/2. needs", "300 last [DATE]. needs"}, {"next 3/3, labs", "next [DATE], labs"},
	      {"Now PS 10/5 x 12h", NULL}, {"Qty 4/28 d, refills 11", NULL}, {"PT 5/5 strength", NULL}, {"fell 2/2 weakness", NULL},
	      {"Seen 5/1.\n5/8 overturned! new", "Seen [DATE].\n[DATE] overturned! new"}, {"Seen 5/1.\n5/5 preserved", "Seen [DATE].\n5/5 preserved"},
	      {"5/8 overturned", NULL}, {"RTW 2/3 light duty", "RTW [DATE] light duty"}, {"seen 4/28 d/w Osei", "seen [DATE] d/w [NAME]"});
}

/* All elements of dates but the year: 45 CFR 164.514(b)(2)(i)(C). */
static void test_months_alone(void **state)
{
	CHECK({"he passed in July. The card", "he passed in [DATE]. The card"}, {"Dad deployed since May. Dentist", "Dad deployed since [DATE]. Dentist"},
	      {"from your July visit is due", "from your [DATE] visit is due"}, {"her March labs are back", "her [DATE] labs are back"},
	      {"the May appointment", "the [DATE] appointment"}, {"surgery July and rest", "surgery [DATE] and rest"}, {"You may visit him", NULL}, {"your march on", NULL},
	      {"He may. The visit", NULL}, {"her April, who", NULL});
}

static void test_cells_between_spaces(void **state)
{
	CHECK({"BED   NAME            AGE/S  MRN       ADMIT    MD          CODE\n302A  TRUONG, VAN     67 M   2204530   06/01    BOWMAN      FULL\n"
	       "304A  CHAVIS, MARY F  97 F   2203367   05/31    IYER        CMO\n",
	       "BED   NAME            AGE/S  MRN       ADMIT    MD          CODE\n302A  [NAME]     67 M   [MRN]   [DATE]    [NAME]      FULL\n"
	       "304A  [NAME]  [AGE] F   [MRN]   [DATE]    [NAME]        CMO\n"},
	      {"Room  Patient       DOB         Nurse     Diet\n4     Bowman, Ann   3/4/60      Foley     NPO\n\nFoley in place.\n",
	       "Room  Patient       DOB         Nurse     Diet\n4     [NAME]   [DATE]      [NAME]     NPO\n\nFoley in place.\n"},
	      {"Test     Value   Ref       Unit\nNa       140     135-145   mmol\n", NULL}, {"Name: none   Age: 40   MD: none\nBowman   97   Foley\n", NULL},
	      {"mrn,first,dob,drg,zip\n440402,June,1965-03-25,853,37311\n", "mrn,first,dob,drg,zip\n[MRN],[NAME],[DATE],853,[ZIP]\n"},
	      {"MSH|^~\\&|EPICADT|LAKESHORE|LABSYS|LAKESHORE|2", "MSH|^~\\&|EPICADT|[FACILITY]|LABSYS|[FACILITY]|2"},
	      {"PID|1||||||||||||||ENG|M|", NULL});
}

static void test_ranges_rates_and_codes_of_services(void **state)
{
	CHECK({"{\"ref\":\"12.0-15.5\",\"flag\":\"L\"}", NULL}, {"{\"ref\":\"150-400\",\"flag\":\"L\"}", NULL}, {"{\"ref\":\"4417-20881\"}", "{\"ref\":\"[ID]\"}"},
	      {"Pt ph 949-555-0176. 93295/93296\n", "Pt ph [PHONE]. 93295/93296\n"}, {"Buy&bill J3380. told", NULL}, {"Ref range 3.5-5.0; ref 70-99 mg", NULL}, {"Billed. 29881-RT, 59", NULL}, {"lead Tendril 2088TC-46 in", NULL}, {"ref 4417-20881 sent", "ref [ID] sent"},
	      {"Request for WEGOVY 0.25MG/0.5ML, weekly", NULL}, {"Accolade II #4 127\u00b0 neck", NULL}, {"{\"unit\":\"uL\",\"ref\":\"150-400\"}", NULL}, {"scan (I-123) is", NULL},
	      {"in her mid-90s", "in her mid-[AGE]s"}, {"T 36.9 HR 118 RR 30 SpO2", NULL}, {"lives at 118 Main Street now", "lives at [ADDRESS] now"},
	      {"MBM 24 w Prolacta, 150/k", NULL}, {"a silver 2014 Silverado, OK plate KHF-882", "a silver 2014 Silverado, OK plate [VEHICLE]"},
	      {"from Malibu, CA to", "from [CITY], CA to"}, {"the account number on here is 4471 882 and", "the account number on here is [ACCOUNT] and"},
	      {"the account number on page 2", NULL});
}

static void test_counties_beside_their_towns(void **state)
{
	CHECK({"Lives Stockbridge, Henry County.", "Lives [CITY], [COUNTY]."}, {"\"district\": \"Hennepin\", \"state\"", "\"district\": \"[COUNTY]\", \"state\""},
	      {"Dx: Stockbridge, Henry said", "Dx: [NAME] said"}, {"57 Winter St #3   City: Lewiston   State: ME", "[ADDRESS]   City: [CITY]   State: ME"},
	      {"the district nurse came", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_by_the_words_around),
		cmocka_unit_test(test_ages_by_the_words_around),
		cmocka_unit_test(test_telephones_by_the_words_around),
		cmocka_unit_test(test_roads_crossings_and_positions),
		cmocka_unit_test(test_numbers_behind_letters_of_their_own),
		cmocka_unit_test(test_days_without_a_month),
		cmocka_unit_test(test_streets_that_are_numbers_or_bare),
		cmocka_unit_test(test_codes_behind_short_labels),
		cmocka_unit_test(test_zip_behind_a_state_that_is_a_credential),
		cmocka_unit_test(test_brands_and_eponyms_are_no_names),
		cmocka_unit_test(test_days_where_a_score_would_be_written_so),
		cmocka_unit_test(test_months_alone),
		cmocka_unit_test(test_cells_between_spaces),
		cmocka_unit_test(test_ranges_rates_and_codes_of_services),
		cmocka_unit_test(test_counties_beside_their_towns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
