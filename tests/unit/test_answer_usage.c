/* The tokens that an answer says it took, for limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"

/* Of each kind; in pieces of every size. */
static void counts(const char *body, bool known, uint64_t input, uint64_t cached, uint64_t output)
{
	for (size_t max = 0; max < 12; max++) {
		struct answer_usage usage = {0};
		struct buf out;
		size_t end;

		options.usage = &usage;
		assert_int_equal(answer_pieces(slice_str(body), max, 7, &out, &end), RC_OK);
		buf_free(&out);
		if (usage.known != known || usage.tokens[USAGE_INPUT] != input || usage.tokens[USAGE_CACHED] != cached ||
		    usage.tokens[USAGE_OUTPUT] != output)
			fail_msg("%s\ncounts %d %llu %llu %llu", body, usage.known, (unsigned long long)usage.tokens[USAGE_INPUT],
				 (unsigned long long)usage.tokens[USAGE_CACHED], (unsigned long long)usage.tokens[USAGE_OUTPUT]);
	}
}

static void an_answer_that_comes_whole_says_its_tokens(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	counts("{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12345678,\"total_tokens\":21}}", true, 9, 0, 12345678);
	counts("{\"choices\":[]}", false, 0, 0, 0);
	answers_are(FRAMING_JSON, openai, "/v1/embeddings");
	counts("{\"usage\":{\"prompt_tokens\":40}}", true, 40, 0, 0);
	answers_are(FRAMING_JSON, openai, "/v1/responses");
	counts("{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}", true, 3, 0, 4);
}

static void a_stream_says_them_more_than_once_and_the_largest_counts(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	counts("data: {\"choices\":[],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
	       "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n", true, 9, 0, 2);
	answers_are(FRAMING_SSE, openai, "/v1/responses");
	counts("data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\n\n", true, 3, 0, 4);
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	counts("{\"message\":{\"content\":\"hi\"},\"done\":false}\n{\"done\":true,\"prompt_eval_count\":26,\"eval_count\":298}\n", true, 26, 0, 298);
}

/* Anthropic's prompt caching: three counts are one request. */
static void what_a_cache_gave_or_took_counts_as_well(void **state)
{
	struct dialect *anthropic;
	struct answer_usage usage = {0};
	struct buf out;
	size_t end;

	(void)state;
	assert_int_equal(dialect_load("anthropic", NULL, &anthropic, NULL), RC_OK);
	for (int i = 0; i < 2; i++) {
		static const char *const bodies[] = {
			"{\"usage\":{\"input_tokens\":12,\"cache_creation_input_tokens\":800,\"cache_read_input_tokens\":3000,\"output_tokens\":7}}",
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":12,\"cache_creation_input_tokens\":800,"
			"\"cache_read_input_tokens\":3000,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},"
			"\"usage\":{\"output_tokens\":7}}\n\n",
		};

		answers_are(i ? FRAMING_SSE : FRAMING_JSON, anthropic, "/v1/messages");
		usage = (struct answer_usage){0};
		options.usage = &usage;
		assert_int_equal(answer_pieces(slice_str(bodies[i]), 5, 3, &out, &end), RC_OK);
		buf_free(&out);
		assert_true(usage.known);
		assert_int_equal(usage.tokens[USAGE_INPUT], 12);
		assert_int_equal(usage.tokens[USAGE_CACHED], 3000);
		assert_int_equal(usage.tokens[USAGE_KEPT], 800);
		assert_int_equal(usage.tokens[USAGE_OUTPUT], 7);
	}
	dialect_free(anthropic);
}

static void what_is_no_count_says_nothing(void **state)
{
	static const char *const none[] = {"-5", "1.5", "1e3", "\"9\"", "null", "[9]", "{\"a\":9}", "1234567890123456"};
	char body[128];

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		snprintf(body, sizeof body, "{\"usage\":{\"prompt_tokens\":%s},\"prompt_tokens\":9}", none[i]);
		counts(body, false, 0, 0, 0);
	}
	counts("{\"choices\":[{\"message\":{\"content\":\"{\\\"usage\\\":{\\\"prompt_tokens\\\":9}}\"}}]}", false, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_that_comes_whole_says_its_tokens),
		cmocka_unit_test(a_stream_says_them_more_than_once_and_the_largest_counts),
		cmocka_unit_test(what_a_cache_gave_or_took_counts_as_well),
		cmocka_unit_test(what_is_no_count_says_nothing),
	};

	return cmocka_run_group_tests(tests, answering_setup, answering_teardown);
}
