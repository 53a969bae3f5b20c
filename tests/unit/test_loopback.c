/* The loopback listener: what the first line of a channel decides, and that a crowd of channels that prove nothing keeps nobody
 * out. Runs in one process; the parts that serve a channel are played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "control_line.h"
#include "exchange.h"
#include "figures.h"
#include "loopback.h"
#include "preface.h"
#include "sshkey.h"
#include "wait.h"

#define SESSION_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SLOW_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI"
#define FINGERPRINT "SHA256:x"
#define CONNECTIONS 2

static atomic_llong later_ns;                    /* how far the clock has been put forward */

int64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec + later_ns;
}

static atomic_int served;                        /* data channels */
static sem_t looking, found;                     /* for the session of SLOW_KEY */

struct session *session_by_key(struct sessions *sessions, struct slice key)
{
	static char session;

	(void)sessions;
	if (slice_is(key, SLOW_KEY)) {
		sem_post(&looking);
		sem_wait(&found);
		return (struct session *)&session;
	}
	return slice_is(key, SESSION_KEY) ? (struct session *)&session : NULL;
}

void session_unref(struct session *session)
{
	(void)session;
}

/* Says that it begins, then gives back what it is sent. */
void exchange_serve(struct agent *agent, struct session *session, int fd)
{
	char bytes[64] = "!";
	ssize_t n = 1;

	(void)agent;
	(void)session;
	served++;
	while (n > 0 || (n < 0 && errno == EAGAIN)) {
		if (n > 0)
			(void)!send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
		if (wait_ready(fd, POLLIN, -1, -1, 0) != RC_OK)
			return;
		n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	}
}

/* Says that it begins, and goes on until the other side hangs up. */
void control_serve(struct agent *agent, struct slice key_der, int fd)
{
	char byte = '?';

	(void)agent;
	(void)key_der;
	if (send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
		(void)!recv(fd, &byte, 1, 0);
}

struct fixture {
	struct config config;
	struct agent agent;
	struct loopback *loopback;
	int listener, port;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	struct why why;

	served = 0;
	later_ns = 0;
	sem_init(&looking, 0, 0);
	sem_init(&found, 0, 0);
	f->config.limits.connections = CONNECTIONS;
	f->agent.config = &f->config;
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->listener, (struct sockaddr *)&at, sizeof at) != 0 || getsockname(f->listener, (struct sockaddr *)&at, &n) != 0 ||
	    loopback_start(&f->agent, f->listener, FINGERPRINT, &f->loopback, &why) != RC_OK)
		return -1;
	f->port = ntohs(at.sin_port);
	*state = f;
	return 0;
}

static int threads(void)
{
	struct dirent **names;
	int n = scandir("/proc/self/task", &names, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(names[i]);
	if (n > 0)
		free(names);
	return n - 2;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (loopback_close(f->loopback, 10 * NS_PER_S) != RC_OK)
		return -1;
	loopback_free(f->loopback);
	/* a thread of a channel gives back what libraries keep for it after it has left: the leak checker would find that */
	for (int ms = 0; threads() > 1 && ms < 10000; ms++)
		poll(NULL, 0, 1);
	close(f->listener);
	free(f);
	return 0;
}

static int dial(const struct fixture *f)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval wait = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static bool challenged(int fd, char challenge[PREFACE_CHALLENGE_LEN + 1])
{
	char text[10 + PREFACE_CHALLENGE_LEN + 2];
	size_t used;

	return recv(fd, text, sizeof text, MSG_WAITALL) == (ssize_t)sizeof text &&
	       preface_greeting_parse((struct slice){text, sizeof text}, challenge, &used) == RC_OK;
}

static bool greeted(int fd)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];

	return challenged(fd, challenge);
}

