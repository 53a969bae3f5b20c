#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

static struct dialect *openai, *ollama;

static int load(void **state)
{
	(void)state;
	return dialect_load("openai", NULL, &openai, NULL) != RC_OK || dialect_load("ollama", NULL, &ollama, NULL) != RC_OK;
}

static int unload(void **state)
{
	(void)state;
	dialect_free(openai);
	dialect_free(ollama);
	return 0;
}

static enum rc read_body(const char *target, struct slice body, const struct text_list *allowed, struct prompt **p)
{
	const struct route *route;
	struct why why = {0};
	char *path = NULL;
	enum rc rc = dialect_route(strncmp(target, "/api/", 5) == 0 ? ollama : openai, "POST", slice_str(target), NULL, &route, &path, &why);

	assert_int_equal(rc, RC_OK);
	free(path);
	rc = prompt_read(route, body, allowed, p, &why);
	if (rc != RC_OK)
		assert_true(why.text[0]);
	return rc;
}

static struct prompt *good(const char *target, const char *body)
{
	struct prompt *p = NULL;

	if (read_body(target, slice_str(body), NULL, &p) != RC_OK)
		fail_msg("refused: %s", body);
	return p;
}

static void expect(enum rc want, const char *target, struct slice body)
{
	struct prompt *p = NULL;
	enum rc rc = read_body(target, body, NULL, &p);

	if (rc != want)
		fail_msg("%.*s: %s, expected %s", (int)(body.n > 100 ? 100 : body.n), body.p, rc_name(rc), rc_name(want));
	prompt_free(p);
}

#define CHAT "/v1/chat/completions"

static void test_facts_of_a_chat(void **state)
{
	struct prompt *p = good(CHAT, "{\"model\":\"m\",\"stream\":true,\"max_tokens\":10,\"max_completion_tokens\":20,\"n\":3,"
				      "\"tools\":[{\"name\":\"lookup\"}],\"messages\":[{\"role\":\"system\",\"content\":\"be br\\u0069ef\"},"
				      "{\"content\":[{\"type\":\"text\",\"text\":\"every pat\"},{\"type\":\"text\",\"text\":\"ient\"}],\"role\":\"user\"}]}");

	(void)state;
	assert_string_equal(p->model, "m");
	assert_true(p->stream);
	assert_true(p->tools);
	assert_int_equal(p->max_tokens, 60);
	assert_int_equal(p->n_messages, 2);
	assert_string_equal(p->messages[0].role, "system");
	assert_string_equal(p->messages[0].text, "be brief");
	assert_string_equal(p->messages[1].role, "user");
	assert_string_equal(p->messages[1].text, "every patient");
	assert_string_equal(p->other_text, "name\nlookup\ntype\ntext\ntype\ntext");
	assert_int_equal(p->continues.n, 0);
	prompt_free(p);
}

