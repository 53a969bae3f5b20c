#include "leaves.h"

#include <string.h>

void leaves_begin(struct leaves *l, leaf_fn *fn, void *arg)
{
	*l = (struct leaves){.begins = true, .fn = fn, .arg = arg};
}

bool leaves_done(const struct leaves *l)
{
	return jsonscan_done(&l->scan);
}

bool leaves_bad(const struct leaves *l)
{
	return l->bad;
}

static size_t level(const struct leaves *l)
{
	return (size_t)l->scan.depth - 1;
}

static void tell(struct leaves *l, struct slice text, bool string, bool end)
{
	struct leaf leaf = {text, string, l->begins, end};

	if (l->scan.depth <= LEAVES_DEPTH)
		l->fn(l->arg, l, &leaf);
	l->begins = end;
}

static void add_key(struct leaves *l, struct slice text)
{
	char *key = l->at[level(l)].key;

	if (l->key_n + text.n < sizeof l->at[0].key) {
		memcpy(key + l->key_n, text.p, text.n);
		key[l->key_n + text.n] = '\0';
		l->key_n += text.n;
	} else {
		key[0] = '\0';
		l->key_n = sizeof l->at[0].key;
	}
}

static void enter(struct leaves *l, bool array)
{
	if (l->scan.depth > LEAVES_DEPTH)
		return;
	l->at[level(l)].key[0] = '\0';
	l->at[level(l)].index = 0;
	l->at[level(l)].array = array;
}

static void take(struct leaves *l, enum json_token token, struct slice bytes)
{
	bool inside = l->scan.depth >= 1 && l->scan.depth <= LEAVES_DEPTH;

	if (token == JSON_CHAR)
		bytes = (struct slice){l->scan.text, l->scan.n_text};
	switch (token) {
	case JSON_OBJECT:
		enter(l, false);
		break;
	case JSON_ARRAY:
		enter(l, true);
		break;
	case JSON_COMMA:
		if (inside && l->at[level(l)].array)
			l->at[level(l)].index++;
		break;
	case JSON_KEY:
		l->in_key = true;
		l->key_n = 0;
		if (inside)
			l->at[level(l)].key[0] = '\0';
		break;
	case JSON_RUN: case JSON_CHAR:
		if (!l->in_key)
			tell(l, bytes, true, false);
		else if (inside)
			add_key(l, bytes);
		break;
	case JSON_STRING_END:
		if (!l->in_key)
			tell(l, SLICE(""), true, true);
		l->in_key = false;
		break;
	case JSON_NUMBER: case JSON_LITERAL:
		tell(l, bytes, false, false);
		break;
	case JSON_NUMBER_END:
		tell(l, SLICE(""), false, true);
		break;
	case JSON_LITERAL_END:
		tell(l, bytes, false, true);
		break;
	case JSON_MORE: case JSON_BAD: case JSON_SPACE: case JSON_STRING: case JSON_COLON: case JSON_OBJECT_END: case JSON_ARRAY_END:
		break;
	}
}

size_t leaves_feed(struct leaves *l, struct slice text)
{
	size_t at = 0;

	while (at < text.n && !l->bad && !leaves_done(l)) {
		size_t from = at;
		enum json_token token = jsonscan_next(&l->scan, text.p, text.n, &at);

		if (token == JSON_BAD)
			l->bad = true;
		else
			take(l, token, (struct slice){text.p + from, at - from});
	}
	return l->bad ? text.n : at;
}

bool leaf_is(const struct leaves *l, const char *path)
{
	for (size_t i = 0; i < l->scan.depth; i++) {
		size_t n = strlen(l->at[i].key);

		if (l->at[i].array) {
			if (strncmp(path, "[]", 2) != 0)
				return false;
			path += 2;
			continue;
		}
		if (i && *path++ != '.')
			return false;
		if (!n || strncmp(path, l->at[i].key, n) != 0)
			return false;
		path += n;
	}
	return !*path;
}

uint32_t leaf_index(const struct leaves *l, size_t n)
{
	for (size_t i = 0; i < l->scan.depth; i++)
		if (l->at[i].array && n-- == 0)
			return l->at[i].index;
	return 0;
}
