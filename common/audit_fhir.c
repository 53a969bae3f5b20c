/* FHIR R4 AuditEvent: https://hl7.org/fhir/R4/auditevent.html. Types are DICOM's (PS3.15 A.5, PS3.16 CID 400 and 401) where it has one, else
 * FHIR's own; subtypes name our events. */
#include <stdio.h>
#include <string.h>

#include "audit_format.h"
#include "clock.h"
#include "jsonput.h"
#include "purpose.h"

#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define REST "http://terminology.hl7.org/CodeSystem/audit-event-type"
#define REASON "http://terminology.hl7.org/CodeSystem/v3-ActReason"
#define OURS "urn:phigate:audit-event"
#define ID_MAX 64

static const struct {
	const char *system, *code, *display, *action;
} types[AUDIT_KINDS] = {
	[AUDIT_OPENED] = {DCM, "110114", "User Authentication", "E"},
	[AUDIT_RENEWED] = {DCM, "110114", "User Authentication", "E"},
	[AUDIT_EXCHANGE] = {REST, "rest", "RESTful Operation", "E"},
	[AUDIT_CUT] = {REST, "rest", "RESTful Operation", "E"},
	[AUDIT_HOLD] = {REST, "rest", "RESTful Operation", "E"},
	[AUDIT_DECISION] = {REST, "rest", "RESTful Operation", "E"},
	[AUDIT_EMERGENCY] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_CLOCK] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_RECOVERED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_CLOSED] = {DCM, "110114", "User Authentication", "E"},
	[AUDIT_MISSING] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_AGENT_STARTED] = {DCM, "110100", "Application Activity", "E"},
	[AUDIT_AGENT_STOPPED] = {DCM, "110100", "Application Activity", "E"},
	[AUDIT_CONFIG] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_POLICY] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_ANSWERED] = {REST, "rest", "RESTful Operation", "E"},
	[AUDIT_EMERGENCY_OPENED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_REVOKED] = {DCM, "110114", "User Authentication", "E"},
	[AUDIT_LISTED] = {DCM, "110101", "Audit Log Used", "R"},
	[AUDIT_FETCHED] = {DCM, "110101", "Audit Log Used", "R"},
	[AUDIT_ARCHIVED] = {DCM, "110106", "Export", "R"},
	[AUDIT_EVIDENCE] = {DCM, "110106", "Export", "R"},
	[AUDIT_PRUNED] = {DCM, "110113", "Security Alert", "D"},
	[AUDIT_REVIEWED] = {DCM, "110101", "Audit Log Used", "R"},
	[AUDIT_CONFIG_CHANGED] = {DCM, "110113", "Security Alert", "U"},
	[AUDIT_POLICY_CHANGED] = {DCM, "110113", "Security Alert", "U"},
	[AUDIT_RELOADED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_RELOAD_REFUSED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_QUARANTINED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_ARCHIVE_FAILED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_WITNESS_FAILED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_WITNESS_CONTRADICTS] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_TIMESTAMP_FAILED] = {DCM, "110113", "Security Alert", "E"},
	[AUDIT_ALARM] = {DCM, "110113", "Security Alert", "E"},
};

/* Second subtypes, as DICOM codes them. */
static const struct {
	const char *code, *display;
} subtypes[AUDIT_KINDS] = {
	[AUDIT_OPENED] = {"110122", "Login"}, [AUDIT_CLOSED] = {"110123", "Logout"}, [AUDIT_EMERGENCY] = {"110127", "Emergency Override Started"},
	[AUDIT_AGENT_STARTED] = {"110120", "Application Start"},
	[AUDIT_AGENT_STOPPED] = {"110121", "Application Stop"},
	[AUDIT_CONFIG] = {"110131", "Software Configuration"},
	[AUDIT_POLICY] = {"110129", "Security Configuration"},
	[AUDIT_EMERGENCY_OPENED] = {"110127", "Emergency Override Started"},
	[AUDIT_REVOKED] = {"110123", "Logout"},
	[AUDIT_CONFIG_CHANGED] = {"110131", "Software Configuration"},
	[AUDIT_POLICY_CHANGED] = {"110129", "Security Configuration"},
	[AUDIT_RELOADED] = {"110131", "Software Configuration"},
	[AUDIT_RELOAD_REFUSED] = {"110131", "Software Configuration"},
};

static void put_coding(struct buf *out, const char *key, const char *system, const char *code, const char *display)
{
	jsonput_open(out, key, '{');
	jsonput_text(out, "system", system);
	jsonput_text(out, "code", code);
	jsonput_text(out, "display", display);
	jsonput_close(out, '}');
}

static void put_identifier(struct buf *out, const char *key, const char *system, const char *value)
{
	jsonput_open(out, key, '{');
	jsonput_open(out, "identifier", '{');
	jsonput_text(out, "system", system);
	jsonput_text(out, "value", value);
	jsonput_close(out, '}');
	jsonput_close(out, '}');
}

/* FHIR has no empty strings (R4 2.24.0.1), nor any of white space only. */
static const char *some(const char *text)
{
	return text && text[strspn(text, " \t\r\n")] ? text : NULL;
}

