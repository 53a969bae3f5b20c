#include "audit_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "leaves.h"

#define RUNNING_MAX 4096                         /* exchanges that have not ended; the oldest gives way */
#define NAME_MAX_BYTES 128
#define SMALL_MAX ((size_t)1 << 20)              /* records that are no text of an exchange */

struct running {
	uint64_t exchange;
	int64_t began_ns, status;
	bool refused;
	bool read;                               /* its record has no more to say */
	char method[16], route[NAME_MAX_BYTES], model[NAME_MAX_BYTES], rule[NAME_MAX_BYTES];
};

struct audit_reader {
	audit_fn *fn;
	void *arg;
	char *agent, *version, *id;
	cJSON *open;                             /* the body of the last open record; its texts are the session's */
	struct audit_session session;
	struct running *running;
	size_t n, cap;
};

struct audit_reader *audit_reader_new(const char *agent, const char *version, const char *session, audit_fn *fn, void *arg)
{
	struct audit_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->fn = fn;
	r->arg = arg;
	r->agent = agent ? strdup(agent) : NULL;
	r->version = version ? strdup(version) : NULL;
	r->id = strdup(session);
	if (!r->id || (agent && !r->agent) || (version && !r->version)) {
		audit_reader_free(r);
		return NULL;
	}
	r->session = (struct audit_session){.agent = r->agent, .version = r->version, .id = r->id};
	return r;
}

void audit_reader_free(struct audit_reader *r)
{
	if (!r)
		return;
	cJSON_Delete(r->open);
	free(r->running);
	free(r->agent);
	free(r->version);
	free(r->id);
	free(r);
}

/* ---- the session ------------------------------------------------------------------------------------------------------------ */

static void take_open(struct audit_reader *r, cJSON *open)
{
	const cJSON *user = json_object(open, "user"), *client = json_object(open, "client");
	struct audit_session *s = &r->session;

	cJSON_Delete(r->open);
	r->open = open;
	s->user = json_text(user, "id");
	s->subject = json_text(user, "subject");
	s->issuer = json_text(user, "issuer");
	s->groups = json_array(user, "groups");
	s->address = json_text(client, "address");
	s->port = 0;
	if (json_int(client, "port", &s->port) && (s->port < 0 || s->port > 65535))
		s->port = 0;
	s->connection = json_text(open, "connection");
	s->dialect = json_text(open, "dialect");
	s->policy = json_text(json_object(open, "policy"), "name");
	s->purpose = json_text(open, "purpose");
	s->emergency = json_true(open, "emergency");
}

/* ---- exchanges -------------------------------------------------------------------------------------------------------------- */

static struct running *find(struct audit_reader *r, uint64_t exchange)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->running[i].exchange == exchange)
			return &r->running[i];
	return NULL;
}

static struct running *find_or_begin(struct audit_reader *r, uint64_t exchange)
{
	struct running *x = find(r, exchange);

	if (x)
		return x;
	if (r->n == RUNNING_MAX) {
		memmove(r->running, r->running + 1, (r->n - 1) * sizeof *r->running);
		r->n--;
	}
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 8;

		x = realloc(r->running, cap * sizeof *x);
		if (!x)
			return NULL;
		r->running = x;
		r->cap = cap;
	}
	r->running[r->n] = (struct running){.exchange = exchange};
	return &r->running[r->n++];
}

static void forget(struct audit_reader *r, uint64_t exchange)
{
	struct running *x = find(r, exchange);

	if (x) {
		memmove(x, x + 1, (size_t)(r->running + r->n - (x + 1)) * sizeof *x);
		r->n--;
	}
}

/* A leaf's text into a member; what is longer is no name, and not kept in part. */
static void take(char *to, size_t room, const struct leaf *leaf)
{
	size_t have = leaf->begin ? 0 : strlen(to);

	if (!leaf->begin && !have)
		return;
	if (have + leaf->text.n >= room) {
		to[0] = '\0';
		return;
	}
	memcpy(to + have, leaf->text.p, leaf->text.n);
	to[have + leaf->text.n] = '\0';
}

