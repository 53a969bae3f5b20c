/* A stream is masked exactly as its whole text would be, wherever it is cut, and holds back little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "corpora.h"
#include "masking_setup.h"

#define HOLD_MAX 512

/* One text of each thing that is looked for, with the signs and characters that are hard to cut. */
static const char *const TEXTS[] = {
	"Dr. Jane Smith saw Mr. O'Brien-Lee on 3/14/2024 at 10:15. MRN: 84729315, SSN 536-22-8741, call (617) 482-3190 x22. Smith agrees.",
	"Name: Garc\u00eda L\u00f3pez, Mar\u00eda del Carmen (b. 07/04/1961) \u2014 caf\u00e9 \U0001f600 Mar\u00eda",
	"{\"mrn\": \"84729315\", \"glucose\": 112, \"name\":\"Ingrid Sandoval\",\"drug\":\"metformin\"}",
	"SSN &#53;&#51;&#54;-22-8741 &amp; SSN: \uff15\uff13\uff16-22-8741 SSN ending in 8741, ssn is five three six two two eight seven four one",
	"SSN: 5\u200b3\u200b6-22-87\u00ad41 MRN: 8472\u200b9315 SSN 5 3 6 - 2 2 - 8 7 4 1 SSN 536-**22**-8741",
	"SSN <b>536</b>-<span class=\"x\">22</span>-8741, 536<!-- x -->-22-8741, J<b>oh</b>n Smith, a [536](x)-[22](y)-[8741](z) 536[^1]-22-8741 *Mar*garet 5<br/>6 <b",
	"536\\-22\\-8741 536\\text{-}22{-}8741 536$-$22=2D8741 \\\\u0035\\x33\\u0036-22-8741 &#53&#51&#54-22-8741 \u278e\u277836\u00b722\u00b78741 536&minus;22\\",
	"john dot smith at example dot org, rosa {at} example {dot} org, rosa@example(dot)org, the general.name key, at (dot) org",
	"Write to j.smith+clinic@mail.example.org or jsmith at gmail dot com; see https://mychart.example.org/p/88213?tab=labs. Not 1.2.3 but 192.168.14.7",
	"U1NOIDUzNi0yMi04NzQxIGZvciBKYW5lIFNtaXRo and SSN%3A%20536%2D22%2D8741 and 53534e3a203533362d32322d38373431.",
	"UDI (01)00844588003288(17)141120(10)7654321D(21)10987654d321 VIN 1HGCM82633A004352 DEA AB1234563 1EG4-TE5-MK72 00:1B:44:11:3A:B7",
	"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg== end",
	"Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, routing 021000021, account 0044821377",
	"cc: Ram\u00f3n Ibarra, MD; Lucille Oyelaran, NP\nDrs. Patel and Goldberg. Dr. J-o-h-n S-m-i-t-h called. Dr. J\u0430ne Sm\u0456th too.\n",
	"[NAME] said [SSN:8741] was [DATE-3] and [not a placeholder], [SSN",
	"E11.9, BP 120/80, L4-5, 250/50 BID, Sodium 138, Version 10.2.4, fe80::1ff:fe23:4567:890a, ::1, 10:30:45",
	"on March 3, 2024 and the 3rd of May, Mon, June 5th; aged ninety-two, a 93-year-old from 12 Main St, Apt 4, Boston, MA 02118",
	"PID|1||84729315^^^MRN||RASHID^OMAR||19610704|M\nmrn,name\n12345678,Jane\n\n| Name | DOB |\n|---|---|\n| Bo Wu | 2/11/46 |\n",
	"Rose was seen by Malik Long, M.D., at St. Luke's Medical Center on the 3rd of May. Baker, Thomas J. is a 93-year-old; Ms. Bell has Bell palsy.",
	"From Baton Rouge, LA 70806, 12-40 31st Avenue #4; P.O. Box 77, Penobscot County. Hernández-López, J.\nØrsted Bjørnson\n",
	"Hauptstra\u00dfe 12a, 10115 Berlin; 3 rue de la Paix, 75002 Paris; Leeds LS6 2AB, RR 2, Box 118. US Highway 19 N, at Mercy General now",
	"Sent to Dell Children's, at Our Lady of Lourdes; 77 W Wacker #3109 Chicago, attending Beck, ofc. Tran, TEE (Ouellette) 9 mm, Ness, 91M",
	"William \"Bud\" Cobb, J.R. is a 6-year-old; spoke w/ Ana, the wife of Cho. DOE^JOHN^Q, Name: adebayo, funmi",
	"She lives on Village Drive. The cc: Boston, MD, 12 Main Street, Baton Rouge, LA 70806; [CITY], LA 70806, off Willow Creek Road",
	"broken \xff\xfe utf\xc3 8 \xe2\x82 x \xf0\x9f\x98 y SSN 536\xff-22-87\xc3,41 \xe2",
	"Cr 1.4 (10/24); 3/4, 3/5 and 3/7 missed, F/u 10-20 w/ x, call 11-13 1715, from 3/4 to 3/9, 11/27 on the PHQ-9, 1/20 and 1/40, 2/2 pain, 02-2016 4/5 s",
	"she is ninety-one now, (93M, POD 3), she is 94 on RA, will be 95 in June, 97F, HR 88, 94 y of data, born in 1929, in her mid-90s, 93 yowm",
	"ICU x5521 (x206), x 4413; ext. 4-7712, at 826-0138, two oh six, five five five, zero one three eight; one two three; x100 y, at 250-3000 units",
	"labs 4-18 Na, Wed 5/8, 9JAN, the 14th of last month, 10/3-5 in, since 2024-03, seen March\n14, 2024, date of birth is ten twenty-four nineteen sixty, F/92",
	"Admit 3/14, d/c 3/19. 3/4-3/9/22; in March, since Oct; May 3 to 9; fall of 2022, Christmas Eve 2021; on the 14th she fell\n3/9: x\n3/10 At 0815 Y",
	"MRNs: 40718265, 40718266 and 40718267; medicalRecordNumber: 40718265, xxx-xx-8741, xxxxx8741, 40718265 (MRN), MRN40718265, incident no. 718265",
	"{\"identifier\":[{\"code\":\"MR\",\"value\":\"40718265\"}],\"telecom\":[{\"system\":\"phone\",\"value\":\"482-3190\"}]} died at 94, in her 90s; 94M; b. 1931",
	"(H) 482-3190, 617-4823190, 1-888-CALL-NOW, 011 44 20 7946 0958, rosa @ example.org, s3://bucket/p/407.json, mrn: four zero seven one eight; @rosa58",
	"docket 24-CV-00917 acct (KD-447), CDL MO 447 188 204; user mlopez7 Intake: 1850 mL order 1200-1500, Discord mellow#4471 REF 55-F-501 PS4471; Medicaid OH 0044 7188 2, MBI 4QG7 TF3 MN81 SN PJN 447188 H acct 4471-\n88 call #44718 UI 1.2.840.113619.2.55.3.604688119.971, 1.2.840.10008.1\nPID|1||407182^^H~K4471",
	"pt okonkwo, adaeze 31f; mother latoya jeffries, mr. lo refused, dr. mehrotra; last name adeyemi e-signed: m. fairbanks np",
	"Osgood, R | 58M\nSt. Pierre, Andre 33 yo; IR (Bohm/Ruiz) & Al. Jos. Krall, Ayla M. was 8 yo: Patient:  Rasmussen,\n   Kirsten M.",
	"<family>Cho</family> GREELEY,HORACE T. Mr. Ng. Drain. Dr. M, Ray 'Tip' Mosley; Vang, Pa Nhia 34F; ortho Kowalski\tJudge Boggs",
	"opened as CPS-24-0718, paid into 0071826540. merge 40718265 with 40718266; (1182654) S24-07182-A3 (11)230415(17)280415(21)718265 x44711 at 482-3191",
	"my social is five three six, twenty-two, eighty-seven forty-one; username jcarver44, tel. 020 7946 0187 participant HV-0718 Patient (482113) ending 2217",
	"Sam Bell III, Ray Mosley, Jr.; this is denise ||9^OKAFOR^NGOZI^M|| staged per Ann Arbor.\nOkafor: x MR. HALE: No. Dra. Ybarra II",
	"PT at Summit Spine & Sport, from Mercy hospital; Chippewa Lakes Internal Medicine\n14 Main St, at Mercy hospital stay. St. John's wort, Walgreens #4412",
	"to The Pines at Bristol, at the Hollister VA, Univ of Toledo MC, Eye Associates of New Mexico. (Huron Regional) Facility: Ridgeline Care\nTel 4",
	"at 77 quarry rd, PO Drawer 49, Rt 2 Box 118; 118-B Cotton Rd, rear\nEscondido 92025 north of Pawhuska, seen at Regency nursing home visit",
	".Q.Q.Q.J Sh, Ja\u2019\u2019 -J-o-h-n-n-y X.Y.Z.Smith, J",
	"&#x35;36-22-8741 &#x;&#99999999;&amp &quo &#5",
	"",
	"a",
	"BED   NAME            AGE/S  MRN       ADMIT    MD          CODE\n302A  TRUONG, VAN     67 M   2204530   06/01    BOWMAN      FULL\n"
	"304A  CHAVIS, MARY F  97 F   2203367   05/31    IYER        CMO\n\nSeen 5/1.\n5/8 overturned! Missed PT 5/5 bc, last 2/2. In July. The Delgado baby",
	"works nights at UPS, employer H-E-B, at Women's Surgery Center, from CVS/pharmacy #4471, Lives Stockbridge, Henry County. MI: D  Graves' and",
};

