#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"
#include "splice.h"
#include "token.h"

#define SPACE_MAX 64                             /* white space before JSON in a string */
#define TAIL_MAX 64                              /* what plain text after broken JSON knows of it */
#define CONTEXT_MAX 4096
#define SCRATCH_MAX ((size_t)64 << 20)

/* Characters whose raw form is not the character itself, in order. */
struct escape {
	uint32_t gap;                    /* bytes before it that stand for themselves */
	uint8_t text_n, raw_n;
};

struct text {
	const struct text_rules *shared;
	const struct splice_rules *rules;
	bool quoted, in_line, one_value, key;
	int depth;
	enum { TEXT_BEGINS, TEXT_PLAIN, TEXT_JSON, TEXT_BROKEN } mode;
	struct sink down;
	struct mask_stream *mask;
	struct token_stream *tokens;     /* in its place */
	struct splice *inner;
	struct buf context;              /* what stands before the text */
	struct buf space;                /* white space at the beginning, of which nothing is decided */
	struct buf tail;                 /* the last bytes that went into inner */
	struct escape *escapes;
	size_t n_escapes, first_escape, room_escapes;
	uint32_t gap;                    /* plain bytes behind the last escape */
	size_t at;                       /* bytes of the plain text that have gone to the sink */
	struct mask_span *spans;
	size_t n_spans, room_spans;
	struct buf masked, put;          /* scratch */
	enum rc rc;
};

enum rc outlet_add(struct outlet *o, struct slice bytes)
{
	buf_consume(&o->pending, o->at);
	o->at = 0;
	return buf_add_slice(&o->pending, bytes);
}

bool outlet_holds(const struct outlet *o)
{
	return o->at < o->pending.len;
}

void outlet_edit(void *arg, size_t copy, size_t drop, struct slice put)
{
	struct outlet *o = arg;

	if (copy)
		buf_add(o->out, o->pending.data + o->at, copy);
	if (put.n)
		buf_add_slice(o->out, put);
	if (o->spans && o->spans->now && drop) {
		struct mask_span span = *o->spans->now;

		span.start = o->offset + copy;
		span.end = span.start + drop;
		span.replaced_by = put.n;
		o->spans->on_span(o->spans->arg, &span);
	}
	o->offset += copy + drop;
	o->at += copy + drop;
	o->edited = o->edited || drop || put.n;
}

