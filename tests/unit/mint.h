/* Keys, key sets and ID tokens for tests, made with OpenSSL and by no code of the program. */
#ifndef PHIGATE_TEST_MINT_H
#define PHIGATE_TEST_MINT_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"

struct mint_key {
	EVP_PKEY *pkey;
	const char *alg, *kid;
	const char *kty, *crv;
	size_t width;                            /* of a coordinate */
};

static inline struct mint_key mint_key_new(const char *alg, const char *kid, unsigned int rsa_bits)
{
	struct mint_key k = {.alg = alg, .kid = kid};

	if (strcmp(alg, "ES256") == 0) {
		k.pkey = EVP_EC_gen("P-256");
		k.kty = "EC", k.crv = "P-256", k.width = 32;
	} else if (strcmp(alg, "ES384") == 0) {
		k.pkey = EVP_EC_gen("P-384");
		k.kty = "EC", k.crv = "P-384", k.width = 48;
	} else if (strcmp(alg, "EdDSA") == 0) {
		k.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		k.kty = "OKP", k.crv = "Ed25519", k.width = 32;
	} else {
		k.pkey = EVP_RSA_gen(rsa_bits ? rsa_bits : 2048);
		k.kty = "RSA";
	}
	if (!k.pkey)
		abort();
	return k;
}

static inline void mint_key_free(struct mint_key *k)
{
	EVP_PKEY_free(k->pkey);
	k->pkey = NULL;
}

static inline void mint_number(const struct mint_key *k, const char *name, const char *param, size_t width, struct buf *out)
{
	BIGNUM *n = NULL;
	unsigned char raw[1024];
	int len;

	if (EVP_PKEY_get_bn_param(k->pkey, param, &n) != 1)
		abort();
	len = BN_bn2binpad(n, raw, width ? (int)width : BN_num_bytes(n));
	buf_printf(out, ",\"%s\":\"", name);
	base64url_encode(raw, (size_t)len, out);
	buf_puts(out, "\"");
	BN_free(n);
}

/* Append the JWK; more: further members (",\"use\":\"enc\""), or "". */
static inline void mint_jwk(const struct mint_key *k, const char *more, struct buf *out)
{
	unsigned char raw[64];
	size_t n = sizeof raw;

	buf_printf(out, "{\"kty\":\"%s\"", k->kty);
	if (k->kid)
		buf_printf(out, ",\"kid\":\"%s\"", k->kid);
	if (k->crv)
		buf_printf(out, ",\"crv\":\"%s\"", k->crv);
	if (strcmp(k->kty, "RSA") == 0) {
		mint_number(k, "n", OSSL_PKEY_PARAM_RSA_N, 0, out);
		mint_number(k, "e", OSSL_PKEY_PARAM_RSA_E, 0, out);
	} else if (strcmp(k->kty, "EC") == 0) {
		mint_number(k, "x", OSSL_PKEY_PARAM_EC_PUB_X, k->width, out);
		mint_number(k, "y", OSSL_PKEY_PARAM_EC_PUB_Y, k->width, out);
	} else {
		if (EVP_PKEY_get_raw_public_key(k->pkey, raw, &n) != 1)
			abort();
		buf_puts(out, ",\"x\":\"");
		base64url_encode(raw, n, out);
		buf_puts(out, "\"");
	}
	buf_printf(out, "%s}", more);
}

static inline void mint_signature(const struct mint_key *k, const char *alg, struct slice data, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	unsigned char sig[1100], raw[96];
	size_t n = sizeof sig;
	const char *md = strcmp(alg, "EdDSA") == 0 ? NULL : strcmp(alg, "ES384") == 0 ? "SHA384" :
		strcmp(alg, "RS512") == 0 ? "SHA512" : "SHA256";

	if (EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, k->pkey, NULL) != 1)
		abort();
	/* "PS256 salt 20": with a salt that PS256 has not */
	if (strncmp(alg, "PS256", 5) == 0 && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
					      EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, alg[5] ? 20 : 32) != 1))
		abort();
	if (EVP_DigestSign(ctx, sig, &n, (const unsigned char *)data.p, data.n) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	if (strcmp(k->kty, "EC") == 0) {
		const unsigned char *p = sig;
		ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);

		BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, (int)k->width);
		BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + k->width, (int)k->width);
		ECDSA_SIG_free(s);
		base64url_encode(raw, 2 * k->width, out);
	} else {
		base64url_encode(sig, n, out);
	}
}

/* A compact JWS; header and claims are JSON texts. The caller frees. */
static inline char *mint_raw(const struct mint_key *k, const char *alg, const char *header, const char *claims)
{
	struct buf t;

	buf_init(&t, 1 << 20);
	base64url_encode(header, strlen(header), &t);
	buf_putc(&t, '.');
	base64url_encode(claims, strlen(claims), &t);
	if (k) {
		struct buf sig;

		buf_init(&sig, 4096);
		mint_signature(k, alg, buf_slice(&t), &sig);
		buf_putc(&t, '.');
		buf_add_slice(&t, buf_slice(&sig));
		buf_free(&sig);
	} else {
		buf_putc(&t, '.');
	}
	return buf_take(&t, NULL);
}

/* A token with the header that its key suggests. */
static inline char *mint_token(const struct mint_key *k, const char *claims)
{
	char header[256];

	if (k->kid)
		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", k->alg, k->kid);
	else
		snprintf(header, sizeof header, "{\"alg\":\"%s\"}", k->alg);
	return mint_raw(k, k->alg, header, claims);
}

#endif
