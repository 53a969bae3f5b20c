/* What the model sees of a request where the policy masks requests (mask.request): another body, or none at all. What is decided is
 * what is sent: rules read what the caller wrote; what goes on record, what an approval is bound to and what is sent are one body. */
#include <string.h>

#include "exchange_private.h"
#include "json.h"
#include "prompt_mask.h"
#include "prompt_shape.h"

/* Or is all of it what cannot be read, such as a recording of speech? */
static bool is_json(const struct exchange *x)
{
	return x->prompt && !x->route->prompt->whole;
}

static struct prompt_masking masking(const struct exchange *x, const struct answer_shape *shape, struct mask_scope *scope)
{
	return (struct prompt_masking){
		.shape = shape, .json = is_json(x), .engine = policy_engine(x->policy), .scope = scope, .body_max_bytes = x->body.max,
	};
}

static enum rc mask(struct exchange *x)
{
	struct prompt_masking how;

	mask_scope_end(x->asked);
	x->asked = mask_scope_begin_request(x->session->scope, x->request_mask == MASK_REQUEST_TOKENIZE, buf_slice(&x->body));
	if (!x->asked)
		return RC_NOMEM;
	if (x->analyzer)
		mask_scope_finder(x->asked, analyzer_finder(x->analyzer));
	x->in_request = (struct mask_counts){{0}};
	how = masking(x, x->route->prompt->masked, x->asked);
	return prompt_mask(&how, buf_slice(&x->body), &x->in_request, &x->masked_body);
}

static enum rc cannot(struct exchange *x, enum rc rc)
{
	enum rc analyzed;

	buf_clear(&x->masked_body);
	analyzed = exchange_analyzed(x);
	if (analyzed != RC_OK)
		return analyzed;
	if (rc == RC_TOO_BIG) {
		why_set(&x->why, rc, "the requests of this session have held as many identifiers as one session may; open another one");
		return exchange_refuse(x, 403, "permission_error", "mask.request");
	}
	why_set(&x->why, rc, "the request cannot be masked for the model");
	return exchange_refuse(x, 503, "unavailable", NULL);
}

enum rc exchange_mask(struct exchange *x)
{
	struct mask_engine *engine = policy_engine(x->policy);
	enum rc rc;

	buf_clear(&x->masked_body);
	x->request_mask = mask_engine_request(engine);
	if (x->request_mask == MASK_REQUEST_OFF)
		return RC_OK;
	/* models are called by names, which may stand in a path; numbers and codes may not, and nothing there can be masked */
	if (strcmp(x->path, x->route->name) != 0 && mask_finds_code(engine, slice_str(x->path))) {
		why_set(&x->why, RC_DENIED, "the path of the request holds an identifier, which would reach the model as it is");
		return exchange_refuse(x, 403, "permission_error", "mask.request");
	}
	if (x->prompt && !is_json(x)) {
		why_set(&x->why, RC_DENIED, "what is sent here cannot be read and so not masked, and this connection masks requests");
		return exchange_refuse(x, 403, "permission_error", "mask.request");
	}
	rc = x->body.len ? mask(x) : RC_OK;
	return rc == RC_OK ? rc : cannot(x, rc);
}

enum rc exchange_mask_again(struct exchange *x)
{
	struct slice sent = exchange_sent(x);
	struct buf before;
	enum rc rc;
	bool same;

	buf_init(&before, BUF_MAX_DEFAULT);
	rc = buf_add_slice(&before, sent);
	if (rc != RC_OK) {
		buf_free(&before);
		return cannot(x, RC_NOMEM);
	}
	rc = exchange_mask(x);
	sent = exchange_sent(x);
	same = sent.n == before.len && (!sent.n || memcmp(sent.p, before.data, sent.n) == 0);
	buf_free(&before);
	if (rc != RC_OK || same)
		return rc;
	why_set(&x->why, RC_DENIED, "the policy masks requests otherwise than when this one began to wait; send it again");
	return exchange_refuse(x, 403, "permission_error", "mask.request");
}

enum rc exchange_mask_allows(struct exchange *x)
{
	char counts[256];

	if (x->request_mask != MASK_REQUEST_DENY)
		return RC_OK;
	prompt_mask_counts(&x->in_request, counts, sizeof counts);
	if (!*counts)
		return RC_OK;
	x->verdict = "denied";
	marks_add(x->session->marks, MARK_RULE, "mask.request", 1);
	why_set(&x->why, RC_DENIED, "the request holds identifiers (%s), and this connection takes none", counts);
	return exchange_refuse(x, 403, "permission_error", "mask.request");
}

struct slice exchange_sent(const struct exchange *x)
{
	bool masked = x->request_mask == MASK_REQUEST_REDACT || x->request_mask == MASK_REQUEST_TOKENIZE;

	return buf_slice(masked ? &x->masked_body : &x->body);
}

struct mask_scope *exchange_asked(const struct exchange *x)
{
	return x->asked ? x->asked : x->scope;
}

/* What is no text cannot be masked, nor what the analyzer has not seen; so it is not kept. */
enum rc exchange_mask_kept(const struct exchange *x, struct buf *out)
{
	const struct prompt_masking how = masking(x, NULL, x->scope);
	enum rc rc;

	if (x->masked_body.len)
		return buf_add_slice(out, buf_slice(&x->masked_body));
	if (!is_json(x) && (memchr(x->body.data, '\0', x->body.len) || !utf8_valid(buf_slice(&x->body))))
		return buf_printf(out, "[%zu bytes that are no text]", x->body.len);
	rc = prompt_mask(&how, buf_slice(&x->body), NULL, out);
	if (rc == RC_OK || !x->analyzer || analyzer_result(x->analyzer) == RC_OK)
		return rc;
	buf_clear(out);
	return buf_printf(out, "[%zu bytes that the analyzer has not seen]", x->body.len);
}
