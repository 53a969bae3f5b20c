#include "transcript.h"

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "utf8.h"

#define WAIT_NS (200 * NS_PER_MS)
#define CHUNKS_BYTES ((size_t)32768)

void transcript_begin(struct transcript *t, struct recording *recording, uint64_t exchange)
{
	*t = (struct transcript){.recording = recording, .exchange = exchange, .start_ns = clock_mono_ns()};
	buf_init(&t->chunks, BUF_MAX_DEFAULT);
	buf_init(&t->tail, 8);
	buf_init(&t->totals, 4096);
	buf_init(&t->body, BUF_MAX_DEFAULT);
}

void transcript_free(struct transcript *t)
{
	buf_free(&t->chunks);
	buf_free(&t->tail);
	buf_free(&t->totals);
	buf_free(&t->body);
}

/* The scratch body becomes a record. */
static enum rc add(struct transcript *t, const char *kind)
{
	enum rc rc = t->body.rc;

	if (rc == RC_OK)
		rc = recording_add(t->recording, kind, t->exchange, buf_slice(&t->body));
	buf_clear(&t->body);
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

enum rc transcript_request(struct transcript *t, const struct transcript_asked *asked)
{
	buf_puts(&t->body, "{\"method\":");
	json_add_string(&t->body, asked->method);
	member(&t->body, "path", asked->path);
	if (asked->route)
		member(&t->body, "route", asked->route);
	if (asked->model)
		member(&t->body, "model", asked->model);
	buf_puts(&t->body, ",\"headers\":");
	buf_add_slice(&t->body, asked->headers_json);
	buf_puts(&t->body, ",\"text\":");
	add_bytes(&t->body, asked->text);
	buf_putc(&t->body, '}');
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

enum rc transcript_response(struct transcript *t, int status, struct slice headers_json)
{
	buf_puts(&t->body, "{\"status\":");
	buf_put_number(&t->body, status);
	buf_puts(&t->body, ",\"headers\":");
	buf_add_slice(&t->body, headers_json);
	buf_putc(&t->body, '}');
	return add(t, "response");
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
	if (!t->chunks.len && !end)
		return RC_OK;
	buf_puts(&t->body, "{\"chunks\":[");
	buf_add_slice(&t->body, buf_slice(&t->chunks));
	buf_putc(&t->body, ']');
	if (end)
		add_totals(t);
	buf_puts(&t->body, end ? ",\"end\":true}" : "}");
	if (t->chunks.rc != RC_OK)
		return t->chunks.rc;
	buf_clear(&t->chunks);
	t->pending_since_ns = 0;
	return add(t, "response");
}

/* One entry of the chunk list; the last rest bytes wait for their character's end. */
static void put(struct transcript *t, struct slice bytes, size_t rest, int64_t now_ns)
{
	struct slice whole = {bytes.p, bytes.n - rest};
	struct buf joined;

	buf_init(&joined, BUF_MAX_DEFAULT);
	if (t->tail.len) {
		buf_add_buf(&joined, &t->tail);
		buf_add_slice(&joined, whole);
		buf_clear(&t->tail);
		whole = buf_slice(&joined);
	}
	buf_add(&t->tail, bytes.p + bytes.n - rest, rest);
	buf_puts(&t->chunks, t->chunks.len ? ",[" : "[");
	buf_put_number(&t->chunks, (now_ns - t->start_ns) / NS_PER_US);
	buf_putc(&t->chunks, ',');
	add_bytes(&t->chunks, whole);
	buf_putc(&t->chunks, ']');
	if (joined.rc != RC_OK)
		t->chunks.rc = joined.rc;
	buf_free(&joined);
	if (!t->pending_since_ns)
		t->pending_since_ns = now_ns;
}

enum rc transcript_chunk(struct transcript *t, struct slice bytes, bool end)
{
	int64_t now_ns = clock_mono_ns();

	if (bytes.n || (end && t->tail.len))
		put(t, bytes, end ? 0 : utf8_unfinished(bytes.p, bytes.n), now_ns);
	if (end || t->chunks.len >= CHUNKS_BYTES || (t->pending_since_ns && now_ns - t->pending_since_ns >= WAIT_NS))
		return flush(t, end);
	return t->chunks.rc;
}

int64_t transcript_due(const struct transcript *t)
{
	return t->pending_since_ns ? t->pending_since_ns + WAIT_NS : 0;
}

enum rc transcript_flush(struct transcript *t)
{
	return flush(t, false);
}

enum rc transcript_cut(struct transcript *t, const char *reason)
{
	enum rc rc;

	if (t->tail.len)
		put(t, SLICE(""), 0, clock_mono_ns());
	rc = flush(t, false);
	buf_putc(&t->body, '{');
	member(&t->body, "reason", reason);
	add_totals(t);
	buf_putc(&t->body, '}');
	return rc == RC_OK ? add(t, "cut") : rc;
}
