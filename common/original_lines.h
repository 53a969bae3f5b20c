/* The originals of one segment (evidence.md: orig-NNNNNN.jsonl.age), line by line: what its records were before they were masked, in their
 * order. A record names its original by the SHA-256 of the line without LF. Constant memory but for the lines that are asked for. */
#ifndef PHIGATE_ORIGINAL_LINES_H
#define PHIGATE_ORIGINAL_LINES_H

#include "digest.h"
#include "segment_text.h"

struct original_lines {
	struct segment_text text;
	struct slice left;                       /* of the last piece */
};

/* keys: borrowed until it is closed. RC_NOMEM. */
enum rc original_lines_open(struct original_lines *o, int fd, struct extent where, const struct age_identities *keys) MUST_USE;

/* The next line's hash, and the line without LF appended to out, which may be NULL. RC_END after the last; RC_TOO_BIG: it was passed over, as
 * out has no room for it, and sum is right. All else as segment_text_piece(): RC_NOT_FOUND, RC_BAD (also: the last line is cut), RC_IO, RC_NOMEM. */
enum rc original_lines_next(struct original_lines *o, struct buf *out, unsigned char sum[SHA256_LEN], struct why *why) MUST_USE;

void original_lines_close(struct original_lines *o);             /* wipes; harmless when all zero or closed */

#endif
