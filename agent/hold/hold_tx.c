/* Changes of holds: a transaction each, and then, in the order of the commits, the news of it. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hold_private.h"
#include "json.h"
#include "log.h"

#define EVENT_MAX 16384

struct hold_event {
	const char *event;                       /* NULL: only the waiting threads are told */
	char id[HOLD_ID_LEN + 1];
	char *issuer, *subject, *session;
	struct buf json;
	struct hold_event *next;
};

static void event_free(struct hold_event *e)
{
	while (e) {
		struct hold_event *next = e->next;

		free(e->issuer);
		free(e->subject);
		free(e->session);
		buf_free(&e->json);
		free(e);
		e = next;
	}
}

enum rc hold_tx_begin(struct holds *holds, struct hold_tx *tx)
{
	*tx = (struct hold_tx){.holds = holds, .now_ns = holds_wall_ns(holds)};
	tx->tail = &tx->events;
	tx->db = store_begin(holds->store);
	if (!tx->db)
		return RC_IO;
	if (store_do(tx->db, NULL, "BEGIN IMMEDIATE", "") != RC_OK) {
		store_end(holds->store);
		return RC_IO;
	}
	return RC_OK;
}

/* Tell what is committed, one teller at a time. Whoever comes here finds its own events told when it leaves. */
static void tell_all(struct holds *holds)
{
	pthread_mutex_lock(&holds->telling);
	for (;;) {
		struct hold_event *e;

		pthread_mutex_lock(&holds->mutex);
		e = holds->events;
		if (e && !(holds->events = e->next))
			holds->tail = &holds->events;
		pthread_mutex_unlock(&holds->mutex);
		if (!e)
			break;
		e->next = NULL;
		hold_waiters_wake(holds, e->id);
		if (e->event)
			log_info("hold", L_TEXT("hold", e->id), L_TEXT("event", e->event), L_TEXT("session", e->session));
		if (e->event && holds->listener)
			holds->listener(holds->listener_arg, e->event, e->issuer, e->subject, e->session, buf_slice(&e->json));
		event_free(e);
	}
	pthread_mutex_unlock(&holds->telling);
}

enum rc hold_tx_end(struct hold_tx *tx, enum rc rc)
{
	struct holds *holds = tx->holds;

	if (rc == RC_OK && store_do(tx->db, NULL, "COMMIT", "") != RC_OK)
		rc = RC_IO;
	if (rc != RC_OK) {
		store_end(holds->store);         /* undoes what was not committed */
		event_free(tx->events);
		return rc;
	}
	pthread_mutex_lock(&holds->mutex);
	if (tx->events) {
		*holds->tail = tx->events;
		holds->tail = tx->tail;
		holds->has_news = true;
		pthread_cond_signal(&holds->news);
	}
	pthread_mutex_unlock(&holds->mutex);
	store_end(holds->store);
	tell_all(holds);
	return RC_OK;
}

static enum rc event_new(struct hold_tx *tx, const char *event, const char *id, struct hold_event **out)
{
	struct hold_event *e = calloc(1, sizeof *e);

	if (!e)
		return RC_NOMEM;
	e->event = event;
	strncpy(e->id, id, HOLD_ID_LEN);
	buf_init(&e->json, EVENT_MAX);
	*tx->tail = e;
	tx->tail = &e->next;
	*out = e;
	return RC_OK;
}

static enum rc wake_waiters(struct hold_tx *tx, const char *id)
{
	struct hold_event *e;

	return event_new(tx, NULL, id, &e);
}

/* Who may decide, what is still needed, and how far it is. */
static enum rc add_quorum(sqlite3 *db, sqlite3_stmt *row, struct buf *out)
{
	int64_t given = 0, filled[QUORUM_NEEDS_MAX];
	struct quorum quorum;
	struct buf missing;
	enum rc rc = hold_row_quorum(row, &quorum);

	buf_init(&missing, EVENT_MAX);
	if (rc == RC_OK)
		rc = hold_filled(db, store_text(row, COL_ID), &quorum, 0, &given, filled);
	if (rc == RC_OK)
		rc = quorum_missing(&quorum, filled, &missing);
	if (rc == RC_OK) {
		buf_puts(out, ",\"approvers\":");
		quorum_groups_json(&quorum, out);
		buf_puts(out, ",\"needs\":");
		json_add_string(out, buf_slice(&missing));
		rc = buf_printf(out, ",\"approvals_needed\":%lld,\"approvals_given\":%lld", (long long)quorum_places(&quorum),
				(long long)given);
	}
	buf_free(&missing);
	quorum_free(&quorum);
	return rc;
}

