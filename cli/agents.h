/* Asking the agents of client.yaml: all of them at the same time, or the one that is meant. */
#ifndef PHIGATE_CLI_AGENTS_H
#define PHIGATE_CLI_AGENTS_H

#include "command.h"
#include "control.h"

/* What every command that talks to agents begins with. */
struct agents {
	struct client_config *config;
	struct signin *signin;
};

/* Configuration and sign-in. 0; else it has said why, and this is the exit status. agents_end() in both cases. */
int agents_begin(struct agents *a) MUST_USE;
void agents_end(struct agents *a);
/* term_fail() for what an agent says: RC_NOT_FOUND is refused, for it is the answer as well where something is not for this person. */
int agents_fail(enum rc rc, const struct why *why);

/* One agent's answer to a call. */
struct answer {
	const struct agent_entry *agent;
	struct control *control;                 /* still open, for a call that follows; NULL when it could not be opened */
	enum rc rc;
	struct why why;
	cJSON *tree;                             /* when rc is RC_OK */
};

struct answers {
	struct answer *list;
	size_t n;
};

struct question {
	const struct agent_entry *only;          /* NULL: all */
	const char *method, *path, *body;        /* body may be NULL */
};

/* RC_OK: every agent that is asked has its place in the list, whatever it answered. RC_NOMEM. */
enum rc agents_ask(struct agents *a, const struct question *q, struct answers *out, struct why *why) MUST_USE;
void answers_free(struct answers *answers);

/* After a call whose answers count together: each agent that failed is a warning on stderr. 0 when one at least has answered; else
 * the exit status. */
int answers_warn(const struct answers *answers) MUST_USE;

/* A command that lists what all agents have: with --json one object a line, else as a table. Its exit status. */
int agents_list(const struct arguments *args, const char *path, enum rc (*print_table)(const struct answers *answers));

/* After a call about one thing that only one agent can have: its answer; NULL, and why and *rc say what is wrong: an agent that knows
 * the thing and refuses, else one that cannot be reached, else that there is none. */
struct answer *answers_one(const struct answers *answers, enum rc *rc, struct why *why);

/* "AGENT/NAME" names one agent, when there is one of that name: *only and the rest. Else *only is NULL and the rest is the text. */
const char *agents_split(const struct agents *a, const char *text, const struct agent_entry **only);

/* The id of a hold or session, as a path of the API can hold it. */
bool agents_is_id(const char *text);

#endif
