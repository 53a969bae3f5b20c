#include "chat.h"

#include <string.h>

#include "wipe.h"

#define RAW_MAX ((size_t)16 << 10)
#define NAME_MAX_BYTES 256

/* As much as fits. */
static void keep(struct buf *b, struct slice text)
{
	size_t room = b->max - b->len;

	buf_add(b, text.p, text.n < room ? text.n : room);
}

/* ---- requests ----------------------------------------------------------------------------------------------------------------- */

/* The message is whole: is it the one that was asked? */
static void close_message(struct chat_request *r)
{
	if (r->message.len && (slice_is(buf_slice(&r->role), "user") || !r->asked_at)) {
		buf_clear(&r->asked);
		buf_add_slice(&r->asked, buf_slice(&r->message));
		r->asked_bytes = r->message_bytes;
		r->asked_at = r->messages;
	}
	buf_clear(&r->role);
	buf_clear(&r->message);
	r->message_bytes = 0;
}

/* Texts of one message, and the prompts of a list, are told apart by a line's end. */
static void add_text(struct buf *to, uint64_t *bytes, const struct leaf *leaf)
{
	if (leaf->begin && to->len && leaf->text.n)
		keep(to, SLICE("\n"));
	keep(to, leaf->text);
	*bytes += leaf->text.n;
}

static bool is_any(const struct leaves *l, const char *const *paths)
{
	for (; *paths; paths++)
		if (leaf_is(l, *paths))
			return true;
	return false;
}

static void request_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	static const char *const messages[] = {"messages[].content", "messages[].content[].text", "input[].content", "input[].content[].text",
		NULL};
	static const char *const prompts[] = {"prompt", "prompt[]", "input", "input[]", "inputs", "suffix", NULL};
	struct chat_request *r = arg;

	if (!leaf->string)
		return;
	if (leaf_is(l, "model")) {
		keep(&r->model, leaf->text);
		return;
	}
	if (is_any(l, prompts)) {
		add_text(&r->asked, &r->asked_bytes, leaf);
		return;
	}
	if (!l->at[1].array || l->scan.depth < 3 || (strcmp(l->at[0].key, "messages") != 0 && strcmp(l->at[0].key, "input") != 0))
		return;
	if (l->at[1].index + 1 != r->messages) {
		close_message(r);
		r->messages = (size_t)l->at[1].index + 1;
	}
	if (leaf_is(l, "messages[].role") || leaf_is(l, "input[].role"))
		keep(&r->role, leaf->text);
	else if (is_any(l, messages))
		add_text(&r->message, &r->message_bytes, leaf);
}

void chat_request_begin(struct chat_request *r)
{
	*r = (struct chat_request){0};
	leaves_begin(&r->leaves, request_leaf, r);
	buf_init(&r->model, NAME_MAX_BYTES);
	buf_init(&r->role, NAME_MAX_BYTES);
	buf_init(&r->asked, CHAT_ASKED_MAX);
	buf_init(&r->message, CHAT_ASKED_MAX);
	buf_init(&r->raw, RAW_MAX);
}

void chat_request_feed(struct chat_request *r, struct slice bytes)
{
	keep(&r->raw, bytes);
	r->raw_bytes += bytes.n;
	leaves_feed(&r->leaves, bytes);
}

void chat_request_end(struct chat_request *r)
{
	close_message(r);
}

