#include "prompt_shape.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"

const char *const prompt_kinds[] = {"tokens", "image", "audio", "file", "url", "state", "embedding", NULL};

#define DIMENSIONS_MAX 4                 /* of a tensor with text */

struct lists {
	struct text_list model, adapters, stream, tools, max_tokens, times, text, continues, names, plain, ids, tensors;
	const struct yaml *messages, *opaque;
	char *whole;
	bool stream_default;
};

static const struct conf_key list_keys[] = {
	{"model", CONF_TEXTS, offsetof(struct lists, model), false, "path of the model's name"},
	{"adapters", CONF_TEXTS, offsetof(struct lists, adapters), false, "paths of what picks another model, or PATH=NAME where one name does"},
	{"stream", CONF_TEXTS, offsetof(struct lists, stream), false, "path of the stream flag"},
	{"stream_default", CONF_FLAG, offsetof(struct lists, stream_default), false, "what an absent flag means"},
	{"tools", CONF_TEXTS, offsetof(struct lists, tools), false, "paths of tools"},
	{"max_tokens", CONF_TEXTS, offsetof(struct lists, max_tokens), false, "paths of the answer's limit"},
	{"times", CONF_TEXTS, offsetof(struct lists, times), false, "paths of what multiplies it"},
	{"text", CONF_TEXTS, offsetof(struct lists, text), false, "paths of text without a role"},
	{"continues", CONF_TEXTS, offsetof(struct lists, continues), false, "those that the answer goes on from"},
	{"names", CONF_TEXTS, offsetof(struct lists, names), false, "paths of what functions are called: no person's name for standing there"},
	{"plain", CONF_TEXTS, offsetof(struct lists, plain), false, "the protocol's own fields, with all that is in them"},
	{"ids", CONF_TEXTS, offsetof(struct lists, ids), false, "plain fields that are ids"},
	{"tensors", CONF_TEXTS, offsetof(struct lists, tensors), false, "paths of values by name, text or numbers, in lists or not"},
	{"messages", CONF_NODE, offsetof(struct lists, messages), false, "{list, role, text, continues}"},
	{"opaque", CONF_NODE, offsetof(struct lists, opaque), false, "kind: paths of what cannot be read; media: as the \"type\" beside it says"},
	{"whole", CONF_TEXT, offsetof(struct lists, whole), false, "the body is no JSON, but all of it is of this kind"},
};

struct messages {
	char *list, *role;
	struct text_list text;
	bool continues;
};

static const struct conf_key message_keys[] = {
	{"list", CONF_TEXT, offsetof(struct messages, list), true, "path of the list"},
	{"role", CONF_TEXT, offsetof(struct messages, role), true, "path of the role in a message"},
	{"text", CONF_TEXTS, offsetof(struct messages, text), true, "paths of the text in a message"},
	{"continues", CONF_FLAG, offsetof(struct messages, continues), false, "the answer goes on from a last assistant message"},
};

void prompt_shape_free(struct prompt_shape *s)
{
	if (!s)
		return;
	paths_free(s->paths);
	shape_free(s->masked);
	text_list_free(&s->adapter_names);
	free(s->model);
	free(s);
}

/* The number of a kind, or -1. */
static int kind_of(const char *name)
{
	if (strcmp(name, "media") == 0)
		return PROMPT_MEDIA;
	for (int i = 0; prompt_kinds[i]; i++)
		if (strcmp(prompt_kinds[i], name) == 0)
			return i;
	return -1;
}

/* What each mark is where the request is masked: text, the protocol's own, or (0) what it is by its place. */
static const struct {
	enum prompt_mark mark;
	enum shape_mark masked;
} MASKED[] = {
	{PROMPT_MODEL, SHAPE_PLAIN}, {PROMPT_STREAM, SHAPE_PLAIN}, {PROMPT_MAX, SHAPE_PLAIN}, {PROMPT_TIMES, SHAPE_PLAIN},
	{PROMPT_ROLE, SHAPE_PLAIN}, {PROMPT_TEXT, SHAPE_TEXT}, {PROMPT_MESSAGE_TEXT, SHAPE_TEXT},
};

