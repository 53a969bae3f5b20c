#include "talk.h"

#include <string.h>

#include "json.h"
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

static void held(const cJSON *event)
{
	const char *id = json_text(event, "id");
	char when[WHEN_TEXT];

	word(STYLE_WARN, "held");
	foreign(id);
	fputs(" by the rule ", stderr);
	foreign(json_text(event, "rule"));
	fputs("; one of ", stderr);
	names(json_array(event, "approvers"));
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
		line(STYLE_WARN, "Sign in again in another terminal (phigate login), and this connection goes on", NULL);
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
