/* The model's answer on its way to the client: decoded, masked, on record, sent; its end only once all of it is durable. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "exchange_private.h"
#include "fiber.h"
#include "headers.h"
#include "inflate.h"
#include "log.h"
#include "metrics.h"
#include "answer/answer.h"
#include "token.h"
#include "wait.h"

#define HEAD_MAX ((size_t)1 << 18)
#define PIECE_MAX ((size_t)96 << 20)             /* one event may be large, and decoding makes it larger */
#define HEAD_WAIT_NS (20 * NS_PER_MS)            /* the head goes out with the first bytes, or alone when they take longer */
#define WATCH_NS (100 * NS_PER_MS)

/* ---- to the model ----------------------------------------------------------------------------------------------------------- */

static void count_failure(enum rc rc)
{
	metrics_add(METRIC_MODEL_ERRORS, 1, METRIC_OF(rc == RC_TIMEOUT ? "timeout" : rc == RC_UNREACHABLE ? "unreachable" : "unreadable"));
}

/* The model cannot be used: 502 or 504. */
static enum rc unusable(struct exchange *x, enum rc rc)
{
	if (rc == RC_END)
		return exchange_cut(x, "client");
	if (rc == RC_CANCELLED) {
		why_set(&x->why, rc, "the session has ended");
		return exchange_refuse(x, 503, "session_ended", NULL);
	}
	count_failure(rc);
	log_warn("model_failed", L_TEXT("connection", x->connection->name), L_RC(rc), L_TEXT("reason", x->why.text));
	return exchange_refuse(x, rc == RC_TIMEOUT ? 504 : 502, rc == RC_TIMEOUT ? "timeout_error" : "upstream_error", NULL);
}

enum rc exchange_forward(struct exchange *x)
{
	struct buf head;
	enum rc rc;

	if (recording_sync(x->session->recording) != RC_OK)
		return exchange_unrecorded(x);
	buf_init(&head, HEAD_MAX);
	rc = headers_forward(x->head, x->path, x->target, exchange_sent(x).n, &head);
	if (rc == RC_OK)
		rc = upstream_send(x->upstream, buf_slice(&head), exchange_sent(x), &x->why);
	buf_free(&head);
	x->forwarded = rc == RC_OK;
	return rc == RC_OK ? RC_OK : unusable(x, rc);
}

/* ---- what kind of answer ------------------------------------------------------------------------------------------------------ */

struct reply {
	struct exchange *x;
	const struct http_head *head;            /* the model's */
	struct inflater *inflater;
	struct answer *answer;
	struct buf raw, plain;                   /* as it came; decoded */
	struct buf masked;                       /* what may go out; its end waits here until all is durable */
	struct token_reader *tokens;             /* where tokens stand for the caller's identifiers; else NULL */
	struct answer *back;                     /* puts those back in what is on record already */
	struct buf own;                          /* what came of it: the caller's own text, never on record */
	size_t end_at;                           /* where in masked the ending event begins; SIZE_MAX: it has not come */
	struct policy_cut cut;                   /* how many identifiers may stand in it */
	bool is_cut;                             /* it held more */
	enum framing framing;
	struct buf headers_json;                 /* for the record */
	struct buf out;                          /* HTTP bytes for the client */
	int64_t head_due_ns, watched_ns;
	int64_t held_ns;                         /* when the oldest bytes came that have not gone on; 0: none wait */
	bool begun;                              /* the answer is on record, and what stands in out may be sent */
	bool no_body, chunked;
	bool originals;                          /* the recording keeps what came */
	bool keep_last;                          /* no event ends this answer, so its last byte does */
};

static const struct {
	const char *type;
	enum framing framing;
} TYPES[] = {
	{"application/json", FRAMING_JSON}, {"text/event-stream", FRAMING_SSE}, {"application/x-ndjson", FRAMING_NDJSON},
	{"application/ndjson", FRAMING_NDJSON}, {"application/jsonl", FRAMING_NDJSON}, {"text/", FRAMING_TEXT},
};

