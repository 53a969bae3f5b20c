/* Whatever a model says, cut anywhere: the stream gives what the whole text gives, holds little, and changes nothing but what it masks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct mask_engine *engine;

struct seen {
	struct slice text;
	size_t at;
	const struct buf *out;
	size_t out_at;
};

/* What lies between two spans stands in the output as it was. */
static void on_span(void *arg, const struct mask_span *span)
{
	struct seen *s = arg;
	size_t kept = span->start - s->at;

	if (span->start < s->at || span->end <= span->start || span->end > s->text.n || span->replaced_by > s->out->len ||
	    s->out_at + kept + span->replaced_by != s->out->len || memcmp(s->out->data + s->out_at, s->text.p + s->at, kept) != 0)
		abort();
	s->at = span->end;
	s->out_at = s->out->len;
}

static void whole(struct slice text, struct buf *out)
{
	struct mask_stream *m;
	struct seen seen = {.text = text, .out = out};

	if (mask_stream_new(engine, NULL, NULL, &m) != RC_OK)
		abort();
	mask_stream_on_span(m, on_span, &seen);
	if (mask_feed(m, text.p, text.n, out) != RC_OK || mask_finish(m, out) != RC_OK)
		abort();
	if (out->len - seen.out_at != text.n - seen.at || (text.n > seen.at && memcmp(out->data + seen.out_at, text.p + seen.at, text.n - seen.at) != 0))
		abort();
	mask_stream_free(m);
}

static void pieces(struct slice text, uint32_t seed, struct buf *out)
{
	struct mask_stream *m;

	if (mask_stream_new(engine, NULL, NULL, &m) != RC_OK)
		abort();
	for (size_t i = 0, piece; i < text.n; i += piece) {
		seed = seed * 1664525 + 1013904223;
		piece = (seed >> 24) % 23 + 1;
		piece = piece < text.n - i ? piece : text.n - i;
		if (mask_feed(m, text.p + i, piece, out) != RC_OK || mask_held(m) > 512)
			abort();
	}
	if (mask_finish(m, out) != RC_OK || mask_held(m) != 0)
		abort();
	mask_stream_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = {(const char *)data + 1, n - 1};
	struct buf all, cut;

	if (n == 0)
		return 0;
	if (!engine) {
		struct mask_rules *rules;
		struct why why;

		if (mask_rules_read(NULL, ".", &rules, &why) != RC_OK || mask_engine_new(rules, &engine, &why) != RC_OK)
			abort();
		mask_rules_free(rules);
	}
	buf_init(&all, BUF_MAX_DEFAULT);
	buf_init(&cut, BUF_MAX_DEFAULT);
	whole(text, &all);
	pieces(text, data[0], &cut);
	if (all.len != cut.len || (all.len && memcmp(all.data, cut.data, all.len) != 0))
		abort();
	buf_free(&all);
	buf_free(&cut);
	return 0;
}
