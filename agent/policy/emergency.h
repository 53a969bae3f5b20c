/* Emergency access ("break glass", 45 CFR 164.312(a)(2)(ii)): a session that a policy grants to certain groups, in which what would be
 * held passes at once. What a rule denies is still denied, and answers are masked. Every record of it says so, it is told at once, and
 * it is listed until an auditor has reviewed it. */
#ifndef PHIGATE_AGENT_EMERGENCY_H
#define PHIGATE_AGENT_EMERGENCY_H

#include "conf.h"
#include "identity.h"

/* A policy's section emergency: {groups: […], max_duration: 1h}. */
struct emergency {
	struct text_list groups;                 /* none: nobody */
	int64_t max_duration_ns;                 /* of such a session */
};

/* node: NULL for none. RC_BAD with line and column. emergency_free() in any case. */
enum rc emergency_read(const struct yaml *node, struct emergency *out, struct why *why) MUST_USE;
void emergency_free(struct emergency *e);
void emergency_keys(void (*each)(void *arg, const char *section, const char *key), void *arg);

/* RC_DENIED: why names the groups that could, or says that nobody can. policy: its name. */
enum rc emergency_allowed(const struct emergency *e, const char *policy, const struct person *person, struct why *why) MUST_USE;

#endif