static void put_agents(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;
	const char *actor = some(audit_actor(e));

	jsonput_open(out, "agent", '[');
	jsonput_open(out, NULL, '{');
	if (s && some(s->subject))
		put_identifier(out, "who", some(s->issuer), s->subject);
	jsonput_text(out, "altId", actor);
	jsonput_text(out, "name", actor ? actor : some(audit_agent(e)));
	jsonput_flag(out, "requestor", actor != NULL);
	if (s && some(s->address)) {
		jsonput_open(out, "network", '{');
		jsonput_text(out, "address", s->address);
		jsonput_text(out, "type", "2");
		jsonput_close(out, '}');
	}
	jsonput_close(out, '}');
	if (some(e->by) && actor != e->by) {
		jsonput_open(out, NULL, '{');
		jsonput_text(out, "altId", e->by);
		jsonput_text(out, "name", e->by);
		jsonput_flag(out, "requestor", false);
		jsonput_close(out, '}');
	}
	jsonput_close(out, ']');
}

static void put_detail(struct buf *out, const char *type, const char *text)
{
	if (!some(text))
		return;
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "type", type);
	jsonput_text(out, "valueString", text);
	jsonput_close(out, '}');
}

static void put_detail_number(struct buf *out, const char *type, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)number);
	put_detail(out, type, number ? text : NULL);
}

static void put_masked(struct buf *out, const cJSON *masked)
{
	const cJSON *entity;
	char type[64];

	cJSON_ArrayForEach(entity, masked) {
		if (!audit_masked(entity))
			continue;
		snprintf(type, sizeof type, "masked %.40s", entity->string);
		put_detail_number(out, type, audit_masked(entity));
	}
}

static void put_details(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;

	jsonput_open(out, "detail", '[');
	put_detail(out, "event", audit_name(e->kind));
	put_detail_number(out, "exchange", (int64_t)e->exchange);
	if (s) {
		put_detail_number(out, "part", s->part);
		put_detail(out, "connection", s->connection);
		put_detail(out, "policy", s->policy);
		put_detail(out, "emergency", s->emergency ? "true" : NULL);
	}
	put_detail(out, "method", e->method);
	put_detail(out, "route", e->route);
	put_detail(out, "model", e->model);
	put_detail_number(out, "status", e->status);
	if (e->counted) {
		put_detail_number(out, "input tokens", e->input_tokens);
		put_detail_number(out, "output tokens", e->output_tokens);
	}
	put_masked(out, e->masked);
	put_detail(out, "hold", e->hold);
	put_detail(out, "rule", e->rule);
	put_detail(out, "outcome", e->outcome);
	put_detail(out, "why", e->why);
	put_detail(out, "what", e->what);
	put_detail(out, "sha256", e->sha256);
	if (e->leaf)
		put_detail_number(out, "leaf", (int64_t)e->seq);
	put_detail_number(out, "missing", (int64_t)e->missing);
	jsonput_close(out, ']');
}

static void put_entity(const struct audit_event *e, struct buf *out)
{
	jsonput_open(out, "entity", '[');
	jsonput_open(out, NULL, '{');
	if (e->session && some(e->session->id)) {
		put_identifier(out, "what", "urn:phigate:session", some(e->session->id));
		put_coding(out, "type", "http://terminology.hl7.org/CodeSystem/audit-entity-type", "4", "Other");
	}
	put_details(e, out);
	jsonput_close(out, '}');
	jsonput_close(out, ']');
}

/* R4 2.24.0.1: an id is letters, digits, '-' and '.', at most 64 of them. */
static bool is_id(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return n && n <= ID_MAX && !id[n];
}

static const char *const outcomes[] = {[AUDIT_SUCCEEDED] = "0", [AUDIT_REFUSED] = "4", [AUDIT_FAILED] = "8"};

void audit_fhir(const struct audit_event *e, struct buf *out)
{
	const struct audit_session *s = e->session;
	char time[CLOCK_TEXT];

	jsonput_open(out, NULL, '{');
	jsonput_text(out, "resourceType", "AuditEvent");
	jsonput_text(out, "id", is_id(e->id) ? e->id : NULL);
	put_coding(out, "type", types[e->kind].system, types[e->kind].code, types[e->kind].display);
	jsonput_open(out, "subtype", '[');
	put_coding(out, NULL, OURS, audit_name(e->kind), audit_title(e->kind));
	if (subtypes[e->kind].code)
		put_coding(out, NULL, DCM, subtypes[e->kind].code, subtypes[e->kind].display);
	jsonput_close(out, ']');
	jsonput_text(out, "action", types[e->kind].action);
	if (e->began_ns) {
		jsonput_open(out, "period", '{');
		jsonput_text(out, "start", clock_text_us(e->began_ns, time));
		jsonput_text(out, "end", clock_text_us(e->wall_ns > e->began_ns ? e->wall_ns : e->began_ns, time));
		jsonput_close(out, '}');
	}
	jsonput_text(out, "recorded", clock_text_us(e->wall_ns, time));
	jsonput_text(out, "outcome", outcomes[e->result]);
	if (s && s->purpose && purpose_code(s->purpose)) {
		jsonput_open(out, "purposeOfEvent", '[');
		jsonput_open(out, NULL, '{');
		jsonput_open(out, "coding", '[');
		put_coding(out, NULL, REASON, purpose_code(s->purpose), purpose_meaning(s->purpose));
		jsonput_close(out, ']');
		jsonput_close(out, '}');
		jsonput_close(out, ']');
	}
	put_agents(e, out);
	jsonput_open(out, "source", '{');
	put_identifier(out, "observer", "urn:phigate:agent", some(audit_agent(e)));
	jsonput_close(out, '}');
	put_entity(e, out);
	jsonput_close(out, '}');
}
