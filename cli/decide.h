/* Deciding about a hold, one way or the other. */
#ifndef PHIGATE_CLI_DECIDE_H
#define PHIGATE_CLI_DECIDE_H

#include "command.h"

/* action: "approve", "deny" or "cancel", as the API calls it. The exit status. */
int decide(const struct arguments *args, const char *action);

#endif
