/* What the real servers send, as their documentation shows it: tests/unit/wire/DIALECT-WHAT, cut at every byte. What a client puts
 * together of the events is each whole text masked, all of it before the event that ends it; what is no text comes as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"
#include "file.h"

#define SAYS_MAX 4
#define KEYS_MAX 3

/* One kind of text in the events, and what tells its streams from one another: paths, the key's value is a number or a flag. */
struct says {
	const char *text, *key;
};

struct wire {
	const char *file, *route;
	struct says says[SAYS_MAX];
	const char *end_path, *end_value, *end_key;      /* the event that ends a text; no key: all of them */
	uint64_t input, output;                          /* tokens, as the model counts them */
	const char *never;                               /* what must not come through */
};

#define TOOLS "choices.0.delta.tool_calls.0."
static const struct wire streams[] = {
	{"openai-chat.sse", "/v1/chat/completions", {{"choices.0.delta.content", NULL}}, "choices.0.finish_reason", "stop", NULL, 19, 16, NULL},
	{"openai-chat-tools.sse", "/v1/chat/completions",
	 {{"choices.0.delta.reasoning_content", NULL}, {TOOLS "function.arguments", TOOLS "index"}},
	 "choices.0.finish_reason", "tool_calls", NULL, 0, 0, NULL},
	{"openai-completions.sse", "/v1/completions", {{"choices.0.text", NULL}}, "choices.0.finish_reason", "length", NULL, 5, 16, NULL},
	{"openai-responses.sse", "/v1/responses", {{"delta", "output_index"}, {"text", "output_index"}}, "type", "response.completed", NULL, 37, 22,
	 NULL},
	{"openai-responses.sse", "/v1/responses", {{"delta", "output_index"}}, "type", "response.output_text.done", "output_index", 37, 22, NULL},
	{"openai-responses.sse", "/v1/responses", {{"delta", "output_index"}}, "type", "response.reasoning_summary_text.done", "output_index",
	 37, 22, NULL},
	{"openai-responses-tools.sse", "/v1/responses", {{"delta", "output_index"}}, "type", "response.function_call_arguments.done",
	 "output_index", 37, 22, NULL},
	{"ollama-chat.ndjson", "/api/chat", {{"message.content", NULL}}, "done", "true", NULL, 26, 282, NULL},
	{"ollama-generate.ndjson", "/api/generate", {{"response", NULL}, {"thinking", NULL}}, "done", "true", NULL, 26, 282, "[1,2,3]"},
	{"ollama-chat-tools.ndjson", "/api/chat", {{"message.content", NULL}}, "done", "true", NULL, 26, 282, NULL},
	{"anthropic-messages.sse", "/v1/messages", {{"delta.text", "index"}, {"delta.thinking", "index"}, {"delta.partial_json", "index"}},
	 "type", "content_block_stop", "index", 472, 89, NULL},
	{"anthropic-error.sse", "/v1/messages", {{"delta.text", "index"}}, "type", "error", NULL, 472, 2, NULL},
	{"llamacpp-completion.sse", "/completion", {{"content", "index"}}, "stop", "true", "index", 5, 16, "[1008]"},
	{"llamacpp-completions-two.sse", "/completion", {{"content", "index"}}, "stop", "true", "index", 5, 16, "[1008]"},
	{"tgi-generate_stream.sse", "/generate_stream", {{"token.text", "token.special"}}, "generated_text", NULL, NULL, 9, 17, "1008"},
	{"tgi-generate_stream-length.sse", "/generate_stream", {{"token.text", "token.special"}}, "generated_text", NULL, NULL, 0, 0, "1008"},
	{"tgi-error.sse", "/generate_stream", {{"token.text", "token.special"}}, "error", NULL, NULL, 0, 0, "1008"},
	{"kserve-generate_stream.sse", "/v2/models/notes/generate_stream", {{"text_output", NULL}}, NULL, NULL, NULL, 0, 0, NULL},
	{"kserve-error.sse", "/v2/models/notes/generate_stream", {{"text_output", NULL}}, "error", NULL, NULL, 0, 0, NULL},
};

