/* Policies: which rule decides, what each condition holds for, and what a mistake in the file is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "policy.h"

#define MESSAGES 4

/* One request; what a test does not name is as below. */
struct asked {
	const char *method, *route, *user, *group, *model, *text[MESSAGES], *other, *opaque, *time;
	size_t history;
	int64_t max_tokens;
	uint64_t body_bytes;
	bool stream, tools, no_body;
};

static struct policy *parse(const char *rules)
{
	struct policy *policy;
	struct why why = {0};
	char text[4096];

	snprintf(text, sizeof text, "version: 1\n%s", rules);
	if (policy_parse(slice_str(text), ".", "test", &policy, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	return policy;
}

static struct verdict decide_shown(const struct policy *policy, const struct asked *a, struct buf *shown)
{
	struct prompt_message messages[MESSAGES] = {{0}};
	struct prompt_opaque opaque = {a->opaque, 100};
	char *names[] = {(char *)(uintptr_t)(a->group ? a->group : "clinicians")};
	struct text_list groups = {names, 1};
	struct prompt prompt = {.model = (char *)(uintptr_t)(a->model ? a->model : "llama3"), .stream = a->stream, .tools = a->tools,
		.max_tokens = a->max_tokens ? a->max_tokens : 100, .messages = messages, .other_text = (char *)(uintptr_t)a->other,
		.opaque = &opaque, .n_opaque = a->opaque != NULL};
	struct facts facts = {.method = a->method ? a->method : "POST", .route = a->route ? a->route : "/v1/chat/completions",
		.user = a->user ? a->user : "alice@hospital.example", .groups = &groups, .prompt = a->no_body ? NULL : &prompt,
		.body_bytes = a->body_bytes, .n_history = a->history};
	struct verdict v;

	for (; prompt.n_messages < MESSAGES && a->text[prompt.n_messages]; prompt.n_messages++)
		messages[prompt.n_messages] = (struct prompt_message){.role = "user", .text = (char *)(uintptr_t)a->text[prompt.n_messages],
			.n = strlen(a->text[prompt.n_messages])};
	if (a->time)
		assert_int_equal(clock_parse(slice_str(a->time), &facts.wall_ns), RC_OK);
	policy_decide(policy, &facts, &v);
	if (shown)
		assert_int_equal(policy_show_match(policy, &facts, &v, NULL, shown), RC_OK);
	return v;
}

static bool denied(const struct policy *policy, const struct asked *a)
{
	return decide_shown(policy, a, NULL).decision == DECISION_DENY;
}

/* A policy that denies where the condition holds. */
static struct policy *deny_when(const char *when)
{
	char rules[2048];

	snprintf(rules, sizeof rules, "rules:\n  - name: it\n    when: %s\n    then: deny\n", when);
	return parse(rules);
}

static void holds(const char *when, struct asked a)
{
	struct policy *policy = deny_when(when);

	if (!denied(policy, &a))
		fail_msg("%s does not hold", when);
	policy_unref(policy);
}

static void holds_not(const char *when, struct asked a)
{
	struct policy *policy = deny_when(when);

	if (denied(policy, &a))
		fail_msg("%s holds", when);
	policy_unref(policy);
}

static void the_first_rule_that_matches_decides(void **state)
{
	struct policy *policy = parse("rules:\n"
		"  - {name: ours, when: {group: privacy-officers}, then: allow}\n"
		"  - {name: slow, when: {model: 'big*'}, then: approve, by: {groups: [privacy-officers], approvals: 2}, ttl: 10m, wait: 30s}\n"
		"  - {name: rest, when: {stream: true}, then: deny, message: 'No streams.'}\n");
	struct verdict v = decide_shown(policy, &(struct asked){.group = "privacy-officers", .model = "big-one", .stream = true}, NULL);

	(void)state;
	assert_int_equal(v.decision, DECISION_ALLOW);
	assert_string_equal(v.rule, "ours");
	v = decide_shown(policy, &(struct asked){.model = "BIG-one", .stream = true}, NULL);
	assert_int_equal(v.decision, DECISION_APPROVE);
	assert_int_equal(quorum_places(v.by), 2);
	assert_int_equal(v.ttl_ns, 600 * NS_PER_S);
	assert_int_equal(v.wait_ns, 30 * NS_PER_S);
	assert_string_equal(v.by->need[0].groups.item[0], "privacy-officers");
	assert_string_equal(v.matched, "model");
	v = decide_shown(policy, &(struct asked){.stream = true}, NULL);
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.message, "No streams.");
	v = decide_shown(policy, &(struct asked){.model = "small"}, NULL);
	assert_int_equal(v.decision, DECISION_ALLOW);
	assert_null(v.rule);
	policy_unref(policy);
}

static void emergency_access_is_read(void **state)
{
	struct policy *policy = parse("emergency: {groups: [er], max_duration: 20m}\n");

	(void)state;
	assert_string_equal(policy_emergency(policy)->groups.item[0], "er");
	assert_int_equal(policy_emergency(policy)->max_duration_ns, 1200 * NS_PER_S);
	policy_unref(policy);
	policy = parse("emergency: {groups: er}\n");
	assert_int_equal(policy_emergency(policy)->max_duration_ns, 3600 * NS_PER_S);
	policy_unref(policy);
	policy = parse("rules: []\n");
	assert_int_equal(policy_emergency(policy)->groups.n, 0);
	policy_unref(policy);
}

static void each_condition_holds_for_what_it_names_and_nothing_else(void **state)
{
	(void)state;
	holds("{route: /v1/embeddings}", (struct asked){.route = "/v1/embeddings"});
	holds_not("{route: /v1/embeddings}", (struct asked){.route = "/v1/embeddings2"});
	holds("{route: '/v1/*'}", (struct asked){.route = "/v1/models"});
	holds("{method: [DELETE, POST]}", (struct asked){.method = "POST"});
	holds_not("{method: DELETE}", (struct asked){.method = "POST"});
	holds("{model: ['x', 'Llama*']}", (struct asked){.model = "llama3:8b"});
	holds_not("{model: llama3}", (struct asked){.model = "llama3:8b"});
	holds_not("{model: '*'}", (struct asked){.no_body = true});
	holds("{user: '*@hospital.example'}", (struct asked){.user = "bob@hospital.example"});
	holds_not("{user: '*@hospital.example'}", (struct asked){.user = "bob@hospital.example.net"});
	holds("{group: [a, clinicians]}", (struct asked){.text = {"x"}});
	holds_not("{group: clinician}", (struct asked){.text = {"x"}});
	holds("{max_tokens: {over: 8000}}", (struct asked){.max_tokens = 8001});
	holds_not("{max_tokens: {over: 8000}}", (struct asked){.max_tokens = 8000});
	holds("{max_tokens: {over: 8000}}", (struct asked){.max_tokens = INT64_MAX});
	holds("{body_bytes: {over: 64KiB}}", (struct asked){.body_bytes = 65537});
	holds_not("{body_bytes: {over: 64KiB}}", (struct asked){.body_bytes = 65536});
	holds("{tools: true}", (struct asked){.tools = true});
	holds_not("{tools: true}", (struct asked){.tools = false});
	holds("{stream: false}", (struct asked){.stream = false});
	holds("{opaque: [image, audio]}", (struct asked){.opaque = "image"});
	holds_not("{opaque: [image, audio]}", (struct asked){.opaque = "tokens"});
	holds("{opaque: true}", (struct asked){.opaque = "tokens"});
	holds_not("{opaque: true}", (struct asked){.text = {"x"}});
}

static void any_all_and_not_combine(void **state)
{
	(void)state;
	holds("{any: [{stream: true}, {tools: true}]}", (struct asked){.tools = true});
	holds_not("{any: [{stream: true}, {tools: true}]}", (struct asked){.text = {"x"}});
	holds_not("{all: [{stream: true}, {tools: true}]}", (struct asked){.tools = true});
	holds("{stream: true, tools: true}", (struct asked){.tools = true, .stream = true});
	holds_not("{stream: true, tools: true}", (struct asked){.stream = true});
	holds("{not: {group: privacy-officers}}", (struct asked){.text = {"x"}});
	holds("{all: [{not: {any: [{stream: true}, {tools: true}]}}, {model: 'l*'}]}", (struct asked){.text = {"x"}});
}

static void a_pattern_meets_text_as_the_model_reads_it(void **state)
{
	static const char when[] = "{prompt_matches: '(?i)\\ball\\s+patients\\b'}";

	(void)state;
	holds(when, (struct asked){.text = {"hello", "List ALL  patients now"}});
	holds_not(when, (struct asked){.text = {"List small patientswing"}});
	holds(when, (struct asked){.text = {"ａｌｌ patients"}});                 /* full width */
	holds(when, (struct asked){.text = {"al\xe2\x80\x8bl pat\xc2\xadients"}}); /* zero width, soft hyphen */
	holds(when, (struct asked){.text = {"\xd0\xb0ll p\xd0\xb0tients"}});       /* Cyrillic a */
	holds(when, (struct asked){.text = {"all\xc2\xa0patients"}});
	holds(when, (struct asked){.other = "a tool that lists all patients"});
	holds_not(when, (struct asked){.text = {"all", "patients"}});
	holds("{prompt_matches: ['x{9}', 'base64']}", (struct asked){.text = {"in base64"}});
}

static void approve_passes_over_history_and_deny_does_not(void **state)
{
	struct policy *policy = parse("rules:\n"
		"  - {name: never, when: {prompt_matches: rot13}, then: deny}\n"
		"  - {name: bulk, when: {prompt_matches: all patients}, then: approve, by: {groups: [p]}}\n");
	struct asked a = {.text = {"all patients", "yes", "and now?"}, .history = 2};

	(void)state;
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_ALLOW);
	a.history = 0;
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_APPROVE);
	a = (struct asked){.text = {"rot13", "yes"}, .history = 2};
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_DENY);
	policy_unref(policy);
}

