/* The table of labels, and the small words that stand between a label and its value. */
#ifndef PHIGATE_MASK_LABELS_H
#define PHIGATE_MASK_LABELS_H

#include <stdint.h>

#include "label.h"

enum {
	MARK = 1,                /* only with a mark (":", "#", "no.", "number", "id", "=") before the value */
	LIST = 2,                /* several values may follow */
	FAR = 4,                 /* other words may come between: "the MRN there was 771826" */
	NEAR = 8,                /* needs no mark before what looks like a code: "docket 24-CV-00917" */
	SHORT = 16,              /* of these, before short codes and four digits, too: "badge 5521", "conf 9KR4W" */
};

struct known_label {
	const char *words;
	enum label label;
	int flags;
};

extern const struct known_label *const labels_first;

/* index: label of a struct word. */
static inline const struct known_label *labels_at(int index)
{
	return &labels_first[index];
}

/* The longest phrase of the words before, the last one first, and a word: its index; -1. Filled as the lexicon is. */
int labels_phrase(const uint64_t before[2], uint64_t hash);

enum label labels_of_word(uint64_t hash);                /* of one whose label needs no mark; LABEL_NONE */

/* Hashes of words that mean something of their own; "w" as in "w/". */
extern struct label_words {
	uint64_t and, or, mr, ms, dear, name, display, family, given, no, id, w, of, date, identifier, value, code, key, initials, corner, colon, hospital, x, ext, ending;
	uint64_t user, ref, call, catalogue, lot, male, female, xx, missed, mi;
} label_words;

#endif
