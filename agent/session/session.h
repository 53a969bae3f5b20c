/* Sessions: one for each `phigate connect` or `exec`. A session is open until it is closed, idles out, outlives its limits, is
 * revoked, or the agent stops; then its exchanges end, its recording is sealed and its key means nothing any more. */
#ifndef PHIGATE_AGENT_SESSION_H
#define PHIGATE_AGENT_SESSION_H

#include <stdatomic.h>

#include "current.h"
#include "history.h"
#include "identity.h"
#include "marks.h"
#include "notice.h"
#include "mask/mask.h"
#include "record.h"
#include "role.h"
#include "store.h"

#define SESSION_ID_LEN 26                        /* Crockford base32, sorts by time */
#define SESSION_KEY_LEN 43                       /* base64url of 32 random bytes */

#define SESSION_SSH_LEN 32                       /* an SSH connection's random name, see gate.h */
#define SESSION_REASON_MAX 512

enum session_end { SESSION_END_NONE, SESSION_END_CLIENT, SESSION_END_IDLE, SESSION_END_MAX_DURATION, SESSION_END_EXPIRED,
	SESSION_END_REVOKED, SESSION_END_STOP };
const char *session_end_name(enum session_end end);      /* session.json's word: "client", "idle", … */

struct session {
	char id[SESSION_ID_LEN + 1];
	struct person person;
	struct snapshot *opened_with;            /* a reference */
	const struct connection *connection;     /* there: for its name; what it is now stands in current */
	char address[64];                        /* of the client's SSH connection, "203.0.113.9:51022" */
	char *key_id;                            /* SHA256:… of the caller's public key */
	char *reason;                            /* masked; NULL when none was given */
	bool emergency;                          /* what would be held passes; see emergency.h */
	const char *purpose;                     /* of use, static (purpose.h); NULL when none was given */
	char api_key_sha256[65];                 /* lower-case hex */
	struct policy *policy;                   /* of the part that is recorded; ask session_policy() */
	struct mask_scope *scope;
	struct history *history;                 /* what was approved and used in this session */
	struct recording *recording;
	struct marks *marks;                     /* what it is found by */
	int64_t opened_ns;                       /* wall clock */
	atomic_ullong phi;                       /* identifiers masked in its answers */
	/* the rest is session.c's */
	struct session_private *private;
};

struct sessions;

/* Everything is borrowed. notices: where emergency.opened is told before such a session can be used, and emergency.closed with its end; NULL:
 * nowhere. What the store still calls open ended with the agent before: it is marked crash, and told and found as if it had been closed. */
enum rc sessions_new(struct current *current, struct store *store, struct spool *spool, struct notices *notices, struct sessions **out,
		     struct why *why) MUST_USE;
void sessions_stop(struct sessions *sessions, enum session_end why);      /* end all, wait for their seals; none opens any more */
void sessions_free(struct sessions *sessions);                            /* after sessions_stop(); NULL is allowed */

/* Told of each session when it begins to end (its exchanges may still run) and when it is sealed. It must not wait for long.
 * Once, before use. */
enum session_news { SESSION_ENDING, SESSION_CLOSED };
struct session_told {
	const struct session *session;
	enum session_news news;
	enum session_end end;
	const char *ssh_id;                      /* of its latest SSH connection; "" when it is not known */
};
void sessions_listen(struct sessions *sessions, void (*fn)(void *arg, const struct session_told *told), void *arg);

/* ---- for the control API ---- */

/* All borrowed. reason and previous may be NULL. */
struct session_ask {
	const struct person *person;
	struct snapshot *snapshot;
	size_t place;                            /* of the connection there */
	const char *key_id, *address, *ssh_id;
	const char *api_key_sha256;
	const char *reason;                      /* as the caller gave it: it is masked before it is kept */
	const char *purpose;                     /* of use; NULL: none is given */
	const char *previous;                    /* the ended session that this one replaces */
	bool emergency;                          /* needs a reason, and a group that the policy names */
	int64_t expires_s;                       /* of the token */
};

/* May the person use the connection? RC_DENIED, why names the groups that could. */
enum rc session_allowed(const struct connection *connection, const struct person *person, struct why *why) MUST_USE;

