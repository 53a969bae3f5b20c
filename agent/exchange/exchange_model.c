/* Which model a request gets: the one that the connection pins, or one of those that it lists. What is put in here is what policy,
 * approver and model see. */
#include <stdlib.h>
#include <string.h>

#include "exchange_private.h"
#include "prompt_shape.h"

static enum rc refuse(struct exchange *x, enum rc rc)
{
	if (rc == RC_TOO_BIG)
		return exchange_refuse(x, 413, "request_too_large", "limits.body_max");
	return exchange_refuse(x, rc == RC_DENIED ? 403 : 503, rc == RC_DENIED ? "permission_error" : "unavailable",
			       rc == RC_DENIED ? "models" : NULL);
}

/* Another model in the path. */
static enum rc put_path(struct exchange *x, const char *model)
{
	char *path;
	enum rc rc = dialect_path_with_model(x->route, x->path, model, &path);

	if (rc != RC_OK)
		return refuse(x, rc);
	free(x->path);
	x->path = path;
	return RC_OK;
}

/* Another model in the body, which is then read again: nothing is decided about other bytes than those that are sent. */
static enum rc put_body(struct exchange *x, const char *model)
{
	struct buf body;
	enum rc rc;

	buf_init(&body, x->body.max);
	rc = prompt_with_model(x->route, x->prompt, buf_slice(&x->body), model, &body);
	if (rc != RC_OK) {
		buf_free(&body);
		why_set(&x->why, rc, "the body is too large with the model that this connection gives to every request");
		return refuse(x, rc);
	}
	prompt_free(x->prompt);
	x->prompt = NULL;
	buf_free(&x->body);
	x->body = body;
	return exchange_read_prompt(x);
}

/* The names that may be used, for the one who used another. */
static enum rc not_listed(struct exchange *x, const char *model)
{
	const struct text_list *models = &x->connection->models;
	struct buf names;

	buf_init(&names, 2048);
	for (size_t i = 0; i < models->n; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", models->item[i]);
	if (model)
		why_set(&x->why, RC_DENIED, "this connection does not allow that model; it allows: %s", buf_slice(&names).p);
	else
		why_set(&x->why, RC_DENIED, "this request must name its model; this connection allows: %s", buf_slice(&names).p);
	buf_free(&names);
	return refuse(x, RC_DENIED);
}

static enum rc check(struct exchange *x, const char *model)
{
	const struct text_list *models = &x->connection->models;

	return models->n && (!model || !text_list_has(models, model)) ? not_listed(x, model) : RC_OK;
}

/* A LoRA adapter makes another model of one, and a gateway's fallback is another: they are held to the same list, by their names. */
static enum rc check_adapters(struct exchange *x)
{
	const struct prompt *p = x->prompt;
	const struct text_list *models = &x->connection->models;
	enum rc rc = RC_OK;

	if (!x->connection->model && !models->n)
		return RC_OK;
	if (p->unnamed_adapter || (p->adapters.n && x->connection->model)) {
		why_set(&x->why, RC_DENIED, "the request picks another model beside the one that it names (an adapter or a fallback), "
			"and this connection says which to use");
		return refuse(x, RC_DENIED);
	}
	for (size_t i = 0; i < p->adapters.n && rc == RC_OK; i++)
		rc = check(x, p->adapters.item[i]);
	return rc;
}

/* Where no member names a model, rules and approvers go by the adapter. */
static enum rc name_by_adapter(struct exchange *x)
{
	if (x->prompt->model || !x->prompt->adapters.n)
		return RC_OK;
	x->prompt->model = strdup(x->prompt->adapters.item[0]);
	return x->prompt->model ? RC_OK : refuse(x, RC_NOMEM);
}

static enum rc check_body(struct exchange *x)
{
	const char *pinned = x->connection->model;
	enum rc rc = check_adapters(x);

	if (rc != RC_OK)
		return rc;
	if (x->route->prompt->whole && (pinned || x->connection->models.n)) {
		why_set(&x->why, RC_DENIED, "this request may name a model where phigate cannot read it, and this connection says which to use");
		return refuse(x, RC_DENIED);
	}
	if (!x->route->prompt->model)
		return name_by_adapter(x);
	if (pinned && (!x->prompt->model || strcmp(x->prompt->model, pinned) != 0))
		return put_body(x, pinned);
	return pinned ? RC_OK : check(x, x->prompt->model);
}

/* The model in the path: the pinned one from here on, or one that may be used. */
static enum rc check_path(struct exchange *x)
{
	const char *pinned = x->connection->model;
	char *model = NULL;
	enum rc rc = dialect_path_model(x->route, x->path, &model);

	if (rc != RC_OK)
		rc = refuse(x, rc);
	else if (model && pinned && strcmp(model, pinned) != 0)
		rc = put_path(x, pinned);
	else if (model && !pinned)
		rc = check(x, model);
	if (rc == RC_OK && model && x->prompt && !x->prompt->model) {   /* for rules, and who approves */
		x->prompt->model = pinned ? strdup(pinned) : model;
		model = pinned ? model : NULL;
		rc = x->prompt->model ? RC_OK : refuse(x, RC_NOMEM);
	}
	free(model);
	return rc;
}

enum rc exchange_model(struct exchange *x)
{
	enum rc rc = check_path(x);

	return rc == RC_OK && x->prompt ? check_body(x) : rc;
}
