/* Conditions of policy rules: one table of kinds (condition.c), read from `when:`, decided on facts, compared for reach. */
#ifndef PHIGATE_AGENT_CONDITION_H
#define PHIGATE_AGENT_CONDITION_H

#include "pattern.h"
#include "policy.h"

struct condition;

/* Read the mapping of `when:` (several keys in one mapping must all hold). Its patterns are added to patterns. RC_BAD with the
 * place and what is allowed. */
enum rc condition_read(const struct yaml *when, struct patterns *patterns, struct condition **out, struct why *why) MUST_USE;
void condition_free(struct condition *condition);

/* Does inner hold only where outer holds too? False when that cannot be told from what is written. */
bool condition_implies(const struct condition *inner, const struct condition *outer, const struct patterns *patterns);

struct condition_place {
	int line, column;
};

/* Of reach and of answers, condition_reach.c. Can it never hold? The part that cannot, and why. */
bool condition_never(const struct condition *c, const struct patterns *patterns, struct condition_place *place, char *reason, size_t reason_max);
/* Those parts of any that can never hold. */
void condition_never_parts(const struct condition *c, const struct patterns *patterns,
			   void (*each)(void *arg, const struct condition_place *place, const char *reason), void *arg);

/* The routes that it names, each with its place; and whether one of the list is meant by one. */
void condition_routes(const struct condition *c, void (*each)(void *arg, const struct condition_place *place, const char *route), void *arg);
bool condition_route_known(const char *route, const struct text_list *known);

bool condition_on_response(const struct condition *c, struct condition_place *place);        /* does it look at the answer, and where? */
bool condition_denies_response(const struct condition *c, struct condition_place *place);    /* in not? */
bool condition_needs_response(const struct condition *c);                /* does it hold by what stands in an answer only? */

/* ---- deciding ---- */
struct evaluation {
	const struct facts *facts;
	const struct patterns *patterns;
	struct mask_engine *engine;
	bool pass_history;               /* messages that are history do not match a pattern (approve rules) */
	bool *fresh, *history;           /* per pattern: matched by new messages and other text, by history; NULL until needed */
	uint64_t phi;                    /* identifiers in the request's texts, once they are counted */
	bool phi_counted;
	enum rc rc;                      /* RC_OK, or why a text could not be read: no answer of condition_holds() counts then */
};

bool condition_holds(const struct condition *condition, struct evaluation *e);
/* Of one that looks at the answer: it holds once more identifiers than this are masked in it. INT64_MAX: never, -1: at once. */
int64_t condition_over(const struct condition *condition, struct evaluation *e);
void evaluation_free(struct evaluation *e);

/* Of a condition that holds, the part that says most about why: a pattern before all else. */
const struct condition *condition_reason(const struct condition *condition, struct evaluation *e);
const char *condition_name(const struct condition *condition);           /* "prompt_matches" */
const char *condition_kind(size_t i);                                    /* the names that there are; NULL after the last */

/* Append what it matched as a JSON object ({"condition":…}), texts masked by the engine. See policy_show_match(). */
enum rc condition_show(const struct condition *reason, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
		       struct buf *out) MUST_USE;

#endif
