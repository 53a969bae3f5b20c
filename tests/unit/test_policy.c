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
#define UNNAMED ""                               /* a model that the request does not name */

/* One request; what a test does not name is as below. */
struct asked {
	const char *method, *route, *user, *group, *first_group, *model, *text[MESSAGES], *other, *opaque, *time, *purpose;
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
	char *names[] = {(char *)(uintptr_t)a->first_group, (char *)(uintptr_t)(a->group ? a->group : "clinicians")};
	struct text_list groups = {a->first_group ? names : names + 1, a->first_group ? 2 : 1};
	const char *model = !a->model ? "llama3" : *a->model ? a->model : NULL;
	struct prompt prompt = {.model = (char *)(uintptr_t)model, .stream = a->stream, .tools = a->tools,
		.max_tokens = a->max_tokens ? a->max_tokens : 100, .messages = messages, .other_text = (char *)(uintptr_t)a->other,
		.opaque = &opaque, .n_opaque = a->opaque != NULL};
	struct facts facts = {.method = a->method ? a->method : "POST", .route = a->route ? a->route : "/v1/chat/completions",
		.user = a->user ? a->user : "alice@hospital.example", .groups = &groups, .prompt = a->no_body ? NULL : &prompt,
		.body_bytes = a->body_bytes, .purpose = a->purpose, .n_history = a->history};
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
		"  - {name: rest, when: {stream: true}, then: deny, message: 'No streams.'}\n"
		"  - {name: brief, when: {tools: true}, then: approve, by: {groups: [privacy-officers]}, ttl: 1s}\n");
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
	v = decide_shown(policy, &(struct asked){.tools = true}, NULL);
	assert_int_equal(v.wait_ns, NS_PER_S);           /* nobody waits longer than there is to wait for */
	v = decide_shown(policy, &(struct asked){.model = "small"}, NULL);
	assert_int_equal(v.decision, DECISION_ALLOW);
	assert_null(v.rule);
	policy_unref(policy);
}

static void the_reason_is_what_held_and_a_pattern_before_all_else(void **state)
{
	struct policy *policy = parse("rules:\n"
		"  - {name: a, when: {any: [{model: big}, {tools: true}, {prompt_matches: 'foo'}]}, then: deny}\n"
		"  - {name: b, when: {prompt_matches: 'bar'}, then: approve, by: {groups: [x]}}\n");

	(void)state;
	assert_string_equal(decide_shown(policy, &(struct asked){.tools = true}, NULL).matched, "tools");
	assert_string_equal(decide_shown(policy, &(struct asked){.tools = true, .text = {"foo"}}, NULL).matched, "prompt_matches");
	/* text outside of messages is never history */
	assert_int_equal(decide_shown(policy, &(struct asked){.text = {"bar"}, .history = 1}, NULL).decision, DECISION_ALLOW);
	assert_int_equal(decide_shown(policy, &(struct asked){.text = {"x"}, .other = "bar", .history = 1}, NULL).decision, DECISION_APPROVE);
	policy_unref(policy);
}

static void emergency_access_is_for_each_of_its_groups(void **state)
{
	char *both[] = {"nurses", "er"}, *other[] = {"nurses"};
	const struct person in = {.groups = {both, 2}}, out = {.groups = {other, 1}};
	struct policy *policy = parse("emergency: {groups: [icu, er]}\n");
	struct why why = {0};

	(void)state;
	assert_int_equal(emergency_allowed(policy_emergency(policy), "test", &in, &why), RC_OK);
	assert_int_equal(emergency_allowed(policy_emergency(policy), "test", &out, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "icu, er"));
	policy_unref(policy);
}

