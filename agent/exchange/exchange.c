#include "exchange.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "exchange_private.h"
#include "fiber.h"
#include "localkey.h"
#include "log.h"
#include "metrics.h"

#define REST_NS (50 * NS_PER_MS)
#define LARGE_BYTES ((size_t)64 << 10)           /* a body that is read, masked and decided on in more than a few milliseconds */

static const char *const OUTCOME_NAMES[N_OUTCOMES] = {"answered", "refused", "failed", "cut"};

/* ---- beginning and end ---------------------------------------------------------------------------------------------------- */

static void begin(struct exchange *x, uint64_t id)
{
	snprintf(x->request_id, sizeof x->request_id, "req_%016llx", (unsigned long long)id);
	x->start_ns = clock_mono_ns();
	x->outcome = OUTCOME_ANSWERED;
	x->scope = mask_scope_begin(x->session->scope);
	if (x->scope && x->analyzer) {
		analyzer_begin(x->analyzer);
		mask_scope_finder(x->scope, analyzer_finder(x->analyzer));
	}
	buf_init(&x->body, x->snapshot->config->limits.body_max);
	buf_init(&x->masked_body, BUF_MAX_DEFAULT);
}

static uint64_t count(const struct mask_counts *c)
{
	uint64_t n = 0;

	for (int i = 0; i < ENTITY_COUNT; i++)
		n += c->n[i];
	return n;
}

#define TOKEN_BYTES 4                            /* of English text that a token stands for, on average */

static uint64_t estimate_tokens(const struct exchange *x)
{
	uint64_t bytes = x->tokens.text_bytes;

	for (size_t i = 0; x->prompt && i < x->prompt->n_messages; i++)
		bytes += x->prompt->messages[i].n;
	if (x->prompt && x->prompt->other_text)
		bytes += strlen(x->prompt->other_text);
	return (bytes + TOKEN_BYTES - 1) / TOKEN_BYTES;
}

/* What the request and its answer took, by the model's own count where it gave one to the end. What did not reach the model took nothing. */
static struct usage_taken taken(const struct exchange *x, uint64_t masked)
{
	struct usage_taken t = {.masked = masked};
	uint64_t estimate;

	for (size_t i = 0; i < SHAPE_USAGES; i++)
		t.tokens += x->tokens.tokens[i];
	if (!x->forwarded || (x->tokens.known && x->outcome != OUTCOME_CUT))
		return t;
	estimate = estimate_tokens(x);
	t.estimated = estimate > t.tokens;
	t.tokens = t.estimated ? estimate : t.tokens;
	return t;
}

static void count_usage(struct exchange *x, uint64_t masked)
{
	const struct usage_taken t = taken(x, masked);

	atomic_fetch_add(&x->session->phi, masked);
	if (x->counted)
		usage_end(x->usage, &t, clock_wall_ns());
}

static void count_figures(const struct exchange *x)
{
	metrics_add(METRIC_EXCHANGES, 1, METRIC_OF(x->verdict ? x->verdict : "none", OUTCOME_NAMES[x->outcome], dialect_name(x->dialect)));
	metrics_add(METRIC_REQUEST_BYTES, (double)x->body.len, METRIC_PLAIN);
	metrics_observe(METRIC_DURATION, clock_mono_ns() - x->start_ns);
	for (int i = 0; i < ENTITY_COUNT; i++)
		if (x->masked.n[i])
			metrics_add(METRIC_MASKED, x->masked.n[i], METRIC_OF(entity_name((enum entity)i)));
}

/* What the session is found by: no model's name that a caller could have written somebody's number into. */
static void mark(const struct exchange *x)
{
	struct marks *marks = x->session->marks;
	const char *model = x->forwarded && x->prompt ? x->prompt->model : NULL;

	if (model && !mask_finds_code(policy_engine(x->policy), slice_str(model)))
		marks_add(marks, MARK_MODEL, model, 1);
	if (x->verdict && strcmp(x->verdict, "allowed") != 0 && strcmp(x->verdict, "held") != 0)
		marks_add(marks, MARK_OUTCOME, x->verdict, 1);
	for (int i = 0; i < ENTITY_COUNT; i++)
		marks_add(marks, MARK_ENTITY, entity_name((enum entity)i), x->masked.n[i]);
}

