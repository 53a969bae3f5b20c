/* The events of a stream (SSE data, lines of JSON): texts that go on from one event to the next, each masked as one text, and
 * given back in events of the model's own shape. */
#ifndef PHIGATE_MASK_EVENTS_H
#define PHIGATE_MASK_EVENTS_H

#include "answer.h"
#include "text.h"

/* How an event goes out: as it came, with other data, or once more, only for text that was held. */
enum event_form { EVENT_SAME, EVENT_CHANGED, EVENT_AGAIN };

/* Append an event. frame: all of its bytes as they came; data: what stands in it now. */
typedef enum rc event_write(void *arg, struct slice frame, struct slice data, enum event_form form, struct buf *out);

struct event_streams;
enum rc event_streams_new(const struct answer_options *options, const struct text_rules *shared, event_write *write, void *arg,
			  struct event_streams **out) MUST_USE;
void event_streams_free(struct event_streams *e);

/* The next event. data: its JSON or text; final: the body ended in it, before its own end. *last: it ends the answer, and all of
 * out before *at goes before that. JSON that the end of the body cut is not passed on (HTML standard 9.2.6: incomplete events
 * are discarded); what it began could not be masked as a part of its text. */
enum rc event_streams_next(struct event_streams *e, struct slice frame, struct slice data, bool final, struct buf *out, bool *last,
			   size_t *at) MUST_USE;

/* The answer is over ("[DONE]", or its body's end): give out what is held. */
enum rc event_streams_end(struct event_streams *e, struct buf *out) MUST_USE;

#endif
