/* A site's own words and phrases: as many as a file has, found in a text at the cost of one look for most of its words. */
#ifndef PHIGATE_MASK_PHRASES_H
#define PHIGATE_MASK_PHRASES_H

#include "scan.h"

struct phrases {
	uint64_t *words;                 /* hashes of whole phrases, sorted */
	uint64_t *beginnings;            /* hashes of what goes on after a word, sorted: no more of a text is read than needed */
	size_t n_words, n_beginnings;
	uint64_t *filter;                /* a bit for each of both; nearly all that is in neither is told by it */
	unsigned int shift;              /* from a hash to its bit */
	uint8_t first[32];               /* ASCII characters that one can begin with, a bit each */
};

/* One a line; white space around it does not count, nor do empty lines and those that begin with "#". why names the file and the
 * line. *out must be freed whatever the result is. RC_BAD: the file holds none, is no UTF-8 text, or a line is too long. */
enum rc phrases_read(const char *path, struct phrases *out, struct why *why) MUST_USE;
enum rc phrases_copy(const struct phrases *from, struct phrases *to) MUST_USE;
void phrases_free(struct phrases *p);

/* May one begin with the word of this hash? */
static inline bool phrases_may_begin(const struct phrases *p, uint64_t hash)
{
	uint64_t bit = word_mix(hash) >> p->shift;

	return p->filter[bit / 64] >> bit % 64 & 1;
}

/* The longest one that begins at s->i, where a word or a sign does; *end behind it. Between its words any white space of up to four
 * characters. */
bool phrases_find(const struct phrases *p, struct scan *s, size_t *end);

#endif
