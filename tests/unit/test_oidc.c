/* The client against its provider: discovery, device flow, refresh, revocation, and which ID tokens it believes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "device_idp.h"
#include "oidc.h"

struct place {
	struct device_idp idp;
	struct oidc_provider provider;
	struct oidc_device device;
	struct oidc_tokens tokens;
	struct oidc_claims claims;
	struct why why;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	device_idp_start(&p->idp);
	oidc_tokens_init(&p->tokens);
	*state = p;
	return oidc_discover(&p->idp.config, &p->provider, &p->why) != RC_OK;
}

static int teardown(void **state)
{
	struct place *p = *state;

	oidc_claims_free(&p->claims);
	oidc_tokens_free(&p->tokens);
	oidc_device_free(&p->device);
	oidc_provider_free(&p->provider);
	device_idp_stop(&p->idp);
	free(p);
	return 0;
}

/* ---- discovery ----------------------------------------------------------------------------------------------------------------- */

static enum rc discover(struct place *p, const char *document)
{
	device_idp_discovery(&p->idp, document);
	oidc_provider_free(&p->provider);
	p->why = (struct why){0};
	return oidc_discover(&p->idp.config, &p->provider, &p->why);
}

static void discovery_names_the_endpoints(void **state)
{
	struct place *p = *state;
	char want[128];

	snprintf(want, sizeof want, "%s/device", p->idp.issuer);
	assert_string_equal(p->provider.device_endpoint, want);
	assert_int_equal(discover(p, "{\"issuer\":\"@\",\"token_endpoint\":\"@/t\",\"jwks_uri\":\"@/j\",\"device_authorization_endpoint\":\"@/d\"}"),
			 RC_OK);
	assert_null(p->provider.revocation_endpoint);
}

static void another_issuer_is_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(discover(p, "{\"issuer\":\"@/\",\"token_endpoint\":\"@/t\",\"jwks_uri\":\"@/j\",\"device_authorization_endpoint\":\"@/d\"}"),
			 RC_DENIED);
	assert_non_null(strstr(p->why.text, "another issuer"));
	assert_int_equal(discover(p, "{\"token_endpoint\":\"@/t\",\"jwks_uri\":\"@/j\",\"device_authorization_endpoint\":\"@/d\"}"), RC_DENIED);
}

static void endpoints_that_are_not_https_are_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(discover(p, "{\"issuer\":\"@\",\"token_endpoint\":\"http://idp.example.org/t\",\"jwks_uri\":\"@/j\","
				     "\"device_authorization_endpoint\":\"@/d\"}"), RC_DENIED);
	assert_int_equal(discover(p, "{\"issuer\":\"@\",\"token_endpoint\":\"@/t\",\"jwks_uri\":\"file:///etc/passwd\","
				     "\"device_authorization_endpoint\":\"@/d\"}"), RC_DENIED);
	assert_null(p->provider.token_endpoint);
}

static void a_provider_without_the_device_flow_is_told_apart(void **state)
{
	struct place *p = *state;

	assert_int_equal(discover(p, "{\"issuer\":\"@\",\"token_endpoint\":\"@/t\",\"jwks_uri\":\"@/j\"}"), RC_BAD);
	assert_non_null(strstr(p->why.text, "device flow"));
	assert_int_equal(discover(p, "<html>sign in</html>"), RC_UNREACHABLE);
	assert_int_equal(discover(p, "[]"), RC_UNREACHABLE);
}

/* ---- device flow --------------------------------------------------------------------------------------------------------------- */

static enum rc begin(struct place *p, const char *answer)
{
	p->idp.device = answer;
	oidc_device_free(&p->device);
	p->why = (struct why){0};
	return oidc_device_begin(&p->idp.config, &p->provider, "the-nonce", &p->device, &p->why);
}

static void the_request_names_client_scopes_and_nonce(void **state)
{
	struct place *p = *state;

	assert_int_equal(begin(p, DEVICE_ANSWER), RC_OK);
	assert_string_equal(p->idp.form, "client_id=phigate&scope=openid%20groups&nonce=the-nonce");
	assert_string_equal(p->device.user_code, "WDJB-MJHT");
	assert_string_equal(p->device.verification_uri_complete, "https://idp.example.org/device?user_code=WDJB-MJHT");
	assert_int_equal(p->device.expires_in_s, 600);
	assert_int_equal(p->device.interval_s, 1);
}

