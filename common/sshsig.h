/* SSHSIG (PROTOCOL.sshsig of OpenSSH), Ed25519, hash sha512: what `ssh-keygen -Y sign` and `-Y verify` use. */
#ifndef PHIGATE_SSHSIG_H
#define PHIGATE_SSHSIG_H

#include <openssl/evp.h>

#include "buf.h"

enum rc sshsig_sign(EVP_PKEY *key, const char *namespace, struct slice data, struct buf *armored) MUST_USE;

/* Checks form, namespace and signature; the key that signed is appended to pk_blob for the caller to know or not. RC_BAD, RC_DENIED. */
enum rc sshsig_verify(struct slice armored, const char *namespace, struct slice data, struct buf *pk_blob, struct why *why) MUST_USE;

#endif
