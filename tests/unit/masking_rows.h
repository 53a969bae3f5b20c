/* Tables of texts and of what becomes of them, with an engine that has the default rules. */
#ifndef PHIGATE_TEST_MASKING_ROWS_H
#define PHIGATE_TEST_MASKING_ROWS_H

#include "masking_setup.h"

struct row {
	const char *text, *want;         /* NULL: it stays as it is */
};

static inline void check(const struct row *rows, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const char *want = rows[i].want ? rows[i].want : rows[i].text;
		size_t got_n;
		char *got = masking_whole(engine, slice_str(rows[i].text), &got_n);

		if (strcmp(got, want) != 0) {
			print_error("%s\nbecomes %s\nand not %s\n", rows[i].text, got, want);
			wrong++;
		}
		free(got);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(...) do { \
	static const struct row rows[] = {__VA_ARGS__}; \
	(void)state; \
	check(rows, sizeof rows / sizeof *rows); \
} while (0)

#endif
