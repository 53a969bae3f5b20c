#include "checks.h"

#include <string.h>

bool check_luhn(const char *digits, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		int d = digits[n - 1 - i] - '0';

		if (i % 2)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return n > 1 && sum % 10 == 0;
}

bool check_card(const char *digits, size_t n)
{
	return n >= 13 && n <= 19 && digits[0] >= '2' && digits[0] <= '6' &&
	       !(digits[0] == '2' && (digits[1] < '2' || digits[1] > '7')) && check_luhn(digits, n);
}

bool check_npi(const char *digits, size_t n)
{
	char all[15] = "80840";

	if (n != 10 || (digits[0] != '1' && digits[0] != '2'))
		return false;
	memcpy(all + 5, digits, 10);
	return check_luhn(all, sizeof all);
}

bool check_ssn(const char *d)
{
	int area = (d[0] - '0') * 100 + (d[1] - '0') * 10 + d[2] - '0', group = (d[3] - '0') * 10 + d[4] - '0';

	if (area == 0 || area == 666 || group == 0 || memcmp(d + 5, "0000", 4) == 0)
		return false;
	return area < 900 || (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 99 && group != 93);
}

bool check_nanp(const char *d)
{
	return d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') && !(d[4] == '1' && d[5] == '1');
}

bool check_dea(const char *c, size_t n)
{
	int d[7];

	if (n != 9 || !strchr("ABCDEFGHJKLMPRSTUX", c[0]) || !((c[1] >= 'A' && c[1] <= 'Z') || c[1] == '9'))
		return false;
	for (int i = 0; i < 7; i++) {
		if (c[i + 2] < '0' || c[i + 2] > '9')
			return false;
		d[i] = c[i + 2] - '0';
	}
	return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6];
}

bool check_vin(const char *c, size_t n)
{
	static const char values[] = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
	static const int weights[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
	int sum = 0, digits = 0;

	if (n != 17)
		return false;
	for (int i = 0; i < 17; i++) {
		const char *at = c[i] == '.' ? NULL : strchr(values, c[i]);

		if (!at || !*at)
			return false;
		sum += weights[i] * (int)((at - values) % 10);
		digits += c[i] >= '0' && c[i] <= '9';
	}
	return digits >= 3 && digits < 17 && c[8] == "0123456789X"[sum % 11];
}

size_t check_iban_longest(const char *c, size_t n)
{
	size_t longest = 0;
	int rest = 0, first = 0;

	if (n < 15 || c[0] < 'A' || c[0] > 'Z' || c[1] < 'A' || c[1] > 'Z' || c[2] < '0' || c[2] > '9' || c[3] < '0' || c[3] > '9')
		return 0;
	/* country and check digits count behind the rest: as six digits */
	first = ((c[0] - 'A' + 10) * 10000 + (c[1] - 'A' + 10) * 100 + (c[2] - '0') * 10 + c[3] - '0') % 97;
	for (size_t i = 4; i < n && i < 34; i++) {
		if (c[i] >= '0' && c[i] <= '9')
			rest = (rest * 10 + c[i] - '0') % 97;
		else if (c[i] >= 'A' && c[i] <= 'Z')
			rest = (rest * 100 + c[i] - 'A' + 10) % 97;
		else
			break;
		if (i + 1 >= 15 && (rest * (1000000 % 97) + first) % 97 == 1)
			longest = i + 1;
	}
	return longest;
}

bool check_iban(const char *c, size_t n)
{
	return n <= 34 && n >= 15 && check_iban_longest(c, n) == n;
}

bool check_mbi(const char *c, size_t n)
{
	static const char form[] = "1aen" "aen" "aann";          /* 1: 1 to 9, a: letter, e: either, n: digit */

	if (n != 11)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool digit = c[i] >= '0' && c[i] <= '9', letter = c[i] >= 'A' && c[i] <= 'Z' && !strchr("SLOIBZ", c[i]);

		if ((form[i] == '1' && !(digit && c[i] != '0')) || (form[i] == 'n' && !digit) || (form[i] == 'a' && !letter) ||
		    (form[i] == 'e' && !digit && !letter))
			return false;
	}
	return true;
}

bool check_day(int year, int month, int day)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && (year == -1 || (year >= 1800 && year < 2200));
}
