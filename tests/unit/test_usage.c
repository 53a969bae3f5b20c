/* Limits: how many requests a person may send, and how many identifiers may come back, on clocks that the test sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "usage.h"

#define DAY_NS (86400 * NS_PER_S)
#define TODAY (20000 * DAY_NS)

static struct usage *usage;
static struct usage_account *alice;
static uint64_t session_masked;

static int setup(void **state)
{
	(void)state;
	session_masked = 0;
	usage = usage_new();
	alice = usage_get(usage, "https://idp", "a", "llama-prod");
	return !usage || !alice;
}

static int teardown(void **state)
{
	(void)state;
	usage_put(alice);
	usage_free(usage);
	return 0;
}

static void took(struct usage_account *who, uint64_t masked, uint64_t tokens, bool estimated, int64_t wall_ns)
{
	usage_end(who, &(struct usage_taken){masked, tokens, estimated}, wall_ns);
}

/* Seconds to wait; 0: it passes. */
static int64_t ask(struct usage_account *who, const struct policy_limits *limits, int64_t mono_s, int64_t wall_ns, const char *limit)
{
	const char *named = NULL;
	int64_t retry_s = 0;
	struct why why;

	if (usage_begin(who, &(struct usage_ask){limits, session_masked, 3000, mono_s * NS_PER_S, wall_ns}, &named, &retry_s, &why) == RC_OK)
		return 0;
	assert_string_equal(named, limit);
	assert_true(retry_s > 0);
	return retry_s;
}

static void requests_come_back_evenly_over_the_minute(void **state)
{
	const struct policy_limits four = {.requests_per_minute = 4};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(ask(alice, &four, 1000, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &four, 1000, TODAY, "limits.requests_per_minute"), 15);
	assert_int_equal(ask(alice, &four, 1014, TODAY, "limits.requests_per_minute"), 1);
	assert_int_equal(ask(alice, &four, 1015, TODAY, NULL), 0);       /* a refused one did not count */
	assert_int_equal(ask(alice, &four, 1015, TODAY, "limits.requests_per_minute"), 15);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ask(alice, &four, 2000, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &four, 2000, TODAY, "limits.requests_per_minute"), 15);
}

static void each_person_and_connection_has_an_account_of_its_own(void **state)
{
	const struct policy_limits one = {.requests_per_minute = 1};
	struct usage_account *other[] = {usage_get(usage, "https://idp", "b", "llama-prod"), usage_get(usage, "https://idp2", "a", "llama-prod"),
		usage_get(usage, "https://idp", "a", "research")}, *again = usage_get(usage, "https://idp", "a", "llama-prod");

	(void)state;
	assert_ptr_equal(again, alice);
	assert_int_equal(ask(alice, &one, 1000, TODAY, NULL), 0);
	assert_int_not_equal(ask(again, &one, 1000, TODAY, "limits.requests_per_minute"), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(other[i], &one, 1000, TODAY, NULL), 0);
		usage_put(other[i]);
	}
	usage_put(again);
}

static void a_new_connection_of_the_same_person_gains_nothing(void **state)
{
	const struct policy_limits one = {.requests_per_minute = 1};
	int64_t now_s = clock_mono_ns() / NS_PER_S;

	(void)state;
	assert_int_equal(ask(alice, &one, now_s, clock_wall_ns(), NULL), 0);
	took(alice, 0, 0, false, clock_wall_ns());
	usage_put(alice);
	usage_put(usage_get(usage, "https://idp", "somebody", "else"));
	alice = usage_get(usage, "https://idp", "a", "llama-prod");
	assert_int_not_equal(ask(alice, &one, now_s, clock_wall_ns(), "limits.requests_per_minute"), 0);
}

static void what_waits_for_approval_is_not_under_way(void **state)
{
	const struct policy_limits two = {.concurrent = 2};

	(void)state;
	assert_int_equal(ask(alice, &two, 0, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &two, 0, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &two, 0, TODAY, "limits.concurrent"), 1);
	usage_pause(alice);
	assert_int_equal(ask(alice, &two, 0, TODAY, NULL), 0);
	usage_resume(alice);                                             /* it was approved: it is not refused now */
	assert_int_equal(ask(alice, &two, 0, TODAY, "limits.concurrent"), 1);
	took(alice, 0, 0, false, TODAY);
	assert_int_equal(ask(alice, &two, 0, TODAY, "limits.concurrent"), 1);    /* three ran, two still do */
	took(alice, 0, 0, false, TODAY);
	assert_int_equal(ask(alice, &two, 0, TODAY, NULL), 0);
}

