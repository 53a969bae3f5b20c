/* Whatever a model streams as events or lines, cut anywhere: the pieces give what the whole gives, and the credential never
 * passes. The same words as events of a chat: the client puts together what the text masked at once would be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "jsonscan.h"
#include "yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct mask_engine *engine;
static struct answer_shape *shape;

static const char SHAPE[] =
	"text: ['c[].name']\n"
	"stream:\n  - {path: 'c[].text', key: ['c[].i']}\n  - {path: 'c[].args[].text', key: ['c[].i', 'c[].args[].i']}\n"
	"ends:\n  - {path: 'c[].end', key: ['c[].i']}\n  - {path: done, last: ['true']}\n"
	"drop: ['c[].logprobs']\nplain: [model, 'c[].i']\nids: [id, 'c[].id']\n";

static void prepare(void)
{
	struct mask_rules *rules;
	struct yaml *root;
	struct why why;

	if (mask_rules_read(NULL, ".", &rules, &why) != RC_OK || mask_engine_new(rules, &engine, &why) != RC_OK ||
	    yaml_parse(slice_str(SHAPE), &root, &why) != RC_OK || shape_read(root, &shape, &why) != RC_OK)
		abort();
	mask_rules_free(rules);
	yaml_free(root);
}

/* The result, and what came out; *end_at is counted from the beginning. */
static enum rc mask(enum framing framing, struct slice body, uint32_t seed, struct buf *out, size_t *end_at)
{
	struct mask_scope *scope = mask_scope_new();
	const struct answer_options options = {
		.shape = shape, .framing = framing, .engine = engine, .scope = scope, .credential = SLICE("model-credential-5d1f"),
		.event_max_bytes = 4096, .streams_max = 4,
	};
	struct answer *a;
	enum rc rc;

	*end_at = SIZE_MAX;
	buf_init(out, BUF_MAX_DEFAULT);
	if (!scope || answer_new(&options, &a) != RC_OK)
		abort();
	rc = RC_OK;
	for (size_t i = 0, piece; rc == RC_OK && i < body.n; i += piece) {
		seed = seed * 1664525 + 1013904223;
		piece = seed >> 30 ? (seed >> 24) % 23 + 1 : 1;
		if (!seed || piece > body.n - i)
			piece = body.n - i;
		rc = answer_feed(a, (struct slice){body.p + i, piece}, out, end_at);
	}
	if (rc == RC_OK)
		rc = answer_finish(a, out, end_at);
	if (rc != RC_OK && rc != RC_TOO_BIG)
		abort();
	if (*end_at != SIZE_MAX && *end_at > out->len)
		abort();
	answer_free(a);
	mask_scope_free(scope);
	return rc;
}

static void cut_bytes(enum framing framing, struct slice body, uint32_t seed)
{
	struct buf whole, cut;
	size_t end_whole, end_cut;
	enum rc rc_whole = mask(framing, body, 0, &whole, &end_whole), rc_cut = mask(framing, body, seed, &cut, &end_cut);

	if (rc_whole != rc_cut || whole.len != cut.len || end_whole != end_cut || (cut.len && memcmp(whole.data, cut.data, cut.len) != 0))
		abort();
	buf_free(&whole);
	buf_free(&cut);
}

/* Append the string at member "text" of each line, decoded. */
static void hear(struct slice lines, struct buf *out)
{
	while (lines.n) {
		const char *lf = memchr(lines.p, '\n', lines.n), *text = lf ? memmem(lines.p, (size_t)(lf - lines.p), "\"text\":\"", 8) : NULL;
		struct jsonscan scan = {0};
		size_t at = 0;

		if (!text)
			abort();
		(void)jsonscan_next(&scan, "\"", 1, &at);
		text += 8;
		for (at = 0;;) {
			size_t from = at;
			enum json_token t = jsonscan_next(&scan, text, (size_t)(lf - text), &at);

			if (t == JSON_RUN)
				buf_add(out, text + from, at - from);
			else if (t == JSON_CHAR)
				buf_add(out, scan.text, scan.n_text);
			else if (t == JSON_STRING_END)
				break;
			else
				abort();
		}
		lines = (struct slice){lf + 1, lines.n - (size_t)(lf + 1 - lines.p)};
	}
}

/* ASCII words in tokens of any length, one a line. */
static void cut_tokens(struct slice words, uint32_t seed)
{
	struct buf lines, text, masked, wanted, heard;
	struct mask_scope *scope = mask_scope_new();
	size_t end_at;

	buf_init(&lines, BUF_MAX_DEFAULT);
	buf_init(&text, BUF_MAX_DEFAULT);
	buf_init(&wanted, BUF_MAX_DEFAULT);
	buf_init(&heard, BUF_MAX_DEFAULT);
	for (size_t i = 0, n; i < words.n; i += n) {
		seed = seed * 1664525 + 1013904223;
		n = (seed >> 24) % 11 + 1;
		n = n < words.n - i ? n : words.n - i;
		buf_puts(&lines, "{\"c\":[{\"text\":\"");
		for (size_t k = i; k < i + n; k++) {
			char c = words.p[k] & 0x7f;

			c = c == '{' || c == '[' ? '(' : c;          /* the masking of JSON is not that of its text */
			buf_putc(&text, c);
			if (c < ' ' || c == '"' || c == '\\' || seed & 1u << (k % 20))
				buf_printf(&lines, "\\u%04x", c);
			else
				buf_putc(&lines, c);
		}
		buf_puts(&lines, "\",\"i\":0}]}\n");
	}
	if (!scope || mask(FRAMING_NDJSON, buf_slice(&lines), seed, &masked, &end_at) != RC_OK ||
	    mask_text(engine, scope, NULL, buf_slice(&text), &wanted) != RC_OK)
		abort();
	hear(buf_slice(&masked), &heard);
	/* the credential is masked in one of them only */
	if (!memmem(buf_slice(&text).p, text.len, "credential", 10) &&
	    (heard.len != wanted.len || memcmp(buf_slice(&heard).p, buf_slice(&wanted).p, heard.len) != 0))
		abort();
	buf_free(&lines);
	buf_free(&text);
	buf_free(&masked);
	buf_free(&wanted);
	buf_free(&heard);
	mask_scope_free(scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = {(const char *)data + 1, n - 1};
	uint32_t seed;

	if (n == 0)
		return 0;
	if (!engine)
		prepare();
	seed = data[0] * 7u + 1;
	switch (data[0] % 3) {
	case 0:
		cut_bytes(FRAMING_SSE, body, seed);
		break;
	case 1:
		cut_bytes(FRAMING_NDJSON, body, seed);
		break;
	case 2:
		cut_tokens(body, seed);
		break;
	}
	return 0;
}
