/* Witnesses of the ledger, as one who wants cosignatures asks them (C2SP tlog-witness, add-checkpoint; tlog-cosignature, v1). */
#ifndef PHIGATE_AGENT_WITNESS_H
#define PHIGATE_AGENT_WITNESS_H

#include <stdatomic.h>

#include "config.h"
#include "ledger.h"

struct witness;
enum rc witness_new(const struct witness_settings *settings, struct witness **out) MUST_USE;       /* RC_NOMEM */
void witness_free(struct witness *w);            /* NULL is allowed */

const struct tlog_vkey *witness_vkey(const struct witness *w);

/* Append the line that it puts under the ledger's checkpoint, with LF; it is checked, with its time. The consistency proof from the tree that it saw last is sent along.
 * RC_CONFLICT: it has seen another ledger than this one, or a later state of it. RC_BAD: what it answers does not hold. RC_DENIED: it does not know the ledger.
 * RC_UNREACHABLE, RC_TOO_BIG, RC_CANCELLED, RC_IO. One thread at a time. */
enum rc witness_ask(struct witness *w, const struct ledger *ledger, struct slice note, const atomic_bool *cancel, struct buf *line,
		    struct why *why) MUST_USE;

#endif
