/* Requests that are tried on a policy: what policy-test says of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_case.h"

static const char POLICY[] =
	"version: 1\nmask: {request: deny}\nrules:\n"
	"  - {name: night, when: {time: {outside: 'Mon-Fri 07:00-19:00', zone: UTC}}, then: deny}\n"
	"  - {name: research, when: {purpose: HRESCH, group: students}, then: approve, by: {groups: [officers]}}\n"
	"  - {name: no-scores, when: {route: /v1/rerank}, then: deny}\n"
	"  - {name: bulk, when: {prompt_matches: all patients}, then: approve, by: {groups: [officers]}}\n"
	"  - {name: long-list, when: {phi_in_response: {over: 1}}, then: cut}\n";
#define NOON "time: '2026-03-04T12:00:00Z'"
#define CHAT "route: /v1/chat/completions, " NOON ", request: {model: m, messages: [{role: user, content: "

static struct policy *policy;

static int load(void **state)
{
	struct why why = {0};

	(void)state;
	if (policy_parse(SLICE(POLICY), ".", "test", &policy, &why) == RC_OK)
		return 0;
	print_error("%d: %s\n", why.line, why.text);
	return -1;
}

static int unload(void **state)
{
	(void)state;
	policy_unref(policy);
	return 0;
}

struct tried {
	enum rc rc;
	char rule[64], decision[16], matched[256];
	bool expected;
	struct why why;
};

static struct tried try(const char *text, bool recorded)
{
	const struct policy_case_defaults defaults = {.dialect = "openai", .user = "eve@x"};
	struct policy_outcome o = {0};
	struct policy_case c = {0};
	struct yaml *root = NULL;
	struct tried t = {0};

	buf_init(&c.body, POLICY_CASE_MAX_BYTES);
	t.rc = yaml_parse(slice_str(text), &root, &t.why);
	if (t.rc == RC_OK)
		t.rc = policy_case_read(root, &c, &t.why);
	c.recorded = recorded;
	if (t.rc == RC_OK)
		t.rc = policy_case_decide(&c, policy, &defaults, &o, &t.why);
	if (t.rc == RC_OK) {
		snprintf(t.rule, sizeof t.rule, "%s", o.verdict.rule ? o.verdict.rule : "none");
		snprintf(t.decision, sizeof t.decision, "%s", decision_name(o.verdict.decision));
		snprintf(t.matched, sizeof t.matched, "%s", o.verdict.matched ? o.verdict.matched : "");
		t.expected = policy_case_as_expected(&c, &o.verdict);
	}
	policy_outcome_free(&o);
	policy_case_free(&c);
	yaml_free(root);
	return t;
}

static void decides(const char *text, const char *rule, const char *decision, const char *matched)
{
	struct tried t = try(text, false);

	if (t.rc != RC_OK || strcmp(t.rule, rule) != 0 || strcmp(t.decision, decision) != 0 || !strstr(t.matched, matched))
		fail_msg("%s: %d %s %s (%s) %s", text, t.rc, t.rule, t.decision, t.matched, t.why.text);
}

static void rules_decide_on_what_a_case_says(void **state)
{
	(void)state;
	decides("{" CHAT "hi}]}}", "none", "allow", "");
	decides("{route: /v1/models, " NOON "}", "none", "allow", "");
	decides("{route: /v1/models, time: '2026-03-04T06:59:59Z'}", "night", "deny", "time");
	decides("{" CHAT "of all patients}]}}", "bulk", "approve", "prompt_matches");
	decides("{history: 1, " CHAT "of all patients}]}}", "none", "allow", "");
	decides("{groups: [students], purpose: HRESCH, " CHAT "hi}]}}", "research", "approve", "");
	decides("{groups: [students], purpose: TREAT, " CHAT "hi}]}}", "none", "allow", "");
	decides("{dialect: ollama, route: /api/generate, " NOON ", request: {model: m, prompt: all patients}}", "bulk", "approve", "");
	decides("{" CHAT "SSN 536-22-8741}]}}", "mask.request", "deny", "1 SSN");
	decides("{answer: 'SSN 536-22-8741, call (617) 482-3190', " CHAT "hi}]}}", "long-list", "cut", "phi_in_response");
	decides("{answer: 'SSN 536-22-8741', " CHAT "hi}]}}", "none", "allow", "");
}

static void what_no_policy_is_asked_about_is_a_verdict_too(void **state)
{
	struct tried t;

	(void)state;
	decides("{route: /metrics, " NOON "}", "route", "deny", "for its operator");
	decides("{route: /nowhere, " NOON "}", "route", "deny", "no such route");
	decides("{route: /v1/chat/completions, method: GET, " NOON "}", "route", "deny", "does not take GET");
	decides("{dialect: ollama, route: /api/pull, " NOON ", request: {model: m}}", "route", "deny", "operator of the model server");
	decides("{route: /v1/rerank, " NOON ", request: {model: m, query: x, documents: [y]}}", "no-scores", "deny", "");   /* a connection can open it */
	t = try("{route: /metrics, expect: {rule: route, then: deny}}", false);
	assert_true(t.expected);
	t = try("{route: /metrics, expect: {rule: none, then: allow}}", false);
	assert_true(t.rc == RC_OK && !t.expected);
	assert_string_equal(t.why.text, "");
}

