/* The life of SSH connections: how many there may be, how long they wait for their login, and what makes one logged in. sshd is played
 * by a script that says its connection's name and then writes the lines that the test sends it to its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "figures.h"
#include "file.h"
#include "gate_ssh.h"
#include "listen.h"
#include "log.h"

static const char SSHD[] =
	"#!/bin/sh\n"
	"echo \"${6##* }\"\n"
	"while read -r line; do echo \"$line\" >&2; echo done; done\n";

static atomic_llong later_ns;                    /* how far the clock has been put forward */

int64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec + later_ns;
}

/* The connections' thread does nothing while it is held. */
static atomic_bool held;
static sem_t let_go;

int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
	int n = (int)syscall(SYS_epoll_pwait, epoll, events, max, timeout_ms, NULL, 8);

	while (held)
		sem_wait(&let_go);
	return n;
}

static void hold_thread(bool on)
{
	held = on;
	if (!on)
		sem_post(&let_go);
}

/* ---- the fixture ------------------------------------------------------------------------------------------------------ */

static struct {
	char dir[64], sshd[96];
	struct keeper *keeper;
	int listener, port;
	struct gate_ssh *ssh;
} t;

static int group_setup(void **state)
{
	struct why why;

	(void)state;
	log_setup(-1, false, LOG_ERROR);
	signal(SIGPIPE, SIG_IGN);
	sem_init(&let_go, 0, 0);
	strcpy(t.dir, "/tmp/phigate-sshd-XXXXXX");
	if (keeper_start(&t.keeper, &why) != RC_OK || !mkdtemp(t.dir))
		return -1;
	snprintf(t.sshd, sizeof t.sshd, "%s/sshd", t.dir);
	return file_write(t.sshd, slice_str(SSHD), 0700, NULL) == RC_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	keeper_stop(t.keeper);
	unlink(t.sshd);
	return rmdir(t.dir);
}

static void start(int64_t connections_max, int64_t starts_per_minute)
{
	const struct gate_ssh_options options = {
		.listener = t.listener, .keeper = t.keeper, .connections_max = connections_max, .starts_per_minute = starts_per_minute,
		.sshd = {.sshd = t.sshd, .config_file = "config", .agent = "agent", .authorize_socket = "socket", .port = 1},
	};
	struct why why;

	gate_ssh_free(t.ssh);
	assert_int_equal(gate_ssh_new(&options, &t.ssh, &why), RC_OK);
	assert_int_equal(gate_ssh_start(t.ssh, &why), RC_OK);
}

static int setup(void **state)
{
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	struct why why;

	(void)state;
	later_ns = 0;
	if (listen_bind("127.0.0.1:0", &t.listener, &why) != RC_OK || getsockname(t.listener, (struct sockaddr *)&at, &n) != 0)
		return -1;
	t.port = ntohs(at.sin_port);
	start(1000, 1000000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hold_thread(false);
	gate_ssh_free(t.ssh);
	t.ssh = NULL;
	return close(t.listener);
}

static double counted(const char *series)
{
	gate_ssh_metrics(t.ssh);
	return figure(series);
}

static void await_count(const char *series, double n)
{
	const time_t until = time(NULL) + 60;

	while (counted(series) != n) {
		if (time(NULL) > until)
			fail_msg("%s is %g, not %g", series, counted(series), n);
		sched_yield();
	}
}

/* ---- a client --------------------------------------------------------------------------------------------------------- */

struct client {
	int fd;
	char id[GATE_ID_LEN + 2];                /* "": it was hung up on */
};

static void read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && recv(fd, line + n, 1, 0) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
}

/* From 127.0.0.HOST. */
static struct client dial_from(unsigned host)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + host)};
	const struct timeval wait = {.tv_sec = 10};      /* less than a login has */
	struct client c = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(bind(c.fd, (struct sockaddr *)&from, sizeof from), 0);
	assert_int_equal(connect(c.fd, (struct sockaddr *)&to, sizeof to), 0);
	read_line(c.fd, c.id, sizeof c.id);
	return c;
}

static struct client dial(void)
{
	return dial_from(1);
}

