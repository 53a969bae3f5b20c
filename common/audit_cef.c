/* ArcSight Common Event Format, version 0: CEF:0|vendor|product|version|class|name|severity|extension. In the head | and \ are escaped, in the
 * extension = and \ and line ends; no other control character passes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit_format.h"
#include "clock.h"
#include "digest.h"
#include "json.h"

#define EXTERNAL_ID_MAX 40

static const int severities[AUDIT_KINDS] = {     /* of 0 to 10 */
	[AUDIT_OPENED] = 2, [AUDIT_RENEWED] = 1, [AUDIT_EXCHANGE] = 2, [AUDIT_CUT] = 4, [AUDIT_HOLD] = 4, [AUDIT_DECISION] = 3,
	[AUDIT_EMERGENCY] = 8, [AUDIT_CLOCK] = 6, [AUDIT_RECOVERED] = 6, [AUDIT_CLOSED] = 2, [AUDIT_MISSING] = 8,
	[AUDIT_AGENT_STARTED] = 3, [AUDIT_AGENT_STOPPED] = 3, [AUDIT_CONFIG] = 2, [AUDIT_POLICY] = 2, [AUDIT_ANSWERED] = 3,
	[AUDIT_EMERGENCY_OPENED] = 8, [AUDIT_REVOKED] = 5, [AUDIT_LISTED] = 2, [AUDIT_FETCHED] = 3, [AUDIT_ARCHIVED] = 1,
	[AUDIT_EVIDENCE] = 3, [AUDIT_PRUNED] = 3, [AUDIT_REVIEWED] = 2, [AUDIT_CONFIG_CHANGED] = 4, [AUDIT_POLICY_CHANGED] = 5, [AUDIT_RELOADED] = 3,
	[AUDIT_RELOAD_REFUSED] = 5, [AUDIT_QUARANTINED] = 9, [AUDIT_ARCHIVE_FAILED] = 7, [AUDIT_WITNESS_FAILED] = 5, [AUDIT_WITNESS_CONTRADICTS] = 10,
	[AUDIT_TIMESTAMP_FAILED] = 5, [AUDIT_ALARM] = 8,
};

/* What is no UTF-8 becomes '?', for some readers take none of it. */
static void put_escaped(struct buf *out, const char *text, const char *special)
{
	bool good = utf8_valid(slice_str(text));

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(special, c))
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\r')
			buf_puts(out, strchr(special, '=') ? c == '\n' ? "\\n" : "\\r" : " ");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !good))
			buf_putc(out, '?');
		else
			buf_putc(out, (char)c);
	}
}

static void put_head(struct buf *out, const char *text)
{
	put_escaped(out, text ? text : "", "|\\");
	buf_putc(out, '|');
}

static void put(struct buf *out, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	if (out->data[out->len - 1] != '|')
		buf_putc(out, ' ');
	buf_puts(out, key);
	buf_putc(out, '=');
	put_escaped(out, text, "=\\");
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	put(out, key, text);
}

/* One of the fields that have a label. */
static void put_labelled(struct buf *out, const char *field, const char *label, const char *text)
{
	char key[32];

	if (!text || !*text)
		return;
	put(out, field, text);
	snprintf(key, sizeof key, "%.20sLabel", field);
	put(out, key, label);
}

static void put_labelled_number(struct buf *out, const char *field, const char *label, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	put_labelled(out, field, label, number ? text : NULL);
}

/* No longer than the format has it; of a longer one, such as that of an agent with a long name, what is as much its own. */
static void put_id(struct buf *out, const char *id)
{
	char hex[SHA256_HEX];

	if (strlen(id) > EXTERNAL_ID_MAX) {
		sha256_hex(id, strlen(id), hex);
		hex[EXTERNAL_ID_MAX] = '\0';
		id = hex;
	}
	put(out, "externalId", id);
}

static void put_session(struct buf *out, const struct audit_session *s)
{
	put(out, "suid", s->subject);
	if (s->address && strchr(s->address, ':'))
		put_labelled(out, "c6a2", "Source IPv6 Address", s->address);
	else
		put(out, "src", s->address);
	if (s->port)
		put_number(out, "spt", s->port);
	put_labelled(out, "cs1", "session", s->id);
	put_labelled(out, "cs2", "connection", s->connection);
	put_labelled(out, "cs6", "purpose", s->purpose);
	if (s->emergency)
		put_labelled(out, "flexString1", "emergency", "true");
}

static const char *const results[] = {[AUDIT_SUCCEEDED] = "success", [AUDIT_REFUSED] = "refused", [AUDIT_FAILED] = "failure"};

void audit_cef(const struct audit_event *e, struct buf *out)
{
	int severity = severities[e->kind] + (e->result != AUDIT_SUCCEEDED && severities[e->kind] < 4 ? 2 : 0);

	buf_puts(out, "CEF:0|phigate|phigate-agent|");
	put_head(out, audit_version(e));
	put_head(out, audit_name(e->kind));
	put_head(out, audit_title(e->kind));
	buf_printf(out, "%d|", severity);
	if (out->rc != RC_OK)
		return;
	put_number(out, "rt", e->wall_ns / NS_PER_MS);
	put_id(out, e->id);
	put(out, "dvchost", audit_agent(e));
	put(out, "cat", audit_name(e->kind));
	put(out, "outcome", results[e->result]);
	put(out, "suser", audit_actor(e));
	if (e->session)
		put_session(out, e->session);
	put(out, "requestMethod", e->method);
	put(out, "request", e->route);
	if (e->began_ns)
		put_number(out, "start", e->began_ns / NS_PER_MS);
	put_labelled(out, "cs3", "rule", e->rule);
	put_labelled(out, "cs4", "model", e->model);
	put_labelled(out, "cs5", "hold", e->hold);
	put(out, "act", e->outcome);
	put(out, "duser", e->by);
	put(out, "reason", e->why);
	put_labelled(out, "flexString2", "what", e->what);
	put(out, "fileHash", e->sha256);
	put_labelled_number(out, "cn1", "status", e->status);
	put_labelled_number(out, "cn2", "masked", e->masked_n);
	put_labelled_number(out, "cn3", "exchange", (int64_t)e->exchange);
	if (e->counted) {
		put_labelled_number(out, "flexNumber1", "inputTokens", e->input_tokens);
		put_labelled_number(out, "flexNumber2", "outputTokens", e->output_tokens);
	}
	if (e->missing)
		put_number(out, "cnt", (int64_t)e->missing);
}
