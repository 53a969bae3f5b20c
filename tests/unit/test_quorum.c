/* Quorums: how rules write them, and that one person never fills two places while no set of people that is enough is turned away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "quorum.h"
#include "yaml.h"

static enum rc read_by(const char *text, struct quorum *q, struct why *why)
{
	struct yaml *root = NULL;
	enum rc rc;

	assert_int_equal(yaml_parse(slice_str(text), &root, why), RC_OK);
	rc = quorum_read(yaml_get(root, "by"), q, why);
	yaml_free(root);
	return rc;
}

static void a_rule_names_one_need_or_several(void **state)
{
	struct quorum q, again;
	struct buf json, words;

	(void)state;
	buf_init(&json, 4096);
	buf_init(&words, 4096);
	assert_int_equal(read_by("by: {groups: [a, b]}", &q, NULL), RC_OK);
	assert_int_equal(q.n, 1);
	assert_int_equal(quorum_places(&q), 1);
	quorum_free(&q);
	assert_int_equal(read_by("by: {groups: [a], approvals: 9}", &q, NULL), RC_OK);
	assert_int_equal(quorum_places(&q), QUORUM_APPROVALS_MAX);
	quorum_free(&q);
	assert_int_equal(read_by("by: [{groups: [a], approvals: 1}, {groups: [b, a], approvals: 2}]", &q, NULL), RC_OK);
	assert_int_equal(quorum_places(&q), 3);
	assert_int_equal(quorum_json(&q, &json), RC_OK);
	assert_string_equal(json.data, "[{\"groups\":[\"a\"],\"approvals\":1},{\"groups\":[\"b\",\"a\"],\"approvals\":2}]");
	assert_int_equal(quorum_parse(buf_slice(&json), &again), RC_OK);
	assert_int_equal(quorum_places(&again), 3);
	buf_clear(&json);
	assert_int_equal(quorum_groups_json(&again, &json), RC_OK);
	assert_string_equal(json.data, "[\"a\",\"b\"]");
	assert_int_equal(quorum_names(&again, &words), RC_OK);
	assert_string_equal(words.data, "a or b");
	buf_clear(&words);
	assert_int_equal(quorum_missing(&again, NULL, &words), RC_OK);
	assert_string_equal(words.data, "one of a and 2 of b or a");
	buf_clear(&words);
	assert_int_equal(quorum_missing(&again, (const int64_t[QUORUM_NEEDS_MAX]){1, 1}, &words), RC_OK);
	assert_string_equal(words.data, "one of b or a");
	quorum_free(&again);
	quorum_free(&q);
	buf_free(&words);
	buf_free(&json);
}

#define NEED "{\"groups\":[\"a\"],\"approvals\":1}"

static void bad_quorums_are_named_with_their_place(void **state)
{
	static const struct {
		const char *yaml, *says;
		int column;
	} cases[] = {
		{"by: []", "names nobody", 5},
		{"by: {groups: []}", "at least one group", 14},
		{"by: {groups: [a, '']}", "no empty one", 14},
		{"by: {approvals: 2}", "lacks the key \"groups\"", 5},
		{"by: {groups: [a], approvals: 0}", "must be 1 to 9", 30},
		{"by: {groups: [a], approvals: 10}", "must be 1 to 9", 30},
		{"by: {groups: [a], people: 1}", "unknown key \"people\"", 19},
		{"by: [{groups: [a]}, {groups: [b], approvals: 11}]", "must be 1 to 9", 46},
		{"by: [a, b]", "must be a mapping", 6},
		{"by: privacy", "must be a mapping", 5},
		{"by: [{groups: a}, {groups: a}, {groups: a}, {groups: a}, {groups: a}, {groups: a}, {groups: a}, {groups: a}, {groups: a}]",
		 "at most 8 items", 110},
	};
	static const char *const no_json[] = {"", "[]", "{}", "[{}]", "[{\"groups\":[],\"approvals\":1}]", "[{\"groups\":[1],\"approvals\":1}]",
					      "[{\"groups\":[\"a\"],\"approvals\":0}]", "[{\"groups\":[\"a\"],\"approvals\":10}]",
					      "[" NEED "," NEED "," NEED "," NEED "," NEED "," NEED "," NEED "," NEED "," NEED "]"};
	struct quorum q;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct why why = {0};

		assert_int_equal(read_by(cases[i].yaml, &q, &why), RC_BAD);
		if (!strstr(why.text, cases[i].says) || why.line != 1 || why.column != cases[i].column)
			fail_msg("%s: %d:%d %s", cases[i].yaml, why.line, why.column, why.text);
		quorum_free(&q);
	}
	for (size_t i = 0; i < sizeof no_json / sizeof *no_json; i++) {
		assert_int_equal(quorum_parse(slice_str(no_json[i]), &q), RC_BAD);
		quorum_free(&q);
	}
}

static void a_stored_quorum_has_as_many_needs_as_a_rule_may(void **state)
{
	struct quorum q;
	struct buf json;

	(void)state;
	buf_init(&json, 4096);
	for (int n = 1; n <= QUORUM_NEEDS_MAX + 1; n++) {
		buf_truncate(&json, json.len ? json.len - 1 : 0);
		buf_printf(&json, "%s{\"groups\":[\"a\"],\"approvals\":1}]", n == 1 ? "[" : ",");
		assert_int_equal(quorum_parse(buf_slice(&json), &q), n <= QUORUM_NEEDS_MAX ? RC_OK : RC_BAD);
		assert_int_equal(quorum_places(&q), n <= QUORUM_NEEDS_MAX ? n : QUORUM_NEEDS_MAX);
		quorum_free(&q);
	}
	buf_free(&json);
}

/* ---- counting, with needs a: 1 and b: 2 ---- */

