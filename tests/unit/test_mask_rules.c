/* The `mask:` section of a policy: what an operator may write, what each operator makes, and what they are told when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "file.h"
#include "masking.h"

static void becomes(const char *rules, const char *text, const char *want)
{
	struct mask_engine *e = masking_engine(rules);
	size_t n;
	char *got = masking_whole(e, slice_str(text), &n);

	assert_string_equal(got, want);
	free(got);
	mask_engine_free(e);
}

static enum rc read_rules(const char *rules, struct why *why)
{
	struct mask_engine *engine = NULL;
	struct mask_rules *r = NULL;
	struct yaml *root = NULL;
	enum rc rc;

	assert_int_equal(yaml_parse(slice_str(rules), &root, why), RC_OK);
	rc = mask_rules_read(root, ".", &r, why);
	if (rc == RC_OK)
		rc = mask_engine_new(r, &engine, why);
	yaml_free(root);
	mask_engine_free(engine);
	mask_rules_free(r);
	return rc;
}

static void wrong(const char *rules, int line, int column, const char *part)
{
	struct why why = {0};

	assert_int_equal(read_rules(rules, &why), RC_BAD);
	if (why.line != line || why.column != column || !strstr(why.text, part))
		fail_msg("%d:%d: %s\nand not %d:%d: %s", why.line, why.column, why.text, line, column, part);
}

/* ---- operators ---------------------------------------------------------------------------------------------------------------------- */

static void test_without_a_section_all_is_redacted(void **state)
{
	(void)state;
	becomes(NULL, "SSN 536-22-8741", "SSN [SSN]");
	becomes("{}", "SSN 536-22-8741", "SSN [SSN]");
	becomes("response: {}", "SSN 536-22-8741", "SSN [SSN]");
}

static void test_operators(void **state)
{
	(void)state;
	becomes("response: {default: redact, SSN: keep}", "SSN 536-22-8741, MRN: 84729315", "SSN 536-22-8741, MRN: [MRN]");
	becomes("response: {default: keep, SSN: redact}", "SSN 536-22-8741, MRN: 84729315", "SSN [SSN], MRN: 84729315");
	becomes("response: {SSN: partial}", "SSN 536-22-8741", "SSN [SSN:8741]");
	becomes("response: {SSN: partial}", "SSN ending in 8741", "SSN ending in [SSN]");           /* four are all */
	becomes("response: {MRN: partial}", "MRN: AB-12-34-56-78", "MRN: [MRN:5678]");
	becomes("response: {DATE: year}", "on 3/14/2024", "on 2024");
	becomes("response: {DATE: year}", "on 3/14/24", "on [DATE]");                               /* which century? */
	becomes("response: {DATE: year}", "on 2024-03-14", "on 2024");
	becomes("response: {DATE: year}", "DOB: 07041961, on 20240314", "DOB: 1961, on 2024");
	becomes("response: {DATE: year}", "DOB: 07/04/1931", "DOB: [DATE]");                        /* it tells an age over 89 */
	becomes("response: {DATE: year}", "in 1931 and 1961", "in 1931 and 1961");
	becomes("response: {ZIP: zip3}", "zip 02118-1234", "zip 021");
	becomes("response: {ZIP: zip3}", "ZIP: 75534-030, MA 02118-030", "ZIP: 755, MA 021-030");
	becomes("response: {ZIP: zip3}", "zip 03601", "zip 000");                                   /* few people live there */
	becomes("response: {AGE: cap90}", "a 93-year-old, aged ninety-two", "a 90+-year-old, aged 90+");
	becomes("response: {default: partial}", "Dr. Jane Goldberg, Boston, MA 02118-1234, jane.goldberg@example.org, 3/14/2024",
		"Dr. [NAME], [CITY], MA [ZIP], [EMAIL], [DATE]");                                  /* not the ends of these */
	becomes("response: {SSN: partial, PHONE: partial}",
		"SSN &#53;&#51;&#54;-22-8741, SSN: 5\u200b36-22-87\u200b41, (617) 482-3190",
		"SSN [SSN:8741], SSN: [SSN:8741], [PHONE:3190]");
	becomes("response: {NAME: pseudonym}", "Dr. Smith and Dr. Jones, Dr. Smith", "Dr. [NAME-1] and Dr. [NAME-2], Dr. [NAME-1]");
}

static void test_a_value_has_one_pseudonym_however_it_is_written(void **state)
{
	static const char numbers[] = "response: {default: pseudonym}";

	(void)state;
	becomes(numbers, "SSN 536-22-8741, SSN 536228741, SSN: &#53;36 22 8741, "
		"ssn \uff15\uff13\uff16-22-8741",
		"SSN [SSN-1], SSN [SSN-1], SSN: [SSN-1], ssn [SSN-1]");
	becomes(numbers, "Mr. Garc\u00eda, Mr. GARCIA, Mr. Garcias", "Mr. [NAME-1], Mr. [NAME-1], Mr. [NAME-2]");
	becomes(numbers, "1/11/2024, 11/1/2024, 01-11-2024, 1.11.2024", "[DATE-1], [DATE-2], [DATE-1], [DATE-1]");
	becomes(numbers, "10.1.11.2, 10.11.1.2, ab@c.org, a.b@c.org", "[IP-1], [IP-2], [EMAIL-1], [EMAIL-2]");
}

