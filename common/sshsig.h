/* SSHSIG (PROTOCOL.sshsig of OpenSSH), Ed25519, hash sha512: what `ssh-keygen -Y sign` and `-Y verify` use. */
#ifndef PHIGATE_SSHSIG_H
#define PHIGATE_SSHSIG_H

#include <openssl/evp.h>

#include "digest.h"

#define REVIEW_NAMESPACE "phigate-review-v1"             /* of reviews; that of bundles is in bundle.h */

/* Append the armored signature. RC_BAD: not an Ed25519 key. */
enum rc sshsig_sign(EVP_PKEY *key, const char *namespace, struct slice data, struct buf *armored) MUST_USE;

/* The same for who has the SHA-512 of the data only. */
enum rc sshsig_sign_sum(EVP_PKEY *key, const char *namespace, const unsigned char sum[SHA512_LEN], struct buf *armored) MUST_USE;

/* Checks form, namespace and signature; then the key that signed is appended to pk_blob for the caller to know or not.
 * RC_BAD: no signature of this form. RC_DENIED: another namespace, or it does not fit the data. */
enum rc sshsig_verify(struct slice armored, const char *namespace, struct slice data, struct buf *pk_blob, struct why *why) MUST_USE;

#endif
