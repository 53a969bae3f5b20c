/* A YAML document (libyaml) as a tree that remembers lines and columns. One document; no anchors, aliases, tags or merge
 * keys; no key twice in a mapping; at most 32 deep and 1 MiB. */
#ifndef PHIGATE_YAML_H
#define PHIGATE_YAML_H

#include "buf.h"

enum yaml_type { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_type type;
	int line, column;              /* from 1 */
	char *text;                    /* YAML_TEXT: the scalar */
	bool quoted;                   /* YAML_TEXT: written in quotes or as a block */
	struct yaml *key;              /* in a mapping: this value's key, a YAML_TEXT */
	struct yaml *child;            /* YAML_LIST, YAML_MAP: the first item */
	struct yaml *next;             /* the next item of the same list or mapping */
};

/* libyaml exports and calls a yaml_free() of its own, and ours would take its place in the dynamic linker. */
#define yaml_free yaml_tree_free

enum rc yaml_parse(struct slice text, struct yaml **root, struct why *why) MUST_USE;    /* RC_BAD; an empty file is an empty map */
enum rc yaml_load(const char *path, struct yaml **root, struct why *why) MUST_USE;      /* why names the file */
void yaml_free(struct yaml *root);

const struct yaml *yaml_get(const struct yaml *map, const char *key);                   /* NULL when absent or no map */
bool yaml_is_null(const struct yaml *v);                                                /* plain ~, null or nothing */

#endif
