/* The socket that authorize asks: what lets a certificate in, what is answered with nothing, and who may ask at all. The SSH connection
 * and the sign-in are played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "gate_admit.h"
#include "log.h"
#include "sshkey.h"

#define PORT 40123
#define ID "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static atomic_llong later_ns;                    /* how far the clock has been put forward */
static atomic_int looked;                        /* how often somebody has looked at it */

int64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	looked++;
	return now.tv_sec * NS_PER_S + now.tv_nsec + later_ns;
}

/* ---- the neighbours, played ------------------------------------------------------------------------------------------- */

static struct {
	enum rc ask;                             /* what gate_ssh_ask() says, and admitted with RC_CONFLICT */
	bool admitted_before, wait;
	sem_t asking, go;
	atomic_int asked, decided, answered, admitted;
} told;

enum rc gate_ssh_ask(struct gate_ssh *ssh, struct slice id, struct slice blob, bool *admitted, char address[64])
{
	(void)ssh, (void)blob;
	told.asked++;
	if (told.wait) {
		sem_post(&told.asking);
		while (sem_wait(&told.go) != 0)
			continue;
	}
	strcpy(address, "203.0.113.9:51022");
	*admitted = told.admitted_before;
	return slice_is(id, ID) ? told.ask : RC_FAULT;
}

void gate_ssh_answer(struct gate_ssh *ssh, struct slice id, struct slice blob, struct slice key_der, const char *user, bool admitted)
{
	(void)ssh, (void)id, (void)blob, (void)key_der, (void)user;
	told.answered++;
	told.admitted += admitted;
}

/* "good" is good. */
enum rc identity_admit(struct identity *identity, struct slice key_der, struct slice id_token, struct slice login_token,
		       struct token *out, struct why *why)
{
	(void)identity, (void)key_der, (void)login_token;
	told.decided++;
	*out = (struct token){0};
	return slice_is(id_token, "good") ? RC_OK : why_set(why, RC_DENIED, "the token has expired");
}

/* ---- the fixture ------------------------------------------------------------------------------------------------------ */

static struct {
	char dir[64];
	struct gate_admit *admit;
	EVP_PKEY *key;
} t;

static int setup(void **state)
{
	struct why why;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	log_setup(-1, false, LOG_ERROR);
	memset(&told, 0, sizeof told);
	sem_init(&told.asking, 0, 0);
	sem_init(&told.go, 0, 0);
	later_ns = 0;
	strcpy(t.dir, "/tmp/phigate-admit-XXXXXX");
	if (!mkdtemp(t.dir) || sshkey_generate_p256(&t.key) != RC_OK)
		return -1;
	return gate_admit_start(t.dir, PORT, NULL, NULL, &t.admit, &why) == RC_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i <= GATE_SSH_WAITING_MAX; i++)  /* whoever waits in a test that failed half way */
		sem_post(&told.go);
	gate_admit_stop(t.admit);
	EVP_PKEY_free(t.key);
	return rmdir(t.dir);
}

static int dial(void)
{
	const struct timeval wait = {.tv_sec = 20};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, gate_admit_path(t.admit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		fail_msg("%s: nobody listens", at.sun_path);
	return fd;
}

static void put(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return;                          /* it hangs up, which the answer says */
		bytes = (struct slice){bytes.p + n, bytes.n - (size_t)n};
	}
}

/* "ID TYPE BASE64\n" of a certificate that carries the token. */
static void line_with(const char *token, struct buf *line)
{
	uint64_t now = (uint64_t)clock_wall_s();
	struct buf blob;

	buf_init(&blob, 65536);
	buf_init(line, 65536);
	assert_int_equal(sshcert_make(t.key, slice_str(token), (struct slice){0}, now - 60, now + 600, &blob), RC_OK);
	buf_puts(line, ID " ecdsa-sha2-nistp256-cert-v01@openssh.com ");
	assert_int_equal(base64_encode(blob.data, blob.len, line), RC_OK);
	buf_putc(line, '\n');
	buf_free(&blob);
}