static void emergency_access_is_read(void **state)
{
	struct policy *policy = parse("emergency: {groups: [er], max_duration: 20m}\n");

	(void)state;
	assert_string_equal(policy_emergency(policy)->groups.item[0], "er");
	assert_int_equal(policy_emergency(policy)->max_duration_ns, 1200 * NS_PER_S);
	policy_unref(policy);
	policy = parse("emergency: {groups: er, max_duration: 1s}\n");
	assert_int_equal(policy_emergency(policy)->max_duration_ns, NS_PER_S);
	policy_unref(policy);
	policy = parse("emergency: {groups: er, max_duration: 24h}\n");
	assert_int_equal(policy_emergency(policy)->max_duration_ns, 86400 * NS_PER_S);
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
	holds_not("{route: /v1/Embeddings}", (struct asked){.route = "/v1/embeddings"});
	holds("{route: '/v1/embeddings*'}", (struct asked){.route = "/v1/embeddings"});
	holds_not("{user: Bob@hospital.example}", (struct asked){.user = "bob@hospital.example"});
	holds("{tools: false}", (struct asked){.no_body = true});
	holds("{stream: false}", (struct asked){.no_body = true});
	holds_not("{opaque: false}", (struct asked){.opaque = "image"});
	holds("{opaque: false}", (struct asked){.text = {"x"}});
	holds("{time: {within: Wed, zone: UTC}}", (struct asked){.time = "1969-12-31T12:00:00Z"});
	holds("{time: {within: Sat, zone: UTC}}", (struct asked){.time = "1969-12-20T12:00:00Z"});
	holds("{route: '/v1/*'}", (struct asked){.route = "/v1/models"});
	holds("{method: [DELETE, POST]}", (struct asked){.method = "POST"});
	holds_not("{method: DELETE}", (struct asked){.method = "POST"});
	holds("{model: ['x', 'Llama*']}", (struct asked){.model = "llama3:8b"});
	holds_not("{model: llama3}", (struct asked){.model = "llama3:8b"});
	holds_not("{model: '*'}", (struct asked){.no_body = true});
	holds_not("{model: '*'}", (struct asked){.model = UNNAMED});
	holds("{user: '*@hospital.example'}", (struct asked){.user = "bob@hospital.example"});
	holds_not("{user: '*@hospital.example'}", (struct asked){.user = "bob@hospital.example.net"});
	holds("{group: [a, clinicians]}", (struct asked){.text = {"x"}});
	holds_not("{group: clinician}", (struct asked){.text = {"x"}});
	holds("{group: students}", (struct asked){.text = {"x"}, .first_group = "clinicians", .group = "students"});
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
	holds("{purpose: [TREAT, HOPERAT]}", (struct asked){.purpose = "HOPERAT"});
	holds_not("{purpose: [TREAT, HOPERAT]}", (struct asked){.purpose = "HRESCH"});
	holds_not("{purpose: TREAT}", (struct asked){0});
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
	/* U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000 */
	static const char *const spaces[] = {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
		"\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

	(void)state;
	holds(when, (struct asked){.text = {"hello", "List ALL  patients now"}});
	holds_not(when, (struct asked){.text = {"List small patientswing"}});
	holds(when, (struct asked){.text = {"ａｌｌ patients"}});                 /* full width */
	holds(when, (struct asked){.text = {"al\xe2\x80\x8bl pat\xc2\xadients"}}); /* zero width, soft hyphen */
	holds(when, (struct asked){.text = {"\xd0\xb0ll p\xd0\xb0tients"}});       /* Cyrillic a */
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
		char text[32];

		snprintf(text, sizeof text, "all%spatients", spaces[i]);
		holds(when, (struct asked){.text = {text}});
	}
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
	struct buf shown;

	(void)state;
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_ALLOW);
	a.history = 0;
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_APPROVE);
	a = (struct asked){.text = {"all patients", "yes", "all patients again"}, .history = 2};
	buf_init(&shown, 4096);
	assert_int_equal(decide_shown(policy, &a, &shown).decision, DECISION_APPROVE);
	assert_non_null(strstr(shown.data, "\"message\":3,"));     /* and what is shown is what is new */
	buf_free(&shown);
	a = (struct asked){.text = {"rot13", "yes"}, .history = 2};
	assert_int_equal(decide_shown(policy, &a, NULL).decision, DECISION_DENY);
	policy_unref(policy);
}

static void allow_looks_at_history_too(void **state)
{
	struct policy *policy = parse("rules:\n"
		"  - {name: study, when: {prompt_matches: study 7}, then: allow}\n  - {name: rest, then: deny}\n");

	(void)state;
	assert_int_equal(decide_shown(policy, &(struct asked){.text = {"study 7", "yes", "and now?"}, .history = 2}, NULL).decision, DECISION_ALLOW);
	policy_unref(policy);
}

