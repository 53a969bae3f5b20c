/* What is asked: read once, checked, and put on record masked. */
#include <stdlib.h>
#include <string.h>

#include "exchange_private.h"
#include "headers.h"
#include "json.h"
#include "answer/answer.h"

#define UNKEPT_MAX ((size_t)64 << 10)            /* bytes of a body that is read only for the sake of the next request */
#define MODEL_MAX 64                             /* bytes of a model's name */

/* Messages of a WebSocket would pass unmasked, so there is none; an upgrade to anything else is not taken up (RFC 9110 7.8). */
static enum rc check_upgrade(struct exchange *x)
{
	if (!http_header_lists(x->head, "upgrade", SLICE("websocket")))
		return RC_OK;
	why_set(&x->why, RC_DENIED, "WebSockets are not carried, because their messages could not be masked and recorded; use the HTTP routes, "
		"with \"stream\": true where answers should come as they are written");
	return exchange_refuse(x, 501, "not_implemented", "upgrade");
}

static enum rc read_route(struct exchange *x)
{
	struct slice m = x->head->method;
	enum rc rc;

	if (m.n >= sizeof x->method) {
		why_set(&x->why, RC_BAD, "there is no such method");
		return exchange_refuse(x, 400, "invalid_request_error", "route");
	}
	memcpy(x->method, m.p, m.n);
	x->method[m.n] = '\0';
	rc = dialect_route(x->dialect, x->method, x->head->target, &x->connection->allow_routes, &x->route, &x->path, &x->why);
	switch (rc) {
	case RC_OK:
		return RC_OK;
	case RC_DENIED:
		return exchange_refuse(x, 403, "permission_error", "route");
	case RC_AGAIN: case RC_END: case RC_BAD: case RC_NOT_FOUND: case RC_CONFLICT: case RC_TOO_BIG: case RC_TIMEOUT: case RC_UNREACHABLE:
	case RC_CANCELLED: case RC_IO: case RC_NOMEM: case RC_FAULT:
		break;
	}
	return exchange_refuse(x, rc == RC_NOMEM ? 503 : 400, "invalid_request_error", "route");
}

static bool has_readable_body(const struct exchange *x)
{
	struct slice coding = http_header(x->head, "content-encoding");

	return !coding.n || slice_is_nocase(coding, "identity");
}

static enum rc take_body(struct exchange *x, struct why *why)
{
	enum rc rc = http_read_body(x->conn, &x->body, why);

	x->body_state = rc == RC_OK ? BODY_READ : BODY_LEFT;
	return rc;
}

void exchange_take_body(struct exchange *x)
{
	bool none = x->head && !x->head->chunked && x->head->content_length <= 0;
	struct why unheard;

	if (x->body_state != BODY_WAITS || !x->head || !has_readable_body(x) || http_header(x->head, "expect").n)
		return;
	if (!x->number && x->key_shown && !none) {               /* of an exchange that does not begin, nothing is kept */
		buf_free(&x->body);
		buf_init(&x->body, UNKEPT_MAX);
		if (x->head->content_length > (int64_t)UNKEPT_MAX)
			return;
	}
	/* who has not shown the key is not waited for */
	if (x->number || x->key_shown || none)
		(void)!take_body(x, &unheard);
}

static enum rc read_body(struct exchange *x)
{
	enum rc rc;

	if (!has_readable_body(x)) {
		why_set(&x->why, RC_BAD, "compressed requests are not taken; send the body as it is");
		return exchange_refuse(x, 415, "invalid_request_error", "body");
	}
	rc = take_body(x, &x->why);
	switch (rc) {
	case RC_OK:
		return RC_OK;
	case RC_TOO_BIG:
		return exchange_refuse(x, 413, "request_too_large", "limits.body_max");
	case RC_BAD:
		return exchange_refuse(x, 400, "invalid_request_error", "body");
	case RC_TIMEOUT:
		return exchange_refuse(x, 408, "timeout_error", "limits.body_rate");
	case RC_END:
		(void)!exchange_record(x);
		return exchange_cut(x, "client");
	case RC_CANCELLED:
		(void)!exchange_record(x);
		return exchange_cut(x, "session");
	case RC_AGAIN: case RC_DENIED: case RC_NOT_FOUND: case RC_CONFLICT: case RC_UNREACHABLE: case RC_IO: case RC_NOMEM: case RC_FAULT:
		break;
	}
	return exchange_refuse(x, 503, "unavailable", NULL);
}

