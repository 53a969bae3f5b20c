/* Where in a file a mistake stands, as compilers show it: the line, and a caret under the spot. */
#ifndef PHIGATE_EXCERPT_H
#define PHIGATE_EXCERPT_H

#include "buf.h"

/* Append "FILE:LINE:COLUMN: TEXT\n", kind ("warning: ", or "") before the text, and then, when the file can be read, its line and
 * "   ^\n" under the column. Of a long line what is around it is shown. What may be a secret in a URL, all behind the host, is not. */
enum rc excerpt_add(const struct why *why, const char *kind, struct buf *out);

#endif
