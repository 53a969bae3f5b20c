#include "paths.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct node {
	char *key;                       /* NULL: every member */
	size_t key_len;
	char *folded;                    /* without regard to case */
	size_t folded_len;
	uint16_t child, item, next;
	int16_t mark[PATH_MARKS];        /* value, or -1 */
};

struct paths {
	struct node *nodes;
	size_t n;
};

static uint16_t new_node(struct paths *p, struct slice key)
{
	struct node *nodes = p->n < UINT16_MAX ? realloc(p->nodes, (p->n + 1) * sizeof *nodes) : NULL;
	struct node *node;

	if (!nodes)
		return PATH_NONE;
	p->nodes = nodes;
	node = &nodes[p->n];
	*node = (struct node){.key_len = key.n};
	memset(node->mark, 0xff, sizeof node->mark);
	if (key.p && !slice_is(key, "*")) {
		ssize_t n = utf8proc_map((const utf8proc_uint8_t *)key.p, (ssize_t)key.n, (utf8proc_uint8_t **)&node->folded, UTF8PROC_CASEFOLD);

		node->key = strndup(key.p, key.n);
		if (!node->key || n < 0) {
			free(node->key);
			free(node->folded);
			return PATH_NONE;
		}
		node->folded_len = (size_t)n;
	}
	return (uint16_t)p->n++;
}

struct paths *paths_new(void)
{
	struct paths *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	new_node(p, (struct slice){0});  /* place 0 leads nowhere */
	new_node(p, (struct slice){0});
	if (p->n != 2) {
		paths_free(p);
		return NULL;
	}
	return p;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->nodes[i].key);
		free(p->nodes[i].folded);
	}
	free(p->nodes);
	free(p);
}

uint16_t paths_member(const struct paths *p, uint16_t place, struct slice key)
{
	uint16_t any = PATH_NONE;

	if (place == PATH_NONE)
		return PATH_NONE;
	for (uint16_t i = p->nodes[place].child; i; i = p->nodes[i].next) {
		const struct node *n = &p->nodes[i];

		if (!n->key)
			any = i;
		else if (n->key_len == key.n && memcmp(n->key, key.p, key.n) == 0)
			return i;
	}
	return any;
}

uint16_t paths_item(const struct paths *p, uint16_t place)
{
	return place == PATH_NONE ? PATH_NONE : p->nodes[place].item;
}

bool paths_has_keys(const struct paths *p, uint16_t place)
{
	uint16_t c = place == PATH_NONE ? PATH_NONE : p->nodes[place].child;

	while (c && !p->nodes[c].key)
		c = p->nodes[c].next;
	return c;
}

bool paths_almost(const struct paths *p, uint16_t place, struct slice name, struct slice folded)
{
	bool almost = false;

	for (uint16_t c = place == PATH_NONE ? PATH_NONE : p->nodes[place].child; c; c = p->nodes[c].next) {
		const struct node *n = &p->nodes[c];

		if (!n->key)
			continue;
		if (n->key_len == name.n && memcmp(n->key, name.p, name.n) == 0)
			return false;
		almost |= n->folded_len == folded.n && memcmp(n->folded, folded.p, folded.n) == 0;
	}
	return almost;
}

int paths_mark(const struct paths *p, uint16_t place, unsigned mark)
{
	return p->nodes[place].mark[mark];
}

bool paths_named(const struct paths *p, uint16_t place)
{
	return p->nodes[place].key != NULL;
}

bool paths_leads(const struct paths *p, uint16_t place, unsigned mark, uint16_t value)
{
	if (place == PATH_NONE)
		return false;
	if (p->nodes[place].mark[mark] == (int)value || paths_leads(p, p->nodes[place].item, mark, value))
		return true;
	for (uint16_t i = p->nodes[place].child; i; i = p->nodes[i].next)
		if (paths_leads(p, i, mark, value))
			return true;
	return false;
}

static enum rc to_member(struct paths *p, uint16_t *place, struct slice key)
{
	uint16_t to;

	for (uint16_t i = p->nodes[*place].child; i; i = p->nodes[i].next) {
		const struct node *n = &p->nodes[i];

		if (n->key ? n->key_len == key.n && memcmp(n->key, key.p, key.n) == 0 : slice_is(key, "*")) {
			*place = i;
			return RC_OK;
		}
	}
	to = new_node(p, key);
	if (!to)
		return RC_NOMEM;
	p->nodes[to].next = p->nodes[*place].child;
	p->nodes[*place].child = to;
	*place = to;
	return RC_OK;
}

static enum rc to_item(struct paths *p, uint16_t *place)
{
	uint16_t to = p->nodes[*place].item;

	if (!to) {
		to = new_node(p, (struct slice){0});
		if (!to)
			return RC_NOMEM;
		p->nodes[*place].item = to;
	}
	*place = to;
	return RC_OK;
}

enum rc paths_add(struct paths *p, const char *path, unsigned mark, uint16_t value)
{
	uint16_t place = PATH_ROOT;
	const char *at = path;
	enum rc rc = RC_OK;

	while (*at && rc == RC_OK) {
		size_t n = strcspn(at, ".[");

		if (n)
			rc = to_member(p, &place, (struct slice){at, n});
		else if (at != path || *at != '[')       /* only the whole may be an array without a name */
			return RC_BAD;
		at += n;
		while (rc == RC_OK && strncmp(at, "[]", 2) == 0) {
			rc = to_item(p, &place);
			at += 2;
		}
		if (rc == RC_OK && *at == '.' && at[1])
			at++;
		else if (rc == RC_OK && *at)
			return RC_BAD;
	}
	if (rc != RC_OK)
		return rc;
	if (at == path || p->nodes[place].mark[mark] >= 0 || value > INT16_MAX)
		return RC_BAD;
	p->nodes[place].mark[mark] = (int16_t)value;
	return RC_OK;
}
