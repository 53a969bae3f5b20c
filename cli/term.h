/* What people see. stdout is the result, stderr the talk; colour only on a terminal and without NO_COLOR. */
#ifndef PHIGATE_CLI_TERM_H
#define PHIGATE_CLI_TERM_H

#include <stdio.h>

#include "buf.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_MASKED };

bool term_colour(FILE *f);
int term_width(void);                                                    /* columns; 80 when unknown */

/* Text that others wrote: C0 (but LF and TAB), C1, bidi, zero-width, tag and private-use characters, and what is not UTF-8, are
 * shown as \u{…}. The only way in which such text is printed. */
void term_text(FILE *f, struct slice text);
enum rc term_escape(struct slice text, struct buf *out);                 /* the same into a buffer */

void term_printf(FILE *f, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);   /* our own words only */

/* "phigate: …" on stderr, with why's text escaped; returns the exit status that fits rc. */
int term_fail(enum rc rc, const struct why *why);

/* Something takes longer than a second: a line on stderr when that is a terminal, taken away by the end. */
void progress_begin(const char *what);
void progress_end(void);

#endif
