/* Strings of JSON: masked as they come, or collected and decided at their end. */
#include <string.h>
#include <strings.h>

#include "plain.h"
#include "splice_private.h"

#define ID_MAX 4096

enum rc splice_string_text(struct splice *s)
{
	return s->text ? RC_OK : text_new(s->shared, NULL, true, s->depth + 1, (struct sink){splice_edit, s}, &s->text);
}

/* Does the key say nothing but that a value follows? What it is of, a member before it says. */
static bool is_value(struct slice key)
{
	return slice_is_nocase(key, "val") || slice_is_nocase(key, "answer") || (key.n >= 5 && strncasecmp(key.p, "value", 5) == 0);
}

void splice_string_named(struct splice *s, struct slice name)
{
	struct level *l = &s->level[s->scan.depth];

	if (!name.n || name.n > OUTER_MAX)
		return;
	memcpy(l->named, name.p, name.n);
	l->named_n = (uint8_t)name.n;
}

enum rc splice_string_label(const struct splice *s, int depth, struct buf *out)
{
	const struct level *l = &s->level[depth];

	buf_init(out, 2 * OUTER_MAX + KEY_MAX + 4);
	/* What names it comes first: a string that does not takes nothing from the keys, which are nearer. */
	if (l->object && l->named_n && is_value(buf_slice(&s->key))) {
		buf_add(out, l->named, l->named_n);
		buf_putc(out, ' ');
	}
	if (l->object && l->outer_n) {                   /* "identifier": {"value": "84729315"} */
		buf_add(out, l->outer, l->outer_n);
		buf_putc(out, ' ');
	}
	buf_add_slice(out, buf_slice(&s->key));
	return buf_puts(out, ": ");
}

/* A string that is masked as it comes, and what stands before it. */
static enum rc begin_text(struct splice *s)
{
	struct buf before;
	enum rc rc = splice_string_text(s);

	if (rc == RC_OK && s->key_open)
		text_key(s->text);
	if (rc != RC_OK || s->key_open)
		return rc;
	if (s->role == ROLE_TEXT)
		return s->rules->continues.n ? text_context(s->text, s->rules->continues) : RC_OK;
	if (!s->key.len)
		return RC_OK;
	rc = splice_string_label(s, s->scan.depth, &before);
	if (rc == RC_OK)
		rc = text_context(s->text, buf_slice(&before));
	buf_free(&before);
	return rc;
}

enum rc splice_string_begin(struct splice *s, bool key)
{
	enum rc rc = RC_OK;

	s->string = true;
	s->key_open = key;
	if (key) {
		s->role = ROLE_ANY;
		buf_clear(&s->key);
	} else {
		rc = splice_value_begin(s, s->scan.depth, KIND_STRING);
	}
	if (s->role == ROLE_TEXT)
		for (int d = 0; d <= s->scan.depth; d++)
			s->level[d].texts = true;
	s->whole = (s->role != ROLE_ANY && s->role != ROLE_TEXT) || splice_value_streamed(s) ||
		   (key && s->level[s->scan.depth].place != PATH_NONE);
	return rc == RC_OK && !s->whole ? begin_text(s) : rc;
}

static size_t whole_max(const struct splice *s)
{
	return s->role == ROLE_ID ? ID_MAX : s->role == ROLE_VECTOR ? s->rules->string_max : PLAIN_MAX;
}

/* What was collected, and is not what it was taken for, is masked as text from its beginning. ended: it is all of the string. */
enum rc splice_string_give_up(struct splice *s, bool ended)
{
	enum rc rc;

	s->whole = false;
	rc = begin_text(s);
	if (rc == RC_OK && ended && s->value.len == s->raw.len)  /* no escapes: each is longer than what it stands for */
		rc = text_feed_last(s->text, buf_slice(&s->value), s->value.len);
	else if (rc == RC_OK)
		rc = text_feed_string(s->text, buf_slice(&s->raw));
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return rc;
}

/* last: the string's end is seen to follow. */
enum rc splice_string_bytes(struct splice *s, struct slice text, struct slice raw, bool last)
{
	enum rc rc;

	if (s->key_open) {
		size_t room = KEY_MAX - s->key.len;

		buf_add(&s->key, text.p, text.n < room ? text.n : room);
	} else if (s->name.len <= OUTER_MAX) {
		size_t room = OUTER_MAX + 1 - s->name.len;

		buf_add(&s->name, text.p, text.n < room ? text.n : room);
	}
	if (!s->whole)
		return last ? text_feed_last(s->text, text, raw.n) : text_feed(s->text, text, raw.n);
	rc = buf_add_slice(&s->raw, raw);
	if (rc != RC_OK || s->role == ROLE_TEXT)
		return rc;
	rc = buf_add_slice(&s->value, text);
	return rc == RC_OK && s->value.len > whole_max(s) ? splice_string_give_up(s, false) : rc;
}

static bool passes(struct splice *s)
{
	struct slice v = buf_slice(&s->value);

	if (s->raw.len != s->value.len)
		return false;
	if (s->key_open)                                 /* keys that the protocol names */
		return paths_named(s->shape->paths, paths_member(s->shape->paths, s->level[s->scan.depth].place, v));
	if (s->role == ROLE_TITLE)
		return plain_title(s->shared, v);
	return s->role == ROLE_VECTOR ? plain_vector(v) : s->role == ROLE_TIME ? plain_time(v) : plain_word(s->shared, v);
}

/* A collected string: one of the protocol's own, a key, or of a text that goes on. */
static enum rc end_whole(struct splice *s)
{
	struct splice_items items;
	struct buf put;
	enum rc rc;

	if (s->role != ROLE_TEXT && passes(s)) {
		splice_copy(s, s->raw.len);
		return RC_OK;
	}
	if (s->role != ROLE_TEXT && s->role != ROLE_ID) {
		rc = splice_string_give_up(s, true);
		return rc == RC_OK ? text_end(s->text) : rc;
	}
	buf_init(&put, s->rules->string_max * 8 + 65536);
	items = splice_value_items(s, s->scan.depth);
	if (s->role == ROLE_TEXT)
		rc = s->rules->stream(s->rules->arg, s->text_number, &items, buf_slice(&s->raw), &put);
	else
		rc = mask_scope_token(s->shared->scope, buf_slice(&s->value), &put);
	if (rc == RC_OK && put.len == s->raw.len && memcmp(buf_slice(&put).p, buf_slice(&s->raw).p, put.len) == 0) {
		splice_copy(s, s->raw.len);
	} else if (rc == RC_OK) {
		if (s->role == ROLE_TEXT)
			splice_text_changed(s);
		splice_replace(s, s->raw.len, buf_slice(&put));
	}
	buf_free(&put);
	return rc;
}

enum rc splice_string_end(struct splice *s)
{
	enum rc rc = s->whole ? end_whole(s) : text_end(s->text);

	if (rc != RC_OK)
		return rc;
	s->string = s->whole = false;
	splice_copy(s, 1);                                      /* the quote */
	if (!s->key_open && !is_value(buf_slice(&s->key)))
		splice_string_named(s, buf_slice(&s->name));
	buf_clear(&s->name);
	if (!s->key_open)
		rc = splice_value_end(s, s->scan.depth);
	else if (s->shape)
		s->member = paths_member(s->shape->paths, s->level[s->scan.depth].place, buf_slice(&s->key));
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return rc;
}

