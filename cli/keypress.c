#include "keypress.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"

/* ---- what bytes mean ---------------------------------------------------------------------------------------------------------------- */

static const struct {
	char c;
	enum key key;
} plain[] = {
	{' ', KEY_PAUSE}, {'.', KEY_STEP}, {'+', KEY_FASTER}, {'=', KEY_FASTER}, {'-', KEY_SLOWER}, {'?', KEY_HELP}, {'q', KEY_QUIT},
};

enum key keypress_scan(struct keypress_scan *s, char c)
{
	if (c == '\033') {
		s->state = KEYPRESS_ESCAPE;
		return KEY_NONE;
	}
	if (s->state == KEYPRESS_ESCAPE) {
		s->state = c == '[' || c == 'O' ? KEYPRESS_SEQUENCE : KEYPRESS_PLAIN;
		return KEY_NONE;
	}
	if (s->state == KEYPRESS_SEQUENCE) {
		if (c >= 0x20 && c < 0x40)       /* its parameters */
			return KEY_NONE;
		s->state = KEYPRESS_PLAIN;
		return c == 'C' ? KEY_NEXT : c == 'D' ? KEY_PREVIOUS : KEY_NONE;
	}
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (plain[i].c == c)
			return plain[i].key;
	return KEY_NONE;
}

/* ---- the terminal ------------------------------------------------------------------------------------------------------------------- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2};
#define ENDING (sizeof ending / sizeof *ending)

static struct {
	volatile sig_atomic_t raw;
	struct termios before, while_raw;
	struct sigaction ending[ENDING], stop, go_on;
	struct keypress_scan scan;
} keys;

static void watch_stop(void);

/* From handlers, too: tcsetattr() is async-signal-safe. */
static void put_back(void)
{
	if (keys.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &keys.before);
}

static bool in_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void take(void)
{
	if (keys.raw && in_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &keys.while_raw);
}

/* The signal comes again once its handler has returned, and then does what it did before. */
static void on_end(int number)
{
	int saved = errno;

	put_back();
	signal(number, SIG_DFL);
	raise(number);
	errno = saved;
}

/* Ctrl-Z: the shell gets its terminal as it was. */
static void on_stop(int number)
{
	sigset_t mask;
	int saved = errno;

	put_back();
	signal(number, SIG_DFL);
	raise(number);
	sigemptyset(&mask);
	sigaddset(&mask, number);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);           /* here it stops, and here it goes on */
	watch_stop();
	take();                                          /* SIGCONT may have come before, or not at all where nobody could stop it */
	errno = saved;
}

static void on_go_on(int number)
{
	int saved = errno;

	(void)number;
	take();
	errno = saved;
}

static void watch_stop(void)
{
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTSTP, &action, NULL);
}

bool keypress_begin(void)
{
	struct sigaction action = {.sa_handler = on_end}, go_on = {.sa_handler = on_go_on, .sa_flags = SA_RESTART};

	if (keys.raw || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !in_foreground() || tcgetattr(STDIN_FILENO, &keys.before) != 0)
		return false;
	keys.while_raw = keys.before;
	keys.while_raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.while_raw.c_cc[VMIN] = 1;
	keys.while_raw.c_cc[VTIME] = 0;
	sigemptyset(&action.sa_mask);
	sigemptyset(&go_on.sa_mask);
	for (size_t i = 0; i < ENDING; i++) {
		sigaction(ending[i], NULL, &keys.ending[i]);
		if (keys.ending[i].sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
	sigaction(SIGTSTP, NULL, &keys.stop);
	if (keys.stop.sa_handler == SIG_DFL)
		watch_stop();
	sigaction(SIGCONT, &go_on, &keys.go_on);
	keys.raw = 1;
	keys.scan = (struct keypress_scan){0};
	if (tcsetattr(STDIN_FILENO, TCSANOW, &keys.while_raw) == 0)
		return true;
	keypress_end();
	return false;
}

void keypress_end(void)
{
	if (!keys.raw)
		return;
	put_back();
	keys.raw = 0;
	for (size_t i = 0; i < ENDING; i++)
		sigaction(ending[i], &keys.ending[i], NULL);
	sigaction(SIGTSTP, &keys.stop, NULL);
	sigaction(SIGCONT, &keys.go_on, NULL);
}

/* One byte of what was typed. KEY_QUIT: nobody types there any more. */
static enum key read_key(void)
{
	char c;
	ssize_t n = read(STDIN_FILENO, &c, 1);

	if (n == 1)
		return keypress_scan(&keys.scan, c);
	return n < 0 && (errno == EINTR || errno == EAGAIN) ? KEY_NONE : KEY_QUIT;
}

enum key keypress_wait(int64_t wait_ns)
{
	int64_t until_ns = clock_mono_ns() + (wait_ns > 0 ? wait_ns : 0), left_ns = wait_ns;
	enum key key;

	for (;;) {
		struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
		bool counts = keys.raw && in_foreground();       /* what is typed while it runs in the background is the shell's */
		int64_t slice_ns = !counts && (left_ns < 0 || left_ns > NS_PER_S) ? NS_PER_S : left_ns;
		struct timespec t = {(time_t)(slice_ns / NS_PER_S), (long)(slice_ns % NS_PER_S)};
		int n = ppoll(&p, counts ? 1 : 0, slice_ns < 0 ? NULL : &t, NULL);

		if (n > 0 && (key = read_key()) != KEY_NONE)
			return key;
		left_ns = wait_ns < 0 ? -1 : until_ns - clock_mono_ns();
		if (wait_ns >= 0 && left_ns <= 0)
			return KEY_NONE;
	}
}
