/* Who is at the other end: ID tokens of the configured providers, and the key that a token is good with (design: identity).
 * Thread-safe. No error or log line holds a token. */
#ifndef PHIGATE_AGENT_IDENTITY_H
#define PHIGATE_AGENT_IDENTITY_H

#include "config.h"
#include "store.h"

#define KEY_ID_LEN 50                            /* "SHA256:" and 43 characters */

/* A person is issuer and subject; user is for display and rules. A program whose access token it is has an issuer that ends with
 * PROGRAM_ISSUER and a user that begins with JWT_PROGRAM_USER, so that no client's name makes it a person whose "sub" is the same. */
#define PROGRAM_ISSUER "#client"                 /* no issuer has a fragment (OpenID Connect Discovery 3) */
struct person {
	char *issuer, *subject, *user;
	struct text_list groups;
	bool auditor, admin;                             /* by the agent's `roles`; ask role_has(), for a connection may have its own */
	bool program;                            /* no human being: its token is one of oidc.subjects, or an access token */
};

enum rc person_copy(struct person *to, const struct person *from) MUST_USE;
void person_free(struct person *person);                 /* frees the members */
bool person_is(const struct person *a, const struct person *b);

struct token {
	struct person person;
	int64_t expires_s;                               /* wall clock */
};

void token_free(struct token *token);                    /* frees the members */

struct identity;
struct current;
/* Both are borrowed. The providers are those of the snapshot in force now, which identity keeps; roles and session.max_duration those of the
 * one in force when a token is looked at. */
enum rc identity_new(struct current *current, struct store *store, struct identity **out, struct why *why) MUST_USE;
void identity_free(struct identity *identity);           /* NULL is allowed */

/* A caller's key as people see it, as ssh-keygen -l prints it. RC_BAD: no P-256 key. */
enum rc identity_key_id(struct slice key_der, char key_id[KEY_ID_LEN + 1]) MUST_USE;

/* Told of each key whose binding has ended because another key came with the same token: its sessions must end. Once, before use. */
void identity_on_conflict(struct identity *identity, void (*fn)(void *arg, const char *key_id), void *arg);

/* As long as this number stays, what identity_prove() said of a token holds until the token expires. */
uint64_t identity_generation(struct identity *identity);

/* An SSH login presents a certificate: check the ID token in it (and the login token, when there is one) and remember which
 * key came with which login token. Binds nothing: the key has not been proved yet. key_der: SubjectPublicKeyInfo.
 * RC_DENIED with the reason, RC_UNREACHABLE when the provider's keys are not to be had, RC_IO when the store is not. */
enum rc identity_admit(struct identity *identity, struct slice key_der, struct slice id_token, struct slice login_token,
		       struct token *out, struct why *why) MUST_USE;

/* A control channel that has proved possession of key_der presents a bearer token: is this token good with this key?
 * RC_DENIED (token_conflict included), RC_UNREACHABLE, RC_IO. */
enum rc identity_prove(struct identity *identity, struct slice key_der, struct slice bearer, struct token *out,
		       struct why *why) MUST_USE;

/* Can tokens be checked? RC_UNREACHABLE: there are no keys, and why says what the provider answered. Does not wait. */
enum rc identity_ready(struct identity *identity, struct why *why) MUST_USE;

/* ---- for tests: another clock ---- */
void identity_set_clock(struct identity *identity, int64_t (*wall_s)(void));

#endif
