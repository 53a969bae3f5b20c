#include "binding.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define BUCKETS 1024
#define KEYS_MAX 65536

/* A key and a subject by their hashes. */
struct entry {
	struct entry *next;
	unsigned char id[SHA256_LEN];
	int64_t until_s;
};

struct bindings {
	struct store *store;
	pthread_mutex_t lock;
	struct entry *buckets[BUCKETS];
	size_t n;
	struct text_list nonce_issuers;  /* those that are known to return nonces */
};

enum rc bindings_new(struct store *store, struct bindings **out)
{
	struct bindings *b = calloc(1, sizeof *b);

	*out = b;
	if (!b)
		return RC_NOMEM;
	b->store = store;
	pthread_mutex_init(&b->lock, NULL);
	return RC_OK;
}

void bindings_free(struct bindings *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (b->buckets[i]) {
			struct entry *next = b->buckets[i]->next;

			free(b->buckets[i]);
			b->buckets[i] = next;
		}
	pthread_mutex_destroy(&b->lock);
	text_list_free(&b->nonce_issuers);
	free(b);
}

/* ---- by nonce ---------------------------------------------------------------------------------------------------------- */

static void make_id(const unsigned char key[SHA256_LEN], const char *issuer, const char *subject, unsigned char id[SHA256_LEN])
{
	struct sha256_ctx sha;

	sha256_begin(&sha);
	sha256_more(&sha, key, SHA256_LEN);
	sha256_more(&sha, issuer, strlen(issuer) + 1);    /* with its NUL, so that nothing moves from one to the other */
	sha256_more(&sha, subject, strlen(subject));
	sha256_end(&sha, id);
}

static struct entry **bucket(struct bindings *b, const unsigned char id[SHA256_LEN])
{
	return &b->buckets[(id[0] << 8 | id[1]) % BUCKETS];
}

static struct entry *find(struct bindings *b, const unsigned char id[SHA256_LEN])
{
	struct entry *e = *bucket(b, id);

	while (e && memcmp(e->id, id, SHA256_LEN) != 0)
		e = e->next;
	return e;
}

static void drop_old(struct bindings *b, struct entry **at, int64_t now_s)
{
	while (*at) {
		struct entry *e = *at;

		if (e->until_s > now_s) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		free(e);
		b->n--;
	}
}

