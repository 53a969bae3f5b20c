/* Syslog over TLS (RFC 5425): each message behind its length and a space. There is no answer by which a receiver could say what it has. So a batch
 * counts as delivered once the other side's TCP has all of it and the connection has stood for a while after that: a receiver that dies with
 * messages unread resets the connection, and gets them again. */
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "sink_private.h"

#define CONNECT_S 10
#define SETTLE_NS (500 * NS_PER_MS)
#define PIECE_NS (20 * NS_PER_MS)

struct syslog_link {
	SSL_CTX *ctx;
	SSL *ssl;                                /* NULL: not connected */
	int fd;
};

void syslog_link_free(struct syslog_link *link)
{
	if (!link)
		return;
	if (link->ssl) {
		(void)SSL_shutdown(link->ssl);
		SSL_free(link->ssl);
	}
	if (link->fd >= 0)
		close(link->fd);
	SSL_CTX_free(link->ctx);
	free(link);
}

static void tls_why(struct why *why, const char *what)
{
	unsigned long e = ERR_get_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	why_set(why, RC_BAD, "%s: %s", what, reason ? reason : "failed");
	ERR_clear_error();
}

static enum rc make_ctx(const struct sink_settings *conf, SSL_CTX **out, struct why *why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	*out = ctx;
	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION))
		return RC_NOMEM;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (conf->ca_file ? SSL_CTX_load_verify_locations(ctx, conf->ca_file, NULL) != 1 : SSL_CTX_set_default_verify_paths(ctx) != 1) {
		tls_why(why, conf->ca_file ? conf->ca_file : "the system's certificates");
		return RC_BAD;
	}
	if (conf->client_cert_file && SSL_CTX_use_certificate_chain_file(ctx, conf->client_cert_file) != 1) {
		tls_why(why, conf->client_cert_file);
		return RC_BAD;
	}
	if (conf->client_key_file && SSL_CTX_use_PrivateKey_file(ctx, conf->client_key_file, SSL_FILETYPE_PEM) != 1) {
		tls_why(why, conf->client_key_file);
		return RC_BAD;
	}
	return RC_OK;
}

enum rc syslog_link_check(const struct sink_settings *conf, struct why *why)
{
	SSL_CTX *ctx;
	enum rc rc = make_ctx(conf, &ctx, why);

	SSL_CTX_free(ctx);
	return rc;
}

/* HOST:PORT, an IPv6 address in brackets. */
static void split(const char *address, char host[256], char port[8])
{
	const char *colon = strrchr(address, ':');

	snprintf(host, 256, "%.*s", (int)(colon - address), address);
	if (host[0] == '[') {
		memmove(host, host + 1, strlen(host));
		host[strcspn(host, "]")] = '\0';
	}
	snprintf(port, 8, "%s", colon + 1);
}

static enum rc connect_tcp(struct syslog_link *link, const char *host, const char *port, struct why *why)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	const struct timeval limit = {CONNECT_S, 0};
	const int on = 1;
	struct addrinfo *list = NULL;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return why_set(why, RC_UNREACHABLE, "%s: there is no such host", host);
	for (const struct addrinfo *a = list; a && link->fd < 0; a = a->ai_next) {
		link->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (link->fd < 0)
			continue;
		setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);     /* of connect(2), too */
		setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
		setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		setsockopt(link->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
		if (connect(link->fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(link->fd);
			link->fd = -1;
		}
	}
	freeaddrinfo(list);
	return link->fd >= 0 ? RC_OK : why_set(why, RC_UNREACHABLE, "%s port %s: %s", host, port, strerror(errno));
}

