/* The connection to a model server: when it is kept and when it is not, which answers are ones, and what ends the wait for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "upstream.h"

static int64_t later_ns;                         /* what the agent's clock is ahead */

int64_t clock_mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec + later_ns;
}

/* A model server that the test plays itself: what is sent waits in the sockets. */
struct place {
	int listener, fd;                        /* fd: the newest connection */
	int client[2], end_fd;
	struct target *target;
	struct upstream *u;
};

static int setup(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct place *p = calloc(1, sizeof *p);
	socklen_t n = sizeof at;
	char upstream[64];
	const struct connection c = {.upstream = upstream};

	later_ns = 0;
	*p = (struct place){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .fd = -1, .end_fd = eventfd(0, EFD_CLOEXEC)};
	assert_int_equal(bind(p->listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(listen(p->listener, 4), 0);
	snprintf(upstream, sizeof upstream, "http://127.0.0.1:%d", ntohs(at.sin_port));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p->client), 0);
	assert_int_equal(target_new(&c, &p->target, NULL), RC_OK);
	assert_int_equal(upstream_new(p->target, p->client[0], p->end_fd, &p->u), RC_OK);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	upstream_free(p->u);
	target_free(p->target);
	close(p->listener);
	if (p->fd >= 0)
		close(p->fd);
	close(p->client[0]);
	close(p->client[1]);
	close(p->end_fd);
	free(p);
	return 0;
}

/* A request; was a connection made for it? */
static bool ask(struct place *p)
{
	static const char request[] = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
	char seen[sizeof request] = "";
	struct why why = {0};
	int fd, on = 1;
	size_t n = 0;

	if (upstream_send(p->u, (struct slice){request, sizeof request - 3}, SLICE("{}"), &why) != RC_OK)
		fail_msg("%s", why.text);
	fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		if (p->fd >= 0)
			close(p->fd);
		p->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);        /* what is said is there at once */
	}
	while (n < sizeof request - 1) {
		ssize_t got = recv(p->fd, seen + n, sizeof request - 1 - n, 0);

		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_string_equal(seen, request);
	return fd >= 0;
}

