/* A relay's talk with the agent: its session, its successors, and what happens to its holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "receipts.h"
#include "relay_private.h"
#include "wipe.h"

/* Ends that are nobody's will: another session takes the place of the one that ended. */
static bool is_replaced(const char *end)
{
	return strcmp(end, "crash") == 0 || strcmp(end, "stop") == 0 || strcmp(end, "expired") == 0;
}

static enum rc call(struct relay *r, const char *method, const char *path, const char *body, cJSON **out, struct why *why)
{
	enum rc rc = RC_OK;

	if (!r->control)
		rc = control_on(r->tunnel, r->agents->signin, &r->control, why);
	return rc == RC_OK ? control_call(r->control, method, path, body, out, why) : rc;
}

/* ---- the session --------------------------------------------------------------------------------------------------------- */

static enum rc ask_json(const struct relay *r, struct buf *body)
{
	buf_puts(body, "{\"connection\":");
	json_add_str(body, r->connection);
	buf_printf(body, ",\"api_key_sha256\":\"%s\",\"reason\":", r->api_key_sha256);
	json_add_str(body, r->ask.reason);
	buf_puts(body, ",\"purpose\":");
	json_add_str(body, r->ask.purpose);
	if (r->ask.emergency)
		buf_puts(body, ",\"emergency\":true");
	if (!r->other_key) {
		buf_puts(body, ",\"ssh\":");
		json_add_str(body, tunnel_ssh_id(r->tunnel));
	}
	if (*r->previous) {
		buf_puts(body, ",\"previous\":");
		json_add_str(body, r->previous);
	}
	return buf_puts(body, "}");
}

static enum rc adopt(struct relay *r, const cJSON *answer, struct why *why)
{
	const char *id = json_text(answer, "id"), *key = json_text(answer, "session_key"), *dialect = json_text(answer, "dialect");

	if (!id || !key || !agents_is_id(id))
		return why_set(why, RC_BAD, "the agent's answer names no session");
	if (r->ask.emergency && !json_true(answer, "emergency"))
		return why_set(why, RC_DENIED, "this agent knows no emergency access");
	buf_clear(&r->first);
	if (buf_printf(&r->first, "data %s\r\n", key) != RC_OK || text_list_add(&r->sessions, id) != RC_OK)
		return RC_NOMEM;
	snprintf(r->session, sizeof r->session, "%s", id);
	free(r->dialect);
	r->dialect = strdup(dialect ? dialect : "");
	r->opened_s = clock_wall_s();
	return r->dialect ? RC_OK : RC_NOMEM;
}

/* The key was in the answer's text. */
static void delete_with_key(cJSON *answer)
{
	cJSON *key = cJSON_GetObjectItemCaseSensitive(answer, "session_key");

	if (cJSON_IsString(key))
		wipe(key->valuestring, strlen(key->valuestring));
	cJSON_Delete(answer);
}

enum rc relay_session_open(struct relay *r, struct why *why)
{
	cJSON *answer = NULL;
	struct buf body;
	enum rc rc;

	buf_init(&body, 65536);
	rc = ask_json(r, &body);
	if (rc == RC_OK)
		rc = call(r, "POST", "/v1/sessions", body.data, &answer, why);
	else
		why_set(why, rc, "the reason is too long");
	buf_free(&body);
	if (rc == RC_OK)
		rc = adopt(r, answer, why);
	if (rc == RC_OK)
		rc = receipts_take(r->control, r->agent, answer, r->session, RECEIPT_OPEN, why);
	delete_with_key(answer);
	if (rc == RC_OK)
		relay_set_state(r, STATE_UP);
	return rc;
}

enum rc relay_session_renew(struct relay *r, struct why *why)
{
	char path[128], body[128];
	cJSON *answer = NULL;
	enum rc rc;

	snprintf(path, sizeof path, "/v1/sessions/%s/renew", r->session);
	if (r->other_key)
		snprintf(body, sizeof body, "{}");
	else
		snprintf(body, sizeof body, "{\"ssh\":\"%s\"}", tunnel_ssh_id(r->tunnel));
	rc = call(r, "POST", path, body, &answer, why);
	if (rc == RC_OK)
		rc = receipts_take(r->control, r->agent, answer, r->session, RECEIPT_RENEW, why);
	cJSON_Delete(answer);
	if (rc == RC_CONFLICT) {
		relay_contradicted(r, why);
		return RC_OK;
	}
	return rc;
}

void relay_session_end_as(struct relay *r, const char *end)
{
	if (!is_replaced(end)) {
		relay_over(r, end);
		return;
	}
	snprintf(r->previous, sizeof r->previous, "%s", r->session);
	snprintf(r->gap_reason, sizeof r->gap_reason, "%s", end);
	r->session[0] = '\0';
	buf_clear(&r->first);
	relay_set_state(r, STATE_GAP);
}

/* The list says how it ended. One that is not there was lost with the agent's store: it cannot be named as previous, and its end was
 * nobody's will. */
enum rc relay_session_ended(struct relay *r, struct why *why)
{
	char since[CLOCK_TEXT], end[32] = "";
	cJSON *list = NULL, *item;
	struct buf path;
	bool listed = false;
	enum rc rc;