static void identifiers_of_the_prompt_are_counted(void **state)
{
	static const char three[] = "SSN 536-22-8741, MRN: 84729315, mail jsmith@example.org";
	struct policy *policy;
	struct buf shown;

	(void)state;
	holds("{phi_in_prompt: {over: 2}}", (struct asked){.text = {"hello", three}});
	holds_not("{phi_in_prompt: {over: 3}}", (struct asked){.text = {three}});
	holds("{phi_in_prompt: {over: 3}}", (struct asked){.text = {three}, .other = "SSN 536-22-8742"});
	holds_not("{phi_in_prompt: {over: 0}}", (struct asked){.text = {"Blood pressure 120/80, metformin 500 mg."}});
	holds_not("{phi_in_prompt: {over: 0}}", (struct asked){.no_body = true});
	policy = parse("mask: {response: {default: redact, SSN: keep}}\nrules:\n"
		       "  - {name: it, when: {phi_in_prompt: {over: 1}}, then: deny}\n");
	assert_true(denied(policy, &(struct asked){.text = {three}}));
	assert_false(denied(policy, &(struct asked){.text = {"SSN 536-22-8741, MRN: 84729315"}}));
	buf_init(&shown, 4096);
	decide_shown(policy, &(struct asked){.text = {three}}, &shown);
	assert_string_equal(shown.data, "{\"condition\":\"phi_in_prompt\",\"over\":1,\"value\":2}");
	buf_free(&shown);
	policy_unref(policy);
}

