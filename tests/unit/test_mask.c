/* What is an identifier and what is not: texts, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

static void test_social_security_numbers(void **state)
{
	CHECK({"SSN 536-22-8741.", "SSN [SSN]."}, {"ssn: 536 22 8741", "ssn: [SSN]"}, {"SSN#536228741", "SSN#[SSN]"}, {"id 536-22-8741", "id [SSN]"},
	      {"Social Security Number is 536.22.8741", "Social Security Number is [SSN]"}, {"SSN ending in 8741", "SSN ending in [SSN]"},
	      {"SSN 999-99-9999", "SSN [SSN]"}, {"SSN: 5 3 6 - 2 2 - 8 7 4 1", "SSN: [SSN]"}, {"last four of social 8741", "last four of social [SSN]"},
	      {"ssn is five three six two two eight seven four one, ok", "ssn is [SSN], ok"},
	      {"the range 000-12-3456", "the range [ID]"}, {"536-22-87412", "[ID]"}, {"536228741 cells", NULL}, {"social history of 20 years", NULL});
}

static void test_record_numbers(void **state)
{
	CHECK({"MRN: 84729315", "MRN: [MRN]"}, {"MRN 8472-93", "MRN [MRN]"}, {"MR# E448213", "MR# [MRN]"}, {"Medical record no. 44-82-13", "Medical record no. [MRN]"},
	      {"medical_record_number=84729315", "medical_record_number=[MRN]"}, {"\"mrn\": 84729315,", "\"mrn\": [MRN],"}, {"Patient ID: A0048213", "Patient ID: [MRN]"},
	      {"hospital number: 0048213", "hospital number: [MRN]"}, {"chart review of 2024", NULL}, {"84729315 platelets", NULL}, {"MRN pending", NULL},
	      {"the medical record was reviewed", NULL});
}

static void test_health_plans(void **state)
{
	CHECK({"Medicare: 1EG4-TE5-MK72", "Medicare: [HEALTH_PLAN]"}, {"1EG4TE5MK72", "[HEALTH_PLAN]"}, {"Member ID: XYZ123456789", "Member ID: [HEALTH_PLAN]"},
	      {"Group: 0084412", "Group: [HEALTH_PLAN]"}, {"Policy # H-4482-19", "Policy # [HEALTH_PLAN]"}, {"Medicare Part B covers it", NULL},
	      {"Group therapy at 10.", NULL}, {"member of the choir", NULL});
}

static void test_accounts(void **state)
{
	CHECK({"4111 1111 1111 1111", "[ACCOUNT]"}, {"4111-1111-1111-1111", "[ACCOUNT]"}, {"4111111111111111", "[ACCOUNT]"}, {"4111111111111112 cells", NULL},
	      {"DE89 3704 0044 0532 0130 00", "[ACCOUNT]"}, {"DE89370400440532013000", "[ACCOUNT]"}, {"Account number 0044821377", "Account number [ACCOUNT]"},
	      {"routing 021000021", "routing [ACCOUNT]"}, {"Account of events", NULL});
}

static void test_licenses(void **state)
{
	CHECK({"NPI 1234567893", "NPI [LICENSE]"}, {"NPI: 1234567890", "NPI: [LICENSE]"}, {"1234567893", "[LICENSE]"}, {"DEA AB1234563", "DEA [LICENSE]"},
	      {"AB1234563", "[LICENSE]"}, {"AB1234564", "[ID]"}, {"License no. MD-44821", "License no. [LICENSE]"}, {"driver's license D1234567", "driver's license [LICENSE]"},
	      {"license to practice", NULL});
}

static void test_vehicles_and_devices(void **state)
{
	CHECK({"1HGCM82633A004352", "[VEHICLE]"}, {"VIN 1HGCM82633A004353", "VIN [VEHICLE]"}, {"1HGCM82633A004353", "[ID]"}, {"license plate KLR 4821", "license plate [VEHICLE]"},
	      {"serial number PJN448213S", "serial number [DEVICE]"}, {"S/N: XT-448213", "S/N: [DEVICE]"}, {"00:1B:44:11:3A:B7", "[DEVICE]"},
	      {"(01)00844588003288(17)141120(10)7654321D", "[DEVICE]"}, {"the plate was removed", NULL}, {"Serial troponins were negative", NULL});
}

static void test_other_ids(void **state)
{
	CHECK({"Accession S24-10233", "Accession [ID]"}, {"Case number: 2024-004482", "Case number: [ID]"}, {"Claim # CLM-448213", "Claim # [ID]"},
	      {"Rx# 7448213", "Rx# [ID]"}, {"subject ID ABC-0412", "subject ID [ID]"}, {"Fingerprint ID FP-882-1134", "Fingerprint ID [BIOMETRIC]"},
	      {"in this case 3 of 4", NULL}, {"ICD-10 E11.9", NULL}, {"CPT 99214, 93000", NULL}, {"LOINC 2345-7", NULL}, {"NDC 0093-7424-56", NULL},
	      {"SNOMED 44054006", NULL}, {"data:image/png;base64,iVBORw0KGgo= ok", "[BIOMETRIC] ok"});
}

static void test_labels_as_records_write_them(void **state)
{
	(void)state;
	CHECK({"MRN#: 40718265  Enc #: 300418827", "MRN#: [MRN]  Enc #: [ID]"}, {"M.R.N. 40718265", "M.R.N. [MRN]"}, {"Hosp #: 0071826", "Hosp #: [MRN]"},
	      {"Patient #: 407182", "Patient #: [ID]"}, {"incident number 24-0071826", "incident number [ID]"}, {"Lab No. 718265", "Lab No. [ID]"},
	      {"MRNs: 40718265, 40718266 and 40718267", "MRNs: [MRN], [MRN] and [MRN]"}, {"the MRN that they gave was 771826", "the MRN that they gave was [MRN]"},
	      {"MRN40718265", "MRN[MRN]"}, {"SSN536228741", "SSN[SSN]"}, {"40718265 (MRN)", "[MRN] (MRN)"}, {"Expediente 40718265", "Expediente [MRN]"},
	      {"State license: G 718265", "State license: [LICENSE]"}, {"username: rlopez58", "username: [ID]"}, {"pager 33214", "pager [PHONE]"},
	      {"Lot # 448213", NULL}, {"Disp #1000", NULL}, {"Room # 4412", NULL}, {"a number of 20000 cells", NULL}, {"no 12500 units", NULL},
	      {"MRN was checked. WBC 123000", NULL}, {"model number 448213", NULL}, {"MRN: 40718265, 54 yo, 12345 platelets", "MRN: [MRN], 54 yo, 12345 platelets"});
}

static void test_codes_right_behind_short_labels(void **state)
{
	(void)state;
	CHECK({"docket 24-CV-00917", "docket [ID]"}, {"Case no. LX-2024-118 stays", "Case no. [ID] stays"}, {"badge 5521", "badge [ID]"},
	      {"conf 9KR4W", "conf [ID]"}, {"acct (KD-447)", "acct ([ACCOUNT])"}, {"CDL MO 447 188 204", "CDL [LICENSE]"}, {"user mlopez7", "user [ID]"},
	      {"Aetna W447188204", "Aetna [HEALTH_PLAN]"}, {"login is still tkeys22", "login is still [ID]"}, {"cert. mail 7020 0640 0001", "cert. mail [ID]"},
	      {"MR no. may be 447188 or 447189", "MR no. may be [MRN] or [MRN]"}, {"palm scan PS44718", "palm scan [BIOMETRIC]"},
	      {"Medicaid# OH 0044 7188 2", "Medicaid# [HEALTH_PLAN]"}, {"Medicare 4QG7 TF3 MN81 x", "Medicare [HEALTH_PLAN] x"},
	      {"SN PJN 447188 H", "SN [DEVICE]"}, {"plates KY 447 KDR", "plates [VEHICLE]"}, {"acct 4471-\n88204 due", "acct [ACCOUNT] due"},
	      {"paramedic P44718", "paramedic [ID]"}, {"TRANSFER CENTER CALL #44718", "TRANSFER CENTER CALL #[ID]"},
	      {"id,sex,a1c\n20447,F,7.1\n20448,M,8.2", "id,sex,a1c\n[ID],F,7.1\n[ID],M,8.2"},
	      {"mrn|test\n2044718|K", "mrn|test\n[MRN]|K"}, {"Scr#\tRand#\tArm\nS-1042\tR-20417\tA", "Scr#\tRand#\tArm\n[ID]\t[ID]\tA"},
	      {"{\"resourceType\":\"Patient\",\"id\":\"f47ac10b-58cc-4372\"}", "{\"resourceType\":\"Patient\",\"id\":\"[ID]\"}"},
	      {"UI 1.2.840.113619.2.55.3.604688119.971.1712.467.", "UI [ID]."}, {"UI 1.2.840.10008.5.1.4.1.1.2", NULL},
	      {"2.16.840.1.113883.10.20.22.4.38.1111", NULL}, {"PID|1||407182^^^H^MR~K4471^^^ST", "PID|1||[MRN]^^^H^MR~[MRN]^^^ST"},
	      {"Corolla 4BCN71", "Corolla [VEHICLE]"}, {"handle mel.lopez7", "handle [ID]"},
	      {"R. Lopez PT019321", "[NAME] PT[LICENSE]"}, {"RN44718 signed", "RN[LICENSE] signed"}, {"PT 12.5", NULL},
	      {"order 1000 mL", NULL}, {"order CA125 and CA15-3", NULL}, {"path T2N1M0", NULL}, {"report PHQ-9 12", NULL}, {"order V5267", NULL},
	      {"intake 1200-1500 kcal", NULL}, {"Intake: 1850 mL", NULL}, {"REF 5515-F-501", NULL}, {"Aetna 2024 formulary", NULL}, {"User: can you", NULL},
	      {"prior L4-L5 fusion", NULL}, {"tag 00271", NULL});
}

static void test_keys_of_several_words(void **state)
{
	(void)state;
	CHECK({"medicalRecordNumber: 40718265", "medicalRecordNumber: [MRN]"}, {"PatientID=407182", "PatientID=[MRN]"}, {"ssnLast4: 8741", "ssnLast4: [SSN]"},
	      {"deviceSerialNumber: PZK718265H", "deviceSerialNumber: [DEVICE]"}, {"insuranceMemberId: W884412907", "insuranceMemberId: [HEALTH_PLAN]"},
	      {"accessionNo: A7182654", "accessionNo: [ID]"}, {"admitDate: 20240314", "admitDate: [DATE]"}, {"heartRate: 7200", NULL}, {"platelet.Count: 450000", NULL});
}

static void test_what_is_left_of_a_hidden_number(void **state)
{
	(void)state;
	CHECK({"xxx-xx-8741", "xxx-xx-[SSN]"}, {"***-**-8741", "***-**-[SSN]"}, {"xxxxx8741", "xxxxx[SSN]"}, {"Visa ending in 4321", "Visa ending in [ACCOUNT]"},
	      {"last 4 of card: 4321", "last 4 of card: [ACCOUNT]"}, {"card on file ****4321", "card on file ****[ACCOUNT]"}, {"**1500** mL", NULL},
	      {"last four of your social?\nCaller: it's 3011.", "last four of your social?\nCaller: it's [SSN]."}, {"ending in 2021", NULL});
}

static void test_telephones(void **state)
{
	CHECK({"(617) 482-3190", "[PHONE]"}, {"617.482.3190", "[PHONE]"}, {"617-482-3190 x22", "[PHONE]"}, {"+44 20 7946 0958", "[PHONE]"}, {"6174823190", "[PHONE]"},
	      {"call 482-3190", "call [PHONE]"}, {"Fax: 617-482-3191", "Fax: [FAX]"}, {"(111) 111-1111", "[PHONE]"}, {"150-400", NULL}, {"call 911", NULL},
	      {"12.3 x 4.5 x 3.2", NULL}, {"phone six one seven four eight two three one nine zero", "phone [PHONE]"});
}

static void test_telephones_in_other_groups(void **state)
{
	(void)state;
	CHECK({"617 482 3190 is her cell", "[PHONE] is her cell"}, {"617-4823190", "[PHONE]"}, {"1-888-CALL-NOW.", "[PHONE]."}, {"011 44 20 7946 0958", "[PHONE]"},
	      {"(H) 482-3190", "(H) [PHONE]"}, {"F: 482-3190", "F: [FAX]"}, {"my number is 482-3190", "my number is [PHONE]"}, {"SSN: 536-22-8741SSN", "SSN: [SSN]SSN"},
	      {"SSN: 536--22--8741", "SSN: [SSN]"}, {"SSN: \u0665\u0663\u0666-\u0662\u0662-\u0668\u0667\u0664\u0661", "SSN: [SSN]"}, {"200 300 4000", NULL},
	      {"212 345 6789 1011", NULL}, {"HR 72, P: 120-140", NULL}, {"1-800-mg", NULL});
}

static void test_values_of_identifiers(void **state)
{
	(void)state;
	CHECK({"{\"identifier\":[{\"type\":{\"coding\":[{\"code\":\"MR\"}]},\"value\":\"40718265\"}],\"valueQuantity\":{\"value\":123456}}",
	       "{\"identifier\":[{\"type\":{\"coding\":[{\"code\":\"MR\"}]},\"value\":\"[ID]\"}],\"valueQuantity\":{\"value\":123456}}"},
	      {"mrn: four zero seven one eight two", "mrn: [MRN]"}, {"Twitter @rosalopez58", "Twitter @[ID]"}, {"s3://bucket/patients/40718265.json", "[URL]"},
	      {"rosa @ example.org", "[EMAIL]"}, {"MRN;DOB;Sex\n40718265;1958-03-04;F\n", "MRN;DOB;Sex\n[MRN];[DATE];F\n"}, {"MRN:40718265DOB:03/04/1958SEX:F", "MRN:[MRN]:[DATE]SEX:F"});
}

static void test_codes_without_a_label(void **state)
{
	(void)state;
	CHECK({"opened as CPS-24-0718.", "opened as [ID]."}, {"the RV lead PJN4482131", "the RV lead [ID]"}, {"paid into 0071826540", "paid into [ID]"},
	      {"merge 40718265 into 40718266.", "merge [ID] into [ID]."},
	      {"the car (8ABC123, California)", "the car ([VEHICLE], California)"}, {"Her MRN at the other hospital was 771826.", "Her MRN at the other hospital was [MRN]."}, {"filed (1182654)", "filed ([ID])"}, {"slides SP-23-071826", "slides [ID]"},
	      {"at 482-3191.", "at [PHONE]."}, {"ward, x44711", "ward, x[PHONE]"}, {"last four: 8741", "last four: [SSN]"}, {"tag 4TR821", "tag [VEHICLE]"},
	      {"84729315 platelets", NULL}, {"n: 84729315", NULL}, {"1000-2000 mL", NULL}, {"1900-0700", NULL}, {"NCT01234567", NULL}, {"M25561 and S72001A", NULL},
	      {"0093-7424-56", NULL}, {"GSK1278863", NULL}, {"12500UNITS", NULL}, {"R01 HL123456", NULL}, {"Order: 1500 mL", NULL},
	      {"Rx: 1000 mg", NULL}, {"Plan: 2000 kcal", NULL}, {"SNOMED CT 44054006", NULL}, {"2345-7", NULL}, {"99214-25", NULL}, {"model 5076-52", NULL});
}

static void test_telephones_in_short(void **state)
{
	CHECK({"ICU x5521", "ICU x[PHONE]"}, {"(x206)", "(x[PHONE])"}, {"Dietary, x 4413", "Dietary, x [PHONE]"}, {"ext. 4-7712", "ext. [PHONE]"},
	      {"mailbox 5521", "mailbox [PHONE]"}, {"page me at 1144", "page me at [PHONE]"}, {"555-0138 (home)", "[PHONE] (home)"}, {"is at 826-0138", "is at [PHONE]"},
	      {"two oh six, five five five, zero one three eight", "[PHONE]"}, {"it's five five five, oh one three eight.", "it's [PHONE]."},
	      {"x3 days", NULL}, {"x100 magnification", NULL}, {"x1000 oil", NULL}, {"x 4000 mL", NULL}, {"250-3000 units", NULL}, {"at 250-3000 units", NULL},
	      {"one two three four five six seven, he counts", NULL}, {"400 450 1200 mL", NULL}, {"page 1144 of the manual", NULL}, {"mail box is full", NULL});
}

static void test_labels_without_a_mark(void **state)
{
	(void)state;
	CHECK({"tel. 020 7946 0187", "tel. [PHONE]"}, {"mobile 07700 900187", "mobile [PHONE]"}, {"badge 22018", "badge [ID]"}, {"participant HV-0718", "participant [ID]"},
	      {"username jcarver44", "username [ID]"}, {"Patient (482113) seen", "Patient ([ID]) seen"}, {"TD, ending 2217", "TD, ending [ACCOUNT]"},
	      {"block S24-07182-A3", "block [ID]"}, {"(11)230415(17)280415(10)A0718(21)718265", "[DEVICE]"}, {"MRN / FIN: 40718265 / 718265401", "MRN / FIN: [ACCOUNT] / [ACCOUNT]"},
	      {"my social is five three six, twenty-two, eighty-seven forty-one", "my social is [SSN]"}, {"Cert. no. 552190", "Cert. no. [LICENSE]"}, {"Visa *4417", "Visa *[ACCOUNT]"},
	      {"username and password", NULL}, {"better. No 12500 units", NULL}, {"the year ending 2019", NULL},
	      {"call 12/25 1715", "call [DATE] 1715"}, {"(12) and (17) were", NULL});
}

static void test_dates(void **state)
{
	CHECK({"on 3/14/24", "on [DATE]"}, {"2024-03-14", "[DATE]"}, {"2024-03-14T10:15", "[DATE]T10:15"}, {"14.3.2024", "[DATE]"}, {"03-14-2024", "[DATE]"},
	      {"DOB 07041961", "DOB [DATE]"},
	      {"Date of incident: 2001", NULL}, {"date of visit 12/3/2001", "date of visit [DATE]"}, {"DOB: 7/4/61", "DOB: [DATE]"}, {"in 2024", NULL}, {"120/80", NULL}, {"1/2 tablet", NULL}, {"4/5 strength", NULL},
	      {"33/14/2024", NULL}, {"L4-5", NULL}, {"10.2.4", NULL}, {"75/25", NULL});
}

static void test_addresses_of_the_net(void **state)
{
	CHECK({"j.smith+x@mail.example.org.", "[EMAIL]."}, {"jsmith at gmail dot com", "[EMAIL]"}, {"jsmith (at) example (dot) org", "[EMAIL]"},
	      {"https://a.example/p?x=1.", "[URL]."}, {"see www.example.com/x, ok", "see [URL], ok"}, {"mychart.example.org", "[URL]"}, {"192.168.14.7", "[IP]"},
	      {"fe80::1ff:fe23:4567:890a", "[IP]"}, {"version 2.14.0.9", NULL}, {"256.1.1.1", NULL}, {"10:30:45", NULL}, {"at the clinic", NULL}, {"e.g. this", NULL},
	      {"pt@bedside", NULL});
}

static void test_names_behind_titles_and_labels(void **state)
{
	CHECK({"Dr. Smith called", "Dr. [NAME] called"}, {"Dr Jane Q. Smith, MD", "Dr [NAME], MD"}, {"Mrs. O'Brien-Lee's", "Mrs. [NAME]'s"},
	      {"Drs. Patel and Goldberg agree", "Drs. [NAME] and [NAME] agree"}, {"Name: Garc\u00eda L\u00f3pez, Mar\u00eda", "Name: [NAME]"},
	      {"Mr. van der Berg", "Mr. [NAME]"}, {"Patient: VAN DER BERG, HENDRIK", "Patient: [NAME]"}, {"Next of kin: Nguyen Van An (husband)", "Next of kin: [NAME] (husband)"},
	      {"cc: Ram\u00f3n Ibarra, MD; Lucille Oyelaran, NP", "cc: [NAME], MD; [NAME], NP"}, {"my name is deshawn carter and", "my name is [NAME] and"},
	      {"Pt name: kowalski, ed", "Pt name: [NAME]"},
	      {"Dr. J-o-h-n S-m-i-t-h", "Dr. [NAME]"}, {"Electronically signed by Marguerite O'Brien, MD", "Electronically signed by [NAME], MD"},
	      {"Name of medication: lisinopril", NULL}, {"Name: Unknown", NULL}, {"The Doctor on call", NULL}, {"Signed by both parties.", NULL},
	      {"Mother: hypertension.", NULL}, {"Patient: Yes, I do.", NULL}, {"Doctor: Any cough?", NULL}, {"Reviewed by: pharmacy", NULL});
}

static void test_names_in_running_text(void **state)
{
	CHECK({"Rose was seen in clinic.", "[NAME] was seen in clinic."}, {"May Chen will call back", "[NAME] will call back"}, {"Grace Long, RN, took it", "[NAME], RN, took it"},
	      {"Mark Price is a 51-year-old smoker.", "[NAME] is a 51-year-old smoker."}, {"Hope Banks came in", "[NAME] came in"}, {"Malik Long, M.D.", "[NAME], M.D."},
	      {"Her son, Kwame Mensah, lives here", "Her son, [NAME], lives here"}, {"Spoke with Priya in the lab.", "Spoke with [NAME] in the lab."},
	      {"per Yamamoto, hold the heparin", "per [NAME], hold the heparin"}, {"Lamar's mother asked", "[NAME]'s mother asked"}, {"Yazzie is a 9-year-old boy", "[NAME] is a 9-year-old boy"},
	      {"Baker, Thomas is in room 4", "[NAME] is in room 4"}, {"This is Olga from the pharmacy", "This is [NAME] from the pharmacy"}, {"Surgeon de la Cruz", "Surgeon [NAME]"},
	      {"Seen with J. Hofstadter.", "Seen with [NAME]."}, {"Frank was asked to fast", "[NAME] was asked to fast"}, {"Ray had an x-ray", "[NAME] had an x-ray"},
	      {"A single rose was there", NULL}, {"The temperature rose to 101.4", NULL}, {"a long history", NULL},
	      {"frank blood in the stool", NULL}, {"We hope to discharge her", NULL}, {"Foley catheter and Swan-Ganz were removed.", NULL}, {"Bell palsy on the right", NULL},
	      {"Crohn disease, Cushing syndrome, Hodgkin lymphoma", NULL}, {"Wilson disease", NULL}, {"takes Allegra, Flonase and Singulair", NULL}, {"Clark level II", NULL},
	      {"She was raised in North Carolina.", NULL}, {"Alert and Oriented times three, in No Acute Distress.", NULL}, {"I'm fine, they'll see", NULL}, {"In January of", "In [DATE] of"},
	      {"ASSESSMENT AND PLAN: COPD exacerbation", NULL}, {"Review of Systems: negative", NULL}, {"Zimmer Biomet implant", NULL});
}

static void test_names_by_what_people_do(void **state)
{
	CHECK({"Whitcombe also reports pain", "[NAME] also reports pain"}, {"Hargreaves has remained afebrile.", "[NAME] has remained afebrile."},
	      {"Tomlinson appears comfortable", "[NAME] appears comfortable"}, {"Osterhaus is a retired teacher", "[NAME] is a retired teacher"},
	      {"Trujillo was not seen", "[NAME] was not seen"}, {"Sandberg is better today", "[NAME] is better today"}, {"Rosario, a retired driver, has COPD", "[NAME], a retired driver, has COPD"},
	      {"Bogdan and his sister attended", "[NAME] and his sister attended"}, {"We examined Hargreaves at bedside", "We examined [NAME] at bedside"},
	      {"Spoke w/ Tomlinson today", "Spoke w/ [NAME] today"}, {"Results were given to Delgado.", "Results were given to [NAME]."}, {"The patient, Delgado, was seen", "The patient, [NAME], was seen"},
	      {"William \"Buddy\" Cobb is here", "[NAME] is here"}, {"Theresa (Terry) Lund is seen", "[NAME] is seen"}, {"J.R. is a 6-year-old", "[NAME] is a 6-year-old"},
	      {"Foley was placed", NULL}, {"Holter is normal", NULL}, {"Christmas was hard", NULL}, {"Salter-Harris II", NULL}, {"North Carolina 27103", "North Carolina [ZIP]"},
	      {"The patient, Spanish speaking, was seen", NULL}, {"Moderna declined.", NULL}, {"Entresto was started.", NULL}, {"Xarelto and Brilinta were reviewed", NULL}, {"Trelegy was called in", NULL}, {"Lasix was held", NULL});
}

static void test_names_by_posts_and_ages(void **state)
{
	CHECK({"Attending Beck was told", "Attending [NAME] was told"}, {"per neph Odhiambo.", "per neph [NAME]."}, {"ofc. Tran came", "ofc. [NAME] came"},
	      {"f/u w/ Kowal; ostomy", "f/u w/ [NAME]; ostomy"}, {"his wife (Aoife) asked", "his wife ([NAME]) asked"}, {"TEE (Ouellette) 9 mm", "TEE ([NAME]) 9 mm"},
	      {"Thorvald Ness, 51M", "[NAME], 51M"}, {"Quimblet 51F with", "[NAME] 51F with"}, {"Ostrand dob 1/2/1950", "[NAME] dob [DATE]"}, {"Thanks,\nOuellette\n", "Thanks,\n[NAME]\n"},
	      {"Ms. Sunday was seen", "Ms. [NAME] was seen"}, {"Father's name Shadrach Pippen", "Father's name [NAME]"}, {"Foley 16F catheter", NULL}, {"with Keppra", NULL},
	      {"{\"name\": \"Lamictal\"}", NULL}, {"{\"name\": \"Trokendi XR\", \"n\": 1}", NULL}, {"Murphy is negative", NULL}, {"the resident Case", NULL}, {"Child-Pugh B", NULL});
}

static void test_names_of_many_nations(void **state)
{
	CHECK({"We told Anneliese.", "We told [NAME]."}, {"Agnieszka Wrobel was here", "[NAME] was here"}, {"asked for Chidi again", "asked for [NAME] again"},
	      {"S\u00f8ren and Thuy Linh came", "[NAME] and [NAME] came"}, {"Today Prakash ate", "Today [NAME] ate"}, {"born in Lagos, raised in Guadalajara", "born in [CITY], raised in [CITY]"},
	      {"She emigrated from Poland in 1990.", NULL}, {"moved to Eastern Germany", NULL}, {"My family is Cuban and", NULL}, {"came from Tanzania, my birthplace", NULL});
}

static void test_names_behind_labels_of_forms(void **state)
{
	CHECK({"Attending: Sandberg", "Attending: [NAME]"}, {"Admitting: Vandermolen, Pieter", "Admitting: [NAME]"}, {"Cosigned by Dmitry Volkov", "Cosigned by [NAME]"},
	      {"Entered by: shelly brandt", "Entered by: [NAME]"}, {"{\"patientName\": \"Rohan Mistry\"}", "{\"patientName\": \"[NAME]\"}"}, {"PID|1||||DOE^JOHN^Q||", "PID|1||||[NAME]||"},
	      {"{\"physician\":\"Grigoryan\"}", "{\"physician\":\"[NAME]\"}"}, {"{\"family\":\"Tuiasosopo\"}", "{\"family\":\"[NAME]\"}"}, {"{\"display\":\"Lamictal\"}", NULL}, {"MD Guidry notified", "MD [NAME] notified"}, {"ticket in SNOW today", NULL},
	      {"{\"display\":\"Glucose\"}", NULL}, {"Name: metformin", NULL}, {"Attending: present", NULL},
	      {"Referring: Cardiology", NULL}, {"Patient: Mmhmm", NULL});
}

static void test_names_found_again(void **state)
{
	CHECK({"Ingrid Sandoval came. Sandoval is stable. Ingrid ate.", "[NAME] came. [NAME] is stable. [NAME] ate."},
	      {"Patient: Omar Rashid. OMAR RASHID and O. Rashid", "Patient: [NAME]. [NAME] and [NAME]"},
	      {"Mr. Day improved by day 3; Day went home the next day.", "Mr. [NAME] improved by day 3; [NAME] went home the next day."},
	      {"Ms. Bell has Bell palsy.", "Ms. [NAME] has Bell palsy."}, {"Dr. Crohn saw Crohn disease.", "Dr. [NAME] saw Crohn disease."},
	      {"Mrs. Long has had a long day.", "Mrs. [NAME] has had a long day."});
}

static void test_dates_in_words(void **state)
{
	CHECK({"March 3, 2024", "[DATE]"}, {"3 March 2024", "[DATE]"}, {"the 3rd of May.", "[DATE]."}, {"Mon, June 5th at 9", "[DATE] at 9"}, {"Jan 5-9 for sepsis", "[DATE] for sepsis"},
	      {"October 2021", "[DATE]"}, {"14-Mar-24", "[DATE]"}, {"03MAR2024", "[DATE]"}, {"on 3/14, since 12/30", "on [DATE], since [DATE]"}, {"On 20240314 it", "On [DATE] it"},
	      {"March third", "[DATE]"}, {"Sept. 12", "[DATE]"}, {"in 1998", NULL}, {"In May.", "In [DATE]."}, {"may 3 tablets", NULL}, {"march 5 miles", NULL}, {"on Monday", NULL},
	      {"the third dose", NULL}, {"a ratio of 3/14 positive", NULL}, {"24/30 on the MMSE", NULL}, {"vision 20/40 on the right", NULL}, {"May 120/80 be normal", NULL});
}

static void test_days_told_by_what_is_around_them(void **state)
{
	(void)state;
	CHECK({"3/4-3/9/22 for CHF", "[DATE] for CHF"}, {"Admit 3/14, d/c 3/19", "Admit [DATE], d/c [DATE]"}, {"LMP 3/4", "LMP [DATE]"}, {"Echo 3/9 EF 55%", "Echo [DATE] EF 55%"},
	      {"MRI of 3/9 shows", "MRI of [DATE] shows"}, {"from 3/4 to 3/9", "from [DATE] to [DATE]"}, {"CABG (03/2019)", "CABG ([DATE])"},
	      {"3/9: afebrile\n3/11 Extubated.", "[DATE]: afebrile\n[DATE] Extubated."}, {"Mon 3/14 0815", "[DATE] 0815"}, {"20240314101500", "[DATE]"},
	      {"Date 031424", "Date [DATE]"}, {"14.03.24", "[DATE]"}, {"strength from 3/5 to 4/5", NULL}, {"pain from 7/10 to 3/10", NULL}, {"labs 2/2 positive", NULL},
	      {"reduced to 1/2 tablet", NULL}, {"Scored 24/30 and 11/27", NULL}, {"a ratio of 3/14", NULL}, {"1.4.24", NULL}, {"done 5/5", NULL});
}

static void test_months_holidays_and_seasons(void **state)
{
	(void)state;
	CHECK({"in March she was", "in [DATE] she was"}, {"between March and June.", "between [DATE] and [DATE]."}, {"January to March 2023", "[DATE]"},
	      {"may 3, 2023", "[DATE]"}, {"jan 5", "[DATE]"}, {"May 3 to 9", "[DATE]"}, {"May 3, 4 and 5.", "[DATE]."}, {"3-9 May 2023", "[DATE]"},
	      {"March third, nineteen forty-five", "[DATE]"}, {"2024-Mar-14", "[DATE]"}, {"4 de marzo de 1945", "[DATE]"}, {"on the 14th she fell", "on [DATE] she fell"},
	      {"Monday the 14th", "[DATE]"}, {"on Christmas Eve", "on [DATE]"}, {"Thanksgiving 2022", "[DATE]"}, {"New Year's Day", "[DATE]"}, {"in the fall of 2022", "in the [DATE]"},
	      {"Winter 2019-2020", "[DATE]"}, {"Q3 2022", "[DATE]"}, {"in march and run", NULL}, {"by April Smith", "by [NAME]"}, {"the 5th toe", NULL}, {"on the 4th floor", NULL},
	      {"fall in 2021", NULL}, {"a summer cold", NULL}, {"New Years ago", NULL}, {"5 March fractures", NULL}, {"Mayo 3 inflammation", NULL}, {"q3h 2022", NULL});
}

static void test_days_without_a_year(void **state)
{
	CHECK({"Cr 1.4 (10/24), was 1.2 (10/19)", "Cr 1.4 ([DATE]), was 1.2 ([DATE])"}, {"Staples out 11/16", "Staples out [DATE]"},
	      {"F/u 10-20 w/ surgery", "F/u [DATE] w/ surgery"}, {"call 11-13 1715", "call [DATE] 1715"}, {"3/4, 3/5 and 3/7", "[DATE], [DATE] and [DATE]"},
	      {"4/4 0700-1900: calm", "[DATE] 0700-1900: calm"}, {"CABG 2/2016", "CABG [DATE]"}, {"in 08/97 she", "in [DATE] she"}, {"seen 5/4 by", "seen [DATE] by"},
	      {"by the 15th she was", "by [DATE] she was"}, {"October visit", "[DATE] visit"}, {"on may 3", "on [DATE]"}, {"8.21.24", "[DATE]"}, {"inpatient MAR 11/17-11/20", "inpatient MAR [DATE]"}, {"MAR 11 2026", "[DATE]"}, {"labs 5-19 Na 138", "labs [DATE] Na 138"}, {"5-19 0650: resting", "[DATE] 0650: resting"}, {"9JAN", "[DATE]"},
	      {"the 5/8 visit", "the [DATE] visit"}, {"10/3-5 inpatient", "[DATE] inpatient"}, {"since 2024-03", "since [DATE]"}, {"{\"lastVisit\": \"10/24\"}", "{\"lastVisit\": \"[DATE]\"}"},
	      {"seen 8.9.24", "seen [DATE]"}, {"the 14th of last month", "[DATE] of last month"}, {"seen March\n14, 2024", "seen [DATE]"}, {"Mon-Fri 8-5", NULL},
	      {"date of birth is ten twenty-four nineteen sixty", "date of birth is [DATE]"}, {"3/4-5 tablets", NULL}, {"March 14,\n2024", "[DATE]"}, {"Augmentin 8/2 bid", NULL}, {"2/3 trials", NULL}, {"MIC S 8/4 /", NULL},
	      {"f/u 10-14 days", NULL}, {"on 2-4 L", NULL}, {"seen 2-3 times", NULL}, {"between 3-4 pm", NULL}, {"MoCA 11/30", NULL}, {"11/27 on PHQ-9", NULL},
	      {"Page 2/11", NULL}, {"H/H 10/30", NULL}, {"fell 2/2 weakness", NULL}, {"from 7/10 to 3/10", NULL}, {"1/20 and 1/40 dilutions", NULL}, {"on 1/2 tab", NULL},
	      {"in OCT thinning", NULL}, {"36 4/7", NULL}, {"3/14 nodes", NULL}, {"on the 2nd floor", NULL}, {"3/4 of the time", NULL}, {"10/12.5 daily", NULL});
}

static void test_ages(void **state)
{
	CHECK({"a 93-year-old woman", "a [AGE]-year-old woman"}, {"ninety-two years old", "[AGE] years old"}, {"Aged 101, alone", "Aged [AGE], alone"}, {"91 y/o F", "[AGE] y/o F"},
	      {"died at age 97.", "died at age [AGE]."}, {"one hundred and two years old", "[AGE] years old"}, {"Age: 94", "Age: [AGE]"}, {"92 y.o.", "[AGE] y.o."}, {"89 years old", NULL},
	      {"93 kg", NULL}, {"SpO2 92% at rest", NULL}, {"95 percent stenosis", NULL}, {"fever over 101 F", NULL}, {"pulse 94", NULL}, {"90+-year-old", NULL}, {"in a hundred cases", NULL});
}

static void test_ages_in_other_words(void **state)
{
	(void)state;
	CHECK({"94y F, pt is 94M", "[AGE]y F, pt is [AGE]M"}, {"AGE/SEX: 94/F", "AGE/SEX: [AGE]/F"}, {"ages 94 and 96", "ages [AGE] and [AGE]"}, {"she is 94.", "she is [AGE]."},
	      {"her 94th birthday", "her [AGE]th birthday"}, {"Mother died at 94", "Mother died at [AGE]"}, {"lived to be 98", "lived to be [AGE]"},
	      {"grandmother (97)", "grandmother ([AGE])"}, {"in her mid-90s", "in her mid-[AGE]s"}, {"nonagenarian", "[AGE]"}, {"born in 1931", "born in [AGE]"},
	      {"DOB: 1931", "DOB: [AGE]"}, {"94-year, 3-month-old", "[AGE]-year, 3-month-old"}, {"She will be 95 in June", "She will be [AGE] in [DATE]"},
	      {"born in 1951", NULL}, {"SBP in the 90s", NULL}, {"94 M solution", NULL}, {"She is 94% on 2 L", NULL}, {"She is 94 kg.", NULL}, {"temperature is 99 F.", NULL},
	      {"90 years of data were pooled", NULL}, {"the 95th percentile", NULL}, {"90 day supply", NULL}, {"since 1931", NULL});
}

static void test_ages_as_people_write_them(void **state)
{
	CHECK({"(93M, POD 3)", "([AGE]M, POD 3)"}, {"pt is a 91M here for", "pt is a [AGE]M here for"}, {"92yof", "[AGE]yof"}, {"92 y.o. M", "[AGE] y.o. M"},
	      {"she's ninety-one now", "she's [AGE] now"}, {"mom is 96 and lives with us", "mom is [AGE] and lives with us"}, {"will be 95 in June", "will be [AGE] in [DATE]"},
	      {"Mother died at 94", "Mother died at [AGE]"}, {"husband (93) has", "husband ([AGE]) has"}, {"her 94th birthday", "her [AGE]th birthday"},
	      {"in her nineties", "in her [AGE]"}, {"F/92", "F/[AGE]"}, {"94/F from SNF", "[AGE]/F from SNF"}, {"a woman of 94 who fell", "a woman of [AGE] who fell"}, {"DOB 3/4/1931 (94)", "DOB [DATE] ([AGE])"},
	      {"still drives at ninety-three", "still drives at [AGE]"}, {"at ninety degrees", NULL},
	      {"CC: 98F with AMS", "CC: [AGE]F with AMS"}, {"Last birthday (years) 91", "Last birthday (years) [AGE]"}, {"in his 90s", "in his [AGE]s"}, {"Age/Sex: 94/F", "Age/Sex: [AGE]/F"}, {"Ruth Keller (94) was", "[NAME] ([AGE]) was"},
	      {"89M w/ CHF", NULL}, {"94M cells", NULL}, {"97F, HR 88", NULL}, {"temp 102 F in triage", NULL}, {"he is 94 on 2 L", NULL}, {"SBP in the 90s", NULL},
	      {"turned 90 degrees", NULL}, {"90 years of data", NULL}, {"HR is 92 and regular", NULL}, {"glucose 94 F/U", NULL}, {"(97)", NULL});
}

/* A year of birth tells an age over 89 or not, from today on. */
static void test_years_of_birth(void **state)
{
	CHECK({"born in 1929", "born in [AGE]"}, {"b. 1930", "b. [AGE]"}, {"DOB: 1928", "DOB: [AGE]"}, {"year of birth 1927", "year of birth [AGE]"},
	      {"born in 1961", NULL}, {"born at 1930 hrs", NULL}, {"discharged 1930", NULL}, {"in 1930 the hospital was founded", NULL});
}

