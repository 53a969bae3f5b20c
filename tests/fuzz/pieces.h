/* For fuzz targets: the input in pieces, and what may be shown. */
#ifndef PHIGATE_FUZZ_PIECES_H
#define PHIGATE_FUZZ_PIECES_H

#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* Up to the next byte 0xfe, which cannot stand in what is UTF-8. */
static inline struct slice piece(struct slice *in)
{
	const char *end = in->n ? memchr(in->p, 0xfe, in->n) : NULL;
	struct slice s = {in->p, end ? (size_t)(end - in->p) : in->n};

	in->p += s.n + (end != NULL);
	in->n -= s.n + (end != NULL);
	return s;
}

/* No control character but those of allowed, neither of C0 nor of C1 (U+0080 to U+009F). */
static inline void check_shown(struct slice text, const char *allowed)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c < 0x20 && (!c || !strchr(allowed, c))) || c == 0x7f || (i && (unsigned char)text.p[i - 1] == 0xc2 && c < 0xa0))
			abort();
	}
}

#endif
