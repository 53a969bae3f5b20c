/* Who may come in, with which key: claims, binding by nonce, by the sign-in's token, by first use, and what breaks each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

static int64_t fake_wall(void)
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

static void on_conflict(void *arg, const char *key_id)
{
	struct place *p = arg;

	strcat(p->ended, key_id);
	strcat(p->ended, ",");
}

static void make_caller(struct caller *c)
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

static void open_identity(struct place *p)
{
	struct why why = {0};

	assert_int_equal(store_open(p->store_path, &p->store, &why), RC_OK);
	p->snapshot = (struct snapshot){.config = &p->config, .refs = 1};
	assert_int_equal(current_new(&p->snapshot, &p->current), RC_OK);
	assert_int_equal(identity_new(p->current, p->store, &p->identity, &why), RC_OK);
	identity_set_clock(p->identity, fake_wall);
	identity_on_conflict(p->identity, on_conflict, p);
}

static void close_identity(struct place *p)
{
	identity_free(p->identity);
	current_free(p->current);
	assert_int_equal(p->snapshot.refs, 1);
	store_close(p->store);
}

static char *auditors[] = {"privacy-office"}, *admins[] = {"platform"};

static int setup(void **state)
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

static int teardown(void **state)
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
static bool logged(struct place *p, const char *text)
{
	char all[8192] = "";
	ssize_t n = pread(p->log_fd, all, sizeof all - 1, 0);

	assert_true(n >= 0);
	assert_null(strstr(all, "eyJ"));
	return strstr(all, text) != NULL;
}

/* A token of alice's; nonce NULL: none. more begins with a comma. */
static char *token(struct place *p, const char *nonce, const char *more)
{
	char claims[2048];

	snprintf(claims, sizeof claims,
		 "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,\"email\":\"alice@hospital.example\","
		 "\"email_verified\":true,\"groups\":[\"clinicians\",\"privacy-office\"]%s%s%s%s}", p->idp.issuer, (long long)now_s,
		 (long long)now_s + 3600, nonce ? ",\"nonce\":\"" : "", nonce ? nonce : "", nonce ? "\"" : "", more);
	return mint_token(&signer, claims);
}

static enum rc prove(struct place *p, const struct caller *c, const char *bearer)
{
	struct why why = {0};
	struct token out;
	enum rc rc = identity_prove(p->identity, buf_slice(&c->der), slice_str(bearer), &out, &why);

	assert_true(rc == RC_OK || *why.text);
	token_free(&out);
	return rc;
}

static enum rc admit(struct place *p, const struct caller *c, const char *id_token, const char *login_token)
{
	struct why why = {0};
	struct token out;
	enum rc rc = identity_admit(p->identity, buf_slice(&c->der), slice_str(id_token), slice_str(login_token), &out, &why);

	assert_true(rc == RC_OK || *why.text);
	token_free(&out);
	return rc;
}

static void a_person_comes_out_of_the_claims(void **state)
{
	struct place *p = *state;
	char *t = token(p, p->alice.nonce, "");
	struct token out;

	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), &out, NULL), RC_OK);
	assert_string_equal(out.person.issuer, p->idp.issuer);
	assert_string_equal(out.person.subject, "sub-alice");
	assert_string_equal(out.person.user, "alice@hospital.example");
	assert_true(text_list_has(&out.person.groups, "clinicians"));
	assert_true(out.person.auditor);
	assert_false(out.person.admin);
	assert_int_equal(out.expires_s, now_s + 3600);
	token_free(&out);
	free(t);
}

static void the_nonce_names_the_key(void **state)
{
	struct place *p = *state;
	char *t = token(p, p->alice.nonce, "");

	assert_int_equal(admit(p, &p->mallory, t, NULL), RC_DENIED);
	assert_int_equal(prove(p, &p->mallory, t), RC_DENIED);
	assert_int_equal(admit(p, &p->alice, t, NULL), RC_OK);
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	free(t);
}

static void the_sign_in_vouches_for_refreshed_tokens(void **state)
{
	struct place *p = *state;
	char *login = token(p, p->alice.nonce, ""), *refreshed;

	now_s += 4 * 3600;                       /* the login token itself has expired */
	refreshed = token(p, NULL, "");
	assert_int_equal(admit(p, &p->mallory, refreshed, login), RC_DENIED);
	assert_int_equal(prove(p, &p->alice, refreshed), RC_DENIED);
	assert_int_equal(admit(p, &p->alice, refreshed, login), RC_OK);
	assert_int_equal(prove(p, &p->alice, refreshed), RC_OK);
	assert_int_equal(prove(p, &p->mallory, refreshed), RC_DENIED);
	free(refreshed);
	now_s += 4 * 3600 + 120;                 /* over session.max_duration since the sign-in */
	refreshed = token(p, NULL, "");
	assert_int_equal(admit(p, &p->alice, refreshed, login), RC_DENIED);
	assert_int_equal(prove(p, &p->alice, refreshed), RC_DENIED);
	free(refreshed);
	free(login);
}

