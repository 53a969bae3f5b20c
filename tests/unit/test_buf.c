/* Buffers: ceilings, wiping, and failures that stick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "buf.h"
#include "encode.h"

static void appends_and_consumes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_puts(&b, "hello "), RC_OK);
	assert_int_equal(buf_printf(&b, "%d", 42), RC_OK);
	assert_string_equal(b.data, "hello 42");
	buf_consume(&b, 6);
	assert_string_equal(b.data, "42");
	buf_free(&b);
	assert_null(b.data);
}

static void numbers_are_their_digits(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_put_number(&b, 0);
	buf_putc(&b, ' ');
	buf_put_number(&b, 18446744073709551615ULL);
	buf_putc(&b, ' ');
	buf_put_hex(&b, 0);
	buf_putc(&b, ' ');
	buf_put_hex(&b, 0xffffffffffffffffULL);
	buf_putc(&b, ' ');
	buf_put_hex(&b, 1200);
	assert_string_equal(b.data, "0 18446744073709551615 0 ffffffffffffffff 4b0");
	buf_free(&b);
}

static void a_ceiling_holds_and_the_failure_sticks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(buf_puts(&b, "12345"), RC_OK);
	assert_int_equal(buf_putc(&b, '6'), RC_TOO_BIG);
	assert_int_equal(buf_add(&b, "", 0), RC_TOO_BIG);
	assert_string_equal(b.data, "12345");
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "abc"), RC_OK);
	buf_free(&b);
}

static void truncated_bytes_are_wiped(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_puts(&b, "name: secret"), RC_OK);
	buf_truncate(&b, 6);
	assert_memory_equal(b.data, "name: \0\0\0\0\0\0", 12);
	buf_free(&b);
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = {"QQ", "QQ=", "QR==", "Q Q==", "QQ==QQ==", "=QQQ", "QQ==\n"};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(base64_encode("A", 1, &b), RC_OK);
	assert_string_equal(b.data, "QQ==");
	buf_clear(&b);
	assert_int_equal(base64_decode(SLICE("QUI="), &b), RC_OK);
	assert_string_equal(b.data, "AB");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_clear(&b);
		assert_int_equal(base64_decode(slice_str(bad[i]), &b), RC_BAD);
	}
	buf_clear(&b);
	assert_int_equal(base64url_decode(SLICE("QUI"), &b), RC_OK);
	assert_int_equal(base64url_decode(SLICE("QUI="), &b), RC_BAD);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_and_consumes),
		cmocka_unit_test(numbers_are_their_digits),
		cmocka_unit_test(a_ceiling_holds_and_the_failure_sticks),
		cmocka_unit_test(truncated_bytes_are_wiped),
		cmocka_unit_test(base64_is_strict),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
