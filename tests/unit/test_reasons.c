/* Every rule of masking has words that say why, and names the label that decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "corpora.h"
#include "explain.h"
#include "masking.h"

#define RULES_MAX 128

struct rules {
	struct mask_engine *engine;
	const char *rule[RULES_MAX];
	size_t n;
};

static void on_span(void *arg, const struct mask_span *span)
{
	struct rules *rules = arg;
	size_t k = 0;

	while (k < rules->n && strcmp(rules->rule[k], span->rule) != 0)
		k++;
	if (k < rules->n)
		return;
	if (!mask_because(span->rule))
		fail_msg("nothing says why \"%s\" masks", span->rule);
	assert_true(k < RULES_MAX);
	rules->rule[rules->n++] = span->rule;
}

static void is_explained(void *arg, const char *text)
{
	struct rules *rules = arg;
	struct mask_stream *m = NULL;
	struct buf out;

	buf_init(&out, BUF_MAX_DEFAULT);
	assert_int_equal(mask_stream_new(rules->engine, NULL, NULL, &m), RC_OK);
	mask_stream_on_span(m, on_span, rules);
	assert_int_equal(mask_feed(m, text, strlen(text), &out), RC_OK);
	assert_int_equal(mask_finish(m, &out), RC_OK);
	mask_stream_free(m);
	buf_free(&out);
}

/* The sources' own list of rules is checked by tests/lint.sh. */
static void test_whatever_is_masked_has_its_words(void **state)
{
	struct rules rules = {.engine = masking_engine("custom: [{entity: SITE, regex: 'SJH-[0-9]+'}]")};

	(void)state;
	corpora_sentences(is_explained, &rules);
	corpora_hard(is_explained, &rules);
	is_explained(&rules, "SJH-1, 1HGCM82633A004352, AB1234563, 1EG4-TE5-MK72, 00:1B:44:11:3A:B7, DE89370400440532013000");
	is_explained(&rules, "U1NOIDUzNi0yMi04NzQxIGZvciBKYW5lIFNtaXRo 53534e3a203533362d32322d38373431 SSN%3A%20536%2D22%2D8741");
	assert_true(rules.n > 40);
	assert_null(mask_because("no such rule"));
	mask_engine_free(rules.engine);
}

/* ---- explaining a text ----------------------------------------------------------------------------------------------- */

struct told {
	struct explain explain;
	struct buf out;
};

static void tell(void *arg, const struct mask_span *span)
{
	struct told *t = arg;

	assert_int_equal(explain_span(&t->explain, span,
		(struct slice){t->out.data + t->out.len - span->replaced_by, span->replaced_by}), RC_OK);
}

static void explains(const char *rules, const char *text, const char *want)
{
	struct mask_engine *e = masking_engine(rules);
	struct mask_scope *scope = mask_scope_new();
	struct mask_stream *m = NULL;
	struct told t = {0};
	struct buf json;

	explain_init(&t.explain);
	buf_init(&t.out, BUF_MAX_DEFAULT);
	buf_init(&json, BUF_MAX_DEFAULT);
	assert_int_equal(mask_stream_new(e, scope, NULL, &m), RC_OK);
	mask_stream_on_span(m, tell, &t);
	assert_int_equal(mask_feed(m, text, strlen(text), &t.out), RC_OK);
	assert_int_equal(mask_finish(m, &t.out), RC_OK);
	assert_int_equal(explain_json(&t.explain, slice_str(text), "\n", &json), RC_OK);
	buf_putc(&json, '\0');
	assert_string_equal(json.data, want);
	mask_stream_free(m);
	mask_scope_free(scope);
	mask_engine_free(e);
	explain_free(&t.explain);
	buf_free(&t.out);
	buf_free(&json);
}

static void test_a_span_says_where_it_is_what_decided_and_what_became_of_it(void **state)
{
	(void)state;
	explains("response: {MRN: partial, NAME: pseudonym}", "caf\xc3\xa9\nDr. M\xc3\xa9ndez: MRN number 84729315",
		 "{\"start\":10,\"end\":17,\"line\":2,\"column\":5,\"entity\":\"NAME\",\"rule\":\"name behind a title\","
		 "\"because\":\"a title stands before it\",\"label\":\"dr\",\"operator\":\"pseudonym\",\"written\":\"[NAME-1]\","
		 "\"text\":\"M\xc3\xa9ndez\",\"before\":\"Dr. \",\"behind\":\": MRN number 84729315\"}\n"
		 "{\"start\":30,\"end\":38,\"line\":2,\"column\":24,\"entity\":\"MRN\",\"rule\":\"mrn label\","
		 "\"because\":\"words for a medical record or a patient's number stand before it\",\"label\":\"mrn number\","
		 "\"operator\":\"partial\",\"written\":\"[MRN:9315]\",\"text\":\"84729315\","
		 "\"before\":\"Dr. M\xc3\xa9ndez: MRN number \",\"behind\":\"\"}");
	explains(NULL, "Nothing here.", "");
}

static void test_the_head_of_a_column_is_no_label_with_words(void **state)
{
	(void)state;
	explains(NULL, "| Bed | MRN |\n|---|---|\n| 4 | 84729315 |\n",
		 "{\"start\":30,\"end\":38,\"line\":3,\"column\":7,\"entity\":\"MRN\",\"rule\":\"mrn label\","
		 "\"because\":\"words for a medical record or a patient's number stand before it\",\"label\":null,"
		 "\"operator\":\"redact\",\"written\":\"[MRN]\",\"text\":\"84729315\",\"before\":\"| 4 | \",\"behind\":\" |\"}");
}

static void test_a_run_longer_than_the_window_is_one_span(void **state)
{
	char text[3000] = "see https://a.example/", want[4000];
	size_t n = strlen(text);

	(void)state;
	memset(text + n, 'x', 2000);
	strcpy(text + n + 2000, " ok");
	snprintf(want, sizeof want,
		 "{\"start\":4,\"end\":%zu,\"line\":1,\"column\":5,\"entity\":\"URL\",\"rule\":\"url form\",\"because\":"
		 "\"it has the form of a web address\",\"label\":null,\"operator\":\"redact\",\"written\":\"[URL]\","
		 "\"text\":\"%.*s\","
		 "\"before\":\"see \",\"behind\":\" ok\"}", n + 2000, (int)(n + 1996), text + 4);
	explains(NULL, text, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_is_masked_has_its_words),
		cmocka_unit_test(test_a_span_says_where_it_is_what_decided_and_what_became_of_it),
		cmocka_unit_test(test_the_head_of_a_column_is_no_label_with_words),
		cmocka_unit_test(test_a_run_longer_than_the_window_is_one_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
