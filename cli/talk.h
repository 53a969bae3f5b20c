/* What a relay has to say to people, on stderr. */
#ifndef PHIGATE_CLI_TALK_H
#define PHIGATE_CLI_TALK_H

#include "relay.h"

void talk(const struct relay_told *told);

#endif