static void test_places(void **state)
{
	CHECK({"lives at 1420 Whispering Pines Lane, Missoula, MT 59801.", "lives at [ADDRESS], [CITY], MT [ZIP]."}, {"88 5th Ave, Apt 3C.", "[ADDRESS]."}, {"P.O. Box 771, Reno, Nevada", "[ADDRESS], [CITY], Nevada"},
	      {"Address: 12 Rue Royale #4", "Address: [ADDRESS]"}, {"From Chattanooga, TN, visiting", "From [CITY], TN, visiting"}, {"of Penobscot County", "of [COUNTY]"},
	      {"from Mount Carmel Hospital by ground", "from [FACILITY] by ground"}, {"at St. Luke's in Boston", "at [FACILITY] in [CITY]"}, {"Pine Ridge Nursing Home", "[FACILITY]"},
	      {"12-40 31st Avenue", "[ADDRESS]"}, {"moved to Baton Rouge in", "moved to [CITY] in"}, {"the hospital by ambulance", NULL}, {"a nursing home", NULL}, {"The Medical Center's policy", NULL},
	      {"Philadelphia chromosome", NULL}, {"Boston bowel prep score 9", NULL}, {"Rocky Mountain spotted fever", NULL}, {"Room 412, bed B, 4 North", NULL}, {"Street drugs denied", NULL},
	      {"Seen in Urgent Care", NULL}, {"born at 39 weeks", NULL}, {"moved from Virginia", NULL}, {"2 Drive-Through meals", NULL}, {"Children's Hospital", NULL});
}