static char *a[] = {"a"}, *b[] = {"b"}, *ab[] = {"a", "b"}, *none[] = {"c"};
static const struct quorum a_and_2b = {.need = {{{a, 1}, 1}, {{b, 1}, 2}}, .n = 2};

static void a_person_of_two_groups_fills_one_place(void **state)
{
	int64_t filled[QUORUM_NEEDS_MAX];

	(void)state;
	assert_int_equal(quorum_serves(&a_and_2b, &(struct text_list){ab, 2}), 3);
	assert_int_equal(quorum_serves(&a_and_2b, &(struct text_list){b, 1}), 2);
	assert_int_equal(quorum_serves(&a_and_2b, &(struct text_list){none, 1}), 0);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){3}, 1, filled), 1);
	assert_int_equal(filled[0] + filled[1], 1);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){3, 3}, 2, filled), 2);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){3, 3, 3}, 3, filled), 3);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){2, 2, 2}, 3, filled), 2);
	assert_int_equal(filled[0], 0);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){1, 1, 1}, 3, filled), 1);
	assert_int_equal(quorum_filled(&a_and_2b, NULL, 0, filled), 0);
}

static void whoever_can_move_makes_room(void **state)
{
	int64_t filled[QUORUM_NEEDS_MAX];

	(void)state;
	/* the first sits at a, and moves to b when somebody comes who can only sit at a */
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){3, 1}, 2, filled), 2);
	assert_int_equal(filled[0], 1);
	assert_int_equal(filled[1], 1);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){3, 1, 2}, 3, filled), 3);
	assert_int_equal(quorum_filled(&a_and_2b, (const unsigned[]){2, 2, 3}, 3, filled), 3);
}

/* The most places, by trying everything: each person sits nowhere or at one of the needs. */
static int64_t tried(const struct quorum *q, const unsigned *serves, size_t n, int64_t *left)
{
	int64_t best;

	if (n == 0)
		return 0;
	best = tried(q, serves + 1, n - 1, left);
	for (size_t i = 0; i < q->n; i++)
		if (serves[0] & 1U << i && left[i] > 0) {
			int64_t with;

			left[i]--;
			with = 1 + tried(q, serves + 1, n - 1, left);
			left[i]++;
			best = with > best ? with : best;
		}
	return best;
}

static void the_count_is_that_of_trying_everything(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 3000; round++) {
		struct quorum q = {.n = 1 + (size_t)(rand() % 4)};
		int64_t left[QUORUM_NEEDS_MAX], filled[QUORUM_NEEDS_MAX], sum = 0, most;
		unsigned serves[6];
		size_t n = (size_t)(rand() % 7);

		for (size_t i = 0; i < q.n; i++)
			left[i] = q.need[i].approvals = 1 + rand() % 3;
		for (size_t i = 0; i < n; i++)
			serves[i] = (unsigned)rand() % (1U << q.n);
		most = quorum_filled(&q, serves, n, filled);
		assert_int_equal(most, tried(&q, serves, n, left));
		for (size_t i = 0; i < q.n; i++) {
			assert_true(filled[i] <= q.need[i].approvals);
			sum += filled[i];
		}
		assert_int_equal(sum, most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_names_one_need_or_several),
		cmocka_unit_test(bad_quorums_are_named_with_their_place),
		cmocka_unit_test(a_stored_quorum_has_as_many_needs_as_a_rule_may),
		cmocka_unit_test(a_person_of_two_groups_fills_one_place),
		cmocka_unit_test(whoever_can_move_makes_room),
		cmocka_unit_test(the_count_is_that_of_trying_everything),
	};

	return cmocka_run_group_tests_name("quorum", tests, NULL, NULL);
}
