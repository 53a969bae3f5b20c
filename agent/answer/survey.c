#include "survey.h"

#include <string.h>

#include "jsonscan.h"

#define VALUE_MAX 64                             /* of a key's or end's value; all that shapes name are shorter */
#define HASH 0xcbf29ce484222325ULL

struct walk {
	const struct answer_shape *shape;
	struct survey *out;
	struct jsonscan scan;
	struct {
		uint16_t place;
		bool object;
		uint32_t index;
	} level[JSONSCAN_DEPTH + 1];
	uint16_t member, place;
	struct buf value;                /* of the string, number or literal that is read, cut */
	uint64_t hash;                   /* of all of it */
	bool key, scalar, hashed;        /* hashed: who wants the value compares all of it */
	size_t string_at;                /* where the string that is read begins */
};

static struct splice_items items_of(const struct walk *w)
{
	struct splice_items items = {.n = 0};

	for (int d = 1; d <= w->scan.depth && items.n < SPLICE_ARRAYS; d++)
		if (!w->level[d].object)
			items.index[items.n++] = w->level[d].index;
	return items;
}

/* Any value but null, false and "". */
static bool says(struct slice value)
{
	return value.n && !slice_is(value, "null") && !slice_is(value, "false");
}

static bool listed(char **list, size_t n, struct slice value)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(value, list[i]) || (strcmp(list[i], "*") == 0 && says(value)))
			return true;
	return false;
}

static bool ends(const struct shape_end *e, struct slice value)
{
	return listed(e->value, e->n_values, value) || listed(e->last, e->n_last, value) || (!e->n_values && !e->n_last && says(value));
}

/* n: bytes of it, as it stands in the event. */
static enum rc add_text(struct walk *w, size_t n)
{
	int text = paths_mark(w->shape->paths, w->place, SHAPE_TEXT);

	if (text < 0 || !w->shape->texts[text].stream)
		return RC_OK;
	w->out->at = w->string_at;
	w->out->n = w->out->n_texts ? 0 : n;
	if (w->out->n_texts == SURVEY_MAX)
		return RC_TOO_BIG;
	w->out->texts[w->out->n_texts++] = (struct survey_text){(uint16_t)text, w->value.len == 0, items_of(w)};
	return RC_OK;
}

/* A scalar is whole; string_end: where a string's inside ends. */
static enum rc note(struct walk *w, const size_t *string_end)
{
	int slot = paths_mark(w->shape->paths, w->place, SHAPE_KEY), end = paths_mark(w->shape->paths, w->place, SHAPE_END);
	struct slice value = buf_slice(&w->value);

	if (slot >= 0) {
		if (w->out->n_keys == SURVEY_MAX)
			return RC_TOO_BIG;
		w->out->keys[w->out->n_keys++] = (struct survey_key){(uint8_t)slot, items_of(w), w->hash};
	}
	if (end >= 0 && ends(&w->shape->ends[end], value)) {
		const struct shape_end *e = &w->shape->ends[end];

		if (w->out->n_ends == SURVEY_MAX)
			return RC_TOO_BIG;
		w->out->ends[w->out->n_ends++] = (struct survey_end){(uint16_t)end, items_of(w), listed(e->last, e->n_last, value)};
	}
	if (!string_end)
		return RC_OK;
	return add_text(w, slot < 0 && end < 0 ? *string_end - w->string_at : 0);        /* a key's or end's text says more than text */
}

static void begin_value(struct walk *w)
{
	w->place = w->level[w->scan.depth].object ? w->member : paths_item(w->shape->paths, w->level[w->scan.depth].place);
	buf_clear(&w->value);
	w->hash = HASH;
	w->hashed = paths_mark(w->shape->paths, w->place, SHAPE_KEY) >= 0;
}

static void begin_bracket(struct walk *w, bool object)
{
	w->scan.depth--;
	begin_value(w);
	w->scan.depth++;
	w->level[w->scan.depth].place = w->place;
	w->level[w->scan.depth].object = object;
	w->level[w->scan.depth].index = 0;
}

