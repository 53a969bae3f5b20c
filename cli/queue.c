#include "queue.h"

#include <stdlib.h>
#include <string.h>

#include "wipe.h"

#define LEAST_BYTES ((size_t)4096)

void queue_init(struct queue *q, size_t max)
{
	*q = (struct queue){.max = max};
}

void queue_free(struct queue *q)
{
	if (q->bytes)
		wipe(q->bytes, q->cap);
	free(q->bytes);
	queue_init(q, q->max);
}

size_t queue_length(const struct queue *q)
{
	return q->to - q->from;
}

struct slice queue_slice(const struct queue *q)
{
	return (struct slice){q->bytes + q->from, q->to - q->from};
}

static bool grow(struct queue *q, size_t want)
{
	size_t cap = q->cap > LEAST_BYTES ? q->cap : LEAST_BYTES;
	char *bytes;

	while (cap < want)
		cap *= 2;
	if (cap > q->max)
		cap = q->max;
	bytes = malloc(cap);
	if (!bytes)
		return false;
	if (q->bytes) {
		memcpy(bytes, q->bytes + q->from, q->to - q->from);
		wipe(q->bytes, q->cap);
		free(q->bytes);
	}
	q->bytes = bytes;
	q->to -= q->from;
	q->from = 0;
	q->cap = cap;
	return true;
}

char *queue_room(struct queue *q, size_t n)
{
	size_t have = queue_length(q);

	if (n > q->max - have)
		return NULL;
	if (q->cap - q->to < n) {
		if (q->cap >= have + n && (q->from >= q->cap / 2 || q->cap == q->max)) {
			memmove(q->bytes, q->bytes + q->from, have);
			q->from = 0;
			q->to = have;
		} else if (!grow(q, have + n)) {
			return NULL;
		}
	}
	return q->bytes + q->to;
}

void queue_added(struct queue *q, size_t n)
{
	q->to += n;
}

enum rc queue_add(struct queue *q, const void *p, size_t n)
{
	char *room;

	if (n == 0)
		return RC_OK;
	room = queue_room(q, n);
	if (!room)
		return n > q->max - queue_length(q) ? RC_TOO_BIG : RC_NOMEM;
	memcpy(room, p, n);
	queue_added(q, n);
	return RC_OK;
}

void queue_taken(struct queue *q, size_t n)
{
	q->from += n;
	if (q->from == q->to)
		q->from = q->to = 0;
}
