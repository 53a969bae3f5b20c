#include "transcript.h"

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "utf8.h"

#define WAIT_NS (200 * NS_PER_MS)
#define CHUNKS_BYTES ((size_t)32768)

static void chunks_init(struct transcript_chunks *c)
{
	buf_init(&c->list, BUF_MAX_DEFAULT);
	buf_init(&c->tail, 8);
}

static void chunks_free(struct transcript_chunks *c)
{
	buf_free(&c->list);
	buf_free(&c->tail);
}

void transcript_begin(struct transcript *t, struct recording *recording, uint64_t exchange)
{
	*t = (struct transcript){.recording = recording, .exchange = exchange, .start_ns = clock_mono_ns()};
	chunks_init(&t->chunks);
	chunks_init(&t->received);
	buf_init(&t->received_head, BUF_MAX_DEFAULT);
	withhold_init(&t->credential, (struct slice){NULL, 0});
	buf_init(&t->passed, BUF_MAX_DEFAULT);
	buf_init(&t->totals, 4096);
	buf_init(&t->body, BUF_MAX_DEFAULT);
	buf_init(&t->original, BUF_MAX_DEFAULT);
}

void transcript_free(struct transcript *t)
{
	chunks_free(&t->chunks);
	chunks_free(&t->received);
	buf_free(&t->received_head);
	withhold_free(&t->credential);
	buf_free(&t->passed);
	buf_free(&t->totals);
	buf_free(&t->body);
	buf_free(&t->original);
}

/* The scratch body becomes a record, and the other its original, if there is one. */
static enum rc add(struct transcript *t, const char *kind)
{
	enum rc rc = t->body.rc != RC_OK ? t->body.rc : t->original.rc;

	if (rc == RC_OK)
		rc = recording_add_original(t->recording, kind, t->exchange, buf_slice(&t->body), buf_slice(&t->original));
	buf_clear(&t->body);
	buf_clear(&t->original);
	return rc;
}

static void member(struct buf *b, const char *name, const char *text)
{
	buf_puts(b, b->len > 1 ? ",\"" : "\"");
	buf_puts(b, name);
	buf_puts(b, "\":");
	json_add_str(b, text);
}

static void add_bytes(struct buf *b, struct slice bytes)
{
	if (utf8_valid(bytes)) {
		json_add_string(b, bytes);
		return;
	}
	buf_puts(b, "{\"b64\":\"");
	base64_encode(bytes.p, bytes.n, b);
	buf_puts(b, "\"}");
}

static void put_asked(struct buf *b, const struct transcript_asked *asked)
{
	buf_puts(b, "{\"method\":");
	json_add_string(b, asked->method);
	member(b, "path", asked->path);
	if (asked->route)
		member(b, "route", asked->route);
	if (asked->model)
		member(b, "model", asked->model);
	buf_puts(b, ",\"headers\":");
	buf_add_slice(b, asked->headers_json);
	buf_puts(b, ",\"text\":");
	add_bytes(b, asked->text);
	buf_putc(b, '}');
}

enum rc transcript_request(struct transcript *t, const struct transcript_asked *asked, const struct transcript_asked *original)
{
	put_asked(&t->body, asked);
	if (original)
		put_asked(&t->original, original);
	return add(t, "request");
}

enum rc transcript_hold(struct transcript *t, const char *id, const char *rule, int64_t expires_s)
{
	char expires[CLOCK_TEXT];

	buf_putc(&t->body, '{');
	member(&t->body, "hold", id);
	member(&t->body, "rule", rule);
	member(&t->body, "expires_at", clock_text_s(expires_s, expires));
	buf_putc(&t->body, '}');
	return add(t, "hold");
}

enum rc transcript_decision(struct transcript *t, const char *hold, const char *rule, const char *outcome, const char *by,
			    const char *reason)
{
	buf_putc(&t->body, '{');
	if (hold)
		member(&t->body, "hold", hold);
	member(&t->body, "rule", rule);
	member(&t->body, "outcome", outcome);
	if (by && *by)
		member(&t->body, "by", by);
	if (reason && *reason)
		member(&t->body, "reason", reason);
	buf_putc(&t->body, '}');
	return add(t, "decision");
}

