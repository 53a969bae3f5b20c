/* What a relay has to say to people, on stderr. */
#ifndef PHIGATE_CLI_TALK_H
#define PHIGATE_CLI_TALK_H

#include "relay.h"

/* Said when an emergency session opens, and before anything else. */
void talk_emergency(void);

void talk(const struct relay_told *told);

#endif
