/* A JSON value a line, as Ollama streams, and bodies that are plain text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"

#define LINE(text) "{\"model\":\"m\",\"created_at\":\"2025-07-08T16:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"done\":false}\n"
#define END "{\"model\":\"m\",\"created_at\":\"2025-07-08T16:00:01Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"eval_count\":259}\n"

static void text_goes_on_from_line_to_line(void **state)
{
	char *out;

	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	becomes(LINE("SSN 53") LINE("6-22-87") LINE("41") END, LINE("SSN ") LINE("") LINE("") LINE("[SSN]") END);
	becomes("{\"status\":\"pulling\"}\n\n \r\n" END, "{\"status\":\"pulling\"}\n\n \r\n" END);
	becomes("{\"a\":\"SSN 536-22-8741\"}\r\n{\"b\":1}", "{\"a\":\"SSN [SSN]\"}\r\n{\"b\":1}");
	out = answered(LINE("Dr. Jane Sm") LINE("ith is here. ") END, NULL);
	assert_null(strstr(out, "Jane"));
	assert_null(strstr(out, "ith"));
	free(out);
}

static void the_last_line_is_the_end_of_the_answer(void **state)
{
	struct buf out;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	assert_int_equal(answer_pieces(SLICE(LINE("SSN 536-22-8741") END), 0, 0, &out, &end_at), RC_OK);
	assert_true(end_at < out.len);
	assert_string_equal(out.data + end_at, END);
	buf_free(&out);
	assert_int_equal(answer_pieces(SLICE(LINE("SSN 536-22-8741")), 0, 0, &out, &end_at), RC_OK);
	assert_string_equal(out.data, LINE("SSN ") LINE("[SSN]"));
	buf_free(&out);
}

static void a_tool_call_beside_text_is_not_said_twice(void **state)
{
	char *out;
	const char *first;

	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	out = answered("{\"message\":{\"content\":\"SSN 536-22-8741\",\"tool_calls\":[{\"function\":{\"name\":\"lookup\",\"arguments\":{\"mrn\":84729315}}}]},"
		       "\"done\":false}\n" END, NULL);
	first = strstr(out, "lookup");
	assert_non_null(first);
	assert_null(strstr(first + 1, "lookup"));
	assert_non_null(strstr(out, "\"mrn\":0"));
	assert_non_null(strstr(out, "[SSN]"));
	assert_null(strstr(out, "8741"));
	free(out);
}

#define GENERATED(text) "{\"model\":\"m\",\"response\":\"" text "\",\"done\":false}\n"
#define GENERATED_END(context) "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"context\":" context "}\n"

static void token_ids_of_all_the_answer_pass_only_when_all_of_it_did(void **state)
{
	static const struct {
		const char *body, *context;
	} cases[] = {
		{GENERATED("it is ") GENERATED("so.") GENERATED_END("[7, 8]"), "\"context\":[7, 8]"},
		{GENERATED("SSN 536-22") GENERATED("-8741") GENERATED_END("[7, 8]"), "\"context\":null"},
		{GENERATED("SSN 536-22-8741, ") GENERATED("it is so.") GENERATED_END("[7, 8]"), "\"context\":null"},
		{GENERATED("SSN 536-22-8741, it is so. ") "{\"response\":\"Yes.\",\"done\":true,\"context\":[7]}\n", "\"context\":null"},
	};

	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/generate");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *out = answered(cases[i].body, NULL);

		if (!strstr(out, cases[i].context) || strstr(out, "536"))
			fail_msg("%s\nbecame\n%s", cases[i].body, out);
		free(out);
	}
}

static void lines_that_are_no_json_are_masked_each_alone(void **state)
{
	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	becomes("oops, SSN 536-22-8741\nmore\n" END, "oops, SSN [SSN]\nmore\n" END);
	becomes("84729315\n\"SSN 536-22-8741\"\nnull\n", "84729315\n\"SSN [SSN]\"\nnull\n");
	becomes(LINE("SSN 536-22") "{\"message\":{\"content\":\"-8741", LINE("SSN ") LINE("[ID]"));
	becomes(LINE("SSN 536-22") "{\"message\":{\"content\":\"-8741\"}}", LINE("SSN ") "{\"message\":{\"content\":\"[SSN]\"}}");
}

static void long_lines_are_too_big(void **state)
{
	struct buf out;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_NDJSON, ollama, "/api/chat");
	options.event_max_bytes = 60;
	assert_int_equal(answer_pieces(SLICE("{\"a\":1}\n{\"b\":\"SSN 536-22-8741 000000000000000000000000000000000000000000000000\"}\n"), 5, 1, &out, &end_at), RC_TOO_BIG);
	assert_string_equal(out.data, "{\"a\":1}\n");
	buf_free(&out);
}

static void plain_text_is_one_text(void **state)
{
	(void)state;
	answers_are(FRAMING_TEXT, NULL, NULL);
	becomes("", "");
	becomes("SSN 536-22-8741\n\n\"" CREDENTIAL "\" \\u0041\x01\n", "SSN [SSN]\n\n\"[ID]\" \\u0041\x01\n");
	becomes(" {\"mrn\":84729315}", " {\"mrn\":0}");
	options.continues = SLICE("His SSN is 536-22-");
	becomes("8741. ", "[SSN]. ");
}

/* Its texts would be masked each alone, and many clients read by what they asked for, not by what the answer is called. */
static void a_stream_under_another_name_is_refused(void **state)
{
	static const char lines[] = LINE("SSN 536-") LINE("22-8741") END;
	static const char events[] = "data: " LINE("SSN 536-") "\ndata: " LINE("22-8741") "\n";
	static const struct {
		enum framing framing;
		const char *before, *body;
	} rows[] = {
		{FRAMING_JSON, "", lines}, {FRAMING_TEXT, "", lines}, {FRAMING_SSE, "", lines}, {FRAMING_SSE, ": ping\n\n", lines},
		{FRAMING_JSON, "", events}, {FRAMING_TEXT, "", events}, {FRAMING_NDJSON, "", events},
		{FRAMING_TEXT, "\r\nevent: e\r\n", events},
		{FRAMING_TEXT, "\xef\xbb\xbf: ping\n\n", events}, {FRAMING_JSON, "id: 1\n", events}, {FRAMING_NDJSON, "retry: 1\n", events},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t piece = 0; piece < 9; piece += 4) {
			char body[1024];
			struct buf out;
			size_t end_at;

			answers_are(rows[i].framing, ollama, "/api/chat");
			options.strict = true;
			snprintf(body, sizeof body, "%s%s", rows[i].before, rows[i].body);
			assert_int_equal(answer_pieces(slice_str(body), piece, 1, &out, &end_at), RC_BAD);
			if (memmem(buf_slice(&out).p, out.len, "8741", 4))
				fail_msg("row %zu, pieces of %zu:\n%s", i, piece, buf_slice(&out).p);
			buf_free(&out);
		}
}