/* "type/subtype" of a Content-Type, without its parameters. */
static struct slice media_type(struct slice value)
{
	const char *semicolon = value.n ? memchr(value.p, ';', value.n) : NULL;

	if (semicolon)
		value.n = (size_t)(semicolon - value.p);
	while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
		value.n--;
	return value;
}

/* Another charset would be read otherwise than we do. */
static bool is_utf8(struct slice value)
{
	for (size_t i = 0; i + 8 < value.n; i++) {
		struct slice rest = {value.p + i + 8, value.n - i - 8};

		if (strncasecmp(value.p + i, "charset=", 8) != 0)
			continue;
		if (rest.n && *rest.p == '"')
			rest = (struct slice){rest.p + 1, rest.n - 1};
		return (rest.n >= 5 && strncasecmp(rest.p, "utf-8", 5) == 0) || (rest.n >= 4 && strncasecmp(rest.p, "utf8", 4) == 0) ||
		       (rest.n >= 8 && strncasecmp(rest.p, "us-ascii", 8) == 0);
	}
	return true;
}

static enum rc find_framing(const struct exchange *x, struct slice value, struct answer_options *out, struct why *why)
{
	struct slice type = media_type(value);
	const struct text_list *allowed = &x->connection->allow_content_types;

	out->framing = FRAMING_TEXT;
	out->strict = true;
	if (!is_utf8(value))
		return why_set(why, RC_BAD, "the model answers in a character set other than UTF-8");
	if (!type.n)
		return RC_OK;
	for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
		size_t n = strlen(TYPES[i].type);
		bool prefix = TYPES[i].type[n - 1] == '/';

		if ((prefix ? type.n > n : type.n == n) && strncasecmp(type.p, TYPES[i].type, n) == 0) {
			out->framing = TYPES[i].framing;
			return RC_OK;
		}
	}
	if (type.n > 5 && strncasecmp(type.p + type.n - 5, "+json", 5) == 0) {     /* RFC 6839 3.1 */
		out->framing = FRAMING_JSON;
		return RC_OK;
	}
	out->strict = false;
	for (size_t i = 0; i < allowed->n; i++)
		if (slice_is_nocase(type, allowed->item[i]))
			return RC_OK;
	return why_set(why, RC_BAD, "the model answers with a content type that cannot be masked; allow_content_types lets one pass as text");
}

static enum rc check_status(int status, struct why *why)
{
	if (status == 206 || status == 304)
		return why_set(why, RC_BAD, "the model answers with status %d, which nobody asked for", status);
	return RC_OK;
}

/* A second reading, of what the first gave: events may have grown. */
static enum rc prepare_back(struct reply *r, const struct answer_options *masking)
{
	struct answer_options options = {
		.shape = masking->shape, .framing = masking->framing, .event_max_bytes = 8 * masking->event_max_bytes, .streams_max = masking->streams_max,
	};
	enum rc rc = token_reader_answer(r->x->session->scope, &r->tokens);

	options.tokens = r->tokens;
	return rc == RC_OK && r->tokens ? answer_new(&options, &r->back) : rc;
}

static enum rc prepare(struct reply *r)
{
	struct exchange *x = r->x;
	struct answer_options options = {
		.shape = x->route->shape, .engine = policy_engine(x->policy), .scope = x->scope, .counts = &x->masked, .usage = &x->tokens,
		.continues = x->prompt ? x->prompt->continues : (struct slice){0}, .credential = target_secret(x->target),
		.event_max_bytes = x->snapshot->config->limits.event_max, .streams_max = (size_t)x->snapshot->config->limits.streams,
	};
	enum rc rc = check_status(r->head->status, &x->why);

