/* What a policy file may hold: each of its limits at the limit and past it, and what stands for what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "policies.h"
#include "policy.h"

static enum rc read_policy(const char *text, struct policy **out, struct why *why)
{
	*why = (struct why){0};
	return policy_parse(slice_str(text), ".", "test", out, why);
}

static struct policy *accepted(const char *text)
{
	struct policy *policy;
	struct why why;

	if (read_policy(text, &policy, &why) != RC_OK)
		fail_msg("%.300s gives %d:%d: %s", text, why.line, why.column, why.text);
	return policy;
}

static void accepts(const char *text)
{
	policy_unref(accepted(text));
}

static void refuses(const char *text, int line, int column, const char *says)
{
	struct policy *policy;
	struct why why;

	assert_int_equal(read_policy(text, &policy, &why), RC_BAD);
	if (why.line != line || why.column != column || !strstr(why.text, says))
		fail_msg("%.300s gives %d:%d: %s", text, why.line, why.column, why.text);
}

/* The texts with n letters between them. */
static const char *with_letters(const char *before, int n, const char *after)
{
	static char text[8192];

	snprintf(text, sizeof text, "%s%s", before, after);
	memmove(text + strlen(before) + (size_t)n, text + strlen(before), strlen(after) + 1);
	memset(text + strlen(before), 'a', (size_t)n);
	return text;
}

static void names_have_64_letters(void **state)
{
	static const char before[] = "version: 1\nrules: [{name: ", after[] = ", then: deny}]\n";
	char name[POLICY_NAME_MAX + 2] = "";

	(void)state;
	accepts(with_letters(before, POLICY_NAME_MAX, after));
	refuses(with_letters(before, POLICY_NAME_MAX + 1, after), 2, 16, "1 to 64");
	refuses("version: 1\nrules: [{name: '', then: deny}]\n", 2, 16, "1 to 64");
	memset(name, 'a', POLICY_NAME_MAX);
	assert_true(policy_is_name(name));
	name[POLICY_NAME_MAX] = 'a';
	assert_false(policy_is_name(name));
	assert_true(policy_is_name("a.b-c_D9"));
	assert_false(policy_is_name("") || policy_is_name(".") || policy_is_name("..") || policy_is_name(".hidden") || policy_is_name("a/b"));
}

static void messages_belong_to_what_is_told_and_have_500_bytes(void **state)
{
	static const char deny[] = "version: 1\nrules: [{name: a, then: deny, message: ";

	(void)state;
	accepts(with_letters(deny, 500, "}]\n"));
	refuses(with_letters(deny, 501, "}]\n"), 2, 40, "1 to 500 bytes");
	refuses("version: 1\nrules: [{name: a, then: deny, message: ''}]\n", 2, 40, "1 to 500 bytes");
	accepts("version: 1\nrules: [{name: a, when: {phi_in_response: {over: 1}}, then: cut, message: m}]\n");
	refuses("version: 1\nrules: [{name: a, then: allow, message: m}]\n", 2, 32, "\"message\" belongs to");
	refuses("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, message: m}]\n", 2, 53, "\"message\" belongs to");
	for (int i = 0; i < 3; i++) {
		static const char *const keys[] = {"by: {groups: [g]}", "ttl: 5m", "wait: 5m"};
		char text[128];

		snprintf(text, sizeof text, "version: 1\nrules: [{name: a, then: deny, %s}]\n", keys[i]);
		refuses(text, 2, 31, "belongs to rules with \"then: approve\"");
	}
}

static struct verdict held(const struct policy *policy)
{
	const struct facts facts = {.method = "POST", .route = "/v1/chat/completions", .user = "u"};
	struct verdict v;

	policy_decide(policy, &facts, &v);
	assert_int_equal(v.decision, DECISION_APPROVE);
	return v;
}

