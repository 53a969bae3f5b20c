/* The local port of a connection: 127.0.0.1 only, and only for processes of this user. */
#ifndef PHIGATE_CLI_LOCAL_H
#define PHIGATE_CLI_LOCAL_H

#include <stdbool.h>

#include "rc.h"

/* port 0: any that is free. RC_CONFLICT: it is in use, or not for this user. */
enum rc local_listen(int port, int *listener, int *got_port, struct why *why) MUST_USE;

/* RC_AGAIN: nobody waits. RC_DENIED: who waited was another user, and is gone. RC_IO: out of descriptors, for the moment. */
enum rc local_accept(int listener, int *fd) MUST_USE;

/* Does this user hold the other end? Where the system cannot tell, yes: the API key decides in any case. */
bool local_peer_is_ours(int fd);

#endif
