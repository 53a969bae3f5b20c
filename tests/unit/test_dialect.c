#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "json.h"

static struct dialect *load(const char *name)
{
	struct dialect *d = NULL;
	struct why why = {0};

	if (dialect_load(name, NULL, &d, &why) != RC_OK)
		fail_msg("%s:%d: %s", why.file, why.line, why.text);
	return d;
}

/* The path that is sent for a target; "400" or "403" when it is refused. */
static void expect(const char *dialect, const char *method, const char *target, const char *want)
{
	struct dialect *d = load(dialect);
	const struct route *route = NULL;
	struct why why = {0};
	char *path = NULL;
	enum rc rc = dialect_route(d, method, slice_str(target), &route, &path, &why);
	const char *got = rc == RC_OK ? path : rc == RC_BAD ? "400" : rc == RC_DENIED ? "403" : rc_name(rc);

	if (strcmp(got, want) != 0)
		fail_msg("%s %s: %s, expected %s", method, target, got, want);
	if (rc == RC_OK)
		assert_non_null(route);
	else
		assert_true(why.text[0]);
	free(path);
	dialect_free(d);
}

static void test_routes_are_found_and_sent_as_the_dialects_own(void **state)
{
	(void)state;
	expect("openai", "POST", "/v1/chat/completions", "/v1/chat/completions");
	expect("openai", "POST", "/v1/completions", "/v1/completions");
	expect("openai", "POST", "/v1/responses", "/v1/responses");
	expect("openai", "POST", "/v1/embeddings", "/v1/embeddings");
	expect("openai", "GET", "/v1/models", "/v1/models");
	expect("openai", "GET", "/v1/models?limit=2", "/v1/models?limit=2");
	expect("openai", "GET", "/v1/models/llama-3", "/v1/models/llama-3");
	expect("ollama", "POST", "/api/chat", "/api/chat");
	expect("ollama", "HEAD", "/", "/");
	expect("ollama", "GET", "/api/version", "/api/version");
	expect("ollama", "POST", "/v1/chat/completions", "/v1/chat/completions");
}

static void test_every_spelling_of_a_path_is_sent_in_the_same_one(void **state)
{
	(void)state;
	expect("openai", "POST", "//v1///chat/completions", "/v1/chat/completions");
	expect("openai", "POST", "/v1/chat/completions/", "/v1/chat/completions");
	expect("openai", "POST", "/v1/%63hat/completions", "/v1/chat/completions");
	expect("openai", "POST", "/v1/./chat/x/../completions", "/v1/chat/completions");
	expect("openai", "POST", "/v1/%2e/chat/completions", "/v1/chat/completions");
	expect("openai", "GET", "/v1/models/org%2Fllama%203", "/v1/models/org%2Fllama%203");
	expect("openai", "GET", "/v1/models/caf%C3%A9", "/v1/models/caf%C3%A9");
}

static void test_paths_that_can_be_read_in_two_ways_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "v1/models", "/v1/models/%", "/v1/models/%2", "/v1/models/%zz", "/v1/models/a%252fb", "/v1\\models", "/v1%5Cmodels",
		"/v1/models;x=1", "/v1/models%3Bx", "/v1/models%00", "/v1/mod\tels", "/v1/models%0a", "/../v1/models", "/v1/models/%ff",
		"/v1/models/..%2F..%2Fslots", "/v1/models/a%2F..", "/v1/models/%2Fslots", "/v1/models/a%2F%2Fb", "/v1/models#x",
		"/v1/models?a b", "/v1/models?a#b", "/v1/models%01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect("openai", "GET", bad[i], "400");
}

static void test_what_no_dialect_names_is_refused(void **state)
{
	static const char *const no[] = {"/slots", "/slots/0?action=save", "//slots", "/%73lots", "/v1/../slots", "/SLOTS/", "/metrics",
					 "/debug/pprof", "/", "/v1", "/V1/models", "/v1/models/a/b", "/v1%2Fmodels"};
	static const char *const ollama[] = {"/api/pull", "/api/push", "/api/create", "/api/copy", "/api/blobs/sha256:00", "/slots"};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		expect("openai", "GET", no[i], "403");
	for (size_t i = 0; i < sizeof ollama / sizeof *ollama; i++)
		expect("ollama", "POST", ollama[i], "403");
	expect("ollama", "DELETE", "/api/delete", "403");
	expect("openai", "DELETE", "/v1/models/m", "403");
	expect("openai", "GET", "/v1/chat/completions", "403");
}

static void test_errors_have_the_dialects_shape(void **state)
{
	struct dialect *openai = load("openai"), *ollama = load("ollama");
	const cJSON *error;
	struct buf out;
	cJSON *json;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(dialect_error(openai, 403, "permission_error", "no \"thing\"\n$type", "s-1", &out), RC_OK);
	json = json_parse(buf_slice(&out));
	assert_non_null(json);
	error = json_object(json, "error");
	assert_string_equal(json_text(error, "message"), "no \"thing\"\n$type");
	assert_string_equal(json_text(error, "type"), "permission_error");
	assert_string_equal(json_text(error, "request_id"), "s-1");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(error, "param")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(error, "code")));
	cJSON_Delete(json);
	buf_clear(&out);
	assert_int_equal(dialect_error(ollama, 403, "permission_error", "no", "s-1", &out), RC_OK);
	assert_string_equal(out.data, "{\"error\":\"no\"}");
	buf_free(&out);
	dialect_free(openai);
	dialect_free(ollama);
}

static void test_volatile_headers(void **state)
{
	struct dialect *d = load("openai");

	(void)state;
	assert_true(dialect_volatile_header(d, SLICE("User-Agent")));
	assert_true(dialect_volatile_header(d, SLICE("x-stainless-retry-count")));
	assert_true(dialect_volatile_header(d, SLICE("Idempotency-Key")));
	assert_false(dialect_volatile_header(d, SLICE("X-Trace")));
	assert_false(dialect_volatile_header(d, SLICE("OpenAI-Organization")));
	dialect_free(d);
}

static void test_an_unknown_dialect_is_told_with_those_there_are(void **state)
{
	struct dialect *d = NULL;
	struct why why = {0};

	(void)state;
	assert_int_equal(dialect_load("openapi", NULL, &d, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "ollama, openai"));
	assert_int_equal(dialect_load("../openai", NULL, &d, &why), RC_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_are_found_and_sent_as_the_dialects_own),
		cmocka_unit_test(test_every_spelling_of_a_path_is_sent_in_the_same_one),
		cmocka_unit_test(test_paths_that_can_be_read_in_two_ways_are_refused),
		cmocka_unit_test(test_what_no_dialect_names_is_refused),
		cmocka_unit_test(test_errors_have_the_dialects_shape),
		cmocka_unit_test(test_volatile_headers),
		cmocka_unit_test(test_an_unknown_dialect_is_told_with_those_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
