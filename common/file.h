/* Whole files: bounded reads, atomic writes, and the permissions of what must be private. */
#ifndef PHIGATE_FILE_H
#define PHIGATE_FILE_H

#include <sys/types.h>

#include "buf.h"

/* Append the file's bytes to out, whose ceiling bounds it. RC_NOT_FOUND, RC_TOO_BIG, RC_IO. */
enum rc file_read(const char *path, struct buf *out, struct why *why) MUST_USE;

/* The same for a file in the folder that is open as dir_fd; no link. */
enum rc file_read_at(int dir_fd, const char *name, struct buf *out, struct why *why) MUST_USE;

/* The same for a file that only its owner may read (mode & 077 == 0, regular, no link, owned by us or root): RC_DENIED. */
enum rc file_read_private(const char *path, struct buf *out, struct why *why) MUST_USE;

/* Replace the file as one step: temporary name beside it, fsync, rename, fsync of the directory. */
enum rc file_write(const char *path, struct slice data, mode_t mode, struct why *why) MUST_USE;

/* Make a directory and its parents (mode for each one made); fine when it is there. */
enum rc dir_make(const char *path, mode_t mode, struct why *why) MUST_USE;

enum rc fd_write_all(int fd, const void *p, size_t n) MUST_USE;   /* blocking descriptor; RC_IO */
enum rc fd_write_at(int fd, const void *p, size_t n, off_t at) MUST_USE;         /* likewise, at that place */
enum rc dir_sync(const char *path) MUST_USE;                      /* fsync a directory; RC_IO */
int file_scratch(const char *dir);                                /* a file without a name, private, for reading and writing; -1: errno */
char *path_join(const char *dir, const char *name);               /* "dir/name", or name when it is absolute; caller frees; NULL */
char *path_dir(const char *path);                                 /* the folder of path, "." at least; caller frees; NULL */

#endif
