/* What tunnel_open.c and tunnel.c share. */
#ifndef PHIGATE_CLI_TUNNEL_PRIVATE_H
#define PHIGATE_CLI_TUNNEL_PRIVATE_H

#include "channel.h"

struct tunnel {
	const struct agent_entry *agent;
	LIBSSH2_SESSION *ssh;
	int sock;
	struct queue in, out;                    /* from and for the network; libssh2 sees only these */
	bool ended;                              /* the network side is over */
	int64_t heard_ns;                        /* when the agent's host last sent anything; monotonic */
	int agent_port;
	char ssh_id[64], fingerprint[64];
	char *scratch;
	struct channel **channels;               /* in the order in which they came */
	size_t n, room;
	struct pollfd *polls;
	size_t polls_room;
};

#define TUNNEL_IN_MAX ((size_t)256 << 10)
#define TUNNEL_OUT_MAX ((size_t)4 << 20)         /* channels stop long before; who makes us answer more than this is cut off */

enum rc tunnel_fill(struct tunnel *t) MUST_USE;  /* what the network has; RC_END when it is over */
enum rc tunnel_flush(struct tunnel *t) MUST_USE; /* what it takes; RC_END */

#endif
