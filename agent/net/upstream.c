#include "upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "wait.h"
#include "wipe.h"

#define IN_BYTES ((size_t)32768)
#define HEADER_MAX ((size_t)64 * 1024)
#define KEEP_NS (2 * NS_PER_S)
#define WRITE_WAIT_NS (60 * NS_PER_S)
#define HANDSHAKE_WAIT_NS (10 * NS_PER_S)

struct upstream {
	const struct target *target;
	int client_fd, end_fd;
	int fd;                          /* -1: none */
	SSL *tls;
	int64_t free_since_ns;           /* when the last exchange ended */
	struct http_message message;
	struct http_head head;
	char *in;                        /* IN_BYTES; NULL: none is held */
	size_t from, to;
	bool drained;                    /* the last read took all there was: more will show itself */
	bool whole;                      /* the answer was read to its end */
};

enum rc upstream_new(const struct target *target, int client_fd, int end_fd, struct upstream **out)
{
	struct upstream *u = calloc(1, sizeof *u);

	*out = u;
	if (!u)
		return RC_NOMEM;
	u->target = target;
	u->client_fd = client_fd;
	u->end_fd = end_fd;
	u->fd = -1;
	http_head_init(&u->head);
	http_message_init(&u->message, HTTP_KIND_ANSWER, HEADER_MAX);
	return RC_OK;
}

static void drop_input(struct upstream *u)
{
	if (u->in)
		wipe(u->in + u->from, u->to - u->from);
	free(u->in);
	u->in = NULL;
	u->from = u->to = 0;
}

void upstream_drop(struct upstream *u)
{
	SSL_free(u->tls);
	u->tls = NULL;
	if (u->fd >= 0)
		wait_close(u->fd);
	u->fd = -1;
	u->drained = false;
	drop_input(u);
}

void upstream_free(struct upstream *u)
{
	if (!u)
		return;
	upstream_drop(u);
	http_head_free(&u->head);
	free(u);
}

static enum rc await(struct upstream *u, short events, int64_t deadline_ns)
{
	return wait_ready(u->fd, events, u->client_fd, u->end_fd, deadline_ns);
}

/* After an SSL call that returned n <= 0: wait for what it wants. RC_END of the peer is RC_UNREACHABLE here. */
static enum rc tls_wait(struct upstream *u, int n, int64_t deadline_ns)
{
	switch (SSL_get_error(u->tls, n)) {
	case SSL_ERROR_WANT_READ:
		return await(u, POLLIN, deadline_ns);
	case SSL_ERROR_WANT_WRITE:
		return await(u, POLLOUT, deadline_ns);
	default:
		ERR_clear_error();
		return RC_UNREACHABLE;
	}
}

static enum rc handshake(struct upstream *u, struct why *why)
{
	int64_t deadline_ns = clock_mono_ns() + HANDSHAKE_WAIT_NS;
	const char *host = u->target->host;
	unsigned char address[16];
	bool literal = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	enum rc rc = RC_OK;
	int n;

	u->tls = SSL_new(u->target->tls);
	if (!u->tls || SSL_set_fd(u->tls, u->fd) != 1)
		return RC_NOMEM;
	if (literal ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(u->tls), host) != 1 :
		      SSL_set1_host(u->tls, host) != 1 || SSL_set_tlsext_host_name(u->tls, host) != 1)
		return RC_FAULT;
	ERR_clear_error();                       /* SSL_get_error() takes what another connection left for this one's */
	while (rc == RC_OK && (n = SSL_connect(u->tls)) != 1)
		rc = tls_wait(u, n, deadline_ns);
	if (rc == RC_UNREACHABLE && SSL_get_verify_result(u->tls) != X509_V_OK)
		return why_set(why, RC_DENIED, "the model server's certificate is not accepted: %s",
			       X509_verify_cert_error_string(SSL_get_verify_result(u->tls)));
	if (rc == RC_UNREACHABLE || rc == RC_TIMEOUT)
		return why_set(why, rc, "the model server does not complete the TLS handshake");
	return rc;
}