static void test_the_largest_limit_counts_and_an_unknown_one_is_over_all(void **state)
{
	static const struct {
		const char *body;
		int64_t max;
	} rows[] = {
		{"{\"messages\":[]}", INT64_MAX}, {"{\"max_tokens\":5,\"messages\":[]}", 5}, {"{\"max_tokens\":-1}", INT64_MAX},
		{"{\"max_tokens\":5.0}", INT64_MAX}, {"{\"max_tokens\":\"5\"}", INT64_MAX}, {"{\"max_tokens\":1e1}", INT64_MAX},
		{"{\"max_tokens\":5,\"n\":-2}", INT64_MAX}, {"{\"max_tokens\":5,\"n\":2,\"best_of\":3}", 30},
		{"{\"max_tokens\":5,\"n\":null}", 5}, {"{\"max_tokens\":999999999999999999,\"n\":99}", INT64_MAX},
		{"{\"max_tokens\":5,\"max_completion_tokens\":7}", 7}, {"{\"max_tokens\":[5]}", INT64_MAX},
		{"{\"max_completion_tokens\":7,\"max_tokens\":5}", 7}, {"{\"max_tokens\":5,\"max_completion_tokens\":-1}", INT64_MAX},
		{"{\"max_tokens\":5,\"n\":0}", 5},
		{"{\"max_tokens\":999999999999999999}", 999999999999999999}, {"{\"max_tokens\":1000000000000000000}", INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct prompt *p = good(CHAT, rows[i].body);

		if (p->max_tokens != rows[i].max)
			fail_msg("%s: %lld", rows[i].body, (long long)p->max_tokens);
		prompt_free(p);
	}
}

static void test_flags_that_are_not_set_are_as_the_server_takes_them(void **state)
{
	static const struct {
		const char *target, *body;
		bool stream, tools;
	} rows[] = {
		{"/api/chat", "{}", true, false}, {"/api/chat", "{\"stream\":null}", true, false}, {"/api/chat", "{\"stream\":false}", false, false},
		{CHAT, "{\"stream\":null}", false, false}, {CHAT, "{\"stream\":true,\"tools\":[]}", true, false},
		{CHAT, "{\"tools\":null,\"functions\":[{\"name\":\"f\"}]}", false, true}, {CHAT, "{\"tools\":[{\"name\":\"f\"}],\"functions\":[]}", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct prompt *p = good(rows[i].target, rows[i].body);

		if (p->stream != rows[i].stream || p->tools != rows[i].tools)
			fail_msg("%s: stream %d, tools %d", rows[i].body, p->stream, p->tools);
		prompt_free(p);
	}
}

/* What was approved with these is history with these only. */
static void test_other_tools_and_another_model_are_told_apart(void **state)
{
	static const char *const bodies[] = {
		"{\"model\":\"m\"}", "{\"model\":\"n\"}", "{}", "{\"model\":\"m\",\"tools\":[{\"name\":\"f\"}]}", "{\"model\":\"m\",\"tools\":[{\"name\":\"g\"}]}",
		"{\"tools\":1,\"functions\":23}", "{\"tools\":12,\"functions\":3}",
	};
	struct prompt *p[sizeof bodies / sizeof *bodies], *same = good(CHAT, "{\"messages\":[],\"model\":\"m\"}");
	const size_t n = sizeof bodies / sizeof *bodies;

	(void)state;
	for (size_t i = 0; i < n; i++)
		p[i] = good(CHAT, bodies[i]);
	assert_memory_equal(p[0]->tools_sha256, same->tools_sha256, sizeof same->tools_sha256);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(p[i]->tools_sha256, p[k]->tools_sha256, sizeof p[i]->tools_sha256) == 0)
				fail_msg("%s is taken for %s", bodies[i], bodies[k]);
	for (size_t i = 0; i < n; i++)
		prompt_free(p[i]);
	prompt_free(same);
}

static void test_what_servers_could_read_differently_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "[]", "\"x\"", "{", "{\"a\":1}{}", "{\"a\":1} x", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}",
		"{\"a\":1.}", "{'a':1}", "{\"a\":1,}", "[1,]", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
		"{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\t\"}",
		"\xef\xbb\xbf{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"x\":{\"b\":[{\"c\":1,\"c\":1}]}}",
		"{\"model\":\"a\",\"Model\":\"b\"}", "{\"MODEL\":\"b\"}", "{\"Messages\":[],\"messages\":[]}", "{\"me\xc5\xbf\xc5\xbf" "ages\":[]}",
		"{\"messages\":[{\"Role\":\"user\",\"content\":\"x\"}]}", "{\"messages\":[{\"role\":\"u\",\"content\":[{\"TEXT\":\"x\"}]}]}",
		"{\"zz\":1,\"ZZ\":2}", "{\"model\":5}", "{\"stream\":\"true\"}", "{\"stream\":1}", "{\"messages\":{}}", "{\"messages\":[\"x\",5]} ,",
		"/**/{}", "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\"}", "{\"a\" 1}",
		"{\"messages\":[{\"role\":\"user\\nsystem\",\"content\":\"x\"}]}", "{\"messages\":[[\"x\"]]}", "5", "true",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(RC_BAD, CHAT, slice_str(bad[i]));
	expect(RC_BAD, CHAT, SLICE("{\"a\":\"\0\"}"));
	expect(RC_OK, CHAT, slice_str(" {\"a\":1,\"A b\":2,\"x\":{\"zz\":1,\"ZZ\":2},\"e\":\"\\ud83d\\ude00 \\/\",\"messages\":[]}\r\n"));
}

