/* The control API (design: control API) on a channel that has proved possession of a key. */
#ifndef PHIGATE_AGENT_CONTROL_H
#define PHIGATE_AGENT_CONTROL_H

#include "agent.h"

/* Serve control calls until the channel closes. fd and key_der (SubjectPublicKeyInfo of the proved key) are borrowed. */
void control_serve(struct agent *agent, struct slice key_der, int fd);

#endif
