/* Every field of the documented answers that can carry text: what identifiers it holds are masked, also where they come in pieces, and
 * what cannot be read is not passed on. Fields and events that nobody has documented are no way around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answering.h"

#define SSN "536-22-8741"
#define LONG_BASE64 "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

static struct dialect *anthropic, *llamacpp, *kserve, *tgi;

static int begin(void **state)
{
	struct why why;

	return answering_setup(state) != 0 || dialect_load("anthropic", NULL, &anthropic, &why) != RC_OK ||
	       dialect_load("llamacpp", NULL, &llamacpp, &why) != RC_OK || dialect_load("kserve", NULL, &kserve, &why) != RC_OK ||
	       dialect_load("tgi", NULL, &tgi, &why) != RC_OK;
}

static int end(void **state)
{
	dialect_free(anthropic);
	dialect_free(llamacpp);
	dialect_free(kserve);
	dialect_free(tgi);
	return answering_teardown(state);
}

/* The field's text as the client puts it together: of every event, the value at the path. */
static void heard(const char *out, bool lines, const char *path, struct buf *all)
{
	struct buf data;
	const char *at = out;

	buf_init(&data, 1 << 20);
	while (lines ? *at != 0 : next_data(&at, &data)) {
		cJSON *event;
		const char *text;

		if (lines) {
			buf_clear(&data);
			buf_add(&data, at, strcspn(at, "\n"));
			at += data.len + (at[data.len] == '\n');
		}
		buf_add(&data, "", 0);
		event = cJSON_Parse(data.data);
		text = event ? at_path(event, path) : NULL;
		buf_puts(all, text ? text : "");
		cJSON_Delete(event);
	}
	buf_add(all, "", 0);
	buf_free(&data);
}

