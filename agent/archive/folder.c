/* A folder as archive: DIR/SESSION/PART.tar. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "place.h"

#define COPY_BYTES ((size_t)1 << 20)

static enum rc failed(struct why *why, const char *path, const char *what)
{
	return why_set(why, RC_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

static enum rc copy(int from, int to, uint64_t bytes, const atomic_bool *cancel)
{
	char *piece = malloc(COPY_BYTES);
	enum rc rc = piece ? RC_OK : RC_NOMEM;

	for (uint64_t at = 0; rc == RC_OK && at < bytes;) {
		ssize_t n = pread(from, piece, COPY_BYTES, (off_t)at);

		if (atomic_load(cancel))
			rc = RC_CANCELLED;
		else if (n <= 0)
			rc = RC_IO;
		else
			rc = fd_write_all(to, piece, (size_t)n);
		at += rc == RC_OK ? (uint64_t)n : 0;
	}
	free(piece);
	return rc;
}

enum rc folder_confirm(const char *dir, const struct archive_item *item, struct why *why)
{
	unsigned char sum[SHA256_LEN];
	char path[PATH_MAX];
	struct stat st;
	enum rc rc;
	int fd;

	snprintf(path, sizeof path, "%s/%s/%d.tar", dir, item->session, item->part);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? why_set(why, RC_NOT_FOUND, "%s: it is not there", path) : failed(why, path, "open it");
	rc = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ? RC_IO : sha256_file(fd, sum);
	close(fd);
	if (rc != RC_OK)
		return failed(why, path, "read it");
	return (uint64_t)st.st_size == item->bytes && memcmp(sum, item->sha256, SHA256_LEN) == 0 ? RC_OK :
		why_set(why, RC_CONFLICT, "%s: it is not the bundle that was sealed", path);
}

/* Its names reach the disk; its content did before it had them. */
static enum rc make_durable(const char *dir, const char *folder, struct why *why)
{
	return dir_sync(folder) == RC_OK && dir_sync(dir) == RC_OK ? RC_OK : failed(why, folder, "sync it");
}

/* Under another name first, so that nobody finds half of it; always the same, so that what a kill leaves is overwritten. */
enum rc folder_put(const char *dir, const struct archive_item *item, const atomic_bool *cancel, struct why *why)
{
	char folder[PATH_MAX - 64], temp[PATH_MAX], path[PATH_MAX];
	enum rc rc = folder_confirm(dir, item, why);
	int fd;

	snprintf(folder, sizeof folder, "%s/%s", dir, item->session);
	if (rc == RC_OK)                                 /* a former try came so far, and maybe no farther */
		return make_durable(dir, folder, why);
	snprintf(path, sizeof path, "%s/%d.tar", folder, item->part);
	snprintf(temp, sizeof temp, "%s/.%d.tar.new", folder, item->part);
	rc = dir_make(folder, 0700, why);
	if (rc != RC_OK)
		return rc;
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed(why, folder, "write there");
	rc = copy(item->fd, fd, item->bytes, cancel);
	if (rc == RC_OK && (fsync(fd) != 0 || rename(temp, path) != 0))
		rc = RC_IO;
	if (rc == RC_IO)
		failed(why, path, "write it");
	else if (rc != RC_OK)
		why_set(why, rc, "%s: not written", path);
	close(fd);
	if (rc != RC_OK) {
		unlink(temp);
		return rc;
	}
	rc = make_durable(dir, folder, why);
	return rc == RC_OK ? folder_confirm(dir, item, why) : rc;
}
