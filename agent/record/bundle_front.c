#include "bundle_front.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tar.h"
#include "tlog_proof.h"
#include "wipe.h"

#define SIG_MAX_BYTES 8192
#define COPY_BYTES ((size_t)256 << 10)

/* Where the members stand: one after the other from the beginning, those that are there. */
enum place { SUMS, SIG, STAMP, PROOF, PLACES };
static const struct {
	const char *name;
	bool needed;
	uint64_t max_bytes;
} PLACE[PLACES] = {
	[SUMS] = {"SHA256SUMS", true, UINT64_MAX}, [SIG] = {"SHA256SUMS.sig", true, SIG_MAX_BYTES}, [STAMP] = {"SHA256SUMS.tsr", false, UINT64_MAX},
	[PROOF] = {"session.tlog-proof", false, TLOG_PROOF_MAX},
};
struct map {
	struct {
		bool there;
		struct tar_member member;
		off_t at, end;                   /* of header and padding; both where it would stand when it is not there */
	} of[PLACES];
};

static enum rc read_place(int fd, enum place place, struct map *map)
{
	off_t at = place == SUMS ? 0 : map->of[place - 1].end;
	struct tar_member *m = &map->of[place].member;
	unsigned char block[TAR_BLOCK];

	map->of[place].at = map->of[place].end = at;
	if (pread(fd, block, sizeof block, at) != (ssize_t)sizeof block || tar_parse(block, m, NULL) != RC_OK)
		return RC_BAD;
	map->of[place].there = strcmp(m->name, PLACE[place].name) == 0;
	if (!map->of[place].there)
		return PLACE[place].needed ? RC_BAD : RC_OK;
	map->of[place].end = at + TAR_BLOCK + (off_t)((m->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
	return m->size <= PLACE[place].max_bytes ? RC_OK : RC_BAD;
}

static enum rc open_bundle(const char *path, int *fd, struct map *map)
{
	enum rc rc = RC_OK;

	*map = (struct map){0};
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	for (int place = SUMS; place < PLACES && rc == RC_OK; place++)
		rc = read_place(*fd, (enum place)place, map);
	if (rc != RC_OK)
		close(*fd);
	return rc;
}

static enum rc read_member(int fd, const struct map *map, enum place place, struct buf *out)
{
	size_t n = map->of[place].there ? (size_t)map->of[place].member.size : 0;
	char *at = n ? buf_room(out, n) : NULL;

	if (!n)
		return RC_OK;
	if (!at)
		return out->rc;
	if (pread(fd, at, n, map->of[place].at + TAR_BLOCK) != (ssize_t)n)
		return RC_IO;
	buf_added(out, n);
	return RC_OK;
}

enum rc bundle_front_read(const char *path, struct bundle_front *out)
{
	struct map map;
	enum rc rc;
	int fd;

	*out = (struct bundle_front){0};
	buf_init(&out->sig, SIG_MAX_BYTES);
	buf_init(&out->proof, TLOG_PROOF_MAX);
	rc = open_bundle(path, &fd, &map);
	if (rc != RC_OK)
		return rc;
	out->closed_s = map.of[SIG].member.mtime_s;
	out->stamped = map.of[STAMP].there;
	rc = read_member(fd, &map, SIG, &out->sig);
	if (rc == RC_OK)
		rc = read_member(fd, &map, PROOF, &out->proof);
	close(fd);
	return rc;
}

void bundle_front_free(struct bundle_front *front)
{
	buf_free(&front->sig);
	buf_free(&front->proof);
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

static enum rc write_member(int fd, enum place place, struct slice content, int64_t mtime_s)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK];
	enum rc rc = tar_header(PLACE[place].name, content.n, mtime_s, header);

	if (rc == RC_OK)
		rc = fd_write_all(fd, header, sizeof header);
	if (rc == RC_OK)
		rc = fd_write_all(fd, content.p, content.n);
	return rc == RC_OK ? fd_write_all(fd, zeros, (size_t)(-content.n % TAR_BLOCK)) : rc;
}

static enum rc write_anew(int from, const struct map *map, const struct slice content[PLACES], const char *temp)
{
	off_t end = lseek(from, 0, SEEK_END);
	int to = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum rc rc = RC_OK;

	if (to < 0)
		return RC_IO;
	for (int place = SUMS; place < PLACES && rc == RC_OK; place++)
		rc = content[place].n ? write_member(to, (enum place)place, content[place], map->of[SIG].member.mtime_s) :
			copy(from, to, map->of[place].at, map->of[place].end);
	if (rc == RC_OK)
		rc = copy(from, to, map->of[PLACES - 1].end, end);
	if (rc == RC_OK && fsync(to) != 0)
		rc = RC_IO;
	close(to);
	return rc;
}

enum rc bundle_front_replace(const char *path, struct slice stamp, struct slice proof)
{
	const struct slice content[PLACES] = {[STAMP] = stamp, [PROOF] = proof};
	char temp[PATH_MAX], *dir = path_dir(path);
	struct map map;
	enum rc rc;
	int from;

	if (!dir || snprintf(temp, sizeof temp, "%s.anew", path) >= (int)sizeof temp) {
		free(dir);
		return RC_NOMEM;
	}
	rc = open_bundle(path, &from, &map);
	if (rc != RC_OK)
		goto out;
	rc = write_anew(from, &map, content, temp);
	if (rc == RC_OK && (rename(temp, path) != 0 || dir_sync(dir) != RC_OK))
		rc = RC_IO;
	if (rc != RC_OK)
		unlink(temp);
	close(from);
out:
	free(dir);
	return rc;
}
