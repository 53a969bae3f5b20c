/* Words with a capital that stand by themselves: a sign behind which no name goes on, or one more word in small letters that is a part
 * of none, or a short number, stands behind. Most begin a sentence, and most detectors of names and places need not be asked about them. */
#ifndef PHIGATE_MASK_LONE_H
#define PHIGATE_MASK_LONE_H

#include "scan.h"

enum {
	LONE_STREET = 1,                 /* an address */
	LONE_CARE = 2,                   /* a place of care */
	LONE_TOWN = 4,                   /* a city or a county */
	LONE_PERSON = 8,                 /* somebody's name, or one that is weighed */
	LONE_MORE = 16,                  /* what has digits behind its capitals */
};
#define LONE_KINDS 5

/* What may begin with the scan's token, which begins with a capital. Of what is not told, none of the detectors finds anything there. */
unsigned int lone_kinds(const struct scan *s);

#endif
