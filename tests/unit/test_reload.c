/* Policies that change while the agent runs: all are taken over, or none; and who did it stands in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data_path.h"
#include "reload.h"

static struct reload *reload;
static struct buf said;

static void write_config(const char *more)
{
	struct buf text;

	buf_init(&text, 65536);
	buf_printf(&text, "name: gpu-1\nlisten: 127.0.0.1:2222\nstate_dir: %s\npolicies_dir: %s\noidc: {issuer: https://idp, audience: phigate}\n"
		   "connections:\n  llama-prod: {upstream: 'http://127.0.0.1:1', dialect: openai, policy: hipaa, groups: [clinicians]}\n%s",
		   site.dir, in_site("policies"), more);
	assert_int_equal(file_write(in_site("agent.yaml"), buf_slice(&text), 0600, NULL), RC_OK);
	buf_free(&text);
}

static int setup_reload(void **state)
{
	static char path[200];
	struct why why = {0};

	place_setup(state);
	write_config("");
	assert_int_equal(dir_make(in_site("run"), 0700, NULL), RC_OK);
	snprintf(path, sizeof path, "%s", in_site("agent.yaml"));
	place.config.path = path;
	if (reload_new(&place.agent, &reload, &why) != RC_OK)
		fail_msg("%s", why.text);
	buf_init(&said, 1 << 20);
	return 0;
}

static int teardown_reload(void **state)
{
	reload_free(reload);
	reload = NULL;
	buf_free(&said);
	unlink(in_site("agent.yaml"));
	rmdir(in_site("run"));
	return place_teardown(state);
}

static void now(enum rc rc)
{
	buf_clear(&said);
	assert_int_equal(reload_now(reload, &(struct reload_by){"command", 4711, 4712}, &said), rc);
}

static bool in_force(const char *text)
{
	struct policy *policy = policies_get(place.agent.policies, "hipaa");
	bool is = strcmp(policy_text(policy), text) == 0;

	policy_unref(policy);
	return is;
}

static void a_changed_policy_is_taken_over_and_named(void **state)
{
	char before[SHA256_HEX], after[SHA256_HEX], says[256];

	(void)state;
	now(RC_OK);
	assert_string_equal(said.data, "{\"ok\":true,\"policies\":[],\"restart\":[],\"warnings\":[]}");
	write_policy("version: 1\n");
	now(RC_OK);
	sha256_hex(POLICY, strlen(POLICY), before);
	sha256_hex("version: 1\n", 11, after);
	snprintf(says, sizeof says, "{\"ok\":true,\"policies\":[{\"name\":\"hipaa\",\"before\":\"%s\",\"after\":\"%s\"}],\"restart\":[],\"warnings\":[]}",
		 before, after);
	assert_string_equal(said.data, says);
	assert_true(in_force("version: 1\n"));
	buf_clear(&said);
	for (uint64_t i = 0; ledger_read_leaf(site.ledger, i, &said) == RC_OK; i++)
		continue;
	snprintf(says, sizeof says, "phigate-policy-v1\nhipaa\n%s\n20", after);
	assert_int_equal(count(&said, says), 1);
	assert_int_equal(count(&said, "phigate-policy-v1\n"), 1);
	assert_int_equal(count(&said, "phigate-config-v1\n"), 2);       /* agent.yaml was read twice */
}

static void a_mistake_leaves_all_as_it_was(void **state)
{
	(void)state;
	write_policy("version: 1\nnonsense: 1\n");
	now(RC_BAD);
	assert_int_equal(count(&said, "{\"ok\":false,\"error\":{\"file\":\""), 1);
	assert_int_equal(count(&said, "hipaa.yaml\",\"line\":2,\"column\":1,"), 1);
	assert_true(in_force(POLICY));
	/* a good policy waits, too, while agent.yaml has a mistake */
	write_policy("version: 1\n");
	write_config("colour: blue\n");
	now(RC_BAD);
	assert_int_equal(count(&said, "agent.yaml\",\"line\":8,\"column\":1,"), 1);
	assert_true(in_force(POLICY));
	write_config("");
	now(RC_OK);
	assert_true(in_force("version: 1\n"));
}

static void what_needs_a_restart_is_named(void **state)
{
	(void)state;
	write_config("limits: {streams: 3}\nsession: {max_duration: 1h}\n");
	now(RC_OK);
	assert_int_equal(count(&said, "\"restart\":[\"limits\",\"session\"]"), 1);
	write_config("# nothing but a remark\n");
	now(RC_OK);
	assert_int_equal(count(&said, "\"restart\":[]"), 1);
}

static void warnings_come_with_the_answer(void **state)
{
	(void)state;
	write_policy("version: 1\nlimits: {phi_per_day: 1, phi_per_session: 2}\n");
	now(RC_OK);
	assert_int_equal(count(&said, "\"warnings\":[{\"file\":"), 1);
	assert_int_equal(count(&said, "\"line\":2,\"column\":43,\"text\":\"phi_per_session is never reached"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_changed_policy_is_taken_over_and_named, setup_reload, teardown_reload),
		cmocka_unit_test_setup_teardown(a_mistake_leaves_all_as_it_was, setup_reload, teardown_reload),
		cmocka_unit_test_setup_teardown(what_needs_a_restart_is_named, setup_reload, teardown_reload),
		cmocka_unit_test_setup_teardown(warnings_come_with_the_answer, setup_reload, teardown_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
