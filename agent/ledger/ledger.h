/* The ledger: the agent's own append-only Merkle log of what happens on it, as leaves (leaf.h), kept and signed by the notary (notary.h),
 * and proofs from it. Thread-safe. Leaves that are added at the same time share one write and one checkpoint. */
#ifndef PHIGATE_AGENT_LEDGER_H
#define PHIGATE_AGENT_LEDGER_H

#include "leaf.h"
#include "notary.h"
#include "tiles.h"
#include "tlog.h"

struct ledger;

/* Starts the notary, before threads. Errors as notary_start(). */
enum rc ledger_start(const char *state_dir, const char *agent_name, struct ledger **out, struct why *why) MUST_USE;
void ledger_stop(struct ledger *l);              /* when nobody uses it any more; NULL is allowed */

const struct notary_facts *ledger_facts(const struct ledger *l);
int ledger_fd(const struct ledger *l);           /* readable when the notary has died, after which nothing is added */

/* Where a leaf stands, and the checkpoint that covers it. */
struct ledger_receipt {
	uint64_t index;
	struct buf checkpoint;
};
void ledger_receipt_init(struct ledger_receipt *receipt);
void ledger_receipt_free(struct ledger_receipt *receipt);

/* Returns when the leaf is durable and under a signed checkpoint. RC_BAD: it is none; RC_CONFLICT: it contradicts the ledger; RC_IO.
 * Blocks for as long as a sync takes. receipt may be NULL. */
enum rc ledger_add(struct ledger *l, struct slice leaf, struct ledger_receipt *receipt) MUST_USE;

/* The same for a close, review or evidence leaf, with the signature over what it stands for. A close leaf that is there already gives the same
 * answer again. */
enum rc ledger_seal(struct ledger *l, struct slice leaf, struct slice data, struct ledger_receipt *receipt, struct buf *armored) MUST_USE;

/* Soon, and without waiting; what cannot be kept is dropped, and logged. */
void ledger_post(struct ledger *l, struct slice leaf);

/* Who wants to know that there are new leaves, to be read with ledger_reader(): fn is called by whatever thread had them added, may not call the
 * ledger, and should return at once. NULL: nobody any more; no call of the former one runs when this returns. */
void ledger_watch(struct ledger *l, void (*fn)(void *arg), void *arg);

/* Append the tlog-proof of the leaf under the receipt's checkpoint. */
enum rc ledger_prove(const struct ledger *l, const struct ledger_receipt *receipt, struct buf *proof, struct why *why) MUST_USE;

/* For a receipt: append the leaf that opened or closed (kind) the session's part, and its tlog-proof under the checkpoint as it is now.
 * RC_NOT_FOUND: there is none. RC_IO. */
enum rc ledger_tell(struct ledger *l, const char *id, int part, enum leaf_kind kind, struct buf *leaf, struct buf *proof) MUST_USE;

/* Append the checkpoint as it is now. RC_IO. */
enum rc ledger_checkpoint(const struct ledger *l, struct buf *note) MUST_USE;
/* The tree of so many leaves is the beginning of that of the checkpoint of size to. RC_BAD: there never was such a tree. */
enum rc ledger_prove_consistency(const struct ledger *l, uint64_t from, uint64_t to, struct tlog_path *path) MUST_USE;

/* What is known of a part: RC_NOT_FOUND when nothing is. */
enum rc ledger_find(struct ledger *l, const char *id, int part, struct registry_part *out) MUST_USE;

/* Reading it as it is now: the checkpoint, appended and read, and a reader of that size, which the caller closes. RC_NOT_FOUND: it is
 * empty; RC_BAD, RC_IO. */
enum rc ledger_reader(const struct ledger *l, struct tiles_reader *reader, struct buf *note, struct tlog_checkpoint *checkpoint,
		      struct why *why) MUST_USE;
enum rc ledger_read_leaf(const struct ledger *l, uint64_t index, struct buf *out) MUST_USE;

#endif