	r->no_body = slice_is(x->head->method, "HEAD") || r->head->status == 204;
	r->chunked = !r->no_body && x->head->minor > 0;
	if (rc == RC_OK && !r->no_body)
		rc = find_framing(x, http_header(r->head, "content-type"), &options, &x->why);
	r->framing = options.framing;
	if (rc == RC_OK) {
		const struct facts facts = exchange_facts(x);

		policy_cut(x->policy, &facts, &r->cut);
	}
	r->keep_last = options.framing == FRAMING_JSON || options.framing == FRAMING_TEXT;
	if (rc == RC_OK) {
		rc = inflater_new(http_header(r->head, "content-encoding"), &r->inflater);
		if (rc == RC_BAD)
			why_set(&x->why, rc, "the model answers in a coding other than gzip and deflate");
	}
	if (rc == RC_OK)
		rc = answer_new(&options, &r->answer);
	return rc == RC_OK && x->request_mask == MASK_REQUEST_TOKENIZE ? prepare_back(r, &options) : rc;
}

/* Of the original only this is taken away: the agent's own credential, should the model show it. */
static enum rc keep_head(struct reply *r)
{
	struct buf json;
	enum rc rc;

	buf_init(&json, HEAD_MAX);
	rc = headers_answer_original(r->head, target_secret(r->x->target), &json);
	if (rc == RC_OK)
		rc = transcript_received_head(&r->x->transcript, r->head->status, buf_slice(&json), target_secret(r->x->target));
	buf_free(&json);
	return rc;
}

/* The head of the answer, as it goes out and as it stands on record. */
static enum rc write_head(struct reply *r)
{
	struct exchange *x = r->x;
	enum rc rc;

	buf_puts(&r->out, "HTTP/1.1 ");
	buf_put_number(&r->out, r->head->status);
	buf_putc(&r->out, ' ');
	buf_puts(&r->out, http_reason(r->head->status));
	buf_puts(&r->out, "\r\n");
	rc = headers_answer(r->head, policy_engine(x->policy), x->scope, target_secret(x->target), &r->out, &r->headers_json);
	if (r->originals && rc == RC_OK)
		rc = keep_head(r);
	if (r->chunked)
		buf_puts(&r->out, "Transfer-Encoding: chunked\r\n");
	if (!x->head->keep_alive || (!r->chunked && !r->no_body))
		buf_puts(&r->out, "Connection: close\r\n");
	buf_puts(&r->out, "\r\n");
	r->watched_ns = clock_mono_ns();
	r->head_due_ns = r->watched_ns + HEAD_WAIT_NS;
	return rc == RC_OK ? r->out.rc : rc;
}

/* ---- carrying ----------------------------------------------------------------------------------------------------------------- */

/* RC_IO here is the recording's, RC_END the client's, RC_CANCELLED the session's; all else is the model's. */

static void put_chunk(struct reply *r, struct slice bytes)
{
	if (!bytes.n)
		return;
	if (r->chunked) {
		buf_put_hex(&r->out, bytes.n);
		buf_puts(&r->out, "\r\n");
	}
	buf_add_slice(&r->out, bytes);
	if (r->chunked)
		buf_puts(&r->out, "\r\n");
}

/* From here on this is the answer: one that cannot be masked from its first bytes on is still answered with an error of ours. */
static enum rc begin(struct reply *r)
{
	if (r->begun)
		return RC_OK;
	r->begun = true;
	return transcript_response(&r->x->transcript, r->head->status, buf_slice(&r->headers_json)) == RC_OK ? RC_OK : RC_IO;
}

static enum rc flush(struct reply *r)
{
	enum rc rc = r->out.rc;

	if (rc == RC_OK && r->out.len) {
		if (!r->x->status)
			metrics_observe(METRIC_FIRST_BYTE, clock_mono_ns() - r->x->start_ns);
		metrics_add(METRIC_ANSWER_BYTES, (double)r->out.len, METRIC_PLAIN);
		r->x->status = r->head->status;
		rc = http_write(r->x->conn, buf_slice(&r->out));
		buf_clear(&r->out);
	}
	return rc == RC_TIMEOUT ? RC_END : rc;           /* a client that takes nothing for so long is gone */
}

/* Bytes that are on record, as HTTP for the client: with the caller's own text in the place of tokens. done: they are the last. */
static enum rc give(struct reply *r, struct slice bytes, bool done)
{
	size_t end_at = SIZE_MAX;
	enum rc rc;

