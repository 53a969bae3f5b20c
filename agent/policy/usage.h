/* What each person has asked of each connection, for the limits of a policy. In memory: a restart of the agent forgets it. Thread-safe;
 * without limits an exchange takes no lock. */
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

/* What a request meets. */
struct usage_ask {
	const struct policy_limits *limits;
	uint64_t session_masked;                         /* identifiers masked in the session's answers so far */
	int64_t session_left_s;                          /* until the session ends at the latest */
	int64_t mono_ns, wall_ns;                        /* now */
};

/* A request begins: it counts, unless a limit refuses it. RC_TOO_BIG: why says which, *limit is its name in the policy, *retry_s the seconds
 * after which it may pass. */
enum rc usage_begin(struct usage_account *account, const struct usage_ask *ask, const char **limit, int64_t *retry_s,
		    struct why *why) MUST_USE;

/* It waits for a second person: it is none of the concurrent ones; and it goes on. */
void usage_pause(struct usage_account *account);
void usage_resume(struct usage_account *account);

/* What an exchange took. */
struct usage_taken {
	uint64_t masked;                                 /* identifiers in its answer */
	uint64_t tokens;
	bool estimated;                                  /* the model did not say how many tokens: they are estimated */
};

/* It has ended. */
void usage_end(struct usage_account *account, const struct usage_taken *taken, int64_t wall_ns);

#endif
