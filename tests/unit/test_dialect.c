#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialect_private.h"
#include "file.h"
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
	enum rc rc = dialect_route(d, method, slice_str(target), NULL, &route, &path, &why);
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

static void test_routes_of_every_dialect(void **state)
{
	(void)state;
	expect("anthropic", "POST", "/v1/messages?beta=true", "/v1/messages?beta=true");
	expect("anthropic", "POST", "/v1/messages/count_tokens", "/v1/messages/count_tokens");
	expect("ollama", "POST", "/v1/messages", "/v1/messages");
	for (size_t i = 0; i < 6; i++)
		expect("llamacpp", "POST", ((const char *[]){"/completion", "/infill", "/tokenize", "/detokenize", "/embedding", "/apply-template"})[i],
		       ((const char *[]){"/completion", "/infill", "/tokenize", "/detokenize", "/embedding", "/apply-template"})[i]);
	expect("llamacpp", "POST", "/v1/chat/completions", "/v1/chat/completions");
	expect("tgi", "POST", "/", "/");
	expect("tgi", "POST", "/generate_stream", "/generate_stream");
	expect("tgi", "GET", "/info", "/info");
	expect("tgi", "GET", "/health", "/health");
	expect("kserve", "POST", "/v2/models/a/infer", "/v2/models/a/infer");
	expect("kserve", "POST", "/v2/models/a/versions/1/generate_stream", "/v2/models/a/versions/1/generate_stream");
	expect("kserve", "GET", "/v2/health/ready", "/v2/health/ready");
	expect("kserve", "GET", "/v2/models/a/ready", "/v2/models/a/ready");
	expect("kserve", "POST", "/openai/v1/chat/completions", "/openai/v1/chat/completions");
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
		"/v1/models?a b", "/v1/models?a#b", "/v1/models%01", "/v1/models/%2z", "/v1/models/%z2", "/v1/mod\x01""els", "/v1/models/a\x7f",
		"/v1/models/a%7F", "/v1/models/a%2F.", "/v1/models/.%2Fa", "/v1/models?a\x7f", "/v1/models?a\\b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect("openai", "GET", bad[i], "400");
}

static void test_paths_have_8191_bytes_and_32_parts(void **state)
{
	char path[8200] = "/v1/models/", want[8200];

	(void)state;
	memset(path + strlen(path), 'a', 8191 - strlen(path));
	expect("openai", "GET", path, path);
	strcpy(want, path);
	strcat(path, "?b");                              /* the query is no part of it */
	strcat(want, "?b");
	expect("openai", "GET", path, want);
	strcpy(path + 8191, "a");
	expect("openai", "GET", path, "400");
	path[0] = '\0';
	for (int i = 0; i < 32; i++)
		strcat(path, "/a");
	expect("openai", "GET", path, "403");            /* it can be read, and is none that is named */
	strcat(path, "/a");
	expect("openai", "GET", path, "400");
	strcat(path, "/../..");                          /* parts that are taken back are none, but those before count */
	expect("openai", "GET", path, "400");
}

