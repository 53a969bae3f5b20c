#include "member.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wipe.h"

#define BUF_BYTES ((size_t)128 << 10)

enum rc member_open(struct member_reader *r, int fd, struct extent where)
{
	*r = (struct member_reader){.fd = fd, .off = where.off, .left = where.size, .buf = malloc(BUF_BYTES)};
	if (!r->buf)
		return RC_NOMEM;
	sha256_begin(&r->sha);
	return RC_OK;
}

/* Keeps what is unread, and reads more behind it. */
static enum rc refill(struct member_reader *r)
{
	ssize_t n;

	if (!r->left)
		return RC_END;
	memmove(r->buf, r->buf + r->pos, r->have - r->pos);
	r->have -= r->pos;
	r->pos = 0;
	do
		n = pread(r->fd, r->buf + r->have, r->left < BUF_BYTES - r->have ? (size_t)r->left : BUF_BYTES - r->have, (off_t)r->off);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return RC_IO;
	sha256_more(&r->sha, r->buf + r->have, (size_t)n);
	r->have += (size_t)n;
	r->off += (uint64_t)n;
	r->left -= (uint64_t)n;
	return RC_OK;
}

enum rc member_piece(struct member_reader *r, size_t max, struct slice *out)
{
	enum rc rc = r->pos < r->have ? RC_OK : refill(r);

	if (rc != RC_OK)
		return rc;
	*out = (struct slice){r->buf + r->pos, r->have - r->pos < max ? r->have - r->pos : max};
	r->pos += out->n;
	return RC_OK;
}

enum rc member_line(struct member_reader *r, size_t max, struct slice *out)
{
	for (;;) {
		size_t n = r->have - r->pos < max ? r->have - r->pos : max;
		const char *end = n ? memchr(r->buf + r->pos, '\n', n) : NULL;
		enum rc rc;

		if (end) {
			*out = (struct slice){r->buf + r->pos, (size_t)(end - (r->buf + r->pos)) + 1};
			r->pos += out->n;
			return RC_OK;
		}
		if (n == max)
			return RC_BAD;
		rc = refill(r);
		if (rc != RC_OK)
			return rc == RC_END && n ? RC_BAD : rc;
	}
}

uint64_t member_left(const struct member_reader *r)
{
	return r->left + (r->have - r->pos);
}

enum rc member_sum(struct member_reader *r, unsigned char sum[SHA256_LEN])
{
	enum rc rc;

	do {
		r->pos = r->have;
		rc = refill(r);
	} while (rc == RC_OK);
	sha256_end(&r->sha, sum);
	member_close(r);
	return rc == RC_END ? RC_OK : rc;
}

void member_close(struct member_reader *r)
{
	if (r->buf)
		wipe(r->buf, BUF_BYTES);
	free(r->buf);
	*r = (struct member_reader){.fd = -1};
}
