/* Access tokens of programs: never a person, never a person's, and what else they must say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity_place.h"

/* The hospital's provider makes them, too. */
static void take_programs(struct place *p)
{
	close_identity(p);
	p->oidc[1] = (struct oidc){
		.kind = JWT_ACCESS, .issuer = p->idp.issuer, .audience = "https://api", .user_claim = "client_id", .groups_claim = "groups",
	};
	p->config.n_providers = 2;
	open_identity(p);
}

static char *access_token(struct place *p, const char *sub, const char *client, const char *more)
{
	char claims[1024], header[128];

	snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"https://api\",\"client_id\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}",
		 p->idp.issuer, sub, client, (long long)now_s, (long long)now_s + 600, more);
	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", signer.alg, signer.kid);
	return mint_raw(&signer, signer.alg, header, claims);
}

/* RC of a program's token at mallory's key, and what is said; takes the token. */
static enum rc prove_program(struct place *p, char *bearer, struct token *out, struct why *why)
{
	enum rc rc = identity_prove(p->identity, buf_slice(&p->mallory.der), slice_str(bearer), out, why);

	free(bearer);
	return rc;
}

static void a_program_is_never_the_person_of_its_name(void **state)
{
	struct place *p = *state;
	struct token alice, program;
	struct why why = {0};
	char *t;

	take_programs(p);
	t = token(p, p->alice.nonce, "");                /* and the issuer returns nonces, which locks out no program */
	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(t), &alice, NULL), RC_OK);
	free(t);
	assert_int_equal(prove_program(p, access_token(p, "sub-alice", "sub-alice", ",\"groups\":[\"privacy-office\"]"), &program, &why), RC_OK);
	assert_false(person_is(&alice.person, &program.person));
	assert_string_equal(program.person.user, "client:sub-alice");
	assert_string_equal(program.person.subject, "sub-alice");
	assert_non_null(strstr(program.person.issuer, PROGRAM_ISSUER));
	assert_true(program.person.program);
	assert_false(alice.person.program);
	assert_true(program.person.auditor);
	token_free(&alice);
	token_free(&program);
	p->config.n_providers = 1;
}

static void programs_are_told_from_people_and_what_is_missing(void **state)
{
	struct place *p = *state;
	char *groups[] = {"batch"}, *scopes[] = {"models", "more"};
	struct oidc_subject listed = {.name = (char *)"f3a1", .groups = {groups, 1}};
	const struct {
		const char *sub, *client, *more, *says;  /* says NULL: it is good */
	} cases[] = {
		{"nightly", "nightly", ",\"scope\":\"models more\",\"groups\":[\"batch\"]", NULL},
		{"nightly", "nightly", ",\"scope\":\"  more else  models\",\"groups\":\"other batch\"", NULL},
		{"f3a1", "nightly", ",\"scope\":\"models more\"", NULL},
		{"sub-alice", "nightly", ",\"scope\":\"models more\",\"groups\":[\"batch\"]", "may be a person's"},
		{"nightly", "nightly", ",\"groups\":[\"batch\"]", "lacks the scope models"},
		{"nightly", "nightly", ",\"scope\":\"models\",\"groups\":[\"batch\"]", "lacks the scope more"},
		{"nightly", "nightly", ",\"scope\":\"xmodels more\",\"groups\":[\"batch\"]", "lacks the scope models"},
		{"nightly", "nightly", ",\"scope\":[\"models\",\"more\"],\"groups\":[\"batch\"]", "lacks the scope models"},
		{"nightly", "nightly", ",\"scope\":\"models more\"", "oidc.subjects"},
		{"nightly", "nightly", ",\"scope\":\"models more\",\"auth_time\":1,\"groups\":[\"batch\"]", "person's sign-in"},
	};

	take_programs(p);
	p->oidc[1].subjects = &listed;
	p->oidc[1].n_subjects = 1;
	p->oidc[1].scopes = (struct text_list){scopes, 2};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct why why = {0};
		struct token out;
		enum rc rc = prove_program(p, access_token(p, cases[i].sub, cases[i].client, cases[i].more), &out, &why);

		if ((rc == RC_OK) != !cases[i].says || (cases[i].says && !strstr(why.text, cases[i].says)))
			fail_msg("case %zu: %s", i, why.text);
		if (rc == RC_OK)
			assert_true(text_list_has(&out.person.groups, "batch"));
		token_free(&out);
	}
	p->config.n_providers = 1;
}

/* Each kind goes to its own entry, with its own audience, and a token without its kind's entry to none. */
static void one_kind_of_tokens_never_stands_for_the_other(void **state)
{
	struct place *p = *state;
	char *person = token(p, NULL, ",\"client_id\":\"sub-alice\""), *program = access_token(p, "nightly", "nightly", ",\"groups\":[]"), *login;
	char *namesake = access_token(p, "sub-alice", "sub-alice", ",\"groups\":[]"), *other = access_token(p, "other", "other", ",\"groups\":[]");
	struct why why = {0};
	struct token out;

	assert_int_equal(identity_prove(p->identity, buf_slice(&p->alice.der), slice_str(program), &out, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "access token"));
	assert_int_equal(admit(p, &p->alice, program, NULL), RC_DENIED);
	take_programs(p);
	assert_int_equal(admit(p, &p->alice, program, NULL), RC_OK);
	login = token(p, p->alice.nonce, "");
	assert_int_equal(prove(p, &p->alice, login), RC_OK);
	assert_int_equal(prove(p, &p->mallory, program), RC_OK);
	assert_int_equal(prove(p, &p->alice, program), RC_DENIED);       /* her sign-in binds no program's token to her key */
	assert_int_equal(prove(p, &p->alice, namesake), RC_OK);          /* not even one whose subject is hers: it is bound by its use */
	assert_int_equal(prove(p, &p->mallory, namesake), RC_DENIED);
	assert_int_equal(admit(p, &p->alice, other, login), RC_OK);      /* nor is it asked about a program's */
	assert_int_equal(prove(p, &p->mallory, person), RC_DENIED);
	assert_int_equal(admit(p, &p->mallory, person, program), RC_DENIED);
	p->config.n_providers = 1;
	p->oidc[0].kind = JWT_ACCESS;
	assert_int_equal(prove(p, &p->alice, login), RC_DENIED);
	free(person);
	free(program);
	free(namesake);
	free(other);
	free(login);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_program_is_never_the_person_of_its_name),
		PLACE_TEST(programs_are_told_from_people_and_what_is_missing),
		PLACE_TEST(one_kind_of_tokens_never_stands_for_the_other),
	};

	return RUN_PLACE_TESTS(tests);
}