static enum rc add_masked(struct prompt_shape *s, const struct yaml *at, const char *path, enum shape_mark mark, struct why *why)
{
	return mark == SHAPE_TEXT ? shape_add_text(s->masked, at, path, why) : shape_add(s->masked, at, path, mark, why);
}

static enum rc add(struct prompt_shape *s, const struct yaml *at, const char *path, enum prompt_mark mark, size_t value, struct why *why)
{
	enum rc rc = paths_add(s->paths, path, mark, (uint16_t)value);

	for (size_t i = 0; i < sizeof MASKED / sizeof *MASKED && rc == RC_OK; i++)
		if (MASKED[i].mark == mark)
			rc = add_masked(s, at, path, MASKED[i].masked, why);
	return rc == RC_BAD ? why_at(why, rc, at->line, at->column, "\"%.100s\" is no path, or is listed twice", path) : rc;
}

static enum rc add_list(struct prompt_shape *s, const struct yaml *at, const struct text_list *list, enum prompt_mark mark, size_t value,
			struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < list->n && rc == RC_OK; i++)
		rc = add(s, at, list->item[i], mark, value, why);
	return rc;
}

static enum rc add_masked_list(struct prompt_shape *s, const struct yaml *at, const struct text_list *list, enum shape_mark mark,
			       struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < list->n && rc == RC_OK; i++)
		rc = add_masked(s, at, list->item[i], mark, why);
	return rc;
}

static enum rc read_messages(struct prompt_shape *s, const struct yaml *node, struct why *why)
{
	struct messages m = {0};
	struct buf path;
	enum rc rc = conf_read(node, "messages", CONF_KEYS(message_keys), &m, why);

	buf_init(&path, 4096);
	if (rc == RC_OK)
		rc = add(s, node, m.list, PROMPT_LIST, 0, why);
	if (rc == RC_OK)
		rc = buf_printf(&path, "%s[].%s", m.list, m.role);
	if (rc == RC_OK)
		rc = add(s, node, path.data, PROMPT_ROLE, 0, why);
	for (size_t i = 0; i < m.text.n && rc == RC_OK; i++) {
		buf_clear(&path);
		rc = buf_printf(&path, "%s[].%s", m.list, m.text.item[i]);
		if (rc == RC_OK)
			rc = add(s, node, path.data, PROMPT_MESSAGE_TEXT, 0, why);
	}
	s->continues = m.continues;
	conf_free(CONF_KEYS(message_keys), &m);
	buf_free(&path);
	return rc;
}

static enum rc read_opaque(struct prompt_shape *s, const struct yaml *node, struct why *why)
{
	enum rc rc = node->type == YAML_MAP ? RC_OK : why_at(why, RC_BAD, node->line, node->column, "opaque must be a mapping of kinds to paths");

	for (const struct yaml *v = node->child; v && rc == RC_OK; v = v->next) {
		struct text_list paths = {0};
		int kind = kind_of(v->key->text);

		if (kind < 0)
			return why_at(why, RC_BAD, v->key->line, v->key->column, "\"%.40s\" is no opaque kind", v->key->text);
		rc = conf_value(v, CONF_TEXTS, &paths, why);
		if (rc == RC_OK)
			rc = add_list(s, v, &paths, PROMPT_OPAQUE, (size_t)kind, why);
		text_list_free(&paths);
	}
	return rc;
}

static enum rc read_texts(struct prompt_shape *s, const struct yaml *node, const struct lists *lists, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < lists->text.n && rc == RC_OK; i++)
		rc = add(s, node, lists->text.item[i], PROMPT_TEXT, text_list_has(&lists->continues, lists->text.item[i]), why);
	return rc;
}

/* Texts stand in lists of lists, as deep as the tensor has dimensions. */
static enum rc read_tensors(struct prompt_shape *s, const struct yaml *node, const struct lists *lists, struct why *why)
{
	const struct text_list *tensors = &lists->tensors;
	enum rc rc = add_list(s, node, tensors, PROMPT_TENSOR, 0, why);
	struct buf path;

	buf_init(&path, 4096);
	for (size_t i = 0; i < tensors->n && rc == RC_OK; i++) {
		buf_clear(&path);
		buf_puts(&path, tensors->item[i]);
		for (int d = 0; d <= DIMENSIONS_MAX && rc == RC_OK; d++) {
			rc = add(s, node, path.data, PROMPT_TEXT, text_list_has(&lists->continues, tensors->item[i]), why);
			buf_puts(&path, "[]");
		}
	}
	buf_free(&path);
	return rc;
}

