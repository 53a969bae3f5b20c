/* Key sets (RFC 7517, RFC 7518 section 6, RFC 8037). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "json.h"
#include "jwt_private.h"

#define KEYS_MAX 256
#define MEMBER_MAX 2048                          /* bytes of one number of a key, decoded */

struct jwks {
	struct jwk *keys;
	size_t n;
};

static enum rc member(const cJSON *jwk, const char *name, struct buf *out)
{
	const char *text = json_text(jwk, name);

	return text ? base64url_decode(slice_str(text), out) : RC_BAD;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *read_rsa(const cJSON *jwk, struct jwk *key)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = NULL, *exponent = NULL;
	EVP_PKEY *pkey = NULL;
	struct buf n, e;

	buf_init(&n, MEMBER_MAX);
	buf_init(&e, 64);
	if (!build || member(jwk, "n", &n) != RC_OK || member(jwk, "e", &e) != RC_OK)
		goto out;
	modulus = BN_bin2bn((unsigned char *)n.data, (int)n.len, NULL);
	exponent = BN_bin2bn((unsigned char *)e.data, (int)e.len, NULL);
	if (!modulus || !exponent)
		goto out;
	if (BN_num_bits(modulus) < 2048)
		key->flaw = "it is signed with an RSA key of less than 2048 bits";
	else if (BN_num_bits(modulus) > 8192)
		key->flaw = "it is signed with an RSA key of more than 8192 bits";
	else if (!BN_is_odd(modulus) || !BN_is_odd(exponent) || BN_is_one(exponent))
		key->flaw = "its key is no RSA key";
	if (!key->flaw && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		pkey = from_params("RSA", build);
out:
	BN_free(modulus);
	BN_free(exponent);
	OSSL_PARAM_BLD_free(build);
	buf_free(&n);
	buf_free(&e);
	return pkey;
}

static EVP_PKEY *read_ec(const cJSON *jwk, const char *group, size_t width)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char point[1 + 2 * 48];
	EVP_PKEY *pkey = NULL;
	struct buf x, y;

	buf_init(&x, 64);
	buf_init(&y, 64);
	if (build && member(jwk, "x", &x) == RC_OK && member(jwk, "y", &y) == RC_OK && x.len == width && y.len == width) {
		point[0] = POINT_CONVERSION_UNCOMPRESSED;
		memcpy(point + 1, x.data, width);
		memcpy(point + 1 + width, y.data, width);
		/* a point that is not on the curve is refused by OpenSSL here */
		if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
		    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width) == 1)
			pkey = from_params("EC", build);
	}
	OSSL_PARAM_BLD_free(build);
	buf_free(&x);
	buf_free(&y);
	return pkey;
}

static EVP_PKEY *read_okp(const cJSON *jwk)
{
	EVP_PKEY *pkey = NULL;
	struct buf x;

	buf_init(&x, 64);
	if (member(jwk, "x", &x) == RC_OK && x.len == 32)
		pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (unsigned char *)x.data, x.len);
	buf_free(&x);
	return pkey;
}

static EVP_PKEY *read_key(const cJSON *jwk, struct jwk *key)
{
	const char *kty = json_text(jwk, "kty"), *crv = json_text(jwk, "crv");

	if (!kty)
		return NULL;
	if (strcmp(kty, "RSA") == 0) {
		key->kind = JWK_RSA;
		return read_rsa(jwk, key);
	}
	if (strcmp(kty, "EC") == 0 && crv && strcmp(crv, "P-256") == 0) {
		key->kind = JWK_P256;
		return read_ec(jwk, "P-256", 32);
	}
	if (strcmp(kty, "EC") == 0 && crv && strcmp(crv, "P-384") == 0) {
		key->kind = JWK_P384;
		return read_ec(jwk, "P-384", 48);
	}
	if (strcmp(kty, "OKP") == 0 && crv && strcmp(crv, "Ed25519") == 0) {
		key->kind = JWK_ED25519;
		return read_okp(jwk);
	}
	return NULL;
}