#define DEVICE(code, uri, more) "{\"device_code\":\"d\",\"user_code\":\"" code "\",\"verification_uri\":\"" uri "\"" more "}"

static void what_the_answer_may_leave_out(void **state)
{
	struct place *p = *state;

	assert_int_equal(begin(p, DEVICE("A-1", "https://idp.example.org/d", ",\"expires_in\":9e15")), RC_OK);
	assert_null(p->device.verification_uri_complete);
	assert_int_equal(p->device.interval_s, 5);                       /* RFC 8628 3.2 */
	assert_true(p->device.expires_in_s <= 86400);
	assert_int_equal(begin(p, DEVICE("A-1", "http://127.0.0.1:9/d", ",\"expires_in\":60,\"interval\":-4")), RC_OK);
	assert_int_equal(p->device.interval_s, 5);
	assert_int_equal(begin(p, DEVICE("A-1", "https://idp.example.org/d", "")), RC_UNREACHABLE);
	assert_int_equal(begin(p, "{\"expires_in\":60}"), RC_UNREACHABLE);
}

static void people_are_sent_to_https_only(void **state)
{
	static const char *const evil[] = {
		DEVICE("A-1", "http://idp.example.org/d", ",\"expires_in\":60"),
		DEVICE("A-1", "file:///etc/passwd", ",\"expires_in\":60"),
		DEVICE("A-1", "javascript:alert(1)", ",\"expires_in\":60"),
		DEVICE("A-1", "https://idp.example.org/\\u001b]8;;", ",\"expires_in\":60"),
		DEVICE("A-1", "https://idp.example.org/\\u202e", ",\"expires_in\":60"),
		DEVICE("A-1", "--version", ",\"expires_in\":60"),
		DEVICE("A-1", "https://idp.example.org/d", ",\"expires_in\":60,\"verification_uri_complete\":\"http://evil.example/\""),
		DEVICE("\\u001b[2J", "https://idp.example.org/d", ",\"expires_in\":60"),
		DEVICE("", "https://idp.example.org/d", ",\"expires_in\":60"),
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
		assert_int_equal(begin(p, evil[i]), RC_DENIED);
		assert_null(p->device.verification_uri);
	}
}

static void a_provider_that_refuses_to_begin_is_quoted(void **state)
{
	struct place *p = *state;

	p->idp.device_status = 400;
	assert_int_equal(begin(p, "{\"error\":\"unauthorized_client\",\"error_description\":\"no device flow for phigate\"}"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "unauthorized_client: no device flow for phigate"));
}

static enum rc poll_device(struct place *p, int status, const char *body)
{
	if (!p->device.device_code)
		assert_int_equal(begin(p, DEVICE_ANSWER), RC_OK);
	device_idp_says(&p->idp, status, body);
	p->why = (struct why){0};
	return oidc_device_poll(&p->idp.config, &p->provider, &p->device, &p->tokens, &p->why);
}

