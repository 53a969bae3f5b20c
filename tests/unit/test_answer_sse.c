/* An event stream: the text that the client puts together is the whole text masked, whatever the model cuts it into. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"

#define NOTE "Dr. Jane Smith saw the patient on the ward. SSN: 536-22-8741, MRN: 84729315, call (617) 482-3190 or write to " \
	"jsmith@stmarys-clinic.org. Blood pressure 120/80; \xf0\x9f\x98\x80 continue metformin 500 mg twice daily, \"caf\xc3\xa9\" \\ tea."

/* ---- a model ---------------------------------------------------------------------------------------------------------- */

struct model {
	const char *eol;
	bool comments, multiline, logprobs, named, empty_end;
	int choices;
	const char *tool;                        /* its arguments, in place of the text */
	size_t cut;                              /* bytes of a token; 0: words, SIZE_MAX: all */
	unsigned int seed;                       /* not 0: random lengths up to cut */
};

static size_t token(const struct model *m, const char *text, unsigned int *seed)
{
	size_t left = strlen(text), n = m->cut;

	if (n == 0)
		n = strcspn(text, " ") + 1;
	if (m->seed) {
		*seed = *seed * 1664525 + 1013904223;
		n = (*seed >> 16) % m->cut + 1;
	}
	n = n < left ? n : left;
	while (n < left && (text[n] & 0xc0) == 0x80)             /* models give whole characters */
		n++;
	return n;
}

static void quoted(const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_putc(out, '\\');
		if ((unsigned char)text[i] == 0xf0 && i + 4 <= n) {      /* an emoji, as Python writes it */
			buf_puts(out, "\\ud83d\\ude00");
			i += 3;
		} else {
			buf_putc(out, text[i]);
		}
	}
}

static void put_event(const struct model *m, struct buf *json, struct buf *out)
{
	if (m->comments)
		buf_printf(out, ": ping%s", m->eol);
	if (m->named)
		buf_printf(out, "event: message%sid: 17%s", m->eol, m->eol);
	buf_puts(out, "data: ");
	for (size_t i = 0; i < json->len; i++) {
		if (m->multiline && (strncmp(json->data + i, "\"choices\"", 9) == 0 || strncmp(json->data + i, "\"delta\"", 7) == 0))
			buf_printf(out, "%sdata:  ", m->eol);
		buf_putc(out, json->data[i]);
	}
	buf_puts(out, m->eol);
	if (m->comments)
		buf_printf(out, ": pong%s", m->eol);
	buf_puts(out, m->eol);
	buf_clear(json);
}

static void begin_choice(struct buf *json, int choice)
{
	buf_printf(json, "{\"id\":\"chatcmpl-test\",\"created\":1751990400,\"choices\":[{\"index\":%d,\"delta\":{", choice);
}

static void say(const struct model *m, const char *text, struct buf *out)
{
	const char *at[8];
	unsigned int seed = m->seed;
	bool more = true;
	struct buf json;

	buf_init(&json, 1 << 20);
	for (int c = 0; c < m->choices; c++) {
		at[c] = text;
		begin_choice(&json, c);
		buf_puts(&json, "\"role\":\"assistant\",");
		buf_puts(&json, m->tool ? "\"tool_calls\":[{\"index\":0,\"id\":\"call_one\",\"type\":\"function\",\"function\":"
			 "{\"name\":\"lookup\",\"arguments\":\"\"}}]}}]}" : "\"content\":\"\"}}]}");
		put_event(m, &json, out);
	}
	while (more) {
		more = false;
		for (int c = 0; c < m->choices; c++) {
			size_t n = token(m, at[c], &seed);

			if (!n)
				continue;
			more = true;
			begin_choice(&json, c);
			buf_puts(&json, m->tool ? "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" : "\"content\":\"");
			quoted(at[c], n, &json);
			buf_puts(&json, m->tool ? "\"}}]}" : "\"}");
			if (m->logprobs) {
				buf_puts(&json, ",\"logprobs\":{\"content\":[{\"token\":\"");
				quoted(at[c], n, &json);
				buf_puts(&json, "\"}]}");
			}
			buf_puts(&json, ",\"finish_reason\":null}]}");
			put_event(m, &json, out);
			at[c] += n;
		}
	}
	for (int c = 0; c < m->choices; c++) {
		begin_choice(&json, c);
		buf_printf(&json, "%s},\"finish_reason\":\"stop\"}]}", m->empty_end && !m->tool ? "\"content\":\"\"" : "");
		put_event(m, &json, out);
	}
	buf_printf(out, "data: [DONE]%s%s", m->eol, m->eol);
	buf_free(&json);
}

