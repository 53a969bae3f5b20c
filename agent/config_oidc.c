/* Whose tokens are taken: the OpenID provider, or several. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "fetch.h"

#define PROVIDERS_MAX 16

#define AT(member) offsetof(struct oidc, member)

static const struct conf_key KEYS[] = {
	{"issuer", CONF_TEXT, AT(issuer), true, "the provider's issuer URL, exactly as it stands in its tokens"},
	{"audience", CONF_TEXT, AT(audience), true, "the client id that tokens must be made for"},
	{"user_claim", CONF_TEXT, AT(user_claim), false, "claim that names the person on screen and in rules (email)"},
	{"groups_claim", CONF_TEXT, AT(groups_claim), false, "claim, or path such as realm_access.roles, with the groups (groups)"},
	{"groups_prefix", CONF_TEXT, AT(groups_prefix), false,
	 "what stands before each group that this provider tells of; with several providers, all but the first must say it"},
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
	if (c->n_providers > 1 && !o->groups_prefix)
		return why_at(why, RC_BAD, map->line, map->column, "oidc lacks the key \"groups_prefix\": groups of another provider than the "
			      "first need a name of their own, such as \"partner/\"; \"\" takes them for the same");
	for (size_t i = 0; i + 1 < c->n_providers; i++)
		if (strcmp(c->providers[i].issuer, o->issuer) == 0)
			return config_bad(map, "issuer", why, "stands in the list already");
	return RC_OK;
}

static enum rc read_one(const struct yaml *map, struct config *c, struct why *why)
{
	struct oidc *o;
	enum rc rc;

	if (c->n_providers == PROVIDERS_MAX)
		return why_at(why, RC_BAD, map->line, map->column, "oidc may have at most %d providers", PROVIDERS_MAX);
	o = &c->providers[c->n_providers++];
	o->user_claim = strdup("email");
	o->groups_claim = strdup("groups");
	if (!o->user_claim || !o->groups_claim)
		return RC_NOMEM;
	rc = conf_read(map, "oidc", CONF_KEYS(KEYS), o, why);
	return rc == RC_OK ? check(map, c, o, why) : rc;
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
	for (size_t i = 0; i < c->n_providers; i++)
		conf_free(CONF_KEYS(KEYS), &c->providers[i]);
	free(c->providers);
}
