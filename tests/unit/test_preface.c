/* The first lines on a channel, as a hostile client and a hostile server would write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "preface.h"

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"          /* base64url of 32 zero bytes */

static void a_data_line_arrives_byte_by_byte(void **state)
{
	static const char text[] = "data " KEY "\r\nGET / HTTP/1.1\r\n";
	struct preface p;
	size_t used, line = 5 + 43 + 2;

	(void)state;
	for (size_t n = 0; n < line; n++)
		assert_int_equal(preface_parse((struct slice){text, n}, &p, &used), RC_AGAIN);
	assert_int_equal(preface_parse(SLICE(text), &p, &used), RC_OK);
	assert_int_equal(used, line);
	assert_int_equal(p.kind, PREFACE_DATA);
	assert_string_equal(p.session_key, KEY);
}

static void a_control_line_gives_key_and_signature(void **state)
{
	struct preface p;
	size_t used;

	(void)state;
	assert_int_equal(preface_parse(SLICE("control AQID BAU\r\n"), &p, &used), RC_OK);
	assert_int_equal(p.kind, PREFACE_CONTROL);
	assert_int_equal(p.key_der_n, 3);
	assert_memory_equal(p.key_der, "\1\2\3", 3);
	assert_int_equal(p.sig_der_n, 2);
	assert_memory_equal(p.sig_der, "\4\5", 2);
	assert_int_equal(used, strlen("control AQID BAU\r\n"));
}

static void other_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"\n", "\r\n", "data\r\n", "data \r\n", "data " KEY "\n", "data " KEY " \r\n", "data  " KEY "\r\n", "DATA " KEY "\r\n",
		"data " KEY "A\r\n", "data AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\r\n", "data =" KEY "\r\n", "control AQID\r\n",
		"control AQID \r\n", "control  BAU\r\n", "control AQID BAU BAU\r\n", "control AQI= BAU\r\n", "GET / HTTP/1.1\r\n",
	};
	char big[PREFACE_LINE_MAX + 8], der[260];
	struct preface p;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (preface_parse(slice_str(lines[i]), &p, &used) != RC_BAD)
			fail_msg("taken: %s", lines[i]);
	memset(big, 'a', sizeof big);
	assert_int_equal(preface_parse((struct slice){big, PREFACE_LINE_MAX - 1}, &p, &used), RC_AGAIN);
	assert_int_equal(preface_parse((struct slice){big, PREFACE_LINE_MAX}, &p, &used), RC_BAD);
	memcpy(der, "control ", 8);
	memset(der + 8, 'A', 200);                              /* 150 bytes, more than a P-256 key has */
	memcpy(der + 208, " AQID\r\n", 8);
	assert_int_equal(preface_parse(slice_str(der), &p, &used), RC_BAD);
	assert_int_equal(preface_parse((struct slice){"data " KEY "\0\r\n", 51}, &p, &used), RC_BAD);
}

static void the_greeting_gives_the_challenge(void **state)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	size_t used;

	(void)state;
	assert_int_equal(preface_greeting_parse(SLICE("PHIGATE/1 " KEY "\r\nrest"), challenge, &used), RC_OK);
	assert_string_equal(challenge, KEY);
	assert_int_equal(used, 10 + 43 + 2);
	assert_int_equal(preface_greeting_parse(SLICE("PHIGATE/1 " KEY), challenge, &used), RC_AGAIN);
	assert_int_equal(preface_greeting_parse(SLICE("PHIGATE/2 " KEY "\r\n"), challenge, &used), RC_BAD);
	assert_int_equal(preface_greeting_parse(SLICE("PHIGATE/1 short\r\n"), challenge, &used), RC_BAD);
	assert_int_equal(preface_greeting_parse(SLICE("HTTP/1.1 400 Bad Request and a long line that never ends in a line feed"),
						challenge, &used), RC_BAD);
}

static void the_version_string_gives_port_and_name(void **state)
{
	static const char *const bad[] = {
		"SSH-2.0-OpenSSH_9.2p1", "SSH-2.0-OpenSSH_9.2 phigate/1:0 x", "SSH-2.0-OpenSSH_9.2 phigate/1:65536 x",
		"SSH-2.0-OpenSSH_9.2 phigate/1:80", "SSH-2.0-OpenSSH_9.2 phigate/1:80 ", "SSH-2.0-OpenSSH_9.2 phigate/2:80 x",
		"SSH-2.0-OpenSSH_9.2 phigate/1:+80 x", "SSH-2.0-OpenSSH_9.2 phigate/1:80 a/../b", "phigate/1:80 x",
		"SSH-2.0-O phigate/1:80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	char id[64];
	int port;

	(void)state;
	assert_int_equal(preface_banner_parse("SSH-2.0-OpenSSH_9.2p1 phigate/1:40123 Ab3_-", &port, id), RC_OK);
	assert_int_equal(port, 40123);
	assert_string_equal(id, "Ab3_-");
	assert_int_equal(preface_banner_parse("SSH-2.0-OpenSSH_9.2p1 phigate/1:1 x\r\n", &port, id), RC_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (preface_banner_parse(bad[i], &port, id) != RC_BAD)
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_data_line_arrives_byte_by_byte),
		cmocka_unit_test(a_control_line_gives_key_and_signature),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(the_greeting_gives_the_challenge),
		cmocka_unit_test(the_version_string_gives_port_and_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
