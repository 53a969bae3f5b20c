/* The tunnel against the real sshd. Behind it, in the agent's place, stands a service of this program that does what the first line
 * of a connection says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>

#define SSHD_MORE "RekeyLimit 8M\n"
#include "behind_sshd.h"

/* libssh2 1.10 loses 51 bytes, the old host key, with each new key exchange; the agent asks for one in 64 GiB. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libssh2.so\n";
}

#define WAIT_MS 20000
#define BIG ((size_t)24 << 20)

/* ---- the service behind the tunnel --------------------------------------------------------------------------------------- */

static char pattern[1 << 16];
static bool greets;                              /* as the agent does */

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* What is sent begins with pattern, again and again. */
static bool send_pattern(int fd, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t from = at % sizeof pattern, piece = sizeof pattern - from;
		ssize_t k = send(fd, pattern + from, piece < n - at ? piece : n - at, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		at += (size_t)k;
	}
	return true;
}

/* Up to the peer's end: how many bytes came, -1 when they are not the pattern. */
static ssize_t read_pattern(int fd)
{
	static const size_t piece = 50000;
	char *got = malloc(piece);
	size_t at = 0;
	ssize_t k;

	while ((k = recv(fd, got, piece, 0)) > 0)
		for (ssize_t i = 0; i < k; i++, at++)
			if (got[i] != pattern[at % sizeof pattern]) {
				free(got);
				return -1;
			}
	free(got);
	return k < 0 ? -1 : (ssize_t)at;
}

static void read_line(int fd, char *line, size_t n)
{
	size_t at = 0;

	while (at + 1 < n && recv(fd, line + at, 1, 0) == 1 && line[at] != '\n')
		at++;
	line[at] = '\0';
}

static void echo(int fd)
{
	char piece[4096];
	ssize_t k;

	while ((k = recv(fd, piece, sizeof piece, 0)) > 0)
		(void)!send(fd, piece, (size_t)k, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

static void serve(int fd)
{
	char line[128], text[64];
	struct pollfd hangup = {fd, POLLRDHUP, 0};

	if (greets)
		say(fd, "PHIGATE/1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n");
	read_line(fd, line, sizeof line);
	if (strcmp(line, "echo") == 0) {
		echo(fd);
	} else if (strncmp(line, "send ", 5) == 0) {
		if (send_pattern(fd, strtoul(line + 5, NULL, 10)))
			shutdown(fd, SHUT_WR);
		poll(&hangup, 1, WAIT_MS);
	} else if (strcmp(line, "sink") == 0) {
		snprintf(text, sizeof text, "%zd\n", read_pattern(fd));
		say(fd, text);
	} else if (strcmp(line, "deaf") == 0) {
		say(fd, "deaf\n");
		poll(&hangup, 1, WAIT_MS);
	} else if (strncmp(line, "data ", 5) == 0) {
		read_line(fd, text, sizeof text);
		say(fd, line);
		say(fd, " ");
		say(fd, text);
	} else if (strcmp(line, "hangup") == 0) {
		struct linger reset = {1, 0};

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	}
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (char)(i * 31 + (i >> 8) * 7);
	return sshd_setup();
}

static int teardown(void **state)
{
	(void)state;
	return sshd_teardown();
}

/* ---- a tunnel whose loop runs beside the test ---------------------------------------------------------------------------- */

struct running {
	struct tunnel *tunnel;
	pthread_t thread;
	int stop[2];
	enum rc ended;
};

static struct running open_one(void)
{
	struct running r = {0};
	struct why why = {0};

	if (tunnel_open(&t.agent, &t.signin, 10, -1, &r.tunnel, &why) != RC_OK)
		fail_msg("%s", why.text);
	assert_string_equal(tunnel_ssh_id(r.tunnel), "test-1");
	assert_memory_equal(tunnel_fingerprint(r.tunnel), "SHA256:", 7);
	return r;
}

static int carry_as(struct running *r, enum carry carry, const char *first)
{
	int pair[2];
	struct timeval wait = {WAIT_MS / 1000, 0};

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	assert_int_equal(tunnel_carry(r->tunnel, pair[1], carry, slice_str(first)), RC_OK);
	return pair[0];
}

static int carry(struct running *r, const char *first)
{
	return carry_as(r, CARRY_PLAIN, first);
}

static void *run_main(void *arg)
{
	struct running *r = arg;
	struct pollfd watch = {r->stop[0], POLLIN, 0};

	r->ended = tunnel_run(r->tunnel, &watch, 1, 4 * WAIT_MS, NULL);
	return NULL;
}

static void run(struct running *r)
{
	assert_int_equal(pipe2(r->stop, O_CLOEXEC), 0);
	pthread_create(&r->thread, NULL, run_main, r);
}

/* The loop ends; more channels may be carried then. */
static enum rc halt(struct running *r)
{
	(void)!write(r->stop[1], "x", 1);
	pthread_join(r->thread, NULL);
	close(r->stop[0]);
	close(r->stop[1]);
	return r->ended;
}

static void expect_text(int fd, const char *text)
{
	char got[256] = "";
	size_t at = 0;
	ssize_t k;

	while (at < strlen(text) && (k = recv(fd, got + at, strlen(text) - at, 0)) > 0)
		at += (size_t)k;
	assert_string_equal(got, text);
}

static void expect_end(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, 0), 0);
	close(fd);
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

static void test_many_channels_share_one_connection(void **state)
{
	struct running r = open_one();
	int fd[150];
	char text[32];

	(void)state;
	for (int i = 0; i < 150; i++)
		fd[i] = carry(&r, "echo\n");
	run(&r);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 150; i++) {
			snprintf(text, sizeof text, "hello %d %d\n", i, round);
			say(fd[i], text);
		}
		for (int i = 149; i >= 0; i--) {
			snprintf(text, sizeof text, "hello %d %d\n", i, round);
			expect_text(fd[i], text);
		}
	}
	for (int i = 0; i < 150; i++) {
		shutdown(fd[i], SHUT_WR);
		expect_end(fd[i]);
	}
	assert_int_equal(halt(&r), RC_OK);
	tunnel_close(r.tunnel);
}

