/* The snapshot that is in force. Thread-safe. */
#ifndef PHIGATE_AGENT_CURRENT_H
#define PHIGATE_AGENT_CURRENT_H

#include "snapshot.h"

struct current;

/* Takes a reference of its own. RC_NOMEM. */
enum rc current_new(struct snapshot *first, struct current **out) MUST_USE;
void current_free(struct current *current);              /* NULL is allowed */

struct snapshot *current_get(struct current *current);   /* a reference */

/* From now on current_get() gives this one. Takes the caller's reference. */
void current_set(struct current *current, struct snapshot *next);

/* Of the snapshot in force. */
uint64_t current_generation(struct current *current);

#endif