	if (!r->back) {
		put_chunk(r, bytes);
		return RC_OK;
	}
	rc = answer_feed(r->back, bytes, &r->own, &end_at);
	if (rc == RC_OK && done)
		rc = answer_finish(r->back, &r->own, &end_at);
	put_chunk(r, buf_slice(&r->own));
	buf_clear(&r->own);
	if (rc != RC_OK)
		why_set(&r->x->why, rc, "the model's answer grows over a limit (event_max) with the caller's own text in it");
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_BAD;
}

/* Of a stream: how long the oldest of it waited. */
static void gone_on(struct reply *r)
{
	if (r->held_ns && !r->keep_last)
		metrics_observe(METRIC_STREAM_DELAY, clock_mono_ns() - r->held_ns);
	r->held_ns = 0;
}

/* What stands in masked[0..n) goes on record and out. */
static enum rc pass(struct reply *r, size_t n)
{
	struct slice bytes = {r->masked.data, n};
	enum rc rc;

	if (!n)
		return RC_OK;
	if (begin(r) != RC_OK || transcript_chunk(&r->x->transcript, bytes, false) != RC_OK || recording_check(r->x->session->recording) != RC_OK)
		return RC_IO;
	rc = give(r, bytes, false);
	gone_on(r);
	buf_consume(&r->masked, n);
	if (r->end_at != SIZE_MAX)
		r->end_at -= n;
	return rc == RC_OK ? flush(r) : rc;
}

/* An answer that a rule may cut and that no error event can end waits until it is whole. */
static bool waits_for_all(const struct reply *r)
{
	return r->cut.rule && r->framing != FRAMING_SSE && r->framing != FRAMING_NDJSON;
}

/* All that the answer gave but its end: its ending event and what follows, or the last byte where no event ends it. */
static enum rc carry(struct reply *r)
{
	size_t n = r->masked.len;

	if (waits_for_all(r))
		return RC_OK;
	if (r->end_at != SIZE_MAX)
		n = r->end_at;
	else if (r->keep_last && n)
		n--;
	return pass(r, n);
}

/* The end goes out once all of the answer is durable. */
static enum rc finish(struct reply *r)
{
	struct exchange *x = r->x;
	enum rc rc;

	transcript_totals(&x->transcript, &x->masked, &x->tokens);
	if (begin(r) != RC_OK || transcript_chunk(&x->transcript, buf_slice(&r->masked), true) != RC_OK ||
	    recording_sync(x->session->recording) != RC_OK)
		return RC_IO;
	rc = give(r, buf_slice(&r->masked), true);
	gone_on(r);
	if (r->chunked)
		buf_puts(&r->out, "0\r\n\r\n");
	return rc == RC_OK ? flush(r) : rc;
}

static bool is_over(const struct reply *r)
{
	int64_t n = 0;

	for (int i = 0; i < ENTITY_COUNT; i++)
		n += r->x->masked.n[i];
	return n > r->cut.over;
}

/* Where a rule may cut the answer, line by line: what came with the identifier that is one too many stays here. done: and all that is held. */
static enum rc mask_within(struct reply *r, struct slice in, bool done)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && (in.n || done)) {
		const char *end = in.n ? memchr(in.p, '\n', in.n) : NULL;
		struct slice line = {in.p, end ? (size_t)(end + 1 - in.p) : in.n};
		size_t before = r->masked.len;

		rc = line.n ? answer_feed(r->answer, line, &r->masked, &r->end_at) : answer_finish(r->answer, &r->masked, &r->end_at);
		done = done && line.n;
		in = (struct slice){in.p + line.n, in.n - line.n};
		if (!is_over(r))
			continue;
		buf_truncate(&r->masked, before);
		r->end_at = r->end_at > before ? SIZE_MAX : r->end_at;
		r->is_cut = true;
		return RC_DENIED;
	}
	return rc;
}

