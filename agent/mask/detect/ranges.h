/* The other end of a range behind a date. */
#ifndef PHIGATE_MASK_RANGES_H
#define PHIGATE_MASK_RANGES_H

#include "scan.h"

/* The end of a date that ends at place end, with "–1/28", " – Sept 2024"; end itself when nothing goes on. */
size_t ranges_end(struct scan *s, size_t end);

#endif