static void say(struct place *p, const char *text)
{
	assert_int_equal(send(p->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The whole answer, into body; the status, or 0 for one that is none, and *rc says why. */
static int hear(struct place *p, struct buf *body, enum rc *rc, struct why *why)
{
	const struct http_head *head;
	bool done = false;
	int status;

	buf_clear(body);
	*why = (struct why){0};
	*rc = upstream_read_head(p->u, false, 20 * NS_PER_S, &head, why);
	status = *rc == RC_OK ? head->status : 0;
	while (*rc == RC_OK && !done)
		*rc = upstream_read_body(p->u, body, &done, 0, why);
	upstream_finish(p->u);
	return *rc == RC_OK ? status : 0;
}

#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static void answers_as_the_model_server_gives_them(void **state)
{
	static const struct {
		const char *text;
		bool closes;                             /* the model server, behind it */
		int status;                              /* 0: it is none */
		const char *body;                        /* or what is said of it */
		bool kept;
	} cases[] = {
		{WHOLE, false, 200, "{}", true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", false, 200, "{}", true},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" WHOLE, false, 200, "{}", true},
		{"HTTP/1.1 204 No Content\r\n\r\n", false, 204, "", true},
		{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, 304, "", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 200, "", true},
		{"HTTP/1.1 599 Odd\r\nContent-Length: 1\r\n\r\n!", false, 599, "!", true},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", false, 200, "{}", false},
		{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", false, 200, "{}", false},
		{WHOLE "HTTP/1.1 200 OK\r\n", false, 200, "{}", false},          /* more than was asked for */
		{"HTTP/1.1 200 OK\r\n\r\n{}", true, 200, "{}", false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", true, 0, "broke off its answer", false},
		{"HTTP/1.1 200 OK\r\nContent-Length", true, 0, "closed the connection without an answer", false},
		{"", true, 0, "closed the connection without an answer", false},
		{"HTTP/1.1 101 Switching Protocols\r\n\r\n", false, 0, "status 101", false},
		{"HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n", false, 0, "status 600", false},
		{"HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n{}" WHOLE, false, 0, "malformed", false},
		{"SSH-2.0-x\r\n", false, 0, "malformed", false},
	};
	struct place *p = *state;
	struct buf body;
	enum rc rc;
	struct why why;

	buf_init(&body, 100);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(p);
		say(p, cases[i].text);
		if (cases[i].closes)
			shutdown(p->fd, SHUT_WR);
		if (hear(p, &body, &rc, &why) != cases[i].status || !strstr(cases[i].status ? (body.len ? body.data : "") : why.text, cases[i].body))
			fail_msg("case %zu: %s %s %s", i, rc_name(rc), why.text, body.len ? body.data : "");
		assert_int_equal(ask(p), !cases[i].kept);
		say(p, WHOLE);
		assert_int_equal(hear(p, &body, &rc, &why), 200);
	}
	buf_free(&body);
}

static void what_was_not_read_to_its_end_is_not_gone_on_with(void **state)
{
	const struct http_head *head;
	struct place *p = *state;
	struct buf body;
	struct why why;
	bool done;

	buf_init(&body, 100);
	ask(p);
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}");
	assert_int_equal(upstream_read_head(p->u, false, 0, &head, &why), RC_OK);
	assert_int_equal(upstream_read_body(p->u, &body, &done, 0, &why), RC_OK);
	assert_false(done);
	upstream_finish(p->u);
	assert_true(ask(p));
	buf_free(&body);
}

/* Two seconds, and no longer than it says nothing and does not go. */
static void a_connection_is_kept_for_a_while(void **state)
{
	struct place *p = *state;
	struct buf body;
	struct why why;
	enum rc rc;
	int64_t until_ns;

	buf_init(&body, 100);
	assert_true(upstream_kept_until(p->u) == 0);
	for (int i = 0; i < 4; i++) {
		ask(p);
		say(p, WHOLE);
		assert_int_equal(hear(p, &body, &rc, &why), 200);
		until_ns = upstream_kept_until(p->u);
		assert_in_range(until_ns - clock_mono_ns(), NS_PER_S, 2 * NS_PER_S);
		if (i == 0)
			later_ns += 2 * NS_PER_S;
		else if (i == 1)
			say(p, "H");
		else if (i == 2)
			shutdown(p->fd, SHUT_WR);
		if (ask(p) != (i < 3))
			fail_msg("case %d", i);
		say(p, WHOLE);
		assert_int_equal(hear(p, &body, &rc, &why), 200);
	}
	buf_free(&body);
}

static void a_wait_for_an_answer_has_an_end(void **state)
{
	struct place *p = *state;
	const struct http_head *head;
	struct why why = {0};

	ask(p);
	assert_int_equal(upstream_read_head(p->u, false, 1, &head, &why), RC_TIMEOUT);
	assert_non_null(strstr(why.text, "took too long"));
	assert_true(upstream_kept_until(p->u) == 0);
	ask(p);
	shutdown(p->client[1], SHUT_WR);
	assert_int_equal(upstream_read_head(p->u, false, 20 * NS_PER_S, &head, &why), RC_END);
	assert_true(upstream_kept_until(p->u) == 0);
}

static void the_sessions_end_comes_before_the_clients(void **state)
{
	struct place *p = *state;
	const struct http_head *head;
	struct why why = {0};

	ask(p);
	shutdown(p->client[1], SHUT_WR);
	eventfd_write(p->end_fd, 1);
	assert_int_equal(upstream_read_head(p->u, false, 20 * NS_PER_S, &head, &why), RC_CANCELLED);
}

/* 64 KiB. */
static void a_head_has_at_most_its_size(void **state)
{
	struct place *p = *state;
	struct buf head, body;
	struct why why;
	enum rc rc;

	buf_init(&head, 1 << 17);
	buf_init(&body, 100);
	for (size_t n = 65536; n <= 65537; n++) {
		buf_clear(&head);
		buf_puts(&head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ");
		while (head.len < n - 4)
			buf_putc(&head, 'a');
		buf_puts(&head, "\r\n\r\n");
		ask(p);
		say(p, head.data);
		assert_int_equal(hear(p, &body, &rc, &why), n == 65536 ? 200 : 0);
		assert_int_equal(rc, n == 65536 ? RC_OK : RC_TOO_BIG);
	}
	buf_free(&head);
	buf_free(&body);
}

/* ---- TLS: the model server is who it says, or nothing is sent to it ---- */

struct tls_server {
	int listener;
	SSL_CTX *tls;
	bool plain, asked;                       /* speaks no TLS; had a request */
};

/* A certificate of the name ("IP:127.0.0.1"), signed by itself, and its key: as files, and in the server's context. */
static void make_certificate(const char *name, const char *cert_path, const char *key_path)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *cert = X509_new();
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	FILE *f;

	assert_true(X509_set_version(cert, 2) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) && X509_gmtime_adj(X509_getm_notBefore(cert), -60) &&
		    X509_gmtime_adj(X509_getm_notAfter(cert), 3600) && X509_set_pubkey(cert, key) &&
		    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"model", -1, -1, 0) &&
		    X509_set_issuer_name(cert, X509_get_subject_name(cert)));
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, name);
	assert_true(extension && X509_add_ext(cert, extension, -1) && X509_sign(cert, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(extension);
	f = fopen(cert_path, "w");
	assert_true(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
	f = fopen(key_path, "w");
	assert_true(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* One connection, one request, one answer. */
static void *serve_tls(void *arg)
{
	struct tls_server *server = arg;
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	SSL *ssl = SSL_new(server->tls);
	char seen[256];
	size_t n = 0;

	SSL_set_fd(ssl, fd);
	if (server->plain)
		(void)!write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	else if (SSL_accept(ssl) == 1)
		for (int got; !server->asked && (got = SSL_read(ssl, seen + n, (int)(sizeof seen - n))) > 0;)
			server->asked = memmem(seen, n += (size_t)got, "{}", 2);
	if (server->asked)
		SSL_write(ssl, WHOLE, sizeof WHOLE - 1);
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void nothing_is_sent_to_a_server_that_is_another(void **state)
{
	enum { OWN, OTHER };                     /* certificates */
	static const struct {
		const char *host, *name;
		int trusted;
		bool wants_client, has_client, plain;
		enum rc rc;
		const char *says;
	} cases[] = {
		{"127.0.0.1", "IP:127.0.0.1", OWN, false, false, false, RC_OK, ""},
		{"localhost", "DNS:localhost", OWN, false, false, false, RC_OK, ""},
		{"127.0.0.1", "IP:127.0.0.1", OTHER, false, false, false, RC_DENIED, "certificate is not accepted"},
		{"127.0.0.1", "IP:127.0.0.2", OWN, false, false, false, RC_DENIED, "certificate is not accepted"},
		{"127.0.0.1", "DNS:127.0.0.1", OWN, false, false, false, RC_DENIED, "certificate is not accepted"},
		{"localhost", "DNS:localhost.example", OWN, false, false, false, RC_DENIED, "certificate is not accepted"},
		{"127.0.0.1", "IP:127.0.0.1", OWN, true, true, false, RC_OK, ""},
		{"127.0.0.1", "IP:127.0.0.1", OWN, true, false, false, RC_UNREACHABLE, ""},
		{"127.0.0.1", "IP:127.0.0.1", OWN, false, false, true, RC_UNREACHABLE, "TLS handshake"},
	};
	char dir[] = "/tmp/test_upstream.XXXXXX", path[2][2][64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 4; i++)
		snprintf(path[i / 2][i % 2], sizeof path[0][0], "%s/%d.%s", dir, i / 2, i % 2 ? "key" : "crt");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct tls_server server = {.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .tls = SSL_CTX_new(TLS_server_method()),
					    .plain = cases[i].plain};
		struct connection c = {.ca_file = path[cases[i].trusted][0]};
		const struct http_head *head;
		struct target *target;
		struct upstream *u;
		socklen_t n = sizeof at;
		struct why why = {0};
		char upstream[64];
		pthread_t thread;
		enum rc rc;

		make_certificate(cases[i].name, path[OWN][0], path[OWN][1]);
		make_certificate(cases[i].name, path[OTHER][0], path[OTHER][1]);
		assert_true(SSL_CTX_use_certificate_file(server.tls, path[OWN][0], SSL_FILETYPE_PEM) == 1 &&
			    SSL_CTX_use_PrivateKey_file(server.tls, path[OWN][1], SSL_FILETYPE_PEM) == 1 &&
			    SSL_CTX_load_verify_locations(server.tls, path[OTHER][0], NULL) == 1);
		if (cases[i].wants_client)
			SSL_CTX_set_verify(server.tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		assert_int_equal(bind(server.listener, (struct sockaddr *)&at, n), 0);
		assert_int_equal(getsockname(server.listener, (struct sockaddr *)&at, &n), 0);
		assert_int_equal(listen(server.listener, 4), 0);
		assert_int_equal(pthread_create(&thread, NULL, serve_tls, &server), 0);
		snprintf(upstream, sizeof upstream, "https://%s:%d", cases[i].host, ntohs(at.sin_port));
		c.upstream = upstream;
		c.client_cert_file = cases[i].has_client ? path[OTHER][0] : NULL;
		c.client_key_file = cases[i].has_client ? path[OTHER][1] : NULL;
		assert_int_equal(target_new(&c, &target, &why), RC_OK);
		assert_int_equal(upstream_new(target, -1, -1, &u), RC_OK);
		rc = upstream_send(u, SLICE("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"), SLICE("{}"), &why);
		if (rc == RC_OK)
			rc = upstream_read_head(u, false, 20 * NS_PER_S, &head, &why);
		upstream_free(u);                        /* hangs up, if the server still waits */
		pthread_join(thread, NULL);
		if (rc != cases[i].rc || server.asked != (rc == RC_OK) || !strstr(why.text, cases[i].says))
			fail_msg("case %zu: %s %s", i, rc_name(rc), why.text);
		target_free(target);
		SSL_CTX_free(server.tls);
		close(server.listener);
	}
	for (int i = 0; i < 4; i++)
		unlink(path[i / 2][i % 2]);
	rmdir(dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_as_the_model_server_gives_them),
		T(what_was_not_read_to_its_end_is_not_gone_on_with),
		T(a_connection_is_kept_for_a_while),
		T(a_wait_for_an_answer_has_an_end),
		T(the_sessions_end_comes_before_the_clients),
		T(a_head_has_at_most_its_size),
		cmocka_unit_test(nothing_is_sent_to_a_server_that_is_another),
	};

	signal(SIGPIPE, SIG_IGN);                        /* of the test's own server */
	return cmocka_run_group_tests_name("upstream", tests, NULL, NULL);
}