/* The bytes that have come, decoded and masked; done: they were the last. */
static enum rc mask(struct reply *r, bool done)
{
	struct buf *plain = r->inflater ? &r->plain : &r->raw;
	enum rc rc = RC_OK;

	if (r->inflater && r->raw.len)
		rc = inflater_feed(r->inflater, buf_slice(&r->raw), &r->plain);
	if (rc == RC_OK && done && r->inflater)
		rc = inflater_finish(r->inflater);
	if (rc == RC_OK && r->originals && transcript_received(&r->x->transcript, buf_slice(plain)) != RC_OK)
		return RC_IO;
	if (rc == RC_OK && r->cut.rule) {
		rc = mask_within(r, buf_slice(plain), done);
	} else {
		if (rc == RC_OK && plain->len)
			rc = answer_feed(r->answer, buf_slice(plain), &r->masked, &r->end_at);
		if (rc == RC_OK && done)
			rc = answer_finish(r->answer, &r->masked, &r->end_at);
	}
	if (rc == RC_OK && done)                         /* before the client can know that it has ended */
		mask_scope_publish(r->x->scope);
	buf_clear(&r->raw);
	if (r->inflater)
		buf_clear(&r->plain);
	if (r->is_cut)
		return RC_DENIED;
	if (rc != RC_OK && r->x->analyzer && analyzer_result(r->x->analyzer) != RC_OK)
		return RC_BAD;
	if (rc != RC_OK && !r->x->why.text[0])
		why_set(&r->x->why, RC_BAD, "the model's answer %s", rc == RC_TOO_BIG ? "goes over a limit (event_max, streams)" :
			"cannot be read as what its Content-Type says, so it cannot be masked");
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_BAD;
}

/* The model is silent: what was said so far is due. */
static enum rc while_silent(struct reply *r)
{
	if (r->begun)
		return transcript_flush(&r->x->transcript) == RC_OK ? RC_OK : RC_IO;
	return begin(r) == RC_OK ? flush(r) : RC_IO;
}

/* While bytes keep coming nobody waits: nobody would see that the client is gone or the session over, and no other exchange of the
 * loop would have its turn. */
static enum rc watch(struct reply *r)
{
	int64_t now_ns = clock_mono_ns();

	fiber_yield();
	if (now_ns - r->watched_ns < WATCH_NS)
		return RC_OK;
	r->watched_ns = now_ns;
	return wait_over(http_conn_fd(r->x->conn), session_end_fd(r->x->session));
}

static enum rc carry_body(struct reply *r)
{
	struct exchange *x = r->x;
	bool done = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !done) {
		int64_t due_ns = r->begun ? transcript_due(&x->transcript) : waits_for_all(r) ? 0 : r->head_due_ns;

		rc = upstream_read_body(x->upstream, &r->raw, &done, due_ns, &x->why);
		if (rc == RC_TIMEOUT) {
			rc = while_silent(r);
			continue;
		}
		if (rc == RC_OK && !r->held_ns && r->raw.len)
			r->held_ns = clock_mono_ns();
		if (rc == RC_OK && !r->no_body)
			rc = mask(r, done);
		if (rc == RC_OK && !done)
			rc = carry(r);
		if (rc == RC_OK && !done)
			rc = watch(r);
	}
	return rc == RC_OK ? finish(r) : rc;
}

/* A rule cuts the answer: what may stand in it has been sent, the dialect's error follows where the framing has a place for it, and the
 * end never comes. Of an answer that has not begun there is only the error. */
static enum rc cut_by_rule(struct reply *r)
{
	struct exchange *x = r->x;
	struct buf error, event;
	enum rc rc = r->begun || r->framing == FRAMING_SSE || r->framing == FRAMING_NDJSON ? carry(r) : RC_OK;