/* ---- a client --------------------------------------------------------------------------------------------------------- */

struct heard {
	struct buf text[8];
	bool ended[8], done;
	int late;                                /* texts behind the event that ended their choice */
	int events, ids, names, spelled;
};

static void hear(const char *stream, struct heard *h)
{
	struct buf data;

	*h = (struct heard){.events = 0};
	for (int c = 0; c < 8; c++)
		buf_init(&h->text[c], 1 << 20);
	buf_init(&data, 1 << 20);
	while (next_data(&stream, &data)) {
		cJSON *event, *choice, *delta, *call, *index;
		const char *text;
		int c;

		h->events++;
		if (strcmp(data.data, "[DONE]") == 0) {
			h->done = true;
			continue;
		}
		event = cJSON_Parse(data.data);
		if (!event)
			fail_msg("no JSON: %s", data.data);
		choice = cJSON_GetArrayItem(cJSON_GetObjectItem(event, "choices"), 0);
		index = cJSON_GetObjectItem(choice, "index");
		c = index ? index->valueint : 0;
		delta = cJSON_GetObjectItem(choice, "delta");
		call = cJSON_GetArrayItem(cJSON_GetObjectItem(delta, "tool_calls"), 0);
		text = call ? at_path(call, "function.arguments") : at_path(delta, "content");
		h->ids += at_path(call, "id") != NULL;
		h->names += at_path(call, "function.name") != NULL;
		h->spelled += cJSON_IsObject(cJSON_GetObjectItem(choice, "logprobs"));
		if (text && *text) {
			h->late += h->ended[c] || h->done;
			buf_puts(&h->text[c], text);
		}
		h->ended[c] = h->ended[c] || at_path(choice, "finish_reason");
		cJSON_Delete(event);
	}
	buf_free(&data);
}

static void forget(struct heard *h)
{
	for (int c = 0; c < 8; c++)
		buf_free(&h->text[c]);
}

static char *whole(const char *text)
{
	return masking_whole(engine, slice_str(text), NULL);
}

static void client_hears(const struct model *m, const char *text, const char *wanted, size_t piece)
{
	struct buf stream, out;
	struct heard h;
	size_t end_at;

	buf_init(&stream, 1 << 24);
	say(m, text, &stream);
	assert_int_equal(answer_pieces(buf_slice(&stream), piece, m->seed + 1, &out, &end_at), RC_OK);
	hear(out.data, &h);
	for (int c = 0; c < m->choices; c++)
		if (strcmp(h.text[c].data ? h.text[c].data : "", wanted) != 0)
			fail_msg("cut %zu, seed %u, pieces %zu, choice %d: %s\nnot\n%s", m->cut, m->seed, piece, c, h.text[c].data, wanted);
	assert_int_equal(h.late, 0);
	assert_true(h.done && end_at < out.len && strncmp(out.data + end_at, "data: [DONE]", 12) == 0);
	assert_int_equal(h.ids, m->tool ? m->choices : 0);
	assert_int_equal(h.names, m->tool ? m->choices : 0);
	forget(&h);
	buf_free(&out);
	buf_free(&stream);
}

/* ---- texts that go on ------------------------------------------------------------------------------------------------- */

