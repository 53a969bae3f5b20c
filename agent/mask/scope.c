/* What one session remembers of what was masked: numbers for values that it knows by keyed hashes only, and parts of names. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "encode.h"
#include "engine.h"
#include "token.h"
#include "wipe.h"

#define VALUES_MAX ((size_t)1 << 20)
#define KINDS_MAX 512                            /* entities, the policy's own included */
#define HELD_MAX 64                              /* requests that were held, of which it is remembered what was known then */

struct value {
	unsigned char mac[16];
	uint32_t number;                 /* 0: free */
};

struct mask_scope {
	pthread_mutex_t lock;
	unsigned char key[SHA256_LEN];
	struct value *values;            /* open addressing */
	size_t n, room;
	struct kind {
		char *entity;
		uint32_t n;              /* values that it has */
	} *kinds;
	size_t n_kinds;
	struct known *known;             /* of an exchange: when it began */
	struct token_map *tokens;        /* of the session; NULL: none was given */
	struct held {
		unsigned char mac[SHA256_LEN];
		struct known *known;
	} *held;                         /* a ring of HELD_MAX; NULL: none was held */
	size_t next_held;
	/* of an exchange */
	struct mask_scope *session;
	struct known *learnt;
	unsigned char body_mac[SHA256_LEN];      /* of its request */
	const struct mask_finder *finder;
};

struct mask_scope *mask_scope_new(void)
{
	struct mask_scope *scope = calloc(1, sizeof *scope);

	if (!scope)
		return NULL;
	pthread_mutex_init(&scope->lock, NULL);
	random_bytes(scope->key, sizeof scope->key);
	return scope;
}