enum rc binding_remember(struct bindings *b, const unsigned char key[SHA256_LEN], const char *issuer, const char *subject,
			 int64_t until_s, int64_t now_s)
{
	unsigned char id[SHA256_LEN];
	enum rc rc = RC_OK;
	struct entry *e;

	make_id(key, issuer, subject, id);
	pthread_mutex_lock(&b->lock);
	drop_old(b, bucket(b, id), now_s);
	if (b->n >= KEYS_MAX)
		for (size_t i = 0; i < BUCKETS; i++)
			drop_old(b, &b->buckets[i], now_s);
	e = find(b, id);
	if (e) {
		e->until_s = until_s > e->until_s ? until_s : e->until_s;
	} else if (b->n >= KEYS_MAX) {
		rc = RC_TOO_BIG;
	} else if ((e = malloc(sizeof *e))) {
		*e = (struct entry){.next = *bucket(b, id), .until_s = until_s};
		memcpy(e->id, id, SHA256_LEN);
		*bucket(b, id) = e;
		b->n++;
	} else {
		rc = RC_NOMEM;
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}

bool binding_stands(struct bindings *b, const unsigned char key[SHA256_LEN], const char *issuer, const char *subject, int64_t now_s)
{
	unsigned char id[SHA256_LEN];
	const struct entry *e;
	bool stands;

	make_id(key, issuer, subject, id);
	pthread_mutex_lock(&b->lock);
	e = find(b, id);
	stands = e && e->until_s > now_s;
	pthread_mutex_unlock(&b->lock);
	return stands;
}

static bool is_known(struct bindings *b, const char *issuer)
{
	bool known;

	pthread_mutex_lock(&b->lock);
	known = text_list_has(&b->nonce_issuers, issuer);
	pthread_mutex_unlock(&b->lock);
	return known;
}

static void now_known(struct bindings *b, const char *issuer)
{
	pthread_mutex_lock(&b->lock);
	if (!text_list_has(&b->nonce_issuers, issuer))
		(void)!text_list_add(&b->nonce_issuers, issuer);         /* else the store is asked again */
	pthread_mutex_unlock(&b->lock);
}

enum rc binding_nonce_seen(struct bindings *b, const char *issuer)
{
	sqlite3 *db;
	enum rc rc;

	if (is_known(b, issuer))
		return RC_OK;
	db = store_begin(b->store);
	if (!db)
		return RC_IO;
	rc = store_do(db, NULL, "INSERT OR IGNORE INTO issuers (issuer, nonce_since_ns) VALUES (?, ?)", "ti", issuer, clock_wall_ns());
	store_end(b->store);
	if (rc == RC_OK)
		now_known(b, issuer);
	return rc;
}

enum rc binding_has_nonces(struct bindings *b, const char *issuer, bool *has)
{
	sqlite3_stmt *q;
	sqlite3 *db;
	enum rc rc;

	*has = is_known(b, issuer);
	if (*has)
		return RC_OK;
	db = store_begin(b->store);
	if (!db)
		return RC_IO;
	rc = store_query(db, &q, "SELECT 1 FROM issuers WHERE issuer = ?", "t", issuer);
	if (rc == RC_OK)
		rc = store_row(q);
	*has = rc == RC_OK;
	sqlite3_finalize(q);
	store_end(b->store);
	if (*has)
		now_known(b, issuer);
	return rc == RC_END ? RC_OK : rc;
}

/* ---- by first proof ---------------------------------------------------------------------------------------------------- */

/* RC_NOT_FOUND. */
static enum rc read_proof(sqlite3 *db, struct slice token, char key_id[KEY_ID_LEN + 1], bool *conflict)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT key_id, conflict FROM proofs WHERE token = ?", "b", token);

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		snprintf(key_id, KEY_ID_LEN + 1, "%s", store_text(q, 0));
		*conflict = sqlite3_column_int(q, 1);
	}
	sqlite3_finalize(q);
	return rc == RC_END ? RC_NOT_FOUND : rc;
}

static enum rc first_proof(sqlite3 *db, struct slice token, const char *key_id, int64_t expires_s, int64_t now_s,
			   char first[KEY_ID_LEN + 1])
{
	bool conflict = false;
	enum rc rc = store_do(db, NULL, "DELETE FROM proofs WHERE expires_s < ?", "i", now_s);

	if (rc == RC_OK)
		rc = read_proof(db, token, first, &conflict);
	if (rc == RC_NOT_FOUND)
		return store_do(db, NULL, "INSERT INTO proofs (token, key_id, expires_s) VALUES (?, ?, ?)", "bti", token, key_id, expires_s);
	if (rc != RC_OK)
		return rc;
	if (conflict)
		return RC_DENIED;
	if (strcmp(first, key_id) == 0)
		return RC_OK;
	rc = store_do(db, NULL, "UPDATE proofs SET conflict = 1 WHERE token = ?", "b", token);
	return rc == RC_OK ? RC_CONFLICT : rc;
}

enum rc binding_first_proof(struct bindings *b, const unsigned char token[SHA256_LEN], const char *key_id, int64_t expires_s,
			    int64_t now_s, char first[KEY_ID_LEN + 1])
{
	sqlite3 *db = store_begin(b->store);
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_do(db, NULL, "BEGIN IMMEDIATE", "");
	if (rc == RC_OK)
		rc = first_proof(db, (struct slice){(const char *)token, SHA256_LEN}, key_id, expires_s, now_s, first);
	if ((rc == RC_OK || rc == RC_CONFLICT) && store_do(db, NULL, "COMMIT", "") != RC_OK)
		rc = RC_IO;
	store_end(b->store);
	return rc;
}

enum rc binding_usable(struct bindings *b, const unsigned char token[SHA256_LEN])
{
	sqlite3 *db = store_begin(b->store);
	char key_id[KEY_ID_LEN + 1];
	bool conflict = false;
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = read_proof(db, (struct slice){(const char *)token, SHA256_LEN}, key_id, &conflict);
	store_end(b->store);
	return rc == RC_NOT_FOUND || (rc == RC_OK && !conflict) ? RC_OK : rc == RC_OK ? RC_DENIED : rc;
}
