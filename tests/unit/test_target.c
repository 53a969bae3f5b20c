/* Model servers as agent.yaml names them: which addresses are ones, what their credentials may be, and whom the agent connects to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

#define PATH_107 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void addresses_are_read_strictly(void **state)
{
	static const struct {
		const char *upstream, *host, *port, *host_header;
	} good[] = {
		{"http://127.0.0.1:8080", "127.0.0.1", "8080", "127.0.0.1:8080"}, {"http://gpu.example/", "gpu.example", "80", "gpu.example"},
		{"https://gpu.example", "gpu.example", "443", "gpu.example"}, {"http://[::1]:65535", "::1", "65535", "[::1]:65535"},
		{"http://h:1", "h", "1", "h:1"}, {"unix:/run/m.sock", "/run/m.sock", NULL, "localhost"},
		{"unix:///run/m.sock", "/run/m.sock", NULL, "localhost"}, {"unix:" PATH_107, PATH_107, NULL, "localhost"},
	};
	static const char *const bad[] = {
		"http://", "http:///", "http://:80", "http://h:", "http://h:0", "http://h:65536", "http://h:80x", "http://h:-1", "http://user@h", "http://h/v1",
		"http://h?x", "http://[::1", "http://[::1]8080", "http://[]", "ftp://h", "h:80", "", "unix:m.sock", "unix://", "unix:" PATH_107 "a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct connection c = {.upstream = (char *)good[i].upstream};
		struct why why = {0};
		struct target *t;

		if (target_new(&c, &t, &why) != RC_OK)
			fail_msg("%s: %s", good[i].upstream, why.text);
		assert_string_equal(t->host, good[i].host);
		assert_string_equal(t->host_header, good[i].host_header);
		assert_int_equal(!t->port, !good[i].port);
		assert_true(!t->port || strcmp(t->port, good[i].port) == 0);
		assert_int_equal(!!t->tls, strncmp(good[i].upstream, "https", 5) == 0);
		assert_int_equal(t->loopback_only, strncmp(good[i].upstream, "http:", 5) == 0);
		target_free(t);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct connection c = {.upstream = (char *)bad[i]};
		struct why why = {0};
		struct target *t;

		if (target_new(&c, &t, &why) != RC_BAD || !strstr(why.text, bad[i]))
			fail_msg("%s: %s", bad[i], why.text);
	}
}

static void a_credential_is_one_line(void **state)
{
	static const struct {
		const char *file, *credential, *secret;  /* credential NULL: it is none */
	} cases[] = {
		{"Bearer abc", "Bearer abc", "abc"}, {"Bearer abc\n", "Bearer abc", "abc"}, {"abc", "abc", "abc"}, {"Bearer ", "Bearer ", "Bearer "},
		{"abc\n\n", NULL, NULL}, {"a\tb", NULL, NULL}, {"abc\r\n", NULL, NULL}, {"a\x7f", NULL, NULL}, {"\n", NULL, NULL}, {"", NULL, NULL},
	};
	char path[] = "/tmp/test_target.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct connection c = {.upstream = (char *)"http://127.0.0.1", .credential = {(char *)"Authorization", path}};
		struct why why = {0};
		struct target *t;
		enum rc rc;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, cases[i].file, strlen(cases[i].file), 0), strlen(cases[i].file));
		rc = target_new(&c, &t, &why);
		assert_int_equal(rc, cases[i].credential ? RC_OK : RC_BAD);
		if (rc == RC_OK) {
			assert_string_equal(t->credential, cases[i].credential);
			assert_true(slice_is(target_secret(t), cases[i].secret));
			target_free(t);
		} else {
			assert_true(*why.text);
		}
	}
	close(fd);
	unlink(path);
}

/* A listener at the address, and the upstream that names it. */
static int listen_at(const char *address, char upstream[64])
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(listen(fd, 4), 0);
	snprintf(upstream, 64, "http://%s:%d", address, ntohs(at.sin_port));
	return fd;
}

static enum rc connect_to(const char *upstream, const uid_t *uid, struct why *why)
{
	const struct connection c = {.upstream = (char *)upstream};
	struct target *t;
	enum rc rc;
	int fd;

	assert_int_equal(target_new(&c, &t, NULL), RC_OK);
	t->check_uid = uid;
	t->uid = uid ? *uid : 0;
	rc = target_connect(t, -1, -1, &fd, why);
	if (rc == RC_OK)
		close(fd);
	target_free(t);
	return rc;
}

/* 127.0.0.0/8, and nothing beside it; whoever wants more says insecure. */
static void without_tls_it_is_this_machine(void **state)
{
	static const char *const elsewhere[] = {"http://192.0.2.1:9", "http://126.255.255.255:9", "http://128.0.0.1:9", "http://[2001:db8::1]:9"};
	char upstream[64];
	struct why why;
	int fd = listen_at("127.9.8.7", upstream);

	(void)state;
	assert_int_equal(connect_to(upstream, NULL, &why), RC_OK);
	close(fd);
	assert_int_equal(connect_to(upstream, NULL, &why), RC_UNREACHABLE);
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		enum rc rc = connect_to(elsewhere[i], NULL, &why);

		/* a machine without that family does not look the address up */
		if (rc != RC_DENIED && !(elsewhere[i][7] == '[' && rc == RC_UNREACHABLE))
			fail_msg("%s: %s", elsewhere[i], why.text);
	}
}

static void only_the_account_that_is_named_may_hold_the_port(void **state)
{
	uid_t own = getuid(), other = own + 1;
	char upstream[64];
	struct why why;
	int fd = listen_at("127.0.0.1", upstream);

	(void)state;
	assert_int_equal(connect_to(upstream, &own, &why), RC_OK);
	assert_int_equal(connect_to(upstream, &other, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "upstream_user"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_strictly),
		cmocka_unit_test(a_credential_is_one_line),
		cmocka_unit_test(without_tls_it_is_this_machine),
		cmocka_unit_test(only_the_account_that_is_named_may_hold_the_port),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