enum rc text_escape(struct slice text, struct buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(out, text.p + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\t' || c == '\r')
			buf_puts(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		else
			buf_printf(out, "\\u%04x", c);
	}
	return buf_add(out, text.p + from, text.n - from);
}

/* ---- from bytes of the text to bytes of its raw form ------------------------------------------------------------------ */

static enum rc note(struct text *t, size_t n, size_t raw_n)
{
	if (n == raw_n) {
		t->gap += (uint32_t)n;
		return RC_OK;
	}
	if (t->first_escape && t->first_escape == t->n_escapes)
		t->first_escape = t->n_escapes = 0;
	if (t->n_escapes == t->room_escapes && t->first_escape > t->n_escapes / 2) {
		t->n_escapes -= t->first_escape;
		memmove(t->escapes, t->escapes + t->first_escape, t->n_escapes * sizeof *t->escapes);
		t->first_escape = 0;
	}
	if (t->n_escapes == t->room_escapes) {
		size_t room = t->room_escapes ? t->room_escapes * 2 : 16;
		struct escape *more = realloc(t->escapes, room * sizeof *more);

		if (!more)
			return RC_NOMEM;
		t->escapes = more;
		t->room_escapes = room;
	}
	t->escapes[t->n_escapes++] = (struct escape){t->gap, (uint8_t)n, (uint8_t)raw_n};
	t->gap = 0;
	return RC_OK;
}

/* How many raw bytes spell the next n bytes of the text; they are taken off. */
static size_t take(struct text *t, size_t n)
{
	size_t raw = 0;

	while (n) {
		bool plain = t->first_escape == t->n_escapes;
		struct escape *e = plain ? NULL : &t->escapes[t->first_escape];
		uint32_t *gap = plain ? &t->gap : &e->gap;

		if (*gap) {
			size_t piece = n < *gap ? n : *gap;

			*gap -= (uint32_t)piece;
			raw += piece;
			n -= piece;
		} else if (e) {
			raw += e->raw_n;
			n -= e->text_n < n ? e->text_n : n;
			t->first_escape++;
		} else {
			t->rc = RC_FAULT;                        /* more than there is: cannot be */
			return raw;
		}
	}
	return raw;
}

/* Are there bytes that were never told to the sink? */
static bool left_over(const struct text *t)
{
	return t->gap || t->first_escape < t->n_escapes;
}

/* A value that is put back may hold ends of lines, and they are spaces where the framing's own lines are. */
static void one_line(struct slice put, struct buf *out)
{
	for (size_t i = 0; i < put.n; i++)
		buf_putc(out, put.p[i] == '\n' || put.p[i] == '\r' ? ' ' : put.p[i]);
}

/* The sink of what masks this text. */
static void edit(void *arg, size_t copy, size_t drop, struct slice put)
{
	struct text *t = arg;
	size_t raw_copy = take(t, copy), raw_drop = take(t, drop);

	if (t->quoted && put.n) {
		buf_clear(&t->put);
		text_escape(put, &t->put);
		if (t->put.rc != RC_OK)
			t->rc = t->put.rc;
		put = buf_slice(&t->put);
	} else if (t->in_line && put.n) {
		buf_clear(&t->put);
		one_line(put, &t->put);
		if (t->put.rc != RC_OK)
			t->rc = t->put.rc;
		put = buf_slice(&t->put);
	}
	t->down.edit(t->down.arg, raw_copy, raw_drop, put);
}

/* ---- as plain text ---------------------------------------------------------------------------------------------------- */

static void on_span(void *arg, const struct mask_span *span)
{
	struct text *t = arg;

	if (t->n_spans == t->room_spans) {
		size_t room = t->room_spans ? t->room_spans * 2 : 8;
		struct mask_span *more = realloc(t->spans, room * sizeof *more);

		if (!more) {
			t->rc = RC_NOMEM;
			return;
		}
		t->spans = more;
		t->room_spans = room;
	}
	t->spans[t->n_spans++] = *span;
}

/* What the masking gave, as edits. */
static void pass_on(struct text *t)
{
	size_t at = 0;

	for (size_t i = 0; i < t->n_spans; i++) {
		const struct mask_span *s = &t->spans[i];
		size_t copy = s->start - t->at;

		at += copy;
		if (t->shared->spans)
			t->shared->spans->now = s;
		edit(t, copy, s->end - s->start, (struct slice){t->masked.data + at, s->replaced_by});
		at += s->replaced_by;
		t->at = s->end;
	}
	t->n_spans = 0;
	if (t->shared->spans)
		t->shared->spans->now = NULL;
	if (at < t->masked.len) {
		edit(t, t->masked.len - at, 0, (struct slice){0});
		t->at += t->masked.len - at;
	}
	buf_clear(&t->masked);
}

static enum rc plain_feed(struct text *t, struct slice in, bool last)
{
	enum rc rc;

	if (t->shared->usage)
		t->shared->usage->text_bytes += in.n;
	if (t->tokens)
		rc = token_feed(t->tokens, in, &t->masked);
	else
		rc = last ? mask_feed_last(t->mask, in.p, in.n, &t->masked) : mask_feed(t->mask, in.p, in.n, &t->masked);
	if (rc == RC_OK)
		rc = t->masked.rc;
	if (rc == RC_OK)
		pass_on(t);
	return rc == RC_OK ? t->rc : rc;
}

static enum rc plain_begin(struct text *t, struct slice before)
{
	enum rc rc = RC_OK;

	t->mode = TEXT_PLAIN;
	t->at = 0;
	if (t->shared->tokens)
		return t->tokens ? RC_OK : token_stream_new(t->shared->tokens, on_span, t, &t->tokens);
	if (!t->mask) {
		rc = mask_stream_new(t->shared->engine, t->shared->scope, t->shared->counts, &t->mask);
		if (rc == RC_OK) {
			mask_stream_on_span(t->mask, on_span, t);
			mask_stream_secret(t->mask, t->shared->credential);
		}
	}
	if (rc == RC_OK && t->key)
		mask_stream_key(t->mask);
	return rc == RC_OK && before.n ? mask_context(t->mask, before) : rc;
}

/* ---- as JSON ---------------------------------------------------------------------------------------------------------- */

static void keep_tail(struct text *t, struct slice in)
{
	const size_t max = TAIL_MAX + SPLICE_UNDECIDED;

	if (in.n > max)
		in = (struct slice){in.p + in.n - max, max};
	buf_add_slice(&t->tail, in);
	if (t->tail.len > max)
		buf_consume(&t->tail, t->tail.len - max);
}

/* No JSON from *rest on: what was not decided, and the rest, go on as text, which knows the end of what came before. */
static enum rc break_off(struct text *t, struct slice rest)
{
	struct slice known = buf_slice(&t->tail);
	struct buf before;
	enum rc rc;

	t->mode = TEXT_BROKEN;
	known.n -= splice_undecided(t->inner);
	if (known.n > TAIL_MAX)
		known = (struct slice){known.p + known.n - TAIL_MAX, TAIL_MAX};
	buf_init(&before, CONTEXT_MAX + TAIL_MAX);
	buf_add_slice(&before, buf_slice(&t->context));
	rc = buf_add_slice(&before, known);
	if (rc == RC_OK)
		rc = splice_break(t->inner, buf_slice(&before));
	if (rc == RC_OK)
		rc = splice_rest(t->inner, rest);
	buf_free(&before);
	return rc;
}

static enum rc json_feed(struct text *t, struct slice in)
{
	size_t used = 0;
	enum rc rc = splice_feed(t->inner, in, &used);

	keep_tail(t, (struct slice){in.p, used});
	if (rc == RC_BAD && t->one_value && splice_whole(t->inner) && in.p[used] == '{')
		return RC_BAD;
	if (rc == RC_BAD)
		rc = break_off(t, (struct slice){in.p + used, in.n - used});
	return rc == RC_OK ? t->rc : rc;
}

/* ---- either ----------------------------------------------------------------------------------------------------------- */

enum rc text_new(const struct text_rules *shared, const struct splice_rules *rules, bool quoted, int depth, struct sink down,
		 struct text **out)
{
	struct text *t = calloc(1, sizeof *t);

	*out = t;
	if (!t)
		return RC_NOMEM;
	t->shared = shared;
	t->rules = rules;
	t->quoted = quoted;
	t->depth = depth;
	t->down = down;
	buf_init(&t->context, CONTEXT_MAX);
	buf_init(&t->space, SPACE_MAX);
	buf_init(&t->tail, 2 * (TAIL_MAX + SPLICE_UNDECIDED));
	buf_init(&t->masked, SCRATCH_MAX);
	buf_init(&t->put, SCRATCH_MAX);
	return RC_OK;
}

void text_free(struct text *t)
{
	if (!t)
		return;
	mask_stream_free(t->mask);
	token_stream_free(t->tokens);
	splice_free(t->inner);
	buf_free(&t->context);
	buf_free(&t->space);
	buf_free(&t->tail);
	buf_free(&t->masked);
	buf_free(&t->put);
	free(t->escapes);
	free(t->spans);
	free(t);
}

enum rc text_context(struct text *t, struct slice before)
{
	return buf_add_slice(&t->context, before);
}

void text_key(struct text *t)
{
	t->key = true;
}

void text_in_line(struct text *t)
{
	t->in_line = true;
}

void text_one_value(struct text *t)
{
	t->one_value = true;
}

void text_unquote(struct text *t)
{
	t->quoted = false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* At the top all is JSON until it breaks; in a string the first byte that is no space says what the text is taken for. */
static enum rc begin(struct text *t, struct slice *in)
{
	size_t n = 0;
	enum rc rc;

	while (!t->rules && n < in->n && t->space.len + n < SPACE_MAX && is_space(in->p[n]))
		n++;
	if (n == in->n) {
		rc = buf_add(&t->space, in->p, n);
		in->n = 0;
		return rc;
	}
	if (t->rules || (t->depth < TEXT_DEPTH && (in->p[n] == '{' || in->p[n] == '['))) {
		t->mode = TEXT_JSON;
		rc = splice_new(t->shared, t->rules, t->depth, (struct sink){edit, t}, &t->inner);
		if (rc == RC_OK && t->space.len)
			rc = json_feed(t, buf_slice(&t->space));
	} else {
		rc = plain_begin(t, buf_slice(&t->context));
		if (rc == RC_OK && t->space.len)
			rc = plain_feed(t, buf_slice(&t->space), false);
	}
	buf_clear(&t->space);
	return rc;
}

static enum rc feed(struct text *t, struct slice in, size_t raw_n, bool last)
{
	enum rc rc = note(t, in.n, raw_n);

	if (rc == RC_OK && t->mode == TEXT_BEGINS && in.n)
		rc = begin(t, &in);
	if (rc != RC_OK || !in.n)
		return rc;
	switch (t->mode) {
	case TEXT_BEGINS:
	case TEXT_PLAIN:
		return plain_feed(t, in, last);
	case TEXT_JSON:
		return json_feed(t, in);
	case TEXT_BROKEN:
		rc = splice_rest(t->inner, in);
		return rc == RC_OK ? t->rc : rc;
	}
	return RC_FAULT;
}

enum rc text_feed(struct text *t, struct slice in, size_t raw_n)
{
	return feed(t, in, raw_n, false);
}

enum rc text_feed_last(struct text *t, struct slice in, size_t raw_n)
{
	return feed(t, in, raw_n, true);
}

struct slice text_character(const struct jsonscan *scan)
{
	return scan->flaw == JSON_SOUND ? (struct slice){scan->text, scan->n_text} : SLICE("\xff");
}

enum rc text_feed_string(struct text *t, struct slice raw)
{
	const struct slice inputs[] = {SLICE("\""), raw, SLICE("\"")};
	struct jsonscan scan = {0};
	enum rc rc = RC_OK;

	/* the quotes around it: only behind the last one is it sure what the last characters are */
	for (size_t i = 0; i < 3 && rc == RC_OK; i++)
		for (size_t at = 0; rc == RC_OK;) {
			size_t from = at, raw_n;
			enum json_token token = jsonscan_next(&scan, inputs[i].p, inputs[i].n, &at);

			if (token == JSON_CHAR) {
				(void)jsonscan_raw(&scan, &raw_n);
				rc = text_feed(t, text_character(&scan), raw_n);
			} else if (token == JSON_RUN) {
				rc = text_feed(t, (struct slice){inputs[i].p + from, at - from}, at - from);
			} else if (token == JSON_MORE || token == JSON_STRING_END) {
				break;
			} else if (token != JSON_STRING) {
				rc = RC_FAULT;                   /* it was read before */
			}
		}
	return rc;
}

enum rc text_end(struct text *t)
{
	enum rc rc = RC_OK;

	if (t->mode == TEXT_BEGINS && t->space.len)
		edit(t, t->space.len, 0, (struct slice){0});
	if (t->mode == TEXT_JSON && splice_whole(t->inner))
		rc = splice_end(t->inner);
	else if (t->mode == TEXT_JSON)
		rc = break_off(t, (struct slice){0});
	if (rc == RC_OK && t->mode == TEXT_BROKEN)
		rc = splice_rest_end(t->inner);
	if (rc == RC_OK && t->mode == TEXT_PLAIN) {
		rc = t->tokens ? token_finish(t->tokens, &t->masked) : mask_finish(t->mask, &t->masked);
		if (rc == RC_OK)
			pass_on(t);
	}
	if (rc == RC_OK && t->rc == RC_OK && left_over(t))
		rc = RC_FAULT;                           /* bytes of which nobody said what becomes of them */
	splice_free(t->inner);
	t->inner = NULL;
	t->mode = TEXT_BEGINS;
	t->key = false;
	t->n_escapes = t->first_escape = 0;
	t->gap = 0;
	buf_clear(&t->context);
	buf_clear(&t->space);
	buf_clear(&t->tail);
	return rc == RC_OK ? t->rc : rc;
}
