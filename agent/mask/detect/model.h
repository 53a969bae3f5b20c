/* What a word with a capital is, judged by many weak signs at once: weights that a trainer made (agent/mask/train/), compiled in, and
 * read where they lie. Two programs share this header: the engine, and the trainer, which plays the teacher in the place of model.c. */
#ifndef PHIGATE_MASK_MODEL_H
#define PHIGATE_MASK_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_BITS 15
#define MODEL_SLOTS ((size_t)1 << MODEL_BITS)
#define MODEL_SIGNS 96                           /* of one word, at most */
#define MODEL_UNIT 24                            /* so many steps of a weight are 1 */

enum model_class { MODEL_ANY, MODEL_NAME, MODEL_CITY, MODEL_FACILITY, MODEL_ADDRESS, MODEL_CLASSES,
		   MODEL_CODE = MODEL_CLASSES, MODEL_DAY, MODEL_AGE, MODEL_ROW };      /* these are asked for one by one */

/* What is seen of a word and of its neighbours: slots of the table. */
struct model_signs {
	uint32_t slot[MODEL_SIGNS];
	size_t n;
};

/* The sign of this kind and value. */
static inline void model_sign(struct model_signs *signs, unsigned int kind, uint64_t value)
{
	if (signs->n < MODEL_SIGNS)
		signs->slot[signs->n++] = (uint32_t)(((value + kind * 0x9e3779b97f4a7c15ULL) * 0xd6e8feb86659fd93ULL) >> (64 - MODEL_BITS));
}

/* Which of the classes a word with these signs is; MODEL_ANY: none. at: the byte where it begins, of which only the trainer makes use. */
enum model_class model_class(const struct model_signs *signs, size_t at);

/* Is a number with these signs of the class, MODEL_CODE, MODEL_DAY or MODEL_AGE? least: what its weights must come to, in MODEL_UNIT. */
bool model_is(const struct model_signs *signs, enum model_class class, int least, size_t at);

#endif
