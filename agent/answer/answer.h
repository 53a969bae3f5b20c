/* A model's answer, masked as it streams: the body's bytes in, the bytes for the client out. JSON is spliced, never printed
 * again: what is outside a masked string passes byte for byte. Pure: no descriptors, clocks or logs. */
#ifndef PHIGATE_MASK_ANSWER_H
#define PHIGATE_MASK_ANSWER_H

#include "mask.h"
#include "shape.h"

struct answer_options {
	const struct answer_shape *shape;       /* the route's: paths of text, plain fields, what to drop; NULL: none; borrowed */
	enum framing framing;
	const struct token_reader *tokens;      /* nothing is masked, and engine is not needed: tokens are read (token.h); else NULL; borrowed */
	struct mask_engine *engine;             /* engine, scope and counts outlive the answer; counts may be NULL */
	struct mask_scope *scope;
	struct mask_counts *counts;
	struct answer_usage *usage;             /* what the answer says of tokens is noted there; may be NULL, and outlives the answer */
	struct slice continues;                 /* the end of the request's text that the answer goes on from, or empty; copied */
	struct slice credential;                /* masked wherever the answer holds it; may be empty; copied */
	bool strict;                            /* a stream that framing calls otherwise, and no UTF-8, are RC_BAD and no text */
	size_t event_max_bytes;                 /* one event; in a JSON body, one embedding as base64 */
	size_t streams_max;                     /* choices and tool calls of one answer */
};

struct answer;

/* *out must be freed whatever the result is. */
enum rc answer_new(const struct answer_options *options, struct answer **out) MUST_USE;
void answer_free(struct answer *a);

/* What is masked, with offsets in the body and what stands in its place as replaced_by, once that has been appended to out; for framings
 * JSON and text. Before the first bytes. */
void answer_on_span(struct answer *a, void (*on_span)(void *arg, const struct mask_span *span), void *arg);

/* The next bytes of the body, cut anywhere. Appends to out what may go to the client now; over all calls it is the same for every
 * way of cutting the body.
 *   end_at  the caller sets it to SIZE_MAX before the first call. When the event that ends the answer has come ([DONE],
 *           "done":true, what the shape calls last), it becomes the offset in out, as out is then, where that event begins; all that
 *           was held stands before it. It is written once. A caller that takes bytes off the front of out takes them off *end_at,
 *           too. JSON and text have no such event: their end is the body's, and *end_at stays SIZE_MAX.
 * RC_TOO_BIG: an event or the number of streams is over its limit. RC_BAD: see strict. Whatever else a body holds that is not what its
 * framing says is masked as text; only JSON in an event that the end of the body cut is dropped. After an error out holds only what
 * may still go out, and only answer_free() is legal. */
enum rc answer_feed(struct answer *a, struct slice in, struct buf *out, size_t *end_at) MUST_USE;
enum rc answer_finish(struct answer *a, struct buf *out, size_t *end_at) MUST_USE;

#endif
