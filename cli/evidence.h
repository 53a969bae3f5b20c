/* A bundle that a command works on: opened, and verified against the signers that this user knows. */
#ifndef PHIGATE_CLI_EVIDENCE_H
#define PHIGATE_CLI_EVIDENCE_H

#include "bundle.h"

struct evidence {
	struct bundle *bundle;                   /* NULL: it could not even be opened */
	struct signers *signers;
	struct age_identities *identities;       /* NULL: none was named */
	enum rc verdict;                         /* RC_OK: verified; RC_NOT_FOUND: but for its signer, as none is known; else why says what fails */
	struct why why;
};

/* What a command's options name; each may be NULL. */
struct evidence_files {
	const char *allowed_signers;
	const char *identity;                    /* age keys that open encrypted segments */
	const char *ledger;                      /* the ledger's key */
	const char *tsa_ca;                      /* certificates of time-stamp authorities */
};

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
