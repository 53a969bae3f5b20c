/* The line that says what is being waited for: it comes after a second, and goes with the waiting. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "term.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static bool running, stop;
static char words[128];

/* Until deadline or the end; with the lock held. */
static bool wait_ms(long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!stop)
		if (pthread_cond_timedwait(&changed, &lock, &until) != 0)
			break;
	return !stop;
}

static void *run(void *arg)
{
	static const char *const wheel[] = {"|", "/", "-", "\\"};
	bool shown = false;

	(void)arg;
	pthread_mutex_lock(&lock);
	for (unsigned turn = 0; wait_ms(turn ? 150 : 1000); turn++) {
		fprintf(stderr, "\r%s %s", wheel[turn % 4], words);
		fflush(stderr);
		shown = true;
	}
	if (shown) {
		fprintf(stderr, "\r%*s\r", (int)strlen(words) + 2, "");
		fflush(stderr);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void progress_begin(const char *what)
{
	progress_end();
	if (!isatty(STDERR_FILENO))
		return;
	snprintf(words, sizeof words, "%s …", what);
	stop = false;
	running = pthread_create(&thread, NULL, run, NULL) == 0;
}

void progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	stop = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	running = false;
}