static void end_value(struct walk *w)
{
	if (!w->level[w->scan.depth].object)
		w->level[w->scan.depth].index++;
}

static void more(struct walk *w, struct slice bytes)
{
	size_t room = VALUE_MAX - w->value.len;

	for (size_t i = 0; w->hashed && i < bytes.n; i++)
		w->hash = (w->hash ^ (unsigned char)bytes.p[i]) * 0x100000001b3ULL;
	buf_add(&w->value, bytes.p, bytes.n < room ? bytes.n : room);    /* a cut one equals none that is listed */
}

/* bytes: its, which stand at from in the event. */
static enum rc token(struct walk *w, enum json_token token, struct slice bytes, size_t from)
{
	enum rc rc = RC_OK;

	switch (token) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		begin_bracket(w, token == JSON_OBJECT);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		end_value(w);
		break;
	case JSON_KEY:
		w->key = true;
		w->hashed = false;
		buf_clear(&w->value);
		break;
	case JSON_STRING:
		w->key = false;
		w->string_at = from + 1;
		begin_value(w);
		break;
	case JSON_RUN:
		more(w, bytes);
		break;
	case JSON_CHAR:
		more(w, (struct slice){w->scan.text, w->scan.n_text});
		break;
	case JSON_STRING_END:
		if (w->key) {
			w->member = paths_member(w->shape->paths, w->level[w->scan.depth].place, buf_slice(&w->value));
		} else {
			rc = note(w, &from);
			end_value(w);
		}
		break;
	case JSON_NUMBER:
	case JSON_LITERAL:
	case JSON_LITERAL_END:
		if (!w->scalar)
			begin_value(w);
		w->scalar = true;
		more(w, bytes);
		if (token != JSON_LITERAL_END)
			break;
		/* fall through */
	case JSON_NUMBER_END:
		rc = note(w, NULL);
		w->scalar = false;
		end_value(w);
		break;
	case JSON_SPACE: case JSON_COLON: case JSON_COMMA: case JSON_MORE: case JSON_BAD:
		break;
	}
	return rc;
}

enum rc survey_read(const struct answer_shape *shape, struct slice event, struct survey *out)
{
	struct walk w = {.shape = shape, .out = out, .member = PATH_ROOT};
	size_t at = 0;
	enum rc rc = RC_OK;

	out->n_keys = out->n_ends = out->n_texts = out->at = out->n = 0;
	w.level[0].object = true;
	buf_init(&w.value, VALUE_MAX);
	while (rc == RC_OK && at < event.n) {
		size_t from = at;
		enum json_token t = jsonscan_next(&w.scan, event.p, event.n, &at);

		if (t == JSON_MORE)
			break;
		rc = t == JSON_BAD ? RC_BAD : token(&w, t, (struct slice){event.p + from, at - from}, from);
	}
	if (rc == RC_OK && !jsonscan_whole(&w.scan))
		rc = RC_BAD;
	buf_free(&w.value);
	return rc;
}

bool survey_tells(const struct survey *s, struct slice surveyed, struct slice event)
{
	size_t behind = surveyed.n - s->at - s->n, n;

	if (!s->n || event.n <= s->at + behind)
		return false;
	n = event.n - behind - s->at;
	return memcmp(event.p, surveyed.p, s->at) == 0 && memcmp(event.p + s->at + n, surveyed.p + s->at + s->n, behind) == 0 &&
	       jsonscan_plain(event.p + s->at, n) == n;
}

uint64_t survey_value(const struct survey *s, unsigned slot, const struct splice_items *items)
{
	uint64_t value = 0;
	int best = -1;

	for (size_t i = 0; i < s->n_keys; i++) {
		const struct survey_key *k = &s->keys[i];

		if (k->slot != slot || k->items.n > items->n || (int)k->items.n <= best ||
		    memcmp(k->items.index, items->index, k->items.n * sizeof *items->index) != 0)
			continue;
		best = k->items.n;
		value = k->value;
	}
	return value;
}