/* %s stands for the text. */
struct field {
	const char *event, *path;
	bool whole;                              /* comes in one event, never in pieces */
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_event(struct buf *body, enum framing framing, const char *event, const char *text)
{
	buf_puts(body, framing == FRAMING_SSE ? "data: " : "");
	buf_printf(body, event, text);
	buf_puts(body, framing == FRAMING_SSE ? "\n\n" : "\n");
}
#pragma GCC diagnostic pop

/* Whole, and cut in two events anywhere. */
static void is_masked(enum framing framing, const struct field *f)
{
	static const char text[] = "SSN: " SSN " was seen.";
	char first[sizeof text];
	struct buf body, out, all;
	size_t end_at;

	buf_init(&body, 1 << 16);
	buf_init(&all, 1 << 16);
	for (size_t cut = 0; cut < (f->whole ? 1 : sizeof text - 1); cut++) {
		buf_clear(&body);
		buf_clear(&all);
		snprintf(first, sizeof first, "%.*s", (int)cut, text);
		if (cut)
			put_event(&body, framing, f->event, first);
		put_event(&body, framing, f->event, text + cut);
		if (answer_pieces(buf_slice(&body), 0, 0, &out, &end_at) != RC_OK)
			fail_msg("%s is not taken", f->event);
		heard(out.data, framing == FRAMING_NDJSON, f->path, &all);
		if (strcmp(all.data, "SSN: [SSN] was seen.") != 0)
			fail_msg("%s at %s, cut at %zu: %s", f->event, f->path, cut, out.data);
		buf_free(&out);
	}
	buf_free(&body);
	buf_free(&all);
}

static void are_masked(enum framing framing, const struct dialect *dialect, const char *route, const struct field *fields, size_t n)
{
	answers_are(framing, dialect, route);
	for (size_t i = 0; i < n; i++)
		is_masked(framing, &fields[i]);
}
#define ARE_MASKED(framing, dialect, route, fields) are_masked(framing, dialect, route, fields, sizeof(fields) / sizeof *(fields))

#define TYPE(type) "{\"type\":\"" type "\",\"sequence_number\":3,\"item_id\":\"msg_1\",\"output_index\":0,"
#define ITEM(type, members) TYPE(type) "\"item\":{\"id\":\"i_1\",\"status\":\"completed\"," members "}}"
#define RESPONSE(type, members) "{\"type\":\"" type "\",\"sequence_number\":9,\"response\":{\"id\":\"resp_1\",\"object\":\"response\"," members "}}"

/* The stream events of the Responses API, by the types of OpenAI's own client library; those that only tell how far a call has come
 * (….in_progress, ….searching, ….completed of a tool) have no text. */
static void every_event_of_the_responses_api_is_masked(void **state)
{
	static const struct field fields[] = {
		{TYPE("response.output_text.delta") "\"content_index\":0,\"delta\":\"%s\",\"logprobs\":[]}", "delta", false},
		{TYPE("response.output_text.done") "\"content_index\":0,\"text\":\"%s\",\"logprobs\":[]}", "text", true},
		{TYPE("response.output_text.annotation.added") "\"content_index\":0,\"annotation_index\":0,\"annotation\":{\"type\":\"url_citation\","
		 "\"title\":\"%s\",\"url\":\"https://example.org\"}}", "annotation.title", true},
		{TYPE("response.refusal.delta") "\"content_index\":0,\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.refusal.done") "\"content_index\":0,\"refusal\":\"%s\"}", "refusal", true},
		{TYPE("response.reasoning_text.delta") "\"content_index\":0,\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.reasoning_text.done") "\"content_index\":0,\"text\":\"%s\"}", "text", true},
		{TYPE("response.reasoning_summary_text.delta") "\"summary_index\":0,\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.reasoning_summary_text.done") "\"summary_index\":0,\"text\":\"%s\"}", "text", true},
		{TYPE("response.reasoning_summary_part.added") "\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"%s\"}}", "part.text", true},
		{TYPE("response.reasoning_summary_part.done") "\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"%s\"}}", "part.text", true},
		{TYPE("response.content_part.added") "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"%s\",\"annotations\":[]}}", "part.text", true},
		{TYPE("response.content_part.done") "\"content_index\":0,\"part\":{\"type\":\"refusal\",\"refusal\":\"%s\"}}", "part.refusal", true},
		{TYPE("response.content_part.done") "\"content_index\":0,\"part\":{\"type\":\"reasoning_text\",\"text\":\"%s\"}}", "part.text", true},
		{TYPE("response.content_part.done") "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[{\"type\":"
		 "\"file_citation\",\"filename\":\"%s\"}]}}", "part.annotations.0.filename", true},
		{TYPE("response.function_call_arguments.delta") "\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.function_call_arguments.done") "\"name\":\"f\",\"arguments\":\"%s\"}", "arguments", true},
		{TYPE("response.mcp_call_arguments.delta") "\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.mcp_call_arguments.done") "\"arguments\":\"%s\"}", "arguments", true},
		{TYPE("response.custom_tool_call_input.delta") "\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.custom_tool_call_input.done") "\"input\":\"%s\"}", "input", true},
		{TYPE("response.code_interpreter_call_code.delta") "\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.code_interpreter_call_code.done") "\"code\":\"%s\"}", "code", true},
		{"{\"type\":\"response.audio.transcript.delta\",\"sequence_number\":3,\"delta\":\"%s\"}", "delta", false},
		{"{\"type\":\"error\",\"code\":null,\"message\":\"%s\",\"param\":null,\"sequence_number\":1}", "message", true},
		{ITEM("response.output_item.added", "\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"%s\"}]"), "item.content.0.text", true},
		{ITEM("response.output_item.done", "\"type\":\"function_call\",\"arguments\":\"%s\""), "item.arguments", true},
		{ITEM("response.output_item.done", "\"type\":\"custom_tool_call\",\"input\":\"%s\""), "item.input", true},
		{ITEM("response.output_item.done", "\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"%s\"}]"), "item.summary.0.text", true},
		{ITEM("response.output_item.done", "\"type\":\"reasoning\",\"content\":[{\"type\":\"reasoning_text\",\"text\":\"%s\"}]"), "item.content.0.text", true},
		{ITEM("response.output_item.done", "\"type\":\"file_search_call\",\"queries\":[\"%s\"]"), "item.queries.0", true},
		{ITEM("response.output_item.done", "\"type\":\"file_search_call\",\"results\":[{\"filename\":\"n\",\"text\":\"%s\"}]"), "item.results.0.text", true},
		{ITEM("response.output_item.done", "\"type\":\"web_search_call\",\"action\":{\"type\":\"search\",\"query\":\"%s\"}"), "item.action.query", true},
		{ITEM("response.output_item.done", "\"type\":\"computer_call\",\"action\":{\"type\":\"type\",\"text\":\"%s\"}"), "item.action.text", true},
		{ITEM("response.output_item.done", "\"type\":\"code_interpreter_call\",\"code\":\"%s\""), "item.code", true},
		{ITEM("response.output_item.done", "\"type\":\"code_interpreter_call\",\"outputs\":[{\"type\":\"logs\",\"logs\":\"%s\"}]"), "item.outputs.0.logs", true},
		{ITEM("response.output_item.done", "\"type\":\"local_shell_call\",\"action\":{\"type\":\"exec\",\"command\":[\"%s\"]}"), "item.action.command.0", true},
		{ITEM("response.output_item.done", "\"type\":\"mcp_call\",\"name\":\"n\",\"output\":\"%s\""), "item.output", true},
		{ITEM("response.output_item.done", "\"type\":\"mcp_call\",\"name\":\"n\",\"error\":\"%s\""), "item.error", true},
		{ITEM("response.output_item.done", "\"type\":\"mcp_list_tools\",\"tools\":[{\"name\":\"n\",\"description\":\"%s\"}]"), "item.tools.0.description", true},
		{ITEM("response.output_item.done", "\"type\":\"mcp_approval_request\",\"arguments\":\"%s\""), "item.arguments", true},
		{ITEM("response.output_item.done", "\"type\":\"image_generation_call\",\"revised_prompt\":\"%s\""), "item.revised_prompt", true},
		{RESPONSE("response.created", "\"instructions\":\"%s\""), "response.instructions", true},
		{RESPONSE("response.queued", "\"instructions\":\"%s\""), "response.instructions", true},
		{RESPONSE("response.in_progress", "\"metadata\":{\"k\":\"%s\"}"), "response.metadata.k", true},
		{RESPONSE("response.completed", "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"%s\"}]}]"),
		 "response.output.0.content.0.text", true},
		{RESPONSE("response.completed", "\"output_text\":\"%s\""), "response.output_text", true},
		{RESPONSE("response.completed", "\"output\":[{\"type\":\"code_interpreter_call\",\"code\":\"%s\"}]"), "response.output.0.code", true},
		{RESPONSE("response.incomplete", "\"incomplete_details\":{\"reason\":\"%s\"}"), "response.incomplete_details.reason", true},
		{RESPONSE("response.failed", "\"error\":{\"code\":\"server_error\",\"message\":\"%s\"}"), "response.error.message", true},
		/* what nobody has documented yet */
		{TYPE("response.dream_text.delta") "\"dream_index\":0,\"delta\":\"%s\"}", "delta", false},
		{TYPE("response.dream_text.done") "\"dream\":{\"of\":[\"%s\"]}}", "dream.of.0", true},
		{"{\"kind\":\"%s\"}", "kind", true},
	};

	(void)state;
	ARE_MASKED(FRAMING_SSE, openai, "/v1/responses", fields);
}

