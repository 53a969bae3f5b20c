#include "role.h"

#include <string.h>

#include "json.h"

static const char *const NAMES[ROLE_KINDS] = {[ROLE_AUDITOR] = "auditor", [ROLE_ADMIN] = "admin"};

const char *role_name(enum role role)
{
	return NAMES[role];
}

static bool of_agent(const struct person *person, enum role role)
{
	return role == ROLE_AUDITOR ? person->auditor : person->admin;
}

/* Where the connection names nobody, the agent's groups are the role's. */
static bool of_connection(const struct connection *c, const struct person *person, enum role role)
{
	const struct text_list *groups = role == ROLE_AUDITOR ? &c->auditor_groups : &c->admin_groups;

	return groups->n ? text_list_has_any(&person->groups, groups) : of_agent(person, role);
}

bool role_has(const struct config *config, const struct person *person, enum role role, const char *connection)
{
	for (size_t i = 0; i < config->n_connections; i++)
		if (strcmp(config->connections[i].name, connection) == 0)
			return of_connection(&config->connections[i], person, role);
	return of_agent(person, role);
}

bool role_has_any(const struct config *config, const struct person *person, enum role role)
{
	bool has = of_agent(person, role);

	for (size_t i = 0; i < config->n_connections && !has; i++)
		has = of_connection(&config->connections[i], person, role);
	return has;
}

bool role_has_all(const struct config *config, const struct person *person, enum role role)
{
	bool has = of_agent(person, role);

	for (size_t i = 0; i < config->n_connections && has; i++)
		has = of_connection(&config->connections[i], person, role);
	return has;
}

enum rc role_exceptions(const struct config *config, const struct person *person, enum role role, bool *others, struct buf *out)
{
	const char *comma = "";

	*others = of_agent(person, role);
	buf_putc(out, '[');
	for (size_t i = 0; i < config->n_connections; i++)
		if (of_connection(&config->connections[i], person, role) != *others) {
			buf_puts(out, comma);
			json_add_str(out, config->connections[i].name);
			comma = ",";
		}
	return buf_putc(out, ']');
}