static void test_places_abroad(void **state)
{
	CHECK({"Hauptstra\u00dfe 12, 10115 Berlin", "[ADDRESS], [ZIP] [CITY]"}, {"at 12 rue de la Paix, 75002 Paris.", "at [ADDRESS], [ZIP] [CITY]."}, {"Calle Mayor 45, Madrid", "[ADDRESS], [CITY]"},
	      {"Lindenweg 7", "[ADDRESS]"}, {"Via dei Fiorentini 17", "[ADDRESS]"}, {"Kossuth utca 5.", "[ADDRESS]."}, {"14 Orchard Close, Leeds LS6 2AB", "[ADDRESS], [CITY] [ZIP]"},
	      {"88 Queen Street West, Toronto, ON M5H 2M9", "[ADDRESS], [CITY], ON [ZIP]"}, {"5 Wattle Grove, Geelong VIC 3220", "[ADDRESS], [CITY] VIC [ZIP]"}, {"born in Lagos in 2010", "born in [CITY] in 2010"},
	      {"Monitoring 4 times", NULL}, {"Via mouth 3 times", NULL}, {"Brigade 4", NULL}, {"T2 3RD rib", NULL}, {"M5H 2M9 cells", NULL}, {"en la calle 5", NULL});
}

static void test_roads_and_units(void **state)
{
	CHECK({"RR 2 Box 118", "[ADDRESS]"}, {"HC 61 Box 40", "[ADDRESS]"}, {"4410 County Road 12, Salina", "[ADDRESS], [CITY]"}, {"1600 US Highway 19 N Lot 44", "[ADDRESS]"}, {"12 Main St\nApt 4", "[ADDRESS]"},
	      {"77 W Wacker #3109, Chicago", "[ADDRESS], [CITY]"}, {"3151 Farnsworth, Detroit", "[ADDRESS], [CITY]"}, {"Rt. 3, Box 44-A", "[ADDRESS]"}, {"P O Box 14067", "[ADDRESS]"},
	      {"12 Main St, St. Louis, MO 63110", "[ADDRESS], [CITY], MO [ZIP]"}, {"<city>Wellfleet</city>", "<city>[CITY]</city>"}, {"everyone in Chattanooga.", "everyone in [CITY]."},
	      {"10 N saline", NULL}, {"1200 Lasix, Boston", NULL}, {"RR 18, BP 120/80", NULL}, {"HC 34 percent", NULL});
}

