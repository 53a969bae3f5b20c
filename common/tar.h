/* Headers of the uncompressed ustar (POSIX.1-1988) that a bundle is: regular files only, one form for each name, size and time. */
#ifndef PHIGATE_TAR_H
#define PHIGATE_TAR_H

#include <stdint.h>

#include "buf.h"

#define TAR_BLOCK 512

/* The one header of a member: mode 0644, ids 0, no names of owners, mtime in seconds. RC_BAD: a time before 1970, or a name that is
 * not [A-Za-z0-9.-]+ of at most 99 bytes with a letter or digit first; RC_TOO_BIG: over 8 GiB less one. */
enum rc tar_header(const char *name, uint64_t size, int64_t mtime_s, unsigned char out[TAR_BLOCK]) MUST_USE;

struct tar_member {
	char name[100];
	uint64_t size;
	int64_t mtime_s;
};

/* Read a header and make it again: RC_BAD when it differs by a byte, RC_END for a block of zeros. */
enum rc tar_parse(const unsigned char block[TAR_BLOCK], struct tar_member *out, struct why *why) MUST_USE;

#endif