static bool expect_peer(SSL *ssl, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return true;
	ERR_clear_error();
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static enum rc link_up(struct sink *s, struct why *why)
{
	char host[256], port[8];
	struct syslog_link *link;
	enum rc rc;

	if (s->link)
		return RC_OK;
	link = s->link = calloc(1, sizeof *link);
	if (!link)
		return RC_NOMEM;
	link->fd = -1;
	split(s->conf->address, host, port);
	rc = make_ctx(s->conf, &link->ctx, why);
	if (rc == RC_OK)
		rc = connect_tcp(link, host, port, why);
	if (rc != RC_OK)
		return rc;
	link->ssl = SSL_new(link->ctx);
	if (link->ssl)
		SSL_clear_mode(link->ssl, SSL_MODE_AUTO_RETRY);  /* who reads for the end only must not wait for more */
	if (!link->ssl || !expect_peer(link->ssl, host) || SSL_set_fd(link->ssl, link->fd) != 1)
		return RC_NOMEM;
	if (SSL_connect(link->ssl) == 1)
		return RC_OK;
	tls_why(why, "TLS to the syslog receiver");
	SSL_free(link->ssl);                             /* nothing to shut down */
	link->ssl = NULL;
	return RC_UNREACHABLE;
}

static enum rc put(struct syslog_link *link, struct slice lines, struct why *why)
{
	struct buf frames;
	enum rc rc;

	buf_init(&frames, BUF_MAX_DEFAULT);
	while (lines.n) {
		const char *lf = memchr(lines.p, '\n', lines.n);
		size_t n = lf ? (size_t)(lf - lines.p) : lines.n;

		buf_printf(&frames, "%zu ", n);          /* RFC 5425 4.3 */
		buf_add(&frames, lines.p, n);
		n += lf != NULL;
		lines = (struct slice){lines.p + n, lines.n - n};
	}
	rc = frames.rc;
	for (size_t at = 0; rc == RC_OK && at < frames.len;) {
		size_t n = frames.len - at < 16384 ? frames.len - at : 16384;
		int sent = SSL_write(link->ssl, frames.data + at, (int)n);

		if (sent <= 0) {
			ERR_clear_error();
			rc = why_set(why, RC_UNREACHABLE, "the connection to the syslog receiver broke");
		}
		at += sent > 0 ? (size_t)sent : 0;
	}
	buf_free(&frames);
	return rc;
}

/* Has the other side ended it? What it sends is TLS's own, such as session tickets. */
static bool stands(struct syslog_link *link, int64_t wait_ns)
{
	struct pollfd p = {link->fd, POLLIN | POLLRDHUP, 0};
	char byte[64];

	if (poll(&p, 1, (int)(wait_ns / NS_PER_MS)) > 0) {
		int n;

		if (p.revents & (POLLERR | POLLHUP | POLLRDHUP | POLLNVAL))
			return false;
		n = SSL_read(link->ssl, byte, sizeof byte);
		if (n <= 0 && SSL_get_error(link->ssl, n) != SSL_ERROR_WANT_READ) {
			ERR_clear_error();
			return false;
		}
		ERR_clear_error();
	}
	return true;
}

static enum rc settle(struct sink *s, struct why *why)
{
	int64_t until_ns = clock_mono_ns() + CONNECT_S * NS_PER_S, since_ns = 0;

	while (!atomic_load(&s->stop)) {
		int64_t now_ns = clock_mono_ns();
		int unsent = 0;

		if (ioctl(s->link->fd, SIOCOUTQ, &unsent) != 0 || now_ns > until_ns)
			return why_set(why, RC_TIMEOUT, "the syslog receiver does not take what is sent");
		since_ns = unsent ? 0 : since_ns ? since_ns : now_ns;
		if (since_ns && now_ns - since_ns >= SETTLE_NS)
			return RC_OK;
		if (!stands(s->link, PIECE_NS))
			return why_set(why, RC_UNREACHABLE, "the syslog receiver ended the connection");
	}
	return RC_CANCELLED;
}

enum rc sink_send_syslog(struct sink *s, struct slice lines, struct why *why)
{
	enum rc rc;

	if (s->link && !stands(s->link, 0)) {
		syslog_link_free(s->link);
		s->link = NULL;
	}
	rc = link_up(s, why);
	if (rc == RC_OK)
		rc = put(s->link, lines, why);
	if (rc == RC_OK)
		rc = settle(s, why);
	if (rc != RC_OK) {
		syslog_link_free(s->link);
		s->link = NULL;
	}
	return rc;
}
