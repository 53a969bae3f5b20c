/* Decisions: who may make them, and what they do. */
#include <string.h>

#include "clock.h"
#include "hold_private.h"

static const char *or_list(const struct text_list *groups, struct buf *out)
{
	for (size_t i = 0; i < groups->n; i++)
		buf_printf(out, "%s%s", i ? " or " : "", groups->item[i]);
	return out->data ? out->data : "";
}

static bool in_any(const struct person *person, const struct text_list *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		if (text_list_has(&person->groups, groups->item[i]))
			return true;
	return false;
}

/* The groups are those of the rule, the person's are those of the token just presented. */
static enum rc check_person(sqlite3 *db, sqlite3_stmt *row, const struct hold_decision *d, struct why *why)
{
	struct text_list groups;
	struct buf names;
	bool own_key = false;
	enum rc rc = hold_row_groups(row, &groups);

	if (rc != RC_OK)
		return rc;
	buf_init(&names, 400);
	or_list(&groups, &names);
	rc = hold_asked_with(db, store_text(row, COL_ID), d->key_id, &own_key);
	if (rc != RC_OK)
		goto out;
	if (hold_row_is_of(row, d->person))
		rc = why_set(why, RC_DENIED, "you made this request yourself; somebody else of %s must decide", names.data);
	else if (own_key)
		rc = why_set(why, RC_DENIED, "this request was made with the key that you signed in with; somebody else of %s must"
			     " decide, with a key of their own", names.data);
	else if (!in_any(d->person, &groups))
		rc = why_set(why, RC_DENIED, "only somebody of %s may decide on this request", names.data);
out:
	buf_free(&names);
	text_list_free(&groups);
	return rc;
}

static enum rc check_state(sqlite3 *db, sqlite3_stmt *row, int64_t now_ns, struct why *why)
{
	struct hold h;
	enum rc rc = hold_read(db, store_text(row, COL_ID), now_ns, &h);

	if (rc != RC_OK)
		return rc;
	switch (h.state) {
	case HOLD_PENDING:
		return RC_OK;
	case HOLD_APPROVED:
		return why_set(why, RC_CONFLICT, "%s was approved by %s already", h.id, h.decided_by);
	case HOLD_USED:
		return why_set(why, RC_CONFLICT, "%s was approved by %s, and the request has been sent", h.id, h.decided_by);
	case HOLD_DENIED:
		return why_set(why, RC_CONFLICT, "%s was denied by %s already", h.id, h.decided_by);
	case HOLD_EXPIRED:
		return why_set(why, RC_CONFLICT, "%s has expired; the request must be sent again", h.id);
	case HOLD_CANCELLED:
		return why_set(why, RC_CONFLICT, "%s is cancelled: who asked has gone", h.id);
	}
	return RC_FAULT;
}

static enum rc count_approvals(sqlite3 *db, const char *id, int64_t *n)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT count(*) FROM decisions WHERE hold = ? AND approve = 1", "t", id);

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK)
		*n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc;
}

/* Note the decision, and change the state when it is enough. */
static enum rc apply(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, bool approve, struct why *why)
{
	const char *id = store_text(row, COL_ID);
	int64_t given = 0, ttl_ns = sqlite3_column_int64(row, COL_TTL);
	enum rc rc = store_do(tx->db, NULL,
			      "INSERT INTO decisions (hold, issuer, subject, user, key_id, address, reason, approve, at_ns)"
			      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			      "tttttttii", id, d->person->issuer, d->person->subject, d->person->user, d->key_id, d->address,
			      d->reason, (int64_t)approve, tx->now_ns);

	if (rc == RC_CONFLICT)
		return why_set(why, RC_DENIED, "you have decided on %s already; the approvals must come from different people", id);
	if (rc == RC_OK)
		rc = count_approvals(tx->db, id, &given);
	if (rc != RC_OK || (approve && given < sqlite3_column_int64(row, COL_APPROVALS)))
		return rc;
	rc = approve ? hold_set_state(tx, id, HOLD_PENDING, HOLD_APPROVED, tx->now_ns + ttl_ns) :
		       hold_set_state(tx, id, HOLD_PENDING, HOLD_DENIED, 0);
	return rc == RC_OK ? hold_tell(tx, id, approve ? "approved" : "denied", NULL, d) : rc;
}

static enum rc decide(struct holds *holds, const char *typed, const struct hold_decision *d, bool approve, struct hold *out,
		      struct why *why)
{
	char id[HOLD_ID_LEN + 1];
	sqlite3_stmt *row = NULL;
	struct hold_tx tx;
	enum rc rc;

	*out = (struct hold){0};
	if (hold_id_parse(typed, id) != RC_OK)
		return why_set(why, RC_NOT_FOUND, "that is no hold's id; one looks like 7K2M-9QXD");
	why_set(why, RC_IO, "the agent's store does not answer; nothing was decided");
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		return rc;
	rc = hold_row(tx.db, id, &row);
	if (rc == RC_NOT_FOUND)
		rc = why_set(why, RC_NOT_FOUND, "there is no hold %s", id);
	if (rc == RC_OK)
		rc = check_person(tx.db, row, d, why);
	if (rc == RC_OK)
		rc = check_state(tx.db, row, tx.now_ns, why);
	if (rc == RC_OK)
		rc = apply(&tx, row, d, approve, why);
	if (rc == RC_OK)
		rc = hold_read(tx.db, id, tx.now_ns, out);
	sqlite3_finalize(row);
	return hold_tx_end(&tx, rc);
}

enum rc hold_approve(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why)
{
	return decide(holds, id, d, true, out, why);
}

enum rc hold_deny(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why)
{
	return decide(holds, id, d, false, out, why);
}