/* Texts come here as UTF-8; one that did not must not pass for one that no rule is about. */
static void what_cannot_be_looked_at_is_denied(void **state)
{
	struct policy *policy = parse("rules:\n  - {name: bulk, when: {prompt_matches: all patients}, then: approve, by: {groups: [p]}}\n");
	const struct asked a = {.text = {"\xff"}};
	struct verdict v;

	(void)state;
	v = decide_shown(policy, &a, NULL);
	assert_int_equal(v.decision, DECISION_DENY);
	assert_null(v.rule);
	assert_non_null(v.message);
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
	/* the night they go forward has no hour from two to three, the night they go back has the hour from one to two twice */
	holds("{time: {within: 'Sun 01:00-02:00', zone: America/New_York}}", (struct asked){.time = "2026-03-08T06:59:59Z"});
	holds_not("{time: {within: 'Sun 01:00-03:00', zone: America/New_York}}", (struct asked){.time = "2026-03-08T07:00:00Z"});
	holds("{time: {within: 'Sun 03:00-04:00', zone: America/New_York}}", (struct asked){.time = "2026-03-08T07:00:00Z"});
	holds("{time: {within: 'Sun 01:00-02:00', zone: America/New_York}}", (struct asked){.time = "2026-11-01T05:00:00Z"});
	holds("{time: {within: 'Sun 01:00-02:00', zone: America/New_York}}", (struct asked){.time = "2026-11-01T06:59:59Z"});
	holds_not("{time: {within: 'Sun 01:00-02:00', zone: America/New_York}}", (struct asked){.time = "2026-11-01T07:00:00Z"});
	holds("{time: {within: 'Sat 22:00-06:00', zone: America/New_York}}", (struct asked){.time = "2026-03-08T09:59:59Z"});
	holds_not("{time: {within: 'Sat 22:00-06:00', zone: America/New_York}}", (struct asked){.time = "2026-03-08T10:00:00Z"});
	holds("{time: {within: 'Sat 22:00-06:00', zone: America/New_York}}", (struct asked){.time = "2026-11-01T10:59:59Z"});
	holds_not("{time: {within: 'Sat 22:00-06:00', zone: America/New_York}}", (struct asked){.time = "2026-11-01T11:00:00Z"});
	holds("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T05:59:59Z"});
	holds("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T22:00:00Z"});
	holds_not("{time: {within: '22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-27T06:00:00Z"});
	/* a night belongs to the day that it begins on */
	holds("{time: {within: 'Sat 22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-29T03:00:00Z"});
	holds_not("{time: {within: 'Sat 22:00-06:00', zone: UTC}}", (struct asked){.time = "2026-11-28T03:00:00Z"});
	holds("{time: {within: ['Sat,Sun', 'Mon 00:00-01:00'], zone: UTC}}", (struct asked){.time = "2026-11-30T00:30:00Z"});
	holds("{time: {within: 'Tue,Sun 10:00-11:00', zone: UTC}}", (struct asked){.time = "2026-11-29T10:00:00Z"});
	holds_not("{time: {within: 'Tue,Sun 10:00-11:00', zone: UTC}}", (struct asked){.time = "2026-11-28T10:00:00Z"});
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
	assert_non_null(strstr(shown.data, "{\"condition\":\"prompt_matches\",\"pattern\":\"8741.*patients\",\"message\":1,\"role\":\"user\""));
	assert_non_null(strstr(shown.data, "[SSN]"));
	assert_null(strstr(shown.data, "8741 and"));
	policy_unref(policy);
	policy = deny_when("{any: [{max_tokens: {over: 8000}}, {body_bytes: {over: 9}}]}");
	buf_clear(&shown);
	decide_shown(policy, &(struct asked){.max_tokens = 8001}, &shown);
	assert_string_equal(shown.data, "{\"condition\":\"max_tokens\",\"over\":8000,\"value\":8001}");
	buf_clear(&shown);
	decide_shown(policy, &(struct asked){.max_tokens = INT64_MAX}, &shown);  /* none is named, or none that is one */
	assert_string_equal(shown.data, "{\"condition\":\"max_tokens\",\"over\":8000,\"value\":null}");
	buf_clear(&shown);
	decide_shown(policy, &(struct asked){.body_bytes = 10}, &shown);
	assert_string_equal(shown.data, "{\"condition\":\"body_bytes\",\"over\":9,\"value\":10}");
	policy_unref(policy);
	policy = deny_when("{any: [{tools: true}, {prompt_matches: foo}, {prompt_matches: bar}]}");
	buf_clear(&shown);
	decide_shown(policy, &(struct asked){.text = {"foo bar"}, .tools = true}, &shown);      /* of two patterns, the first */
	assert_non_null(strstr(shown.data, "{\"condition\":\"prompt_matches\",\"pattern\":\"foo\""));
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
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: '07:60-09:00', zone: UTC}}\n    then: deny\n", 4, 28, "no hours"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: '24:00-06:00', zone: UTC}}\n    then: deny\n", 4, 28, "no hours"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: '07:00-07:00', zone: UTC}}\n    then: deny\n", 4, 28, "no hours"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: 'Monx', zone: UTC}}\n    then: deny\n", 4, 28, "no hours"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: Mon, within: Tue, zone: UTC}}\n    then: deny\n", 4, 18, "either"},
		{"version: 1\nrules:\n  - name: a\n    when: {any: []}\n    then: deny\n", 4, 17, "at least one condition"},
		{"version: 1\nrules:\n  - name: a\n    when: {route: [/x, '']}\n    then: deny\n", 4, 19, "none empty"},
		{"version: 1\nrules:\n  - name: a\n    when: {method: post}\n    then: deny\n", 4, 20, "capitals"},
		{"version: 1\nrules:\n  - name: a\n    when: {prompt_matches: {a: b}}\n    then: deny\n", 4, 28, "pattern or a list"},
		{"version: 1\nrules:\n  - name: a\n    when: {tools: ~}\n    then: deny\n", 4, 19, "true or false"},
		{"version: 1\nemergency: {groups: [er, '']}\n", 2, 21, "at least one group"},
		{"version: 1\nemergency: {groups: [er], max_duration: 0s}\n", 2, 41, "1s to 24h"},
		{"version: 1\nemergency: {groups: [er], max_duration: 25h}\n", 2, 41, "1s to 24h"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {outside: Mon}}\n    then: deny\n", 4, 18, "zone"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {zone: UTC}}\n    then: deny\n", 4, 18, "within"},
		{"version: 1\nrules:\n  - name: a\n    when: {time: {within: Mon, zone: Mars/Base}}\n    then: deny\n", 4, 38, "Mars/Base"},
		{"version: 1\nrules:\n  - name: a\n    then: deny\n  - name: a\n    then: deny\n", 5, 11, "stands already in line 3"},
		{"version: 1\nrules:\n  - {name: a, then: approve, by: {groups: [b]}, ttl: 0s}\n", 3, 54, "1s to 7d"},
		{"version: 1\nrules:\n  - {name: a, then: approve, by: {groups: [b]}, ttl: 8d}\n", 3, 54, "1s to 7d"},
		{"version: 1\nrules:\n  - {name: a, then: approve, by: {groups: [b]}, ttl: 7d, wait: 2h}\n", 3, 64, "at most 1h"},
		{"version: 1\nrules:\n  - {name: a, then: approve, by: {groups: [b]}, ttl: 5m, wait: 6m}\n", 3, 64, "not longer than"},
		{"version: 1\nlimits: {concurrent: 0}\n", 2, 22, "1 to"},
		{"version: 1\nlimits: {phi_per_day: 1000000001}\n", 2, 23, "1 to 1000000000"},
		{"version: 1\nlimits: {per_minute: 3}\n", 2, 10, "requests_per_minute"},
		{"version: 1\nlimits: {tokens_per_day: many}\n", 2, 26, "tokens_per_day"},
		{"version: 1\nmask: {request: 'sometimes'}\n", 2, 17, "off"},
		{"version: 1\nrules:\n  - name: a\n    when: {purpose: CARE}\n    then: deny\n", 4, 21, "TREAT, HPAYMT, HOPERAT, HRESCH"},
		{"version: 1\nrequire_reason: sometimes\n", 2, 17, "true or false"},
		{"version: 1\nrequire_purpose: [TREAT, CARE]\n", 2, 18, "TREAT, HPAYMT, HOPERAT, HRESCH"},
		{"version: 1\nrequire_purpose: []\n", 2, 18, "must be true, or a list"},
		{"version: 1\nrules:\n  - name: a\n    when: {phi_in_response: {over: 3}}\n    then: approve\n    by: {groups: [x]}\n", 4, 12,
		 "belongs to rules with \"then: cut\", not \"then: approve\""},
		{"version: 1\nrules:\n  - name: a\n    when: {any: [{stream: true}, {phi_in_response: {over: 3}}]}\n    then: deny\n", 4, 35, "not \"then: deny\""},
		{"version: 1\nrules:\n  - name: a\n    then: cut\n", 4, 11, "needs \"phi_in_response\""},
		{"version: 1\nrules:\n  - name: a\n    when: {stream: true}\n    then: cut\n", 4, 11, "needs \"phi_in_response\""},
		{"version: 1\nrules:\n  - name: a\n    when: {any: [{phi_in_response: {over: 3}}, {stream: true}]}\n    then: cut\n", 4, 11, "in every way"},
		{"version: 1\nrules:\n  - name: a\n    when: {not: {phi_in_response: {over: 3}}}\n    then: cut\n", 4, 18, "cannot stand in \"not\""},
		{"version: 1\nrules:\n  - name: a\n    when: {phi_in_response: 3}\n    then: cut\n", 4, 29, "over"},
		{"version: 1\nrules:\n  - name: a\n    when: {phi_in_response: {over: 3}}\n    then: cut\n    wait: 4m\n", 6, 5, "approve"},
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
		"  - {name: a, when: {phi_in_response: {over: 1}}, then: cut}\n  - {name: b, when: {phi_in_response: {over: 5}, group: x}, then: cut}\n",
		"  - {name: a, when: {purpose: [TREAT, HRESCH]}, then: allow}\n  - {name: b, when: {purpose: TREAT}, then: deny}\n",
		"  - {name: a, when: {model: llama}, then: allow}\n  - {name: b, when: {model: LLAMA}, then: deny}\n",
		"  - {name: a, when: {not: {route: /v1/a}}, then: allow}\n  - {name: b, when: {not: {route: '/v1/*'}}, then: deny}\n",
	};

	static const char *const reachable[] = {
		"  - {name: a, when: {purpose: TREAT}, then: allow}\n  - {name: b, when: {purpose: [TREAT, HRESCH]}, then: deny}\n",
		"  - {name: a, when: {prompt_matches: xx}, then: allow}\n  - {name: b, when: {prompt_matches: [xx, yy]}, then: deny}\n",
		"  - {name: a, when: {opaque: true}, then: allow}\n  - {name: b, when: {opaque: false}, then: deny}\n",
		"  - {name: a, when: {stream: true}, then: allow}\n  - {name: b, when: {stream: false}, then: deny}\n",
		"  - {name: a, then: allow}\n  - {name: b, when: {phi_in_response: {over: 1}}, then: cut}\n",
		"  - {name: a, when: {opaque: [image]}, then: allow}\n  - {name: b, when: {opaque: true}, then: deny}\n",
		"  - {name: a, when: {not: {route: '/v1/*'}}, then: allow}\n  - {name: b, when: {not: {route: /v1/a}}, then: deny}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof reachable / sizeof *reachable; i++) {
		char text[512];

		snprintf(text, sizeof text, "rules:\n%s", reachable[i]);
		policy_unref(parse(text));
	}
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