static void end(struct exchange *x)
{
	uint64_t masked = count(&x->masked);
	bool plain = x->outcome == OUTCOME_ANSWERED;

	mask_scope_end(x->asked);
	mask_scope_end(x->scope);
	if (x->number) {
		mark(x);
		if (masked)
			recording_count_masked(x->session->recording, &x->masked);
		transcript_free(&x->transcript);
		session_leave(x->session);
	}
	upstream_finish(x->upstream);
	if (x->analyzer)
		analyzer_end(x->analyzer, x->connection->name);
	count_usage(x, masked);
	count_figures(x);
	log_write(plain ? LOG_DEBUG : LOG_INFO, "exchange", (const struct log_field[]){
		L_TEXT("session", x->session->id), L_NUM("exchange", x->number), L_TEXT("request", x->request_id),
		L_TEXT("route", x->route ? x->route->name : "none"), L_TEXT("outcome", OUTCOME_NAMES[x->outcome]), L_NUM("status", x->status),
		L_TEXT("reason", x->why.text), L_NUM("masked", masked), L_NUM("ms", (clock_mono_ns() - x->start_ns) / NS_PER_MS), L_NONE});
	prompt_free(x->prompt);
	policy_unref(x->policy);
	free(x->path);
	buf_free(&x->body);
	buf_free(&x->masked_body);
}

/* ---- the life of an exchange ---------------------------------------------------------------------------------------------- */

/* The request has to show that it may be one of this session, before anything of it is kept: any web page or program on the
 * caller's machine reaches the local port. The policy is asked for once the recording stays open. */
static enum rc admit(struct exchange *x)
{
	int status = localkey_check(x->head, x->session->api_key_sha256, x->connection->local_key_optional, &x->why);
	enum rc rc;

	if (status)
		return exchange_refuse(x, status, status == 401 ? "authentication_error" : "invalid_request_error", "key");
	x->key_shown = true;
	rc = session_enter(x->session, x->snapshot->config->limits.per_person, &x->number);
	if (rc == RC_TOO_BIG) {
		why_set(&x->why, rc, "%lld requests of yours run already, and more at one time are not allowed",
			(long long)x->snapshot->config->limits.per_person);
		x->retry_s = 1;
		return exchange_refuse(x, 429, "rate_limit_error", "limits.per_person");
	}
	if (rc != RC_OK) {
		why_set(&x->why, RC_CANCELLED, "this session has ended; phigate connect opens another one");
		return exchange_refuse(x, 503, "session_ended", NULL);
	}
	transcript_begin(&x->transcript, x->session->recording, x->number);
	return session_policy(x->session, x->snapshot, &x->policy) == RC_OK ? RC_OK : exchange_unrecorded(x);
}

/* What cannot be read as a request gets one answer, and nothing after it is read. */
static enum rc refuse_head(struct exchange *x, enum rc rc)
{
	int status = rc == RC_BAD ? 400 : rc == RC_TOO_BIG ? 431 : rc == RC_TIMEOUT ? 408 : 503;

	x->head = NULL;
	return exchange_refuse(x, status, status == 503 ? "unavailable" : "invalid_request_error", status == 503 ? NULL : "head");
}

/* A client that pauses keeps its connection. What else was held for it goes: first the buffers, then the model's connection. */
static enum rc read_head(struct exchange *x)
{
	int64_t until_ns;

	if (http_wait(x->conn, clock_mono_ns() + REST_NS) == RC_TIMEOUT) {
		http_rest(x->conn);
		upstream_rest(x->upstream);
		until_ns = upstream_kept_until(x->upstream);
		if (until_ns && http_wait(x->conn, until_ns) == RC_TIMEOUT)
			upstream_drop(x->upstream);
	}
	return http_read_head(x->conn, &x->head, &x->why);
}

/* What is asked, on record and decided. */
static enum rc consider(struct exchange *x)
{
	enum rc rc = exchange_parse(x);

	if (rc == RC_OK)
		rc = exchange_mask(x);
	if (rc == RC_OK)
		rc = exchange_record(x);
	if (rc == RC_OK)
		rc = exchange_analyzed(x);
	if (rc == RC_OK)
		rc = exchange_decide(x);
	return rc;
}

struct considering {
	struct exchange *x;
	enum rc rc;
};

static void consider_beside(void *arg)
{
	struct considering *c = arg;

	c->rc = consider(c->x);
}