static void every_field_of_a_chat_stream_is_masked(void **state)
{
#define DELTA(members) "{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{" members "},\"finish_reason\":null}]}"
	static const struct field fields[] = {
		{DELTA("\"content\":\"%s\""), "choices.0.delta.content", false},
		{DELTA("\"refusal\":\"%s\""), "choices.0.delta.refusal", false},
		{DELTA("\"reasoning_content\":\"%s\""), "choices.0.delta.reasoning_content", false},
		{DELTA("\"reasoning\":\"%s\""), "choices.0.delta.reasoning", false},
		{DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"%s\",\"index\":0}]"), "choices.0.delta.reasoning_details.0.text", false},
		{DELTA("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"%s\",\"index\":0}]"), "choices.0.delta.reasoning_details.0.summary", false},
		{DELTA("\"audio\":{\"id\":\"a\",\"transcript\":\"%s\"}"), "choices.0.delta.audio.transcript", false},
		{DELTA("\"function_call\":{\"arguments\":\"%s\"}"), "choices.0.delta.function_call.arguments", false},
		{DELTA("\"tool_calls\":[{\"index\":0,\"type\":\"function\",\"function\":{\"arguments\":\"%s\"}}]"), "choices.0.delta.tool_calls.0.function.arguments", false},
		{DELTA("\"tool_calls\":[{\"index\":0,\"type\":\"custom\",\"custom\":{\"input\":\"%s\"}}]"), "choices.0.delta.tool_calls.0.custom.input", false},
		/* as older TGI says it, which sends no list */
		{DELTA("\"tool_calls\":{\"index\":0,\"type\":\"function\",\"function\":{\"name\":null,\"arguments\":\"%s\"}}"), "choices.0.delta.tool_calls.function.arguments", false},
		{DELTA("\"tool_calls\":{\"index\":0,\"function\":{\"name\":\"%s\"}}"), "choices.0.delta.tool_calls.function.name", true},
		{DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"%s\"}}]"), "choices.0.delta.tool_calls.0.function.name", true},
		{DELTA("\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"title\":\"%s\"}}]"), "choices.0.delta.annotations.0.url_citation.title", true},
		{DELTA("\"surprise\":\"%s\""), "choices.0.delta.surprise", true},
		{"{\"error\":{\"message\":\"%s\"}}", "error.message", true},
	};

	(void)state;
	ARE_MASKED(FRAMING_SSE, openai, "/v1/chat/completions", fields);
}

