/* What the files behind pack_verify() share: pack_verify.c, pack_verify_ledger.c, which follows the leaves, and pack_verify_inside.c, which
 * looks at the bundles that are in the pack. */
#ifndef PHIGATE_PACK_VERIFY_PRIVATE_H
#define PHIGATE_PACK_VERIFY_PRIVATE_H

#include "keyset.h"
#include "pack_private.h"
#include "tlog_checkpoint.h"
#include "verdict.h"

enum check { CHECK_ARCHIVE, CHECK_MEMBERS, CHECK_SIGNATURE, CHECK_SUMS, CHECK_LEDGER, CHECK_LISTS, CHECK_REVIEWS, CHECK_BUNDLES, CHECKS };

/* Marks of a key: what has told of it. */
enum { SAID_LIST = 1, SAID_LEDGER = 2, SAID_RESULT = 4 };

/* A state of the ledger that the proof of a bundle inside leads to. */
struct pack_state {
	uint64_t size;
	struct tlog_hash root;
	const struct pack_inside *of;
};

struct verification {
	struct pack *p;
	const struct bundle_trust *trust;
	struct verdict checks[CHECKS];
	enum rc signer;
	const char *agent;
	char principal[128];
	int64_t from_ns, to_ns;
	struct pack_figures figures;
	struct keyset keys;
	struct tlog_edge edge;
	struct pack_state *states;               /* by size, rising */
	size_t n_states, next_state, compared;
};

void pack_say(struct verification *v, enum check check, enum bundle_result result, const char *fmt, ...) PRINTF_LIKE(4, 5);
#define FAIL(v, check, ...) pack_say(v, check, BUNDLE_FAILS, __VA_ARGS__)

bool pack_in_period(const struct verification *v, const char *time);

/* Things by what names them, and who has told of each. */
enum rc pack_note(struct verification *v, uint64_t mark, const char *kind, const char *a, const char *b, const char *c) MUST_USE;
uint64_t pack_told(struct verification *v, const char *kind, const char *a, const char *b, const char *c);

enum rc pack_read(const struct pack *p, enum pack_file file, struct buf *out) MUST_USE;

/* RC_BAD is a failure of that check, and what comes after is looked at all the same. */
enum rc pack_read_list(struct verification *v, enum pack_file file, pack_on_row *on_row, enum check check) MUST_USE;

enum rc pack_check_ledger(struct verification *v) MUST_USE;

/* The key that vouches for the ledger: the one that is believed, or else the one that the pack names, which proves less. RC_BAD, RC_DENIED: it is
 * by none of them. */
enum rc pack_open_note(struct verification *v, const char *named, struct slice note, struct tlog_checkpoint *out, struct why *why) MUST_USE;

/* Before the leaves are followed: the states that bundles inside lead to, by keys as above. */
enum rc pack_inside_begin(struct verification *v, const char *named) MUST_USE;
/* The tree of the leaves so far, and at the end the one of the checkpoint, against the states of that size. */
void pack_inside_compare(struct verification *v, uint64_t size, const struct tlog_hash *root);
/* After results.jsonl and the leaves are known: each bundle inside is the file that was looked at, and the one that the ledger knows. */
enum rc pack_inside_check(struct verification *v) MUST_USE;

#endif
