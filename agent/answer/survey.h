/* A first look at an event: is it one JSON value, which streams does it carry text of, and which does it end? */
#ifndef PHIGATE_MASK_SURVEY_H
#define PHIGATE_MASK_SURVEY_H

#include "shape.h"
#include "splice.h"

#define SURVEY_MAX 512                           /* keys, ends and texts of one event, each */

struct survey_key {
	uint8_t slot;
	struct splice_items items;
	uint64_t value;                  /* a hash of it */
};

struct survey_end {
	uint16_t end;                    /* in the shape's ends */
	struct splice_items items;
	bool last;
};

struct survey_text {
	uint16_t text;                   /* in the shape's texts, one that goes on from event to event */
	bool empty;
	struct splice_items items;
};

struct survey {
	struct survey_key keys[SURVEY_MAX];
	struct survey_end ends[SURVEY_MAX];
	struct survey_text texts[SURVEY_MAX];
	size_t n_keys, n_ends, n_texts;
	size_t at, n;                    /* bytes of the event that are the inside of its only text; n 0: it has another number of them */
};

/* RC_BAD: not one JSON value; RC_TOO_BIG: more than SURVEY_MAX. */
enum rc survey_read(const struct answer_shape *shape, struct slice event, struct survey *out) MUST_USE;

/* Does the survey of one event tell of another one, too? It does when they differ in nothing but the characters of their only text. */
bool survey_tells(const struct survey *s, struct slice surveyed, struct slice event);

/* The value of a slot as it holds for a place: of the key that shares most of its array items; 0 when there is none. */
uint64_t survey_value(const struct survey *s, unsigned slot, const struct splice_items *items);

#endif