void mask_scope_free(struct mask_scope *scope)
{
	if (!scope)
		return;
	pthread_mutex_destroy(&scope->lock);
	wipe(scope->key, sizeof scope->key);
	for (size_t i = 0; i < scope->n_kinds; i++)
		free(scope->kinds[i].entity);
	free(scope->kinds);
	free(scope->values);
	known_unref(scope->known);
	for (size_t i = 0; scope->held && i < HELD_MAX; i++)
		known_unref(scope->held[i].known);
	free(scope->held);
	token_map_free(scope->tokens);
	free(scope);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

struct mask_scope *mask_scope_begin(struct mask_scope *session)
{
	struct mask_scope *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->session = session;
	pthread_mutex_init(&x->lock, NULL);
	pthread_mutex_lock(&session->lock);
	x->known = known_ref(session->known);
	pthread_mutex_unlock(&session->lock);
	return x;
}

void mask_scope_publish(struct mask_scope *x)
{
	struct mask_scope *session = x->session;
	struct known *before = NULL, *now;

	if (!x->learnt)
		return;
	pthread_mutex_lock(&session->lock);
	now = known_with(session->known, x->learnt);
	if (now) {                                       /* else they are found again, or not, as in any other text */
		before = session->known;
		session->known = now;
	}
	pthread_mutex_unlock(&session->lock);
	known_unref(before);
	known_unref(x->learnt);
	x->learnt = NULL;
}

void mask_scope_end(struct mask_scope *x)
{
	if (!x)
		return;
	mask_scope_publish(x);
	known_unref(x->known);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

/* ---- requests that the model sees masked ------------------------------------------------------------------- */

static struct held *held_as(const struct mask_scope *session, const unsigned char *mac)
{
	for (size_t i = 0; session->held && i < HELD_MAX; i++)
		if (memcmp(session->held[i].mac, mac, SHA256_LEN) == 0)
			return &session->held[i];
	return NULL;
}

struct mask_scope *mask_scope_begin_request(struct mask_scope *session, bool tokens, struct slice body)
{
	struct mask_scope *x = mask_scope_begin(session);
	const struct held *held;

	if (!x)
		return NULL;
	hmac_sha256((struct slice){(char *)session->key, sizeof session->key}, body, x->body_mac);
	pthread_mutex_lock(&session->lock);
	held = held_as(session, x->body_mac);
	if (held) {
		known_unref(x->known);
		x->known = known_ref(held->known);
	}
	if (tokens && !session->tokens)
		session->tokens = token_map_new();
	x->tokens = tokens ? session->tokens : NULL;
	pthread_mutex_unlock(&session->lock);
	if (tokens && !x->tokens) {
		mask_scope_end(x);
		return NULL;
	}
	return x;
}

enum rc mask_scope_remember(struct mask_scope *x)
{
	struct mask_scope *session = x->session;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&session->lock);
	if (!session->held && !(session->held = calloc(HELD_MAX, sizeof *session->held)))
		rc = RC_NOMEM;
	if (rc == RC_OK && !held_as(session, x->body_mac)) {
		struct held *held = &session->held[session->next_held];

		known_unref(held->known);
		memcpy(held->mac, x->body_mac, sizeof held->mac);
		held->known = known_ref(x->known);
		session->next_held = (session->next_held + 1) % HELD_MAX;
	}
	pthread_mutex_unlock(&session->lock);
	return rc;
}

struct token_map *scope_tokens(const struct mask_scope *scope)
{
	return scope && scope->session ? scope->tokens : NULL;
}

struct token_map *scope_given(struct mask_scope *session)
{
	struct token_map *tokens;

	pthread_mutex_lock(&session->lock);
	tokens = session->tokens;
	pthread_mutex_unlock(&session->lock);
	return tokens;
}

const struct known *scope_known(const struct mask_scope *scope)
{
	return scope && scope->session ? scope->known : NULL;
}

void scope_learn(struct mask_scope *x, uint64_t hash)
{
	if (!x || !x->session)
		return;
	pthread_mutex_lock(&x->lock);
	known_add(&x->learnt, hash);
	pthread_mutex_unlock(&x->lock);
}

void mask_scope_finder(struct mask_scope *x, const struct mask_finder *finder)
{
	x->finder = finder;
}

const struct mask_finder *scope_finder(const struct mask_scope *scope)
{
	return scope ? scope->finder : NULL;
}

/* ---- numbers ---------------------------------------------------------------------------------------------- */

/* Do signs make another value? Of 1/11/24 and 11/1/24 they do, of 536-22-8741 and 536 22 8741 they do not. */
static bool signs_count(enum entity entity)
{
	return entity == ENTITY_DATE || entity == ENTITY_IP || entity == ENTITY_URL || entity == ENTITY_EMAIL;
}

/* What makes an identifier another one: letters and digits as they are read, without case; of dates without leading zeros, and
 * with any sign for the others. */
static void essence(enum entity entity, struct slice value, struct buf *out)
{
	bool date = entity == ENTITY_DATE, signs = signs_count(entity);
	struct reading r;
	uint16_t last = 0;               /* of what was added */

	reading_make(&r, 0, value.p, value.n < READING_MAX ? value.n : READING_MAX, true);
	for (size_t i = 0; i < r.n; i++) {
		uint16_t c = lower(r.c[i]);

		if (!is_alnum(c)) {
			c = date ? '/' : c;
			if (!signs || (date && last == '/'))
				continue;
		}
		if (date && c == '0' && !is_digit(last) && is_digit(r.c[i + 1]))
			continue;
		buf_add(out, (const char *)&c, sizeof c);
		last = c;
	}
}

/* exact: of the protocol's own ids every byte counts. */
static void mac_of(struct mask_scope *scope, const char *name, enum entity entity, struct slice value, bool exact,
		   unsigned char out[SHA256_LEN])
{
	struct buf text;

	buf_init(&text, 65536);
	buf_puts(&text, name);
	buf_putc(&text, '\n');
	if (exact)
		buf_add_slice(&text, value);
	else
		essence(entity, value, &text);
	hmac_sha256((struct slice){(char *)scope->key, sizeof scope->key}, buf_slice(&text), out);
	buf_free(&text);
}

static struct value *find(struct value *values, size_t room, const unsigned char *mac)
{
	size_t at;

	memcpy(&at, mac, sizeof at);
	for (at &= room - 1; values[at].number; at = (at + 1) & (room - 1))
		if (memcmp(values[at].mac, mac, sizeof values[at].mac) == 0)
			break;
	return &values[at];
}

static bool grow(struct mask_scope *scope)
{
	size_t room = scope->room ? scope->room * 2 : 64;
	struct value *values = calloc(room, sizeof *values);

	if (!values)
		return false;
	for (size_t i = 0; i < scope->room; i++)
		if (scope->values[i].number)
			*find(values, room, scope->values[i].mac) = scope->values[i];
	free(scope->values);
	scope->values = values;
	scope->room = room;
	return true;
}

static struct kind *add_kind(struct mask_scope *scope, const char *entity)
{
	struct kind *kinds;
	char *copy;

	if (scope->n_kinds == KINDS_MAX)
		return NULL;
	kinds = realloc(scope->kinds, (scope->n_kinds + 1) * sizeof *kinds);
	if (!kinds)
		return NULL;
	scope->kinds = kinds;
	copy = strdup(entity);
	if (!copy)
		return NULL;
	kinds[scope->n_kinds] = (struct kind){.entity = copy};
	return &kinds[scope->n_kinds++];
}

/* The next number of an entity; 0: no memory. */
static uint32_t next_number(struct mask_scope *scope, const char *entity)
{
	struct kind *kind = NULL;

	for (size_t i = 0; i < scope->n_kinds && !kind; i++)
		if (strcmp(scope->kinds[i].entity, entity) == 0)
			kind = &scope->kinds[i];
	if (!kind)
		kind = add_kind(scope, entity);
	return kind ? ++kind->n : 0;
}

static uint32_t number_of(struct mask_scope *scope, const char *name, enum entity entity, struct slice value, bool exact)
{
	unsigned char mac[SHA256_LEN];
	uint32_t number = 0;
	struct value *v;

	scope = scope->session ? scope->session : scope;
	mac_of(scope, name, entity, value, exact, mac);
	pthread_mutex_lock(&scope->lock);
	if (scope->n < VALUES_MAX && (scope->n * 2 < scope->room || grow(scope))) {
		v = find(scope->values, scope->room, mac);
		if (!v->number && (v->number = next_number(scope, name))) {
			memcpy(v->mac, mac, sizeof v->mac);
			scope->n++;
		}
		number = v->number;
	}
	pthread_mutex_unlock(&scope->lock);
	return number;
}

uint64_t scope_number(struct mask_scope *scope, const char *name, enum entity entity, struct slice value)
{
	return number_of(scope, name, entity, value, false);
}

void scope_digest(struct mask_scope *scope, enum entity entity, struct slice value, char hex[9])
{
	unsigned char mac[SHA256_LEN];

	mac_of(scope->session ? scope->session : scope, "hash", entity, value, false, mac);
	hex_encode(mac, 4, hex);
}

enum rc mask_scope_token(struct mask_scope *scope, struct slice value, struct buf *out)
{
	uint32_t number = number_of(scope, "id", ENTITY_ID, value, true);

	return number ? buf_printf(out, "id-%u", number) : RC_NOMEM;
}
