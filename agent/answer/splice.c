#include "splice_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- telling the sink ------------------------------------------------------------------------------------------------- */

void splice_replace(struct splice *s, size_t n, struct slice put)
{
	if (s->dropping) {
		put = s->null_put ? (struct slice){0} : SLICE("null");
		s->null_put = true;
	}
	s->down.edit(s->down.arg, s->copy, n, put);
	s->copy = 0;
}

void splice_copy(struct splice *s, size_t n)
{
	if (s->dropping)
		splice_replace(s, n, (struct slice){0});
	else
		s->copy += n;
}

void splice_flush(struct splice *s)
{
	if (s->copy)
		s->down.edit(s->down.arg, s->copy, 0, (struct slice){0});
	s->copy = 0;
}

void splice_text_changed(struct splice *s)
{
	for (int d = 0; d <= s->scan.depth; d++)
		s->level[d].changed = true;
}

/* The sink of the strings' texts. */
void splice_edit(void *arg, size_t n, size_t drop, struct slice put)
{
	struct splice *s = arg;

	splice_copy(s, n);
	if (drop || put.n) {
		if (s->role == ROLE_TEXT) {
			splice_text_changed(s);
			s->masked = true;
		}
		splice_replace(s, drop, put);
	}
}

/* ---- the value -------------------------------------------------------------------------------------------------------- */

void splice_reset(struct splice *s)
{
	s->scan = (struct jsonscan){0};
	s->level[0] = (struct level){.place = PATH_NONE, .object = true};
	s->member = s->shape ? PATH_ROOT : PATH_NONE;
	s->copy = s->part = 0;
	s->string = s->key_open = s->whole = s->dropping = s->masked = s->bracket = false;
	s->scalar_state = SCALAR_NONE;
	s->drop_depth = -1;
	buf_clear(&s->key);
	buf_clear(&s->name);
	buf_clear(&s->value);
	buf_clear(&s->raw);
	buf_clear(&s->scalar);
}

enum rc splice_new(const struct text_rules *shared, const struct splice_rules *rules, int depth, struct sink down,
		   struct splice **out)
{
	static const struct splice_rules none = {.again = -1, .string_max = 65536};
	struct splice *s = calloc(1, sizeof *s);

	*out = s;
	if (!s)
		return RC_NOMEM;
	s->shared = shared;
	s->rules = rules ? rules : &none;
	s->shape = s->rules->shape;
	s->depth = depth;
	s->down = down;
	buf_init(&s->key, KEY_MAX);
	buf_init(&s->name, OUTER_MAX + 1);
	buf_init(&s->value, s->rules->string_max + 65536);
	buf_init(&s->raw, (s->rules->string_max + 65536) * 6);
	buf_init(&s->scalar, SCALAR_MAX);
	splice_reset(s);
	return RC_OK;
}

void splice_free(struct splice *s)
{
	if (!s)
		return;
	text_free(s->text);
	buf_free(&s->key);
	buf_free(&s->name);
	buf_free(&s->value);
	buf_free(&s->raw);
	buf_free(&s->scalar);
	free(s);
}

/* "[NAME-3] was seen" is no JSON, which only what follows the bracket shows; "[n" may still go on as null. */
static bool may_begin_token(const struct splice *s, enum json_token token)
{
	return token == JSON_ARRAY && s->shared->tokens && (!s->shape || paths_item(s->shape->paths, s->level[s->scan.depth].place) == PATH_NONE);
}

static void bracket_end(struct splice *s, enum json_token token)
{
	if (!s->bracket || token == JSON_LITERAL || token == JSON_LITERAL_END)
		return;
	s->bracket = false;
	splice_copy(s, 1);
}

/* last: of a string's bytes, the quote that ends it follows. */
static enum rc token(struct splice *s, enum json_token token, struct slice bytes, bool last)
{
	enum rc rc = RC_OK;
	size_t raw_n;
	const char *raw;

