#include "splice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "jsonscan.h"

#define KEY_MAX 64                               /* of a label */
#define PLAIN_MAX 64
#define ID_MAX 4096
#define NUMBER_MAX 400                           /* a longer one is no identifier */
#define NUMBER_DIGITS 7                          /* from here on a number is looked at whatever its key */
#define NUMBER_LABELLED 4

enum role { ROLE_ANY, ROLE_TEXT, ROLE_PLAIN, ROLE_ID, ROLE_TIME, ROLE_VECTOR };

/* One open array or object. */
struct level {
	uint16_t place;
	bool object;
	enum role inherited;             /* of all values in it, unless ROLE_ANY */
	uint32_t index;                  /* of an array's next item */
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
	bool literal;                    /* one is open */
	struct text *text;               /* masks strings as they come */
	struct buf value, raw;           /* of a collected string: decoded, and as written */
	struct buf number;

	int drop_depth;                  /* of the value that is dropped or may be; -1: none */
	bool dropping, null_put;         /* it becomes null at once */
	bool changed, texts;             /* a text was changed; there was one */
	enum rc rc;
};

/* ---- telling the sink --------------------------------------------------------------------------------------------------------------------- */

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

/* The sink of the strings' texts. */
static void edit(void *arg, size_t n, size_t drop, struct slice put)
{
	struct splice *s = arg;

	copy(s, n);
	if (drop || put.n) {
		s->changed = s->changed || s->role == ROLE_TEXT;
		replace(s, drop, put);
	}
}

/* ---- what a value is ------------------------------------------------------------------------------------------------------------------------ */

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
	return marked(s, place, SHAPE_PLAIN) ? ROLE_PLAIN : marked(s, place, SHAPE_ID) ? ROLE_ID : marked(s, place, SHAPE_TIME) ? ROLE_TIME :
	       marked(s, place, SHAPE_VECTOR) ? ROLE_VECTOR : ROLE_ANY;
}

/* A value begins: where it stands, and what that makes of it. */
static void begin_value(struct splice *s)
{
	struct level *l = &s->level[s->scan.depth];

	if (!s->shape)
		s->place = PATH_NONE;
	else if (l->object)
		s->place = s->member;
	else
		s->place = paths_item(s->shape->paths, l->place);
	s->role = role_of(s, s->place, l->inherited);
	if (s->drop_depth < 0 && marked(s, s->place, SHAPE_DROP)) {
		s->drop_depth = s->scan.depth;
		flush(s);
		if (s->rules->stream) {
			s->rules->drop(s->rules->arg, true);
		} else {
			s->dropping = s->changed || !s->texts;
			s->null_put = false;
		}
	}
}

static void end_value(struct splice *s)
{
	struct level *l = &s->level[s->scan.depth];

	if (s->drop_depth == s->scan.depth) {
		flush(s);
		if (s->rules && s->rules->stream)
			s->rules->drop(s->rules->arg, false);
		s->dropping = false;
		s->drop_depth = -1;
	}
	if (!l->object)
		l->index++;
}

static void open_level(struct splice *s, bool object)
{
	struct level *l = &s->level[s->scan.depth];      /* the scanner has gone in already */

	*l = (struct level){.place = s->place, .object = object};
	l->inherited = s->role == ROLE_PLAIN || s->role == ROLE_VECTOR || s->role == ROLE_TIME || s->role == ROLE_ID ? s->role : ROLE_ANY;
}

/* begin_value() looks at the level that the value stands in, which for a bracket is the one outside. */
static void begin_bracket(struct splice *s, bool object)
{
	s->scan.depth--;
	begin_value(s);
	s->scan.depth++;
	open_level(s, object);
}

/* ---- strings -------------------------------------------------------------------------------------------------------------------------------- */

static enum rc need_text(struct splice *s)
{
	return s->text ? RC_OK : text_new(s->shared, NULL, true, s->depth + 1, (struct sink){edit, s}, &s->text);
}

/* A string that is masked as it comes, and what stands before it. */
static enum rc begin_text(struct splice *s)
{
	struct buf label;
	enum rc rc = need_text(s);

