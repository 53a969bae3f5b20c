/* What relay.c and relay_session.c share. */
#ifndef PHIGATE_CLI_RELAY_PRIVATE_H
#define PHIGATE_CLI_RELAY_PRIVATE_H

#include "events.h"
#include "relay.h"
#include "renewal.h"

/* Kept about holds, so that each change is told once, whichever way it was learned of. */
#define RELAY_HOLDS 64
struct relay_hold {
	char id[16];
	char event[16];                          /* the last that was told */
};

/* UP: tunnel and session. DOWN: no tunnel. GAP: a tunnel, and the session's successor is to be opened. OVER: nothing more comes.
 * Any goes to any other but out of OVER; relay_set_state() is the only setter. */
enum relay_state { STATE_UP, STATE_DOWN, STATE_GAP, STATE_OVER };

struct relay {
	struct agents *agents;
	struct relay_ask ask;
	const struct agent_entry *agent;
	const char *connection;                  /* in ask.connection */
	int listener, port;
	char url[64], api_key[64], api_key_sha256[65];

	enum relay_state state;
	int64_t since_ns, retry_ns;              /* of the state; when DOWN or GAP tries again */
	int tries;
	struct tunnel *tunnel;
	struct control *control;                 /* on the tunnel; NULL until it is needed */
	struct events *events;
	bool other_key;                          /* the sign-in's key is not the one that logged in to the tunnel */

	char session[64];                        /* "" when it has ended */
	char previous[64], gap_reason[32];       /* in a GAP: what the next session replaces, and why */
	char *dialect;
	struct buf first;                        /* "data SESSION-KEY\r\n" */
	struct text_list sessions;               /* all of this relay */
	int64_t opened_s;
	struct relay_hold holds[RELAY_HOLDS];
	size_t next_hold;

	struct renewal *renewal;
	int64_t renew_at_s;                      /* wall clock */
	bool signed_out;
	int64_t stamp;                           /* of the stored sign-in that was refused */
	int64_t stranger_ns;                     /* until then no stranger is told of */
	int64_t deaf_ns;                         /* until then nobody is accepted: out of descriptors */
	char end[32];                            /* the agent's word, in OVER */
	char trouble[320];                       /* told last, so that it is told once */
};

void relay_set_state(struct relay *r, enum relay_state state);
void relay_tell(struct relay *r, enum relay_news news, const char *reason);
void relay_over(struct relay *r, const char *end);
void relay_contradicted(struct relay *r, const struct why *why);         /* by its receipts: OVER, and nothing more goes to this agent */
void relay_lost(struct relay *r, const char *reason);    /* close the tunnel; DOWN */

/* ---- relay_session.c: each makes calls on the tunnel ---- */

/* A session for this relay; in a GAP the successor of the last one. RC_OK: state UP. */
enum rc relay_session_open(struct relay *r, struct why *why) MUST_USE;

/* Tell the agent of the newest token and SSH connection. RC_NOT_FOUND: the session has ended; relay_session_ended() says how. */
enum rc relay_session_renew(struct relay *r, struct why *why) MUST_USE;

/* What became of a session that the agent no longer has: GAP, or OVER. */
enum rc relay_session_ended(struct relay *r, struct why *why) MUST_USE;
void relay_session_end_as(struct relay *r, const char *end);     /* the same, when the agent's word is known */

/* Listen to events (again), and find out what happened to holds meanwhile. */
enum rc relay_listen(struct relay *r, struct why *why) MUST_USE;
enum rc relay_read_events(struct relay *r) MUST_USE;     /* RC_END: the stream has ended */

#endif
