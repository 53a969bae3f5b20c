/* A queue of lines on disk, bounded: what was put survives a restart, and is taken in order until it is said to be done with. Thread-safe. */
#ifndef PHIGATE_AGENT_SINK_QUEUE_H
#define PHIGATE_AGENT_SINK_QUEUE_H

#include <stdint.h>

#include "buf.h"

struct sink_queue;

/* dir is made when it is not there. A line that a crash has torn is dropped: who put it was not told that it is kept. RC_IO. */
enum rc sink_queue_open(const char *dir, uint64_t max_bytes, struct sink_queue **out, struct why *why) MUST_USE;
void sink_queue_close(struct sink_queue *q);             /* NULL is allowed */

/* line: without LF, and with none in it. RC_TOO_BIG: there is no room for it; RC_IO: it cannot be written. It is in the system's hands on
 * return, and on the disk once sink_queue_sync() returns. */
enum rc sink_queue_put(struct sink_queue *q, struct slice line) MUST_USE;
enum rc sink_queue_sync(struct sink_queue *q) MUST_USE;

/* Append the next lines, each with its LF, as long as they are at most max_bytes together (the first in any case); *n: how many. They stay the
 * next ones until sink_queue_done(). RC_END: there are none; RC_IO. */
enum rc sink_queue_peek(struct sink_queue *q, size_t max_bytes, struct buf *out, size_t *n) MUST_USE;
enum rc sink_queue_done(struct sink_queue *q) MUST_USE;  /* with those of the last peek */

uint64_t sink_queue_bytes(struct sink_queue *q);         /* that wait */

/* Lines that were dropped for want of room, in all that were not told of yet; kept on disk, too. */
void sink_queue_drop(struct sink_queue *q);
uint64_t sink_queue_dropped(struct sink_queue *q);
void sink_queue_dropped_told(struct sink_queue *q, uint64_t n);

#endif
