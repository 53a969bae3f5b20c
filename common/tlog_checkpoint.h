/* Checkpoints of a log: a tree's size and root as a signed note (C2SP signed-note and tlog-checkpoint), by Ed25519 keys. Pure. */
#ifndef PHIGATE_TLOG_CHECKPOINT_H
#define PHIGATE_TLOG_CHECKPOINT_H

#include "tlog.h"
#include "tlog_note.h"

#define TLOG_CHECKPOINT_MAX TLOG_NOTE_MAX

struct tlog_checkpoint {
	char origin[TLOG_NAME_MAX + 1];
	uint64_t size;
	struct tlog_hash root;
};

/* Append the note, signed by the key, whose name is the origin. */
enum rc tlog_checkpoint_sign(const struct tlog_checkpoint *checkpoint, EVP_PKEY *key, struct buf *out) MUST_USE;

/* Append the line that one more key puts under a note, which ends there: a new key of the same log vouches for what the old one signed. */
enum rc tlog_checkpoint_cosign(struct slice note, const char *name, EVP_PKEY *key, struct buf *out) MUST_USE;

/* Read a note. RC_BAD with the reason; nothing is said of its signatures. */
enum rc tlog_checkpoint_parse(struct slice note, struct tlog_checkpoint *out, struct why *why) MUST_USE;

/* Read one that the key has signed, under its own name and that of the log. Lines of other keys are passed over, as signed-note says.
 * RC_BAD: it is none, or the key's signature is wrong. RC_DENIED: that key has not signed it, or it is another log's. */
enum rc tlog_checkpoint_open(struct slice note, const struct tlog_vkey *vkey, struct tlog_checkpoint *out, struct why *why) MUST_USE;

#endif