static void polling_goes_on_until_the_person_decides(void **state)
{
	struct place *p = *state;

	assert_int_equal(poll_device(p, 400, "{\"error\":\"authorization_pending\"}"), RC_AGAIN);
	assert_string_equal(p->idp.form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=phigate&device_code=dev-1");
	assert_int_equal(p->device.interval_s, 1);
	assert_int_equal(poll_device(p, 400, "{\"error\":\"slow_down\"}"), RC_AGAIN);
	assert_int_equal(p->device.interval_s, 6);
	assert_int_equal(poll_device(p, 400, "{\"error\":\"slow_down\"}"), RC_AGAIN);
	assert_int_equal(p->device.interval_s, 11);
	assert_int_equal(poll_device(p, 200, "{\"id_token\":\"a.b.c\",\"refresh_token\":\"r-1\",\"token_type\":\"Bearer\"}"), RC_OK);
	assert_string_equal(p->tokens.id_token.data, "a.b.c");
	assert_string_equal(p->tokens.refresh_token.data, "r-1");
}

static void a_provider_that_stumbles_is_asked_less_often(void **state)
{
	struct place *p = *state;

	assert_int_equal(poll_device(p, 502, "<html>bad gateway</html>"), RC_AGAIN);
	assert_int_equal(p->device.interval_s, 2);
	for (int i = 0; i < 20; i++)
		assert_int_equal(poll_device(p, 502, ""), RC_AGAIN);
	assert_true(p->device.interval_s <= 120);
}

static void what_ends_the_flow_is_said(void **state)
{
	struct place *p = *state;

	assert_int_equal(poll_device(p, 400, "{\"error\":\"expired_token\"}"), RC_TIMEOUT);
	assert_non_null(strstr(p->why.text, "expired"));
	assert_int_equal(poll_device(p, 400, "{\"error\":\"access_denied\"}"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "denied"));
	assert_int_equal(poll_device(p, 400, "{\"error\":\"invalid_grant\"}"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "invalid_grant"));
	assert_int_equal(poll_device(p, 200, "{\"access_token\":\"only\"}"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "openid"));
}

static void tokens_over_16_kib_are_refused(void **state)
{
	struct place *p = *state;
	char *body = malloc(20200);

	memset(body, 'x', 20000);
	memcpy(body, "{\"id_token\":\"", 13);
	strcpy(body + 19000, "\"}");
	assert_int_equal(poll_device(p, 200, body), RC_DENIED);
	free(body);
}

/* ---- refresh and revocation ---------------------------------------------------------------------------------------------------- */

static enum rc refresh(struct place *p, int status, const char *body)
{
	device_idp_says(&p->idp, status, body);
	p->why = (struct why){0};
	return oidc_refresh(&p->idp.config, &p->provider, SLICE("r/1"), &p->tokens, &p->why);
}

static void a_refresh_brings_what_the_provider_gives(void **state)
{
	struct place *p = *state;

	assert_int_equal(refresh(p, 200, "{\"id_token\":\"d.e.f\"}"), RC_OK);
	assert_string_equal(p->idp.form, "grant_type=refresh_token&client_id=phigate&refresh_token=r%2F1");
	assert_string_equal(p->tokens.id_token.data, "d.e.f");
	assert_int_equal(p->tokens.refresh_token.len, 0);
	oidc_tokens_free(&p->tokens);
	assert_int_equal(refresh(p, 200, "{\"refresh_token\":\"r-2\"}"), RC_OK);
	assert_int_equal(p->tokens.id_token.len, 0);
	assert_string_equal(p->tokens.refresh_token.data, "r-2");
}

static void a_refusal_is_told_from_a_provider_in_trouble(void **state)
{
	struct place *p = *state;

	assert_int_equal(refresh(p, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"token revoked\"}"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "token revoked"));
	assert_int_equal(refresh(p, 503, "{\"error\":\"temporarily_unavailable\"}"), RC_UNREACHABLE);
	assert_int_equal(refresh(p, 503, "no"), RC_UNREACHABLE);
}

static void a_refresh_token_is_revoked_where_that_is_offered(void **state)
{
	struct place *p = *state;

	assert_int_equal(oidc_revoke(&p->idp.config, &p->provider, SLICE("r-1"), &p->why), RC_OK);
	assert_string_equal(p->idp.form, "client_id=phigate&token_type_hint=refresh_token&token=r-1");
	free(p->provider.revocation_endpoint);
	p->provider.revocation_endpoint = NULL;
	assert_int_equal(oidc_revoke(&p->idp.config, &p->provider, SLICE("r-1"), &p->why), RC_NOT_FOUND);
}

/* ---- ID tokens ----------------------------------------------------------------------------------------------------------------- */

/* Takes over the token. */
static enum rc check(struct place *p, char *token, const char *nonce)
{
	enum rc rc;

	p->why = (struct why){0};
	oidc_claims_free(&p->claims);
	rc = oidc_check(&p->idp.config, &p->provider, slice_str(token), nonce, &p->claims, &p->why);
	free(token);
	return rc;
}

static void a_good_token_says_who_it_is(void **state)
{
	struct place *p = *state;

	assert_int_equal(check(p, device_idp_token(&p->idp, "sub-1", 60, ",\"nonce\":\"n\",\"email\":\"a@b.example\",\"groups\":[\"x\",\"y\"]"), "n"),
			 RC_OK);
	assert_string_equal(p->claims.user, "a@b.example");
	assert_string_equal(p->claims.subject, "sub-1");
	assert_int_equal(p->claims.groups.n, 2);
	assert_true(p->claims.has_nonce);
	assert_int_equal(check(p, device_idp_token(&p->idp, "sub-1", 60, ",\"preferred_username\":\"al\",\"groups\":\"one\""), "n"), RC_OK);
	assert_string_equal(p->claims.user, "al");
	assert_string_equal(p->claims.groups.item[0], "one");
	assert_false(p->claims.has_nonce);
	assert_int_equal(check(p, device_idp_token(&p->idp, "sub-1", 60, ""), NULL), RC_OK);
	assert_string_equal(p->claims.user, "sub-1");
	assert_int_equal(p->claims.groups.n, 0);
}

static void a_nonce_is_ours_or_absent(void **state)
{
	struct place *p = *state;

	assert_int_equal(check(p, device_idp_token(&p->idp, "s", 60, ",\"nonce\":\"other\""), "n"), RC_DENIED);
	assert_non_null(strstr(p->why.text, "nonce"));
	assert_int_equal(check(p, device_idp_token(&p->idp, "s", 60, ",\"nonce\":\"n\""), NULL), RC_DENIED);
	assert_int_equal(check(p, device_idp_token(&p->idp, "s", 60, ",\"nonce\":7"), "7"), RC_DENIED);
	assert_int_equal(check(p, device_idp_token(&p->idp, "s", 60, ",\"nonce\":null"), "n"), RC_DENIED);
}

static void a_token_that_is_not_the_providers_is_refused(void **state)
{
	struct place *p = *state;
	struct mint_key other = mint_key_new("ES256", "k1", 0), unknown = mint_key_new("ES256", "k9", 0);
	char claims[512];

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"aud\":\"phigate\",\"sub\":\"s\",\"iat\":%lld,\"exp\":%lld}", p->idp.issuer,
		 (long long)clock_wall_s(), (long long)clock_wall_s() + 60);
	assert_int_equal(check(p, mint_token(&p->idp.key, claims), NULL), RC_OK);
	assert_int_equal(check(p, mint_token(&other, claims), NULL), RC_DENIED);
	assert_int_equal(check(p, mint_token(&unknown, claims), NULL), RC_DENIED);
	assert_int_equal(check(p, mint_raw(NULL, "none", "{\"alg\":\"none\"}", claims), NULL), RC_DENIED);
	assert_int_equal(check(p, mint_raw(NULL, "none", "{\"alg\":\"none\",\"kid\":\"k1\"}", claims), NULL), RC_DENIED);
	assert_int_equal(check(p, strdup("no token at all"), NULL), RC_DENIED);
	p->idp.jwks_status = 500;
	assert_int_equal(check(p, mint_token(&p->idp.key, claims), NULL), RC_UNREACHABLE);
	mint_key_free(&other);
	mint_key_free(&unknown);
}

