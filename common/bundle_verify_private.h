/* What the files behind bundle_verify() share: bundle_verify.c, bundle_verify_signature.c, bundle_verify_index.c, bundle_verify_records.c,
 * bundle_verify_originals.c, bundle_verify_ledger.c, bundle_verify_witness.c. */
#ifndef PHIGATE_BUNDLE_VERIFY_PRIVATE_H
#define PHIGATE_BUNDLE_VERIFY_PRIVATE_H

#include "bundle_about.h"
#include "bundle_line.h"
#include "bundle_private.h"
#include "story.h"
#include "tlog_vkey.h"
#include "verdict.h"

/* What is known of the originals of the segment that is read. */
enum originals { ORIGINALS_NONE, ORIGINALS_OPEN, ORIGINALS_LOCKED, ORIGINALS_WRONG };

#define LOOSE_MAX 1024                           /* segments that a crash left without all their index lines */

/* In the order in which they are told. */
enum check { CHECK_ARCHIVE, CHECK_MEMBERS, CHECK_SESSION, CHECK_SIGNATURE, CHECK_SUMS, CHECK_POLICY, CHECK_CHAIN, CHECK_HEAD,
	CHECK_SEGMENTS, CHECK_RECORDS, CHECK_STORY, CHECK_COUNTS, CHECK_LEDGER, CHECK_WITNESS, CHECK_TIMESTAMP, CHECKS };

struct loose {
	const struct segment *segment;
	bool explained;
};

struct verification {
	struct bundle *b;
	const struct bundle_trust *trust;
	struct verdict checks[CHECKS];
	struct bundle_about about;
	bool about_read;
	struct buf pk;                           /* that made the signature; empty when it does not fit */
	enum rc signer;                          /* RC_OK: known; RC_NOT_FOUND, RC_DENIED */
	int64_t proven_s;                        /* wall clock by which it was signed, as somebody else says who is believed; 0: nobody does */
	unsigned char sums[SHA256_LEN];          /* SHA-256 of SHA256SUMS */
	uint64_t lines;                          /* of the index */
	bool in_ledger;                          /* the proof leads from the session's end to a checkpoint of the agent's ledger, be it by a key that only the bundle names */
	int64_t first_ns, last_ns;               /* the wall clock of its first and its last line */
	size_t sealed;                           /* segments that cannot be read */
	/* the second reading of the index, along with the segments */
	struct member_reader index;
	struct bundle_line line;
	bool have_line;
	struct story *story;
	struct loose loose[LOOSE_MAX];
	size_t n_loose;
	struct buf recovered;
	enum originals originals;
	struct original_lines originals_text;
	uint64_t originals_segment;
	uint64_t n_originals;                    /* that were read, each the one that its record names */
	size_t originals_locked;                 /* files that cannot be read */
};

void verify_fail(struct verification *v, enum check check, const char *fmt, ...) PRINTF_LIKE(3, 4);
void verify_holds(struct verification *v, enum check check, const char *fmt, ...) PRINTF_LIKE(3, 4);
void verify_skip(struct verification *v, enum check check, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool verify_failed(const struct verification *v, enum check check);

/* The member is read to its end and has the sum that SHA256SUMS says. */
enum rc verify_sum(struct verification *v, struct member_reader *r, const unsigned char sum[SHA256_LEN], const char *name) MUST_USE;

/* Each makes the checks of its name, and gives another code than RC_OK only when it cannot go on: RC_IO, RC_NOMEM. */
enum rc verify_timestamp(struct verification *v) MUST_USE;       /* tells the signature's time */
enum rc verify_signature(struct verification *v, struct slice sums) MUST_USE;
enum rc verify_index(struct verification *v) MUST_USE;           /* chain, head */
enum rc verify_records(struct verification *v) MUST_USE;         /* segments, records, story */
enum rc verify_ledger(struct verification *v) MUST_USE;          /* ledger; after all that it compares with */
enum rc verify_witness(struct verification *v) MUST_USE;         /* after the ledger */
void verify_signer(struct verification *v);      /* signature, too: after all who tell its time */

/* bundle_verify_originals.c: what a segment's records say of their originals against the file that has them; check records. */
enum rc verify_originals_begin(struct verification *v, const struct segment *segment) MUST_USE;
enum rc verify_original(struct verification *v, const char *hex) MUST_USE;       /* of the record in v->line, which names it */
enum rc verify_originals_end(struct verification *v, bool all) MUST_USE;         /* all: no line may be left */

/* Keys as an option names them: one a line, an old one beside the new; lines with # are comments. false: check has failed. */
#define VERIFY_KEYS_MAX 32
typedef enum rc verify_parse_key(struct slice text, struct tlog_vkey *out, struct why *why);
bool verify_read_keys(struct verification *v, enum check check, const char *option, verify_parse_key *parse, const char *text,
		      struct tlog_vkey keys[VERIFY_KEYS_MAX], size_t *n);

#endif