static void test_facilities(void **state)
{
	CHECK({"from Mercy General for care", "from [FACILITY] for care"}, {"at Lincoln Elementary School.", "at [FACILITY]."}, {"Hargrove Pharmacy", "[FACILITY]"}, {"Grace Lutheran Church", "[FACILITY]"},
	      {"Brookhaven Skilled Nursing Facility", "[FACILITY]"}, {"High School", NULL}, {"the Attorney General for", NULL}, {"Catholic Church", NULL}, {"Sunday School", NULL}, {"Nursing Facility", NULL},
	      {"seen at Highline with", "seen at [FACILITY] with"}, {"sent to Dell Children's on", "sent to [FACILITY] on"}, {"Curtis Park Health", "[FACILITY]"}, {"at Our Lady of Lourdes,", "at [FACILITY],"},
	      {"transferred to St. Agatha by", "transferred to [FACILITY] by"}, {"Oakmont Rehabilitation Center", "[FACILITY]"}, {"Cath Lab", NULL},
	      {"Women's Health", NULL}, {"at McBurney point", NULL}, {"seen at Thanksgiving", NULL}, {"transferred to Medicine", NULL}, {"sent to ICU", NULL});
}

static void test_addresses_in_hurried_notes(void **state)
{
	CHECK({"Rt 2 Box 118", "[ADDRESS]"}, {"Route 4, Box 22A", "[ADDRESS]"}, {"mail to PO Drawer 49", "mail to [ADDRESS]"}, {"118-B Cotton Rd is", "[ADDRESS] is"}, {"at 418 Wabash St, rear.", "at [ADDRESS]."},
	      {"lives at 310 government st with", "lives at [ADDRESS] with"}, {"sent to 77 quarry rd, the", "sent to [ADDRESS], the"}, {"14 Dock St, Astoria 97103", "[ADDRESS], [CITY] [ZIP]"}, {"77 Harvest Rd Elkhart 46514", "[ADDRESS] [CITY] [ZIP]"},
	      {"Escondido 92025", "[CITY] [ZIP]"}, {"a farm north of Pawhuska", "a farm north of [CITY]"}, {"in 10 weeks ct of the chest", NULL}, {"at 24 hours st changes", NULL}, {"Rt 2 toe", NULL},
	      {"Route 2 of infection", NULL}, {"walked 120 feet in the street", NULL}, {"Normal 10000", NULL});
}

