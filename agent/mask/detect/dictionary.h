/* What the dictionaries of config/dictionaries/ say of a word. The table is compiled in, and read where it lies. */
#ifndef PHIGATE_MASK_DICTIONARY_H
#define PHIGATE_MASK_DICTIONARY_H

#include "hash.h"

enum {
	DICTIONARY_FIRST = 1,            /* a first name */
	DICTIONARY_LAST = 2,             /* a surname */
	DICTIONARY_SAFE = 4,             /* a word of notes or of the language */
	DICTIONARY_PLACE = 8,            /* a city; of several words: their hash with single spaces between */
	DICTIONARY_PLACE_BEGINS = 16,    /* the first word or words of a city's name */
	DICTIONARY_COUNTY = 32,
};

/* A slot of the table: 24 bits of the hash, 8 of what is said; all 0 is free. The slot where the search for a hash begins, and its
 * mark there. */
#define DICTIONARY_SLOTS ((size_t)1 << 19)

static inline size_t dictionary_slot(uint64_t hash)
{
	return (size_t)(word_mix(hash) >> 45);
}

static inline uint32_t dictionary_mark(uint64_t hash)
{
	return (uint32_t)(word_mix(hash) & 0xffffff) << 8;
}

/* Which words are names, and none of the language: two bits of each hash. Behind the table. */
#define DICTIONARY_FILTER ((size_t)1 << 20)

static inline size_t dictionary_filter(uint64_t hash, int which)
{
	return (size_t)(word_mix(hash) >> (which ? 24 : 44)) & (DICTIONARY_FILTER - 1);
}

extern const uint64_t phigate_names[DICTIONARY_FILTER / 64] __attribute__((visibility("hidden")));

/* May the word be a name and none of the language? Most others are told apart by one look. */
static inline int dictionary_may_name(uint64_t hash)
{
	size_t one = dictionary_filter(hash, 0), two = dictionary_filter(hash, 1);

	return (phigate_names[one / 64] >> one % 64 & 1) && (phigate_names[two / 64] >> two % 64 & 1);
}

/* All bits of the word with this word_hash(); 0: no dictionary has it. Hyphens, apostrophes and full stops are left out of words, and
 * cost nothing between the words of a place. */
unsigned int dictionary_find(uint64_t hash);

#endif