static void put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void every_way_of_cutting_the_first_line_gives_the_same(void **state)
{
	static const char text[] = "data " SESSION_KEY "\r\nPOST";
	struct fixture *f = *state;

	for (size_t cut = 1; cut < sizeof text - 1; cut++) {
		char back[6] = "";
		int fd = dial(f);

		assert_true(greeted(fd));
		assert_int_equal(send(fd, text, cut, MSG_NOSIGNAL), (ssize_t)cut);
		assert_int_equal(send(fd, text + cut, sizeof text - 1 - cut, MSG_NOSIGNAL), (ssize_t)(sizeof text - 1 - cut));
		assert_int_equal(recv(fd, back, 5, MSG_WAITALL), 5);
		assert_string_equal(back, "!POST");
		close(fd);
	}
}

static double counted(const struct fixture *f, const char *series)
{
	loopback_metrics(f->loopback);
	return figure(series);
}

static void an_unknown_session_key_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	char byte;

	assert_true(greeted(fd));
	put(fd, "data AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\r\n");
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	assert_true(counted(f, "phigate_channels_refused_total{reason=\"unproved\"}") == 1);
	assert_true(counted(f, "phigate_channels_opened_total") == 1);
	assert_true(counted(f, "phigate_channels{kind=\"data\"}") == 0);
}

static void a_crowd_that_proves_nothing_keeps_nobody_out(void **state)
{
	struct fixture *f = *state;
	int proved = dial(f), crowd[LOOPBACK_UNPROVED_MAX + 1];
	char byte;

	assert_true(greeted(proved));
	put(proved, "data " SESSION_KEY "\r\n");
	assert_int_equal(recv(proved, &byte, 1, 0), 1);
	for (int i = 0; i <= LOOPBACK_UNPROVED_MAX; i++) {
		crowd[i] = dial(f);
		assert_true(greeted(crowd[i]));
	}
	assert_int_equal(recv(crowd[0], &byte, 1, 0), 0);       /* the oldest went, and no other */
	for (int i = 1; i <= LOOPBACK_UNPROVED_MAX; i++)
		assert_int_equal(recv(crowd[i], &byte, 1, MSG_DONTWAIT), -1);
	assert_true(counted(f, "phigate_channels_refused_total{reason=\"crowd\"}") == 1);
	assert_true(counted(f, "phigate_channels_opened_total") == LOOPBACK_UNPROVED_MAX + 2);
	assert_true(counted(f, "phigate_channels{kind=\"data\"}") == 1);
	put(crowd[LOOPBACK_UNPROVED_MAX], "data " SESSION_KEY "\r\n");
	assert_int_equal(recv(crowd[LOOPBACK_UNPROVED_MAX], &byte, 1, 0), 1);
	put(proved, "x");
	assert_int_equal(recv(proved, &byte, 1, 0), 1);
	close(proved);
	for (int i = 0; i <= LOOPBACK_UNPROVED_MAX; i++)
		close(crowd[i]);
}

static int data(const struct fixture *f)
{
	int fd = dial(f);

	assert_true(greeted(fd));
	put(fd, "data " SESSION_KEY "\r\n");
	return fd;
}

/* With the key's proof for this challenge, or with one for another. */
static int control(const struct fixture *f, EVP_PKEY *key, bool proved)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	struct buf line;
	int fd = dial(f);

	assert_true(challenged(fd, challenge));
	challenge[0] = proved ? challenge[0] : challenge[0] == 'A' ? 'B' : 'A';
	control_line(key, challenge, FINGERPRINT, &line);
	put(fd, line.data);
	buf_free(&line);
	return fd;
}

static bool is_served(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 1;
}

