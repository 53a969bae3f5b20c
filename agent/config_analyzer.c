/* Which analyzer looks at a connection's texts, and what its names mean. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config_private.h"
#include "entity.h"
#include "fetch.h"

#define ENTITIES_MAX 256
#define TIMEOUT_DEFAULT_NS (5 * NS_PER_S)
#define TIMEOUT_MAX_NS (60 * NS_PER_S)
#define SCORE_DEFAULT 0.4                        /* Presidio's own score for a telephone number without words around it */

struct reading_analyzer {
	struct analyzer_settings s;
	const struct yaml *score, *entities, *on_failure;
};

#define AT(member) offsetof(struct reading_analyzer, member)

static const struct conf_key KEYS[] = {
	{"url", CONF_TEXT, AT(s.url), true, "where texts are posted to, such as http://127.0.0.1:5002/analyze; https, or http on loopback"},
	{"language", CONF_TEXT, AT(s.language), false, "the language that it is told (en)"},
	{"timeout", CONF_DURATION, AT(s.timeout_ns), false, "longest wait for one answer, up to 60s (5s)"},
	{"score", CONF_NODE, AT(score), false, "what it is less sure of does not count, from 0 to 1 (0.4)"},
	{"entities", CONF_NODE, AT(entities), false, "what its names mean: THEIRS: an entity of phigate-policy(5), or ignore"},
	{"on_failure", CONF_NODE, AT(on_failure), false, "refuse (default): nothing passes without it; builtin: the engine alone then masks"},
	{"ca_file", CONF_TEXT, AT(s.ca_file), false, "certificates to trust for it instead of the system's"},
};

const struct conf_key *config_analyzer_keys(size_t *n)
{
	*n = sizeof KEYS / sizeof *KEYS;
	return KEYS;
}

static enum rc read_score(const struct yaml *map, const struct yaml *v, double *out, struct why *why)
{
	char *end = NULL;

	if (!v)
		return RC_OK;
	if (v->type == YAML_TEXT && *v->text >= '0' && *v->text <= '1' && strspn(v->text, "0123456789.") == strlen(v->text))
		*out = strtod(v->text, &end);
	return end && !*end && *out <= 1 ? RC_OK : config_bad(map, "score", why, "must be a number from 0 to 1, such as 0.4");
}

static enum rc unknown_entity(const struct yaml *v, struct why *why)
{
	struct buf names;
	enum rc rc;

	buf_init(&names, 512);
	for (int i = 0; i < ENTITY_CUSTOM; i++)
		buf_printf(&names, ", %s", entity_name((enum entity)i));
	rc = why_at(why, RC_BAD, v->line, v->column, "there is no entity \"%.40s\"; there are ignore%s", v->type == YAML_TEXT ? v->text : "of this kind",
		    names.data ? names.data : "");
	buf_free(&names);
	return rc;
}

static bool is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= 64 && !text[n];
}

static enum rc read_entities(const struct yaml *map, const struct yaml *list, struct analyzer_settings *s, struct why *why)
{
	size_t n = 0;

	if (list && list->type != YAML_MAP)
		return config_bad(map, "entities", why, "must be a mapping of the analyzer's names to entities");
	for (const struct yaml *v = list ? list->child : NULL; v; v = v->next)
		n++;
	if (n > ENTITIES_MAX)
		return config_bad(map, "entities", why, "has more than 256 names");
	s->entities = n ? calloc(n, sizeof *s->entities) : NULL;
	if (n && !s->entities)
		return RC_NOMEM;
	for (const struct yaml *v = list ? list->child : NULL; v; v = v->next) {
		enum entity ours = ENTITY_CUSTOM;
		bool ignore = v->type == YAML_TEXT && strcmp(v->text, "ignore") == 0;

		if (!is_name(v->key->text))
			return why_at(why, RC_BAD, v->key->line, v->key->column, "a name of the analyzer's must be letters, digits, dash or underscore, at most 64");
		if (!ignore && (v->type != YAML_TEXT || !entity_parse(v->text, &ours) || ours == ENTITY_CUSTOM))
			return unknown_entity(v, why);
		s->entities[s->n_entities].theirs = strdup(v->key->text);
		s->entities[s->n_entities].ours = ignore ? -1 : (int)ours;
		if (!s->entities[s->n_entities++].theirs)
			return RC_NOMEM;
	}
	return RC_OK;
}

enum rc config_analyzer_read(const struct yaml *map, struct analyzer_settings *out, struct why *why)
{
	static const char *const choices[] = {"refuse", "builtin"};
	struct reading_analyzer r = {.s = {.timeout_ns = TIMEOUT_DEFAULT_NS, .score = SCORE_DEFAULT, .language = strdup("en")}};
	int on_failure = 0;
	enum rc rc = r.s.language ? conf_read(map, "analyzer", CONF_KEYS(KEYS), &r, why) : RC_NOMEM;

	if (rc == RC_OK && !fetch_url_allowed(r.s.url))
		rc = config_bad(map, "url", why, "must be https://HOST/PATH (http:// on loopback addresses only), without user name");
	if (rc == RC_OK && (!*r.s.language || strlen(r.s.language) > 16 || !is_name(r.s.language)))
		rc = config_bad(map, "language", why, "must be a language's code, such as en");
	if (rc == RC_OK && (r.s.timeout_ns < NS_PER_MS || r.s.timeout_ns > TIMEOUT_MAX_NS))
		rc = config_bad(map, "timeout", why, "must be at least 1ms and at most 60s");
	if (rc == RC_OK)
		rc = read_score(map, r.score, &r.s.score, why);
	if (rc == RC_OK)
		rc = read_entities(map, r.entities, &r.s, why);
	if (rc == RC_OK)
		rc = config_choose(r.on_failure, choices, 2, &on_failure, why);
	r.s.builtin = on_failure == 1;
	*out = r.s;
	return rc;
}

void config_analyzer_free(struct analyzer_settings *settings)
{
	conf_free(CONF_KEYS(KEYS), settings);
	for (size_t i = 0; i < settings->n_entities; i++)
		free(settings->entities[i].theirs);
	free(settings->entities);
}
