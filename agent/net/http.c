#include "http.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "wait.h"
#include "wipe.h"

#define IN_BYTES ((size_t)16384)
#define WRITE_WAIT_NS (60 * NS_PER_S)
#define LINGER_NS (1 * NS_PER_S)
#define BODY_GRACE_NS (10 * NS_PER_S)

struct http_conn {
	int fd, end_fd;
	struct http_limits limits;
	struct http_message message;
	struct http_head head;
	char *in;                        /* IN_BYTES; NULL: none is held */
	size_t from, to;                 /* unread bytes in it */
	bool done;                       /* the current request has been read to its end */
};

enum rc http_conn_new(int fd, int end_fd, const struct http_limits *limits, struct http_conn **out)
{
	struct http_conn *c = calloc(1, sizeof *c);

	*out = c;
	if (!c)
		return RC_NOMEM;
	c->fd = fd;
	c->end_fd = end_fd;
	c->limits = *limits;
	c->done = true;
	http_head_init(&c->head);
	http_message_init(&c->message, HTTP_KIND_REQUEST, limits->header_max_bytes);
	return RC_OK;
}

static void drop_input(struct http_conn *c)
{
	if (c->in)
		wipe(c->in + c->from, c->to - c->from);      /* what was read is wiped already */
	free(c->in);
	c->in = NULL;
	c->from = c->to = 0;
}

void http_conn_free(struct http_conn *c)
{
	if (!c)
		return;
	drop_input(c);
	http_head_free(&c->head);
	free(c);
}

int http_conn_fd(const struct http_conn *c)
{
	return c->fd;
}

/* The client's own descriptor is the one that is waited for, so its hang-up shows there. */
static enum rc await(struct http_conn *c, short events, int64_t deadline_ns)
{
	return wait_ready(c->fd, events, -1, c->end_fd, deadline_ns);
}

/* More input behind what is there. RC_END: the client has closed. */
static enum rc more(struct http_conn *c, int64_t deadline_ns)
{
	if (c->from == c->to)
		c->from = c->to = 0;
	if (!c->in) {
		c->in = malloc(IN_BYTES);
		if (!c->in)
			return RC_NOMEM;
	}
	for (;;) {
		ssize_t n;
		enum rc rc;

		n = recv(c->fd, c->in + c->to, IN_BYTES - c->to, MSG_DONTWAIT);
		if (n > 0) {
			c->to += (size_t)n;
			if (c->to == IN_BYTES)
				wait_unread(c->fd);
			return RC_OK;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return RC_END;
		rc = await(c, POLLIN, deadline_ns);
		if (rc != RC_OK)
			return rc;
	}
}

/* One event of the message out of the buffer. */
static enum rc feed(struct http_conn *c, enum http_event *event, struct why *why)
{
	struct slice in = {c->in + c->from, c->to - c->from};
	size_t before = in.n;
	enum rc rc = http_message_feed(&c->message, &in, event, why);

	wipe(c->in + c->from, before - in.n);
	c->from += before - in.n;
	return rc;
}

enum rc http_wait(struct http_conn *c, int64_t deadline_ns)
{
	enum rc rc;

	if (!c->done || c->from < c->to)
		return RC_OK;
	rc = await(c, POLLIN, deadline_ns);              /* it is seldom there yet */
	return rc == RC_OK ? more(c, deadline_ns) : rc;
}

void http_rest(struct http_conn *c)
{
	if (c->done && c->from == c->to)
		drop_input(c);
}

enum rc http_read_head(struct http_conn *c, const struct http_head **head, struct why *why)
{
	enum http_event event = HTTP_EVENT_MORE;
	int64_t deadline_ns;
	enum rc rc;