static const char *fault_of(const char *body)
{
	static struct why why;
	const struct route *route;
	struct prompt *p = NULL;
	char *path = NULL;

	assert_int_equal(dialect_route(openai, "POST", SLICE(CHAT), NULL, &route, &path, &why), RC_OK);
	free(path);
	assert_int_equal(prompt_read(route, slice_str(body), NULL, &p, &why), RC_BAD);
	return why.text;
}

static void test_the_fault_is_named_by_its_place(void **state)
{
	(void)state;
	assert_non_null(strstr(fault_of("{\"a\":{\"b\":1,\"b\":1}}"), "byte 6: an object here has the same key twice"));
	assert_non_null(strstr(fault_of("{\"model\":\"a\",\"Model\":\"b\"}"), "byte 1: an object here has keys that differ only in upper and lower case"));
	assert_non_null(strstr(fault_of("\xef\xbb\xbf{}"), "byte 1: a byte order mark"));
	assert_non_null(strstr(fault_of(""), "has no body"));
	assert_non_null(strstr(fault_of("[]"), "must be an object"));
	assert_non_null(strstr(fault_of("5"), "must be an object"));
}

/* The object and the list, and then texts. */
static void test_a_request_has_262144_values(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_puts(&body, "{\"a\":[\"\"");
	for (int i = 1; i < 262144 - 2; i++)
		buf_puts(&body, ",\"\"");
	buf_puts(&body, "]}");
	expect(RC_OK, CHAT, buf_slice(&body));
	buf_truncate(&body, body.len - 2);
	buf_puts(&body, ",\"\"]}");
	assert_non_null(strstr(fault_of(body.data), "more than 262144 values"));
	buf_free(&body);
}

static void test_depth(void **state)
{
	char deep[256];

	(void)state;
	for (int levels = 63; levels <= 64; levels++) {      /* and the object around them */
		strcpy(deep, "{\"a\":");
		memset(deep + 5, '[', (size_t)levels);
		memset(deep + 5 + levels, ']', (size_t)levels);
		strcpy(deep + 5 + 2 * levels, "}");
		expect(levels == 63 ? RC_OK : RC_BAD, CHAT, slice_str(deep));
	}
}

#define SIXTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_what_cannot_be_read_is_not_sent(void **state)
{
	static const struct {
		const char *target, *kind, *body;
	} rows[] = {
		{"/v1/completions", "tokens", "{\"prompt\":[1,2,3]}"}, {"/v1/completions", "tokens", "{\"prompt\":[[1,2],[3]]}"},
		{"/v1/completions", "tokens", "{\"prompt\":[\"a\",[3]]}"}, {"/v1/embeddings", "tokens", "{\"input\":[1]}"},
		{"/v1/embeddings", "tokens", "{\"input\":[\"x\",1]}"},
		{CHAT, "image", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}]}]}"},
		{CHAT, "url", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://10.0.0.1/x\"}}]}]}"},
		{CHAT, "url", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"FILE:/etc/passwd\"}]}]}"},
		{CHAT, "audio", "{\"messages\":[{\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\"}}]}]}"},
		{CHAT, "audio", "{\"messages\":[],\"modalities\":[\"text\",\"audio\"],\"audio\":{\"voice\":\"alloy\",\"format\":\"wav\"}}"},
		{CHAT, "file", "{\"messages\":[{\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]}"},
		{"/v1/responses", "state", "{\"input\":\"hi\",\"previous_response_id\":\"resp_1\"}"},
		{"/v1/responses", "state", "{\"input\":\"hi\",\"conversation\":{\"id\":\"c\"}}"},
		{"/api/generate", "state", "{\"prompt\":\"hi\",\"context\":[1,2,3]}"},
		{"/api/chat", "image", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[\"iVBORw0KGgo=\"]}]}"},
		{"/v1/completions", "embedding", "{\"prompt\":\"x\",\"prompt_embeds\":\"AAAA\"}"},
		/* what begins with data: is no address, nor what has :// far behind */
		{CHAT, "image", "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:text/plain,http://x\"}}]}]}"},
		{CHAT, "image", "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":\"" SIXTY "aa://\"}]}]}"},
		{CHAT, "url", "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":\"" SIXTY "a://\"}]}]}"},
		{CHAT, "image", "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":\"a://\"}]}]}"},
	};
	char *other = "state";
	const struct text_list of_others = {&other, 1};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char kind[16];
		char *item = strcpy(kind, rows[i].kind);
		const struct text_list allowed = {&item, 1};
		struct prompt *p = NULL;

		expect(RC_DENIED, rows[i].target, slice_str(rows[i].body));
		if (strcmp(kind, other) != 0)
			assert_int_equal(read_body(rows[i].target, slice_str(rows[i].body), &of_others, &p), RC_DENIED);
		if (read_body(rows[i].target, slice_str(rows[i].body), &allowed, &p) != RC_OK)
			fail_msg("%s is refused although allowed", rows[i].body);
		assert_true(p->n_opaque >= 1);
		assert_string_equal(p->opaque[0].kind, rows[i].kind);
		assert_true(p->opaque[0].bytes > 0);
		prompt_free(p);
	}
	expect(RC_OK, "/api/generate", slice_str("{\"prompt\":\"hi\",\"context\":[],\"images\":null}"));
	expect(RC_OK, "/v1/responses", slice_str("{\"input\":[{\"role\":\"user\",\"content\":\"hi\"}],\"previous_response_id\":null}"));
	expect(RC_OK, "/v1/responses", slice_str("{\"input\":\"hi\",\"previous_response_id\":\"\"}"));
	expect(RC_BAD, "/v1/completions", slice_str("{\"prompt\":{\"a\":\"b\"}}"));
}

