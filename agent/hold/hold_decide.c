/* Decisions: who may make them, and what they do. */
#include <string.h>

#include "clock.h"
#include "hold_private.h"

/* Of those whom the hold concerns; the groups are those of the rule. */
static enum rc check_person(sqlite3 *db, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, bool approve,
			    struct why *why)
{
	struct buf names;
	bool own_key = false;
	enum rc rc;

	buf_init(&names, 400);
	(void)!quorum_names(quorum, &names);             /* as many as a sentence holds */
	rc = hold_asked_with(db, store_text(row, COL_ID), d->key_id, &own_key);
	if (rc != RC_OK)
		goto out;
	if (hold_row_is_of(row, d->person))
		rc = why_set(why, RC_DENIED, "you made this request yourself; somebody else of %s must decide%s", names.data,
			     approve ? "" : "; phigate cancel takes it back");
	else if (own_key)
		rc = why_set(why, RC_DENIED, "this request was made with the key that you signed in with; somebody else of %s must"
			     " decide, with a key of their own", names.data);
out:
	buf_free(&names);
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
		return why_set(why, RC_CONFLICT, "%s was approved by %.400s already", h.id, h.decided_by);
	case HOLD_USED:
		return why_set(why, RC_CONFLICT, "%s was approved by %.400s, and the request has been sent", h.id, h.decided_by);
	case HOLD_DENIED:
		return why_set(why, RC_CONFLICT, "%s was denied by %.400s already", h.id, h.decided_by);
	case HOLD_EXPIRED:
		return why_set(why, RC_CONFLICT, "%s has expired; the request must be sent again", h.id);
	case HOLD_CANCELLED:
		return why_set(why, RC_CONFLICT, strcmp(h.cause, "requester") == 0 ? "%s was taken back by who asked" :
			       strcmp(h.cause, "terms") == 0 ? "%s is cancelled: the policy asks for something else now" :
			       "%s is cancelled: who asked has gone", h.id);
	}
	return RC_FAULT;
}

/* An approval that fills no place would never fill one later: who of that group was needed is there already. */
static enum rc check_use(sqlite3 *db, const char *id, const struct quorum *quorum, unsigned serves, int64_t *given, struct why *why)
{
	int64_t before, filled[QUORUM_NEEDS_MAX];
	struct buf missing;
	enum rc rc = hold_filled(db, id, quorum, 0, &before, filled);

	if (rc == RC_OK)
		rc = hold_filled(db, id, quorum, serves, given, NULL);
	if (rc != RC_OK || *given > before)
		return rc;
	buf_init(&missing, 400);
	(void)!quorum_missing(quorum, filled, &missing);
	rc = why_set(why, RC_CONFLICT, "%s has the approvals that it needs from your groups; it waits for %s", id,
		     missing.data ? missing.data : "somebody else");
	buf_free(&missing);
	return rc;
}

/* Two people who sign in with one key may be one person with two accounts. */
static enum rc check_key(sqlite3 *db, const char *id, const struct hold_decision *d, struct why *why)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT user FROM decisions WHERE hold = ? AND key_id = ? AND (issuer <> ? OR subject <> ?)", "tttt", id,
				 d->key_id, d->person->issuer, d->person->subject);

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK)
		rc = why_set(why, RC_DENIED, "%.200s has approved %s with the key that you signed in with; the approvals must come from"
			     " different people, each with a key of their own", store_text(q, 0), id);
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

/* Note the decision, and change the state when it is enough. */
static enum rc apply(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, bool approve,
		     struct why *why)
{
	const char *id = store_text(row, COL_ID);
	int64_t given = 0, ttl_ns = sqlite3_column_int64(row, COL_TTL);
	unsigned serves = quorum_serves(quorum, &d->person->groups);
	enum rc use = approve ? check_key(tx->db, id, d, why) : RC_OK, rc;

