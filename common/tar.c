#include "tar.h"

#include <stdio.h>
#include <string.h>

#define OCTAL_MAX 077777777777LL                 /* eleven octal digits: 8 GiB less one, or the year 2242 */

/* POSIX.1-1988, section 10.1.1 */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type, linkname[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is one block");

/* A name that is a plain file here, for tar, and for sha256sum and a shell: no path, no option, nothing hidden. */
static bool plain_name(const char *name)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return n && n < sizeof ((struct header *)NULL)->name && !name[n] && strchr(first, name[0]);
}

enum rc tar_header(const char *name, uint64_t size, int64_t mtime_s, unsigned char out[TAR_BLOCK])
{
	struct header h = {
		.mode = "0000644", .uid = "0000000", .gid = "0000000", .sum = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}, .type = '0',
		.magic = "ustar", .version = {'0', '0'}, .major = "0000000", .minor = "0000000",
	};
	unsigned sum = 0;

	if (!plain_name(name) || mtime_s < 0)
		return RC_BAD;
	if (size > OCTAL_MAX || mtime_s > OCTAL_MAX)
		return RC_TOO_BIG;
	memcpy(h.name, name, strlen(name));
	snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)size);
	snprintf(h.mtime, sizeof h.mtime, "%011llo", (unsigned long long)mtime_s);
	memcpy(out, &h, sizeof h);
	for (size_t i = 0; i < sizeof h; i++)
		sum += out[i];
	snprintf(h.sum, sizeof h.sum - 1, "%06o", sum);          /* then NUL and the space that is there */
	memcpy(out, &h, sizeof h);
	return RC_OK;
}

static enum rc read_octal(const char field[12], uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < 11; i++) {
		if (field[i] < '0' || field[i] > '7')
			return RC_BAD;
		*value = *value << 3 | (uint64_t)(field[i] - '0');
	}
	return RC_OK;
}

enum rc tar_parse(const unsigned char block[TAR_BLOCK], struct tar_member *out, struct why *why)
{
	static const unsigned char zeros[TAR_BLOCK];
	unsigned char again[TAR_BLOCK];
	uint64_t mtime_s;
	struct header h;

	memset(out, 0, sizeof *out);
	if (memcmp(block, zeros, sizeof zeros) == 0)
		return RC_END;
	memcpy(&h, block, sizeof h);
	if (!memchr(h.name, 0, sizeof h.name) || !plain_name(h.name))
		return why_set(why, RC_BAD, "a member of the archive has a name that no bundle has");
	memcpy(out->name, h.name, sizeof out->name);
	if (read_octal(h.size, &out->size) != RC_OK || read_octal(h.mtime, &mtime_s) != RC_OK ||
	    tar_header(out->name, out->size, (int64_t)mtime_s, again) != RC_OK || memcmp(again, block, sizeof again) != 0)
		return why_set(why, RC_BAD, "%s: its header is not the plain one of a regular file", out->name);
	out->mtime_s = (int64_t)mtime_s;
	return RC_OK;
}
