#include "local.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

static bool set_flags(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

enum rc local_listen(int port, int *listener, int *got_port, struct why *why)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t n = sizeof at;

	*listener = fd;
	/* the port of the last `phigate connect` can be used again at once */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd >= 0 && set_flags(fd) && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, BACKLOG) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &n) == 0) {
		*got_port = ntohs(at.sin_port);
		return RC_OK;
	}
	why_set(why, RC_CONFLICT, "cannot listen on 127.0.0.1 port %d: %s", port, strerror(errno));
	if (fd >= 0)
		close(fd);
	*listener = -1;
	return RC_CONFLICT;
}

enum rc local_accept(int listener, int *fd)
{
	do
		*fd = accept(listener, NULL, NULL);
	while (*fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (*fd < 0)
		return errno == EAGAIN ? RC_AGAIN : RC_IO;
	if (!set_flags(*fd)) {
		close(*fd);
		return RC_IO;
	}
	if (!local_peer_is_ours(*fd)) {
		close(*fd);
		return RC_DENIED;
	}
	return RC_OK;
}