/* Which cannot hold, whatever is asked. */
static void a_condition_that_contradicts_itself_is_a_mistake(void **state)
{
	static const struct {
		const char *when;
		int column;
		const char *says;
	} never[] = {
		{"{all: [{stream: true}, {tools: true}, {stream: false}]}", 50, "\"stream\" contradicts \"stream\" in line 4"},
		{"{all: [{tools: true}, {tools: false}]}", 34, "contradicts"},
		{"{all: [{opaque: true}, {opaque: false}]}", 35, "contradicts"},
		{"{all: [{opaque: image}, {opaque: false}]}", 36, "contradicts"},
		{"{all: [{route: /v1/chat}, {route: ['/v1/embed*', /api/chat]}]}", 38, "\"route\" contradicts"},
		{"{all: [{model: 'GPT-*'}, {model: llama3}]}", 37, "\"model\" contradicts"},
		{"{all: [{user: alice@x}, {user: '*@y'}]}", 36, "\"user\" contradicts"},
		{"{all: [{method: GET}, {method: [POST, PUT]}]}", 34, "\"method\" contradicts"},
		{"{all: [{purpose: TREAT}, {purpose: HRESCH}]}", 37, "\"purpose\" contradicts"},
		{"{route: '/v1/*', not: {route: '/v1/*'}}", 28, "\"not\" contradicts \"route\""},
		{"{not: {max_tokens: {over: 10}}, max_tokens: {over: 20}}", 43, "\"max_tokens\" contradicts \"not\""},
		{"{time: {outside: [Sun-Sat], zone: UTC}}", 12, "none of the week"},
		{"{all: [{time: {within: Mon, zone: UTC}}, {time: {within: Tue-Sun, zone: UTC}}]}", 53, "\"time\" contradicts"},
		{"{any: [{all: [{stream: true}, {stream: false}]}, {time: {outside: '00:00-24:00', zone: UTC}}]}", 61, "none of the week"},
	};
	static const char *const may[] = {
		"{all: [{route: '/v1/*'}, {route: '*/chat'}]}", "{all: [{group: a}, {group: b}]}", "{all: [{model: GPT-4}, {model: gpt-4}]}",
		"{all: [{opaque: image}, {opaque: audio}]}", "{all: [{opaque: image}, {opaque: true}]}",
		"{any: [{tools: true}, {not: {all: [{stream: true}, {stream: false}]}}]}", "{all: [{prompt_matches: a}, {prompt_matches: b}]}",
		"{max_tokens: {over: 10}, not: {max_tokens: {over: 20}}}",
		"{all: [{time: {within: Mon, zone: UTC}}, {time: {within: Tue, zone: America/New_York}}]}",
		"{all: [{time: {within: Mon, zone: UTC}}, {time: {within: '06:00-07:00', zone: UTC}}]}",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
		struct policy *policy;
		struct why why = {0};

		snprintf(text, sizeof text, "version: 1\nrules:\n  - name: a\n    when: %s\n    then: deny\n", never[i].when);
		assert_int_equal(policy_parse(slice_str(text), ".", "test", &policy, &why), RC_BAD);
		if (why.line != 4 || why.column != never[i].column || !strstr(why.text, "the rule \"a\" can never apply: ") ||
		    !strstr(why.text, never[i].says))
			fail_msg("%s gives %d:%d: %s", never[i].when, why.line, why.column, why.text);
	}
	for (size_t i = 0; i < sizeof may / sizeof *may; i++) {
		struct policy *policy = deny_when(may[i]);

		assert_null(policy_warning(policy, 0));
		policy_unref(policy);
	}
}

