/* Holds as people see them: the list and one of them whole. */
#include <string.h>

#include "clock.h"
#include "hold_private.h"
#include "json.h"

/* "203.0.113.9:51022" and "[2001:db8::1]:51022" without their ports. */
static struct slice host_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon ? (struct slice){address, (size_t)(colon - address)} : slice_str(address);
}

static enum rc asked_from(sqlite3 *db, const char *id, const char *address, bool *same)
{
	const struct slice host = host_of(address);
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT address FROM askers WHERE hold = ?", "t", id);

	*same = false;
	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		const struct slice other = host_of(store_text(q, 0));

		*same = *same || (host.n && host.n == other.n && memcmp(host.p, other.p, host.n) == 0);
	}
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, text);
}

static void add_time(struct buf *out, const char *name, int64_t ns)
{
	char text[CLOCK_TEXT];

	buf_printf(out, ",\"%s\":\"%s\"", name, clock_text_s(ns / NS_PER_S, text));
}

static void add_flag(struct buf *out, const char *name, bool flag)
{
	buf_printf(out, ",\"%s\":%s", name, flag ? "true" : "false");
}

static const char *text_or_null(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? NULL : store_text(row, column);
}

static enum rc add_decisions(sqlite3 *db, const char *id, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT approve, user, at_ns, address, reason, key_id FROM decisions WHERE hold = ? ORDER BY at_ns",
				 "t", id);

	buf_puts(out, ",\"decisions\":[");
	for (int i = 0; rc == RC_OK && (rc = store_row(q)) == RC_OK; i++) {
		bool approve = sqlite3_column_int(q, 0), same = false;

		buf_printf(out, "%s{\"decision\":\"%s\"", i ? "," : "", approve ? "approved" : "denied");
		add_text(out, "user", store_text(q, 1));
		add_time(out, "at", sqlite3_column_int64(q, 2));
		add_text(out, "address", store_text(q, 3));
		add_text(out, "key_id", store_text(q, 5));
		rc = asked_from(db, id, store_text(q, 3), &same);
		add_flag(out, "same_address", same);
		add_text(out, "reason", text_or_null(q, 4));
		buf_putc(out, '}');
	}
	sqlite3_finalize(q);
	buf_putc(out, ']');
	return rc == RC_END ? RC_OK : rc;
}

/* Who asks: the newest, and with whole all of them. */
static enum rc add_askers(sqlite3 *db, const char *id, bool whole, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT session, a.address, exchange, purpose FROM askers a LEFT JOIN sessions s ON s.id = session"
				 " WHERE hold = ? ORDER BY a.rowid DESC", "t", id);
	int i = 0;

	for (; rc == RC_OK && (rc = store_row(q)) == RC_OK; i++) {
		if (i == 0) {
			add_text(out, "address", store_text(q, 1));
			add_text(out, "session", store_text(q, 0));
			add_text(out, "purpose", text_or_null(q, 3));
			if (!whole)
				break;
			buf_puts(out, ",\"askers\":[");
		}
		buf_puts(out, i ? ",{\"session\":" : "{\"session\":");
		json_add_str(out, store_text(q, 0));
		add_text(out, "address", store_text(q, 1));
		buf_printf(out, ",\"exchange\":%lld}", (long long)sqlite3_column_int64(q, 2));
	}
	if (whole && i)
		buf_putc(out, ']');
	sqlite3_finalize(q);
	return rc == RC_END ? (i ? RC_OK : RC_FAULT) : rc;
}

/* The display name belonged to another subject before: the approver should know. */
static enum rc add_name_check(sqlite3 *db, sqlite3_stmt *row, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q,
				 "SELECT 1 FROM sessions WHERE user = ?1 AND (issuer <> ?2 OR subject <> ?3)"
				 " UNION ALL SELECT 1 FROM users WHERE user = ?1 AND (issuer <> ?2 OR subject <> ?3)"
				 " UNION ALL SELECT 1 FROM holds WHERE user = ?1 AND (issuer <> ?2 OR subject <> ?3) LIMIT 1",
				 "ttt", store_text(row, COL_USER), store_text(row, COL_ISSUER), store_text(row, COL_SUBJECT));

	if (rc == RC_OK)
		rc = store_row(q);
	add_flag(out, "user_was_another", rc == RC_OK);
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

/* What a person may do with a hold of that quorum. */
struct view {
	bool own, decides;               /* decides: in one of its groups, and did not ask */
	bool decided;                    /* has done so */
	struct quorum quorum;
};

static enum rc look(sqlite3 *db, sqlite3_stmt *row, const struct person *person, struct view *view)
{
	enum rc rc = RC_OK;
	sqlite3_stmt *q;

	view->own = hold_row_is_of(row, person);
	view->decides = !view->own && quorum_serves(&view->quorum, &person->groups);
	view->decided = false;
	if (view->decides) {
		rc = store_query(db, &q, "SELECT 1 FROM decisions WHERE hold = ? AND issuer = ? AND subject = ?", "ttt",
				 store_text(row, COL_ID), person->issuer, person->subject);
		if (rc == RC_OK)
			rc = store_row(q);
		view->decided = rc == RC_OK;
		sqlite3_finalize(q);
	}
	return rc == RC_END ? RC_OK : rc;
}

static enum rc add_needs(sqlite3 *db, const char *id, const struct quorum *quorum, struct buf *out)
{
	int64_t given, filled[QUORUM_NEEDS_MAX];
	enum rc rc = hold_filled(db, id, quorum, 0, &given, filled);

