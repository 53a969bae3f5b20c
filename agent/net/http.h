/* HTTP/1.1 on a client's connection: requests in, answers out. Blocking, with deadlines, and with an eye on the session's end. */
#ifndef PHIGATE_AGENT_HTTP_H
#define PHIGATE_AGENT_HTTP_H

#include "http_message.h"

struct http_limits {
	size_t header_max_bytes;
	int64_t header_wait_ns;                  /* from the first byte of a head to its end */
	int64_t body_rate;                       /* least bytes a second of a body */
	int64_t idle_ns;                         /* between requests; 0: no limit */
};

struct http_conn;
/* fd and end_fd are borrowed; end_fd (or -1): readable when all must stop. */
enum rc http_conn_new(int fd, int end_fd, const struct http_limits *limits, struct http_conn **out) MUST_USE;
void http_conn_free(struct http_conn *c);
int http_conn_fd(const struct http_conn *c);

/* Wait for the first byte of the next request, at most until deadline_ns (monotonic; 0: without limit). RC_TIMEOUT: none came, and it
 * may be called again; RC_END: the client has closed; RC_CANCELLED. */
enum rc http_wait(struct http_conn *c, int64_t deadline_ns) MUST_USE;

/* Between two requests: hold no buffer until the next one comes. */
void http_rest(struct http_conn *c);

/* The next request's head; its slices stay until the next http_read_head(). RC_END: closed between requests (or idle_ns is over);
 * RC_BAD: 400, RC_TOO_BIG: 431, RC_TIMEOUT: 408, then close; RC_CANCELLED: end_fd. */
enum rc http_read_head(struct http_conn *c, const struct http_head **head, struct why *why) MUST_USE;

/* Its body, whole, appended to body, whose ceiling bounds it; sends 100 Continue first when it is asked for. RC_TOO_BIG: 413,
 * RC_BAD: 400, RC_TIMEOUT: 408, RC_END: the client is gone, RC_CANCELLED. Afterwards close, but for RC_OK. */
enum rc http_read_body(struct http_conn *c, struct buf *body, struct why *why) MUST_USE;

/* Write all. RC_END: the client is gone; RC_TIMEOUT: it took nothing for a minute; RC_CANCELLED. */
enum rc http_write(struct http_conn *c, struct slice bytes) MUST_USE;

/* A complete answer with Content-Length, for HEAD without its body. headers: further lines, each with CRLF, or NULL. */
enum rc http_answer(struct http_conn *c, int status, const char *content_type, const char *headers, struct slice body,
		    bool keep_alive) MUST_USE;

/* After an answer that ends the connection early: let the client read it before the reset that its unread bytes would cause
 * (RFC 9112 9.6). At most a second. */
void http_linger(struct http_conn *c);

const char *http_reason(int status);             /* our own reason phrases */

#endif
