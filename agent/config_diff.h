/* What differs between two documents of agent.yaml, by the names of keys: never a value, for some are secrets. */
#ifndef PHIGATE_AGENT_CONFIG_DIFF_H
#define PHIGATE_AGENT_CONFIG_DIFF_H

#include "conf.h"

/* Add the keys that differ, such as "policies_dir", "session.idle_timeout", "connections.llama-prod.upstream"; a connection that came or went
 * as "connections.NAME". RC_NOMEM. */
enum rc config_diff(const struct yaml *before, const struct yaml *after, struct text_list *changed) MUST_USE;

/* Is this key, as config_diff() names it, read at the start only? */
bool config_needs_restart(const char *key);

#endif
