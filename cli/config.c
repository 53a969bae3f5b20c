#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "profile.h"
#include "sshkey.h"
#include "tlog_vkey.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define AGENTS_MAX 256
#define CONNECTIONS_MAX 1024

struct reading {
	struct client_config *c;
	const struct yaml *oidc, *agents, *connections;
};

static const struct conf_key TOP_KEYS[] = {
	{"oidc", CONF_NODE, offsetof(struct reading, oidc), true, "the organisation's OpenID provider"},
	{"agents", CONF_NODE, offsetof(struct reading, agents), true, "the model hosts: a list of name, address, user, host_key, signing_key"},
	{"connections", CONF_NODE, offsetof(struct reading, connections), false, "what is wanted of single connections: NAME: {port: N}"},
};

static const struct conf_key OIDC_KEYS[] = {
	{"issuer", CONF_TEXT, offsetof(struct client_config, issuer), true, "the provider's issuer URL, as its discovery document says it"},
	{"client_id", CONF_TEXT, offsetof(struct client_config, client_id), true, "the public client that is registered there"},
	{"audience", CONF_TEXT, offsetof(struct client_config, audience), false, "what a program's token is made for, as agent.yaml says it (client_id)"},
	{"scopes", CONF_TEXTS, offsetof(struct client_config, scopes), false, "what to ask for (openid, email, groups, offline_access)"},
	{"ca_file", CONF_TEXT, offsetof(struct client_config, ca_file), false, "PEM file of the authorities behind the provider's certificate"},
};

static const struct conf_key AGENT_KEYS[] = {
	{"name", CONF_TEXT, offsetof(struct agent_entry, name), true, "the agent's name, as its bundles are signed"},
	{"address", CONF_TEXT, offsetof(struct agent_entry, address), true, "HOST:PORT of its SSH port"},
	{"user", CONF_TEXT, offsetof(struct agent_entry, user), true, "the account that it runs as"},
	{"host_key", CONF_TEXTS, offsetof(struct agent_entry, host_keys), true, "its SSH host key, or a list of them"},
	{"signing_key", CONF_TEXTS, offsetof(struct agent_entry, signing_keys), false, "the key that signs its bundles, or a list of them"},
	{"ledger_key", CONF_TEXTS, offsetof(struct agent_entry, ledger_keys), false, "the key of its ledger, or a list of them (the one seen first)"},
};

static const struct conf_key CONNECTION_KEYS[] = {
	{"port", CONF_INT, offsetof(struct connection_entry, port), false, "the local port of this connection; any that is free unless given"},
};

static enum rc bad(const struct yaml *map, const char *key, struct why *why, const char *what)
{
	const struct yaml *v = yaml_get(map, key);

	return why_at(why, RC_BAD, v ? v->line : map->line, v ? v->column : map->column, "\"%s\" %s", key, what);
}

/* HOST:PORT, an IPv6 host in brackets. */
static bool is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return colon && colon > text && digits >= 1 && digits <= 5 && !colon[1 + digits] && atoi(colon + 1) >= 1 && atoi(colon + 1) <= 65535 &&
	       (text[0] == '[' ? colon[-1] == ']' : !memchr(text, ':', (size_t)(colon - text))) && !strpbrk(text, " \t/@");
}

/* What agent.yaml allows for it. */
static bool is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

	return n > 0 && n <= 64 && !text[n];
}

static enum rc check_keys(const struct yaml *map, const char *key, const struct text_list *keys, struct why *why)
{
	for (size_t i = 0; i < keys->n; i++) {
		struct buf blob;
		enum rc rc;

		buf_init(&blob, 4096);
		rc = sshkey_parse_line(slice_str(keys->item[i]), &blob);
		buf_free(&blob);
		if (rc != RC_OK)
			return bad(map, key, why, "must be \"ssh-ed25519 AAAA…\", as phigate-agent keys prints it");
	}
	return keys->n || strcmp(key, "host_key") != 0 ? RC_OK : bad(map, key, why, "must name one key at least");
}

static enum rc check_ledger_keys(const struct yaml *map, const struct text_list *keys, struct why *why)
{
	struct tlog_vkey vkey;

	for (size_t i = 0; i < keys->n; i++)
		if (tlog_vkey_parse(slice_str(keys->item[i]), &vkey, NULL) != RC_OK)
			return bad(map, "ledger_key", why, "must be NAME+HASH+KEY, as phigate-agent keys prints it");
	return RC_OK;
}

