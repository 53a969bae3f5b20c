/* `phigate-agent authorize`: sshd's AuthorizedKeysCommand. It knows nothing itself and asks the running agent; no answer within
 * sshd's own patience, or none at all, is a refusal. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "command.h"
#include "peer.h"

#define WAIT_S 14                                /* sshd gives a login 15 s */

static int run(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct buf text;
	char answer[4096];
	size_t n = 0;
	ssize_t got;
	uid_t uid;
	int fd, status = EXIT_FAILED;

	if (argc != 5)
		return command_usage(&cmd_authorize, "sshd calls this");
	if (strlen(argv[1]) >= sizeof at.sun_path)
		return EXIT_USAGE;
	strcpy(at.sun_path, argv[1]);
	buf_init(&text, 1 << 20);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0 || peer_uid(fd, &uid) != RC_OK || uid != geteuid() ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
		goto out;
	if (buf_printf(&text, "%s %s %s\n", argv[2], argv[3], argv[4]) != RC_OK ||
	    send(fd, text.data, text.len, MSG_NOSIGNAL) != (ssize_t)text.len)
		goto out;
	while (n < sizeof answer && (got = recv(fd, answer + n, sizeof answer - n, 0)) > 0)
		n += (size_t)got;
	if (n > 0 && n < sizeof answer && answer[n - 1] == '\n' && fwrite(answer, 1, n, stdout) == n && fflush(stdout) == 0)
		status = EXIT_DONE;
out:
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return status;
}

const struct command cmd_authorize = {
	.name = "authorize", .args = "SOCKET ID TYPE CERTIFICATE",
	.help = "for sshd only: ask the running agent whether a certificate may log in", .run = run,
};
