#include "tarfile.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"

#define PIECE_BYTES ((size_t)64 << 10)

enum rc tarfile_read(int fd, void *p, size_t n, uint64_t off)
{
	char *at = p;

	while (n) {
		ssize_t got = pread(fd, at, n, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return RC_IO;
		if (got == 0)
			return RC_END;
		at += got;
		n -= (size_t)got;
		off += (uint64_t)got;
	}
	return RC_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static bool zeros(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* Two blocks of zeros, the first of which is read, and then the file must end. */
static enum rc check_end(int fd, uint64_t off, struct why *why)
{
	unsigned char rest[TAR_BLOCK + 1];
	enum rc rc = tarfile_read(fd, rest, TAR_BLOCK, off);

	if (rc == RC_IO)
		return why_set(why, rc, "it cannot be read");
	if (rc != RC_OK || !zeros(rest, TAR_BLOCK))
		return why_set(why, RC_BAD, "archive: it does not end with two blocks of zeros");
	rc = tarfile_read(fd, rest, 1, off + TAR_BLOCK);
	return rc == RC_END ? RC_OK : why_set(why, rc == RC_IO ? rc : RC_BAD, "archive: something stands behind its end");
}

enum rc tarfile_walk(int fd, uint64_t file_size, tarfile_on_member *on_member, void *arg, struct why *why)
{
	unsigned char pad_and_header[2 * TAR_BLOCK];
	uint64_t off = 0;
	size_t pad = 0;

	for (;;) {
		struct tar_member found;
		struct why form = {0};
		enum rc rc = tarfile_read(fd, pad_and_header, pad + TAR_BLOCK, off - pad);

		if (rc != RC_OK)
			return why_set(why, rc == RC_END ? RC_BAD : rc, rc == RC_END ? "archive: it is cut short" : "it cannot be read");
		if (!zeros(pad_and_header, pad))
			return why_set(why, RC_BAD, "archive: something stands between two of its members");
		rc = tar_parse(pad_and_header + pad, &found, &form);
		off += TAR_BLOCK;
		if (rc == RC_END)
			return check_end(fd, off, why);
		if (rc != RC_OK)
			return why_set(why, rc, "archive: %s", form.text);
		if (found.size > file_size - off)
			return why_set(why, RC_BAD, "archive: %s is cut short", found.name);
		rc = on_member(arg, &found, (struct extent){off, found.size}, why);
		if (rc != RC_OK)
			return rc;
		pad = (TAR_BLOCK - found.size % TAR_BLOCK) % TAR_BLOCK;
		off += found.size + pad;
	}
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static const unsigned char nothing[2 * TAR_BLOCK];

static enum rc put_header(int to, const char *name, uint64_t size, int64_t mtime_s)
{
	unsigned char block[TAR_BLOCK];
	enum rc rc = tar_header(name, size, mtime_s, block);

	return rc == RC_OK ? fd_write_all(to, block, sizeof block) : rc;
}

static enum rc put_pad(int to, uint64_t size)
{
	return fd_write_all(to, nothing, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

enum rc tarfile_copy(int to, const char *name, int64_t mtime_s, int from, struct extent where, unsigned char sum[SHA256_LEN])
{
	unsigned char unused[SHA256_LEN];
	struct member_reader r;
	struct slice piece;
	enum rc rc = put_header(to, name, where.size, mtime_s);

	if (rc == RC_OK)
		rc = member_open(&r, from, where);
	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && (rc = member_piece(&r, PIECE_BYTES, &piece)) == RC_OK)
		rc = fd_write_all(to, piece.p, piece.n);
	if (rc == RC_END)
		rc = member_sum(&r, sum ? sum : unused);
	member_close(&r);
	return rc == RC_OK ? put_pad(to, where.size) : rc;
}

enum rc tarfile_add(int to, const char *name, int64_t mtime_s, struct slice bytes)
{
	enum rc rc = put_header(to, name, bytes.n, mtime_s);

	if (rc == RC_OK)
		rc = fd_write_all(to, bytes.p, bytes.n);
	return rc == RC_OK ? put_pad(to, bytes.n) : rc;
}

enum rc tarfile_end(int to)
{
	return fd_write_all(to, nothing, sizeof nothing);
}