/* key gets the SESSION-KEY, to be wiped. *out is a reference. RC_DENIED (group, what the policy demands; emergency access), RC_BAD
 * (api_key_sha256, reason, purpose, previous), RC_TOO_BIG (session.concurrent), RC_CANCELLED (the agent stops), RC_IO (store or spool: 503). */
enum rc session_open(struct sessions *sessions, const struct session_ask *ask, struct session **out, char key[SESSION_KEY_LEN + 1],
		     struct why *why) MUST_USE;

/* A fresh token of the same person: the session lives on until 60 s after the newest one's expiry, which *expires_s gets.
 * ssh_id: NULL when it is not known. RC_NOT_FOUND (none that is open, or another person's), RC_DENIED (no longer in a group),
 * RC_IO. */
enum rc session_renew(struct sessions *sessions, const char *id, const struct person *person, const char *ssh_id, int64_t token_expires_s,
		      int64_t *expires_s, struct why *why) MUST_USE;

/* End it and wait until it is sealed. CLIENT: its own user; REVOKED: its own user or an admin of its connection. RC_NOT_FOUND (also when it is not
 * for this person to know), RC_DENIED, RC_CONFLICT (it has ended before), RC_TIMEOUT: ended, and not sealed within 60 s. */
enum rc session_finish(struct sessions *sessions, const char *id, const struct person *by, enum session_end how, struct why *why) MUST_USE;

/* Another snapshot is in force: end (REVOKED) every session whose connection is gone, or whose person may not use it any more. Does not wait
 * for their seals. Returns how many. */
size_t sessions_recheck(struct sessions *sessions);

/* End every session that was opened with this key (token_conflict). */
void sessions_end_key(struct sessions *sessions, const char *key_id);

/* Append a JSON array, newest first, of {"id","user","subject","connection","address","reason","purpose","state":"open|closed","opened_at",
 * "closed_at","end","parts","own","emergency","reviews"}: the person's own, and everybody's of connections that the person is an auditor of. NULL, false
 * and 0 for all. RC_BAD (state), RC_IO. */
struct session_filter {
	const char *user, *connection, *state, *model, *rule;    /* that was asked; that decided on a request */
	const char *entity;                      /* was masked in its answers, entity_least times or more */
	int64_t entity_least;
	bool emergency, reviewed, unreviewed, held, denied;      /* only those */
	int64_t since_ns, until_ns;              /* when it was opened: from then on; before then */
};
enum rc sessions_list(struct sessions *sessions, const struct person *person, const struct session_filter *filter, struct buf *out,
		      struct why *why) MUST_USE;

/* May the person fetch its bundle? *own: it is the person's own. RC_NOT_FOUND, RC_IO. */
enum rc session_readable(struct sessions *sessions, const struct person *person, const char *id, bool *own, struct why *why) MUST_USE;

/* ---- for the data path ---- */

/* The open session of a SESSION-KEY, with one reference; NULL when there is none. Looked up by SHA-256. */
struct session *session_by_key(struct sessions *sessions, struct slice key);
void session_unref(struct session *session);

/* An exchange begins: its number from 1. RC_CANCELLED when the session is ending, RC_TOO_BIG when per_person of the person's run already.
 * Between enter and leave the session does not idle out and its recording stays open. */
enum rc session_enter(struct session *session, int64_t per_person, uint64_t *exchange) MUST_USE;
void session_leave(struct session *session);

/* The connection's policy in this snapshot, with a reference. When it, or the dialect, has changed since the session's last exchange, the
 * recording goes on in a new part first, which holds the new text. A part never goes back to an older snapshot. RC_NOT_FOUND: the
 * connection is gone, and the session is about to end; RC_IO: it cannot be recorded. */
enum rc session_policy(struct session *session, struct snapshot *snapshot, struct policy **out) MUST_USE;

/* The longest that it may last, from when it was opened. */
int64_t session_max_duration_ns(const struct session *session);

/* Readable from the moment the session ends; an exchange polls it beside its sockets. Owned by the session. */
int session_end_fd(const struct session *session);

void sessions_metrics(struct sessions *sessions);        /* sets those that are looked at */

/* ---- for tests: other clocks, and one look at what is due ---- */
void sessions_set_clock(struct sessions *sessions, int64_t (*mono_ns)(void), int64_t (*wall_ns)(void));
void sessions_tick(struct sessions *sessions);

#endif
