/* Notices: webhooks that tell of holds and emergency access, signed as the Standard Webhooks specification 1.0 says. What is to be
 * told waits in the store until its endpoint has taken it, so a restart loses nothing and no exchange waits for an endpoint. Never PHI:
 * names of staff, rules, groups and connections, ids and times. Thread-safe. */
#ifndef PHIGATE_AGENT_NOTICE_H
#define PHIGATE_AGENT_NOTICE_H

#include "config.h"
#include "store.h"

#define NOTICES_MAX 10000                        /* that wait for one endpoint; the oldest gives way to one more */

struct notices;

/* A thread for each endpoint of config->notify. What waits for one that is no longer configured is given up. RC_BAD, RC_DENIED,
 * RC_NOT_FOUND: a secret's file. */
enum rc notices_new(const struct config *config, struct store *store, struct notices **out, struct why *why) MUST_USE;
void notices_free(struct notices *notices);              /* gives up what is under way, to be sent after a restart; NULL is allowed */

/* All borrowed; NULL and 0: does not apply. */
struct notice {
	const char *event;                       /* "hold.created", …: one of those in notice.c */
	const char *hold, *session, *connection, *rule;
	const char *user, *by;                   /* who asked, who decided */
	const char *needs;                       /* "one of privacy-officers" */
	const char *cause;
	int64_t expires_s;
};

/* Put it into the queues, within the caller's use of the store: told if that is committed, and only then. notices may be NULL. */
enum rc notices_put(struct notices *notices, sqlite3 *db, const struct notice *notice) MUST_USE;

/* The same for a caller without a transaction. */
enum rc notices_tell(struct notices *notices, const struct notice *notice) MUST_USE;

/* The key in a secret's file: "whsec_" and base64 of 24 to 64 bytes. */
enum rc notice_secret_read(const char *path, struct buf *secret, struct why *why) MUST_USE;

/* Append the value of webhook-signature: "v1," and base64 of HMAC-SHA-256 over "ID.TIMESTAMP.BODY". */
enum rc notice_sign(struct slice secret, const char *id, int64_t timestamp_s, struct slice body, struct buf *out);

/* Append the counters, for /metrics. notices may be NULL. */
void notices_metrics(struct notices *notices);   /* sets those that are looked at; NULL is allowed */

/* ---- for tests: another wall clock ---- */
void notices_set_clock(struct notices *notices, int64_t (*wall_ns)(void));

#endif
