/* A secret that a text must not hold, such as the model's credential: where in a text it, or one part of it, begins. A long one is
 * looked for in parts of about the same length, each of which one decision can see. */
#ifndef PHIGATE_MASK_SECRET_H
#define PHIGATE_MASK_SECRET_H

#include "scan.h"

struct secret {
	struct slice text;               /* borrowed; may be empty */
	size_t parts;
	unsigned char first[32], second[32];     /* bytes that a part begins with, a bit each */
	bool any_second;                         /* one is a single byte */
};

void secret_init(struct secret *secret, struct slice text);

/* The first unit from place from on where a part may begin; r->n: none. */
size_t secret_next(const struct secret *secret, const struct reading *r, size_t from);

/* The unit behind a part that begins at place at; 0: none does. */
size_t secret_end(struct scan *s, size_t at);

/* Does a text hold a part, byte for byte? */
bool secret_in(const struct secret *secret, struct slice text);

#endif
