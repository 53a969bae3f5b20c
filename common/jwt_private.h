/* What jwt.c and jwks.c share. */
#ifndef PHIGATE_JWT_PRIVATE_H
#define PHIGATE_JWT_PRIVATE_H

#include <openssl/evp.h>

#include "jwt.h"

enum jwk_kind { JWK_RSA, JWK_P256, JWK_P384, JWK_ED25519 };

struct jwk {
	enum jwk_kind kind;
	char *kid, *alg;                         /* NULL when absent */
	EVP_PKEY *pkey;
	const char *flaw;                        /* not NULL: why no signature by it counts; pkey is NULL then */
};

/* The next key of that kid, or, for kid NULL, the only key of the set. *i starts at 0; NULL after the last. */
const struct jwk *jwks_next(const struct jwks *jwks, const char *kid, size_t *i);

#endif