static void a_login_token_must_be_as_genuine_as_any(void **state)
{
	struct place *p = *state;
	char *refreshed = token(p, NULL, ""), *login, claims[1024];

	p->oidc[0].require_key_binding = true;
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-bob\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,\"nonce\":\"%s\"}",
		 p->idp.issuer, (long long)now_s, (long long)now_s + 60, p->alice.nonce);
	login = mint_token(&signer, claims);
	assert_int_equal(admit(p, &p->alice, refreshed, login), RC_DENIED);      /* another person's */
	free(login);
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,\"nonce\":\"%s\"}",
		 p->idp.issuer, (long long)now_s, (long long)now_s + 60, p->mallory.nonce);
	login = mint_raw(&evil, "ES256", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", claims);
	assert_int_equal(admit(p, &p->mallory, refreshed, login), RC_DENIED);    /* forged */
	free(login);
	login = token(p, NULL, "");
	assert_int_equal(admit(p, &p->alice, refreshed, login), RC_DENIED);      /* names no key */
	free(login);
	free(refreshed);
}

static void without_nonces_the_first_proof_binds(void **state)
{
	struct place *p = *state;
	char *t = token(p, NULL, "");
	uint64_t generation;

	/* before any proof nothing is bound: sshd asks for whoever brings the certificate */
	assert_int_equal(admit(p, &p->mallory, t, NULL), RC_OK);
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_int_equal(p->ended[0], '\0');
	/* the binding survives the agent */
	close_identity(p);
	open_identity(p);
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	generation = identity_generation(p->identity);
	assert_int_equal(prove(p, &p->mallory, t), RC_DENIED);
	assert_true(logged(p, "token_conflict"));
	assert_non_null(strstr(p->ended, p->alice.key_id));
	assert_non_null(strstr(p->ended, p->mallory.key_id));
	assert_true(identity_generation(p->identity) != generation);
	/* both are out, told once */
	assert_int_equal(prove(p, &p->alice, t), RC_DENIED);
	assert_int_equal(prove(p, &p->mallory, t), RC_DENIED);
	assert_int_equal(admit(p, &p->alice, t, NULL), RC_DENIED);
	assert_int_equal(strlen(p->ended), 2 * (KEY_ID_LEN + 1));
	free(t);
	/* a fresh token begins anew */
	t = token(p, NULL, ",\"jti\":\"2\"");
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	free(t);
}

static void an_issuer_that_returned_a_nonce_always_must(void **state)
{
	struct place *p = *state;
	char *with = token(p, p->alice.nonce, ""), *without = token(p, NULL, "");

	assert_int_equal(admit(p, &p->alice, with, NULL), RC_OK);
	assert_int_equal(prove(p, &p->mallory, without), RC_DENIED);
	assert_int_equal(admit(p, &p->mallory, without, NULL), RC_DENIED);
	close_identity(p);
	open_identity(p);
	assert_int_equal(prove(p, &p->mallory, without), RC_DENIED);
	free(with);
	free(without);
}

static void require_key_binding_takes_no_first_use(void **state)
{
	struct place *p = *state;
	char *t = token(p, NULL, "");

	p->oidc[0].require_key_binding = true;
	assert_int_equal(admit(p, &p->alice, t, NULL), RC_DENIED);
	assert_int_equal(prove(p, &p->alice, t), RC_DENIED);
	free(t);
}

static void refuse(struct place *p, const char *from, const char *to, const char *says)
{
	char claims[2048], edited[2048], *at, *t;
	struct why why = {0};
	struct token out;

	snprintf(claims, sizeof claims,
		 "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,\"email\":\"alice@hospital.example\","
		 "\"email_verified\":true,\"groups\":[\"clinicians\"],\"nonce\":\"%s\"}", p->idp.issuer, (long long)now_s,
		 (long long)now_s + 3600, p->alice.nonce);
	at = strstr(claims, from);
	assert_non_null(at);
	snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - claims), claims, to, at + strlen(from));
	t = mint_token(&signer, edited);
	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), &out, &why), RC_DENIED);
	if (!strstr(why.text, says))
		fail_msg("%s: %s", to, why.text);
	free(t);
}

