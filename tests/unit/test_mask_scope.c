/* What a session remembers of its exchanges: names that one exchange has found are found in those that begin after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "hash.h"
#include "known.h"
#include "masking_setup.h"

static void becomes(struct mask_scope *scope, const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, BUF_MAX_DEFAULT);
	assert_int_equal(mask_text(engine, scope, NULL, slice_str(text), &out), RC_OK);
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void test_names_of_an_exchange_are_known_to_those_that_begin_after_it(void **state)
{
	struct mask_scope *session = mask_scope_new(), *first = mask_scope_begin(session), *beside = mask_scope_begin(session), *after;

	(void)state;
	becomes(first, "Dr. Zorvanta Quimbly-Okoro came.", "Dr. [NAME] came.");
	becomes(first, "blue Quimbly-Okoro form", "blue Quimbly-Okoro form");           /* a text of its own */
	mask_scope_publish(first);
	becomes(beside, "blue Zorvanta form", "blue Zorvanta form");              /* it began before */
	after = mask_scope_begin(session);
	becomes(after, "blue Zorvanta form. QUIMBLY-OKORO!", "blue [NAME] form. [NAME]!");
	becomes(after, "the zorvanta form", "the zorvanta form");
	mask_scope_end(after);
	mask_scope_end(beside);
	mask_scope_end(first);
	mask_scope_end(NULL);
	mask_scope_free(session);
}

static void test_an_exchange_that_ends_publishes(void **state)
{
	struct mask_scope *session = mask_scope_new(), *x = mask_scope_begin(session);

	(void)state;
	becomes(x, "Ms. Zorvanta Bell came.", "Ms. [NAME] came.");
	mask_scope_end(x);
	x = mask_scope_begin(session);
	becomes(x, "Bell palsy, says Zorvanta", "Bell palsy, says [NAME]");
	mask_scope_end(x);
	x = mask_scope_begin(session);                   /* and stays known */
	becomes(x, "blue, says Zorvanta", "blue, says [NAME]");
	mask_scope_end(x);
	mask_scope_free(session);
}

static void test_sessions_know_nothing_of_each_other(void **state)
{
	struct mask_scope *one = mask_scope_new(), *other = mask_scope_new(), *x = mask_scope_begin(one);

	(void)state;
	becomes(x, "Ms. Zorvanta came.", "Ms. [NAME] came.");
	mask_scope_end(x);
	x = mask_scope_begin(other);
	becomes(x, "blue Zorvanta form", "blue Zorvanta form");
	mask_scope_end(x);
	mask_scope_free(one);
	mask_scope_free(other);
}

static void test_a_text_that_knows_names_is_cut_alike(void **state)
{
	static const char text[] = "The Zorvanta form is blue; ZORVANTA Okoro-Quimbly\u2019s, and Zorvanta\nQ. "
				   "Zorvanta-Lee, Zorvanta. Zorvantas Zorvanta";
	struct mask_scope *session = mask_scope_new(), *x = mask_scope_begin(session);
	struct mask_stream *m;
	struct buf want, got;

	(void)state;
	becomes(x, "Ms. Zorvanta came.", "Ms. [NAME] came.");
	mask_scope_end(x);
	x = mask_scope_begin(session);
	buf_init(&want, 4096);
	buf_init(&got, 4096);
	assert_int_equal(mask_text(engine, x, NULL, SLICE(text), &want), RC_OK);
	assert_non_null(strstr(want.data, "The [NAME] form"));
	for (size_t at = 0; at < sizeof text; at++) {
		assert_int_equal(mask_stream_new(engine, x, NULL, &m), RC_OK);
		assert_int_equal(mask_feed(m, text, at, &got), RC_OK);
		assert_int_equal(mask_feed(m, text + at, sizeof text - 1 - at, &got), RC_OK);
		assert_int_equal(mask_finish(m, &got), RC_OK);
		assert_string_equal(got.data, want.data);
		buf_clear(&got);
		mask_stream_free(m);
		if (at == sizeof text - 1)
			break;
	}
	mask_scope_end(x);
	mask_scope_free(session);
	buf_free(&want);
	buf_free(&got);
}

