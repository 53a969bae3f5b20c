/* Our own replacements, which stay as they are: "[SSN]", "[NAME-3]", "[SSN:8741]". */
#ifndef PHIGATE_MASK_PLACEHOLDER_H
#define PHIGATE_MASK_PLACEHOLDER_H

#include "scan.h"

/* The unit behind the one that begins at s->i, or 0. *entity: what stood there. */
size_t placeholder_at(struct scan *s, enum entity *entity);

#endif
