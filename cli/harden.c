#include "harden.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static struct rlimit core_before;
static struct sigaction pipe_before;

/* A closed one fails as before when it is read or written: /dev/null is opened the other way round. */
static void take_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

void harden(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct rlimit none;

	take_standard_files();
	sigaction(SIGPIPE, &ignore, &pipe_before);
	getrlimit(RLIMIT_CORE, &core_before);
	none = (struct rlimit){0, core_before.rlim_max};
	setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void harden_undo(void)
{
	sigaction(SIGPIPE, &pipe_before, NULL);
	setrlimit(RLIMIT_CORE, &core_before);
}
