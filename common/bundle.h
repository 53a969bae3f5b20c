/* Reading and verifying a bundle (evidence.md). A bundle is hostile input: names, sizes, order, depth and counts are checked, and nothing
 * is read whole that has no bound. */
#ifndef PHIGATE_BUNDLE_H
#define PHIGATE_BUNDLE_H

#include <stdint.h>

#include "buf.h"
#include "signers.h"

#define BUNDLE_NAMESPACE "phigate-bundle-v1"
#define BUNDLE_RECORD_MAX ((size_t)64 << 20)             /* a larger record is verified, but not shown */

struct bundle;

/* One pass over the tar headers; the table of members. RC_BAD: why says which member and what; RC_NOT_FOUND, RC_DENIED, RC_IO: the file
 * cannot be opened or read. */
enum rc bundle_open(const char *path, struct bundle **out, struct why *why) MUST_USE;
void bundle_free(struct bundle *b);                      /* NULL is allowed */

/* One check of verification, as it is told: name ("members", "session", "signature", "sums", "policy", "chain", "head", "records", "story"),
 * whether it holds, and one sentence, in which names from the bundle may stand: print it as text that others wrote. */
struct bundle_check {
	const char *name;
	bool holds;
	const char *text;
};
typedef void bundle_on_check(void *arg, const struct bundle_check *check);

/* All checks, each told to on_check (may be NULL) in this order when all are done. Once. RC_OK: everything holds. RC_NOT_FOUND: everything
 * holds, but no signer is known (signers NULL or empty); why says which key signed. RC_DENIED: everything holds, but the key that signed is
 * not this agent's, or has expired. RC_BAD: the first check that failed is in why. RC_IO: cannot be read; RC_NOMEM. */
enum rc bundle_verify(struct bundle *b, const struct signers *signers, bundle_on_check *on_check, void *arg, struct why *why) MUST_USE;

/* After bundle_verify(): session.json, whole (bounded), also when it does not hold; the key that made the signature, as a line "ssh-ed25519
 * AAAA…" and as "SHA256:…", empty when the signature does not fit. All owned by the bundle. */
struct slice bundle_session(const struct bundle *b);
const char *bundle_signer(const struct bundle *b);
const char *bundle_fingerprint(const struct bundle *b);

/* Records in order, for replay: opens a segment only when its records are asked for. */
struct bundle_record {
	uint64_t seq, exchange;
	int64_t wall_ns, mono_ns;
	char kind[16];
	struct slice body;                       /* the JSON object; until the next call */
};
enum rc bundle_rewind(struct bundle *b) MUST_USE;

/* RC_END after the last. A record that cannot be had leaves body empty, and the next call gives the next one: RC_DENIED (its segment is
 * encrypted), RC_TOO_BIG, RC_BAD (it is not what the index says; when the index line itself is broken, kind is empty). */
enum rc bundle_next(struct bundle *b, struct bundle_record *out, struct why *why) MUST_USE;

#endif
