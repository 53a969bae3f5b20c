#include "renewal.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

struct renewal {
	const struct client_config *config;
	int64_t min_valid_s;
	int done[2];
	pthread_t thread;
	struct signin *signin;
	struct why why;
	enum rc rc;
};

static void *work(void *arg)
{
	struct renewal *r = arg;

	r->rc = signin_load(r->config, r->min_valid_s, &r->signin, &r->why);
	(void)!write(r->done[1], "", 1);
	return NULL;
}

enum rc renewal_start(const struct client_config *config, int64_t min_valid_s, struct renewal **out)
{
	struct renewal *r = calloc(1, sizeof *r);

	*out = NULL;
	if (!r)
		return RC_NOMEM;
	*r = (struct renewal){.config = config, .min_valid_s = min_valid_s, .rc = RC_FAULT};
	if (pipe(r->done) != 0) {
		free(r);
		return RC_IO;
	}
	fcntl(r->done[0], F_SETFD, FD_CLOEXEC);
	fcntl(r->done[1], F_SETFD, FD_CLOEXEC);
	if (pthread_create(&r->thread, NULL, work, r) == 0) {
		*out = r;
		return RC_OK;
	}
	close(r->done[0]);
	close(r->done[1]);
	free(r);
	return RC_IO;
}

int renewal_fd(const struct renewal *r)
{
	return r->done[0];
}

enum rc renewal_take(struct renewal *r, struct signin **out, struct why *why)
{
	char c;

	(void)!read(r->done[0], &c, 1);
	*out = r->signin;
	r->signin = NULL;
	*why = r->why;
	return r->rc;
}

void renewal_free(struct renewal *r)
{
	if (!r)
		return;
	pthread_join(r->thread, NULL);
	close(r->done[0]);
	close(r->done[1]);
	signin_free(r->signin);
	free(r);
}

/* Files in the folder are replaced by renaming, which changes the folder. */
int64_t renewal_stamp(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char path[4096];
	struct stat st;

	if (state && state[0] == '/')
		snprintf(path, sizeof path, "%s/phigate", state);
	else
		snprintf(path, sizeof path, "%s/.local/state/phigate", home ? home : "");
	if (stat(path, &st) != 0)
		return 0;
#ifdef __APPLE__
	return st.st_mtimespec.tv_sec * NS_PER_S + st.st_mtimespec.tv_nsec;
#else
	return st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
#endif
}
