#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "record_private.h"

const char *segment_name(uint32_t number, char out[SEGMENT_NAME])
{
	snprintf(out, SEGMENT_NAME, "seg-%06u.jsonl", number);
	return out;
}

bool segment_parse_name(const char *name, uint32_t *number)
{
	char again[SEGMENT_NAME];

	return sscanf(name, "seg-%6u", number) == 1 && strcmp(segment_name(*number, again), name) == 0;
}

uint64_t segment_text_bytes(uint64_t stored_bytes)
{
	return stored_bytes;
}

bool disk_full(void)
{
	return errno == ENOSPC || errno == EDQUOT;
}

enum rc segment_write(int dir_fd, uint32_t number, struct slice text, char f[SHA256_HEX])
{
	char name[SEGMENT_NAME], temp[SEGMENT_NAME + 4];
	enum rc rc;
	int fd;

	if (number > SEGMENT_NUMBER_MAX)
		return RC_TOO_BIG;
	snprintf(temp, sizeof temp, "%s.new", segment_name(number, name));
	fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_full() ? RC_AGAIN : RC_IO;
	rc = fd_write_all(fd, text.p, text.n);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (rc != RC_OK && disk_full())
		rc = RC_AGAIN;
	if (rc == RC_OK && (renameat(dir_fd, temp, dir_fd, name) != 0 || fsync(dir_fd) != 0))
		rc = RC_IO;
	close(fd);
	if (rc != RC_OK)
		unlinkat(dir_fd, temp, 0);
	else
		sha256_hex(text.p, text.n, f);
	return rc;
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