static void put_head(struct buf *b, int status, struct slice headers_json)
{
	buf_puts(b, "{\"status\":");
	buf_put_number(b, status);
	buf_puts(b, ",\"headers\":");
	buf_add_slice(b, headers_json);
	buf_putc(b, '}');
}

static enum rc take_head(struct transcript *t)
{
	enum rc rc = t->received_head.rc;

	buf_add_buf(&t->original, &t->received_head);
	buf_clear(&t->received_head);
	return rc;
}

/* What came from the model since the record before. */
static enum rc take_chunks(struct transcript *t)
{
	enum rc rc = t->received.list.rc;

	buf_puts(&t->original, t->original.len > 1 ? ",\"chunks\":[" : "\"chunks\":[");
	buf_add_buf(&t->original, &t->received.list);
	buf_putc(&t->original, ']');
	buf_clear(&t->received.list);
	return rc;
}

enum rc transcript_response(struct transcript *t, int status, struct slice headers_json)
{
	enum rc rc = RC_OK;

	put_head(&t->body, status, headers_json);
	if (t->answering) {
		buf_putc(&t->original, '{');
		rc = take_head(t);
		buf_putc(&t->original, '}');
	}
	return rc == RC_OK ? add(t, "response") : rc;
}

void transcript_totals(struct transcript *t, const struct mask_counts *masked, const struct answer_usage *usage)
{
	const char *comma = "\"";
	uint32_t any = 0;

	buf_clear(&t->totals);
	for (int e = 0; e < ENTITY_COUNT; e++)
		any |= masked->n[e];
	if (!any && !usage->known)
		return;
	buf_puts(&t->totals, "{\"masked\":{");
	for (int e = 0; e < ENTITY_COUNT; e++) {
		if (!masked->n[e])
			continue;
		buf_puts(&t->totals, comma);
		buf_puts(&t->totals, entity_name((enum entity)e));
		buf_puts(&t->totals, "\":");
		buf_put_number(&t->totals, masked->n[e]);
		comma = ",\"";
	}
	buf_putc(&t->totals, '}');
	if (usage->known) {
		buf_puts(&t->totals, ",\"input_tokens\":");
		buf_put_number(&t->totals, usage->tokens[USAGE_INPUT] + usage->tokens[USAGE_CACHED]);
		buf_puts(&t->totals, ",\"output_tokens\":");
		buf_put_number(&t->totals, usage->tokens[USAGE_OUTPUT]);
	}
	buf_putc(&t->totals, '}');
}

static void add_totals(struct transcript *t)
{
	if (!t->totals.len)
		return;
	buf_puts(&t->body, ",\"totals\":");
	buf_add_buf(&t->body, &t->totals);
	buf_clear(&t->totals);
}

static enum rc flush(struct transcript *t, bool end)
{
	enum rc rc = t->chunks.list.rc;
	bool begun = !t->received_head.len;              /* what came of an answer that has not begun waits for the record of its head */

	if (!t->chunks.list.len && !(begun && t->received.list.len) && !end)
		return RC_OK;
	buf_puts(&t->body, "{\"chunks\":[");
	buf_add_slice(&t->body, buf_slice(&t->chunks.list));
	buf_putc(&t->body, ']');
	if (end)
		add_totals(t);
	buf_puts(&t->body, end ? ",\"end\":true}" : "}");
	if (rc == RC_OK && t->answering) {
		buf_putc(&t->original, '{');
		rc = take_chunks(t);
		buf_puts(&t->original, end ? ",\"end\":true}" : "}");
	}
	if (rc != RC_OK)
		return rc;
	buf_clear(&t->chunks.list);
	t->pending_since_ns = 0;
	return add(t, "response");
}

