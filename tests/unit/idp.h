/* An OpenID provider for tests: discovery and key set, with whatever keys the test publishes. */
#ifndef PHIGATE_TEST_IDP_H
#define PHIGATE_TEST_IDP_H

#include "mint.h"
#include "webserver.h"

struct idp {
	struct web web;
	char issuer[64], says_issuer[64], jwks_uri[128];
	char *jwks;
	int status, jwks_reads;
	bool damaged;                            /* the key set is no JSON */
};

static inline char *idp_answer(void *arg, const char *path)
{
	struct idp *idp = arg;
	char body[512];

	if (strcmp(path, "/.well-known/openid-configuration") == 0) {
		snprintf(body, sizeof body, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}", idp->says_issuer, idp->jwks_uri);
		return web_answer(idp->status, "", body);
	}
	if (strcmp(path, "/jwks") != 0)
		return web_answer(404, "", "{}");
	idp->jwks_reads++;
	return web_answer(idp->status, "", idp->damaged ? "oops" : idp->jwks);
}

/* keys[n]: those that are published from now on. */
static inline void idp_publish(struct idp *idp, const struct mint_key *keys, size_t n)
{
	struct buf set;

	buf_init(&set, 1 << 20);
	buf_puts(&set, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(&set, ',');
		mint_jwk(&keys[i], "", &set);
	}
	buf_puts(&set, "]}");
	pthread_mutex_lock(&idp->web.lock);
	free(idp->jwks);
	idp->jwks = buf_take(&set, NULL);
	pthread_mutex_unlock(&idp->web.lock);
}

static inline void idp_start(struct idp *idp, const struct mint_key *keys, size_t n)
{
	*idp = (struct idp){.status = 200};
	web_start(&idp->web, idp_answer, idp);
	snprintf(idp->issuer, sizeof idp->issuer, "http://127.0.0.1:%d", idp->web.port);
	strcpy(idp->says_issuer, idp->issuer);
	snprintf(idp->jwks_uri, sizeof idp->jwks_uri, "%s/jwks", idp->issuer);
	idp_publish(idp, keys, n);
}

static inline int idp_jwks_reads(struct idp *idp)
{
	int n;

	pthread_mutex_lock(&idp->web.lock);
	n = idp->jwks_reads;
	pthread_mutex_unlock(&idp->web.lock);
	return n;
}

static inline void idp_set(struct idp *idp, int status, bool damaged)
{
	pthread_mutex_lock(&idp->web.lock);
	idp->status = status;
	idp->damaged = damaged;
	pthread_mutex_unlock(&idp->web.lock);
}

static inline void idp_stop(struct idp *idp)
{
	web_stop(&idp->web);
	free(idp->jwks);
	idp->jwks = NULL;
}

#endif
