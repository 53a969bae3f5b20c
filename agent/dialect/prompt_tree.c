#include "prompt_tree.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "jsonscan.h"
#include "wipe.h"

#define NODES_MAX ((size_t)262144)
#define FIRST_NODES 12                           /* values, or keys of one object, that a short chat request has */

struct reader {
	struct tree *t;
	const struct paths *paths;
	struct jsonscan scan;
	uint32_t open;                   /* the innermost container */
	size_t key, key_n;               /* of the member being read */
	bool has_key;
	struct why *why;
};

void tree_free(struct tree *t)
{
	wipe(t->nodes, t->n * sizeof *t->nodes);
	free(t->nodes);
	t->nodes = NULL;
	buf_free(&t->text);
}

struct slice tree_key(const struct tree *t, const struct tree_node *n)
{
	return (struct slice){t->text.data ? t->text.data + n->key : "", n->key_n};
}

struct slice tree_text(const struct tree *t, const struct tree_node *n)
{
	return (struct slice){t->text.data ? t->text.data + n->value : "", n->value_n};
}

struct slice tree_bytes(const struct tree *t, const struct tree_node *n)
{
	return (struct slice){t->body.p + n->at, n->end - n->at};
}

static enum rc bad(struct reader *r, size_t at, const char *what)
{
	return why_set(r->why, RC_BAD, "the request's JSON, byte %zu: %s", at + 1, what);
}

static enum rc add_node(struct reader *r, enum tree_type type, size_t at, struct tree_node **out)
{
	struct tree *t = r->t;
	struct tree_node *n, *parent;

	if (t->n > NODES_MAX)                            /* the first of them is none */
		return why_set(r->why, RC_BAD, "the request's JSON has more than %zu values", NODES_MAX);
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : FIRST_NODES;
		struct tree_node *nodes = realloc(t->nodes, cap * sizeof *nodes);

		if (!nodes)
			return RC_NOMEM;
		t->nodes = nodes;
		t->cap = cap;
		if (!t->n)
			t->nodes[t->n++] = (struct tree_node){0};
	}
	n = &t->nodes[t->n];
	parent = &t->nodes[r->open];
	*n = (struct tree_node){.type = type, .at = at, .parent = r->open, .has_key = r->has_key,
				 .key = r->has_key ? r->key : 0, .key_n = r->has_key ? r->key_n : 0};
	n->place = !r->open ? PATH_ROOT : r->has_key ? paths_member(r->paths, parent->place, tree_key(t, n)) :
						       paths_item(r->paths, parent->place);
	if (r->open) {
		if (parent->child)
			t->nodes[parent->last].next = (uint32_t)t->n;
		else
			parent->child = (uint32_t)t->n;
		parent->last = (uint32_t)t->n;
	}
	t->n++;
	r->has_key = false;
	*out = n;
	return RC_OK;
}

/* ---- keys ---- */

struct key {
	struct slice raw, folded;
};

/* Nearly all keys are lower-case ASCII, which folds to itself. */
static bool is_folded(struct slice raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if ((raw.p[i] & 0x80) || (raw.p[i] >= 'A' && raw.p[i] <= 'Z'))
			return false;
	return true;
}

/* key->folded is key->raw itself, or memory of its own. */
static enum rc fold(struct key *key)
{
	utf8proc_uint8_t *text = NULL;
	ssize_t n;

	key->folded = key->raw;
	if (is_folded(key->raw))
		return RC_OK;
	n = utf8proc_map((const utf8proc_uint8_t *)key->raw.p, (ssize_t)key->raw.n, &text, UTF8PROC_CASEFOLD);
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? RC_NOMEM : RC_BAD;
	key->folded = (struct slice){(char *)text, (size_t)n};
	return RC_OK;
}

static int compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_folded(const void *a, const void *b)
{
	return compare(((const struct key *)a)->folded, ((const struct key *)b)->folded);
}

/* No key twice; and on the dialect's paths no two, of the object or of the dialect, that a reader without regard to case takes for one. */
static enum rc check_folded(struct reader *r, const struct tree_node *object, struct key *keys, size_t n)
{
	qsort(keys, n, sizeof *keys, by_folded);
	for (size_t i = 0; i < n; i++) {
		bool alike = i && compare(keys[i - 1].folded, keys[i].folded) == 0;

		if (alike && compare(keys[i - 1].raw, keys[i].raw) == 0)
			return bad(r, object->at, "an object here has the same key twice");
		if (alike || paths_almost(r->paths, object->place, keys[i].raw, keys[i].folded))
			return bad(r, object->at, "an object here has keys that differ only in upper and lower case");
	}
	return RC_OK;
}

static enum rc check_keys(struct reader *r, const struct tree_node *object)
{
	bool on_path = paths_has_keys(r->paths, object->place);
	struct key few[FIRST_NODES], *keys = few;
	size_t n = 0, i = 0;
	enum rc rc = RC_OK;

	for (uint32_t c = object->child; c; c = r->t->nodes[c].next)
		n++;
	if (n < 2 && !on_path)
		return RC_OK;
	if (n > FIRST_NODES)
		keys = malloc(n * sizeof *keys);
	if (!keys)
		return RC_NOMEM;
	for (uint32_t c = object->child; c && rc == RC_OK; c = r->t->nodes[c].next) {
		struct slice raw = tree_key(r->t, &r->t->nodes[c]);

		keys[i] = (struct key){raw, raw};
		if (on_path)
			rc = fold(&keys[i]);
		i++;
	}
	if (rc == RC_OK)
		rc = check_folded(r, object, keys, n);
	while (i--) {
		if (keys[i].folded.p == keys[i].raw.p)
			continue;
		wipe((char *)(uintptr_t)keys[i].folded.p, keys[i].folded.n);
		free((char *)(uintptr_t)keys[i].folded.p);
	}
	if (keys != few)
		free(keys);
	return rc;
}

