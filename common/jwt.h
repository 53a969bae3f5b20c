/* JSON Web Signatures as ID tokens use them (RFC 7515, 7519, OpenID Connect Core 3.1.3.7), and as programs' access tokens do (RFC 9068).
 * Pure: keys, time and expectations are arguments. RS256, PS256, ES256, ES384 and EdDSA only; jku, x5u, jwk and x5c in the header are ignored, an unknown crit is refused. */
#ifndef PHIGATE_JWT_H
#define PHIGATE_JWT_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "buf.h"

#define JWT_MAX 16384
#define JWT_SUBJECT_MAX 255                      /* OpenID Connect Core 2 */

/* ---- key sets (RFC 7517) ---- */
struct jwks;
/* Keys of other kinds or for other uses are passed over; an RSA key of a refused size stays known, and refuses. RC_BAD, RC_TOO_BIG. */
enum rc jwks_parse(struct slice json, struct jwks **out, struct why *why) MUST_USE;
void jwks_free(struct jwks *jwks);
bool jwks_has(const struct jwks *jwks, const char *kid);

/* What a token is for, as its header says; one kind never stands for the other. */
enum jwt_kind {
	JWT_ID,                                  /* of a person's sign-in, or of an issuer that knows no kinds: typ is JWT or absent */
	JWT_ACCESS,                              /* typ is at+jwt (RFC 9068 2.1) */
};
#define JWT_PROGRAM_USER "client:"               /* before the name of an access token's program, wherever people see it */

struct jwt {
	enum jwt_kind kind;
	char *alg, *kid;                         /* kid NULL when absent */
	cJSON *claims;
	struct slice signed_part;                /* into the token's copy */
	struct buf signature;
	char *text;
};
/* Form only; nothing is believed yet. RC_BAD; out needs no jwt_free() then, but may have it. */
enum rc jwt_parse(struct slice token, struct jwt *out, struct why *why) MUST_USE;
void jwt_free(struct jwt *jwt);

/* RC_NOT_FOUND: the key set has no such kid (fetch it again); RC_DENIED: signature or key does not fit. A token without kid is
 * verified only by the one key of a set. */
enum rc jwt_verify(const struct jwt *jwt, const struct jwks *jwks, struct why *why) MUST_USE;

struct jwt_expect {
	enum jwt_kind kind;
	const char *issuer, *audience;           /* exact */
	int64_t now_s, leeway_s;
	int64_t max_age_s;                       /* when positive: instead of exp, iat may be this old (login tokens) */
};
/* The kind; iss, sub, aud, exp, nbf, iat; of an ID token azp; an access token must be a program's own, so it has client_id and nothing that
 * tells of a person's sign-in, and any bearer's. RC_DENIED, why says what is wrong. */
enum rc jwt_check(const struct jwt *jwt, const struct jwt_expect *expect, struct why *why) MUST_USE;

/* A claim by path: "groups", "realm_access.roles", or a name that holds dots and slashes itself (tried first). */
const cJSON *jwt_claim(const struct jwt *jwt, const char *path);

#endif
