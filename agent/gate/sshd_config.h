/* The configuration of the sshd that carries the tunnel: written whole, from one table, so that nothing of the system's own
 * sshd_config counts, and everything is off but one forwarding. */
#ifndef PHIGATE_AGENT_SSHD_CONFIG_H
#define PHIGATE_AGENT_SSHD_CONFIG_H

#include "buf.h"

/* host_key_file: without quotes or backslashes; user: the account that the agent runs as. */
enum rc sshd_config_text(const char *host_key_file, const char *user, struct buf *out) MUST_USE;

/* What stands on the command line of one connection's sshd; execve() it with argv. Everything is owned. */
struct sshd_command {
	char *argv[16];
};

struct sshd_settings {
	const char *sshd;                        /* absolute path of the program */
	const char *config_file;
	const char *agent;                       /* absolute path of this program */
	const char *authorize_socket;
	int port;                                /* of the loopback listener */
};

enum rc sshd_command_make(const struct sshd_settings *settings, const char *id, struct sshd_command *out) MUST_USE;
void sshd_command_free(struct sshd_command *command);

/* Where sshd is installed; NULL when it is not. Static. */
const char *sshd_program(void);

#endif