static void hours_are_those_of_the_zone_with_its_daylight_saving(void **state)
{
	static const char office[] = "{time: {outside: 'Mon-Fri 07:00-19:00', zone: America/New_York}}";
	struct policy *policy;
	struct buf shown;

	(void)state;
	holds_not(office, (struct asked){.time = "2026-11-27T12:00:00Z"});       /* Friday 07:00 */
	holds(office, (struct asked){.time = "2026-11-27T11:59:59Z"});
	holds_not(office, (struct asked){.time = "2026-11-27T23:59:59Z"});
	holds(office, (struct asked){.time = "2026-11-28T00:00:00Z"});           /* Friday 19:00 */
	holds(office, (struct asked){.time = "2026-11-28T16:00:00Z"});           /* Saturday */
	/* the morning after the clocks went forward, 07:00 is an hour earlier for UTC */
	holds(office, (struct asked){.time = "2026-03-06T11:30:00Z"});
	holds_not(office, (struct asked){.time = "2026-03-09T11:30:00Z"});
	holds("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T05:59:59Z"});
	holds("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T22:00:00Z"});
	holds_not("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T06:00:00Z"});
	/* a night belongs to the day that it begins on */
	holds("{time: {within: 'Sat 22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-29T03:00:00Z"});
	holds_not("{time: {within: 'Sat 22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-28T03:00:00Z"});
	holds("{time: {within: ['Sat,Sun', 'Mon 00:00-01:00'], zone: UTC}}", (struct asked){.time = "2026-11-30T00:30:00Z"});
	holds("{time: {within: 'Fri-Mon', zone: Asia/Kolkata}}", (struct asked){.time = "2026-11-26T18:30:00Z"});
	holds_not("{time: {within: 'Fri-Mon', zone: Asia/Kolkata}}", (struct asked){.time = "2026-11-26T18:29:59Z"});
	policy = deny_when(office);
	buf_init(&shown, 4096);
	decide_shown(policy, &(struct asked){.time = "2026-11-28T02:04:00Z"}, &shown);
	assert_string_equal(shown.data, "{\"condition\":\"time\",\"value\":\"Fri 21:04\",\"zone\":\"America/New_York\"}");
	buf_free(&shown);
	policy_unref(policy);
}

