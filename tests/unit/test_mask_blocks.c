/* Addresses of other countries, of the military, and in lines of their own: texts, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking_rows.h"

static void test_military_addresses(void **state)
{
	CHECK({"Ship to PSC 0413, Box 8144\nAPO AA 42323", "Ship to [ADDRESS]"}, {"Unit 4719 Box 7394\nDPO AP 70942\nThanks", "[ADDRESS]\nThanks"}, {"CMR 402 Box 1234, APO AE 09180", "[ADDRESS]"},
	      {"USNS Comfort\nFPO AE 09566-1234", "[ADDRESS]"}, {"USCGC Eagle, FPO, AP 96349.", "[ADDRESS]."},
	      {"PSC 4, PSA 12", NULL}, {"USS of the abdomen", NULL}, {"Unit 4 given", NULL}, {"apo b 102", NULL});
}

static void test_addresses_abroad_behind_cues(void **state)
{
	CHECK({"He lives at 10252 \u039c\u03b5\u03b3\u03ac\u03bb\u03b7 \u0386\u03bc\u03bc\u03bf\u03c2 184, and works.", "He lives at [ADDRESS], and works."}, {"His address is 9721 Dalmatinova 43.", "His address is [ADDRESS]."},
	      {"Our offices are located at 6076 Piroska u. 97.\nThanks", "Our offices are located at [ADDRESS].\nThanks"}, {"Return to 417 Priku 8 after use", "Return to [ADDRESS] after use"},
	      {"the corner of Via Nuova 85 and Csabai kapu 39.", "the corner of [ADDRESS]."}, {"Address: 9858 18 Piermark Drive\nAlbany\nNew Zealand 0632\nThanks", "Address: [ADDRESS]\nThanks"},
	      {"Address: 5638 \u00de\u00f3rsgata 43\nMosby, OV 21072", "Address: [ADDRESS]"},
	      {"I live at 86036 Rua do Arenque 1634, and", "I live at [ADDRESS], and"}, {"Meet me at 5614 Tawastintie 72 Apt. 4\nKnivsta, NO 18237 after", "Meet me at [ADDRESS] after"},
	      {"It arrived at 12 Timms Drive Suite 215 Nungatta Australia last night", "It arrived at [ADDRESS] last night"}, {"lives at home with 2 children", NULL}, {"mass located at 3 o'clock 2 cm from the nipple", NULL}, {"located at L4-5", NULL}, {"lesion located at T12 2 cm", NULL}, {"sent to lab at 0615", NULL},
	      {"sent to CT at 1430 for 2 scans", NULL}, {"Meet me at 7 in clinic 4", NULL}, {"returned to Room 4 at 0600", NULL}, {"the corner of the mouth and left eye", NULL},
	      {"the corner of Bed 3 and the wall", NULL}, {"Deliver to 4 West Suite 12", NULL}, {"Address goals: 1. Pain 3 of 10", NULL});
}

static void test_addresses_in_lines(void **state)
{
	CHECK({"Edebyvik 55\n Apt. 297\n Tystberga\n Sweden 99178\nSeen", "[ADDRESS]\nSeen"}, {"> 20789 Allika 46\n> Suite 501\n> Riisa\n>\n> Estonia 62488", "> [ADDRESS]"},
	      {"24 Clarke Avenue\nApt. 805\nPines Beach\nNew Zealand", "[ADDRESS]"}, {"31 Tawastintie 72 Apt. 004, Lepaa, Finland 14610", "[ADDRESS]"},
	      {"12 Oak St\nReno, Nevada 89502", "[ADDRESS]\n[CITY], Nevada [ZIP]"}, {"P.O. Box 1142, Reno, New Mexico 87556", "[ADDRESS], [CITY], New Mexico [ZIP]"}, {"12 Oak St, Reno, Maine, 04785", "[ADDRESS], [CITY], Maine, [ZIP]"}, {"12 Oak St\nApt 4\nReno, NV 89502", "[ADDRESS]\n[CITY], NV [ZIP]"}, {"12 Oak St\nSodium 140\nPotassium 41000", "[ADDRESS]\nSodium 140\nPotassium 41000"},
	      {"12 Oak St\nSeen in clinic\nDose 20000", "[ADDRESS]\nSeen in clinic\nDose 20000"},
	      {"12 Oak St\nApt 4\nSodium 14000\nLungs", "[ADDRESS]\nSodium 14000\nLungs"}, {"12 Oak St\nApt 4\nChief Complaint\nFever 10000", "[ADDRESS]\nChief Complaint\nFever 10000"},
	      {"10 Lasix 40\n20 Coreg 25\n", NULL}, {"room 12, grade 3", NULL}, {"pain is at 7", NULL}, {"TUG 31 s. Tinetti 15/28", NULL}, {"0 Vicryl #1", NULL});
}

static void test_telephones_abroad(void **state)
{
	CHECK({"Lindenweg 7\n(37) 788-063-Office\\,07700 063 966-Fax", "[ADDRESS]\n[PHONE]-Office\\,[FAX]-Fax"}, {"416 60 039 office\n28-64-66-98 fax", "[PHONE] office\n[FAX] fax"},
	      {"Desk: +1-903-140-4508x769", "Desk: [PHONE]"}, {"Desk: (898)666-3621x0135", "Desk: [PHONE]"}, {"They are not answering at 0680 298 70 63.", "They are not answering at [PHONE]."},
	      {"send messages to 699 956 915", "send messages to [PHONE]"}, {"call 0041 22 733 12 34", "call [PHONE]"},
	      {"120 80 72 home readings", NULL}, {"Sats 98 97 96 home", NULL}, {"120 130 140 work of breathing", NULL}, {"replied to messages 2 and 3", NULL}, {"not answering at 3 am", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_military_addresses),
		cmocka_unit_test(test_addresses_abroad_behind_cues),
		cmocka_unit_test(test_addresses_in_lines),
		cmocka_unit_test(test_telephones_abroad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
