/* Which account holds the other end of a connection on this machine. */
#ifndef PHIGATE_PEER_H
#define PHIGATE_PEER_H

#include <sys/types.h>

#include "rc.h"

/* fd: a connected Unix socket (SO_PEERCRED) or TCP over loopback (one sock_diag(7) query for the exact socket at the other end).
 * RC_NOT_FOUND: there is none, the other end is closed or on another machine; RC_IO: the kernel does not answer (on other systems
 * than Linux always). */
enum rc peer_uid(int fd, uid_t *uid) MUST_USE;

#endif
