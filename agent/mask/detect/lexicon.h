/* The words that the engine knows by itself, by their hashes: small lists, and labels. One look tells all of them of a word. */
#ifndef PHIGATE_MASK_LEXICON_H
#define PHIGATE_MASK_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"

typedef uint64_t word_set;

enum { FILLER_HEDGE = 1, FILLER_PLAIN, FILLER_MARK, FILLER_NUMBER, FILLER_ENDING, FILLER_VALUE };      /* from FILLER_NUMBER on also without a label */
enum { STATE_CODE = 1, STATE_NAME };     /* "MA", in capitals only; "Massachusetts" */

struct word {
	uint64_t hash;
	word_set kinds;                  /* WORD_* */
	uint32_t care;                   /* CARE_* */
	uint16_t numbers;                /* NUMBER_* */
	int16_t label;                   /* index of the label that the word, or phrase, is; -1 */
	uint8_t filler, state;           /* FILLER_*, STATE_*; 0: none */
	bool ends_phrase;                /* a label of several words ends with it */
	bool joint;                      /* "of": it joins parts of the name of a place of care */
	/* what follows from these: see lexicon.c */
	bool quiet;                      /* in small letters, behind no label and ending none, it does nothing to the context */
	bool plain;                      /* and nothing at all, where it stands alone */
	bool nameless;                   /* behind a label, too, no name begins with it */
	bool no_name;                    /* none of the detectors of names and places lets it begin one */
};

/* Filled by the first engine, before any text. */
void lexicon_ready(void);

#define LEXICON_FILTER 65536                     /* a bit for each hash, so that most other words cost one look */
extern const struct word lexicon_none;           /* of all words that are not in it */
extern uint64_t lexicon_filter[LEXICON_FILTER / 64];
const struct word *lexicon_look_up(uint64_t hash);

static inline const struct word *lexicon_find(uint64_t hash)
{
	size_t bit = (size_t)(word_mix(hash) >> 48);

	return lexicon_filter[bit / 64] >> bit % 64 & 1 ? lexicon_look_up(hash) : &lexicon_none;
}

/* The words of it that are of LEXICON_LETTERS letters at most, by these letters themselves: most words of a text are found so without
 * being read letter by letter. low, high: small letters, the first one lowest; 0 behind the last. */
#define LEXICON_LETTERS 15
#define LEXICON_SPELLED_BITS 13
struct spelled {
	uint64_t low, high;
	uint64_t hash;                           /* 0: a free slot */
	const struct word *word;
};
extern struct spelled lexicon_spelled[1 << LEXICON_SPELLED_BITS];

static inline size_t lexicon_slot(uint64_t low, uint64_t high)
{
	return (size_t)((low ^ high * WORD_PRIME) * 0x9e3779b97f4a7c15ULL >> (64 - LEXICON_SPELLED_BITS));
}

/* NULL: it is not among them, though it may be in the lexicon. */
static inline const struct spelled *lexicon_spelling(uint64_t low, uint64_t high)
{
	for (size_t at = lexicon_slot(low, high);; at = (at + 1) & ((1 << LEXICON_SPELLED_BITS) - 1)) {
		const struct spelled *s = &lexicon_spelled[at];

		if (s->low == low && s->high == high)
			return s;
		if (!s->hash)
			return NULL;
	}
}

/* The entry of a word, made when there is none; only while the lexicon is filled. */
struct word *lexicon_add(uint64_t hash);
/* The same of a word that is written out: n letters and signs, in small letters. */
struct word *lexicon_add_word(const char *word, size_t n);
/* The same of the next word of a list, "one two three", which is moved on; NULL when there is none left. */
struct word *lexicon_add_next(const char **list);
void words_fill(void);                   /* words.c */
void care_fill(void);                    /* care.c */
void labels_fill(void);                  /* labels.c */
void facilities_fill(void);              /* facilities.c */

#endif
