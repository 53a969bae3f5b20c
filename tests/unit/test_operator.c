/* What each operator writes, for any text: nothing that is an identifier itself, and nothing that masking again would change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "corpora.h"
#include "masking.h"

static const char *const RULES[] = {
	"response: {default: redact}",
	"response: {default: partial}",
	"response: {default: pseudonym}",
	"response: {default: hash}",
	"response: {DATE: year, ZIP: zip3, AGE: cap90}",
	"response: {default: hash, DATE: year, ZIP: zip3, AGE: cap90, NAME: pseudonym}",
	"response: {default: keep, SSN: redact}",
	"response: {NAME: keep, DATE: keep}",
	"response: {CITY: keep, FACILITY: keep, ADDRESS: partial}",
};
#define N_RULES (sizeof RULES / sizeof *RULES)

/* Of these rules nothing is kept: what they leave holds nothing that any other rules would find. */
#define N_NOTHING_KEPT 6

struct engines {
	struct mask_engine *engine[N_RULES];
	unsigned int wrong;
};

static struct engines engines;

static void same_again(struct engines *e, size_t by, size_t again_by, const char *text, const char *once, size_t n)
{
	size_t again_n;
	char *again = masking_whole(e->engine[again_by], (struct slice){once, n}, &again_n);

	if (n != again_n || memcmp(once, again, n) != 0) {
		if (e->wrong++ < 40)
			print_error("%s\nbecomes by \"%s\"\n%s\nand by \"%s\"\n%s\n\n", text, RULES[by], once, RULES[again_by],
				    again);
	}
	free(again);
}

static void masked_twice(void *arg, const char *text)
{
	struct engines *e = arg;

	for (size_t k = 0; k < N_RULES; k++) {
		size_t n;
		char *once = masking_whole(e->engine[k], slice_str(text), &n);

		same_again(e, k, k, text, once, n);
		if (k > 0 && k < N_NOTHING_KEPT)
			same_again(e, k, 0, text, once, n);
		free(once);
	}
}

static void test_masking_again_changes_nothing(void **state)
{
	(void)state;
	corpora_sentences(masked_twice, &engines);
	corpora_hard(masked_twice, &engines);
	assert_int_equal(engines.wrong, 0);
}

static int setup(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_RULES; k++)
		engines.engine[k] = masking_engine(RULES[k]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_RULES; k++)
		mask_engine_free(engines.engine[k]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masking_again_changes_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