static void what_is_likely_a_mistake_is_warned_of(void **state)
{
	struct policy *policy = parse("rules:\n  - name: a\n    when: {any: [{tools: true}, {all: [{stream: true}, {stream: false}]}]}\n    then: deny\n"
				      "limits: {phi_per_day: 10, phi_per_session: 11}\n");
	struct buf many;

	(void)state;
	assert_int_equal(policy_warning(policy, 0)->line, 4);
	assert_int_equal(policy_warning(policy, 0)->column, 57);
	assert_non_null(strstr(policy_warning(policy, 0)->text, "this part of the condition can never hold: \"stream\" contradicts"));
	assert_int_equal(policy_warning(policy, 1)->line, 6);
	assert_non_null(strstr(policy_warning(policy, 1)->text, "never reached"));
	assert_null(policy_warning(policy, 2));
	policy_unref(policy);
	buf_init(&many, 8192);
	buf_puts(&many, "rules:\n");
	for (int i = 0; i < 17; i++)
		buf_printf(&many, "  - {name: r%d, when: {any: [{model: m%d}, {all: [{stream: true}, {stream: false}]}]}, then: deny}\n", i, i);
	policy = parse(many.data);
	assert_non_null(policy_warning(policy, 15));     /* of more, nobody would read the rest */
	assert_null(policy_warning(policy, 16));
	policy_unref(policy);
	buf_free(&many);
}

