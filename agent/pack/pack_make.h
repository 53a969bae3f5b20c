/* The agent's part of an evidence pack (pack.h): what its store and its ledger know of a period; and its signature over the whole. It signs
 * nothing that it is handed: it makes SHA256SUMS itself, of its own files' sums as it wrote them and of the four that the auditor's program
 * adds, and the ledger says for whom. */
#ifndef PHIGATE_AGENT_PACK_MAKE_H
#define PHIGATE_AGENT_PACK_MAKE_H

#include "identity.h"
#include "ledger.h"
#include "pack.h"
#include "store.h"

struct pack_place {                              /* all borrowed */
	const char *agent_name, *state_dir;
	struct store *store;
	struct ledger *ledger;
};

/* One that was made on a channel, until it is sealed there. */
struct pack_made {
	bool made;
	int64_t from_ns, to_ns;
	unsigned char sums[PACK_AGENTS][SHA256_LEN];
};

/* Into an unlinked file: the tar of the agent's files. to_ns: now, when it lies ahead. The caller has checked that the person may see all
 * that; who: for pack.json. Memory: 36 to 72 bytes for each hold; it takes the store for a few rows at a time. *fd is the caller's, at its beginning.
 * RC_BAD: no period. RC_IO, RC_NOMEM. */
enum rc pack_make(const struct pack_place *place, const struct person *who, int64_t from_ns, int64_t to_ns, struct pack_made *made, int *fd,
		  int64_t *size, struct why *why) MUST_USE;

/* SHA256SUMS with the sums of what the auditor's program has made, and the signature over it, for which a leaf goes into the ledger: period,
 * digest, for whom. RC_CONFLICT: nothing was made. RC_IO. */
enum rc pack_seal(const struct pack_place *place, const struct person *who, const struct pack_made *made,
		  unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN], struct buf *sums, struct buf *signature, struct why *why) MUST_USE;

#endif