static void test_what_no_dialect_names_is_refused(void **state)
{
	static const char *const no[] = {"/slots", "/slots/0?action=save", "//slots", "/%73lots", "/v1/../slots", "/SLOTS/", "/metrics",
					 "/debug/pprof", "/", "/v1", "/V1/models", "/v1/models/a/b", "/v1%2Fmodels"};
	static const char *const ollama[] = {"/api/pull", "/api/push", "/api/create", "/api/copy", "/api/blobs/sha256:00", "/slots"};
	static const char *const others[][2] = {
		{"llamacpp", "/slots"}, {"llamacpp", "/slots/0"}, {"llamacpp", "/props"}, {"llamacpp", "/metrics"}, {"llamacpp", "/lora-adapters"},
		{"llamacpp", "/tools"}, {"tgi", "/metrics"}, {"tgi", "/tokenize"}, {"kserve", "/v2/repository/index"}, {"kserve", "/v2/models/a/stats"},
		{"kserve", "/v2/models/a/config"}, {"anthropic", "/v1/messages/batches"}, {"anthropic", "/v1/files"}, {"anthropic", "/v1/chat/completions"},
		{"openai", "/score"}, {"openai", "/v1/rerank"}, {"openai", "/classify"}, {"openai", "/pooling"}, {"openai", "/tokenize"},
		{"openai", "/v1/audio/transcriptions"}, {"openai", "/v1/realtime"}, {"openai", "/v1/responses/resp_1"}, {"openai", "/v1/files"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		expect("openai", "GET", no[i], "403");
	for (size_t i = 0; i < sizeof ollama / sizeof *ollama; i++)
		expect("ollama", "POST", ollama[i], "403");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		expect(others[i][0], "GET", others[i][1], "403");
		expect(others[i][0], "POST", others[i][1], "403");
	}
	expect("ollama", "DELETE", "/api/delete", "403");
	expect("openai", "DELETE", "/v1/models/m", "403");
	expect("openai", "GET", "/v1/chat/completions", "403");
	expect("openai", "post", "/v1/chat/completions", "403");
}

static void test_it_is_said_whether_the_route_or_its_method_is_refused(void **state)
{
	struct dialect *d = load("openai");
	const struct route *route;
	struct why why = {0};
	char *path;

	(void)state;
	assert_int_equal(dialect_route(d, "GET", SLICE("/v1/chat/completions"), NULL, &route, &path, &why), RC_DENIED);
	assert_string_equal(why.text, "this route does not take GET in the dialect openai");
	assert_non_null(route);                          /* whose shape the answer has */
	assert_int_equal(dialect_route(d, "GET", SLICE("/v1/nothing"), NULL, &route, &path, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "has no such route"));
	assert_null(route);
	dialect_free(d);
}

static void test_errors_have_the_dialects_shape(void **state)
{
	struct dialect *openai = load("openai"), *ollama = load("ollama");
	const cJSON *error;
	struct buf out;
	cJSON *json;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(dialect_error(openai, NULL, 403, "permission_error", "no \"thing\"\n$type", "s-1", &out), RC_OK);
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
	assert_int_equal(dialect_error(ollama, NULL, 403, "permission_error", "no", "s-1", &out), RC_OK);
	assert_string_equal(out.data, "{\"error\":\"no\"}");
	buf_free(&out);
	dialect_free(openai);
	dialect_free(ollama);
}

static void test_routes_that_a_connection_may_open(void **state)
{
	struct dialect *d = load("openai");
	char *names[] = {"/v1/rerank", "/metrics"};
	struct text_list allowed = {names, 2};
	const struct route *route;
	struct why why = {0};
	char *path;

	(void)state;
	assert_int_equal(dialect_route(d, "POST", SLICE("/v1/rerank"), &allowed, &route, &path, &why), RC_OK);
	free(path);
	assert_int_equal(dialect_route(d, "POST", SLICE("/rerank"), &allowed, &route, &path, &why), RC_DENIED);
	assert_int_equal(dialect_route(d, "GET", SLICE("/metrics"), &allowed, &route, &path, &why), RC_DENIED);
	assert_int_equal(dialect_check_allowed(d, &allowed, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "\"/metrics\""));
	assert_non_null(strstr(why.text, "/v1/audio/transcriptions, "));
	allowed.n = 1;
	assert_int_equal(dialect_check_allowed(d, &allowed, &why), RC_OK);
	dialect_free(d);
	d = load("anthropic");
	assert_int_equal(dialect_check_allowed(d, &allowed, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "there are: none"));
	dialect_free(d);
}

static void test_the_model_in_a_path(void **state)
{
	static const char *const rows[][3] = {
		{"/v2/models/a%2Fb%20c/infer?x=/y", "a/b c", "/v2/models/d%2F%C3%A9%3Fe/infer?x=/y"},
		{"/v2/models/a", "a", "/v2/models/d%2F%C3%A9%3Fe"}, {"/v2/models/a?x=%2F", "a", "/v2/models/d%2F%C3%A9%3Fe?x=%2F"},
		 {"/v2/health/live", NULL, "/v2/health/live"},
	};
	struct dialect *d = load("kserve");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct route *route;
		struct why why = {0};
		char *path, *model, *other;

		assert_int_equal(dialect_route(d, strstr(rows[i][0], "infer") ? "POST" : "GET", slice_str(rows[i][0]), NULL, &route, &path, &why), RC_OK);
		assert_int_equal(dialect_path_model(route, path, &model), RC_OK);
		assert_true(rows[i][1] ? model && strcmp(model, rows[i][1]) == 0 : !model);
		assert_int_equal(dialect_path_with_model(route, path, "d/\xc3\xa9?e", &other), RC_OK);
		assert_string_equal(other, rows[i][2]);
		free(path);
		free(model);
		free(other);
	}
	dialect_free(d);
}

/* ---- files of a site's own ---- */

/* What is wrong with a dialect of these lines, or "". */
static const char *fault_of(const char *text, const char *more_name, const char *more)
{
	static char said[1200];
	char dir[] = "/tmp/phigate-dialect-XXXXXX", path[64], more_path[64];
	struct dialect *d = NULL;
	struct why why = {0};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/mine.yaml", dir);
	snprintf(more_path, sizeof more_path, "%s/%s.yaml", dir, more_name ? more_name : "none");
	assert_int_equal(file_write(path, slice_str(text), 0600, NULL), RC_OK);
	if (more_name)
		assert_int_equal(file_write(more_path, slice_str(more), 0600, NULL), RC_OK);
	said[0] = '\0';
	if (dialect_load("mine", dir, &d, &why) != RC_OK)
		why_text(&why, said, sizeof said);
	else if (more_name)
		assert_non_null(strstr(dialect_text(d), more));  /* what is in force stands on record */
	dialect_free(d);
	unlink(path);
	unlink(more_path);
	rmdir(dir);
	return said;
}

