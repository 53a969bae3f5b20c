#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "fiber.h"

static enum rc wait_on_thread(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns)
{
	struct pollfd p[3] = {{fd, events, 0}, {end_fd, POLLIN, 0}, {client_fd, POLLRDHUP, 0}};

	for (;;) {
		int64_t left_ns = deadline_ns ? deadline_ns - clock_mono_ns() : 0;
		int n;

		if (deadline_ns && left_ns <= 0)
			return RC_TIMEOUT;
		n = poll(p, 3, deadline_ns ? (int)(left_ns / NS_PER_MS + 1) : -1);
		if (n < 0 && errno != EINTR)
			return RC_IO;
		if (n <= 0)
			continue;
		if (p[1].revents)
			return RC_CANCELLED;
		if (p[2].revents)
			return RC_END;
		return RC_OK;
	}
}

/* What a descriptor has shown of events, or of its end; none for -1. */
static enum rc shows(int fd, short events, bool *yes)
{
	short shown = 0;
	enum rc rc = fd >= 0 ? fiber_shown(fd, &shown) : RC_OK;

	*yes = shown & (events | POLLERR | POLLHUP);
	return rc;
}

static enum rc wait_on_fiber(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns)
{
	/* an end that came together with bytes has no edge of its own: who waits for bytes is told of it, too */
	short wanted = (short)(events & POLLIN ? events | POLLRDHUP : events);

	for (;;) {
		bool ready, gone, over;
		enum rc rc = shows(fd, wanted, &ready);

		if (rc == RC_OK)
			rc = shows(end_fd, POLLIN, &over);
		if (rc == RC_OK)
			rc = shows(client_fd, POLLRDHUP, &gone);
		if (rc != RC_OK)
			return rc;
		if (deadline_ns && clock_mono_ns() >= deadline_ns)
			return RC_TIMEOUT;
		if (over)
			return RC_CANCELLED;
		if (gone)
			return RC_END;
		if (ready) {
			fiber_take(fd, events);
			return RC_OK;
		}
		fiber_park(deadline_ns);
	}
}

enum rc wait_ready(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns)
{
	return fiber_here() ? wait_on_fiber(fd, events, client_fd, end_fd, deadline_ns) :
			      wait_on_thread(fd, events, client_fd, end_fd, deadline_ns);
}

void wait_turn(void)
{
	if (fiber_here())
		fiber_last();
}

bool wait_speaks(int fd)
{
	struct pollfd p = {fd, POLLIN | POLLRDHUP, 0};
	bool shown;

	/* as of the loop's last look, a moment ago; what it has shown may have been read since */
	if (fiber_here() && fiber_watches(fd) && shows(fd, POLLIN | POLLRDHUP, &shown) == RC_OK && !shown)
		return false;
	return poll(&p, 1, 0) != 0;
}

void wait_unread(int fd)
{
	if (fiber_here())
		fiber_give_back(fd, POLLIN);
}

void wait_forget(int fd)
{
	if (fiber_here())
		fiber_forget(fd);
}

void wait_close(int fd)
{
	wait_forget(fd);
	close(fd);
}

enum rc wait_over(int client_fd, int end_fd)
{
	struct pollfd p[2] = {{end_fd, POLLIN, 0}, {client_fd, POLLRDHUP, 0}};

	if (poll(p, 2, 0) <= 0)
		return RC_OK;
	return p[0].revents ? RC_CANCELLED : RC_END;
}
