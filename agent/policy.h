/* Policies: what passes, what is refused, what waits for a second person (config/policies/NAME.yaml, phigate-policy(5)).
 * A policy is an immutable snapshot with a reference count; deciding is pure. */
#ifndef PHIGATE_AGENT_POLICY_H
#define PHIGATE_AGENT_POLICY_H

#include "mask/mask.h"
#include "prompt.h"

struct policy;

/* why: file, line and column. Compiles the patterns and the masking engine. One reference for the caller. */
enum rc policy_load(const char *path, const char *name, struct policy **out, struct why *why) MUST_USE;
struct policy *policy_ref(struct policy *policy);
void policy_unref(struct policy *policy);                                 /* NULL is allowed */

const char *policy_name(const struct policy *policy);
const char *policy_text(const struct policy *policy);                     /* the file's text, for policy.yaml */
struct mask_engine *policy_engine(const struct policy *policy);

/* What is known of a request; all borrowed. */
struct facts {
	const char *method, *route, *user;
	const struct text_list *groups;
	const struct prompt *prompt;             /* NULL for a request without a body */
	uint64_t body_bytes;
	size_t n_history;                        /* leading messages that approve rules on prompts pass over */
};

enum decision { DECISION_ALLOW, DECISION_DENY, DECISION_APPROVE };

/* All borrowed from the policy. */
struct verdict {
	enum decision decision;
	const char *rule;                        /* NULL: none matched, allow */
	const char *message;                     /* deny: for the caller */
	const struct text_list *by_groups;       /* approve */
	int64_t approvals, ttl_ns, wait_ns;
	const char *matched;                     /* what the deciding condition was ("prompt_matches"), for the approver */
};

void policy_decide(const struct policy *policy, const struct facts *facts, int64_t wall_ns, struct verdict *out);

/* ---- all policies of the agent: current snapshots by name ---- */
struct policies;

/* Loads NAME.yaml for each name; RC_BAD with the place. */
enum rc policies_load(const char *dir, const struct text_list *names, struct policies **out, struct why *why) MUST_USE;
enum rc policies_reload(struct policies *policies, struct why *why) MUST_USE;   /* all or none; the old ones stay on error */
struct policy *policies_get(struct policies *policies, const char *name);       /* a reference; NULL when there is none */
void policies_free(struct policies *policies);

#endif