#define ERROR "error: '{}'\n"
#define HEALTH "error: '[$status]'\nroutes: [{path: /health, method: GET}]\n"

static void test_a_dialect_of_ones_own(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ERROR "routes: [{path: [/a, /b], method: POST, streams: /b, request: {text: [x]}}]\n", ""},
		{ERROR "routes: [{path: a, method: GET}]\n", "begins with"},
		{ERROR "routes: [{path: /a}]\n", "a method, or says why"},
		{ERROR "routes: []\ninclude: [{dialect: openai, prefix: /x, routes: [/v1/models]}]\n", ""},
		{ERROR "routes: []\ninclude: {dialect: openai}\n", "must be a list"},
		{ERROR "routes: {path: /a, method: GET}\n", "must be a list"},
		{ERROR "routes: []\ninclude: [{dialect: ollama, routes: [/v1/chat/completions]}]\n", ""},  /* which includes it */
		{ERROR "routes: [{path: /a, method: POST, request: {opaque: [a]}}]\n", "a mapping of kinds"},
		{ERROR "routes: []\ninclude: [{dialect: openapi, routes: [/v1/models]}]\n", "there is no dialect \"openapi\""},
		{ERROR "routes: []\ninclude: [{dialect: openai, routes: [/v1/nothing]}]\n", "openai has no route \"/v1/nothing\""},
		{ERROR "routes: []\ninclude: [{dialect: mine, routes: [/a]}]\n", "more than 3 deep"},
		{ERROR "routes: [{path: /a, method: POST, request: {model: a.b}}]\n", "a member of the request itself"},
		{ERROR "routes: [{path: /a, method: POST, request: {whole: smoke}}]\n", "no opaque kind"},
		{ERROR "routes: [{path: /a, method: POST, request: {whole: media}}]\n", "no opaque kind"},
		{ERROR "routes: [{path: /a, method: POST, request: {opaque: {smoke: [a]}}}]\n", "no opaque kind"},
		{ERROR "routes: [{path: /a, method: POST, response: {usage: {input: [a], output: [a]}}}]\n", "listed twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *said = fault_of(rows[i].text, NULL, NULL);

		if (*rows[i].says ? !strstr(said, rows[i].says) || !strstr(said, "mine.yaml:") : *said)
			fail_msg("%s: %s", rows[i].text, said);
	}
	assert_string_equal(fault_of(ERROR "routes: []\ninclude: [{dialect: openai, routes: [/health]}]\n", "openai", HEALTH), "");
	assert_non_null(strstr(fault_of(ERROR "routes: []\ninclude: [{dialect: openai, routes: [/health]}]\n", "openai", "error: 1\n"), "openai.yaml:"));
}

/* Files of dialects in a folder of their own; which are the names and texts of files, by turns. */
static void in_folder(char dir[64], const char *const files[][2], size_t n)
{
	char path[128];

	strcpy(dir, "/tmp/phigate-dialect-XXXXXX");
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s.yaml", dir, files[i][0]);
		assert_int_equal(file_write(path, slice_str(files[i][1]), 0600, NULL), RC_OK);
	}
}