/* What an approver sees of the match is masked, also where the match begins in an identifier. */
static void what_is_shown_of_a_match_is_masked(void **state)
{
	struct policy *policy = parse("rules:\n  - {name: it, when: {prompt_matches: '8741.*patients'}, then: approve, by: {groups: [p]}}\n");
	struct buf shown;

	(void)state;
	buf_init(&shown, 65536);
	decide_shown(policy, &(struct asked){.text = {"SSN 536-22-8741 and all patients"}}, &shown);
	assert_non_null(strstr(shown.data, "\"condition\":\"prompt_matches\""));
	assert_non_null(strstr(shown.data, "[SSN]"));
	assert_null(strstr(shown.data, "8741 and"));
	buf_free(&shown);
	policy_unref(policy);
}

static void a_mistake_is_named_with_its_place_and_what_is_allowed(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *says;
	} mistakes[] = {
		{"version: 2\n", 1, 10, "must be 1"},
		{"version: 1\nrulez: []\n", 2, 1, "rules"},
		{"version: 1\nrules:\n  - name: a\n    then: refuse\n", 4, 11, "allow, deny, approve"},
		{"version: 1\nrules:\n  - name: 'a b'\n    then: deny\n", 3, 11, "name"},
		{"version: 1\nrules:\n  - name: a\n    then: approve\n", 3, 5, "\"by\""},
		{"version: 1\nrules:\n  - name: a\n    then: deny\n    ttl: 5m\n", 5, 5, "approve"},
		{"version: 1\nrules:\n  - name: a\n    when: {rout: /x}\n    then: deny\n", 4, 12, "unknown condition \"rout\"; allowed: any, all"},
		{"version: 1\nrules:\n  - name: a\n    when: {prompt_matches: '(x'}\n    then: deny\n", 4, 28, "parenthes"},
		{"version: 1\nrules:\n  - name: a\n    when: {prompt_matches: 'x*'}\n    then: deny\n", 4, 28, "empty"},
		{"version: 1\nrules:\n  - name: a\n    when: {max_tokens: 8000}\n    then: deny\n", 4, 24, "over"},
		{"version: 1\nrules:\n  - name: a\n    when: {opaque: picture}\n    then: deny\n", 4, 20, "image"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: '7-19', zone: UTC}}\n    then: deny\n", 4, 28, "Mon-Fri 07:00-19:00"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: '07:00-24:30', zone: UTC}}\n    then: deny\n", 4, 28, "no hours"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: Mon}}\n    then: deny\n", 4, 18, "zone"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {zone: UTC}}\n    then: deny\n", 4, 18, "within"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {within: Mon, zone: Mars/Base}}\n    then: deny\n", 4, 38, "Mars/Base"},
		{"version: 1\nrules:\n  - name: a\n    then: deny\n  - name: a\n    then: deny\n", 5, 11, "stands already in line 3"},
		{"version: 1\nlimits: {concurrent: 0}\n", 2, 22, "1 to"},
		{"version: 1\nlimits: {per_minute: 3}\n", 2, 10, "requests_per_minute"},
		{"version: 1\nmask: {request: 'sometimes'}\n", 2, 17, "off"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct policy *policy;
		struct why why = {0};

		assert_int_equal(policy_parse(slice_str(mistakes[i].text), ".", "test", &policy, &why), RC_BAD);
		assert_null(policy);
		if (why.line != mistakes[i].line || why.column != mistakes[i].column || !strstr(why.text, mistakes[i].says))
			fail_msg("%s gives %d:%d: %s", mistakes[i].text, why.line, why.column, why.text);
	}
}

