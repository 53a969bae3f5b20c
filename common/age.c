/* The cryptography of age's files, from OpenSSL. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "age_private.h"
#include "wipe.h"

#define SECRETS_BYTES ((size_t)256 << 10)        /* of locked memory, for the whole process; OpenSSL keeps its private keys there, too */
#define SECRET_LEAST 32

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Where nothing may be locked, the heap is there all the same. */
static void make_heap(void)
{
	(void)CRYPTO_secure_malloc_init(SECRETS_BYTES, SECRET_LEAST);
}

void *age_secret_new(size_t n)
{
	pthread_once(&once, make_heap);
	return OPENSSL_secure_zalloc(n);
}

void age_secret_free(void *p, size_t n)
{
	OPENSSL_secure_clear_free(p, n);
}

void age_derive(struct slice secret, struct slice salt, const char *info, unsigned char out[SHA256_LEN])
{
	static const char no_salt[SHA256_LEN];
	unsigned char key[SHA256_LEN];
	char text[64];
	size_t n = strlen(info);

	hmac_sha256(salt.n ? salt : (struct slice){no_salt, sizeof no_salt}, secret, key);
	memcpy(text, info, n);
	text[n] = 1;
	hmac_sha256((struct slice){(const char *)key, sizeof key}, (struct slice){text, n + 1}, out);
	wipe(key, sizeof key);
}

enum rc age_multiply(const unsigned char secret[AGE_KEY_LEN], const unsigned char *point, unsigned char out[AGE_KEY_LEN])
{
	static const unsigned char zeros[AGE_KEY_LEN];
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY_LEN), *peer = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = AGE_KEY_LEN;
	enum rc rc = RC_FAULT;

	if (own && !point) {
		rc = EVP_PKEY_get_raw_public_key(own, out, &n) == 1 ? RC_OK : RC_FAULT;
		goto out;
	}
	peer = own ? EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, AGE_KEY_LEN) : NULL;
	ctx = peer ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		goto out;
	rc = EVP_PKEY_derive(ctx, out, &n) == 1 && n == AGE_KEY_LEN && !equal_secret(out, zeros, sizeof zeros) ? RC_OK : RC_BAD;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return rc;
}

void age_wrap_key(const unsigned char shared[AGE_KEY_LEN], const unsigned char share[AGE_KEY_LEN], const unsigned char recipient[AGE_KEY_LEN],
		  unsigned char out[SHA256_LEN])
{
	char salt[2 * AGE_KEY_LEN];

	memcpy(salt, share, AGE_KEY_LEN);
	memcpy(salt + AGE_KEY_LEN, recipient, AGE_KEY_LEN);
	age_derive((struct slice){(const char *)shared, AGE_KEY_LEN}, (struct slice){salt, sizeof salt}, AGE_X25519_INFO, out);
}

enum rc age_passphrase_key(struct slice passphrase, const unsigned char salt[AGE_SCRYPT_SALT], int work, unsigned char out[SHA256_LEN])
{
	static const uint64_t r = 8, p = 1;
	uint64_t n = (uint64_t)1 << work, most = 128 * r * (n + p + 2) + 65536;
	unsigned char salted[sizeof AGE_SCRYPT_LABEL - 1 + AGE_SCRYPT_SALT];

	memcpy(salted, AGE_SCRYPT_LABEL, sizeof AGE_SCRYPT_LABEL - 1);
	memcpy(salted + sizeof AGE_SCRYPT_LABEL - 1, salt, AGE_SCRYPT_SALT);
	return EVP_PBE_scrypt(passphrase.p, passphrase.n, salted, sizeof salted, n, r, p, most, out, SHA256_LEN) == 1 ? RC_OK : RC_NOMEM;
}

void age_head_mac(const unsigned char file_key[AGE_FILE_KEY], struct slice head, unsigned char mac[SHA256_LEN])
{
	unsigned char key[SHA256_LEN];

	age_derive((struct slice){(const char *)file_key, AGE_FILE_KEY}, SLICE(""), "header", key);
	hmac_sha256((struct slice){(const char *)key, sizeof key}, head, mac);
	wipe(key, sizeof key);
}

enum rc age_cipher_begin(struct age_cipher *c, const unsigned char key[SHA256_LEN], bool seals)
{
	*c = (struct age_cipher){EVP_CIPHER_CTX_new(), seals};
	return c->ctx && EVP_CipherInit_ex(c->ctx, EVP_chacha20_poly1305(), NULL, key, NULL, seals) == 1 ? RC_OK : RC_NOMEM;
}

void age_cipher_end(struct age_cipher *c)
{
	EVP_CIPHER_CTX_free(c->ctx);
	c->ctx = NULL;
}

enum rc age_cipher_run(struct age_cipher *c, const unsigned char nonce[12], struct slice in, char *out)
{
	size_t n = c->seals ? in.n : in.n - AGE_TAG;
	char tag[AGE_TAG];
	int done = 0, rest = 0;

	if (!c->seals)
		memcpy(tag, in.p + n, sizeof tag);
	if (EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, nonce, -1) != 1 ||
	    (!c->seals && EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1) ||
	    EVP_CipherUpdate(c->ctx, (unsigned char *)out, &done, (const unsigned char *)in.p, (int)n) != 1)
		return RC_FAULT;
	if (EVP_CipherFinal_ex(c->ctx, (unsigned char *)out + done, &rest) != 1) {
		wipe(out, n);
		return RC_BAD;
	}
	return c->seals && EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, out + n) != 1 ? RC_FAULT : RC_OK;
}

void age_chunk_nonce(uint64_t chunk, bool last, unsigned char nonce[12])
{
	memset(nonce, 0, 12);
	for (int i = 0; i < 8; i++)
		nonce[10 - i] = (unsigned char)(chunk >> 8 * i);
	nonce[11] = last;
}
