/* All policies that a configuration names. Read-only once they are loaded. */
#ifndef PHIGATE_AGENT_POLICIES_H
#define PHIGATE_AGENT_POLICIES_H

#include "policy.h"

struct policies;

char *policy_path(const char *dir, const char *name);    /* DIR/NAME.yaml; NULL: no memory. Caller frees. */

/* Loads DIR/NAME.yaml for each name, all or none; RC_BAD with the place. */
enum rc policies_load(const char *dir, const struct text_list *names, struct policies **out, struct why *why) MUST_USE;
struct policy *policies_get(const struct policies *policies, const char *name);       /* a reference; NULL when there is none */
void policies_free(struct policies *policies);

#endif
