/* The names that a session's exchanges have learnt, by the hashes of their parts: a set that does not change once it is
 * shared, so that many texts read it at once, and each knows from its beginning to its end the same names. */
#ifndef PHIGATE_MASK_KNOWN_H
#define PHIGATE_MASK_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KNOWN_MAX 4096

struct known;

bool known_has(const struct known *known, uint64_t hash);        /* NULL: nothing is known */

/* Add to a set that nobody else holds yet; NULL begins one. What is beyond KNOWN_MAX, or finds no memory, is left out. */
void known_add(struct known **known, uint64_t hash);

/* A new set of what both hold (each may be NULL), of which learnt is newer; beyond KNOWN_MAX the oldest go. NULL: no memory. */
struct known *known_with(const struct known *known, const struct known *learnt);

/* Sets count who holds them; the last one wipes it. Both take NULL. */
struct known *known_ref(struct known *known);
void known_unref(struct known *known);

#endif
