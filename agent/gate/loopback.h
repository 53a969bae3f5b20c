/* The loopback listener that the tunnel's channels arrive at: only from sockets of the agent's own account, greeted with a
 * challenge, and served by a fiber, or by a thread for control, once the first line has said what the channel is. */
#ifndef PHIGATE_AGENT_LOOPBACK_H
#define PHIGATE_AGENT_LOOPBACK_H

#include "agent.h"

#define LOOPBACK_UNPROVED_MAX 64                 /* channels that have not proved anything yet */
#define LOOPBACK_PREFACE_S 5

struct loopback;

/* listener: bound; borrowed. host_key_fingerprint: borrowed. */
enum rc loopback_start(struct agent *agent, int listener, const char *host_key_fingerprint, struct loopback **out,
		       struct why *why) MUST_USE;

/* Accept no more, hang up on every channel and wait until they are served no more. RC_TIMEOUT: one still runs after wait_ns, and then nothing
 * that it may use can be freed. */
enum rc loopback_close(struct loopback *loopback, int64_t wait_ns) MUST_USE;
void loopback_free(struct loopback *loopback);       /* after loopback_close() was RC_OK; NULL is allowed */

void loopback_metrics(struct loopback *loopback);        /* see metrics.h: sets those that are looked at */

#endif
