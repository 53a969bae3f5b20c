#include "oidc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "json.h"
#include "wipe.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define EXPIRES_MAX_S 86400
#define INTERVAL_MAX_S 60                        /* of our own backing off */
#define SLOW_DOWN_S 5                            /* RFC 8628 3.5 */
#define INTERVAL_S 5                             /* RFC 8628 3.2, unless the provider says otherwise */

/* One request whose answer is a JSON object, also when it is an error. *out: the caller deletes it. */
static enum rc request(const struct client_config *config, const char *url, const struct buf *form, int *status, cJSON **out,
		       struct why *why)
{
	const struct fetch f = {.url = url, .form = form ? form->data : NULL, .ca_file = config->ca_file};
	struct buf body;
	enum rc rc;

	*out = NULL;
	buf_init(&body, ANSWER_MAX);
	rc = fetch_run(&f, status, &body, why);
	if (rc == RC_OK) {
		*out = json_parse(buf_slice(&body));
		if (!cJSON_IsObject(*out)) {
			cJSON_Delete(*out);
			*out = NULL;
			rc = why_set(why, RC_UNREACHABLE, "%.200s: HTTP %d, and no JSON object", url, *status);
		}
	}
	buf_free(&body);
	return rc;
}

/* What the provider says is wrong (RFC 6749 5.2), for people. */
static void error_text(const cJSON *answer, int status, char *out, size_t n)
{
	const char *error = json_text(answer, "error"), *text = json_text(answer, "error_description");

	snprintf(out, n, "%.60s%s%.200s (HTTP %d)", error ? error : "no reason given", text ? ": " : "", text ? text : "", status);
}

/* ---- discovery ----------------------------------------------------------------------------------------------------------------- */

/* An address of the discovery document. *out stays NULL when it is not there and need not be. */
static enum rc endpoint(const cJSON *document, const char *name, bool needed, char **out, struct why *why)
{
	const char *url = json_text(document, name);

	if (!url)
		return needed ? why_set(why, RC_BAD, "the provider offers no %s; the client needs the device flow (RFC 8628) to be enabled there", name) :
		       RC_OK;
	if (!fetch_url_allowed(url))
		return why_set(why, RC_DENIED, "the provider's %s is no https address", name);
	*out = strdup(url);
	return *out ? RC_OK : RC_NOMEM;
}

enum rc oidc_discover(const struct client_config *config, struct oidc_provider *out, struct why *why)
{
	size_t n = strlen(config->issuer);
	cJSON *document = NULL;
	const char *issuer;
	int status = 0;
	struct buf url;
	enum rc rc;

	*out = (struct oidc_provider){0};
	buf_init(&url, 4096);
	buf_add(&url, config->issuer, n && config->issuer[n - 1] == '/' ? n - 1 : n);    /* OpenID Connect Discovery 4.1 */
	rc = buf_puts(&url, "/.well-known/openid-configuration");
	if (rc == RC_OK)
		rc = request(config, url.data, NULL, &status, &document, why);
	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: HTTP %d; is oidc.issuer right?", url.data, status);
	issuer = rc == RC_OK ? json_text(document, "issuer") : NULL;
	if (rc == RC_OK && (!issuer || strcmp(issuer, config->issuer) != 0))
		rc = why_set(why, RC_DENIED, "%.200s tells of another issuer; oidc.issuer must be written exactly as the provider says it", url.data);
	if (rc == RC_OK)
		rc = endpoint(document, "token_endpoint", true, &out->token_endpoint, why);
	if (rc == RC_OK)
		rc = endpoint(document, "jwks_uri", true, &out->jwks_uri, why);
	if (rc == RC_OK)
		rc = endpoint(document, "device_authorization_endpoint", true, &out->device_endpoint, why);
	if (rc == RC_OK)
		rc = endpoint(document, "revocation_endpoint", false, &out->revocation_endpoint, why);
	cJSON_Delete(document);
	buf_free(&url);
	if (rc != RC_OK)
		oidc_provider_free(out);
	return rc;
}

void oidc_provider_free(struct oidc_provider *p)
{
	free(p->device_endpoint);
	free(p->token_endpoint);
	free(p->jwks_uri);
	free(p->revocation_endpoint);
	*p = (struct oidc_provider){0};
}

/* ---- device flow --------------------------------------------------------------------------------------------------------------- */

static bool is_printable(const char *text, size_t max)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= max;
}

