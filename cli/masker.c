#include "masker.h"

#include <stdlib.h>
#include <string.h>

#include "../agent/answer/answer.h"
#include "jsonscan.h"
#include "wipe.h"

#define SPACE_MAX 64                             /* white space before JSON; behind more of it all is plain text */

struct masker {
	struct mask_engine *engine;
	struct mask_scope *scope;
	void (*on_span)(void *arg, const struct mask_span *span);
	void *arg;
	enum { TEXT_BEGINS, TEXT_PLAIN, TEXT_JSON } mode;
	char space[SPACE_MAX];                   /* what stands before the text's first character */
	size_t n_space;
	struct mask_stream *plain;
	struct answer *json;
	size_t begun, taken;                     /* bytes of all texts before the one that is read; of that one */
	/* is it JSON so far, and where in it is the reading? */
	struct jsonscan scan;
	bool sound, line_ended;                  /* a line has ended behind its value */
};

enum rc masker_new(struct mask_engine *engine, struct mask_scope *scope, void (*on_span)(void *arg, const struct mask_span *span), void *arg,
		   struct masker **out)
{
	struct masker *m = calloc(1, sizeof *m);

	*out = m;
	if (!m)
		return RC_NOMEM;
	m->engine = engine;
	m->scope = scope;
	m->on_span = on_span;
	m->arg = arg;
	return RC_OK;
}

void masker_free(struct masker *m)
{
	if (!m)
		return;
	mask_stream_free(m->plain);
	answer_free(m->json);
	wipe(m, sizeof *m);
	free(m);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void on_json_span(void *arg, const struct mask_span *span)
{
	struct masker *m = arg;
	struct mask_span moved = *span;

	moved.start += m->begun;
	moved.end += m->begun;
	m->on_span(m->arg, &moved);
}

static enum rc begin_json(struct masker *m)
{
	const struct answer_options options = {
		.framing = FRAMING_TEXT, .engine = m->engine, .scope = m->scope, .event_max_bytes = 1 << 20, .streams_max = 1,
	};
	enum rc rc = answer_new(&options, &m->json);

	if (rc == RC_OK && m->on_span)
		answer_on_span(m->json, on_json_span, m);
	m->mode = TEXT_JSON;
	m->scan = (struct jsonscan){0};
	m->sound = true;
	m->line_ended = false;
	return rc;
}

static enum rc begin_plain(struct masker *m)
{
	enum rc rc = mask_stream_new(m->engine, m->scope, NULL, &m->plain);

	if (rc == RC_OK && m->on_span)
		mask_stream_on_span(m->plain, m->on_span, m->arg);
	m->mode = TEXT_PLAIN;
	return rc;
}

static enum rc feed_json(struct masker *m, struct slice in, struct buf *out)
{
	size_t end_at = SIZE_MAX;

	m->taken += in.n;
	return answer_feed(m->json, in, out, &end_at);
}

/* How many bytes of in belong to the value that is read; *next: another one begins behind them. */
static size_t of_value(struct masker *m, struct slice in, bool *next)
{
	size_t at = 0;

	*next = false;
	while (m->sound && at < in.n) {
		enum json_token token;

		if (!jsonscan_done(&m->scan)) {
			token = jsonscan_next(&m->scan, in.p, in.n, &at);
			m->sound = token != JSON_BAD;
			if (token == JSON_MORE)
				break;
		} else if (is_space(in.p[at])) {
			m->line_ended = m->line_ended || in.p[at] == '\n';
			at++;
		} else {
			*next = m->line_ended && (in.p[at] == '{' || in.p[at] == '[');
			m->sound = *next;
			return *next ? at : in.n;
		}
	}
	return in.n;
}

static enum rc end_json(struct masker *m, struct buf *out)
{
	size_t end_at = SIZE_MAX;
	enum rc rc = answer_finish(m->json, out, &end_at);

	answer_free(m->json);
	m->json = NULL;
	m->begun += m->taken;
	m->taken = 0;
	return rc;
}

static enum rc feed_values(struct masker *m, struct slice in, struct buf *out)
{
	bool next = false;
	enum rc rc = RC_OK;

	do {
		size_t n = of_value(m, in, &next);

		rc = feed_json(m, (struct slice){in.p, n}, out);
		in = (struct slice){in.p + n, in.n - n};
		if (rc == RC_OK && next)
			rc = end_json(m, out);
		if (rc == RC_OK && next)
			rc = begin_json(m);
	} while (rc == RC_OK && next);
	return rc;
}

/* The first character decides. */
static enum rc begin(struct masker *m, char first, struct buf *out)
{
	bool json = (first == '{' || first == '[') && m->n_space < SPACE_MAX;
	enum rc rc = json ? begin_json(m) : begin_plain(m);

	if (rc == RC_OK && m->n_space)
		rc = json ? feed_json(m, (struct slice){m->space, m->n_space}, out) : mask_feed(m->plain, m->space, m->n_space, out);
	return rc;
}

enum rc masker_feed(struct masker *m, struct slice in, struct buf *out)
{
	enum rc rc = RC_OK;

	while (m->mode == TEXT_BEGINS && in.n && rc == RC_OK) {
		if (is_space(*in.p) && m->n_space < SPACE_MAX) {
			m->space[m->n_space++] = *in.p;
			in = (struct slice){in.p + 1, in.n - 1};
		} else {
			rc = begin(m, *in.p, out);
		}
	}
	if (rc != RC_OK || !in.n)
		return rc;
	return m->mode == TEXT_JSON ? feed_values(m, in, out) : mask_feed(m->plain, in.p, in.n, out);
}

enum rc masker_finish(struct masker *m, struct buf *out)
{
	enum rc rc = m->mode == TEXT_BEGINS ? begin(m, '\0', out) : RC_OK;

	if (rc != RC_OK)
		return rc;
	return m->mode == TEXT_JSON ? end_json(m, out) : mask_finish(m->plain, out);
}
