/* Text that others wrote, as the content of an HTML element: hidden characters as \u{…} (term_escape), what HTML would obey as references, and
 * masks as <mark>. The only way in which such text gets into a page; never into a tag. */
#ifndef PHIGATE_CLI_MARKUP_H
#define PHIGATE_CLI_MARKUP_H

#include <stdio.h>

#include "buf.h"
#include "../agent/mask/mask.h"

struct markup {
	FILE *f;
	bool plain;                              /* no elements: for a title */
	bool custom;                             /* the session masked what the policy's own rules find, so words that are no entity's are masks too */
	struct mask_counts counts;               /* marks so far; for whoever clears them */
	struct buf held;                         /* the end of the text so far, which may go on as a character or a mask */
	struct buf shown;
};

void markup_init(struct markup *m, FILE *f);
void markup_free(struct markup *m);

/* The text goes on where the last ended, until markup_end(). */
void markup_text(struct markup *m, struct slice text);
void markup_end(struct markup *m);

void markup_whole(struct markup *m, const char *text);   /* one at once; NULL: nothing */

/* A mask of that entity, as it looks in the text. */
void markup_mask(struct markup *m, enum entity entity, struct slice mask);

#endif
