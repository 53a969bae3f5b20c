/* The auditor's part of an evidence pack: every bundle of its sessions, fetched and verified, one after the other. */
#ifndef PHIGATE_CLI_GATHER_H
#define PHIGATE_CLI_GATHER_H

#include <stdio.h>

#include "agents.h"
#include "evidence.h"
#include "pack.h"

/* What the bundles say of themselves, together. */
struct gathered {
	uint64_t bundles, verified, failed, missing, open;       /* open: parts that are not sealed yet */
	uint64_t encrypted, stamped;
	uint64_t exchanges, held, denied, masked;
};

struct gather {
	struct agents *agents;                   /* all borrowed */
	struct control *control;
	const struct pack *pack;                 /* the agent's part */
	const struct evidence_trust *trust;
	int tar_fd;                              /* where bundles go; -1: nowhere */
	int64_t mtime_s;
	const char *folder;                      /* room for one bundle */
};

/* Into results (results.jsonl) and digests (bundles.sha256): a line for each part of each session. What does not verify or is not there is a
 * line like another. RC_UNREACHABLE, RC_IO, RC_NOMEM: it could not be done. */
enum rc gather_bundles(struct gather *g, FILE *results, FILE *digests, struct gathered *out, struct why *why) MUST_USE;

/* A file in that folder without a name, and how it can be opened once more. -1. */
#define GATHER_PATH 32
int gather_scratch(const char *folder, char path[GATHER_PATH]);

#endif