static void a_token_for_others_or_of_another_time_is_refused(void **state)
{
	struct place *p = *state;
	char claims[512];

	snprintf(claims, sizeof claims, "{\"iss\":\"https://other.example\",\"aud\":\"phigate\",\"sub\":\"s\",\"iat\":%lld,\"exp\":%lld}",
		 (long long)clock_wall_s(), (long long)clock_wall_s() + 60);
	assert_int_equal(check(p, mint_token(&p->idp.key, claims), NULL), RC_DENIED);
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"aud\":\"someone-else\",\"sub\":\"s\",\"iat\":%lld,\"exp\":%lld}", p->idp.issuer,
		 (long long)clock_wall_s(), (long long)clock_wall_s() + 60);
	assert_int_equal(check(p, mint_token(&p->idp.key, claims), NULL), RC_DENIED);
	assert_int_equal(check(p, device_idp_token(&p->idp, "s", -120, ""), NULL), RC_DENIED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(discovery_names_the_endpoints), TEST(another_issuer_is_refused), TEST(endpoints_that_are_not_https_are_refused),
		TEST(a_provider_without_the_device_flow_is_told_apart), TEST(the_request_names_client_scopes_and_nonce),
		TEST(what_the_answer_may_leave_out), TEST(people_are_sent_to_https_only), TEST(a_provider_that_refuses_to_begin_is_quoted),
		TEST(polling_goes_on_until_the_person_decides), TEST(a_provider_that_stumbles_is_asked_less_often),
		TEST(what_ends_the_flow_is_said), TEST(tokens_over_16_kib_are_refused), TEST(a_refresh_brings_what_the_provider_gives),
		TEST(a_refusal_is_told_from_a_provider_in_trouble), TEST(a_refresh_token_is_revoked_where_that_is_offered),
		TEST(a_good_token_says_who_it_is), TEST(a_nonce_is_ours_or_absent), TEST(a_token_that_is_not_the_providers_is_refused),
		TEST(a_token_for_others_or_of_another_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
