/* Policies: what passes, what is refused, what waits for a second person (config/policies/NAME.yaml, phigate-policy(5)).
 * A policy is an immutable snapshot with a reference count; deciding is pure. */
#ifndef PHIGATE_AGENT_POLICY_H
#define PHIGATE_AGENT_POLICY_H

#include "emergency.h"
#include "mask/mask.h"
#include "prompt.h"
#include "quorum.h"
#include "terms.h"

struct policy;

/* why: file, line and column. Compiles the patterns and the masking engine. One reference for the caller. A rule that can never
 * apply, because one before it matches whenever it would, is an error. */
enum rc policy_load(const char *path, const char *name, struct policy **out, struct why *why) MUST_USE;
/* The same from memory; files that it names are looked for in dir. */
enum rc policy_parse(struct slice text, const char *dir, const char *name, struct policy **out, struct why *why) MUST_USE;
struct policy *policy_ref(struct policy *policy);
void policy_unref(struct policy *policy);                                 /* NULL is allowed */

const char *policy_name(const struct policy *policy);
const char *policy_text(const struct policy *policy);                     /* the file's text, for policy.yaml */
struct mask_engine *policy_engine(const struct policy *policy);

/* For each person and connection; 0: no limit. */
struct policy_limits {
	int64_t requests_per_minute, concurrent, phi_per_session, phi_per_day, tokens_per_day;
};
const struct policy_limits *policy_limits(const struct policy *policy);

/* Who may open emergency sessions. */
const struct emergency *policy_emergency(const struct policy *policy);

const struct terms *policy_terms(const struct policy *policy);           /* what opening a session demands */

#define POLICY_NAME_MAX 64
bool policy_is_name(const char *name);                                    /* can it be a policy's, which is a file's? */

/* What is likely a mistake and yet none that is certain, in the order of the file; file, line and column are set. NULL after the last. */
const struct why *policy_warning(const struct policy *policy, size_t i);

/* Warn of routes in conditions that are none of those known. While nobody else has the policy. */
void policy_warn_routes(struct policy *policy, const char *path, const struct text_list *known);

/* What is known of a request; all borrowed. */
struct facts {
	const char *method, *route, *user, *purpose;     /* purpose: of use; NULL when none was given */
	const struct text_list *groups;
	const struct prompt *prompt;             /* NULL for a request without a body */
	uint64_t body_bytes;
	int64_t wall_ns;                         /* when it is decided */
	size_t n_history;                        /* leading messages that approve rules on prompts pass over */
};

enum decision { DECISION_ALLOW, DECISION_DENY, DECISION_APPROVE, DECISION_CUT };
const char *decision_name(enum decision decision);                        /* "allow", … */

/* All borrowed from the policy. */
struct verdict {
	enum decision decision;
	const char *rule;                        /* NULL: none matched, allow; or the text could not be read, deny */
	const char *message;                     /* deny: for the caller; never NULL then */
	const struct quorum *by;                 /* approve: who must consent */
	int64_t ttl_ns, wait_ns;
	const char *matched;                     /* what the deciding condition was ("prompt_matches"), for the approver */
};

/* Rules in order, the first that matches decides; none: allow. Pure. A request whose text cannot be read (no memory, a text that
 * normalization makes too long) is denied, with rule NULL. */
void policy_decide(const struct policy *policy, const struct facts *facts, struct verdict *out);

/* What ends an answer: the rule (then: cut) that the answer comes to first when more and more identifiers are masked in it. */
struct policy_cut {
	int64_t over;                            /* so many may stand in it; INT64_MAX: any number */
	const char *rule, *message;              /* borrowed from the policy; NULL where any number may */
};

/* Decided once, on the request, when its answer begins. Where the text cannot be read, nothing may stand in the answer. */
void policy_cut(const struct policy *policy, const struct facts *facts, struct policy_cut *out);

/* What the deciding rule matched, for the approver: append one JSON object. Texts are masked by the policy's own engine and cut.
 *   {"condition":"prompt_matches","pattern":"…","message":2,"role":"user","before":"…","match":"…","after":"…"}
 *       message counts from 1, 0 for text outside messages; match is empty when it lies within what was masked
 *   {"condition":"max_tokens","over":8000,"value":null}     body_bytes, phi_in_prompt alike; null: none given
 *   {"condition":"model","value":"…"}                       route, method, user, group alike; stream, tools: true or false
 *   {"condition":"time","value":"Sat 21:04","zone":"America/New_York"}
 *   {"condition":"opaque","value":["image"]}   {"condition":"not"}   {"condition":"always"} */
enum rc policy_show_match(const struct policy *policy, const struct facts *facts, const struct verdict *verdict,
			  struct mask_scope *scope, struct buf *out) MUST_USE;

/* Every key that a policy may hold, with what it stands in ("a policy", "a rule", "by", "when"): for the manual's check. */
void policy_keys(void (*each)(void *arg, const char *section, const char *key), void *arg);

#endif
