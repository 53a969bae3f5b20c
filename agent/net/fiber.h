/* Fibers: what serves one connection, as straight-line code that waits, without a kernel thread of its own. A few loops, one kernel
 * thread each, run all fibers; where one waits for descriptors (wait.h), its loop goes on with another, so that a hundred
 * connections that become ready together cost one return from epoll_wait(2) and not a hundred wake-ups.
 *
 * A fiber stays on its loop for life, so thread-local state is as it is on a thread. No lock may be held where a fiber waits. What
 * blocks in another way, or computes for long, is called through fiber_block(). Code that may run on fibers runs on plain threads as well. */
#ifndef PHIGATE_AGENT_FIBER_H
#define PHIGATE_AGENT_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rc.h"

struct fibers;

/* loops: how many; stack_bytes: of each fiber, a guard page below it comes on top. RC_IO, RC_NOMEM. */
enum rc fibers_start(int loops, size_t stack_bytes, struct fibers **out) MUST_USE;

/* Waits until all fibers have ended. NULL is allowed. */
void fibers_stop(struct fibers *fibers);

/* Run main(arg) on a fiber of its own, on the loop that has the fewest; from any thread. RC_NOMEM, and nothing has been called. */
enum rc fiber_start(struct fibers *fibers, void (*main)(void *arg), void *arg) MUST_USE;

/* Does the caller run on a fiber? All of the following may be called in either case. */
bool fiber_here(void);

/* fn(arg) on a helper thread, while the loop goes on with other fibers; returns when fn has. On a plain thread: a plain call. */
void fiber_block(void (*fn)(void *arg), void *arg);

/* For who is busy without waiting: after a millisecond of that, the other fibers of the loop have their turn. */
void fiber_yield(void);

/* ---- for wait.c: only on a fiber ---- */

/* For who is about to send: others of the loop that are ready have their turn first, so that what they all send leaves together and
 * wakes its receiver once. Once it has waited for a fifth of a millisecond, it waits for the turn that runs, and for no other. */
void fiber_last(void);

#define FIBER_DESCRIPTORS 6

/* What a descriptor has shown since it was first asked for (POLLIN, POLLOUT, POLLRDHUP, POLLHUP, POLLERR) and was not taken. At most
 * FIBER_DESCRIPTORS for one fiber at a time. RC_IO. */
enum rc fiber_shown(int fd, short *shown) MUST_USE;
bool fiber_watches(int fd);                      /* was it asked for? */
void fiber_take(int fd, short events);           /* it is going to be read, or written, until that would block */
void fiber_give_back(int fd, short events);      /* it was not read, or written, that far */
void fiber_forget(int fd);                       /* before it is closed or given away */

/* Until one of the fiber's descriptors shows something, or until deadline_ns (monotonic, 0 for none). */
void fiber_park(int64_t deadline_ns);

#endif