/* Data and control have as many places each: who has all of one can still be told to end it. */
static void the_limit_on_connections_holds_for_data_and_for_control(void **state)
{
	struct fixture *f = *state;
	int fds[2 * CONNECTIONS], more[2];
	EVP_PKEY *key;

	assert_int_equal(sshkey_generate_p256(&key), RC_OK);
	for (int i = 0; i < 2 * CONNECTIONS; i++) {
		fds[i] = i < CONNECTIONS ? data(f) : control(f, key, true);
		assert_true(is_served(fds[i]));
	}
	more[0] = data(f);
	more[1] = control(f, key, true);
	assert_false(is_served(more[0]));
	assert_false(is_served(more[1]));
	assert_true(counted(f, "phigate_channels{kind=\"data\"}") == CONNECTIONS);
	assert_true(counted(f, "phigate_channels{kind=\"control\"}") == CONNECTIONS);
	for (int i = 0; i < 2; i++)
		close(more[i]);
	for (int i = 0; i < 2 * CONNECTIONS; i++)
		close(fds[i]);
	EVP_PKEY_free(key);
}

static void a_control_channel_without_its_keys_proof_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key;
	int fd;

	assert_int_equal(sshkey_generate_p256(&key), RC_OK);
	fd = control(f, key, false);
	assert_false(is_served(fd));
	close(fd);
	EVP_PKEY_free(key);
}

static void who_says_nothing_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	int silent = dial(f), tries = 0;
	struct pollfd end = {.fd = silent, .events = POLLIN};
	char byte;

	assert_true(greeted(silent));
	later_ns = LOOPBACK_PREFACE_S * NS_PER_S;
	while (poll(&end, 1, 5) == 0 && tries++ < 4000)
		close(data(f));                          /* so that each loop looks at its clock */
	assert_int_equal(recv(silent, &byte, 1, MSG_DONTWAIT), 0);
	close(silent);
}

static void another_account_is_not_greeted(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		char byte;

		_exit(setuid(65534) != 0 || recv(dial(f), &byte, 1, 0) > 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(counted(f, "phigate_channels_refused_total{reason=\"account\"}") == 1);
}

/* Its session is looked for while the crowd comes: what is found then finds nobody. */
static void who_was_crowded_out_is_not_served(void **state)
{
	struct fixture *f = *state;
	int slow = dial(f), crowd[LOOPBACK_UNPROVED_MAX];

	assert_true(greeted(slow));
	put(slow, "data " SLOW_KEY "\r\n");
	while (sem_wait(&looking) != 0)
		continue;
	for (int i = 0; i < LOOPBACK_UNPROVED_MAX; i++)
		crowd[i] = dial(f);
	assert_false(is_served(slow));
	assert_true(counted(f, "phigate_channels_refused_total{reason=\"crowd\"}") == 1);
	sem_post(&found);
	for (int i = 0; i < LOOPBACK_UNPROVED_MAX; i++)
		close(crowd[i]);
	close(slow);
	assert_int_equal(loopback_close(f->loopback, 10 * NS_PER_S), RC_OK);
	assert_int_equal(served, 0);
}

static void closing_hangs_up_on_everybody(void **state)
{
	struct fixture *f = *state;
	int proved = dial(f), silent = dial(f);
	char byte;

	assert_true(greeted(proved));
	assert_true(greeted(silent));
	put(proved, "data " SESSION_KEY "\r\n");
	assert_int_equal(recv(proved, &byte, 1, 0), 1);
	assert_int_equal(loopback_close(f->loopback, 10 * NS_PER_S), RC_OK);
	assert_int_equal(recv(proved, &byte, 1, 0), 0);
	assert_int_equal(recv(silent, &byte, 1, 0), 0);
	close(proved);
	close(silent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_way_of_cutting_the_first_line_gives_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_session_key_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_crowd_that_proves_nothing_keeps_nobody_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_limit_on_connections_holds_for_data_and_for_control, setup, teardown),
		cmocka_unit_test_setup_teardown(a_control_channel_without_its_keys_proof_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(who_says_nothing_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(another_account_is_not_greeted, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_crowded_out_is_not_served, setup, teardown),
		cmocka_unit_test_setup_teardown(closing_hangs_up_on_everybody, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
