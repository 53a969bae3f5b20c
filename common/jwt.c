#include <math.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "encode.h"
#include "json.h"
#include "jwt_private.h"
#include "wipe.h"

/* RFC 7518 section 3.1, RFC 8037. What is not in here does not exist, whatever a token says. */
static const struct algorithm {
	const char *name, *digest;
	enum jwk_kind kind;
	int coordinate;                          /* bytes of r and of s */
	bool pss;
} ALGORITHMS[] = {
	{"RS256", "SHA256", JWK_RSA, 0, false},
	{"PS256", "SHA256", JWK_RSA, 0, true},
	{"ES256", "SHA256", JWK_P256, 32, false},
	{"ES384", "SHA384", JWK_P384, 48, false},
	{"EdDSA", NULL, JWK_ED25519, 0, false},
};

static const struct algorithm *find_algorithm(const char *name)
{
	for (size_t i = 0; i < sizeof ALGORITHMS / sizeof *ALGORITHMS; i++)
		if (strcmp(ALGORITHMS[i].name, name) == 0)
			return &ALGORITHMS[i];
	return NULL;
}

/* ---- form ------------------------------------------------------------------------------------------------------------- */

static cJSON *decode_json(struct slice part)
{
	cJSON *tree = NULL;
	struct buf text;

	buf_init(&text, JWT_MAX);
	if (base64url_decode(part, &text) == RC_OK)
		tree = json_parse(buf_slice(&text));
	buf_free(&text);
	if (tree && !cJSON_IsObject(tree)) {
		cJSON_Delete(tree);
		tree = NULL;
	}
	return tree;
}

/* Any other type is of a token for something else (RFC 8725 3.11). */
static bool read_kind(const cJSON *typ, enum jwt_kind *kind)
{
	const char *name = cJSON_IsString(typ) ? typ->valuestring : "";

	if (strncasecmp(name, "application/", 12) == 0)          /* RFC 7515 4.1.9 */
		name += 12;
	*kind = strcasecmp(name, "at+jwt") == 0 ? JWT_ACCESS : JWT_ID;
	return !typ || *kind == JWT_ACCESS || strcasecmp(name, "JWT") == 0;
}

static enum rc read_header(struct slice part, struct jwt *out, struct why *why)
{
	cJSON *header = decode_json(part);
	const char *alg = json_text(header, "alg");
	const cJSON *kid = cJSON_GetObjectItemCaseSensitive(header, "kid");
	const cJSON *typ = cJSON_GetObjectItemCaseSensitive(header, "typ");
	enum rc rc = RC_OK;

	if (!header)
		rc = why_set(why, RC_BAD, "the token's header is no JSON object");
	else if (!alg || !find_algorithm(alg))
		rc = why_set(why, RC_BAD, "the token's algorithm is none of RS256, PS256, ES256, ES384 and EdDSA");
	else if (cJSON_GetObjectItemCaseSensitive(header, "crit"))
		rc = why_set(why, RC_BAD, "the token demands an extension (crit) that is not known here");
	else if (!read_kind(typ, &out->kind))
		rc = why_set(why, RC_BAD, "the token's type (typ) is neither JWT nor at+jwt, so it is no ID token and no access token");
	else if (kid && !cJSON_IsString(kid))
		rc = why_set(why, RC_BAD, "the token's key id is no string");
	if (rc == RC_OK) {
		out->alg = strdup(alg);
		out->kid = kid ? strdup(kid->valuestring) : NULL;
		if (!out->alg || (kid && !out->kid))
			rc = RC_NOMEM;
	}
	cJSON_Delete(header);
	return rc;
}

enum rc jwt_parse(struct slice token, struct jwt *out, struct why *why)
{
	const char *first, *second = NULL;
	enum rc rc;

	*out = (struct jwt){0};
	buf_init(&out->signature, JWT_MAX);
	if (token.n > JWT_MAX)
		return why_set(why, RC_BAD, "the token is over %d KiB", JWT_MAX >> 10);
	out->text = strndup(token.n ? token.p : "", token.n);
	if (!out->text)
		return RC_NOMEM;
	if (strlen(out->text) != token.n) {
		rc = why_set(why, RC_BAD, "the token holds a zero byte");
		goto out;
	}
	first = strchr(out->text, '.');
	if (first)
		second = strchr(first + 1, '.');
	if (!second || strchr(second + 1, '.')) {
		rc = why_set(why, RC_BAD, "the token is not three parts with dots between");
		goto out;
	}
	out->signed_part = (struct slice){out->text, (size_t)(second - out->text)};
	rc = read_header((struct slice){out->text, (size_t)(first - out->text)}, out, why);
	if (rc != RC_OK)
		goto out;
	out->claims = decode_json((struct slice){first + 1, (size_t)(second - first - 1)});
	if (!out->claims)
		rc = why_set(why, RC_BAD, "the token's claims are no JSON object");
	else if (base64url_decode(slice_str(second + 1), &out->signature) != RC_OK || !out->signature.len)
		rc = why_set(why, RC_BAD, "the token has no signature");
out:
	if (rc != RC_OK)
		jwt_free(out);
	return rc;
}

