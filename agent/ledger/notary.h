/* The notary: a small process that holds the agent's private keys, so that the process that parses HTTP has none. Over a socket pair it
 * takes only leaves of the ledger; it checks that each is well-formed and that no part of a session is opened or closed twice, keeps them
 * (tiles.h), signs the checkpoint, and then what the leaf stands for: SHA256SUMS with its close leaf, a review's record with its review
 * leaf, an evidence pack's SHA256SUMS with the leaf that says for whom; each in a namespace of its own. There is no other way to a signature. It cannot open sockets, run programs or be traced, and its keys lie in locked memory.
 *
 * It is not the keeper (gate/keeper.h): that one must act at once when the agent dies and so never waits for a disk. */
#ifndef PHIGATE_AGENT_NOTARY_H
#define PHIGATE_AGENT_NOTARY_H

#include <sys/types.h>

#include "digest.h"
#include "registry.h"

#define NOTARY_ITEMS 64                          /* leaves of one request */

struct notary;

struct notary_facts {
	char origin[160], vkey[320];             /* of the ledger */
	char signing_key[160];                   /* "ssh-ed25519 AAAA…" */
	bool fresh;                              /* the ledger had no leaf */
};

/* Fork it and wait until it has keys and ledger. Call it before threads are started. RC_CONFLICT: another agent's uses the ledger.
 * RC_NOT_FOUND, RC_DENIED: a key is missing, or others can read it. RC_BAD: the ledger is damaged. RC_IO. */
enum rc notary_start(const char *state_dir, const char *agent_name, struct notary **out, struct notary_facts *facts,
		     struct why *why) MUST_USE;
void notary_stop(struct notary *n);              /* NULL is allowed */
int notary_fd(const struct notary *n);           /* readable without having been asked: it has died */

struct notary_item {
	struct slice leaf;                       /* borrowed */
	unsigned char sum[SHA512_LEN];           /* of what a close, review or evidence leaf has signed */
	enum rc rc;                              /* RC_BAD: no leaf; RC_CONFLICT: it contradicts the ledger; RC_IO */
	uint64_t index;
	struct buf signature;                    /* armored SSHSIG, of those leaves; the caller's, initialised */
};

/* All of them at once; note (initialised) gets the checkpoint that covers them. What is returned is RC_OK when every item has its answer.
 * RC_IO: it is dead. One caller at a time. */
enum rc notary_append(struct notary *n, struct notary_item *items, size_t count, struct buf *note) MUST_USE;

/* What the ledger knows of a part. RC_NOT_FOUND, RC_IO. */
enum rc notary_find(struct notary *n, const char *id, uint64_t part, struct registry_part *out) MUST_USE;

#endif
