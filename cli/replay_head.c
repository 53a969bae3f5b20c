/* What stands above a replayed session: who, when, where from, what for, and what the evidence is worth. */
#include "clock.h"
#include "json.h"
#include "purpose.h"
#include "replay.h"

static void show_user(struct screen *s, const cJSON *user)
{
	const cJSON *group;
	const char *comma = ", of ";

	screen_label(s, "who", STYLE_DIM);
	screen_others(s, json_text(user, "id"), STYLE_BOLD);
	cJSON_ArrayForEach(group, json_array(user, "groups")) {
		screen_words(s, STYLE_PLAIN, "%s", comma);
		screen_others(s, cJSON_GetStringValue(group), STYLE_PLAIN);
		comma = ", ";
	}
}

static void show_times(struct screen *s, const cJSON *session)
{
	const char *opened = json_text(session, "opened"), *closed = json_text(session, "closed");
	int64_t from_ns, to_ns;
	char text[CLOCK_TEXT];
	struct buf lasted;

	screen_label(s, "when", STYLE_DIM);
	if (!opened || !closed || clock_parse(slice_str(opened), &from_ns) != RC_OK || clock_parse(slice_str(closed), &to_ns) != RC_OK) {
		screen_words(s, STYLE_PLAIN, "not known");
		return;
	}
	buf_init(&lasted, 64);
	duration_text(to_ns > from_ns ? to_ns - from_ns : 0, &lasted);
	screen_words(s, STYLE_PLAIN, "%.10s ", clock_text_s(from_ns / NS_PER_S, text));
	screen_words(s, STYLE_PLAIN, "%.8s UTC, for %s, ended: ", text + 11, lasted.len ? lasted.data : "?");
	screen_others(s, json_text(session, "end"), STYLE_PLAIN);
	buf_free(&lasted);
}

static void show_counts(struct screen *s, const cJSON *counts)
{
	static const char *const names[] = {"exchanges", "held", "approved", "denied"};
	const cJSON *entity;
	const char *comma = ", masked ";
	int64_t n;

	screen_label(s, "counts", STYLE_DIM);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_int(counts, names[i], &n))
			screen_words(s, STYLE_PLAIN, "%s%lld %s", i ? ", " : "", (long long)n, names[i]);
	cJSON_ArrayForEach(entity, json_object(counts, "masked")) {
		if (!cJSON_IsNumber(entity))
			continue;
		screen_words(s, STYLE_PLAIN, "%s%.0f ", comma, entity->valuedouble);
		screen_others(s, entity->string, STYLE_MASKED);
		comma = ", ";
	}
}

static void show_signer(struct screen *s, const struct evidence *e, const char *agent)
{
	screen_label(s, "evidence", STYLE_DIM);
	if (e->verdict == RC_OK) {
		screen_words(s, STYLE_GOOD, "verified");
		screen_words(s, STYLE_PLAIN, ", signed by ");
		screen_others(s, agent, STYLE_PLAIN);
		screen_words(s, STYLE_PLAIN, "@phigate, ");
		screen_others(s, bundle_fingerprint(e->bundle), STYLE_DIM);
	} else if (e->verdict == RC_NOT_FOUND) {
		screen_words(s, STYLE_WARN, "signed by a key that is not known here");
		screen_others(s, ", ", STYLE_PLAIN);
		screen_others(s, bundle_fingerprint(e->bundle), STYLE_DIM);
	} else {
		screen_words(s, STYLE_BAD, "NOT VERIFIED");
		screen_others(s, ": ", STYLE_PLAIN);
		screen_others(s, e->why.text, STYLE_PLAIN);
	}
}

void replay_head(struct screen *s, const struct evidence *e)
{
	cJSON *session = json_parse(bundle_session(e->bundle));
	const cJSON *client = json_object(session, "client"), *agent = json_object(session, "agent");
	const char *reason = json_text(session, "reason"), *purpose = json_text(session, "purpose");
	int64_t part = 1, port = 0;

	show_signer(s, e, json_text(agent, "name"));
	screen_label(s, "session", STYLE_DIM);
	screen_others(s, session ? json_text(session, "id") : "session.json cannot be read", STYLE_BOLD);
	if (json_int(session, "part", &part) && part != 1)
		screen_words(s, STYLE_PLAIN, ", part %lld", (long long)part);
	show_user(s, json_object(session, "user"));
	screen_label(s, "from", STYLE_DIM);
	screen_others(s, json_text(client, "address"), STYLE_PLAIN);
	if (json_int(client, "port", &port) && port)
		screen_words(s, STYLE_DIM, " port %lld", (long long)port);
	screen_label(s, "to", STYLE_DIM);
	screen_others(s, json_text(session, "connection"), STYLE_BOLD);
	screen_words(s, STYLE_PLAIN, " of agent ");
	screen_others(s, json_text(agent, "name"), STYLE_PLAIN);
	screen_words(s, STYLE_PLAIN, ", policy ");
	screen_others(s, json_text(json_object(session, "policy"), "name"), STYLE_PLAIN);
	if (json_true(session, "emergency")) {
		screen_label(s, "emergency", STYLE_BAD);
		screen_words(s, STYLE_BAD, "what would have waited for approval passed at once");
	}
	if (reason) {
		screen_label(s, "reason", STYLE_DIM);
		screen_others(s, reason, STYLE_PLAIN);
	}
	if (purpose) {
		screen_label(s, "purpose", STYLE_DIM);
		screen_others(s, purpose, STYLE_PLAIN);
		if (purpose_meaning(purpose))
			screen_words(s, STYLE_DIM, " (%s)", purpose_meaning(purpose));
	}
	show_times(s, session);
	show_counts(s, json_object(session, "counts"));
	screen_end_line(s);
	cJSON_Delete(session);
}
