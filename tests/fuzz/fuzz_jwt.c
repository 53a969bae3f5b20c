/* Tokens, key sets and claim paths are whatever a stranger or a broken provider sends. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char KEYS[] =
	"{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"1\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
	"{\"kty\":\"EC\",\"kid\":\"2\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}";

static void fuzz_token(struct slice in)
{
	static const struct jwt_expect expect = {.issuer = "https://idp", .audience = "phigate", .now_s = 1700000000, .leeway_s = 60};
	static struct jwks *jwks;
	struct jwt jwt;
	struct why why;

	if (!jwks && jwks_parse(SLICE(KEYS), &jwks, NULL) != RC_OK)
		abort();
	if (jwt_parse(in, &jwt, &why) == RC_OK) {
		if (jwt_check(&jwt, &expect, &why) == RC_OK)
			(void)!jwt_claim(&jwt, "a.b.c");
		if (jwt_verify(&jwt, jwks, &why) == RC_OK)
			abort();                         /* nobody has signed it */
	}
	jwt_free(&jwt);
}

static void fuzz_keys(struct slice in)
{
	struct jwks *jwks;
	struct why why;

	if (jwks_parse(in, &jwks, &why) == RC_OK)
		(void)!jwks_has(jwks, "1");
	jwks_free(jwks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = {(const char *)data + 1, n - 1};

	if (n == 0)
		return 0;
	if (data[0] & 1)
		fuzz_token(in);
	else
		fuzz_keys(in);
	return 0;
}
