#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"

struct lists {
	struct text_list text, drop, unread, plain, ids, titles, times, vectors;
	const struct yaml *stream, *ends, *usage;
};

static const struct conf_key list_keys[] = {
	{"text", CONF_TEXTS, offsetof(struct lists, text), false, "paths of text that stands alone"},
	{"stream", CONF_NODE, offsetof(struct lists, stream), false, "texts that go on from event to event: {path, key}"},
	{"ends", CONF_NODE, offsetof(struct lists, ends), false, "what ends them: {path, key, value}"},
	{"drop", CONF_TEXTS, offsetof(struct lists, drop), false, "fields that become null where text was changed"},
	{"unread", CONF_TEXTS, offsetof(struct lists, unread), false, "fields that nobody can read here, which become null"},
	{"plain", CONF_TEXTS, offsetof(struct lists, plain), false, "the protocol's own fields, with all that is in them"},
	{"ids", CONF_TEXTS, offsetof(struct lists, ids), false, "plain fields that are ids"},
	{"titles", CONF_TEXTS, offsetof(struct lists, titles), false, "plain fields of several words: models' names in listings"},
	{"times", CONF_TEXTS, offsetof(struct lists, times), false, "the protocol's own time stamps"},
	{"vectors", CONF_TEXTS, offsetof(struct lists, vectors), false, "embeddings"},
	{"usage", CONF_NODE, offsetof(struct lists, usage), false, "counts of tokens: {input, cached, kept, output}"},
};

struct counts {
	struct text_list kind[SHAPE_USAGES];
};

static const struct conf_key count_keys[] = {
	{"input", CONF_TEXTS, offsetof(struct counts, kind[USAGE_INPUT]), false, "paths of the request's tokens"},
	{"cached", CONF_TEXTS, offsetof(struct counts, kind[USAGE_CACHED]), false, "paths of those that came from a cache, and that input leaves out"},
	{"kept", CONF_TEXTS, offsetof(struct counts, kind[USAGE_KEPT]), false, "paths of those that went into one, likewise"},
	{"output", CONF_TEXTS, offsetof(struct counts, kind[USAGE_OUTPUT]), false, "paths of the answer's tokens"},
};

struct place {
	char *path;
	struct text_list key, value, last;
};

static const struct conf_key place_keys[] = {
	{"path", CONF_TEXT, offsetof(struct place, path), true, "where it stands"},
	{"key", CONF_TEXTS, offsetof(struct place, key), false, "paths of what tells its stream"},
	{"value", CONF_TEXTS, offsetof(struct place, value), false, "ends: the values that end"},
	{"last", CONF_TEXTS, offsetof(struct place, last), false, "ends: the values that end the answer"},
};

void shape_free(struct answer_shape *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_ends; i++) {
		for (size_t k = 0; k < s->ends[i].n_values; k++)
			free(s->ends[i].value[k]);
		free(s->ends[i].value);
		for (size_t k = 0; k < s->ends[i].n_last; k++)
			free(s->ends[i].last[k]);
		free(s->ends[i].last);
	}
	for (size_t i = 0; i < s->n_slots; i++)
		free(s->slots[i]);
	free(s->texts);
	free(s->ends);
	paths_free(s->paths);
	free(s);
}

static enum rc add_path(struct answer_shape *s, const struct yaml *at, const char *path, enum shape_mark mark, size_t value, struct why *why)
{
	enum rc rc = paths_add(s->paths, path, mark, (uint16_t)value);

	return rc == RC_BAD ? why_at(why, rc, at->line, at->column, "\"%.100s\" is no path, or is listed twice", path) : rc;
}

static enum rc add_paths(struct answer_shape *s, const struct yaml *at, const struct text_list *list, enum shape_mark mark, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < list->n && rc == RC_OK; i++)
		rc = add_path(s, at, list->item[i], mark, 0, why);
	return rc;
}

/* The slots of some keys, as bits. */
static enum rc slots_of(struct answer_shape *s, const struct yaml *at, const struct text_list *keys, uint8_t *bits, struct why *why)
{
	*bits = 0;
	for (size_t i = 0; i < keys->n; i++) {
		size_t slot = 0;
		enum rc rc;

		while (slot < s->n_slots && strcmp(s->slots[slot], keys->item[i]) != 0)
			slot++;
		if (slot == SHAPE_SLOTS)
			return why_at(why, RC_BAD, at->line, at->column, "at most %d different keys", SHAPE_SLOTS);
		if (slot == s->n_slots) {
			rc = add_path(s, at, keys->item[i], SHAPE_KEY, slot, why);
			if (rc != RC_OK)
				return rc;
			s->slots[slot] = strdup(keys->item[i]);
			if (!s->slots[slot])
				return RC_NOMEM;
			s->n_slots++;
		}
		*bits |= (uint8_t)(1u << slot);
	}
	return RC_OK;
}

