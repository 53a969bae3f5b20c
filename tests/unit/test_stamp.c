/* What a time stamp is worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authority.h"
#include "stamp.h"

#define THEN 1767225600LL                        /* 2026-01-01T00:00:00Z */
#define DATA SLICE("the signature of a session")

static const unsigned char nonce[STAMP_NONCE] = {0, 0xff, 3, 4, 5, 6, 7, 8};

static void ask(struct authority *a, struct buf *reply)
{
	struct buf request;

	buf_init(&request, 4096);
	buf_init(reply, STAMP_MAX);
	assert_int_equal(stamp_request(DATA, nonce, &request), RC_OK);
	authority_reply(a, buf_slice(&request), reply);
	buf_free(&request);
}

static void test_an_honest_stamp_tells_time_and_authority(void **state)
{
	struct authority a;
	struct stamp stamp;
	struct why why = {0};
	struct buf reply;

	(void)state;
	authority_make(&a, 4070908800);
	a.wall_s = THEN;
	ask(&a, &reply);
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why), RC_OK);
	assert_int_equal(stamp.wall_s, THEN);
	assert_string_equal(stamp.authority, "Test Time");
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, NULL, a.pem, &stamp, &why), RC_OK);
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, NULL, NULL, &stamp, &why), RC_OK);
	assert_int_equal(stamp.wall_s, THEN);
	buf_free(&reply);
	authority_free(&a);
}

static void test_a_stamp_of_others_or_over_something_else_is_refused(void **state)
{
	static const unsigned char other_nonce[STAMP_NONCE] = {9};
	struct authority a, b;
	struct stamp stamp;
	struct why why = {0};
	struct buf reply;

	(void)state;
	authority_make(&a, 4070908800);
	authority_make(&b, 4070908800);
	ask(&a, &reply);
	assert_int_equal(stamp_read(buf_slice(&reply), SLICE("another"), NULL, a.pem, &stamp, &why), RC_BAD);
	assert_non_null(strstr(why.text, "over something else"));
	assert_int_equal(stamp_read(buf_slice(&reply), SLICE("another"), NULL, NULL, &stamp, &why), RC_BAD);
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, other_nonce, a.pem, &stamp, &why), RC_BAD);
	assert_non_null(strstr(why.text, "another request"));
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, b.pem, &stamp, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "no authority that is believed"));
	assert_non_null(strstr(why.text, "certificate"));
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, "", &stamp, &why), RC_DENIED);
	authority_free(&a);
	authority_free(&b);
	buf_free(&reply);
}

static void test_an_authority_that_lies_is_found_out(void **state)
{
	static const struct {
		enum authority_lie lie;
		const char *text;
	} lies[] = {
		{AUTHORITY_OTHER_DATA, "over something else"}, {AUTHORITY_OTHER_NONCE, "another request"}, {AUTHORITY_REFUSES, "granted no time stamp"},
		{AUTHORITY_SHA512, "not over a SHA-256"},
	};
	struct authority a;

	(void)state;
	authority_make(&a, 4070908800);
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct stamp stamp;
		struct why why = {0};
		struct buf reply;

		a.lie = lies[i].lie;
		ask(&a, &reply);
		assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why), RC_BAD);
		if (!strstr(why.text, lies[i].text))
			fail_msg("%s, not %s", why.text, lies[i].text);
		buf_free(&reply);
	}
	authority_free(&a);
}

/* Six years on, the certificate that stamped has expired: what counts is the time of the stamp. */
static void test_a_certificate_counts_at_the_time_of_the_stamp(void **state)
{
	struct authority a;
	struct stamp stamp;
	struct why why = {0};
	struct buf reply;

	(void)state;
	authority_make(&a, THEN + 86400);                /* which is long ago by now, or will be */
	a.wall_s = THEN;
	ask(&a, &reply);
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why), RC_OK);
	buf_free(&reply);
	a.wall_s = THEN + 2 * 86400;
	ask(&a, &reply);
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why), RC_DENIED);
	buf_free(&reply);
	authority_free(&a);
}

static void test_what_is_no_reply_is_refused(void **state)
{
	struct authority a;
	struct stamp stamp;
	struct why why = {0};
	struct buf reply;

	(void)state;
	authority_make(&a, 4070908800);
	ask(&a, &reply);
	assert_int_equal(stamp_read(SLICE(""), DATA, nonce, a.pem, &stamp, &why), RC_BAD);
	assert_int_equal(stamp_read(SLICE("<html>"), DATA, nonce, a.pem, &stamp, &why), RC_BAD);
	for (size_t n = 0; n < reply.len; n += 7)
		assert_int_equal(stamp_read((struct slice){reply.data, n}, DATA, nonce, a.pem, &stamp, &why), RC_BAD);
	for (size_t i = 0; i < reply.len; i++) {                 /* any byte that is changed */
		reply.data[i] ^= 0x20;
		if (stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why) == RC_OK && stamp.wall_s != a.wall_s)
			fail_msg("byte %zu", i);
		reply.data[i] ^= 0x20;
	}
	buf_putc(&reply, 'x');
	assert_int_equal(stamp_read(buf_slice(&reply), DATA, nonce, a.pem, &stamp, &why), RC_BAD);
	assert_int_equal(stamp_roots_check(a.pem, &why), RC_OK);
	assert_int_equal(stamp_roots_check("ssh-ed25519 AAAA", &why), RC_BAD);
	buf_free(&reply);
	authority_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_stamp_tells_time_and_authority),
		cmocka_unit_test(test_a_stamp_of_others_or_over_something_else_is_refused),
		cmocka_unit_test(test_an_authority_that_lies_is_found_out),
		cmocka_unit_test(test_a_certificate_counts_at_the_time_of_the_stamp),
		cmocka_unit_test(test_what_is_no_reply_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
