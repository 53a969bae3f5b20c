/* The keeper: what it ends when the agent has gone, what it leaves alone, and that nobody's signal keeps it from that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

static struct keeper *keeper;
static pid_t keeper_pid;

/* The child that was born last: some of a test before may still be on their way out. */
static pid_t last_child(void)
{
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	assert_non_null(f);
	while (fscanf(f, "%d", &pid) == 1)
		continue;
	fclose(f);
	assert_true(pid > 1);
	return pid;
}

static int setup(void **state)
{
	struct why why;

	(void)state;
	signal(SIGCHLD, SIG_IGN);                        /* as in the agent's own end, somebody else reaps what the keeper ends */
	if (keeper_start(&keeper, &why) != RC_OK)
		return -1;
	keeper_pid = last_child();
	return 0;
}

/* A process that has entered, as a sshd does before it begins. */
struct entered {
	pid_t pid;
	int fd;                                  /* ends with it */
};

static struct entered enter(void)
{
	struct entered e;
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	e = (struct entered){fork(), ready[0]};
	if (e.pid == 0) {
		if (keeper_enter(keeper) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		close(keeper_fd(keeper));                /* as in every program that begins */
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(e.fd, &byte, 1), 1);
	assert_int_equal(getpgid(e.pid), e.pid);
	return e;
}

static bool lives(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static void has_ended(const struct entered *e)
{
	struct pollfd p = {e->fd, POLLIN, 0};
	char byte;

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(e->fd, &byte, 1), 0);
	close(e->fd);
}

/* More than it has room for at first. */
static void all_that_has_entered_ends_with_the_agent(void **state)
{
	struct entered e[70];

	(void)state;
	for (size_t i = 0; i < sizeof e / sizeof *e; i++)
		e[i] = enter();
	assert_true(lives(e[0].pid));
	keeper_stop(keeper);
	for (size_t i = 0; i < sizeof e / sizeof *e; i++)
		has_ended(&e[i]);
}

/* Its number may be somebody else's by then. */
static void what_has_ended_before_is_let_alone(void **state)
{
	struct entered first = enter(), gone = enter(), last = enter();

	(void)state;
	keeper_forget(keeper, gone.pid);
	keeper_stop(keeper);
	has_ended(&first);
	has_ended(&last);
	assert_true(lives(gone.pid));
	kill(gone.pid, SIGKILL);
	has_ended(&gone);
}

/* It ignores the last of all signals, and so all that can be ignored. */
static bool ignores(pid_t pid)
{
	unsigned long long mask = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "SigIgn:", 7) == 0)
			assert_int_equal(sscanf(line + 7, "%llx", &mask), 1);
	if (f)
		fclose(f);
	return mask >> 63;
}

static void signals_for_the_agent_do_not_reach_it_and_others_do_nothing(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGALRM};
	const time_t until = time(NULL) + 20;
	struct entered e = enter();

	(void)state;
	while (!ignores(keeper_pid) && time(NULL) < until)
		sched_yield();
	assert_int_equal(getpgid(keeper_pid), keeper_pid);       /* Ctrl-C is for the agent's group */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		kill(keeper_pid, signals[i]);
	assert_true(lives(keeper_pid));
	keeper_stop(keeper);
	has_ended(&e);
}

static void a_message_that_is_none_is_passed_over(void **state)
{
	static const int32_t none[] = {0, -1};
	struct entered e = enter();

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(send(keeper_fd(keeper), &none[i], sizeof none[i], MSG_NOSIGNAL), sizeof none[i]);
	assert_int_equal(send(keeper_fd(keeper), "ab", 2, MSG_NOSIGNAL), 2);
	keeper_stop(keeper);
	has_ended(&e);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, NULL)
	const struct CMUnitTest tests[] = {
		T(all_that_has_entered_ends_with_the_agent),
		T(what_has_ended_before_is_let_alone),
		T(signals_for_the_agent_do_not_reach_it_and_others_do_nothing),
		T(a_message_that_is_none_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
