/* Who may come in, with which key: claims, binding by nonce, by the sign-in's token, by first use, and what breaks each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "binding.h"
#include "identity_place.h"

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
	now_s += 4 * 3600 + 59;                  /* session.max_duration since the sign-in, and a minute */
	refreshed = token(p, NULL, "");
	assert_int_equal(prove(p, &p->alice, refreshed), RC_OK);
	assert_int_equal(admit(p, &p->alice, refreshed, login), RC_OK);
	now_s += 1;
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

/* A clock may be a minute off, and so long is known whose a token is. */
static void a_token_and_its_key_are_good_for_a_minute_more(void **state)
{
	struct place *p = *state;
	char *with = token(p, p->alice.nonce, ",\"jti\":\"1\"");

	now_s += 3600 + 59;
	assert_int_equal(admit(p, &p->alice, with, NULL), RC_OK);
	now_s += 1;
	assert_int_equal(admit(p, &p->alice, with, NULL), RC_DENIED);
	assert_int_equal(prove(p, &p->alice, with), RC_DENIED);
	free(with);
}

static void the_first_proof_is_known_for_as_long_as_its_token_is_good(void **state)
{
	struct place *p = *state;
	char *t = token(p, NULL, "");

	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	now_s += 3600 + 59;
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_int_equal(prove(p, &p->mallory, t), RC_DENIED);
	assert_true(logged(p, "token_conflict"));
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

/* So many keys and no more, and those that are over make room. */
static void there_is_an_end_to_the_keys_that_are_remembered(void **state)
{
	unsigned char key[SHA256_LEN] = {0};
	struct bindings *b;
	enum rc rc = RC_OK;
	size_t n = 0;

	(void)state;
	assert_int_equal(bindings_new(NULL, &b), RC_OK);
	for (; rc == RC_OK && n <= 65536; n++) {
		memcpy(key, &n, sizeof n);
		rc = binding_remember(b, key, "https://idp", "a", n == 7 ? 200 : 100, 50);
	}
	assert_int_equal(rc, RC_TOO_BIG);
	assert_int_equal(n, 65537);
	assert_false(binding_stands(b, key, "https://idp", "a", 50));
	assert_int_equal(binding_remember(b, key, "https://idp", "a", 200, 99), RC_TOO_BIG);
	assert_int_equal(binding_remember(b, key, "https://idp", "a", 200, 100), RC_OK);
	assert_true(binding_stands(b, key, "https://idp", "a", 101));
	n = 7;
	memcpy(key, &n, sizeof n);
	assert_true(binding_stands(b, key, "https://idp", "a", 199));
	assert_false(binding_stands(b, key, "https://idp", "a", 200));
	assert_false(binding_stands(b, key, "https://idp", "b", 101));
	assert_false(binding_stands(b, key, "https://idp2", "a", 101));
	assert_false(binding_stands(b, key, "https://idpa", "", 101));
	assert_int_equal(binding_remember(b, key, "https://idp", "a", 150, 101), RC_OK);         /* an older sign-in takes nothing away */
	assert_true(binding_stands(b, key, "https://idp", "a", 199));
	bindings_free(b);
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
	refuse(p, ",\"groups\":[\"clinicians\"]", "", "the ID token has no claim groups; let the provider put groups into ID tokens, add the scope");
	refuse(p, ",\"groups\":[\"clinicians\"]", ",\"_claim_names\":{\"groups\":\"src1\"}", "too many groups");
	refuse(p, ",\"groups\":[\"clinicians\"]", ",\"_claim_names\":{\"roles\":\"src1\"}", "groups_claim");
	refuse(p, "[\"clinicians\"]", "{\"a\":1}", "list");
	refuse(p, "[\"clinicians\"]", "[7]", "list");
	refuse(p, "[\"clinicians\"]", "7", "no list of groups");
	refuse(p, "alice@hospital.example", "", "user_claim");
	refuse(p, "\"email\":\"alice@hospital.example\",", "", "user_claim");
	refuse(p, "alice@hospital.example", "alice\\u001b[2J", "control");
	refuse(p, "alice@hospital.example", "alice\\u007f", "control");
	refuse(p, "\"aud\":\"phigate\"", "\"aud\":\"other\"", "another client");
	refuse(p, "\"nonce\":\"", "\"nonce\":[],\"n\":\"", "bound to another key");
}

/* What Entra ID sends instead of groups when they are too many: in a token of a code or device flow a place to ask (never asked: it would
 * need a token of its own), in one of the implicit flow a mark only. The message says whose change helps, and holds nothing of the token. */
static void too_many_groups_are_said_to_be_that(void **state)
{
	static const char *const SAYS[] = {
		"too many groups", "_claim_names or hasgroups", "only groups that are assigned to this application", "app roles", "oidc.groups_claim: roles",
	};
	static const char *const TOKENS[] = {
		",\"_claim_names\":{\"groups\":\"src1\"},\"_claim_sources\":{\"src1\":{\"endpoint\":"
		"\"https://graph.example/users/0f1c/getMemberObjects\"}}",
		",\"hasgroups\":true", ",\"hasgroups\":\"true\"",
	};
	struct place *p = *state;

	for (size_t t = 0; t < sizeof TOKENS / sizeof *TOKENS; t++)
		for (size_t i = 0; i < sizeof SAYS / sizeof *SAYS; i++)
			refuse(p, ",\"groups\":[\"clinicians\"]", TOKENS[t], SAYS[i]);
	refuse(p, ",\"groups\":[\"clinicians\"]", ",\"hasgroups\":false", "no claim groups");
	assert_false(logged(p, "graph.example"));
}

/* The way out that the message names: roles are in the token however many groups there are. */
static void roles_do_where_groups_are_too_many(void **state)
{
	struct place *p = *state;
	struct token out;
	char claims[1024], *t;

	p->oidc[0].groups_claim = (char *)"roles";
	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-alice\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,"
		 "\"email\":\"alice@hospital.example\",\"roles\":[\"clinicians\"],\"hasgroups\":true,\"_claim_names\":{\"groups\":\"src1\"}}",
		 p->idp.issuer, (long long)now_s, (long long)now_s + 60);
	t = mint_token(&signer, claims);
	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), &out, NULL), RC_OK);
	assert_true(text_list_has(&out.person.groups, "clinicians"));
	assert_int_equal(out.person.groups.n, 1);
	token_free(&out);
	free(t);
}

