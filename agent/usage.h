/* What each person has asked of each connection, for the limits of a policy. In memory: a restart of the agent forgets it. Thread-safe. */
#ifndef PHIGATE_AGENT_USAGE_H
#define PHIGATE_AGENT_USAGE_H

#include "policy.h"

struct usage;
struct usage *usage_new(void);                           /* NULL: no memory */
void usage_free(struct usage *usage);                    /* when nobody holds an account any more; NULL is allowed */

/* The account of one person at one connection: a reference for as long as it is needed. NULL: no memory. */
struct usage_account;
struct usage_account *usage_get(struct usage *usage, const char *issuer, const char *subject, const char *connection);
void usage_put(struct usage_account *account);           /* NULL is allowed */

/* A request begins: it counts, unless a limit refuses it. RC_TOO_BIG: why says which, *limit is its name in the policy, *retry_s the seconds
 * after which it may pass. mono_ns, wall_ns: now. */
enum rc usage_begin(struct usage_account *account, const struct policy_limits *limits, int64_t mono_ns, int64_t wall_ns,
		    const char **limit, int64_t *retry_s, struct why *why) MUST_USE;

/* It waits for a second person: it is none of the concurrent ones; and it goes on. */
void usage_pause(struct usage_account *account);
void usage_resume(struct usage_account *account);

/* It has ended, and so many identifiers were masked in its answer. */
void usage_end(struct usage_account *account, uint64_t masked, int64_t wall_ns);

#endif
