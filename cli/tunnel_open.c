/* The way to an open tunnel: TCP, key exchange, host key, login. Nothing of the user's is sent before the host key is known. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "jwt.h"
#include "preface.h"
#include "profile.h"
#include "sshkey.h"
#include "tunnel_private.h"
#include "wipe.h"

#define LEEWAY_S 60                              /* of the certificate, beyond the token's own time */
#define UNACKED_MS 20000                         /* bytes that nobody acknowledges end the connection */

/* One attempt to open a tunnel. */
struct attempt {
	struct tunnel *t;
	const struct signin *signin;
	int64_t until_ns;
	int stop_fd;
	struct why *why;
};

/* Until fd has one of the events; RC_CANCELLED, RC_TIMEOUT. */
static enum rc await(const struct attempt *a, int fd, short events)
{
	for (;;) {
		struct pollfd p[2] = {{fd, events, 0}, {a->stop_fd, POLLIN, 0}};
		int64_t left = a->until_ns - clock_mono_ns();
		int n;

		if (left <= 0)
			return RC_TIMEOUT;
		n = poll(p, 2, (int)(left / NS_PER_MS) + 1);
		if (n < 0 && errno != EINTR)
			return RC_IO;
		if (n > 0 && p[1].revents)
			return RC_CANCELLED;
		if (n > 0 && p[0].revents)
			return RC_OK;
	}
}

/* ---- TCP ----------------------------------------------------------------------------------------------------------------- */

/* "HOST:PORT" or "[IPV6]:PORT". */
static enum rc split_address(const char *address, char *host, size_t n, const char **port)
{
	const char *colon = strrchr(address, ':');
	struct slice h = {address, colon ? (size_t)(colon - address) : 0};

	if (!colon || !colon[1])
		return RC_BAD;
	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct slice){h.p + 1, h.n - 2};
	if (h.n == 0 || h.n >= n)
		return RC_BAD;
	memcpy(host, h.p, h.n);
	host[h.n] = '\0';
	*port = colon + 1;
	return RC_OK;
}

static enum rc connect_one(const struct attempt *a, const struct addrinfo *at, int *fd, int *error)
{
	socklen_t n = sizeof *error;
	enum rc rc = RC_OK;

	*error = 0;
	*fd = socket(at->ai_family, SOCK_STREAM, 0);
	if (*fd < 0 || fcntl(*fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(*fd, F_SETFL, O_NONBLOCK) != 0) {
		*error = errno;
		return RC_IO;
	}
	if (connect(*fd, at->ai_addr, at->ai_addrlen) == 0)
		return RC_OK;
	if (errno == EINPROGRESS)
		rc = await(a, *fd, POLLOUT);
	else
		*error = errno;
	if (rc == RC_OK && !*error && getsockopt(*fd, SOL_SOCKET, SO_ERROR, error, &n) != 0)
		*error = errno;
	return rc != RC_OK ? rc : *error ? RC_UNREACHABLE : RC_OK;
}

static void set_options(int fd)
{
	int on = 1;
#ifdef TCP_USER_TIMEOUT
	unsigned ms = UNACKED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
#endif
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static enum rc unreachable(const struct attempt *a, const char *reason)
{
	return why_set(a->why, RC_UNREACHABLE, "agent %s cannot be reached at %s: %s", a->t->agent->name, a->t->agent->address, reason);
}

/* All addresses of the name in turn. */
static enum rc connect_tcp(const struct attempt *a)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	const char *port;
	char host[256];
	int error = 0;
	enum rc rc = split_address(a->t->agent->address, host, sizeof host, &port);

	if (rc != RC_OK)
		return why_set(a->why, rc, "the address of agent %s is not HOST:PORT", a->t->agent->name);
	error = getaddrinfo(host, port, &hints, &list);
	if (error)
		return unreachable(a, gai_strerror(error));
	rc = RC_UNREACHABLE;
	for (const struct addrinfo *at = list; at && rc != RC_OK && rc != RC_CANCELLED && rc != RC_TIMEOUT; at = at->ai_next) {
		rc = connect_one(a, at, &a->t->sock, &error);
		if (rc != RC_OK && a->t->sock >= 0) {
			close(a->t->sock);
			a->t->sock = -1;
		}
	}
	freeaddrinfo(list);
	if (rc == RC_CANCELLED)
		return rc;
	if (rc != RC_OK)
		return unreachable(a, rc == RC_TIMEOUT ? "no answer" : strerror(error));
	set_options(a->t->sock);
	return RC_OK;
}

/* ---- SSH ----------------------------------------------------------------------------------------------------------------- */

/* What libssh2 sends goes into our buffer, whole: a call that met EAGAIN would tie all channels to it. */
static LIBSSH2_SEND_FUNC(take_output)
{
	struct tunnel *t = *abstract;

	(void)socket;
	(void)flags;
	if (t->ended)
		return -EPIPE;
	return queue_add(&t->out, buffer, length) == RC_OK ? (ssize_t)length : -ENOBUFS;
}

static LIBSSH2_RECV_FUNC(give_input)
{
	struct tunnel *t = *abstract;
	struct slice have = queue_slice(&t->in);
	size_t n = have.n < length ? have.n : length;

	(void)socket;
	(void)flags;
	if (n == 0)
		return t->ended ? -ECONNRESET : -EAGAIN;
	memcpy(buffer, have.p, n);
	queue_taken(&t->in, n);
	return (ssize_t)n;
}

/* The network's turn, after libssh2 said EAGAIN. */
static enum rc wait_network(const struct attempt *a)
{
	struct tunnel *t = a->t;
	enum rc rc = tunnel_flush(t);