static struct policy_cut cut_for(const struct policy *policy, const char *group, const char *text)
{
	struct prompt_message message = {.role = "user", .text = (char *)(uintptr_t)text, .n = strlen(text)};
	struct prompt prompt = {.messages = &message, .n_messages = 1};
	char *names[] = {(char *)(uintptr_t)group};
	const struct text_list groups = {names, 1};
	const struct facts facts = {.method = "POST", .route = "/v1/chat/completions", .user = "u", .groups = &groups, .prompt = &prompt};
	struct policy_cut cut;
	struct verdict v;

	policy_cut(policy, &facts, &cut);
	policy_decide(policy, &facts, &v);               /* what looks at answers decides on no request */
	assert_true(v.decision == DECISION_ALLOW && !v.rule);
	return cut;
}

static void an_answer_is_cut_by_the_rule_that_it_comes_to_first(void **state)
{
	struct policy *policy = parse("rules:\n"
		"  - {name: students, when: {phi_in_response: {over: 2}, group: students}, then: cut, message: Not for students.}\n"
		"  - {name: lists, when: {all: [{phi_in_response: {over: 5}}, {prompt_matches: 'list'}]}, then: cut}\n"
		"  - {name: all, when: {any: [{phi_in_response: {over: 50}}, {all: [{phi_in_response: {over: 9}}, {group: nurses}]}]}, then: cut}\n"),
		*none = parse("rules:\n  - {name: a, when: {group: z}, then: deny}\n");
	struct policy_cut cut = cut_for(policy, "students", "list them");

	(void)state;
	assert_int_equal(cut.over, 2);
	assert_string_equal(cut.rule, "students");
	assert_string_equal(cut.message, "Not for students.");
	cut = cut_for(policy, "nurses", "list them");
	assert_int_equal(cut.over, 5);
	assert_non_null(strstr(cut.message, "\"lists\""));
	assert_int_equal(cut_for(policy, "nurses", "hi").over, 9);
	assert_int_equal(cut_for(policy, "clinicians", "hi").over, 50);
	cut = cut_for(none, "clinicians", "hi");
	assert_true(cut.over == INT64_MAX && !cut.rule);
	assert_int_equal(cut_for(policy, "students", "\xff").over, 0);   /* what cannot be looked at */
	policy_unref(policy);
	policy = parse("rules:\n  - {name: lists, when: {prompt_matches: 'list', phi_in_response: {over: 5}}, then: cut}\n");
	assert_int_equal(cut_for(policy, "students", "\xff").over, 0);
	policy_unref(policy);
	policy_unref(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(the_reason_is_what_held_and_a_pattern_before_all_else),
		cmocka_unit_test(emergency_access_is_for_each_of_its_groups),
		cmocka_unit_test(emergency_access_is_read),
		cmocka_unit_test(each_condition_holds_for_what_it_names_and_nothing_else),
		cmocka_unit_test(any_all_and_not_combine),
		cmocka_unit_test(a_pattern_meets_text_as_the_model_reads_it),
		cmocka_unit_test(approve_passes_over_history_and_deny_does_not),
		cmocka_unit_test(allow_looks_at_history_too),
		cmocka_unit_test(what_cannot_be_looked_at_is_denied),
		cmocka_unit_test(identifiers_of_the_prompt_are_counted),
		cmocka_unit_test(hours_are_those_of_the_zone_with_its_daylight_saving),
		cmocka_unit_test(what_is_shown_of_a_match_is_masked),
		cmocka_unit_test(a_mistake_is_named_with_its_place_and_what_is_allowed),
		cmocka_unit_test(a_rule_that_nothing_can_reach_is_a_mistake),
		cmocka_unit_test(a_condition_that_contradicts_itself_is_a_mistake),
		cmocka_unit_test(what_is_likely_a_mistake_is_warned_of),
		cmocka_unit_test(an_answer_is_cut_by_the_rule_that_it_comes_to_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
