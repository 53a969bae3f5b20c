/* Tokens: what stands for an identifier before the model, and what of a model's text becomes it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "masking.h"
#include "token_private.h"

static struct mask_engine *engine;
static struct mask_scope *session;

static const char RULES[] = "response: {default: redact, DATE: year, ZIP: zip3, AGE: cap90, MRN: partial}\nrequest: tokenize\n"
	"custom: [{entity: STUDY_ID, regex: '\\bST-\\d+'}, {entity: T2, regex: '\\bT-\\d+'}]\n";

static int open_session(void **state)
{
	(void)state;
	engine = masking_engine(RULES);
	session = mask_scope_new();
	return session ? 0 : -1;
}

static int close_session(void **state)
{
	(void)state;
	mask_scope_free(session);
	mask_engine_free(engine);
	return 0;
}

/* ---- a text for the model, and a text of its ------------------------------------------------------------------------------ */

static void note_span(void *arg, const struct mask_span *span)
{
	size_t *at = arg;

	assert_true(span->start >= *at && span->end > span->start);
	*at = span->end;
}

/* In pieces of size up to max, or cut in two at cut. */
static char *read_tokens(const struct token_reader *reader, const char *text, size_t cut, size_t max)
{
	struct token_stream *s;
	size_t at = 0, last = 0, n = strlen(text);
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(token_stream_new(reader, note_span, &last, &s), RC_OK);
	for (size_t piece; at < n; at += piece) {
		char *copy;

		piece = at == 0 && cut ? cut : max ? (at * 7 + n) % max + 1 : n;
		piece = piece < n - at ? piece : n - at;
		copy = malloc(piece);
		memcpy(copy, text + at, piece);
		assert_int_equal(token_feed(s, (struct slice){copy, piece}, &out), RC_OK);
		free(copy);
	}
	assert_int_equal(token_finish(s, &out), RC_OK);
	token_stream_free(s);
	buf_add(&out, "", 0);
	return out.data ? buf_take(&out, NULL) : strdup("");
}

/* The same for every way of cutting it. */
static char *read_all_ways(const struct token_reader *reader, const char *text)
{
	char *whole = read_tokens(reader, text, 0, 0);

	for (size_t i = 1; i < strlen(text) + 12; i++) {
		char *cut = i < strlen(text) ? read_tokens(reader, text, i, 0) : read_tokens(reader, text, 0, i - strlen(text) + 1);

		if (strcmp(cut, whole) != 0)
			fail_msg("cut %zu of %s: %s, not %s", i, text, cut, whole);
		free(cut);
	}
	return whole;
}

/* What the model sees of a text. */
static char *for_model(const char *text)
{
	struct mask_scope *asked = mask_scope_begin_request(session, true, slice_str(text));
	struct token_reader *reader;
	struct buf out;
	char *spared;

	buf_init(&out, 1 << 20);
	assert_non_null(asked);
	assert_int_equal(token_reader_request(engine, asked, &reader), RC_OK);
	spared = read_all_ways(reader, text);
	assert_int_equal(mask_text(engine, asked, NULL, slice_str(spared), &out), RC_OK);
	free(spared);
	token_reader_free(reader);
	mask_scope_end(asked);
	return buf_take(&out, NULL);
}

static void model_sees(const char *text, const char *wanted)
{
	char *seen = for_model(text);

	assert_string_equal(seen, wanted);
	free(seen);
}

static char *put_back(const char *text)
{
	struct token_reader *reader;
	char *out;

	assert_int_equal(token_reader_answer(session, &reader), RC_OK);
	assert_non_null(reader);
	out = read_all_ways(reader, text);
	token_reader_free(reader);
	return out;
}

static void comes_back(const char *text, const char *wanted)
{
	char *got = put_back(text);

	if (strcmp(got, wanted) != 0)
		fail_msg("%s\nbecame\n%s\nnot\n%s", text, got, wanted);
	free(got);
}

/* ---- forms ---------------------------------------------------------------------------------------------------------------- */