/* New keys are agreed on several times on the way. */
static void test_big_transfers_arrive_byte_for_byte(void **state)
{
	struct running r = open_one();
	char ask[64], answer[64];
	int down[2], up;

	(void)state;
	snprintf(ask, sizeof ask, "send %zu\n", BIG);
	down[0] = carry(&r, ask);
	down[1] = carry(&r, ask);
	up = carry(&r, "sink\n");
	run(&r);
	assert_true(send_pattern(up, BIG));
	shutdown(up, SHUT_WR);
	snprintf(answer, sizeof answer, "%zu\n", BIG);
	assert_int_equal(read_pattern(down[0]), BIG);
	assert_int_equal(read_pattern(down[1]), BIG);
	expect_text(up, answer);
	close(down[0]);
	close(down[1]);
	close(up);
	assert_int_equal(halt(&r), RC_OK);
	tunnel_close(r.tunnel);
}

static void test_who_does_not_read_holds_up_nobody(void **state)
{
	struct running r = open_one();
	char ask[64];
	int slow[8], deaf, fast;

	(void)state;
	snprintf(ask, sizeof ask, "send %zu\n", BIG / 4);
	for (int i = 0; i < 8; i++)
		slow[i] = carry(&r, ask);
	deaf = carry(&r, "deaf\n");
	fast = carry(&r, "echo\n");
	run(&r);
	expect_text(deaf, "deaf\n");
	/* until neither the service nor any buffer in between takes more */
	fcntl(deaf, F_SETFL, O_NONBLOCK);
	for (struct pollfd p = {deaf, POLLOUT, 0}; poll(&p, 1, 300) == 1;)
		while (send(deaf, pattern, sizeof pattern, MSG_NOSIGNAL) > 0)
			;
	for (int i = 0; i < 200; i++) {
		say(fast, "ping\n");
		expect_text(fast, "ping\n");
	}
	for (int i = 7; i >= 0; i--) {
		assert_int_equal(read_pattern(slow[i]), BIG / 4);
		close(slow[i]);
	}
	close(deaf);
	close(fast);
	assert_int_equal(halt(&r), RC_OK);
	tunnel_close(r.tunnel);
}

static void test_half_close_goes_both_ways(void **state)
{
	struct running r = open_one();
	int asks = carry(&r, ""), told = carry(&r, "send 10\n");

	(void)state;
	run(&r);
	say(asks, "sink\n");
	assert_true(send_pattern(asks, 1000));
	shutdown(asks, SHUT_WR);
	expect_text(asks, "1000\n");             /* the answer comes after our end */
	expect_end(asks);
	assert_int_equal(read_pattern(told), 10);        /* its end comes before ours */
	close(told);
	assert_int_equal(halt(&r), RC_OK);
	tunnel_close(r.tunnel);
}

