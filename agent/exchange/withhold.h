/* A secret that is taken out of bytes as they come: where it stands in one piece, also over the ends of the bytes that came together, stands
 * [SECRET]. Pure. */
#ifndef PHIGATE_AGENT_WITHHOLD_H
#define PHIGATE_AGENT_WITHHOLD_H

#include "buf.h"

struct withhold {
	struct slice secret;             /* borrowed; empty: nothing is taken out */
	struct buf held;                 /* what the secret may begin with, or what is being looked at */
};

void withhold_init(struct withhold *w, struct slice secret);
void withhold_free(struct withhold *w);          /* wipes; harmless when all zero */

/* The next bytes; what may go on is appended to out, and less than the secret's length is held. RC_NOMEM, RC_TOO_BIG. */
enum rc withhold_feed(struct withhold *w, struct slice in, struct buf *out) MUST_USE;

/* The bytes have ended, and what was held is no secret. */
enum rc withhold_finish(struct withhold *w, struct buf *out) MUST_USE;

#endif
