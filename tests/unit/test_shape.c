/* What a dialect says of an answer, and what it must not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "shape.h"

static enum rc read_shape(const char *text, struct answer_shape **shape, struct why *why)
{
	struct yaml *root = NULL;
	enum rc rc = yaml_parse(slice_str(text), &root, why);

	*shape = NULL;
	if (rc == RC_OK)
		rc = shape_read(root, shape, why);
	yaml_free(root);
	return rc;
}

static uint16_t member(const struct answer_shape *s, const char *name)
{
	return paths_member(s->paths, PATH_ROOT, slice_str(name));
}

static void a_shape_says_what_stands_where(void **state)
{
	struct answer_shape *s;
	struct why why = {0};
	uint16_t item;

	(void)state;
	assert_int_equal(read_shape("text: [a]\nstream:\n  - {path: 'c[].text', key: ['c[].index']}\n  - {path: delta, key: [part, 'c[].index']}\n"
				    "ends:\n  - {path: type, key: [part], value: [part.done], last: [done, error]}\n  - {path: 'c[].why', key: ['c[].index']}\n"
				    "drop: [p]\nplain: [type, part]\nids: [id]\ntitles: [called]\ntimes: [at]\nvectors: [v]\nusage: {input: [i], output: [o]}\n", &s, &why), RC_OK);
	assert_int_equal(s->n_texts, 3);
	assert_true(!s->texts[0].stream && s->texts[1].stream && s->texts[2].stream);
	assert_true(s->texts[0].keys == 0 && s->texts[1].keys == 1 && s->texts[2].keys == 3);
	assert_int_equal(s->n_slots, 2);
	assert_string_equal(s->slots[0], "c[].index");
	assert_int_equal(s->n_ends, 2);
	assert_true(s->ends[0].keys == 2 && s->ends[0].n_values == 1 && s->ends[0].n_last == 2 && s->ends[1].keys == 1 && s->ends[1].n_values == 0);
	assert_string_equal(s->ends[0].last[1], "error");
	item = paths_item(s->paths, member(s, "c"));
	assert_int_equal(paths_mark(s->paths, paths_member(s->paths, item, SLICE("text")), SHAPE_TEXT), 1);
	assert_int_equal(paths_mark(s->paths, paths_member(s->paths, item, SLICE("index")), SHAPE_KEY), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "part"), SHAPE_KEY), 1);
	assert_int_equal(paths_mark(s->paths, member(s, "part"), SHAPE_PLAIN), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "type"), SHAPE_END), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "p"), SHAPE_DROP), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "id"), SHAPE_ID), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "at"), SHAPE_TIME), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "called"), SHAPE_TITLE), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "v"), SHAPE_VECTOR), 0);
	assert_int_equal(paths_mark(s->paths, member(s, "i"), SHAPE_USAGE), USAGE_INPUT);
	assert_int_equal(paths_mark(s->paths, member(s, "o"), SHAPE_USAGE), USAGE_OUTPUT);
	assert_int_equal(paths_mark(s->paths, member(s, "a"), SHAPE_PLAIN), -1);
	shape_free(s);
	shape_free(NULL);
}

static void without_a_word_nothing_is_special(void **state)
{
	struct answer_shape *s;

	(void)state;
	assert_int_equal(shape_read(NULL, &s, NULL), RC_OK);
	assert_true(s->n_texts == 0 && s->n_ends == 0 && s->n_slots == 0);
	shape_free(s);
}

static void mistakes_are_named_with_their_place(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"texts: [a]\n", "texts"}, {"text: ['a[0]']\n", "a[0]"}, {"plain: [a, a]\n", "\"a\""}, {"stream: [a]\n", "stream"},
		{"stream: {path: a}\n", "list"}, {"stream: [{key: [a]}]\n", "path"}, {"ends: [{path: a, values: [b]}]\n", "values"},
		{"stream: [{path: t, key: [a, b, c, d, e]}]\n", "at most 4"}, {"ids: [a..b]\n", "a..b"}, {"text: [a]\nstream: [{path: a}]\n", "\"a\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct answer_shape *s;
		struct why why = {0};
		enum rc rc = read_shape(bad[i].text, &s, &why);

		if (rc != RC_BAD || s || why.line == 0 || !strstr(why.text, bad[i].says))
			fail_msg("%s: rc %d, line %d: %s", bad[i].text, rc, why.line, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shape_says_what_stands_where),
		cmocka_unit_test(without_a_word_nothing_is_special),
		cmocka_unit_test(mistakes_are_named_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
