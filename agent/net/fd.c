#include "fd.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

#define PIECE_BYTES 4096

enum rc fd_read_until(int fd, const char *ending, int64_t wait_ns, struct buf *in)
{
	int64_t until_ns = clock_mono_ns() + wait_ns;
	size_t n = strlen(ending);

	while (in->len < n || memcmp(in->data + in->len - n, ending, n) != 0) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left_ns = until_ns - clock_mono_ns();
		size_t room = in->max - in->len < PIECE_BYTES ? in->max - in->len : PIECE_BYTES;
		char *at;
		ssize_t came;

		if (left_ns <= 0 || poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1) <= 0)
			return RC_TIMEOUT;
		if (!room)
			return RC_TOO_BIG;
		at = buf_room(in, room);
		if (!at)
			return in->rc;
		came = recv(fd, at, room, 0);
		if (came <= 0)
			return RC_END;
		buf_added(in, (size_t)came);
	}
	return RC_OK;
}
