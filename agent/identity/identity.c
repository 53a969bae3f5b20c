#include "identity.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "clock.h"
#include "current.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "jwt.h"
#include "log.h"
#include "person.h"
#include "provider.h"
#include "sshkey.h"

#define LEEWAY_S 60

/* Whose tokens are taken. */
struct source {
	const struct oidc *oidc;
	struct provider *provider;
};

struct identity {
	struct current *current;
	struct snapshot *first;                  /* a reference: whose providers these are */
	struct store *store;
	struct source *sources;
	size_t n_sources;
	struct bindings *bindings;
	_Atomic uint64_t conflicts;
	int64_t (*wall_s)(void);
	void (*on_conflict)(void *arg, const char *key_id);
	void *arg;
};

/* ---- life -------------------------------------------------------------------------------------------------------------- */

/* The first provider's keys are kept in provider-keys.json, the second one's in provider-keys-2.json; a copy of another issuer, as an
 * older order may have left it, does not count. */
static enum rc add_source(struct identity *id, const struct oidc *oidc, struct why *why)
{
	struct source *s = &id->sources[id->n_sources];
	char name[40] = "provider-keys.json";
	struct provider_options options = {.issuer = oidc->issuer, .ca_file = oidc->ca_file};
	char *cache;
	enum rc rc;

	if (id->n_sources)
		snprintf(name, sizeof name, "provider-keys-%zu.json", id->n_sources + 1);
	options.cache_file = cache = path_join(id->first->config->state_dir, name);
	s->oidc = oidc;
	rc = cache ? provider_new(&options, &s->provider, why) : RC_NOMEM;
	id->n_sources += rc == RC_OK;
	free(cache);
	return rc;
}

enum rc identity_new(struct current *current, struct store *store, struct identity **out, struct why *why)
{
	struct identity *id = calloc(1, sizeof *id);
	const struct config *config = NULL;
	enum rc rc = RC_NOMEM;

	*out = NULL;
	if (id) {
		id->current = current;
		id->first = current_get(current);
		config = id->first->config;
		id->store = store;
		id->wall_s = clock_wall_s;
		id->sources = calloc(config->n_providers, sizeof *id->sources);
		rc = id->sources ? bindings_new(store, &id->bindings) : RC_NOMEM;
	}
	for (size_t i = 0; rc == RC_OK && i < config->n_providers; i++)
		rc = add_source(id, &config->providers[i], why);
	if (rc == RC_OK)
		*out = id;
	else
		identity_free(id);
	return rc;
}

void identity_free(struct identity *id)
{
	if (!id)
		return;
	for (size_t i = 0; i < id->n_sources; i++)
		provider_free(id->sources[i].provider);
	free(id->sources);
	bindings_free(id->bindings);
	snapshot_unref(id->first);
	free(id);
}

void identity_on_conflict(struct identity *id, void (*fn)(void *arg, const char *key_id), void *arg)
{
	id->on_conflict = fn;
	id->arg = arg;
}

uint64_t identity_generation(struct identity *id)
{
	uint64_t sum = atomic_load(&id->conflicts) + current_generation(id->current);

	for (size_t i = 0; i < id->n_sources; i++)
		sum += provider_generation(id->sources[i].provider);
	return sum;
}

enum rc identity_ready(struct identity *id, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < id->n_sources && rc == RC_OK; i++)
		rc = provider_ready(id->sources[i].provider, why);
	return rc;
}

void identity_set_clock(struct identity *id, int64_t (*wall_s)(void))
{
	id->wall_s = wall_s;
}

void token_free(struct token *token)
{
	person_free(&token->person);
	*token = (struct token){0};
}

enum rc identity_key_id(struct slice key_der, char key_id[KEY_ID_LEN + 1])
{
	char text[64];
	struct buf blob;
	EVP_PKEY *key;
	enum rc rc = sshkey_from_der(key_der, &key);

