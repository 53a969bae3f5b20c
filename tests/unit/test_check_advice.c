/* What `phigate-agent check` warns of: each risk alone, once, by its name; and nothing where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "check_advice.h"
#include "clock.h"

static char *names[] = {"one"};
static const struct text_list some = {names, 1};

struct heard {
	int n;
	struct why last;
};

static void hear(void *arg, const struct why *why)
{
	struct heard *h = arg;

	h->n++;
	h->last = *why;
}

/* Nothing to say of it. */
static struct connection careful_connection(void)
{
	return (struct connection){.name = names[0], .upstream = (char *)"https://m", .line = 7};
}

static struct config careful(struct connection *connection)
{
	struct config c = {.path = (char *)"/etc/phigate/agent.yaml", .connections = connection, .n_connections = 1, .n_notify = 1};

	c.recording.strict = true;
	c.recording.recipients.n = 1;
	c.recording.retention = 2192LL * 86400 * NS_PER_S;
	c.archive.dir = names[0];
	c.auditor_groups = some;
	return c;
}

static void says(const struct config *c, const char *text, int line)
{
	struct heard h = {0};

	advise_on_config(c, hear, &h);
	assert_int_equal(h.n, text ? 1 : 0);
	if (text) {
		assert_non_null(strstr(h.last.text, text));
		assert_string_equal(h.last.file, c->path);
		assert_int_equal(h.last.line, line);
	}
}

static void each_risk_of_the_agent_is_told(void **state)
{
	struct connection connection = careful_connection();
	struct config c = careful(&connection);

	(void)state;
	says(&c, NULL, 0);
	c.recording.recipients.n = 0;
	says(&c, "recording.recipients", 0);
	c = careful(&connection);
	c.recording.strict = false;
	says(&c, "recording.durability", 0);
	c = careful(&connection);
	c.recording.retention = 2189LL * 86400 * NS_PER_S;
	says(&c, "six years", 0);
	c = careful(&connection);
	c.archive.dir = NULL;
	says(&c, "archive names no place", 0);
	c.archive.s3.endpoint = names[0];
	c.archive.s3.lock = S3_LOCK_COMPLIANCE;
	says(&c, NULL, 0);
	c.archive.s3.lock = S3_LOCK_NONE;
	says(&c, "archive.s3.lock", 0);
	c = careful(&connection);
	c.auditor_groups.n = 0;
	says(&c, "roles.auditor", 0);
}

static void each_risk_of_a_connection_is_told_with_its_line(void **state)
{
	struct connection connection = careful_connection();
	const struct config c = careful(&connection);

	(void)state;
	connection.insecure = true;
	says(&c, "insecure", 7);
	connection = careful_connection();
	connection.local_key_optional = true;
	says(&c, "local_key", 7);
	connection = careful_connection();
	connection.allow_opaque = some;
	says(&c, "allow_opaque", 7);
	connection = careful_connection();
	connection.allow_content_types = some;
	says(&c, "allow_content_types", 7);
	connection = careful_connection();
	connection.credential.header = names[0];
	says(&c, NULL, 0);
	connection.upstream = (char *)"http://127.0.0.1:8080";
	says(&c, "upstream_user", 7);
	connection.upstream_user = names[0];
	says(&c, NULL, 0);
	connection = careful_connection();
	connection.analyzer.builtin = true;
	says(&c, NULL, 0);
	connection.analyzer.url = names[0];
	says(&c, "analyzer.on_failure", 7);
}

static void policy_says(const char *yaml, size_t n_notify, const char *text)
{
	struct connection connection = careful_connection();
	struct config c = careful(&connection);
	struct policy *policy = NULL;
	struct heard h = {0};
	struct why why = {0};

	c.n_notify = n_notify;
	assert_int_equal(policy_parse(slice_str(yaml), ".", "p", &policy, &why), RC_OK);
	advise_on_policy(&c, "/p/p.yaml", policy, hear, &h);
	assert_int_equal(h.n, text ? 1 : 0);
	if (text) {
		assert_non_null(strstr(h.last.text, text));
		assert_string_equal(h.last.file, "/p/p.yaml");
	}
	policy_unref(policy);
}

static void what_a_policy_lets_pass_is_told(void **state)
{
	(void)state;
	policy_says("version: 1\n", 0, NULL);
	policy_says("version: 1\nmask: {response: {default: partial, DATE: year, NAME: pseudonym}}\n", 0, NULL);
	policy_says("version: 1\nmask: {response: {default: keep}}\n", 1, "answers pass unmasked");
	policy_says("version: 1\nmask: {response: {DATE: keep, EMAIL: keep}}\n", 1, "keeps DATE, EMAIL: they");
	policy_says("version: 1\nmask: {response: {default: keep, SSN: redact}}\n", 1, "keeps NAME, DATE, PHONE, EMAIL, MRN: they");
	policy_says("version: 1\nemergency: {groups: [er]}\n", 1, NULL);
	policy_says("version: 1\nemergency: {groups: [er]}\n", 0, "told of it at once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_risk_of_the_agent_is_told),
		cmocka_unit_test(each_risk_of_a_connection_is_told_with_its_line),
		cmocka_unit_test(what_a_policy_lets_pass_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