static void the_text_is_the_same_however_the_model_cuts_it(void **state)
{
	static const size_t cuts[] = {0, 1, 2, 3, 4, 5, 6, 7, 13, 40, SIZE_MAX};
	static const char *const eols[] = {"\n", "\r\n", "\r"};
	char *wanted;

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	wanted = whole(NOTE);
	assert_non_null(strstr(wanted, "[SSN]"));
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
		for (size_t k = 0; k < 24; k++) {
			struct model m = {.eol = eols[k % 3], .cut = cuts[i], .choices = k % 2 ? 3 : 1, .comments = k & 4, .multiline = k & 8,
					  .logprobs = k & 1, .named = k & 2, .empty_end = k & 16};

			client_hears(&m, NOTE, wanted, 0);
			client_hears(&m, NOTE, wanted, k + 1);
		}
	for (unsigned int seed = 1; seed < 200; seed++) {
		struct model m = {.eol = eols[seed % 3], .cut = seed % 17 + 1, .choices = 2, .seed = seed};

		client_hears(&m, NOTE, wanted, seed % 31);
	}
	free(wanted);
}

static void structured_output_and_tool_arguments_stay_json(void **state)
{
	static const char arguments[] = "{\"note\": \"SSN: 536-22-8741\\n\\u0053SN 536-22-8741\", \"mrn\": 84729315, \"n\":[1.50, true]}";
	static const char wanted[] = "{\"note\": \"SSN: [SSN]\\n\\u0053SN [SSN]\", \"mrn\": 0, \"n\":[1.50, true]}";

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	for (size_t cut = 0; cut < 60; cut++) {
		struct model m = {.eol = "\n", .cut = cut, .choices = 1 + (int)(cut & 1), .tool = cut & 2 ? arguments : NULL, .empty_end = cut & 4};

		client_hears(&m, arguments, wanted, cut);
	}
}

static enum rc find_blorft(void *arg, struct slice before, struct slice passage, struct mask_find *out, size_t *n)
{
	const char *at = memmem(passage.p, passage.n, "blorft", 6);

	(void)arg;
	(void)before;
	*n = 0;
	for (; at; at = memmem(at + 6, passage.n - (size_t)(at + 6 - passage.p), "blorft", 6))
		out[(*n)++] = (struct mask_find){(size_t)(at - passage.p), (size_t)(at - passage.p) + 6, ENTITY_NAME};
	return RC_OK;
}

static void what_somebody_else_finds_is_masked_likewise(void **state)
{
	static const char text[] = "Seen by blorft, SSN: 536-22-8741. Once more there was much to say of how it went with blorft's leg. "
				   "So blorft, they said.";
	static const char wanted[] = "Seen by [NAME], SSN: [SSN]. Once more there was much to say of how it went with [NAME]'s leg. "
				     "So [NAME], they said.";
	static const char arguments[] = "{\"note\": \"SSN: 536-22-8741\\nblo\\u0072ft\", \"blorft\": \"x\", \"n\":[1.50, true]}";
	static const char masked[] = "{\"note\": \"SSN: [SSN]\\n[NAME]\", \"[NAME]\": \"x\", \"n\":[1.50, true]}";
	static const struct mask_finder blorft = {find_blorft, NULL};

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	finder = &blorft;
	for (size_t cut = 0; cut < 60; cut++) {
		struct model m = {.eol = "\n", .cut = cut, .choices = 1 + (int)(cut & 1), .logprobs = cut & 2, .empty_end = cut & 4};
		struct model call = {.eol = "\n", .cut = cut, .choices = 1, .tool = arguments};

		client_hears(&m, text, wanted, cut);
		client_hears(&call, arguments, masked, cut);
	}
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	finder = &blorft;
	becomes("{\"choices\":[{\"message\":{\"content\":\"It is blo\\u0072ft, \\\"blorft\\\", SSN 536-22-8741\"},\"x\":[\"blorft\"]}],\"model\":\"blorft\"}",
		"{\"choices\":[{\"message\":{\"content\":\"It is [NAME], \\\"[NAME]\\\", SSN [SSN]\"},\"x\":[\"[NAME]\"]}],\"model\":\"blorft\"}");
	answers_are(FRAMING_TEXT, NULL, NULL);
	finder = &blorft;
	becomes("On file: blorft.\n", "On file: [NAME].\n");
}

