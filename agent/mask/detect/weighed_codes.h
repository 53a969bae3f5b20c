/* Weighing of numbers that no rule decides. */
#ifndef PHIGATE_MASK_WEIGHED_CODES_H
#define PHIGATE_MASK_WEIGHED_CODES_H

#include "scan.h"

/* Is the number at the scan's place, up to place end, a month and a day of it, and no score, share or range? least: see model.h. */
bool weighed_day(struct scan *s, size_t end, int first, int second, int least);

/* Is the number over 89 at the scan's place, up to place end, somebody's age? */
bool weighed_age(struct scan *s, size_t end, int value);

#endif
