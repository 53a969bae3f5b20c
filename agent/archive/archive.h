/* The archive: each sealed bundle is copied to a folder, to S3-compatible storage, or to both, and what was confirmed there stands in a
 * receipt beside the bundle, and in the ledger. Nothing waits for it, and nothing is removed by it: a bundle that cannot be archived is tried again without
 * end. Thread-safe. */
#ifndef PHIGATE_AGENT_ARCHIVE_H
#define PHIGATE_AGENT_ARCHIVE_H

#include "config.h"
#include "ledger.h"

struct archive;

/* Starts the thread, which begins with what was sealed and not archived before. *out is NULL when agent.yaml names no archive. RC_BAD,
 * RC_DENIED, RC_NOT_FOUND: the credentials' file. config outlives it. */
enum rc archive_start(const struct config *config, struct ledger *ledger, struct archive **out, struct why *why) MUST_USE;
void archive_stop(struct archive *archive);              /* gives up what is under way, to be begun anew at the next start; NULL is allowed */

/* A bundle was sealed, or changed. arg: the archive, which may be NULL. Does not wait. */
void archive_sealed(void *arg, const char *session, int part);

void archive_metrics(struct archive *archive);           /* sets those that are looked at; NULL is allowed */

#endif
