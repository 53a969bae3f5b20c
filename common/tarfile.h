/* Whole tar files of the one form that tar.h knows: reading the table of members, and writing member by member. */
#ifndef PHIGATE_TARFILE_H
#define PHIGATE_TARFILE_H

#include "digest.h"
#include "member.h"
#include "tar.h"

/* At most n bytes from that place. RC_END: the file ends before; RC_IO. */
enum rc tarfile_read(int fd, void *p, size_t n, uint64_t off) MUST_USE;

/* One pass over the headers of a file of that size: every member is told, with where its bytes are; what on_member answers but RC_OK ends it.
 * RC_BAD: why says "archive: …": a header of another form, something between members or behind the end, cut short. RC_IO. */
typedef enum rc tarfile_on_member(void *arg, const struct tar_member *member, struct extent where, struct why *why);
enum rc tarfile_walk(int fd, uint64_t file_size, tarfile_on_member *on_member, void *arg, struct why *why) MUST_USE;

/* Append a member whose bytes are those of another file, and their SHA-256 into sum (may be NULL). RC_BAD: no such name; RC_TOO_BIG; RC_IO. */
enum rc tarfile_copy(int to, const char *name, int64_t mtime_s, int from, struct extent where, unsigned char sum[SHA256_LEN]) MUST_USE;
enum rc tarfile_add(int to, const char *name, int64_t mtime_s, struct slice bytes) MUST_USE;    /* bytes that are in memory */
enum rc tarfile_end(int to) MUST_USE;            /* two blocks of zeros */

#endif
