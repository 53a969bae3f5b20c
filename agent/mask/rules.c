/* The `mask:` section of a policy. */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "engine.h"
#include "file.h"

#define CUSTOM_MAX 256

static const char *const OPERATORS[N_OPERATORS] = {
	[OP_REDACT] = "redact", [OP_PARTIAL] = "partial", [OP_PSEUDONYM] = "pseudonym", [OP_HASH] = "hash", [OP_YEAR] = "year", [OP_ZIP3] = "zip3",
	[OP_CAP90] = "cap90", [OP_KEEP] = "keep",
};

const char *operator_name(enum operator op)
{
	return OPERATORS[op];
}

static enum rc read_operator(const struct yaml *v, enum operator *op, struct why *why)
{
	for (int i = 0; v->type == YAML_TEXT && i < N_OPERATORS; i++)
		if (strcmp(v->text, OPERATORS[i]) == 0) {
			*op = (enum operator)i;
			return RC_OK;
		}
	return why_at(why, RC_BAD, v->line, v->column,
		      "\"%.40s\" is no operator; there are redact, partial, pseudonym, hash, year (DATE), zip3 (ZIP), cap90 (AGE) and keep",
		      v->type == YAML_TEXT ? v->text : "this");
}

/* year, zip3 and cap90 generalise one entity each (45 CFR 164.514(b)(2)(i)(B), (C)). */
static bool fits(enum operator op, enum entity entity)
{
	return (op != OP_YEAR || entity == ENTITY_DATE) && (op != OP_ZIP3 || entity == ENTITY_ZIP) && (op != OP_CAP90 || entity == ENTITY_AGE);
}

static struct custom_rule *find_custom(const struct mask_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n_custom; i++)
		if (!rules->custom[i].builtin && strcmp(rules->custom[i].name, name) == 0)
			return &rules->custom[i];
	return NULL;
}

static enum rc unknown_entity(const struct yaml *key, const struct mask_rules *rules, struct why *why)
{
	struct buf names;
	enum rc rc;

	buf_init(&names, 512);
	for (int i = 0; i < ENTITY_CUSTOM; i++)
		buf_printf(&names, ", %s", entity_name((enum entity)i));
	for (size_t i = 0; i < rules->n_custom; i++)     /* as far as there is room */
		if (!rules->custom[i].builtin && find_custom(rules, rules->custom[i].name) == &rules->custom[i])
			buf_printf(&names, ", %s", rules->custom[i].name);
	rc = why_at(why, RC_BAD, key->line, key->column, "there is no entity \"%.40s\"; there are default%s", key->text,
		    names.data ? names.data : "");
	buf_free(&names);
	return rc;
}

static enum rc read_default(const struct yaml *map, struct mask_rules *rules, struct why *why)
{
	const struct yaml *v = yaml_get(map, "default");
	enum operator op = OP_REDACT;
	enum rc rc = v ? read_operator(v, &op, why) : RC_OK;

	if (rc == RC_OK && !fits(op, ENTITY_CUSTOM))
		rc = why_at(why, RC_BAD, v->line, v->column, "%s fits one entity only, so it cannot be the default", operator_name(op));
	for (int i = 0; i < ENTITY_COUNT; i++)
		rules->op[i] = op;
	for (size_t i = 0; i < rules->n_custom; i++)
		rules->custom[i].op = op;
	return rc;
}

static enum rc read_response(const struct yaml *map, struct mask_rules *rules, struct why *why)
{
	enum rc rc;

	if (map && map->type != YAML_MAP)
		return why_at(why, RC_BAD, map->line, map->column, "\"response\" must be a mapping of entities to operators");
	rc = read_default(map, rules, why);
	for (const struct yaml *v = map ? map->child : NULL; v && rc == RC_OK; v = v->next) {
		struct custom_rule *custom = find_custom(rules, v->key->text);
		enum operator op = OP_REDACT;
		enum entity entity = ENTITY_CUSTOM;

		if (strcmp(v->key->text, "default") == 0)
			continue;
		if (!custom && (!entity_parse(v->key->text, &entity) || entity == ENTITY_CUSTOM))
			return unknown_entity(v->key, rules, why);
		rc = read_operator(v, &op, why);
		if (rc == RC_OK && !fits(op, entity))
			rc = why_at(why, RC_BAD, v->line, v->column, "%s does not fit %.40s", operator_name(op), v->key->text);
		if (rc != RC_OK)
			break;
		if (custom)
			for (size_t i = 0; i < rules->n_custom; i++)
				rules->custom[i].op = strcmp(rules->custom[i].name, custom->name) == 0 ? op : rules->custom[i].op;
		else
			rules->op[entity] = op;
	}
	for (size_t i = 0; i < rules->n_custom && rc == RC_OK; i++)
		if (rules->custom[i].builtin)
			rules->custom[i].op = rules->op[rules->custom[i].entity];
	return rc;
}

static const char *const REQUESTS[] = {
	[MASK_REQUEST_OFF] = "off", [MASK_REQUEST_REDACT] = "redact", [MASK_REQUEST_DENY] = "deny", [MASK_REQUEST_TOKENIZE] = "tokenize",
};

