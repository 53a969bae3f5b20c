/* The time stamp of a bundle that is sealed already. */
#ifndef PHIGATE_AGENT_BUNDLE_STAMP_H
#define PHIGATE_AGENT_BUNDLE_STAMP_H

#include <stdint.h>

#include "buf.h"

/* SHA256SUMS.sig, appended; when the session was closed; and whether there is a stamp. RC_NOT_FOUND; RC_BAD: this is no bundle; RC_IO. */
enum rc bundle_stamp_wants(const char *path, struct buf *sig, int64_t *closed_s, bool *stamped) MUST_USE;

/* Put the reply in its place: the file is written anew beside it, and replaces it as one step, so that who reads the old one reads it
 * to its end. RC_IO: nothing has changed. */
enum rc bundle_stamp_add(const char *path, struct slice reply) MUST_USE;

#endif
