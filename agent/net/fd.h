/* Reading from a blocking socket, with a deadline, in a thread of its own (a fiber waits in wait.h). */
#ifndef PHIGATE_AGENT_FD_H
#define PHIGATE_AGENT_FD_H

#include <stdint.h>

#include "buf.h"

/* Append what comes to in until it ends in ending, for at most wait_ns in all. RC_TIMEOUT; RC_END: the other side has closed, or the socket
 * failed; RC_TOO_BIG: more than in may hold. */
enum rc fd_read_until(int fd, const char *ending, int64_t wait_ns, struct buf *in) MUST_USE;

#endif
