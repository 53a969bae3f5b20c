#include "original_lines.h"

#include <stdint.h>
#include <string.h>

enum rc original_lines_open(struct original_lines *o, int fd, struct extent where, const struct age_identities *keys)
{
	o->left = (struct slice){NULL, 0};
	return segment_text_open(&o->text, fd, where, keys);
}

enum rc original_lines_next(struct original_lines *o, struct buf *out, unsigned char sum[SHA256_LEN], struct why *why)
{
	struct sha256_ctx sha;
	const char *lf = NULL;
	bool begun = false, large = false;
	enum rc rc = RC_OK;

	sha256_begin(&sha);
	while (!lf) {
		size_t n;

		if (!o->left.n && (rc = segment_text_piece(&o->text, SIZE_MAX, &o->left, why)) != RC_OK)
			break;
		lf = memchr(o->left.p, '\n', o->left.n);
		n = lf ? (size_t)(lf - o->left.p) : o->left.n;
		sha256_more(&sha, o->left.p, n);
		if (out && !large && buf_add(out, o->left.p, n) != RC_OK)
			large = true;
		o->left = (struct slice){o->left.p + n + (lf ? 1 : 0), o->left.n - n - (lf ? 1 : 0)};
		begun = true;
	}
	sha256_end(&sha, sum);
	if (rc == RC_END && begun)
		return why_set(why, RC_BAD, "its last line is cut");
	return rc == RC_OK && large ? out->rc : rc;
}

void original_lines_close(struct original_lines *o)
{
	segment_text_close(&o->text);
	o->left = (struct slice){NULL, 0};
}
