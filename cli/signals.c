#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SIGNALS_MAX 8

static struct {
	int pipe[2];
	size_t n;
	int number[SIGNALS_MAX];
	struct sigaction before[SIGNALS_MAX];
} caught = {.pipe = {-1, -1}};

static void note(int number, siginfo_t *info, void *context)
{
	const char told[2] = {(char)number, info && (info->si_code == SI_USER || info->si_code == SI_QUEUE)};
	int saved = errno;

	(void)context;
	(void)!write(caught.pipe[1], told, sizeof told);         /* a full pipe means that enough were told */
	errno = saved;
}

enum rc signals_catch(const int *signals, size_t n, struct why *why)
{
	struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigemptyset(&action.sa_mask);
	if (n > SIGNALS_MAX || pipe(caught.pipe) != 0)
		return why_set(why, RC_IO, "cannot watch signals: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(caught.pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(caught.pipe[i], F_SETFL, O_NONBLOCK);
	}
	for (size_t i = 0; i < n; i++) {
		struct sigaction *before = &caught.before[caught.n];

		if (sigaction(signals[i], NULL, before) != 0 ||
		    (!(signals[i] == SIGHUP && before->sa_handler == SIG_IGN) && sigaction(signals[i], &action, NULL) != 0))
			return why_set(why, RC_IO, "cannot watch signals: %s", strerror(errno));
		caught.number[caught.n++] = signals[i];
	}
	return RC_OK;
}

int signals_fd(void)
{
	return caught.pipe[0];
}

int signals_take(bool *sent)
{
	char told[2];

	if (read(caught.pipe[0], told, sizeof told) != sizeof told)
		return 0;
	*sent = told[1];
	return told[0];
}

void signals_release(void)
{
	for (size_t i = 0; i < caught.n; i++)
		if (caught.number[i] == SIGINT || caught.number[i] == SIGTERM)
			signal(caught.number[i], SIG_DFL);
}

void signals_restore(void)
{
	for (size_t i = 0; i < caught.n; i++)
		sigaction(caught.number[i], &caught.before[i], NULL);
}
