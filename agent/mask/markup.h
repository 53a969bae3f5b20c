/* What stands inside a number or a word in the source of a text and is not seen by who reads it: tags of HTML, emphasis, footnotes and
 * links of Markdown, escapes, and signs as LaTeX and quoted-printable write them. */
#ifndef PHIGATE_MASK_MARKUP_H
#define PHIGATE_MASK_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKUP_MAX 64                            /* bytes of one tag */

/* May it begin with this byte? */
extern const bool markup_begins[0x80];

/* What stands at p[n], behind the unit before (0: none): how many bytes it has; *c: what they are read as, 0 for nothing. 0: they stand for
 * themselves; -1: the text's end cuts it, unless it is final. */
int markup_read(const char *p, size_t n, bool final, uint16_t before, uint32_t *c);

#endif