/* Long runs without end, each of more than a window. */
static const struct {
	const char *what, *before, *piece, *behind;
} RUNS[] = {
	{"digits", "n ", "7", " x"}, {"digits apart", "n ", "7 ", "x"}, {"letters", "Dr. ", "a", " x"}, {"capitals", "Name: ", "A", " x"},
	{"spaces", "MRN:", " ", "84729315"}, {"zero width", "SSN 5", "\u200b", "36-22-8741"}, {"no characters", "SSN 5", "\xff", "36-22-8741"},
	{"brackets", "x", "[", "]"}, {"placeholders", "[", "A", "]"}, {"labels", "", "MRN: ", "84729315"}, {"base64", "x ", "QUJD", "=="},
	{"hex", "x ", "4a", " x"}, {"percent", "x", "%41", " x"}, {"colons", "x ", "a:", "1"}, {"dots", "x ", "a.", "com"}, {"ats", "x ", "a@", "b.org"},
	{"names", "Name: ", "Jane ", "x"}, {"hyphens", "Dr. J", "-o", " x"}, {"ampersands", "", "&#", "53;"}, {"url", "https://a.org/", "x", " y"},
	{"commas", "Smith, J", ", J", " MD"}, {"number words", "ssn is ", "five ", "x"}, {"parentheses", "", "(617) ", "482-3190"},
	{"marks", "Jane", "\u0301", " x"}, {"wide characters", "MRN: ", "\uff14", " x"}, {"apostrophes", "O", "'b", " x"}, {"months", "", "May ", "3"},
	{"slashes", "on ", "1/", "2"}, {"streets", "12 ", "Main ", "St"}, {"line feeds", "MRN:", "\n", "84729315"},
	{"care", "at ", "Oak ", "Clinic"}, {"ampersands between names", "at Oak", " & Oak", " Clinic"}, {"saints", "at ", "St. ", "Luke's"},
};