/* ---- tokens ---- */

/* The string whose opening quote was just read, decoded into text. */
static enum rc read_string(struct reader *r, size_t *at, size_t *start, size_t *n)
{
	struct buf *text = &r->t->text;

	*start = text->len;
	for (;;) {
		size_t from = *at;

		switch (jsonscan_next(&r->scan, r->t->body.p, r->t->body.n, at)) {
		case JSON_RUN:
			buf_add(text, r->t->body.p + from, *at - from);
			break;
		case JSON_CHAR:
			if (r->scan.flaw == JSON_LONE_SURROGATE)
				return bad(r, from, "half a surrogate pair");
			if (r->scan.flaw == JSON_NOT_UTF8)
				return bad(r, from, "not UTF-8");
			if (r->scan.n_text == 1 && r->scan.text[0] == '\0')
				return bad(r, from, "the character U+0000");
			buf_add(text, r->scan.text, r->scan.n_text);
			break;
		case JSON_STRING_END:
			*n = text->len - *start;
			return text->rc;
		case JSON_MORE:
			return bad(r, *at, "it ends inside a string");
		case JSON_BAD: case JSON_SPACE: case JSON_OBJECT: case JSON_OBJECT_END: case JSON_ARRAY: case JSON_ARRAY_END: case JSON_COLON:
		case JSON_COMMA: case JSON_KEY: case JSON_STRING: case JSON_NUMBER: case JSON_NUMBER_END: case JSON_LITERAL:
		case JSON_LITERAL_END:
			return bad(r, *at, "a character that no string may hold, or a wrong escape");
		}
	}
}

static enum rc close_container(struct reader *r, size_t end)
{
	struct tree_node *n = &r->t->nodes[r->open];

	n->end = end;
	r->open = n->parent;
	return n->type == TREE_OBJECT ? check_keys(r, n) : RC_OK;
}

/* A number or literal, to its end. */
static enum rc read_scalar(struct reader *r, enum tree_type type, enum json_token token, size_t from, size_t *at)
{
	struct tree_node *n;
	enum rc rc;

	while (token == JSON_NUMBER || token == JSON_LITERAL)
		token = jsonscan_next(&r->scan, r->t->body.p, r->t->body.n, at);
	if (token != JSON_NUMBER_END && token != JSON_LITERAL_END && !jsonscan_whole(&r->scan))
		return bad(r, *at, "no JSON value");
	if (r->open && r->t->nodes[r->open].type == TREE_ARRAY) {
		r->t->nodes[r->open].numbers |= type == TREE_NUMBER;
		return RC_OK;
	}
	rc = add_node(r, type, from, &n);
	if (rc == RC_OK)
		n->end = *at;
	return rc;
}

static enum rc take(struct reader *r, enum json_token token, size_t from, size_t *at)
{
	struct tree_node *n;
	size_t start, len;
	enum rc rc;

	switch (token) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		rc = add_node(r, token == JSON_OBJECT ? TREE_OBJECT : TREE_ARRAY, from, &n);
		if (rc == RC_OK)
			r->open = (uint32_t)(r->t->n - 1);
		return rc;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		return close_container(r, *at);
	case JSON_KEY:
		r->has_key = true;
		return read_string(r, at, &r->key, &r->key_n);
	case JSON_STRING:
		rc = read_string(r, at, &start, &len);
		if (rc == RC_OK)
			rc = add_node(r, TREE_TEXT, from, &n);
		if (rc != RC_OK)
			return rc;
		n->value = start;
		n->value_n = len;
		n->end = *at;
		return RC_OK;
	case JSON_NUMBER:
		return read_scalar(r, TREE_NUMBER, token, from, at);
	case JSON_LITERAL:
	case JSON_LITERAL_END:
		return read_scalar(r, TREE_LITERAL, token, from, at);
	case JSON_BAD:
		return bad(r, *at, r->scan.depth == JSONSCAN_DEPTH ? "no JSON, or more than 64 levels" : "no JSON");
	case JSON_MORE: case JSON_SPACE: case JSON_COLON: case JSON_COMMA: case JSON_RUN: case JSON_CHAR: case JSON_STRING_END:
	case JSON_NUMBER_END:
		break;
	}
	return RC_OK;
}

enum rc tree_read(struct slice body, const struct paths *paths, struct tree *t, struct why *why)
{
	struct reader r = {.t = t, .paths = paths, .why = why};
	size_t at = 0;
	enum rc rc = RC_OK;

	*t = (struct tree){.body = body};
	buf_init(&t->text, body.n + 64);
	if (body.n >= 3 && memcmp(body.p, "\xef\xbb\xbf", 3) == 0)
		return bad(&r, 0, "a byte order mark");
	while (rc == RC_OK) {
		size_t from = at;
		enum json_token token = jsonscan_next(&r.scan, body.p, body.n, &at);

		if (token == JSON_MORE)
			break;
		rc = take(&r, token, from, &at);
	}
	if (rc == RC_OK && !jsonscan_whole(&r.scan))
		rc = body.n ? bad(&r, at, "it ends too early") : why_set(why, RC_BAD, "the request has no body; it must be JSON");
	return rc;
}
