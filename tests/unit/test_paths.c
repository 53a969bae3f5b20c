/* Sets of JSON paths: where they lead, and what they refuse to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "paths.h"

enum { MARK, OTHER };

/* The place behind keys, "[]" being an item. */
static uint16_t walk(const struct paths *p, const char *const keys[])
{
	uint16_t place = PATH_ROOT;

	for (size_t i = 0; keys[i]; i++)
		place = slice_is(slice_str(keys[i]), "[]") ? paths_item(p, place) : paths_member(p, place, slice_str(keys[i]));
	return place;
}

#define AT(p, ...) paths_mark(p, walk(p, (const char *const[]){__VA_ARGS__, NULL}), MARK)

static void paths_lead_to_their_marks_and_nowhere_else(void **state)
{
	struct paths *p = paths_new();

	(void)state;
	assert_non_null(p);
	assert_int_equal(paths_add(p, "choices[].delta.content", MARK, 7), RC_OK);
	assert_int_equal(paths_add(p, "choices[].index", MARK, 0), RC_OK);
	assert_int_equal(paths_add(p, "id", MARK, 3), RC_OK);
	assert_int_equal(paths_add(p, "rows[][]", MARK, 4), RC_OK);
	assert_int_equal(paths_add(p, "[].name", MARK, 5), RC_OK);
	assert_int_equal(AT(p, "choices", "[]", "delta", "content"), 7);
	assert_int_equal(AT(p, "choices", "[]", "index"), 0);
	assert_int_equal(AT(p, "id"), 3);
	assert_int_equal(AT(p, "rows", "[]", "[]"), 4);
	assert_int_equal(AT(p, "[]", "name"), 5);
	assert_int_equal(AT(p, "choices"), -1);
	assert_int_equal(AT(p, "choices", "delta", "content"), -1);      /* no item in between */
	assert_int_equal(AT(p, "choices", "[]", "[]", "index"), -1);
	assert_int_equal(AT(p, "Id"), -1);
	assert_int_equal(AT(p, "id", "x"), -1);
	assert_int_equal(AT(p, "i"), -1);
	assert_int_equal(paths_mark(p, walk(p, (const char *const[]){"id", NULL}), OTHER), -1);
	assert_int_equal(paths_member(p, PATH_NONE, SLICE("id")), PATH_NONE);
	assert_int_equal(paths_item(p, PATH_NONE), PATH_NONE);
	paths_free(p);
	paths_free(NULL);
}

static void a_star_is_every_member_that_is_not_named(void **state)
{
	struct paths *p = paths_new();

	(void)state;
	assert_int_equal(paths_add(p, "a.*.x", MARK, 1), RC_OK);
	assert_int_equal(paths_add(p, "a.b", MARK, 2), RC_OK);
	assert_int_equal(AT(p, "a", "any", "x"), 1);
	assert_int_equal(AT(p, "a", "", "x"), 1);
	assert_int_equal(AT(p, "a", "b"), 2);
	assert_int_equal(AT(p, "a", "b", "x"), -1);
	assert_true(paths_named(p, walk(p, (const char *const[]){"a", "b", NULL})));
	assert_false(paths_named(p, walk(p, (const char *const[]){"a", "any", NULL})) || paths_named(p, PATH_NONE) || paths_named(p, PATH_ROOT));
	assert_true(paths_has_keys(p, walk(p, (const char *const[]){"a", NULL})));
	assert_false(paths_has_keys(p, walk(p, (const char *const[]){"a", "b", NULL})) || paths_has_keys(p, PATH_NONE));
	paths_free(p);
}

static void a_key_in_other_letters_is_almost_one(void **state)
{
	struct paths *p = paths_new();
	uint16_t a;

	(void)state;
	assert_int_equal(paths_add(p, "a.maxTokens", MARK, 1), RC_OK);
	assert_int_equal(paths_add(p, "a.gr\xc3\xb6\xc3\x9f""e", MARK, 1), RC_OK);
	assert_int_equal(paths_add(p, "a.*", MARK, 2), RC_OK);
	a = walk(p, (const char *const[]){"a", NULL});
	assert_true(paths_almost(p, a, SLICE("maxtokens"), SLICE("maxtokens")));
	assert_true(paths_almost(p, a, SLICE("GR\xc3\x96SSE"), SLICE("gr\xc3\xb6sse")));
	assert_false(paths_almost(p, a, SLICE("maxTokens"), SLICE("maxtokens")));
	assert_false(paths_almost(p, a, SLICE("maxToken"), SLICE("maxtoken")) || paths_almost(p, PATH_NONE, SLICE("maxtokens"), SLICE("maxtokens")));
	paths_free(p);
}

static void a_place_knows_whether_it_leads_to_a_mark(void **state)
{
	struct paths *p = paths_new();
	uint16_t choice;

	(void)state;
	assert_int_equal(paths_add(p, "choices[].delta.content", MARK, 1), RC_OK);
	assert_int_equal(paths_add(p, "choices[].tools[].text", MARK, 2), RC_OK);
	choice = walk(p, (const char *const[]){"choices", "[]", NULL});
	assert_true(paths_leads(p, PATH_ROOT, MARK, 1) && paths_leads(p, PATH_ROOT, MARK, 2) && paths_leads(p, choice, MARK, 2));
	assert_false(paths_leads(p, paths_member(p, choice, SLICE("delta")), MARK, 2));
	assert_false(paths_leads(p, paths_member(p, choice, SLICE("else")), MARK, 1));
	assert_false(paths_leads(p, PATH_ROOT, MARK, 3) || paths_leads(p, PATH_ROOT, OTHER, 1));
	paths_free(p);
}

static void what_is_no_path_is_refused(void **state)
{
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a[", "a[0]", "a[]b", "a.[]", "[]."};
	struct paths *p = paths_new();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (paths_add(p, bad[i], MARK, 0) != RC_BAD)
			fail_msg("\"%s\" is a path", bad[i]);
	assert_int_equal(paths_add(p, "a", MARK, 0), RC_OK);
	assert_int_equal(paths_add(p, "a", MARK, 1), RC_BAD);            /* it has that mark */
	assert_int_equal(paths_add(p, "a", OTHER, 1), RC_OK);
	paths_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_their_marks_and_nowhere_else),
		cmocka_unit_test(a_star_is_every_member_that_is_not_named),
		cmocka_unit_test(a_key_in_other_letters_is_almost_one),
		cmocka_unit_test(a_place_knows_whether_it_leads_to_a_mark),
		cmocka_unit_test(what_is_no_path_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