struct fed {
	struct mask_scope *scope;
	struct mask_stream *m;
	struct buf out;
};

static struct fed begin(struct mask_engine *e)
{
	struct fed f = {.scope = mask_scope_new()};

	assert_non_null(f.scope);
	assert_int_equal(mask_stream_new(e, f.scope, NULL, &f.m), RC_OK);
	buf_init(&f.out, BUF_MAX_DEFAULT);
	return f;
}

static void feed(struct fed *f, const char *p, size_t n)
{
	assert_int_equal(mask_feed(f->m, p, n, &f->out), RC_OK);
	if (mask_held(f->m) > HOLD_MAX)
		fail_msg("%zu bytes are held", mask_held(f->m));
}

static void end(struct fed *f, const char *want, size_t n, const char *how, size_t at)
{
	assert_int_equal(mask_finish(f->m, &f->out), RC_OK);
	assert_int_equal(mask_held(f->m), 0);
	if (f->out.len != n || (n && memcmp(f->out.data, want, n) != 0))
		fail_msg("%s, %zu:\n%s\nand not\n%.*s", how, at, f->out.data ? f->out.data : "", (int)n, want);
	mask_stream_free(f->m);
	mask_scope_free(f->scope);
	buf_free(&f->out);
}

static void whole_and_cut(struct slice text, size_t every)
{
	size_t n;
	char *want = masking_whole(engine, text, &n);
	struct fed f;

	for (size_t at = 0; at <= text.n; at += every) {
		f = begin(engine);
		feed(&f, text.p, at);
		feed(&f, text.p + at, text.n - at);
		end(&f, want, n, "cut", at);
	}
	f = begin(engine);
	for (size_t i = 0; i < text.n; i++)
		feed(&f, text.p + i, 1);
	end(&f, want, n, "byte by byte", text.n);
	srand(1);
	for (int k = 0; k < 10; k++) {
		f = begin(engine);
		for (size_t i = 0, piece; i < text.n; i += piece) {
			piece = (size_t)rand() % 40 + 1;
			piece = piece < text.n - i ? piece : text.n - i;
			feed(&f, text.p + i, piece);
		}
		end(&f, want, n, "random pieces", (size_t)k);
	}
	free(want);
}

