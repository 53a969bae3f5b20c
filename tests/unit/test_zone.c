/* Local time of zones, against what date(1) of the C library says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "file.h"
#include "zone.h"

static int64_t of_libc(const char *name, int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	setenv("TZ", name, 1);
	tzset();
	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

static void offsets_are_those_of_the_c_library(void **state)
{
	static const char *const names[] = {"UTC", "America/New_York", "America/St_Johns", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe",
		"Asia/Kolkata", "America/Phoenix", "Pacific/Chatham", "America/Santiago", "Africa/Casablanca", "Pacific/Apia"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct zone *zone;
		struct why why;

		assert_int_equal(zone_load(names[i], &zone, &why), RC_OK);
		/* 1960 to 2100 in steps of 11 hours and 7 s */
		for (int64_t t = -315619200; t < 4102444800; t += 39607)
			if (zone_offset(zone, t) != of_libc(names[i], t))
				fail_msg("%s at %lld: %lld, not %lld", names[i], (long long)t, (long long)zone_offset(zone, t), (long long)of_libc(names[i], t));
		zone_free(zone);
	}
}

static void the_second_of_a_change_is_met(void **state)
{
	struct zone *zone;
	struct why why;

	(void)state;
	assert_int_equal(zone_load("America/New_York", &zone, &why), RC_OK);
	assert_int_equal(zone_offset(zone, 1772953199), -5 * 3600);      /* 2026-03-08T06:59:59Z */
	assert_int_equal(zone_offset(zone, 1772953200), -4 * 3600);
	assert_int_equal(zone_offset(zone, 1793512799), -4 * 3600);      /* 2026-11-01T05:59:59Z */
	assert_int_equal(zone_offset(zone, 1793512800), -5 * 3600);
	zone_free(zone);
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const names[] = {"", "/etc/passwd", "../../../etc/passwd", "America", "Mars/Olympus", "zone.tab", "Europe/Berlin\n"};
	struct zone *zone;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_not_equal(zone_load(names[i], &zone, &why), RC_OK);
		assert_null(zone);
		assert_non_null(strstr(why.text, "zone"));
	}
}

static void a_damaged_file_is_refused_and_never_overread(void **state)
{
	struct buf file;
	struct zone *zone;
	struct why why;

	(void)state;
	buf_init(&file, 1 << 20);
	assert_int_equal(file_read("/usr/share/zoneinfo/Europe/Berlin", &file, &why), RC_OK);
	for (size_t n = 0; n < file.len; n++) {
		char *part = malloc(n + 1);

		memcpy(part, file.data, n);
		assert_int_equal(zone_parse((struct slice){part, n}, &zone, &why), RC_BAD);
		if (n >= 20)                                             /* whole, with one byte changed: an error or a zone, no overrun */
			for (int bit = 0; bit < 2; bit++) {
				char *whole = malloc(file.len);

				memcpy(whole, file.data, file.len);
				whole[n] = (char)(whole[n] ^ (bit ? 0x80 : 1));
				if (zone_parse((struct slice){whole, file.len}, &zone, &why) == RC_OK)
					zone_offset(zone, 1793512800);
				zone_free(zone);
				free(whole);
			}
		free(part);
	}
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_are_those_of_the_c_library),
		cmocka_unit_test(the_second_of_a_change_is_met),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(a_damaged_file_is_refused_and_never_overread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
