/* Reviews of sessions: who looked at what, when, and what they found (45 CFR 164.308(a)(1)(ii)(D)). Each is a record signed by the
 * agent's signing key, which ssh-keygen verifies, and names its bundles by digest and the review before it. Thread-safe. */
#ifndef PHIGATE_AGENT_REVIEW_H
#define PHIGATE_AGENT_REVIEW_H

#include "config.h"
#include "identity.h"
#include "notice.h"
#include "policy.h"
#include "record.h"
#include "store.h"

#define REVIEW_FINDING_MAX 4096

/* What reviews need; all borrowed. */
struct review_place {
	const struct config *config;
	struct store *store;
	struct spool *spool;
	struct policies *policies;
	struct notices *notices;
};

struct review_ask {
	const struct person *person;
	const char *key_id, *address, *session;
	const char *finding;                     /* as it was written; it is masked before it is kept */
};

/* Append {"session","n"}. The record is one line of JSON:
 *   {"v":1,"type":"phigate-review","agent","session","n":1,"emergency","user","connection","opened_at","end",
 *    "parts":[{"part":1,"sums":SHA-256 of SHA256SUMS or null}],"reviewer":{"id","subject","issuer","key","address"},"at","finding",
 *    "previous":SHA-256 of the record before or null}
 * RC_DENIED (no auditor; one's own session), RC_NOT_FOUND (also of a connection that the person is no auditor of), RC_CONFLICT (still open), RC_BAD (finding), RC_IO. */
enum rc review_add(const struct review_place *place, const struct review_ask *ask, struct buf *out, struct why *why) MUST_USE;

/* Append a JSON array of {"n","user","at","record","signature"}, oldest first. The caller has checked that the person may see the
 * session. RC_IO. */
enum rc reviews_list(struct store *store, const char *session, struct buf *out, struct why *why) MUST_USE;

#endif
