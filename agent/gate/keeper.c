#include "keeper.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct keeper {
	pid_t pid;
	int socket;                              /* our end; the children write to it until they exec */
	int listener, port;
};

/* One message: a process group that has begun, or its negative once it has ended. */
typedef int32_t message;

/* ---- the keeper's own process ------------------------------------------------------------------------------------- */

struct groups {
	pid_t *id;
	size_t n, room;
};

static void add(struct groups *g, pid_t id)
{
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		pid_t *more = realloc(g->id, room * sizeof *more);

		if (!more) {
			kill(-id, SIGKILL);              /* what cannot be kept in mind does not live */
			return;
		}
		g->id = more;
		g->room = room;
	}
	g->id[g->n++] = id;
}

static void drop(struct groups *g, pid_t id)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->id[i] == id) {
			g->id[i] = g->id[--g->n];
			return;
		}
}

/* SIGKILL works at once; the wait is for sockets to close. Orphans that nobody reaps count as there, hence the limit. */
static void end_all(const struct groups *g)
{
	const struct timespec step = {0, 10 * 1000 * 1000};
	bool there = true;

	for (size_t i = 0; i < g->n; i++)
		kill(-g->id[i], SIGKILL);
	for (int tries = 0; there && tries < 200; tries++) {
		there = false;
		for (size_t i = 0; i < g->n && !there; i++)
			there = kill(-g->id[i], 0) == 0;
		if (there)
			nanosleep(&step, NULL);
	}
}

/* All descriptors above 2 but these two. */
static void close_others(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

_Noreturn static void keep(int fd, int listener)
{
	struct groups groups = {0};
	message m;
	ssize_t n;

	prctl(PR_SET_NAME, "phigate-keeper");
	close_others(fd, listener);
	setpgid(0, 0);                                          /* Ctrl-C is for the agent */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);                           /* SIGKILL and SIGSTOP refuse, as they must */
	while ((n = recv(fd, &m, sizeof m, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == sizeof m && m > 1)
			add(&groups, m);
		else if (n == sizeof m && m < -1)
			drop(&groups, -m);
	}
	end_all(&groups);
	_exit(0);                                               /* and the listener closes */
}

/* ---- the agent's side --------------------------------------------------------------------------------------------- */

static enum rc bind_loopback(struct keeper *k, struct why *why)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;

	k->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (k->listener < 0 || bind(k->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(k->listener, (struct sockaddr *)&at, &n) != 0)
		return why_set(why, RC_IO, "cannot open a port on 127.0.0.1: %s", strerror(errno));
	k->port = ntohs(at.sin_port);
	return RC_OK;
}

enum rc keeper_start(struct keeper **out, struct why *why)
{
	struct keeper *k = calloc(1, sizeof *k);
	int pair[2] = {-1, -1};
	enum rc rc;

	*out = NULL;
	if (!k)
		return RC_NOMEM;
	k->socket = k->listener = -1;
	rc = bind_loopback(k, why);
	if (rc != RC_OK)
		goto fail;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 || (k->pid = fork()) < 0) {
		rc = why_set(why, RC_IO, "cannot start the keeper process: %s", strerror(errno));
		goto fail;
	}
	if (k->pid == 0)
		keep(pair[1], k->listener);
	close(pair[1]);
	k->socket = pair[0];
	*out = k;
	return RC_OK;
fail:
	if (pair[0] >= 0) {
		close(pair[0]);
		close(pair[1]);
	}
	if (k->listener >= 0)
		close(k->listener);
	free(k);
	return rc;
}

int keeper_listener(const struct keeper *keeper)
{
	return keeper->listener;
}

int keeper_port(const struct keeper *keeper)
{
	return keeper->port;
}

int keeper_fd(const struct keeper *keeper)
{
	return keeper->socket;
}

int keeper_enter(const struct keeper *keeper)
{
	message m = getpid();

	if (setpgid(0, 0) != 0)
		return -1;
	return send(keeper->socket, &m, sizeof m, MSG_NOSIGNAL) == (ssize_t)sizeof m ? 0 : -1;
}

void keeper_forget(struct keeper *keeper, pid_t group)
{
	message m = -group;
	ssize_t n;

	do
		n = send(keeper->socket, &m, sizeof m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);        /* any other failure: it is dead, and keeper_fd() tells */
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	close(keeper->socket);
	while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	close(keeper->listener);
	free(keeper);
}
