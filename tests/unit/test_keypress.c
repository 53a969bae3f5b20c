/* Keys of a replay: what a terminal sends for them, what they do to the pace, and that the terminal is as it was whatever ends the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "keypress.h"
#include "pace.h"

/* ---- what bytes mean ---------------------------------------------------------------------------------------------------------------- */

static void test_keys_are_known_by_what_a_terminal_sends(void **state)
{
	static const struct {
		const char *bytes;
		const char *keys;                /* one digit for each byte */
	} rows[] = {
		{" .+=-?q", "1255678"}, {"\033[C\033[D", "003004"}, {"\033OC\033OD", "003004"}, {"\033[1;5C", "000003"}, {"\033[A\033[B\033[H", "000000000"},
		{"\033[200~ ", "0000001"}, {"\033q", "00"}, {"\033\033[C", "0003"}, {"\033[\033[C", "00003"}, {"CDxQ\n\r\t", "0000000"}, {"\303\251\377", "000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct keypress_scan s = {0};

		for (size_t n = 0; n < strlen(rows[i].keys); n++) {
			enum key key = keypress_scan(&s, rows[i].bytes[n]);

			if (key != (enum key)(rows[i].keys[n] - '0'))
				fail_msg("row %zu, byte %zu: %d", i, n, (int)key);
		}
	}
}

/* ---- pace --------------------------------------------------------------------------------------------------------------------------- */

static void test_speeds_go_up_to_no_waiting_and_down_again(void **state)
{
	double speed = 0.1;
	int steps = 0;

	(void)state;
	for (; speed > 0; steps++)
		speed = pace_faster(speed);
	assert_int_equal(steps, 11);
	assert_true(pace_faster(0) == 0 && pace_faster(1.7) == 2);
	assert_true(pace_slower(0) == 64 && pace_slower(1.7) == 1 && pace_slower(2) == 1 && pace_slower(0.125) == 0.125);
}

static void test_pauses_are_as_long_as_speed_and_bound_say(void **state)
{
	struct pace p = {.speed = 2, .max_pause_s = 3};
	bool cut;

	(void)state;
	assert_int_equal(pace_wait_ns(&p, NS_PER_S, &cut), NS_PER_S / 2);
	assert_false(cut);
	assert_int_equal(pace_wait_ns(&p, 7 * NS_PER_S, &cut), 3 * NS_PER_S);
	assert_false(cut);                       /* by less than is told of */
	assert_int_equal(pace_wait_ns(&p, 100 * NS_PER_S, &cut), 3 * NS_PER_S);
	assert_true(cut);
	p.max_pause_s = -1;
	assert_int_equal(pace_wait_ns(&p, 100 * NS_PER_S, &cut), 50 * NS_PER_S);
	p.speed = 1e-300;
	assert_true(pace_wait_ns(&p, INT64_MAX, &cut) > 0);
	p.speed = 0;
	assert_int_equal(pace_wait_ns(&p, 100 * NS_PER_S, &cut), 0);
	p = (struct pace){.speed = 1, .max_pause_s = 0};
	assert_int_equal(pace_wait_ns(&p, 100 * NS_PER_S, &cut), 0);
	assert_int_equal(pace_wait_ns(&p, -5, &cut), 0);
}

/* ---- the terminal ------------------------------------------------------------------------------------------------------------------- */

struct terminal {
	int master, slave;
	pid_t child;
};

static void terminal_open(struct terminal *t)
{
	t->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(t->master >= 0 && grantpt(t->master) == 0 && unlockpt(t->master) == 0);
	t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY);
	assert_true(t->slave >= 0);
}

static void terminal_close(struct terminal *t)
{
	close(t->slave);
	close(t->master);
}

static bool cooked(const struct terminal *t)
{
	struct termios now;

	assert_int_equal(tcgetattr(t->slave, &now), 0);
	return (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

/* In the foreground of a terminal of its own: says "raw", then prints each key as a digit until it is KEY_QUIT. */
static void child(const struct terminal *t)
{
	char key;

	setsid();
	ioctl(t->slave, TIOCSCTTY, 0);
	dup2(t->slave, STDIN_FILENO);
	dup2(t->slave, STDOUT_FILENO);
	if (!keypress_begin())
		_exit(9);
	(void)!write(STDOUT_FILENO, "raw", 3);
	do {
		key = (char)('0' + keypress_wait(-1));
		(void)!write(STDOUT_FILENO, &key, 1);
	} while (key != '0' + KEY_QUIT);
	keypress_end();
	_exit(0);
}

static void terminal_run(struct terminal *t)
{
	terminal_open(t);
	t->child = fork();
	if (t->child == 0)
		child(t);
	assert_true(t->child > 0);
}

/* What the child prints, until that stands in it. */
static void expect(const struct terminal *t, const char *text)
{
	char said[256] = "";
	size_t n = 0;

	while (!strstr(said, text)) {
		struct pollfd p = {.fd = t->master, .events = POLLIN};
		ssize_t got;

		assert_int_equal(poll(&p, 1, 10000), 1);
		got = read(t->master, said + n, sizeof said - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
	}
}

static void test_each_key_counts_at_once_and_is_not_echoed(void **state)
{
	struct terminal t;
	int status;

	(void)state;
	terminal_run(&t);
	expect(&t, "raw");
	assert_false(cooked(&t));
	assert_int_equal(write(t.master, " .\033[C\033[D+-?xq", 13), 13);
	expect(&t, "12345678");                  /* each by its number, and nothing between */
	assert_int_equal(waitpid(t.child, &status, 0), t.child);
	assert_int_equal(status, 0);
	assert_true(cooked(&t));
	terminal_close(&t);
}

static void test_the_terminal_is_put_back_whatever_ends_the_program(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct terminal t;
		int status;

		terminal_run(&t);
		expect(&t, "raw");
		assert_false(cooked(&t));
		kill(t.child, signals[i]);
		assert_int_equal(waitpid(t.child, &status, 0), t.child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		assert_true(cooked(&t));
		terminal_close(&t);
	}
}

static void test_the_shell_gets_its_terminal_back_while_the_program_is_stopped(void **state)
{
	struct terminal t;
	int status;

	(void)state;
	terminal_run(&t);
	expect(&t, "raw");
	kill(t.child, SIGTSTP);
	kill(t.child, SIGCONT);                  /* an orphaned group does not stop; either way it goes on */
	assert_int_equal(write(t.master, ".", 1), 1);
	expect(&t, "2");
	assert_false(cooked(&t));
	assert_int_equal(write(t.master, "q", 1), 1);
	assert_int_equal(waitpid(t.child, &status, 0), t.child);
	assert_true(cooked(&t));
	terminal_close(&t);
}

static void test_without_a_terminal_there_are_no_keys(void **state)
{
	int in = dup(STDIN_FILENO), null = open("/dev/null", O_RDONLY);

	(void)state;
	dup2(null, STDIN_FILENO);
	assert_false(keypress_begin());
	assert_int_equal(keypress_wait(1), KEY_NONE);
	keypress_end();
	dup2(in, STDIN_FILENO);
	close(in);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_known_by_what_a_terminal_sends),
		cmocka_unit_test(test_speeds_go_up_to_no_waiting_and_down_again),
		cmocka_unit_test(test_pauses_are_as_long_as_speed_and_bound_say),
		cmocka_unit_test(test_each_key_counts_at_once_and_is_not_echoed),
		cmocka_unit_test(test_the_terminal_is_put_back_whatever_ends_the_program),
		cmocka_unit_test(test_the_shell_gets_its_terminal_back_while_the_program_is_stopped),
		cmocka_unit_test(test_without_a_terminal_there_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
