/* Do bundles cover what receipts tell of (receipts.h)? Every session that was opened must have its first part among them, and one that was closed each part
 * up to its last, as it was closed. */
#ifndef PHIGATE_CLI_COVERAGE_H
#define PHIGATE_CLI_COVERAGE_H

#include "bundle.h"

struct coverage;

/* ledger: keys that are believed, one a line; NULL: each receipt is followed to the key that it names. RC_BAD: a line is no receipt, or does not hold. */
enum rc coverage_read(const char *path, const char *ledger, struct coverage **out, struct why *why) MUST_USE;
void coverage_free(struct coverage *c);                  /* NULL is allowed */

/* One more bundle, which verifies. */
enum rc coverage_add(struct coverage *c, const struct bundle *b) MUST_USE;

/* Each session that is not covered. Returns how many; *sessions: of how many. */
struct missing {
	const char *session, *agent, *at, *why;  /* at: when the receipt was given */
};
typedef void coverage_on_missing(void *arg, const struct missing *missing);
size_t coverage_judge(struct coverage *c, coverage_on_missing *on_missing, void *arg, size_t *sessions);

#endif
