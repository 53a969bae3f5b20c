/* Asks a time-stamp authority (RFC 3161) for a stamp over each bundle's signature, on a thread of its own that no session waits for. The
 * reply is checked, and becomes the bundle's member SHA256SUMS.tsr. Tried again until there is one, over restarts, too. */
#ifndef PHIGATE_AGENT_STAMPER_H
#define PHIGATE_AGENT_STAMPER_H

#include <stdint.h>

#include "rc.h"

struct stamper_options {
	const char *url;                         /* NULL: none is asked */
	const char *roots_file;                  /* certificates (PEM) of the authorities that are believed */
	const char *ca_file;                     /* for https; NULL: the system's */
	int64_t retry_ns;                        /* after the first failure; doubles with each, up to ten minutes. 0: a second */
};

struct stamper;
struct spool;

/* Without threads yet: notes of what waits may be made at once. *out is NULL when none is asked. RC_BAD, RC_NOT_FOUND: roots_file. */
enum rc stamper_new(const char *state_dir, const struct stamper_options *options, struct stamper **out, struct why *why) MUST_USE;

/* A bundle is about to take its place: note durably that it waits for its stamp. When it is there, stamper_wake(). A note that cannot be
 * made is logged; the bundle then goes without a stamp, and keeps no session waiting. s may be NULL. */
void stamper_note(struct stamper *s, const char *id, int part);
void stamper_wake(struct stamper *s);

/* When all that a crash left is sealed. Who listens to the spool is told of each bundle that got its stamp; spool may be NULL. */
enum rc stamper_start(struct stamper *s, struct spool *spool, struct why *why) MUST_USE;
void stamper_free(struct stamper *s);            /* ends what it does; NULL is allowed */

#endif
