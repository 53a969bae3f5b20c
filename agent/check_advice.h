/* What agent.yaml and its policies may say, and an operator should know that they say it: valid, and a risk. */
#ifndef PHIGATE_AGENT_CHECK_ADVICE_H
#define PHIGATE_AGENT_CHECK_ADVICE_H

#include "config.h"
#include "policy.h"

/* Each calls tell once for every such thing; file is set, and line where it is one connection's. */
typedef void advice_fn(void *arg, const struct why *why);
void advise_on_config(const struct config *config, advice_fn *tell, void *arg);
void advise_on_policy(const struct config *config, const char *path, const struct policy *policy, advice_fn *tell, void *arg);

#endif
