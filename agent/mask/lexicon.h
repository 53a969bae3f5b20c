/* The words that the engine knows by itself, by their hashes: small lists, and labels. One look tells all of them of a word. */
#ifndef PHIGATE_MASK_LEXICON_H
#define PHIGATE_MASK_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"

typedef uint64_t word_set;

struct word {
	uint64_t hash;
	word_set kinds;                  /* WORD_* */
	uint16_t numbers;                /* NUMBER_* */
	int16_t label;                   /* index of the label that the word, or phrase, is; -1 */
	uint8_t filler, state;           /* FILLER_*, STATE_*; 0: none */
	bool ends_phrase;                /* a label of several words ends with it */
};

/* Filled by the first engine, before any text. */
void lexicon_ready(void);

const struct word *lexicon_find(uint64_t hash);          /* never NULL: an empty one for other words */

/* The entry of a word, made when there is none; only while the lexicon is filled. */
struct word *lexicon_add(uint64_t hash);
void words_fill(void);                   /* words.c */
void labels_fill(void);                  /* labels.c */

#endif
