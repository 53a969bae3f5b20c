/* Waiting on the model while keeping an eye on the client and on the session's end. */
#ifndef PHIGATE_AGENT_WAIT_H
#define PHIGATE_AGENT_WAIT_H

#include <stdint.h>

#include "rc.h"

/* Until fd is ready for events (POLLIN, POLLOUT). client_fd, end_fd: -1 for none. deadline_ns: monotonic, 0 for none.
 * RC_END: the client closed or half-closed; RC_CANCELLED: end_fd is readable; RC_TIMEOUT; RC_IO. */
enum rc wait_ready(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns) MUST_USE;

/* Has one of them happened already? RC_END: the client closed or half-closed; RC_CANCELLED: end_fd is readable; RC_OK: neither. */
enum rc wait_over(int client_fd, int end_fd) MUST_USE;

#endif