/* Answers that come whole. has: what the client gets of the text; NULL: all comes as it was. */
static const struct {
	const char *file, *method, *route, *has, *never;
} wholes[] = {
	{"openai-chat.json", "POST", "/v1/chat/completions", "SSN: [SSN]; next visit 500 mg", NULL},
	{"openai-models.json", "GET", "/v1/models", NULL, NULL}, {"openai-embeddings.json", "POST", "/v1/embeddings", NULL, NULL},
	{"openai-transcription.json", "POST", "/v1/audio/transcriptions", "SSN: [SSN]; next visit 500 mg", "50364"},
	{"openai-rerank.json", "POST", "/v1/rerank", "\"relevance_score\": 0.0005860328674316406", NULL},
	{"openai-score.json", "POST", "/score", NULL, NULL}, {"openai-tokenize.json", "POST", "/tokenize", NULL, NULL},
	{"openai-detokenize.json", "POST", "/detokenize", "{\"prompt\": \"SSN: [SSN]\"}", NULL},
	{"ollama-embed.json", "POST", "/api/embed", NULL, NULL}, {"ollama-tags.json", "GET", "/api/tags", NULL, NULL},
	{"ollama-show.json", "POST", "/api/show", NULL, NULL},
	{"anthropic-messages.json", "POST", "/v1/messages", "\"ssn\":\"[SSN]\",\"dose_mg\":500}", NULL},
	{"anthropic-count_tokens.json", "POST", "/v1/messages/count_tokens", NULL, NULL}, {"anthropic-models.json", "GET", "/v1/models", NULL, NULL},
	{"llamacpp-completion.json", "POST", "/completion", "\"seed\":4294967295", NULL},
	{"llamacpp-tokenize.json", "POST", "/tokenize", "{\"id\":198456,\"piece\":null}", "world"},
	{"llamacpp-detokenize.json", "POST", "/detokenize", "{\"content\":\"SSN: [SSN]\"}", NULL},
	{"llamacpp-apply-template.json", "POST", "/apply-template", "user\\nSSN: [SSN]<|im_end|>", NULL},
	{"llamacpp-embedding.json", "POST", "/embedding", NULL, NULL},
	{"tgi-generate.json", "POST", "/generate", "\"tokens\":null", "1000"}, {"tgi-generate-plain.json", "POST", "/generate", NULL, NULL},
	{"tgi-root.json", "POST", "/", "\"tokens\":null", "1000"}, {"tgi-info.json", "GET", "/info", NULL, NULL},
	{"kserve-infer.json", "POST", "/v2/models/notes/infer", "[\"SSN: [SSN]\"]", NULL},
	{"kserve-generate.json", "POST", "/v2/models/notes/versions/1/generate", "SSN: [SSN]; next", NULL},
	{"kserve-model.json", "GET", "/v2/models/notes", NULL, NULL},
};

/* ---- the answer --------------------------------------------------------------------------------------------------------- */

static const char *const phi[] = {"536-22", "8741", "Jane", "Smith", "8472", "29315"};
static struct dialect *dialect;
static const struct route *route;

static void take_route(const char *file, const char *method, const char *path)
{
	char name[32], *sent = NULL;
	struct text_list allowed = {(char **)&path, 1};
	struct why why = {0};

	snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "-"), file);
	dialect_free(dialect);
	if (dialect_load(name, NULL, &dialect, &why) != RC_OK ||
	    dialect_route(dialect, method, slice_str(path), &allowed, &route, &sent, &why) != RC_OK)
		fail_msg("%s: %s", file, why.text);
	free(sent);
}

static struct buf read_wire(const char *file)
{
	char path[128];
	struct why why = {0};
	struct buf body;

	buf_init(&body, 1 << 20);
	snprintf(path, sizeof path, "tests/unit/wire/%s", file);
	if (file_read(path, &body, &why) != RC_OK)
		fail_msg("%s: %s", path, why.text);
	return body;
}

static bool is(const char *file, const char *ending)
{
	return strcmp(file + strlen(file) - strlen(ending), ending) == 0;
}

