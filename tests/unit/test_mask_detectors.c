/* What single detectors find, and what looks like it and stays: a table for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "digits.h"
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

/* beside.c */
static void test_numbers_beside_a_name(void **state)
{
	CHECK({"DOE, JANE / 03/14/1961 / 55645151", "[NAME] / [DATE] / [MRN]"}, {"Doe, Jane  |  4602033  |  Adm 10/20", "[NAME]  |  [MRN]  |  Adm [DATE]"},
	      {"Jane Goldberg F 67 4471820 seen", "[NAME] F 67 [MRN] seen"}, {"Jane Goldberg (E1840277)", "[NAME] ([MRN])"},
	      {"Seen by Jane Goldberg 7719", "Seen by [NAME] [ID]"}, {"HUMPHREY PRIESTLEY, M.D. HP3", "[NAME], M.D. [ID]"},
	      {"Jane Goldberg. 4471820 cells", "[NAME]. 4471820 cells"}, {"Jane Goldberg platelets 447182", "[NAME] platelets 447182"},
	      {"Dr. Goldberg gave 2500 mL", "Dr. [NAME] gave 2500 mL"}, {"Dr. Goldberg 0830 rounds", "Dr. [NAME] 0830 rounds"},
	      {"Jane Goldberg, M.D. PGY2", "[NAME], M.D. PGY2"}, {"Jane Goldberg\n4471820 cells", "[NAME]\n4471820 cells"});
}

/* labelled.c */
static void test_codes_of_few_digits(void **state)
{
	CHECK({"Transmitter ID: 8XK4QA", "Transmitter ID: [DEVICE]"}, {"Case: COVID19", NULL}, {"plate HRTBEAT, owes", "plate [VEHICLE], owes"},
	      {"plate \"GR8-DAD\"", "plate \"[VEHICLE]\""}, {"growth plate INJURY", NULL}, {"Car: 2009 Tahoe", NULL},
	      {"Implant: femur size 5, lot SSD5498677.", "Implant: femur size 5, lot [DEVICE]."}, {"Prevnar lot X014422", NULL}, {"lot 9920418", NULL},
	      {"IMEI 35 209900 176148 1 lost", "IMEI [DEVICE] lost"}, {"passcode bluejay7", "passcode [ID]"});
}

static void test_user_names(void **state)
{
	CHECK({"printed by kmorales4", "printed by [ID]"}, {"user yfisk.", "user [ID]."}, {"Last access RTAYLOR3", "Last access [ID]"},
	      {"SMARCA4 and STK11 are wild type", NULL}, {"jcarver44@aol.com", "[EMAIL]"}, {"the user interface", NULL}, {"something we can handle today", NULL});
}

/* columns.c */
static void test_numbers_in_groups(void **state)
{
	CHECK({"Pfeiffer, ID NXB 229 M 88410, DOB", "[NAME], ID [ID], DOB"}, {"sub Efrain Loera DD 4410 88273 grp 07718", "sub [NAME] [HEALTH_PLAN] grp [HEALTH_PLAN]"},
	      {"plan QXR 447 188 031 is", "plan [HEALTH_PLAN] is"}, {"old card 428-60-9917B.", "old card [HEALTH_PLAN]."},
	      {"units W1182 26 044718 and W1182 26 044720", "units [ID] and [ID]"}, {"D. Imes 79M 1120-7744 bed", "[NAME] 79M [MRN] bed"},
	      {"MRN 84729315 M 45", "MRN [MRN] M 45"}, {"Joan Imes 0700-1900 shift", "[NAME] 0700-1900 shift"}, {"HR 88 104 992", NULL}, {"gave 1120-1740 mL", NULL});
}

static void test_codes_that_let_in_or_are_woven(void **state)
{
	CHECK({"with code WQ7-KX2 or", "with code [ID] or"}, {"use code FAM-6K2-WINT for", "use code [ID] for"}, {"code X4QR8VKD, texted", "code [ID], texted"},
	      {"see 0226118E4471X now", "see [ID] now"}, {"clm 0226118E4471X", "clm [ID]"}, {"Lab slip 7741 to", "Lab slip [ID] to"}, {"event QRE 3341.", "event [ID]."},
	      {"share code 8814-0722,", "share code [ID],"}, {"Taxonomy 207R00000X", NULL}, {"code S72001A", NULL}, {"code J45.909", NULL}, {"code 0DTJ4ZZ", NULL}, {"25000UNITS", NULL}, {"a slip of 20", NULL});
}