/* What is kept is the address of a page, not what else it spells. */
static void test_a_web_address_that_is_kept_hides_nothing(void **state)
{
	static const char rules[] = "response: {URL: keep}";

	(void)state;
	becomes(rules, "https://www.cdc.gov/flu/index.html?lang=en#top ok", "https://www.cdc.gov/flu/index.html?lang=en#top ok");
	becomes(rules, "www.averylongnameofahospitalanditsclinics.example.org ok",
		"www.averylongnameofahospitalanditsclinics.example.org ok");
	becomes(rules, "https://ehr.example.org/chart?mrn=84729315&tab=2 ok", "[URL] ok");
	becomes(rules, "https://ehr.example.org/chart/mrn/84729315, ok", "[URL], ok");
	becomes(rules, "https://a.example/?to=https://b.example/x?ssn=536-22-8741.", "[URL].");
	becomes(rules, "https://a.example/?mail=j.smith@example.org ok", "[URL] ok");
	becomes("response: {URL: keep, MRN: keep}", "https://ehr.example.org/chart?mrn=84729315 ok",
		"https://ehr.example.org/chart?mrn=84729315 ok");
}

static void test_pseudonyms_and_hashes_are_the_scopes(void **state)
{
	static const char *const rules[] = {"response: {default: pseudonym}", "response: {default: hash}"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct mask_engine *e = masking_engine(rules[k]);
		struct mask_scope *scope = mask_scope_new(), *other = mask_scope_new();
		struct buf a, b, c;

		buf_init(&a, 256);
		buf_init(&b, 256);
		buf_init(&c, 256);
		assert_int_equal(mask_text(e, scope, NULL, SLICE("SSN 536-22-8741"), &a), RC_OK);
		assert_int_equal(mask_text(e, scope, NULL, SLICE("SSN 536 22 8741"), &b), RC_OK);        /* signs make no other number */
		assert_string_equal(a.data, b.data);
		assert_int_equal(mask_text(e, other, NULL, SLICE("MRN: 84729315, SSN 536-22-8741"), &c), RC_OK);
		if (k == 1)
			assert_null(strstr(c.data, a.data + 4));         /* keyed: not the same in two sessions */
		buf_free(&a);
		buf_free(&b);
		buf_free(&c);
		mask_scope_free(scope);
		mask_scope_free(other);
		mask_engine_free(e);
	}
}

static void test_tokens_of_the_protocol_are_the_scopes(void **state)
{
	struct mask_scope *scope = mask_scope_new();
	struct buf a;

	(void)state;
	buf_init(&a, 256);
	assert_int_equal(mask_scope_token(scope, SLICE("call_Ab"), &a), RC_OK);
	assert_int_equal(mask_scope_token(scope, SLICE("call_aB"), &a), RC_OK);
	assert_int_equal(mask_scope_token(scope, SLICE("call_Ab"), &a), RC_OK);
	assert_string_equal(a.data, "id-1id-2id-1");
	buf_free(&a);
	mask_scope_free(scope);
}

/* ---- what is wrong, and where --------------------------------------------------------------------------------------------------------- */

static void test_an_unknown_operator_or_entity_names_those_that_there_are(void **state)
{
	(void)state;
	wrong("response:\n  SSN: redakt\n", 2, 8, "redact, partial, pseudonym, hash, year (DATE), zip3 (ZIP), cap90 (AGE) and keep");
	wrong("response:\n  SNN: redact\n", 2, 3, "there is no entity \"SNN\"");
	wrong("response:\n  SNN: redact\n", 2, 3, "NAME, ADDRESS, CITY, COUNTY, ZIP, FACILITY, DATE, AGE, PHONE");
	wrong("response:\n  BADGES: redact\ncustom:\n- {entity: BADGE, regex: 'B-\\d'}\n- {entity: BADGE, regex: 'C-\\d'}\n"
	      "- {entity: MRN, regex: D-\\d}\n", 2, 3, "URL, IP, BIOMETRIC, ID, ENCODED, BADGE");
	wrong("response:\n  CUSTOM: redact\n", 2, 3, "there is no entity");
	wrong("response:\n  SSN: [redact]\n", 2, 8, "no operator");
	wrong("response: redact\n", 1, 11, "mapping");
	wrong("response:\n  SSN: year\n", 2, 8, "year does not fit SSN");
	wrong("response:\n  DATE: zip3\n", 2, 9, "zip3 does not fit DATE");
	wrong("response: {default: cap90}\n", 1, 21, "cap90 fits one entity only");
	wrong("answers: {}\n", 1, 1, "answers");
	wrong("request: {default: redact}\n", 1, 10, "must be \"off\", redact, deny or tokenize");
	assert_int_equal(read_rules("request: off\n", NULL), RC_OK);
}

