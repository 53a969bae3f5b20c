/* authorize, which sshd calls: it says what the running agent says, whole and in lines, and nothing else lets anybody in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

static char dir[64], path[80];
static int listener;

static int setup(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	strcpy(dir, "/tmp/phigate-authorize-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/authorize", dir);
	strcpy(at.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 4) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	close(listener);
	unlink(path);
	return rmdir(dir);
}

/* The agent, played: takes one line, gives one answer. */
static struct {
	const char *answer;
	size_t n;
	char asked[256];
} agent;

static void *agent_main(void *arg)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	size_t n = 0;

	(void)arg;
	while (n + 1 < sizeof agent.asked && recv(fd, agent.asked + n, 1, 0) == 1 && agent.asked[n] != '\n')
		n++;
	agent.asked[n] = '\0';
	(void)!send(fd, agent.answer, agent.n, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

/* What it says on its standard output, for sshd; its exit status. */
static int run(char **argv, int argc, char *said, size_t room)
{
	int out = memfd_create("out", MFD_CLOEXEC), stdout_fd = dup(1), status;
	ssize_t n;

	fflush(stdout);
	dup2(out, 1);
	status = cmd_authorize.run(argc, argv);
	fflush(stdout);
	dup2(stdout_fd, 1);
	n = pread(out, said, room - 1, 0);
	said[n < 0 ? 0 : n] = '\0';
	close(out);
	close(stdout_fd);
	return status;
}

static int authorize(char *said, size_t room)
{
	char *argv[] = {"authorize", path, "ID", "TYPE", "AAAA", NULL};

	return run(argv, 5, said, room);
}

static int with_answer(const char *answer, size_t n, char *said, size_t room)
{
	pthread_t thread;
	int status;

	agent.answer = answer;
	agent.n = n;
	assert_int_equal(pthread_create(&thread, NULL, agent_main, NULL), 0);
	status = authorize(said, room);
	pthread_join(thread, NULL);
	return status;
}

static void it_says_what_the_agent_says(void **state)
{
	char said[8192];

	(void)state;
	assert_int_equal(with_answer("cert-authority x y\n", 19, said, sizeof said), EXIT_DONE);
	assert_string_equal(said, "cert-authority x y\n");
	assert_string_equal(agent.asked, "ID TYPE AAAA");
}

static void nothing_half_a_line_or_too_much_is_a_refusal(void **state)
{
	char long_line[4097], said[8192];

	(void)state;
	assert_int_equal(with_answer("", 0, said, sizeof said), EXIT_FAILED);
	assert_string_equal(said, "");
	assert_int_equal(with_answer("cert-authority x", 16, said, sizeof said), EXIT_FAILED);
	assert_string_equal(said, "");
	memset(long_line, 'a', sizeof long_line);
	long_line[4094] = long_line[4095] = long_line[4096] = '\n';
	assert_int_equal(with_answer(long_line, 4096, said, sizeof said), EXIT_FAILED);
	assert_int_equal(with_answer(long_line, 4095, said, sizeof said), EXIT_DONE);
	assert_int_equal(strlen(said), 4095);
}

static void without_an_agent_nobody_comes_in(void **state)
{
	char said[64], far[160], *argv[] = {"authorize", far, "ID", "TYPE", "AAAA", "more", NULL};

	(void)state;
	snprintf(far, sizeof far, "%s/nobody", dir);
	assert_int_equal(run(argv, 5, said, sizeof said), EXIT_FAILED);
	assert_int_equal(run(argv, 4, said, sizeof said), EXIT_USAGE);
	assert_int_equal(run(argv, 6, said, sizeof said), EXIT_USAGE);
	snprintf(far, sizeof far, "/%0*d", 120, 0);
	assert_int_equal(run(argv, 5, said, sizeof said), EXIT_USAGE);
	assert_string_equal(said, "");
}

/* Another account's socket would let in whom it likes. */
static void only_its_own_accounts_agent_is_asked(void **state)
{
	char said[64] = "";
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0711), 0);
	assert_int_equal(chmod(path, 0666), 0);
	pid = fork();
	if (pid == 0)
		_exit(setuid(65534) != 0 || with_answer("cert-authority x y\n", 19, said, sizeof said) != EXIT_FAILED || *said);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_says_what_the_agent_says),
		T(nothing_half_a_line_or_too_much_is_a_refusal),
		T(without_an_agent_nobody_comes_in),
		T(only_its_own_accounts_agent_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