static void what_models_make_of_a_token_is_read_as_it(void **state)
{
	static const char *const forms[] = {
		"[NAME-1]", "[name-1]", "[Name-1]", "\\[NAME-1\\]", "[NAME\\-1]", "[NAME-1\\]", "[**NAME-1**]", "[*NAME-1*]", "[_NAME-1_]", "[`NAME-1`]",
		"[NAME_1]", "[NAME\\_1]", "[NAME 1]", "[ NAME-1 ]", "[NAME - 1]", "[NAME #1]", "[NAME\u20111]", "[NAME\u20131]", "[NAME \u2014 1]",
		"[NAME\u00a01]", "[\u200bNAME-1]", "\uff3bNAME-1\uff3d", "\u3010NAME-1\u3011",
	};
	static const char *const around[][2] = {
		{"**%s**", "**Jane Smith**"}, {"*%s*", "*Jane Smith*"}, {"`%s`'s", "`Jane Smith`'s"}, {"[%s](x)", "[Jane Smith](x)"}, {"[[%s]", "[[Jane Smith]"},
		{"[NAME-%s", "[NAME-Jane Smith"}, {"- [ ] %s\n", "- [ ] Jane Smith\n"}, {"\\%s", "\\Jane Smith"}, {"%s%s", "Jane SmithJane Smith"},
	};
	char text[256];

	(void)state;
	model_sees("Dr. Jane Smith", "Dr. [NAME-1]");
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		comes_back(forms[i], "Jane Smith");
	for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, around[i][0], "[NAME-1]", "[NAME-1]");
#pragma GCC diagnostic pop
		comes_back(text, around[i][1]);
	}
}

static void a_token_in_an_address_comes_back_as_addresses_are_written(void **state)
{
	(void)state;
	model_sees("Dr. Jane O'Neil-M\xc3\xbcller, SSN 536-22-8741, on 03/14/2024", "Dr. [NAME-1], SSN [SSN-1], on [DATE-1:2024]");
	comes_back("/p?name=%5BNAME-1%5D&ssn=%5bssn%2D1%5d&on=%5BDATE-1%3A2024%5D#%5BNAME%201%5D",
		   "/p?name=Jane%20O%27Neil-M%C3%BCller&ssn=536-22-8741&on=03%2F14%2F2024#Jane%20O%27Neil-M%C3%BCller");
	comes_back("/p/[SSN-1]", "/p/536-22-8741");
	/* never given, mixed, coded twice, or none */
	comes_back("%5BNAME-2%5D %5BNAME-1] [NAME-1%5D %255BNAME-1%255D %5B %5 % 100% %zz%5B %FF", "%5BNAME-2%5D %5BNAME-1] [NAME-1%5D %255BNAME-1%255D %5B %5 % 100% %zz%5B %FF");
}

static void a_kind_of_several_words_is_read_with_any_gap(void **state)
{
	(void)state;
	model_sees("study ST-4411, code T-5", "study [STUDY_ID-1], code [T2-1]");
	comes_back("[STUDY_ID-1] [study\\_id-1] [Study ID-1] [Study-Id 1] [STUDY__ID-1] [t2-1]", "ST-4411 ST-4411 ST-4411 ST-4411 ST-4411 T-5");
	comes_back("[STUDYID-1] [STUDY-1] [T-2-1] [T2 1 ]", "[STUDYID-1] [STUDY-1] [T-2-1] T-5");
}

static void what_was_never_given_stays_as_it_is(void **state)
{
	static const char *const texts[] = {
		"[NAME-2]", "[NAME-01]", "[NAME-1a]", "[NAME-1b]", "[NAME-11]", "[NAME-]", "[NAME]", "[NAME-1", "NAME-1]", "NAME-1", "(NAME-1)", "[NAME1]",
		"[SSN-1]", "[NAME-1:2024]", "[NAME-1:]", "[NAME-1.0]", "[NAME-1/2]", "[NAME-1\n]", "[NAMES-1]", "[X]", "[1]", "[]", "[", "\\", "\\[", "\\[NAME-1",
		"\xe3", "\xe3\x80", "\xef\xbc\xbb", "[NAME-99999999999999999999]", "[NAME-1c]", "[NAME-1bb]", "\\[NAME-2\\]",
		"[                                                                                                    NAME-1]",
	};

	(void)state;
	model_sees("Dr. Jane Smith", "Dr. [NAME-1]");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		comes_back(texts[i], texts[i]);
}

static void what_an_operator_leaves_stands_in_the_token_and_may_be_left_out_but_not_be_another(void **state)
{
	(void)state;
	model_sees("Seen on 03/14/2024 and 2024-03-15; Boston, MA 02118; MRN: 84729315; a 93-year-old; Reno, NV 89301",
		   "Seen on [DATE-1:2024] and [DATE-2:2024]; [CITY-1], MA [ZIP-1:021]; MRN: [MRN-1:9315]; a [AGE-1:90+]-year-old; [CITY-2], NV [ZIP-2:000]");
	comes_back("[DATE-1:2024] [date-2: 2024] [DATE-1] [ZIP-1:021] [AGE-1:90+] [AGE-1] [MRN-1:9315]",
		   "03/14/2024 2024-03-15 03/14/2024 02118 93 93 84729315");
	comes_back("[DATE-1:2025] [AGE-1:90] [MRN-1:931] [ZIP-1:0211]", "[DATE-1:2025] [AGE-1:90] [MRN-1:931] [ZIP-1:0211]");
}

