/* Reading and verifying a bundle (evidence.md). A bundle is hostile input: names, sizes, order, depth and counts are checked, and nothing
 * is read whole that has no bound. */
#ifndef PHIGATE_BUNDLE_H
#define PHIGATE_BUNDLE_H

#include <stdint.h>

#include "age.h"
#include "buf.h"
#include "digest.h"
#include "signers.h"

#define BUNDLE_NAMESPACE "phigate-bundle-v1"
#define BUNDLE_RECORD_MAX ((size_t)64 << 20)             /* a larger record is verified, but not shown */

struct bundle;

/* One pass over the tar headers; the table of members. RC_BAD: why says which check fails, which member and what ("archive: …",
 * "members: …"); RC_NOT_FOUND, RC_DENIED, RC_IO: the file cannot be opened or read. */
enum rc bundle_open(const char *path, struct bundle **out, struct why *why) MUST_USE;
void bundle_free(struct bundle *b);                      /* NULL is allowed */

/* From here on encrypted segments are opened with these keys: borrowed until bundle_free(). */
void bundle_unlock(struct bundle *b, const struct age_identities *keys);

/* One check of verification, as it is told: its name ("archive", "members", "session", "signature", "sums", "policy", "chain", "head",
 * "segments", "records", "story", "counts", "ledger", "witness", "timestamp"), its result, and one sentence that says what holds, what fails, or why
 * it was not made. In the sentence names from the bundle may stand: print it as text that others wrote. */
enum bundle_result { BUNDLE_HOLDS, BUNDLE_FAILS, BUNDLE_SKIPPED };
struct bundle_check {
	const char *name;
	enum bundle_result result;
	const char *text;
};
typedef void bundle_on_check(void *arg, const struct bundle_check *check);

/* What the one who verifies knows from elsewhere; all may be NULL, all is borrowed for the call. */
struct bundle_trust {
	const struct signers *signers;           /* whose signatures are believed */
	const char *tsa_roots;                   /* PEM of the time-stamp authorities that are believed: the bundle must have a stamp of one */
	const char *witness_keys;                /* vkeys of witnesses (C2SP tlog-cosignature), one a line: each of these names must have cosigned the proof's
	                                          * checkpoint, or so many of them: */
	size_t witness_quorum;                   /* 0: all */
	const char *ledger_key;                  /* vkeys of the agent's ledger (C2SP signed-note), one a line: the bundle must have a proof by one */
};

/* All checks, each told to on_check (may be NULL) in this order when all are done; one that fails does not keep the others from being made.
 * Once. RC_OK: nothing fails. RC_NOT_FOUND: nothing else fails, but no signer is known (trust NULL, or without signers); why says which key
 * signed. RC_DENIED: nothing else fails, but the key that signed is not this agent's, or has expired. RC_BAD: the first check that failed is
 * in why ("records: …"). RC_IO: cannot be read; RC_NOMEM. */
enum rc bundle_verify(struct bundle *b, const struct bundle_trust *trust, bundle_on_check *on_check, void *arg, struct why *why) MUST_USE;

/* The same list of checks for a file that bundle_open() answered RC_BAD for, with its why. */
void bundle_tell_unopened(const struct why *why, bundle_on_check *on_check, void *arg);

/* Read session.json, for those who do not verify. RC_IO, RC_NOMEM. */
enum rc bundle_read_session(struct bundle *b) MUST_USE;

/* After either: session.json, whole (bounded), also when it does not hold. After bundle_verify() only: the key that made the signature, as a line "ssh-ed25519
 * AAAA…" and as "SHA256:…", empty when the signature does not fit. All owned by the bundle. */
struct slice bundle_session(const struct bundle *b);
const char *bundle_signer(const struct bundle *b);
const char *bundle_fingerprint(const struct bundle *b);
const char *bundle_digest(const struct bundle *b);       /* SHA-256 of SHA256SUMS, hex, by which others name the bundle */

/* What the ledger's leaves hold of the bundle: SHA-256 of SHA256SUMS, and of the first index line with its LF; zeros when they could not be read. */
struct bundle_marks {
	unsigned char sums[SHA256_LEN], first[SHA256_LEN];
};
const struct bundle_marks *bundle_marks(const struct bundle *b);

/* Records in order, for replay: opens a segment only when its records are asked for. */
struct bundle_record {
	uint64_t seq, exchange;
	int64_t wall_ns, mono_ns;
	char kind[16];
	struct slice body;                       /* the JSON object; until the next call */
};
enum rc bundle_rewind(struct bundle *b) MUST_USE;

/* Another place to go on from: where the next record's line begins in the index, as bundle_tell() said it before; 0: the first one. */
uint64_t bundle_tell(const struct bundle *b);
enum rc bundle_seek(struct bundle *b, uint64_t place) MUST_USE;

/* RC_END after the last. A record that cannot be had leaves body empty, and the next call gives the next one: RC_DENIED (its segment is
 * encrypted, and not for the keys that are known), RC_TOO_BIG, RC_BAD (it is not what the index says; when the index line itself is broken, kind is empty). */
enum rc bundle_next(struct bundle *b, struct bundle_record *out, struct why *why) MUST_USE;

/* The same in two steps, for those who pass over records: what the index says of the next one (body is empty, no segment is opened), and
 * then, when it is wanted, its body. */
enum rc bundle_next_line(struct bundle *b, struct bundle_record *out, struct why *why) MUST_USE;
enum rc bundle_body(struct bundle *b, struct bundle_record *record, struct why *why) MUST_USE;

/* What the record whose body was read last was before it was masked: a body of the same form, until the next call. RC_NOT_FOUND: it names no
 * original. RC_DENIED: it is encrypted, and not for the keys that are known (why says for whom, by session.json); RC_BAD: it is missing, or not
 * the one that the record names; RC_TOO_BIG, RC_IO, RC_NOMEM. */
enum rc bundle_original(struct bundle *b, struct slice *body, struct why *why) MUST_USE;

#endif
