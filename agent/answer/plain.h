/* The protocol's own values: which of them pass as they are. Because some models can write their own ids, none passes unseen. */
#ifndef PHIGATE_MASK_PLAIN_H
#define PHIGATE_MASK_PLAIN_H

#include <stdint.h>

#include "text.h"

#define PLAIN_MAX 64
#define PLAIN_KNOWN 8

/* Words that have passed: each event of a stream brings the same ones. */
struct plain_words {
	struct {
		uint8_t n;
		char word[PLAIN_MAX];
	} known[PLAIN_KNOWN];
	unsigned int next;
};

bool plain_word(const struct text_rules *shared, struct slice v);    /* a name or an id that holds no number or code */
bool plain_title(const struct text_rules *shared, struct slice v);   /* the same, of several words: "Llama 3.1 Nemotron (8B)" */
bool plain_time(struct slice v);                                     /* RFC 3339, as servers stamp their answers */
bool plain_vector(struct slice v);                                   /* base64 of 32-bit floats of an embedding */

#endif