static void clear_folder(const char *dir, const char *const files[][2], size_t n)
{
	char path[128];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s.yaml", dir, files[i][0]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

#define INCLUDE(name) ERROR "routes: []\ninclude: [{dialect: " name ", routes: [/v1/models]}]\n"

static void test_dialects_include_each_other_three_deep(void **state)
{
	static const char *const files[][2] = {{"a", INCLUDE("b")}, {"b", INCLUDE("c")}, {"c", INCLUDE("d")}, {"d", INCLUDE("openai")}};
	struct dialect *d;
	struct why why = {0};
	char dir[64];

	(void)state;
	in_folder(dir, files, 4);
	assert_int_equal(dialect_load("b", dir, &d, &why), RC_OK);
	dialect_free(d);
	assert_int_equal(dialect_load("a", dir, &d, &why), RC_BAD);
	assert_null(d);
	assert_non_null(strstr(why.text, "more than 3 deep"));
	clear_folder(dir, files, 4);
}

/* One of the program's own that includes one of the site's is not the program's own any more: its text stands on record. */
static void test_what_a_site_has_changed_is_its_own(void **state)
{
	static const char *const files[][2] = {{"openai", ERROR "routes: [{path: [/health, /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/models,\n"
		"  '/v1/models/{model}', /v1/responses], method: GET}]\n"}};
	struct dialect *d;
	struct why why = {0};
	char dir[64];

	(void)state;
	in_folder(dir, files, 1);
	assert_int_equal(dialect_load("ollama", dir, &d, &why), RC_OK);
	assert_non_null(dialect_text(d));
	assert_non_null(strstr(dialect_text(d), "/v1/responses], method: GET"));
	dialect_free(d);
	d = load("ollama");
	assert_null(dialect_text(d));
	dialect_free(d);
	clear_folder(dir, files, 1);
}

static void test_a_name_is_no_path(void **state)
{
	static const char *const files[][2] = {{"mine", ERROR "routes: []\n"}};
	static const char *const names[] = {"", "Mine", "./mine", "../phigate/mine", "mine.yaml", "mi ne", "sub/../mine"};
	struct dialect *d;
	struct why why;
	char dir[64], sub[80];

	(void)state;
	in_folder(dir, files, 1);
	snprintf(sub, sizeof sub, "%s/sub", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(dialect_load(names[i], dir, &d, &why), RC_NOT_FOUND);
	assert_int_equal(dialect_load("mine", dir, &d, &why), RC_OK);
	dialect_free(d);
	rmdir(sub);
	clear_folder(dir, files, 1);
}

/* A route that the README does not name is one that nobody knows of. */
static void test_every_route_stands_in_the_readme(void **state)
{
	static const char *const names[] = {"anthropic", "kserve", "llamacpp", "ollama", "openai", "tgi"};
	struct buf readme;

	(void)state;
	buf_init(&readme, 1 << 20);
	assert_int_equal(file_read("README.md", &readme, NULL), RC_OK);
	for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
		struct dialect *d = load(names[n]);

		for (size_t i = 0; i < d->n_routes; i++) {
			const struct route *r = &d->routes[i];
			const char *path = strncmp(r->name, "/openai/", 8) == 0 ? r->name + 7 : r->name, *versions = strstr(path, "/versions/{version}");
			char known[160];

			if (!r->method || strncmp(path, "/v2/models/", 11) == 0)
				path = NULL;             /* the table names kinds of these */
			snprintf(known, sizeof known, "`%s`", path ? path : "");
			if (path && !versions && !strstr(readme.data, known))
				fail_msg("the README does not name %s of %s", r->name, names[n]);
		}
		dialect_free(d);
	}
	buf_free(&readme);
}

static void test_volatile_headers(void **state)
{
	struct dialect *d = load("openai");
	char name[128] = "x-stainless-";
	size_t n = strlen(name);

	(void)state;
	assert_true(dialect_volatile_header(d, SLICE("User-Agent")));
	assert_true(dialect_volatile_header(d, SLICE("x-stainless-retry-count")));
	assert_true(dialect_volatile_header(d, SLICE("Idempotency-Key")));
	assert_false(dialect_volatile_header(d, SLICE("X-Trace")));
	assert_false(dialect_volatile_header(d, SLICE("OpenAI-Organization")));
	memset(name + n, 'a', sizeof name - n);
	assert_true(dialect_volatile_header(d, (struct slice){name, 127}));
	assert_false(dialect_volatile_header(d, (struct slice){name, 128}));     /* no client's */
	assert_false(dialect_volatile_header(d, SLICE("user-agent\0x")));
	dialect_free(d);
}

static void test_an_unknown_dialect_is_told_with_those_there_are(void **state)
{
	struct dialect *d = NULL;
	struct why why = {0};

	(void)state;
	assert_int_equal(dialect_load("openapi", NULL, &d, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "anthropic, kserve, llamacpp, ollama, openai, tgi"));
	assert_int_equal(dialect_load("../openai", NULL, &d, &why), RC_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_are_found_and_sent_as_the_dialects_own),
		cmocka_unit_test(test_routes_of_every_dialect),
		cmocka_unit_test(test_routes_that_a_connection_may_open),
		cmocka_unit_test(test_the_model_in_a_path),
		cmocka_unit_test(test_a_dialect_of_ones_own),
		cmocka_unit_test(test_dialects_include_each_other_three_deep),
		cmocka_unit_test(test_what_a_site_has_changed_is_its_own),
		cmocka_unit_test(test_a_name_is_no_path),
		cmocka_unit_test(test_every_route_stands_in_the_readme),
		cmocka_unit_test(test_every_spelling_of_a_path_is_sent_in_the_same_one),
		cmocka_unit_test(test_paths_that_can_be_read_in_two_ways_are_refused),
		cmocka_unit_test(test_paths_have_8191_bytes_and_32_parts),
		cmocka_unit_test(test_what_no_dialect_names_is_refused),
		cmocka_unit_test(test_it_is_said_whether_the_route_or_its_method_is_refused),
		cmocka_unit_test(test_errors_have_the_dialects_shape),
		cmocka_unit_test(test_volatile_headers),
		cmocka_unit_test(test_an_unknown_dialect_is_told_with_those_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
