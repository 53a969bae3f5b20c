/* The text of a proof that a leaf is in a log (C2SP tlog-proof), with the checkpoint that it leads to. Pure. */
#ifndef PHIGATE_TLOG_PROOF_H
#define PHIGATE_TLOG_PROOF_H

#include "tlog_checkpoint.h"

#define TLOG_PROOF_MAX ((size_t)64 << 10)

struct tlog_proof {
	uint64_t index;
	struct tlog_path path;
	struct slice checkpoint;                 /* the signed note; borrowed */
};

enum rc tlog_proof_write(const struct tlog_proof *proof, struct buf *out) MUST_USE;      /* appends */
enum rc tlog_proof_parse(struct slice text, struct tlog_proof *out, struct why *why) MUST_USE;   /* borrows from text; RC_BAD */

/* The leaf with that text is in the log whose key is one of n, at *index of the checkpoint. RC_BAD; RC_DENIED: none of these keys has signed
 * the checkpoint. */
enum rc tlog_proof_check(struct slice text, struct slice leaf, const struct tlog_vkey *keys, size_t n, struct tlog_checkpoint *checkpoint,
			 uint64_t *index, struct why *why) MUST_USE;

#endif