static void test_ends_of_numbers_told_before(void **state)
{
	CHECK({"Report to Deb Shaw LPN x214.", "Report to [NAME] LPN x[PHONE]."}, {"contact Lupe Ruiz ext 42.", "contact [NAME] ext [PHONE]."},
	      {"Dr. Tierney x40-117", "Dr. [NAME] x[PHONE]"}, {"beeper 41-208", "beeper [PHONE]"}, {"phone 435-555-0174 or -0147?", "phone [PHONE] or -[PHONE]?"},
	      {"on Amex ...61004.", "on Amex ...[ACCOUNT]."}, {"Fax to 866 555 0108\n1. Member", "Fax to [FAX]\n1. Member"}, {"Monique 708 555 0140 3 declined", "[NAME] [PHONE] 3 declined"},
	      {"call 510 5550168 after 6", "call [PHONE] after 6"}, {"knee ext 42 deg", NULL}, {"squats x214", NULL}, {"pain ...1004 steps", NULL});
}

static void test_addresses_of_the_net_in_sentences(void **state)
{
	CHECK({"Support: facingrisks.org.", "Support: [URL]."}, {"at www.implants.example.com/ia. If", "at [URL]. If"}, {"technician at 10.118.4.66.\n5. Baxter", "technician at [IP].\n5. Baxter"},
	      {"Sheet: \\\\lsmc-fs02\\IP\\line0209.xlsx]", "Sheet: [URL]]"}, {"logged in as jharlow", "logged in as [ID]"}, {"user mgebreselassie, ok", "user [ID], ok"},
	      {"a \\ b \\\\ c", NULL}, {"user interface", NULL}, {"the end. Org chart", NULL});
}

static void test_places_of_care_without_a_cue(void **state)
{
	CHECK({"PeaceHealth Southwest sent it", "[FACILITY] sent it"}, {"MetroHealth transfer center", "[FACILITY] transfer center"}, {"air: LifeFlight launched", "air: [FACILITY] launched"},
	      {"HCA Houston Northwest", "[FACILITY]"}, {"Peninsula Bone & Joint, knee", "[FACILITY], knee"}, {"Pine Barrens Pain & Palliative", "[FACILITY]"},
	      {"vs St. Camillus subacute", "vs [FACILITY] subacute"}, {"arrives Mt. Ascutney ED by car", "arrives [FACILITY] ED by car"}, {"Keough Dunning LLP, atty", "[FACILITY], atty"},
	      {"Olympic Air Cargo, pilot", "[FACILITY], pilot"}, {"Walmart 0442 is out", "[FACILITY] is out"}, {"sent to CVS on 19th.", "sent to [FACILITY]."}, {"Ferndale Consolidated School District", "[FACILITY]"},
	      {"Total Hip & Knee", NULL}, {"Chronic Pain & Sleep", NULL}, {"Walmart 100 tablets", "Walmart 100 tablets"}, {"Saw palmetto", NULL}, {"MassHealth Limited", NULL}, {"the Walmart 2024 list", "the Walmart 2024 list"}, {"BehavioralHealth", NULL});
}

static void test_homes_and_roads_in_other_forms(void **state)
{
	CHECK({"at Lot 22, Cedar Bend Park, Paragould", "at [ADDRESS], [CITY]"}, {"Slip 44, Shilshole Marina", "[ADDRESS]"}, {"Unit 4B, 118 Harbor Way", "[ADDRESS]"}, {"Trlr 7, 4410 Old Mill Rd", "[ADDRESS]"},
	      {"me at hc 49 box 12 now", "me at [ADDRESS] now"}, {"600 RR 620 S STE B", "[ADDRESS]"}, {"W142 N4410 Deer Ln", "[ADDRESS]"}, {"77 E 12TH #4C", "[ADDRESS]"},
	      {"MCC on US-40 at noon", "MCC on [ADDRESS] at noon"}, {"I-80 MP 118 rollover", "[ADDRESS] rollover"}, {"the 1700 block of Fruitvale", "the [ADDRESS]"}, {"corner of 5th and Pine", "corner of [ADDRESS]"},
	      {"Apt 4F buzz twice", "[ADDRESS] buzz twice"}, {"ME of Houghton Co. notified", "ME of [COUNTY] notified"},
	      {"Apt 3 weeks", NULL}, {"Unit 4 staff", NULL}, {"block of 12", NULL}, {"I-125 seeds", NULL}, {"hc 34 percent", NULL}, {"rr 18, bp 120/80", NULL}, {"HR 112 RR 22 BP 104/62", NULL});
}

