/* The parts of a name, as they stand in a text. */
#ifndef PHIGATE_MASK_PARTS_H
#define PHIGATE_MASK_PARTS_H

#include "scan.h"

/* The word at place i: letters with apostrophes and hyphens inside; a possessive 's stays outside. Also J-o-h-n. */
void part_read(struct scan *s, size_t i, struct part *p);

/* The same without a copy, or in *room; valid until the next part is read. */
const struct part *part_at(struct scan *s, size_t i, struct part *room);

/* Where the next part would begin: behind one space, the full stop of an initial or abbreviation, and with comma (or ^) also behind
 * such; 0: the name ends here. */
size_t part_next(struct scan *s, const struct part *p, bool comma);

/* Behind a word of a place's name: one space, also behind a full stop or a possessive. 0: the name ends here. */
size_t part_next_word(struct scan *s, const struct part *p);

static inline bool part_is_strong(const struct part *p, unsigned int what)
{
	return (p->dictionary & what) && !(p->dictionary & DICTIONARY_SAFE);
}

/* What the dictionaries say of the part, also in small letters. */
unsigned int part_look_up(struct scan *s, const struct part *p);

/* Behind a nickname that stands behind the part: William "Bill" Cobb, Teresa (Terry) Lund; 0: there is none. */
size_t part_nickname(struct scan *s, const struct part *p);

/* The end of a name that ends at place end with what tells a son from his father: "Jr", "III"; end itself when there is none. */
size_t part_suffix(struct scan *s, size_t end);

/* In no dictionary at all. */
static inline bool part_is_unknown(const struct part *p)
{
	return !(p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST | DICTIONARY_SAFE)) && p->shape >= SHAPE_CAPITALS && p->end - p->start > 2;
}

#endif
