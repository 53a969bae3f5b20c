#include "recorded.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"

#define METHOD_MAX ((size_t)1 << 10)             /* more than the agent lets through */
#define PATH_MAX_BYTES ((size_t)64 << 10)
#define B64_BYTES ((size_t)64 << 10)             /* of base64 that are decoded at once; whole groups of four */

/* As much as fits. */
static void keep(struct buf *b, struct slice text)
{
	size_t room = b->max - b->len;

	buf_add(b, text.p, text.n < room ? text.n : room);
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------------- */

static void request_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct recorded_request *r = arg;

	if (leaf_is(l, "method"))
		keep(&r->method, leaf->text);
	else if (leaf_is(l, "path"))
		keep(&r->path, leaf->text);
	else if (leaf_is(l, "text"))
		chat_request_feed(&r->chat, leaf->text);
	else if (leaf_is(l, "text.b64"))
		r->bytes += leaf->text.n;
}

void recorded_request_read(struct recorded_request *r, struct slice body)
{
	struct leaves l;

	recorded_request_free(r);
	buf_init(&r->method, METHOD_MAX);
	buf_init(&r->path, PATH_MAX_BYTES);
	chat_request_begin(&r->chat);
	leaves_begin(&l, request_leaf, r);
	leaves_feed(&l, body);
	chat_request_end(&r->chat);
	r->bytes = r->bytes / 4 * 3;
}

void recorded_request_free(struct recorded_request *r)
{
	buf_free(&r->method);
	buf_free(&r->path);
	chat_request_free(&r->chat);
	*r = (struct recorded_request){0};
}

/* Cut at a bound, and not within a character. */
static struct slice whole_characters(const struct buf *b)
{
	struct slice s = buf_slice(b);

	for (size_t back = 1; back <= 4 && back <= s.n && s.n == b->max; back++)
		if ((s.p[s.n - back] & 0xc0) != 0x80) {
			s.n -= back;
			break;
		}
	return s;
}

struct slice recorded_asked(const struct recorded_request *r, uint64_t *more)
{
	bool understood = r->chat.asked.len != 0;
	struct slice text = whole_characters(understood ? &r->chat.asked : &r->chat.raw);
	uint64_t all = understood ? r->chat.asked_bytes : r->chat.raw_bytes;

	*more = all > text.n ? all - text.n : 0;
	return text;
}

/* ---- answers ----------------------------------------------------------------------------------------------------------------------- */

static void begin(struct recorded_answer *a, enum chat_framing framing)
{
	chat_answer_free(&a->chat);
	chat_answer_begin(&a->chat, framing, a->said, a->arg);
	a->begun = true;
	a->ended = false;
}

static void status_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct recorded_answer *a = arg;

	if (leaf_is(l, "status") && !leaf->string) {
		keep(&a->status, leaf->text);
	} else if (leaf_is(l, "headers[][]") && leaf_index(l, 1) == 0) {
		if (leaf->begin)
			buf_clear(&a->header);
		keep(&a->header, leaf->text);
	} else if (leaf_is(l, "headers[][]") && slice_is_nocase(buf_slice(&a->header), "content-type")) {
		keep(&a->type, leaf->text);
	}
}

static void feed(struct recorded_answer *a, struct slice bytes)
{
	if (a->piece)
		a->piece(a->arg, bytes);
	else
		chat_answer_feed(&a->chat, bytes);
}

/* What was kept of the base64, as bytes. */
static void feed_b64(struct recorded_answer *a)
{
	struct buf bytes;

	buf_init(&bytes, B64_BYTES);
	if (base64_decode(buf_slice(&a->b64), &bytes) == RC_OK)
		feed(a, buf_slice(&bytes));
	buf_free(&bytes);
	buf_clear(&a->b64);
}

static void b64_leaf(struct recorded_answer *a, const struct leaf *leaf)
{
	struct slice text = leaf->text;

	if (leaf->begin)
		buf_clear(&a->b64);
	while (text.n) {
		size_t room = a->b64.max - a->b64.len, n = text.n < room ? text.n : room;

		buf_add(&a->b64, text.p, n);
		text = (struct slice){text.p + n, text.n - n};
		if (a->b64.len == a->b64.max)
			feed_b64(a);
	}
	if (leaf->end)
		feed_b64(a);
}

static void time_leaf(struct recorded_answer *a, const struct leaf *leaf)
{
	if (leaf->begin)
		a->number_n = 0;
	for (size_t i = 0; i < leaf->text.n && a->number_n < sizeof a->number; i++)
		a->number[a->number_n++] = leaf->text.p[i];
	if (leaf->end && a->at && a->number_n < sizeof a->number) {
		a->number[a->number_n] = '\0';
		a->at(a->arg, strtoll(a->number, NULL, 10));
	}
}

static void pieces_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct recorded_answer *a = arg;

	if (leaf_is(l, "chunks[][]") && !leaf->string) {
		if (leaf_index(l, 1) == 0)
			time_leaf(a, leaf);
	} else if (leaf_is(l, "chunks[][]")) {
		feed(a, leaf->text);
	} else if (leaf_is(l, "chunks[][].b64")) {
		b64_leaf(a, leaf);
	} else if (leaf_is(l, "end") && leaf->end) {
		a->ended = true;
	}
}

bool recorded_is_status(struct slice body)
{
	return body.n > 9 && memcmp(body.p, "{\"status\"", 9) == 0;
}

void recorded_answer_read(struct recorded_answer *a, struct slice body, void (*at)(void *arg, int64_t us), chat_said *said, void *arg)
{
	struct leaves l;

	a->at = at;
	a->said = said;
	a->arg = arg;
	if (!a->status.max) {
		buf_init(&a->status, 16);
		buf_init(&a->type, 256);
		buf_init(&a->header, 64);
		buf_init(&a->b64, B64_BYTES);
	}
	if (recorded_is_status(body)) {
		buf_clear(&a->status);
		buf_clear(&a->type);
		leaves_begin(&l, status_leaf, a);
		leaves_feed(&l, body);
		begin(a, chat_framing_of(buf_slice(&a->type)));
		return;
	}
	if (!a->begun)
		begin(a, CHAT_JSON);
	leaves_begin(&l, pieces_leaf, a);
	leaves_feed(&l, body);
}

void recorded_answer_pieces(struct slice body, void (*piece)(void *arg, struct slice bytes), void *arg)
{
	struct recorded_answer a = {.piece = piece, .arg = arg};
	struct leaves l;

	if (recorded_is_status(body))
		return;
	buf_init(&a.b64, B64_BYTES);
	leaves_begin(&l, pieces_leaf, &a);
	leaves_feed(&l, body);
	recorded_answer_free(&a);
}

bool recorded_answer_end(struct recorded_answer *a)
{
	bool all = true;

	if (!a->begun)
		return true;
	chat_answer_end(&a->chat);
	if (a->chat.framing != CHAT_PLAIN)
		all = !a->chat.garbled && (a->chat.understood || a->chat.raw_bytes == a->chat.raw.len);
	chat_answer_free(&a->chat);
	a->begun = false;
	a->ended = true;
	return all;
}

void recorded_answer_free(struct recorded_answer *a)
{
	if (a->begun)
		chat_answer_free(&a->chat);
	buf_free(&a->status);
	buf_free(&a->type);
	buf_free(&a->header);
	buf_free(&a->b64);
	*a = (struct recorded_answer){0};
}
