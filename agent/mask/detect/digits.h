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

/* What a number may be by its form: it is looked at once for all detectors, and few are asked for most. */
enum {
	DIGITS_OTHER = 1,                /* whatever it is */
	DIGITS_TOLD = 2,                 /* what the words before say */
	DIGITS_SSN = 4, DIGITS_PHONE = 8, DIGITS_IP = 16, DIGITS_APART = 32, DIGITS_DATE = 64, DIGITS_DAY = 128, DIGITS_WRITTEN = 256, DIGITS_AGE = 512,
	DIGITS_STREET = 1024, DIGITS_HOUSE = 2048, DIGITS_SCANNED = 4096,
	DIGITS_DASH = 8192,              /* a hyphen follows */
	DIGITS_CODE = 16384,             /* or another sign that joins codes */
	DIGITS_ANY = 32767,
};
#define DIGITS_FORMS 15

/* Of the scan's token, which is of digits alone. */
unsigned int digits_may_be(struct scan *s);

/* How many digits stand at place i, five at most, and what they say. */
size_t digits_few(struct scan *s, size_t i, int *value);

/* Is what stands at the end of the first k groups no longer part of a number? */
bool digits_end(struct scan *s, const struct digits *d, size_t k);

int digits_value(const struct digits *d, size_t group);

/* Is it the hash of "zero", "oh", which are digits in words like "one", though they count nothing? */
bool digits_word(uint64_t hash);

#endif
