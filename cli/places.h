/* Where in a bundle's index each exchange begins and ends, so that one can be gone to without reading the records before it. Learnt in one
 * pass over the index; no segment is opened. */
#ifndef PHIGATE_CLI_PLACES_H
#define PHIGATE_CLI_PLACES_H

#include "bundle.h"

struct place {
	uint64_t exchange;
	uint64_t first, end;                     /* for bundle_seek(): its first line; behind its last one */
	int64_t begin_ns, end_ns;                /* monotonic times of its first and its last record */
};

struct places {
	struct place *all;                       /* in the order in which they began */
	size_t n, cap;
	uint32_t *slots;                         /* by number: 1 + which of all; 0: free */
	size_t n_slots;
	uint64_t scatter;                        /* odd and random, so that no choice of numbers makes the table slow */
	uint64_t lines;                          /* of the index, broken ones too */
	int64_t begin_ns, end_ns;                /* monotonic times of the session's first and last record */
};

/* The bundle is left at its first record. RC_TOO_BIG: more exchanges than are followed; RC_IO, RC_NOMEM. */
enum rc places_learn(struct bundle *b, struct places *out, struct why *why) MUST_USE;
void places_free(struct places *p);              /* harmless when all zero */

/* NULL: there is no such exchange. */
const struct place *places_of(const struct places *p, uint64_t exchange);

/* The last one that began at that monotonic time or before; NULL: none had. */
const struct place *places_before(const struct places *p, int64_t mono_ns);

#endif
