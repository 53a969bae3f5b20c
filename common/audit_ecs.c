/* Elastic Common Schema 9.4: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html. What it has no field for stands under
 * "phigate". */
#include "audit_format.h"
#include "clock.h"
#include "jsonput.h"

/* event.category, and the event.type values that go with it. */
static const struct {
	const char *category, *type;             /* type: NULL: allowed or denied, as it went */
} kinds[AUDIT_KINDS] = {
	[AUDIT_OPENED] = {"session", "start"}, [AUDIT_RENEWED] = {"session", "info"}, [AUDIT_EXCHANGE] = {"api", NULL},
	[AUDIT_CUT] = {"api", "end"}, [AUDIT_HOLD] = {"api", "info"}, [AUDIT_DECISION] = {"api", NULL}, [AUDIT_EMERGENCY] = {"api", NULL},
	[AUDIT_CLOCK] = {"host", "change"}, [AUDIT_RECOVERED] = {"session", "info"}, [AUDIT_CLOSED] = {"session", "end"},
	[AUDIT_MISSING] = {"host", "info"},
	[AUDIT_AGENT_STARTED] = {"process", "start"}, [AUDIT_AGENT_STOPPED] = {"process", "end"}, [AUDIT_CONFIG] = {"configuration", "info"},
	[AUDIT_POLICY] = {"configuration", "info"}, [AUDIT_ANSWERED] = {"api", "info"}, [AUDIT_EMERGENCY_OPENED] = {"session", "start"},
	[AUDIT_REVOKED] = {"session", "end"}, [AUDIT_LISTED] = {"api", "access"}, [AUDIT_FETCHED] = {"file", "access"},
	[AUDIT_ARCHIVED] = {"file", "creation"}, [AUDIT_EVIDENCE] = {"file", "creation"}, [AUDIT_PRUNED] = {"file", "deletion"}, [AUDIT_REVIEWED] = {"session", "info"},
	[AUDIT_CONFIG_CHANGED] = {"configuration", "change"}, [AUDIT_POLICY_CHANGED] = {"configuration", "change"},
	[AUDIT_RELOADED] = {"configuration", "info"},
	[AUDIT_RELOAD_REFUSED] = {"configuration", "change"}, [AUDIT_QUARANTINED] = {"file", "change"}, [AUDIT_ARCHIVE_FAILED] = {"file", "creation"},
	[AUDIT_WITNESS_FAILED] = {"host", "info"}, [AUDIT_WITNESS_CONTRADICTS] = {"host", "info"}, [AUDIT_TIMESTAMP_FAILED] = {"host", "info"},
	[AUDIT_ALARM] = {"host", "info"},
};

static void put_list(struct buf *out, const char *key, const char *first, const char *second)
{
	if (!first && !second)
		return;
	jsonput_open(out, key, '[');
	jsonput_text(out, NULL, first);
	jsonput_text(out, NULL, second);
	jsonput_close(out, ']');
}

static void put_event(const struct audit_event *e, struct buf *out)
{
	char time[CLOCK_TEXT];

	jsonput_open(out, "event", '{');
	jsonput_text(out, "id", e->id);
	jsonput_text(out, "kind", "event");
	put_list(out, "category", kinds[e->kind].category, NULL);
	put_list(out, "type", kinds[e->kind].type ? kinds[e->kind].type : e->result == AUDIT_REFUSED ? "denied" : "allowed", NULL);
	jsonput_text(out, "action", audit_name(e->kind));
	jsonput_text(out, "outcome", e->result == AUDIT_SUCCEEDED ? "success" : "failure");
	jsonput_text(out, "module", "phigate");
	jsonput_text(out, "dataset", "phigate.audit");
	if (e->leaf || audit_is_record(e))
		jsonput_number(out, "sequence", (int64_t)e->seq);
	if (e->began_ns) {
		jsonput_text(out, "start", clock_text_us(e->began_ns, time));
		jsonput_text(out, "end", clock_text_us(e->wall_ns, time));
		if (e->wall_ns > e->began_ns)
			jsonput_number(out, "duration", e->wall_ns - e->began_ns);
	}
	jsonput_text(out, "reason", e->why);
	jsonput_close(out, '}');
}