static void test_places_of_care(void **state)
{
	CHECK({"Seen at Copper Hollow Family Practice today", "Seen at [FACILITY] today"}, {"PT at Summit Spine & Sport, wound", "PT at [FACILITY], wound"}, {"transferred from Providence.", "transferred from [FACILITY]."},
	      {"Discharged to Sunny Acres", "Discharged to [FACILITY]"}, {"xfer from Regency Mem'l Hosp via", "xfer from [FACILITY] via"}, {"Student at the University of Montana.", "Student at the [FACILITY]."},
	      {"Chippewa Lakes Internal Medicine\n14 Main St", "[FACILITY]\n[ADDRESS]"}, {"Bright Smiles Dental\nPhone: see below", "[FACILITY]\nPhone: see below"}, {"Second opinion at MGH.", "Second opinion at [FACILITY]."},
	      {"Seen at Mayo in 2012", "Seen at [FACILITY] in 2012"}, {"MRI at Our Lady of Fatima.", "MRI at [FACILITY]."}, {"Delivered at St. Casimir's.", "Delivered at [FACILITY]."},
	      {"Attends Ponderosa Middle School.", "Attends [FACILITY]."}, {"Held at Barstow County Jail", "Held at [FACILITY]"}, {"was born at Tampa General", "was born at [FACILITY]"},
	      {"St. John's wort", NULL}, {"Chest Imaging: clear", NULL}, {"Admitted to General Surgery, then Telemetry", NULL}, {"Discharged to Home with Home Health", NULL},
	      {"The Mayo score is 6", NULL}, {"lives in North Carolina", NULL}, {"went to High School and College", NULL}, {"switched to Lantus from Humalog", NULL}, {"Symptoms at Rest: none", NULL},
	      {"Interventional Radiology and Palliative Medicine", NULL}, {"Tenderness at McBurney point", NULL});
}