static enum rc read_model(struct prompt_shape *s, const struct yaml *node, const struct text_list *model, struct why *why)
{
	enum rc rc = add_list(s, node, model, PROMPT_MODEL, 0, why);

	for (size_t i = 0; i < model->n && rc == RC_OK; i++)
		if (strpbrk(model->item[i], ".[*"))
			rc = why_at(why, RC_BAD, node->line, node->column, "the model's name must be a member of the request itself");
	if (rc == RC_OK && model->n && !(s->model = strdup(model->item[0])))
		rc = RC_NOMEM;
	return rc;
}

static enum rc read_adapters(struct prompt_shape *s, const struct yaml *node, const struct text_list *adapters, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < adapters->n && rc == RC_OK; i++) {
		const char *equals = strchr(adapters->item[i], '=');
		char *path = strndup(adapters->item[i], strcspn(adapters->item[i], "="));
		bool first = !equals || !s->adapter_names.n;

		rc = !path ? RC_NOMEM : first ? add(s, node, path, PROMPT_ADAPTER, equals != NULL, why) : RC_OK;
		if (rc == RC_OK && equals)
			rc = text_list_add(&s->adapter_names, equals + 1);
		free(path);
	}
	return rc;
}

static enum rc read_whole(struct prompt_shape *s, const struct yaml *node, const char *whole, struct why *why)
{
	int kind = kind_of(whole);

	if (kind < 0 || kind == PROMPT_MEDIA)
		return why_at(why, RC_BAD, node->line, node->column, "\"%.40s\" is no opaque kind", whole);
	s->whole = prompt_kinds[kind];
	return RC_OK;
}

enum rc prompt_shape_read(const struct yaml *node, struct prompt_shape **out, struct why *why)
{
	struct prompt_shape *s = calloc(1, sizeof *s);
	struct lists lists = {0};
	enum rc rc;

	*out = NULL;
	if (s)
		s->paths = paths_new();
	if (!s || !s->paths || shape_read(NULL, &s->masked, why) != RC_OK) {
		prompt_shape_free(s);
		return RC_NOMEM;
	}
	rc = conf_read(node, "request", CONF_KEYS(list_keys), &lists, why);
	s->stream_default = lists.stream_default;
	s->tensors = lists.tensors.n > 0;
	if (rc == RC_OK)
		rc = read_model(s, node, &lists.model, why);
	if (rc == RC_OK)
		rc = read_adapters(s, node, &lists.adapters, why);
	if (rc == RC_OK)
		rc = add_list(s, node, &lists.stream, PROMPT_STREAM, 0, why);
	if (rc == RC_OK)
		rc = add_list(s, node, &lists.tools, PROMPT_TOOLS, 0, why);
	if (rc == RC_OK)
		rc = add_list(s, node, &lists.max_tokens, PROMPT_MAX, 0, why);
	if (rc == RC_OK)
		rc = add_list(s, node, &lists.times, PROMPT_TIMES, 0, why);
	if (rc == RC_OK)
		rc = read_texts(s, node, &lists, why);
	if (rc == RC_OK)
		rc = add_masked_list(s, node, &lists.names, SHAPE_TEXT, why);
	if (rc == RC_OK)
		rc = add_masked_list(s, node, &lists.plain, SHAPE_PLAIN, why);
	if (rc == RC_OK)
		rc = add_masked_list(s, node, &lists.ids, SHAPE_ID, why);
	if (rc == RC_OK)
		rc = read_tensors(s, node, &lists, why);
	if (rc == RC_OK && lists.whole)
		rc = read_whole(s, node, lists.whole, why);
	if (rc == RC_OK && lists.messages)
		rc = read_messages(s, lists.messages, why);
	if (rc == RC_OK && lists.opaque)
		rc = read_opaque(s, lists.opaque, why);
	conf_free(CONF_KEYS(list_keys), &lists);
	if (rc == RC_OK)
		*out = s;
	else
		prompt_shape_free(s);
	return rc;
}