static void test_every_cut_gives_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		whole_and_cut(slice_str(TEXTS[i]), 1);
}

static void test_texts_one_behind_the_other_are_cut_alike(void **state)
{
	struct buf all;

	(void)state;
	buf_init(&all, 65536);
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		buf_puts(&all, TEXTS[i]);
		buf_puts(&all, i % 2 ? " " : "\n");
	}
	whole_and_cut(buf_slice(&all), 7);
	buf_free(&all);
}

static void hard_case_is_cut_alike(void *arg, const char *text)
{
	(void)arg;
	whole_and_cut(slice_str(text), 3);
}

static void test_the_hard_cases_are_cut_alike(void **state)
{
	(void)state;
	corpora_hard(hard_case_is_cut_alike, NULL);
}

/* Byte by byte, so that every decision is made once at the window's beginning, and in pieces. */
static void as_a_whole_and_in_pieces(const char *text, unsigned int seed)
{
	size_t length = strlen(text), n, again_n;
	char *want = masking_whole(engine, slice_str(text), &n), *again = masking_whole(engine, (struct slice){want, n}, &again_n);

	if (again_n != n || memcmp(again, want, n) != 0)
		fail_msg("%s\nbecomes\n%s", want, again);
	srand(seed);
	for (int most = 1; most <= 25; most += 24) {
		struct fed f = begin(engine);

		for (size_t i = 0, piece; i < length; i += piece) {
			piece = (size_t)rand() % (size_t)most + 1;
			piece = piece < length - i ? piece : length - i;
			feed(&f, text + i, piece);
		}
		end(&f, want, n, "pieces of up to", (size_t)most);
	}
	free(want);
	free(again);
}

static void sentence_is_cut_alike(void *seed, const char *text)
{
	as_a_whole_and_in_pieces(text, ++*(unsigned int *)seed);
}

static void test_the_corpora_are_cut_alike_and_masked_once(void **state)
{
	unsigned int seed = 0;

	(void)state;
	corpora_sentences(sentence_is_cut_alike, &seed);
}

