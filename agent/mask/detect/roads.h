/* Roads by their numbers, where streets meet, and positions on the earth. Most give the unit behind what they find, or 0. */
#ifndef PHIGATE_MASK_ROADS_H
#define PHIGATE_MASK_ROADS_H

#include "scan.h"

/* "42nd", "5th" at place i */
size_t roads_numbered(struct scan *s, size_t i);

/* "Hwy 169", "US 550 at mile marker 31", "County Rd XX" at place i; sure: an address is expected there. */
size_t roads_highway(struct scan *s, size_t i, bool sure);

/* How one of the names of such roads begins, in small letters; NULL: there are no more. */
const char *roads_form(size_t k);

/* "Halsted & 18th", "4th & Pine" where the scan stands */
size_t roads_crossing(struct scan *s);

/* "36.7281, -91.8530" where the scan stands */
size_t roads_position(struct scan *s);

/* What goes on behind an address that ends at place end: " at Rolling Rd", " & 60th", " near mile 27", ", Apt 3"; end itself when nothing does. */
size_t roads_more(struct scan *s, size_t end);

#endif
