/* Reading a member of a bundle from front to end, in pieces, hashing as it goes. */
#ifndef PHIGATE_MEMBER_H
#define PHIGATE_MEMBER_H

#include <stdint.h>

#include "buf.h"
#include "digest.h"

struct extent {
	uint64_t off, size;                      /* in the file */
};

struct member_reader {
	int fd;                                  /* borrowed; read with pread() */
	uint64_t off, left;                      /* not yet in buf */
	char *buf;
	size_t pos, have;
	struct sha256_ctx sha;
};

enum rc member_open(struct member_reader *r, int fd, struct extent where) MUST_USE;      /* RC_NOMEM */

/* The next bytes, at least one and at most max; borrowed until the next call. RC_END after the last; RC_IO: cannot be read, or the
 * file has become shorter. */
enum rc member_piece(struct member_reader *r, size_t max, struct slice *out) MUST_USE;

/* The next line with its LF. RC_END; RC_BAD: longer than max (at most 4 KiB), or the last one has no LF. */
enum rc member_line(struct member_reader *r, size_t max, struct slice *out) MUST_USE;

uint64_t member_left(const struct member_reader *r);     /* bytes that are not yet given out */

/* Read what is left, for the hash of the whole member; closes. */
enum rc member_sum(struct member_reader *r, unsigned char sum[SHA256_LEN]) MUST_USE;
void member_close(struct member_reader *r);              /* wipes; harmless when all zero or closed */

#endif
