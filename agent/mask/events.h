/* The events of a stream (SSE data, NDJSON lines): texts that go on from one event to the next, each masked as one text, and given back
 * in events of the model's own shape. */
#ifndef PHIGATE_MASK_EVENTS_H
#define PHIGATE_MASK_EVENTS_H

#include "answer.h"
#include "text.h"

struct event_streams;
enum rc event_streams_new(const struct answer_options *options, const struct text_rules *shared, struct event_streams **out) MUST_USE;
void event_streams_free(struct event_streams *e);

/* How one event is written: its frame around the data. flush: the event is one of ours, written once more for text that was held. */
typedef enum rc event_write(void *arg, struct slice frame, struct slice data, struct buf *out);

/* The next event. data: its JSON or text; frame: all of it as it came, which write() gets back for each event that goes out, those with
 * held text before the event that ends it included. *last: this event ends the answer; out then has *at bytes before it. */
enum rc event_streams_next(struct event_streams *e, struct slice frame, struct slice data, event_write *write, void *arg, struct buf *out,
			   bool *last, size_t *at) MUST_USE;

/* The answer is over ("[DONE]", or its body's end): give out what is held. */
enum rc event_streams_end(struct event_streams *e, event_write *write, void *arg, struct buf *out) MUST_USE;

#endif
