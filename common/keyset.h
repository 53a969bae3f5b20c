/* A set of digests of texts, for telling whether two long lists name the same things: 36 to 72 bytes of memory for each. Which texts collide
 * nobody can choose, as the digests are salted. */
#ifndef PHIGATE_KEYSET_H
#define PHIGATE_KEYSET_H

#include <stdint.h>

#include "buf.h"

struct keyset_slot {
	uint64_t key[2];                         /* 0, 0: free */
	uint64_t mark;
};

struct keyset {
	unsigned char salt[16];
	struct keyset_slot *slots;
	size_t n, n_slots;
};

void keyset_init(struct keyset *set);
void keyset_free(struct keyset *set);            /* harmless when all zero */

/* The mark of the text, which may be written to until the next keyset_add(); NULL: it is not there. */
uint64_t *keyset_find(const struct keyset *set, struct slice text);
enum rc keyset_add(struct keyset *set, struct slice text, uint64_t mark) MUST_USE;       /* marks are or-ed; RC_NOMEM */

#endif