static void every_event_of_the_messages_api_is_masked(void **state)
{
#define BLOCK(members) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{" members "}}"
	static const struct field fields[] = {
		{BLOCK("\"type\":\"text_delta\",\"text\":\"%s\""), "delta.text", false},
		{BLOCK("\"type\":\"thinking_delta\",\"thinking\":\"%s\""), "delta.thinking", false},
		{BLOCK("\"type\":\"input_json_delta\",\"partial_json\":\"%s\""), "delta.partial_json", false},
		{BLOCK("\"type\":\"signature_delta\",\"signature\":\"%s\""), "delta.signature", true},
		{BLOCK("\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\",\"cited_text\":\"%s\"}"), "delta.citation.cited_text", true},
		{BLOCK("\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\",\"document_title\":\"%s\"}"), "delta.citation.document_title", true},
		{BLOCK("\"type\":\"new_delta\",\"new\":\"%s\""), "delta.new", true},
		{"{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"%s\"}}", "content_block.text", true},
		{"{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"%s\"}}", "content_block.thinking", true},
		{"{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"input\":{\"who\":\"%s\"}}}", "content_block.input.who", true},
		{"{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"web_search_tool_result\",\"content\":[{\"title\":\"%s\"}]}}",
		 "content_block.content.0.title", true},
		{"{\"type\":\"message_start\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}}", "message.content.0.text", true},
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_sequence\":\"%s\"}}", "delta.stop_sequence", true},
		{"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"%s\"}}", "error.message", true},
		{"{\"type\":\"new_event\",\"new\":[[\"%s\"]]}", "new.0.0", true},
	};

	(void)state;
	ARE_MASKED(FRAMING_SSE, anthropic, "/v1/messages", fields);
}

