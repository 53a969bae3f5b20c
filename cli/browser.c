#include "browser.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>

extern char **environ;

#ifdef __APPLE__
#define OPENER "open"
bool browser_there(void)
{
	return !getenv("SSH_CONNECTION");
}
#else
#define OPENER "xdg-open"
bool browser_there(void)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	return (x && *x) || (wayland && *wayland);
}
#endif

/* A process group of its own: Ctrl-C here is not meant for the browser, which may have just been started. */
static bool set_attributes(posix_spawnattr_t *how)
{
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	return posix_spawnattr_setpgroup(how, 0) == 0 && posix_spawnattr_setsigdefault(how, &pipe) == 0 &&
	       posix_spawnattr_setflags(how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF) == 0;
}

void browser_open(const char *url)
{
	char opener[] = OPENER, *argv[] = {opener, (char *)url, NULL};
	posix_spawn_file_actions_t quiet;
	posix_spawnattr_t how;
	pid_t pid;

	if (posix_spawn_file_actions_init(&quiet) != 0)
		return;
	if (posix_spawnattr_init(&how) == 0) {
		if (posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0) == 0 &&
		    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) == 0 &&
		    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0) == 0 && set_attributes(&how))
			(void)!posix_spawnp(&pid, OPENER, &quiet, &how, argv, environ);
		posix_spawnattr_destroy(&how);
	}
	posix_spawn_file_actions_destroy(&quiet);
}
