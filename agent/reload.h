/* Taking over changed files while the agent runs: at SIGHUP, or when `phigate-agent reload` asks through a Unix socket of the state folder,
 * which only the agent's user and root may use. All or nothing: agent.yaml and the policies are read and judged first; one mistake, and what is
 * in force stays. Policies are taken over; what has changed in agent.yaml is named, and a restart takes it over. Exchanges that run go on
 * under the policy that they began with. One thread: the main loop's. */
#ifndef PHIGATE_AGENT_RELOAD_H
#define PHIGATE_AGENT_RELOAD_H

#include <sys/types.h>

#include "agent.h"

struct reload;

/* Remembers agent.yaml as it was read, and listens at state_dir/run/reload. agent is borrowed. */
enum rc reload_new(struct agent *agent, struct reload **out, struct why *why) MUST_USE;
void reload_free(struct reload *reload);                 /* NULL is allowed */

int reload_fd(const struct reload *reload);              /* readable when somebody asks */
void reload_serve(struct reload *reload);                /* answers one who asks */

/* Who wants it, for the log. */
struct reload_by {
	const char *how;                                 /* "SIGHUP", "command" */
	uid_t uid;
	pid_t pid;
};

/* Append one JSON object:
 *   {"ok":true,"policies":[{"name","before","after"}],"restart":["connections"],"warnings":[{"file","line","column","text"}]}
 *       policies: those that have changed, SHA-256 of their texts; restart: sections of agent.yaml that have changed, which a restart takes over
 *   {"ok":false,"error":{"file","line","column","text"}}      file "", line and column 0 where there is no place */
enum rc reload_now(struct reload *reload, const struct reload_by *by, struct buf *out);

/* The socket's path; NULL: no memory. Caller frees. */
char *reload_path(const char *state_dir);

#endif