static enum rc event_json(sqlite3 *db, sqlite3_stmt *row, const char *event, const char *session, const struct hold_decision *decision,
			  struct buf *out)
{
	char time[CLOCK_TEXT];
	enum rc rc;

	buf_puts(out, "{\"event\":");
	json_add_str(out, event);
	buf_puts(out, ",\"id\":");
	json_add_str(out, store_text(row, COL_ID));
	buf_puts(out, ",\"session\":");
	json_add_str(out, session);
	buf_puts(out, ",\"connection\":");
	json_add_str(out, store_text(row, COL_CONNECTION));
	buf_puts(out, ",\"user\":");
	json_add_str(out, store_text(row, COL_USER));
	buf_puts(out, ",\"rule\":");
	json_add_str(out, store_text(row, COL_RULE));
	rc = add_quorum(db, row, out);
	buf_printf(out, ",\"expires_at\":\"%s\"", clock_text_s(sqlite3_column_int64(row, COL_EXPIRES) / NS_PER_S, time));
	if (decision) {
		buf_puts(out, ",\"by\":");
		json_add_str(out, decision->person->user);
		buf_puts(out, ",\"reason\":");
		json_add_str(out, decision->reason);
	}
	if (sqlite3_column_type(row, COL_CAUSE) != SQLITE_NULL) {
		buf_puts(out, ",\"cause\":");
		json_add_str(out, store_text(row, COL_CAUSE));
	}
	buf_putc(out, '}');
	return rc == RC_OK ? out->rc : rc;
}

static enum rc tell_session(struct hold_tx *tx, sqlite3_stmt *row, const char *event, const char *session,
			    const struct hold_decision *decision)
{
	struct hold_event *e;
	enum rc rc = event_new(tx, event, store_text(row, COL_ID), &e);

	if (rc != RC_OK)
		return rc;
	e->issuer = strdup(store_text(row, COL_ISSUER));
	e->subject = strdup(store_text(row, COL_SUBJECT));
	e->session = strdup(session);
	return e->issuer && e->subject && e->session ? event_json(tx->db, row, event, session, decision, &e->json) : RC_NOMEM;
}

enum rc hold_notice(struct hold_tx *tx, const char *id, const char *event, const struct hold_decision *decision)
{
	struct notice notice = {.event = event, .by = decision ? decision->person->user : NULL};
	struct buf needs;
	sqlite3_stmt *row;
	enum rc rc;

	if (!tx->holds->notices)
		return RC_OK;
	rc = hold_row(tx->db, id, &row);
	if (rc != RC_OK)
		return rc;
	buf_init(&needs, EVENT_MAX);
	rc = hold_needs(tx->db, row, &needs);
	notice.hold = store_text(row, COL_ID);
	notice.connection = store_text(row, COL_CONNECTION);
	notice.rule = store_text(row, COL_RULE);
	notice.user = store_text(row, COL_USER);
	notice.cause = store_text(row, COL_CAUSE);
	notice.needs = needs.data;
	notice.expires_s = sqlite3_column_int64(row, COL_EXPIRES) / NS_PER_S;
	if (rc == RC_OK)
		rc = notices_put(tx->holds->notices, tx->db, &notice);
	buf_free(&needs);
	sqlite3_finalize(row);
	return rc;
}

/* What those who are not there are told of. */
static const struct {
	const char *event, *notice;
} NOTICES[] = {
	{"approved", "hold.approved"}, {"denied", "hold.denied"}, {"expired", "hold.expired"}, {"cancelled", "hold.cancelled"},
};

enum rc hold_tell(struct hold_tx *tx, const char *id, const char *event, const char *session, const struct hold_decision *decision)
{
	sqlite3_stmt *row, *askers = NULL;
	enum rc rc = hold_row(tx->db, id, &row);

	if (rc != RC_OK)
		return rc;
	if (session) {
		rc = tell_session(tx, row, event, session, decision);
	} else {
		rc = store_query(tx->db, &askers, "SELECT DISTINCT session FROM askers WHERE hold = ?", "t", id);
		while (rc == RC_OK && (rc = store_row(askers)) == RC_OK)
			rc = tell_session(tx, row, event, store_text(askers, 0), decision);
		rc = rc == RC_END ? wake_waiters(tx, id) : rc;
	}
	sqlite3_finalize(askers);
	sqlite3_finalize(row);
	for (size_t i = 0; !session && i < sizeof NOTICES / sizeof *NOTICES && rc == RC_OK; i++)
		if (strcmp(NOTICES[i].event, event) == 0)
			rc = hold_notice(tx, id, NOTICES[i].notice, decision);
	return rc;
}