static void test_runs_longer_than_the_window_are_cut_alike_and_not_held(void **state)
{
	static const size_t lengths[] = {100, 509, 512, 700, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++)
		for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
			struct buf text;

			buf_init(&text, 65536);
			buf_puts(&text, RUNS[i].before);
			while (text.len < lengths[k])
				buf_puts(&text, RUNS[i].piece);
			buf_puts(&text, RUNS[i].behind);
			whole_and_cut(buf_slice(&text), lengths[k] / 37 + 1);
			buf_free(&text);
		}
}

static void test_a_policys_pattern_holds_no_more_than_others(void **state)
{
	struct mask_engine *e = masking_engine("custom: [{entity: MRN, regex: 'SJH-\\d{8}'}]");
	struct fed f = begin(e);
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	buf_puts(&text, "SJH-1234");
	for (int i = 0; i < 300; i++)
		buf_puts(&text, "\u200b");
	for (size_t i = 0; i < text.len; i++)
		feed(&f, text.data + i, 1);
	end(&f, text.data, text.len, "a pattern", 0);
	buf_free(&text);
	mask_engine_free(e);
}

static void test_what_stood_where_a_mask_stands_says_the_same_of_its_neighbours(void **state)
{
	static const char *const texts[] = {"Tomas 536-22-8741", "Zo\u00eb 1HGCM82633A004352 ok", "cc: Ram\u00f3n Ibarra, MD, 12 Main Street, Boston, MA 02118", "Jane [NAME] said"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		as_a_whole_and_in_pieces(texts[i], 1);
}

static void test_prose_is_held_for_a_few_bytes_only(void **state)
{
	static const char text[] = "Continue metformin 500 mg twice daily and recheck the A1c in three months. The abdomen is soft and not tender, and the "
				   "lungs are clear. Sodium 138, potassium 4.1, chloride 102. No acute process was seen on the film of the chest. "
				   "She has had a C-section and also an appendectomy. We did do a C-spine film, and those just may be read again.";
	struct fed f = begin(engine);
	size_t most = 0;

	(void)state;
	for (size_t i = 0; text[i]; i++) {
		feed(&f, text + i, 1);
		most = mask_held(f.m) > most ? mask_held(f.m) : most;
	}
	if (most > 40)
		fail_msg("%zu bytes were held", most);
	end(&f, text, sizeof text - 1, "prose", 0);
}

/* "five five five …" may be a telephone's number, and behind a label a longer one. */
static void test_spelled_digits_are_held_for_no_more_than_a_number_has(void **state)
{
	static const struct {
		const char *before;
		size_t most;
	} cases[] = {{"it was ", 90}, {"account number ", 140}, {"call ", 140}};

	static const char word[] = "eight ";

	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct fed f = begin(engine);
		size_t most = 0;

		feed(&f, cases[k].before, strlen(cases[k].before));
		for (size_t i = 0; i < 600; i++) {
			feed(&f, &word[i % strlen(word)], 1);
			most = mask_held(f.m) > most ? mask_held(f.m) : most;
		}
		if (most > cases[k].most)
			fail_msg("behind '%s' %zu bytes were held", cases[k].before, most);
		assert_int_equal(mask_finish(f.m, &f.out), RC_OK);
		mask_stream_free(f.m);
		mask_scope_free(f.scope);
		buf_free(&f.out);
	}
}

static void test_masking_again_changes_nothing(void **state)
{
	static const char *const rules[] = {NULL, "response: {default: pseudonym}", "response: {default: hash}", "response: {default: partial}",
		"response: {DATE: year, ZIP: zip3, AGE: cap90}"};

	(void)state;
	for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
		struct mask_engine *e = masking_engine(rules[k]);

		for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
			size_t n, again_n;
			char *once = masking_whole(e, slice_str(TEXTS[i]), &n), *again = masking_whole(e, (struct slice){once, n}, &again_n);

			if (n != again_n || memcmp(once, again, n) != 0)
				fail_msg("%s:\n%s\nbecomes\n%s", rules[k] ? rules[k] : "defaults", once, again);
			free(once);
			free(again);
		}
		mask_engine_free(e);
	}
}

