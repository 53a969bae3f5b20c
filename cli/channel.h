/* One channel of a tunnel: bytes between a local socket and the agent's port. It never waits, and holds at most its window for a
 * local reader that is slow; the agent is told of more room only when the reader has taken what came. For tunnel.c. */
#ifndef PHIGATE_CLI_CHANNEL_H
#define PHIGATE_CLI_CHANNEL_H

#include <libssh2.h>

#include "queue.h"
#include "tunnel.h"

#define CHANNEL_WINDOW ((size_t)512 << 10)       /* of answers on their way to one local reader */

/* QUEUED -> OPENING -> OPEN -> CLOSING -> GONE; QUEUED, OPENING -> GONE when it cannot be opened. */
enum channel_state { CHANNEL_QUEUED, CHANNEL_OPENING, CHANNEL_OPEN, CHANNEL_CLOSING, CHANNEL_GONE };

struct channel {
	enum channel_state state;
	LIBSSH2_CHANNEL *ssh;                    /* from OPEN on */
	int fd;                                  /* -1 once it is closed */
	enum carry carry;
	struct queue up, down;                   /* what the agent, what the local reader has not taken yet */
	size_t window, granting;                 /* bytes that the agent may still send; that it is being given */
	bool greeted;                            /* the agent's greeting has been taken off */
	bool local_ended, end_sent;              /* the local side sends no more; the agent has been told */
	bool agent_ended, end_passed;            /* the agent sends no more; the local side has been told */
};

/* Where a channel's bytes go: the SSH connection's own. */
struct channel_link {
	LIBSSH2_SESSION *ssh;
	struct queue *out;                       /* bytes for the network */
	char *scratch;                           /* CHANNEL_SCRATCH bytes for any channel's use, within one call */
};
#define CHANNEL_SCRATCH ((size_t)64 << 10)
#define CHANNEL_OUT_HIGH ((size_t)256 << 10)     /* with so much for the network no channel sends more */

struct channel *channel_new(int fd, enum carry carry);   /* NULL: no memory, and fd is still the caller's */
void channel_free(struct channel *ch);                   /* the SSH side must be gone; NULL is allowed */

/* Each works as far as it can without waiting. RC_OK also when nothing could be done; any other result ends the SSH connection. */
enum rc channel_open(struct channel *ch, const struct channel_link *link, int agent_port) MUST_USE;     /* RC_AGAIN: still opening */
enum rc channel_from_agent(struct channel *ch, const struct channel_link *link) MUST_USE;  /* after network input */
enum rc channel_from_local(struct channel *ch, const struct channel_link *link) MUST_USE;  /* fd is readable, or the agent has room */
enum rc channel_to_local(struct channel *ch) MUST_USE;                                     /* fd is writable */

/* End it at once; what the local side has not read yet is lost, and it sees a reset rather than an orderly end. */
void channel_break(struct channel *ch);

short channel_events(const struct channel *ch, const struct channel_link *link);          /* what to poll fd for */

/* Network input came while nobody reads: let libssh2 take it in. */
enum rc channel_pump(struct channel *ch, const struct channel_link *link) MUST_USE;

#endif
