#include "browser.h"

#include <fcntl.h>
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

void browser_open(const char *url)
{
	char opener[] = OPENER, *copy = (char *)url, *argv[] = {opener, copy, NULL};
	posix_spawn_file_actions_t quiet;
	pid_t pid;

	if (posix_spawn_file_actions_init(&quiet) != 0)
		return;
	if (posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0) == 0)
		(void)!posix_spawnp(&pid, OPENER, &quiet, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
}