static void one_value_written_in_two_ways_has_one_number_and_comes_back_as_it_was_written(void **state)
{
	(void)state;
	model_sees("SSN 536-22-8741, again 536 22 8741, SSN 536-22-8741; Dr. Jane Smith, Dr. JANE SMITH, Dr. jane smith",
		   "SSN [SSN-1], again [SSN-1b], SSN [SSN-1]; Dr. [NAME-1], Dr. [NAME-1b], Dr. [NAME-1c]");
	comes_back("[SSN-1] [SSN-1b] [ssn-1B] [NAME-1] [Name-1b] [NAME-1C]", "536-22-8741 536 22 8741 536 22 8741 Jane Smith JANE SMITH jane smith");
}

/* ---- no token collides with text of the prompt ----------------------------------------------------------------------------- */

static void a_model_that_repeats_the_prompt_gives_back_every_byte_of_it(void **state)
{
	static const char *const prompts[] = {
		"Dr. Jane Smith", "[NAME-1] is not Dr. Jane Smith", "Dr. Jane Smith is not [NAME-1], nor [name-1], [NAME-2] or \\[NAME-1\\]",
		"C:\\users\\Dr. Jane Smith\\notes", "\\[Dr. Jane Smith\\]", "[Dr. Jane Smith]", "[NAME-Dr. Jane Smith]", "**Dr. Jane Smith**", "\\Dr. Jane Smith",
		"[DATE-1:2024] and 03/14/2024", "[AGE-1:90+]", "[NAME - 3]\u3010NAME-4\u3011", "[[NAME-5]]", "[NAME-6", "NAME-7]", "SSN 536-22-8741, 536 22 8741",
		"[SSN-1b] [SSN-1c] SSN 536-22-8741", "[STUDY ID-3] ST-1", "/p?q=%5BNAME-1%5D", "see https://www.example.org/p?q=%5BNAME-1%5D end",
		"see https://www.example.org/p?q=[NAME-1] end", "a [ b ] c \\ d [1] [x] [link](http://a.example)", "Dr. Jane \xf0\x9f\x98\x80 Smith",
	};

	(void)state;
	for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
		char *seen = for_model(prompts[i]);

		comes_back("[NAME-999] and no more", "[NAME-999] and no more");
		comes_back(seen, prompts[i]);
		free(seen);
	}
}

static void what_is_too_long_to_be_held_is_redacted(void **state)
{
	char text[2048] = "see https://www.example.org/";

	(void)state;
	memset(text + strlen(text), 'a', 900);
	strcat(text, "?ssn=536-22-8741 end");
	model_sees(text, "see [URL] end");
}

/* ---- whose they are -------------------------------------------------------------------------------------------------------- */

static void tokens_of_another_session_mean_nothing(void **state)
{
	struct mask_scope *other = mask_scope_new(), *mine = session;
	struct token_reader *reader;

	(void)state;
	model_sees("Dr. Jane Smith and Dr. Robert Jones", "Dr. [NAME-1] and Dr. [NAME-2]");
	session = other;
	assert_int_equal(token_reader_answer(session, &reader), RC_OK);
	assert_null(reader);
	model_sees("Dr. Alice Brown. Who is [NAME-2]?", "Dr. [NAME-2]. Who is [NAME-1]?");
	comes_back("[NAME-2] [NAME-1] [NAME-3]", "Alice Brown [NAME-2] [NAME-3]");
	session = mine;
	comes_back("[NAME-2]", "Robert Jones");
	mask_scope_free(other);
}

static void a_token_that_is_given_later_is_none_to_an_answer_that_has_begun(void **state)
{
	struct token_reader *reader;
	char *got;

	(void)state;
	model_sees("Dr. Jane Smith", "Dr. [NAME-1]");
	assert_int_equal(token_reader_answer(session, &reader), RC_OK);
	model_sees("Dr. Robert Jones, ST-7", "Dr. [NAME-2], [STUDY_ID-1]");
	got = read_all_ways(reader, "[NAME-1] [NAME-2] [STUDY_ID-1]");
	assert_string_equal(got, "Jane Smith [NAME-2] [STUDY_ID-1]");
	free(got);
	token_reader_free(reader);
}