static void refusals_say_what_to_change(void **state)
{
	struct place *p = *state;

	refuse(p, "\"email_verified\":true", "\"email_verified\":false", "verified");
	refuse(p, "\"email_verified\":true", "\"email_verified\":\"false\"", "verified");
	refuse(p, ",\"groups\":[\"clinicians\"]", "", "groups_claim");
	refuse(p, ",\"groups\":[\"clinicians\"]", ",\"_claim_names\":{\"groups\":\"src1\"}", "too many groups");
	refuse(p, "[\"clinicians\"]", "{\"a\":1}", "list");
	refuse(p, "[\"clinicians\"]", "[7]", "list");
	refuse(p, "\"email\":\"alice@hospital.example\",", "", "user_claim");
	refuse(p, "alice@hospital.example", "alice\\u001b[2J", "control");
	refuse(p, "\"aud\":\"phigate\"", "\"aud\":\"other\"", "another client");
}

static void no_groups_are_groups_too(void **state)
{
	struct place *p = *state;
	char claims[1024], *t;
	struct token out;

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-carol\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,"
		 "\"email\":\"carol@hospital.example\",\"groups\":[]}", p->idp.issuer, (long long)now_s, (long long)now_s + 60);
	t = mint_token(&signer, claims);
	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), &out, NULL), RC_OK);
	assert_int_equal(out.person.groups.n, 0);
	token_free(&out);
	free(t);
}

static void a_name_that_was_anothers_is_logged(void **state)
{
	struct place *p = *state;
	char *t = token(p, p->alice.nonce, ""), claims[1024];

	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_false(logged(p, "user_was_another_subject"));
	free(t);
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-other\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,"
		 "\"email\":\"alice@hospital.example\",\"groups\":[],\"nonce\":\"%s\"}", p->idp.issuer, (long long)now_s, (long long)now_s + 60,
		 p->mallory.nonce);
	t = mint_token(&signer, claims);
	assert_int_equal(prove(p, &p->mallory, t), RC_OK);
	assert_true(logged(p, "user_was_another_subject"));
	free(t);
}

static void a_token_for_others_makes_nobody_ask_the_provider(void **state)
{
	struct place *p = *state;
	char *t = token(p, p->alice.nonce, ""), claims[1024];
	int before;

	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	free(t);
	before = web_requests(&p->idp.web);
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"s\",\"aud\":\"other\",\"iat\":%lld,\"exp\":%lld}", p->idp.issuer,
		 (long long)now_s, (long long)now_s + 60);
	t = mint_raw(&evil, "ES256", "{\"alg\":\"ES256\",\"kid\":\"unknown\"}", claims);
	assert_int_equal(prove(p, &p->alice, t), RC_DENIED);
	free(t);
	assert_int_equal(web_requests(&p->idp.web), before);
}

/* ---- several providers ---- */

/* One that publishes evil's key, under the same kid as the hospital's. */
static void add_partner(struct idp *partner, struct place *p)
{
	close_identity(p);
	idp_start(partner, &evil, 1);
	p->oidc[1] = (struct oidc){
		.issuer = partner->issuer, .audience = "phigate", .user_claim = "email", .groups_claim = "groups", .groups_prefix = "partner/",
	};
	p->config.n_providers = 2;
	open_identity(p);
}

static void remove_partner(struct idp *partner, struct place *p)
{
	close_identity(p);
	p->config.n_providers = 1;
	open_identity(p);
	idp_stop(partner);
}

/* A token that says it is from an issuer, signed by a key. */
static char *token_from(const char *issuer, const struct mint_key *key, const char *nonce)
{
	char claims[1024];

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,"
		 "\"email\":\"alice@hospital.example\",\"groups\":[\"privacy-office\"]%s%s%s}", issuer, (long long)now_s, (long long)now_s + 3600,
		 nonce ? ",\"nonce\":\"" : "", nonce ? nonce : "", nonce ? "\"" : "");
	return mint_token(key, claims);
}