static void test_pseudonyms_are_the_sessions(void **state)
{
	struct mask_engine *e = masking_engine("response: {default: pseudonym}");
	struct mask_scope *session = mask_scope_new();
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (int i = 0; i < 2; i++) {
		struct mask_scope *x = mask_scope_begin(session);

		assert_int_equal(mask_text(e, x, NULL, i ? SLICE(" Dr. Jones, Dr. Smith") : SLICE("Dr. Smith"), &out), RC_OK);
		mask_scope_end(x);
	}
	assert_string_equal(out.data, "Dr. [NAME-1] Dr. [NAME-2], Dr. [NAME-1]");
	buf_free(&out);
	mask_scope_free(session);
	mask_engine_free(e);
}

static uint64_t hash_of(uint64_t i)
{
	return word_mix(i + 1) | 1;
}

static void test_the_oldest_names_go(void **state)
{
	struct known *learnt = NULL, *all = NULL;

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		struct known *before = all;

		for (size_t i = 0; i < 2000; i++)
			known_add(&learnt, hash_of(round * 2000 + i));
		known_add(&learnt, hash_of(0));          /* again and again */
		all = known_with(before, learnt);
		assert_non_null(all);
		known_unref(before);
		known_unref(learnt);
		learnt = NULL;
	}
	assert_true(known_has(all, hash_of(0)));
	assert_true(known_has(all, hash_of(5999)));
	assert_true(known_has(all, hash_of(2000)));
	assert_false(known_has(all, hash_of(1)));
	assert_false(known_has(all, hash_of(6000)));
	known_unref(all);
	known_unref(NULL);
	assert_false(known_has(NULL, hash_of(1)));
}

static void test_one_exchange_learns_no_more_than_a_session_keeps(void **state)
{
	struct known *learnt = NULL, *all;

	(void)state;
	for (size_t i = 0; i < 2 * KNOWN_MAX; i++)
		known_add(&learnt, hash_of(i));
	assert_true(known_has(learnt, hash_of(KNOWN_MAX - 1)));
	assert_false(known_has(learnt, hash_of(KNOWN_MAX)));
	all = known_with(NULL, learnt);
	assert_true(known_has(all, hash_of(0)));
	assert_true(known_has(all, hash_of(KNOWN_MAX - 1)));
	known_unref(all);
	known_unref(learnt);
}

#define THREADS 4

static void *many_exchanges(void *session)
{
	for (int i = 0; i < 100; i++) {
		struct mask_scope *x = mask_scope_begin(session);
		struct buf out;

		buf_init(&out, 4096);
		if (!x || mask_text(engine, x, NULL, SLICE("Ms. Zorvanta, Dr. Okoro; Dr. Quimbly"), &out) != RC_OK)
			abort();
		mask_scope_end(x);
		buf_free(&out);
	}
	return NULL;
}

static void test_exchanges_at_the_same_time(void **state)
{
	struct mask_scope *session = mask_scope_new(), *x;
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_exchanges, session), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	x = mask_scope_begin(session);
	becomes(x, "blue, says Zorvanta", "blue, says [NAME]");
	mask_scope_end(x);
	mask_scope_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_an_exchange_are_known_to_those_that_begin_after_it),
		cmocka_unit_test(test_an_exchange_that_ends_publishes),
		cmocka_unit_test(test_sessions_know_nothing_of_each_other),
		cmocka_unit_test(test_a_text_that_knows_names_is_cut_alike),
		cmocka_unit_test(test_pseudonyms_are_the_sessions),
		cmocka_unit_test(test_the_oldest_names_go),
		cmocka_unit_test(test_one_exchange_learns_no_more_than_a_session_keeps),
		cmocka_unit_test(test_exchanges_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