static enum rc add_text(struct answer_shape *s, const struct yaml *at, const char *path, bool stream, const struct text_list *keys,
			struct why *why)
{
	struct shape_text *texts = realloc(s->texts, (s->n_texts + 1) * sizeof *texts);
	enum rc rc;

	if (!texts)
		return RC_NOMEM;
	s->texts = texts;
	texts[s->n_texts] = (struct shape_text){.stream = stream};
	rc = slots_of(s, at, keys, &texts[s->n_texts].keys, why);
	if (rc == RC_OK)
		rc = add_path(s, at, path, SHAPE_TEXT, s->n_texts, why);
	s->n_texts++;
	return rc;
}

static enum rc add_end(struct answer_shape *s, const struct yaml *at, struct place *place, struct why *why)
{
	struct shape_end *ends = realloc(s->ends, (s->n_ends + 1) * sizeof *ends);
	enum rc rc;

	if (!ends)
		return RC_NOMEM;
	s->ends = ends;
	ends[s->n_ends] = (struct shape_end){.value = place->value.item, .n_values = place->value.n,
					     .last = place->last.item, .n_last = place->last.n};
	place->value = place->last = (struct text_list){0};
	rc = slots_of(s, at, &place->key, &ends[s->n_ends].keys, why);
	if (rc == RC_OK)
		rc = add_path(s, at, place->path, SHAPE_END, s->n_ends, why);
	s->n_ends++;
	return rc;
}

static enum rc read_places(struct answer_shape *s, const struct yaml *list, bool ends, struct why *why)
{
	enum rc rc = RC_OK;

	if (!list)
		return RC_OK;
	if (list->type != YAML_LIST)
		return why_at(why, RC_BAD, list->line, list->column, "must be a list of {path, key}");
	for (const struct yaml *item = list->child; item && rc == RC_OK; item = item->next) {
		struct place place = {0};

		rc = conf_read(item, ends ? "ends" : "stream", CONF_KEYS(place_keys), &place, why);
		if (rc == RC_OK)
			rc = ends ? add_end(s, item, &place, why) : add_text(s, item, place.path, true, &place.key, why);
		conf_free(CONF_KEYS(place_keys), &place);
	}
	return rc;
}

static enum rc read_usage(struct answer_shape *s, const struct yaml *node, struct why *why)
{
	struct counts counts = {0};
	enum rc rc = conf_read(node, "usage", CONF_KEYS(count_keys), &counts, why);

	for (size_t kind = 0; kind < SHAPE_USAGES; kind++)
		for (size_t i = 0; i < counts.kind[kind].n && rc == RC_OK; i++)
			rc = add_path(s, node, counts.kind[kind].item[i], SHAPE_USAGE, kind, why);
	conf_free(CONF_KEYS(count_keys), &counts);
	return rc;
}

enum rc shape_add_text(struct answer_shape *s, const struct yaml *at, const char *path, struct why *why)
{
	static const struct text_list no_keys;

	return add_text(s, at, path, false, &no_keys, why);
}

enum rc shape_add(struct answer_shape *s, const struct yaml *at, const char *path, enum shape_mark mark, struct why *why)
{
	return add_path(s, at, path, mark, 0, why);
}

enum rc shape_read(const struct yaml *node, struct answer_shape **out, struct why *why)
{
	struct answer_shape *s = calloc(1, sizeof *s);
	struct lists lists = {0};
	enum rc rc = RC_OK;

	*out = NULL;
	if (s)
		s->paths = paths_new();
	if (!s || !s->paths) {
		shape_free(s);
		return RC_NOMEM;
	}
	if (node) {
		rc = conf_read(node, "response", CONF_KEYS(list_keys), &lists, why);
		for (size_t i = 0; i < lists.text.n && rc == RC_OK; i++)
			rc = shape_add_text(s, node, lists.text.item[i], why);
		if (rc == RC_OK)
			rc = read_places(s, lists.stream, false, why);
		if (rc == RC_OK)
			rc = read_places(s, lists.ends, true, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.drop, SHAPE_DROP, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.unread, SHAPE_UNREAD, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.plain, SHAPE_PLAIN, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.ids, SHAPE_ID, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.times, SHAPE_TIME, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.titles, SHAPE_TITLE, why);
		if (rc == RC_OK)
			rc = add_paths(s, node, &lists.vectors, SHAPE_VECTOR, why);
		if (rc == RC_OK && lists.usage)
			rc = read_usage(s, lists.usage, why);
	}
	conf_free(CONF_KEYS(list_keys), &lists);
	if (rc == RC_OK)
		*out = s;
	else
		shape_free(s);
	return rc;
}
