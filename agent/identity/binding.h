/* Which key a token is good with (design: identity). Thread-safe. */
#ifndef PHIGATE_AGENT_BINDING_H
#define PHIGATE_AGENT_BINDING_H

#include "digest.h"
#include "identity.h"

struct bindings;

/* store is borrowed. */
enum rc bindings_new(struct store *store, struct bindings **out) MUST_USE;
void bindings_free(struct bindings *bindings);           /* NULL is allowed */

/* ---- by nonce: a sign-in's token said that this key is its subject's ---- */

/* Until until_s the key stands for the issuer's subject. RC_TOO_BIG: more keys than can be. */
enum rc binding_remember(struct bindings *b, const unsigned char key[SHA256_LEN], const char *issuer, const char *subject,
			 int64_t until_s, int64_t now_s) MUST_USE;
bool binding_stands(struct bindings *b, const unsigned char key[SHA256_LEN], const char *issuer, const char *subject, int64_t now_s);

/* The issuer returns nonces: from now on and for ever its tokens are never bound by their first use. RC_IO. */
enum rc binding_nonce_seen(struct bindings *b, const char *issuer) MUST_USE;
enum rc binding_has_nonces(struct bindings *b, const char *issuer, bool *has) MUST_USE;

/* ---- by first proof, kept in the store until the token expires ---- */

/* RC_OK: it is the token's key, or is from now on. RC_CONFLICT: another key was before, which first gets; both are out from now
 * on, RC_DENIED for every later use. RC_IO. */
enum rc binding_first_proof(struct bindings *b, const unsigned char token[SHA256_LEN], const char *key_id, int64_t expires_s,
			    int64_t now_s, char first[KEY_ID_LEN + 1]) MUST_USE;
/* RC_DENIED: two keys came with this token. RC_IO. */
enum rc binding_usable(struct bindings *b, const unsigned char token[SHA256_LEN]) MUST_USE;

#endif
