#include "splice.h"

#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"
#include "plain.h"

#define KEY_MAX 256                              /* of a label */
#define OUTER_MAX 32                             /* of the key of what holds it */
#define ID_MAX 4096
#define SCALAR_MAX 64                            /* of a number, with white space behind it */
#define INTEGER_MAX 40                           /* digits; a longer number is no identifier */
#define NUMBER_DIGITS 7                          /* from here on a number is looked at whatever its key */
#define NUMBER_LABELLED 4

enum role { ROLE_ANY, ROLE_TEXT, ROLE_PLAIN, ROLE_ID, ROLE_TIME, ROLE_VECTOR };
enum kind { KIND_BRACKET, KIND_STRING, KIND_SCALAR };

/* One open array or object. */
struct level {
	uint16_t place;
	bool object;
	bool texts, changed;             /* it has held text of the shape; such text was changed */
	enum role inherited;             /* of all values in it, unless ROLE_ANY */
	uint32_t index;                  /* of an array's next item */
	uint8_t outer_n;
	char outer[OUTER_MAX];           /* the key that it stands behind, cut; an array's holds for its items */
};

struct splice {
	const struct text_rules *shared;
	const struct splice_rules *rules;
	const struct answer_shape *shape;
	int depth;
	struct sink down;
	struct jsonscan scan;
	struct level level[JSONSCAN_DEPTH + 1];
	uint16_t member;                 /* place of the member whose key was read */
	struct buf key;                  /* that key, cut */
	size_t copy;                     /* bytes that stay, not yet told to down */

	/* the value that is being read */
	enum role role;
	uint16_t text_number;
	uint16_t place;
	bool string, key_open, whole;    /* one is open; it is a key; it is collected, and decided at its end */
	struct text *text;               /* masks strings as they come */
	struct buf value, raw;           /* of a collected string: decoded, and as written */
	size_t part;                     /* bytes of an escape that was cut where the value broke off */

	/* A number or literal is decided when it is clear that the value goes on behind it: "[617-482-3190]" is no JSON. */
	struct buf scalar;
	size_t scalar_n;                 /* without the white space behind it */
	enum { SCALAR_NONE, SCALAR_OPEN, SCALAR_DONE } scalar_state;
	bool number, scalar_long, scalar_masked;

	int drop_depth;                  /* of the value that is dropped or may be; -1: none */
	bool dropping, null_put;         /* it becomes null at once */
	bool masked;                     /* a text that stands alone was */
};

/* ---- telling the sink ------------------------------------------------------------------------------------------------- */

static void replace(struct splice *s, size_t n, struct slice put)
{
	if (s->dropping) {
		put = s->null_put ? (struct slice){0} : SLICE("null");
		s->null_put = true;
	}
	s->down.edit(s->down.arg, s->copy, n, put);
	s->copy = 0;
}

static void copy(struct splice *s, size_t n)
{
	if (s->dropping)
		replace(s, n, (struct slice){0});
	else
		s->copy += n;
}

static void flush(struct splice *s)
{
	if (s->copy)
		s->down.edit(s->down.arg, s->copy, 0, (struct slice){0});
	s->copy = 0;
}

static void text_changed(struct splice *s)
{
	for (int d = 0; d <= s->scan.depth; d++)
		s->level[d].changed = true;
}

/* The sink of the strings' texts. */
static void edit(void *arg, size_t n, size_t drop, struct slice put)
{
	struct splice *s = arg;

	copy(s, n);
	if (drop || put.n) {
		if (s->role == ROLE_TEXT) {
			text_changed(s);
			s->masked = true;
		}
		replace(s, drop, put);
	}
}

/* ---- what a value is -------------------------------------------------------------------------------------------------- */

static bool marked(const struct splice *s, uint16_t place, enum shape_mark mark)
{
	return s->shape && place != PATH_NONE && paths_mark(s->shape->paths, place, mark) >= 0;
}

static enum role role_of(struct splice *s, uint16_t place, enum role inherited)
{
	if (inherited != ROLE_ANY)
		return inherited;
	if (marked(s, place, SHAPE_TEXT)) {
		s->text_number = (uint16_t)paths_mark(s->shape->paths, place, SHAPE_TEXT);
		return ROLE_TEXT;
	}
	return marked(s, place, SHAPE_PLAIN) ? ROLE_PLAIN : marked(s, place, SHAPE_ID) ? ROLE_ID :
	       marked(s, place, SHAPE_TIME) ? ROLE_TIME : marked(s, place, SHAPE_VECTOR) ? ROLE_VECTOR : ROLE_ANY;
}

/* Does a string go on from event to event? */
static bool is_streamed(const struct splice *s)
{
	return !s->key_open && s->role == ROLE_TEXT && s->rules->stream && s->shape->texts[s->text_number].stream;
}

