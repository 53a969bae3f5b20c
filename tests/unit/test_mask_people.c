/* Names of people in notes that are typed in a hurry, and what stands where names do: texts, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masking.h"

static struct mask_engine *engine;

struct row {
	const char *text, *want;         /* NULL: it stays as it is */
};

static void check(const struct row *rows, size_t n)
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

static void test_names_in_small_letters(void **state)
{
	CHECK({"dw dr castellanos, hold", "dw dr [NAME], hold"}, {"mr. lo refused", "mr. [NAME] refused"},
	      {"pt okonkwo, adaeze 31f", "pt [NAME] 31f"}, {"mother latoya jeffries signed", "mother [NAME] signed"},
	      {"roommate dmitri found him", "roommate [NAME] found him"}, {"pcp worthington aware", "pcp [NAME] aware"},
	      {"e-signed: m. fairbanks", "e-signed: [NAME]"}, {"from doctor weissman's office", "from doctor [NAME]'s office"},
	      {"last name adeyemi", "last name [NAME]"},
	      {"pt ambulating in hall", NULL}, {"dr visit went ok", NULL}, {"ms contin 15 mg", NULL}, {"mom worried about rash", NULL},
	      {"pt eliquis held", NULL}, {"mother deceased", NULL}, {"Patient: Pretty much.", NULL}, {"Patient: You flatter me.", NULL});
}

static void test_names_behind_offices_and_ranks(void **state)
{
	CHECK({"Officer Villanueva is here", "Officer [NAME] is here"}, {"Ofc. Green", "Ofc. [NAME]"}, {"w/ 1LT Gray", "w/ 1LT [NAME]"},
	      {"Pastor Ellington visited", "Pastor [NAME] visited"}, {"Baby Girl Penhallow", "Baby Girl [NAME]"},
	      {"goes by Ace", "goes by [NAME]"}, {"EXP COSIGNER: GREELEY, HORACE", "EXP COSIGNER: [NAME]"},
	      {"Officer on duty", NULL}, {"Principal Diagnosis: sepsis", NULL}, {"Medic Alert bracelet", NULL}, {"Nurse Manager aware", NULL},
	      {"REV CODE 0450", NULL}, {"Baby girl doing well", NULL}, {"Cc: (Nephrologist)", NULL}, {"Attn: Medical Records", NULL},
	      {"Signed: Electronically", NULL});
}

static int setup(void **state)
{
	(void)state;
	engine = masking_engine(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mask_engine_free(engine);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_small_letters),
		cmocka_unit_test(test_names_behind_offices_and_ranks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
