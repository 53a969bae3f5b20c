/* OTLP/HTTP logs in JSON (opentelemetry.proto.collector.logs.v1, JSON mapping: 64-bit integers are strings), with the attributes of the
 * semantic conventions for generative AI. One event is one element of resourceLogs. */
#include <inttypes.h>
#include <stdio.h>

#include "audit_format.h"
#include "clock.h"
#include "jsonput.h"

enum { SEVERITY_INFO = 9, SEVERITY_WARN = 13 };

static void put_text(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "key", key);
	jsonput_open(out, "value", '{');
	jsonput_text(out, "stringValue", text);
	jsonput_close(out, '}');
	jsonput_close(out, '}');
}

static void put_int64(struct buf *out, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	jsonput_text(out, key, text);
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "key", key);
	jsonput_open(out, "value", '{');
	put_int64(out, "intValue", number);
	jsonput_close(out, '}');
	jsonput_close(out, '}');
}

static void put_flag(struct buf *out, const char *key)
{
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "key", key);
	jsonput_open(out, "value", '{');
	jsonput_flag(out, "boolValue", true);
	jsonput_close(out, '}');
	jsonput_close(out, '}');
}

static void put_roles(struct buf *out, const cJSON *groups)
{
	const cJSON *group;

	jsonput_open(out, NULL, '{');
	jsonput_text(out, "key", "user.roles");
	jsonput_open(out, "value", '{');
	jsonput_open(out, "arrayValue", '{');
	jsonput_open(out, "values", '[');
	cJSON_ArrayForEach(group, groups) {
		jsonput_open(out, NULL, '{');
		jsonput_text(out, "stringValue", cJSON_GetStringValue(group));
		jsonput_close(out, '}');
	}
	jsonput_close(out, ']');
	jsonput_close(out, '}');
	jsonput_close(out, '}');
	jsonput_close(out, '}');
}

static void put_session(struct buf *out, const struct audit_session *s)
{
	put_text(out, "session.id", s->id);
	if (s->part)
		put_number(out, "phigate.part", s->part);
	put_text(out, "user.id", s->subject);
	put_text(out, "phigate.issuer", s->issuer);
	if (s->groups)
		put_roles(out, s->groups);
	put_text(out, "client.address", s->address);
	if (s->port)
		put_number(out, "client.port", s->port);
	put_text(out, "phigate.connection", s->connection);
	put_text(out, "phigate.policy", s->policy);
	put_text(out, "phigate.purpose", s->purpose);
	if (s->emergency)
		put_flag(out, "phigate.emergency");
}

static void put_exchange(struct buf *out, const struct audit_event *e)
{
	put_text(out, "gen_ai.operation.name", audit_operation(e));
	put_text(out, "gen_ai.provider.name", e->session ? e->session->dialect : NULL);
	put_text(out, "gen_ai.request.model", e->model);
	if (e->counted) {
		put_number(out, "gen_ai.usage.input_tokens", e->input_tokens);
		put_number(out, "gen_ai.usage.output_tokens", e->output_tokens);
	}
	put_text(out, "http.request.method", e->method);
	put_text(out, "http.route", e->route);
	if (e->status)
		put_number(out, "http.response.status_code", e->status);
	if (e->began_ns && e->wall_ns > e->began_ns)
		put_number(out, "phigate.duration_ns", e->wall_ns - e->began_ns);
	if (e->masked_n)
		put_number(out, "phigate.masked", e->masked_n);
}

static void put_masked(struct buf *out, const cJSON *masked)
{
	const cJSON *entity;
	char key[64];

	cJSON_ArrayForEach(entity, masked) {
		if (!audit_masked(entity))
			continue;
		snprintf(key, sizeof key, "phigate.masked.%.40s", entity->string);
		put_number(out, key, audit_masked(entity));
	}
}

static void put_record(const struct audit_event *e, struct buf *out)
{
	struct buf sentence;

	buf_init(&sentence, AUDIT_TEXT_MAX);
	audit_sentence(e, &sentence);
	jsonput_open(out, NULL, '{');
	put_int64(out, "timeUnixNano", e->wall_ns);
	put_int64(out, "observedTimeUnixNano", e->wall_ns);
	jsonput_number(out, "severityNumber", audit_warns(e) ? SEVERITY_WARN : SEVERITY_INFO);
	jsonput_text(out, "severityText", audit_warns(e) ? "WARN" : "INFO");
	jsonput_text(out, "eventName", audit_name(e->kind));
	jsonput_open(out, "body", '{');
	jsonput_text(out, "stringValue", sentence.data);
	jsonput_close(out, '}');
	jsonput_open(out, "attributes", '[');
	put_text(out, "event.id", e->id);
	put_text(out, "event.name", audit_name(e->kind));
	put_text(out, "user.name", audit_actor(e));
	if (e->session)
		put_session(out, e->session);
	if (e->exchange)
		put_number(out, "phigate.exchange", (int64_t)e->exchange);
	if (e->kind == AUDIT_EXCHANGE || e->kind == AUDIT_CUT)
		put_exchange(out, e);
	put_masked(out, e->masked);
	put_text(out, "phigate.hold", e->hold);
	put_text(out, "phigate.rule", e->rule);
	put_text(out, "phigate.outcome", e->outcome);
	put_text(out, "phigate.by", e->by);
	put_text(out, "phigate.why", e->why);
	put_text(out, "phigate.what", e->what);
	put_text(out, "phigate.sha256", e->sha256);
	if (e->leaf)
		put_number(out, "phigate.leaf", (int64_t)e->seq);
	if (e->missing)
		put_number(out, "phigate.missing", (int64_t)e->missing);
	jsonput_close(out, ']');
	jsonput_close(out, '}');
	buf_free(&sentence);
}

void audit_otlp(const struct audit_event *e, struct buf *out)
{
	jsonput_open(out, NULL, '{');
	jsonput_open(out, "resource", '{');
	jsonput_open(out, "attributes", '[');
	put_text(out, "service.name", "phigate-agent");
	put_text(out, "service.version", audit_version(e));
	put_text(out, "service.instance.id", audit_agent(e));
	jsonput_close(out, ']');
	jsonput_close(out, '}');
	jsonput_open(out, "scopeLogs", '[');
	jsonput_open(out, NULL, '{');
	jsonput_open(out, "scope", '{');
	jsonput_text(out, "name", "phigate.audit");
	jsonput_close(out, '}');
	jsonput_open(out, "logRecords", '[');
	put_record(e, out);
	jsonput_close(out, ']');
	jsonput_close(out, '}');
	jsonput_close(out, ']');
	jsonput_close(out, '}');
}
