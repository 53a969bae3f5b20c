/* The section `ledger`: who watches that the agent's own log only grows. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "fetch.h"

struct reading_witness {
	char *vkey, *url, *ca_file;
};

#define AT(member) offsetof(struct reading_witness, member)

static const struct conf_key KEYS[] = {
	{"witnesses", CONF_NODE, 0, true, "services that cosign the ledger's checkpoints (C2SP tlog-witness)"},
};

static const struct conf_key WITNESS_KEYS[] = {
	{"vkey", CONF_TEXT, AT(vkey), true, "the witness's key, NAME+HASH+KEY, as its operator publishes it"},
	{"url", CONF_TEXT, AT(url), true, "its submission prefix, to which /add-checkpoint is added: https, or http on loopback"},
	{"ca_file", CONF_TEXT, AT(ca_file), false, "certificates to trust for it instead of the system's"},
};

const struct conf_key *config_ledger_keys(size_t *n)
{
	*n = sizeof KEYS / sizeof *KEYS;
	return KEYS;
}

const struct conf_key *config_witness_keys(size_t *n)
{
	*n = sizeof WITNESS_KEYS / sizeof *WITNESS_KEYS;
	return WITNESS_KEYS;
}

static enum rc check(const struct yaml *map, struct reading_witness *r, struct config *c, struct why *why)
{
	struct witness_settings *w = &c->witnesses[c->n_witnesses];
	const struct yaml *vkey = yaml_get(map, "vkey");
	size_t n = strlen(r->url);
	struct why what = {0};

	while (n && r->url[n - 1] == '/')
		r->url[--n] = '\0';
	if (tlog_vkey_parse_witness(slice_str(r->vkey), &w->vkey, &what) != RC_OK)
		return why_at(why, RC_BAD, vkey->line, vkey->column, "\"vkey\": %s", what.text);
	if (!fetch_url_allowed(r->url) || strpbrk(r->url, "?#"))
		return config_bad(map, "url", why, "must be https://HOST/PREFIX (http:// on loopback addresses only), without user name");
	for (size_t i = 0; i < c->n_witnesses; i++)
		if (strcmp(c->witnesses[i].vkey.name, w->vkey.name) == 0 ||
		    memcmp(c->witnesses[i].vkey.public, w->vkey.public, ED25519_LEN) == 0)
			return config_bad(map, "vkey", why, "is of a witness that stands in the list already");
	return RC_OK;
}

static enum rc read_witness(const struct yaml *map, struct config *c, struct why *why)
{
	struct reading_witness r = {0};
	enum rc rc = conf_read(map, "witnesses", CONF_KEYS(WITNESS_KEYS), &r, why);

	if (rc == RC_OK)
		rc = check(map, &r, c, why);
	free(r.vkey);
	c->witnesses[c->n_witnesses].url = r.url;
	c->witnesses[c->n_witnesses++].ca_file = r.ca_file;
	return rc;
}

enum rc config_ledger_read(const struct yaml *map, struct config *c, struct why *why)
{
	const struct yaml *list = NULL;
	enum rc rc = conf_read(map, "ledger", CONF_KEYS(KEYS), &list, why);

	if (rc != RC_OK)
		return rc;
	if (list->type != YAML_LIST)
		return why_at(why, RC_BAD, list->line, list->column, "witnesses must be a list of {vkey: …, url: …}");
	c->witnesses = calloc(WITNESSES_MAX, sizeof *c->witnesses);
	if (!c->witnesses)
		return RC_NOMEM;
	for (const struct yaml *v = list->child; v && rc == RC_OK; v = v->next) {
		if (c->n_witnesses == WITNESSES_MAX)
			return why_at(why, RC_BAD, v->line, v->column, "witnesses may have at most %d items", WITNESSES_MAX);
		rc = read_witness(v, c, why);
	}
	return rc;
}

enum rc config_ledger_join(struct config *c, const char *dir, enum rc (*join)(const char *dir, char **path))
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->n_witnesses && rc == RC_OK; i++)
		rc = join(dir, &c->witnesses[i].ca_file);
	return rc;
}

void config_ledger_free(struct config *c)
{
	for (size_t i = 0; i < c->n_witnesses; i++) {
		free(c->witnesses[i].url);
		free(c->witnesses[i].ca_file);
	}
	free(c->witnesses);
}
