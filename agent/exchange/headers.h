/* Which headers go on in each direction, and how they stand on record (design: data path). */
#ifndef PHIGATE_AGENT_HEADERS_H
#define PHIGATE_AGENT_HEADERS_H

#include "http_message.h"
#include "mask/mask.h"
#include "target.h"

/* The head of the request for the model: the route's method and path, the client's end-to-end headers in their order but those
 * that are ours to set or to take away, then the credential. */
enum rc headers_forward(const struct http_head *head, const char *path, const struct target *target, size_t body_bytes,
			struct buf *out) MUST_USE;

/* Append [["name","value"],…]: all request headers but credentials, values masked, or with engine NULL as they came. */
enum rc headers_request_json(const struct http_head *head, struct mask_engine *engine, struct mask_scope *scope,
			     struct buf *json) MUST_USE;

/* The answer's headers that go on, values masked and without the credential: as lines, each with CRLF, and as JSON for the record. */
enum rc headers_answer(const struct http_head *head, struct mask_engine *engine, struct mask_scope *scope,
		       struct slice credential, struct buf *lines, struct buf *json) MUST_USE;

/* Those of headers_answer() as they came, but for the credential, as JSON. */
enum rc headers_answer_original(const struct http_head *head, struct slice credential, struct buf *json) MUST_USE;

/* End-to-end request headers one by one, for binding an approval: NULL after the last. *i starts at 0. */
const struct http_header *headers_next_forwarded(const struct http_head *head, const struct target *target, size_t *i);

#endif