/* Has the kept connection been closed, or does it say something unasked? Then it is of no use. */
static bool fresh(struct upstream *u)
{
	return u->fd >= 0 && clock_mono_ns() - u->free_since_ns < KEEP_NS && !wait_speaks(u->fd);
}

static enum rc open_connection(struct upstream *u, struct why *why)
{
	enum rc rc;

	if (fresh(u))
		return RC_OK;
	upstream_drop(u);
	rc = target_connect(u->target, u->client_fd, u->end_fd, &u->fd, why);
	if (rc == RC_OK && u->target->tls)
		rc = handshake(u, why);
	if (rc != RC_OK)
		upstream_drop(u);
	return rc;
}

static enum rc send_tls(struct upstream *u, struct slice bytes, int64_t deadline_ns)
{
	while (bytes.n) {
		size_t sent = 0;
		int n;

		ERR_clear_error();
		n = SSL_write_ex(u->tls, bytes.p, bytes.n, &sent);

		if (n != 1) {
			enum rc rc = tls_wait(u, n, deadline_ns);

			if (rc != RC_OK)
				return rc;
		}
		bytes.p += sent;
		bytes.n -= sent;
	}
	return RC_OK;
}

static enum rc send_plain(struct upstream *u, struct slice head, struct slice body, int64_t deadline_ns)
{
	while (head.n + body.n) {
		struct iovec parts[2] = {{(void *)head.p, head.n}, {(void *)body.p, body.n}};
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
		ssize_t n = sendmsg(u->fd, &message, MSG_NOSIGNAL);
		size_t from_head;

		if (n < 0) {
			enum rc rc = errno == EINTR ? RC_OK : errno == EAGAIN ? await(u, POLLOUT, deadline_ns) : RC_UNREACHABLE;

			if (rc != RC_OK)
				return rc;
			continue;
		}
		from_head = (size_t)n < head.n ? (size_t)n : head.n;
		head.p += from_head;
		head.n -= from_head;
		body.p += (size_t)n - from_head;
		body.n -= (size_t)n - from_head;
	}
	return RC_OK;
}

enum rc upstream_send(struct upstream *u, struct slice head, struct slice body, struct why *why)
{
	int64_t deadline_ns = clock_mono_ns() + WRITE_WAIT_NS;
	enum rc rc = open_connection(u, why);

	if (rc != RC_OK)
		return rc;
	u->whole = false;
	wait_turn();
	if (u->tls) {
		rc = send_tls(u, head, deadline_ns);
		if (rc == RC_OK)
			rc = send_tls(u, body, deadline_ns);
	} else {
		rc = send_plain(u, head, body, deadline_ns);
	}
	if (rc != RC_OK)
		upstream_drop(u);
	return rc == RC_UNREACHABLE ? why_set(why, rc, "the model server closed the connection before it had the request") :
	       rc == RC_TIMEOUT	    ? why_set(why, rc, "the model server does not take the request") :
				      rc;
}

/* More input. RC_UNREACHABLE: the server closed. */
static enum rc more(struct upstream *u, int64_t deadline_ns)
{
	if (!u->in) {
		u->in = malloc(IN_BYTES);
		if (!u->in)
			return RC_NOMEM;
	}
	if (u->from == u->to)
		u->from = u->to = 0;
	for (;;) {
		enum rc rc = u->drained ? await(u, POLLIN, deadline_ns) : RC_OK;

		u->drained = false;
		if (rc != RC_OK)
			return rc;
		if (u->tls) {
			size_t got = 0;
			int n;

			ERR_clear_error();
			n = SSL_read_ex(u->tls, u->in + u->to, IN_BYTES - u->to, &got);

			if (n == 1) {
				u->to += got;
				return RC_OK;
			}
			rc = tls_wait(u, n, deadline_ns);
		} else {
			ssize_t n = recv(u->fd, u->in + u->to, IN_BYTES - u->to, 0);

			if (n > 0) {
				u->to += (size_t)n;
				u->drained = u->to < IN_BYTES;   /* epoll(7): of a stream, fewer bytes than asked for are all */
				if (!u->drained)
					wait_unread(u->fd);
				return RC_OK;
			}
			if (n == 0 || (errno != EAGAIN && errno != EINTR))
				return RC_UNREACHABLE;
			u->drained = errno == EAGAIN;
		}
		if (rc != RC_OK)
			return rc;
	}
}