/* Of all that one has taken today, nothing is forgotten while nobody is connected. */
static void what_was_taken_today_outlives_the_connection(void **state)
{
	const struct policy_limits tokens = {.tokens_per_day = 10}, phi = {.phi_per_day = 10};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *connection = i ? "one" : "other";
		struct usage_account *a = usage_get(usage, "https://idp", "b", connection);

		assert_int_equal(ask(a, i ? &phi : &tokens, 0, clock_wall_ns(), NULL), 0);
		took(a, i ? 10 : 0, i ? 0 : 10, false, clock_wall_ns());
		usage_put(a);
		usage_put(usage_get(usage, "https://idp", "somebody", connection));
		a = usage_get(usage, "https://idp", "b", connection);
		assert_int_not_equal(ask(a, i ? &phi : &tokens, 0, clock_wall_ns(), i ? "limits.phi_per_day" : "limits.tokens_per_day"), 0);
		usage_put(a);
	}
}

/* Who comes back after the seconds that were named is let in. */
static void the_wait_is_told_in_whole_seconds_and_none_too_few(void **state)
{
	const struct policy_limits seven = {.requests_per_minute = 7}, one = {.phi_per_session = 1};
	struct usage_ask late = {.limits = &one, .session_masked = 1, .session_left_s = 0, .wall_ns = TODAY};
	const char *limit;
	int64_t retry_s;
	struct why why;

	(void)state;
	for (int i = 0; i < 7; i++)
		assert_int_equal(ask(alice, &seven, 1000, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &seven, 1000, TODAY, "limits.requests_per_minute"), 9);      /* 60/7 s */
	assert_int_equal(ask(alice, &seven, 1009, TODAY, NULL), 0);
	assert_int_equal(usage_begin(alice, &late, &limit, &retry_s, &why), RC_TOO_BIG);
	assert_int_equal(retry_s, 1);                                    /* never at once */
}

static void identifiers_count_until_midnight(void **state)
{
	const struct policy_limits ten = {.phi_per_day = 10};

	(void)state;
	assert_int_equal(ask(alice, &ten, 0, TODAY, NULL), 0);
	took(alice, 9, 0, false, TODAY);
	assert_int_equal(ask(alice, &ten, 0, TODAY + 1, NULL), 0);
	took(alice, 30, 0, false, TODAY + DAY_NS / 2);
	assert_int_equal(ask(alice, &ten, 0, TODAY + DAY_NS / 2, "limits.phi_per_day"), 43200);
	assert_int_equal(ask(alice, &ten, 0, TODAY + DAY_NS - 1, "limits.phi_per_day"), 1);
	assert_int_equal(ask(alice, &ten, 0, TODAY + DAY_NS, NULL), 0);
	took(alice, 10, 0, false, TODAY + DAY_NS);
	assert_int_equal(ask(alice, &ten, 0, TODAY + DAY_NS, "limits.phi_per_day"), 86400);
}

static void tokens_count_until_midnight_and_estimates_are_called_so(void **state)
{
	const struct policy_limits thousand = {.tokens_per_day = 1000};
	const struct usage_ask now = {.limits = &thousand, .wall_ns = TODAY + DAY_NS / 2};
	const char *limit;
	int64_t retry_s;
	struct why why;

	(void)state;
	assert_int_equal(ask(alice, &thousand, 0, TODAY, NULL), 0);
	took(alice, 0, 999, false, TODAY);
	assert_int_equal(ask(alice, &thousand, 0, TODAY, NULL), 0);
	took(alice, 0, 1, false, TODAY);
	assert_int_equal(usage_begin(alice, &now, &limit, &retry_s, &why), RC_TOO_BIG);
	assert_int_equal(retry_s, 43200);
	assert_non_null(strstr(why.text, "took 1000 tokens, and"));
	took(alice, 0, 4, true, TODAY);
	assert_int_equal(usage_begin(alice, &now, &limit, &retry_s, &why), RC_TOO_BIG);
	assert_string_equal(limit, "limits.tokens_per_day");
	assert_non_null(strstr(why.text, "took 1004 tokens (estimated"));
	assert_int_equal(ask(alice, &thousand, 0, TODAY + DAY_NS, NULL), 0);
	took(alice, 0, 1000, false, TODAY + DAY_NS);
	assert_int_equal(usage_begin(alice, &(struct usage_ask){.limits = &thousand, .wall_ns = TODAY + DAY_NS}, &limit, &retry_s, &why), RC_TOO_BIG);
	assert_null(strstr(why.text, "estimated"));                      /* that was yesterday's */
	assert_non_null(strstr(why.text, "took 1000 tokens"));
	took(alice, 1, 0, true, TODAY + DAY_NS);                         /* no tokens, so none are estimated */
	assert_int_equal(usage_begin(alice, &(struct usage_ask){.limits = &thousand, .wall_ns = TODAY + DAY_NS}, &limit, &retry_s, &why), RC_TOO_BIG);
	assert_null(strstr(why.text, "estimated"));
}

