/* The organisation's OpenID provider, as the client needs it: OpenID Connect Discovery 1.0, the device flow (RFC 8628), refresh
 * (RFC 6749 section 6), revocation (RFC 7009), and the checks of an ID token (OpenID Connect Core 3.1.3.7). */
#ifndef PHIGATE_CLI_OIDC_H
#define PHIGATE_CLI_OIDC_H

#include "config.h"
#include "jwt.h"

struct oidc_provider {
	char *device_endpoint, *token_endpoint, *jwks_uri;
	char *revocation_endpoint;               /* NULL: the provider has none */
};

/* RC_UNREACHABLE; RC_DENIED: it tells of another issuer, or its addresses are not https; RC_BAD: no device flow there. */
enum rc oidc_discover(const struct client_config *config, struct oidc_provider *out, struct why *why) MUST_USE;
void oidc_provider_free(struct oidc_provider *provider);

/* ---- device flow ---- */
struct oidc_device {
	char *device_code, *user_code, *verification_uri, *verification_uri_complete;    /* the last may be NULL */
	int64_t expires_in_s, interval_s;
};
/* nonce goes with the request; the ID token may bring it back. The address and the code are printable ASCII, the address https. */
enum rc oidc_device_begin(const struct client_config *config, const struct oidc_provider *provider, const char *nonce,
			  struct oidc_device *out, struct why *why) MUST_USE;
void oidc_device_free(struct oidc_device *device);

struct oidc_tokens {
	struct buf id_token, refresh_token;      /* wiped when freed; refresh_token empty: none was given */
};
void oidc_tokens_init(struct oidc_tokens *tokens);
void oidc_tokens_free(struct oidc_tokens *tokens);

/* One poll. RC_AGAIN: not decided yet, ask again after device->interval_s, which slow_down makes longer. RC_DENIED: the person refused;
 * RC_TIMEOUT: the code has expired. */
enum rc oidc_device_poll(const struct client_config *config, const struct oidc_provider *provider, struct oidc_device *device,
			 struct oidc_tokens *out, struct why *why) MUST_USE;

/* RC_DENIED: the provider refuses; sign in again. refresh_token of out is empty when the old one stays good, and id_token when the
 * provider gives none at refreshing, as it may (OpenID Connect Core 12.2). */
enum rc oidc_refresh(const struct client_config *config, const struct oidc_provider *provider, struct slice refresh_token,
		     struct oidc_tokens *out, struct why *why) MUST_USE;

enum rc oidc_revoke(const struct client_config *config, const struct oidc_provider *provider, struct slice refresh_token,
		    struct why *why) MUST_USE;

/* ---- ID tokens ---- */
/* What a checked ID token says. */
struct oidc_claims {
	char *subject, *user;                    /* user: email, preferred_username or sub; of an access token client:CLIENT-ID, as agents say it */
	struct text_list groups;
	bool has_nonce;
	int64_t expires_s;
};
/* Signature by the provider's published keys, iss, aud, azp, exp, and the nonce when the token has one (it must have none when nonce is
 * NULL, or the given one). RC_DENIED, RC_UNREACHABLE. */
enum rc oidc_check(const struct client_config *config, const struct oidc_provider *provider, struct slice id_token, const char *nonce,
		   struct oidc_claims *out, struct why *why) MUST_USE;

/* The same of a token that was checked when it was stored; RC_BAD when it is none. */
enum rc oidc_read(struct slice id_token, struct oidc_claims *out) MUST_USE;
void oidc_claims_free(struct oidc_claims *claims);

#endif
