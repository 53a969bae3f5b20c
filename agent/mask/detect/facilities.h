/* What is known by itself of the names of places of care. */
#ifndef PHIGATE_MASK_FACILITIES_H
#define PHIGATE_MASK_FACILITIES_H

#include <stdbool.h>
#include <stdint.h>

/* May a name of two words and more, that no word shows, begin with the word of this hash? Not with most. */
bool facilities_may_begin(uint64_t hash);

#endif