static void put_user(const struct audit_event *e, struct buf *out)
{
	static const struct audit_session none;
	const struct audit_session *s = e->session ? e->session : &none;
	const cJSON *group;

	if (!e->session && !e->by)
		return;
	jsonput_open(out, "user", '{');
	jsonput_text(out, "name", audit_actor(e));
	jsonput_text(out, "id", s->subject);
	jsonput_text(out, "domain", s->issuer);
	if (s->groups) {
		jsonput_open(out, "roles", '[');
		cJSON_ArrayForEach(group, s->groups)
			jsonput_text(out, NULL, cJSON_GetStringValue(group));
		jsonput_close(out, ']');
	}
	jsonput_close(out, '}');
	if (s->address) {
		jsonput_open(out, "source", '{');
		jsonput_text(out, "address", s->address);
		jsonput_text(out, "ip", s->address);
		if (s->port)
			jsonput_number(out, "port", s->port);
		jsonput_close(out, '}');
	}
}

static void put_request(const struct audit_event *e, struct buf *out)
{
	jsonput_open(out, "http", '{');
	if (e->method) {
		jsonput_open(out, "request", '{');
		jsonput_text(out, "method", e->method);
		jsonput_close(out, '}');
	}
	if (e->status) {
		jsonput_open(out, "response", '{');
		jsonput_number(out, "status_code", e->status);
		jsonput_close(out, '}');
	}
	jsonput_close(out, '}');
	if (e->route) {
		jsonput_open(out, "url", '{');
		jsonput_text(out, "path", e->route);
		jsonput_close(out, '}');
	}
	if (!e->model && !e->counted && !audit_operation(e))
		return;
	jsonput_open(out, "gen_ai", '{');
	if (audit_operation(e)) {
		jsonput_open(out, "operation", '{');
		jsonput_text(out, "name", audit_operation(e));
		jsonput_close(out, '}');
	}
	if (e->model) {
		jsonput_open(out, "request", '{');
		jsonput_text(out, "model", e->model);
		jsonput_close(out, '}');
	}
	if (e->counted) {
		jsonput_open(out, "usage", '{');
		jsonput_number(out, "input_tokens", e->input_tokens);
		jsonput_number(out, "output_tokens", e->output_tokens);
		jsonput_close(out, '}');
	}
	jsonput_close(out, '}');
}

void audit_ecs(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;
	char time[CLOCK_TEXT];
	struct buf sentence;

	buf_init(&sentence, AUDIT_TEXT_MAX);
	audit_sentence(e, &sentence);
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "@timestamp", clock_text_us(e->wall_ns, time));
	jsonput_open(out, "ecs", '{');
	jsonput_text(out, "version", "9.4.0");
	jsonput_close(out, '}');
	jsonput_text(out, "message", sentence.data);
	put_event(e, out);
	put_user(e, out);
	if (e->kind == AUDIT_EXCHANGE || e->kind == AUDIT_CUT)
		put_request(e, out);
	if (e->rule) {
		jsonput_open(out, "rule", '{');
		jsonput_text(out, "name", e->rule);
		jsonput_close(out, '}');
	}
	if (s && s->connection) {
		jsonput_open(out, "service", '{');
		jsonput_text(out, "name", s->connection);
		jsonput_text(out, "type", s->dialect);
		jsonput_close(out, '}');
	}
	jsonput_open(out, "observer", '{');
	jsonput_text(out, "name", audit_agent(e));
	jsonput_text(out, "product", "phigate-agent");
	jsonput_text(out, "vendor", "phigate");
	jsonput_text(out, "type", "proxy");
	jsonput_text(out, "version", audit_version(e));
	jsonput_close(out, '}');
	jsonput_open(out, "related", '{');
	put_list(out, "user", s ? s->user : NULL, e->by);
	put_list(out, "ip", s ? s->address : NULL, NULL);
	jsonput_close(out, '}');
	audit_format_ours(e, "phigate", out);
	jsonput_close(out, '}');
	buf_free(&sentence);
}
