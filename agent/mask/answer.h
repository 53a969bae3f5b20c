/* A model's answer, masked as it streams: the body's bytes in, the bytes for the client out. JSON is spliced, never printed
 * again: what is outside a masked string passes byte for byte. Pure: no descriptors, clocks or logs. */
#ifndef PHIGATE_MASK_ANSWER_H
#define PHIGATE_MASK_ANSWER_H

#include "mask.h"
#include "shape.h"

struct answer_options {
	const struct answer_shape *shape;       /* the route's: paths of text, plain fields, what to drop (shape.h) */
	enum framing framing;
	struct mask_engine *engine;
	struct mask_scope *scope;
	struct mask_counts *counts;
	struct slice continues;                 /* the end of the request's text that the answer goes on from, or empty; copied */
	struct slice credential;                /* masked wherever the answer holds it; may be empty; copied */
	size_t event_max_bytes;                 /* one event */
	size_t streams_max;                     /* choices and tool calls of one answer */
};

struct answer;
enum rc answer_new(const struct answer_options *options, struct answer **out) MUST_USE;
void answer_free(struct answer *a);

/* The next bytes of the body, cut anywhere. Appends to out what may go to the client now. When the ending event of the framing
 * ([DONE], message_stop, "done":true, the last bytes) has come, *end_at is the offset in out where it begins, and stays; until
 * then SIZE_MAX. RC_BAD: the body is not what the framing says and cannot be masked as text either; RC_TOO_BIG: an event or the
 * number of streams is over its limit. After an error out holds only what may still go out, then only answer_free(). */
enum rc answer_feed(struct answer *a, struct slice in, struct buf *out, size_t *end_at) MUST_USE;
enum rc answer_finish(struct answer *a, struct buf *out, size_t *end_at) MUST_USE;

#endif
