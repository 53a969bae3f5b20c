#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc fail(struct why *why, const char *path, const char *what)
{
	int e = errno;

	return why_set(why, e == ENOENT ? RC_NOT_FOUND : e == EACCES || e == ELOOP ? RC_DENIED : RC_IO, "%s: cannot %s: %s",
		       path, what, strerror(e));
}

static enum rc read_fd(int fd, const char *path, struct buf *out, struct why *why)
{
	for (;;) {
		char *at;
		size_t want = out->max > out->len ? out->max - out->len : 0;
		ssize_t n;

		if (want == 0) {
			char extra;

			n = read(fd, &extra, 1);
			return n == 0 ? RC_OK : why_set(why, RC_TOO_BIG, "%s: larger than %zu bytes", path, out->max);
		}
		want = want < 65536 ? want : 65536;
		at = buf_room(out, want);
		if (!at)
			return why_set(why, out->rc, "%s: no memory", path);
		n = read(fd, at, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, path, "read");
		if (n == 0)
			return RC_OK;
		buf_added(out, (size_t)n);
	}
}

enum rc file_read(const char *path, struct buf *out, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc;

	if (fd < 0)
		return fail(why, path, "open");
	rc = read_fd(fd, path, out, why);
	close(fd);
	return rc;
}

enum rc file_read_at(int dir_fd, const char *name, struct buf *out, struct why *why)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum rc rc;

	if (fd < 0)
		return fail(why, name, "open");
	rc = read_fd(fd, name, out, why);
	close(fd);
	return rc;
}

enum rc file_read_private(const char *path, struct buf *out, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	enum rc rc;

	if (fd < 0)
		return fail(why, path, "open");
	if (fstat(fd, &st) != 0)
		rc = fail(why, path, "look at");
	else if (!S_ISREG(st.st_mode))
		rc = why_set(why, RC_DENIED, "%s: not a regular file", path);
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		rc = why_set(why, RC_DENIED, "%s: belongs to another user", path);
	else if (st.st_mode & 077)
		rc = why_set(why, RC_DENIED, "%s: others can read it; run: chmod 600 %s", path, path);
	else
		rc = read_fd(fd, path, out, why);
	close(fd);
	return rc;
}

enum rc fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return RC_IO;
		at += w;
		n -= (size_t)w;
	}
	return RC_OK;
}

enum rc fd_write_at(int fd, const void *p, size_t n, off_t at)
{
	const char *from = p;

	while (n) {
		ssize_t w = pwrite(fd, from, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return RC_IO;
		from += w;
		at += w;
		n -= (size_t)w;
	}
	return RC_OK;
}

enum rc dir_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return RC_IO;
	rc = fsync(fd);
	close(fd);
	return rc == 0 ? RC_OK : RC_IO;
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int file_scratch(const char *dir)
{
	char *path = path_join(dir, ".phigate-XXXXXX");
	int fd = path ? mkostemp(path, O_CLOEXEC) : -1;  /* 0600 */

	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *path;

	if (name[0] == '/')
		return strdup(name);
	path = malloc(n);
	if (path)
		snprintf(path, n, "%s/%s", dir, name);
	return path;
}

enum rc file_write(const char *path, struct slice data, mode_t mode, struct why *why)
{
	size_t n = strlen(path) + 8;
	char *temp = malloc(n), *dir = path_dir(path);
	enum rc rc = RC_NOMEM;
	int fd = -1;

	if (!temp || !dir)
		goto out;
	snprintf(temp, n, "%s.XXXXXX", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		rc = fail(why, path, "write");
		goto out;
	}
	if (fchmod(fd, mode) != 0 || fd_write_all(fd, data.p, data.n) != RC_OK || fsync(fd) != 0 || rename(temp, path) != 0 ||
	    dir_sync(dir) != RC_OK) {
		rc = fail(why, path, "write");
		unlink(temp);
		goto out;
	}
	rc = RC_OK;
out:
	if (fd >= 0)
		close(fd);
	free(temp);
	free(dir);
	return rc;
}

enum rc dir_make(const char *path, mode_t mode, struct why *why)
{
	char *copy = strdup(path);
	enum rc rc = RC_OK;

	if (!copy)
		return RC_NOMEM;
	for (char *p = copy + 1; rc == RC_OK; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) != 0 && errno != EEXIST)
			rc = fail(why, copy, "make the folder");
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return rc;
}
