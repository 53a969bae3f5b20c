/* Whatever an analyzer answers, whatever it was asked about: an answer counts or is none, and a text is masked alike however it is cut.
 * Input: the text, a NUL, the answer to each of its passages. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct mask_engine *engine;

static enum rc find(void *arg, struct slice before, struct slice passage, struct mask_find *out, size_t *n)
{
	static const struct analyzer_settings settings = {.score = 0.4};
	const struct slice *answer = arg;
	bool hidden[ANALYZER_TEXT_MAX] = {false};
	char all[ANALYZER_TEXT_MAX];
	struct analyzer_text text;
	enum rc rc;

	if (before.n + passage.n > sizeof all)
		abort();
	memcpy(all, before.p, before.n);
	memcpy(all + before.n, passage.p, passage.n);
	hidden[passage.n / 2] = passage.n % 2;
	if (analyzer_text_make((struct slice){all, before.n + passage.n}, before.n, hidden, &text) != RC_OK)
		abort();
	rc = analyzer_answer_read(*answer, &settings, &text, out, n, NULL);
	for (size_t i = 0; i < *n; i++)
		if (out[i].start >= out[i].end || out[i].end > passage.n || *n > MASK_FINDS_MAX)
			abort();
	buf_free(&text.text);
	return rc;
}

static void on_span(void *arg, const struct mask_span *span)
{
	size_t *at = arg;

	if (span->start < *at || span->end <= span->start)
		abort();
	*at = span->end;
}

static enum rc mask_it(struct slice text, const struct slice *answer, size_t every, struct buf *out)
{
	const struct mask_finder finder = {find, (void *)answer};
	struct mask_scope *session = mask_scope_new(), *scope = mask_scope_begin(session);
	struct mask_stream *m;
	size_t at = 0;
	enum rc rc;

	mask_scope_finder(scope, &finder);
	if (mask_stream_new(engine, scope, NULL, &m) != RC_OK)
		abort();
	mask_stream_on_span(m, on_span, &at);
	rc = RC_OK;
	for (size_t i = 0, piece; i < text.n && rc == RC_OK; i += piece) {
		piece = every < text.n - i ? every : text.n - i;
		rc = mask_feed(m, text.p + i, piece, out);
	}
	if (rc == RC_OK)
		rc = mask_finish(m, out);
	if (at > text.n)
		abort();
	mask_stream_free(m);
	mask_scope_end(scope);
	mask_scope_free(session);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *end = n ? memchr(data, '\0', n) : NULL;
	struct slice text = {(const char *)data, end ? (size_t)(end - (const char *)data) : n};
	struct slice answer = end ? (struct slice){end + 1, n - text.n - 1} : SLICE("[]");
	struct buf all, cut;
	enum rc rc;

	if (!engine) {
		struct mask_rules *rules;
		struct why why;

		if (mask_rules_read(NULL, ".", &rules, &why) != RC_OK || mask_engine_new(rules, &engine, &why) != RC_OK)
			abort();
		mask_rules_free(rules);
	}
	buf_init(&all, BUF_MAX_DEFAULT);
	buf_init(&cut, BUF_MAX_DEFAULT);
	rc = mask_it(text, &answer, text.n ? text.n : 1, &all);
	if (mask_it(text, &answer, n % 23 + 1, &cut) != rc || all.len != cut.len || (all.len && memcmp(all.data, cut.data, all.len) != 0))
		abort();
	buf_free(&all);
	buf_free(&cut);
	return 0;
}