	if (!c->done)                    /* what follows a body that was not read cannot be told from it */
		return RC_END;
	http_message_begin(&c->message, &c->head, NULL, false);
	*head = &c->head;
	rc = http_wait(c, c->limits.idle_ns ? clock_mono_ns() + c->limits.idle_ns : 0);
	if (rc != RC_OK)
		return rc == RC_TIMEOUT ? RC_END : rc;
	c->done = false;
	deadline_ns = clock_mono_ns() + c->limits.header_wait_ns;
	for (;;) {
		rc = feed(c, &event, why);
		if (rc != RC_OK || event == HTTP_EVENT_HEAD)
			return rc;
		rc = more(c, deadline_ns);
		if (rc == RC_TIMEOUT)
			return why_set(why, rc, "the headers took too long");
		if (rc != RC_OK)
			return rc;
	}
}

enum rc http_read_body(struct http_conn *c, struct buf *body, struct why *why)
{
	int64_t start_ns = clock_mono_ns();
	size_t before = body->len;
	enum rc rc = RC_OK;

	c->message.body = body;
	if (c->head.content_length > 0 && (size_t)c->head.content_length > body->max - body->len)
		return why_set(why, RC_TOO_BIG, "the body is larger than %zu bytes", body->max);
	if (http_header_lists(&c->head, "expect", SLICE("100-continue")) && c->from == c->to && c->head.minor > 0 &&
	    (c->head.chunked || c->head.content_length > 0))
		rc = http_write(c, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
	while (rc == RC_OK) {
		enum http_event event;

		/* a message without a body ends without a further byte */
		if (c->from == c->to && !c->head.chunked && c->head.content_length <= 0)
			break;
		if (c->from < c->to) {
			rc = feed(c, &event, why);
			if (rc == RC_TOO_BIG)
				return why_set(why, rc, "the body is larger than %zu bytes", body->max);
			if (rc != RC_OK || event == HTTP_EVENT_DONE)
				break;
		}
		if (c->from == c->to)
			rc = more(c, start_ns + BODY_GRACE_NS + (int64_t)((double)(body->len - before) / (double)c->limits.body_rate *
									  (double)NS_PER_S));
		if (rc == RC_TIMEOUT)
			return why_set(why, rc, "the body came too slowly");
	}
	c->done = rc == RC_OK;
	return rc;
}

enum rc http_write(struct http_conn *c, struct slice bytes)
{
	wait_turn();
	while (bytes.n) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		enum rc rc;

		if (n > 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || errno != EAGAIN)
			return RC_END;
		rc = await(c, POLLOUT, clock_mono_ns() + WRITE_WAIT_NS);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{100, "Continue"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {400, "Bad Request"},
		{401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {408, "Request Timeout"},
		{409, "Conflict"}, {413, "Content Too Large"}, {415, "Unsupported Media Type"}, {421, "Misdirected Request"},
		{422, "Unprocessable Content"}, {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status < 400 ? "OK" : "Error";
}

enum rc http_answer(struct http_conn *c, int status, const char *content_type, const char *headers, struct slice body,
		    bool keep_alive)
{
	struct buf out;
	enum rc rc;

	buf_init(&out, body.n + 16384);
	buf_printf(&out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	if (content_type)
		buf_printf(&out, "Content-Type: %s\r\n", content_type);
	if (status != 204)
		buf_printf(&out, "Content-Length: %zu\r\n", body.n);
	buf_printf(&out, "%s%s\r\n", keep_alive ? "" : "Connection: close\r\n", headers ? headers : "");
	if (c->message.in_head || !slice_is(c->head.method, "HEAD"))
		buf_add_slice(&out, body);
	rc = out.rc == RC_OK ? http_write(c, buf_slice(&out)) : out.rc;
	buf_free(&out);
	return rc;
}

void http_linger(struct http_conn *c)
{
	int64_t deadline_ns = clock_mono_ns() + LINGER_NS;
	char waste[4096];

	shutdown(c->fd, SHUT_WR);
	while (await(c, POLLIN, deadline_ns) == RC_OK) {
		ssize_t n = recv(c->fd, waste, sizeof waste, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		if (n == (ssize_t)sizeof waste)
			wait_unread(c->fd);
	}
	wipe(waste, sizeof waste);
}