static void test_streets_without_a_number(void **state)
{
	CHECK({"of Tater Peeler Rd, Lebanon", "of [ADDRESS], [CITY]"}, {"Lahtinen Road, last drive", "[ADDRESS], last drive"}, {"corner Bridger & Ferrin", "corner [ADDRESS]"},
	      {"Gladys, Box 12, Amery 54001.", "[NAME], [ADDRESS], [CITY] [ZIP]."}, {"at apt 4F can", "at [ADDRESS] can"}, {"The Willows at Penobscot, admissions", "The [FACILITY], admissions"},
	      {"0525 called OSU Tulsa", "0525 called [FACILITY]"}, {"FMC Butner. Cancer", "[FACILITY]. Cancer"},
	      {"the road home", NULL}, {"a Box 12, blue", NULL}, {"apt 4pm", NULL}, {"UC flare", NULL}, {"The Pain at Night", NULL}, {"Cell Street drugs", NULL});
}

static void test_months_and_days_alone(void **state)
{
	CHECK({"the August scan was", "the [DATE] scan was"}, {"expected Aug.", "expected [DATE]."}, {"if not better by June.", "if not better by [DATE]."}, {"leaving the 23rd for 3 weeks", "leaving [DATE] for 3 weeks"},
	      {"out until the 19th.", "out until [DATE]."}, {"05/30-31/2026 study", "[DATE] study"}, {"by June Smith", "by [NAME]"}, {"the 23rd percentile", NULL}, {"the 12th rib", NULL},
	      {"5/30-31", "[DATE]"}, {"an august body", NULL});
}

static void test_names_beside_kin_and_letters_of_a_degree(void **state)
{
	CHECK({"Asst: M Delgado PA-C, scrubbed", "Asst: [NAME] PA-C, scrubbed"}, {"Final review K Yellowhorse MD today", "Final review [NAME] MD today"}, {"H Tran-Bell, RNC-OB", "[NAME], RNC-OB"},
	      {"this is Wesley's mom", "this is [NAME]'s mom"}, {"the mother's sister", NULL}, {"vitamin K Smith's", "vitamin K [NAME]'s"}, {"RN CCC-SLP", NULL});
}

static void test_places_called_after_towns(void **state)
{
	CHECK({"Memorial Savannah disc", "[FACILITY] disc"}, {"echo 4/9 Presbyterian Rust)", "echo [DATE] [FACILITY])"}, {"works for Port of Bellingham", "works for [FACILITY]"}, {"pt at DCI Poplar Bluff", "pt at [FACILITY]"},
	      {"41 Sunderland Woods, Colchester 05446", "[ADDRESS], [CITY] [ZIP]"}, {"Memorial service", NULL}, {"Ross Street score", NULL});
}

static void test_numbers_of_plans_in_other_forms(void **state)
{
	CHECK({"VA 1004 882 071V440912.", "VA [HEALTH_PLAN]."}, {"vet 1013884172V883514", "vet [HEALTH_PLAN]"}, {"RxGrp PBCRX77", "RxGrp [HEALTH_PLAN]"}, {"Rx BIN 610014 PCN MEDDPRIME", NULL},
	      {"Leilani Kealoha-Burns, 91-1027 Kaiopio St", "[NAME], [ADDRESS]"}, {"10 20 30 V", NULL});
}

static void test_names_and_places_as_forms_and_lists_have_them(void **state)
{
	CHECK({"Parent 1 Sudha Pemmaraju cell", "Parent 1 [NAME] cell"}, {"School Chaparral Point Elem", "School [FACILITY]"}, {"M0040 Ardyce M Knutson  M0064", "M0040 [NAME]  M0064"},
	      {"hub ID 98:5D:AD:20:44:18).", "hub ID [DEVICE])."}, {"bed 3 mccreary 58f septic", "bed 3 [NAME] 58f septic"},
	      {"A. Colon, cecum, polyp", NULL}, {"a school age child", NULL}, {"Patient 2 of 3", NULL}, {"bed 3 empty", NULL});
}

static void test_saints_plates_and_exits(void **state)
{
	CHECK({"To St Michael, RN took report", "To [FACILITY], RN took report"}, {"from Mt Calvary visited", "from [FACILITY] visited"}, {"ST. ANSELM REGIONAL ED", "[FACILITY] ED"},
	      {"F 96y fell", "F [AGE]y fell"}, {"gray Tundra Y44 8KD.", "gray Tundra [VEHICLE]."}, {"stop off I-75 exit 399, endorses", "stop off [ADDRESS], endorses"}, {"CareCredit ...8812.", "CareCredit ...[ACCOUNT]."},
	      {"off since Aug. Sling", "off since [DATE]. Sling"}, {"she lives in dearborn with", "she lives in [CITY] with"}, {"FAIRWEATHER,CURTIS L  F4471  SC", "[NAME]  [SSN]  SC"},
	      {"ST ELEVATION in V2", NULL}, {"ST. DEPRESSION", NULL}, {"96 yards", NULL}, {"lives in pain", NULL});
}

