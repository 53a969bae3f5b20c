/* Waiting on the model while keeping an eye on the client and on the session's end. Where the caller is a fiber, others run meanwhile. */
#ifndef PHIGATE_AGENT_WAIT_H
#define PHIGATE_AGENT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "rc.h"

/* Until fd is ready for events (POLLIN, POLLOUT). client_fd, end_fd: -1 for none. deadline_ns: monotonic, 0 for none.
 * RC_END: the client closed or half-closed; RC_CANCELLED: end_fd is readable; RC_TIMEOUT; RC_IO. */
enum rc wait_ready(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns) MUST_USE;

/* Before bytes are sent: who else is ready has his turn first, so that what a loop sends in one go leaves together. On a thread: nothing. */
void wait_turn(void);

/* Has fd something to read, or ended? */
bool wait_speaks(int fd);

/* After wait_ready() said POLLIN, bytes are read until there are none: until a read that gets less than it has room for, or EAGAIN.
 * Who stops before that says so. */
void wait_unread(int fd);

/* A descriptor that was waited for is closed, or given to another thread, by way of these. */
void wait_close(int fd);
void wait_forget(int fd);

/* Has one of them happened already? RC_END: the client closed or half-closed; RC_CANCELLED: end_fd is readable; RC_OK: neither. */
enum rc wait_over(int client_fd, int end_fd) MUST_USE;

#endif
