/* What begins at one place of a text: its token, and the detectors in their order. */
#ifndef PHIGATE_MASK_DETECT_H
#define PHIGATE_MASK_DETECT_H

#include "scan.h"

void detect_ready(void);                         /* before any text */

/* What stands at s->i. */
enum words {
	WORDS_LOOK,                              /* something may begin there; the scan's token is filled */
	WORDS_PLAIN,                             /* the token is a word in which nothing begins */
	WORDS_OVER,                              /* such words stood there that do nothing to the context, either, or signs: they are passed over */
};
enum words detect_words(struct scan *s, struct context *context);

/* Does an identifier begin at s->i? Behind WORDS_LOOK. Counts only when s->cut is false then. */
bool detect(struct scan *s, struct finding *f);

#endif