/* One entry of the chunk list; the last rest bytes wait for their character's end. */
static void put(struct transcript *t, struct transcript_chunks *c, struct slice bytes, size_t rest, int64_t now_ns)
{
	struct slice whole = {bytes.p, bytes.n - rest};
	struct buf joined;

	buf_init(&joined, BUF_MAX_DEFAULT);
	if (c->tail.len) {
		buf_add_buf(&joined, &c->tail);
		buf_add_slice(&joined, whole);
		buf_clear(&c->tail);
		whole = buf_slice(&joined);
	}
	buf_add(&c->tail, bytes.p + bytes.n - rest, rest);
	buf_puts(&c->list, c->list.len ? ",[" : "[");
	buf_put_number(&c->list, (now_ns - t->start_ns) / NS_PER_US);
	buf_putc(&c->list, ',');
	add_bytes(&c->list, whole);
	buf_putc(&c->list, ']');
	if (joined.rc != RC_OK)
		c->list.rc = joined.rc;
	buf_free(&joined);
	if (!t->pending_since_ns)
		t->pending_since_ns = now_ns;
}

/* What waited for the rest of a character. */
static void put_tail(struct transcript *t, struct transcript_chunks *c)
{
	if (c->tail.len)
		put(t, c, SLICE(""), 0, clock_mono_ns());
}

/* What may be kept of what came. */
static void put_passed(struct transcript *t)
{
	struct slice bytes = buf_slice(&t->passed);

	if (bytes.n)
		put(t, &t->received, bytes, utf8_unfinished(bytes.p, bytes.n), clock_mono_ns());
	buf_clear(&t->passed);
}

/* Nothing more comes: what waited goes with the rest. */
static enum rc end_received(struct transcript *t)
{
	enum rc rc = withhold_finish(&t->credential, &t->passed);

	put_passed(t);
	put_tail(t, &t->received);
	return rc;
}

static bool is_due(const struct transcript *t, int64_t now_ns)
{
	return t->chunks.list.len >= CHUNKS_BYTES || t->received.list.len >= CHUNKS_BYTES ||
	       (t->pending_since_ns && now_ns - t->pending_since_ns >= WAIT_NS);
}

enum rc transcript_chunk(struct transcript *t, struct slice bytes, bool end)
{
	int64_t now_ns = clock_mono_ns();
	enum rc rc = end ? end_received(t) : RC_OK;

	if (rc != RC_OK)
		return rc;
	if (bytes.n || (end && t->chunks.tail.len))
		put(t, &t->chunks, bytes, end ? 0 : utf8_unfinished(bytes.p, bytes.n), now_ns);
	if (end || is_due(t, now_ns))
		return flush(t, end);
	return t->chunks.list.rc;
}

enum rc transcript_received_head(struct transcript *t, int status, struct slice headers_json, struct slice credential)
{
	t->answering = true;
	t->credential.secret = credential;
	put_head(&t->received_head, status, headers_json);
	if (t->received_head.rc != RC_OK)
		return t->received_head.rc;
	buf_truncate(&t->received_head, t->received_head.len - 1);
	buf_consume(&t->received_head, 1);
	return RC_OK;
}

enum rc transcript_received(struct transcript *t, struct slice bytes)
{
	enum rc rc = withhold_feed(&t->credential, bytes, &t->passed);

	if (rc != RC_OK)
		return rc;
	put_passed(t);
	if (!t->received_head.len && t->received.list.len >= CHUNKS_BYTES)      /* of an answer that has begun */
		return flush(t, false);
	return t->received.list.rc;
}

int64_t transcript_due(const struct transcript *t)
{
	return t->pending_since_ns ? t->pending_since_ns + WAIT_NS : 0;
}

enum rc transcript_flush(struct transcript *t)
{
	return flush(t, false);
}

/* What of the model's answer stands on no record before: it was not let through. */
static enum rc take_rest(struct transcript *t)
{
	enum rc rc = RC_OK;

	if (!t->received_head.len && !t->received.list.len)
		return RC_OK;
	buf_putc(&t->original, '{');
	rc = take_head(t);
	if (rc == RC_OK && t->received.list.len)
		rc = take_chunks(t);
	buf_putc(&t->original, '}');
	return rc;
}

enum rc transcript_cut(struct transcript *t, const char *reason)
{
	enum rc rc = end_received(t);

	put_tail(t, &t->chunks);
	if (rc == RC_OK && t->chunks.list.len)
		rc = flush(t, false);
	buf_putc(&t->body, '{');
	member(&t->body, "reason", reason);
	add_totals(t);
	buf_putc(&t->body, '}');
	if (rc == RC_OK)
		rc = take_rest(t);
	return rc == RC_OK ? add(t, "cut") : rc;
}