	if (rc != RC_OK)
		return rc;
	buf_init(&blob, 512);
	rc = sshkey_public_blob(key, &blob);
	if (rc == RC_OK) {
		sshkey_fingerprint(buf_slice(&blob), text);
		rc = strlen(text) == KEY_ID_LEN ? RC_OK : RC_FAULT;
	}
	if (rc == RC_OK)
		memcpy(key_id, text, KEY_ID_LEN + 1);
	EVP_PKEY_free(key);
	buf_free(&blob);
	return rc;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------------ */

/* Whose token it says it is; one of that issuer for another kind of tokens, or the first, whose check then fails, when it is nobody's. */
static const struct source *source_of(const struct identity *id, const struct jwt *jwt)
{
	const char *issuer = json_text(jwt->claims, "iss");
	const struct source *nearest = id->sources;

	for (size_t i = id->n_sources; issuer && i-- > 0;) {
		const struct source *s = &id->sources[i];

		if (strcmp(s->oidc->issuer, issuer) != 0)
			continue;
		if (s->oidc->kind == jwt->kind)
			return s;
		nearest = s;
	}
	return nearest;
}

/* A token that a provider made for us, and which one. max_age_s: 0 for an ID token in force; positive for a sign-in's, which may have
 * expired. Claims come first: a token that is not for us never makes us ask a provider. */
static enum rc read_token(struct identity *id, struct slice text, int64_t max_age_s, struct jwt *jwt, const struct oidc **oidc,
			  struct why *why)
{
	struct jwt_expect expect = {.now_s = id->wall_s(), .leeway_s = LEEWAY_S, .max_age_s = max_age_s};
	const struct source *source;
	enum rc rc = jwt_parse(text, jwt, why);

	if (rc != RC_OK)
		return rc == RC_BAD ? RC_DENIED : rc;
	source = source_of(id, jwt);
	*oidc = source->oidc;
	expect.kind = source->oidc->kind;
	expect.issuer = source->oidc->issuer;
	expect.audience = source->oidc->audience;
	rc = jwt_check(jwt, &expect, why);
	return rc == RC_OK ? provider_verify(source->provider, jwt, why) : rc;
}

/* Says in the log, and keeps, that a display name was another subject's before. Only a mark for people: a store that does not
 * answer stops nobody here. */
static void watch_user(struct identity *id, const struct person *person)
{
	sqlite3 *db = store_begin(id->store);
	sqlite3_stmt *q;
	bool known = false, another = false;
	enum rc rc;

	if (!db)
		return;
	rc = store_query(db, &q, "SELECT subject FROM users WHERE issuer = ? AND user = ?", "tt", person->issuer, person->user);
	while (rc == RC_OK && (rc = store_row(q)) == RC_OK) {
		if (strcmp(store_text(q, 0), person->subject) == 0)
			known = true;
		else
			another = true;
	}
	sqlite3_finalize(q);
	if (rc == RC_END && !known)
		rc = store_do(db, NULL, "INSERT OR IGNORE INTO users (issuer, user, subject, first_ns) VALUES (?, ?, ?, ?)", "ttti",
			      person->issuer, person->user, person->subject, clock_wall_ns());
	store_end(id->store);
	if (!known && another)
		log_warn("user_was_another_subject", L_TEXT("user", person->user), L_TEXT("subject", person->subject));
}

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

struct key {
	unsigned char sha256[SHA256_LEN];
	char nonce[48];                          /* base64url of it */
	char id[KEY_ID_LEN + 1];
};

static enum rc make_key(struct slice der, struct key *key)
{
	struct buf text;
	enum rc rc;

