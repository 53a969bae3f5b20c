/* One request that is tried on a policy, as policy-test does it: read from YAML, decided as the agent would. */
#ifndef PHIGATE_AGENT_POLICY_CASE_H
#define PHIGATE_AGENT_POLICY_CASE_H

#include "dialect.h"
#include "policy.h"

#define POLICY_CASE_MAX_BYTES ((size_t)64 << 20)

struct policy_case {
	char *name, *method, *route, *user, *purpose, *dialect, *time, *answer;
	struct text_list groups;
	int64_t history, time_ns;
	const struct yaml *request, *expect;
	struct {
		char *rule, *then;               /* what is expected; NULL: anything */
	} expected;
	struct buf body;
	int line;                                /* in the file of cases */
	bool recorded;                           /* it was sent so: one that no model server would have got is refused, and no mistake */
};

/* For cases that name none. */
struct policy_case_defaults {
	const char *dialect, *user;
	struct text_list groups;
};

/* A mapping of a file of cases; c->body is to be initialized. RC_BAD: why has the place. policy_case_free() in any case. */
enum rc policy_case_read(const struct yaml *node, struct policy_case *c, struct why *why) MUST_USE;
void policy_case_free(struct policy_case *c);

struct policy_outcome {
	struct verdict verdict;
	struct dialect *dialect;
	char *path;
	struct prompt *prompt;
	char text[256];                          /* of the verdict, where it is none of the policy's */
};

/* As the agent does it: the dialect's route, the body read strictly, then the policy, mask.request and rules that cut. What a connection
 * can allow (routes, opaque kinds) counts as allowed; what none can is denied by the rule "route", as in records. RC_BAD: the case is a
 * mistake. policy_outcome_free() in any case. */
enum rc policy_case_decide(const struct policy_case *c, const struct policy *policy, const struct policy_case_defaults *defaults,
			   struct policy_outcome *out, struct why *why) MUST_USE;
void policy_outcome_free(struct policy_outcome *o);

bool policy_case_as_expected(const struct policy_case *c, const struct verdict *verdict);

#endif
