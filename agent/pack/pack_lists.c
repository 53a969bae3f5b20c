/* The lists of a pack that the store knows, in a fixed order and a few rows at a time, so that nobody waits for long. */
#include <string.h>

#include "clock.h"
#include "jsonput.h"
#include "pack_private.h"

#define ROWS 200                                 /* of one use of the store */

/* Where the next use of the store goes on. */
struct cursor {
	int64_t number;
	char text[72];
};

static void cursor_set(struct cursor *at, const char *text, int64_t number)
{
	at->number = number;
	strncpy(at->text, text, sizeof at->text - 1);
}

static void put_text(struct buf *out, const char *key, sqlite3_stmt *row, int column)
{
	jsonput_text(out, key, sqlite3_column_type(row, column) == SQLITE_NULL ? NULL : store_text(row, column));
}

static void put_time(struct buf *out, const char *key, sqlite3_stmt *row, int column)
{
	char text[CLOCK_TEXT];

	jsonput_text(out, key, sqlite3_column_type(row, column) == SQLITE_NULL ? NULL : clock_text_us(sqlite3_column_int64(row, column), text));
}

/* ---- sessions, emergencies --------------------------------------------------------------------------------------------------- */

static void put_session(sqlite3_stmt *row, struct buf *out)
{
	jsonput_open(out, NULL, '{');
	put_text(out, "id", row, 0);
	put_text(out, "user", row, 1);
	put_text(out, "subject", row, 2);
	put_text(out, "issuer", row, 3);
	put_text(out, "connection", row, 4);
	put_text(out, "address", row, 5);
	put_text(out, "reason", row, 6);
	put_text(out, "purpose", row, 7);
	put_text(out, "state", row, 8);
	put_time(out, "opened_at", row, 9);
	put_time(out, "closed_at", row, 10);
	put_text(out, "end", row, 11);
	jsonput_number(out, "parts", sqlite3_column_int64(row, 12));
	jsonput_flag(out, "emergency", sqlite3_column_int(row, 13));
	jsonput_number(out, "reviews", sqlite3_column_int64(row, 14));
	jsonput_close(out, '}');
}

static enum rc some_sessions(struct pack_work *w, sqlite3 *db, struct cursor *at, int *n)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT id, user, subject, issuer, connection, address, reason, purpose, state, opened_ns, closed_ns, ended,"
				 " parts, emergency, reviews FROM sessions WHERE (opened_ns, id) > (?, ?) AND opened_ns < ?"
				 " AND (closed_ns IS NULL OR closed_ns >= ?) ORDER BY opened_ns, id LIMIT ?",
				 "itiii", at->number, at->text, w->to_ns, w->from_ns, (int64_t)ROWS);

	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		++*n;
		cursor_set(at, store_text(q, 0), sqlite3_column_int64(q, 9));
		put_session(q, &w->out[PACK_SESSIONS].text);
		rc = pack_out_line(w, PACK_SESSIONS);
		if (rc == RC_OK && sqlite3_column_int(q, 13)) {
			put_session(q, &w->out[PACK_EMERGENCIES].text);
			rc = pack_out_line(w, PACK_EMERGENCIES);
		}
	}
	sqlite3_finalize(q);
	return rc;
}

/* ---- approvals ------------------------------------------------------------------------------------------------------------------ */

static enum rc put_decisions(sqlite3 *db, const char *id, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT approve, user, subject, issuer, at_ns, address, key_id, reason FROM decisions WHERE hold = ?"
				 " ORDER BY at_ns, issuer, subject", "t", id);

	jsonput_open(out, "decisions", '[');
	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		jsonput_open(out, NULL, '{');
		jsonput_text(out, "decision", sqlite3_column_int(q, 0) ? "approved" : "denied");
		put_text(out, "user", q, 1);
		put_text(out, "subject", q, 2);
		put_text(out, "issuer", q, 3);
		put_time(out, "at", q, 4);
		put_text(out, "address", q, 5);
		put_text(out, "key", q, 6);
		put_text(out, "reason", q, 7);
		jsonput_close(out, '}');
	}
	jsonput_close(out, ']');
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

