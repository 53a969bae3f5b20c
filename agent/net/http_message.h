/* HTTP/1.x messages (llhttp, strict mode), parsed incrementally. Pure: bytes in, a head and body bytes out. What llhttp lets
 * through and we do not: obs-fold (RFC 9112 5.2), missing or repeated Host, foreign target forms, versions other than 1.0 and
 * 1.1, chunks in 1.0, transfer codings other than chunked, too much header. */
#ifndef PHIGATE_AGENT_HTTP_MESSAGE_H
#define PHIGATE_AGENT_HTTP_MESSAGE_H

#include <llhttp.h>
#include <stdint.h>

#include "buf.h"

struct http_header {
	struct slice name, value;                /* into the head's own text */
};

struct http_head {
	struct buf text;                         /* what the slices point into */
	struct slice method, target;             /* requests */
	int status;                              /* answers */
	int minor;                               /* HTTP/1.minor */
	struct http_header *headers;
	size_t n_headers, cap_headers;
	bool keep_alive;                         /* after this message, as its version and Connection say */
	bool chunked;
	int64_t content_length;                  /* -1: none given */
};

void http_head_init(struct http_head *head);
void http_head_free(struct http_head *head);
/* The value of the first header of that name (case ignored); p is NULL when there is none. */
struct slice http_header(const struct http_head *head, const char *name);
/* Does a comma-separated header, all its lines, hold this token (case ignored)? */
bool http_header_lists(const struct http_head *head, const char *name, struct slice token);

enum http_event { HTTP_EVENT_MORE, HTTP_EVENT_HEAD, HTTP_EVENT_DONE };

struct http_message {
	llhttp_t parser;
	struct http_head *head;                  /* where the head goes; borrowed */
	struct buf *body;                        /* where body bytes are appended; borrowed */
	size_t header_max_bytes, head_bytes;
	char last;                               /* byte before the next one, while in the head */
	bool in_head, no_body;
	enum rc rc;                              /* what a callback found */
};

enum http_kind { HTTP_KIND_REQUEST, HTTP_KIND_ANSWER };

void http_message_init(struct http_message *m, enum http_kind kind, size_t header_max_bytes);

/* The next message: its head goes to head (emptied), body bytes are appended to body, which may be named once the head is there. no_body: this
 * answers a HEAD. */
void http_message_begin(struct http_message *m, struct http_head *head, struct buf *body, bool no_body);

/* Consume from the front of in up to the next event. HTTP_EVENT_HEAD: the head is whole; HTTP_EVENT_DONE: the message is; HTTP_EVENT_MORE: all of in is
 * used. RC_BAD, RC_TOO_BIG (header_max_bytes, or the ceiling of body), RC_NOMEM; why says what is wrong, without bytes of it. */
enum rc http_message_feed(struct http_message *m, struct slice *in, enum http_event *event, struct why *why) MUST_USE;

/* The connection has ended. RC_OK when that ends the message (an answer without length), else RC_END. */
enum rc http_message_end(struct http_message *m) MUST_USE;

#endif
