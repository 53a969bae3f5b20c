/* Words by their hashes: the same in the texts, in the lists of words, and in the dictionary that is compiled before. */
#ifndef PHIGATE_MASK_HASH_H
#define PHIGATE_MASK_HASH_H

#include <stddef.h>
#include <stdint.h>

#define WORD_HASH 0xcbf29ce484222325ULL
#define WORD_PRIME 0x100000001b3ULL

static inline uint16_t lower(uint16_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint16_t)(c + 32) : c;
}

/* FNV-1a over lower-case units; start with WORD_HASH */
static inline uint64_t word_hash(uint64_t hash, uint16_t c)
{
	return (hash ^ lower(c)) * WORD_PRIME;
}

/* FNV leaves the high bits of short words alike. */
static inline uint64_t word_mix(uint64_t hash)
{
	return (hash ^ hash >> 29) * 0x9e3779b97f4a7c15ULL;
}

#endif
