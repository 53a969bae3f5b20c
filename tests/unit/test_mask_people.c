/* Names of people in notes that are typed in a hurry, and what stands where names do: texts, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

static void test_names_in_small_letters(void **state)
{
	CHECK({"dw dr castellanos, hold", "dw dr [NAME], hold"}, {"mr. lo refused", "mr. [NAME] refused"},
	      {"pt okonkwo, adaeze 31f", "pt [NAME] 31f"}, {"mother latoya jeffries signed", "mother [NAME] signed"},
	      {"roommate dmitri found him", "roommate [NAME] found him"}, {"pcp worthington aware", "pcp [NAME] aware"},
	      {"e-signed: m. fairbanks", "e-signed: [NAME]"},
	      {"from doctor weissman's office", "from doctor [NAME]'s office"},
	      {"last name adeyemi", "last name [NAME]"},
	      {"pt ambulating in hall", NULL}, {"dr visit went ok", NULL}, {"ms contin 15 mg", NULL},
	      {"mom worried about rash", NULL},
	      {"pt eliquis held", NULL}, {"mother deceased", NULL}, {"Patient: Pretty much.", NULL},
	      {"Patient: You flatter me.", NULL});
}

static void test_names_behind_offices_and_ranks(void **state)
{
	CHECK({"Officer Villanueva is here", "Officer [NAME] is here"}, {"Ofc. Green", "Ofc. [NAME]"},
	      {"w/ 1LT Gray", "w/ 1LT [NAME]"},
	      {"Pastor Ellington visited", "Pastor [NAME] visited"}, {"Baby Girl Penhallow", "Baby Girl [NAME]"},
	      {"goes by Ace", "goes by [NAME]"}, {"EXP COSIGNER: GREELEY, HORACE", "EXP COSIGNER: [NAME]"},
	      {"Officer on duty", NULL}, {"Principal Diagnosis: sepsis", NULL}, {"Medic Alert bracelet", NULL},
	      {"Nurse Manager aware", NULL},
	      {"REV CODE 0450", NULL}, {"Baby girl doing well", NULL}, {"Cc: (Nephrologist)", NULL},
	      {"Attn: Medical Records", NULL},
	      {"Signed: Electronically", NULL});
}

static void test_names_first_in_a_line_or_cell(void **state)
{
	CHECK({"Brantley Osgood, 58M, has pain", "[NAME], 58M, has pain"}, {"Vang, Pa Nhia 34F", "[NAME] 34F"},
	      {"ED NOTE: St. Pierre, Andre 33 yo", "ED NOTE: [NAME] 33 yo"}, {"Dunmore, R | 52 | CHF", "[NAME] | 52 | CHF"},
	      {"Patient:  Rasmussen,\n   Kirsten M.", "Patient:  [NAME]"}, {"Name: Jane M. Bell", "Name: [NAME]"},
	      {"AUTHOR: GREELEY,HORACE T", "AUTHOR: [NAME]"},
	      {"{\"family\":\"Bright\",\"given\":[\"Hope\"]}", "{\"family\":\"[NAME]\",\"given\":[\"[NAME]\"]}"},
	      {"Family: cancer", NULL}, {"PN [GRANGER^ODELL]", "PN [[NAME]]"}, {"<family>Achterberg</family>", "<family>[NAME]</family>"},
	      {"Hip Fracture 83F", NULL}, {"Chest Pain, 58M", NULL}, {"Rash, Fever 3 days", NULL},
	      {"Vitamin, C | x", NULL});
}

static void test_names_behind_services_and_kin(void **state)
{
	CHECK({"D/w ortho Kowalski, NWB.", "D/w ortho [NAME], NWB."}, {"IR (Bohm) to place", "IR ([NAME]) to place"},
	      {"Surgery (Ruiz/Cole-Hart) to see", "Surgery ([NAME]/[NAME]) to see"},
	      {"sons Bo & Al", "sons [NAME] & [NAME]"},
	      {"Her aunt (Fern) raised her", "Her aunt ([NAME]) raised her"}, {"RN Kowalski aware", "RN [NAME] aware"},
	      {"Operator Hill. No", "Operator [NAME]. No"}, {"R. van der Berg, MD", "[NAME], MD"},
	      {"Dr. Noor ul-Amin agrees", "Dr. [NAME] agrees"},
	      {"Smith/Jones team", "[NAME]/[NAME] team"}, {"Paged Osterhaus x2", "Paged [NAME] x2"},
	      {"Jos. Krall, MD", "[NAME], MD"}, {"Ayla M. was absent", "[NAME] was absent"}, {"- Dr. M", "- Dr. [NAME]"},
	      {"Ms. Friday was seen", "Ms. [NAME] was seen"},
	      {"Mr. Poe. Rent $800", "Mr. [NAME]. Rent $800"}, {"Mr. Ng. Drain is out", "Mr. [NAME]. Drain is out"},
	      {"IR (Drain) placed", NULL}, {"Peds: well", NULL}, {"Foster mother is here", NULL}, {"Staff RN aware", NULL},
	      {"MS RDN", NULL});
}

static void test_what_ends_and_what_goes_on_with_a_name(void **state)
{
	CHECK({"Sam Bell III agrees", "[NAME] agrees"}, {"Ray \"Tip\" Mosley, Jr. agrees", "[NAME]. agrees"},
	      {"Dr. Gaines Sr was", "Dr. [NAME] was"},
	      {"this is denise from", "this is [NAME] from"}, {"MR. OKAFOR: Objection.", "MR. [NAME]: Objection."},
	      {"Crew: Boggs/Hale", "Crew: [NAME]/[NAME]"}, {"Dra. Ybarra", "Dra. [NAME]"},
	      {"||9^OKAFOR^NGOZI^M||", "||9^[NAME]||"},
	      {"Okafor: how are you", "[NAME]: how are you"}, {"Called Bergstrom x 3", "Called [NAME] x 3"},
	      {"Mr. Ochs (312-555-0140). Case no. 7", "Mr. [NAME] ([PHONE]). Case no. 7"},
	      {"Mr. Hale misgendered me", "Mr. [NAME] misgendered me"}, {"Dear Parent/Guardian", NULL},
	      {"known as Schmidt syndrome", NULL},
	      {"pt sticker: none", NULL}, {"Temp 94 F in range", NULL}, {"CRNA: Osei", "CRNA: [NAME]"},
	      {"NP Osei notified", "NP [NAME] notified"},
	      {"Lead on duty: Osei / x", "Lead on duty: [NAME] / x"}, {"spelled X-I-C-A-Y", "spelled [NAME]"},
	      {"NP student present", NULL}, {"Father died, MI age 61.", NULL},
	      {"spoke with brenda at", "spoke with [NAME] at"}, {"msg to Osei", "msg to [NAME]"},
	      {"hello brenda this", "hello [NAME] this"}, {"mom rose called", "mom [NAME] called"},
	      {"Consulted Osei", "Consulted [NAME]"},
	      {"mom rose from bed", NULL}, {"referred to foster care", NULL}, {"thanks for calling", NULL},
	      {"spoke to family", NULL},
	      {"Staged per Ann Arbor.", NULL}, {"this is normal", NULL}, {"80053^CMP^CPT", NULL},
	      {"Primary: sepsis", NULL});
}

static void test_names_as_they_sign(void **state)
{
	CHECK({"RKP:jw  dd 03/02/2009", "[NAME]  dd [DATE]"}, {"Yours,\nEFM/rtl\n", "Yours,\n[NAME]\n"}, {"HPI:pt is well", NULL}, {"CV:rrr", NULL}, {"PT/ot", NULL},
	      {"LR:ns 2:1", NULL}, {"PERRL/eomi", NULL}, {"See RKP:jw", NULL},
	      {"HUMPHREY PRIESTLEY, M.D.", "[NAME], M.D."}, {"ATTENDING PHYSICIAN, M.D.", NULL}, {"YELLOWHORSE,Delbert   DOB", "[NAME]   DOB"},
	      {"Name MWAMBA, BLESSING K   Birth", "Name [NAME]   Birth"}, {"plate: GUSTAFSON ARNE L 114 22", "plate: [NAME] 114 22"},
	      {"J Stallings RN, wound care", "[NAME] RN, wound care"}, {"A Stallings RN", "[NAME] RN"}, {"seen\nD Thacker\n", "seen\n[NAME]\n"}, {"A Stallings fund", NULL},
	      {"D Street", NULL}, {"E Coli", NULL}, {"wife, sefina, here", "wife, [NAME], here"}, {"dad dipesh back", "dad [NAME] back"}, {"dad asleep", NULL});
}

static void test_words_of_forms_and_degrees_are_no_names(void **state)
{
	CHECK({"Remark codes: D4", NULL}, {"4/27 called payer, rep", "[DATE] called payer, rep"}, {"Refs: none", NULL}, {"Camp at the Y was fun", NULL}, {"Jess Tolman, MS CGC", "[NAME], MS CGC"},
	      {"with Nan Eckert, RN, CDCES.", "with [NAME], RN, CDCES."}, {"Ludmila Brandt, M.D., FCCP", "[NAME], M.D., FCCP"}, {"USE: Case PA-88402713 recd", "USE: Case [ID] recd"},
	      {"Occ: CONDUCTOR    Work Ph: 308-555-0131", "Occ: CONDUCTOR    Work Ph: [PHONE]"}, {"PCP: Mr. Camp", "PCP: Mr. [NAME]"}, {"Merlin@home unit", NULL},
	      {"new TRAb-positive goitre", NULL}, {"Cobra and Hohmann retractors set", NULL}, {"Oticon aids fit", NULL}, {"Seen.\nOdometer 44 to 51.", NULL}, {"Done. Enroute to them.", NULL}, {"closed with Prineo.", NULL}, {"specific for Graves' and tells", NULL}, {"saw Mr. Graves' wife", "saw Mr. [NAME]' wife"}, {"direct anterior (Smith-Petersen interval)", NULL}, {"IVUS Opticross pass", NULL});
}

static void test_names_told_by_what_stands_behind(void **state)
{
	CHECK({"insurance for the Delgado baby and", "insurance for the [NAME] baby and"}, {"met the Okonkwo family today", "met the [NAME] family today"},
	      {"the Foley family of drains", NULL}, {"the whole family", NULL}, {"First: Nicole   MI: D   DOB:", "First: [NAME]   MI: [NAME]   DOB:"}, {"MI: anterior", NULL});
}

static void test_places_of_work(void **state)
{
	CHECK({"employer H-E-B. Form", "employer [FACILITY]. Form"}, {"Works FT Dollar General DC in", "Works FT [FACILITY] in"}, {"Lodging Best Western conf", "Lodging [FACILITY] conf"},
	      {"employed by Aramark since", "employed by [FACILITY] since"}, {"only at Women's Surgery Center POS", "only at [FACILITY] POS"}, {"at Barrett Hospital, bed", "at [FACILITY], bed"},
	      {"To: Cedar Park Endocrine\n", "To: [FACILITY]\n"}, {"sent to UT Medical Center, bed", "sent to [FACILITY], bed"}, {"by mail order OptumRx. My", "by mail order [FACILITY]. My"}, {"from CVS/pharmacy #4471 today", "from [FACILITY] today"},
	      {"VALLEY VIEW HOSPITAL PATIENT FINANCIAL SERVICES\n", "[FACILITY]\n"}, {"brought by Meals on Wheels daily", "brought by [FACILITY] daily"}, {"meals on time", NULL}, {"works at Intel, here", "works at [FACILITY], here"}, {"stop at Circle K today", "stop at [FACILITY] today"}, {"Intel chips", NULL}, {"student at TMCC now", "student at [FACILITY] now"}, {"works nights at UPS; tired", "works nights at [FACILITY]; tired"}, {"works at PT and OT", NULL}, {"my employer and I", NULL}, {"Barrett clinic visit", NULL}, {"works for food", NULL}, {"general dollar cost", NULL},
	      {"Women's health center", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_small_letters),
		cmocka_unit_test(test_names_behind_offices_and_ranks),
		cmocka_unit_test(test_names_first_in_a_line_or_cell),
		cmocka_unit_test(test_names_behind_services_and_kin),
		cmocka_unit_test(test_names_as_they_sign),
		cmocka_unit_test(test_words_of_forms_and_degrees_are_no_names),
		cmocka_unit_test(test_names_told_by_what_stands_behind),
		cmocka_unit_test(test_places_of_work),
		cmocka_unit_test(test_what_ends_and_what_goes_on_with_a_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
