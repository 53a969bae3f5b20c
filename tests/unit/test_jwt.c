/* ID tokens: every algorithm that is accepted, and every forgery that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "jwt.h"
#include "mint.h"

#define NOW 1700000000
#define ISS "https://idp.example.org"
#define CLAIMS(more) "{\"iss\":\"" ISS "\",\"sub\":\"s1\",\"aud\":\"phigate\",\"iat\":1699999990,\"exp\":1700003600" more "}"

static struct mint_key rsa, pss, p256, p384, ed, evil, weak;
static struct jwks *jwks;

static const struct jwt_expect EXPECT = {.issuer = ISS, .audience = "phigate", .now_s = NOW, .leeway_s = 60};

static int make_keys(void **state)
{
	struct buf set;

	(void)state;
	rsa = mint_key_new("RS256", "rsa-1", 0);
	pss = mint_key_new("PS256", "pss-1", 0);
	p256 = mint_key_new("ES256", "ec-1", 0);
	p384 = mint_key_new("ES384", "ec-2", 0);
	ed = mint_key_new("EdDSA", "ed-1", 0);
	evil = mint_key_new("RS256", "evil-1", 0);
	weak = mint_key_new("RS256", "weak-1", 1024);
	buf_init(&set, 65536);
	buf_puts(&set, "{\"keys\":[");
	mint_jwk(&rsa, ",\"use\":\"sig\",\"alg\":\"RS256\"", &set);
	buf_putc(&set, ',');
	mint_jwk(&pss, "", &set);
	buf_putc(&set, ',');
	mint_jwk(&p256, ",\"key_ops\":[\"verify\"]", &set);
	buf_putc(&set, ',');
	mint_jwk(&p384, "", &set);
	buf_putc(&set, ',');
	mint_jwk(&ed, "", &set);
	buf_putc(&set, ',');
	mint_jwk(&weak, "", &set);
	buf_puts(&set, ",{\"kty\":\"oct\",\"kid\":\"oct-1\",\"k\":\"AAAA\"},{\"kty\":\"EC\",\"kid\":\"odd\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"},7]}");
	assert_int_equal(jwks_parse(buf_slice(&set), &jwks, NULL), RC_OK);
	buf_free(&set);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	mint_key_free(&rsa);
	mint_key_free(&pss);
	mint_key_free(&p256);
	mint_key_free(&p384);
	mint_key_free(&ed);
	mint_key_free(&evil);
	mint_key_free(&weak);
	jwks_free(jwks);
	return 0;
}

/* The whole way that a token goes; takes the token. */
static enum rc judge_with(char *token, const struct jwks *set, const struct jwt_expect *expect, struct why *why)
{
	struct jwt jwt;
	enum rc rc;

	*why = (struct why){0};
	rc = jwt_parse(slice_str(token), &jwt, why);
	if (rc == RC_OK)
		rc = jwt_check(&jwt, expect, why);
	if (rc == RC_OK)
		rc = jwt_verify(&jwt, set, why);
	jwt_free(&jwt);
	if (rc != RC_OK) {
		assert_true(*why->text);
		assert_null(strstr(why->text, "eyJ"));
	}
	free(token);
	return rc;
}

static enum rc judge(char *token)
{
	struct why why;

	return judge_with(token, jwks, &EXPECT, &why);
}

static void every_algorithm_is_verified(void **state)
{
	const struct mint_key *keys[] = {&rsa, &pss, &p256, &p384, &ed};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		char *token = mint_token(keys[i], CLAIMS("")), *dot;

		assert_int_equal(judge(strdup(token)), RC_OK);
		dot = strchr(token, '.');
		dot[1] = dot[1] == 'e' ? 'f' : 'e';
		assert_int_not_equal(judge(strdup(token)), RC_OK);
		dot[1] = 'e';
		dot = strrchr(token, '.');
		dot[5] = dot[5] == 'A' ? 'B' : 'A';
		assert_int_not_equal(judge(token), RC_OK);
	}
}