/* One that began before midnight and ends after it, or is late with its end, takes nothing back. */
static void a_day_that_is_over_does_not_come_again(void **state)
{
	const struct policy_limits ten = {.phi_per_day = 10};

	(void)state;
	assert_int_equal(ask(alice, &ten, 0, TODAY, NULL), 0);
	took(alice, 10, 0, false, TODAY + DAY_NS);
	took(alice, 3, 0, false, TODAY);
	assert_int_equal(ask(alice, &ten, 0, TODAY + DAY_NS, "limits.phi_per_day"), 86400);
}

static void a_session_has_its_own_number_of_identifiers(void **state)
{
	const struct policy_limits ten = {.phi_per_session = 10};

	(void)state;
	session_masked = 9;
	assert_int_equal(ask(alice, &ten, 0, TODAY, NULL), 0);
	session_masked = 10;
	assert_int_equal(ask(alice, &ten, 0, TODAY, "limits.phi_per_session"), 3000);
	session_masked = 0;
	assert_int_equal(ask(alice, &ten, 0, TODAY, NULL), 0);
}

/* What was taken while there was no limit counts when one comes. */
static void without_limits_all_is_counted_all_the_same(void **state)
{
	const struct policy_limits none = {0}, day = {.tokens_per_day = 10}, one = {.concurrent = 1};

	(void)state;
	assert_int_equal(ask(alice, &none, 0, TODAY, NULL), 0);
	assert_int_equal(ask(alice, &one, 0, TODAY, "limits.concurrent"), 1);
	took(alice, 0, 10, false, TODAY);
	assert_int_equal(ask(alice, &day, 0, TODAY, "limits.tokens_per_day"), 86400);
	assert_int_equal(ask(alice, &one, 0, TODAY, NULL), 0);
}

static void *many(void *arg)
{
	const struct policy_limits limits = {.concurrent = 3};
	int *most = arg;

	for (int i = 0; i < 2000; i++) {
		struct usage_account *a = usage_get(usage, "https://idp", "a", "llama-prod");
		const char *limit;
		int64_t retry_s;

		if (usage_begin(a, &(struct usage_ask){.limits = &limits, .wall_ns = TODAY}, &limit, &retry_s, NULL) == RC_OK) {
			++*most;
			took(a, 1, 0, false, TODAY);
		}
		usage_put(a);
	}
	return NULL;
}

static void threads_of_one_person_are_counted_together(void **state)
{
	const struct policy_limits limits = {.phi_per_day = 1};
	pthread_t thread[8];
	int passed[8] = {0}, sum = 0;
	const char *limit;
	char says[64];
	int64_t retry_s;
	struct why why;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, many, &passed[i]), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], NULL);
		sum += passed[i];
	}
	assert_int_equal(usage_begin(alice, &(struct usage_ask){.limits = &limits, .wall_ns = TODAY}, &limit, &retry_s, &why), RC_TOO_BIG);
	snprintf(says, sizeof says, "held %d identifiers", sum);
	assert_non_null(strstr(why.text, says));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_come_back_evenly_over_the_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(each_person_and_connection_has_an_account_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_connection_of_the_same_person_gains_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_waits_for_approval_is_not_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_taken_today_outlives_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(the_wait_is_told_in_whole_seconds_and_none_too_few, setup, teardown),
		cmocka_unit_test_setup_teardown(identifiers_count_until_midnight, setup, teardown),
		cmocka_unit_test_setup_teardown(tokens_count_until_midnight_and_estimates_are_called_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_day_that_is_over_does_not_come_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_has_its_own_number_of_identifiers, setup, teardown),
		cmocka_unit_test_setup_teardown(without_limits_all_is_counted_all_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_of_one_person_are_counted_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