static enum rc put_askers(sqlite3 *db, const char *id, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT DISTINCT session FROM askers WHERE hold = ? ORDER BY session", "t", id);

	jsonput_open(out, "sessions", '[');
	while (rc == RC_OK && (rc = store_row(q)) == RC_OK)
		jsonput_text(out, NULL, store_text(q, 0));
	jsonput_close(out, ']');
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

/* Neither the request nor what the rule matched in it. */
static enum rc put_hold(struct pack_work *w, sqlite3 *db, sqlite3_stmt *row)
{
	struct buf *out = &w->out[PACK_APPROVALS].text;
	enum rc rc = keyset_add(&w->holds, slice_str(store_text(row, 0)), 1);

	jsonput_open(out, NULL, '{');
	put_text(out, "id", row, 0);
	put_text(out, "state", row, 1);
	put_text(out, "rule", row, 2);
	put_text(out, "user", row, 3);
	put_text(out, "subject", row, 4);
	put_text(out, "issuer", row, 5);
	put_text(out, "connection", row, 6);
	put_text(out, "reason", row, 7);
	put_time(out, "created_at", row, 8);
	put_time(out, "expires_at", row, 9);
	put_text(out, "cause", row, 10);
	jsonput_value(out, "needs", slice_str(store_text(row, 11)));
	if (rc == RC_OK)
		rc = put_askers(db, store_text(row, 0), out);
	if (rc == RC_OK)
		rc = put_decisions(db, store_text(row, 0), out);
	jsonput_close(out, '}');
	return rc == RC_OK ? pack_out_line(w, PACK_APPROVALS) : rc;
}

static enum rc some_holds(struct pack_work *w, sqlite3 *db, struct cursor *at, int *n)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT id, state, rule, user, subject, issuer, connection, reason, created_ns, expires_ns, cause, needs FROM holds"
				 " WHERE (created_ns, id) > (?, ?) AND created_ns < ?3 AND (created_ns >= ?4 OR changed_ns >= ?4 OR EXISTS"
				 " (SELECT 1 FROM decisions WHERE hold = holds.id AND at_ns >= ?4)) ORDER BY created_ns, id LIMIT ?5",
				 "itiii", at->number, at->text, w->to_ns, w->from_ns - PACK_SLACK_NS, (int64_t)ROWS);

	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		++*n;
		cursor_set(at, store_text(q, 0), sqlite3_column_int64(q, 8));
		rc = put_hold(w, db, q);
	}
	sqlite3_finalize(q);
	return rc;
}

/* ---- reviews -------------------------------------------------------------------------------------------------------------------- */

static enum rc some_reviews(struct pack_work *w, sqlite3 *db, struct cursor *at, int *n)
{
	struct buf *out = &w->out[PACK_REVIEWS].text;
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT session, n, user, at_ns, record, signature FROM reviews WHERE (session, n) > (?2, ?1)"
				 " AND at_ns >= ?3 AND at_ns < ?4 ORDER BY session, n LIMIT ?5",
				 "itiii", at->number, at->text, w->from_ns, w->to_ns, (int64_t)ROWS);

	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		++*n;
		cursor_set(at, store_text(q, 0), sqlite3_column_int64(q, 1));
		jsonput_open(out, NULL, '{');
		put_text(out, "session", q, 0);
		jsonput_number(out, "n", sqlite3_column_int64(q, 1));
		put_text(out, "user", q, 2);
		put_time(out, "at", q, 3);
		put_text(out, "record", q, 4);
		put_text(out, "signature", q, 5);
		jsonput_close(out, '}');
		rc = pack_out_line(w, PACK_REVIEWS);
	}
	sqlite3_finalize(q);
	return rc;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------------ */

typedef enum rc some_rows(struct pack_work *w, sqlite3 *db, struct cursor *at, int *n);

enum rc pack_lists(struct pack_work *w, struct why *why)
{
	static some_rows *const lists[] = {some_sessions, some_holds, some_reviews};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof lists / sizeof *lists && rc == RC_OK; i++) {
		struct cursor at = {.number = -1};
		int n = ROWS;

		while (rc == RC_OK && n == ROWS) {
			sqlite3 *db = store_begin(w->place->store);

			if (!db)
				return why_set(why, RC_IO, "the agent's store does not answer");
			n = 0;
			rc = lists[i](w, db, &at, &n);
			store_end(w->place->store);
			rc = rc == RC_END ? RC_OK : rc;
		}
	}
	return rc == RC_OK ? rc : why_set(why, rc, "the agent's store cannot be read");
}