static void holds_stand_for_a_week_and_clients_wait_for_an_hour(void **state)
{
	struct policy *policy = accepted("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}}]\n");

	(void)state;
	assert_int_equal(held(policy).ttl_ns, 15 * 60 * NS_PER_S);
	assert_int_equal(held(policy).wait_ns, 4 * 60 * NS_PER_S);
	policy_unref(policy);
	policy = accepted("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 7d, wait: 1h}]\n");
	assert_int_equal(held(policy).ttl_ns, 7 * 86400 * NS_PER_S);
	assert_int_equal(held(policy).wait_ns, 3600 * NS_PER_S);
	policy_unref(policy);
	policy = accepted("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 1s, wait: 1s}]\n");
	assert_int_equal(held(policy).wait_ns, NS_PER_S);
	policy_unref(policy);
	refuses("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 999ms}]\n", 2, 58, "1s to 7d");
	refuses("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 604801}]\n", 2, 58, "1s to 7d");
	refuses("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 7d, wait: 3601}]\n", 2, 68, "at most 1h");
	refuses("version: 1\nrules: [{name: a, then: approve, by: {groups: [g]}, ttl: 10s, wait: 10001ms}]\n", 2, 69, "not longer than \"ttl\"");
}

/* What was begun and not written out must not become a rule that always applies, or none. */
static void what_is_left_empty_is_a_mistake(void **state)
{
	(void)state;
	refuses("version: 1\nrules:\n  - name: a\n    when:\n    then: allow\n", 4, 10, "\"when\" is empty");
	refuses("version: 1\nrules:\n  - name: a\n    when: {}\n    then: allow\n", 4, 11, "a condition must be a mapping");
	refuses("version: 1\nrules:\n  - name: a\n    when: {not: {}}\n    then: allow\n", 4, 17, "a condition must be a mapping");
	refuses("version: 1\nrules:\n  - name: a\n    when: {stream: }\n    then: allow\n", 4, 20, "true or false");
	refuses("version: 1\nrules: {name: a, then: deny}\n", 2, 8, "\"rules\" must be a list");
	accepts("version: 1\nrules:\n");
}

static void numbers_go_as_far_as_they_can_be_counted(void **state)
{
	struct policy *policy;

	(void)state;
	policy = accepted("version: 1\nlimits: {requests_per_minute: 1000000000, concurrent: 1}\n");
	assert_int_equal(policy_limits(policy)->requests_per_minute, 1000000000);
	policy_unref(policy);
	refuses("version: 1\nlimits: {requests_per_minute: 1000000001}\n", 2, 31, "1 to 1000000000");
	accepts("version: 1\nrules: [{name: a, when: {body_bytes: {over: 9223372036854775807}}, then: deny}]\n");
	refuses("version: 1\nrules: [{name: a, when: {body_bytes: {over: 9223372036854775808}}, then: deny}]\n", 2, 38, "\"over\" is too large");
	accepts("version: 1\nemergency: {groups: [g], max_duration: 24h}\n");
	accepts("version: 1\nemergency: {groups: [g], max_duration: 1s}\n");
	refuses("version: 1\nemergency: {groups: [g], max_duration: 86401}\n", 2, 40, "1s to 24h");
	refuses("version: 1\nrules: [{name: a, when: {time: {within: 'Mon 07:00-19:00x', zone: UTC}}, then: deny}]\n", 2, 41, "names no hours");
}

/* Of two limits, the one that is never reached is warned of, and only that. */
static void a_limit_of_a_session_may_be_that_of_a_day(void **state)
{
	static const char *const fine[] = {"phi_per_session: 10, phi_per_day: 10", "phi_per_session: 10", "phi_per_day: 10"};
	char text[128];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct policy *policy;

		snprintf(text, sizeof text, "version: 1\nlimits: {%s}\n", fine[i]);
		policy = accepted(text);
		assert_null(policy_warning(policy, 0));
		policy_unref(policy);
	}
}

