#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "record_private.h"

const char *segment_name(uint32_t number, bool sealed, char out[SEGMENT_NAME])
{
	snprintf(out, SEGMENT_NAME, "seg-%06u.jsonl%s", number, sealed ? ".age" : "");
	return out;
}

bool segment_parse_name(const char *name, bool sealed, uint32_t *number)
{
	char again[SEGMENT_NAME];

	return sscanf(name, "seg-%6u", number) == 1 && strcmp(segment_name(*number, sealed, again), name) == 0;
}

const char *original_name(uint32_t number, char out[SEGMENT_NAME])
{
	snprintf(out, SEGMENT_NAME, "orig-%06u.jsonl.age", number);
	return out;
}

bool original_parse_name(const char *name, uint32_t *number)
{
	char again[SEGMENT_NAME];

	return sscanf(name, "orig-%6u", number) == 1 && strcmp(original_name(*number, again), name) == 0;
}

uint64_t segment_text_bytes(uint64_t stored_bytes, const struct age_recipients *to)
{
	return to->n ? age_text_bytes(stored_bytes, to->n) : stored_bytes;
}

bool disk_full(void)
{
	return errno == ENOSPC || errno == EDQUOT;
}

struct writing {
	int fd;
	struct sha256_ctx sum;
};

static enum rc write_piece(void *arg, struct slice piece)
{
	struct writing *w = arg;

	sha256_more(&w->sum, piece.p, piece.n);
	return fd_write_all(w->fd, piece.p, piece.n);
}

/* Sealed here, so that nothing else reaches the disk. */
static enum rc write_text(int fd, struct slice text, const struct age_recipients *to, char f[SHA256_HEX])
{
	struct writing w = {.fd = fd};
	unsigned char sum[SHA256_LEN];
	enum rc rc;

	sha256_begin(&w.sum);
	rc = to->n ? age_seal(to, text, write_piece, &w) : write_piece(&w, text);

	sha256_end(&w.sum, sum);
	hex_encode(sum, sizeof sum, f);
	return rc;
}

static enum rc write_file(int dir_fd, const char *name, struct slice text, const struct age_recipients *to, char f[SHA256_HEX])
{
	char temp[SEGMENT_NAME + 4];
	enum rc rc;
	int fd;

	snprintf(temp, sizeof temp, "%s.new", name);
	fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_full() ? RC_AGAIN : RC_IO;
	rc = write_text(fd, text, to, f);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (rc == RC_IO && disk_full())
		rc = RC_AGAIN;
	if (rc == RC_OK && (renameat(dir_fd, temp, dir_fd, name) != 0 || fsync(dir_fd) != 0))
		rc = RC_IO;
	close(fd);
	if (rc != RC_OK)
		unlinkat(dir_fd, temp, 0);
	return rc;
}

enum rc segment_write(int dir_fd, uint32_t number, struct slice text, const struct age_recipients *to, char f[SHA256_HEX])
{
	char name[SEGMENT_NAME];

	return number > SEGMENT_NUMBER_MAX ? RC_TOO_BIG : write_file(dir_fd, segment_name(number, to->n > 0, name), text, to, f);
}

enum rc original_write(int dir_fd, uint32_t number, struct slice text, const struct age_recipients *to)
{
	char name[SEGMENT_NAME], f[SHA256_HEX];

	if (!to->n)                                      /* never in clear */
		return RC_FAULT;
	return number > SEGMENT_NUMBER_MAX ? RC_TOO_BIG : write_file(dir_fd, original_name(number, name), text, to, f);
}

enum rc segment_hash(int dir_fd, const char *name, char f[SHA256_HEX])
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char sum[SHA256_LEN];
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : errno == ELOOP ? RC_BAD : RC_IO;
	rc = sha256_file(fd, sum);
	close(fd);
	hex_encode(sum, sizeof sum, f);
	return rc;
}