/* One key cannot be two hosts: what one of them is told could be played to the other. */
static enum rc check_apart(const struct yaml *map, const struct client_config *c, const struct agent_entry *a, struct why *why)
{
	for (size_t i = 0; i < c->n_agents; i++) {
		if (strcmp(c->agents[i].name, a->name) == 0)
			return bad(map, "name", why, "stands for two agents");
		for (size_t k = 0; k < a->host_keys.n; k++)
			for (size_t j = 0; j < c->agents[i].host_keys.n; j++) {
				struct buf one, other;
				bool same;

				buf_init(&one, 4096);
				buf_init(&other, 4096);
				same = sshkey_parse_line(slice_str(a->host_keys.item[k]), &one) == RC_OK &&
				       sshkey_parse_line(slice_str(c->agents[i].host_keys.item[j]), &other) == RC_OK &&
				       one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
				buf_free(&one);
				buf_free(&other);
				if (same)
					return bad(map, "host_key", why, "is another agent's too; every agent has a key of its own");
			}
	}
	return RC_OK;
}

static enum rc read_agent(const struct yaml *map, struct client_config *c, struct why *why)
{
	struct agent_entry *a = &c->agents[c->n_agents];
	enum rc rc = conf_read(map, "an agent", AGENT_KEYS, COUNT(AGENT_KEYS), a, why);

	if (rc == RC_OK && !is_name(a->name))
		rc = bad(map, "name", why, "must be letters, digits, dot, dash or underscore, at most 64");
	if (rc == RC_OK && !is_address(a->address))
		rc = bad(map, "address", why, "must be HOST:PORT, such as gpu-1.example.org:2222 or [2001:db8::7]:2222");
	if (rc == RC_OK)
		rc = check_keys(map, "host_key", &a->host_keys, why);
	if (rc == RC_OK)
		rc = check_keys(map, "signing_key", &a->signing_keys, why);
	if (rc == RC_OK)
		rc = check_ledger_keys(map, &a->ledger_keys, why);
	if (rc == RC_OK)
		rc = check_apart(map, c, a, why);
	c->n_agents++;                                   /* in any case, so that what was read is freed */
	return rc;
}

static size_t children(const struct yaml *list)
{
	size_t n = 0;

	for (const struct yaml *v = list->child; v; v = v->next)
		n++;
	return n;
}

static enum rc read_agents(const struct yaml *list, struct client_config *c, struct why *why)
{
	enum rc rc = RC_OK;
	size_t n = children(list);

	if (list->type != YAML_LIST || n == 0 || n > AGENTS_MAX)
		return why_at(why, RC_BAD, list->line, list->column, "\"agents\" must be a list of 1 to %d agents", AGENTS_MAX);
	c->agents = calloc(n, sizeof *c->agents);
	if (!c->agents)
		return RC_NOMEM;
	for (const struct yaml *v = list->child; v && rc == RC_OK; v = v->next)
		rc = read_agent(v, c, why);
	return rc;
}

static enum rc read_connections(const struct yaml *map, struct client_config *c, struct why *why)
{
	enum rc rc = RC_OK;
	size_t n;

	if (!map || yaml_is_null(map))
		return RC_OK;
	n = children(map);
	if (map->type != YAML_MAP || n > CONNECTIONS_MAX)
		return why_at(why, RC_BAD, map->line, map->column, "\"connections\" must be a mapping of names");
	c->connections = calloc(n + 1, sizeof *c->connections);
	if (!c->connections)
		return RC_NOMEM;
	for (const struct yaml *v = map->child; v && rc == RC_OK; v = v->next) {
		struct connection_entry *e = &c->connections[c->n_connections++];

		e->name = strdup(v->key->text);
		rc = e->name ? conf_read(v, "a connection", CONNECTION_KEYS, COUNT(CONNECTION_KEYS), e, why) : RC_NOMEM;
		if (rc == RC_OK && e->port > 65535)
			rc = bad(v, "port", why, "must be a port, 1 to 65535");
	}
	return rc;
}

static enum rc default_scopes(struct text_list *scopes)
{
	static const char *const defaults[] = {"openid", "email", "groups", "offline_access"};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < COUNT(defaults) && rc == RC_OK && scopes->n < COUNT(defaults); i++)
		rc = text_list_add(scopes, defaults[i]);
	return rc;
}

static enum rc read_oidc(const struct yaml *map, struct client_config *c, struct why *why)
{
	char *dir = path_dir(c->path), *joined;
	enum rc rc = dir ? conf_read(map, "oidc", OIDC_KEYS, COUNT(OIDC_KEYS), c, why) : RC_NOMEM;