static void test_codes_that_go_on_with_a_number(void **state)
{
	CHECK({"on the bottom is LAT4 0099182. she", "on the bottom is [ID]. she"}, {"of old unit: P1182 0447 B3A.", "of old unit: [ID]."}, {"docket 26 JA 118.", "docket [ID]."}, {"case 2024 CV 07182", "case [ID]"},
	      {"grandma June came", "grandma [NAME] came"}, {"4.2 NGUYEN, BAO T 30118204 ED", "4.2 [NAME] [MRN] ED"},
	      {"PGY2 0730 rounds", NULL}, {"T12 1000 mL", NULL}, {"order 10 MG 30 ML", NULL}, {"case 2024 in PM", NULL});
}

static void test_badges_and_initials(void **state)
{
	CHECK({"Officer Lyle Banner #418", "Officer [NAME] #[ID]"}, {"badge 418.", "badge [ID]."}, {"subject initials DRP, ok", "subject initials [NAME], ok"}, {"initials J.P., seen", "initials [NAME], seen"},
	      {"paid w/ MC -8820.", "paid w/ MC -[ACCOUNT]."}, {"[4418829] Pruitt, Dale", "[[ID]] [NAME]"}, {"username okada.ruth", "username [ID]"},
	      {"initials only", NULL}, {"30 #3", NULL}, {"cards -12", NULL});
}

static void test_segments_whose_names_have_digits(void **state)
{
	CHECK({"PV1|1|I|2N||||||||||||||||88172630\nx", "PV1|1|I|2N||||||||||||||||[ID]\nx"}, {"IN1|1|A12|77|AETNA||||77182", "IN1|1|A12|77|AETNA||||[HEALTH_PLAN]"},
	      {"OBX|1|NM|718-7^HGB^LN||447182|g/dL", NULL}, {"N4*ROUND ROCK*TX*786811140~", "N4*[CITY]*TX*[ZIP]~"});
}

/* extensions.c */
static void test_pagers_behind_a_letter(void **state)
{
	CHECK({"resident (p31187) at any hour", "resident (p[PHONE]) at any hour"}, {"PGY2 p22907.", "PGY2 p[PHONE]."}, {"p53 and p16 are negative", NULL},
	      {"p31187-variant", NULL});
}

/* facilities.c */
static void test_places_of_care_in_short(void **state)
{
	CHECK({"Transferred from NNMC for further care", "Transferred from [FACILITY] for further care"}, {"seen at LMC last week", "seen at [FACILITY] last week"},
	      {"d/c'd to BWMC on 3/4/2024", "d/c'd to [FACILITY] on [DATE]"}, {"transferred to HCMC ICU", "transferred to [FACILITY] ICU"},
	      {"Transported St. Barnabas, stable", "Transported [FACILITY], stable"}, {"went to Lutheran for dialysis", "went to [FACILITY] for dialysis"},
	      {"HD at Fresenius TTS", "HD at [FACILITY] TTS"}, {"School: P.S. 211", "School: [FACILITY]"}, {"attends PS 118", "attends [FACILITY]"},
	      {"Univ. of Pocatello Med Ctr", "[FACILITY]"}, {"works at Walmart", "works at [FACILITY]"},
	      {"school nurse at Frederick Douglass Middle in town", "school nurse at [FACILITY] in town"},
	      {"Transferred from MICU to PACU", NULL}, {"seen at an OSH", NULL}, {"d/c'd to SNF", NULL}, {"returned to NSR", NULL}, {"taken to CT, then MRI", NULL},
	      {"admitted to EMU for monitoring", NULL}, {"on PS 10 over 5", NULL}, {"P.S. 12 pills are left", NULL}, {"seen in the Emergency Department", NULL});
}

