/* The SSH connection to one agent (libssh2, one poll loop, non-blocking throughout): many channels over it, none of which can hold
 * up another. The host key is pinned; login is the certificate that carries the ID token, made in memory for each connection. */
#ifndef PHIGATE_CLI_TUNNEL_H
#define PHIGATE_CLI_TUNNEL_H

#include <poll.h>

#include "config.h"
#include "signin.h"

struct tunnel;

/* Connect, check the host key, log in. Blocking, at most wait_s seconds. RC_UNREACHABLE; RC_DENIED (the agent refuses the login; or
 * the host key is another one: both fingerprints and how to fix it); RC_BAD: no phigate agent there; RC_CANCELLED: stop_fd (or -1)
 * became readable. agent is borrowed as long as the tunnel lives. */
enum rc tunnel_open(const struct agent_entry *agent, const struct signin *signin, int wait_s, int stop_fd, struct tunnel **out,
		    struct why *why) MUST_USE;
void tunnel_close(struct tunnel *t);                     /* NULL is allowed */

const char *tunnel_ssh_id(const struct tunnel *t);       /* this connection's random name, for `ssh` in POST /v1/sessions */
const char *tunnel_fingerprint(const struct tunnel *t);  /* SHA256:… of the host key of this connection */
size_t tunnel_channels(const struct tunnel *t);          /* how many there are now */

/* CARRY_PLAIN: every byte; CARRY_DATA: the agent's greeting is taken off before the first byte reaches fd. */
enum carry { CARRY_PLAIN, CARRY_DATA };

/* Carry bytes between fd (a connected stream socket; the tunnel's from here on, closed with the channel) and a new channel to the
 * agent's port. first (copied, may be empty) is sent before anything of fd. A half-close is carried over in both directions. On
 * failure fd is closed too. */
enum rc tunnel_carry(struct tunnel *t, int fd, enum carry carry, struct slice first) MUST_USE;

/* Work on all channels until one of watch[n] has an event (RC_OK, its revents are set), the SSH connection has ended (RC_END) or
 * timeout_ms passed (RC_TIMEOUT; -1: none). Keepalive goes on inside. */
enum rc tunnel_run(struct tunnel *t, struct pollfd *watch, size_t n, int timeout_ms, struct why *why) MUST_USE;

#endif