/* What comes of a file; the same as the last time is not made again. */
static const char *through(const char *file, struct answer_usage *usage)
{
	static char last[64], *out;
	static struct answer_usage last_usage;
	struct buf body;
	size_t n;

	if (strcmp(last, file) == 0) {
		*usage = last_usage;
		return out;
	}
	body = read_wire(file);
	n = body.len;

	answers_are(is(file, ".sse") ? FRAMING_SSE : is(file, ".ndjson") ? FRAMING_NDJSON : FRAMING_JSON, NULL, NULL);
	options.shape = route->shape;
	options.usage = usage;
	free(out);
	out = answered(body.data, &n);
	for (size_t i = 0; i < sizeof phi / sizeof *phi; i++)
		if (strstr(out, phi[i]))
			fail_msg("%s: %s comes through\n%s", file, phi[i], out);
	buf_free(&body);
	last_usage = *usage;
	snprintf(last, sizeof last, "%s", file);
	return out;
}

/* ---- the client ----------------------------------------------------------------------------------------------------------- */

struct hearing {
	struct buf text[SAYS_MAX][KEYS_MAX];
	bool ended[SAYS_MAX][KEYS_MAX];
	int ends;
};

/* How much of every text had been heard when it ended must be all of it. */
static void end_texts(const struct wire *w, struct hearing *h, int key)
{
	h->ends++;
	for (int i = 0; i < SAYS_MAX; i++)
		for (int k = 0; k < KEYS_MAX; k++)
			if (w->says[i].text && (key < 0 || k == key))
				h->ended[i][k] = true;
}

static int key_of(const cJSON *event, const char *path)
{
	const cJSON *key = path ? value_at(event, path) : NULL;

	return !key ? 0 : cJSON_IsBool(key) ? cJSON_IsTrue(key) : key->valueint;
}

static bool is_end(const struct wire *w, const cJSON *event)
{
	const cJSON *value = w->end_path ? value_at(event, w->end_path) : NULL;
	const char *text = cJSON_GetStringValue(value);

	if (!w->end_value)
		return text;
	return text ? strcmp(text, w->end_value) == 0 : cJSON_IsTrue(value) && strcmp(w->end_value, "true") == 0;
}

static void hear_event(const struct wire *w, const cJSON *event, struct hearing *h)
{
	for (int i = 0; i < SAYS_MAX && w->says[i].text; i++) {
		const char *text = at_path(event, w->says[i].text);
		int key = key_of(event, w->says[i].key);

		assert_in_range(key, 0, KEYS_MAX - 1);
		if (!text || !*text)
			continue;
		if (h->ended[i][key])
			fail_msg("%s: \"%s\" comes after the event that ends it", w->file, text);
		buf_puts(&h->text[i][key], text);
	}
	if (is_end(w, event))
		end_texts(w, h, w->end_key ? key_of(event, w->end_key) : -1);
}

static bool next_line(const char **at, struct buf *data)
{
	size_t n = strcspn(*at, "\n");

	buf_clear(data);
	buf_add(data, *at, n);
	*at += n + ((*at)[n] == '\n');
	return n > 0;
}

static void hear(const struct wire *w, const char *stream, struct hearing *h)
{
	struct buf data;

	*h = (struct hearing){.ends = 0};
	for (int i = 0; i < SAYS_MAX; i++)
		for (int k = 0; k < KEYS_MAX; k++)
			buf_init(&h->text[i][k], 1 << 20);
	buf_init(&data, 1 << 20);
	while (is(w->file, ".sse") ? next_data(&stream, &data) : next_line(&stream, &data)) {
		cJSON *event = cJSON_Parse(data.data);

		if (!event && strcmp(data.data, "[DONE]") != 0)
			fail_msg("%s: no JSON: %s", w->file, data.data);
		hear_event(w, event, h);
		cJSON_Delete(event);
	}
	buf_free(&data);
}

static void hearing_free(struct hearing *h)
{
	for (int i = 0; i < SAYS_MAX; i++)
		for (int k = 0; k < KEYS_MAX; k++)
			buf_free(&h->text[i][k]);
}

/* The text as a string of an answer that comes whole. */
static char *alone(const char *text)
{
	cJSON *answer = cJSON_CreateObject(), *masked;
	struct buf out;
	size_t end;
	char *body, *copy;

	cJSON_AddStringToObject(answer, "text", text);
	body = cJSON_PrintUnformatted(answer);
	answers_are(FRAMING_JSON, openai, "/v1/responses");
	assert_int_equal(answer_pieces(slice_str(body), 0, 0, &out, &end), RC_OK);
	masked = cJSON_Parse(out.data);
	copy = strdup(at_path(masked, "text"));
	cJSON_Delete(answer);
	cJSON_Delete(masked);
	cJSON_free(body);
	buf_free(&out);
	return copy;
}

