/* Live streams of events (common/audit.h) to where others watch: `events` in agent.yaml, one sink each. The events are those that
 * `phigate export` makes of the bundle later: they come of the same records, once these are durable, by the same code.
 *
 * What is no record comes from the ledger, once it is durable there (sink_ledger.h), and from the log (sink_log.h).
 *
 * Each sink has a queue in STATE_DIR/events/NAME and a thread that empties it in order, again and again until its receiver has it all; a receiver
 * that is down, slow or gone delays nobody but itself. At least once: after a crash, of the agent or of a receiver, some events come twice, with
 * the id that they had. When a queue is full, what comes is counted, and the count is an event as soon as there is room. */
#ifndef PHIGATE_AGENT_SINK_H
#define PHIGATE_AGENT_SINK_H

#include "config.h"
#include "ledger.h"
#include "record.h"

struct sinks;

/* ledger: borrowed; NULL: nothing of it is told. RC_IO: a queue cannot be opened; RC_BAD, RC_DENIED, RC_NOT_FOUND: a file that a sink names. */
enum rc sinks_new(const struct config *config, struct ledger *ledger, struct sinks **out, struct why *why) MUST_USE;
/* What the ledger has until now is told. Receivers that take them have two seconds for the last events; what waits then is sent by the next
 * agent. NULL is allowed. */
void sinks_free(struct sinks *sinks);

/* What records become events; for spool_open(). Thread-safe, as are all below. */
struct spool_tap sinks_tap(struct sinks *sinks);

void sinks_reopen(struct sinks *sinks);                  /* files are opened anew: somebody has moved them away */
void sinks_metrics(struct sinks *sinks);                 /* sets those that are looked at */

/* For `check`: can all that a sink names be read? */
enum rc sink_check(const struct sink_settings *settings, struct why *why) MUST_USE;

#endif
