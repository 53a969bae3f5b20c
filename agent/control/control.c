/* A control channel: who calls, which route, and one answer for each call. */
#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "control_private.h"
#include "digest.h"
#include "encode.h"
#include "fiber.h"
#include "gate.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "session.h"

#define BODY_MAX ((size_t)64 << 10)
#define ANSWER_MAX ((size_t)32 << 20)
#define LEEWAY_S 60

/* ---- small calls -------------------------------------------------------------------------------------------------------- */

static void add_texts(struct buf *out, const struct text_list *list)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_putc(out, ',');
		json_add_str(out, list->item[i]);
	}
	buf_putc(out, ']');
}

/* "roles": of the agent; "connection_roles": for each connection that has roles of its own, those of the person there. */
static void add_roles(const struct config *config, const struct person *person, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, ",\"roles\":[%s%s%s],\"connection_roles\":{", person->auditor ? "\"auditor\"" : "", person->auditor && person->admin ? "," : "",
		   person->admin ? "\"admin\"" : "");
	for (size_t i = 0; i < config->n_connections; i++) {
		const struct connection *c = &config->connections[i];
		const char *and = "";

		if (!c->auditor_groups.n && !c->admin_groups.n)
			continue;
		buf_puts(out, comma);
		json_add_str(out, c->name);
		buf_puts(out, ":[");
		for (enum role r = 0; r < ROLE_KINDS; r++)
			if (role_has(config, person, r, c->name)) {
				buf_printf(out, "%s\"%s\"", and, role_name(r));
				and = ",";
			}
		buf_putc(out, ']');
		comma = ",";
	}
	buf_putc(out, '}');
}

static int whoami(struct call *call, struct buf *out, struct why *why)
{
	const struct person *person = &call->token->person;
	char text[CLOCK_TEXT];

	(void)why;
	buf_puts(out, "{\"user\":");
	json_add_str(out, person->user);
	buf_puts(out, ",\"subject\":");
	json_add_str(out, person->subject);
	buf_puts(out, ",\"groups\":");
	add_texts(out, &person->groups);
	add_roles(call->snapshot->config, person, out);
	buf_printf(out, ",\"agent\":");
	json_add_str(out, call->agent->config->name);
	buf_printf(out, ",\"expires_at\":\"%s\"}", clock_text_s(call->token->expires_s, text));
	return 200;
}

static int connections(struct call *call, struct buf *out, struct why *why)
{
	const struct config *config = call->snapshot->config;

	(void)why;
	buf_putc(out, '[');
	for (size_t i = 0; i < config->n_connections; i++) {
		const struct connection *c = &config->connections[i];

		buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
		json_add_str(out, c->name);
		buf_puts(out, ",\"dialect\":");
		json_add_str(out, c->dialect);
		buf_puts(out, ",\"policy\":");
		json_add_str(out, c->policy);
		buf_puts(out, ",\"groups\":");
		add_texts(out, &c->groups);
		buf_printf(out, ",\"allowed\":%s}", session_allowed(c, &call->token->person, NULL) == RC_OK ? "true" : "false");
	}
	buf_putc(out, ']');
	return 200;
}

/* ---- routes ------------------------------------------------------------------------------------------------------------- */

static const struct control_route {
	const char *method, *path;               /* {id}: one path segment */
	call_handler *handle;
} ROUTES[] = {
	{"GET", "/v1/whoami", whoami},
	{"GET", "/v1/connections", connections},
	{"GET", "/v1/health", control_health},
	{"POST", "/v1/sessions", control_session_open},
	{"GET", "/v1/sessions", control_sessions},
	{"POST", "/v1/sessions/{id}/renew", control_session_renew},
	{"DELETE", "/v1/sessions/{id}", control_session_close},
	{"GET", "/v1/sessions/{id}/bundle", control_bundle},
	{"POST", "/v1/sessions/{id}/revoke", control_session_revoke},
	{"POST", "/v1/sessions/{id}/reviews", control_review_add},
	{"GET", "/v1/sessions/{id}/reviews", control_reviews},
	{"GET", "/v1/evidence", control_evidence},
	{"POST", "/v1/evidence/seal", control_evidence_seal},
	{"GET", "/v1/ledger", control_ledger},
	{"GET", "/v1/events", control_events},
	{"GET", "/v1/holds", control_holds},
	{"GET", "/v1/holds/{id}", control_hold_show},
	{"POST", "/v1/holds/{id}/approve", control_hold_approve},
	{"POST", "/v1/holds/{id}/deny", control_hold_deny},
	{"POST", "/v1/holds/{id}/cancel", control_hold_cancel},
};