	sha256(der.p, der.n, key->sha256);
	buf_init(&text, sizeof key->nonce - 1);
	rc = base64url_encode(key->sha256, SHA256_LEN, &text);
	if (rc == RC_OK)
		memcpy(key->nonce, text.data, text.len + 1);
	buf_free(&text);
	return rc == RC_OK ? identity_key_id(der, key->id) : rc;
}

/* The longest that a session may last, as a sign-in's key is good. */
static int64_t max_duration_s(const struct identity *id)
{
	struct snapshot *now = current_get(id->current);
	int64_t s = now->config->session.max_duration / NS_PER_S;

	snapshot_unref(now);
	return s;
}

/* Is there a nonce, and is it this key's? RC_NOT_FOUND: none. RC_OK: the key is the subject's from now on, for as long as a
 * session may last since the sign-in. */
static enum rc check_nonce(struct identity *id, const struct jwt *jwt, const struct oidc *oidc, const struct key *key, struct why *why)
{
	const cJSON *nonce = cJSON_GetObjectItemCaseSensitive(jwt->claims, "nonce");
	int64_t iat = 0, now_s = id->wall_s();
	enum rc rc;

	if (!nonce)                                      /* no access token has one, see jwt_check() */
		return RC_NOT_FOUND;
	rc = binding_nonce_seen(id->bindings, oidc->issuer);
	if (rc != RC_OK)
		return why_set(why, rc, "the agent's store does not answer");
	if (!cJSON_IsString(nonce) || strcmp(nonce->valuestring, key->nonce) != 0)
		return why_set(why, RC_DENIED, "the token is bound to another key; phigate login on this machine");
	iat = (int64_t)cJSON_GetObjectItemCaseSensitive(jwt->claims, "iat")->valuedouble;
	rc = binding_remember(id->bindings, key->sha256, oidc->issuer, json_text(jwt->claims, "sub"),
			      iat + max_duration_s(id) + LEEWAY_S, now_s);
	return rc == RC_TOO_BIG ? why_set(why, RC_DENIED, "too many people are signed in") : rc;
}

/* The token of the sign-in vouches for the key of one that was refreshed since. RC_NOT_FOUND: it has no nonce either. */
static enum rc check_login_token(struct identity *id, struct slice login_token, const struct jwt *jwt, const struct oidc *oidc,
				 const struct key *key, struct why *why)
{
	struct jwt login = {0};
	const struct oidc *from = NULL;
	enum rc rc = read_token(id, login_token, max_duration_s(id), &login, &from, why);

	if (rc == RC_OK && (from != oidc || strcmp(json_text(login.claims, "sub"), json_text(jwt->claims, "sub")) != 0))
		rc = why_set(why, RC_DENIED, "the sign-in's token is another person's");
	if (rc == RC_OK)
		rc = check_nonce(id, &login, from, key, why);
	jwt_free(&login);
	return rc;
}

/* No nonce vouches for the key: may its first use? */
static enum rc may_bind_by_use(struct identity *id, const struct oidc *oidc, struct why *why)
{
	bool has_nonces = false;
	enum rc rc;

	if (oidc->kind == JWT_ACCESS)                    /* no grant of programs has a nonce */
		return RC_OK;
	if (oidc->require_key_binding)
		return why_set(why, RC_DENIED, "nothing binds the token to this key (require_key_binding); phigate login on this machine");
	rc = binding_has_nonces(id->bindings, oidc->issuer, &has_nonces);
	if (rc != RC_OK)
		return why_set(why, rc, "the agent's store does not answer");
	if (has_nonces)
		return why_set(why, RC_DENIED, "nothing binds the token to this key, though the provider returns nonces; phigate login on this "
			       "machine");
	return RC_OK;
}

static enum rc conflict_why(struct why *why)
{
	return why_set(why, RC_DENIED, "token_conflict: two keys came with this token, so it opens nothing any more; phigate login");
}

/* The first key's proof with a token that no nonce binds, or a later one. */
static enum rc prove_by_use(struct identity *id, struct slice bearer, const struct key *key, int64_t expires_s, struct why *why)
{
	unsigned char token[SHA256_LEN];
	char first[KEY_ID_LEN + 1];
	enum rc rc;