static enum rc feed(struct upstream *u, enum http_event *event, struct why *why)
{
	struct slice in = {u->in + u->from, u->to - u->from};
	size_t before = in.n;
	enum rc rc = http_message_feed(&u->message, &in, event, why);

	wipe(u->in + u->from, before - in.n);
	u->from += before - in.n;
	return rc;
}

static enum rc read_one_head(struct upstream *u, bool no_body, int64_t deadline_ns, struct why *why)
{
	enum http_event event = HTTP_EVENT_MORE;

	http_message_begin(&u->message, &u->head, NULL, no_body);
	while (event != HTTP_EVENT_HEAD) {
		enum rc rc;

		if (u->from == u->to) {
			rc = more(u, deadline_ns);
			if (rc == RC_TIMEOUT)
				return why_set(why, rc, "the model server took too long to begin its answer");
			if (rc == RC_UNREACHABLE)
				return why_set(why, rc, "the model server closed the connection without an answer");
			if (rc != RC_OK)
				return rc;
		}
		rc = feed(u, &event, why);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc upstream_read_head(struct upstream *u, bool no_body, int64_t first_byte_ns, const struct http_head **head, struct why *why)
{
	int64_t deadline_ns = first_byte_ns ? clock_mono_ns() + first_byte_ns : 0;
	enum rc rc;

	do
		rc = read_one_head(u, no_body, deadline_ns, why);
	while (rc == RC_OK && u->head.status / 100 == 1 && u->head.status != 101);
	*head = &u->head;
	if (rc == RC_OK && (u->head.status == 101 || u->head.status < 200 || u->head.status > 599))
		rc = why_set(why, RC_BAD, "the model server answered with status %d", u->head.status);
	if (rc != RC_OK)
		upstream_drop(u);
	return rc;
}

/* Does the answer have no byte of body? Then its end has come with its head. */
static bool bodiless(const struct upstream *u)
{
	return u->message.no_body || u->head.status == 204 || u->head.status == 304 ||
	       (u->head.content_length == 0 && !u->head.chunked);
}

enum rc upstream_read_body(struct upstream *u, struct buf *body, bool *done, int64_t deadline_ns, struct why *why)
{
	enum http_event event = HTTP_EVENT_MORE;
	enum rc rc = RC_OK;

	*done = u->whole = bodiless(u);
	if (*done)
		return RC_OK;
	u->message.body = body;
	if (u->from == u->to)
		rc = more(u, deadline_ns);
	if (rc == RC_OK) {
		rc = feed(u, &event, why);
		*done = u->whole = event == HTTP_EVENT_DONE;
		return rc;
	}
	if (rc == RC_UNREACHABLE && http_message_end(&u->message) == RC_OK) {
		*done = true;
		return RC_OK;
	}
	return rc == RC_UNREACHABLE ? why_set(why, rc, "the model server broke off its answer") : rc;
}

void upstream_finish(struct upstream *u)
{
	if (u->whole && u->head.keep_alive && u->from == u->to) {
		u->free_since_ns = clock_mono_ns();
	} else {
		upstream_drop(u);
	}
}

void upstream_rest(struct upstream *u)
{
	if (u->from == u->to)
		drop_input(u);
}

int64_t upstream_kept_until(const struct upstream *u)
{
	return u->fd >= 0 ? u->free_since_ns + KEEP_NS : 0;
}