/* Ids are of this alphabet, so nothing in a path is ever encoded. */
static size_t id_length(struct slice path)
{
	size_t n = 0;

	while (n < path.n && path.p[n] && strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-", path.p[n]))
		n++;
	return n;
}

static bool path_fits(const char *pattern, struct slice path, char id[64])
{
	const char *hole = strstr(pattern, "{id}");
	size_t before = hole ? (size_t)(hole - pattern) : strlen(pattern), n;

	id[0] = '\0';
	if (path.n < before || memcmp(path.p, pattern, before) != 0)
		return false;
	path.p += before;
	path.n -= before;
	if (!hole)
		return path.n == 0;
	n = id_length(path);
	if (n == 0 || n >= 64)
		return false;
	memcpy(id, path.p, n);
	id[n] = '\0';
	path.p += n;
	path.n -= n;
	return slice_is(path, hole + 4);
}

/* NULL, and *status says whether it is the path or the method that does not exist. */
static const struct control_route *find_route(struct call *call, int *status)
{
	struct slice target = call->head->target;
	const char *question = memchr(target.p, '?', target.n);

	call->query = (struct slice){0};
	if (question) {
		call->query = (struct slice){question + 1, target.n - (size_t)(question - target.p) - 1};
		target.n = (size_t)(question - target.p);
	}
	*status = 404;
	for (size_t i = 0; i < sizeof ROUTES / sizeof *ROUTES; i++) {
		if (!path_fits(ROUTES[i].path, target, call->id))
			continue;
		if (slice_is(call->head->method, ROUTES[i].method))
			return &ROUTES[i];
		*status = 405;
	}
	return NULL;
}

/* ---- what handlers use -------------------------------------------------------------------------------------------------- */

static const struct {
	enum rc rc;
	int status;
	const char *type;
} FAILURES[] = {
	{RC_BAD, 400, "invalid_request"},
	{RC_DENIED, 403, "forbidden"},
	{RC_NOT_FOUND, 404, "not_found"},
	{RC_CONFLICT, 409, "conflict"},
	{RC_TOO_BIG, 429, "limit_reached"},
	{RC_TIMEOUT, 504, "timeout"},
	{RC_UNREACHABLE, 503, "unavailable"},
	{RC_CANCELLED, 503, "stopping"},
	{RC_IO, 503, "unavailable"},
	{RC_NOMEM, 503, "unavailable"},
};

int call_failed(enum rc rc)
{
	for (size_t i = 0; i < sizeof FAILURES / sizeof *FAILURES; i++)
		if (FAILURES[i].rc == rc)
			return FAILURES[i].status;
	return 500;
}

struct leaf_way {
	struct ledger *ledger;
	struct slice leaf;
	enum rc rc;
};

static void add_leaf(void *arg)
{
	struct leaf_way *way = arg;

	way->rc = ledger_add(way->ledger, way->leaf, NULL);
}

enum rc call_ledger(const struct call *call, struct slice leaf, struct why *why)
{
	struct leaf_way way = {.ledger = call->agent->ledger, .leaf = leaf};

	fiber_block(add_leaf, &way);                     /* it waits for the disk */
	return way.rc == RC_OK ? RC_OK : why_set(why, RC_IO, "the agent's ledger cannot be written now; its log says why");
}

static const char *type_of(int status)
{
	switch (status) {
	case 401:
		return "unauthorized";
	case 405:
		return "method_not_allowed";
	case 408:
		return "timeout";
	case 413:
	case 431:
		return "too_large";
	}
	for (size_t i = 0; i < sizeof FAILURES / sizeof *FAILURES; i++)
		if (FAILURES[i].status == status)
			return FAILURES[i].type;
	return "internal";
}

/* One %XX or + of a query (application/x-www-form-urlencoded); -1: badly encoded. */
static int decode(const char **p, const char *end)
{
	unsigned char byte;
	char c = *(*p)++;

	if (c != '%')
		return c == '+' ? ' ' : (unsigned char)c;
	if (end - *p < 2 || hex_decode((struct slice){*p, 2}, &byte, 1) != RC_OK || byte == 0)
		return -1;
	*p += 2;
	return byte;
}

enum rc call_query(const struct call *call, const char *name, char *value, size_t n, struct why *why)
{
	const char *p = call->query.p, *end = p + call->query.n;
	size_t length = strlen(name), have = 0;

	value[0] = '\0';
	while (p && p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p)), *stop = amp ? amp : end;
		const char *v = p + length + 1;

		if ((size_t)(stop - p) > length && memcmp(p, name, length) == 0 && p[length] == '=') {
			while (v < stop) {
				int c = decode(&v, stop);

				if (c < 0 || have + 1 >= n)
					return why_set(why, RC_BAD, "the parameter %s is too long or badly encoded", name);
				value[have++] = (char)c;
			}
			value[have] = '\0';
			return utf8_valid(slice_str(value)) ? RC_OK : why_set(why, RC_BAD, "the parameter %s is not UTF-8", name);
		}
		p = stop + 1;
	}
	return RC_OK;
}

