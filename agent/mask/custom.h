/* The policy's own detectors, where a text may hold what they look for. */
#ifndef PHIGATE_MASK_CUSTOM_H
#define PHIGATE_MASK_CUSTOM_H

#include "engine.h"

/* Can what one of the policy's detectors looks for begin with this unit? */
static inline bool custom_may_begin(const struct mask_engine *e, uint16_t c)
{
	return e->n_custom && (c >= 0x80 || (e->any_first[c / 8] & 1 << c % 8));
}

/* Can one begin at the word of letters at place start, inside of it, or at the space behind it, at place end? */
bool custom_may_hold(const struct scan *s, size_t start, size_t end, uint64_t hash);

/* What they worked with in a scan (scan.h). */
void custom_free(struct custom *c);

#endif
