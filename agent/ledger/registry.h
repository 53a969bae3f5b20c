/* What the ledger has said of each part of a session: an index over its leaves, in SQLite. All of it follows from the leaves; it is brought
 * up to them when it is behind, and made anew when it is lost. */
#ifndef PHIGATE_AGENT_REGISTRY_H
#define PHIGATE_AGENT_REGISTRY_H

#include "leaf.h"

struct registry;

enum rc registry_open(const char *path, struct registry **out, struct why *why) MUST_USE;        /* RC_IO, RC_NOMEM */
void registry_close(struct registry *r);         /* NULL is allowed */

/* Leaves that it covers, as committed. */
enum rc registry_size(struct registry *r, uint64_t *size) MUST_USE;

/* A run of leaves: all of them, or none. size: of the ledger with them. */
enum rc registry_begin(struct registry *r) MUST_USE;
enum rc registry_commit(struct registry *r, uint64_t size) MUST_USE;
void registry_rollback(struct registry *r);

/* May the leaf come next? RC_OK; RC_END: it is there already, at *index; RC_CONFLICT: it contradicts what is there (a part opened or
 * closed twice, a head that goes back or follows the end). RC_IO. */
enum rc registry_check(struct registry *r, const struct leaf *leaf, uint64_t *index) MUST_USE;
enum rc registry_add(struct registry *r, const struct leaf *leaf, uint64_t index) MUST_USE;

struct registry_part {
	bool opened, headed, closed;             /* by the leaves at: */
	uint64_t open_at, head_at, close_at;
};
enum rc registry_find(struct registry *r, struct slice id, uint64_t part, struct registry_part *out) MUST_USE;   /* RC_NOT_FOUND, RC_IO */

/* Each part that was opened and not closed. */
typedef void registry_on_open(void *arg, const char *id, uint64_t part, uint64_t open_at);
enum rc registry_each_open(struct registry *r, registry_on_open *on_open, void *arg) MUST_USE;

#endif
