/* HTTP/1.1 on a client's connection (llhttp, strict): requests in, answers out. Blocking, with deadlines, and with an eye on
 * the session's end. What llhttp lets through and we do not: obs-fold, missing or repeated Host, foreign target forms, versions
 * other than 1.0 and 1.1, too much header. */
#ifndef PHIGATE_AGENT_HTTP_H
#define PHIGATE_AGENT_HTTP_H

#include <stdint.h>

#include "buf.h"

struct http_header {
	struct slice name, value;                /* into the message's own buffer */
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

void http_head_free(struct http_head *head);
/* The value of the first header of that name (case ignored); p is NULL when there is none. */
struct slice http_header(const struct http_head *head, const char *name);

struct http_limits {
	size_t header_max_bytes, body_max_bytes;
	int64_t header_wait_ns;                  /* from the first byte of a head to its end */
	int64_t body_rate;                       /* least bytes a second of a body */
	int64_t idle_ns;                         /* between requests; 0: no limit */
};

struct http_conn;
/* fd and end_fd are borrowed; end_fd (or -1): readable when all must stop. */
enum rc http_conn_new(int fd, int end_fd, const struct http_limits *limits, struct http_conn **out) MUST_USE;
void http_conn_free(struct http_conn *c);
int http_conn_fd(const struct http_conn *c);

/* The next request's head. RC_END: closed between requests; RC_BAD: 400, RC_TOO_BIG: 431, RC_TIMEOUT: 408, then close;
 * RC_CANCELLED: end_fd. */
enum rc http_read_head(struct http_conn *c, struct http_head *head, struct why *why) MUST_USE;

/* Its body, whole, appended to body; sends 100 Continue first when it is asked for. RC_TOO_BIG: 413, RC_BAD: 400, RC_TIMEOUT, RC_END. */
enum rc http_read_body(struct http_conn *c, const struct http_head *head, struct buf *body, struct why *why) MUST_USE;

/* Write all. RC_END: the client is gone, RC_CANCELLED. */
enum rc http_write(struct http_conn *c, struct slice bytes) MUST_USE;

/* A complete answer with Content-Length. headers: further lines, each with CRLF, or NULL. */
enum rc http_answer(struct http_conn *c, int status, const char *content_type, const char *headers, struct slice body,
		    bool keep_alive) MUST_USE;

const char *http_reason(int status);             /* our own reason phrases */

#endif