	buf_init(&path, 256);
	rc = buf_printf(&path, "/v1/sessions?since=%s", clock_text_s(r->opened_s - 3600, since));
	if (rc == RC_OK)
		rc = call(r, "GET", path.data, NULL, &list, why);
	buf_free(&path);
	if (rc != RC_OK)
		return rc;
	cJSON_ArrayForEach(item, list) {
		const char *id = json_text(item, "id"), *how = json_text(item, "end");

		if (!id || strcmp(id, r->session) != 0)
			continue;
		listed = true;
		snprintf(end, sizeof end, "%s", how ? how : "crash");
	}
	cJSON_Delete(list);
	relay_session_end_as(r, listed ? end : "crash");
	if (!listed)
		r->previous[0] = '\0';
	return RC_OK;
}

/* ---- holds --------------------------------------------------------------------------------------------------------------- */

static struct relay_hold *known_hold(struct relay *r, const char *id)
{
	for (size_t i = 0; i < RELAY_HOLDS; i++)
		if (strcmp(r->holds[i].id, id) == 0)
			return &r->holds[i];
	return NULL;
}

/* Tell of it, unless it was told. */
static void hold_news(struct relay *r, const cJSON *event)
{
	const char *id = json_text(event, "id"), *name = json_text(event, "event"), *session = json_text(event, "session");
	struct relay_hold *hold;

	if (!id || !*id || !name || !session || !text_list_has(&r->sessions, session))
		return;
	hold = known_hold(r, id);
	if (hold && strcmp(name, "approval") != 0 && (strcmp(hold->event, name) == 0 || strcmp(name, "held") == 0))
		return;
	if (!hold) {
		hold = &r->holds[r->next_hold];
		r->next_hold = (r->next_hold + 1) % RELAY_HOLDS;
		snprintf(hold->id, sizeof hold->id, "%s", id);
	}
	snprintf(hold->event, sizeof hold->event, "%s", name);
	r->ask.told(r->ask.arg, &(struct relay_told){.news = RELAY_HOLD, .event = event});
}

/* A hold as the list shows it, told as the event that was missed. */
static void hold_seen(struct relay *r, const cJSON *hold)
{
	static const struct {
		const char *state, *event;
	} events[] = {{"pending", "held"}, {"approved", "approved"}, {"used", "approved"}, {"denied", "denied"}, {"expired", "expired"},
		     {"cancelled", "cancelled"}};
	static const char *const same[] = {"id", "session", "connection", "rule", "expires_at", "cause"};
	const char *state = json_text(hold, "state"), *name = NULL;
	const cJSON *decision = json_array(hold, "decisions");
	cJSON *event;

	for (size_t i = 0; state && i < sizeof events / sizeof *events; i++)
		if (strcmp(events[i].state, state) == 0)
			name = events[i].event;
	event = name ? cJSON_CreateObject() : NULL;
	if (!event)
		return;
	cJSON_AddStringToObject(event, "event", name);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (json_text(hold, same[i]))
			cJSON_AddStringToObject(event, same[i], json_text(hold, same[i]));
	cJSON_AddItemToObject(event, "approvers", cJSON_Duplicate(json_array(hold, "groups"), true));
	for (decision = decision ? decision->child : NULL; decision && decision->next; decision = decision->next)
		;
	if (json_text(decision, "user"))
		cJSON_AddStringToObject(event, "by", json_text(decision, "user"));
	if (json_text(decision, "reason"))
		cJSON_AddStringToObject(event, "reason", json_text(decision, "reason"));
	hold_news(r, event);
	cJSON_Delete(event);
}

/* What happened while nobody listened. */
static enum rc catch_up(struct relay *r, struct why *why)
{
	cJSON *list = NULL, *item;
	enum rc rc = call(r, "GET", "/v1/holds", NULL, &list, why);

	cJSON_ArrayForEach(item, list)
		if (json_true(item, "own"))
			hold_seen(r, item);
	for (size_t i = 0; i < RELAY_HOLDS && rc == RC_OK; i++) {
		bool waits = false;
		cJSON *hold = NULL;
		char path[64];

		if ((strcmp(r->holds[i].event, "held") != 0 && strcmp(r->holds[i].event, "approval") != 0) || !agents_is_id(r->holds[i].id))
			continue;
		cJSON_ArrayForEach(item, list) {
			const char *id = json_text(item, "id");

			waits = waits || (id && strcmp(id, r->holds[i].id) == 0);
		}
		if (waits)
			continue;
		snprintf(path, sizeof path, "/v1/holds/%s", r->holds[i].id);
		rc = call(r, "GET", path, NULL, &hold, why);
		if (hold)
			hold_seen(r, hold);
		cJSON_Delete(hold);
		if (rc == RC_NOT_FOUND)
			rc = RC_OK;
	}
	cJSON_Delete(list);
	return rc;
}

/* ---- events -------------------------------------------------------------------------------------------------------------- */

enum rc relay_listen(struct relay *r, struct why *why)
{
	bool again = r->events != NULL || r->sessions.n > 1 || *r->holds[0].id;
	enum rc rc;

	events_close(r->events);
	rc = events_open(r->tunnel, r->agents->signin, false, &r->events, why);
	return rc == RC_OK && again ? catch_up(r, why) : rc;
}

enum rc relay_read_events(struct relay *r)
{
	cJSON *event;
	enum rc rc = RC_OK;

	while (r->state != STATE_OVER && r->events && (rc = events_next(r->events, &event)) == RC_OK) {
		const char *name = json_text(event, "event"), *session = json_text(event, "session"), *reason = json_text(event, "reason");

		if (name && strcmp(name, "closing") == 0) {
			if (*r->session && session && strcmp(session, r->session) == 0)
				relay_session_end_as(r, reason ? reason : "stop");
		} else {
			hold_news(r, event);
		}
		cJSON_Delete(event);
	}
	return rc == RC_AGAIN ? RC_OK : rc;
}
