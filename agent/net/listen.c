#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum rc bind_to(const struct addrinfo *at, const char *address, int *fd, struct why *why)
{
	int on = 1, e;

	*fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, 0) == 0)
		return RC_OK;
	e = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	if (e == EADDRINUSE)
		return why_set(why, RC_CONFLICT, "%s: the port is in use; another phigate-agent, or something else, listens there",
			       address);
	if (e == EACCES)
		return why_set(why, RC_DENIED, "%s: only root may listen on a port below 1024", address);
	return why_set(why, RC_IO, "%s: cannot listen there: %s", address, strerror(e));
}

enum rc listen_bind(const char *address, int *fd, struct why *why)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	char *host = strdup(address), *port = host ? strrchr(host, ':') : NULL;
	struct addrinfo *found = NULL;
	enum rc rc = RC_NOMEM;
	size_t n;
	int e;

	*fd = -1;
	if (!port)
		goto out;
	*port++ = '\0';
	n = strlen(host);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	}
	e = getaddrinfo(host, port, &hints, &found);
	rc = e == 0 ? bind_to(found, address, fd, why) : why_set(why, RC_BAD, "%s: no such address: %s", address, gai_strerror(e));
out:
	if (found)
		freeaddrinfo(found);
	free(host);
	return rc;
}
