/* SHA-256, SHA-512, HMAC-SHA-256 and random bytes (OpenSSL). They cannot fail for lack of anything but memory, and abort then. */
#ifndef PHIGATE_DIGEST_H
#define PHIGATE_DIGEST_H

#include "buf.h"

#define SHA256_LEN 32
#define SHA256_HEX (2 * SHA256_LEN + 1)

void sha256(const void *p, size_t n, unsigned char out[SHA256_LEN]);
void sha256_hex(const void *p, size_t n, char out[SHA256_HEX]);
enum rc sha256_file(int fd, unsigned char out[SHA256_LEN]) MUST_USE;   /* from the descriptor's place to its end; RC_IO */

#define SHA512_LEN 64
void sha512(const void *p, size_t n, unsigned char out[SHA512_LEN]);

/* Incremental form. sha256_end() frees. */
struct sha256_ctx *sha256_begin(void);
void sha256_more(struct sha256_ctx *ctx, const void *p, size_t n);
void sha256_end(struct sha256_ctx *ctx, unsigned char out[SHA256_LEN]);

void hmac_sha256(struct slice key, struct slice data, unsigned char out[SHA256_LEN]);

void random_bytes(void *p, size_t n);                                 /* from the system's generator */
bool equal_secret(const void *a, const void *b, size_t n);            /* in constant time */

#endif