/* Clients know JSON in UTF-16 or UTF-32 by its zeros, whatever its Content-Type says. */
static void what_is_no_utf8_is_refused(void **state)
{
	static const enum framing framings[] = {FRAMING_JSON, FRAMING_TEXT, FRAMING_SSE, FRAMING_NDJSON};
	static const char wide[] = "\xff\xfe{\0\"\0a\0\"\0:\0\"\0J\0o\0h\0n\0 \0S\0m\0i\0t\0h\0\"\0}\0\n";

	(void)state;
	for (size_t i = 0; i < sizeof framings / sizeof *framings; i++) {
		struct buf out;
		size_t end_at;

		answers_are(framings[i], ollama, "/api/chat");
		options.strict = true;
		assert_int_equal(answer_pieces((struct slice){wide, sizeof wide - 1}, 1, 1, &out, &end_at), RC_BAD);
		assert_true(out.len < 8);
		buf_free(&out);
	}
}

static void the_credential_is_found_however_long_it_is_and_wherever_it_stands(void **state)
{
	char credential[1201], body[2600];
	char *out;

	(void)state;
	answers_are(FRAMING_TEXT, NULL, NULL);
	becomes("Xmodel-credential-5d1f9 x_" CREDENTIAL CREDENTIAL ".", "X[ID]9 x_[ID][ID].");
	for (size_t n = 30; n < sizeof credential; n += 195) {
		for (size_t i = 0; i < n; i++)
			credential[i] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_."[(i * i + i / 7) % 60];
		credential[n] = 0;
		options.credential = (struct slice){credential, n};
		snprintf(body, sizeof body, "it is %s, yes", credential);
		out = answered(body, NULL);
		for (size_t i = 0; i + 24 <= n; i++)
			assert_null(memmem(out, strlen(out), credential + i, 24));
		assert_non_null(strstr(out, "it is [ID]"));
		assert_non_null(strstr(out, "], yes"));
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_on_from_line_to_line),
		cmocka_unit_test(the_last_line_is_the_end_of_the_answer),
		cmocka_unit_test(a_tool_call_beside_text_is_not_said_twice),
		cmocka_unit_test(token_ids_of_all_the_answer_pass_only_when_all_of_it_did),
		cmocka_unit_test(lines_that_are_no_json_are_masked_each_alone),
		cmocka_unit_test(long_lines_are_too_big),
		cmocka_unit_test(plain_text_is_one_text),
		cmocka_unit_test(a_stream_under_another_name_is_refused),
		cmocka_unit_test(what_is_no_utf8_is_refused),
		cmocka_unit_test(the_credential_is_found_however_long_it_is_and_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, answering_setup, answering_teardown);
}
