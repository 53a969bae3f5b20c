#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "fiber.h"
#include "file.h"
#include "peer.h"
#include "wait.h"
#include "wipe.h"

#define CONNECT_WAIT_NS (10 * NS_PER_S)

/* HOST, HOST:PORT, [V6]:PORT; nothing may follow but one slash. */
static enum rc parse_authority(const char *text, const char *default_port, struct target *t)
{
	const char *host_end, *port = NULL;
	size_t n = strlen(text);

	if (n && text[n - 1] == '/')
		n--;
	if (n == 0 || memchr(text, '@', n) || memchr(text, '/', n) || memchr(text, '?', n))
		return RC_BAD;
	if (text[0] == '[') {
		host_end = memchr(text, ']', n);
		if (!host_end)
			return RC_BAD;
		if (host_end + 1 < text + n) {
			if (host_end[1] != ':')
				return RC_BAD;
			port = host_end + 2;
		}
		t->host = strndup(text + 1, (size_t)(host_end - text - 1));
	} else {
		host_end = memchr(text, ':', n);
		port = host_end ? host_end + 1 : NULL;
		t->host = strndup(text, host_end ? (size_t)(host_end - text) : n);
	}
	t->port = port ? strndup(port, n - (size_t)(port - text)) : strdup(default_port);
	t->host_header = strndup(text, n);
	if (!t->host || !t->port || !t->host_header)
		return RC_NOMEM;
	if (!*t->host || strspn(t->port, "0123456789") != strlen(t->port) || atoi(t->port) < 1 || atoi(t->port) > 65535)
		return RC_BAD;
	return RC_OK;
}

static enum rc tls_failed(struct why *why, const char *what, const char *file)
{
	return why_set(why, RC_BAD, "%s %s cannot be used", what, file);
}

static enum rc make_tls(const struct connection *c, struct target *t, struct why *why)
{
	t->tls = SSL_CTX_new(TLS_client_method());
	if (!t->tls)
		return RC_NOMEM;
	SSL_CTX_set_min_proto_version(t->tls, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	if (c->ca_file ? SSL_CTX_load_verify_locations(t->tls, c->ca_file, NULL) != 1 :
			 SSL_CTX_set_default_verify_paths(t->tls) != 1)
		return tls_failed(why, "ca_file", c->ca_file ? c->ca_file : "of the system");
	if (c->client_cert_file && SSL_CTX_use_certificate_chain_file(t->tls, c->client_cert_file) != 1)
		return tls_failed(why, "client_cert_file", c->client_cert_file);
	if (c->client_key_file && SSL_CTX_use_PrivateKey_file(t->tls, c->client_key_file, SSL_FILETYPE_PEM) != 1)
		return tls_failed(why, "client_key_file", c->client_key_file);
	return RC_OK;
}

static enum rc parse_upstream(const struct connection *c, struct target *t, struct why *why)
{
	const char *url = c->upstream;
	enum rc rc;

	if (strncmp(url, "unix:", 5) == 0) {
		const char *path = strncmp(url, "unix://", 7) == 0 ? url + 7 : url + 5;

		t->host = strdup(path);
		t->host_header = strdup("localhost");
		if (!t->host || !t->host_header)
			return RC_NOMEM;
		return path[0] == '/' && strlen(path) < sizeof((struct sockaddr_un *)NULL)->sun_path ?
			       RC_OK :
			       why_set(why, RC_BAD, "upstream \"%s\": unix: needs an absolute path of at most 107 bytes", url);
	}
	if (strncmp(url, "https://", 8) == 0) {
		rc = parse_authority(url + 8, "443", t);
		if (rc == RC_OK)
			rc = make_tls(c, t, why);
	} else if (strncmp(url, "http://", 7) == 0) {
		rc = parse_authority(url + 7, "80", t);
		t->loopback_only = !c->insecure;
	} else {
		return why_set(why, RC_BAD, "upstream \"%s\" must begin with http://, https:// or unix:/", url);
	}
	if (rc == RC_BAD && (!why || !why->text[0]))
		return why_set(why, RC_BAD, "upstream \"%s\" must be SCHEME://HOST:PORT without a path", url);
	return rc;
}

/* The whole value of the file, without its last newline, in a page that is never swapped. */
static enum rc read_credential(const struct connection *c, struct target *t, struct why *why)
{
	struct buf value;
	enum rc rc;

	if (!c->credential.header)
		return RC_OK;
	buf_init(&value, 16384);
	rc = file_read(c->credential.value_file, &value, why);
	if (rc == RC_OK && value.len && value.data[value.len - 1] == '\n')
		buf_truncate(&value, value.len - 1);
	for (size_t i = 0; rc == RC_OK && i < value.len; i++)
		if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
			rc = why_set(why, RC_BAD, "%s: a credential is one line of printable characters", c->credential.value_file);
	if (rc == RC_OK && value.len == 0)
		rc = why_set(why, RC_BAD, "%s: is empty", c->credential.value_file);
	if (rc == RC_OK) {
		t->credential_header = strdup(c->credential.header);
		t->credential = buf_take(&value, NULL);
		rc = t->credential_header && t->credential ? RC_OK : RC_NOMEM;
		if (rc == RC_OK)
			(void)!mlock(t->credential, strlen(t->credential));      /* a low RLIMIT_MEMLOCK is no reason to stop */
	}
	buf_free(&value);
	return rc;
}

static enum rc find_user(const struct connection *c, struct target *t, struct why *why)
{
	struct passwd entry, *found = NULL;
	char scratch[4096];

