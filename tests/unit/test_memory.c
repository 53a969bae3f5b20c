/* Recordings for which there is no memory at any step: nobody is told of what is not on the disk, the other session goes on, and a restart
 * makes bundles of all. Some steps are tried; all of them are with FAULTS=all in the environment (make faults). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "faults.h"
#include "memory.h"

#define MOST 3                                   /* steps that are tried of each run when not all are */
#define A_WHILE 40                               /* calls that fail in a row */

static int fail_at, fail_n;

static void live_short(void)
{
	memory_fails(fail_at, fail_n);
	live();
}

static void restart_short(void)
{
	memory_fails(fail_at, fail_n);
	restart();
}

/* Of so many calls, all or some; the last is one past the end. */
static int step_of(int calls)
{
	return all_of_them() || calls < MOST ? 1 : calls / MOST;
}

/* How often it asks when nothing fails. */
static int calls_of(void (*fn)(void))
{
	fail_at = fail_n = 0;
	EXPECT(run(fn, DISK_NONE, 0));
	memory_is_back();
	return memory->calls;
}

static void live_without(int at, int n)
{
	snprintf(where, sizeof where, "no memory at call %d, %d in a row, for %p", at, n, memory->site[at]);
	anew();
	lossy = false;
	fail_at = at;
	fail_n = n;
	(void)run(live_short, DISK_NONE, 0);
	memory_is_back();
	if (n == 1)
		EXPECT(!told->failed[A] || !told->failed[B]);
	check(SIZE_MAX);
}

static void test_a_call_gets_none(void **state)
{
	int calls;

	(void)state;
	anew();
	strcpy(where, "nothing fails");
	calls = calls_of(live_short);
	EXPECT(told->closed[A] && told->closed[B]);
	print_message("%d calls\n", calls);
	for (int at = 1 + step_of(calls) / 2; at <= calls; at += step_of(calls))
		live_without(at, 1);
}

static void test_there_is_none_for_a_while(void **state)
{
	int calls;

	(void)state;
	anew();
	strcpy(where, "nothing fails");
	calls = calls_of(live_short);
	for (int at = 1 + step_of(calls) / 3; at <= calls; at += step_of(calls))
		live_without(at, A_WHILE);
}

/* What a kill has left: the restart may fail, and then the next one makes the bundles. */
static void test_the_restart_gets_none(void **state)
{
	int calls;

	(void)state;
	lossy = false;
	crash("true");
	put_back_saved();
	calls = calls_of(restart_short);
	print_message("%d calls\n", calls);
	for (int at = 1 + step_of(calls) / 2; at <= calls; at += step_of(calls)) {
		snprintf(where, sizeof where, "restart, no memory at call %d, for %p", at, memory->site[at]);
		put_back_saved();
		fail_at = at;
		fail_n = 1;
		(void)run(restart_short, DISK_NONE, 0);
		memory_is_back();
		check(SIZE_MAX);
	}
}

#define SEALED(name) {"sealed: " #name, test_##name, sealed_setup, faults_teardown, NULL}
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, faults_setup, faults_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_gets_none),
		TEST(there_is_none_for_a_while),
		TEST(the_restart_gets_none),
		SEALED(a_call_gets_none),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("FAULTS_ONLY"))
		cmocka_set_test_filter(getenv("FAULTS_ONLY"));
	return memory_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