static void request_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct running *x = arg;

	if (!leaf->string)
		return;
	if (leaf_is(l, "headers[][]") || leaf_is(l, "text"))
		x->read = true;
	else if (leaf_is(l, "method"))
		take(x->method, sizeof x->method, leaf);
	else if (leaf_is(l, "route"))
		take(x->route, sizeof x->route, leaf);
	else if (leaf_is(l, "model"))
		take(x->model, sizeof x->model, leaf);
}

static void status_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct running *x = arg;

	if (leaf->string || !leaf_is(l, "status"))
		return;
	x->read = true;
	for (size_t i = 0; i < leaf->text.n; i++)
		if (leaf->text.p[i] >= '0' && leaf->text.p[i] <= '9' && x->status < 100000)
			x->status = 10 * x->status + (leaf->text.p[i] - '0');
}

/* Only a model's name: what it is called with stands here, and people call with what they like. */
static const char *name_or_null(const char *text)
{
	return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@{}*-")] ? text : NULL;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

#define FACTS_MAX ((size_t)4096)

/* The members that stand before the long ones. */
static void read_facts(struct slice body, leaf_fn *fn, struct running *x)
{
	struct leaves l;

	x->read = false;
	leaves_begin(&l, fn, x);
	while (body.n && !x->read && !leaves_bad(&l)) {
		size_t n = body.n < FACTS_MAX ? body.n : FACTS_MAX;

		leaves_feed(&l, (struct slice){body.p, n});
		body = (struct slice){body.p + n, body.n - n};
	}
}

/* ,"totals":{…},"end":true} at the end of the body: these bytes cannot stand in a string, whose quotes would be escaped. */
static cJSON *read_totals(struct slice body)
{
	static const char mark[] = ",\"totals\":{", end[] = ",\"end\":true}";
	size_t n = body.n < FACTS_MAX ? body.n : FACTS_MAX, m = sizeof mark - 1;
	const char *from = body.p + body.n - n, *at = NULL;

	for (const char *p = from; (p = memmem(p, (size_t)(body.p + body.n - p), mark, m)); p += m)
		at = p;
	if (!at)
		return NULL;
	at += m - 1;
	return json_parse((struct slice){at, (size_t)(body.p + body.n - at) - (sizeof end - 1)});
}

static bool is_end(struct slice body)
{
	static const char end[] = ",\"end\":true}";
	size_t n = sizeof end - 1;

	return body.n >= n && memcmp(body.p + body.n - n, end, n) == 0;
}

static void take_totals(struct audit_event *e, const cJSON *totals)
{
	const cJSON *entity, *masked = json_object(totals, "masked");

	cJSON_ArrayForEach(entity, masked)
		e->masked_n += audit_masked(entity);
	e->masked = e->masked_n ? masked : NULL;
	e->counted = json_int(totals, "input_tokens", &e->input_tokens) && json_int(totals, "output_tokens", &e->output_tokens) &&
		e->input_tokens >= 0 && e->output_tokens >= 0;
}

static void take_running(struct audit_reader *r, struct audit_event *e)
{
	const struct running *x = find(r, e->exchange);

	if (!x)
		return;
	e->began_ns = x->began_ns;
	e->method = or_null(x->method);
	e->route = name_or_null(x->route);
	e->model = name_or_null(x->model);
	e->rule = or_null(x->rule);
	e->status = x->status >= 100 && x->status <= 999 ? x->status : 0;
	if (e->kind == AUDIT_EXCHANGE && x->refused)
		e->result = AUDIT_REFUSED;
	else if (e->kind == AUDIT_EXCHANGE && e->status >= 400)
		e->result = e->status >= 500 ? AUDIT_FAILED : AUDIT_REFUSED;
}

/* ---- records ---------------------------------------------------------------------------------------------------------------- */

static enum rc on_open(struct audit_reader *r, struct audit_event *e, struct slice body)
{
	cJSON *open = body.n <= SMALL_MAX ? json_parse(body) : NULL;

	if (!cJSON_IsObject(open)) {
		cJSON_Delete(open);
		return RC_BAD;
	}
	take_open(r, open);
	r->fn(r->arg, e);
	return RC_OK;
}

static enum rc on_request(struct audit_reader *r, struct audit_event *e, struct slice body)
{
	struct running *x = find_or_begin(r, e->exchange);

	if (!x)
		return RC_NOMEM;
	*x = (struct running){.exchange = e->exchange, .began_ns = e->wall_ns};
	read_facts(body, request_leaf, x);
	return RC_OK;
}

static enum rc on_response(struct audit_reader *r, struct audit_event *e, struct slice body)
{
	cJSON *totals;

	if (!is_end(body)) {
		struct running *x = find_or_begin(r, e->exchange);

		if (!x)
			return RC_NOMEM;
		if (!x->status)
			read_facts(body, status_leaf, x);
		return RC_OK;
	}
	totals = read_totals(body);
	take_running(r, e);
	take_totals(e, totals);
	r->fn(r->arg, e);
	cJSON_Delete(totals);
	forget(r, e->exchange);
	return RC_OK;
}

/* "refused" by a rule of the gate's own, "denied" and the like: the exchange that is answered then is one that was refused. */
static void note_decision(struct audit_reader *r, const struct audit_event *e)
{
	struct running *x = find(r, e->exchange);

	if (!x)
		return;
	snprintf(x->rule, sizeof x->rule, "%s", e->rule ? e->rule : "");
	x->refused = e->result == AUDIT_REFUSED;
}

static bool passes(const char *outcome)
{
	return outcome && (strcmp(outcome, "approved") == 0 || strcmp(outcome, "allowed") == 0 || strcmp(outcome, "emergency") == 0);
}

static void on_small(struct audit_reader *r, struct audit_event *e, const cJSON *body)
{
	e->hold = json_text(body, "hold");
	e->rule = json_text(body, "rule");
	e->outcome = json_text(body, "outcome");
	e->by = json_text(body, "by");
	if (e->kind == AUDIT_DECISION && e->outcome && strcmp(e->outcome, "emergency") == 0)
		e->kind = AUDIT_EMERGENCY;
	if (e->kind == AUDIT_DECISION || e->kind == AUDIT_EMERGENCY) {
		e->result = passes(e->outcome) ? AUDIT_SUCCEEDED : AUDIT_REFUSED;
		note_decision(r, e);
	}
	if (e->kind == AUDIT_CUT) {
		e->result = AUDIT_FAILED;
		e->why = json_text(body, "reason");
		take_running(r, e);
		take_totals(e, json_object(body, "totals"));
	}
	if (e->kind == AUDIT_CLOSED)
		e->why = json_text(body, "end");
	r->fn(r->arg, e);
	if (e->kind == AUDIT_CUT)
		forget(r, e->exchange);
}

static const struct {
	const char *kind;
	enum audit_kind event;
	enum rc (*take)(struct audit_reader *r, struct audit_event *e, struct slice body);       /* NULL: a small one */
} records[] = {
	{"open", AUDIT_OPENED, on_open}, {"request", AUDIT_EXCHANGE, on_request}, {"response", AUDIT_EXCHANGE, on_response},
	{"hold", AUDIT_HOLD, NULL}, {"decision", AUDIT_DECISION, NULL}, {"cut", AUDIT_CUT, NULL}, {"gap", AUDIT_CLOCK, NULL},
	{"renew", AUDIT_RENEWED, NULL}, {"recovered", AUDIT_RECOVERED, NULL}, {"close", AUDIT_CLOSED, NULL},
};

static enum rc take_small(struct audit_reader *r, struct audit_event *e, struct slice text)
{
	cJSON *body = text.n <= SMALL_MAX ? json_parse(text) : NULL;
	bool good = cJSON_IsObject(body);

	if (good)
		on_small(r, e, body);
	cJSON_Delete(body);
	return good ? RC_OK : RC_BAD;
}

enum rc audit_reader_add(struct audit_reader *r, const struct audit_record *record)
{
	struct audit_event e = {.seq = record->seq, .exchange = record->exchange, .wall_ns = record->wall_ns, .session = &r->session};

	r->session.part = record->part;
	snprintf(e.id, sizeof e.id, "%.64s.%d.%llu", r->id, record->part, (unsigned long long)record->seq);
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		if (strcmp(records[i].kind, record->kind) != 0)
			continue;
		e.kind = records[i].event;
		return records[i].take ? records[i].take(r, &e, record->body) : take_small(r, &e, record->body);
	}
	return RC_BAD;
}
