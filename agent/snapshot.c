#include "snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* ---- what is read --------------------------------------------------------------------------------------------------------- */

enum rc snapshot_dialects_dir(const struct config *config, char **out)
{
	char *dir = path_dir(config->path);

	*out = dir ? path_join(dir, "dialects") : NULL;
	free(dir);
	if (!*out)
		return RC_NOMEM;
	if (access(*out, F_OK) != 0) {
		free(*out);
		*out = NULL;
	}
	return RC_OK;
}

enum rc snapshot_warn_routes(const struct config *c, const char *dialects_dir, struct policy *policy)
{
	char *path = policy_path(c->policies_dir, policy_name(policy));
	struct text_list routes = {0};
	enum rc rc = path ? RC_OK : RC_NOMEM;

	for (size_t i = 0; i < c->n_connections && rc == RC_OK; i++) {
		struct dialect *dialect = NULL;
		const char *name;

		if (strcmp(c->connections[i].policy, policy_name(policy)) != 0)
			continue;
		rc = dialect_load(c->connections[i].dialect, dialects_dir, &dialect, NULL);
		for (size_t k = 0; rc == RC_OK && (name = dialect_route_name(dialect, k)); k++)
			rc = text_list_add(&routes, name);
		dialect_free(dialect);
	}
	if (rc == RC_OK)
		policy_warn_routes(policy, path, &routes);
	text_list_free(&routes);
	free(path);
	return rc;
}

static enum rc load_policies(struct snapshot *s, const char *dialects_dir, struct why *why)
{
	const struct config *c = s->config;
	struct text_list names = {0};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->n_connections && rc == RC_OK; i++)
		if (!text_list_has(&names, c->connections[i].policy))
			rc = text_list_add(&names, c->connections[i].policy);
	if (rc == RC_OK)
		rc = policies_load(c->policies_dir, &names, &s->policies, why);
	for (size_t i = 0; i < names.n && rc == RC_OK; i++) {
		struct policy *policy = policies_get(s->policies, names.item[i]);

		rc = snapshot_warn_routes(c, dialects_dir, policy);
		policy_unref(policy);
	}
	text_list_free(&names);
	return rc;
}

static enum rc load_dialect(const struct snapshot *s, const char *dialects_dir, size_t place, struct why *why)
{
	const struct connection *conn = &s->config->connections[place];
	enum rc rc = dialect_load(conn->dialect, dialects_dir, &s->dialects[place], why);

	if (rc == RC_OK)
		rc = dialect_check_allowed(s->dialects[place], &conn->allow_routes, why);
	if (rc == RC_NOT_FOUND) {
		why->line = conn->line;
		why->column = 1;
		why_file(why, rc = RC_BAD, s->config->path);
	}
	return rc;
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

/* All but the configuration. */
static void free_rest(struct snapshot *s)
{
	for (size_t i = 0; s->dialects && i < s->config->n_connections; i++)
		dialect_free(s->dialects[i]);
	for (size_t i = 0; s->targets && i < s->config->n_connections; i++)
		target_free(s->targets[i]);
	free(s->dialects);
	free(s->targets);
	policies_free(s->policies);
	free(s);
}

enum rc snapshot_new(struct config *config, struct snapshot **out, struct why *why)
{
	struct snapshot *s = calloc(1, sizeof *s);
	char *dialects_dir = NULL;
	enum rc rc = RC_NOMEM;

	*out = NULL;
	if (!s)
		return RC_NOMEM;
	s->config = config;
	atomic_init(&s->refs, 1);
	s->dialects = calloc(config->n_connections, sizeof *s->dialects);
	s->targets = calloc(config->n_connections, sizeof *s->targets);
	if (s->dialects && s->targets)
		rc = snapshot_dialects_dir(config, &dialects_dir);
	for (size_t i = 0; i < config->n_connections && rc == RC_OK; i++)
		rc = load_dialect(s, dialects_dir, i, why);
	if (rc == RC_OK)
		rc = load_policies(s, dialects_dir, why);
	for (size_t i = 0; i < config->n_connections && rc == RC_OK; i++)
		rc = target_new(&config->connections[i], &s->targets[i], why);
	free(dialects_dir);
	if (rc == RC_OK)
		*out = s;
	else
		free_rest(s);
	return rc;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	struct config *config;

	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	config = s->config;
	free_rest(s);
	config_free(config);
}

bool snapshot_find(const struct snapshot *s, const char *connection, size_t *place)
{
	for (size_t i = 0; i < s->config->n_connections; i++)
		if (strcmp(s->config->connections[i].name, connection) == 0) {
			*place = i;
			return true;
		}
	return false;
}