	if (rc != RC_OK || s->key_open)
		return rc;
	if (s->role == ROLE_TEXT)
		return s->rules->continues.n ? text_context(s->text, s->rules->continues) : RC_OK;
	if (!s->key.len)
		return RC_OK;
	buf_init(&label, KEY_MAX + 8);
	buf_add_slice(&label, buf_slice(&s->key));
	buf_puts(&label, ": ");
	rc = text_context(s->text, buf_slice(&label));
	buf_free(&label);
	return rc;
}

static enum rc begin_string(struct splice *s, bool key)
{
	s->string = true;
	s->key_open = key;
	if (key) {
		s->role = ROLE_ANY;
		buf_clear(&s->key);
	} else {
		begin_value(s);
	}
	s->texts = s->texts || s->role == ROLE_TEXT;
	s->whole = s->role == ROLE_PLAIN || s->role == ROLE_ID || s->role == ROLE_TIME || s->role == ROLE_VECTOR ||
		   (s->role == ROLE_TEXT && s->rules->stream && s->shape->texts[s->text_number].stream);
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return s->whole ? RC_OK : begin_text(s);
}

static size_t whole_max(const struct splice *s)
{
	return s->role == ROLE_ID ? ID_MAX : s->role == ROLE_PLAIN || s->role == ROLE_TIME ? PLAIN_MAX : s->rules->string_max;
}

/* What was collected, and is not what it was taken for, is masked as text from its beginning; raw is read once more for its escapes. */
static enum rc give_up_whole(struct splice *s)
{
	struct jsonscan scan = {0};
	size_t pos = 0;
	enum rc rc;

	s->whole = false;
	rc = begin_text(s);
	(void)jsonscan_next(&scan, "\"", 1, &pos);
	for (pos = 0; rc == RC_OK && pos < s->raw.len;) {
		size_t from = pos;
		enum json_token token = jsonscan_next(&scan, s->raw.data, s->raw.len, &pos);

		if (token == JSON_CHAR)
			rc = text_feed(s->text, (struct slice){scan.text, scan.n_text}, pos - from);
		else if (token == JSON_RUN)
			rc = text_feed(s->text, (struct slice){s->raw.data + from, pos - from}, pos - from);
		else
			rc = RC_FAULT;                           /* it was read before */
	}
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return rc;
}

static enum rc string_bytes(struct splice *s, struct slice text, struct slice raw)
{
	enum rc rc;

	if (s->key_open && s->key.len + text.n <= KEY_MAX)
		buf_add_slice(&s->key, text);
	if (!s->whole)
		return text_feed(s->text, text, raw.n);
	rc = buf_add_slice(&s->value, text);
	if (rc == RC_OK)
		rc = buf_add_slice(&s->raw, raw);
	if (rc == RC_OK && s->value.len > whole_max(s)) {
		if (s->role == ROLE_TEXT)
			return RC_TOO_BIG;
		rc = give_up_whole(s);
	}
	return rc;
}

static bool only(struct slice v, const char *signs)
{
	for (size_t i = 0; i < v.n; i++)
		if (!((v.p[i] >= '0' && v.p[i] <= '9') || ((v.p[i] | 32) >= 'a' && (v.p[i] | 32) <= 'z') || (v.p[i] && strchr(signs, v.p[i]))))
			return false;
	return true;
}

/* RFC 3339, as servers stamp their answers. */
static bool is_time(struct slice v)
{
	static const char form[] = "0000-00-00T00:00:00";

	if (v.n < sizeof form - 1 || v.n > 40)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == '0' ? v.p[i] < '0' || v.p[i] > '9' : v.p[i] != form[i])
			return false;
	for (size_t i = sizeof form - 1; i < v.n; i++)
		if (!strchr("0123456789.:+-Z", v.p[i]))
			return false;
	return true;
}

/* Base64 of little-endian floats that can be an embedding: text read so gives numbers far out of its range. */
static bool is_vector(struct slice v)
{
	struct buf raw;
	bool fits;

	buf_init(&raw, v.n + 1);
	fits = v.n > 0 && base64_decode(v, &raw) == RC_OK && raw.len % 4 == 0;
	for (size_t i = 0; fits && i < raw.len; i += 4) {
		const unsigned char *b = (const unsigned char *)raw.data + i;
		uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
		float f;

		memcpy(&f, &bits, sizeof f);
		fits = isfinite(f) && fabsf(f) < 1e4f;
	}
	buf_free(&raw);
	return fits;
}

