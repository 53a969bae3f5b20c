/* Words of ASCII letters, as most are: read eight letters at a time, and found in the lexicon without being hashed. */
#ifndef PHIGATE_MASK_SIMPLE_H
#define PHIGATE_MASK_SIMPLE_H

#include <string.h>

#include "scan.h"

#define SIMPLE_MAX 256                           /* letters that are taken at once */

struct simple {
	const struct word *word;
	uint64_t hash;
	size_t start, end;
	bool small;                      /* all of its letters but the first are small ones */
};

/* Eight bytes, the first one lowest. */
static inline uint64_t simple_eight(const unsigned char *p)
{
	uint64_t bytes;

	memcpy(&bytes, p, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap64(bytes);
#endif
	return bytes;
}

#define SIMPLE_EACH 0x0101010101010101ULL
#define SIMPLE_SMALL (SIMPLE_EACH * 0x20)                      /* what small letters have more than capitals */

/* The highest bit of each byte that is no letter of ASCII. */
static inline uint64_t simple_others(uint64_t bytes)
{
	uint64_t low = (bytes | SIMPLE_SMALL) & SIMPLE_EACH * 0x7f;

	return (((low + SIMPLE_EACH * (0x80 - 'a')) & ~(low + SIMPLE_EACH * (0x80 - 'z' - 1)) & ~bytes) & SIMPLE_EACH * 0x80) ^ SIMPLE_EACH * 0x80;
}

/* The hash of a word's small letters, and what the lexicon knows of it, when it is not found by them. */
void simple_rare(uint64_t low, uint64_t high, struct simple *w);

/* The word at p, of more letters than are looked at together: letter by letter; returns how many. Its place is not filled. */
size_t simple_long(const unsigned char *p, struct simple *w);

static inline __attribute__((always_inline)) size_t simple_short(uint64_t low, uint64_t high, size_t n, struct simple *w)
{
	uint64_t small_low = low | SIMPLE_SMALL, small_high = high | SIMPLE_SMALL, keep;
	const struct spelled *spelled;

	if (n < 8) {
		keep = ((uint64_t)1 << n * 8) - 1;
		small_low &= keep;
		small_high = 0;
		w->small = !((small_low ^ low) & keep & ~(uint64_t)0xff);
	} else {
		keep = ((uint64_t)1 << (n - 8) * 8) - 1;
		small_high &= keep;
		w->small = !((small_low ^ low) & ~(uint64_t)0xff) && !((small_high ^ high) & keep);
	}
	spelled = lexicon_spelling(small_low, small_high);
	if (spelled) {
		w->hash = spelled->hash;
		w->word = spelled->word;
	} else {
		simple_rare(small_low, small_high, w);
	}
	return n;
}

/* The word at place i, when a sign of ASCII stands behind it before place stop, as behind most tokens. */
static inline __attribute__((always_inline)) bool simple_word(const struct reading *r, size_t i, size_t stop, struct simple *w)
{
	uint64_t low = simple_eight(r->ascii + i), high = 0, others = simple_others(low);
	size_t n;

	if (others) {
		n = (size_t)__builtin_ctzll(others) / 8;
		if (n == 0 || i + n >= stop)
			return false;
		simple_short(low, 0, n, w);
	} else {
		high = simple_eight(r->ascii + i + 8);
		others = simple_others(high);
		n = others ? simple_short(low, high, 8 + (size_t)__builtin_ctzll(others) / 8, w) : simple_long(r->ascii + i, w);
		if (i + n >= stop || n >= SIMPLE_MAX)
			return false;
	}
	if (r->ascii[i + n] >= 0x80 || is_digit(r->ascii[i + n]))
		return false;
	w->start = i;
	w->end = i + n;
	return true;
}

/* The same where it is asked seldom. */
bool simple_next(const struct reading *r, size_t i, size_t stop, struct simple *w);

#endif