static void test_bytes_that_are_no_text_pass_as_they_are(void **state)
{
	char all[256 * 3], *out;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)(i % 3 ? 0x80 + i * 31 % 128 : i / 3);
	out = masking_whole(engine, (struct slice){all, sizeof all}, &n);
	assert_int_equal(n, sizeof all);
	assert_memory_equal(out, all, n);
	free(out);
	whole_and_cut((struct slice){all, sizeof all}, 1);
}

/* ---- what stands before ------------------------------------------------------------------------------------------------------------- */

static void with_context(const char *before, const char *text, const char *want)
{
	for (size_t at = 0; at <= strlen(text); at++) {
		struct fed f = begin(engine);

		assert_int_equal(mask_context(f.m, slice_str(before)), RC_OK);
		assert_int_equal(mask_held(f.m), 0);
		feed(&f, text, at);
		feed(&f, text + at, strlen(text) - at);
		end(&f, want, strlen(want), before, at);
	}
}

static void test_the_text_before_decides_and_is_not_given_out(void **state)
{
	(void)state;
	with_context("", "84729315", "84729315");
	with_context("mrn: ", "84729315 ok", "[MRN] ok");
	with_context("patient_name: ", "Ingrid Sandoval", "[NAME]");
	with_context("glucose: ", "112", "112");
	with_context("Her SSN is 536-22", "-8741, ok", "[SSN], ok");                /* begun by the prompt */
	with_context("Dr. Jane Smi", "th agrees", "[NAME] agrees");
	with_context("Dr. Smith saw her. ", "Smith agrees", "[NAME] agrees");
	with_context("SSN 536-22-8741", ", ok", ", ok");                           /* all of it stood before */
	with_context("caf\xc3", "\xa9 ok", "\xa9 ok");
}

static void test_a_name_is_found_again_from_where_it_was_learnt_on(void **state)
{
	static const char text[] = "Sandoval ok. Dr. Ingrid Sandoval. SANDOVAL's dog; Ingrid, sandoval.";
	size_t n;
	char *out;

	(void)state;
	out = masking_whole(engine, slice_str(text), &n);
	assert_non_null(strstr(out, "Dr. [NAME]. [NAME]'s dog; [NAME], "));
	free(out);
}

static void test_a_stream_serves_one_text_after_the_other(void **state)
{
	struct fed f = begin(engine);

	(void)state;
	feed(&f, "MRN: ", 5);
	assert_int_equal(mask_finish(f.m, &f.out), RC_OK);
	feed(&f, "84729315", 8);                         /* the label was another text's */
	end(&f, "MRN: 84729315", 13, "two texts", 0);
}

static void test_a_secret_is_masked_in_every_text(void **state)
{
	static const char secret[] = "sk-tEst/key+77", text[] = "the key sk-tEst/key+77, or sk-tEst/key+7";

	(void)state;
	for (size_t at = 0; at < sizeof text; at++) {
		struct fed f = begin(engine);

		mask_stream_secret(f.m, slice_str(secret));
		feed(&f, text, at);
		feed(&f, text + at, sizeof text - 1 - at);
		end(&f, "the key [ID], or sk-tEst/key+7", 30, "a secret", at);
	}
}

/* A long one is looked for in parts, any of which may stand alone, and begin in the middle of a word. */
static void test_a_secret_of_any_length_is_masked_wherever_it_begins(void **state)
{
	static const struct {
		size_t n;
		const char *masked;
	} secrets[] = {{1, "[ID]"}, {2, "[ID]"}, {200, "[ID]"}, {201, "[ID][ID]"}, {600, "[ID][ID][ID]"}};
	char secret[601] = "~";

	(void)state;
	for (size_t i = 1; i < 600; i++)
		secret[i] = (char)('a' + (i * 7 + i / 26) % 26);
	for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
		for (size_t before = 0; before < 20; before++) {
			char text[700], want[64];
			int n = snprintf(text, sizeof text, "%.*s%.*s!", (int)before, "seen in clinics twice", (int)secrets[k].n, secret);
			int want_n = snprintf(want, sizeof want, "%.*s%s!", (int)before, "seen in clinics twice", secrets[k].masked);

			for (int at = 0; at <= n; at += at < 30 ? 1 : 61) {
				struct fed f = begin(engine);

				mask_stream_secret(f.m, (struct slice){secret, secrets[k].n});
				feed(&f, text, (size_t)at);
				feed(&f, text + at, (size_t)(n - at));
				end(&f, want, (size_t)want_n, "a secret", (size_t)at);
			}
		}
}

