/* What agent.yaml says, with all that is read for it: policies, dialects, credentials and certificates. One snapshot is in force
 * (current.h); a reload puts another one in its place, and who works goes on with the one that he began with. Nothing of it changes once
 * it is in force, and all of it is freed with its last reference. */
#ifndef PHIGATE_AGENT_SNAPSHOT_H
#define PHIGATE_AGENT_SNAPSHOT_H

#include <stdatomic.h>

#include "config.h"
#include "dialect.h"
#include "policies.h"
#include "target.h"

struct snapshot {
	struct config *config;
	struct policies *policies;
	struct dialect **dialects;               /* one for each of config->connections, same order */
	struct target **targets;                 /* likewise: where the model is and what it gets */
	uint64_t generation;                     /* greater than those of all that were in force before */
	atomic_int refs;
};

/* Reads what the configuration names; *out is a reference, and owns config. RC_BAD with file, line and column where there is a place,
 * RC_IO, RC_NOMEM: config stays the caller's. */
enum rc snapshot_new(struct config *config, struct snapshot **out, struct why *why) MUST_USE;
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);          /* NULL is allowed */

/* The connection's place in config->connections, dialects and targets; false: there is none of this name. */
bool snapshot_find(const struct snapshot *snapshot, const char *connection, size_t *place);

/* The folder of dialects that override those that are built in: "dialects" beside agent.yaml. *out: NULL when there is none; caller frees.
 * RC_NOMEM. */
enum rc snapshot_dialects_dir(const struct config *config, char **out) MUST_USE;

/* Add to a policy the warnings about routes that none of its connections' dialects has. */
enum rc snapshot_warn_routes(const struct config *config, const char *dialects_dir, struct policy *policy) MUST_USE;

#endif