static void check_stream(const struct wire *w)
{
	struct answer_usage usage = {0};
	struct hearing said, heard;
	struct buf raw = read_wire(w->file);
	const char *out;

	take_route(w->file, "POST", w->route);
	out = through(w->file, &usage);
	if (w->never && strstr(out, w->never))
		fail_msg("%s: %s comes through\n%s", w->file, w->never, out);
	hear(w, raw.data, &said);
	hear(w, out, &heard);
	if (heard.ends != said.ends || (w->end_path && !said.ends))
		fail_msg("%s: %d ends, not %d\n%s", w->file, heard.ends, said.ends, out);
	for (int i = 0; i < SAYS_MAX; i++)
		for (int k = 0; k < KEYS_MAX; k++) {
			char *wanted = alone(buf_slice(&said.text[i][k]).p);

			if (strcmp(buf_slice(&heard.text[i][k]).p, wanted) != 0)
				fail_msg("%s, text %d of %d: %s\nnot\n%s\n%s", w->file, i, k, buf_slice(&heard.text[i][k]).p, wanted, out);
			free(wanted);
		}
	if (usage.tokens[USAGE_INPUT] != w->input || usage.tokens[USAGE_OUTPUT] != w->output)
		fail_msg("%s counts %llu and %llu tokens", w->file, (unsigned long long)usage.tokens[USAGE_INPUT],
			 (unsigned long long)usage.tokens[USAGE_OUTPUT]);
	hearing_free(&said);
	hearing_free(&heard);
	buf_free(&raw);
}

/* ---- */

static void streams_come_masked_and_whole_before_they_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
		check_stream(&streams[i]);
}

static void what_comes_whole_is_masked_and_else_comes_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
		struct buf raw = read_wire(wholes[i].file);
		struct answer_usage usage = {0};
		const char *out;
		cJSON *json;

		take_route(wholes[i].file, wholes[i].method, wholes[i].route);
		out = through(wholes[i].file, &usage);
		json = cJSON_Parse(out);
		if (!json || (wholes[i].has ? !strstr(out, wholes[i].has) : strcmp(out, raw.data) != 0))
			fail_msg("%s becomes\n%s", wholes[i].file, out);
		if (wholes[i].never && strstr(out, wholes[i].never))
			fail_msg("%s: %s comes through\n%s", wholes[i].file, wholes[i].never, out);
		cJSON_Delete(json);
		buf_free(&raw);
	}
}

/* Names, numbers and order of the events are the model's: those that are written again for text that was held are the only new ones. */
static void typed_events_keep_their_names_and_ids(void **state)
{
	static const char *const kept[] = {
		"event: message_start\n", "event: ping\n", "\"type\": \"thinking_delta\"", "\"id\": \"toolu_01T1x1fJ34qAmk2tNTrN7Up6\"",
		"\"stop_reason\": \"tool_use\"", "\"signature\": \"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds\"",
		"event: content_block_stop\ndata: {\"type\": \"content_block_stop\", \"index\": 2}\n\n"
		"event: message_delta\ndata: {\"type\": \"message_delta\", \"delta\": {\"stop_reason\": \"tool_use\", \"stop_sequence\": null}, "
		"\"usage\": {\"output_tokens\": 89}}\n\nevent: message_stop\ndata: {\"type\": \"message_stop\"}\n\n",
	};
	struct answer_usage usage = {0};
	const char *out;

	(void)state;
	take_route("anthropic-messages.sse", "POST", "/v1/messages");
	out = through("anthropic-messages.sse", &usage);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!strstr(out, kept[i]))
			fail_msg("not there: %s\n%s", kept[i], out);
}

static int teardown(void **state)
{
	dialect_free(dialect);
	return answering_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_come_masked_and_whole_before_they_end),
		cmocka_unit_test(what_comes_whole_is_masked_and_else_comes_as_it_was),
		cmocka_unit_test(typed_events_keep_their_names_and_ids),
	};

	return cmocka_run_group_tests(tests, answering_setup, teardown);
}
