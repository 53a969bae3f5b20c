/* A number as people write it: groups of digits with signs between them. */
#ifndef PHIGATE_MASK_DIGITS_H
#define PHIGATE_MASK_DIGITS_H

#include "scan.h"

#define DIGITS_MAX 40
#define GROUPS_MAX 20
#define SPOKEN_MAX 20                            /* digits in words behind a label; no number that people tell has more */

struct digits {
	char d[DIGITS_MAX + 1];          /* all digits, NUL-terminated */
	size_t n;
	struct {
		uint8_t from, n;         /* digits of the group */
		char sign;               /* before it: '-', '.', '/', ':', ' ', ')' …; 0 for the first */
		size_t end;              /* unit behind it */
	} group[GROUPS_MAX];
	size_t groups;
	bool spaced;                     /* every group is one digit: "5 3 6 - 2 2" */
};

/* Read from a digit at place i on, or from a letter where numbers may be words ("five three six"): of those so many digits and one more at
 * most are read, 0: none, for as long as they are read the text is held. */
void digits_read(struct scan *s, size_t i, unsigned int spoken, struct digits *out);

/* The same for place i, the scan's or the one behind it, and without words; read once for all who ask there. */
const struct digits *digits_at(struct scan *s, size_t i);

static inline const struct digits *digits_here(struct scan *s)
{
	return digits_at(s, s->i);
}

/* How many digits stand at place i, five at most, and what they say. */
size_t digits_few(struct scan *s, size_t i, int *value);

/* Is what stands at the end of the first k groups no longer part of a number? */
bool digits_end(struct scan *s, const struct digits *d, size_t k);

int digits_value(const struct digits *d, size_t group);

/* Is it the hash of "zero", "oh", which are digits in words like "one", though they count nothing? */
bool digits_word(uint64_t hash);

#endif