	buf_puts(out, ",\"groups\":");
	(void)!quorum_groups_json(quorum, out);
	for (size_t i = 0; i < quorum->n; i++) {
		const struct quorum one = {.need = {quorum->need[i]}, .n = 1};

		buf_puts(out, i ? ",{\"groups\":" : ",\"needs\":[{\"groups\":");
		(void)!quorum_groups_json(&one, out);
		buf_printf(out, ",\"approvals\":%lld,\"given\":%lld}", (long long)quorum->need[i].approvals, (long long)filled[i]);
	}
	buf_printf(out, "],\"approvals_needed\":%lld,\"approvals_given\":%lld", (long long)quorum_places(quorum), (long long)given);
	return rc;
}

/* The request, as it is kept for those who are shown it. */
static enum rc add_request(sqlite3 *db, const char *id, struct buf *out)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT shown FROM holds WHERE id = ?", "t", id);

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		buf_puts(out, ",\"request\":");
		rc = buf_puts(out, store_text(q, 0));
	}
	sqlite3_finalize(q);
	return rc == RC_END ? RC_FAULT : rc;
}

static enum rc add_hold(struct hold_tx *tx, sqlite3_stmt *row, const struct view *view, bool whole, struct buf *out)
{
	const char *id = store_text(row, COL_ID);
	enum hold_state state;
	enum rc rc = hold_row_state(row, tx->now_ns, &state);

	if (rc != RC_OK)
		return rc;
	buf_puts(out, "{\"id\":");
	json_add_str(out, id);
	add_text(out, "state", hold_state_name(state));
	add_text(out, "rule", store_text(row, COL_RULE));
	add_text(out, "matched", text_or_null(row, COL_MATCHED));
	add_text(out, "user", store_text(row, COL_USER));
	add_text(out, "subject", store_text(row, COL_SUBJECT));
	rc = add_askers(tx->db, id, whole, out);
	if (rc != RC_OK)
		return rc;
	add_text(out, "connection", store_text(row, COL_CONNECTION));
	add_text(out, "reason", text_or_null(row, COL_REASON));
	add_time(out, "created_at", sqlite3_column_int64(row, COL_CREATED));
	add_time(out, "expires_at", sqlite3_column_int64(row, COL_EXPIRES));
	add_text(out, "cause", text_or_null(row, COL_CAUSE));
	rc = add_needs(tx->db, id, &view->quorum, out);
	if (rc == RC_OK)
		rc = add_decisions(tx->db, id, out);
	add_flag(out, "own", view->own);
	add_flag(out, "may_decide", view->decides && !view->decided && state == HOLD_PENDING);
	if (rc == RC_OK && whole)
		rc = add_name_check(tx->db, row, out);
	if (rc == RC_OK && whole)
		rc = add_request(tx->db, id, out);
	buf_putc(out, '}');
	return rc == RC_OK ? out->rc : rc;
}

enum rc holds_list(struct holds *holds, const struct person *person, const char *state, struct buf *out, struct why *why)
{
	enum hold_state wanted = HOLD_PENDING;
	bool all = state && strcmp(state, "all") == 0;
	sqlite3_stmt *row = NULL;
	struct hold_tx tx;
	int n = 0;
	enum rc rc;

	if (state && !all && !hold_state_parse(state, &wanted))
		return why_set(why, RC_BAD, "state is pending, approved, used, denied, expired, cancelled or all");
	why_set(why, RC_IO, "the agent's store does not answer");
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		return rc;
	/* what is stored as pending or approved may have expired since */
	rc = store_query(tx.db, &row,
			 "SELECT " HOLD_COLUMNS " FROM holds WHERE " HOLD_IS_SHOWN " AND (?1 OR state = ?2 OR (?2 = 'expired' AND"
			 " state IN ('pending', 'approved'))) ORDER BY created_ns", "it", (int64_t)all, hold_state_name(wanted));
	buf_putc(out, '[');
	while (rc == RC_OK && (rc = store_row(row)) == RC_OK) {
		struct view view = {0};
		enum hold_state is;

		rc = hold_row_state(row, tx.now_ns, &is);
		if (rc == RC_OK)
			rc = hold_row_quorum(row, &view.quorum);
		if (rc == RC_OK)
			rc = look(tx.db, row, person, &view);
		if (rc == RC_OK && (all || is == wanted) && (view.own || view.decides)) {
			if (n++)
				buf_putc(out, ',');
			rc = add_hold(&tx, row, &view, false, out);
		}
		quorum_free(&view.quorum);
	}
	sqlite3_finalize(row);
	buf_putc(out, ']');
	rc = hold_tx_end(&tx, rc == RC_END ? RC_OK : rc);
	return rc == RC_OK ? out->rc : rc;
}

enum rc hold_show(struct holds *holds, const struct person *person, const char *typed, struct buf *out, struct why *why)
{
	char id[HOLD_ID_LEN + 1];
	sqlite3_stmt *row = NULL;
	struct hold_tx tx;
	struct view view = {0};
	enum rc rc;

	if (hold_id_parse(typed, id) != RC_OK)
		return why_set(why, RC_NOT_FOUND, "that is no hold's id; one looks like 7K2M-9QXD");
	why_set(why, RC_IO, "the agent's store does not answer");
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		return rc;
	rc = hold_row_for(&tx, id, person, &row, &view.quorum, why);
	if (rc == RC_OK)
		rc = look(tx.db, row, person, &view);
	if (rc == RC_OK)
		rc = add_hold(&tx, row, &view, true, out);
	quorum_free(&view.quorum);
	sqlite3_finalize(row);
	return hold_tx_end(&tx, rc);
}
