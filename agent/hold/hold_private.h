/* What hold*.c share: the holds themselves, one change of the store as a transaction, and the rows of a hold. */
#ifndef PHIGATE_AGENT_HOLD_PRIVATE_H
#define PHIGATE_AGENT_HOLD_PRIVATE_H

#include <pthread.h>

#include "hold.h"

#define HOLD_KEY_LEN 32

struct hold_waiter;                              /* a thread in hold_wait() */
struct hold_left;                                /* a hold whose request hung up */
struct hold_event;

typedef int64_t holds_clock(void);

struct holds {
	struct store *store;
	struct notices *notices;                 /* NULL: none */
	unsigned char key[HOLD_KEY_LEN];
	int64_t held_per_person;
	holds_clock *_Atomic wall, *_Atomic mono;        /* for what the store keeps, for what only this process knows */
	hold_listener *listener;
	void *listener_arg;

	pthread_mutex_t mutex;                   /* of all below; taken inside a use of the store, never around one */
	struct hold_waiter *waiters;
	struct hold_left *left;
	struct hold_event *events, **tail;       /* committed and not yet told */
	pthread_cond_t news;                     /* the thread has something new to wait for, or shall stop */
	bool has_news, stop;
	pthread_t thread;

	pthread_mutex_t telling;                 /* one teller at a time, so that events keep their order */
};

int64_t holds_wall_ns(struct holds *holds);
int64_t holds_mono_ns(struct holds *holds);

/* ---- states ---- */
bool hold_state_parse(const char *name, enum hold_state *state);

/* ---- hold_tx.c: one exclusive use of the store; what it changed is told to waiters and listener once it is committed ---- */
struct hold_tx {
	struct holds *holds;
	sqlite3 *db;
	int64_t now_ns;
	struct hold_event *events, **tail;       /* not yet committed */
};

enum rc hold_tx_begin(struct holds *holds, struct hold_tx *tx) MUST_USE;          /* RC_IO: there is nothing to end */
/* Commit when rc is RC_OK, else undo all. Returns rc, or RC_IO when the commit failed. */
enum rc hold_tx_end(struct hold_tx *tx, enum rc rc) MUST_USE;

/* The one way to change a state, RC_CONFLICT when the hold is not in state from any more, or its time is over, or, to
 * HOLD_EXPIRED, not yet over. expires_ns 0: as it was. RC_FAULT for an edge that the table does not allow. */
enum rc hold_set_state(struct hold_tx *tx, const char *id, enum hold_state from, enum hold_state to, int64_t expires_ns) MUST_USE;

/* The same to HOLD_CANCELLED, and told. */
enum hold_cause { CAUSE_REQUESTER, CAUSE_CLIENT, CAUSE_SESSION, CAUSE_TERMS };
enum rc hold_set_cancelled(struct hold_tx *tx, const char *id, enum hold_state from, enum hold_cause cause) MUST_USE;

/* An event for all sessions that ask, or the given one. decision: who and why, or NULL. For all: the threads that wait for the hold wake, too, once
 * it is committed. */
enum rc hold_tell(struct hold_tx *tx, const char *id, const char *event, const char *session,
		  const struct hold_decision *decision) MUST_USE;

/* A notice of what has become of it. */
enum rc hold_notice(struct hold_tx *tx, const char *id, const char *notice, const struct hold_decision *decision) MUST_USE;

/* ---- hold_wait.c: waiting, leaving, and the thread that lets holds expire ---- */
void hold_waiters_wake(struct holds *holds, const char *id);
/* Somebody asks for the hold again: it is no longer to be cancelled. */
void hold_not_left(struct holds *holds, const char *id);
enum rc hold_thread_start(struct holds *holds, struct why *why) MUST_USE;
void hold_thread_stop(struct holds *holds);

/* ---- rows ---- */
/* A hold that has been over for HOLD_KEPT_NS is history: its request is gone, nobody is shown it any more, and who asked and who decided stays
 * for evidence (pack_lists.c), six years (45 CFR 164.316(b)(2)(i)). */
#define HOLD_KEPT_NS (30LL * 86400 * NS_PER_S)
#define HOLD_HISTORY_NS (2192LL * 86400 * NS_PER_S)
#define HOLD_IS_SHOWN "shown <> '{}'"            /* as an index has it */

/* All but the request, which may be long: only who is shown it has it read. */
#define HOLD_COLUMNS \
	"id, state, issuer, subject, user, connection, reason, rule, matched, needs, cause, ttl_ns, created_ns, expires_ns"
enum hold_column {
	COL_ID, COL_STATE, COL_ISSUER, COL_SUBJECT, COL_USER, COL_CONNECTION, COL_REASON, COL_RULE, COL_MATCHED, COL_NEEDS,
	COL_CAUSE, COL_TTL, COL_CREATED, COL_EXPIRES,
};

/* The hold's row, finalized by the caller. RC_NOT_FOUND. */
enum rc hold_row(sqlite3 *db, const char *id, sqlite3_stmt **row) MUST_USE;
/* The same for somebody who asks by an id, and its quorum (quorum_free() in any case). RC_NOT_FOUND, in the same words, for a hold that there is
 * not, that is history, or that the person neither made nor may decide: whoever has come by an id does not learn whether it is one. */
enum rc hold_row_for(struct hold_tx *tx, const char *id, const struct person *person, sqlite3_stmt **row, struct quorum *quorum,
		     struct why *why) MUST_USE;
/* Its state; one whose time is over is expired, also before the thread has said so. RC_FAULT for a word that is no state. */
enum rc hold_row_state(sqlite3_stmt *row, int64_t now_ns, enum hold_state *state) MUST_USE;
bool hold_row_is_of(sqlite3_stmt *row, const struct person *person);
enum rc hold_row_quorum(sqlite3_stmt *row, struct quorum *quorum) MUST_USE;      /* quorum_free() in any case */
/* How many places of the quorum are filled, and of each need (may be NULL). with: bits of one more who approves; 0: nobody. */
enum rc hold_filled(sqlite3 *db, const char *id, const struct quorum *quorum, unsigned with, int64_t *places,
		    int64_t filled[QUORUM_NEEDS_MAX]) MUST_USE;
/* Append who must still approve, in words. */
enum rc hold_needs(sqlite3 *db, sqlite3_stmt *row, struct buf *out) MUST_USE;
/* State, expiry and decisions, as they are now. */
enum rc hold_read(sqlite3 *db, const char *id, int64_t now_ns, struct hold *out) MUST_USE;
/* Has the key asked for the hold? */
enum rc hold_asked_with(sqlite3 *db, const char *id, const char *key_id, bool *asked) MUST_USE;

#endif