static bool holds_credential(const struct splice *s, struct slice v)
{
	return s->shared->credential.n && memmem(v.p, v.n, s->shared->credential.p, s->shared->credential.n);
}

static bool passes(struct splice *s)
{
	struct slice v = buf_slice(&s->value);

	if (s->raw.len != s->value.len || holds_credential(s, v))
		return false;
	if (s->role == ROLE_VECTOR)
		return is_vector(v);
	if (s->role == ROLE_TIME)
		return is_time(v);
	return v.n <= PLAIN_MAX && only(v, "._:/@-") && !mask_finds_code(s->shared->engine, v);
}

/* A string of the protocol's own that may not pass: an id by its token, anything else as text. */
static enum rc end_whole(struct splice *s)
{
	struct buf put;
	enum rc rc;

	if (s->role != ROLE_TEXT && passes(s)) {
		copy(s, s->raw.len);
		return RC_OK;
	}
	if (s->role != ROLE_TEXT && s->role != ROLE_ID) {
		rc = give_up_whole(s);
		return rc == RC_OK ? text_end(s->text) : rc;
	}
	buf_init(&put, s->rules->string_max * 8 + 65536);
	if (s->role == ROLE_TEXT) {
		struct splice_items items = {.n = 0};

		for (int d = 1; d <= s->scan.depth && items.n < SPLICE_ARRAYS; d++)
			if (!s->level[d].object)
				items.index[items.n++] = s->level[d].index;
		rc = s->rules->stream(s->rules->arg, s->text_number, &items, buf_slice(&s->raw), &put);
	} else {
		rc = mask_scope_token(s->shared->scope, buf_slice(&s->value), &put);
	}
	if (rc == RC_END || (rc == RC_OK && put.len == s->raw.len && (!put.len || memcmp(put.data, s->raw.data, put.len) == 0))) {
		copy(s, s->raw.len);
		rc = RC_OK;
	} else if (rc == RC_OK) {
		s->changed = s->changed || s->role == ROLE_TEXT;
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
	s->string = false;
	copy(s, 1);                                      /* the quote */
	if (s->key_open) {
		if (s->shape)
			s->member = paths_member(s->shape->paths, s->level[s->scan.depth].place, buf_slice(&s->key));
	} else {
		end_value(s);
	}
	buf_clear(&s->value);
	buf_clear(&s->raw);
	return RC_OK;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------------------------------------- */

/* Digits before a point or an exponent. */
static size_t digits(struct slice n)
{
	size_t i = n.n && n.p[0] == '-', from = i;

	while (i < n.n && n.p[i] >= '0' && n.p[i] <= '9')
		i++;
	return i - from;
}

static bool is_identifier(const struct splice *s, struct slice number)
{
	size_t n = digits(number), sign = number.n && number.p[0] == '-';
	struct buf label;
	bool found;

	if (s->role == ROLE_PLAIN || s->role == ROLE_VECTOR || s->role == ROLE_TIME || s->role == ROLE_ID || n > 40)
		return false;
	if (n < NUMBER_DIGITS && (n < NUMBER_LABELLED || !s->key.len))
		return false;
	buf_init(&label, KEY_MAX + 8);
	buf_add_slice(&label, buf_slice(&s->key));
	buf_puts(&label, ": ");
	found = mask_finds(s->shared->engine, buf_slice(&label), (struct slice){number.p + sign, n});
	buf_free(&label);
	return found;
}

static void end_number(struct splice *s)
{
	struct slice number = buf_slice(&s->number);

	if (is_identifier(s, number)) {
		if (s->shared->counts)
			s->shared->counts->n[ENTITY_ID]++;
		replace(s, number.n, SLICE("0"));
	} else {
		copy(s, number.n);
	}
	buf_clear(&s->number);
	end_value(s);
}

static enum rc number_bytes(struct splice *s, struct slice bytes)
{
	if (!s->number.len)
		begin_value(s);
	return s->number.len + bytes.n > NUMBER_MAX ? RC_BAD : buf_add_slice(&s->number, bytes);
}

/* ---- the value -------------------------------------------------------------------------------------------------------------------------------- */

enum rc splice_new(const struct text_rules *shared, const struct splice_rules *rules, int depth, struct sink down, struct splice **out)
{
	static const struct splice_rules none = {.string_max = 65536};
	struct splice *s = calloc(1, sizeof *s);

	*out = s;
	if (!s)
		return RC_NOMEM;
	s->shared = shared;
	s->rules = rules ? rules : &none;
	s->shape = s->rules->shape;
	s->depth = depth;
	s->down = down;
	s->drop_depth = -1;
	s->level[0] = (struct level){.place = PATH_NONE, .object = true};
	s->member = s->shape ? PATH_ROOT : PATH_NONE;
	buf_init(&s->key, KEY_MAX);
	buf_init(&s->value, s->rules->string_max + 65536);
	buf_init(&s->raw, (s->rules->string_max + 65536) * 6);
	buf_init(&s->number, NUMBER_MAX);
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
	buf_free(&s->number);
	free(s);
}

static enum rc token(struct splice *s, enum json_token token, struct slice bytes)
{
	size_t raw_n;
	const char *raw;

	switch (token) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		begin_bracket(s, token == JSON_OBJECT);
		copy(s, bytes.n);
		return RC_OK;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		copy(s, bytes.n);
		buf_clear(&s->key);
		end_value(s);
		return RC_OK;
	case JSON_SPACE:
	case JSON_COLON:
	case JSON_COMMA:
		copy(s, bytes.n);
		return RC_OK;
	case JSON_KEY:
	case JSON_STRING:
		if (token == JSON_STRING) {
			enum rc rc = begin_string(s, false);

			copy(s, bytes.n);
			return rc;
		}
		copy(s, bytes.n);
		return begin_string(s, true);
	case JSON_RUN:
		return string_bytes(s, bytes, bytes);
	case JSON_CHAR:
		raw = jsonscan_raw(&s->scan, &raw_n);
		return string_bytes(s, (struct slice){s->scan.text, s->scan.n_text}, (struct slice){raw, raw_n});
	case JSON_STRING_END:
		return end_string(s);
	case JSON_NUMBER:
		return number_bytes(s, bytes);
	case JSON_NUMBER_END:
		end_number(s);
		return RC_OK;
	case JSON_LITERAL:
	case JSON_LITERAL_END:
		if (!s->literal)
			begin_value(s);
		s->literal = token == JSON_LITERAL;
		copy(s, bytes.n);
		if (!s->literal)
			end_value(s);
		return RC_OK;
	case JSON_MORE:
	case JSON_BAD:
		break;
	}
	return RC_BAD;
}

enum rc splice_feed(struct splice *s, struct slice in, size_t *used)
{
	enum rc rc = RC_OK;

