#include "notice_text.h"

#include <string.h>

#include "clock.h"
#include "json.h"

/* ---- JSON ---------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t offset;
} MEMBERS[] = {
	{"hold", offsetof(struct notice, hold)}, {"session", offsetof(struct notice, session)},
	{"connection", offsetof(struct notice, connection)}, {"rule", offsetof(struct notice, rule)}, {"user", offsetof(struct notice, user)},
	{"by", offsetof(struct notice, by)}, {"needs", offsetof(struct notice, needs)}, {"cause", offsetof(struct notice, cause)},
};

enum rc notice_text_standard(const struct notice *notice, const char *agent, int64_t wall_s, struct buf *out)
{
	char time[CLOCK_TEXT];

	buf_puts(out, "{\"type\":");
	json_add_str(out, notice->event);
	buf_printf(out, ",\"timestamp\":\"%s\",\"data\":{\"agent\":", clock_text_s(wall_s, time));
	json_add_str(out, agent);
	for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
		const char *text;

		memcpy(&text, (const char *)notice + MEMBERS[i].offset, sizeof text);
		if (!text || !*text)
			continue;
		buf_printf(out, ",\"%s\":", MEMBERS[i].name);
		json_add_str(out, text);
	}
	if (notice->expires_s)
		buf_printf(out, ",\"expires_at\":\"%s\"", clock_text_s(notice->expires_s, time));
	return buf_puts(out, "}}");
}

/* ---- sentences ----------------------------------------------------------------------------------------------------------- */

/* %a agent, %h hold, %s session, %c connection, %r rule, %u user, %b by, %n needs, %t expires_at */
static const struct {
	const char *event, *text;
} SENTENCES[] = {
	{"hold.created", "%u asks for something on %c (%a) that the rule %r holds as %h. %n may let it through until %t:"
			 " `phigate show %h`"},
	{"hold.approved", "%h, asked by %u on %c (%a), was approved by %b."},
	{"hold.denied", "%h, asked by %u on %c (%a), was denied by %b."},
	{"hold.expired", "%h, asked by %u on %c (%a), has expired: nobody decided in time, or the approval was not used."},
	{"hold.cancelled", "%h, asked by %u on %c (%a), is cancelled."},
	{"emergency.opened", ":rotating_light: %u opened emergency access to %c (%a), session %s, until %t at the latest. Afterwards an auditor"
			     " closes it with `phigate review %s --finding TEXT`"},
	{"emergency.closed", "The emergency session %s of %u on %c (%a) has ended, and waits for its review:"
			     " `phigate review %s --finding TEXT`"},
	{"emergency.reviewed", "The emergency session %s of %u on %c (%a) was reviewed by %b."},
};

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			buf_puts(out, "&amp;");
		else if (*text == '<')
			buf_puts(out, "&lt;");
		else if (*text == '>')
			buf_puts(out, "&gt;");
		else
			buf_putc(out, *text);
	}
}

static const char *part_of(const struct notice *n, const char *agent, char which, char time[CLOCK_TEXT])
{
	switch (which) {
	case 'a': return agent;
	case 'h': return n->hold;
	case 's': return n->session;
	case 'c': return n->connection;
	case 'r': return n->rule;
	case 'u': return n->user;
	case 'b': return n->by;
	case 'n': return n->needs;
	case 't': return clock_text_s(n->expires_s, time);
	}
	return NULL;
}

enum rc notice_text_slack(const struct notice *notice, const char *agent, struct buf *out)
{
	const char *p = notice->event;
	char time[CLOCK_TEXT];
	struct buf text;
	enum rc rc;

	for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++)
		if (strcmp(SENTENCES[i].event, notice->event) == 0)
			p = SENTENCES[i].text;
	buf_init(&text, (size_t)16 << 10);
	for (; *p; p++) {
		const char *part;

		if (*p != '%') {
			buf_putc(&text, *p);
			continue;
		}
		part = part_of(notice, agent, *++p, time);
		add_escaped(&text, part ? part : "?");
	}
	buf_puts(out, "{\"text\":");
	json_add_string(out, buf_slice(&text));
	rc = text.rc;
	buf_free(&text);
	buf_putc(out, '}');
	return rc == RC_OK ? out->rc : rc;
}
