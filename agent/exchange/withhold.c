#include "withhold.h"

#include <string.h>

void withhold_init(struct withhold *w, struct slice secret)
{
	w->secret = secret;
	buf_init(&w->held, BUF_MAX_DEFAULT);
}

void withhold_free(struct withhold *w)
{
	buf_free(&w->held);
}

/* How many of the last bytes may be the beginning of the secret. */
static size_t begun(const struct withhold *w, struct slice bytes)
{
	size_t n = w->secret.n - 1 < bytes.n ? w->secret.n - 1 : bytes.n;

	while (n && memcmp(bytes.p + bytes.n - n, w->secret.p, n) != 0)
		n--;
	return n;
}

enum rc withhold_feed(struct withhold *w, struct slice in, struct buf *out)
{
	struct slice rest;
	size_t keep;
	enum rc rc = w->secret.n ? buf_add_slice(&w->held, in) : buf_add_slice(out, in);

	if (rc != RC_OK || !w->held.len)
		return rc;
	rest = buf_slice(&w->held);
	for (const char *at; (at = memmem(rest.p, rest.n, w->secret.p, w->secret.n)) != NULL;) {
		size_t n = (size_t)(at - rest.p);

		buf_add(out, rest.p, n);
		buf_puts(out, "[SECRET]");
		rest = (struct slice){at + w->secret.n, rest.n - n - w->secret.n};
	}
	keep = begun(w, rest);
	rc = buf_add(out, rest.p, rest.n - keep);
	buf_consume(&w->held, w->held.len - keep);
	return rc == RC_OK ? out->rc : rc;
}

enum rc withhold_finish(struct withhold *w, struct buf *out)
{
	enum rc rc = buf_add_slice(out, buf_slice(&w->held));

	buf_clear(&w->held);
	return rc;
}
