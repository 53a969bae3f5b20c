/* What a value of JSON is by its place: text, the protocol's own, or dropped. */
#include <string.h>

#include "splice_private.h"

bool splice_value_marked(const struct splice *s, uint16_t place, enum shape_mark mark)
{
	return s->shape && place != PATH_NONE && paths_mark(s->shape->paths, place, mark) >= 0;
}

static enum role role_of(struct splice *s, uint16_t place, enum role inherited)
{
	static const struct {
		enum shape_mark mark;
		enum role role;
	} roles[] = {
		{SHAPE_TEXT, ROLE_TEXT}, {SHAPE_PLAIN, ROLE_PLAIN}, {SHAPE_ID, ROLE_ID}, {SHAPE_TITLE, ROLE_TITLE},
		{SHAPE_TIME, ROLE_TIME}, {SHAPE_VECTOR, ROLE_VECTOR},
	};

	if (inherited != ROLE_ANY || !s->shape || place == PATH_NONE)
		return inherited;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		int value = paths_mark(s->shape->paths, place, roles[i].mark);

		if (value < 0 || (s->shared->tokens && roles[i].role != ROLE_TEXT))      /* tokens are read wherever they stand */
			continue;
		if (roles[i].role == ROLE_TEXT)
			s->text_number = (uint16_t)value;
		return roles[i].role;
	}
	return ROLE_ANY;
}

/* Does a string go on from event to event? */
bool splice_value_streamed(const struct splice *s)
{
	return !s->key_open && s->role == ROLE_TEXT && s->rules->stream && s->shape->texts[s->text_number].stream;
}

struct splice_items splice_value_items(const struct splice *s, int depth)
{
	struct splice_items items = {.n = 0};

	for (int d = 1; d <= depth && items.n < SPLICE_ARRAYS; d++)
		if (!s->level[d].object)
			items.index[items.n++] = s->level[d].index;
	return items;
}

/* An event that is written once more for one text says nothing else twice: clients put together what comes in pieces. */
static bool was_said(const struct splice *s, int depth, enum kind kind)
{
	if (s->rules->again < 0 || s->role == ROLE_PLAIN || s->role == ROLE_TIME || splice_value_streamed(s))
		return false;
	switch (kind) {
	case KIND_BRACKET:
		return !paths_leads(s->shape->paths, s->place, SHAPE_TEXT, (uint16_t)s->rules->again);
	case KIND_STRING:
		return s->role == ROLE_ID ? splice_value_items(s, depth).n > 0 : !splice_value_marked(s, s->place, SHAPE_KEY);
	case KIND_SCALAR:
		break;
	}
	return false;
}

/* Did the text that a value may spell go out before it, as it was? It stands in the object around the value or, where that has none, in
 * the object around it; never in another item of a list. */
static bool said_before(const struct splice *s, int depth)
{
	while (depth > 1 && !s->level[depth].texts && s->level[depth].object && s->level[depth - 1].object)
		depth--;
	return s->level[depth].texts && !s->level[depth].changed;
}

/* A value begins: where it stands, and what that makes of it. depth: of the level that it stands in. */
enum rc splice_value_begin(struct splice *s, int depth, enum kind kind)
{
	struct level *l = &s->level[depth];
	bool said, unread;

	if (!s->shape)
		s->place = PATH_NONE;
	else if (l->object)
		s->place = s->member;
	else
		s->place = paths_item(s->shape->paths, l->place);
	s->role = role_of(s, s->place, l->inherited);
	said = was_said(s, depth, kind);
	unread = splice_value_marked(s, s->place, SHAPE_UNREAD);
	if (s->drop_depth >= 0 || (!said && !unread && !splice_value_marked(s, s->place, SHAPE_DROP)))
		return RC_OK;
	s->drop_depth = depth;
	s->unread = unread;
	if (!unread && s->rules->stream && s->rules->again < 0) {
		splice_flush(s);
		return s->rules->drop(s->rules->arg, true);
	}
	s->dropping = unread || s->rules->again >= 0 || !said_before(s, depth);
	s->null_put = false;
	return RC_OK;
}

enum rc splice_value_end(struct splice *s, int depth)
{
	struct level *l = &s->level[depth];
	enum rc rc = RC_OK;

	if (!l->object)
		l->index++;
	if (s->drop_depth != depth)
		return RC_OK;
	splice_flush(s);
	if (!s->unread && s->rules->stream && s->rules->again < 0)
		rc = s->rules->drop(s->rules->arg, false);
	s->dropping = s->unread = false;
	s->drop_depth = -1;
	return rc;
}

/* The scanner has gone in already. */
enum rc splice_value_bracket(struct splice *s, bool object)
{
	struct level *l = &s->level[s->scan.depth];
	const struct level *in = l - 1;
	enum rc rc = splice_value_begin(s, s->scan.depth - 1, KIND_BRACKET);
	size_t n = s->key.len < OUTER_MAX ? s->key.len : OUTER_MAX;

	*l = (struct level){.place = s->place, .object = object, .inherited = s->role == ROLE_TEXT ? ROLE_ANY : s->role};
	if (!n && !in->object) {
		memcpy(l->outer, in->outer, in->outer_n);
		l->outer_n = in->outer_n;
	} else if (n) {
		memcpy(l->outer, s->key.data, n);
		l->outer_n = (uint8_t)n;
	}
	return rc;
}

