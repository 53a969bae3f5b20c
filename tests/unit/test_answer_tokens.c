/* Answers in which tokens stand for the caller's identifiers: masked first, then with the caller's own text put back, in every framing
 * and for every way of cutting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"
#include "engine.h"
#include "text.h"
#include "token.h"

#define JANE "Jane \"Jo\"\n\\Smith"              /* needs every escape that JSON has */
#define JANE_JSON "Jane \\\"Jo\\\"\\n\\\\Smith"
#define JANE_IN_JSON "Jane \\\\\\\"Jo\\\\\\\"\\\\n\\\\\\\\Smith"         /* in JSON in a string of JSON */

static struct mask_scope *session;
static struct token_reader *tokens;
static const char *const NAMES[] = {"openai", "ollama", "anthropic", "llamacpp", "tgi", "kserve"};
#define DIALECTS (sizeof NAMES / sizeof *NAMES)
static struct dialect *dialects[DIALECTS];

static const struct dialect *spoken(const char *name)
{
	size_t i = 0;

	while (strcmp(NAMES[i], name) != 0)
		assert_true(++i < DIALECTS);
	return dialects[i];
}

static void give(const char *kind, uint64_t number, const char *value, const char *shown)
{
	struct buf out;

	buf_init(&out, 1024);
	assert_int_equal(token_give(scope_given(session), kind, number, slice_str(value), slice_str(shown), &out), RC_OK);
	buf_free(&out);
}

static int session_setup(void **state)
{
	struct mask_scope *asked;
	struct why why;

	for (size_t i = 0; i < DIALECTS; i++)
		if (dialect_load(NAMES[i], NULL, &dialects[i], &why) != RC_OK)
			return -1;
	if (answering_setup(state) != 0 || !(session = mask_scope_new()) ||
	    !(asked = mask_scope_begin_request(session, true, SLICE("x"))))
		return -1;
	mask_scope_end(asked);
	give("NAME", 1, JANE, "");
	give("SSN", 2, "536-22-8741", "");
	give("DATE", 12, "03/14/2024", "2024");
	give("ACCOUNT", 123456, "4417 1234 5678 9113", "");
	return token_reader_answer(session, &tokens) == RC_OK && tokens ? 0 : -1;
}

static int session_teardown(void **state)
{
	token_reader_free(tokens);
	mask_scope_free(session);
	for (size_t i = 0; i < DIALECTS; i++)
		dialect_free(dialects[i]);
	return answering_teardown(state);
}

/* As the client gets it. */
static char *comes_back(enum framing framing, const struct dialect *dialect, const char *path, const char *body)
{
	char *masked, *back;

	answers_are(framing, dialect, path);
	masked = answered(body, NULL);
	options.tokens = tokens;
	options.engine = NULL;
	back = answered(masked, NULL);
	free(masked);
	return back;
}

/* What is put back alone, of what masking has passed. */
static char *puts_back(enum framing framing, const struct dialect *dialect, const char *path, const char *body)
{
	answers_are(framing, dialect, path);
	options.tokens = tokens;
	options.engine = NULL;
	return answered(body, NULL);
}

static void is(char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("became\n%s\nnot\n%s", got, wanted);
	free(got);
}

/* ---- whole answers --------------------------------------------------------------------------------------------------------- */

#define CHAT(content) "{\"id\":\"c-1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" content "\"}}]}"

