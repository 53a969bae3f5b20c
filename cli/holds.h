/* The list of holds, once and as it changes. */
#ifndef PHIGATE_CLI_HOLDS_H
#define PHIGATE_CLI_HOLDS_H

#include "agents.h"

/* Those of all answers, as a table on stdout. RC_NOMEM. */
enum rc holds_table(const struct answers *answers) MUST_USE;

/* Until it is interrupted: on a terminal the table, drawn anew with each change; else, or with --json, a line for each change. path: of
 * the list. The exit status, when it cannot go on. */
int holds_watch(const struct arguments *args, const char *path);

#endif