static char *hs256(const void *secret, int n)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"rsa-1\"}";
	char *token = mint_raw(NULL, NULL, header, CLAIMS(""));
	unsigned char mac[32];
	unsigned int len = 32;
	struct buf t;

	buf_init(&t, 65536);
	buf_add(&t, token, strlen(token) - 1);
	HMAC(EVP_sha256(), secret, n, (unsigned char *)t.data, t.len, mac, &len);
	buf_putc(&t, '.');
	base64url_encode(mac, len, &t);
	free(token);
	return buf_take(&t, NULL);
}

static void no_algorithm_but_ours(void **state)
{
	static const char *const OTHERS[] = {
		"HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES512", "ES256K", "Ed25519", "Ed448", "rs256", "",
	};
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(rsa.pkey, &der);

	(void)state;
	assert_int_equal(judge(mint_raw(NULL, NULL, "{\"alg\":\"none\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_BAD);
	assert_int_equal(judge(mint_raw(NULL, NULL, "{\"alg\":\"nOnE\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_BAD);
	assert_int_equal(judge(mint_raw(&rsa, "RS256", "{\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_BAD);
	assert_int_equal(judge(mint_raw(&rsa, "RS512", "{\"alg\":\"RS512\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_BAD);
	for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
		char header[64];

		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"rsa-1\"}", OTHERS[i]);
		assert_int_equal(judge(mint_raw(&rsa, "RS256", header, CLAIMS(""))), RC_BAD);
	}
	assert_int_equal(judge(hs256(der, n)), RC_BAD);
	assert_int_equal(judge(hs256("", 0)), RC_BAD);
	OPENSSL_free(der);
}

/* RFC 7518 3.4 and 3.5: r and s of ES256 have 32 bytes each, and the salt of PS256 has 32. */
static void a_signature_has_one_length(void **state)
{
	char *token = mint_token(&p256, CLAIMS("")), *longer;

	(void)state;
	assert_true(asprintf(&longer, "%sA", token) > 0);        /* with a zero byte behind it */
	assert_int_equal(judge(longer), RC_DENIED);
	free(token);
	assert_int_equal(judge(mint_raw(&pss, "PS256 salt 20", "{\"alg\":\"PS256\",\"kid\":\"pss-1\"}", CLAIMS(""))), RC_DENIED);
}

static void a_key_serves_one_algorithm(void **state)
{
	struct why why;

	(void)state;
	/* right key, but its JWK says RS256; then keys of another kind under the name of one */
	assert_int_equal(judge(mint_raw(&rsa, "PS256", "{\"alg\":\"PS256\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"ec-1\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge(mint_raw(&p256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"ec-2\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge(mint_raw(&p256, "ES256", "{\"alg\":\"ES384\",\"kid\":\"ec-2\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge(mint_raw(&ed, "EdDSA", "{\"alg\":\"EdDSA\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge(mint_raw(&evil, "RS256", "{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_DENIED);
	assert_int_equal(judge_with(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"ec-1\"}", CLAIMS("")), jwks, &EXPECT, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "does not fit the key"));
}

static void only_published_keys_count(void **state)
{
	struct buf header, jwk;
	struct why why;

	(void)state;
	assert_int_equal(judge(mint_token(&evil, CLAIMS(""))), RC_NOT_FOUND);
	assert_int_equal(judge(mint_raw(&evil, "RS256", "{\"alg\":\"RS256\"}", CLAIMS(""))), RC_NOT_FOUND);
	buf_init(&header, 4096);
	buf_init(&jwk, 4096);
	mint_jwk(&evil, "", &jwk);
	buf_printf(&header, "{\"alg\":\"RS256\",\"kid\":\"evil-1\",\"jwk\":%s,\"jku\":\"http://127.0.0.1:1/k\",\"x5u\":\"http://127.0.0.1:1/x\"}",
		   jwk.data);
	assert_int_equal(judge(mint_raw(&evil, "RS256", header.data, CLAIMS(""))), RC_NOT_FOUND);
	buf_clear(&header);
	buf_printf(&header, "{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"jwk\":%s}", jwk.data);
	assert_int_equal(judge(mint_raw(&evil, "RS256", header.data, CLAIMS(""))), RC_DENIED);
	/* the right key with such members in the header is still the right key */
	assert_int_equal(judge(mint_raw(&rsa, "RS256", header.data, CLAIMS(""))), RC_OK);
	assert_int_equal(judge_with(mint_token(&weak, CLAIMS("")), jwks, &EXPECT, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "2048"));
	buf_free(&header);
	buf_free(&jwk);
}

static void the_only_key_needs_no_name(void **state)
{
	struct jwks *one;
	struct buf set;

	(void)state;
	buf_init(&set, 8192);
	buf_puts(&set, "{\"keys\":[");
	mint_jwk(&rsa, "", &set);
	buf_puts(&set, "]}");
	assert_int_equal(jwks_parse(buf_slice(&set), &one, NULL), RC_OK);
	for (int i = 0; i < 2; i++) {
		struct why why;

		assert_int_equal(judge_with(mint_raw(i ? &evil : &rsa, "RS256", "{\"alg\":\"RS256\"}", CLAIMS("")), one, &EXPECT, &why),
				 i ? RC_DENIED : RC_OK);
	}
	jwks_free(one);
	buf_free(&set);
}

static void keys_for_other_uses_are_passed_over(void **state)
{
	struct jwks *set;
	struct buf text;

	(void)state;
	buf_init(&text, 8192);
	buf_puts(&text, "{\"keys\":[");
	mint_jwk(&rsa, ",\"use\":\"enc\"", &text);
	buf_putc(&text, ',');
	mint_jwk(&p256, ",\"key_ops\":[\"deriveKey\"]", &text);
	buf_puts(&text, "]}");
	assert_int_equal(jwks_parse(buf_slice(&text), &set, NULL), RC_OK);
	assert_false(jwks_has(set, "rsa-1"));
	assert_false(jwks_has(set, "ec-1"));
	jwks_free(set);
	buf_free(&text);
	assert_int_equal(jwks_parse(SLICE("{\"keys\":{}}"), &set, NULL), RC_BAD);
	assert_int_equal(jwks_parse(SLICE("[]"), &set, NULL), RC_BAD);
	assert_int_equal(jwks_parse(SLICE(""), &set, NULL), RC_BAD);
}

static void the_form_is_strict(void **state)
{
	char *good = mint_token(&rsa, CLAIMS("")), *big, *with_nul;
	size_t n = strlen(good);
	struct jwt jwt;
	struct buf pad;

	(void)state;
	for (size_t cut = 0; cut < n; cut += 7)
		assert_int_not_equal(judge(strndup(good, cut)), RC_OK);
	assert_int_not_equal(judge(strndup(good, (size_t)(strrchr(good, '.') - good))), RC_OK);
	assert_int_equal(judge(strndup(good, (size_t)(strrchr(good, '.') - good) + 1)), RC_BAD);
	with_nul = malloc(n + 1);
	memcpy(with_nul, good, n + 1);
	with_nul[n - 1] = '\0';
	assert_int_equal(jwt_parse((struct slice){with_nul, n}, &jwt, NULL), RC_BAD);
	free(with_nul);
	buf_init(&pad, 65536);
	buf_add_slice(&pad, slice_str(good));
	buf_puts(&pad, ".x");
	assert_int_not_equal(judge(strdup(pad.data)), RC_OK);
	buf_truncate(&pad, n);
	buf_puts(&pad, "=");
	assert_int_not_equal(judge(strdup(pad.data)), RC_OK);
	buf_clear(&pad);
	buf_puts(&pad, "{\"iss\":\"" ISS "\",\"sub\":\"s1\",\"aud\":\"phigate\",\"iat\":1699999990,\"exp\":1700003600,\"pad\":\"");
	for (int i = 0; i < 15000; i++)
		buf_putc(&pad, 'x');
	buf_puts(&pad, "\"}");
	big = mint_token(&rsa, pad.data);
	assert_int_equal(judge(big), RC_BAD);
	assert_int_not_equal(judge(mint_raw(&rsa, "RS256", "[\"alg\"]", CLAIMS(""))), RC_OK);
	assert_int_not_equal(judge(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"rsa-1\"}", CLAIMS(""))), RC_OK);
	assert_int_not_equal(judge(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"crit\":[\"x\"],\"x\":1}", CLAIMS(""))), RC_OK);
	assert_int_not_equal(judge(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"typ\":\"at+jwt\"}", CLAIMS(""))), RC_OK);
	assert_int_not_equal(judge(mint_raw(&rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"typ\":7}", CLAIMS(""))), RC_OK);
	assert_int_not_equal(judge(mint_token(&rsa, CLAIMS(",\"exp\":1800000000"))), RC_OK);
	buf_free(&pad);
	free(good);
}

/* A token of 16 KiB is read, and none that is a byte longer. */
static void a_token_has_at_most_its_size(void **state)
{
	bool at_most = false;

	(void)state;
	for (size_t n = 12000; n < 12300; n++) {
		char claims[13000];
		int head = snprintf(claims, sizeof claims, "%s", CLAIMS(",\"pad\":\""));
		struct jwt jwt;
		char *token;
		enum rc rc;

		head -= 1;                               /* the brace */
		memset(claims + head, 'x', n);
		strcpy(claims + head + n, "\"}");
		token = mint_token(&ed, claims);
		rc = jwt_parse(slice_str(token), &jwt, NULL);
		assert_int_equal(rc, strlen(token) <= JWT_MAX ? RC_OK : RC_BAD);
		at_most |= strlen(token) == JWT_MAX;
		if (rc == RC_OK)
			jwt_free(&jwt);
		free(token);
	}
	assert_true(at_most);
}

/* OpenID Connect Core 2: 255 characters, and no more. */
static void a_subject_has_at_most_its_length(void **state)
{
	char claims[600], sub[258];

	(void)state;
	for (int n = 255; n <= 256; n++) {
		memset(sub, 's', sizeof sub);
		sub[n] = '\0';
		snprintf(claims, sizeof claims, "{\"iss\":\"" ISS "\",\"sub\":\"%s\",\"aud\":\"phigate\",\"iat\":1699999990,\"exp\":1700003600}", sub);
		assert_int_equal(judge(mint_token(&ed, claims)), n == 255 ? RC_OK : RC_DENIED);
	}
}

struct access_case {
	const char *typ, *claims, *says;                 /* says NULL: it is good */
};

#define A(aud, more) "{\"iss\":\"" ISS "\",\"sub\":\"nightly\",\"aud\":" aud ",\"iat\":1699999990,\"exp\":1700003600" more "}"
#define API "\"https://api\""
#define CLIENT ",\"client_id\":\"nightly\""

/* RFC 9068 */
static const struct access_case ACCESS[] = {
	{"at+jwt", A(API, CLIENT ",\"jti\":\"1\",\"scope\":\"models\""), NULL},
	{"application/at+jwt", A("[\"https://other\"," API "]", CLIENT), NULL},
	{"AT+JWT", A(API, CLIENT ",\"azp\":\"whoever\""), NULL},
	{"JWT", A(API, CLIENT), "no access token"},
	{"logout+jwt", A(API, CLIENT), "typ"},
	{"dpop+jwt", A(API, CLIENT), "typ"},
	{"xat+jwt", A(API, CLIENT), "typ"},
	{"application/", A(API, CLIENT), "typ"},
	{"", A(API, CLIENT), "typ"},
	{"at+jwt", A("\"https://other\"", CLIENT), "another resource"},
	{"at+jwt", A("\"nightly\"", CLIENT), "another resource"},
	{"at+jwt", A("[]", CLIENT), "another resource"},
	{"at+jwt", A("[7," API "]", CLIENT), "audience"},
	{"at+jwt", A(API, ""), "client_id"},
	{"at+jwt", A(API, ",\"client_id\":7"), "client_id"},
	{"at+jwt", A(API, ",\"client_id\":\"\""), "client_id"},
	{"at+jwt", A(API, CLIENT ",\"nonce\":\"n\""), "person's sign-in"},
	{"at+jwt", A(API, CLIENT ",\"auth_time\":1699999990"), "person's sign-in"},
	{"at+jwt", A(API, CLIENT ",\"amr\":[\"pwd\"]"), "person's sign-in"},
	{"at+jwt", A(API, CLIENT ",\"at_hash\":\"x\""), "person's sign-in"},
	{"at+jwt", A(API, CLIENT ",\"c_hash\":\"x\""), "person's sign-in"},
	{"at+jwt", A(API, CLIENT ",\"cnf\":{\"jkt\":\"x\"}"), "bound to a key"},
	{"at+jwt", A(API, CLIENT ",\"events\":{}"), "events"},
	{"at+jwt", "{\"iss\":\"" ISS "\",\"sub\":\"nightly\",\"aud\":" API ",\"iat\":1699990000,\"exp\":1699990060" CLIENT "}", "expired"},
	{"at+jwt", "{\"iss\":\"" ISS "\",\"sub\":\"nightly\",\"aud\":" API ",\"iat\":1699990000" CLIENT "}", "exp"},
	{"at+jwt", "{\"iss\":\"" ISS "\",\"sub\":\"nightly\",\"aud\":" API ",\"exp\":1700003600" CLIENT "}", "iat"},
	{"at+jwt", "{\"iss\":\"" ISS "\",\"aud\":" API ",\"iat\":1699999990,\"exp\":1700003600" CLIENT "}", "sub"},
	{"at+jwt", "{\"iss\":\"https://x\",\"sub\":\"nightly\",\"aud\":" API ",\"iat\":1699999990,\"exp\":1700003600" CLIENT "}", "another issuer"},
};

static void an_access_token_is_a_programs_own(void **state)
{
	const struct jwt_expect api = {.kind = JWT_ACCESS, .issuer = ISS, .audience = "https://api", .now_s = EXPECT.now_s, .leeway_s = EXPECT.leeway_s};
	struct jwt_expect person = api;

	(void)state;
	person.kind = JWT_ID;
	for (size_t i = 0; i < sizeof ACCESS / sizeof *ACCESS; i++) {
		const struct access_case *c = &ACCESS[i];
		char header[128], *token;
		struct why why;
		enum rc rc;

		snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"typ\":\"%s\",\"kid\":\"rsa-1\"}", c->typ);
		token = mint_raw(&rsa, "RS256", header, c->claims);
		rc = judge_with(strdup(token), jwks, &api, &why);
		if ((rc == RC_OK) != !c->says || (c->says && !strstr(why.text, c->says)))
			fail_msg("%s %s: %s", c->typ, c->claims, why.text);
		if (!c->says) {                          /* and never an ID token */
			assert_int_equal(judge_with(strdup(token), jwks, &person, &why), RC_DENIED);
			assert_non_null(strstr(why.text, "access token"));
		}
		free(token);
	}
}

struct claims_case {
	const char *claims;
	bool good;
};

#define C(iss, aud, rest) "{\"iss\":\"" iss "\",\"sub\":\"s1\",\"aud\":" aud "," rest "}"
#define TIMES "\"iat\":1699999990,\"exp\":1700003600"

static const struct claims_case CASES[] = {
	{C(ISS, "\"phigate\"", TIMES), true},
	{C(ISS, "[\"phigate\"]", TIMES), true},
	{C(ISS, "[\"other\",\"phigate\"]", TIMES ",\"azp\":\"phigate\""), true},
	{C(ISS, "[\"other\",\"phigate\"]", TIMES), false},
	{C(ISS, "[\"other\",\"phigate\"]", TIMES ",\"azp\":\"other\""), false},
	{C(ISS, "\"phigate\"", TIMES ",\"azp\":\"other\""), false},
	{C(ISS, "\"phigate2\"", TIMES), false},
	{C(ISS, "[]", TIMES), false},
	{C(ISS, "[7,\"phigate\"]", TIMES), false},
	{C(ISS, "null", TIMES), false},
	{C(ISS "/", "\"phigate\"", TIMES), false},
	{C("https://idp.attacker.example", "\"phigate\"", TIMES), false},
	{"{\"iss\":\"" ISS "\",\"sub\":\"\",\"aud\":\"phigate\"," TIMES "}", false},
	{"{\"iss\":\"" ISS "\",\"aud\":\"phigate\"," TIMES "}", false},
	{C(ISS, "\"phigate\"", "\"iat\":1699990000,\"exp\":1699999941"), true},          /* within the leeway */
	{C(ISS, "\"phigate\"", "\"iat\":1699990000,\"exp\":1699999940"), false},
	{C(ISS, "\"phigate\"", "\"iat\":1699990000"), false},
	{C(ISS, "\"phigate\"", "\"exp\":1700003600"), false},
	{C(ISS, "\"phigate\"", "\"iat\":1700000060,\"exp\":1700003600"), true},
	{C(ISS, "\"phigate\"", "\"iat\":1700000061,\"exp\":1700003600"), false},
	{C(ISS, "\"phigate\"", TIMES ",\"nbf\":1700000060"), true},
	{C(ISS, "\"phigate\"", TIMES ",\"nbf\":1700000061"), false},
	{C(ISS, "\"phigate\"", "\"iat\":1699999990.5,\"exp\":1700003600.25"), true},
	{C(ISS, "\"phigate\"", "\"iat\":1699999990,\"exp\":\"1700003600\""), false},
	{C(ISS, "\"phigate\"", "\"iat\":1699999990,\"exp\":1e300"), false},
	{C(ISS, "\"phigate\"", "\"iat\":\"1699999990\",\"exp\":1700003600"), false},
	{C(ISS, "\"phigate\"", TIMES ",\"nbf\":\"1699999990\""), false},
	{C(ISS, "\"phigate\"", TIMES ",\"nbf\":1e300"), false},
	{C(ISS, "\"phigate\"", "\"iat\":-1,\"exp\":1700003600"), false},
	{C(ISS, "\"phigate\"", TIMES ",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"), false},
};

static void claims_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		enum rc rc = judge(mint_token(&ed, CASES[i].claims));

		if ((rc == RC_OK) != CASES[i].good)
			fail_msg("case %zu: %s", i, CASES[i].claims);
	}
}

static void a_login_token_ages_by_its_sign_in(void **state)
{
	struct jwt_expect expect = EXPECT;
	struct why why;
	const char *old = C(ISS, "\"phigate\"", "\"iat\":1699990000,\"exp\":1699990300");

	(void)state;
	assert_int_equal(judge_with(mint_token(&ed, old), jwks, &expect, &why), RC_DENIED);
	expect.max_age_s = 10000;
	assert_int_equal(judge_with(mint_token(&ed, old), jwks, &expect, &why), RC_OK);
	expect.max_age_s = 9940;
	assert_int_equal(judge_with(mint_token(&ed, old), jwks, &expect, &why), RC_DENIED);
}

static void claims_by_path(void **state)
{
	char *token = mint_token(&ed, CLAIMS(",\"groups\":[\"a\"],\"realm_access\":{\"roles\":[\"b\"]},\"https://x.org/groups\":[\"c\"],"
					     "\"a.b\":{\"c.d\":1},\"a\":{\"b\":7}"));
	struct jwt jwt;

	(void)state;
	assert_int_equal(jwt_parse(slice_str(token), &jwt, NULL), RC_OK);
	assert_string_equal(jwt_claim(&jwt, "groups")->child->valuestring, "a");
	assert_string_equal(jwt_claim(&jwt, "realm_access.roles")->child->valuestring, "b");
	assert_string_equal(jwt_claim(&jwt, "https://x.org/groups")->child->valuestring, "c");
	assert_int_equal(jwt_claim(&jwt, "a.b.c.d")->valueint, 1);
	assert_null(jwt_claim(&jwt, "realm_access.groups"));
	assert_null(jwt_claim(&jwt, "groups.x"));
	assert_null(jwt_claim(&jwt, "..."));
	jwt_free(&jwt);
	free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_is_verified),
		cmocka_unit_test(no_algorithm_but_ours),
		cmocka_unit_test(a_signature_has_one_length),
		cmocka_unit_test(a_key_serves_one_algorithm),
		cmocka_unit_test(only_published_keys_count),
		cmocka_unit_test(the_only_key_needs_no_name),
		cmocka_unit_test(keys_for_other_uses_are_passed_over),
		cmocka_unit_test(the_form_is_strict),
		cmocka_unit_test(a_token_has_at_most_its_size),
		cmocka_unit_test(a_subject_has_at_most_its_length),
		cmocka_unit_test(claims_are_checked),
		cmocka_unit_test(an_access_token_is_a_programs_own),
		cmocka_unit_test(a_login_token_ages_by_its_sign_in),
		cmocka_unit_test(claims_by_path),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
