/* What stands behind a street: the apartment, the floor, the lot. */
#ifndef PHIGATE_MASK_UNITS_H
#define PHIGATE_MASK_UNITS_H

#include "scan.h"

/* ", Apt 3C", " #4", ", 3rd fl rear" behind an address that ends at place end: the unit behind, end itself when there is none. */
size_t units_behind(struct scan *s, size_t end);

#endif