/* places.c */
static void test_addresses_as_they_are_dictated(void **state)
{
	CHECK({"lives at 1402½ E. Locust Ave., Apt. 3-R", "lives at [ADDRESS]"}, {"a 12½ Main dose", NULL});
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

/* lone.c */
static void test_words_before_a_short_number(void **state)
{
	CHECK({"to Lindenweg 7 today", "to [ADDRESS] today"}, {"Lot 31, 250 Main St now", "[ADDRESS] now"}, {"Bldg 3601 Rm 212B", "[ADDRESS]"}, {"PO Box 118 in", "[ADDRESS] in"},
	      {"attends PS 139 now", "attends [FACILITY] now"}, {"seen at Walgreens 12 times", "seen at [FACILITY] 12 times"}, {"Main 12 Main 12 Main 12", NULL});
}

/* digits.c: what a number may be by its form */
static void test_numbers_are_asked_about_by_their_form(void **state)
{
	static const struct {
		const char *text;
		unsigned int may, not;
	} rows[] = {
		{"536-22-8741 is", DIGITS_SSN | DIGITS_DASH, DIGITS_PHONE | DIGITS_IP | DIGITS_APART},
		{"617-482-3190 is", DIGITS_PHONE | DIGITS_DASH, DIGITS_SSN | DIGITS_IP},
		{"10.20.30.40 is", DIGITS_IP | DIGITS_CODE, DIGITS_SSN | DIGITS_PHONE | DIGITS_DASH},
		{"3/14/2024 is", DIGITS_DATE | DIGITS_DAY | DIGITS_CODE, DIGITS_SSN | DIGITS_PHONE | DIGITS_AGE},
		{"3 March 2024", DIGITS_WRITTEN | DIGITS_STREET, DIGITS_DATE | DIGITS_SSN | DIGITS_AGE},
		{"12 Main St", DIGITS_STREET | DIGITS_HOUSE, DIGITS_DATE | DIGITS_PHONE | DIGITS_CODE},
		{"5 3 6 2 2 now", DIGITS_APART, DIGITS_SSN | DIGITS_IP},
		{"93 now", DIGITS_AGE, DIGITS_DATE | DIGITS_PHONE},
		{"12 now", DIGITS_OTHER, DIGITS_AGE | DIGITS_DATE | DIGITS_PHONE},
		{"104, 72 is", DIGITS_OTHER, DIGITS_SSN | DIGITS_PHONE | DIGITS_IP | DIGITS_DATE | DIGITS_DAY | DIGITS_STREET | DIGITS_CODE},
		{"4471820 is", DIGITS_ANY, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct reading r;
		const struct context context = {0};
		struct digits number;
		struct scan s = {.number = &number, .number_at = SIZE_MAX, .r = &r, .context = &context};
		unsigned int forms;

		reading_make(&r, 0, rows[i].text, strlen(rows[i].text), true);
		scan_move(&s, 0);
		while (is_digit(r.c[s.token]))
			s.token++;
		forms = digits_may_be(&s);
		if ((forms & rows[i].may) != rows[i].may || (forms & rows[i].not))
			fail_msg("%s: %#x", rows[i].text, forms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_social_security_numbers_in_parts),
		cmocka_unit_test(test_numbers_beside_a_name),
		cmocka_unit_test(test_codes_of_few_digits),
		cmocka_unit_test(test_user_names),
		cmocka_unit_test(test_numbers_in_groups), cmocka_unit_test(test_codes_that_let_in_or_are_woven),
		cmocka_unit_test(test_ends_of_numbers_told_before), cmocka_unit_test(test_addresses_of_the_net_in_sentences),
		cmocka_unit_test(test_places_of_care_without_a_cue), cmocka_unit_test(test_homes_and_roads_in_other_forms), cmocka_unit_test(test_badges_and_initials), cmocka_unit_test(test_codes_that_go_on_with_a_number), cmocka_unit_test(test_saints_plates_and_exits), cmocka_unit_test(test_names_and_places_as_forms_and_lists_have_them), cmocka_unit_test(test_names_beside_kin_and_letters_of_a_degree),
		cmocka_unit_test(test_places_called_after_towns), cmocka_unit_test(test_numbers_of_plans_in_other_forms),
		cmocka_unit_test(test_streets_without_a_number), cmocka_unit_test(test_months_and_days_alone),
		cmocka_unit_test(test_segments_whose_names_have_digits),
		cmocka_unit_test(test_pagers_behind_a_letter),
		cmocka_unit_test(test_places_of_care_in_short),
		cmocka_unit_test(test_addresses_as_they_are_dictated),
		cmocka_unit_test(test_what_a_number_follows_is_no_place),
		cmocka_unit_test(test_names_and_places_go_on),
		cmocka_unit_test(test_days_go_on_to_the_end_of_a_range),
		cmocka_unit_test(test_dates_and_telephones_as_a_scanner_reads_them),
		cmocka_unit_test(test_names_and_places_in_small_letters),
		cmocka_unit_test(test_names_that_are_spelled),
		cmocka_unit_test(test_houses_whose_street_is_weighed),
		cmocka_unit_test(test_words_before_a_short_number),
		cmocka_unit_test(test_numbers_are_asked_about_by_their_form),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
