#include "audit.h"

#include <string.h>

static const struct {
	const char *name, *title;
} kinds[AUDIT_KINDS] = {
	[AUDIT_OPENED] = {"session-opened", "Session opened"},
	[AUDIT_RENEWED] = {"session-renewed", "Sign-in renewed"},
	[AUDIT_EXCHANGE] = {"exchange", "Request answered"},
	[AUDIT_CUT] = {"cut", "Answer cut"},
	[AUDIT_HOLD] = {"hold", "Request held"},
	[AUDIT_DECISION] = {"decision", "Request decided"},
	[AUDIT_EMERGENCY] = {"emergency", "Emergency access used"},
	[AUDIT_CLOCK] = {"clock-set", "Clock set"},
	[AUDIT_RECOVERED] = {"session-recovered", "Session recovered after a crash"},
	[AUDIT_CLOSED] = {"session-closed", "Session closed"},
	[AUDIT_MISSING] = {"events-missing", "Events missing"},
};

const char *audit_name(enum audit_kind kind)
{
	return kinds[kind].name;
}

const char *audit_title(enum audit_kind kind)
{
	return kinds[kind].title;
}

int64_t audit_masked(const cJSON *entity)
{
	return cJSON_IsNumber(entity) && entity->valuedouble > 0 && entity->valuedouble < 1e12 ? (int64_t)entity->valuedouble : 0;
}

const char *audit_agent(const struct audit_event *e)
{
	return e->session ? e->session->agent : e->agent;
}

const char *audit_version(const struct audit_event *e)
{
	return e->session ? e->session->version : e->version;
}

static void add(struct buf *out, const char *before, const char *text)
{
	if (!text)
		return;
	buf_puts(out, before);
	buf_puts(out, text);
}

void audit_sentence(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;

	buf_puts(out, kinds[e->kind].title);
	add(out, " for ", s ? s->user : NULL);
	add(out, " on ", s ? s->connection : NULL);
	add(out, ", rule ", e->rule);
	add(out, ", ", e->outcome);
	add(out, " by ", e->by);
	if (e->status)
		buf_printf(out, ", status %lld", (long long)e->status);
	add(out, ", ", e->why);
	if (e->missing)
		buf_printf(out, ": %llu had no room in the queue", (unsigned long long)e->missing);
}

/* The ends of routes, over all dialects; the first that fits. */
static const struct {
	const char *end, *operation;
} operations[] = {
	{"/chat/completions", "chat"}, {"/messages", "chat"}, {"/api/chat", "chat"}, {"/responses", "chat"},
	{"/completions", "text_completion"}, {"/completion", "text_completion"}, {"/api/generate", "text_completion"},
	{"/generate", "text_completion"}, {"/generate_stream", "text_completion"}, {"/infer", "text_completion"},
	{"/embeddings", "embeddings"}, {"/embedding", "embeddings"}, {"/api/embed", "embeddings"},
};

const char *audit_operation(const struct audit_event *e)
{
	size_t n = e->route ? strlen(e->route) : 0;

	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		size_t end = strlen(operations[i].end);

		if (n >= end && strcmp(e->route + n - end, operations[i].end) == 0)
			return operations[i].operation;
	}
	return NULL;
}
