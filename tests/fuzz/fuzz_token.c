/* Whatever a caller writes and a model repeats: the model never sees a value in the caller's place of a token, what comes back is what
 * was written, byte for byte, and pieces give what the whole gives. Whatever else a model writes, as text and as JSON, too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "engine.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct mask_engine *engine;

static void prepare(void)
{
	static const char rules[] = "response: {default: redact, DATE: year, AGE: cap90, MRN: partial}\ncustom: [{entity: T_2, regex: 'T\\d\\d'}]\n";
	struct mask_rules *r;
	struct yaml *root;
	struct why why;

	if (yaml_parse(slice_str(rules), &root, &why) != RC_OK || mask_rules_read(root, ".", &r, &why) != RC_OK ||
	    mask_engine_new(r, &engine, &why) != RC_OK)
		abort();
	mask_rules_free(r);
	yaml_free(root);
}

static void no_span(void *arg, const struct mask_span *span)
{
	(void)arg;
	(void)span;
}

static size_t piece_of(uint32_t *seed, size_t left)
{
	size_t piece;

	*seed = *seed * 1664525 + 1013904223;
	piece = *seed >> 30 ? (*seed >> 24) % 11 + 1 : 1;
	return !*seed || piece > left ? left : piece;
}

static void read_text(const struct token_reader *reader, struct slice text, uint32_t seed, struct buf *out)
{
	struct token_stream *s;

	if (token_stream_new(reader, no_span, NULL, &s) != RC_OK)
		abort();
	for (size_t i = 0, piece; i < text.n; i += piece) {
		piece = seed ? piece_of(&seed, text.n - i) : text.n;
		if (token_feed(s, (struct slice){text.p + i, piece}, out) != RC_OK)
			abort();
	}
	if (token_finish(s, out) != RC_OK)
		abort();
	token_stream_free(s);
}

static void read_json(const struct token_reader *reader, enum framing framing, struct slice body, uint32_t seed, struct buf *out)
{
	const struct answer_options options = {.framing = framing, .tokens = reader, .event_max_bytes = 1 << 16, .streams_max = 4};
	struct answer *a;
	size_t end_at = SIZE_MAX;
	enum rc rc = answer_new(&options, &a);

	for (size_t i = 0, piece; rc == RC_OK && i < body.n; i += piece) {
		piece = seed ? piece_of(&seed, body.n - i) : body.n;
		rc = answer_feed(a, (struct slice){body.p + i, piece}, out, &end_at);
	}
	if (rc == RC_OK)
		rc = answer_finish(a, out, &end_at);
	if (rc != RC_OK)
		abort();
	answer_free(a);
}

static void same(const struct buf *a, struct slice b)
{
	if (a->len != b.n || (b.n && memcmp(a->data, b.p, b.n) != 0))
		abort();
}

/* The prompt for the model; false: it holds what is too long for a token. */
static bool for_model(struct mask_scope *session, struct slice prompt, struct buf *out)
{
	struct mask_scope *asked = mask_scope_begin_request(session, true, prompt);
	struct token_reader *reader;
	struct buf spared;
	bool whole;

	buf_init(&spared, BUF_MAX_DEFAULT);
	if (!asked || token_reader_request(engine, asked, &reader) != RC_OK)
		abort();
	read_text(reader, prompt, 0, &spared);
	if (mask_text(engine, asked, NULL, buf_slice(&spared), out) != RC_OK)
		abort();
	whole = prompt.n < 400;
	buf_free(&spared);
	token_reader_free(reader);
	mask_scope_end(asked);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum framing framings[] = {FRAMING_JSON, FRAMING_TEXT, FRAMING_SSE, FRAMING_NDJSON};
	struct slice text = {(const char *)data + 1, n - 1};
	struct mask_scope *session = mask_scope_new();
	struct token_reader *reader = NULL;
	struct buf seen, back, cut;
	uint32_t seed;

	if (n == 0 || !session) {
		mask_scope_free(session);
		return 0;
	}
	if (!engine)
		prepare();
	seed = data[0] * 7u + 1;
	buf_init(&seen, BUF_MAX_DEFAULT);
	buf_init(&back, BUF_MAX_DEFAULT);
	buf_init(&cut, BUF_MAX_DEFAULT);
	if (for_model(session, SLICE("Dr. Jane \"J\" Smith, SSN 536-22-8741 on 03/14/2024, T12"), &seen)) {
		bool whole;

		buf_clear(&seen);
		whole = for_model(session, text, &seen);
		if (token_reader_answer(session, &reader) != RC_OK || !reader)
			abort();
		read_text(reader, buf_slice(&seen), 0, &back);
		if (whole)
			same(&back, text);
		read_text(reader, buf_slice(&seen), seed, &cut);
		same(&cut, buf_slice(&back));
	}
	buf_clear(&back);
	buf_clear(&cut);
	read_json(reader, framings[data[0] & 3], text, 0, &back);
	read_json(reader, framings[data[0] & 3], text, seed, &cut);
	same(&cut, buf_slice(&back));
	token_reader_free(reader);
	buf_free(&seen);
	buf_free(&back);
	buf_free(&cut);
	mask_scope_free(session);
	return 0;
}