static void test_spans_and_counts_tell_what_was_masked(void **state)
{
	struct mask_counts counts = {{0}};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(mask_text(engine, NULL, &counts, SLICE("SSN 536-22-8741, MRN: 84729315, SSN 536-22-8742"), &out), RC_OK);
	assert_int_equal(counts.n[ENTITY_SSN], 2);
	assert_int_equal(counts.n[ENTITY_MRN], 1);
	assert_int_equal(counts.n[ENTITY_NAME], 0);
	buf_free(&out);
}

static void on_span(void *arg, const struct mask_span *span)
{
	buf_printf(arg, "%zu-%zu %s %zu;", span->start, span->end, span->entity, span->replaced_by);
}

static void test_spans_count_from_the_texts_beginning(void **state)
{
	struct buf seen;
	struct fed f = begin(engine);

	(void)state;
	buf_init(&seen, 4096);
	mask_stream_on_span(f.m, on_span, &seen);
	assert_int_equal(mask_context(f.m, SLICE("SSN 536-")), RC_OK);
	feed(&f, "22-8741 and caf\u00e9 and MRN ", 26);
	feed(&f, "84729315", 8);
	end(&f, "[SSN] and caf\u00e9 and MRN [MRN]", 29, "spans", 0);
	assert_string_equal(seen.data, "0-7 SSN 5;26-34 MRN 5;");
	buf_free(&seen);
}

static void test_finding_without_masking(void **state)
{
	struct mask_engine *keep = masking_engine("response: {SSN: keep}");

	(void)state;
	assert_true(mask_finds(engine, (struct slice){0}, SLICE("SSN 536-22-8741")));
	assert_true(mask_finds(engine, SLICE("mrn: "), SLICE("84729315")));
	assert_false(mask_finds(engine, (struct slice){0}, SLICE("84729315")));
	assert_false(mask_finds(engine, SLICE("SSN 536-22-8741"), SLICE(" ok")));
	assert_false(mask_finds(keep, (struct slice){0}, SLICE("SSN 536-22-8741")));
	mask_engine_free(keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut_gives_the_same),
		cmocka_unit_test(test_texts_one_behind_the_other_are_cut_alike),
		cmocka_unit_test(test_the_hard_cases_are_cut_alike),
		cmocka_unit_test(test_the_corpora_are_cut_alike_and_masked_once),
		cmocka_unit_test(test_runs_longer_than_the_window_are_cut_alike_and_not_held),
		cmocka_unit_test(test_a_policys_pattern_holds_no_more_than_others),
		cmocka_unit_test(test_what_stood_where_a_mask_stands_says_the_same_of_its_neighbours),
		cmocka_unit_test(test_prose_is_held_for_a_few_bytes_only),
		cmocka_unit_test(test_spelled_digits_are_held_for_no_more_than_a_number_has),
		cmocka_unit_test(test_masking_again_changes_nothing),
		cmocka_unit_test(test_bytes_that_are_no_text_pass_as_they_are),
		cmocka_unit_test(test_the_text_before_decides_and_is_not_given_out),
		cmocka_unit_test(test_a_name_is_found_again_from_where_it_was_learnt_on),
		cmocka_unit_test(test_a_stream_serves_one_text_after_the_other),
		cmocka_unit_test(test_a_secret_is_masked_in_every_text),
		cmocka_unit_test(test_a_secret_of_any_length_is_masked_wherever_it_begins),
		cmocka_unit_test(test_spans_and_counts_tell_what_was_masked),
		cmocka_unit_test(test_spans_count_from_the_texts_beginning),
		cmocka_unit_test(test_finding_without_masking),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
