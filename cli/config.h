/* client.yaml: from $PHIGATE_CONFIG, $XDG_CONFIG_HOME/phigate/, ~/.config/phigate/, /etc/phigate/, the first that is there; with a profile
 * (profile.h) profiles/NAME.yaml in these folders. */
#ifndef PHIGATE_CLI_CONFIG_H
#define PHIGATE_CLI_CONFIG_H

#include "conf.h"

/* One model host. */
struct agent_entry {
	char *name, *address, *user;             /* address: HOST:PORT, [IPV6]:PORT */
	struct text_list host_keys;              /* "ssh-ed25519 AAAA…"; never empty */
	struct text_list signing_keys;           /* may be empty */
	struct text_list ledger_keys;            /* vkeys; empty: the one that is seen first */
};

/* What a user wants of one connection. */
struct connection_entry {
	char *name;                              /* NAME or AGENT/NAME */
	int64_t port;                            /* 0: any that is free */
};

struct client_config {
	char *path;                              /* the file; relative paths in it start at its folder and are joined to it here */
	char *issuer, *client_id, *ca_file;
	char *audience;                          /* of a program's token; NULL: the client id */
	struct text_list scopes;
	struct agent_entry *agents;
	size_t n_agents;
	struct connection_entry *connections;
	size_t n_connections;
};

/* RC_BAD with file, line and column (two agents with one host key or one name included), or for a profile that is not there; RC_NOT_FOUND says where it was looked for
 * and how to get one. */
enum rc client_config_load(struct client_config **out, struct why *why) MUST_USE;
void client_config_free(struct client_config *config);                       /* NULL is allowed */

#endif
