/* Cosignatures of witnesses under a checkpoint (C2SP tlog-cosignature, Ed25519 cosignature/v1): at that time the witness knew of no larger
 * tree of that log, and each one that it had seen before is this one's beginning. Pure. */
#ifndef PHIGATE_TLOG_COSIGNATURE_H
#define PHIGATE_TLOG_COSIGNATURE_H

#include "tlog_checkpoint.h"

/* The witness's cosignature under a note; *wall_s: when it says that it made it. RC_NOT_FOUND: there is none of this key. RC_BAD: it is wrong. */
enum rc tlog_cosignature_find(struct slice note, const struct tlog_vkey *witness, int64_t *wall_s) MUST_USE;

/* The same among lines of signatures that belong under the note, such as a witness answers with; the line, with LF, is appended to out. */
enum rc tlog_cosignature_take(struct slice note, struct slice lines, const struct tlog_vkey *witness, int64_t *wall_s,
			      struct buf *out) MUST_USE;

#endif
