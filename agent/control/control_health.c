/* GET /v1/health: what of the agent works, for `phigate doctor`; of models, those that the caller may use. */
#include "control_private.h"
#include "health.h"
#include "json.h"
#include "session.h"

struct list {
	struct buf *out;
	bool more;
};

static void add(void *arg, const struct health *h)
{
	struct list *list = arg;

	buf_puts(list->out, list->more ? ",{\"name\":" : "{\"name\":");
	list->more = true;
	json_add_str(list->out, h->name);
	buf_puts(list->out, ",\"connection\":");
	json_add_str(list->out, h->which);
	buf_printf(list->out, ",\"good\":%s,\"text\":", h->good ? "true" : "false");
	json_add_str(list->out, h->text);
	buf_putc(list->out, '}');
}

int control_health(struct call *call, struct buf *out, struct why *why)
{
	const struct config *config = call->snapshot->config;
	struct list list = {.out = out};
	struct health h;

	(void)why;
	buf_putc(out, '[');
	health_check(call->agent, add, &list);
	health_policies(call->agent, &h);
	add(&list, &h);
	for (size_t i = 0; i < config->n_connections; i++)
		if (session_allowed(&config->connections[i], &call->token->person, NULL) == RC_OK) {
			health_model(call->agent, call->snapshot, i, &h);
			add(&list, &h);
		}
	buf_putc(out, ']');
	return 200;
}