	if (!c->upstream_user)
		return RC_OK;
	if (getpwnam_r(c->upstream_user, &entry, scratch, sizeof scratch, &found) != 0 || !found)
		return why_set(why, RC_BAD, "upstream_user \"%s\": there is no such account", c->upstream_user);
	t->check_uid = true;
	t->uid = entry.pw_uid;
	return RC_OK;
}

enum rc target_new(const struct connection *connection, struct target **out, struct why *why)
{
	struct target *t = calloc(1, sizeof *t);
	enum rc rc;

	*out = NULL;
	if (!t)
		return RC_NOMEM;
	if (why)
		*why = (struct why){0};
	rc = parse_upstream(connection, t, why);
	if (rc == RC_OK)
		rc = read_credential(connection, t, why);
	if (rc == RC_OK)
		rc = find_user(connection, t, why);
	if (rc != RC_OK) {
		target_free(t);
		return rc;
	}
	*out = t;
	return RC_OK;
}

void target_free(struct target *t)
{
	if (!t)
		return;
	free(t->host);
	free(t->port);
	free(t->host_header);
	SSL_CTX_free(t->tls);
	free(t->credential_header);
	wipe_free(t->credential);
	free(t);
}

struct slice target_secret(const struct target *target)
{
	struct slice s = slice_str(target->credential);
	const char *space = s.n ? memchr(s.p, ' ', s.n) : NULL;

	return space && space + 1 < s.p + s.n ? (struct slice){space + 1, (size_t)(s.p + s.n - space - 1)} : s;
}

static bool is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static enum rc connect_address(int family, const struct sockaddr *a, socklen_t n, int client_fd, int end_fd, int *out)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0, on = 1;
	socklen_t error_n = sizeof error;
	enum rc rc = RC_OK;

	if (fd < 0)
		return RC_IO;
	if (connect(fd, a, n) != 0) {
		rc = errno == EINPROGRESS ? wait_ready(fd, POLLOUT, client_fd, end_fd, clock_mono_ns() + CONNECT_WAIT_NS) :
					    RC_UNREACHABLE;
		if (rc == RC_OK && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_n) != 0 || error))
			rc = RC_UNREACHABLE;
	}
	if (rc != RC_OK) {
		wait_close(fd);
		return rc;
	}
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	*out = fd;
	return RC_OK;
}

static enum rc connect_unix(const struct target *t, int client_fd, int end_fd, int *fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, t->host, strlen(t->host));
	return connect_address(AF_UNIX, (const struct sockaddr *)&a, sizeof a, client_fd, end_fd, fd);
}

struct lookup {
	const struct target *target;
	struct addrinfo *found;
	int error;
};

static void look_up(void *arg)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct lookup *l = arg;

	l->error = getaddrinfo(l->target->host, l->target->port, &hints, &l->found);
}

static enum rc connect_tcp(const struct target *t, int client_fd, int end_fd, int *fd, struct why *why)
{
	struct lookup names = {.target = t};
	enum rc rc = RC_UNREACHABLE;

	fiber_block(look_up, &names);
	if (names.error)
		return why_set(why, RC_UNREACHABLE, "the name of the model server is not known");
	for (const struct addrinfo *a = names.found; a; a = a->ai_next) {
		if (t->loopback_only && !is_loopback(a->ai_addr)) {
			rc = why_set(why, RC_DENIED, "the model server is on another machine: use https, or say insecure: true");
			continue;
		}
		rc = connect_address(a->ai_family, a->ai_addr, a->ai_addrlen, client_fd, end_fd, fd);
		if (rc == RC_OK || rc == RC_END || rc == RC_CANCELLED)
			break;
	}
	freeaddrinfo(names.found);
	return rc;
}

enum rc target_connect(const struct target *t, int client_fd, int end_fd, int *fd, struct why *why)
{
	enum rc rc = t->port ? connect_tcp(t, client_fd, end_fd, fd, why) : connect_unix(t, client_fd, end_fd, fd);
	uid_t uid;

	if (rc == RC_OK && t->check_uid && (peer_uid(*fd, &uid) != RC_OK || uid != t->uid)) {
		wait_close(*fd);
		return why_set(why, RC_DENIED, "the model's port is held by another account than upstream_user");
	}
	if (rc == RC_UNREACHABLE || rc == RC_TIMEOUT)
		return why_set(why, rc, "the model server does not answer");
	return rc;
}
