/* One connection in use: a local port, a tunnel behind it, a session at the agent. It survives what can be survived, with the same
 * port and API key: a lost SSH connection, a token that runs out, an agent that restarts. For `connect` and `exec`. */
#ifndef PHIGATE_CLI_RELAY_H
#define PHIGATE_CLI_RELAY_H

#include "agents.h"

struct relay;

enum relay_news {
	RELAY_HOLD,              /* event: the agent's: held, approved, denied, expired */
	RELAY_SESSION,           /* a new session on the same port and key: session, previous, reason */
	RELAY_LOST,              /* the SSH connection; it is being made again: reason */
	RELAY_BACK,
	RELAY_SIGNED_OUT,        /* the sign-in cannot be renewed: reason */
	RELAY_SIGNED_IN,         /* another `phigate login` was done */
	RELAY_TROUBLE,           /* something failed, and is tried again: reason */
	RELAY_STRANGER,          /* another user tried the local port, and was refused */
};

struct relay_told {
	enum relay_news news;
	const cJSON *event;
	const char *session, *previous, *reason;
};
typedef void relay_listener(void *arg, const struct relay_told *told);

struct relay_ask {
	const char *connection;                  /* NAME or AGENT/NAME */
	int port;                                /* 0: as client.yaml says, else any that is free */
	const char *reason, *purpose;            /* for the session; NULL: none */
	bool emergency;                          /* what would be held passes; needs a reason */
	int wake_fd;                             /* relay_run() returns when it is readable; -1: none */
	relay_listener *told;
	void *arg;
};

struct relay_about {
	const char *agent, *connection, *dialect, *session, *url;        /* url: http://127.0.0.1:PORT */
	const char *api_key;                     /* phg_… */
};

/* Everything in ask and a is borrowed until relay_free(); a->signin is replaced when it is renewed. RC_NOT_FOUND (no such connection),
 * RC_CONFLICT (the port), and errors as tunnel_open() and control_call(). */
enum rc relay_open(struct agents *a, const struct relay_ask *ask, struct relay **out, struct why *why) MUST_USE;
struct relay_about relay_about(const struct relay *r);   /* good until the next call of relay_run() */

/* RC_OK: wake_fd is readable. RC_END: the session has ended for good, why says how, relay_end() in the agent's word ("revoked"). */
enum rc relay_run(struct relay *r, struct why *why) MUST_USE;
const char *relay_end(const struct relay *r);

/* Close the local port and the session, and wait until its bundle is sealed. RC_OK also when it has ended before. */
enum rc relay_close(struct relay *r, struct why *why) MUST_USE;
void relay_free(struct relay *r);                        /* NULL is allowed */

#endif