static void a_value_is_escaped_as_the_place_of_its_token_wants(void **state)
{
	static const char *const cases[][2] = {
		{CHAT("[NAME-1] was seen"), CHAT(JANE_JSON " was seen")},
		{CHAT("\\u005bname\\u002d1\\u005D was"), CHAT(JANE_JSON " was")},
		{CHAT("\\\\[NAME-1\\\\] has **[ssn-2]**"), CHAT(JANE_JSON " has **536-22-8741**")},
		{CHAT("[[NAME-1]](x) [null] [n"), CHAT("[" JANE_JSON "](x) [null] [n")},
		{CHAT(" \\n[Name-1], [DATE-12:2024], [ACCOUNT-123456] and [NAME-3]"),
		 CHAT(" \\n" JANE_JSON ", 03/14/2024, 4417 1234 5678 9113 and [NAME-3]")},
		{CHAT("{\\\"who\\\": \\\"[NAME-1]\\\", \\\"list\\\": [\\\"[NAME-1]\\\", [NAME-1], null]}"),
		 CHAT("{\\\"who\\\": \\\"" JANE_IN_JSON "\\\", \\\"list\\\": [\\\"" JANE_IN_JSON "\\\", " JANE_JSON ", null]}")},
		{CHAT("[\\\"[NAME-1]\\\", 1.50, true, nul]"), CHAT("[\\\"" JANE_IN_JSON "\\\", 1.50, true, nul]")},
		{"{\"[NAME-1]\":1,\"model\":[[],[\"[NAME-1]\",null]]}",
		 "{\"" JANE_JSON "\":1,\"model\":[[],[\"" JANE_JSON "\",null]]}"},
		{"{\"error\":{\"message\":\"no such patient: [NAME-1]\"}}", "{\"error\":{\"message\":\"no such patient: " JANE_JSON "\"}}"},
		{"[NAME-1] is no JSON", JANE " is no JSON"},
		{CHAT("SSN [SSN-2], SSN 219-09-9999"), CHAT("SSN 536-22-8741, SSN [SSN]")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is(comes_back(FRAMING_JSON, openai, "/v1/chat/completions", cases[i][0]), cases[i][1]);
}

static void an_answer_that_comes_whole_is_put_back_in_every_dialect(void **state)
{
	static const struct {
		const char *dialect, *path, *body;       /* %s: the model's text */
	} cases[] = {
		{"openai", "/v1/completions", "{\"choices\":[{\"index\":0,\"text\":\"%s\"}]}"},
		{"openai", "/v1/responses", "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"%s\"}]}]}"},
		{"ollama", "/api/chat", "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"done\":true}"},
		{"ollama", "/api/generate", "{\"model\":\"m\",\"response\":\"%s\",\"done\":true}"},
		{"anthropic", "/v1/messages", "{\"type\":\"message\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"text\",\"text\":\"%s\"}]}"},
		{"anthropic", "/v1/messages", "{\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"chart\",\"input\":{\"who\":\"%s\"}}]}"},
		{"llamacpp", "/completion", "{\"index\":0,\"content\":\"%s\",\"stop\":true}"},
		{"llamacpp", "/infill", "[{\"index\":0,\"content\":\"a\"},{\"index\":1,\"content\":\"%s\"}]"},
		{"tgi", "/generate", "{\"generated_text\":\"%s\",\"details\":null}"},
		{"tgi", "/", "[{\"generated_text\":\"%s\"}]"},
		{"kserve", "/v2/models/m/infer", "{\"model_name\":\"m\",\"outputs\":[{\"name\":\"o\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"%s\"]}]}"},
		{"kserve", "/v2/models/m/generate", "{\"model_name\":\"m\",\"text_output\":\"%s\"}"},
	};
	static const char said[] = "**[Name-1]** (\\\\[ssn-2\\\\]) on [DATE 12], see /p?who=%5BNAME-1%5D; [NAME-9] and SSN 219-09-9999";
	static const char heard[] = "**" JANE_JSON "** (536-22-8741) on 03/14/2024, see /p?who=Jane%20%22Jo%22%0A%5CSmith; [NAME-9] and SSN [SSN]";

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char body[1024], wanted[1024];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(body, sizeof body, cases[i].body, said);
		snprintf(wanted, sizeof wanted, cases[i].body, heard);
#pragma GCC diagnostic pop
		is(comes_back(FRAMING_JSON, spoken(cases[i].dialect), cases[i].path, body), wanted);
	}
}

static void text_that_is_no_json_comes_back_too(void **state)
{
	(void)state;
	is(comes_back(FRAMING_TEXT, NULL, NULL, "[NAME-1]: [ssn-2]\n"), JANE ": 536-22-8741\n");
	is(comes_back(FRAMING_TEXT, NULL, NULL, "{\"who\":\"[NAME-1]\"}"), "{\"who\":\"" JANE_JSON "\"}");
	is(comes_back(FRAMING_TEXT, NULL, NULL, "see [NAME-"), "see [NAME-");
	is(comes_back(FRAMING_TEXT, NULL, NULL, "["), "[");
}

/* ---- streams: what the client puts together --------------------------------------------------------------------------------- */

/* The text in the events or lines, at a path. */
static void put_together(const char *body, bool lines, const char *path, struct buf *out)
{
	struct buf data;

	buf_init(&data, 1 << 16);
	buf_clear(out);
	while (*body) {
		size_t n = strcspn(body, "\n");
		const char *text;
		cJSON *event;

		if (lines) {
			buf_clear(&data);
			buf_add(&data, body, n);
			body += n + (body[n] == '\n');
		} else if (!next_data(&body, &data)) {
			break;
		}
		event = cJSON_Parse(data.data);
		if (!event && strcmp(data.data, "[DONE]") != 0)
			fail_msg("no JSON: %s", data.data);
		text = at_path(event, path);
		buf_puts(out, text ? text : "");
		cJSON_Delete(event);
	}
	buf_add(out, "", 0);
	buf_free(&data);
}

struct stream {
	const char *dialect;
	enum framing framing;
	const char *route, *event, *end, *path;          /* %s: the next piece of text, escaped */
};

static const struct stream STREAMS[] = {
	{"openai", FRAMING_SSE, "/v1/chat/completions", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n\n",
	 "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", "choices.0.delta.content"},
	{"openai", FRAMING_SSE, "/v1/completions", "data: {\"choices\":[{\"index\":0,\"text\":\"%s\"}]}\r\n\r\n", "", "choices.0.text"},
	{"openai", FRAMING_SSE, "/v1/responses", "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,"
	 "\"content_index\":0,\"delta\":\"%s\"}\n\n", "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\","
	 "\"output_index\":0,\"content_index\":0,\"text\":\"\"}\n\n", "delta"},
	{"ollama", FRAMING_NDJSON, "/api/chat", "{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"done\":false}\n",
	 "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true}\n", "message.content"},
	{"ollama", FRAMING_NDJSON, "/api/generate", "{\"response\":\"%s\",\"done\":false}\n", "{\"response\":\"\",\"done\":true}\n", "response"},
	{"anthropic", FRAMING_SSE, "/v1/messages", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
	 "{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n", "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
	 "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "delta.text"},
	{"anthropic", FRAMING_SSE, "/v1/messages", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
	 "{\"type\":\"thinking_delta\",\"thinking\":\"%s\"}}\n\n", "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
	 "delta.thinking"},
	{"anthropic", FRAMING_SSE, "/v1/messages", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":"
	 "{\"type\":\"input_json_delta\",\"partial_json\":\"%s\"}}\n\n", "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n",
	 "delta.partial_json"},
	{"llamacpp", FRAMING_SSE, "/completion", "data: {\"index\":0,\"content\":\"%s\",\"tokens\":[1],\"stop\":false}\n\n",
	 "data: {\"index\":0,\"content\":\"\",\"stop\":true}\n\n", "content"},
	{"tgi", FRAMING_SSE, "/generate_stream", "data:{\"index\":1,\"token\":{\"id\":7,\"text\":\"%s\",\"logprob\":-0.5,\"special\":false},"
	 "\"generated_text\":null,\"details\":null}\n\n", "data:{\"index\":2,\"token\":{\"id\":2,\"text\":\"\",\"logprob\":-0.1,\"special\":true},"
	 "\"generated_text\":\"all\",\"details\":null}\n\n", "token.text"},
	{"kserve", FRAMING_SSE, "/v2/models/m/generate_stream", "data: {\"model_name\":\"m\",\"model_version\":\"1\",\"text_output\":\"%s\"}\n\n", "",
	 "text_output"},
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* The text in events of at most max bytes, or in two, cut at cut. */
static void say(const struct stream *s, const char *text, size_t cut, size_t max, struct buf *out)
{
	size_t n = strlen(text);
	struct buf piece;

	buf_init(&piece, 1 << 16);
	for (size_t at = 0, len; at < n; at += len) {
		len = cut && at == 0 ? cut : max ? max : n;
		len = len < n - at ? len : n - at;
		buf_clear(&piece);
		text_escape((struct slice){text + at, len}, &piece);
		buf_printf(out, s->event, piece.data);
	}
	buf_puts(out, s->end);
	buf_free(&piece);
}
#pragma GCC diagnostic pop

/* One run: masked, then put back; in pieces of the bytes, too. */
static void hear(const struct stream *s, struct slice body, struct buf *heard)
{
	struct buf masked, back;
	size_t end_at;

	answers_are(s->framing, spoken(s->dialect), s->route);
	assert_int_equal(answer_pieces(body, 13, 7, &masked, &end_at), RC_OK);
	options.tokens = tokens;
	options.engine = NULL;
	assert_int_equal(answer_pieces(buf_slice(&masked), 17, 3, &back, &end_at), RC_OK);
	put_together(back.data, s->framing == FRAMING_NDJSON, s->path, heard);
	buf_free(&masked);
	buf_free(&back);
}

static void a_token_is_put_back_wherever_the_model_cuts_it(void **state)
{
	static const char *const texts[][2] = {
		{"[NAME-1] came", JANE " came"},
		{"Seen: **[name-1]**, \\[SSN-2\\] on [DATE-12].", "Seen: **" JANE "**, 536-22-8741 on 03/14/2024."},
		{"/p?who=%5Bname-1%5D&ssn=[SSN-2]", "/p?who=Jane%20%22Jo%22%0A%5CSmith&ssn=536-22-8741"},
		{"{\"a\": \"[NAME-1]\", \"b\": [[ACCOUNT-123456]]}", "{\"a\": \"" JANE_JSON "\", \"b\": [4417 1234 5678 9113]}"},
		{"x [NAME-9] [NAME-1", "x [NAME-9] [NAME-1"},
		{"[", "["},
	};
	struct buf body, heard;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_init(&heard, 1 << 20);
	for (size_t i = 0; i < sizeof STREAMS / sizeof *STREAMS; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			for (size_t cut = 0; cut < strlen(texts[k][0]) + 3; cut++) {
				size_t n = strlen(texts[k][0]);

				buf_clear(&body);
				say(&STREAMS[i], texts[k][0], cut < n ? cut : 0, cut < n ? 0 : cut - n + 1, &body);
				hear(&STREAMS[i], buf_slice(&body), &heard);
				if (strcmp(heard.data, texts[k][1]) != 0)
					fail_msg("%s cut at %zu: %s", STREAMS[i].route, cut, heard.data);
			}
	buf_free(&body);
	buf_free(&heard);
}

static void a_choice_ends_with_what_was_held_of_a_token_that_is_none(void **state)
{
	(void)state;
	is(puts_back(FRAMING_SSE, openai, "/v1/chat/completions",
		      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"see \"}}]}\n\n"
		      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[NAME\"}}]}\n\n"
		      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
	   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"see \"}}]}\n\n"
	   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}]}\n\n"
	   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[NAME\"}}]}\n\n"
	   "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
}

static void choices_that_are_streamed_side_by_side_have_each_its_own_text(void **state)
{
	is(puts_back(FRAMING_SSE, openai, "/v1/chat/completions",
		      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[SSN\"}},{\"index\":1,\"delta\":{\"content\":\"[NA\"}}]}\n\n"
		      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"N\"}},{\"index\":0,\"delta\":{\"content\":\"-2]\"}}]}\n\ndata: [DONE]\n\n"),
	   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}},{\"index\":1,\"delta\":{\"content\":\"\"}}]}\n\n"
	   "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"[NAN\"}},{\"index\":0,\"delta\":{\"content\":\"536-22-8741\"}}]}\n\ndata: [DONE]\n\n");
	(void)state;
}

static void arguments_of_a_tool_call_are_json_when_they_are_put_together(void **state)
{
	static const char arguments[] = "{\"patient\": \"[NAME-1]\", \"ids\": [\"[ssn-2]\"], \"dose\": 5.0}";
	struct buf body, data, whole;
	char *back;
	const char *at;
	cJSON *call;

	buf_init(&body, 1 << 20);
	buf_init(&data, 1 << 16);
	buf_init(&whole, 1 << 16);
	(void)state;
	for (size_t i = 0; i < sizeof arguments - 1; i++) {
		buf_puts(&body, "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"");
		text_escape((struct slice){arguments + i, 1}, &body);
		buf_puts(&body, "\"}}]}}]}\n\n");
	}
	buf_puts(&body, "data: [DONE]\n\n");
	at = back = comes_back(FRAMING_SSE, openai, "/v1/chat/completions", body.data);
	while (next_data(&at, &data)) {
		cJSON *event = cJSON_Parse(data.data);
		const char *text = at_path(event, "choices.0.delta.tool_calls.0.function.arguments");

		buf_puts(&whole, text ? text : "");
		cJSON_Delete(event);
	}
	call = cJSON_Parse(whole.data);
	assert_string_equal(at_path(call, "patient"), JANE);
	assert_string_equal(at_path(call, "ids.0"), "536-22-8741");
	cJSON_Delete(call);
	free(back);
	buf_free(&body);
	buf_free(&data);
	buf_free(&whole);
}

static void a_value_breaks_no_line_where_lines_are_the_framing(void **state)
{
	char *back;

	(void)state;
	back = puts_back(FRAMING_SSE, NULL, NULL, "event: [NAME-1]\nid: [NAME-1]\ndata: [NA\n\ndata: ME-1] said\n\n");
	is(back, "event: Jane \"Jo\" \\Smith\nid: Jane \"Jo\" \\Smith\ndata: \n\ndata: Jane \"Jo\" \\Smith said\n\n");
	is(puts_back(FRAMING_NDJSON, NULL, NULL, "[NAME-1] said\n{\"a\":\"[NAME-1]\"}\n"),
	   "Jane \"Jo\" \\Smith said\n{\"a\":\"" JANE_JSON "\"}\n");
}

static void what_spells_the_text_goes_where_text_was_put_back(void **state)
{
	(void)state;
	is(comes_back(FRAMING_JSON, openai, "/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi [NAME-1]\"},\"logprobs\":{\"content\":[1]}}]}"),
	   "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi " JANE_JSON "\"},\"logprobs\":null}]}");
	is(comes_back(FRAMING_JSON, openai, "/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi [NAME-7]\"},\"logprobs\":{\"content\":[1]}}]}"),
	   "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi [NAME-7]\"},\"logprobs\":{\"content\":[1]}}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_escaped_as_the_place_of_its_token_wants),
		cmocka_unit_test(an_answer_that_comes_whole_is_put_back_in_every_dialect),
		cmocka_unit_test(text_that_is_no_json_comes_back_too),
		cmocka_unit_test(a_token_is_put_back_wherever_the_model_cuts_it),
		cmocka_unit_test(a_choice_ends_with_what_was_held_of_a_token_that_is_none),
		cmocka_unit_test(choices_that_are_streamed_side_by_side_have_each_its_own_text),
		cmocka_unit_test(arguments_of_a_tool_call_are_json_when_they_are_put_together),
		cmocka_unit_test(a_value_breaks_no_line_where_lines_are_the_framing),
		cmocka_unit_test(what_spells_the_text_goes_where_text_was_put_back),
	};

	return cmocka_run_group_tests(tests, session_setup, session_teardown);
}
