/* What of the agent works, one line each: for /healthz and /readyz, and for `phigate doctor`. */
#ifndef PHIGATE_AGENT_HEALTH_H
#define PHIGATE_AGENT_HEALTH_H

#include "agent.h"

/* live: without it the agent does nothing right; ready: without it new people or requests fail; a warning is neither. */
enum health_weight { HEALTH_LIVE, HEALTH_READY, HEALTH_WARNING };

struct health {
	const char *name;                        /* "recording", "disk", "store", "provider", "policy", "model" */
	const char *which;                       /* the connection of a model; NULL */
	enum health_weight weight;
	bool good;
	char text[512];                          /* what is wrong and what to do about it; a figure when it is good */
};

/* Looks at what can be told at once, and calls each for every check. */
void health_check(struct agent *agent, void (*each)(void *arg, const struct health *health), void *arg);

/* Are the policies good as their files stand now? At most one look in 10 s. */
void health_policies(struct agent *agent, struct health *out);

/* Does the model server of the connection at this place take connections? */
void health_model(struct agent *agent, const struct snapshot *snapshot, size_t place, struct health *out);

/* Free room where recordings lie, in bytes; -1: not known. */
int64_t health_disk_free(const struct agent *agent);

#endif
