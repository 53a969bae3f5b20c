/* Addresses as other countries write them. */
#ifndef PHIGATE_MASK_ABROAD_H
#define PHIGATE_MASK_ABROAD_H

#include "scan.h"

#define ABROAD_JOINED_LEAST 6                    /* letters of a word that ends in its kind: three, and "weg" */

/* A street with the number of a house that begins at s->i: the unit behind it; 0: none does. */
size_t abroad_street(struct scan *s);

/* A postcode with letters, as in Britain and Canada, at place i: the unit behind it; 0: there is none. */
size_t abroad_postcode(struct scan *s, size_t i);

#endif