static enum rc read_device(const cJSON *answer, struct oidc_device *out, struct why *why)
{
	const char *device = json_text(answer, "device_code"), *user = json_text(answer, "user_code");
	const char *uri = json_text(answer, "verification_uri"), *complete = json_text(answer, "verification_uri_complete");

	if (!device || !user || !uri || !json_int(answer, "expires_in", &out->expires_in_s) || out->expires_in_s < 1)
		return why_set(why, RC_UNREACHABLE, "the provider's answer lacks what RFC 8628 section 3.2 demands");
	if (!is_printable(user, 64))
		return why_set(why, RC_DENIED, "the provider's code is not printable");
	if (!fetch_url_allowed(uri) || (complete && !fetch_url_allowed(complete)))
		return why_set(why, RC_DENIED, "the provider sends people to an address that is not https");
	if (out->expires_in_s > EXPIRES_MAX_S)
		out->expires_in_s = EXPIRES_MAX_S;
	if (!json_int(answer, "interval", &out->interval_s) || out->interval_s < 1 || out->interval_s > 300)
		out->interval_s = INTERVAL_S;
	out->device_code = strdup(device);
	out->user_code = strdup(user);
	out->verification_uri = strdup(uri);
	out->verification_uri_complete = complete ? strdup(complete) : NULL;
	return out->device_code && out->user_code && out->verification_uri && (out->verification_uri_complete || !complete) ? RC_OK : RC_NOMEM;
}

static enum rc add_scopes(const struct client_config *config, struct buf *form)
{
	struct buf scopes;
	enum rc rc;

	buf_init(&scopes, 4096);
	for (size_t i = 0; i < config->scopes.n; i++)
		buf_printf(&scopes, "%s%s", i ? " " : "", config->scopes.item[i]);
	rc = scopes.rc == RC_OK ? fetch_form_add(form, "scope", buf_slice(&scopes)) : scopes.rc;
	buf_free(&scopes);
	return rc;
}

enum rc oidc_device_begin(const struct client_config *config, const struct oidc_provider *provider, const char *nonce,
			  struct oidc_device *out, struct why *why)
{
	char text[300];
	cJSON *answer = NULL;
	int status = 0;
	struct buf form;
	enum rc rc;

	*out = (struct oidc_device){0};
	buf_init(&form, 16384);
	rc = fetch_form_add(&form, "client_id", slice_str(config->client_id));
	if (rc == RC_OK)
		rc = add_scopes(config, &form);
	if (rc == RC_OK)
		rc = fetch_form_add(&form, "nonce", slice_str(nonce));
	if (rc == RC_OK)
		rc = request(config, provider->device_endpoint, &form, &status, &answer, why);
	if (rc == RC_OK && status != 200) {
		error_text(answer, status, text, sizeof text);
		rc = why_set(why, RC_DENIED, "the provider refuses to begin a sign-in: %s", text);
	}
	if (rc == RC_OK)
		rc = read_device(answer, out, why);
	cJSON_Delete(answer);
	buf_free(&form);
	if (rc != RC_OK)
		oidc_device_free(out);
	return rc;
}

void oidc_device_free(struct oidc_device *d)
{
	wipe_free(d->device_code);
	free(d->user_code);
	free(d->verification_uri);
	free(d->verification_uri_complete);
	*d = (struct oidc_device){0};
}

/* ---- tokens -------------------------------------------------------------------------------------------------------------------- */

void oidc_tokens_init(struct oidc_tokens *t)
{
	buf_init(&t->id_token, JWT_MAX);
	buf_init(&t->refresh_token, JWT_MAX);
}

void oidc_tokens_free(struct oidc_tokens *t)
{
	buf_free(&t->id_token);
	buf_free(&t->refresh_token);
}

static enum rc read_tokens(cJSON *answer, struct oidc_tokens *out, struct why *why)
{
	const char *id = json_text(answer, "id_token"), *refresh = json_text(answer, "refresh_token");
	enum rc rc = RC_OK;

	if (id)
		rc = buf_puts(&out->id_token, id);
	if (rc == RC_OK && refresh)
		rc = buf_puts(&out->refresh_token, refresh);
	return rc == RC_TOO_BIG ? why_set(why, RC_DENIED, "the provider's tokens are over %d bytes", JWT_MAX) : rc;
}

/* Tokens must not stay in memory that is given back. */
static void forget(cJSON *answer)
{
	cJSON *item;

	cJSON_ArrayForEach(item, answer)
		if (cJSON_IsString(item))
			wipe(item->valuestring, strlen(item->valuestring));
	cJSON_Delete(answer);
}

