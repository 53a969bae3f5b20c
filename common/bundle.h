/* Reading and verifying a bundle (evidence.md). A bundle is hostile input: names, sizes, order, depth and counts are checked, and nothing is
 * read whole that has no bound. */
#ifndef PHIGATE_BUNDLE_H
#define PHIGATE_BUNDLE_H

#include <stdint.h>

#include "buf.h"

#define BUNDLE_NAMESPACE "phigate-bundle-v1"

struct bundle;

/* One pass over the tar headers; the table of members. RC_BAD: why says which member and what. */
enum rc bundle_open(const char *path, struct bundle **out, struct why *why) MUST_USE;
void bundle_free(struct bundle *b);                      /* NULL is allowed */

/* One check of verification, as it is told: name ("sums", "signature", "members", "chain", "head", "records", "policy", "session",
 * "story"), whether it holds, and one sentence. */
struct bundle_check {
	const char *name;
	bool holds;
	const char *text;
};
typedef void bundle_on_check(void *arg, const struct bundle_check *check);

/* Signers that are believed: lines of allowed_signers(5) (ssh-keygen(1), "NAME@phigate [options] ssh-ed25519 AAAA…"). */
struct bundle_signers;
enum rc bundle_signers_parse(struct slice text, struct bundle_signers **out, struct why *why) MUST_USE;
enum rc bundle_signers_add(struct bundle_signers *s, const char *principal, const char *key_line, struct why *why) MUST_USE;
void bundle_signers_free(struct bundle_signers *s);

/* All checks, in order; each is told to on_check (may be NULL). RC_OK: everything holds. RC_NOT_FOUND: everything holds, but no signer
 * is known (signers NULL or empty); why says which key signed. RC_DENIED: signed by another key, or it has expired. RC_BAD: the first check
 * that failed is in why. RC_IO: cannot be read. */
enum rc bundle_verify(struct bundle *b, const struct bundle_signers *signers, bundle_on_check *on_check, void *arg, struct why *why) MUST_USE;

/* session.json, whole (bounded); NULL before bundle_verify() or when it cannot be read. */
struct slice bundle_session(const struct bundle *b);

/* Records in order, for replay: opens a segment only when its records are asked for. */
struct bundle_record {
	uint64_t seq, exchange;
	int64_t wall_ns, mono_ns;
	char kind[16];
	struct slice body;                       /* the JSON object; until the next call */
};
enum rc bundle_rewind(struct bundle *b) MUST_USE;
enum rc bundle_next(struct bundle *b, struct bundle_record *out, struct why *why) MUST_USE;   /* RC_END after the last */

#endif
