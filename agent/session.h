/* Sessions: one for each `phigate connect` or `exec`. A session is open until it is closed, idles out, outlives its limits, is
 * revoked, or the agent stops; then its exchanges end, its recording is sealed and its key means nothing any more. */
#ifndef PHIGATE_AGENT_SESSION_H
#define PHIGATE_AGENT_SESSION_H

#include "config.h"
#include "history.h"
#include "identity.h"
#include "mask/mask.h"
#include "policy.h"
#include "record.h"
#include "store.h"

#define SESSION_ID_LEN 26                        /* Crockford base32, sorts by time */
#define SESSION_KEY_LEN 43                       /* base64url of 32 random bytes */

enum session_end { SESSION_END_NONE, SESSION_END_CLIENT, SESSION_END_IDLE, SESSION_END_MAX_DURATION, SESSION_END_EXPIRED,
	SESSION_END_REVOKED, SESSION_END_STOP };

struct session {
	char id[SESSION_ID_LEN + 1];
	struct person person;
	const struct connection *connection;
	char address[64];                        /* of the client's SSH connection, "203.0.113.9:51022" */
	char *key_id;                            /* SHA256:… of the caller's public key */
	char *reason;                            /* NULL when none was given */
	char api_key_sha256[65];                 /* lower-case hex */
	struct policy *policy;                   /* the snapshot in force */
	struct mask_scope *scope;
	struct history *history;                 /* what was approved and used in this session */
	struct recording *recording;
	int64_t opened_ns, expires_s;
	/* the rest is session.c's */
	struct session_private *private;
};

struct sessions;
enum rc sessions_new(const struct config *config, struct store *store, struct policies *policies, struct spool *spool,
		     struct sessions **out, struct why *why) MUST_USE;
void sessions_stop(struct sessions *sessions, enum session_end why);      /* end all, wait for their seals */
void sessions_free(struct sessions *sessions);

/* The open session of a SESSION-KEY, with one reference; NULL when there is none. Looked up by SHA-256. */
struct session *session_by_key(struct sessions *sessions, struct slice key);
void session_unref(struct session *session);

/* An exchange begins: its number from 1. RC_CANCELLED when the session is ending. Between enter and leave the session does not
 * idle out and its recording stays open. */
enum rc session_enter(struct session *session, uint64_t *exchange) MUST_USE;
void session_leave(struct session *session);

/* Readable from the moment the session ends; an exchange polls it beside its sockets. Owned by the session. */
int session_end_fd(const struct session *session);

#endif
