/* A leaf of an agent's ledger as an event (audit.h): what is no record of a session, as when the agent started, and who revoked, listed and
 * fetched what. */
#ifndef PHIGATE_AUDIT_LEAF_H
#define PHIGATE_AUDIT_LEAF_H

#include "audit_reader.h"
#include "leaf.h"

/* agent, version: of the agent that tells it. At most one call of fn. RC_OK, also where there is nothing to tell: the records of a session say
 * what its open, head and close leaves do, better. RC_BAD: it is no leaf that is known here. */
enum rc audit_leaf(struct slice text, uint64_t index, const char *agent, const char *version, audit_fn *fn, void *arg) MUST_USE;

#endif
