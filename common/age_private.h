/* What the files behind age.h share: age.c (cryptography), age_key.c (recipients, identities), age_seal.c, age_open.c. */
#ifndef PHIGATE_AGE_PRIVATE_H
#define PHIGATE_AGE_PRIVATE_H

#include <openssl/evp.h>

#include "age.h"
#include "digest.h"

#define AGE_VERSION "age-encryption.org/v1\n"
#define AGE_X25519_INFO "age-encryption.org/v1/X25519"
#define AGE_SCRYPT_LABEL "age-encryption.org/v1/scrypt"
#define AGE_SCRYPT_SALT 16
#define AGE_SCRYPT_SALT_TEXT 22                  /* its base64, without padding */
#define AGE_FILE_KEY 16
#define AGE_NONCE 16                             /* of a file's payload */
#define AGE_TAG 16
#define AGE_WRAPPED (AGE_FILE_KEY + AGE_TAG)
#define AGE_KEY_TEXT 43                          /* base64 of AGE_KEY_LEN and of AGE_WRAPPED bytes, without padding */

/* Memory for secrets, all zero; locked when the system lets it, and wiped when it is freed. NULL: there is none. */
void *age_secret_new(size_t n);
void age_secret_free(void *p, size_t n);

/* HKDF-SHA-256 (RFC 5869) for 32 bytes. */
void age_derive(struct slice secret, struct slice salt, const char *info, unsigned char out[SHA256_LEN]);

/* X25519 (RFC 7748). RC_BAD: the point is of low order, so that everybody knows what comes out. point NULL: the base point. */
enum rc age_multiply(const unsigned char secret[AGE_KEY_LEN], const unsigned char *point, unsigned char out[AGE_KEY_LEN]) MUST_USE;

/* The key that wraps a file's key between an ephemeral share and a recipient. */
void age_wrap_key(const unsigned char shared[AGE_KEY_LEN], const unsigned char share[AGE_KEY_LEN], const unsigned char recipient[AGE_KEY_LEN],
		  unsigned char out[SHA256_LEN]);

/* The key that wraps a file's key under a passphrase: scrypt (RFC 7914) with N = 2^work, r = 8, p = 1. RC_NOMEM. */
enum rc age_passphrase_key(struct slice passphrase, const unsigned char salt[AGE_SCRYPT_SALT], int work, unsigned char out[SHA256_LEN]) MUST_USE;

/* The MAC of a head, which ends with "---". */
void age_head_mac(const unsigned char file_key[AGE_FILE_KEY], struct slice head, unsigned char mac[SHA256_LEN]);

/* ChaCha20-Poly1305 (RFC 8439) under one key. */
struct age_cipher {
	EVP_CIPHER_CTX *ctx;
	bool seals;
};
enum rc age_cipher_begin(struct age_cipher *c, const unsigned char key[SHA256_LEN], bool seals) MUST_USE;       /* RC_NOMEM */
void age_cipher_end(struct age_cipher *c);               /* harmless when all zero */
/* out: in.n + AGE_TAG bytes when it seals, else in.n - AGE_TAG. RC_BAD: it was not sealed with this key and nonce. */
enum rc age_cipher_run(struct age_cipher *c, const unsigned char nonce[12], struct slice in, char *out) MUST_USE;

/* The nonce of a payload's chunk. */
void age_chunk_nonce(uint64_t chunk, bool last, unsigned char nonce[12]);

struct age_identities {
	size_t n;
	struct {
		unsigned char secret[AGE_KEY_LEN], recipient[AGE_KEY_LEN];
	} key[];
};

#endif