	if (rc == RC_OK && !fetch_url_allowed(c->issuer))
		rc = bad(map, "issuer", why, "must begin with https:// (http:// on loopback addresses only)");
	if (rc == RC_OK && !c->scopes.n)
		rc = default_scopes(&c->scopes);
	else if (rc == RC_OK && !text_list_has(&c->scopes, "openid"))
		rc = bad(map, "scopes", why, "must hold openid: without it there is no ID token");
	if (rc == RC_OK && c->ca_file) {
		joined = path_join(dir, c->ca_file);
		free(c->ca_file);
		c->ca_file = joined;
		rc = joined ? RC_OK : RC_NOMEM;
	}
	free(dir);
	return rc;
}

/* ---- where it stands --------------------------------------------------------------------------------------------------------- */

static char *in_folder(const char *folder, const char *rest)
{
	char *path = NULL;

	return folder && folder[0] == '/' && asprintf(&path, "%s%s", folder, rest) >= 0 ? path : NULL;
}

/* *path: whole, freed by the caller. RC_BAD: there is no such profile; RC_NOT_FOUND: no configuration at all. */
static enum rc find(char **path, struct why *why)
{
	const char *named = getenv("PHIGATE_CONFIG"), *profile = NULL;
	char file[PROFILE_MAX + 8] = "client.yaml", *at = NULL;
	char *folders[] = {in_folder(getenv("XDG_CONFIG_HOME"), "/phigate"), in_folder(getenv("HOME"), "/.config/phigate"), strdup("/etc/phigate")};
	enum rc rc = profile_get(&profile, why);

	*path = rc == RC_OK && named && *named ? strdup(named) : NULL;
	if (profile)
		snprintf(file, sizeof file, "%s.yaml", profile);
	for (size_t i = 0; i < COUNT(folders); i++) {
		if (profile && folders[i]) {
			char *profiles = path_join(folders[i], "profiles");

			free(folders[i]);
			folders[i] = profiles;
		}
		at = folders[i] ? path_join(folders[i], file) : NULL;
		if (rc == RC_OK && !*path && at && access(at, F_OK) == 0)
			*path = strdup(at);
		free(at);
	}
	if (rc == RC_OK && !*path && profile)
		rc = profile_unknown(profile, (const char *const *)folders, COUNT(folders), why);
	else if (rc == RC_OK && !*path)
		rc = why_set(why, RC_NOT_FOUND, "there is no client.yaml in $XDG_CONFIG_HOME/phigate/, ~/.config/phigate/ or /etc/phigate/; get it "
			     "from whoever runs the agent (phigate-agent init writes one), or name it in PHIGATE_CONFIG");
	for (size_t i = 0; i < COUNT(folders); i++)
		free(folders[i]);
	return rc;
}

enum rc client_config_load(struct client_config **out, struct why *why)
{
	struct client_config *c = calloc(1, sizeof *c);
	struct reading r = {.c = c};
	struct yaml *root = NULL;
	enum rc rc = c ? RC_OK : RC_NOMEM;

	*out = NULL;
	if (rc == RC_OK) {
		rc = find(&c->path, why);
		if (rc == RC_OK)
			rc = yaml_load(c->path, &root, why);
	}
	if (rc == RC_OK)
		rc = conf_read(root, "client.yaml", TOP_KEYS, COUNT(TOP_KEYS), &r, why);
	if (rc == RC_OK)
		rc = read_oidc(r.oidc, c, why);
	if (rc == RC_OK)
		rc = read_agents(r.agents, c, why);
	if (rc == RC_OK)
		rc = read_connections(r.connections, c, why);
	if (rc == RC_BAD && c->path)
		why_file(why, rc, c->path);
	yaml_free(root);
	if (rc == RC_OK)
		*out = c;
	else
		client_config_free(c);
	return rc;
}

void client_config_free(struct client_config *c)
{
	if (!c)
		return;
	conf_free(OIDC_KEYS, COUNT(OIDC_KEYS), c);
	for (size_t i = 0; i < c->n_agents; i++)
		conf_free(AGENT_KEYS, COUNT(AGENT_KEYS), &c->agents[i]);
	for (size_t i = 0; i < c->n_connections; i++)
		free(c->connections[i].name);
	free(c->agents);
	free(c->connections);
	free(c->path);
	free(c);
}