static void texts_of_answers_are_masked_by_the_operators_also_in_a_session_with_tokens(void **state)
{
	struct mask_scope *x;
	struct buf out;

	(void)state;
	model_sees("SSN 536-22-8741", "SSN [SSN-1]");
	x = mask_scope_begin(session);
	buf_init(&out, 1024);
	assert_int_equal(mask_text(engine, x, NULL, SLICE("SSN 536-22-8741"), &out), RC_OK);
	assert_int_equal(mask_text(engine, session, NULL, SLICE(", SSN 536-22-8741"), &out), RC_OK);
	assert_string_equal(out.data, "SSN [SSN], SSN [SSN]");
	buf_free(&out);
	mask_scope_end(x);
}

#define THREADS 4
#define EACH 300

static void *give_many(void *arg)
{
	char (*tokens)[32] = arg;

	for (int i = 0; i < EACH; i++) {
		struct mask_scope *asked = mask_scope_begin_request(session, true, SLICE("x"));
		struct buf out;
		char text[64];

		buf_init(&out, 1024);
		snprintf(text, sizeof text, "ST-%d", i);
		if (!asked || mask_text(engine, asked, NULL, slice_str(text), &out) != RC_OK)
			abort();
		snprintf(tokens[i], sizeof tokens[i], "%s", out.data);
		buf_free(&out);
		mask_scope_end(asked);
	}
	return NULL;
}

