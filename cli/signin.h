/* Being signed in: the tokens and the key of one login, in $XDG_STATE_HOME/phigate/, or profiles/NAME/ there (design: identity). Files are 0600 in a 0700 folder,
 * replaced as one step, and refused when group or world can read them. */
#ifndef PHIGATE_CLI_SIGNIN_H
#define PHIGATE_CLI_SIGNIN_H

#include <openssl/evp.h>
#include <stdint.h>

#include "config.h"

struct signin {
	EVP_PKEY *key;                           /* P-256 */
	struct buf id_token;                     /* the newest */
	struct buf login_token;                  /* the login's first ID token */
	struct buf refresh_token;                /* empty: the provider gave none */
	char *token_file;                        /* a program's: where its token is read anew each time; NULL: a person's sign-in */
	int64_t expires_s;                       /* of id_token, wall clock */
	char *user;                              /* for display: email, preferred_username or sub */
	struct text_list groups;                 /* as the token's claim "groups" says; may be empty */
};

/* $XDG_STATE_HOME/phigate or ~/.local/state/phigate, or profiles/NAME in there; the caller frees it. NULL: there is none. */
char *signin_dir(struct why *why);

/* The stored sign-in, refreshed when its ID token does not live for min_valid_s more: under the file lock, and after reading the
 * files again, so that two commands never spend one refresh token. RC_NOT_FOUND: not signed in, or the sign-in has run out and
 * cannot be refreshed: why says "run: phigate login" (exit 3). RC_BAD: the files are damaged or open to others. RC_UNREACHABLE: the
 * provider. */
enum rc signin_load(const struct client_config *config, int64_t min_valid_s, struct signin **out, struct why *why) MUST_USE;

/* The token in a program's file, into id_token and login_token, with what it says. Its signature is the agent's to check. RC_NOT_FOUND:
 * there is none, or it has expired. RC_BAD: it is none, or none for client.yaml's provider and client id, a person's, or another program's than
 * the one that is in id_token already; or others than the file's owner may write it. */
enum rc signin_read_token(const struct client_config *config, const char *path, struct signin *signin, struct why *why) MUST_USE;

/* Replace what is stored. */
enum rc signin_store(const struct client_config *config, const struct signin *signin, struct why *why) MUST_USE;

/* Overwrite and remove what is stored; RC_NOT_FOUND when there is nothing. */
enum rc signin_wipe(struct why *why) MUST_USE;

void signin_free(struct signin *signin);         /* wipes; NULL is allowed */

#endif