	if (rc == RC_OK)
		rc = await(a, t->sock, (short)(POLLIN | (queue_length(&t->out) ? POLLOUT : 0)));
	return rc == RC_OK ? tunnel_fill(t) : rc;
}

static enum rc lost(const struct attempt *a, enum rc rc)
{
	if (rc == RC_CANCELLED)
		return rc;
	return unreachable(a, rc == RC_TIMEOUT ? "no answer" : "it ends the connection before the login");
}

/* Only what the agent's sshd offers and libssh2 1.10 can do, so that a stranger's offer is never taken. */
static enum rc start_session(struct tunnel *t)
{
	static const struct {
		int method;
		const char *names;
	} methods[] = {
		{LIBSSH2_METHOD_KEX, "curve25519-sha256,curve25519-sha256@libssh.org"},
		{LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519"},
		{LIBSSH2_METHOD_CRYPT_CS, "aes256-ctr,aes128-ctr"},
		{LIBSSH2_METHOD_CRYPT_SC, "aes256-ctr,aes128-ctr"},
		{LIBSSH2_METHOD_MAC_CS, "hmac-sha2-256,hmac-sha2-512"},
		{LIBSSH2_METHOD_MAC_SC, "hmac-sha2-256,hmac-sha2-512"},
	};
	LIBSSH2_SEND_FUNC((*on_send)) = take_output;
	LIBSSH2_RECV_FUNC((*on_receive)) = give_input;
	void *callback;

	t->ssh = libssh2_session_init_ex(NULL, NULL, NULL, t);
	if (!t->ssh)
		return RC_NOMEM;
	libssh2_session_set_blocking(t->ssh, 0);
	/* POSIX lets a function be passed as an object pointer, ISO C does not */
	memcpy(&callback, &on_send, sizeof callback);
	libssh2_session_callback_set(t->ssh, LIBSSH2_CALLBACK_SEND, callback);
	memcpy(&callback, &on_receive, sizeof callback);
	libssh2_session_callback_set(t->ssh, LIBSSH2_CALLBACK_RECV, callback);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (libssh2_session_method_pref(t->ssh, methods[i].method, methods[i].names) != 0)
			return RC_FAULT;
	return libssh2_session_banner_set(t->ssh, "SSH-2.0-phigate_" PHIGATE_VERSION) == 0 ? RC_OK : RC_NOMEM;
}

static enum rc shake_hands(const struct attempt *a)
{
	struct tunnel *t = a->t;
	enum rc rc = start_session(t);
	int error = rc == RC_OK ? LIBSSH2_ERROR_EAGAIN : 0;