static void a_rule_that_nothing_can_reach_is_a_mistake(void **state)
{
	static const char *const unreachable[] = {
		"  - {name: a, then: allow}\n  - {name: b, when: {stream: true}, then: deny}\n",
		"  - {name: a, when: {route: '/v1/*'}, then: allow}\n  - {name: b, when: {route: /v1/embeddings}, then: deny}\n",
		"  - {name: a, when: {any: [{stream: true}, {tools: true}]}, then: allow}\n  - {name: b, when: {tools: true, model: x}, then: deny}\n",
		"  - {name: a, when: {max_tokens: {over: 10}}, then: allow}\n  - {name: b, when: {max_tokens: {over: 20}}, then: deny}\n",
		"  - {name: a, when: {phi_in_prompt: {over: 1}}, then: allow}\n  - {name: b, when: {phi_in_prompt: {over: 1}}, then: deny}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof unreachable / sizeof *unreachable; i++) {
		struct policy *policy;
		struct why why = {0};
		char text[1024];

		snprintf(text, sizeof text, "version: 1\nrules:\n%s", unreachable[i]);
		assert_int_equal(policy_parse(slice_str(text), ".", "test", &policy, &why), RC_BAD);
		assert_int_equal(why.line, 4);
		assert_non_null(strstr(why.text, "\"b\" can never apply: \"a\" in line 3"));
	}
	policy_unref(parse("rules:\n  - {name: a, when: {max_tokens: {over: 20}}, then: allow}\n"
			   "  - {name: b, when: {max_tokens: {over: 10}}, then: deny}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(emergency_access_is_read),
		cmocka_unit_test(each_condition_holds_for_what_it_names_and_nothing_else),
		cmocka_unit_test(any_all_and_not_combine),
		cmocka_unit_test(a_pattern_meets_text_as_the_model_reads_it),
		cmocka_unit_test(approve_passes_over_history_and_deny_does_not),
		cmocka_unit_test(identifiers_of_the_prompt_are_counted),
		cmocka_unit_test(hours_are_those_of_the_zone_with_its_daylight_saving),
		cmocka_unit_test(what_is_shown_of_a_match_is_masked),
		cmocka_unit_test(a_mistake_is_named_with_its_place_and_what_is_allowed),
		cmocka_unit_test(a_rule_that_nothing_can_reach_is_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
