/* Addresses that begin with a word and have no house's number before them: post office boxes, rural routes. */
#ifndef PHIGATE_MASK_BOXES_H
#define PHIGATE_MASK_BOXES_H

#include "scan.h"

/* "P.O. Box 118", "RR 2 Box 118" at place i: the unit behind, or 0. */
size_t boxes_office(struct scan *s, size_t i);
size_t boxes_rural(struct scan *s, size_t i);

/* "Lot ", "Apt " at place i, with a capital: the unit behind, where the home's number begins, or 0. */
size_t boxes_home(struct scan *s, size_t i);
bool boxes_home_may_begin(uint16_t first);

/* May one of them, or a road by its number, begin with these two letters? Not with most. */
bool boxes_may_begin(const uint16_t letters[2]);

void boxes_fill(void);                   /* before any text */

#endif
