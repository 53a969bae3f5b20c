/* What others say of each bundle, got behind the sessions' backs: a time stamp over its signature (authority.h), and witnesses' cosignatures under the
 * checkpoint that its proof leads to (witness.h). A thread of its own asks, and no session waits for it; what is answered is checked, and put into the
 * bundle (bundle_front.h). Tried again until all is there, over restarts, too. */
#ifndef PHIGATE_AGENT_ATTEST_H
#define PHIGATE_AGENT_ATTEST_H

#include <stdint.h>

#include "authority.h"
#include "config.h"

struct attest_options {
	struct authority_settings authority;
	const struct witness_settings *witnesses;        /* n of them; all are to cosign */
	size_t n_witnesses;
	int64_t retry_ns;                        /* after the first failure; doubles with each, up to ten minutes. 0: a second */
};

struct attest;
struct ledger;
struct spool;

/* Without threads yet: notes of what waits may be made at once. *out is NULL when nobody is asked. RC_BAD, RC_NOT_FOUND: roots_file. */
enum rc attest_new(const char *state_dir, const struct attest_options *options, struct ledger *ledger, struct attest **out,
		   struct why *why) MUST_USE;

/* A bundle is about to take its place: note durably what it waits for. When it is there, attest_wake(). A note that cannot be made is logged; the bundle then
 * stays as it is, and keeps no session waiting. a may be NULL. */
void attest_note(struct attest *a, const char *id, int part);
void attest_wake(struct attest *a);

/* When all that a crash left is sealed. Who listens to the spool is told of each bundle that changed; spool may be NULL. */
enum rc attest_start(struct attest *a, struct spool *spool, struct why *why) MUST_USE;
void attest_free(struct attest *a);              /* ends what it does; NULL is allowed */

#endif