void chat_request_free(struct chat_request *r)
{
	buf_free(&r->model);
	buf_free(&r->role);
	buf_free(&r->asked);
	buf_free(&r->message);
	buf_free(&r->raw);
	wipe(&r->leaves, sizeof r->leaves);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------- */

/* Of whole answers and of stream events; what comes again as a whole at the end of a stream is not listed. */
static const struct {
	const char *path;
	enum chat_part part;
} parts[] = {
	{"choices[].delta.content", CHAT_TEXT},
	{"choices[].message.content", CHAT_TEXT},
	{"choices[].text", CHAT_TEXT},
	{"message.content", CHAT_TEXT},
	{"response", CHAT_TEXT},
	{"content[].text", CHAT_TEXT},
	{"output[].content[].text", CHAT_TEXT},
	{"delta", CHAT_TEXT},
	{"delta.text", CHAT_TEXT},
	{"content", CHAT_TEXT},
	{"generated_text", CHAT_TEXT},
	{"choices[].delta.reasoning_content", CHAT_THINKING},
	{"choices[].delta.reasoning", CHAT_THINKING},
	{"choices[].message.reasoning_content", CHAT_THINKING},
	{"choices[].message.reasoning", CHAT_THINKING},
	{"message.thinking", CHAT_THINKING},
	{"thinking", CHAT_THINKING},
	{"delta.thinking", CHAT_THINKING},
	{"choices[].delta.refusal", CHAT_REFUSAL},
	{"choices[].message.refusal", CHAT_REFUSAL},
	{"output[].content[].refusal", CHAT_REFUSAL},
	{"choices[].delta.tool_calls[].function.name", CHAT_TOOL},
	{"choices[].message.tool_calls[].function.name", CHAT_TOOL},
	{"choices[].delta.function_call.name", CHAT_TOOL},
	{"choices[].message.function_call.name", CHAT_TOOL},
	{"message.tool_calls[].function.name", CHAT_TOOL},
	{"output[].name", CHAT_TOOL},
	{"content[].name", CHAT_TOOL},
	{"choices[].delta.tool_calls[].function.arguments", CHAT_ARGUMENTS},
	{"choices[].message.tool_calls[].function.arguments", CHAT_ARGUMENTS},
	{"choices[].delta.function_call.arguments", CHAT_ARGUMENTS},
	{"choices[].message.function_call.arguments", CHAT_ARGUMENTS},
	{"output[].arguments", CHAT_ARGUMENTS},
	{"delta.partial_json", CHAT_ARGUMENTS},
	{"error.message", CHAT_ERROR},
	{"error", CHAT_ERROR},
};

static void answer_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct chat_answer *a = arg;

	if (leaf->begin) {
		a->wanted = false;
		for (size_t i = 0; i < sizeof parts / sizeof *parts && leaf->string && !a->wanted; i++) {
			a->wanted = leaf_is(l, parts[i].path);
			a->part = parts[i].part;
		}
		a->choice = a->wanted && strncmp(l->at[0].key, "choices", sizeof l->at[0].key) == 0 ? leaf_index(l, 0) : 0;
	}
	if (!a->wanted || !leaf->text.n)
		return;
	a->understood = a->said_some = true;
	a->said(a->arg, a->part, a->choice, leaf->text);
}

enum chat_framing chat_framing_of(struct slice type)
{
	static const struct {
		struct slice type;
		enum chat_framing framing;
	} known[] = {
		{{"text/event-stream", 17}, CHAT_SSE},
		{{"application/json", 16}, CHAT_JSON},
		{{"application/x-ndjson", 20}, CHAT_JSON},
		{{"application/jsonl", 17}, CHAT_JSON},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (type.n >= known[i].type.n && slice_is_nocase((struct slice){type.p, known[i].type.n}, known[i].type.p))
			return known[i].framing;
	return type.n ? CHAT_PLAIN : CHAT_JSON;
}

void chat_answer_begin(struct chat_answer *a, enum chat_framing framing, chat_said *said, void *arg)
{
	*a = (struct chat_answer){.framing = framing, .said = said, .arg = arg, .data = true};
	leaves_begin(&a->leaves, answer_leaf, a);
	buf_init(&a->raw, RAW_MAX);
}

static void begin_value(struct chat_answer *a)
{
	leaves_begin(&a->leaves, answer_leaf, a);
	a->said_some = false;
}

/* One value after another. */
static void feed_json(struct chat_answer *a, struct slice text)
{
	while (text.n && !leaves_bad(&a->leaves)) {
		size_t n;

		if (leaves_done(&a->leaves))
			begin_value(a);
		n = leaves_feed(&a->leaves, text);
		text = (struct slice){text.p + n, text.n - n};
	}
	a->garbled = a->garbled || (leaves_bad(&a->leaves) && (a->said_some || (a->framing == CHAT_JSON && a->understood)));
}

/* WHATWG HTML, 9.2.6: of each event its data lines count; each of ours is one JSON value. */
static void feed_sse(struct chat_answer *a, struct slice text)
{
	static const char name[] = "data:";

	while (text.n) {
		size_t n = 0;

		if (*text.p == '\n' || *text.p == '\r') {
			a->column = 0;
			a->data = true;
			begin_value(a);
			n = 1;
		} else if (a->column < sizeof name - 1) {
			a->data = a->data && *text.p == name[a->column];
			a->column++;
			n = 1;
		} else {
			while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
				n++;
			if (a->data)
				feed_json(a, (struct slice){text.p, n});
		}
		text = (struct slice){text.p + n, text.n - n};
	}
}

void chat_answer_feed(struct chat_answer *a, struct slice bytes)
{
	if (a->framing == CHAT_PLAIN) {
		a->said(a->arg, CHAT_RAW, 0, bytes);
		return;
	}
	keep(&a->raw, bytes);
	a->raw_bytes += bytes.n;
	if (a->framing == CHAT_SSE)
		feed_sse(a, bytes);
	else
		feed_json(a, bytes);
}

void chat_answer_end(struct chat_answer *a)
{
	if (a->framing != CHAT_PLAIN && !a->understood && a->raw.len)
		a->said(a->arg, CHAT_RAW, 0, buf_slice(&a->raw));
}

void chat_answer_free(struct chat_answer *a)
{
	buf_free(&a->raw);
	wipe(&a->leaves, sizeof a->leaves);
}
