/* An OpenID provider for tests, as far as a client sees it: discovery, key set, device flow, refresh with rotation, revocation. */
#ifndef PHIGATE_TEST_DEVICE_IDP_H
#define PHIGATE_TEST_DEVICE_IDP_H

#include "clock.h"
#include "mint.h"
#include "oidc.h"
#include "webserver.h"

#define DEVICE_ANSWER "{\"device_code\":\"dev-1\",\"user_code\":\"WDJB-MJHT\",\"verification_uri\":\"https://idp.example.org/device\"," \
	"\"verification_uri_complete\":\"https://idp.example.org/device?user_code=WDJB-MJHT\",\"expires_in\":600,\"interval\":1}"

#define DISCOVERY "{\"issuer\":\"@\",\"token_endpoint\":\"@/token\",\"jwks_uri\":\"@/jwks\"," \
	"\"device_authorization_endpoint\":\"@/device\",\"revocation_endpoint\":\"@/revoke\"}"

struct device_idp {
	struct web web;
	struct mint_key key;
	struct client_config config;             /* of a client that knows it */
	char issuer[64], client_id[16];
	char *discovery, *jwks;                  /* what is answered; the test may put other text there */
	const char *device;
	int jwks_status, device_status, token_status;
	char *token;                             /* the token endpoint's answer; NULL: what rotation says */
	/* rotation: a refresh token is good once */
	int64_t id_token_s;                      /* how long the ID tokens live that it hands out */
	const char *more_claims;                 /* of those: ",\"nonce\":\"x\"" */
	const char *subject;
	int generation;                          /* "refresh-N" is the one that is good */
	bool no_id_token, no_rotation;
	int refreshes, reuses, revocations;
	char form[4096];                         /* the last one, to whatever endpoint */
};

/* An ID token of this provider; more: further members. The caller frees. */
static inline char *device_idp_token(struct device_idp *idp, const char *subject, int64_t lives_s, const char *more)
{
	char claims[2048];

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"aud\":\"phigate\",\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}", idp->issuer, subject,
		 (long long)clock_wall_s(), (long long)(clock_wall_s() + lives_s), more);
	return mint_token(&idp->key, claims);
}

/* "refresh_token=refresh-3" and nothing like it */
static inline bool device_idp_is_current(const struct device_idp *idp)
{
	char current[64];
	const char *at;

	snprintf(current, sizeof current, "refresh_token=refresh-%d", idp->generation);
	at = strstr(idp->form, current);
	return at && (at[strlen(current)] == '&' || !at[strlen(current)]);
}

static inline char *device_idp_refresh(struct device_idp *idp)
{
	char *id, *body, *answer;

	idp->refreshes++;
	if (!device_idp_is_current(idp)) {
		idp->reuses++;
		return web_answer(400, "", "{\"error\":\"invalid_grant\",\"error_description\":\"refresh token already used\"}");
	}
	idp->generation += !idp->no_rotation;
	id = device_idp_token(idp, idp->subject, idp->id_token_s, idp->more_claims);
	body = malloc(strlen(id) + 200);
	strcpy(body, "{\"token_type\":\"Bearer\"");
	if (!idp->no_id_token)
		sprintf(body + strlen(body), ",\"id_token\":\"%s\"", id);
	if (!idp->no_rotation)
		sprintf(body + strlen(body), ",\"refresh_token\":\"refresh-%d\"", idp->generation);
	strcat(body, "}");
	answer = web_answer(200, "", body);
	free(body);
	free(id);
	return answer;
}

static inline char *device_idp_answer(void *arg, const char *path)
{
	struct device_idp *idp = arg;
	const char *form = strstr(idp->web.last, "\r\n\r\n");

	snprintf(idp->form, sizeof idp->form, "%s", form ? form + 4 : "");
	if (strcmp(path, "/.well-known/openid-configuration") == 0)
		return web_answer(200, "", idp->discovery);
	if (strcmp(path, "/jwks") == 0)
		return web_answer(idp->jwks_status, "", idp->jwks);
	if (strcmp(path, "/device") == 0)
		return web_answer(idp->device_status, "", idp->device);
	if (strcmp(path, "/token") == 0)
		return idp->token ? web_answer(idp->token_status, "", idp->token) : device_idp_refresh(idp);
	if (strcmp(path, "/revoke") == 0) {
		idp->revocations++;
		return web_answer(200, "", "");
	}
	return web_answer(404, "", "{}");
}

/* A discovery document, in which @ stands for the issuer. */
static inline void device_idp_discovery(struct device_idp *idp, const char *text)
{
	struct buf out;

	buf_init(&out, 65536);
	for (; *text; text++)
		if (*text == '@')
			buf_puts(&out, idp->issuer);
		else
			buf_putc(&out, *text);
	pthread_mutex_lock(&idp->web.lock);
	free(idp->discovery);
	idp->discovery = buf_take(&out, NULL);
	pthread_mutex_unlock(&idp->web.lock);
}

static inline void device_idp_start(struct device_idp *idp)
{
	struct buf set;

	*idp = (struct device_idp){.device = DEVICE_ANSWER, .jwks_status = 200, .device_status = 200, .token_status = 200, .id_token_s = 3600,
		.more_claims = "", .subject = "sub-alice"};
	idp->key = mint_key_new("ES256", "k1", 0);
	web_start(&idp->web, device_idp_answer, idp);
	snprintf(idp->issuer, sizeof idp->issuer, "http://127.0.0.1:%d", idp->web.port);
	device_idp_discovery(idp, DISCOVERY);
	buf_init(&set, 65536);
	buf_puts(&set, "{\"keys\":[");
	mint_jwk(&idp->key, "", &set);
	buf_puts(&set, "]}");
	idp->jwks = buf_take(&set, NULL);
	idp->config = (struct client_config){.issuer = idp->issuer, .client_id = strcpy(idp->client_id, "phigate")};
	if (text_list_add(&idp->config.scopes, "openid") != RC_OK || text_list_add(&idp->config.scopes, "groups") != RC_OK)
		abort();
}

/* What the token endpoint says from now on. */
static inline void device_idp_says(struct device_idp *idp, int status, const char *body)
{
	pthread_mutex_lock(&idp->web.lock);
	free(idp->token);
	idp->token = body ? strdup(body) : NULL;
	idp->token_status = status;
	pthread_mutex_unlock(&idp->web.lock);
}

static inline void device_idp_stop(struct device_idp *idp)
{
	web_stop(&idp->web);
	mint_key_free(&idp->key);
	free(idp->discovery);
	free(idp->jwks);
	free(idp->token);
	text_list_free(&idp->config.scopes);
}

#endif
