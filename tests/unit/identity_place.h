/* An agent's identity beside a provider of tokens, a store and a log, and two people with a key each, for the tests of it. cmocka stands before. */
#ifndef PHIGATE_TEST_IDENTITY_PLACE_H
#define PHIGATE_TEST_IDENTITY_PLACE_H

#include <fcntl.h>
#include <stdatomic.h>

#include "clock.h"
#include "current.h"
#include "digest.h"
#include "identity.h"
#include "idp.h"
#include "log.h"
#include "sshkey.h"

static _Atomic int64_t now_s = 1700000000;

static inline int64_t fake_wall(void)
{
	return now_s;
}

static struct mint_key signer, evil;

struct caller {
	struct buf der;
	char nonce[64], key_id[KEY_ID_LEN + 1];
};

struct place {
	char dir[64], store_path[96], log_path[96];
	int log_fd;
	struct idp idp;
	struct oidc oidc[2];
	struct config config;
	struct snapshot snapshot;                        /* of the configuration alone, and never freed */
	struct current *current;
	struct store *store;
	struct identity *identity;
	struct caller alice, mallory;
	char ended[256];
};

static inline void on_conflict(void *arg, const char *key_id)
{
	struct place *p = arg;

	strcat(p->ended, key_id);
	strcat(p->ended, ",");
}

static inline void make_caller(struct caller *c)
{
	unsigned char sum[SHA256_LEN];
	struct buf nonce;
	EVP_PKEY *key;

	assert_int_equal(sshkey_generate_p256(&key), RC_OK);
	buf_init(&c->der, 512);
	buf_init(&nonce, 512);
	assert_int_equal(sshkey_public_der(key, &c->der), RC_OK);
	sha256(c->der.data, c->der.len, sum);
	base64url_encode(sum, sizeof sum, &nonce);
	strcpy(c->nonce, nonce.data);
	assert_int_equal(identity_key_id(buf_slice(&c->der), c->key_id), RC_OK);
	EVP_PKEY_free(key);
	buf_free(&nonce);
}

static inline void open_identity(struct place *p)
{
	struct why why = {0};

	assert_int_equal(store_open(p->store_path, &p->store, &why), RC_OK);
	p->snapshot = (struct snapshot){.config = &p->config, .refs = 1};
	assert_int_equal(current_new(&p->snapshot, &p->current), RC_OK);
	assert_int_equal(identity_new(p->current, p->store, &p->identity, &why), RC_OK);
	identity_set_clock(p->identity, fake_wall);
	identity_on_conflict(p->identity, on_conflict, p);
}

static inline void close_identity(struct place *p)
{
	identity_free(p->identity);
	current_free(p->current);
	assert_int_equal(p->snapshot.refs, 1);
	store_close(p->store);
}

static char *auditors[] = {"privacy-office"}, *admins[] = {"platform"};

static inline int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/test_identity.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->store_path, sizeof p->store_path, "%s/store.sqlite", p->dir);
	snprintf(p->log_path, sizeof p->log_path, "%s/log", p->dir);
	p->log_fd = open(p->log_path, O_RDWR | O_CREAT, 0600);
	log_setup(p->log_fd, true, LOG_INFO);
	idp_start(&p->idp, &signer, 1);
	p->oidc[0] = (struct oidc){.issuer = p->idp.issuer, .audience = "phigate", .user_claim = "email", .groups_claim = "groups"};
	p->config = (struct config){
		.state_dir = p->dir, .auditor_groups = {auditors, 1}, .admin_groups = {admins, 1},
		.providers = p->oidc, .n_providers = 1,
		.session = {.max_duration = 8 * 3600 * NS_PER_S, .idle_timeout = 1800 * NS_PER_S},
	};
	make_caller(&p->alice);
	make_caller(&p->mallory);
	open_identity(p);
	*state = p;
	return 0;
}

static inline int teardown(void **state)
{
	struct place *p = *state;
	static const char *files[] = {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "log", "provider-keys.json", "provider-keys-2.json"};

	close_identity(p);
	idp_stop(&p->idp);
	log_setup(2, false, LOG_ERROR);
	close(p->log_fd);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[128];

		snprintf(path, sizeof path, "%s/%s", p->dir, files[i]);
		unlink(path);
	}
	rmdir(p->dir);
	buf_free(&p->alice.der);
	buf_free(&p->mallory.der);
	free(p);
	return 0;
}

/* Does the log have that text? And never a token. */
static inline bool logged(struct place *p, const char *text)
{
	char all[8192] = "";
	ssize_t n = pread(p->log_fd, all, sizeof all - 1, 0);

	assert_true(n >= 0);
	assert_null(strstr(all, "eyJ"));
	return strstr(all, text) != NULL;
}

/* A token of alice's; nonce NULL: none. more begins with a comma. */
static inline char *token(struct place *p, const char *nonce, const char *more)
{
	char claims[2048];

	snprintf(claims, sizeof claims,
		 "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,\"email\":\"alice@hospital.example\","
		 "\"email_verified\":true,\"groups\":[\"clinicians\",\"privacy-office\"]%s%s%s%s}", p->idp.issuer, (long long)now_s,
		 (long long)now_s + 3600, nonce ? ",\"nonce\":\"" : "", nonce ? nonce : "", nonce ? "\"" : "", more);
	return mint_token(&signer, claims);
}

static inline enum rc prove(struct place *p, const struct caller *c, const char *bearer)
{
	struct why why = {0};
	struct token out;
	enum rc rc = identity_prove(p->identity, buf_slice(&c->der), slice_str(bearer), &out, &why);

	assert_true(rc == RC_OK || *why.text);
	token_free(&out);
	return rc;
}

static inline enum rc admit(struct place *p, const struct caller *c, const char *id_token, const char *login_token)
{
	struct why why = {0};
	struct token out;
	enum rc rc = identity_admit(p->identity, buf_slice(&c->der), slice_str(id_token), slice_str(login_token), &out, &why);

	assert_true(rc == RC_OK || *why.text);
	token_free(&out);
	return rc;
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define RUN_PLACE_TESTS(tests) (make_signers(), cmocka_run_group_tests(tests, NULL, free_signers))

static inline void make_signers(void)
{
	signer = mint_key_new("ES256", "k1", 0);
	evil = mint_key_new("ES256", "k1", 0);
}

static inline int free_signers(void **state)
{
	(void)state;
	mint_key_free(&signer);
	mint_key_free(&evil);
	return 0;
}

#endif