/* sshd writes the line to its log, and has when this returns. */
static void sshd_says(const struct client *c, const char *line)
{
	char said[16];

	assert_int_equal(send(c->fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
	assert_int_equal(send(c->fd, "\n", 1, MSG_NOSIGNAL), 1);
	read_line(c->fd, said, sizeof said);
	assert_string_equal(said, "done");
}

/* The other side has hung up, or does. */
static bool ended(const struct client *c)
{
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static enum rc ask(const struct client *c, const char *certificate, bool *admitted)
{
	char address[64];

	*admitted = false;
	return gate_ssh_ask(t.ssh, slice_str(c->id), slice_str(certificate), admitted, address);
}

static enum rc asked(const struct client *c, const char *certificate)
{
	bool admitted;

	return ask(c, certificate, &admitted);
}

static void answer(const struct client *c, const char *certificate, const char *key, bool admitted)
{
	gate_ssh_answer(t.ssh, slice_str(c->id), slice_str(certificate), slice_str(key), "alice", admitted);
}

/* Has this key logged in on the connection? */
static bool logged_in(const struct client *c, const char *key)
{
	char address[64], id[GATE_ID_LEN + 1];

	return gate_ssh_login(t.ssh, slice_str(key), slice_str(c->id), address, id) == RC_OK && strcmp(id, c->id) == 0;
}

/* The login is in sshd's log. */
static void prove(const struct client *c, const char *key)
{
	assert_int_equal(asked(c, key), RC_OK);
	answer(c, key, key, true);
	sshd_says(c, "Accepted publickey for phigate from 127.0.0.1");
}

static void log_in(const struct client *c, const char *key)
{
	prove(c, key);
	assert_true(logged_in(c, key));
}

static bool waits(const struct client *c)
{
	return asked(c, "no certificate") == RC_OK;
}

/* ---- how many --------------------------------------------------------------------------------------------------------- */

static void there_are_as_many_as_the_limit_says_and_a_place_that_is_given_back_is_there_again(void **state)
{
	struct client c[2], more, again;

	(void)state;
	start(2, 1000000);
	for (int i = 0; i < 2; i++) {
		c[i] = dial();
		assert_int_equal(strlen(c[i].id), GATE_ID_LEN);
	}
	log_in(&c[0], "key");                                    /* who is logged in has a place as who waits has */
	more = dial();
	assert_string_equal(more.id, "");
	assert_true(waits(&c[1]));
	close(c[1].fd);
	await_count("phigate_ssh_connections", 1);
	again = dial();
	assert_string_not_equal(again.id, "");
	close(c[0].fd);
	close(more.fd);
	close(again.fd);
}

static void an_address_begins_so_many_a_minute_and_another_one_its_own(void **state)
{
	struct client c[2], more, other, later;

	(void)state;
	start(1000, 2);
	for (int i = 0; i < 2; i++) {
		c[i] = dial();
		assert_string_not_equal(c[i].id, "");
	}
	more = dial();
	other = dial_from(2);
	assert_string_equal(more.id, "");
	assert_string_not_equal(other.id, "");
	assert_true(counted("phigate_ssh_refused_total{reason=\"rate\"}") == 1);
	later_ns = 30 * NS_PER_S;
	later = dial();
	assert_string_not_equal(later.id, "");
	for (int i = 0; i < 2; i++)
		close(c[i].fd);
	close(more.fd);
	close(other.fd);
	close(later.fd);
}

/* Who has logged in is none of the crowd, and stays. */
static void one_address_has_eight_that_wait(void **state)
{
	struct client c[GATE_SSH_WAITING_PER_ORIGIN + 1], in = dial(), other = dial_from(2);

	(void)state;
	log_in(&in, "key");
	for (int i = 0; i < GATE_SSH_WAITING_PER_ORIGIN; i++)
		c[i] = dial();
	for (int i = 0; i < GATE_SSH_WAITING_PER_ORIGIN; i++)
		assert_true(waits(&c[i]));
	assert_true(waits(&other));
	c[GATE_SSH_WAITING_PER_ORIGIN] = dial();
	assert_true(ended(&c[0]));
	for (int i = 1; i <= GATE_SSH_WAITING_PER_ORIGIN; i++)
		assert_true(waits(&c[i]));
	assert_true(waits(&other) && logged_in(&in, "key"));
	assert_true(counted("phigate_ssh_refused_total{reason=\"crowd\"}") == 1);
	for (int i = 0; i <= GATE_SSH_WAITING_PER_ORIGIN; i++)
		close(c[i].fd);
	close(in.fd);
	close(other.fd);
}

static void all_addresses_have_64_that_wait(void **state)
{
	struct client c[GATE_SSH_WAITING_MAX], more;

	(void)state;
	for (int i = 0; i < GATE_SSH_WAITING_MAX; i++)
		c[i] = dial_from(1 + (unsigned)i);
	assert_true(waits(&c[0]));
	more = dial_from(100);
	assert_true(waits(&more));
	assert_true(ended(&c[0]));
	assert_true(waits(&c[1]));
	for (int i = 0; i < GATE_SSH_WAITING_MAX; i++)
		close(c[i].fd);
	close(more.fd);
}

/* ---- how long --------------------------------------------------------------------------------------------------------- */

static void who_does_not_log_in_in_time_is_hung_up_on(void **state)
{
	struct client in = dial(), slow = dial(), next;

	(void)state;
	log_in(&in, "key");
	later_ns = (GATE_SSH_LOGIN_S - 5) * NS_PER_S;
	next = dial();
	assert_true(waits(&slow));
	later_ns = GATE_SSH_LOGIN_S * NS_PER_S;
	close(dial().fd);                                        /* the thread looks at its clock */
	assert_true(ended(&slow));
	assert_true(waits(&next) && logged_in(&in, "key"));
	assert_true(counted("phigate_ssh_refused_total{reason=\"timeout\"}") == 1);
	close(in.fd);
	close(slow.fd);
	close(next.fd);
}

static void nobody_else_needs_to_come_for_that(void **state)
{
	struct client slow = dial();

	(void)state;
	later_ns = GATE_SSH_LOGIN_S * NS_PER_S - 20 * NS_PER_MS;
	close(dial().fd);
	assert_true(ended(&slow));
	assert_true(counted("phigate_ssh_refused_total{reason=\"timeout\"}") == 1);
	close(slow.fd);
}

/* ---- logins ----------------------------------------------------------------------------------------------------------- */

static void a_connection_asks_four_times(void **state)
{
	static const char *const certificates[GATE_SSH_ANSWERS] = {"a", "b", "a", "c"};
	struct client c = dial(), other;
	bool admitted;

	(void)state;
	assert_int_equal(ask(&c, certificates[0], &admitted), RC_OK);
	answer(&c, "a", "key", true);
	assert_int_equal(ask(&c, certificates[1], &admitted), RC_OK);
	answer(&c, "b", "", false);
	assert_int_equal(ask(&c, certificates[2], &admitted), RC_CONFLICT);      /* and hears the same */
	assert_true(admitted);
	assert_int_equal(ask(&c, certificates[3], &admitted), RC_OK);
	assert_int_equal(asked(&c, "d"), RC_DENIED);
	assert_int_equal(ask(&c, "a", &admitted), RC_DENIED);
	assert_false(admitted);
	other = dial();
	assert_true(waits(&other));
	close(c.fd);
	close(other.fd);
}

/* sshd asks about any certificate that is shown; what it says last before it accepts a key is what counts. */
static void who_is_refused_last_is_not_logged_in(void **state)
{
	struct client c = dial();
	bool admitted;

	(void)state;
	assert_int_equal(asked(&c, "good"), RC_OK);
	answer(&c, "good", "key", true);
	assert_false(logged_in(&c, "key"));                      /* it has proved nothing yet */
	assert_int_equal(asked(&c, "bad"), RC_OK);
	answer(&c, "bad", "other", false);
	sshd_says(&c, "Accepted publickey for phigate from 127.0.0.1");
	assert_false(logged_in(&c, "key") || logged_in(&c, "other"));
	assert_int_equal(ask(&c, "bad", &admitted), RC_CONFLICT);
	assert_false(admitted);
	assert_int_equal(ask(&c, "good", &admitted), RC_CONFLICT);
	sshd_says(&c, "Accepted publickey");                     /* no whole line of sshd's */
	sshd_says(&c, "Postponed publickey for phigate from 127.0.0.1");
	assert_false(logged_in(&c, "key"));
	sshd_says(&c, "Accepted publickey for phigate from 127.0.0.1");
	assert_true(logged_in(&c, "key"));
	assert_false(logged_in(&c, "other") || logged_in(&c, "ke") || logged_in(&c, "kez"));
	assert_true(counted("phigate_ssh_refused_total{reason=\"token\"}") == 1);
	close(c.fd);
}

static void a_login_that_nobody_was_asked_about_is_none(void **state)
{
	struct client c = dial();

	(void)state;
	sshd_says(&c, "Accepted publickey for phigate from 127.0.0.1");
	assert_true(waits(&c));
	close(c.fd);
}

static void who_is_logged_in_asks_no_more_and_stays_who_it_is(void **state)
{
	struct client c = dial(), d = dial();

	(void)state;
	assert_true(counted("phigate_ssh_waiting") == 2);
	hold_thread(true);                               /* nobody has read the log when the next question comes */
	prove(&c, "key");
	assert_int_equal(asked(&c, "another"), RC_NOT_FOUND);
	answer(&c, "another", "other", true);
	prove(&d, "other");
	assert_true(logged_in(&d, "other"));             /* nor when its channel comes */
	hold_thread(false);
	assert_true(logged_in(&c, "key"));
	assert_false(logged_in(&c, "other"));
	sshd_says(&c, "Accepted publickey for phigate from 127.0.0.1");
	assert_true(logged_in(&c, "key"));
	assert_true(counted("phigate_ssh_logins_total") == 2);
	assert_true(counted("phigate_ssh_waiting") == 0);
	close(c.fd);
	close(d.fd);
}

/* By its own name, else the latest. */
static void a_key_is_found_on_each_of_its_connections(void **state)
{
	struct client c = dial(), d = dial();
	char address[64], id[GATE_ID_LEN + 1];

	(void)state;
	log_in(&c, "key");
	log_in(&d, "key");
	assert_true(logged_in(&c, "key") && logged_in(&d, "key"));
	assert_int_equal(gate_ssh_login(t.ssh, SLICE("key"), SLICE("nobody"), address, id), RC_OK);
	assert_string_equal(id, d.id);
	close(c.fd);
	close(d.fd);
}

static void a_key_that_is_too_large_to_be_kept_is_refused(void **state)
{
	struct client c = dial(), d = dial();
	char key[130] = "";
	bool admitted;

	(void)state;
	memset(key, 'k', 128);
	log_in(&c, key);
	key[128] = 'k';
	assert_int_equal(asked(&d, "certificate"), RC_OK);
	answer(&d, "certificate", key, true);
	assert_int_equal(ask(&d, "certificate", &admitted), RC_CONFLICT);
	assert_false(admitted);
	close(c.fd);
	close(d.fd);
}

static void channels_that_sshd_refuses_are_counted(void **state)
{
	struct client c = dial();

	(void)state;
	log_in(&c, "key");
	sshd_says(&c, "Received request from 127.0.0.1 port 1 to connect to host 10.0.0.1 port 22, but the request was denied.");
	sshd_says(&c, "Received");
	await_count("phigate_channels_refused_total{reason=\"port\"}", 1);
	close(c.fd);
}

/* ---- ends ------------------------------------------------------------------------------------------------------------- */

static void one_that_is_ended_is_nobodys_any_more(void **state)
{
	struct client c = dial(), d = dial(), other = dial();

	(void)state;
	log_in(&c, "key");
	log_in(&d, "key");
	hold_thread(true);                               /* also while its process is not buried yet */
	gate_ssh_end(t.ssh, c.id);
	gate_ssh_end(t.ssh, "nobody");
	assert_false(logged_in(&c, "key"));
	assert_int_equal(asked(&c, "key"), RC_NOT_FOUND);
	hold_thread(false);
	assert_true(ended(&c));
	assert_true(logged_in(&d, "key"));
	assert_true(waits(&other));
	close(c.fd);
	close(d.fd);
	close(other.fd);
}

static void nobody_comes_in_once_it_is_closed(void **state)
{
	struct client c = dial(), late;

	(void)state;
	log_in(&c, "key");
	gate_ssh_end_all(t.ssh);
	assert_true(ended(&c));
	late = dial();
	assert_string_equal(late.id, "");
	close(c.fd);
	close(late.fd);
}


/* Those that are logged in hang up by themselves; who waits for a login is ended, and nobody comes in. */
static void a_gate_that_drains_lets_clients_read_to_the_end(void **state)
{
	struct client in = dial(), slow = dial(), late;

	(void)state;
	log_in(&in, "key");
	gate_ssh_drain(t.ssh, 0);
	assert_true(ended(&slow));
	assert_true(logged_in(&in, "key"));
	sshd_says(&in, "still here");
	late = dial();
	assert_string_equal(late.id, "");
	close(in.fd);
	gate_ssh_drain(t.ssh, 60 * NS_PER_S);
	assert_true(counted("phigate_ssh_connections") == 0);
	close(slow.fd);
	close(late.fd);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(there_are_as_many_as_the_limit_says_and_a_place_that_is_given_back_is_there_again),
		T(an_address_begins_so_many_a_minute_and_another_one_its_own),
		T(one_address_has_eight_that_wait),
		T(all_addresses_have_64_that_wait),
		T(who_does_not_log_in_in_time_is_hung_up_on),
		T(nobody_else_needs_to_come_for_that),
		T(a_connection_asks_four_times),
		T(who_is_refused_last_is_not_logged_in),
		T(a_login_that_nobody_was_asked_about_is_none),
		T(who_is_logged_in_asks_no_more_and_stays_who_it_is),
		T(a_key_is_found_on_each_of_its_connections),
		T(a_key_that_is_too_large_to_be_kept_is_refused),
		T(channels_that_sshd_refuses_are_counted),
		T(one_that_is_ended_is_nobodys_any_more),
		T(nobody_comes_in_once_it_is_closed),
		T(a_gate_that_drains_lets_clients_read_to_the_end),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