	while (rc == RC_OK && (error = libssh2_session_handshake(t->ssh, t->sock)) == LIBSSH2_ERROR_EAGAIN)
		rc = wait_network(a);
	if (rc == RC_NOMEM || rc == RC_FAULT)
		return why_set(a->why, rc, "libssh2 cannot be started");
	if (rc != RC_OK)
		return lost(a, rc);
	if (error == LIBSSH2_ERROR_KEX_FAILURE || error == LIBSSH2_ERROR_BANNER_RECV || error == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE)
		return why_set(a->why, RC_BAD, "what answers at %s is no phigate agent (libssh2: error %d in the key exchange)",
			       t->agent->address, error);
	return error == 0 ? RC_OK : lost(a, RC_END);
}

/* The pinned keys, for a human. */
static void list_pinned(const struct agent_entry *agent, struct buf *out)
{
	for (size_t i = 0; i < agent->host_keys.n; i++) {
		char text[64];
		struct buf blob;

		buf_init(&blob, 4096);
		if (sshkey_parse_line(slice_str(agent->host_keys.item[i]), &blob) == RC_OK) {
			sshkey_fingerprint(buf_slice(&blob), text);
			buf_printf(out, "%s%s", out->len ? " or " : "", text);
		}
		buf_free(&blob);
	}
}

static bool is_pinned(const struct agent_entry *agent, struct slice key)
{
	bool found = false;

	for (size_t i = 0; i < agent->host_keys.n && !found; i++) {
		struct buf blob;

		buf_init(&blob, 4096);
		found = sshkey_parse_line(slice_str(agent->host_keys.item[i]), &blob) == RC_OK && blob.len == key.n &&
			memcmp(blob.data, key.p, key.n) == 0;
		buf_free(&blob);
	}
	return found;
}

static enum rc check_host(const struct attempt *a)
{
	struct tunnel *t = a->t;
	const char *banner = libssh2_session_banner_get(t->ssh);
	struct buf pinned;
	int type;
	size_t n = 0;
	const char *key = libssh2_session_hostkey(t->ssh, &n, &type);

	if (!key)
		return why_set(a->why, RC_BAD, "agent %s shows no host key", t->agent->name);
	sshkey_fingerprint((struct slice){key, n}, t->fingerprint);
	if (!is_pinned(t->agent, (struct slice){key, n})) {
		buf_init(&pinned, 256);
		list_pinned(t->agent, &pinned);
		why_set(a->why, RC_DENIED,
			"the host key of agent %s is %s, and client.yaml says %s; somebody may be in between, so nothing was sent. Ask the "
			"agent's operator; if the key was changed on purpose, put the new one (phigate-agent keys prints it) under host_key",
			t->agent->name, t->fingerprint, pinned.len ? pinned.data : "nothing that can be read");
		buf_free(&pinned);
		return RC_DENIED;
	}
	if (!banner || preface_banner_parse(banner, &t->agent_port, t->ssh_id) != RC_OK)
		return why_set(a->why, RC_BAD, "what answers at %s has the agent's host key and is no phigate agent of this version",
			       t->agent->address);
	return RC_OK;
}

/* ---- login --------------------------------------------------------------------------------------------------------------- */

static int64_t claim_s(const struct jwt *jwt, const char *name, int64_t otherwise)
{
	const cJSON *claim = jwt_claim(jwt, name);

	return cJSON_IsNumber(claim) && claim->valuedouble > LEEWAY_S && claim->valuedouble < 1e12 ? (int64_t)claim->valuedouble : otherwise;
}

/* The certificate as a line of a .pub file, valid as long as the token and a minute more on each side. */
static enum rc make_certificate(const struct signin *signin, struct buf *line)
{
	struct slice token = buf_slice(&signin->id_token), login = buf_slice(&signin->login_token);
	int64_t now_s = clock_wall_s(), from_s, to_s;
	struct jwt jwt = {0};
	struct buf blob;
	enum rc rc = jwt_parse(token, &jwt, NULL);