/* A large body would keep the loop from all other exchanges. */
static enum rc consider_large(struct exchange *x)
{
	struct considering c = {.x = x};

	fiber_block(consider_beside, &c);
	return c.rc;
}

/* What is in force now, for a request that has come: the connection is found by its name. RC_NOT_FOUND: it is gone; RC_NOMEM. On failure
 * all stays as it was. */
static enum rc keep_up(struct exchange *x)
{
	struct snapshot *now = current_get(x->agent->current), *before = x->snapshot;
	int client_fd = http_conn_fd(x->conn), end_fd = session_end_fd(x->session);
	const struct connection *connection;
	struct analyzer *analyzer = NULL;
	struct upstream *upstream = NULL;
	size_t place = 0;
	enum rc rc = RC_OK;

	if (now == before)
		goto out;
	if (!snapshot_find(now, x->session->connection->name, &place)) {
		rc = why_set(&x->why, RC_NOT_FOUND, "this session has ended: connection %s is no longer configured", x->session->connection->name);
		goto out;
	}
	connection = &now->config->connections[place];
	rc = upstream_new(now->targets[place], client_fd, end_fd, &upstream);
	if (rc == RC_OK && connection->analyzer.url)
		rc = analyzer_new(&connection->analyzer, target_secret(now->targets[place]), client_fd, end_fd, &analyzer);
	if (rc != RC_OK) {
		upstream_free(upstream);
		goto out;
	}
	upstream_free(x->upstream);
	analyzer_free(x->analyzer);
	x->snapshot = now;
	x->connection = connection;
	x->dialect = now->dialects[place];
	x->target = now->targets[place];
	x->upstream = upstream;
	x->analyzer = analyzer;
	now = before;
out:
	snapshot_unref(now);
	return rc;
}

/* RC_OK or RC_END: the connection can carry another request. */
static enum rc exchange(struct exchange *x, uint64_t id)
{
	enum rc rc = read_head(x);

	if (rc == RC_END || rc == RC_CANCELLED)          /* between two requests */
		return RC_CANCELLED;
	if (rc == RC_OK)
		rc = keep_up(x);
	begin(x, id);
	if (rc == RC_OK && !x->scope)
		rc = RC_NOMEM;
	rc = rc == RC_OK ? admit(x) : refuse_head(x, rc);
	if (rc == RC_OK)
		rc = exchange_read(x);
	if (rc == RC_OK)
		rc = x->body.len > LARGE_BYTES ? consider_large(x) : consider(x);
	if (rc == RC_OK)
		rc = exchange_forward(x);
	if (rc == RC_OK)
		rc = exchange_reply(x);
	end(x);
	return rc;
}

/* The next exchange of the same channel. */
static struct exchange next(const struct exchange *x)
{
	return (struct exchange){
		.agent = x->agent, .session = x->session, .conn = x->conn, .usage = x->usage, .snapshot = x->snapshot, .connection = x->connection,
		.dialect = x->dialect, .target = x->target, .upstream = x->upstream, .analyzer = x->analyzer,
	};
}

static enum rc open_conn(struct exchange *x, int fd)
{
	struct snapshot *now = current_get(x->agent->current);
	const struct limits *l = &now->config->limits;
	const struct http_limits limits = {
		.header_max_bytes = l->header_max, .header_wait_ns = l->header_wait, .body_rate = (int64_t)l->body_rate,
	};
	enum rc rc = x->usage ? http_conn_new(fd, session_end_fd(x->session), &limits, &x->conn) : RC_NOMEM;

	snapshot_unref(now);
	return rc;
}

void exchange_serve(struct agent *agent, struct session *session, int fd)
{
	struct exchange x = {
		.agent = agent, .session = session,
		.usage = usage_get(agent->usage, session->person.issuer, session->person.subject, session->connection->name),
	};
	enum rc rc = open_conn(&x, fd);
	uint64_t id;

	random_bytes(&id, sizeof id);                    /* request ids count from there: nobody is to guess anything, only to find a line */
	if (rc == RC_OK)
		rc = keep_up(&x);
	while (rc == RC_OK || rc == RC_END) {
		x = next(&x);
		rc = exchange(&x, id++);
	}
	if (x.conn)
		http_linger(x.conn);
	upstream_free(x.upstream);
	analyzer_free(x.analyzer);
	http_conn_free(x.conn);
	usage_put(x.usage);
	snapshot_unref(x.snapshot);
}
