/* OCSF 1.8, class 6003 (API Activity) with the profile ai_operation: https://schema.ocsf.io/classes/api_activity. What it has no attribute for
 * stands in "unmapped". */
#include <string.h>

#include "audit_format.h"
#include "clock.h"
#include "jsonput.h"

#define CLASS 6003
#define CATEGORY 6

enum { ACTIVITY_CREATE = 1, ACTIVITY_READ, ACTIVITY_UPDATE, ACTIVITY_DELETE, ACTIVITY_OTHER = 99 };
static const char *const activities[] = {[ACTIVITY_CREATE] = "Create", [ACTIVITY_READ] = "Read", [ACTIVITY_UPDATE] = "Update",
	[ACTIVITY_DELETE] = "Delete"};
enum { SEVERITY_INFORMATIONAL = 1, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

static const int severities[AUDIT_KINDS] = {
	[AUDIT_OPENED] = SEVERITY_INFORMATIONAL, [AUDIT_RENEWED] = SEVERITY_INFORMATIONAL, [AUDIT_EXCHANGE] = SEVERITY_INFORMATIONAL,
	[AUDIT_CUT] = SEVERITY_LOW, [AUDIT_HOLD] = SEVERITY_LOW, [AUDIT_DECISION] = SEVERITY_INFORMATIONAL, [AUDIT_EMERGENCY] = SEVERITY_HIGH,
	[AUDIT_CLOCK] = SEVERITY_MEDIUM, [AUDIT_RECOVERED] = SEVERITY_MEDIUM, [AUDIT_CLOSED] = SEVERITY_INFORMATIONAL,
	[AUDIT_MISSING] = SEVERITY_HIGH,
	[AUDIT_AGENT_STARTED] = SEVERITY_LOW, [AUDIT_AGENT_STOPPED] = SEVERITY_LOW, [AUDIT_CONFIG] = SEVERITY_INFORMATIONAL,
	[AUDIT_POLICY] = SEVERITY_INFORMATIONAL, [AUDIT_ANSWERED] = SEVERITY_INFORMATIONAL, [AUDIT_EMERGENCY_OPENED] = SEVERITY_HIGH,
	[AUDIT_REVOKED] = SEVERITY_MEDIUM, [AUDIT_LISTED] = SEVERITY_INFORMATIONAL, [AUDIT_FETCHED] = SEVERITY_INFORMATIONAL,
	[AUDIT_ARCHIVED] = SEVERITY_INFORMATIONAL, [AUDIT_EVIDENCE] = SEVERITY_INFORMATIONAL, [AUDIT_PRUNED] = SEVERITY_LOW, [AUDIT_REVIEWED] = SEVERITY_INFORMATIONAL,
	[AUDIT_CONFIG_CHANGED] = SEVERITY_LOW, [AUDIT_POLICY_CHANGED] = SEVERITY_MEDIUM, [AUDIT_RELOADED] = SEVERITY_INFORMATIONAL,
	[AUDIT_RELOAD_REFUSED] = SEVERITY_MEDIUM, [AUDIT_QUARANTINED] = SEVERITY_HIGH, [AUDIT_ARCHIVE_FAILED] = SEVERITY_HIGH,
	[AUDIT_WITNESS_FAILED] = SEVERITY_MEDIUM, [AUDIT_WITNESS_CONTRADICTS] = SEVERITY_CRITICAL, [AUDIT_TIMESTAMP_FAILED] = SEVERITY_MEDIUM,
	[AUDIT_ALARM] = SEVERITY_HIGH,
};

/* A model that is asked creates an answer; listing models reads, as does who looks at others' sessions. */
static int activity(const struct audit_event *e)
{
	if (e->kind == AUDIT_LISTED || e->kind == AUDIT_FETCHED)
		return ACTIVITY_READ;
	if (e->kind == AUDIT_CONFIG_CHANGED || e->kind == AUDIT_POLICY_CHANGED)
		return ACTIVITY_UPDATE;
	if (e->kind == AUDIT_PRUNED)
		return ACTIVITY_DELETE;
	if (e->kind != AUDIT_EXCHANGE && e->kind != AUDIT_CUT)
		return ACTIVITY_OTHER;
	return e->method && (strcmp(e->method, "GET") == 0 || strcmp(e->method, "HEAD") == 0) ? ACTIVITY_READ : ACTIVITY_CREATE;
}

static void put_metadata(const struct audit_event *e, struct buf *out)
{
	jsonput_open(out, "metadata", '{');
	jsonput_text(out, "version", "1.8.0");
	jsonput_open(out, "profiles", '[');
	jsonput_text(out, NULL, "ai_operation");
	jsonput_close(out, ']');
	jsonput_open(out, "product", '{');
	jsonput_text(out, "name", "phigate-agent");
	jsonput_text(out, "vendor_name", "phigate");
	jsonput_text(out, "version", audit_version(e));
	jsonput_close(out, '}');
	jsonput_text(out, "uid", e->id);
	jsonput_text(out, "event_code", audit_name(e->kind));
	jsonput_text(out, "log_name", "phigate.audit");
	jsonput_text(out, "log_provider", audit_agent(e));
	if (e->session)
		jsonput_text(out, "correlation_uid", e->session->id);
	if (e->leaf || audit_is_record(e))
		jsonput_number(out, "sequence", (int64_t)e->seq);
	jsonput_close(out, '}');
}

static void put_named(struct buf *out, const char *key, const char *name)
{
	jsonput_open(out, key, '{');
	jsonput_text(out, "name", name);
	jsonput_close(out, '}');
}

static void put_actor(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;
	const cJSON *group;

	jsonput_open(out, "actor", '{');
	if (s) {
		jsonput_open(out, "user", '{');
		jsonput_text(out, "name", audit_actor(e) ? audit_actor(e) : "unknown");
		jsonput_text(out, "uid", s->subject);
		jsonput_text(out, "domain", s->issuer);
		jsonput_open(out, "groups", '[');
		cJSON_ArrayForEach(group, s->groups) {
			jsonput_open(out, NULL, '{');
			jsonput_text(out, "name", cJSON_GetStringValue(group));
			jsonput_close(out, '}');
		}
		jsonput_close(out, ']');
		jsonput_close(out, '}');
		if (s->id) {
			jsonput_open(out, "session", '{');
			jsonput_text(out, "uid", s->id);
			jsonput_close(out, '}');
		}
	} else if (e->by) {
		put_named(out, "user", e->by);
	}
	jsonput_text(out, "app_name", s ? "phigate" : "phigate-agent");
	jsonput_close(out, '}');
	jsonput_open(out, "src_endpoint", '{');
	if (s && s->address) {
		jsonput_text(out, "ip", s->address);
		if (s->port)
			jsonput_number(out, "port", s->port);
	} else {
		jsonput_text(out, "svc_name", "phigate-agent");
	}
	jsonput_close(out, '}');
}

static void put_api(const struct audit_event *e, struct buf *out)
{
	bool request = e->kind == AUDIT_EXCHANGE || e->kind == AUDIT_CUT;
	const char *service = e->session && e->session->connection ? e->session->connection : "phigate";

	jsonput_open(out, "api", '{');
	jsonput_text(out, "operation", request && e->route ? e->route : audit_name(e->kind));
	put_named(out, "service", service);
	if (e->status) {
		jsonput_open(out, "response", '{');
		jsonput_number(out, "code", e->status);
		jsonput_close(out, '}');
	}
	jsonput_close(out, '}');
	if (request && e->method) {
		jsonput_open(out, "http_request", '{');
		jsonput_text(out, "http_method", e->method);
		jsonput_close(out, '}');
	}
	if (e->status) {
		jsonput_open(out, "http_response", '{');
		jsonput_number(out, "code", e->status);
		jsonput_close(out, '}');
	}
	if (e->model) {
		jsonput_open(out, "ai_model", '{');
		jsonput_text(out, "ai_provider", "Internal");
		jsonput_text(out, "name", e->model);
		jsonput_close(out, '}');
	}
	if (!request)
		return;
	jsonput_open(out, "message_context", '{');
	jsonput_text(out, "uid", e->session ? e->session->id : NULL);
	put_named(out, "service", service);
	jsonput_number(out, "ai_role_id", 2);
	if (e->counted) {
		jsonput_number(out, "prompt_tokens", e->input_tokens);
		jsonput_number(out, "completion_tokens", e->output_tokens);
		jsonput_number(out, "total_tokens", e->input_tokens + e->output_tokens);
	}
	jsonput_close(out, '}');
}

void audit_ocsf(const struct audit_event *e, struct buf *out)
{
	int a = activity(e), severity = e->result == AUDIT_REFUSED && severities[e->kind] < SEVERITY_LOW ? SEVERITY_LOW : severities[e->kind];
	struct buf sentence;

	buf_init(&sentence, AUDIT_TEXT_MAX);
	audit_sentence(e, &sentence);
	jsonput_open(out, NULL, '{');
	jsonput_number(out, "class_uid", CLASS);
	jsonput_text(out, "class_name", "API Activity");
	jsonput_number(out, "category_uid", CATEGORY);
	jsonput_text(out, "category_name", "Application Activity");
	jsonput_number(out, "activity_id", a);
	jsonput_text(out, "activity_name", a == ACTIVITY_OTHER ? audit_title(e->kind) : activities[a]);
	jsonput_number(out, "type_uid", CLASS * 100 + a);
	jsonput_number(out, "severity_id", severity);
	jsonput_number(out, "time", e->wall_ns / NS_PER_MS);
	jsonput_text(out, "message", sentence.data);
	jsonput_number(out, "status_id", e->result == AUDIT_SUCCEEDED ? 1 : 2);
	jsonput_text(out, "status", e->result == AUDIT_SUCCEEDED ? "Success" : "Failure");
	put_metadata(e, out);
	put_actor(e, out);
	put_api(e, out);
	audit_format_ours(e, "unmapped", out);
	jsonput_close(out, '}');
	buf_free(&sentence);
}
