/* What programs beside the running agent did, as `phigate-agent prune`: noted in STATE_DIR/events/notes, a line each, and told by the agent as
 * soon as it looks, at its next start if it does not run. */
#ifndef PHIGATE_AGENT_SINK_NOTES_H
#define PHIGATE_AGENT_SINK_NOTES_H

#include "audit_reader.h"

/* The agent's own copy of that bundle is removed. On the disk on return. RC_OK also where no agent with sinks has run, so that nobody is to be
 * told. RC_IO. */
enum rc sink_note_pruned(const char *state_dir, const char *session, int part, const char *sha256, struct why *why) MUST_USE;

/* Call fn for each that is noted in dir; sync() returns when all these are on the disk, and then they are forgotten. At least once, with the same
 * identifiers. agent: as in the events. RC_IO. */
enum rc sink_notes_tell(const char *dir, const char *agent, audit_fn *fn, enum rc (*sync)(void *arg), void *arg) MUST_USE;

#endif
