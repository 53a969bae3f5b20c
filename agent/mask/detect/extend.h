/* What goes on behind names and places that were found: an initial, a nickname, the kind of place, the apartment. */
#ifndef PHIGATE_MASK_EXTEND_H
#define PHIGATE_MASK_EXTEND_H

#include "scan.h"

/* Moves the end of what was found at the scan's place. */
void extend(struct scan *s, struct finding *f);

#endif