	why_set(&x->why, RC_DENIED, "%s", r->cut.message);
	if (rc != RC_OK && rc != RC_IO)
		return exchange_cut(x, rc == RC_CANCELLED ? "session" : "client");
	if (rc == RC_IO || transcript_flush(&x->transcript) != RC_OK ||
	    transcript_decision(&x->transcript, NULL, r->cut.rule, "cut", NULL, x->why.text) != RC_OK)
		return exchange_unrecorded(x);
	recording_count(x->session->recording, RECORDING_DENIED);
	marks_add(x->session->marks, MARK_RULE, r->cut.rule, 1);
	log_info("answer_cut", L_TEXT("session", x->session->id), L_NUM("exchange", x->number), L_TEXT("rule", r->cut.rule));
	if (!r->begun)
		return exchange_refuse(x, 403, "permission_error", NULL);
	buf_init(&error, 16384);
	buf_init(&event, 32768);
	rc = dialect_error(x->dialect, x->route, 403, "permission_error", x->why.text, x->request_id, &error);
	if (rc == RC_OK && (r->framing == FRAMING_SSE || r->framing == FRAMING_NDJSON))
		buf_printf(&event, r->framing == FRAMING_SSE ? "event: error\ndata: %s\n\n" : "%s\n", error.data);
	if (event.len && transcript_chunk(&x->transcript, buf_slice(&event), false) == RC_OK && recording_check(x->session->recording) == RC_OK) {
		put_chunk(r, buf_slice(&event));
		(void)!flush(r);                         /* a client that is gone misses it */
	}
	buf_free(&error);
	buf_free(&event);
	return exchange_cut(x, "policy");
}

/* What was begun breaks off: the client sees it by the missing end of the answer. Before that, it gets an error of ours. */
static enum rc broken(struct reply *r, enum rc rc)
{
	struct exchange *x = r->x;
	enum rc analyzed = exchange_analyzed(x);

	if (analyzed != RC_OK)
		return analyzed;
	if (r->is_cut)
		return cut_by_rule(r);
	if (!r->begun && rc != RC_IO)
		return unusable(x, rc);
	switch (rc) {
	case RC_IO:
		return exchange_unrecorded(x);
	case RC_END:
		return exchange_cut(x, "client");
	case RC_CANCELLED:
		return exchange_cut(x, "session");
	case RC_OK: case RC_AGAIN: case RC_BAD: case RC_DENIED: case RC_NOT_FOUND: case RC_CONFLICT: case RC_TOO_BIG: case RC_TIMEOUT:
	case RC_UNREACHABLE: case RC_NOMEM: case RC_FAULT:
		break;
	}
	count_failure(rc);
	log_warn("model_failed", L_TEXT("connection", x->connection->name), L_RC(rc), L_TEXT("reason", x->why.text));
	return exchange_cut(x, "model");
}

static enum rc reply(struct reply *r)
{
	struct exchange *x = r->x;
	enum rc rc = prepare(r);

	if (rc == RC_OK)
		rc = write_head(r);
	if (rc == RC_OK)
		rc = carry_body(r);
	if (rc != RC_OK)
		return broken(r, rc);
	return x->head->keep_alive && (r->chunked || r->no_body) ? RC_END : RC_CANCELLED;
}

enum rc exchange_reply(struct exchange *x)
{
	struct reply r = {.x = x, .end_at = SIZE_MAX, .originals = recording_keeps_originals(x->session->recording)};
	enum rc rc = upstream_read_head(x->upstream, slice_is(x->head->method, "HEAD"), x->connection->first_byte_ns, &r.head, &x->why);

	if (rc != RC_OK)
		return unusable(x, rc);
	buf_init(&r.raw, PIECE_MAX);
	buf_init(&r.plain, PIECE_MAX);
	buf_init(&r.masked, PIECE_MAX);
	buf_init(&r.own, PIECE_MAX);
	buf_init(&r.headers_json, HEAD_MAX);
	buf_init(&r.out, PIECE_MAX);
	rc = reply(&r);
	answer_free(r.answer);
	answer_free(r.back);
	token_reader_free(r.tokens);
	inflater_free(r.inflater);
	buf_free(&r.raw);
	buf_free(&r.plain);
	buf_free(&r.masked);
	buf_free(&r.own);
	buf_free(&r.headers_json);
	buf_free(&r.out);
	return rc;
}