	bracket_end(s, token);
	switch (token) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		rc = splice_value_bracket(s, token == JSON_OBJECT);
		s->bracket = may_begin_token(s, token);
		if (!s->bracket)
			splice_copy(s, bytes.n);
		return rc;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		rc = splice_scalar_end(s, s->scan.depth + 1);
		splice_copy(s, bytes.n);
		buf_clear(&s->key);
		splice_string_named(s, (struct slice){s->level[s->scan.depth + 1].named, s->level[s->scan.depth + 1].named_n});
		return rc == RC_OK ? splice_value_end(s, s->scan.depth) : rc;
	case JSON_COLON:
	case JSON_COMMA:
		rc = splice_scalar_end(s, s->scan.depth);
		splice_copy(s, bytes.n);
		return rc;
	case JSON_SPACE:
		return splice_scalar_space(s, bytes);
	case JSON_KEY:
	case JSON_STRING:
		rc = splice_string_begin(s, token == JSON_KEY);
		splice_copy(s, bytes.n);
		return rc;
	case JSON_RUN:
		return splice_string_bytes(s, bytes, bytes, last);
	case JSON_CHAR:
		raw = jsonscan_raw(&s->scan, &raw_n);
		return splice_string_bytes(s, text_character(&s->scan), (struct slice){raw, raw_n}, false);
	case JSON_STRING_END:
		return splice_string_end(s);
	case JSON_NUMBER:
		return splice_scalar_bytes(s, bytes, true);
	case JSON_LITERAL:
	case JSON_LITERAL_END:
		rc = splice_scalar_bytes(s, bytes, false);
		if (token == JSON_LITERAL_END)
			s->scalar_state = SCALAR_DONE;
		return rc;
	case JSON_NUMBER_END:
		s->scalar_state = SCALAR_DONE;
		return RC_OK;
	case JSON_MORE:
	case JSON_BAD:
		break;
	}
	return RC_FAULT;
}

enum rc splice_feed(struct splice *s, struct slice in, size_t *used)
{
	enum rc rc = RC_OK;

	*used = 0;
	while (rc == RC_OK) {
		size_t from = *used;
		enum json_token t = jsonscan_next(&s->scan, in.p, in.n, used);

		s->part = s->string ? (size_t)(s->scan.n_part - s->scan.n_used) : 0;
		if (t == JSON_MORE)
			break;
		if (t == JSON_BAD) {
			s->part -= *used - from;         /* its last bytes are of this input, and stay there */
			*used = from;
			rc = RC_BAD;
		} else {
			rc = token(s, t, (struct slice){in.p + from, *used - from}, *used < in.n && in.p[*used] == '"');
		}
	}
	splice_flush(s);
	return rc;
}

bool splice_whole(const struct splice *s)
{
	return jsonscan_whole(&s->scan);
}

enum rc splice_end(struct splice *s)
{
	enum rc rc = splice_scalar_end(s, s->scan.depth);

	splice_flush(s);
	return rc;
}

size_t splice_undecided(const struct splice *s)
{
	return s->part + (s->scalar_long ? 0 : s->scalar.len) + s->bracket;
}

/* Inside a string its text goes on: what is no JSON may still go on with what the string began. */
enum rc splice_break(struct splice *s, struct slice before)
{
	enum rc rc;

	if (s->string && s->whole)
		rc = splice_string_give_up(s, false);
	else
		rc = splice_string_text(s);
	if (rc == RC_OK && !s->string)
		rc = text_context(s->text, before);
	if (rc == RC_OK && !s->string)
		text_unquote(s->text);
	if (!s->string)
		s->role = ROLE_ANY;
	if (s->scalar_state != SCALAR_NONE && !s->scalar_long && s->drop_depth == s->scan.depth) {
		s->dropping = false;                     /* it is no value, and nothing of it was dropped */
		s->drop_depth = -1;
	}
	if (rc == RC_OK && s->bracket)
		rc = text_feed(s->text, SLICE("["), 1);
	s->bracket = false;
	if (rc == RC_OK && s->scalar.len && !s->scalar_long)
		rc = text_feed(s->text, buf_slice(&s->scalar), s->scalar.len);
	if (rc == RC_OK && s->part)
		rc = text_feed(s->text, (struct slice){s->scan.part, s->part}, s->part);
	buf_clear(&s->scalar);
	splice_flush(s);
	return rc;
}

enum rc splice_rest(struct splice *s, struct slice in)
{
	enum rc rc = text_feed(s->text, in, in.n);

	splice_flush(s);
	return rc;
}

enum rc splice_rest_end(struct splice *s)
{
	enum rc rc = text_end(s->text);

	splice_flush(s);
	return rc;
}

bool splice_texts(const struct splice *s)
{
	return s->level[0].texts;
}

bool splice_changed(const struct splice *s)
{
	return s->level[0].changed;
}

bool splice_masked(const struct splice *s)
{
	return s->masked;
}
