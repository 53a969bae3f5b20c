/* Whatever a model answers as JSON, cut anywhere: the pieces give what the whole gives; JSON stays JSON, with nothing but
 * strings and numbers changed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "jsonscan.h"
#include "yaml.h"

#define CREDENTIAL "model-credential-5d1f"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct mask_engine *engine;
static struct answer_shape *shape, *no_shape;

static const char SHAPE[] =
	"text: ['choices[].message.content']\nstream: [{path: 'choices[].text', key: ['choices[].index']}]\n"
	"drop: ['choices[].logprobs']\nplain: [model, 'choices[].index']\nids: [id]\ntimes: [at]\nvectors: ['data[].embedding']\n";

static void prepare(void)
{
	struct mask_rules *rules;
	struct yaml *root;
	struct why why;

	if (mask_rules_read(NULL, ".", &rules, &why) != RC_OK || mask_engine_new(rules, &engine, &why) != RC_OK ||
	    yaml_parse(slice_str(SHAPE), &root, &why) != RC_OK || shape_read(root, &shape, &why) != RC_OK ||
	    shape_read(NULL, &no_shape, &why) != RC_OK)
		abort();
	mask_rules_free(rules);
	yaml_free(root);
}

static void mask(const struct answer_shape *s, struct slice body, uint32_t seed, struct buf *out)
{
	struct mask_scope *scope = mask_scope_new();
	const struct answer_options options = {
		.shape = s, .framing = FRAMING_JSON, .engine = engine, .scope = scope, .credential = SLICE(CREDENTIAL),
		.event_max_bytes = 4096, .streams_max = 4,
	};
	struct answer *a;
	size_t end_at = SIZE_MAX;

	buf_init(out, BUF_MAX_DEFAULT);
	if (!scope || answer_new(&options, &a) != RC_OK)
		abort();
	for (size_t i = 0, piece; i < body.n; i += piece) {
		seed = seed * 1664525 + 1013904223;
		piece = seed >> 30 ? (seed >> 24) % 23 + 1 : 1;
		if (!seed || piece > body.n - i)
			piece = body.n - i;
		if (answer_feed(a, (struct slice){body.p + i, piece}, out, &end_at) != RC_OK)
			abort();
	}
	if (answer_finish(a, out, &end_at) != RC_OK || end_at != SIZE_MAX)
		abort();
	answer_free(a);
	mask_scope_free(scope);
}

/* All but the insides of strings and the numbers; false: no JSON. */
static bool form(struct slice text, struct buf *out)
{
	struct jsonscan scan = {0};
	size_t at = 0;

	for (;;) {
		size_t from = at;
		enum json_token t = jsonscan_next(&scan, text.p, text.n, &at);

		if (t == JSON_BAD)
			return false;
		if (t == JSON_MORE)
			return jsonscan_whole(&scan);
		if (t != JSON_RUN && t != JSON_CHAR && t != JSON_NUMBER)
			buf_add(out, text.p + from, at - from);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = {(const char *)data + 1, n - 1};
	struct buf whole, cut, before, after;
	bool json;

	if (n == 0)
		return 0;
	if (!engine)
		prepare();
	buf_init(&before, BUF_MAX_DEFAULT);
	buf_init(&after, BUF_MAX_DEFAULT);
	mask(data[0] & 1 ? shape : no_shape, body, 0, &whole);
	mask(data[0] & 1 ? shape : no_shape, body, data[0] * 7 + 1, &cut);
	if (whole.len != cut.len || (cut.len && memcmp(whole.data, cut.data, cut.len) != 0))
		abort();
	json = form(body, &before);
	if (json && (!form(buf_slice(&whole), &after) ||
		     (!(data[0] & 1) && (before.len != after.len || memcmp(buf_slice(&before).p, buf_slice(&after).p, after.len) != 0))))
		abort();
	/* no escape ends in its first letter, so what looks like it is it */
	if (whole.len && memmem(whole.data, whole.len, CREDENTIAL, strlen(CREDENTIAL)))
		abort();
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&before);
	buf_free(&after);
	return 0;
}