enum rc call_address(const struct call *call, const char *ssh, char address[64], char ssh_id[GATE_ID_LEN + 1], struct why *why)
{
	enum rc rc = gate_login(call->agent->gate, call->key_der, slice_str(ssh), address, ssh_id);

	return rc == RC_OK ? rc : why_set(why, RC_NOT_FOUND, "the SSH connection of this call is gone");
}

/* ---- one call ----------------------------------------------------------------------------------------------------------- */

struct channel {
	struct agent *agent;
	struct http_conn *conn;
	struct slice key_der;
	char key_id[KEY_ID_LEN + 1];
	/* the token that was proved last, so that the next call with it costs one hash */
	bool proved;
	unsigned char bearer[SHA256_LEN];
	uint64_t generation;
	struct token token;
	struct pack_made pack;
};

static enum rc answer_error(struct channel *ch, const struct call *call, int status, const char *message, bool keep)
{
	struct buf body;
	enum rc rc;

	buf_init(&body, 16384);
	buf_printf(&body, "{\"error\":{\"type\":\"%s\",\"message\":", type_of(status));
	json_add_str(&body, *message ? message : http_reason(status));
	buf_printf(&body, ",\"request_id\":\"%s\"}}", call->request_id);
	rc = body.rc == RC_OK ? http_answer(ch->conn, status, "application/json",
					    status == 401 ? "WWW-Authenticate: Bearer\r\n" : NULL, buf_slice(&body), keep) : body.rc;
	buf_free(&body);
	return rc;
}

/* The bearer token of the request; empty when there is none. */
static struct slice bearer_of(const struct http_head *head)
{
	struct slice value = http_header(head, "Authorization");

	if (!value.p || value.n < 8 || !slice_is_nocase((struct slice){value.p, 7}, "Bearer "))
		return (struct slice){0};
	return (struct slice){value.p + 7, value.n - 7};
}

/* 0: the caller is known; else the status. */
static int authenticate(struct channel *ch, struct call *call, struct why *why)
{
	struct slice bearer = bearer_of(call->head);
	uint64_t generation = identity_generation(ch->agent->identity);
	unsigned char sum[SHA256_LEN];
	enum rc rc;

	if (!bearer.n) {
		why_set(why, RC_DENIED, "an ID token is needed: Authorization: Bearer");
		return 401;
	}
	sha256(bearer.p, bearer.n, sum);
	if (ch->proved && generation == ch->generation && memcmp(sum, ch->bearer, SHA256_LEN) == 0 &&
	    clock_wall_s() < ch->token.expires_s + LEEWAY_S) {
		call->token = &ch->token;
		return 0;
	}
	token_free(&ch->token);
	ch->proved = false;
	rc = identity_prove(ch->agent->identity, ch->key_der, bearer, &ch->token, why);
	if (rc != RC_OK) {
		log_warn("token_refused", L_TEXT("key", ch->key_id), L_TEXT("request", call->request_id), L_RC(rc), L_TEXT("reason", why->text));
		return rc == RC_DENIED ? 401 : call_failed(rc);
	}
	ch->proved = true;
	ch->generation = generation;
	memcpy(ch->bearer, sum, SHA256_LEN);
	call->token = &ch->token;
	return 0;
}

