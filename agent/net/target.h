/* A model server as configured: where it listens, how it is trusted, and the credential that it gets. Made once for each
 * connection of agent.yaml, then read-only and shared by threads. */
#ifndef PHIGATE_AGENT_TARGET_H
#define PHIGATE_AGENT_TARGET_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "config.h"

struct target {
	char *host;                      /* name or address; the socket's path for unix: */
	char *port;                      /* NULL: a Unix socket */
	char *host_header;               /* "127.0.0.1:8080"; "localhost" for a Unix socket */
	SSL_CTX *tls;                    /* NULL: plain */
	bool loopback_only;              /* http without insecure: an address that is not loopback is refused */
	bool check_uid;                  /* uid must hold the listening socket */
	uid_t uid;
	char *credential_header, *credential;    /* NULL: none; the credential's page is locked */
};

/* Reads the credential and the TLS files. RC_BAD, RC_IO: why says what to change. */
enum rc target_new(const struct connection *connection, struct target **out, struct why *why) MUST_USE;
void target_free(struct target *target);

/* What of the credential is secret: all that stands behind its scheme ("Bearer "); empty without one. */
struct slice target_secret(const struct target *target);

/* A connected, non-blocking socket with TCP_NODELAY; cancelled by end_fd or a client_fd that hangs up. RC_UNREACHABLE, RC_TIMEOUT
 * (10 s for each address), RC_DENIED (loopback_only, uid), RC_END (client), RC_CANCELLED. */
enum rc target_connect(const struct target *target, int client_fd, int end_fd, int *fd, struct why *why) MUST_USE;

#endif
