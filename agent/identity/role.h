/* What a person may do with others' sessions, by connection: one function that everything asks. */
#ifndef PHIGATE_AGENT_ROLE_H
#define PHIGATE_AGENT_ROLE_H

#include "identity.h"

enum role { ROLE_AUDITOR, ROLE_ADMIN, ROLE_KINDS };
const char *role_name(enum role role);                   /* as agent.yaml says it */

/* With sessions of this connection? Its own `roles` decide where it names the role, else the agent's; of a connection that is in the
 * configuration no more, the agent's. config: the one in force. */
bool role_has(const struct config *config, const struct person *person, enum role role, const char *connection);

/* With those of any connection? */
bool role_has_any(const struct config *config, const struct person *person, enum role role);

/* With those of every connection, and of those that are in the configuration no more? */
bool role_has_all(const struct config *config, const struct person *person, enum role role);

/* Append a JSON array of the names of connections whose own `roles` take the role from the person, when *others, or else give it: of all
 * others the person has it, or has it not. */
enum rc role_exceptions(const struct config *config, const struct person *person, enum role role, bool *others, struct buf *out) MUST_USE;

#endif