static enum rc ask_tokens(const struct client_config *config, const struct oidc_provider *provider, const char *grant, const char *name,
			  struct slice value, int *status, cJSON **answer, struct why *why)
{
	struct buf form;
	enum rc rc;

	*answer = NULL;
	buf_init(&form, 65536);
	rc = fetch_form_add(&form, "grant_type", slice_str(grant));
	if (rc == RC_OK)
		rc = fetch_form_add(&form, "client_id", slice_str(config->client_id));
	if (rc == RC_OK)
		rc = fetch_form_add(&form, name, value);
	if (rc == RC_OK)
		rc = request(config, provider->token_endpoint, &form, status, answer, why);
	buf_free(&form);
	return rc;
}

enum rc oidc_device_poll(const struct client_config *config, const struct oidc_provider *provider, struct oidc_device *device,
			 struct oidc_tokens *out, struct why *why)
{
	cJSON *answer;
	const char *error;
	char text[300];
	int status = 0;
	enum rc rc = ask_tokens(config, provider, "urn:ietf:params:oauth:grant-type:device_code", "device_code", slice_str(device->device_code),
				&status, &answer, why);

	if (rc == RC_UNREACHABLE || rc == RC_TIMEOUT) {
		if (device->interval_s < INTERVAL_MAX_S)
			device->interval_s *= 2;         /* RFC 8628 3.5: back off, and go on */
		return RC_AGAIN;
	}
	if (rc != RC_OK)
		return rc;
	error = json_text(answer, "error");
	if (status == 200) {
		rc = read_tokens(answer, out, why);
		if (rc == RC_OK && !out->id_token.len)
			rc = why_set(why, RC_DENIED, "the provider's answer holds no ID token; let the client have the scope openid");
	} else if (error && strcmp(error, "authorization_pending") == 0) {
		rc = RC_AGAIN;
	} else if (error && strcmp(error, "slow_down") == 0) {
		device->interval_s += SLOW_DOWN_S;
		rc = RC_AGAIN;
	} else if (error && strcmp(error, "expired_token") == 0) {
		rc = why_set(why, RC_TIMEOUT, "the code has expired; phigate login gives another one");
	} else if (error && strcmp(error, "access_denied") == 0) {
		rc = why_set(why, RC_DENIED, "the sign-in was denied at the provider");
	} else {
		error_text(answer, status, text, sizeof text);
		rc = why_set(why, RC_DENIED, "the provider refuses the sign-in: %s", text);
	}
	forget(answer);
	return rc;
}

enum rc oidc_refresh(const struct client_config *config, const struct oidc_provider *provider, struct slice refresh_token,
		     struct oidc_tokens *out, struct why *why)
{
	cJSON *answer;
	char text[300];
	int status = 0;
	enum rc rc = ask_tokens(config, provider, "refresh_token", "refresh_token", refresh_token, &status, &answer, why);

	if (rc != RC_OK)
		return rc;
	if (status == 200) {
		rc = read_tokens(answer, out, why);
	} else {
		error_text(answer, status, text, sizeof text);
		rc = why_set(why, status >= 500 ? RC_UNREACHABLE : RC_DENIED, "the provider refuses to refresh the sign-in: %s", text);
	}
	forget(answer);
	return rc;
}

enum rc oidc_revoke(const struct client_config *config, const struct oidc_provider *provider, struct slice refresh_token, struct why *why)
{
	struct buf form, body;
	int status = 0;
	enum rc rc;

	if (!provider->revocation_endpoint)
		return why_set(why, RC_NOT_FOUND, "the provider offers no revocation");
	buf_init(&form, 65536);
	buf_init(&body, ANSWER_MAX);
	rc = fetch_form_add(&form, "client_id", slice_str(config->client_id));
	if (rc == RC_OK)
		rc = fetch_form_add(&form, "token_type_hint", SLICE("refresh_token"));
	if (rc == RC_OK)
		rc = fetch_form_add(&form, "token", refresh_token);
	if (rc == RC_OK) {
		const struct fetch f = {.url = provider->revocation_endpoint, .form = form.data, .ca_file = config->ca_file};

		rc = fetch_run(&f, &status, &body, why);
	}
	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_DENIED, "the provider does not revoke the refresh token: HTTP %d", status);
	buf_free(&form);
	buf_free(&body);
	return rc;
}
