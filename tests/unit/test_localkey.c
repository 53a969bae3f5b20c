/* Who may use the local port: no other site's page, nobody without the session's key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "localkey.h"

#define KEY "phg_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static int check(const char *headers, bool optional)
{
	struct http_message m;
	struct http_head head;
	enum http_event event;
	struct why why;
	char text[1024], hex[SHA256_HEX];
	struct slice in;
	int status;

	sha256_hex(KEY, strlen(KEY), hex);
	in = (struct slice){text, (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", headers)};
	http_head_init(&head);
	http_message_init(&m, HTTP_KIND_REQUEST, 1024);
	http_message_begin(&m, &head, NULL, false);
	assert_int_equal(http_message_feed(&m, &in, &event, &why), RC_OK);
	assert_int_equal(event, HTTP_EVENT_HEAD);
	status = localkey_check(&head, hex, optional, &why);
	http_head_free(&head);
	return status;
}

static void the_session_key_opens(void **state)
{
	(void)state;
	assert_int_equal(check("Host: 127.0.0.1:8080\r\nAuthorization: Bearer " KEY "\r\n", false), 0);
	assert_int_equal(check("Host: LOCALHOST:1\r\nx-api-key: " KEY "\r\n", false), 0);
	assert_int_equal(check("Host: [::1]\r\nauthorization: bearer " KEY "\r\n", false), 0);
	assert_int_equal(check("Host: localhost\r\nOrigin: https://a.example\r\nx-api-key: " KEY "\r\n", false), 0);
}

static void a_wrong_or_missing_key_does_not(void **state)
{
	(void)state;
	assert_int_equal(check("Host: 127.0.0.1\r\n", false), 401);
	assert_int_equal(check("Host: 127.0.0.1\r\nx-api-key: " KEY "b\r\n", false), 401);
	assert_int_equal(check("Host: 127.0.0.1\r\nAuthorization: " KEY "\r\n", false), 401);
	assert_int_equal(check("Host: 127.0.0.1\r\nAuthorization: Basic " KEY "\r\n", false), 401);
}

static void a_foreign_host_is_misdirected_even_with_the_key(void **state)
{
	static const char *const hosts[] = {"evil.example", "127.0.0.1.evil.example", "localhost.evil", "127.0.0.1:80x", "127.0.0.2", "localhost:"};

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		char headers[200];

		snprintf(headers, sizeof headers, "Host: %s\r\nx-api-key: " KEY "\r\n", hosts[i]);
		assert_int_equal(check(headers, false), 421);
	}
}

static void an_optional_key_is_demanded_of_web_pages(void **state)
{
	(void)state;
	assert_int_equal(check("Host: localhost\r\n", true), 0);
	assert_int_equal(check("Host: localhost\r\nSec-Fetch-Site: none\r\n", true), 0);
	assert_int_equal(check("Host: localhost\r\nOrigin: null\r\n", true), 401);
	assert_int_equal(check("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", true), 401);
	assert_int_equal(check("Host: localhost\r\nx-api-key: wrong\r\n", true), 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_session_key_opens),
		cmocka_unit_test(a_wrong_or_missing_key_does_not),
		cmocka_unit_test(a_foreign_host_is_misdirected_even_with_the_key),
		cmocka_unit_test(an_optional_key_is_demanded_of_web_pages),
	};
	return cmocka_run_group_tests_name("localkey", tests, NULL, NULL);
}
