/* SHA-256, SHA-512, HMAC-SHA-256 (RFC 2104) and random bytes. None of them takes memory, so none of them fails where it runs out. */
#ifndef PHIGATE_DIGEST_H
#define PHIGATE_DIGEST_H

#include <openssl/sha.h>

#include "buf.h"

#define SHA256_LEN 32
#define SHA256_HEX (2 * SHA256_LEN + 1)

void sha256(const void *p, size_t n, unsigned char out[SHA256_LEN]);
void sha256_hex(const void *p, size_t n, char out[SHA256_HEX]);
enum rc sha256_file(int fd, unsigned char out[SHA256_LEN]) MUST_USE;   /* from the descriptor's place to its end; RC_IO */

#define SHA512_LEN 64
void sha512(const void *p, size_t n, unsigned char out[SHA512_LEN]);

/* Incremental form; its state is the caller's, and sha256_end() wipes it. */
struct sha256_ctx {
	SHA256_CTX sha;
};
void sha256_begin(struct sha256_ctx *ctx);
void sha256_more(struct sha256_ctx *ctx, const void *p, size_t n);
void sha256_end(struct sha256_ctx *ctx, unsigned char out[SHA256_LEN]);

void hmac_sha256(struct slice key, struct slice data, unsigned char out[SHA256_LEN]);

struct hmac_ctx {
	struct sha256_ctx inner, outer;
};
void hmac_begin(struct hmac_ctx *ctx, struct slice key);
void hmac_more(struct hmac_ctx *ctx, const void *p, size_t n);
void hmac_end(struct hmac_ctx *ctx, unsigned char out[SHA256_LEN]);   /* wipes the state */

void random_bytes(void *p, size_t n);                                 /* the system's; OpenSSL's generator needs memory */
#define RANDOM_HEX_MAX 16
void random_hex(size_t n, char *out /* 2n + 1 */);                    /* n of them, at most RANDOM_HEX_MAX, for a name that is given once */
bool equal_secret(const void *a, const void *b, size_t n);            /* in constant time */

#endif
