/* What begins at one place of a text: its token, and the detectors in their order. */
#ifndef PHIGATE_MASK_DETECT_H
#define PHIGATE_MASK_DETECT_H

#include "scan.h"

void detect_ready(void);                         /* before any text */

/* May anything begin with this unit? Not with most signs. */
extern unsigned char detect_inert[0x80];

/* The letters and digits from s->i on: fills the scan's token. */
void detect_token(struct scan *s);

/* A word in which nothing can begin, and which sets nothing going: one of small letters, or a small word in capitals, that stands alone,
 * with no label before it. Its hash, and *end behind it; 0: it is none, or that cannot be told yet. */
uint64_t detect_plain_word(const struct scan *s, size_t *end);

/* Does an identifier begin at s->i? Behind detect_token(). Counts only when s->cut is false then. */
bool detect(struct scan *s, struct finding *f);

/* Our own replacements stay as they are: "[SSN]", "[NAME-3]", "[SSN:8741]". The unit behind the one that begins at s->i, or 0.
 * *entity: what stood there. */
size_t detect_placeholder(struct scan *s, enum entity *entity);

#endif
