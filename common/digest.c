#include "digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <unistd.h>

#include "encode.h"
#include "wipe.h"

struct sha256_ctx {
	SHA256_CTX sha;
};

/* OpenSSL's low-level functions: EVP costs two allocations a call, and these run several times in each exchange. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

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

struct sha256_ctx *sha256_begin(void)
{
	struct sha256_ctx *ctx = malloc(sizeof *ctx);

	if (!ctx)
		abort();
	must(SHA256_Init(&ctx->sha));
	return ctx;
}

void sha256_more(struct sha256_ctx *ctx, const void *p, size_t n)
{
	must(SHA256_Update(&ctx->sha, p, n));
}

void sha256_end(struct sha256_ctx *ctx, unsigned char out[SHA256_LEN])
{
	must(SHA256_Final(out, &ctx->sha));
	wipe(ctx, sizeof *ctx);
	free(ctx);
}

enum rc sha256_file(int fd, unsigned char out[SHA256_LEN])
{
	struct sha256_ctx *ctx = sha256_begin();
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			sha256_more(ctx, chunk, (size_t)n);
	sha256_end(ctx, out);
	wipe(chunk, sizeof chunk);
	return n < 0 ? RC_IO : RC_OK;
}

void hmac_sha256(struct slice key, struct slice data, unsigned char out[SHA256_LEN])
{
	if (!HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)data.p, data.n, out, NULL))
		abort();
}

void random_bytes(void *p, size_t n)
{
	must(RAND_bytes(p, (int)n));
}

bool equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
