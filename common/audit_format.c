#include "audit_format.h"

#include <stdlib.h>
#include <string.h>

#include "jsonput.h"

static const struct audit_format formats[] = {
	{"fhir", "FHIR R4 AuditEvent, one resource a line", "application/fhir+ndjson", "", "\n", "\n", true, audit_fhir},
	{"ocsf", "OCSF API Activity (6003) with the ai_operation profile, one event a line", "application/x-ndjson", "", "\n", "\n", true,
		audit_ocsf},
	{"ecs", "Elastic Common Schema, one event a line", "application/x-ndjson", "", "\n", "\n", true, audit_ecs},
	{"cef", "ArcSight Common Event Format, one event a line", "text/plain; charset=utf-8", "", "\n", "\n", false, audit_cef},
	{"otlp", "OTLP/HTTP logs as JSON, one request a line", "application/json", "{\"resourceLogs\":[", ",", "]}", true, audit_otlp},
};
#define N_FORMATS (sizeof formats / sizeof *formats)

const struct audit_format *audit_format(const char *name)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const struct audit_format *audit_format_nth(size_t i)
{
	return i < N_FORMATS ? &formats[i] : NULL;
}

enum rc audit_format_line(const struct audit_format *format, const struct audit_event *e, struct buf *out)
{
	buf_puts(out, format->open);
	format->write(e, out);
	buf_puts(out, format->close);
	if (out->rc == RC_OK && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
	return out->rc;
}

/* {"NAME":2}, of numbers only. */
static void put_masked(const cJSON *masked, struct buf *out)
{
	const cJSON *entity;

	if (!masked)
		return;
	jsonput_open(out, "masked", '{');
	cJSON_ArrayForEach(entity, masked)
		if (audit_masked(entity))
			jsonput_number(out, entity->string, audit_masked(entity));
	jsonput_close(out, '}');
}

void audit_format_ours(const struct audit_event *e, const char *key, struct buf *out)
{
	const struct audit_session *s = e->session;

	jsonput_open(out, key, '{');
	jsonput_text(out, "event", audit_name(e->kind));
	if (s) {
		jsonput_text(out, "session", s->id);
		if (s->part)
			jsonput_number(out, "part", s->part);
		if (audit_is_record(e))
			jsonput_number(out, "seq", (int64_t)e->seq);
		jsonput_text(out, "connection", s->connection);
		jsonput_text(out, "policy", s->policy);
		jsonput_text(out, "purpose", s->purpose);
		if (s->emergency)
			jsonput_flag(out, "emergency", true);
	}
	if (e->exchange)
		jsonput_number(out, "exchange", (int64_t)e->exchange);
	jsonput_text(out, "hold", e->hold);
	jsonput_text(out, "rule", e->rule);
	jsonput_text(out, "outcome", e->outcome);
	jsonput_text(out, "by", e->by);
	jsonput_text(out, "why", e->why);
	jsonput_text(out, "what", e->what);
	jsonput_text(out, "sha256", e->sha256);
	if (e->leaf)
		jsonput_number(out, "leaf", (int64_t)e->seq);
	put_masked(e->masked, out);
	if (e->missing)
		jsonput_number(out, "missing", (int64_t)e->missing);
	jsonput_close(out, '}');
}
