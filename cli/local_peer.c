/* Whose is the process at the other end of a loopback connection? Only Linux tells. */
#include "local.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#ifdef __linux__

/* One line of /proc/net/tcp or tcp6: addresses are words in the machine's order, in hexadecimal, and an IPv4 address is the last
 * word of a tcp6 line. True when it is the socket that goes from `from` to `to`. */
static bool line_is(const char *line, const struct sockaddr_in *from, const struct sockaddr_in *to, uid_t *uid)
{
	char local[33], remote[33], word[9];
	unsigned local_port, remote_port, owner;
	size_t n;

	if (sscanf(line, "%*u: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %*x %*x:%*x %*x:%*x %*x %u", local, &local_port, remote, &remote_port,
		   &owner) != 5)
		return false;
	n = strlen(local);
	if (n < 8 || n != strlen(remote) || local_port != ntohs(from->sin_port) || remote_port != ntohs(to->sin_port))
		return false;
	snprintf(word, sizeof word, "%08" PRIX32, from->sin_addr.s_addr);
	if (strcmp(local + n - 8, word) != 0)
		return false;
	snprintf(word, sizeof word, "%08" PRIX32, to->sin_addr.s_addr);
	*uid = owner;
	return strcmp(remote + n - 8, word) == 0;
}

/* Slower than to ask for the one socket, and works where a sandbox forbids netlink. */
static enum rc look_up(int fd, uid_t *uid)
{
	static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	struct sockaddr_in peer, own;
	socklen_t peer_n = sizeof peer, own_n = sizeof own;
	enum rc rc = RC_NOT_FOUND;
	char line[512];

	if (getpeername(fd, (struct sockaddr *)&peer, &peer_n) != 0 || getsockname(fd, (struct sockaddr *)&own, &own_n) != 0 ||
	    peer.sin_family != AF_INET)
		return RC_NOT_FOUND;
	for (size_t i = 0; i < sizeof tables / sizeof *tables && rc != RC_OK; i++) {
		FILE *f = fopen(tables[i], "re");

		while (f && rc != RC_OK && fgets(line, sizeof line, f))
			if (line_is(line, &peer, &own, uid))
				rc = RC_OK;
		if (f)
			fclose(f);
	}
	return rc;
}

bool local_peer_is_ours(int fd)
{
	uid_t uid;
	enum rc rc = peer_uid(fd, &uid);

	if (rc == RC_IO)
		rc = look_up(fd, &uid);
	return rc == RC_OK && uid == geteuid();
}

#else

bool local_peer_is_ours(int fd)
{
	(void)fd;
	return true;
}

#endif
