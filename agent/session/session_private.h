/* What session*.c share. */
#ifndef PHIGATE_AGENT_SESSION_PRIVATE_H
#define PHIGATE_AGENT_SESSION_PRIVATE_H

#include <pthread.h>

#include "digest.h"
#include "session.h"

#define SESSION_GRACE_S 60                       /* after the newest token's expiry */
#define SESSION_SEAL_WAIT_NS (60 * NS_PER_S)

enum session_state { STATE_OPENING, STATE_OPEN, STATE_ENDING, STATE_SEALING, STATE_CLOSED };

struct session_private {
	struct sessions *sessions;
	struct session *next;
	int refs;
	enum session_state state;
	enum session_end end;
	unsigned char key_sha256[SHA256_LEN];
	char ssh_id[SESSION_SSH_LEN + 1];
	int end_fd;
	int active;                              /* exchanges that run */
	uint64_t exchanges;
	int64_t idle_since_ns, opened_mono_ns;   /* monotonic */
	int64_t expires_s;                       /* of the newest token, wall clock */
	int64_t max_duration_ns;
	uint64_t checked;                        /* generation of the snapshot by which it was last judged */
	struct snapshot *part;                   /* a reference: what the part that is recorded was begun with */
	char *replaces;                          /* the ended session that this one came after; NULL */
	pthread_mutex_t policy_lock;             /* of policy and part; held while the recording changes over */
};

struct sessions {
	struct current *current;
	struct store *store;
	struct spool *spool;
	struct notices *notices;                 /* NULL: none */
	int64_t (*_Atomic mono_ns)(void);
	int64_t (*_Atomic wall_ns)(void);
	void (*listener)(void *arg, const struct session_told *told);
	void *arg;
	pthread_t timer;
	bool timer_runs;

	pthread_mutex_t lock;                    /* of all below and of every session_private */
	pthread_cond_t due, closed;              /* the timer has something to look at; a session was closed */
	struct session *list;                    /* all that are not closed; each with a reference */
	int sealers;                             /* threads that seal for the timer */
	bool stop;
};

/* The one way to change a state; with the lock held. */
void session_set_state(struct session *s, enum session_state to);

/* ---- session_list.c: the rows in the store ---- */
enum rc session_row_add(struct sessions *sessions, const struct session *s) MUST_USE;
enum rc session_row_drop(struct sessions *sessions, const char *id) MUST_USE;
/* marks, too. Not kept: the row stays open, and the next start ends it as a crash. */
enum rc session_row_close(struct sessions *sessions, const struct session *s, const char *end, int parts) MUST_USE;
struct session_row_end {
	const char *id, *user, *connection, *end;
	bool emergency;                          /* those who must know are told that it has ended */
	int parts;                               /* of its recording */
};
/* Within a use of the store; begins the transaction, which the caller commits. */
enum rc session_row_end(struct sessions *sessions, sqlite3 *db, const struct session_row_end *row) MUST_USE;
/* role_has() by the configuration in force. */
bool session_role(struct sessions *sessions, const struct person *person, enum role role, const char *connection);
/* RC_BAD: no session of this person and connection. */
enum rc session_row_replaces(struct sessions *sessions, const struct session_ask *ask) MUST_USE;

/* ---- session_crash.c ---- */
/* What the store still calls open is closed as "crash". */
enum rc sessions_crashed(struct sessions *sessions) MUST_USE;

/* ---- session_open.c ---- */
/* By the connection and the policy that are in force now, emergency access included. RC_NOT_FOUND: the connection is gone; RC_DENIED. */
enum rc session_still_allowed(const struct session *s, const struct person *person, struct why *why) MUST_USE;
void session_free(struct session *s);            /* one that nobody refers to; NULL is allowed */

/* ---- session.c ---- */
enum rc session_begin(struct sessions *sessions, struct session *s, struct why *why) MUST_USE;      /* into the list, OPENING */
void session_withdraw(struct session *s);                                                   /* out again */
enum rc session_go(struct session *s) MUST_USE;              /* OPEN; RC_CANCELLED: the agent stops, and it has ended already */

#endif
