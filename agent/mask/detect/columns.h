/* Which column of a table a place stands in, and what its head says. A part of the context. */
#ifndef PHIGATE_MASK_COLUMNS_H
#define PHIGATE_MASK_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include "label.h"

#define COLUMNS_MAX 32
#define CELL_WORDS 3                             /* a head of more is prose */

struct columns {
	char separator;                  /* of the table that we are in: '|', ',', '\t', ' ' of two spaces and more; 0: in none */
	char line_separator;             /* the first of this line */
	uint8_t column, words, labelled; /* of this line so far */
	uint8_t segment;                 /* of HL7, from 1 */
	bool prose, quoted, line_begins, apart; /* line_begins: nothing stands before in the line; apart: the spaces before here
					  * were counted */
	uint8_t label[COLUMNS_MAX];      /* enum label of each column */
	uint8_t next[COLUMNS_MAX];       /* what this line would be as a head */
};

void columns_fill(void);                 /* before any text */

/* A word, and the label that ends with it, if any. */
void columns_word(struct columns *t, uint64_t hash, enum label label);

/* The same for a word that ends none. */
static inline void columns_plain_word(struct columns *t, uint64_t hash)
{
	if (t->line_begins || t->words <= CELL_WORDS)
		columns_word(t, hash, LABEL_NONE);
	else if (t->words < 200)
		t->words++;
}

void columns_masked(struct columns *t);

/* A sign. True: it begins a cell, *label is the cell's. */
bool columns_sign(struct columns *t, uint16_t sign, enum label *label);

/* The second of several spaces, likewise. */
bool columns_spaces(struct columns *t, enum label *label);

#endif
