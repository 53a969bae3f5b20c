/* Event streams (HTML standard 9.2.6): cutting bytes into events, and writing an event with other data. Pure. */
#ifndef PHIGATE_MASK_SSE_H
#define PHIGATE_MASK_SSE_H

#include "buf.h"

/* One line of an event, in its parts as they came. */
struct sse_line {
	struct slice name, colon, value, end;    /* colon with the space that may follow it; end: CR, LF, both, or nothing */
};

/* Take the next line off; false: there is none. */
bool sse_line(struct slice *event, struct sse_line *out);

struct sse_reader {
	struct buf event;                        /* as it came, so far */
	size_t event_max_bytes;
	size_t line_at;                          /* where its last line begins */
	bool skip_lf;                            /* the byte before was a CR that ended a line */
	bool fields;                             /* the event has more than comments */
};

void sse_init(struct sse_reader *r, size_t event_max_bytes);
void sse_free(struct sse_reader *r);

/* Take bytes off in. *whole: an event stands in r->event, or what may go without waiting for one (a comment, an empty line); then
 * sse_clear(). It is the same for every way of cutting the bytes, but for the LF of a CRLF, which follows on its own. */
enum rc sse_next(struct sse_reader *r, struct slice *in, bool *whole) MUST_USE;
void sse_clear(struct sse_reader *r);

/* The data of an event, its lines put together by LF. false: it has none. */
bool sse_data(struct slice event, struct buf *out);

/* Append data as lines like one that an event has. */
enum rc sse_write_data(const struct sse_line *like, struct slice data, struct buf *out) MUST_USE;

#endif
