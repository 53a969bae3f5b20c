/* The value of one series of the metrics, as Prometheus would read it: "phigate_sessions_ended_total{end=\"stop\"}"; 0 when there is none. */
#ifndef PHIGATE_TEST_FIGURES_H
#define PHIGATE_TEST_FIGURES_H

#include <stdlib.h>
#include <string.h>

#include "metrics.h"

static inline double figure(const char *series)
{
	size_t n = strlen(series);
	double value = 0;
	struct buf out;

	buf_init(&out, 1 << 19);
	assert_int_equal(metrics_text(&out), RC_OK);
	for (const char *at = out.data; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, series, n) == 0 && at[n] == ' ')
			value = strtod(at + n, NULL);
	}
	buf_free(&out);
	return value;
}

#endif
