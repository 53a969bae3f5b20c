/* Check digits and forms, with published examples and their near misses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "checks.h"

typedef bool check(const char *code, size_t n);

static void holds(check *one, const char *code)
{
	if (!one(code, strlen(code)))
		fail_msg("%s", code);
}

static void fails(check *one, const char *code)
{
	if (one(code, strlen(code)))
		fail_msg("%s", code);
}

/* Any one digit that changes is noticed. */
static void notices_a_wrong_digit(check *one, const char *code)
{
	char other[40];

	holds(one, code);
	for (size_t i = 0; code[i]; i++) {
		strcpy(other, code);
		if (code[i] < '0' || code[i] > '9')
			continue;
		other[i] = (char)(code[i] == '9' ? '0' : code[i] + 1);
		fails(one, other);
	}
}

static void test_luhn(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_luhn, "79927398713");
	fails(check_luhn, "");
	fails(check_luhn, "0");
}

static void test_cards(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_card, "4111111111111111");
	holds(check_card, "5555555555554444");
	holds(check_card, "2223003122003222");
	holds(check_card, "378282246310005");
	holds(check_card, "6011111111111117");
	fails(check_card, "1111111111111117");
	fails(check_card, "411111111111");
	fails(check_card, "0000000000000000");
}

static void test_npi(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_npi, "1234567893");
	fails(check_npi, "3234567893");
	fails(check_npi, "123456789");
}

static void test_dea(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_dea, "AB1234563");
	holds(check_dea, "F91234563");
	fails(check_dea, "QB1234563");
	fails(check_dea, "AB123456");
	fails(check_dea, "AB123456X");
}

static void test_vin(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_vin, "1HGCM82633A004352");
	holds(check_vin, "1M8GDM9AXKP042788");
	fails(check_vin, "1M8GDM9AIKP042788");           /* no letter I */
	fails(check_vin, "11111111111111111");           /* its sum is right, but it holds no letter */
	fails(check_vin, "1HGCM82633A00435");
	fails(check_vin, "1HGCM8263.A004352");
}

static void test_iban(void **state)
{
	(void)state;
	notices_a_wrong_digit(check_iban, "DE89370400440532013000");
	holds(check_iban, "GB82WEST12345698765432");
	fails(check_iban, "1289370400440532013000");
	fails(check_iban, "DE8937040044");
	fails(check_iban, "DE8937040044053201300O");
}

static void test_mbi(void **state)
{
	(void)state;
	holds(check_mbi, "1EG4TE5MK72");
	fails(check_mbi, "0EG4TE5MK72");
	fails(check_mbi, "1SG4TE5MK72");                 /* no S, L, O, I, B, Z */
	fails(check_mbi, "1EG4TE5MKA2");
	fails(check_mbi, "1EG4TE5MK7");
}

static void test_ssn(void **state)
{
	(void)state;
	assert_true(check_ssn("536228741"));
	assert_true(check_ssn("900701234"));             /* an ITIN */
	assert_false(check_ssn("900011234"));
	assert_false(check_ssn("000228741"));
	assert_false(check_ssn("666228741"));
	assert_false(check_ssn("536008741"));
	assert_false(check_ssn("536220000"));
}

static void test_telephone(void **state)
{
	(void)state;
	assert_true(check_nanp("6174823190"));
	assert_false(check_nanp("1174823190"));
	assert_false(check_nanp("6171823190"));
	assert_false(check_nanp("9114823190"));
	assert_false(check_nanp("6179113190"));
}

static void test_days(void **state)
{
	(void)state;
	assert_true(check_day(2024, 2, 29));
	assert_true(check_day(-1, 12, 31));
	assert_false(check_day(2024, 2, 30));
	assert_false(check_day(2024, 13, 1));
	assert_false(check_day(2024, 0, 1));
	assert_false(check_day(2024, 4, 31));
	assert_false(check_day(1799, 4, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_luhn), cmocka_unit_test(test_cards), cmocka_unit_test(test_npi), cmocka_unit_test(test_dea),
		cmocka_unit_test(test_vin), cmocka_unit_test(test_iban), cmocka_unit_test(test_mbi), cmocka_unit_test(test_ssn),
		cmocka_unit_test(test_telephone), cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