static void test_places_of_care_in_hurried_notes(void **state)
{
	CHECK({"Seen at Mercy hospital for it", "Seen at [FACILITY] for it"}, {"Was at Sunrise nursing home until", "Was at [FACILITY] until"}, {"a senior at Lincoln high school.", "a senior at [FACILITY]."},
	      {"Larkspur PD took it", "[FACILITY] took it"}, {"at the Hollister VA for", "at the [FACILITY] for"}, {"lives in Richmond VA now", "lives in [CITY] VA now"}, {"at Univ of Toledo MC.", "at [FACILITY]."},
	      {"Facility: Bluestem Manor", "Facility: [FACILITY]"}, {"{\"facility\": \"Ridgeline Care\"}", "{\"facility\": \"[FACILITY]\"}"}, {"Walgreens #4412, closed", "[FACILITY], closed"},
	      {"Hospital number 55512345", "Hospital number [MRN]"}, {"Facility: Home", NULL}, {"Pharmacy: Vancomycin per protocol", NULL}, {"Clinic: Cardiology", NULL}, {"Hospital: see above", NULL},
	      {"Employer: Retired", NULL}, {"Mr. Jones hospital stay", "Mr. [NAME] hospital stay"}, {"From Meadowlark SNF", "From [FACILITY]"}, {"Eye Associates of New Mexico", "[FACILITY]"},
	      {"Transferred from: Decatur Memorial", "Transferred from: [FACILITY]"}, {"OSH (Huron Regional) gave", "OSH ([FACILITY]) gave"}, {"to First Baptist Church.", "to [FACILITY]."},
	      {"Chemo at Wheelock, last", "Chemo at [FACILITY], last"}, {"Tender at Gerdy tubercle", NULL}, {"Discharge to: Home", NULL}, {"SNF placement; ALF vs SNF", NULL}, {"(General Medicine)", NULL}, {"Conv Hosp and Reg Med Ctr", NULL}, {"PD catheter, VA 20/20", NULL}, {"went to the hospital", NULL});
}