static struct splice_items items_of(const struct splice *s, int depth)
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
	if (s->rules->again < 0 || s->role == ROLE_PLAIN || s->role == ROLE_TIME || is_streamed(s))
		return false;
	switch (kind) {
	case KIND_BRACKET:
		return !paths_leads(s->shape->paths, s->place, SHAPE_TEXT, (uint16_t)s->rules->again);
	case KIND_STRING:
		return s->role == ROLE_ID ? items_of(s, depth).n > 0 : !marked(s, s->place, SHAPE_KEY);
	case KIND_SCALAR:
		break;
	}
	return false;
}

/* A value begins: where it stands, and what that makes of it. depth: of the level that it stands in. */
static enum rc begin_value(struct splice *s, int depth, enum kind kind)
{
	struct level *l = &s->level[depth];
	bool said;

	if (!s->shape)
		s->place = PATH_NONE;
	else if (l->object)
		s->place = s->member;
	else
		s->place = paths_item(s->shape->paths, l->place);
	s->role = role_of(s, s->place, l->inherited);
	said = was_said(s, depth, kind);
	if (s->drop_depth >= 0 || (!said && !marked(s, s->place, SHAPE_DROP)))
		return RC_OK;
	s->drop_depth = depth;
	if (s->rules->stream && s->rules->again < 0) {
		flush(s);
		return s->rules->drop(s->rules->arg, true);
	}
	s->dropping = s->rules->again >= 0 || l->changed || !l->texts;
	s->null_put = false;
	return RC_OK;
}

static enum rc end_value(struct splice *s, int depth)
{
	struct level *l = &s->level[depth];
	enum rc rc = RC_OK;

	if (!l->object)
		l->index++;
	if (s->drop_depth != depth)
		return RC_OK;
	flush(s);
	if (s->rules->stream && s->rules->again < 0)
		rc = s->rules->drop(s->rules->arg, false);
	s->dropping = false;
	s->drop_depth = -1;
	return rc;
}

/* The scanner has gone in already. */
static enum rc begin_bracket(struct splice *s, bool object)
{
	struct level *l = &s->level[s->scan.depth];
	const struct level *in = l - 1;
	enum rc rc = begin_value(s, s->scan.depth - 1, KIND_BRACKET);
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

/* ---- strings ---------------------------------------------------------------------------------------------------------- */

static enum rc need_text(struct splice *s)
{
	return s->text ? RC_OK : text_new(s->shared, NULL, true, s->depth + 1, (struct sink){edit, s}, &s->text);
}

static enum rc label(const struct splice *s, struct buf *out)
{
	const struct level *l = &s->level[s->scan.depth];

	buf_init(out, OUTER_MAX + KEY_MAX + 3);
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
	enum rc rc = need_text(s);

	if (rc != RC_OK || s->key_open)
		return rc;
	if (s->role == ROLE_TEXT)
		return s->rules->continues.n ? text_context(s->text, s->rules->continues) : RC_OK;
	if (!s->key.len)
		return RC_OK;
	rc = label(s, &before);
	if (rc == RC_OK)
		rc = text_context(s->text, buf_slice(&before));
	buf_free(&before);
	return rc;
}

static enum rc begin_string(struct splice *s, bool key)
{
	enum rc rc = RC_OK;

	s->string = true;
	s->key_open = key;
	if (key) {
		s->role = ROLE_ANY;
		buf_clear(&s->key);
	} else {
		rc = begin_value(s, s->scan.depth, KIND_STRING);
	}
	if (s->role == ROLE_TEXT)
		for (int d = 0; d <= s->scan.depth; d++)
			s->level[d].texts = true;
	s->whole = (s->role != ROLE_ANY && s->role != ROLE_TEXT) || is_streamed(s) || (key && s->level[s->scan.depth].place != PATH_NONE);
	return rc == RC_OK && !s->whole ? begin_text(s) : rc;
}

static size_t whole_max(const struct splice *s)
{
	return s->role == ROLE_ID ? ID_MAX : s->role == ROLE_VECTOR ? s->rules->string_max : PLAIN_MAX;
}

/* What was collected, and is not what it was taken for, is masked as text from its beginning. ended: it is all of the string. */
static enum rc give_up_whole(struct splice *s, bool ended)
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
static enum rc string_bytes(struct splice *s, struct slice text, struct slice raw, bool last)
{
	enum rc rc;

