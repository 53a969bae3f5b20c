/* Configuration by table: one row per key says its type, where the value goes and what it means. Unknown keys, wrong types and
 * missing required keys are errors with line and column, and name what is allowed. */
#ifndef PHIGATE_CONF_H
#define PHIGATE_CONF_H

#include <stdint.h>

#include "yaml.h"

struct text_list {
	char **item;
	size_t n;
};

enum conf_type {
	CONF_TEXT,           /* char *, owned */
	CONF_FLAG,           /* bool: true or false */
	CONF_INT,            /* int64_t, 0 or more */
	CONF_DURATION,       /* int64_t nanoseconds ("15m") */
	CONF_SIZE,           /* uint64_t bytes ("8MiB") */
	CONF_TEXTS,          /* struct text_list, owned; one text stands for a list of one */
	CONF_NODE,           /* const struct yaml *, borrowed from the document, for the caller to read */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;       /* of the member in the target struct */
	bool required;
	const char *help;    /* one line for the man page and the example; a check fails where it is missing */
};

#define CONF_KEYS(table) (table), sizeof(table) / sizeof *(table)

/* Read a mapping into *target, whose defaults are already set; a key that is absent or null keeps its default. what names the
 * mapping in errors ("session"). A text that is replaced is freed, so defaults are NULL or from malloc. RC_BAD, RC_NOMEM. */
enum rc conf_read(const struct yaml *map, const char *what, const struct conf_key *keys, size_t n, void *target,
		  struct why *why) MUST_USE;

/* Free what conf_read() put into *target. */
void conf_free(const struct conf_key *keys, size_t n, void *target);

/* One value of a known type; offset and required do not count. */
enum rc conf_value(const struct yaml *value, enum conf_type type, void *target, struct why *why) MUST_USE;

bool text_list_has(const struct text_list *list, const char *text);
bool text_list_has_any(const struct text_list *list, const struct text_list *wanted);
enum rc text_list_add(struct text_list *list, const char *text) MUST_USE;
void text_list_free(struct text_list *list);

#endif