static void log_probabilities_go_where_text_was_changed_or_held(void **state)
{
	struct model m = {.eol = "\n", .cut = 0, .choices = 1, .logprobs = true};
	struct buf stream, out;
	struct heard h;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	buf_init(&stream, 1 << 20);
	say(&m, "Blood pressure was well and SSN: 536-22-8741, then more words of no weight. ", &stream);
	assert_int_equal(answer_pieces(buf_slice(&stream), 0, 0, &out, &end_at), RC_OK);
	assert_null(strstr(out.data, "536"));
	hear(out.data, &h);
	forget(&h);
	buf_free(&out);
	/* also without text: what it spells may come later */
	buf_clear(&stream);
	buf_puts(&stream, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"logprobs\":{\"content\":[{\"token\":\"536\"}]}}]}\n\n");
	assert_int_equal(answer_pieces(buf_slice(&stream), 0, 0, &out, &end_at), RC_OK);
	assert_string_equal(out.data, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"logprobs\":null}]}\n\n");
	buf_free(&out);
	buf_clear(&stream);
	for (int i = 0; i < 600; i++)
		buf_printf(&stream, "%s{\"logprobs\":[\"536\"]}", i ? "," : "data: {\"choices\":[");
	buf_puts(&stream, "]}\n\n");
	assert_int_equal(answer_pieces(buf_slice(&stream), 0, 0, &out, &end_at), RC_TOO_BIG);
	assert_null(memmem(buf_slice(&out).p, out.len, "536", 3));
	buf_free(&out);
	buf_free(&stream);
}

static void a_tool_call_that_comes_whole_is_not_said_twice(void **state)
{
	struct buf out;
	struct heard h;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	assert_int_equal(answer_pieces(SLICE(
		"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"call_one\",\"type\":\"function\","
		"\"function\":{\"name\":\"lookup\",\"arguments\":\"SSN: 536-22-8741\"}}]},\"finish_reason\":null}]}\n\n"
		"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"), 0, 0, &out, &end_at), RC_OK);
	hear(out.data, &h);
	assert_string_equal(h.text[0].data, "SSN: [SSN]");
	assert_true(h.ids == 1 && h.names == 1 && h.late == 0);
	forget(&h);
	buf_free(&out);
}

#define CREATED "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{" \
	"\"id\":\"resp_67ccd2bed1ec8190b14f964abc054267\",\"status\":\"in_progress\"}}\n\n"
#define DELTA(text) "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\"," \
	"\"output_index\":0,\"content_index\":0,\"delta\":\"" text "\"}\n\n"
#define ITEM_DONE(text) "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"output_index\":0," \
	"\"item\":{\"content\":[{\"type\":\"output_text\",\"text\":\"" text "\"}]}}\n\n"
#define COMPLETED(text) "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{" \
	"\"output\":[{\"content\":[{\"text\":\"" text "\"}]}]}}\n\n"

static void the_events_of_the_responses_api_are_masked_alike(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/responses");
	becomes(CREATED DELTA("SSN: 536-22") DELTA("-8741") ITEM_DONE("SSN: 536-22-8741") COMPLETED("SSN: 536-22-8741"),
		CREATED DELTA("SSN: ") DELTA("") DELTA("[SSN]") ITEM_DONE("SSN: [SSN]") COMPLETED("SSN: [SSN]"));
}

/* ---- the form of events ----------------------------------------------------------------------------------------------- */

static void what_is_not_masked_keeps_its_bytes(void **state)
{
	static const char *const bodies[] = {
		": keep-alive\n\n", "\n\r\n\r", ":\r\n: a\r\n\r\n", "retry: 3000\n\nid: 17\nevent: ping\n\n", "data\n\n", "data:\n\n",
		"\xef\xbb\xbf" "data: {\"id\":\"c-1\", \"choices\" : [ ]}\n\n",
		"event: message\r\ndata:{\"id\":\"c-1\",\r\ndata: \"choices\" : [{\"index\":0,\r\ndata:\"delta\":{}}]}\r\nid: x\r\n\r\ndata: [DONE]\r\n\r\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"Well. \"},\"finish_reason\":\"stop\"}]}\r\rdata:[DONE]\r\r",
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9}}\n\n", "event: response.output_text.delta\n\n",
		"event: content_block_delta\nid: 0b9c8f1e-7f4c-4f5e-9c37-0d6f5c1f7e3a\n\n", ": OPENROUTER PROCESSING\n\n", "data: [DONE]", "",
	};

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		becomes(bodies[i], bodies[i]);
}

