/* What an ID token says, and whether to believe it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "oidc.h"
#include "profile.h"

#define KEYS_MAX ((size_t)1 << 20)
#define LEEWAY_S 60

static enum rc fetch_keys(const struct client_config *config, const struct oidc_provider *provider, struct jwks **out, struct why *why)
{
	const struct fetch f = {.url = provider->jwks_uri, .ca_file = config->ca_file};
	struct buf body;
	int status = 0;
	enum rc rc;

	*out = NULL;
	buf_init(&body, KEYS_MAX);
	rc = fetch_run(&f, &status, &body, why);
	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: HTTP %d", provider->jwks_uri, status);
	if (rc == RC_OK)
		rc = jwks_parse(buf_slice(&body), out, why);
	buf_free(&body);
	return rc;
}

static enum rc read_groups(const struct jwt *jwt, struct text_list *out)
{
	const cJSON *groups = jwt_claim(jwt, "groups"), *one;
	enum rc rc = RC_OK;

	if (cJSON_IsString(groups))
		return text_list_add(out, groups->valuestring);
	if (cJSON_IsArray(groups))
		cJSON_ArrayForEach(one, groups)
			if (rc == RC_OK && cJSON_IsString(one))
				rc = text_list_add(out, one->valuestring);
	return rc;
}

static enum rc read_claims(const struct jwt *jwt, struct oidc_claims *out)
{
	const char *subject = json_text(jwt->claims, "sub"), *user = json_text(jwt->claims, "email");
	const cJSON *exp = cJSON_GetObjectItemCaseSensitive(jwt->claims, "exp");
	const char *before = "";

	if (jwt->kind == JWT_ACCESS && (user = json_text(jwt->claims, "client_id")))
		before = JWT_PROGRAM_USER;
	else if (!user)
		user = json_text(jwt->claims, "preferred_username");
	if (!subject || !cJSON_IsNumber(exp))
		return RC_BAD;
	out->expires_s = exp->valuedouble > 0 && exp->valuedouble < 9e15 ? (int64_t)exp->valuedouble : 0;
	out->has_nonce = json_text(jwt->claims, "nonce") != NULL;
	out->subject = strdup(subject);
	if (asprintf(&out->user, "%s%s", before, user ? user : subject) < 0)
		out->user = NULL;
	return out->subject && out->user ? read_groups(jwt, &out->groups) : RC_NOMEM;
}

enum rc oidc_read(struct slice id_token, struct oidc_claims *out)
{
	struct jwt jwt = {0};
	enum rc rc = jwt_parse(id_token, &jwt, NULL);

	*out = (struct oidc_claims){0};
	if (rc == RC_OK)
		rc = read_claims(&jwt, out);
	jwt_free(&jwt);
	if (rc != RC_OK)
		oidc_claims_free(out);
	return rc;
}

/* OpenID Connect Core 3.1.3.7, step 11. */
static enum rc check_nonce(const struct jwt *jwt, const char *nonce, struct why *why)
{
	const cJSON *claim = cJSON_GetObjectItemCaseSensitive(jwt->claims, "nonce");

	if (!claim)
		return RC_OK;
	if (!nonce || !cJSON_IsString(claim) || strcmp(claim->valuestring, nonce) != 0)
		return why_set(why, RC_DENIED, "the ID token belongs to another sign-in (nonce); run: %s", profile_login());
	return RC_OK;
}

enum rc oidc_check(const struct client_config *config, const struct oidc_provider *provider, struct slice id_token, const char *nonce,
		   struct oidc_claims *out, struct why *why)
{
	const struct jwt_expect expect = {.issuer = config->issuer, .audience = config->client_id, .now_s = clock_wall_s(), .leeway_s = LEEWAY_S};
	struct jwks *keys = NULL;
	struct jwt jwt = {0};
	enum rc rc = jwt_parse(id_token, &jwt, why);

	*out = (struct oidc_claims){0};
	if (rc != RC_OK)
		rc = why_set(why, RC_DENIED, "what the provider sent is no ID token");
	if (rc == RC_OK)
		rc = fetch_keys(config, provider, &keys, why);
	if (rc == RC_OK) {
		rc = jwt_verify(&jwt, keys, why);
		rc = rc == RC_NOT_FOUND ? RC_DENIED : rc;
	}
	if (rc == RC_OK)
		rc = jwt_check(&jwt, &expect, why);
	if (rc == RC_OK)
		rc = check_nonce(&jwt, nonce, why);
	if (rc == RC_OK)
		rc = read_claims(&jwt, out);
	jwks_free(keys);
	jwt_free(&jwt);
	if (rc != RC_OK)
		oidc_claims_free(out);
	return rc;
}

void oidc_claims_free(struct oidc_claims *c)
{
	free(c->subject);
	free(c->user);
	text_list_free(&c->groups);
	*c = (struct oidc_claims){0};
}
