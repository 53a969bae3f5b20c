/* Signals as a descriptor, so that one poll waits for everything. For one command at a time. */
#ifndef PHIGATE_CLI_SIGNALS_H
#define PHIGATE_CLI_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

#include "rc.h"

/* From here on these signals come through the descriptor, also those that were ignored when the program began (a shell's background
 * job), but for SIGHUP, which nohup(1) ignores on purpose. */
enum rc signals_catch(const int *signals, size_t n, struct why *why) MUST_USE;
int signals_fd(void);

/* The next one that came, 0 when there is none. *sent: by a process; else by the terminal, which tells all of its group. */
int signals_take(bool *sent);

/* A second Ctrl-C ends the program. */
void signals_release(void);

/* For a child between fork and exec: all as the program found it. */
void signals_restore(void);

#endif
