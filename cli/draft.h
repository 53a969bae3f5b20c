/* A file that gets its name once it is whole: until then it lies beside it under another, and only its owner can read it. What had that name
 * before is replaced. */
#ifndef PHIGATE_CLI_DRAFT_H
#define PHIGATE_CLI_DRAFT_H

#include <stdio.h>

#include "buf.h"

struct draft {
	const char *path;                        /* borrowed */
	struct buf name;                         /* until then */
	int fd;                                  /* to write to; the draft closes it */
	FILE *stream;                            /* NULL: nobody asked for it */
};

/* RC_IO with why. After it draft_end() is harmless. */
enum rc draft_begin(struct draft *d, const char *path, struct why *why) MUST_USE;

/* The same to write to as a stream, which the draft closes. RC_IO with why. */
enum rc draft_stream(struct draft *d, FILE **stream, struct why *why) MUST_USE;

/* Written so far with that result: RC_OK makes it the file, else it goes. Returns rc, or RC_IO with why. */
enum rc draft_end(struct draft *d, enum rc rc, struct why *why) MUST_USE;

#endif
