#include "wait.h"

#include <errno.h>
#include <poll.h>

#include "clock.h"

enum rc wait_ready(int fd, short events, int client_fd, int end_fd, int64_t deadline_ns)
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

enum rc wait_over(int client_fd, int end_fd)
{
	struct pollfd p[2] = {{end_fd, POLLIN, 0}, {client_fd, POLLRDHUP, 0}};

	if (poll(p, 2, 0) <= 0)
		return RC_OK;
	return p[0].revents ? RC_CANCELLED : RC_END;
}
