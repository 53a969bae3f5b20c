/* A bundle that a command works on: opened, and verified against the signers that this user knows. */
#ifndef PHIGATE_CLI_EVIDENCE_H
#define PHIGATE_CLI_EVIDENCE_H

#include "bundle.h"
#include "command.h"

struct evidence_trust;

struct evidence {
	struct bundle *bundle;                   /* NULL: it could not even be opened */
	struct evidence_trust *trust;            /* owned */
	enum rc verdict;                         /* RC_OK: verified; RC_NOT_FOUND: but for its signer, as none is known; else why says what fails */
	struct why why;
};

/* What a command's options name; each may be NULL. */
struct evidence_files {
	const char *allowed_signers;
	const char *identity;                    /* age keys that open encrypted segments */
	const char *ledger;                      /* the ledger's key */
	const struct arguments *witnesses;       /* whose options --witness name files of witnesses' keys, or are such keys */
	size_t witness_quorum;                   /* how many of them must have cosigned; 0: all */
	const char *tsa_ca;                      /* certificates of time-stamp authorities */
};

/* Whom somebody believes who verifies, read once. */
struct evidence_trust {
	struct signers *signers;
	struct age_identities *identities;       /* NULL: none was named */
	struct buf ledger, tsa, witnesses;
	struct bundle_trust trust;               /* points into the others */
};
/* Errors as evidence_open(). evidence_trust_free() in any case. */
enum rc evidence_trust_read(const struct evidence_files *files, struct evidence_trust *out, struct why *why) MUST_USE;
void evidence_trust_free(struct evidence_trust *t);      /* harmless when all zero */

/* Opens and verifies the bundle; RC_NOT_FOUND: but for its signer. *out may be NULL then: it could not be opened. */
enum rc evidence_verify(const char *path, const struct evidence_trust *trust, bundle_on_check *on_check, void *arg, struct bundle **out,
			struct why *why) MUST_USE;

/* Signers are those of the file allowed_signers, else of `allowed_signers` beside the client's configuration, else the signing keys of its
 * agents. Each check is told to on_check (may be NULL). RC_OK whatever the verdict is; else one of the files cannot be read: RC_BAD and
 * the like, with why. */
enum rc evidence_open(const char *path, const struct evidence_files *files, bundle_on_check *on_check, void *arg, struct evidence *out,
		      struct why *why) MUST_USE;
/* Those signers alone; signers_free(). Nobody at all is no error. */
enum rc evidence_signers(const char *allowed_signers, struct signers **out, struct why *why) MUST_USE;

/* Tells on stderr what does not hold, as a bundle_on_check. */
void evidence_tell(void *arg, const struct bundle_check *check);

/* May it be used? A signer that nobody knows is only warned of; what does not verify is used with force alone, and warned of, too. Tells on
 * stderr. done, does: what is to happen with it ("played", "plays"). */
bool evidence_judge(const struct evidence *e, bool force, const char *done, const char *does);

void evidence_free(struct evidence *e);          /* harmless when all zero */

#endif