static void test_heads_of_tables_are_labels(void **state)
{
	CHECK({"PID|1||84729315^^^MRN||RASHID^OMAR||19610704|M", "PID|1||[MRN]^^^MRN||[NAME]||[DATE]|M"},
	      {"| Name | DOB | MRN | Bed |\n|---|---|---|---|\n| Bo Wu | 02/11/1946 | 01381425 | 12A |\n", "| Name | DOB | MRN | Bed |\n|---|---|---|---|\n| [NAME] | [DATE] | [MRN] | 12A |\n"},
	      {"mrn,last_name,zip,score\n575-06-44,Kowalczyk,52402,12345\n", "mrn,last_name,zip,score\n[MRN],[NAME],[ZIP],12345\n"},
	      {"OBX|1|NM|GLU^Glucose||112|mg/dL", NULL}, {"| Drug | Dose |\n| Lisinopril | 12345678 |\n", NULL}, {"Name, DOB, and MRN were verified\nGlucose 112, sodium 138\n", NULL});
}

static void test_what_eyes_do_not_see(void **state)
{
	CHECK({"SSN: \uff15\uff13\uff16-22-8741", "SSN: [SSN]"}, {"SSN: 536\u201122\u20118741", "SSN: [SSN]"}, {"MRN: 8472\u200b9315 ok", "MRN: [MRN] ok"},
	      {"SSN 536-**22**-8741", "SSN [SSN]"}, {"SSN &#53;&#51;&#54;-22-8741", "SSN [SSN]"}, {"Dr. J\u0430ne Sm\u0456th called", "Dr. [NAME] called"},
	      {"U1NOIDUzNi0yMi04NzQxIGZvciBKYW5lIFNtaXRo", "[ENCODED]"}, {"53534e3a203533362d32322d38373431", "[ENCODED]"},
	      {"toolu_01T1x1fJ34qAmk2tNTrN7Up6", NULL}, {"U1NOIDUzNi0yMi04NzQxLCBKb3PpIGRlIGxhIENydXo=", "[ENCODED]"},
	      {"0KHQodCdIDUzNi0yMi04NzQxINCU0LbQtdC50L0g0KHQvNC40YI=", "[ENCODED]"}, {"SSN%3A%20536%2D22%2D8741", "[ENCODED]"},
	      {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", NULL}, {"TWV0Zm9ybWluIDUwMCBtZyB0d2ljZSBkYWlseQ==", NULL});
}

static void test_mark_up_inside_numbers_and_words(void **state)
{
	CHECK({"SSN <b>536</b>-22-8741 here", "SSN <b>[SSN] here"}, {"<span>536</span>-<span class=\"x\">22</span>-<span>8741</span>", "<span>[SSN]</span>"},
	      {"536<!-- x -->-22-8741, 536<br>22<br/>8741", "[SSN], [SSN]"}, {"J<b>oh</b>n Smith called", "[NAME] called"}, {"Dr. *Mar*garet Osborne", "Dr. *[NAME]"},
	      {"call (617) <b>482</b>-3190", "call [PHONE]"}, {"see [536](x)-[22](y)-[8741](z)", "see [[SSN]](z)"}, {"536[^1]-22[^2]-8741", "[SSN]"},
	      {"536\\-22\\-8741, 536 \\- 22 \\- 8741", "[SSN], [SSN]"}, {"$536\\text{-}22\\text{-}8741$", "$[SSN]$"}, {"536$-$22{-}8741", "[SSN]"},
	      {"536=2D22=2d8741", "[SSN]"}, {"\\u0035\\u0033\\u0036-22-8741", "[SSN]"}, {"\\\\u0035\\x33\\u0036-22-8741", "[SSN]"});
	CHECK({"<td>536</td><td>22</td><td>8741</td>", NULL}, {"the <b>12</b> mg dose, 10<sup>9</sup>/L, H<sub>2</sub>O", NULL}, {"5 < 22 and 3*4 = 12, a*b", NULL},
	      {"C:\\users\\x86\\notes, \\d{3}\\-\\d{2}", NULL}, {"rows[4] = {-1, 22}, cost $-$5 [12](note)", NULL}, {"# **Plan**\n* **A1c** in 3 months\n* stop *aspirin* 81 mg", NULL});
}

static void test_signs_that_look_like_digits_and_hyphens(void **state)
{
	CHECK({"\u278e\u278c\u278f-\u278b\u278b-\u2791\u2790\u278d\u278a", "[SSN]"}, {"\u277a\u2778\u277b-22-8741", "[SSN]"}, {"\u24f9\u24f7\u24fa-22-8741", "[SSN]"},
	      {"\u248c\u248a\u248d-22-8741", "[SSN]"}, {"&#53&#51&#54&#45&#50&#50-8741", "[SSN]"}, {"536&minus;22&minus;8741, 53&shy;6-22-8741", "[SSN], [SSN]"},
	      {"536\u00b722\u00b78741, 617\u2022482\u20223190", "[SSN], [PHONE]"}, {"\U0001f179\U0001f17e\U0001f177\U0001f17d Smith called", "[NAME] called"});
	CHECK({"\u2776 Rest. \u2777 Take 81 mg. \u2488 Walk", NULL}, {"AT&T, R&#D, x&y; ward&4", NULL}, {"5\u00b710 mg, A\u00b7B", NULL});
}

static void test_mail_that_is_spelled_out(void **state)
{
	CHECK({"mail john dot smith at example dot org now", "mail [EMAIL] now"}, {"john underscore smith at example dot org", "[EMAIL]"},
	      {"rosa {at} example {dot} org", "[EMAIL]"}, {"rosa@example(dot)org, rosa@example[.]org", "[EMAIL], [EMAIL]"});
	CHECK({"the red dot is at the center", NULL}, {"a dot appeared at noon", NULL}, {"the general.name key, patient.id, user.email", NULL}, {"{\"weather\":\"sky\"}", NULL},
	      {"RA 0.75@0.4, RV 1.0@0.4", NULL});
}

static void test_our_own_words_stay(void **state)
{
	CHECK({"Dr. [NAME] saw [NAME-2], SSN [SSN:8741], MRN: [MRN:0a1b2c3d], on [DATE]", NULL}, {"aged 90+, zip 021", NULL});
}

static void test_prose_stays(void **state)
{
	CHECK({"Continue metformin 500 mg twice daily and recheck A1c in three months.", NULL},
	      {"G2P1 at 32w4d; T2N1M0; CHA2DS2-VASc 3; 1,234,567 mL; WBC 12300, platelets 445000.", NULL},
	      {"PMID 31234567, CAS number 50-78-2, grant R01 HL123456.", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_social_security_numbers),
		cmocka_unit_test(test_record_numbers),
		cmocka_unit_test(test_health_plans),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_licenses),
		cmocka_unit_test(test_vehicles_and_devices),
		cmocka_unit_test(test_other_ids),
		cmocka_unit_test(test_labels_as_records_write_them),
		cmocka_unit_test(test_codes_right_behind_short_labels),
		cmocka_unit_test(test_keys_of_several_words), cmocka_unit_test(test_what_is_left_of_a_hidden_number),
		cmocka_unit_test(test_codes_without_a_label), cmocka_unit_test(test_telephones), cmocka_unit_test(test_telephones_in_short),
		cmocka_unit_test(test_telephones_in_other_groups), cmocka_unit_test(test_values_of_identifiers),
		cmocka_unit_test(test_labels_without_a_mark),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_addresses_of_the_net),
		cmocka_unit_test(test_names_behind_titles_and_labels),
		cmocka_unit_test(test_names_in_running_text),
		cmocka_unit_test(test_names_by_what_people_do),
		cmocka_unit_test(test_names_by_posts_and_ages),
		cmocka_unit_test(test_names_of_many_nations),
		cmocka_unit_test(test_names_behind_labels_of_forms),
		cmocka_unit_test(test_names_found_again),
		cmocka_unit_test(test_dates_in_words),
		cmocka_unit_test(test_days_told_by_what_is_around_them), cmocka_unit_test(test_months_holidays_and_seasons),
		cmocka_unit_test(test_days_without_a_year), cmocka_unit_test(test_ages), cmocka_unit_test(test_ages_in_other_words),
		cmocka_unit_test(test_ages_as_people_write_them), cmocka_unit_test(test_years_of_birth),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_places_abroad),
		cmocka_unit_test(test_roads_and_units),
		cmocka_unit_test(test_facilities),
		cmocka_unit_test(test_places_of_care), cmocka_unit_test(test_places_of_care_in_hurried_notes),
		cmocka_unit_test(test_addresses_in_hurried_notes),
		cmocka_unit_test(test_heads_of_tables_are_labels),
		cmocka_unit_test(test_what_eyes_do_not_see),
		cmocka_unit_test(test_mark_up_inside_numbers_and_words), cmocka_unit_test(test_signs_that_look_like_digits_and_hyphens),
		cmocka_unit_test(test_mail_that_is_spelled_out),
		cmocka_unit_test(test_our_own_words_stay),
		cmocka_unit_test(test_prose_stays),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
