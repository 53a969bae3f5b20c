#include "simple.h"

static uint64_t hash_letters(uint64_t hash, uint64_t letters)
{
	for (; letters; letters >>= 8)
		hash = (hash ^ (letters & 0xff)) * WORD_PRIME;
	return hash;
}

void simple_rare(uint64_t low, uint64_t high, struct simple *w)
{
	w->hash = hash_letters(hash_letters(WORD_HASH, low), high);
	w->word = lexicon_find(w->hash);
}

bool simple_next(const struct reading *r, size_t i, size_t stop, struct simple *w)
{
	return simple_word(r, i, stop, w);
}

size_t simple_long(const unsigned char *p, struct simple *w)
{
	unsigned int common = 32;
	uint64_t hash = WORD_HASH;
	size_t n = 0;

	for (unsigned int letter; (letter = p[n] | 32u) - 'a' <= 'z' - 'a'; n++) {         /* at the latest, the 0 behind the last unit ends it */
		hash = (hash ^ letter) * WORD_PRIME;
		common &= n ? p[n] : 32;
	}
	w->hash = hash;
	w->word = lexicon_find(hash);
	w->small = common;
	return n;
}