static void lines_that_are_no_data_are_text_too(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	becomes(": SSN 536-22-8741\n\n", ": SSN [SSN]\n\n");
	becomes("event: SSN 536-22-8741\r\nid:MRN 84729315\r\nSSN 536-22-8741\r\nx: " CREDENTIAL "\r\ndata: {}\r\n\r\n",
		"event: SSN [SSN]\r\nid:MRN [MRN]\r\nSSN [SSN]\r\nx: [ID]\r\ndata: {}\r\n\r\n");
	becomes("MRN: 84729315", "MRN: [MRN]");
}

/* What the events say one after the other, JSON or not: of JSON the text of one choice. */
static void says(const char *body, int choice, const char *wanted)
{
	char *out = answered(body, NULL), path[64];
	const char *at = out;
	struct buf data, all;

	buf_init(&data, 1 << 20);
	buf_init(&all, 1 << 20);
	snprintf(path, sizeof path, "choices.%d.text", choice);
	while (next_data(&at, &data)) {
		cJSON *event = data.data[0] == '{' ? cJSON_Parse(data.data) : NULL;
		const char *text = event ? at_path(event, path) : data.data;

		if (text)
			buf_puts(&all, text);
		cJSON_Delete(event);
	}
	if (strcmp(buf_slice(&all).p, wanted) != 0)
		fail_msg("%s\nsays\n%s\nin\n%s", body, buf_slice(&all).p, out);
	buf_free(&data);
	buf_free(&all);
	free(out);
}

static void data_that_is_no_json_is_one_text(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	says("data: On file: SSN 536-22-\n\ndata: 8741, and\ndata: more words. \n\n", 0, "On file: SSN [SSN], and\nmore words. ");
	says("data: error, SSN 536-22-8741\n\n", 0, "error, SSN [SSN]");
	says("data: SSN 536-22\n\ndata: -8741", 0, "SSN [SSN]");
	says("data: 536\n\ndata: -22-\n\ndata: 8741\n\ndata:  true\n\n", 0, "[SSN] true");
	says("data: oops {\"mrn\":84729315}\n\ndata: [DONE]\n\n", 0, "oops {\"mrn\":[MRN]}[DONE]");
}

static void held_text_comes_in_an_event_of_the_same_form_before_the_one_that_ends_it(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	becomes("event: e\r\ndata: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SSN 536-22-8741\"},\"logprobs\":null}]}\r\n\r\n"
		": ping\r\n\r\ndata: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
		"event: e\r\ndata: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SSN \"},\"logprobs\":null}]}\r\n\r\n"
		": ping\r\n\r\nevent: e\r\ndata: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[SSN]\"},\"logprobs\":null}]}\r\n\r\n"
		"data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n");
	/* the ending event has text itself */
	becomes("data: {\"choices\":[{\"index\":0,\"text\":\"x\",\"delta\":{\"content\":\"SSN 536-22\"}}]}\n\n"
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"-8741\"},\"finish_reason\":\"stop\"}]}\n\n",
		"data: {\"choices\":[{\"index\":0,\"text\":\"x\",\"delta\":{\"content\":\"SSN \"}}]}\n\n"
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[SSN]\"},\"finish_reason\":\"stop\"}]}\n\n");
	/* in two pieces */
	becomes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SSN 536-\"}},{\"index\":0,\"delta\":{\"content\":\"22-8741\"},\"finish_reason\":\"stop\"}]}\n\n",
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SSN \"}},{\"index\":0,\"delta\":{\"content\":\"[SSN]\"},\"finish_reason\":\"stop\"}]}\n\n");
	/* it never comes: the end of the body, or of the stream */
	becomes("data: {\"choices\":[{\"delta\":{\"content\":\"SSN 536-22-8741\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"SSN \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[SSN]\"}}]}\n\n");
	becomes("data: {\"choices\":[{\"delta\":{\"content\":\"SSN 536-22-8741\"}}]}\n\ndata: [DONE]\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"SSN \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[SSN]\"}}]}\n\ndata: [DONE]\n\n");
}

