#include "conf.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

bool text_list_has(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->item[i], text) == 0)
			return true;
	return false;
}

bool text_list_has_any(const struct text_list *list, const struct text_list *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (text_list_has(list, wanted->item[i]))
			return true;
	return false;
}

enum rc text_list_add(struct text_list *list, const char *text)
{
	char **item = realloc(list->item, (list->n + 1) * sizeof *item);

	if (!item)
		return RC_NOMEM;
	list->item = item;
	item[list->n] = strdup(text);
	if (!item[list->n])
		return RC_NOMEM;
	list->n++;
	return RC_OK;
}

void text_list_free(struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct text_list){0};
}

static enum rc expected(const struct yaml *v, const char *what, struct why *why)
{
	return why_at(why, RC_BAD, v->line, v->column, "%s%s%s must be %s", v->key ? "\"" : "this value",
		      v->key ? v->key->text : "", v->key ? "\"" : "", what);
}

static enum rc read_text(const struct yaml *v, char **target, struct why *why)
{
	char *copy;

	if (v->type != YAML_TEXT)
		return expected(v, "a text", why);
	copy = strdup(v->text);
	if (!copy)
		return RC_NOMEM;
	free(*target);
	*target = copy;
	return RC_OK;
}

static enum rc read_flag(const struct yaml *v, bool *target, struct why *why)
{
	if (v->type != YAML_TEXT || (strcmp(v->text, "true") != 0 && strcmp(v->text, "false") != 0))
		return expected(v, "true or false", why);
	*target = v->text[0] == 't';
	return RC_OK;
}

static enum rc read_int(const struct yaml *v, int64_t *target, struct why *why)
{
	uint64_t n;

	if (v->type != YAML_TEXT || !*v->text || strspn(v->text, "0123456789") != strlen(v->text) ||
	    size_parse(slice_str(v->text), &n) != RC_OK || n > INT64_MAX)
		return expected(v, "a whole number, 0 or more", why);
	*target = (int64_t)n;
	return RC_OK;
}

static enum rc read_texts(const struct yaml *v, struct text_list *target, struct why *why)
{
	struct text_list list = {0};
	enum rc rc = RC_OK;

	if (v->type == YAML_TEXT)
		rc = text_list_add(&list, v->text);
	else if (v->type == YAML_MAP)
		rc = expected(v, "a list of texts", why);
	else
		for (const struct yaml *item = v->child; item && rc == RC_OK; item = item->next)
			rc = item->type == YAML_TEXT ? text_list_add(&list, item->text) : expected(v, "a list of texts", why);
	if (rc != RC_OK) {
		text_list_free(&list);
		return rc;
	}
	text_list_free(target);
	*target = list;
	return RC_OK;
}

enum rc conf_value(const struct yaml *v, enum conf_type type, void *target, struct why *why)
{
	switch (type) {
	case CONF_TEXT:
		return read_text(v, target, why);
	case CONF_FLAG:
		return read_flag(v, target, why);
	case CONF_INT:
		return read_int(v, target, why);
	case CONF_DURATION:
		if (v->type != YAML_TEXT || duration_parse(slice_str(v->text), target) != RC_OK)
			return expected(v, "a duration such as 30s, 15m, 8h or 2192d", why);
		return RC_OK;
	case CONF_SIZE:
		if (v->type != YAML_TEXT || size_parse(slice_str(v->text), target) != RC_OK)
			return expected(v, "a size such as 4096, 32KiB, 8MiB or 16GiB", why);
		return RC_OK;
	case CONF_TEXTS:
		return read_texts(v, target, why);
	case CONF_NODE:
		*(const struct yaml **)target = v;
		return RC_OK;
	}
	return RC_FAULT;
}

static enum rc unknown_key(const struct yaml *v, const char *what, const struct conf_key *keys, size_t n, struct why *why)
{
	struct buf allowed;
	enum rc rc;

	buf_init(&allowed, 480);
	for (size_t i = 0; i < n; i++)
		buf_printf(&allowed, "%s%s", i ? ", " : "", keys[i].name);
	rc = why_at(why, RC_BAD, v->key->line, v->key->column, "unknown key \"%.60s\" in %s; allowed: %s", v->key->text, what,
		    allowed.data ? allowed.data : "none");
	buf_free(&allowed);
	return rc;
}

enum rc conf_read(const struct yaml *map, const char *what, const struct conf_key *keys, size_t n, void *target, struct why *why)
{
	if (map->type != YAML_MAP)
		return why_at(why, RC_BAD, map->line, map->column, "%s must be a mapping (key: value)", what);
	for (const struct yaml *v = map->child; v; v = v->next) {
		size_t i = 0;
		enum rc rc;

		while (i < n && strcmp(keys[i].name, v->key->text) != 0)
			i++;
		if (i == n)
			return unknown_key(v, what, keys, n, why);
		if (yaml_is_null(v))
			continue;
		rc = conf_value(v, keys[i].type, (char *)target + keys[i].offset, why);
		if (rc != RC_OK)
			return rc;
	}
	for (size_t i = 0; i < n; i++) {
		const struct yaml *v = yaml_get(map, keys[i].name);

		if (keys[i].required && (!v || yaml_is_null(v)))
			return why_at(why, RC_BAD, map->line, map->column, "%s lacks the key \"%s\": %s", what, keys[i].name,
				      keys[i].help);
	}
	return RC_OK;
}

void conf_free(const struct conf_key *keys, size_t n, void *target)
{
	for (size_t i = 0; i < n; i++) {
		void *member = (char *)target + keys[i].offset;

		if (keys[i].type == CONF_TEXT) {
			free(*(char **)member);
			*(char **)member = NULL;
		} else if (keys[i].type == CONF_TEXTS) {
			text_list_free(member);
		}
	}
}
