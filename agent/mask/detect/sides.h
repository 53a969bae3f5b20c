/* What stands on both sides of a word or number, as those see it who weigh it. */
#ifndef PHIGATE_MASK_SIDES_H
#define PHIGATE_MASK_SIDES_H

#include "model.h"
#include "scan.h"

/* What stands left of a word. */
struct left_side {
	uint64_t before[2];
	enum gap gap;
	unsigned int label;              /* twice an enum label, and one more when it needs no mark, or has it; 0: none */
	uint16_t last;
};

/* A word of letters, or a number, right of another. */
struct neighbour {
	struct part part;
	uint64_t between;                /* the signs before it */
	bool digits, none;
	bool masked;                     /* an identifier stood there */
};

struct left_side sides_left(const struct context *c);

/* Right of what ends at place end. */
struct neighbour sides_right(struct scan *s, size_t end);

/* A sign for each of the kinds that a word is of. */
void sides_kinds(struct model_signs *signs, unsigned int kind, word_set words, unsigned int care);

#endif
