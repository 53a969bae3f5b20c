/* One client connection's own connection to the model server: a request out, an answer in. Kept between requests, looked at just before
 * use, dropped after 2 s without; a request is never sent twice. While it waits, it watches the client and the session's end. */
#ifndef PHIGATE_AGENT_UPSTREAM_H
#define PHIGATE_AGENT_UPSTREAM_H

#include "http_message.h"
#include "target.h"

struct upstream;

/* All borrowed. client_fd: its hang-up stops everything (RC_END); end_fd: RC_CANCELLED. */
enum rc upstream_new(const struct target *target, int client_fd, int end_fd, struct upstream **out) MUST_USE;
void upstream_free(struct upstream *u);

/* Send head and body. RC_UNREACHABLE, RC_TIMEOUT, RC_DENIED (certificate, address, account), RC_END, RC_CANCELLED. */
enum rc upstream_send(struct upstream *u, struct slice head, struct slice body, struct why *why) MUST_USE;

/* The answer's head; 1xx are passed over, 101 is RC_BAD. no_body: the request was HEAD. first_byte_ns: longest wait, 0: none.
 * The head stays until the next request. RC_BAD, RC_TOO_BIG, RC_TIMEOUT, RC_UNREACHABLE (closed), RC_END, RC_CANCELLED. */
enum rc upstream_read_head(struct upstream *u, bool no_body, int64_t first_byte_ns, const struct http_head **head,
			   struct why *why) MUST_USE;

/* The next bytes of the body, appended. *done: that was all. deadline_ns (monotonic, 0: none): RC_TIMEOUT when nothing came by
 * then, and it may be called again. RC_BAD: malformed; RC_UNREACHABLE: ended before its end; RC_END, RC_CANCELLED. */
enum rc upstream_read_body(struct upstream *u, struct buf *body, bool *done, int64_t deadline_ns, struct why *why) MUST_USE;

/* The exchange is over; closes unless the answer was read to its end and may be followed by another. */
void upstream_finish(struct upstream *u);

/* Until when a connection is kept that waits for the next request (monotonic); 0: there is none. Then it is to be dropped. */
int64_t upstream_kept_until(const struct upstream *u);
void upstream_rest(struct upstream *u);          /* between two exchanges: hold no buffer */
void upstream_drop(struct upstream *u);

#endif
