/* All policies of the agent: current snapshots by name. */
#ifndef PHIGATE_AGENT_POLICIES_H
#define PHIGATE_AGENT_POLICIES_H

#include "policy.h"

struct policies;

char *policy_path(const char *dir, const char *name);    /* DIR/NAME.yaml; NULL: no memory. Caller frees. */

/* Loads DIR/NAME.yaml for each name; RC_BAD with the place. Thread-safe. */
enum rc policies_load(const char *dir, const struct text_list *names, struct policies **out, struct why *why) MUST_USE;
enum rc policies_reload(struct policies *policies, struct why *why) MUST_USE;   /* all or none; the old ones stay on error */
struct policy *policies_get(struct policies *policies, const char *name);       /* a reference; NULL when there is none */
void policies_free(struct policies *policies);

#endif
