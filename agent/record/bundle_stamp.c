#include "bundle_stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tar.h"
#include "wipe.h"

#define SIG_MAX_BYTES 8192
#define COPY_BYTES ((size_t)256 << 10)

/* Where the members are that stand before and behind the stamp. */
struct front {
	struct tar_member sums, sig, third;
	off_t sig_at, third_at;                  /* of their headers */
};

static off_t member_end(off_t header_at, const struct tar_member *m)
{
	return header_at + TAR_BLOCK + (off_t)((m->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
}

static enum rc read_header(int fd, off_t at, const char *name, struct tar_member *m)
{
	unsigned char block[TAR_BLOCK];

	if (pread(fd, block, sizeof block, at) != (ssize_t)sizeof block)
		return RC_BAD;
	return tar_parse(block, m, NULL) == RC_OK && (!name || strcmp(m->name, name) == 0) ? RC_OK : RC_BAD;
}

static enum rc read_front(int fd, struct front *f)
{
	enum rc rc = read_header(fd, 0, "SHA256SUMS", &f->sums);

	f->sig_at = rc == RC_OK ? member_end(0, &f->sums) : 0;
	if (rc == RC_OK)
		rc = read_header(fd, f->sig_at, "SHA256SUMS.sig", &f->sig);
	if (rc == RC_OK && f->sig.size > SIG_MAX_BYTES)
		rc = RC_BAD;
	f->third_at = rc == RC_OK ? member_end(f->sig_at, &f->sig) : 0;
	return rc == RC_OK ? read_header(fd, f->third_at, NULL, &f->third) : rc;
}

static enum rc open_bundle(const char *path, int *fd, struct front *f)
{
	enum rc rc;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	rc = read_front(*fd, f);
	if (rc != RC_OK)
		close(*fd);
	return rc;
}

enum rc bundle_stamp_wants(const char *path, struct buf *sig, int64_t *closed_s, bool *stamped)
{
	struct front f;
	enum rc rc;
	char *at;
	int fd;

	rc = open_bundle(path, &fd, &f);
	if (rc != RC_OK)
		return rc;
	*closed_s = f.sig.mtime_s;
	*stamped = strcmp(f.third.name, "SHA256SUMS.tsr") == 0;
	at = buf_room(sig, (size_t)f.sig.size);
	if (!at)
		rc = sig->rc;
	else if (pread(fd, at, (size_t)f.sig.size, f.sig_at + TAR_BLOCK) != (ssize_t)f.sig.size)
		rc = RC_IO;
	else
		buf_added(sig, (size_t)f.sig.size);
	close(fd);
	return rc;
}

/* From one place to another, or to the end of the file. */
static enum rc copy(int from, int to, off_t at, off_t end)
{
	char *piece = malloc(COPY_BYTES);
	enum rc rc = piece ? RC_OK : RC_NOMEM;

	while (rc == RC_OK && at < end) {
		size_t want = end - at < (off_t)COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
		ssize_t n = pread(from, piece, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = RC_IO;
		else
			rc = fd_write_all(to, piece, (size_t)n);
		at += n;
	}
	if (piece)
		wipe(piece, COPY_BYTES);
	free(piece);
	return rc;
}

static enum rc write_stamp(int fd, struct slice reply, int64_t mtime_s)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK];
	enum rc rc = tar_header("SHA256SUMS.tsr", reply.n, mtime_s, header);

	if (rc == RC_OK)
		rc = fd_write_all(fd, header, sizeof header);
	if (rc == RC_OK)
		rc = fd_write_all(fd, reply.p, reply.n);
	return rc == RC_OK ? fd_write_all(fd, zeros, (size_t)(-reply.n % TAR_BLOCK)) : rc;
}

static enum rc write_anew(int from, const struct front *f, struct slice reply, const char *temp)
{
	off_t end = lseek(from, 0, SEEK_END);
	int to = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum rc rc;

	if (to < 0)
		return RC_IO;
	rc = copy(from, to, 0, f->third_at);
	if (rc == RC_OK)
		rc = write_stamp(to, reply, f->sig.mtime_s);
	if (rc == RC_OK)
		rc = copy(from, to, f->third_at, end);
	if (rc == RC_OK && fsync(to) != 0)
		rc = RC_IO;
	close(to);
	return rc;
}

enum rc bundle_stamp_add(const char *path, struct slice reply)
{
	char temp[PATH_MAX], *dir = path_dir(path);
	struct front f;
	enum rc rc;
	int from;

	if (!dir || snprintf(temp, sizeof temp, "%s.stamped", path) >= (int)sizeof temp) {
		free(dir);
		return RC_NOMEM;
	}
	rc = open_bundle(path, &from, &f);
	if (rc != RC_OK)
		goto out;
	rc = write_anew(from, &f, reply, temp);
	if (rc == RC_OK && (rename(temp, path) != 0 || dir_sync(dir) != RC_OK))
		rc = RC_IO;
	if (rc != RC_OK)
		unlink(temp);
	close(from);
out:
	free(dir);
	return rc;
}