/* Nothing, or one JSON object. */
static enum rc parse_body(struct call *call, const struct buf *body, struct why *why)
{
	call->body = body->len ? json_parse(buf_slice(body)) : NULL;
	return !body->len || cJSON_IsObject(call->body) ? RC_OK : why_set(why, RC_BAD, "the body must be one JSON object");
}

/* The status of a call whose body has been read; its answer is in out, or why says why there is none. */
static int run_call(struct channel *ch, struct call *call, const struct buf *body, struct buf *out, struct why *why)
{
	const struct control_route *route = NULL;
	int status = authenticate(ch, call, why);

	if (!status && parse_body(call, body, why) != RC_OK)
		status = 400;
	if (!status)
		route = find_route(call, &status);
	if (route)
		status = route->handle(call, out, why);
	if (status < 400 && out->rc != RC_OK)
		status = 500;
	log_debug("control_call", L_TEXT("request", call->request_id), L_TEXT("route", route ? route->path : "none"), L_NUM("status", status));
	return status;
}

/* The call keeps the snapshot that it began with. */
static enum rc serve_call(struct channel *ch, struct call *call)
{
	struct why why = {0};
	struct buf body, out;
	int status;
	enum rc rc;

	call->snapshot = current_get(ch->agent->current);
	buf_init(&body, BODY_MAX);
	buf_init(&out, ANSWER_MAX);
	rc = http_read_body(ch->conn, &body, &why);
	if (rc != RC_OK) {
		(void)!answer_error(ch, call, rc == RC_TOO_BIG ? 413 : rc == RC_TIMEOUT ? 408 : 400, why.text, false);
		goto out;
	}
	status = run_call(ch, call, &body, &out, &why);
	if (call->done)
		rc = call->close ? RC_END : RC_OK;
	else if (status >= 400)
		rc = answer_error(ch, call, status, why.text, call->head->keep_alive);
	else
		rc = http_answer(ch->conn, status, out.len ? "application/json" : NULL, NULL, buf_slice(&out), call->head->keep_alive);
	if (rc == RC_OK && !call->head->keep_alive)
		rc = RC_END;
out:
	snapshot_unref(call->snapshot);
	buf_free(&body);
	buf_free(&out);
	return rc;
}

static void make_request_id(char id[24])
{
	memcpy(id, "req_", 4);
	random_hex(8, id + 4);
}

static int head_status(enum rc rc)
{
	return rc == RC_BAD ? 400 : rc == RC_TOO_BIG ? 431 : rc == RC_TIMEOUT ? 408 : 0;
}

void control_serve(struct agent *agent, struct slice key_der, int fd)
{
	struct snapshot *now = current_get(agent->current);
	const struct limits *l = &now->config->limits;
	const struct http_limits limits = {
		.header_max_bytes = l->header_max, .header_wait_ns = l->header_wait, .body_rate = (int64_t)l->body_rate,
	};
	struct channel ch = {.agent = agent, .key_der = key_der};
	enum rc rc = identity_key_id(key_der, ch.key_id);

	snapshot_unref(now);
	if (rc == RC_OK)
		rc = http_conn_new(fd, -1, &limits, &ch.conn);
	while (rc == RC_OK) {
		struct call call = {.agent = agent, .conn = ch.conn, .key_der = key_der, .key_id = ch.key_id, .pack = &ch.pack};
		struct why why = {0};

		make_request_id(call.request_id);
		rc = http_read_head(ch.conn, &call.head, &why);
		if (rc == RC_OK) {
			rc = serve_call(&ch, &call);
		} else if (head_status(rc)) {
			(void)!answer_error(&ch, &call, head_status(rc), why.text, false);
		}
		cJSON_Delete(call.body);
	}
	if (ch.conn)
		http_linger(ch.conn);
	http_conn_free(ch.conn);
	token_free(&ch.token);
}
