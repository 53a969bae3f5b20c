/* What opening a session demands: a reason, a purpose of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "policy.h"
#include "purpose.h"

static struct policy *policy;

static void demands(const char *keys)
{
	struct buf text;
	struct why why = {0};

	buf_init(&text, 1024);
	buf_printf(&text, "version: 1\n%s", keys);
	policy_unref(policy);
	if (policy_parse(buf_slice(&text), ".", "test", &policy, &why) != RC_OK)
		fail_msg("%s", why.text);
	buf_free(&text);
}

/* says: NULL where it is opened. */
static void opened(const char *reason, const char *purpose, const char *says)
{
	struct why why = {0};
	enum rc rc = terms_met(policy_terms(policy), "llama-prod", reason, purpose, &why);

	if (rc != (says ? RC_DENIED : RC_OK) || (says && !strstr(why.text, says)))
		fail_msg("%s, %s: %d: %s", reason ? reason : "no reason", purpose ? purpose : "no purpose", rc, why.text);
}

static void a_reason_is_asked_for_with_the_command_that_gives_it(void **state)
{
	(void)state;
	demands("require_reason: true\n");
	opened("ward round", NULL, NULL);
	opened(NULL, NULL, "phigate connect llama-prod --reason TEXT, and exec likewise");
	opened("", NULL, "reason");
	opened(" \t\n", NULL, "reason");
	demands("require_reason: false\n");
	opened(NULL, NULL, NULL);
	demands("");
	opened(NULL, NULL, NULL);
}

static void a_purpose_must_be_one_of_those_that_the_policy_names(void **state)
{
	(void)state;
	demands("require_purpose: true\n");
	opened(NULL, NULL, "TREAT, HPAYMT, HOPERAT, HRESCH");
	for (size_t i = 0; purpose_nth(i); i++)
		opened(NULL, purpose_nth(i), NULL);
	demands("require_purpose: [TREAT, HOPERAT]\n");
	opened(NULL, "TREAT", NULL);
	opened(NULL, "HRESCH", "these purposes only: TREAT, HOPERAT; phigate connect llama-prod --purpose TREAT");
	opened(NULL, NULL, "TREAT, HOPERAT");
	demands("require_purpose: HPAYMT\nrequire_reason: true\n");
	opened("audit", "HPAYMT", NULL);
	opened(NULL, "HPAYMT", "reason");
	demands("require_purpose: false\n");
	opened(NULL, NULL, NULL);
}

static void a_purpose_that_is_none_is_told_those_that_there_are(void **state)
{
	static const char *const none[] = {"", "treat", "TREAT ", "CARE", "HPAYMTX"};
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(purpose_check(none[i], &why), RC_BAD);
		assert_non_null(strstr(why.text, "TREAT, HPAYMT, HOPERAT, HRESCH"));
		assert_null(purpose_code(none[i]));
	}
	assert_int_equal(purpose_check(NULL, &why), RC_OK);
	assert_string_equal(purpose_meaning("HRESCH"), "research");
}

static int teardown(void **state)
{
	(void)state;
	policy_unref(policy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_is_asked_for_with_the_command_that_gives_it),
		cmocka_unit_test(a_purpose_must_be_one_of_those_that_the_policy_names),
		cmocka_unit_test(a_purpose_that_is_none_is_told_those_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