static void test_a_wrong_detector_names_its_place(void **state)
{
	(void)state;
	wrong("custom:\n- entity: BADGE\n  regex: 'B[0-9'\n", 3, 16, "regex");
	wrong("custom:\n- entity: BADGE\n  regex: 'B[0-9]*|'\n", 3, 11, "matches the empty text");
	wrong("custom:\n- entity: BADGE\n  regex: '(?=B)'\n", 3, 11, "empty");
	wrong("custom:\n- entity: BADGE\n  regex: '\\w+'\n", 3, 11, "mask everything");
	wrong("custom:\n- entity: BADGE\n  regex: '.+'\n", 3, 11, "mask everything");
	wrong("custom:\n- entity: badge\n  regex: 'B'\n", 2, 3, "capitals");
	wrong("custom:\n- entity: BADGE\n", 2, 3, "regex or words_file");
	wrong("custom:\n- entity: BADGE\n  regex: B\n  words_file: x\n", 2, 3, "not both");
	wrong("custom:\n- entity: BADGE\n  words_file: /nonexistent/words\n", 3, 15, "words_file: /nonexistent/words: cannot open");
	wrong("custom: BADGE\n", 1, 9, "must be a list");
	wrong("custom:\n- regex: B\n", 2, 3, "entity");
	wrong("custom: [{entity: BADGE, regex: 'B\\C'}]\n", 1, 37, "regex");
}

/* ---- the policy's own detectors --------------------------------------------------------------------------------------------------------- */

static void test_a_pattern_of_the_policy(void **state)
{
	(void)state;
	becomes("custom: [{entity: BADGE, regex: '\\bB-[0-9]{2}\\b'}]\n", "badge B-12, not AB-12 nor B-1.", "badge [BADGE], not AB-12 nor B-1.");
	becomes("{custom: [{entity: BADGE, regex: 'B-[0-9]+'}], response: {BADGE: keep, SSN: keep}}\n", "B-1 536-22-8741", "B-1 536-22-8741");
	becomes("{custom: [{entity: BADGE, regex: 'B-[0-9]+'}], response: {default: pseudonym}}\n", "B-1 B-2 B-1", "[BADGE-1] [BADGE-2] [BADGE-1]");
	becomes("custom: [{entity: MRN, regex: '\\b[EH][0-9]{6}\\b'}]\n", "see E448213", "see [MRN]");
	becomes("{custom: [{entity: MRN, regex: '\\b[EH][0-9]{6}\\b'}], response: {MRN: partial}}\n", "see E448213", "see [MRN:8213]");
	becomes("custom: [{entity: WARD, regex: '(?i)ward [a-z]\xc3\xa9'}]\n", "in WARD B\u00e9 now", "in [WARD] now");
}

static void test_a_pattern_that_takes_too_long_masks_the_word(void **state)
{
	char text[400] = "x ";

	(void)state;
	memset(text + 2, 'a', 200);
	strcpy(text + 202, "b ok");
	becomes("custom: [{entity: SLOW, regex: '(a+)+$'}]\n", text, "x [SLOW] ok");
}

static void test_words_of_the_policy(void **state)
{
	char path[] = "/tmp/phigate-words-XXXXXX", rules[128];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	fputs("# wards\nWest Tower\nStation  9\r\n\nZo\u00eb-Haus\n", f);
	for (int i = 0; i < 10000; i++)
		fprintf(f, "site word %d\n", i);
	fclose(f);
	snprintf(rules, sizeof rules, "custom: [{entity: WARD, words_file: %s}]", path);
	becomes(rules, "in west\n tower, West  Tower", "in [WARD], [WARD]");
	becomes(rules, "at Station 9.", "at [WARD].");
	becomes(rules, "Zoe-Haus and West Towers", "[WARD] and West Towers");
	becomes(rules, "site word 9999 and site word 99990", "[WARD] and site word 99990");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_section_all_is_redacted),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_a_value_has_one_pseudonym_however_it_is_written),
		cmocka_unit_test(test_a_web_address_that_is_kept_hides_nothing),
		cmocka_unit_test(test_pseudonyms_and_hashes_are_the_scopes),
		cmocka_unit_test(test_tokens_of_the_protocol_are_the_scopes),
		cmocka_unit_test(test_an_unknown_operator_or_entity_names_those_that_there_are),
		cmocka_unit_test(test_a_wrong_detector_names_its_place),
		cmocka_unit_test(test_a_pattern_of_the_policy),
		cmocka_unit_test(test_a_pattern_that_takes_too_long_masks_the_word),
		cmocka_unit_test(test_words_of_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