static enum rc read_request(const struct yaml *v, enum mask_request *request, struct why *why)
{
	*request = MASK_REQUEST_OFF;
	if (!v)
		return RC_OK;
	for (size_t i = 0; v->type == YAML_TEXT && i < sizeof REQUESTS / sizeof *REQUESTS; i++)
		if (strcmp(v->text, REQUESTS[i]) == 0) {
			*request = (enum mask_request)i;
			return RC_OK;
		}
	return why_at(why, RC_BAD, v->line, v->column, "\"request\" must be \"off\", redact, deny or tokenize");
}

/* ---- the policy's own detectors ----------------------------------------------------------------------------------------------------------- */

struct custom_keys {
	char *entity, *regex, *words_file;
};

static const struct conf_key CUSTOM_KEYS[] = {
	{"entity", CONF_TEXT, offsetof(struct custom_keys, entity), true, "what it finds: one of the entities, or a name of your own"},
	{"regex", CONF_TEXT, offsetof(struct custom_keys, regex), false, "a pattern (PCRE2) that finds it"},
	{"words_file", CONF_TEXT, offsetof(struct custom_keys, words_file), false, "a file of words and phrases, one a line; # begins a comment"},
};

static bool is_entity_name(const char *name)
{
	return *name >= 'A' && *name <= 'Z' && strlen(name) <= 32 && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

static enum rc read_custom_rule(const struct yaml *map, const char *dir, struct custom_rule *c, struct why *why)
{
	struct custom_keys keys = {0};
	struct why told = {0};
	char *path = NULL;
	enum rc rc = conf_read(map, "a custom detector", CONF_KEYS(CUSTOM_KEYS), &keys, why);

	c->line = map->line;
	c->column = map->column;
	if (rc == RC_OK && !is_entity_name(keys.entity))
		rc = why_at(why, RC_BAD, map->line, map->column, "\"entity\" must be capitals, digits and underscores, at most 32");
	if (rc == RC_OK && !keys.regex == !keys.words_file)
		rc = why_at(why, RC_BAD, map->line, map->column, "a custom detector needs regex or words_file, and not both");
	if (rc == RC_OK && keys.words_file) {
		path = path_join(dir, keys.words_file);
		rc = path ? phrases_read(path, &c->words, &told) : RC_NOMEM;
		if (rc != RC_OK && rc != RC_NOMEM) {
			const struct yaml *v = yaml_get(map, "words_file");
			char text[512];

			rc = why_at(why, RC_BAD, v->line, v->column, "words_file: %s", why_text(&told, text, sizeof text));
		}
	}
	c->builtin = keys.entity && entity_parse(keys.entity, &c->entity) && c->entity != ENTITY_CUSTOM;
	if (!c->builtin)
		c->entity = ENTITY_CUSTOM;
	c->name = keys.entity;
	c->regex = keys.regex;
	if (keys.regex) {
		const struct yaml *v = yaml_get(map, "regex");

		c->line = v->line;
		c->column = v->column + v->quoted;
	}
	free(keys.words_file);
	free(path);
	return rc;
}

static enum rc read_custom(const struct yaml *list, const char *dir, struct mask_rules *rules, struct why *why)
{
	enum rc rc = RC_OK;
	size_t n = 0;

	if (!list || yaml_is_null(list))
		return RC_OK;
	for (const struct yaml *v = list->child; v; v = v->next)
		n++;
	if (list->type != YAML_LIST || n > CUSTOM_MAX)
		return why_at(why, RC_BAD, list->line, list->column, "\"custom\" must be a list of at most %d detectors", CUSTOM_MAX);
	rules->custom = calloc(n + 1, sizeof *rules->custom);
	if (!rules->custom)
		return RC_NOMEM;
	for (const struct yaml *v = list->child; v && rc == RC_OK; v = v->next)
		rc = read_custom_rule(v, dir, &rules->custom[rules->n_custom++], why);
	return rc;
}

struct mask_keys {
	const struct yaml *response, *request, *custom;
};

static const struct conf_key MASK_KEYS[] = {
	{"response", CONF_NODE, offsetof(struct mask_keys, response), false, "what to do with each entity in answers"},
	{"request", CONF_NODE, offsetof(struct mask_keys, request), false, "what to do with identifiers in requests"},
	{"custom", CONF_NODE, offsetof(struct mask_keys, custom), false, "detectors of your own"},
};

enum rc mask_rules_read(const struct yaml *node, const char *dir, struct mask_rules **out, struct why *why)
{
	struct mask_rules *rules = calloc(1, sizeof *rules);
	struct mask_keys keys = {0};
	enum rc rc = rules ? RC_OK : RC_NOMEM;

	*out = NULL;
	if (rc == RC_OK && node && !yaml_is_null(node))
		rc = conf_read(node, "mask", CONF_KEYS(MASK_KEYS), &keys, why);
	if (rc == RC_OK)
		rc = read_request(keys.request, &rules->request, why);
	if (rc == RC_OK)
		rc = read_custom(keys.custom, dir, rules, why);
	if (rc == RC_OK)
		rc = read_response(keys.response, rules, why);
	if (rc == RC_OK)
		*out = rules;
	else
		mask_rules_free(rules);
	return rc;
}

void mask_rules_free(struct mask_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->n_custom; i++) {
		free(rules->custom[i].name);
		free(rules->custom[i].regex);
		phrases_free(&rules->custom[i].words);
	}
	free(rules->custom);
	free(rules);
}
