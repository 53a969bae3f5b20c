/* A request's JSON as a tree, read strictly (design: what is decided is what is sent). Only prompt*.c include this. */
#ifndef PHIGATE_AGENT_PROMPT_TREE_H
#define PHIGATE_AGENT_PROMPT_TREE_H

#include "buf.h"
#include "answer/paths.h"

enum tree_type { TREE_OBJECT, TREE_ARRAY, TREE_TEXT, TREE_NUMBER, TREE_LITERAL };

struct tree_node {
	enum tree_type type;
	uint16_t place;                  /* in the paths */
	bool has_key;
	bool numbers;                    /* an array with numbers in it; those have no nodes of their own */
	size_t at, end;                  /* its bytes in the body */
	size_t key, key_n;               /* decoded, in text */
	size_t value, value_n;           /* TREE_TEXT: decoded, in text */
	uint32_t child, last, next, parent;  /* nodes; 0: none */
};

/* Node 0 is none, node 1 the root. */
struct tree {
	struct slice body;
	struct tree_node *nodes;
	size_t n, cap;
	struct buf text;
};

/* RC_BAD: not one JSON value as requests must be; why says what and where. */
enum rc tree_read(struct slice body, const struct paths *paths, struct tree *t, struct why *why) MUST_USE;
void tree_free(struct tree *t);

struct slice tree_key(const struct tree *t, const struct tree_node *n);
struct slice tree_text(const struct tree *t, const struct tree_node *n);
struct slice tree_bytes(const struct tree *t, const struct tree_node *n);

#endif