	*used = 0;
	while (rc == RC_OK) {
		size_t from = *used;
		enum json_token t = jsonscan_next(&s->scan, in.p, in.n, used);

		if (t == JSON_MORE)
			break;
		if (t == JSON_BAD) {
			*used = from;
			return RC_BAD;
		}
		rc = token(s, t, (struct slice){in.p + from, *used - from});
	}
	flush(s);
	return rc == RC_OK ? s->rc : rc;
}

bool splice_whole(const struct splice *s)
{
	return jsonscan_whole(&s->scan);
}

enum rc splice_end(struct splice *s)
{
	if (s->number.len)
		end_number(s);
	flush(s);
	return s->rc;
}

enum rc splice_break(struct splice *s, struct buf *left)
{
	enum rc rc = RC_OK;

	if (s->string && s->whole)
		rc = give_up_whole(s);
	if (rc == RC_OK && s->string)
		rc = text_end(s->text);
	flush(s);
	if (rc == RC_OK)
		rc = buf_add_slice(left, buf_slice(&s->number));
	if (rc == RC_OK)
		rc = buf_add(left, s->scan.part, s->scan.n_part);        /* an escape that was cut */
	s->dropping = false;
	return rc == RC_OK ? s->rc : rc;
}

bool splice_changed(const struct splice *s)
{
	return s->changed;
}
