/* Bytes on their way: what one side has not taken yet. Taken from the front without moving the rest; wiped when it is freed, because
 * prompts and answers pass through. */
#ifndef PHIGATE_CLI_QUEUE_H
#define PHIGATE_CLI_QUEUE_H

#include "buf.h"

struct queue {
	char *bytes;
	size_t from, to, cap, max;               /* what waits is bytes[from] up to bytes[to] */
};

void queue_init(struct queue *q, size_t max);            /* max: ceiling in bytes; no allocation yet */
void queue_free(struct queue *q);
enum rc queue_add(struct queue *q, const void *p, size_t n) MUST_USE;    /* all or nothing: RC_TOO_BIG, RC_NOMEM */
char *queue_room(struct queue *q, size_t n);             /* place for n bytes at the end, or NULL; queue_added() says how many came */
void queue_added(struct queue *q, size_t n);
void queue_taken(struct queue *q, size_t n);             /* n bytes from the front are gone */
struct slice queue_slice(const struct queue *q);
size_t queue_length(const struct queue *q);

#endif
