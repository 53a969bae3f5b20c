/* The leaves of the ledger become events (audit_leaf.h), in their order, by a thread of its own: it reads them when they are durable, so that
 * nobody who adds one waits, and remembers up to where it has told them, so that a crash loses none. Some may come twice. It also tells what other
 * programs have noted (sink_notes.h). */
#ifndef PHIGATE_AGENT_SINK_LEDGER_H
#define PHIGATE_AGENT_SINK_LEDGER_H

#include "audit_reader.h"
#include "ledger.h"

struct ledger_events;

/* Who takes them. */
struct ledger_events_to {
	audit_fn *event;
	enum rc (*sync)(void *arg);              /* returns when all that event() was called with is on the disk */
	void *arg;
};

/* dir holds the position, and is there. Where there is none yet it begins with what comes from now on. ledger, dir, agent: borrowed.
 * RC_IO, RC_BAD, RC_NOMEM. */
enum rc ledger_events_new(struct ledger *ledger, const char *dir, const char *agent, const struct ledger_events_to *to, struct ledger_events **out,
			  struct why *why) MUST_USE;
void ledger_events_free(struct ledger_events *f);        /* when all that was added until now is told; NULL is allowed */

/* Nobody is told any more, so that nothing is told late when somebody is again. */
void ledger_events_forget(const char *dir);

#endif
