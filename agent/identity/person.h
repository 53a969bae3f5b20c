/* From a token's claims to a person (see identity.h). */
#ifndef PHIGATE_AGENT_PERSON_H
#define PHIGATE_AGENT_PERSON_H

#include "identity.h"
#include "jwt.h"

/* jwt: verified and checked; oidc: the provider that it is from. RC_DENIED: a claim is missing or says no; why tells what to change. */
enum rc person_read(const struct jwt *jwt, const struct config *config, const struct oidc *oidc, struct person *out,
		    struct why *why) MUST_USE;

#endif
