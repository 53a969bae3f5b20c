/* Which variables the programs of each dialect read. */
#ifndef PHIGATE_CLI_VARIABLES_H
#define PHIGATE_CLI_VARIABLES_H

struct variables {
	const char *url_name;            /* OPENAI_BASE_URL; its value is the address and path */
	const char *path;
	const char *key_name;
};

const struct variables *variables_of(const char *dialect);       /* NULL: of another agent's own dialect nothing is known */
const char *variables_openai_path(const char *dialect);          /* where its routes in OpenAI's way begin: "/v1" */

#endif
