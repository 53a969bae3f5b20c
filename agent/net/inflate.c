#include "inflate.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "wipe.h"

#define RATIO_MAX 100
#define RATIO_FROM ((uint64_t)1 << 16)      /* short answers may be denser */

struct inflater {
	z_stream z;
	uint64_t in, out;
	bool ended;
};

enum rc inflater_new(struct slice coding, struct inflater **out)
{
	bool gzip = coding.n && (slice_is_nocase(coding, "gzip") || slice_is_nocase(coding, "x-gzip"));
	bool deflate = coding.n && slice_is_nocase(coding, "deflate");
	struct inflater *z;

	*out = NULL;
	if (!coding.n || slice_is_nocase(coding, "identity"))
		return RC_OK;
	if (!gzip && !deflate)
		return RC_BAD;
	z = calloc(1, sizeof *z);
	if (!z || inflateInit2(&z->z, gzip ? 15 + 16 : 15) != Z_OK) {
		free(z);
		return RC_NOMEM;
	}
	*out = z;
	return RC_OK;
}

void inflater_free(struct inflater *z)
{
	if (!z)
		return;
	inflateEnd(&z->z);
	free(z);
}

enum rc inflater_feed(struct inflater *z, struct slice in, struct buf *out)
{
	z->z.next_in = (unsigned char *)(uintptr_t)in.p;
	z->z.avail_in = (unsigned)in.n;
	z->in += in.n;
	for (;;) {
		unsigned char piece[16384];
		size_t n;
		int e;

		if (z->ended)
			return z->z.avail_in ? RC_BAD : RC_OK;
		z->z.next_out = piece;
		z->z.avail_out = sizeof piece;
		e = inflate(&z->z, Z_NO_FLUSH);
		n = sizeof piece - z->z.avail_out;
		buf_add(out, piece, n);
		wipe(piece, n);
		z->out += n;
		z->ended = e == Z_STREAM_END;
		if (out->rc != RC_OK)
			return out->rc;
		if (z->out > RATIO_FROM && z->out / RATIO_MAX > z->in)
			return RC_TOO_BIG;
		if (e != Z_OK && e != Z_STREAM_END && e != Z_BUF_ERROR)
			return RC_BAD;
		if (n == 0 && !z->ended)
			return RC_OK;
	}
}

enum rc inflater_finish(const struct inflater *z)
{
	return !z || z->ended ? RC_OK : RC_BAD;
}