/* A token of Carol's by that name and with those groups, as JSON, on Alice's key. The caller frees out. */
static enum rc carol_proves(struct place *p, const char *email, const char *groups, struct token *out)
{
	char claims[1024], *t;
	enum rc rc;

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"sub-carol\",\"aud\":\"phigate\",\"iat\":%lld,\"exp\":%lld,"
		 "\"email\":\"%s\",\"groups\":%s}", p->idp.issuer, (long long)now_s, (long long)now_s + 60, email, groups);
	t = mint_token(&signer, claims);
	rc = identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), out, NULL);
	free(t);
	return rc;
}

static void a_name_has_at_most_254_characters(void **state)
{
	char name[256];
	struct token out;

	for (int n = 254; n <= 255; n++) {
		snprintf(name, sizeof name, "%0*d", n, 0);
		assert_int_equal(carol_proves(*state, name, "[]", &out), n == 254 ? RC_OK : RC_DENIED);
		token_free(&out);
	}
}

/* Only an access token's scopes stand in one string; a group may have a space in its name. */
static void one_group_may_stand_without_a_list(void **state)
{
	struct token out;

	assert_int_equal(carol_proves(*state, "carol@hospital.example", "\"ward nurses\"", &out), RC_OK);
	assert_int_equal(out.person.groups.n, 1);
	assert_string_equal(out.person.groups.item[0], "ward nurses");
	token_free(&out);
}

static void no_groups_are_groups_too(void **state)
{
	struct token out;

	assert_int_equal(carol_proves(*state, "carol@hospital.example", "[]", &out), RC_OK);
	assert_int_equal(out.person.groups.n, 0);
	token_free(&out);
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
	assert_int_equal(ftruncate(p->log_fd, 0), 0);
	assert_int_equal(lseek(p->log_fd, 0, SEEK_SET), 0);
	t = token(p, p->alice.nonce, "");                /* who was first is known */
	assert_int_equal(prove(p, &p->alice, t), RC_OK);
	assert_false(logged(p, "user_was_another_subject"));
	free(t);
}

