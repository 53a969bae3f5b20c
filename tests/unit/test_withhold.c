/* A secret taken out of bytes that come in any pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "withhold.h"

/* The first n bytes come together, the rest in pieces of each. */
static void feed(struct slice secret, const char *text, size_t n, size_t each, const char *wanted)
{
	struct slice rest = {text, strlen(text)};
	struct withhold w;
	struct buf out;

	withhold_init(&w, secret);
	buf_init(&out, 4096);
	while (rest.n) {
		struct slice in = {rest.p, n < rest.n ? n : rest.n};

		assert_int_equal(withhold_feed(&w, in, &out), RC_OK);
		assert_true(w.held.len < (secret.n ? secret.n : 1));
		rest = (struct slice){rest.p + in.n, rest.n - in.n};
		n = each;
	}
	assert_int_equal(withhold_finish(&w, &out), RC_OK);
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(out.data ? out.data : "", wanted, out.len);
	buf_free(&out);
	withhold_free(&w);
}

static void a_secret_is_found_whatever_pieces_it_comes_in(void **state)
{
	static const struct {
		const char *secret, *text, *wanted;
	} rows[] = {
		{"aab", "aaab, aabaab; aa aab", "a[SECRET], [SECRET][SECRET]; aa [SECRET]"},
		{"aab", "nothing of it, and its beginning aa", "nothing of it, and its beginning aa"},
		{"key-1", "key-key-1key-2", "key-[SECRET]key-2"},
		{"x", "axxb", "a[SECRET][SECRET]b"},
		{"", "all of it", "all of it"},
		{"abc", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t n = 1; n <= strlen(rows[i].text) + 1; n++)
			for (size_t each = 1; each < 4; each++)
				feed(slice_str(rows[i].secret), rows[i].text, n, each, rows[i].wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_found_whatever_pieces_it_comes_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
