/* Taking over changed files while the agent runs: at SIGHUP, or when `phigate-agent reload` asks through a Unix socket of the state folder,
 * which only the agent's user and root may use. All or nothing: agent.yaml, the policies, dialects, credentials and certificates are read
 * and judged first; one mistake, or one key that only a restart can change, and what is in force stays. Then one snapshot takes the place of
 * the other (current.h). Exchanges that run go on with the one that they began with; sessions whose connection is gone, or whose person may
 * not use it any more, end. One thread: the main loop's. */
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
 *   {"ok":true,"changed":["connections.llama-prod.upstream"],"policies":[{"name","before","after"}],"sessions_ended":0,
 *    "warnings":[{"file","line","column","text"}]}
 *       changed: keys of agent.yaml, never their values; policies: those that have changed, SHA-256 of their texts, null where there is none
 *   {"ok":false,"error":{"file","line","column","text"},"restart":["listen"]}
 *       file "", line and column 0 where there is no place; restart: keys that only a restart can change, if they are the reason
 * RC_BAD, RC_CONFLICT (restart), RC_IO, RC_NOMEM: nothing has changed. */
enum rc reload_now(struct reload *reload, const struct reload_by *by, struct buf *out);

/* The socket's path; NULL: no memory. Caller frees. */
char *reload_path(const char *state_dir);

#endif
