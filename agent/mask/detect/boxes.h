/* Addresses that begin with a word and have no house's number before them: post office boxes, rural routes. */
#ifndef PHIGATE_MASK_BOXES_H
#define PHIGATE_MASK_BOXES_H

#include "scan.h"

/* "P.O. Box 118", "RR 2 Box 118" at place i: the unit behind, or 0. */
size_t boxes_office(struct scan *s, size_t i);
size_t boxes_rural(struct scan *s, size_t i);

/* May one of them, or a road by its number, begin with these two letters? Not with most. */
bool boxes_may_begin(const uint16_t letters[2]);

void boxes_fill(void);                   /* before any text */

#endif
