/* What others have said of a bundle that is sealed already: the members before session.json, which SHA256SUMS does not cover. */
#ifndef PHIGATE_AGENT_BUNDLE_FRONT_H
#define PHIGATE_AGENT_BUNDLE_FRONT_H

#include <stdint.h>

#include "buf.h"

struct bundle_front {
	struct buf sig, proof;                   /* SHA256SUMS.sig; session.tlog-proof, empty when there is none */
	int64_t closed_s;                        /* when the session was closed */
	bool stamped;                            /* there is SHA256SUMS.tsr */
};

/* RC_NOT_FOUND; RC_BAD: this is no bundle; RC_IO. bundle_front_free() in any case. */
enum rc bundle_front_read(const char *path, struct bundle_front *out) MUST_USE;
void bundle_front_free(struct bundle_front *front);

/* Put a time stamp, another proof, or both into their places; an empty one leaves what is there. The file is written anew beside the old one, and replaces
 * it as one step, so that who reads the old one reads it to its end. RC_IO: nothing has changed. */
enum rc bundle_front_replace(const char *path, struct slice stamp, struct slice proof) MUST_USE;

#endif
