/* How a replayed session looks: labels on the left, what was said beside them, masks in colour. Text of the recording reaches the terminal
 * through term_escape() only. */
#ifndef PHIGATE_CLI_REPLAY_SCREEN_H
#define PHIGATE_CLI_REPLAY_SCREEN_H

#include <stdint.h>
#include <stdio.h>

#include "buf.h"
#include "term.h"

struct screen {
	FILE *f;
	size_t width;                            /* columns; 0: lines are not broken */
	size_t column;
	size_t newlines;                         /* of the text, not written yet: nothing may follow them */
	struct buf word;                         /* escaped, not written yet: it may go on, or be a mask */
	enum style style;                        /* of the text that is being written */
	bool moves;                              /* it is a terminal whose cursor can be sent back */
	bool noted;                              /* a note stands under the text */
};

void screen_init(struct screen *s, FILE *f);
void screen_free(struct screen *s);

/* A new line that begins with the label, or with room for one (NULL). */
void screen_label(struct screen *s, const char *label, enum style style);

/* Text that others wrote goes on where the last ended; a word may wait until it is whole. */
void screen_text(struct screen *s, struct slice text, enum style style);
void screen_others(struct screen *s, const char *text, enum style style);        /* a whole one at once; NULL: nothing */
void screen_flush(struct screen *s);             /* write the word that waits */
void screen_words(struct screen *s, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);     /* our own words */
/* Words under the text, for as long as nothing else is written: the next call takes them away (NULL: only that). Where the cursor cannot be
 * sent back, nothing is shown. */
void screen_note(struct screen *s, const char *text);
void screen_end_line(struct screen *s);          /* unless nothing stands in it */

#endif