static void every_field_of_ollama_is_masked(void **state)
{
	static const struct field chat[] = {
		{"{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"done\":false}", "message.content", false},
		{"{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"thinking\":\"%s\"},\"done\":false}", "message.thinking", false},
		{"{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"who\":\"%s\"}}}]},\"done\":false}",
		 "message.tool_calls.0.function.arguments.who", true},
		{"{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"%s\",\"arguments\":{}}}]},\"done\":false}", "message.tool_calls.0.function.name", true},
		{"{\"message\":{\"surprise\":\"%s\"},\"done\":false}", "message.surprise", true},
		{"{\"error\":\"%s\"}", "error", true},
	};
	static const struct field generate[] = {
		{"{\"model\":\"m\",\"response\":\"%s\",\"done\":false}", "response", false},
		{"{\"model\":\"m\",\"thinking\":\"%s\",\"done\":false}", "thinking", false},
	};

	(void)state;
	ARE_MASKED(FRAMING_NDJSON, ollama, "/api/chat", chat);
	ARE_MASKED(FRAMING_NDJSON, ollama, "/api/generate", generate);
}

/* What spells the request again stands on record like the answer, and is no text of which a mask could be told. */
static void what_spells_the_prompt_does_not_come_out(void **state)
{
#define PIECES "[null,{\"19\":{\"logprob\":-1,\"decoded_token\":\"536\"}},{\"20\":{\"decoded_token\":\"-22-\"}}]"
	const struct {
		const struct dialect *dialect;
		const char *route, *body;
	} rows[] = {
		{openai, "/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Yes.\"}}],\"prompt_logprobs\":" PIECES "}"},
		{openai, "/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Yes.\"}}],\"prompt_token_ids\":[536,22]}"},
		{openai, "/v1/completions", "{\"choices\":[{\"index\":0,\"text\":\"Yes.\",\"prompt_logprobs\":" PIECES "}]}"},
		{openai, "/v1/completions", "{\"choices\":[{\"index\":0,\"text\":\"Yes.\",\"prompt_token_ids\":[536,22]}]}"},
		{openai, "/v1/responses", "{\"output\":[],\"input_messages\":[{\"message\":\"Hi\",\"tokens\":[536,22]}]}"},
		{openai, "/v1/responses", "{\"type\":\"response.completed\",\"response\":{\"output_messages\":[{\"message\":\"Hi\",\"tokens\":[536,22]}]}}"},
		{tgi, "/generate", "{\"generated_text\":\"Yes.\",\"details\":{\"prefill\":[{\"id\":19,\"text\":\"536\"},{\"id\":20,\"text\":\"-22-\"}]}}"},
		{tgi, "/", "[{\"generated_text\":\"Yes.\",\"details\":{\"best_of_sequences\":[{\"generated_text\":\"Yes.\",\"prefill\":[{\"text\":\"536\"}]}]}}]"},
		{openai, "/tokenize", "{\"count\":2,\"tokens\":[19,20],\"token_strs\":[\"536\",\"-22-\"]}"},
		{tgi, "/tokenize", "[{\"id\":19,\"text\":\"536\",\"start\":0,\"stop\":3},{\"id\":20,\"text\":\"-22-\",\"start\":3,\"stop\":7}]"},
		{llamacpp, "/tokenize", "{\"tokens\":[{\"id\":19,\"piece\":\"536\"},{\"id\":20,\"piece\":[53,54]}]}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out;

		answers_are(FRAMING_JSON, rows[i].dialect, rows[i].route);
		out = answered(rows[i].body, NULL);
		if (strstr(out, "536") || strstr(out, "54") || !strstr(out, "null"))
			fail_msg("%s\nbecame\n%s", rows[i].body, out);
		free(out);
	}
}

/* As JSON in a string (Triton's back end for vLLM), whatever stands before it. */
static void what_spells_the_text_goes_where_it_is_masked(void **state)
{
#define SPELLED "\"[{\\\"19\\\":{\\\"decoded_token\\\":\\\"536\\\"}}]\""
	(void)state;
	answers_are(FRAMING_JSON, kserve, "/v2/models/m/generate");
	becomes("{\"text_output\":\"SSN 536-22-8741\",\"logprobs\":" SPELLED "}", "{\"text_output\":\"SSN [SSN]\",\"logprobs\":null}");
	becomes("{\"logprobs\":" SPELLED ",\"text_output\":\"SSN 536-22-8741\"}", "{\"logprobs\":null,\"text_output\":\"SSN [SSN]\"}");
	becomes("{\"text_output\":\"Yes.\",\"logprobs\":" SPELLED "}", "{\"text_output\":\"Yes.\",\"logprobs\":" SPELLED "}");
	answers_are(FRAMING_SSE, kserve, "/v2/models/m/generate_stream");
	becomes("data: {\"text_output\":\"SSN 536-22-8741\",\"logprobs\":" SPELLED "}\n\n",
		"data: {\"text_output\":\"SSN \",\"logprobs\":null}\n\ndata: {\"text_output\":\"[SSN]\",\"logprobs\":null}\n\n");
}

/* Sound, pictures, and what only the server can read. */
static void what_cannot_be_read_does_not_come_out(void **state)
{
	const struct {
		const char *route, *body;
		const struct dialect *dialect;   /* NULL: openai */
	} rows[] = {
		{"/v1/messages", "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"" LONG_BASE64 "\"}}",
		 anthropic},
		{"/v1/messages", "{\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"" LONG_BASE64 "\"}}]}", anthropic},
		{"/v1/chat/completions", "{\"choices\":[{\"index\":0,\"delta\":{\"audio\":{\"id\":\"a\",\"data\":\"" LONG_BASE64 "\"}}}]}", NULL},
		{"/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"audio\":{\"id\":\"a\",\"data\":\"" LONG_BASE64 "\",\"transcript\":\"hm\"}}}]}", NULL},
		{"/v1/chat/completions", "{\"choices\":[{\"index\":0,\"message\":{\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64," LONG_BASE64 "\"}}]}}]}", NULL},
		{"/v1/chat/completions", "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_details\":[{\"data\":\"" LONG_BASE64 "\"}]}}]}", NULL},
		{"/v1/responses", TYPE("response.image_generation_call.partial_image") "\"partial_image_index\":0,\"partial_image_b64\":\"" LONG_BASE64 "\"}", NULL},
		{"/v1/responses", ITEM("response.output_item.done", "\"type\":\"image_generation_call\",\"result\":\"" LONG_BASE64 "\""), NULL},
		{"/v1/responses", ITEM("response.output_item.done", "\"type\":\"reasoning\",\"encrypted_content\":\"" LONG_BASE64 "\""), NULL},
		{"/v1/responses", RESPONSE("response.completed", "\"output\":[{\"type\":\"image_generation_call\",\"result\":\"" LONG_BASE64 "\"}]"), NULL},
		{"/v1/responses", "{\"output\":[{\"type\":\"image_generation_call\",\"result\":\"" LONG_BASE64 "\"}]}", NULL},
		{"/v1/responses", "{\"output\":[{\"type\":\"reasoning\",\"encrypted_content\":\"" LONG_BASE64 "\"}]}", NULL},
	};
	struct buf body;

	(void)state;
	buf_init(&body, 1 << 16);
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		char *out;

		answers_are(i % 2 ? FRAMING_SSE : FRAMING_JSON, rows[i / 2].dialect ? rows[i / 2].dialect : openai, rows[i / 2].route);
		buf_clear(&body);
		buf_printf(&body, i % 2 ? "data: %s\n\n" : "%s", rows[i / 2].body);
		out = answered(body.data, NULL);
		if (strstr(out, LONG_BASE64) || !strstr(out, "null"))
			fail_msg("%s", out);
		free(out);
	}
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_of_the_responses_api_is_masked),
		cmocka_unit_test(every_field_of_a_chat_stream_is_masked),
		cmocka_unit_test(every_event_of_the_messages_api_is_masked),
		cmocka_unit_test(every_field_of_ollama_is_masked),
		cmocka_unit_test(what_spells_the_prompt_does_not_come_out),
		cmocka_unit_test(what_spells_the_text_goes_where_it_is_masked),
		cmocka_unit_test(what_cannot_be_read_does_not_come_out),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