enum rc exchange_read(struct exchange *x)
{
	enum rc rc = check_upgrade(x);

	if (rc == RC_OK)
		rc = read_route(x);
	if (rc == RC_OK)
		rc = read_body(x);
	return rc;
}

enum rc exchange_read_prompt(struct exchange *x)
{
	enum rc rc;

	if (!x->route->has_body) {
		if (!x->body.len)
			return RC_OK;
		why_set(&x->why, RC_BAD, "this route takes no body");
		return exchange_refuse(x, 400, "invalid_request_error", "body");
	}
	rc = prompt_read(x->route, buf_slice(&x->body), &x->connection->allow_opaque, &x->prompt, &x->why);
	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_DENIED)
		return exchange_refuse(x, 403, "permission_error", "opaque");
	return rc == RC_BAD ? exchange_refuse(x, 400, "invalid_request_error", "body") : exchange_refuse(x, 503, "unavailable", NULL);
}

enum rc exchange_parse(struct exchange *x)
{
	enum rc rc = exchange_read_prompt(x);

	return rc == RC_OK ? exchange_model(x) : rc;
}

/* ---- on record ------------------------------------------------------------------------------------------------------------ */

enum rc exchange_mask_path(const struct exchange *x, struct buf *out)
{
	struct slice target = x->path ? slice_str(x->path) : x->head->target;
	struct mask_stream *m;
	enum rc rc;

	if (x->path && x->route && strcmp(x->path, x->route->name) == 0)
		return buf_add_slice(out, target);               /* the route's own, without a word of the caller's */
	rc = mask_stream_new(policy_engine(x->policy), x->scope, NULL, &m);
	if (rc == RC_OK) {
		mask_stream_alone(m);
		rc = mask_feed_last(m, target.p, target.n, out);
	}
	if (rc == RC_OK)
		rc = mask_finish(m, out);
	mask_stream_free(m);
	return rc;
}

/* What callers write there is theirs. */
const char *exchange_model_name(const struct exchange *x)
{
	const char *model = x->prompt ? x->prompt->model : NULL;
	size_t n = model ? strspn(model, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@-") : 0;

	return n && n <= MODEL_MAX && !model[n] && !mask_finds_code(policy_engine(x->policy), slice_str(model)) ? model : NULL;
}

/* And what it was before it was masked. */
static enum rc record_with_original(struct exchange *x, const struct transcript_asked *asked)
{
	struct slice target = x->path ? slice_str(x->path) : x->head->target;
	struct transcript_asked original = *asked;
	struct buf path, headers;
	enum rc rc;

	buf_init(&path, 1 << 18);
	buf_init(&headers, 1 << 20);
	rc = buf_add_slice(&path, target);
	if (rc == RC_OK)
		rc = headers_request_json(x->head, NULL, NULL, &headers);
	original.path = path.data ? path.data : "";
	original.headers_json = buf_slice(&headers);
	original.text = buf_slice(&x->body);
	if (rc == RC_OK)
		rc = transcript_request(&x->transcript, asked, &original);
	buf_free(&path);
	buf_free(&headers);
	return rc;
}

enum rc exchange_record(struct exchange *x)
{
	struct mask_engine *engine = policy_engine(x->policy);
	struct buf path, headers, text;
	enum rc rc;

	buf_init(&path, 1 << 18);
	buf_init(&headers, 1 << 20);
	buf_init(&text, BUF_MAX_DEFAULT);
	rc = exchange_mask_path(x, &path);
	if (rc == RC_OK)
		rc = headers_request_json(x->head, engine, x->scope, &headers);
	if (rc == RC_OK && x->body.len)
		rc = exchange_mask_kept(x, &text);
	if (rc == RC_OK) {
		const struct transcript_asked asked = {
			.method = x->head->method, .route = x->route ? x->route->name : NULL, .model = exchange_model_name(x),
			.path = path.data ? path.data : "", .headers_json = buf_slice(&headers), .text = buf_slice(&text),
		};

		rc = recording_keeps_originals(x->session->recording) ? record_with_original(x, &asked) : transcript_request(&x->transcript, &asked, NULL);
	}
	x->recorded = rc == RC_OK;
	buf_free(&path);
	buf_free(&headers);
	buf_free(&text);
	return rc == RC_OK ? rc : exchange_unrecorded(x);
}
