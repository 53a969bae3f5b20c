/* Addresses as other countries write them. */
#ifndef PHIGATE_MASK_ABROAD_H
#define PHIGATE_MASK_ABROAD_H

#include "scan.h"

#define ABROAD_JOINED_LEAST 6                    /* letters of a word that ends in its kind: three, and "weg" */

/* A street with the number of a house that begins at place i: the unit behind it; 0: none does. */
size_t abroad_street(struct scan *s, size_t i);

/* A house's number at place i, "12", "12a", "12-14", "12/3": the unit behind it; 0: there is none. */
size_t abroad_house(struct scan *s, size_t i);

/* A postcode with letters, as in Britain and Canada, at place i: the unit behind it; 0: there is none. */
size_t abroad_postcode(struct scan *s, size_t i);

#endif
