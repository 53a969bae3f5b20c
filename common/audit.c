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
	[AUDIT_AGENT_STARTED] = {"agent-started", "Agent started"},
	[AUDIT_AGENT_STOPPED] = {"agent-stopped", "Agent stopped"},
	[AUDIT_CONFIG] = {"configuration-in-force", "Configuration in force"},
	[AUDIT_POLICY] = {"policy-in-force", "Policy in force"},
	[AUDIT_ANSWERED] = {"hold-answered", "Answer given to a held request"},
	[AUDIT_EMERGENCY_OPENED] = {"emergency-opened", "Emergency session opened"},
	[AUDIT_REVOKED] = {"session-revoked", "Session revoked"},
	[AUDIT_LISTED] = {"sessions-listed", "Sessions of others listed"},
	[AUDIT_FETCHED] = {"bundle-fetched", "Bundle fetched"},
	[AUDIT_ARCHIVED] = {"bundle-archived", "Bundle archived"},
	[AUDIT_PRUNED] = {"bundle-pruned", "Agent's copy of an archived bundle removed"},
	[AUDIT_EVIDENCE] = {"evidence-signed", "Evidence pack signed"},
	[AUDIT_REVIEWED] = {"session-reviewed", "Session reviewed"},
	[AUDIT_CONFIG_CHANGED] = {"configuration-changed", "Configuration changed"},
	[AUDIT_POLICY_CHANGED] = {"policy-changed", "Policy changed"},
	[AUDIT_RELOADED] = {"reloaded", "Configuration read again"},
	[AUDIT_RELOAD_REFUSED] = {"reload-refused", "Configuration not taken over"},
	[AUDIT_QUARANTINED] = {"recording-quarantined", "Damaged recording put aside"},
	[AUDIT_ARCHIVE_FAILED] = {"archive-failed", "Bundle not archived"},
	[AUDIT_WITNESS_FAILED] = {"witness-failed", "No word of a witness"},
	[AUDIT_WITNESS_CONTRADICTS] = {"witness-contradicts", "A witness has seen another ledger"},
	[AUDIT_TIMESTAMP_FAILED] = {"timestamp-failed", "No time stamp"},
	[AUDIT_ALARM] = {"alarm", "Alarm"},
	[AUDIT_MISSING] = {"events-missing", "Events missing"},
};

/* Also when they went as they should. */
static const bool warns[AUDIT_KINDS] = {
	[AUDIT_EMERGENCY] = true, [AUDIT_CLOCK] = true, [AUDIT_RECOVERED] = true, [AUDIT_EMERGENCY_OPENED] = true,
	[AUDIT_REVOKED] = true, [AUDIT_MISSING] = true,
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

const char *audit_actor(const struct audit_event *e)
{
	return e->session && e->session->user ? e->session->user : e->by;
}

bool audit_is_record(const struct audit_event *e)
{
	return e->kind <= AUDIT_CLOSED;
}

bool audit_warns(const struct audit_event *e)
{
	return warns[e->kind] || e->result != AUDIT_SUCCEEDED;
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
	if (s && !s->user)
		add(out, ": session ", s->id);
	add(out, ": policy ", s && !s->id ? s->policy : NULL);
	add(out, ": ", e->what);
	add(out, ", rule ", e->rule);
	add(out, ": hold ", s ? NULL : e->hold);
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
