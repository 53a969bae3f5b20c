/* One text that is read for tokens. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "token_private.h"

#define WINDOW_MAX ((size_t)64 << 20)

struct token_reader {
	struct token_map *map;
	const char **kinds;
	size_t n_kinds;
	size_t n;                        /* answers: tokens that count */
	struct mask_scope *scope;        /* requests: what is found becomes a token; NULL: its value */
};

struct token_stream {
	const struct token_reader *reader;
	void (*on_span)(void *arg, const struct mask_span *span);
	void *arg;
	size_t offset;                   /* of held[0] in the text */
	struct buf held;
};

static struct token_reader *reader_new(struct token_map *map)
{
	struct token_reader *r = calloc(1, sizeof *r);

	if (r)
		r->map = map;
	return r;
}

/* Of all tokens that were given so far. */
static enum rc reader_of(struct token_map *map, struct token_reader **out)
{
	struct token_reader *r = reader_new(map);

	*out = NULL;
	if (!r)
		return RC_NOMEM;
	r->n = token_map_count(map);
	r->kinds = token_map_kinds(map, &r->n_kinds);
	if (!r->kinds) {
		token_reader_free(r);
		return RC_NOMEM;
	}
	*out = r;
	return RC_OK;
}

enum rc token_reader_answer(struct mask_scope *session, struct token_reader **out)
{
	struct token_map *map = scope_given(session);

	*out = NULL;
	return map && token_map_count(map) ? reader_of(map, out) : RC_OK;
}

enum rc token_reader_request(const struct mask_engine *engine, struct mask_scope *scope, struct token_reader **out)
{
	struct token_reader *r;

	*out = NULL;
	if (!scope_tokens(scope))
		return RC_OK;
	*out = r = reader_new(scope_tokens(scope));
	if (!r || !(r->kinds = calloc(ENTITY_COUNT + engine->n_custom, sizeof *r->kinds)))
		return RC_NOMEM;
	for (int i = 0; i < ENTITY_CUSTOM; i++)
		r->kinds[r->n_kinds++] = entity_name((enum entity)i);
	for (size_t i = 0; i < engine->n_custom; i++)
		if (!engine->custom[i].builtin)
			r->kinds[r->n_kinds++] = engine->custom[i].name;
	r->scope = scope;
	return RC_OK;
}

void token_reader_free(struct token_reader *r)
{
	if (!r)
		return;
	free(r->kinds);
	free(r);
}

enum rc token_stream_new(const struct token_reader *reader, void (*on_span)(void *arg, const struct mask_span *span), void *arg,
			 struct token_stream **out)
{
	struct token_stream *s = calloc(1, sizeof *s);

	*out = s;
	if (!s)
		return RC_NOMEM;
	s->reader = reader;
	s->on_span = on_span;
	s->arg = arg;
	buf_init(&s->held, WINDOW_MAX);
	return RC_OK;
}

void token_stream_free(struct token_stream *s)
{
	if (!s)
		return;
	buf_free(&s->held);
	free(s);
}

/* The bytes from at on, in percent-encoding but for what never needs it (RFC 3986, section 2.3). */
static enum rc encode_from(struct buf *out, size_t at)
{
	struct buf plain;

	buf_init(&plain, WINDOW_MAX);
	buf_add(&plain, out->data + at, out->len - at);
	buf_truncate(out, at);
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.data[i];

		if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~')
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
	buf_free(&plain);
	return out->rc;
}

/* What stands for a token that was found. false: nothing, it stays. */
static bool put(const struct token_reader *r, const struct token_name *name, struct slice text, struct buf *out, enum rc *rc)
{
	uint64_t number;

	if (!r->scope) {
		size_t at = out->len;

		if (!token_map_value(r->map, r->n, name, out))
			return false;
		*rc = name->coded ? encode_from(out, at) : out->rc;
		return *rc == RC_OK;
	}
	number = scope_number(r->scope, name->kind, ENTITY_CUSTOM, text);
	*rc = token_give(r->map, name->kind, number, text, (struct slice){name->shown, name->shown_n}, out);
	return *rc == RC_OK;
}

/* All of the text that can be decided. *used: bytes of it that are. */
static enum rc work(struct token_stream *s, struct slice text, bool final, size_t *used, struct buf *out)
{
	const struct token_reader *r = s->reader;
	size_t at = 0, kept = 0;
	enum rc rc = RC_OK;

	for (; rc == RC_OK && (at = token_begins(text, at)) < text.n;) {
		struct slice rest = {text.p + at, text.n - at};
		struct token_name name;
		struct mask_span span = {.start = s->offset + at};
		size_t n, before;
		enum token_match m = token_match(r->kinds, r->n_kinds, rest, &name, &n);

		if (m == TOKEN_BEGUN && !final)
			break;
		if (m != TOKEN_WHOLE) {
			at++;
			continue;
		}
		buf_add(out, text.p + kept, at - kept);
		kept = at;
		before = out->len;
		at++;
		if (put(r, &name, (struct slice){rest.p, n}, out, &rc)) {
			kept = at += n - 1;
			span.end = s->offset + at;
			span.replaced_by = out->len - before;
			s->on_span(s->arg, &span);
		}
	}
	buf_add(out, text.p + kept, at - kept);
	*used = at;
	s->offset += at;
	return rc == RC_OK ? out->rc : rc;
}

enum rc token_feed(struct token_stream *s, struct slice in, struct buf *out)
{
	size_t used;
	enum rc rc;

	if (s->held.len) {
		rc = buf_add_slice(&s->held, in);
		if (rc == RC_OK)
			rc = work(s, buf_slice(&s->held), false, &used, out);
		if (rc == RC_OK)
			buf_consume(&s->held, used);
		return rc;
	}
	rc = work(s, in, false, &used, out);
	return rc == RC_OK ? buf_add(&s->held, in.p + used, in.n - used) : rc;
}

enum rc token_finish(struct token_stream *s, struct buf *out)
{
	size_t used;
	enum rc rc = work(s, buf_slice(&s->held), true, &used, out);

	buf_clear(&s->held);
	s->offset = 0;
	return rc;
}

static void no_span(void *arg, const struct mask_span *span)
{
	(void)arg;
	(void)span;
}

enum rc token_map_read(struct token_map *map, struct slice text, struct buf *out)
{
	struct token_stream *s = NULL;
	struct token_reader *r;
	enum rc rc = reader_of(map, &r);

	if (rc == RC_OK)
		rc = token_stream_new(r, no_span, NULL, &s);
	if (rc == RC_OK)
		rc = token_feed(s, text, out);
	if (rc == RC_OK)
		rc = token_finish(s, out);
	token_stream_free(s);
	token_reader_free(r);
	return rc;
}