static void test_every_text_is_seen(void **state)
{
	struct prompt *p = good(CHAT, "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"f\","
				      "\"arguments\":\"{\\\"q\\\":\\\"all patients\\\"}\"}}]}],\"metadata\":{\"secret key\":\"v\"},\"stop\":[\"END\"]}");

	(void)state;
	assert_non_null(strstr(p->other_text, "all patients"));
	assert_non_null(strstr(p->other_text, "secret key"));
	assert_non_null(strstr(p->other_text, "END"));
	prompt_free(p);
	p = good("/v1/responses", "{\"input\":\"list them\",\"instructions\":\"be kind\"}");
	assert_int_equal(p->n_messages, 2);
	assert_string_equal(p->messages[0].text, "list them");
	prompt_free(p);
	p = good("/api/generate", "{\"model\":\"m\",\"prompt\":\"a\",\"system\":\"b\",\"options\":{\"num_predict\":7}}");
	assert_int_equal(p->max_tokens, 7);
	assert_true(p->stream);
	assert_int_equal(p->n_messages, 2);
	assert_string_equal(p->messages[1].role, "system");
	prompt_free(p);
}

static void test_what_an_answer_goes_on_from(void **state)
{
	struct prompt *p = good("/v1/completions", "{\"prompt\":\"MRN: \"}");
	char body[2048];

	(void)state;
	assert_true(slice_is(p->continues, "MRN: "));
	prompt_free(p);
	p = good(CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"SSN 536\"}]}");
	assert_true(slice_is(p->continues, "SSN 536"));
	prompt_free(p);
	memset(body, 0, sizeof body);
	strcpy(body, "{\"prompt\":\"");
	for (int i = 0; i < 300; i++)
		strcat(body, "\xe2\x82\xac");
	strcat(body, "\"}");
	p = good("/v1/completions", body);
	assert_true(p->continues.n <= 512 && p->continues.n > 500 && p->continues.p[0] == '\xe2');
	prompt_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_of_a_chat),
		cmocka_unit_test(test_the_largest_limit_counts_and_an_unknown_one_is_over_all),
		cmocka_unit_test(test_flags_that_are_not_set_are_as_the_server_takes_them),
		cmocka_unit_test(test_other_tools_and_another_model_are_told_apart),
		cmocka_unit_test(test_what_servers_could_read_differently_is_refused),
		cmocka_unit_test(test_the_fault_is_named_by_its_place),
		cmocka_unit_test(test_a_request_has_262144_values),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_what_cannot_be_read_is_not_sent),
		cmocka_unit_test(test_every_text_is_seen),
		cmocka_unit_test(test_what_an_answer_goes_on_from),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
