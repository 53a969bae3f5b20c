#include "yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "file.h"

#define DEPTH_MAX 32

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct why *why;
};

void yaml_free(struct yaml *v)
{
	while (v) {
		struct yaml *next = v->next;

		yaml_free(v->key);
		yaml_free(v->child);
		free(v->text);
		free(v);
		v = next;
	}
}

static int line_of(const yaml_mark_t *m)
{
	return (int)m->line + 1;
}

static int column_of(const yaml_mark_t *m)
{
	return (int)m->column + 1;
}

static enum rc bad(struct reader *r, const char *text)
{
	return why_at(r->why, RC_BAD, line_of(&r->event.start_mark), column_of(&r->event.start_mark), "%s", text);
}

static enum rc next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		memset(&r->event, 0, sizeof r->event);
		return why_at(r->why, RC_BAD, line_of(&r->parser.problem_mark), column_of(&r->parser.problem_mark), "not YAML: %s",
			      r->parser.problem ? r->parser.problem : "no memory");
	}
	return RC_OK;
}

static enum rc value(struct reader *r, int depth, struct yaml **out);

static enum rc add(struct reader *r, struct yaml *parent, struct yaml ***tail, int depth)
{
	struct yaml *key = NULL;
	enum rc rc;

	if (parent->type == YAML_MAP) {
		if (r->event.type != YAML_SCALAR_EVENT)
			return bad(r, "a key must be a word");
		rc = value(r, depth, &key);
		if (rc == RC_OK && yaml_get(parent, key->text))
			rc = why_at(r->why, RC_BAD, key->line, key->column, "the key \"%.60s\" stands here twice", key->text);
		if (rc == RC_OK)
			rc = next(r);
		if (rc != RC_OK) {
			yaml_free(key);
			return rc;
		}
	}
	rc = value(r, depth, *tail);
	if (rc != RC_OK) {
		yaml_free(key);
		return rc;
	}
	(**tail)->key = key;
	*tail = &(**tail)->next;
	return RC_OK;
}

/* The value that begins with the current event; at return the event is its last one. */
static enum rc value(struct reader *r, int depth, struct yaml **out)
{
	yaml_event_t *e = &r->event;
	struct yaml *v, **tail;
	yaml_event_type_t end;
	enum rc rc;

	if (depth > DEPTH_MAX)
		return bad(r, "nested too deep");
	if (e->type == YAML_ALIAS_EVENT)
		return bad(r, "aliases (*name) are not allowed");
	v = calloc(1, sizeof *v);
	if (!v)
		return RC_NOMEM;
	v->line = line_of(&e->start_mark);
	v->column = column_of(&e->start_mark);
	if (e->type == YAML_SCALAR_EVENT) {
		v->type = YAML_TEXT;
		v->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		v->text = strdup((const char *)e->data.scalar.value);
		rc = !v->text ? RC_NOMEM : RC_OK;
		if (e->data.scalar.anchor || e->data.scalar.tag)
			rc = bad(r, "anchors (&name) and tags (!name) are not allowed");
		else if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
			rc = bad(r, "a text with a NUL byte");
		goto out;
	}
	v->type = e->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
	end = v->type == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	if (v->type == YAML_MAP ? e->data.mapping_start.anchor || e->data.mapping_start.tag :
				  e->data.sequence_start.anchor || e->data.sequence_start.tag) {
		rc = bad(r, "anchors (&name) and tags (!name) are not allowed");
		goto out;
	}
	tail = &v->child;
	while ((rc = next(r)) == RC_OK && e->type != end)
		if ((rc = add(r, v, &tail, depth + 1)) != RC_OK)
			break;
out:
	if (rc == RC_OK)
		*out = v;
	else
		yaml_free(v);
	return rc;
}

enum rc yaml_parse(struct slice text, struct yaml **root, struct why *why)
{
	struct reader r = {.why = why};
	enum rc rc;

	*root = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return RC_NOMEM;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
	rc = next(&r);
	if (rc == RC_OK)
		rc = next(&r);
	if (rc == RC_OK && r.event.type == YAML_STREAM_END_EVENT) {
		*root = calloc(1, sizeof **root);
		rc = *root ? RC_OK : RC_NOMEM;
		if (*root) {
			(*root)->type = YAML_MAP;
			(*root)->line = (*root)->column = 1;
		}
		goto out;
	}
	if (rc == RC_OK)
		rc = next(&r);
	if (rc == RC_OK)
		rc = value(&r, 0, root);
	if (rc == RC_OK)
		rc = next(&r);
	if (rc == RC_OK)
		rc = next(&r);
	if (rc == RC_OK && r.event.type != YAML_STREAM_END_EVENT)
		rc = bad(&r, "only one document is allowed");
out:
	if (rc != RC_OK) {
		yaml_free(*root);
		*root = NULL;
	}
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return rc;
}

enum rc yaml_load(const char *path, struct yaml **root, struct why *why)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 1 << 20);
	*root = NULL;
	rc = file_read(path, &text, why);
	if (rc == RC_OK)
		rc = why_file(why, yaml_parse(buf_slice(&text), root, why), path);
	buf_free(&text);
	return rc;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	if (!map || map->type != YAML_MAP)
		return NULL;
	for (const struct yaml *v = map->child; v; v = v->next)
		if (strcmp(v->key->text, key) == 0)
			return v;
	return NULL;
}

bool yaml_is_null(const struct yaml *v)
{
	return v->type == YAML_TEXT && !v->quoted && (!*v->text || strcmp(v->text, "~") == 0 || strcmp(v->text, "null") == 0);
}
