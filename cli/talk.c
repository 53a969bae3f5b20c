#include "talk.h"

#include <string.h>

#include "json.h"
#include "profile.h"
#include "term.h"
#include "when.h"

static void foreign(const char *text)
{
	term_text(stderr, slice_str(text ? text : "?"));
}

static void word(enum style style, const char *text)
{
	term_printf(stderr, style, "%s", text);
	fputc(' ', stderr);
}

static void names(const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		if (item != list->child)
			fputs(", ", stderr);
		foreign(cJSON_IsString(item) ? item->valuestring : NULL);
	}
}

/* Who must still approve, in the agent's words; an older one says only which groups may. */
static void needs(const cJSON *event)
{
	const char *text = json_text(event, "needs");

	if (text && *text) {
		foreign(text);
		return;
	}
	fputs("one of ", stderr);
	names(json_array(event, "approvers"));
}

static void held(const cJSON *event)
{
	const char *id = json_text(event, "id");
	char when[WHEN_TEXT];

	word(STYLE_WARN, "held");
	foreign(id);
	fputs(" by the rule ", stderr);
	foreign(json_text(event, "rule"));
	fputs("; ", stderr);
	needs(event);
	fprintf(stderr, " may let it through until %s: phigate approve ", when_local(json_text(event, "expires_at"), when));
	foreign(id);
	fputc('\n', stderr);
}

static void decided(const cJSON *event, enum style style)
{
	const char *by = json_text(event, "by"), *reason = json_text(event, "reason");

	word(style, json_text(event, "event"));
	foreign(json_text(event, "id"));
	if (by && *by) {
		fputs(" by ", stderr);
		foreign(by);
	}
	if (reason && *reason) {
		fputs(": ", stderr);
		foreign(reason);
	}
	fputc('\n', stderr);
}

/* One of several approvals that are needed. */
static void counted(const cJSON *event)
{
	decided(event, STYLE_PLAIN);
	fputs("         it still needs ", stderr);
	needs(event);
	fputc('\n', stderr);
}

static void cancelled(const cJSON *event)
{
	static const struct {
		const char *cause, *text;
	} causes[] = {
		{"requester", "you took it back"}, {"client", "the program that asked hung up"}, {"session", "its session has ended"},
		{"terms", "the policy asks for something else now"},
	};
	const char *cause = json_text(event, "cause");

	word(STYLE_DIM, "cancelled");
	foreign(json_text(event, "id"));
	for (size_t i = 0; cause && i < sizeof causes / sizeof *causes; i++)
		if (strcmp(causes[i].cause, cause) == 0)
			fprintf(stderr, ": %s", causes[i].text);
	fputc('\n', stderr);
}

static void hold(const cJSON *event)
{
	struct slice name = slice_str(json_text(event, "event"));

	if (slice_is(name, "held"))
		held(event);
	else if (slice_is(name, "approved"))
		decided(event, STYLE_GOOD);
	else if (slice_is(name, "denied"))
		decided(event, STYLE_BAD);
	else if (slice_is(name, "expired"))
		decided(event, STYLE_DIM);
	else if (slice_is(name, "approval"))
		counted(event);
	else if (slice_is(name, "cancelled"))
		cancelled(event);
}

static void line(enum style style, const char *what, const char *reason)
{
	term_printf(stderr, style, "%s", what);
	if (reason && *reason) {
		fputs(": ", stderr);
		foreign(reason);
	}
	fputc('\n', stderr);
}

void talk_emergency(void)
{
	term_printf(stderr, STYLE_BAD, "EMERGENCY ACCESS");
	fputs(": what would wait for approval passes at once. Privacy and security are told now, every\n"
	      "record says that this was an emergency, and an auditor will review the session. Use it for the emergency only.\n", stderr);
}

void talk(const struct relay_told *told)
{
	switch (told->news) {
	case RELAY_HOLD:
		hold(told->event);
		break;
	case RELAY_SESSION:
		word(STYLE_WARN, "session");
		foreign(told->session);
		fputs(" goes on with the same port and key; the one before was ended by: ", stderr);
		foreign(told->reason);
		fputc('\n', stderr);
		break;
	case RELAY_LOST:
		line(STYLE_WARN, "the connection is lost and is made again", told->reason);
		break;
	case RELAY_BACK:
		line(STYLE_GOOD, "connected again", NULL);
		break;
	case RELAY_SIGNED_OUT:
		line(STYLE_BAD, "the sign-in cannot be renewed", told->reason);
		term_printf(stderr, STYLE_WARN, "Sign in again in another terminal (%s), and this connection goes on", profile_login());
		fputc('\n', stderr);
		break;
	case RELAY_SIGNED_IN:
		line(STYLE_GOOD, "signed in again", NULL);
		break;
	case RELAY_TROUBLE:
		line(STYLE_WARN, "not yet", told->reason);
		break;
	case RELAY_STRANGER:
		line(STYLE_BAD, "another user of this machine tried the local port, and was refused", NULL);
		break;
	}
}