static void a_body_that_ends_in_an_event_gives_all_it_can(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	becomes("data: {\"choices\":[{\"delta\":{\"content\":\"SSN 536-22\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"-8741\"}}]}\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"SSN \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[SSN]\"}}]}\n");
	becomes("data: {\"choices\":[{\"delta\":{\"content\":\"SSN 536-22\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"-8741",
		"data: {\"choices\":[{\"delta\":{\"content\":\"SSN \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[ID]\"}}]}\n\n");
}

static void an_answer_that_goes_on_from_the_prompt_knows_it(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/completions");
	options.continues = SLICE("His SSN is 536-22-");
	for (int choice = 0; choice < 2; choice++)
		says("data: {\"choices\":[{\"index\":0,\"text\":\"87\"},{\"index\":1,\"text\":\"8741. Well.\"}]}\n\n"
		     "data: {\"choices\":[{\"index\":0,\"text\":\"41\",\"finish_reason\":\"length\"}]}\n\n", choice, choice ? "[SSN]. Well." : "[SSN]");
}

/* ---- limits ----------------------------------------------------------------------------------------------------------- */

static void limits_hold(void **state)
{
	struct buf stream, out;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	options.event_max_bytes = 200;
	options.streams_max = 3;
	buf_init(&stream, 1 << 20);
	for (int i = 0; i < 4; i++)
		buf_printf(&stream, "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"SSN 536-22-8741\"}}]}\n\n", i);
	assert_int_equal(answer_pieces(buf_slice(&stream), 0, 0, &out, &end_at), RC_TOO_BIG);
	assert_null(strstr(out.data, "536"));
	assert_non_null(strstr(out.data, "\"index\":2"));
	assert_null(strstr(out.data, "\"index\":3"));
	buf_free(&out);
	buf_clear(&stream);
	buf_printf(&stream, "data: {\"choices\":[]}\n\ndata: {\"x\":\"SSN 536-22-8741 %0250d\"}\n\n", 0);
	for (size_t piece = 0; piece < 30; piece += 7) {
		assert_int_equal(answer_pieces(buf_slice(&stream), piece, 1, &out, &end_at), RC_TOO_BIG);
		assert_string_equal(out.data, "data: {\"choices\":[]}\n\n");
		buf_free(&out);
	}
	buf_free(&stream);
}

static void masks_are_counted_once(void **state)
{
	struct mask_counts counts = {{0}};
	struct buf out;
	size_t end_at;

	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	options.counts = &counts;
	assert_int_equal(answer_pieces(SLICE("data: {\"note\":\"MRN 84729315\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SSN 536-22-8741\"}}]}\n\n"),
				       0, 0, &out, &end_at), RC_OK);
	assert_true(counts.n[ENTITY_SSN] == 1 && counts.n[ENTITY_MRN] == 1);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_the_same_however_the_model_cuts_it),
		cmocka_unit_test(structured_output_and_tool_arguments_stay_json),
		cmocka_unit_test(what_somebody_else_finds_is_masked_likewise),
		cmocka_unit_test(log_probabilities_go_where_text_was_changed_or_held),
		cmocka_unit_test(a_tool_call_that_comes_whole_is_not_said_twice),
		cmocka_unit_test(the_events_of_the_responses_api_are_masked_alike),
		cmocka_unit_test(what_is_not_masked_keeps_its_bytes),
		cmocka_unit_test(lines_that_are_no_data_are_text_too),
		cmocka_unit_test(data_that_is_no_json_is_one_text),
		cmocka_unit_test(held_text_comes_in_an_event_of_the_same_form_before_the_one_that_ends_it),
		cmocka_unit_test(a_body_that_ends_in_an_event_gives_all_it_can),
		cmocka_unit_test(an_answer_that_goes_on_from_the_prompt_knows_it),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(masks_are_counted_once),
	};

	return cmocka_run_group_tests(tests, answering_setup, answering_teardown);
}
