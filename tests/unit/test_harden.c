/* What the process asks of the system before anything else, and what a program that it starts finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harden.h"

/* Each in a child, whose exit status counts what is wrong. */
static void in_child(int (*check)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int check_memory(void)
{
	struct rlimit before, after;
	struct sigaction pipe;

	getrlimit(RLIMIT_CORE, &before);
	harden();
	getrlimit(RLIMIT_CORE, &after);
	sigaction(SIGPIPE, NULL, &pipe);
	if (after.rlim_cur != 0 || prctl(PR_GET_DUMPABLE) != 0 || pipe.sa_handler != SIG_IGN)
		return 1;
	harden_undo();
	getrlimit(RLIMIT_CORE, &after);
	sigaction(SIGPIPE, NULL, &pipe);
	return after.rlim_cur != before.rlim_cur || after.rlim_max != before.rlim_max || pipe.sa_handler != SIG_DFL ? 2 : 0;
}

static int check_files(void)
{
	char c;

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	harden();
	if (open("/dev/null", O_RDWR) < 3)
		return 1;
	/* what was closed still fails */
	return read(0, &c, 1) >= 0 || write(1, "x", 1) >= 0 || write(2, "x", 1) >= 0 ? 2 : 0;
}

static void no_core_dump_no_other_reader_and_children_as_before(void **state)
{
	(void)state;
	in_child(check_memory);
}

static void no_file_of_ours_becomes_standard_output(void **state)
{
	(void)state;
	in_child(check_files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_core_dump_no_other_reader_and_children_as_before),
		cmocka_unit_test(no_file_of_ours_becomes_standard_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