static const char *answer_of(int fd)
{
	static char text[4096];
	size_t n = 0;
	ssize_t got;

	while (n + 1 < sizeof text && (got = recv(fd, text + n, sizeof text - 1 - n, 0)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	assert_true(got == 0 || errno == ECONNRESET);    /* it is over, and not for want of patience */
	close(fd);
	return text;
}

static const char *answer_to(const char *token)
{
	struct buf line;
	int fd = dial();

	line_with(token, &line);
	put(fd, buf_slice(&line));
	buf_free(&line);
	return answer_of(fd);
}

/* ---- what is answered ------------------------------------------------------------------------------------------------- */

static void a_good_token_opens_one_port_and_nothing_else(void **state)
{
	struct buf wanted;

	(void)state;
	buf_init(&wanted, 4096);
	buf_puts(&wanted, "cert-authority,principals=\"phigate\",restrict,port-forwarding,permitopen=\"127.0.0.1:40123\" ");
	assert_int_equal(sshkey_line(t.key, NULL, &wanted), RC_OK);
	assert_string_equal(answer_to("good"), wanted.data);
	assert_int_equal(told.admitted, 1);
	told.ask = RC_CONFLICT;                          /* sshd asks twice, and hears the same without that anything is decided again */
	told.admitted_before = true;
	assert_string_equal(answer_to("good"), wanted.data);
	assert_true(told.decided == 1 && told.answered == 1);
	buf_free(&wanted);
}

static void whoever_is_refused_hears_nothing_at_all(void **state)
{
	static const struct {
		const char *token;
		enum rc ask;
		int decided, answered;
	} cases[] = {
		{"expired", RC_OK, 1, 1},
		{"", RC_OK, 0, 1},                       /* a certificate without a token is nobody's */
		{"good", RC_CONFLICT, 0, 0},             /* it was refused before */
		{"good", RC_NOT_FOUND, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		told.ask = cases[i].ask;
		told.decided = told.answered = 0;
		assert_string_equal(answer_to(cases[i].token), "");
		if (told.decided != cases[i].decided || told.answered != cases[i].answered)
			fail_msg("case %zu: %d decided, %d answered", i, told.decided, told.answered);
	}
	assert_int_equal(told.admitted, 0);
}

static void who_asks_too_often_stands_in_the_log(void **state)
{
	int log = memfd_create("log", MFD_CLOEXEC);
	char lines[4096] = "";

	(void)state;
	log_setup(log, true, LOG_INFO);
	told.ask = RC_DENIED;
	assert_string_equal(answer_to("good"), "");
	told.ask = RC_OK;
	assert_string_equal(answer_to("expired"), "");
	log_setup(-1, false, LOG_ERROR);
	assert_true(pread(log, lines, sizeof lines - 1, 0) > 0);
	close(log);
	assert_non_null(strstr(lines, "\"address\":\"203.0.113.9:51022\",\"reason\":\"asked too often\""));
	assert_non_null(strstr(lines, "the token has expired"));
}

static void a_line_that_is_none_is_asked_nobody_about(void **state)
{
	static const char *const lines[] = {"\n", ID "\n", ID " \n", ID " ssh-ed25519\n", ID " x @@@\n"};
	struct buf line;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		fd = dial();
		put(fd, slice_str(lines[i]));
		assert_string_equal(answer_of(fd), "");
	}
	assert_int_equal(told.asked, 0);
	line_with("good", &line);
	buf_truncate(&line, line.len - 1);
	buf_puts(&line, " and more\n");                  /* as a line of a key may end */
	fd = dial();
	put(fd, buf_slice(&line));
	assert_string_not_equal(answer_of(fd), "");
	buf_truncate(&line, line.len - 1);
	line.max = 2 * GATE_ADMIT_LINE_MAX;
	while (line.len < GATE_ADMIT_LINE_MAX)
		buf_putc(&line, 'e');
	buf_putc(&line, '\n');                           /* and yet is too long */
	fd = dial();
	put(fd, buf_slice(&line));
	while (recv(fd, line.data, 1, 0) > 0)
		continue;
	close(fd);
	buf_free(&line);
	assert_int_equal(told.asked, 1);
}

/* ---- who asks, and how many ------------------------------------------------------------------------------------------- */

static void who_says_nothing_is_hung_up_on(void **state)
{
	int before = looked, fd = dial();

	(void)state;
	while (looked < before + 2)                      /* it knows now until when it waits */
		sched_yield();
	later_ns = 2 * NS_PER_S;
	put(fd, SLICE("A"));
	assert_string_equal(answer_of(fd), "");
	assert_int_equal(told.asked, 0);
}

static void so_many_ask_at_one_time_as_connections_may_wait(void **state)
{
	int fd[GATE_SSH_WAITING_MAX + 1];
	struct buf line;

	(void)state;
	told.wait = true;
	line_with("good", &line);
	for (int i = 0; i < GATE_SSH_WAITING_MAX; i++) {
		fd[i] = dial();
		put(fd[i], buf_slice(&line));
		while (sem_wait(&told.asking) != 0)
			continue;
	}
	fd[GATE_SSH_WAITING_MAX] = dial();
	put(fd[GATE_SSH_WAITING_MAX], buf_slice(&line));
	assert_string_equal(answer_of(fd[GATE_SSH_WAITING_MAX]), "");
	for (int i = 0; i < GATE_SSH_WAITING_MAX; i++)
		sem_post(&told.go);
	for (int i = 0; i < GATE_SSH_WAITING_MAX; i++)
		assert_string_not_equal(answer_of(fd[i]), "");
	told.wait = false;
	assert_string_not_equal(answer_to("good"), "");
	buf_free(&line);
}

/* Should its folder and socket ever stand open. */
static void another_account_gets_no_answer(void **state)
{
	struct buf line;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(t.dir, 0711), 0);
	assert_int_equal(chmod(gate_admit_path(t.admit), 0666), 0);
	line_with("good", &line);
	pid = fork();
	if (pid == 0) {
		char byte;
		int fd;

		if (setuid(65534) != 0)
			_exit(2);
		fd = dial();
		put(fd, buf_slice(&line));
		_exit(recv(fd, &byte, 1, 0) <= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(told.asked, 0);
	buf_free(&line);
}

static enum rc start_in(const char *dir)
{
	struct gate_admit *admit;
	struct why why;
	enum rc rc = gate_admit_start(dir, PORT, NULL, NULL, &admit, &why);

	if (rc == RC_OK)
		gate_admit_stop(admit);
	return rc;
}

static void its_folder_is_one_that_nobody_else_can_enter(void **state)
{
	char link[80], other[80], deep[160];
	struct stat st;

	(void)state;
	assert_int_equal(stat(gate_admit_path(t.admit), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(other, sizeof other, "%s/other", t.dir);
	snprintf(link, sizeof link, "%s/link", t.dir);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(symlink(other, link), 0);
	assert_int_equal(start_in(other), RC_OK);
	assert_int_equal(start_in(link), RC_DENIED);
	assert_int_equal(chmod(other, 0710), 0);
	assert_int_equal(start_in(other), RC_DENIED);
	assert_int_equal(chmod(other, 0701), 0);
	assert_int_equal(start_in(other), RC_DENIED);
	assert_int_equal(chmod(other, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(other, 65534, 65534), 0);
		assert_int_equal(start_in(other), RC_DENIED);
	}
	unlink(link);
	rmdir(other);
	snprintf(deep, sizeof deep, "%s/%0*d", t.dir, 107 - (int)strlen(t.dir) - 1 - (int)strlen("/authorize"), 0);
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_int_equal(start_in(deep), RC_OK);         /* 107 characters */
	rmdir(deep);
	strcat(deep, "0");
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_int_equal(start_in(deep), RC_BAD);
	rmdir(deep);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_good_token_opens_one_port_and_nothing_else),
		T(whoever_is_refused_hears_nothing_at_all),
		T(who_asks_too_often_stands_in_the_log),
		T(a_line_that_is_none_is_asked_nobody_about),
		T(who_says_nothing_is_hung_up_on),
		T(so_many_ask_at_one_time_as_connections_may_wait),
		T(another_account_gets_no_answer),
		T(its_folder_is_one_that_nobody_else_can_enter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