void jwt_free(struct jwt *jwt)
{
	cJSON_Delete(jwt->claims);
	buf_free(&jwt->signature);
	wipe_free(jwt->text);
	free(jwt->alg);
	free(jwt->kid);
	*jwt = (struct jwt){0};
}

/* ---- signature -------------------------------------------------------------------------------------------------------- */

/* JWS carries r and s side by side (RFC 7518 3.4); OpenSSL takes DER. */
static enum rc ecdsa_der(struct slice raw, int coordinate, struct buf *der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *p = NULL;
	enum rc rc = RC_DENIED;
	int n;

	if (sig && raw.n == 2 * (size_t)coordinate) {
		r = BN_bin2bn((const unsigned char *)raw.p, coordinate, NULL);
		s = BN_bin2bn((const unsigned char *)raw.p + coordinate, coordinate, NULL);
		if (r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
			r = s = NULL;
			n = i2d_ECDSA_SIG(sig, &p);
			if (n > 0)
				rc = buf_add(der, p, (size_t)n);
			OPENSSL_free(p);
		}
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return rc;
}

static bool signature_fits(const struct jwt *jwt, const struct algorithm *alg, EVP_PKEY *pkey)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct slice sig = buf_slice(&jwt->signature);
	EVP_PKEY_CTX *pctx = NULL;
	struct buf der;
	bool fits = false;

	buf_init(&der, 256);
	if (!ctx)
		goto out;
	if (alg->coordinate) {
		if (ecdsa_der(sig, alg->coordinate, &der) != RC_OK)
			goto out;
		sig = buf_slice(&der);
	}
	if (EVP_DigestVerifyInit_ex(ctx, &pctx, alg->digest, NULL, NULL, pkey, NULL) != 1)
		goto out;
	if (alg->pss && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
			 EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) != 1))
		goto out;
	fits = EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n, (const unsigned char *)jwt->signed_part.p,
				jwt->signed_part.n) == 1;
out:
	EVP_MD_CTX_free(ctx);
	buf_free(&der);
	return fits;
}

enum rc jwt_verify(const struct jwt *jwt, const struct jwks *jwks, struct why *why)
{
	const struct algorithm *alg = find_algorithm(jwt->alg);
	const struct jwk *key;
	size_t i = 0, n = 0;

	if (!alg)
		return why_set(why, RC_DENIED, "the token's algorithm is not accepted");
	why_set(why, RC_DENIED, "the token's signature is not by the key that it names");
	for (; (key = jwks_next(jwks, jwt->kid, &i)); n++) {
		if (key->flaw) {
			why_set(why, RC_DENIED, "the token cannot be trusted: %s", key->flaw);
			continue;
		}
		if (key->kind != alg->kind || (key->alg && strcmp(key->alg, jwt->alg) != 0)) {
			why_set(why, RC_DENIED, "the token's algorithm does not fit the key that it names");
			continue;
		}
		if (signature_fits(jwt, alg, key->pkey))
			return RC_OK;
	}
	if (n)
		return RC_DENIED;
	return why_set(why, RC_NOT_FOUND, jwt->kid ? "the token is signed by a key that the provider does not publish" :
		       "the token names no key, and the provider has several");
}

/* ---- claims ----------------------------------------------------------------------------------------------------------- */

/* RFC 7519 section 2: a NumericDate may have a fraction. False when it is there and no date. */
static bool get_date(const cJSON *claims, const char *name, bool *there, int64_t *s)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(claims, name);

	*there = v != NULL;
	if (!v)
		return true;
	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= 9007199254740992.0))
		return false;
	*s = (int64_t)floor(v->valuedouble);
	return true;
}

static enum rc check_audience(const cJSON *claims, enum jwt_kind kind, const char *audience, struct why *why)
{
	const cJSON *aud = cJSON_GetObjectItemCaseSensitive(claims, "aud"), *one;
	const cJSON *azp = cJSON_GetObjectItemCaseSensitive(claims, "azp");
	bool found = cJSON_IsString(aud) && strcmp(aud->valuestring, audience) == 0;
	int n = cJSON_IsArray(aud) ? cJSON_GetArraySize(aud) : 1;

	if (cJSON_IsArray(aud))
		cJSON_ArrayForEach(one, aud) {
			if (!cJSON_IsString(one))
				return why_set(why, RC_DENIED, "the token's audience is not a list of strings");
			found = found || strcmp(one->valuestring, audience) == 0;
		}
	if (!found)
		return why_set(why, RC_DENIED, "the token is for another %s (aud), not for %s", kind == JWT_ID ? "client" : "resource", audience);
	if (kind == JWT_ACCESS)                                  /* its azp, where there is one, is who holds it */
		return RC_OK;
	if (n > 1 && !azp)
		return why_set(why, RC_DENIED, "the token has several audiences and no azp");
	if (azp && (!cJSON_IsString(azp) || strcmp(azp->valuestring, audience) != 0))
		return why_set(why, RC_DENIED, "the token was made for another client (azp), not for %s", audience);
	return RC_OK;
}

