/* Whose tokens are taken: the OpenID provider, or several. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "fetch.h"

#define PROVIDERS_MAX 16
#define SUBJECTS_MAX 1000
#define SUBJECT_MAX 255                          /* OpenID Connect Core 2: sub */

struct reading_oidc {
	struct oidc o;
	const struct yaml *subjects, *accept;
};

static const char *const KINDS[] = {[JWT_ID] = "id_token", [JWT_ACCESS] = "access_token"};

#define AT(member) offsetof(struct reading_oidc, o.member)

static const struct conf_key KEYS[] = {
	{"issuer", CONF_TEXT, AT(issuer), true, "the provider's issuer URL, exactly as it stands in its tokens"},
	{"accept", CONF_NODE, offsetof(struct reading_oidc, accept), false,
	 "id_token, of people (the default), or access_token, which programs get by the client-credentials grant"},
	{"audience", CONF_TEXT, AT(audience), true, "the client id that ID tokens must be made for; the resource, of access tokens"},
	{"user_claim", CONF_TEXT, AT(user_claim), false, "claim that names the person on screen and in rules (email; client_id of a program)"},
	{"groups_claim", CONF_TEXT, AT(groups_claim), false, "claim, or path such as realm_access.roles, with the groups (groups)"},
	{"scopes", CONF_TEXTS, AT(scopes), false, "scopes that an access token must have"},
	{"groups_prefix", CONF_TEXT, AT(groups_prefix), false,
	 "what stands before each group that this provider tells of; with several providers, all but the first must say it"},
	{"subjects", CONF_NODE, offsetof(struct reading_oidc, subjects), false,
	 "programs by the sub of their tokens, and the groups that they are in: SUBJECT: [GROUP]"},
	{"ca_file", CONF_TEXT, AT(ca_file), false, "certificates to trust for the provider instead of the system's"},
	{"require_key_binding", CONF_FLAG, AT(require_key_binding), false, "take only tokens whose nonce names their key (false)"},
};

const struct conf_key *config_oidc_keys(size_t *n)
{
	*n = sizeof KEYS / sizeof *KEYS;
	return KEYS;
}

/* A group's name gives access, and two providers may have the same one: only the first one's stand as they are, unless somebody has
 * written down that it is so for another. */
static enum rc check(const struct yaml *map, const struct config *c, const struct oidc *o, struct why *why)
{
	if (!fetch_url_allowed(o->issuer))
		return config_bad(map, "issuer", why, "must begin with https:// (http:// on loopback addresses only)");
	if (strchr(o->issuer, '#'))                      /* a program's issuer ends with one (person.c) */
		return config_bad(map, "issuer", why, "may have no fragment (#)");
	if (o->kind == JWT_ACCESS && o->require_key_binding)
		return config_bad(map, "require_key_binding", why, "cannot be had with accept: access_token, as such tokens name no key");
	if (o->kind != JWT_ACCESS && o->scopes.n)
		return config_bad(map, "scopes", why, "are for accept: access_token; an ID token has none");
	if (strcmp(c->providers->issuer, o->issuer) != 0 && !o->groups_prefix)
		return why_at(why, RC_BAD, map->line, map->column, "oidc lacks the key \"groups_prefix\": groups of another provider than the "
			      "first need a name of their own, such as \"partner/\"; \"\" takes them for the same");
	for (size_t i = 0; i + 1 < c->n_providers; i++)
		if (strcmp(c->providers[i].issuer, o->issuer) == 0 && c->providers[i].kind == o->kind)
			return config_bad(map, "issuer", why, "stands in the list already; a second time it may accept the other kind of tokens");
	return RC_OK;
}

static enum rc read_subjects(const struct yaml *map, const struct yaml *subjects, struct oidc *o, struct why *why)
{
	size_t n = 0;

	if (!subjects)
		return RC_OK;
	for (const struct yaml *v = subjects->type == YAML_MAP ? subjects->child : NULL; v; v = v->next)
		n++;
	if (!n || n > SUBJECTS_MAX)
		return config_bad(map, "subjects", why, "must be a mapping of 1 to 1000 subjects, SUBJECT: [GROUP]");
	o->subjects = calloc(n, sizeof *o->subjects);
	if (!o->subjects)
		return RC_NOMEM;
	for (const struct yaml *v = subjects->child; v; v = v->next) {
		struct oidc_subject *s = &o->subjects[o->n_subjects];
		enum rc rc;

		if (!*v->key->text || strlen(v->key->text) > SUBJECT_MAX)
			return why_at(why, RC_BAD, v->key->line, v->key->column, "a subject must be 1 to %d characters, as \"sub\" of its tokens", SUBJECT_MAX);
		s->name = strdup(v->key->text);
		if (!s->name)
			return RC_NOMEM;
		o->n_subjects++;
		rc = conf_value(v, CONF_TEXTS, &s->groups, why);
		if (rc == RC_OK && !s->groups.n)
			rc = why_at(why, RC_BAD, v->line, v->column, "a subject without a group may do nothing; name one, or leave the subject out");
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc read_one(const struct yaml *map, struct config *c, struct why *why)
{
	struct reading_oidc r = {0};
	int kind = JWT_ID;
	struct oidc *o;
	enum rc rc;

	if (c->n_providers == PROVIDERS_MAX)
		return why_at(why, RC_BAD, map->line, map->column, "oidc may have at most %d providers", PROVIDERS_MAX);
	o = &c->providers[c->n_providers++];
	rc = conf_read(map, "oidc", CONF_KEYS(KEYS), &r, why);
	if (rc == RC_OK)
		rc = config_choose(r.accept, KINDS, sizeof KINDS / sizeof *KINDS, &kind, why);
	r.o.kind = (enum jwt_kind)kind;
	if (rc == RC_OK && !r.o.user_claim)
		rc = (r.o.user_claim = strdup(kind == JWT_ACCESS ? "client_id" : "email")) ? RC_OK : RC_NOMEM;
	if (rc == RC_OK && !r.o.groups_claim)
		rc = (r.o.groups_claim = strdup("groups")) ? RC_OK : RC_NOMEM;
	*o = r.o;
	if (rc == RC_OK)
		rc = check(map, c, o, why);
	return rc == RC_OK ? read_subjects(map, r.subjects, o, why) : rc;
}

enum rc config_oidc_read(const struct yaml *node, struct config *c, struct why *why)
{
	enum rc rc = RC_OK;

	c->providers = calloc(PROVIDERS_MAX, sizeof *c->providers);
	if (!c->providers)
		return RC_NOMEM;
	if (node->type != YAML_LIST)
		return read_one(node, c, why);
	if (!node->child)
		return why_at(why, RC_BAD, node->line, node->column, "oidc must name at least one provider");
	for (const struct yaml *v = node->child; v && rc == RC_OK; v = v->next)
		rc = read_one(v, c, why);
	return rc;
}

void config_oidc_free(struct config *c)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		struct reading_oidc r = {.o = c->providers[i]};

		for (size_t k = 0; k < r.o.n_subjects; k++) {
			free(r.o.subjects[k].name);
			text_list_free(&r.o.subjects[k].groups);
		}
		free(r.o.subjects);
		conf_free(CONF_KEYS(KEYS), &r);
	}
	free(c->providers);
}
