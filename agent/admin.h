/* The admin listener on loopback: GET /healthz, /readyz and /metrics, one request at a time. */
#ifndef PHIGATE_AGENT_ADMIN_H
#define PHIGATE_AGENT_ADMIN_H

#include "agent.h"

struct admin;

/* listener: bound; the admin's from here on. */
enum rc admin_start(struct agent *agent, int listener, struct admin **out, struct why *why) MUST_USE;
void admin_stop(struct admin *admin);            /* NULL is allowed */

#endif