	if (s->key_open) {
		size_t room = KEY_MAX - s->key.len;

		buf_add(&s->key, text.p, text.n < room ? text.n : room);
	}
	if (!s->whole)
		return last ? text_feed_last(s->text, text, raw.n) : text_feed(s->text, text, raw.n);
	rc = buf_add_slice(&s->raw, raw);
	if (rc != RC_OK || s->role == ROLE_TEXT)
		return rc;
	rc = buf_add_slice(&s->value, text);
	return rc == RC_OK && s->value.len > whole_max(s) ? give_up_whole(s, false) : rc;
}

static bool passes(struct splice *s)
{
	struct slice v = buf_slice(&s->value);

	if (s->raw.len != s->value.len)
		return false;
	if (s->key_open)                                 /* keys that the protocol names */
		return paths_named(s->shape->paths, paths_member(s->shape->paths, s->level[s->scan.depth].place, v));
	return s->role == ROLE_VECTOR ? plain_vector(v) : s->role == ROLE_TIME ? plain_time(v) : plain_word(s->shared, v);
}

/* A collected string: one of the protocol's own, a key, or of a text that goes on. */
static enum rc end_whole(struct splice *s)
{
	struct splice_items items;
	struct buf put;
	enum rc rc;

	if (s->role != ROLE_TEXT && passes(s)) {
		copy(s, s->raw.len);
		return RC_OK;
	}
	if (s->role != ROLE_TEXT && s->role != ROLE_ID) {
		rc = give_up_whole(s, true);
		return rc == RC_OK ? text_end(s->text) : rc;
	}
	buf_init(&put, s->rules->string_max * 8 + 65536);
	items = items_of(s, s->scan.depth);
	if (s->role == ROLE_TEXT)
		rc = s->rules->stream(s->rules->arg, s->text_number, &items, buf_slice(&s->raw), &put);
	else
		rc = mask_scope_token(s->shared->scope, buf_slice(&s->value), &put);
	if (rc == RC_OK && put.len == s->raw.len && memcmp(buf_slice(&put).p, buf_slice(&s->raw).p, put.len) == 0) {
		copy(s, s->raw.len);
	} else if (rc == RC_OK) {
		if (s->role == ROLE_TEXT)
			text_changed(s);
		replace(s, s->raw.len, buf_slice(&put));
	}
	buf_free(&put);
	return rc;
}

static enum rc end_string(struct splice *s)
{
	enum rc rc = s->whole ? end_whole(s) : text_end(s->text);

	if (rc != RC_OK)
		return rc;
	s->string = s->whole = false;
	copy(s, 1);                                      /* the quote */
	if (!s->key_open)
		rc = end_value(s, s->scan.depth);
	else if (s->shape)
		s->member = paths_member(s->shape->paths, s->level[s->scan.depth].place, buf_slice(&s->key));
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return rc;
}

/* ---- numbers and literals --------------------------------------------------------------------------------------------- */

/* An age over 89, perhaps. */
static bool may_be_old(const char *digits, size_t n)
{
	return (n == 2 && digits[0] == '9') || (n == 3 && digits[0] == '1' && digits[1] <= '2');
}

/* What must stand in the place of the number; NULL when it may stay. */
static const char *number_for(const struct splice *s)
{
	struct slice number = {s->scalar.data, s->scalar_n};
	size_t sign = number.n && number.p[0] == '-', n = 0;
	const char *put = "0";
	struct buf before;

	while (sign + n < number.n && number.p[sign + n] >= '0' && number.p[sign + n] <= '9')
		n++;
	if (!s->number || (s->role != ROLE_ANY && s->role != ROLE_TEXT) || n > INTEGER_MAX)
		return NULL;
	if (n < NUMBER_DIGITS && (!s->key.len || (n < NUMBER_LABELLED && (sign || !may_be_old(number.p, n)))))
		return NULL;
	if (label(s, &before) == RC_OK)
		put = mask_number(s->shared->engine, s->shared->counts, buf_slice(&before), (struct slice){number.p + sign, n});
	buf_free(&before);
	return put;
}

static void decide_scalar(struct splice *s)
{
	const char *put = number_for(s);

	s->scalar_masked = put != NULL;
	if (put) {
		replace(s, s->scalar_n, slice_str(put));
		copy(s, s->scalar.len - s->scalar_n);
	} else {
		copy(s, s->scalar.len);
	}
}

static enum rc scalar_bytes(struct splice *s, struct slice bytes, bool number)
{
	size_t room, n;
	enum rc rc = RC_OK;

