/* Roads by their numbers, where streets meet, and positions on the earth. Each function gives the unit behind what it finds, or 0. */
#ifndef PHIGATE_MASK_ROADS_H
#define PHIGATE_MASK_ROADS_H

#include "scan.h"

/* "42nd", "5th" at place i */
size_t roads_numbered(struct scan *s, size_t i);

/* "Hwy 169", "US 550 at mile marker 31", "County Rd XX" at place i; sure: an address is expected there. */
size_t roads_highway(struct scan *s, size_t i, bool sure);

/* "Halsted & 18th", "4th & Pine" where the scan stands */
size_t roads_crossing(struct scan *s);

/* "36.7281, -91.8530" where the scan stands */
size_t roads_position(struct scan *s);

#endif