	if (approve && use == RC_OK)
		use = check_use(tx->db, id, quorum, serves, &given, why);
	rc = store_do(tx->db, NULL,
		      "INSERT INTO decisions (hold, issuer, subject, user, key_id, address, reason, approve, at_ns, serves)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      "tttttttiii", id, d->person->issuer, d->person->subject, d->person->user, d->key_id, d->address, d->reason,
		      (int64_t)approve, tx->now_ns, (int64_t)serves);
	if (rc == RC_CONFLICT)                           /* said before all else */
		return why_set(why, RC_DENIED, "you have decided on %s already; the approvals must come from different people", id);
	if (rc != RC_OK || use != RC_OK)
		return rc != RC_OK ? rc : use;   /* undone with the transaction */
	if (approve && given < quorum_places(quorum))
		return hold_tell(tx, id, "approval", NULL, d);
	rc = approve ? hold_set_state(tx, id, HOLD_PENDING, HOLD_APPROVED, tx->now_ns + ttl_ns) :
		       hold_set_state(tx, id, HOLD_PENDING, HOLD_DENIED, 0);
	return rc == RC_OK ? hold_tell(tx, id, approve ? "approved" : "denied", NULL, d) : rc;
}

/* What is done to a hold by its id; in one transaction. */
typedef enum rc hold_act(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, struct why *why);

static enum rc act_on(struct holds *holds, const char *typed, const struct hold_decision *d, hold_act *act, struct hold *out,
		      struct why *why)
{
	char id[HOLD_ID_LEN + 1];
	sqlite3_stmt *row = NULL;
	struct quorum quorum;
	struct hold_tx tx;
	enum rc rc;

	*out = (struct hold){.cause = ""};
	if (hold_id_parse(typed, id) != RC_OK)
		return why_set(why, RC_NOT_FOUND, "that is no hold's id; one looks like 7K2M-9QXD");
	why_set(why, RC_IO, "the agent's store does not answer; nothing was decided");
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		return rc;
	rc = hold_row_for(&tx, id, d->person, &row, &quorum, why);
	if (rc == RC_OK)
		rc = act(&tx, row, d, &quorum, why);
	if (rc == RC_OK)
		rc = hold_read(tx.db, id, tx.now_ns, out);
	quorum_free(&quorum);
	sqlite3_finalize(row);
	return hold_tx_end(&tx, rc);
}

static enum rc decide(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, bool approve,
		      struct why *why)
{
	enum rc rc = check_person(tx->db, row, d, quorum, approve, why);

	if (rc == RC_OK)
		rc = check_state(tx->db, row, tx->now_ns, why);
	return rc == RC_OK ? apply(tx, row, d, quorum, approve, why) : rc;
}

static enum rc act_approve(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, struct why *why)
{
	return decide(tx, row, d, quorum, true, why);
}

static enum rc act_deny(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, struct why *why)
{
	return decide(tx, row, d, quorum, false, why);
}

static enum rc act_cancel(struct hold_tx *tx, sqlite3_stmt *row, const struct hold_decision *d, const struct quorum *quorum, struct why *why)
{
	const char *id = store_text(row, COL_ID);
	enum hold_state state;
	enum rc rc;

	(void)quorum;
	if (!hold_row_is_of(row, d->person))
		return why_set(why, RC_DENIED, "only who asked may cancel %s; you may deny it", id);
	rc = hold_row_state(row, tx->now_ns, &state);
	if (rc == RC_OK && state != HOLD_APPROVED)
		rc = check_state(tx->db, row, tx->now_ns, why);
	return rc == RC_OK ? hold_set_cancelled(tx, id, state, CAUSE_REQUESTER) : rc;
}

enum rc hold_approve(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why)
{
	return act_on(holds, id, d, act_approve, out, why);
}

enum rc hold_deny(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why)
{
	return act_on(holds, id, d, act_deny, out, why);
}

enum rc hold_cancel(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why)
{
	return act_on(holds, id, d, act_cancel, out, why);
}