	if (s->scalar_state == SCALAR_NONE) {
		rc = begin_value(s, s->scan.depth, KIND_SCALAR);
		s->scalar_state = SCALAR_OPEN;
		s->number = number;
		s->scalar_n = 0;
		s->scalar_long = false;
	}
	room = s->scalar_long ? 0 : SCALAR_MAX - s->scalar.len;
	n = bytes.n < room ? bytes.n : room;
	if (rc == RC_OK)
		rc = buf_add(&s->scalar, bytes.p, n);
	s->scalar_n += n;
	if (rc != RC_OK || n == bytes.n)
		return rc;
	if (!s->scalar_long)
		decide_scalar(s);
	s->scalar_long = true;
	if (s->scalar_masked)
		replace(s, bytes.n - n, (struct slice){0});
	else
		copy(s, bytes.n - n);
	return RC_OK;
}

/* What follows shows that the scalar before is one. depth: of the level that it stands in. */
static enum rc settle(struct splice *s, int depth)
{
	if (s->scalar_state == SCALAR_NONE)
		return RC_OK;
	if (!s->scalar_long)
		decide_scalar(s);
	buf_clear(&s->scalar);
	s->scalar_state = SCALAR_NONE;
	return end_value(s, depth);
}

static enum rc space(struct splice *s, struct slice bytes)
{
	enum rc rc = RC_OK;

	if (s->scalar_state == SCALAR_DONE && !s->scalar_long && s->scalar.len + bytes.n <= SCALAR_MAX)
		return buf_add_slice(&s->scalar, bytes);
	rc = settle(s, s->scan.depth);
	copy(s, bytes.n);
	return rc;
}

/* ---- the value -------------------------------------------------------------------------------------------------------- */

void splice_reset(struct splice *s)
{
	s->scan = (struct jsonscan){0};
	s->level[0] = (struct level){.place = PATH_NONE, .object = true};
	s->member = s->shape ? PATH_ROOT : PATH_NONE;
	s->copy = s->part = 0;
	s->string = s->key_open = s->whole = s->dropping = s->masked = false;
	s->scalar_state = SCALAR_NONE;
	s->drop_depth = -1;
	buf_clear(&s->key);
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
	buf_free(&s->value);
	buf_free(&s->raw);
	buf_free(&s->scalar);
	free(s);
}

/* last: of a string's bytes, the quote that ends it follows. */
static enum rc token(struct splice *s, enum json_token token, struct slice bytes, bool last)
{
	enum rc rc = RC_OK;
	size_t raw_n;
	const char *raw;

	switch (token) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		rc = begin_bracket(s, token == JSON_OBJECT);
		copy(s, bytes.n);
		return rc;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		rc = settle(s, s->scan.depth + 1);
		copy(s, bytes.n);
		buf_clear(&s->key);
		return rc == RC_OK ? end_value(s, s->scan.depth) : rc;
	case JSON_COLON:
	case JSON_COMMA:
		rc = settle(s, s->scan.depth);
		copy(s, bytes.n);
		return rc;
	case JSON_SPACE:
		return space(s, bytes);
	case JSON_KEY:
	case JSON_STRING:
		rc = begin_string(s, token == JSON_KEY);
		copy(s, bytes.n);
		return rc;
	case JSON_RUN:
		return string_bytes(s, bytes, bytes, last);
	case JSON_CHAR:
		raw = jsonscan_raw(&s->scan, &raw_n);
		return string_bytes(s, text_character(&s->scan), (struct slice){raw, raw_n}, false);
	case JSON_STRING_END:
		return end_string(s);
	case JSON_NUMBER:
		return scalar_bytes(s, bytes, true);
	case JSON_LITERAL:
	case JSON_LITERAL_END:
		rc = scalar_bytes(s, bytes, false);
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
	flush(s);
	return rc;
}

bool splice_whole(const struct splice *s)
{
	return jsonscan_whole(&s->scan);
}

enum rc splice_end(struct splice *s)
{
	enum rc rc = settle(s, s->scan.depth);

	flush(s);
	return rc;
}

size_t splice_undecided(const struct splice *s)
{
	return s->part + (s->scalar_long ? 0 : s->scalar.len);
}

/* Inside a string its text goes on: what is no JSON may still go on with what the string began. */
enum rc splice_break(struct splice *s, struct slice before)
{
	enum rc rc;

	if (s->string && s->whole)
		rc = give_up_whole(s, false);
	else
		rc = need_text(s);
	if (rc == RC_OK && !s->string)
		rc = text_context(s->text, before);
	if (!s->string)
		s->role = ROLE_ANY;
	if (rc == RC_OK && s->scalar.len && !s->scalar_long)
		rc = text_feed(s->text, buf_slice(&s->scalar), s->scalar.len);
	if (rc == RC_OK && s->part)
		rc = text_feed(s->text, (struct slice){s->scan.part, s->part}, s->part);
	buf_clear(&s->scalar);
	flush(s);
	return rc;
}

enum rc splice_rest(struct splice *s, struct slice in)
{
	enum rc rc = text_feed(s->text, in, in.n);

	flush(s);
	return rc;
}

enum rc splice_rest_end(struct splice *s)
{
	enum rc rc = text_end(s->text);

	flush(s);
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
