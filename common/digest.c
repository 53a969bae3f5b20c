#include "digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "encode.h"
#include "wipe.h"

/* OpenSSL's low-level functions: EVP costs two allocations a call, and these run several times in each exchange. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define GETENTROPY_MAX ((size_t)256)              /* bytes that one call gives */

static void must(int ok)
{
	if (ok != 1)
		abort();
}

void sha256(const void *p, size_t n, unsigned char out[SHA256_LEN])
{
	SHA256_CTX sha;

	must(SHA256_Init(&sha));
	must(SHA256_Update(&sha, p, n));
	must(SHA256_Final(out, &sha));
}

void sha512(const void *p, size_t n, unsigned char out[SHA512_LEN])
{
	SHA512_CTX sha;

	must(SHA512_Init(&sha));
	must(SHA512_Update(&sha, p, n));
	must(SHA512_Final(out, &sha));
}

void sha256_hex(const void *p, size_t n, char out[SHA256_HEX])
{
	unsigned char sum[SHA256_LEN];

	sha256(p, n, sum);
	hex_encode(sum, sizeof sum, out);
}

void sha256_begin(struct sha256_ctx *ctx)
{
	must(SHA256_Init(&ctx->sha));
}

void sha256_more(struct sha256_ctx *ctx, const void *p, size_t n)
{
	must(SHA256_Update(&ctx->sha, p, n));
}

void sha256_end(struct sha256_ctx *ctx, unsigned char out[SHA256_LEN])
{
	must(SHA256_Final(out, &ctx->sha));
	wipe(ctx, sizeof *ctx);
}

enum rc sha256_file(int fd, unsigned char out[SHA256_LEN])
{
	struct sha256_ctx ctx;
	char chunk[16384];
	ssize_t n;

	sha256_begin(&ctx);
	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			sha256_more(&ctx, chunk, (size_t)n);
	sha256_end(&ctx, out);
	wipe(chunk, sizeof chunk);
	return n < 0 ? RC_IO : RC_OK;
}

void hmac_begin(struct hmac_ctx *ctx, struct slice key)
{
	unsigned char block[SHA256_CBLOCK] = {0};

	if (key.n > sizeof block)
		sha256(key.p, key.n, block);
	else if (key.n)
		memcpy(block, key.p, key.n);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36;
	sha256_begin(&ctx->inner);
	sha256_more(&ctx->inner, block, sizeof block);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	sha256_begin(&ctx->outer);
	sha256_more(&ctx->outer, block, sizeof block);
	wipe(block, sizeof block);
}

void hmac_more(struct hmac_ctx *ctx, const void *p, size_t n)
{
	sha256_more(&ctx->inner, p, n);
}

void hmac_end(struct hmac_ctx *ctx, unsigned char out[SHA256_LEN])
{
	unsigned char sum[SHA256_LEN];

	sha256_end(&ctx->inner, sum);
	sha256_more(&ctx->outer, sum, sizeof sum);
	sha256_end(&ctx->outer, out);
	wipe(sum, sizeof sum);
}

void hmac_sha256(struct slice key, struct slice data, unsigned char out[SHA256_LEN])
{
	struct hmac_ctx ctx;

	hmac_begin(&ctx, key);
	hmac_more(&ctx, data.p, data.n);
	hmac_end(&ctx, out);
}

void random_bytes(void *p, size_t n)
{
	unsigned char *at = p;

	for (size_t step; n; at += step, n -= step) {
		step = n < GETENTROPY_MAX ? n : GETENTROPY_MAX;
		must(getentropy(at, step) == 0);
	}
}

void random_hex(size_t n, char *out)
{
	unsigned char bytes[RANDOM_HEX_MAX];

	random_bytes(bytes, n);
	hex_encode(bytes, n, out);
}

bool equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
