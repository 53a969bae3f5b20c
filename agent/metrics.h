/* Figures of this process for Prometheus, and the one table that says which there are. They are the process's own, like its log.
 * A label never holds a user, a path, a model or any other text of a request. Thread-safe. */
#ifndef PHIGATE_AGENT_METRICS_H
#define PHIGATE_AGENT_METRICS_H

#include <stdint.h>

#include "buf.h"

#define METRIC_LABELS 3

enum metric {
	METRIC_BUILD, METRIC_START, METRIC_RECORDING_OK, METRIC_SPOOL_WAITING, METRIC_SPOOL_LAG, METRIC_DISK_FREE, METRIC_TIMESTAMPS,
	METRIC_TIMESTAMPS_WAITING, METRIC_WITNESSED, METRIC_WITNESS_WAITING, METRIC_EXCHANGES,
	METRIC_FIRST_BYTE, METRIC_DURATION, METRIC_STREAM_DELAY, METRIC_REQUEST_BYTES, METRIC_ANSWER_BYTES, METRIC_MASKED, METRIC_ANALYZED,
	METRIC_MODEL_ERRORS, METRIC_PROVIDER_REQUESTS, METRIC_PROVIDER_ERRORS, METRIC_HOLDS, METRIC_SESSIONS, METRIC_SESSIONS_OPENED,
	METRIC_SESSIONS_ENDED, METRIC_ARCHIVE_WAITING, METRIC_ARCHIVED, METRIC_ARCHIVE_FAILURES, METRIC_NOTICES, METRIC_NOTICES_WAITING, METRIC_EVENTS, METRIC_EVENTS_RETRIES, METRIC_EVENTS_WAITING,
	METRIC_SSH_CONNECTIONS, METRIC_SSH_WAITING, METRIC_SSH_STARTS,
	METRIC_SSH_LOGINS, METRIC_SSH_REFUSED, METRIC_CHANNELS, METRIC_CHANNELS_OPENED, METRIC_CHANNELS_REFUSED,
};
#define METRIC_COUNT (METRIC_CHANNELS_REFUSED + 1)

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_kind {
	const char *name, *help;
	enum metric_type type;
	const char *labels[METRIC_LABELS];       /* their names; NULL after the last */
	const char *values[10];                  /* of the only label, when all are known: they stand at 0 from the start */
};
const struct metric_kind *metric_kind(enum metric metric);

/* The values of a metric's labels, in the table's order: METRIC_OF("answered", "openai"). */
#define METRIC_OF(...) ((const char *const[METRIC_LABELS]){__VA_ARGS__})
#define METRIC_PLAIN ((const char *const *)NULL)

void metrics_add(enum metric metric, double n, const char *const *labels);       /* counters */
void metrics_set(enum metric metric, double value, const char *const *labels);   /* gauges, and counters that somebody else keeps */
void metrics_observe(enum metric metric, int64_t ns);                            /* histograms */

/* Append all as Prometheus text (exposition format 0.0.4). */
enum rc metrics_text(struct buf *out) MUST_USE;

#endif