static void test_a_local_hangup_reaches_the_agent_and_frees_the_channel(void **state)
{
	struct running r = open_one();
	struct pollfd none = {-1, 0, 0};
	int fd[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		fd[i] = carry(&r, i % 2 ? "echo\n" : "hangup\n");
	for (int i = 0; i < 20; i++)
		close(fd[i]);
	for (int64_t until = clock_mono_ns() + WAIT_MS * NS_PER_MS; tunnel_channels(r.tunnel) && clock_mono_ns() < until;)
		assert_int_equal(tunnel_run(r.tunnel, &none, 1, 5, NULL), RC_TIMEOUT);
	assert_int_equal(tunnel_channels(r.tunnel), 0);
	tunnel_close(r.tunnel);
}

static void test_the_greeting_is_taken_off_data_channels(void **state)
{
	struct running r = open_one();
	int data, plain;

	(void)state;
	greets = true;
	data = carry_as(&r, CARRY_DATA, "data KEY\n");
	plain = carry(&r, "echo\n");
	run(&r);
	say(data, "request\n");
	expect_text(data, "data KEY request");
	expect_end(data);
	expect_text(plain, "PHIGATE/1 ");
	close(plain);
	assert_int_equal(halt(&r), RC_OK);
	greets = false;
	tunnel_close(r.tunnel);
}

static void test_a_data_channel_without_a_greeting_gives_nothing(void **state)
{
	struct running r = open_one();
	int data = carry_as(&r, CARRY_DATA, "send 100\n");
	char c;

	(void)state;
	run(&r);
	assert_true(recv(data, &c, 1, 0) <= 0);
	close(data);
	assert_int_equal(halt(&r), RC_OK);
	tunnel_close(r.tunnel);
}

static void test_another_host_key_is_refused_and_both_are_shown(void **state)
{
	struct agent_entry other = t.agent;
	struct tunnel *tunnel;
	struct why why = {0};
	struct buf line;
	EVP_PKEY *key;

	(void)state;
	buf_init(&line, 1024);
	assert_int_equal(sshkey_generate_ed25519(&key), RC_OK);
	assert_int_equal(sshkey_line(key, NULL, &line), RC_OK);
	other.host_keys = (struct text_list){0};
	assert_int_equal(text_list_add(&other.host_keys, line.data), RC_OK);
	assert_int_equal(tunnel_open(&other, &t.signin, 10, -1, &tunnel, &why), RC_DENIED);
	assert_null(tunnel);
	assert_non_null(strstr(why.text, "SHA256:"));
	assert_non_null(strstr(strstr(why.text, "SHA256:") + 7, "SHA256:"));
	assert_non_null(strstr(why.text, "host_key"));
	/* while a key changes both may be listed */
	assert_int_equal(text_list_add(&other.host_keys, t.host_line), RC_OK);
	assert_int_equal(tunnel_open(&other, &t.signin, 10, -1, &tunnel, &why), RC_OK);
	tunnel_close(tunnel);
	text_list_free(&other.host_keys);
	EVP_PKEY_free(key);
	buf_free(&line);
}

static void test_a_refused_login_is_told_from_an_agent_that_is_down(void **state)
{
	struct agent_entry agent = t.agent;
	struct tunnel *tunnel;
	struct why why = {0};
	struct signin stranger = t.signin;
	int port, listener;
	char address[64];

	(void)state;
	assert_int_equal(sshkey_generate_p256(&stranger.key), RC_OK);
	assert_int_equal(tunnel_open(&agent, &stranger, 10, -1, &tunnel, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "phigate login"));
	EVP_PKEY_free(stranger.key);
	listener = listen_loopback(&port);
	snprintf(address, sizeof address, "127.0.0.1:%d", port);
	agent.address = address;
	/* it accepts, and says nothing */
	assert_int_equal(tunnel_open(&agent, &t.signin, 1, -1, &tunnel, &why), RC_UNREACHABLE);
	close(listener);
	assert_int_equal(tunnel_open(&agent, &t.signin, 10, -1, &tunnel, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, "gpu-1"));
	agent.address = (char *)"nowhere";
	assert_int_equal(tunnel_open(&agent, &t.signin, 10, -1, &tunnel, &why), RC_BAD);
}

static void test_opening_can_be_given_up(void **state)
{
	struct agent_entry agent = t.agent;
	struct tunnel *tunnel;
	int port, listener = listen_loopback(&port), stop[2];
	char address[64];

	(void)state;
	snprintf(address, sizeof address, "127.0.0.1:%d", port);
	agent.address = address;
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	assert_int_equal(tunnel_open(&agent, &t.signin, 10, stop[0], &tunnel, NULL), RC_CANCELLED);
	close(stop[0]);
	close(stop[1]);
	close(listener);
}

static void test_a_lost_connection_ends_the_loop_and_resets_who_waits(void **state)
{
	struct running r = open_one();
	int fd = carry(&r, "echo\n");
	char c;

	(void)state;
	run(&r);
	say(fd, "ping\n");
	expect_text(fd, "ping\n");
	kill(-t.inetd, SIGUSR1);                 /* which ends every sshd, and not who starts them */
	pthread_join(r.thread, NULL);
	assert_int_equal(r.ended, RC_END);
	tunnel_close(r.tunnel);
	assert_true(recv(fd, &c, 1, 0) <= 0);
	close(fd);
	close(r.stop[0]);
	close(r.stop[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_channels_share_one_connection),
		cmocka_unit_test(test_big_transfers_arrive_byte_for_byte),
		cmocka_unit_test(test_who_does_not_read_holds_up_nobody),
		cmocka_unit_test(test_half_close_goes_both_ways),
		cmocka_unit_test(test_a_local_hangup_reaches_the_agent_and_frees_the_channel),
		cmocka_unit_test(test_the_greeting_is_taken_off_data_channels),
		cmocka_unit_test(test_a_data_channel_without_a_greeting_gives_nothing),
		cmocka_unit_test(test_another_host_key_is_refused_and_both_are_shown),
		cmocka_unit_test(test_a_refused_login_is_told_from_an_agent_that_is_down),
		cmocka_unit_test(test_opening_can_be_given_up),
		cmocka_unit_test(test_a_lost_connection_ends_the_loop_and_resets_who_waits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