static enum rc check_times(const cJSON *claims, const struct jwt_expect *expect, struct why *why)
{
	int64_t exp = 0, nbf = 0, iat = 0, latest = expect->now_s + expect->leeway_s, earliest = expect->now_s - expect->leeway_s;
	bool has_exp, has_nbf, has_iat;

	if (!get_date(claims, "exp", &has_exp, &exp) || !get_date(claims, "nbf", &has_nbf, &nbf) ||
	    !get_date(claims, "iat", &has_iat, &iat))
		return why_set(why, RC_DENIED, "one of the token's times is no number of seconds");
	if (!has_exp || !has_iat)
		return why_set(why, RC_DENIED, "the token does not say %s", has_exp ? "when it was issued (iat)" : "when it expires (exp)");
	if (has_nbf && nbf > latest)
		return why_set(why, RC_DENIED, "the token is not valid yet (nbf); compare the clocks of this host and the provider");
	if (iat > latest)
		return why_set(why, RC_DENIED, "the token was issued in the future (iat); compare the clocks of this host and the provider");
	if (expect->max_age_s > 0) {
		if (iat <= earliest - expect->max_age_s)
			return why_set(why, RC_DENIED, "the sign-in is too long ago; phigate login");
	} else if (exp <= earliest) {
		return why_set(why, RC_DENIED, "the token has expired; compare the clocks of this host and of who signed in, and: phigate login");
	}
	return RC_OK;
}

/* A program holds its access token by its own right (RFC 6749 4.4). One that a person's sign-in gave to a program tells of that (RFC 9068
 * 2.2.1); and what is bound to a key (RFC 7800) is no bearer's, for that key is not asked for here. */
static enum rc check_program(const cJSON *claims, struct why *why)
{
	static const char *const PERSONS[] = {"nonce", "auth_time", "amr", "at_hash", "c_hash"};
	const char *client = json_text(claims, "client_id");

	if (!client || !*client || strlen(client) > JWT_SUBJECT_MAX)
		return why_set(why, RC_DENIED, "the access token names no client (client_id, RFC 9068)");
	for (size_t i = 0; i < sizeof PERSONS / sizeof *PERSONS; i++)
		if (cJSON_GetObjectItemCaseSensitive(claims, PERSONS[i]))
			return why_set(why, RC_DENIED, "the access token is of a person's sign-in (%s), not a program's own; phigate login is for people",
				       PERSONS[i]);
	if (cJSON_GetObjectItemCaseSensitive(claims, "cnf"))
		return why_set(why, RC_DENIED, "the access token is bound to a key (cnf: DPoP or mutual TLS); let the provider give this client bearer "
			       "tokens");
	return RC_OK;
}

enum rc jwt_check(const struct jwt *jwt, const struct jwt_expect *expect, struct why *why)
{
	const char *iss = json_text(jwt->claims, "iss"), *sub = json_text(jwt->claims, "sub");
	enum rc rc = RC_OK;

	if (jwt->kind != expect->kind)
		return why_set(why, RC_DENIED, jwt->kind == JWT_ACCESS ? "the token is an access token (at+jwt), where an ID token is asked for" :
			       "the token is no access token (its typ is not at+jwt, RFC 9068)");
	if (!iss || strcmp(iss, expect->issuer) != 0)
		return why_set(why, RC_DENIED, "the token is from another issuer, not from %s", expect->issuer);
	if (!sub || !*sub || strlen(sub) > JWT_SUBJECT_MAX)
		return why_set(why, RC_DENIED, "the token names no subject (sub)");
	/* a logout token has issuer, audience and subject of an ID token (OpenID Connect Back-Channel Logout 2.4) */
	if (cJSON_GetObjectItemCaseSensitive(jwt->claims, "events"))
		return why_set(why, RC_DENIED, "the token tells of events, so it is no ID token");
	if (expect->kind == JWT_ACCESS)
		rc = check_program(jwt->claims, why);
	if (rc == RC_OK)
		rc = check_audience(jwt->claims, expect->kind, expect->audience, why);
	return rc == RC_OK ? check_times(jwt->claims, expect, why) : rc;
}

static const cJSON *find_claim(const cJSON *object, char *path)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, path);

	for (char *dot = strchr(path, '.'); dot && !found; dot = strchr(dot + 1, '.')) {
		const cJSON *inner;

		*dot = '\0';
		inner = cJSON_GetObjectItemCaseSensitive(object, path);
		if (cJSON_IsObject(inner))
			found = find_claim(inner, dot + 1);
		*dot = '.';
	}
	return found;
}

const cJSON *jwt_claim(const struct jwt *jwt, const char *path)
{
	char *copy = strdup(path);
	const cJSON *found = copy ? find_claim(jwt->claims, copy) : NULL;

	free(copy);
	return found;
}