static void a_providers_people_and_groups_are_its_own(void **state)
{
	struct place *p = *state;
	struct idp partner;
	struct token out;
	char *t;

	add_partner(&partner, p);
	t = token_from(partner.issuer, &evil, p->mallory.nonce);
	assert_int_equal(identity_prove(p->identity, buf_slice(&p->mallory.der), slice_str(t), &out, NULL), RC_OK);
	assert_string_equal(out.person.issuer, partner.issuer);
	assert_true(text_list_has(&out.person.groups, "partner/privacy-office"));
	assert_int_equal(out.person.groups.n, 1);
	assert_false(out.person.auditor);        /* the hospital's privacy-office is another one */
	token_free(&out);
	free(t);
	remove_partner(&partner, p);
}

/* A program's token tells of no groups and no mail address: agent.yaml does, of the subjects it names, and of no other. */
static void programs_are_in_the_groups_that_the_configuration_names(void **state)
{
	struct place *p = *state;
	struct oidc_subject subject = {.name = (char *)"system:serviceaccount:ward:batch"};
	struct idp partner;
	struct token out;
	char claims[512], *t;

	assert_int_equal(text_list_add(&subject.groups, "batch"), RC_OK);
	add_partner(&partner, p);
	p->oidc[1].subjects = &subject;
	p->oidc[1].n_subjects = 1;
	for (int known = 1; known >= 0; known--) {
		snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"system:serviceaccount:ward:%s\",\"aud\":[\"phigate\"],\"iat\":%lld,\"exp\":%lld}",
			 partner.issuer, known ? "batch" : "other", (long long)now_s, (long long)now_s + 3600);
		t = mint_token(&evil, claims);
		assert_int_equal(identity_prove(p->identity, buf_slice(&p->mallory.der), slice_str(t), &out, NULL), known ? RC_OK : RC_DENIED);
		if (known) {
			assert_string_equal(out.person.user, "system:serviceaccount:ward:batch");
			assert_int_equal(out.person.groups.n, 1);
			assert_true(text_list_has(&out.person.groups, "batch"));
			token_free(&out);
		}
		free(t);
	}
	remove_partner(&partner, p);
	text_list_free(&subject.groups);
}

static void a_provider_signs_for_itself_only(void **state)
{
	struct place *p = *state;
	struct idp partner;
	char *t;

	add_partner(&partner, p);
	t = token_from(p->idp.issuer, &evil, p->mallory.nonce);
	assert_int_equal(prove(p, &p->mallory, t), RC_DENIED);
	assert_int_equal(admit(p, &p->mallory, t, NULL), RC_DENIED);
	free(t);
	t = token_from(partner.issuer, &signer, p->alice.nonce);
	assert_int_equal(prove(p, &p->alice, t), RC_DENIED);
	free(t);
	t = token_from("https://elsewhere.example", &signer, p->alice.nonce);
	assert_int_equal(prove(p, &p->alice, t), RC_DENIED);
	free(t);
	remove_partner(&partner, p);
}

/* The same subject at two providers is two persons: what one signed in with says nothing of the other's tokens. */
static void a_sign_in_at_one_provider_vouches_for_none_of_another(void **state)
{
	struct place *p = *state;
	struct idp partner;
	char *login, *refreshed;

	p->oidc[0].require_key_binding = true;
	add_partner(&partner, p);
	login = token_from(partner.issuer, &evil, p->mallory.nonce);
	refreshed = token(p, NULL, "");
	assert_int_equal(prove(p, &p->mallory, login), RC_OK);           /* the partner's sub-alice has mallory's key from now on */
	assert_int_equal(admit(p, &p->mallory, refreshed, login), RC_DENIED);
	assert_int_equal(prove(p, &p->mallory, refreshed), RC_DENIED);
	free(login);
	free(refreshed);
	remove_partner(&partner, p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_person_comes_out_of_the_claims),
		T(the_nonce_names_the_key),
		T(the_sign_in_vouches_for_refreshed_tokens),
		T(a_login_token_must_be_as_genuine_as_any),
		T(without_nonces_the_first_proof_binds),
		T(an_issuer_that_returned_a_nonce_always_must),
		T(require_key_binding_takes_no_first_use),
		T(refusals_say_what_to_change),
		T(no_groups_are_groups_too),
		T(a_name_that_was_anothers_is_logged),
		T(a_token_for_others_makes_nobody_ask_the_provider),
		T(a_providers_people_and_groups_are_its_own),
		T(programs_are_in_the_groups_that_the_configuration_names),
		T(a_provider_signs_for_itself_only),
		T(a_sign_in_at_one_provider_vouches_for_none_of_another),
	};
	int failed;

	signer = mint_key_new("ES256", "k1", 0);
	evil = mint_key_new("ES256", "k1", 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mint_key_free(&signer);
	mint_key_free(&evil);
	return failed;
}