static void patterns_have_4096_bytes_and_there_are_1000(void **state)
{
	static const char before[] = "version: 1\nrules: [{name: a, when: {prompt_matches: '", after[] = "'}, then: deny}]\n";
	struct buf many;

	(void)state;
	accepts(with_letters(before, 4096, after));
	refuses(with_letters(before, 4097, after), 2, 42, "of at most 4096 bytes");
	buf_init(&many, 65536);
	buf_puts(&many, "version: 1\nrules: [{name: a, when: {prompt_matches: [");
	for (int i = 0; i <= 1000; i++)
		buf_printf(&many, "%sp%d", i ? "," : "", i);
	buf_puts(&many, "]}, then: deny}]\n");
	refuses(many.data, 2, 43 + 10 * 3 + 90 * 4 + 900 * 5, "at most 1000 patterns");
	buf_free(&many);
}

/* Whether one rule hides another can take longer to find out than anybody waits. */
static void conditions_in_conditions_are_compared_for_no_longer_than_is_useful(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	buf_puts(&text, "version: 1\nrules:\n  - {name: a, when: ");
	for (int i = 0; i < 14; i++)
		buf_printf(&text, "{any: [{model: a%d}, {model: b%d}, {model: c%d}, {model: d%d}, {model: e%d}, {model: f%d}, ", i, i, i, i, i, i);
	buf_puts(&text, "{model: last}");
	for (int i = 0; i < 14; i++)
		buf_puts(&text, "]}");
	buf_puts(&text, ", then: deny}\n  - {name: b, when: ");
	for (int i = 0; i < 14; i++)
		buf_printf(&text, "{all: [{user: a%d*}, {user: b%d*}, {user: c%d*}, {user: d%d*}, {user: e%d*}, {user: f%d*}, ", i, i, i, i, i, i);
	buf_puts(&text, "{tools: true}");
	for (int i = 0; i < 14; i++)
		buf_puts(&text, "]}");
	buf_puts(&text, ", then: allow}\n");
	accepts(text.data);
	buf_free(&text);
}

static void a_file_has_a_mebibyte(void **state)
{
	char path[] = "/tmp/phigate-policy-XXXXXX";
	struct policy *policy = NULL;
	struct why why;
	struct buf text;
	int fd = mkstemp(path);

	(void)state;
	buf_init(&text, 2 << 20);
	buf_puts(&text, "version: 1\n#");
	while (text.len < 1 << 20)
		buf_putc(&text, 'a');
	assert_int_equal(file_write(path, buf_slice(&text), 0600, NULL), RC_OK);
	assert_int_equal(policy_load(path, "test", &policy, &why), RC_OK);
	policy_unref(policy);
	buf_putc(&text, 'a');
	assert_int_equal(file_write(path, buf_slice(&text), 0600, NULL), RC_OK);
	assert_int_not_equal(policy_load(path, "test", &policy, &why), RC_OK);
	assert_null(policy);
	close(fd);
	unlink(path);
	buf_free(&text);
}

static void what_is_no_name_is_no_file(void **state)
{
	static char *none[] = {".hidden", "../policies/a", ""};

	(void)state;
	for (int i = 0; i < 3; i++) {
		const struct text_list names = {&none[i], 1};
		struct policies *policies;
		struct why why = {0};

		assert_int_equal(policies_load("/tmp", &names, &policies, &why), RC_BAD);
		assert_null(policies);
		assert_non_null(strstr(why.text, "is no policy's name"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_64_letters),
		cmocka_unit_test(messages_belong_to_what_is_told_and_have_500_bytes),
		cmocka_unit_test(holds_stand_for_a_week_and_clients_wait_for_an_hour),
		cmocka_unit_test(what_is_left_empty_is_a_mistake),
		cmocka_unit_test(numbers_go_as_far_as_they_can_be_counted),
		cmocka_unit_test(a_limit_of_a_session_may_be_that_of_a_day),
		cmocka_unit_test(patterns_have_4096_bytes_and_there_are_1000),
		cmocka_unit_test(conditions_in_conditions_are_compared_for_no_longer_than_is_useful),
		cmocka_unit_test(a_file_has_a_mebibyte),
		cmocka_unit_test(what_is_no_name_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
