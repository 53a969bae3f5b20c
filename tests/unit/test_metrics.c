/* The table of metrics by the rules of promtool, and what is counted as Prometheus reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "metrics.h"

static bool ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && strcmp(text + n - m, with) == 0;
}

/* https://prometheus.io/docs/practices/naming, as `promtool check metrics` holds it. */
static void names_are_as_prometheus_wants_them(void **state)
{
	static const char *const odd_units[] = {"_ms", "_milliseconds", "_minutes", "_kilobytes", "_mib", "_percent"};

	(void)state;
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_kind *kind = metric_kind(m);

		assert_non_null(kind->name);
		assert_int_equal(strncmp(kind->name, "phigate_", 8), 0);
		assert_int_equal(strspn(kind->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(kind->name));
		assert_true(ends(kind->help, "."));
		assert_int_equal(ends(kind->name, "_total"), kind->type == METRIC_COUNTER);
		assert_false(ends(kind->name, "_count") || ends(kind->name, "_sum") || ends(kind->name, "_bucket"));
		assert_true(kind->type != METRIC_HISTOGRAM || (ends(kind->name, "_seconds") && !kind->labels[0]));
		assert_null(strstr(kind->name, "counter"));
		assert_null(strstr(kind->name, "gauge"));
		assert_null(strstr(kind->name, "histogram"));
		for (size_t i = 0; i < sizeof odd_units / sizeof *odd_units; i++)
			assert_null(strstr(kind->name, odd_units[i]));
		for (enum metric other = 0; other < m; other++)
			assert_string_not_equal(metric_kind(other)->name, kind->name);
	}
}

/* None of what would tell of a person, or have no end of values. */
static void labels_tell_of_nobody(void **state)
{
	static const char *const known[] = {"version", "verdict", "outcome", "dialect", "entity", "result", "reason", "state", "end", "kind", "sink", "place"};

	(void)state;
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		for (int i = 0; i < METRIC_LABELS && metric_kind(m)->labels[i]; i++) {
			bool found = false;

			for (size_t k = 0; k < sizeof known / sizeof *known; k++)
				found |= strcmp(metric_kind(m)->labels[i], known[k]) == 0;
			assert_true(found);
		}
}

static void has(const char *line)
{
	struct buf out;

	buf_init(&out, 1 << 18);
	assert_int_equal(metrics_text(&out), RC_OK);
	if (!strstr(out.data, line))
		fail_msg("%s is missing in\n%s", line, out.data);
	buf_free(&out);
}

static void all_that_is_known_stands_at_zero_from_the_start(void **state)
{
	(void)state;
	has("# HELP phigate_sessions_opened_total Sessions opened.\n# TYPE phigate_sessions_opened_total counter\nphigate_sessions_opened_total 0\n");
	has("\nphigate_sessions_ended_total{end=\"revoked\"} 0\n");
	has("\nphigate_first_byte_seconds_count 0\n");
}

static void counters_gauges_and_histograms(void **state)
{
	(void)state;
	metrics_add(METRIC_EXCHANGES, 1, METRIC_OF("allowed", "answered", "openai"));
	metrics_add(METRIC_EXCHANGES, 2, METRIC_OF("allowed", "answered", "openai"));
	metrics_add(METRIC_EXCHANGES, 1, METRIC_OF("denied", "refused", "ol\"la\\ma\n"));
	has("\nphigate_exchanges_total{verdict=\"allowed\",outcome=\"answered\",dialect=\"openai\"} 3\n");
	has("\nphigate_exchanges_total{verdict=\"denied\",outcome=\"refused\",dialect=\"ollama\"} 1\n");
	metrics_set(METRIC_SESSIONS, 7, METRIC_PLAIN);
	metrics_set(METRIC_SESSIONS, 5, METRIC_PLAIN);
	has("\nphigate_sessions 5\n");
	metrics_set(METRIC_SPOOL_LAG, .25, METRIC_PLAIN);
	has("\nphigate_spool_lag_seconds 0.25\n");
	metrics_observe(METRIC_DURATION, NS_PER_MS);             /* a bound belongs to its own bucket */
	metrics_observe(METRIC_DURATION, 2 * NS_PER_S);
	metrics_observe(METRIC_DURATION, 400 * NS_PER_S);
	has("_bucket{le=\"0.0005\"} 0\nphigate_exchange_duration_seconds_bucket{le=\"0.001\"} 1\n");
	has("_bucket{le=\"1\"} 1\nphigate_exchange_duration_seconds_bucket{le=\"2.5\"} 2\n");
	has("_bucket{le=\"300\"} 2\nphigate_exchange_duration_seconds_bucket{le=\"+Inf\"} 3\nphigate_exchange_duration_seconds_sum 402.001\n"
	    "phigate_exchange_duration_seconds_count 3\n");
}

static void there_is_an_end_to_the_values_of_a_label(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "E%d", i);
		metrics_add(METRIC_MASKED, 1, METRIC_OF(name));
	}
	has("\nphigate_masked_spans_total{entity=\"E255\"} 1\nphigate_masked_spans_total{entity=\"other\"} 744\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_as_prometheus_wants_them),
		cmocka_unit_test(labels_tell_of_nobody),
		cmocka_unit_test(all_that_is_known_stands_at_zero_from_the_start),
		cmocka_unit_test(counters_gauges_and_histograms),
		cmocka_unit_test(there_is_an_end_to_the_values_of_a_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