	sha256(bearer.p, bearer.n, token);
	rc = binding_first_proof(id->bindings, token, key->id, expires_s + LEEWAY_S, id->wall_s(), first);
	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_IO)
		return why_set(why, rc, "the agent's store does not answer");
	if (rc == RC_CONFLICT) {
		atomic_fetch_add(&id->conflicts, 1);
		log_error("token_conflict", L_TEXT("first_key", first), L_TEXT("second_key", key->id));
		if (id->on_conflict) {
			id->on_conflict(id->arg, first);
			id->on_conflict(id->arg, key->id);
		}
	}
	return conflict_why(why);
}

/* ---- the two questions -------------------------------------------------------------------------------------------------- */

static enum rc fill_token(struct identity *id, const struct jwt *jwt, const struct oidc *oidc, struct token *out, struct why *why)
{
	struct snapshot *now = current_get(id->current);
	enum rc rc = person_read(jwt, now->config, oidc, &out->person, why);

	snapshot_unref(now);
	out->expires_s = (int64_t)cJSON_GetObjectItemCaseSensitive(jwt->claims, "exp")->valuedouble;
	if (rc == RC_OK)
		watch_user(id, &out->person);
	return rc;
}

enum rc identity_admit(struct identity *id, struct slice key_der, struct slice id_token, struct slice login_token, struct token *out,
		       struct why *why)
{
	unsigned char hash[SHA256_LEN];
	const struct oidc *oidc = NULL;
	struct jwt jwt = {0};
	struct key key;
	enum rc rc = make_key(key_der, &key);

	*out = (struct token){0};
	if (rc == RC_OK)
		rc = read_token(id, id_token, 0, &jwt, &oidc, why);
	if (rc != RC_OK)
		goto out;
	rc = check_nonce(id, &jwt, oidc, &key, why);
	if (rc == RC_NOT_FOUND && login_token.n && oidc->kind == JWT_ID)
		rc = check_login_token(id, login_token, &jwt, oidc, &key, why);
	if (rc == RC_NOT_FOUND) {
		rc = may_bind_by_use(id, oidc, why);
		if (rc == RC_OK) {
			sha256(id_token.p, id_token.n, hash);
			rc = binding_usable(id->bindings, hash);
			if (rc != RC_OK)
				rc = rc == RC_IO ? why_set(why, rc, "the agent's store does not answer") : conflict_why(why);
		}
	}
	if (rc == RC_OK)
		rc = fill_token(id, &jwt, oidc, out, why);
out:
	jwt_free(&jwt);
	return rc;
}

enum rc identity_prove(struct identity *id, struct slice key_der, struct slice bearer, struct token *out, struct why *why)
{
	const struct oidc *oidc = NULL;
	struct jwt jwt = {0};
	struct key key;
	enum rc rc = make_key(key_der, &key);

	*out = (struct token){0};
	if (rc == RC_OK)
		rc = read_token(id, bearer, 0, &jwt, &oidc, why);
	if (rc != RC_OK)
		goto out;
	rc = check_nonce(id, &jwt, oidc, &key, why);
	if (rc == RC_NOT_FOUND && oidc->kind == JWT_ID &&
	    binding_stands(id->bindings, key.sha256, oidc->issuer, json_text(jwt.claims, "sub"), id->wall_s()))
		rc = RC_OK;
	if (rc == RC_NOT_FOUND) {
		rc = may_bind_by_use(id, oidc, why);
		if (rc == RC_OK)
			rc = prove_by_use(id, bearer, &key, (int64_t)cJSON_GetObjectItemCaseSensitive(jwt.claims, "exp")->valuedouble, why);
	}
	if (rc == RC_OK)
		rc = fill_token(id, &jwt, oidc, out, why);
out:
	jwt_free(&jwt);
	if (rc != RC_OK)
		token_free(out);
	return rc;
}