static void a_mistake_in_a_case_is_told_and_one_in_a_recorded_request_was_refused(void **state)
{
	static const char *const cases[][2] = {
		{"{route: /v1/chat/completions, request: '{\"model\":1}'}", "body"},
		{"{route: /v1/chat/completions, request: '{]'}", "body"},
		{"{route: '/v1/%zz', request: '{}'}", "route"},
	};
	static const char *const mistakes[] = {
		"{request: {}}", "{route: /v1/models, time: noon}", "{route: /v1/models, purpose: FUN}", "{route: /v1/models, expect: {rule: a, verdict: b}}",
		"{route: /v1/models, colour: red}", "{route: /v1/models, dialect: klingon}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tried t = try(cases[i][0], false);

		if (t.rc != RC_BAD || !t.why.text[0])
			fail_msg("%s: %d", cases[i][0], t.rc);
		t = try(cases[i][0], true);
		if (t.rc != RC_OK || strcmp(t.rule, cases[i][1]) != 0 || strcmp(t.decision, "deny") != 0 || !t.matched[0])
			fail_msg("%s, recorded: %d %s", cases[i][0], t.rc, t.rule);
	}
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct tried t = try(mistakes[i], true);

		if (t.rc == RC_OK || !t.why.text[0])
			fail_msg("%s passes", mistakes[i]);
	}
}

static void yaml_becomes_the_json_that_it_says(void **state)
{
	struct policy_case c = {0};
	struct yaml *root = NULL;
	struct why why;

	(void)state;
	buf_init(&c.body, POLICY_CASE_MAX_BYTES);
	assert_int_equal(yaml_parse(SLICE("{route: /x, request: {a: 1, b: -0.5e+3, c: '1', d: true, e: 'true', f: null, g: [01, 1., 1e, -, x], h: \"q\\\"\"}}"),
				    &root, &why), RC_OK);
	assert_int_equal(policy_case_read(root, &c, &why), RC_OK);
	assert_string_equal(c.body.data, "{\"a\":1,\"b\":-0.5e+3,\"c\":\"1\",\"d\":true,\"e\":\"true\",\"f\":null,\"g\":[\"01\",\"1.\",\"1e\",\"-\",\"x\"],\"h\":\"q\\\"\"}");
	policy_case_free(&c);
	yaml_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_decide_on_what_a_case_says),
		cmocka_unit_test(what_no_policy_is_asked_about_is_a_verdict_too),
		cmocka_unit_test(a_mistake_in_a_case_is_told_and_one_in_a_recorded_request_was_refused),
		cmocka_unit_test(yaml_becomes_the_json_that_it_says),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
