#include "condition_private.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

#define CONTEXT_BYTES 160        /* of text before and behind a match */

/* The text without what would cut a character in two at its ends. */
static struct slice whole_characters(struct slice s)
{
	while (s.n && ((unsigned char)*s.p & 0xc0) == 0x80) {
		s.p++;
		s.n--;
	}
	for (size_t back = 1; back <= 3 && back <= s.n; back++) {
		unsigned char c = (unsigned char)s.p[s.n - back];

		if (c >= 0xc0) {
			size_t needs = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

			if (needs > back)
				s.n -= back;
			break;
		}
		if (c < 0x80)
			break;
	}
	return s;
}

static void add_part(struct buf *out, const char *name, const struct buf *text, size_t start, size_t end)
{
	buf_printf(out, ",\"%s\":", name);
	json_add_string(out, whole_characters((struct slice){text->data ? text->data + start : "", end - start}));
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Mask the whole text first and cut then: an identifier that is cut in two is none any more for the masker. */
static enum rc show_context(const struct evaluation *e, size_t id, struct slice text, struct mask_engine *engine,
			    struct mask_scope *scope, struct buf *out)
{
	struct mask_stream *m = NULL;
	struct buf read, masked, again;
	size_t start, end, at = 0;
	enum rc rc;

	buf_init(&read, text.n * 36 + 64);
	buf_init(&masked, BUF_MAX_DEFAULT);
	buf_init(&again, BUF_MAX_DEFAULT);
	rc = patterns_find(e->patterns, id, text, &read, &start, &end);
	if (rc == RC_OK)
		rc = mask_stream_new(engine, scope, NULL, &m);
	if (rc == RC_OK)
		rc = mask_feed(m, read.data, end, &masked);
	at = masked.len;                 /* what is still held in the masker stands behind it, and the match in or near it */
	if (rc == RC_OK)
		rc = mask_feed(m, read.data + end, read.len - end, &masked);
	if (rc == RC_OK)
		rc = mask_finish(m, &masked);
	if (rc != RC_OK)
		goto out;
	rc = patterns_find(e->patterns, id, buf_slice(&masked), &again, &start, &end);
	if (rc == RC_OK) {
		add_part(out, "before", &again, start - min_size(start, CONTEXT_BYTES), start);
		add_part(out, "match", &again, start, min_size(end, start + CONTEXT_BYTES));
		add_part(out, "after", &again, end, min_size(again.len, end + CONTEXT_BYTES));
	} else if (rc == RC_NOT_FOUND) {
		add_part(out, "before", &masked, at - min_size(at, CONTEXT_BYTES), at);
		buf_puts(out, ",\"match\":\"\"");
		add_part(out, "after", &masked, at, min_size(masked.len, at + 2 * CONTEXT_BYTES));
		rc = RC_OK;
	}
out:
	mask_stream_free(m);
	buf_free(&again);
	buf_free(&masked);
	buf_free(&read);
	return rc;
}

static bool text_matches(const struct evaluation *e, const struct condition *c, struct slice text, bool *hits, size_t *id)
{
	memset(hits, 0, patterns_count(e->patterns) * sizeof *hits);
	if (patterns_scan(e->patterns, text, hits) != RC_OK)
		return false;
	for (size_t i = 0; i < c->n_patterns; i++)
		if (hits[c->pattern[i]]) {
			*id = c->pattern[i];
			return true;
		}
	return false;
}

/* A member with what the caller chose, masked. */
static enum rc show_masked(struct mask_engine *engine, struct mask_scope *scope, const char *name, const char *text, struct buf *out)
{
	struct buf masked;
	enum rc rc;

	buf_init(&masked, 1 << 16);
	rc = mask_text(engine, scope, NULL, slice_str(text), &masked);
	buf_printf(out, ",\"%s\":", name);
	if (rc == RC_OK)
		rc = json_add_string(out, buf_slice(&masked));
	buf_free(&masked);
	return rc;
}

enum rc show_prompt_matches(const struct condition *c, struct evaluation *e, struct mask_engine *engine,
				   struct mask_scope *scope, struct buf *out)
{
	const struct prompt *prompt = e->facts->prompt;
	bool *hits = calloc(patterns_count(e->patterns) + 1, sizeof *hits);
	size_t first = e->pass_history ? e->facts->n_history : 0, id = 0;
	struct slice text = {0};
	enum rc rc = RC_FAULT;

	if (!hits)
		return RC_NOMEM;
	for (size_t i = first; prompt && i <= prompt->n_messages; i++) {
		bool is_message = i < prompt->n_messages;

		text = is_message ? condition_message(&prompt->messages[i]) : slice_str(prompt->other_text);
		if (!text_matches(e, c, text, hits, &id))
			continue;
		buf_puts(out, ",\"pattern\":");
		json_add_str(out, patterns_source(e->patterns, id));
		buf_printf(out, ",\"message\":%zu", is_message ? i + 1 : 0);
		rc = show_masked(engine, scope, "role", is_message ? prompt->messages[i].role : "", out);
		if (rc == RC_OK)
			rc = show_context(e, id, text, engine, scope, out);
		break;
	}
	free(hits);
	return rc;
}

/* A value that the caller chose is masked; who calls and which group of theirs the rule names is known to the approver anyway. */
enum rc show_value(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
			  struct buf *out)
{
	const struct facts *f = e->facts;

	if (c->kind == KIND_MODEL)
		return show_masked(engine, scope, "value", f->prompt->model, out);
	buf_puts(out, ",\"value\":");
	return json_add_str(out, c->kind == KIND_ROUTE ? f->route : c->kind == KIND_METHOD ? f->method :
			    c->kind == KIND_PURPOSE ? f->purpose : c->kind == KIND_USER ? f->user : condition_group(c, f));
}

enum rc show_over(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
			 struct buf *out)
{
	(void)engine;
	(void)scope;
	buf_printf(out, ",\"over\":%lld,\"value\":", (long long)c->over);
	if (c->kind == KIND_PHI_IN_PROMPT)
		return buf_printf(out, "%llu", (unsigned long long)condition_phi(e));
	if (c->kind == KIND_BODY_BYTES)
		return buf_printf(out, "%llu", (unsigned long long)e->facts->body_bytes);
	if (e->facts->prompt->max_tokens == INT64_MAX)
		return buf_puts(out, "null");
	return buf_printf(out, "%lld", (long long)e->facts->prompt->max_tokens);
}

enum rc show_flag(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
			 struct buf *out)
{
	(void)e;
	(void)engine;
	(void)scope;
	return buf_printf(out, ",\"value\":%s", c->flag ? "true" : "false");
}

enum rc show_opaque(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
			   struct buf *out)
{
	const struct prompt *prompt = e->facts->prompt;
	bool first = true;

	(void)c;
	(void)engine;
	(void)scope;
	buf_puts(out, ",\"value\":[");
	for (size_t i = 0; prompt && i < prompt->n_opaque; i++) {
		bool told = false;

		for (size_t k = 0; k < i && !told; k++)
			told = strcmp(prompt->opaque[k].kind, prompt->opaque[i].kind) == 0;
		if (told)
			continue;
		buf_puts(out, first ? "" : ",");
		json_add_str(out, prompt->opaque[i].kind);
		first = false;
	}
	return buf_putc(out, ']');
}

enum rc show_time(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope, struct buf *out)
{
	char local[TIMES_TEXT];

	(void)engine;
	(void)scope;
	buf_printf(out, ",\"value\":\"%s\",\"zone\":", times_local(c->times, e->facts->wall_ns, local));
	return json_add_str(out, times_zone(c->times));
}
