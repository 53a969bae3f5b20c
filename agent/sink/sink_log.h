/* What the agent's log tells becomes events where it is neither a record nor a leaf of the ledger: who had what configuration taken over, what
 * was put aside as damaged, and what stands in the way of recording, signing, archiving and telling. Of a line only fields that hold names,
 * numbers and digests go into the event: no reason, and no path. */
#ifndef PHIGATE_AGENT_SINK_LOG_H
#define PHIGATE_AGENT_SINK_LOG_H

#include "audit_reader.h"

struct log_events;

/* fn is called by whoever logs, and must not wait. One at a time in a process. agent: borrowed. RC_NOMEM. */
enum rc log_events_new(const char *agent, audit_fn *fn, void *arg, struct log_events **out) MUST_USE;
void log_events_free(struct log_events *l);              /* NULL is allowed */

#endif
