/* Addresses as they stand in lines of their own, and those that a cue announces: whatever the country, by how they go on. */
#ifndef PHIGATE_MASK_BLOCKS_H
#define PHIGATE_MASK_BLOCKS_H

#include "scan.h"

/* "Unit 4719 Box 7394\nDPO AP 70942", "USNS Example\nFPO AE 12382" where the scan stands: the unit behind, 0. */
size_t blocks_military(struct scan *s);

/* "Via Nuova del Campo 85 and 74 Sikelianou Street" behind "the corner of": the unit behind, 0. */
size_t blocks_corner(struct scan *s);

/* "20789 Allika 46" before "Suite 501", before lines of a city and a postcode, or behind a cue where the scan stands: the unit behind, 0. */
size_t blocks_street(struct scan *s);

/* Do the words before the scan's place say that somebody lives, or something is sent, there? */
bool blocks_cue(const struct context *c);

/* The same, or "the corner of". */
bool blocks_awaited(const struct context *c);

/* Or does at least a line, or a cell, begin there, or stand "at" before it? */
bool blocks_expected(const struct context *c);

/* Behind a street that ends at place end: ", Apt. 297\n TYSTBERGA\n Sweden 99178"; end itself when no such lines follow. */
size_t blocks_tail(struct scan *s, size_t end);

#endif