	buf_init(&blob, 65536);
	if (rc == RC_OK) {
		to_s = claim_s(&jwt, "exp", signin->expires_s) + LEEWAY_S;
		from_s = claim_s(&jwt, "nbf", claim_s(&jwt, "iat", now_s)) - LEEWAY_S;
		if (login.n == token.n && memcmp(login.p, token.p, login.n) == 0)
			login = (struct slice){0};
		rc = sshcert_make(signin->key, token, login, (uint64_t)from_s, (uint64_t)to_s, &blob);
	}
	if (rc == RC_OK) {
		buf_puts(line, "ecdsa-sha2-nistp256-cert-v01@openssh.com ");
		rc = base64_encode(blob.data, blob.len, line);
	}
	jwt_free(&jwt);
	buf_free(&blob);
	return rc;
}

static enum rc key_as_pem(EVP_PKEY *key, struct buf *pem)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *p;
	long n;
	enum rc rc = RC_NOMEM;

	if (bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
		n = BIO_get_mem_data(bio, &p);
		rc = buf_add(pem, p, (size_t)n);
	}
	BIO_free(bio);                                   /* which wipes it */
	return rc;
}

static enum rc log_in(const struct attempt *a)
{
	struct tunnel *t = a->t;
	struct buf certificate, pem;
	int error = 0;
	enum rc rc;

	buf_init(&certificate, 131072);
	buf_init(&pem, 4096);
	rc = make_certificate(a->signin, &certificate);
	if (rc == RC_OK)
		rc = key_as_pem(a->signin->key, &pem);
	if (rc != RC_OK) {
		why_set(a->why, rc, "the stored sign-in cannot be used; sign in again: %s", profile_login());
		goto out;
	}
	while ((error = libssh2_userauth_publickey_frommemory(t->ssh, t->agent->user, strlen(t->agent->user), certificate.data,
							      certificate.len, pem.data, pem.len, NULL)) == LIBSSH2_ERROR_EAGAIN) {
		rc = wait_network(a);
		if (rc != RC_OK) {
			rc = lost(a, rc);
			goto out;
		}
	}
	if (error == LIBSSH2_ERROR_AUTHENTICATION_FAILED || error == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
		rc = why_set(a->why, RC_DENIED, "agent %s refuses this sign-in; its log says why. Sign in again (%s), and compare "
			     "the clocks and, in client.yaml, user: %s", t->agent->name, profile_login(), t->agent->user);
	else if (error != 0)
		rc = lost(a, RC_END);
out:
	buf_free(&certificate);
	buf_free(&pem);
	return rc;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------- */

static int library_error;

static void start_library(void)
{
	library_error = libssh2_init(0);
}

enum rc tunnel_open(const struct agent_entry *agent, const struct signin *signin, int wait_s, int stop_fd, struct tunnel **out,
		    struct why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tunnel *t = calloc(1, sizeof *t);
	struct attempt a = {t, signin, clock_mono_ns() + wait_s * NS_PER_S, stop_fd, why};
	enum rc rc = RC_NOMEM;

	*out = NULL;
	pthread_once(&once, start_library);
	if (library_error)
		rc = why_set(why, RC_FAULT, "libssh2 cannot be started");
	if (!t || library_error)
		goto out;
	t->agent = agent;
	t->sock = -1;
	t->scratch = malloc(CHANNEL_SCRATCH);
	queue_init(&t->in, TUNNEL_IN_MAX);
	queue_init(&t->out, TUNNEL_OUT_MAX);
	if (!t->scratch)
		goto out;
	rc = connect_tcp(&a);
	if (rc == RC_OK)
		rc = shake_hands(&a);
	if (rc == RC_OK)
		rc = check_host(&a);
	if (rc == RC_OK)
		rc = log_in(&a);
out:
	if (rc == RC_OK)
		*out = t;
	else
		tunnel_close(t);
	return rc;
}
