#include "peer.h"

#ifdef __linux__

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"

struct query {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

/* The socket at the other end: its local address is our remote one, and the reverse. */
static void fill_id(struct inet_diag_sockid *id, const struct sockaddr_storage *local, const struct sockaddr_storage *remote)
{
	if (local->ss_family == AF_INET) {
		const struct sockaddr_in *l = (const void *)local, *r = (const void *)remote;

		id->idiag_sport = r->sin_port;
		id->idiag_dport = l->sin_port;
		memcpy(id->idiag_src, &r->sin_addr, sizeof r->sin_addr);
		memcpy(id->idiag_dst, &l->sin_addr, sizeof l->sin_addr);
	} else {
		const struct sockaddr_in6 *l = (const void *)local, *r = (const void *)remote;

		id->idiag_sport = r->sin6_port;
		id->idiag_dport = l->sin6_port;
		memcpy(id->idiag_src, &r->sin6_addr, sizeof r->sin6_addr);
		memcpy(id->idiag_dst, &l->sin6_addr, sizeof l->sin6_addr);
	}
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

static enum rc ask_kernel(const struct query *query, uid_t *uid)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	enum rc rc = RC_IO;
	ssize_t n;

	if (fd < 0)
		return RC_IO;
	if (send(fd, query, sizeof *query, 0) != (ssize_t)sizeof *query)
		goto out;
	n = recv(fd, &answer, sizeof answer, 0);
	if (n < (ssize_t)sizeof answer.header)
		goto out;
	rc = RC_NOT_FOUND;
	if (answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY && n >= (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
		const struct inet_diag_msg *found = NLMSG_DATA(&answer.header);

		if (found->id.idiag_sport == query->request.id.idiag_sport && found->id.idiag_dport == query->request.id.idiag_dport) {
			*uid = found->idiag_uid;
			rc = RC_OK;
		}
	}
out:
	close(fd);
	return rc;
}

enum rc peer_uid(int fd, uid_t *uid)
{
	struct sockaddr_storage local = {0}, remote = {0};
	socklen_t local_n = sizeof local, remote_n = sizeof remote;
	struct query query = {
		.header = {.nlmsg_len = sizeof query, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
		.request = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u},
	};

	if (getsockname(fd, (struct sockaddr *)&local, &local_n) != 0)
		return RC_IO;
	if (local.ss_family == AF_UNIX) {
		struct ucred cred;
		socklen_t n = sizeof cred;

		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
			return RC_IO;
		*uid = cred.uid;
		return RC_OK;
	}
	if (getpeername(fd, (struct sockaddr *)&remote, &remote_n) != 0 || local.ss_family != remote.ss_family)
		return RC_NOT_FOUND;
	query.request.sdiag_family = (unsigned char)local.ss_family;
	fill_id(&query.request.id, &local, &remote);
	return ask_kernel(&query, uid);
}

#else

enum rc peer_uid(int fd, uid_t *uid)
{
	(void)fd;
	(void)uid;
	return RC_IO;
}

#endif
