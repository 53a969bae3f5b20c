/* Commands of phigate-agent: one file and one record for each; main.c holds the table. */
#ifndef PHIGATE_AGENT_COMMAND_H
#define PHIGATE_AGENT_COMMAND_H

#include "rc.h"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };      /* 2 also for configuration and policy errors */

struct command {
	const char *name, *args, *help;          /* "init", "DIR", "make a folder that is ready to edit and run" */
	int (*run)(int argc, char **argv);       /* argv[0] is the command's name; returns the exit status */
};

extern const struct command cmd_run, cmd_check, cmd_policy_test, cmd_reload, cmd_prune, cmd_keys, cmd_ledger, cmd_init, cmd_authorize;

#define COMMAND_CONFIG_DEFAULT "/etc/phigate/agent.yaml"

/* Take "NAME VALUE" or "NAME=VALUE" out of argv[1..]; *value keeps its default when the option is not there. RC_BAD: no value. */
enum rc command_option(int *argc, char **argv, const char *name, const char **value) MUST_USE;

/* Take a flag out of argv[1..]. */
int command_flag(int *argc, char **argv, const char *name);

/* Print "phigate-agent NAME: message" and how the command is called to stderr; EXIT_USAGE. */
int command_usage(const struct command *command, const char *message);

/* Print why to stderr, where a file has a mistake with its line and a caret (excerpt.h); kind: "warning: " or "". */
void command_tell(const struct why *why, const char *kind);

/* The same for what failed: EXIT_USAGE for RC_BAD, else EXIT_FAILED. */
int command_failed(enum rc rc, const struct why *why);

#endif