static void what_is_no_token_is_refused_as_one(void **state)
{
	static const char *const no_tokens[] = {"", "x", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30."};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof no_tokens / sizeof *no_tokens; i++) {
		assert_int_equal(prove(p, &p->alice, no_tokens[i]), RC_DENIED);
		assert_int_equal(admit(p, &p->alice, no_tokens[i], NULL), RC_DENIED);
	}
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

/* One subject at two issuers, and two subjects at one, are three people. */
static void a_person_is_issuer_and_subject(void **state)
{
	char one[] = "https://a", other[] = "https://b", s1[] = "1", s2[] = "2";
	const struct person person = {.issuer = one, .subject = s1};

	(void)state;
	assert_true(person_is(&person, &(struct person){.issuer = one, .subject = s1, .user = s2}));
	assert_false(person_is(&person, &(struct person){.issuer = other, .subject = s1}));
	assert_false(person_is(&person, &(struct person){.issuer = one, .subject = s2}));
}

static void a_copy_of_a_person_may_do_the_same(void **state)
{
	char *groups[] = {"clinicians", "nurses"};
	const struct person people[] = {
		{.issuer = (char *)"https://a", .subject = (char *)"1", .user = (char *)"one", .groups = {groups, 2}, .auditor = true},
		{.issuer = (char *)"https://b", .subject = (char *)"2", .user = (char *)"two", .admin = true},
		{.issuer = (char *)"https://c", .subject = (char *)"3", .user = (char *)"three", .groups = {groups, 1}, .program = true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		struct person copy;

		assert_int_equal(person_copy(&copy, &people[i]), RC_OK);
		assert_true(person_is(&copy, &people[i]));
		assert_string_equal(copy.user, people[i].user);
		assert_int_equal(copy.groups.n, people[i].groups.n);
		for (size_t k = 0; k < copy.groups.n; k++)
			assert_string_equal(copy.groups.item[k], groups[k]);
		assert_true(copy.auditor == people[i].auditor && copy.admin == people[i].admin && copy.program == people[i].program);
		person_free(&copy);
	}
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
			assert_true(out.person.program);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_person_comes_out_of_the_claims),
		PLACE_TEST(the_nonce_names_the_key),
		PLACE_TEST(the_sign_in_vouches_for_refreshed_tokens),
		PLACE_TEST(a_login_token_must_be_as_genuine_as_any),
		PLACE_TEST(without_nonces_the_first_proof_binds),
		PLACE_TEST(a_token_and_its_key_are_good_for_a_minute_more),
		PLACE_TEST(the_first_proof_is_known_for_as_long_as_its_token_is_good),
		PLACE_TEST(an_issuer_that_returned_a_nonce_always_must),
		cmocka_unit_test(a_person_is_issuer_and_subject),
		cmocka_unit_test(a_copy_of_a_person_may_do_the_same),
		PLACE_TEST(require_key_binding_takes_no_first_use),
		cmocka_unit_test(there_is_an_end_to_the_keys_that_are_remembered),
		PLACE_TEST(refusals_say_what_to_change),
		PLACE_TEST(too_many_groups_are_said_to_be_that),
		PLACE_TEST(roles_do_where_groups_are_too_many),
		PLACE_TEST(a_name_has_at_most_254_characters),
		PLACE_TEST(one_group_may_stand_without_a_list),
		PLACE_TEST(no_groups_are_groups_too),
		PLACE_TEST(a_name_that_was_anothers_is_logged),
		PLACE_TEST(what_is_no_token_is_refused_as_one),
		PLACE_TEST(a_token_for_others_makes_nobody_ask_the_provider),
		PLACE_TEST(a_providers_people_and_groups_are_its_own),
		PLACE_TEST(programs_are_in_the_groups_that_the_configuration_names),
		PLACE_TEST(a_provider_signs_for_itself_only),
		PLACE_TEST(a_sign_in_at_one_provider_vouches_for_none_of_another),
	};

	return RUN_PLACE_TESTS(tests);
}