static void exchanges_at_the_same_time_share_the_tokens(void **state)
{
	static char tokens[THREADS][EACH][32];
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, give_many, tokens[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (int k = 0; k < EACH; k += 37) {
		char value[32];

		snprintf(value, sizeof value, "ST-%d", k);
		for (int i = 0; i < THREADS; i++) {
			char *got = put_back(tokens[i][k]);

			assert_string_equal(tokens[i][k], tokens[0][k]);
			assert_string_equal(got, value);
			free(got);
		}
	}
}

/* ---- a request that comes again -------------------------------------------------------------------------------------------- */

static void a_request_that_was_held_is_masked_as_it_was_whatever_was_learnt_since(void **state)
{
	static const char body[] = "See Ward today.";
	struct mask_scope *asked, *x;
	struct buf first, again, other;

	(void)state;
	buf_init(&first, 1024);
	buf_init(&again, 1024);
	buf_init(&other, 1024);
	asked = mask_scope_begin_request(session, true, SLICE(body));
	assert_int_equal(mask_scope_remember(asked), RC_OK);
	assert_int_equal(mask_scope_remember(asked), RC_OK);
	assert_int_equal(mask_text(engine, asked, NULL, SLICE(body), &first), RC_OK);
	mask_scope_end(asked);
	x = mask_scope_begin(session);
	assert_int_equal(mask_text(engine, x, NULL, SLICE("Dr. Alan Ward"), &other), RC_OK);
	mask_scope_end(x);
	asked = mask_scope_begin_request(session, true, SLICE(body));
	assert_int_equal(mask_text(engine, asked, NULL, SLICE(body), &again), RC_OK);
	mask_scope_end(asked);
	assert_string_equal(again.data, first.data);
	/* any other request knows the name by now */
	buf_clear(&other);
	asked = mask_scope_begin_request(session, true, SLICE("another body"));
	assert_int_equal(mask_text(engine, asked, NULL, SLICE(body), &other), RC_OK);
	mask_scope_end(asked);
	assert_string_not_equal(other.data, first.data);
	buf_free(&first);
	buf_free(&again);
	buf_free(&other);
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------- */

static void a_session_holds_no_more_than_its_share(void **state)
{
	static char long_value[30000];
	struct token_map *map = token_map_new();
	struct buf out;
	enum rc rc = RC_OK;
	size_t n;

	(void)state;
	memset(long_value, 'x', sizeof long_value);
	buf_init(&out, 1 << 20);
	for (n = 0; rc == RC_OK; n++) {
		buf_clear(&out);
		rc = token_give(map, "ID", n + 1, SLICE("v"), (struct slice){0}, &out);
	}
	assert_int_equal(rc, RC_TOO_BIG);
	assert_int_equal(n - 1, TOKEN_VALUES_MAX);
	assert_int_equal(token_give(map, "ID", 7, SLICE("v"), (struct slice){0}, &out), RC_OK);         /* what it has, it has */
	assert_string_equal(out.data, "[ID-7]");
	token_map_free(map);
	map = token_map_new();
	for (n = 0, rc = RC_OK; rc == RC_OK; n++) {
		buf_clear(&out);
		rc = token_give(map, "ID", n + 1, (struct slice){long_value, sizeof long_value}, (struct slice){0}, &out);
	}
	assert_true(rc == RC_TOO_BIG && (n - 1) * sizeof long_value <= TOKEN_BYTES_MAX && n * sizeof long_value > TOKEN_BYTES_MAX);
	buf_clear(&out);
	assert_int_equal(token_give(map, "ID", 0, SLICE("v"), (struct slice){0}, &out), RC_TOO_BIG);    /* no number was left for it */
	assert_int_equal(token_give(map, "ID", 9999, SLICE(""), (struct slice){0}, &out), RC_TOO_BIG);
	assert_int_equal(out.len, 0);
	token_map_free(map);
	token_map_free(NULL);
	buf_free(&out);
}

static void a_number_has_so_many_ways_to_be_written_and_no_more(void **state)
{
	struct token_map *map = token_map_new();
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	for (char c = 'a'; c <= 'z'; c++) {
		buf_clear(&out);
		assert_int_equal(token_give(map, "ID", 1, (struct slice){&c, 1}, (struct slice){0}, &out), RC_OK);
	}
	assert_string_equal(out.data, "[ID-1z]");
	assert_int_equal(token_give(map, "ID", 1, SLICE("{"), (struct slice){0}, &out), RC_TOO_BIG);
	token_map_free(map);
	buf_free(&out);
}

static void text_waits_only_while_it_may_become_a_token(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"see [M", "see [M"}, {"see [1", "see [1"}, {"see [NA", "see "}, {"see [NAX", "see [NAX"}, {"see \\", "see "}, {"see \\x", "see \\x"}, {"see [", "see "},
		{"see [NAME-1", "see "}, {"see [NAME-1 was", "see [NAME-1 was"}, {"see [NAME-1b", "see "}, {"see [NAME-1x", "see "}, {"see [NAME-1xx", "see [NAME-1xx"},
		{"a", "a"}, {"[NAME-1]", "Jane Smith"}, {"\xe3\x80\x90NAME-1", ""}, {"\xe3\x80\x91", "\xe3\x80\x91"},
	};
	struct token_reader *reader;
	char spaces[TOKEN_TEXT_MAX + 9];

	(void)state;
	model_sees("Dr. Jane Smith", "Dr. [NAME-1]");
	assert_int_equal(token_reader_answer(session, &reader), RC_OK);
	memset(spaces, ' ', sizeof spaces);
	spaces[0] = '[';
	spaces[sizeof spaces - 1] = '\0';
	for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
		bool last = i == sizeof cases / sizeof *cases;
		const char *in = last ? spaces : cases[i].in;
		struct token_stream *s;
		size_t at = 0;
		struct buf out;

		buf_init(&out, 1024);
		assert_int_equal(token_stream_new(reader, note_span, &at, &s), RC_OK);
		assert_int_equal(token_feed(s, slice_str(in), &out), RC_OK);
		buf_add(&out, "", 0);
		if (strcmp(out.data ? out.data : "", last ? spaces : cases[i].out) != 0)
			fail_msg("%s gave %s", in, out.data);
		token_stream_free(s);
		buf_free(&out);
	}
	token_reader_free(reader);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)
	const struct CMUnitTest tests[] = {
		T(what_models_make_of_a_token_is_read_as_it),
		T(a_token_in_an_address_comes_back_as_addresses_are_written),
		T(a_kind_of_several_words_is_read_with_any_gap),
		T(what_was_never_given_stays_as_it_is),
		T(what_an_operator_leaves_stands_in_the_token_and_may_be_left_out_but_not_be_another),
		T(one_value_written_in_two_ways_has_one_number_and_comes_back_as_it_was_written),
		T(a_model_that_repeats_the_prompt_gives_back_every_byte_of_it),
		T(what_is_too_long_to_be_held_is_redacted),
		T(tokens_of_another_session_mean_nothing),
		T(a_token_that_is_given_later_is_none_to_an_answer_that_has_begun),
		T(texts_of_answers_are_masked_by_the_operators_also_in_a_session_with_tokens),
		T(exchanges_at_the_same_time_share_the_tokens),
		T(a_request_that_was_held_is_masked_as_it_was_whatever_was_learnt_since),
		T(a_session_holds_no_more_than_its_share),
		T(a_number_has_so_many_ways_to_be_written_and_no_more),
		T(text_waits_only_while_it_may_become_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