/* RFC 7517 4.2, 4.3: a key that is for something else than verifying signatures is none of ours. */
static bool for_signatures(const cJSON *jwk)
{
	const cJSON *use = cJSON_GetObjectItemCaseSensitive(jwk, "use");
	const cJSON *ops = cJSON_GetObjectItemCaseSensitive(jwk, "key_ops"), *op;

	if (use && (!cJSON_IsString(use) || strcmp(use->valuestring, "sig") != 0))
		return false;
	if (!ops)
		return true;
	cJSON_ArrayForEach(op, ops)
		if (cJSON_IsString(op) && strcmp(op->valuestring, "verify") == 0)
			return true;
	return false;
}

static void jwk_free(struct jwk *key)
{
	EVP_PKEY_free(key->pkey);
	free(key->kid);
	free(key->alg);
}

static enum rc copy_text(const cJSON *jwk, const char *name, char **out)
{
	const char *text = json_text(jwk, name);

	*out = text ? strdup(text) : NULL;
	return text && !*out ? RC_NOMEM : RC_OK;
}

static enum rc add_key(struct jwks *jwks, const cJSON *jwk)
{
	struct jwk key = {0};
	enum rc rc;

	if (!cJSON_IsObject(jwk) || !for_signatures(jwk))
		return RC_OK;
	key.pkey = read_key(jwk, &key);
	if (!key.pkey && !key.flaw)
		return RC_OK;
	rc = copy_text(jwk, "kid", &key.kid);
	if (rc == RC_OK)
		rc = copy_text(jwk, "alg", &key.alg);
	if (rc == RC_OK)
		jwks->keys[jwks->n++] = key;
	else
		jwk_free(&key);
	return rc;
}

enum rc jwks_parse(struct slice json, struct jwks **out, struct why *why)
{
	cJSON *tree = json_parse(json);
	const cJSON *keys = json_array(tree, "keys"), *jwk;
	struct jwks *jwks = NULL;
	enum rc rc = RC_OK;
	int n;

	*out = NULL;
	if (!keys) {
		rc = why_set(why, RC_BAD, "the provider's key set is no JSON object with a list of keys");
		goto out;
	}
	n = cJSON_GetArraySize(keys);
	if (n > KEYS_MAX) {
		rc = why_set(why, RC_TOO_BIG, "the provider's key set has more than %d keys", KEYS_MAX);
		goto out;
	}
	jwks = calloc(1, sizeof *jwks);
	if (jwks)
		jwks->keys = calloc((size_t)n + 1, sizeof *jwks->keys);
	if (!jwks || !jwks->keys) {
		rc = RC_NOMEM;
		goto out;
	}
	for (jwk = keys->child; jwk && rc == RC_OK; jwk = jwk->next)
		rc = add_key(jwks, jwk);
out:
	cJSON_Delete(tree);
	if (rc == RC_OK)
		*out = jwks;
	else
		jwks_free(jwks);
	return rc;
}

void jwks_free(struct jwks *jwks)
{
	if (!jwks)
		return;
	for (size_t i = 0; i < jwks->n; i++)
		jwk_free(&jwks->keys[i]);
	free(jwks->keys);
	free(jwks);
}

bool jwks_has(const struct jwks *jwks, const char *kid)
{
	size_t i = 0;

	return jwks_next(jwks, kid, &i) != NULL;
}

const struct jwk *jwks_next(const struct jwks *jwks, const char *kid, size_t *i)
{
	while (*i < jwks->n) {
		const struct jwk *key = &jwks->keys[(*i)++];

		/* OpenID Connect Core 10.1: a token may leave kid out only where the set has one key */
		if (kid ? key->kid && strcmp(key->kid, kid) == 0 : jwks->n == 1)
			return key;
	}
	return NULL;
}
