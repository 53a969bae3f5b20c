/* Outgoing requests: where they may go, what they may bring back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fetch.h"
#include "webserver.h"

static void addresses(void **state)
{
	static const char *good[] = {"https://idp.example.org/x?y=1", "http://127.0.0.1:8080/", "http://127.4.5.6/", "http://localhost:9/a",
		"http://[::1]:80/", "HTTPS://IDP.example.org"};
	static const char *bad[] = {"http://idp.example.org/", "http://10.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "",
		"http://127.0.0.1@evil.example/", "https://user:secret@idp.example.org/", "http://127.0.0.1.evil.example/", "//127.0.0.1/",
		"http://[::2]/", "http://128.0.0.1/", "http://localhost.evil.example/", "https://idp.example.org/a b", "https://x/\n",
		"https://idp.example.org/\x7f", "gopher://localhost/", "http://0.0.0.0/"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!fetch_url_allowed(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (fetch_url_allowed(bad[i]))
			fail_msg("%s", bad[i]);
}

static char *answer(void *arg, const char *path)
{
	(void)arg;
	if (strcmp(path, "/away") == 0)
		return web_answer(302, "Location: /here\r\n", "{}");
	if (strcmp(path, "/big") == 0) {
		size_t n = (1 << 20) + 1;
		char *body = malloc(n + 1), *out;

		memset(body, 'x', n);
		body[n] = '\0';
		out = web_answer(200, "", body);
		free(body);
		return out;
	}
	if (strcmp(path, "/hang-up") == 0)
		return NULL;
	return web_answer(strcmp(path, "/refused") == 0 ? 400 : 200, "", "{\"a\":1}");
}

static enum rc get(struct web *w, const char *path, const char *form, int *status, struct buf *body)
{
	char url[128];
	struct fetch f = {.url = url, .form = form};
	struct why why = {0};
	enum rc rc;

	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", w->port, path);
	buf_clear(body);
	rc = fetch_run(&f, status, body, &why);
	assert_true(rc == RC_OK || *why.text);
	return rc;
}

static void answers(void **state)
{
	struct buf body, form;
	struct web w;
	int status;

	(void)state;
	buf_init(&body, BUF_MAX_DEFAULT);
	buf_init(&form, 1024);
	setenv("http_proxy", "http://127.0.0.1:1", 1);         /* never used for loopback */
	web_start(&w, answer, NULL);
	assert_int_equal(get(&w, "/", NULL, &status, &body), RC_OK);
	assert_int_equal(status, 200);
	assert_string_equal(body.data, "{\"a\":1}");
	assert_memory_equal(w.last, "GET / ", 6);
	assert_int_equal(get(&w, "/refused", NULL, &status, &body), RC_OK);
	assert_int_equal(status, 400);
	/* a redirect is an answer, and is not followed */
	assert_int_equal(get(&w, "/away", NULL, &status, &body), RC_OK);
	assert_int_equal(status, 302);
	assert_int_equal(web_requests(&w), 3);
	assert_int_equal(get(&w, "/big", NULL, &status, &body), RC_TOO_BIG);
	assert_int_equal(get(&w, "/hang-up", NULL, &status, &body), RC_UNREACHABLE);
	assert_int_equal(fetch_form_add(&form, "grant_type", SLICE("urn:a b")), RC_OK);
	assert_int_equal(fetch_form_add(&form, "x", SLICE("1&2=3+\xc3\xa4~")), RC_OK);
	assert_string_equal(form.data, "grant_type=urn%3Aa%20b&x=1%262%3D3%2B%C3%A4~");
	assert_int_equal(get(&w, "/form", form.data, &status, &body), RC_OK);
	assert_memory_equal(w.last, "POST /form ", 11);
	assert_non_null(strstr(w.last, "Content-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(w.last, form.data));
	{                                                      /* JSON, through a client that serves several requests */
		struct fetch_client *client = fetch_client_new();
		bool is_json = false;
		char url[64];

		snprintf(url, sizeof url, "http://127.0.0.1:%d/json", w.port);
		for (int i = 0; i < 2; i++) {
			buf_clear(&body);
			is_json = false;
			assert_int_equal(fetch_run(&(struct fetch){.url = url, .json = "{\"b\":2}", .client = client, .is_json = &is_json},
						   &status, &body, NULL), RC_OK);
			assert_true(is_json && status == 200);
			assert_string_equal(body.data, "{\"a\":1}");
			assert_memory_equal(w.last, "POST /json ", 11);
			assert_non_null(strstr(w.last, "Content-Type: application/json\r\n"));
			assert_non_null(strstr(w.last, "{\"b\":2}"));
		}
		buf_clear(&body);
		assert_int_equal(fetch_run(&(struct fetch){.url = url, .client = client}, &status, &body, NULL), RC_OK);
		assert_memory_equal(w.last, "GET /json ", 10);  /* nothing of the request before stays */
		web_slow(&w, true);
		assert_int_equal(fetch_run(&(struct fetch){.url = url, .client = client, .timeout_ns = 30000000}, &status, &body, NULL), RC_UNREACHABLE);
		fetch_client_free(client);
	}
	web_stop(&w);
	assert_int_equal(get(&w, "/", NULL, &status, &body), RC_UNREACHABLE);
	unsetenv("http_proxy");
	buf_free(&body);
	buf_free(&form);
}

static void only_allowed_addresses_are_asked(void **state)
{
	struct fetch f = {.url = "http://192.0.2.1/"};
	struct buf body;
	int status;

	(void)state;
	buf_init(&body, 1024);
	assert_int_equal(fetch_run(&f, &status, &body, NULL), RC_DENIED);
	f.url = "file:///etc/hostname";
	assert_int_equal(fetch_run(&f, &status, &body, NULL), RC_DENIED);
	assert_int_equal(body.len, 0);
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(answers),
		cmocka_unit_test(only_allowed_addresses_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
