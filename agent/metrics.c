#include "metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define VALUE_MAX 40                             /* bytes of a label's value; names of dialects are the longest */
#define SERIES_MAX 256                           /* of one metric; more is a mistake, and is counted under "other" */

/* A row here is a row of phigate-agent(8); lint compares them. */
static const struct metric_kind KINDS[METRIC_COUNT] = {
	[METRIC_BUILD] = {"phigate_build_info", "The version that runs.", METRIC_GAUGE, {"version"}, {0}},
	[METRIC_START] = {"phigate_start_time_seconds", "When the agent was ready, in Unix time.", METRIC_GAUGE, {0}, {0}},
	[METRIC_RECORDING_OK] = {"phigate_recording_ok", "Whether recordings can be written: 1 or 0.", METRIC_GAUGE, {0}, {0}},
	[METRIC_SPOOL_WAITING] = {"phigate_spool_waiting", "Recordings that have something to be sealed.", METRIC_GAUGE, {0}, {0}},
	[METRIC_SPOOL_LAG] = {"phigate_spool_lag_seconds", "How late the oldest seal is.", METRIC_GAUGE, {0}, {0}},
	[METRIC_DISK_FREE] = {"phigate_disk_free_bytes", "Room left where recordings lie.", METRIC_GAUGE, {0}, {0}},
	[METRIC_TIMESTAMPS] = {"phigate_timestamps_total", "Bundles stamped by a time-stamp authority, and attempts that failed.", METRIC_COUNTER,
		{"result"}, {"stamped", "failed"}},
	[METRIC_TIMESTAMPS_WAITING] = {"phigate_timestamps_waiting", "Bundles that wait for their time stamp.", METRIC_GAUGE, {0}, {0}},
	[METRIC_WITNESSED] = {"phigate_witness_total", "Checkpoints of the ledger that a witness cosigned, and attempts that failed.", METRIC_COUNTER,
		{"result"}, {"cosigned", "failed"}},
	[METRIC_WITNESS_WAITING] = {"phigate_witness_waiting", "Bundles that a witness is still to vouch for.", METRIC_GAUGE, {0}, {0}},
	[METRIC_EXCHANGES] = {"phigate_exchanges_total", "Requests by what was decided, how they ended, and dialect.", METRIC_COUNTER,
		{"verdict", "outcome", "dialect"}, {0}},
	[METRIC_FIRST_BYTE] = {"phigate_first_byte_seconds", "From a request's head to the first byte of its answer.", METRIC_HISTOGRAM, {0}, {0}},
	[METRIC_DURATION] = {"phigate_exchange_duration_seconds", "From a request's head to the end of its answer.", METRIC_HISTOGRAM, {0}, {0}},
	[METRIC_STREAM_DELAY] = {"phigate_stream_delay_seconds", "How long streamed text was held before it went on.", METRIC_HISTOGRAM, {0}, {0}},
	[METRIC_REQUEST_BYTES] = {"phigate_request_body_bytes_total", "Bytes of request bodies.", METRIC_COUNTER, {0}, {0}},
	[METRIC_ANSWER_BYTES] = {"phigate_answer_bytes_total", "Bytes of models' answers that went to clients.", METRIC_COUNTER, {0}, {0}},
	[METRIC_MASKED] = {"phigate_masked_spans_total", "Identifiers masked in answers, by entity.", METRIC_COUNTER, {"entity"}, {0}},
	[METRIC_ANALYZED] = {"phigate_analyzer_passages_total", "Passages of text that analyzers were to look at.", METRIC_COUNTER, {"result"},
		{"seen", "missed"}},
	[METRIC_MODEL_ERRORS] = {"phigate_model_errors_total", "Answers that a model server failed to give.", METRIC_COUNTER, {"reason"},
		{"unreachable", "timeout", "unreadable"}},
	[METRIC_PROVIDER_REQUESTS] = {"phigate_provider_requests_total", "Requests for the OpenID provider's keys.", METRIC_COUNTER, {0}, {0}},
	[METRIC_PROVIDER_ERRORS] = {"phigate_provider_errors_total", "Those that failed.", METRIC_COUNTER, {0}, {0}},
	[METRIC_HOLDS] = {"phigate_holds", "Holds in the store, by state.", METRIC_GAUGE, {"state"},
		{"pending", "approved", "used", "denied", "expired", "cancelled"}},
	[METRIC_SESSIONS] = {"phigate_sessions", "Sessions that are open or being sealed.", METRIC_GAUGE, {0}, {0}},
	[METRIC_SESSIONS_OPENED] = {"phigate_sessions_opened_total", "Sessions opened.", METRIC_COUNTER, {0}, {0}},
	[METRIC_SESSIONS_ENDED] = {"phigate_sessions_ended_total", "Sessions ended and sealed, by what ended them.", METRIC_COUNTER, {"end"},
		{"client", "idle", "max_duration", "expired", "revoked", "stop"}},
	[METRIC_ARCHIVE_WAITING] = {"phigate_archive_waiting", "Sealed bundles that are not archived yet.", METRIC_GAUGE, {0}, {0}},
	[METRIC_ARCHIVED] = {"phigate_archived_total", "Bundles archived and confirmed there.", METRIC_COUNTER, {"place"}, {"folder", "s3"}},
	[METRIC_ARCHIVE_FAILURES] = {"phigate_archive_failures_total", "Attempts that failed; each is tried again.", METRIC_COUNTER, {"place"},
		{"folder", "s3"}},
	[METRIC_NOTICES] = {"phigate_notices_total", "Attempts to send notices, and notices given up (dead).", METRIC_COUNTER, {"outcome"},
		{"sent", "retried", "dead"}},
	[METRIC_NOTICES_WAITING] = {"phigate_notices_waiting", "Notices that are not sent yet.", METRIC_GAUGE, {0}, {0}},
	[METRIC_EVENTS] = {"phigate_events_total", "Events told to a sink, and those that its queue had no room for (dropped).", METRIC_COUNTER,
		{"sink", "outcome"}, {0}},
	[METRIC_EVENTS_RETRIES] = {"phigate_events_retries_total", "Attempts that a sink's receiver did not take.", METRIC_COUNTER, {"sink"}, {0}},
	[METRIC_EVENTS_WAITING] = {"phigate_events_waiting_bytes", "Events on disk that a sink's receiver does not have yet.", METRIC_GAUGE,
		{"sink"}, {0}},
	[METRIC_SSH_CONNECTIONS] = {"phigate_ssh_connections", "SSH connections that are open.", METRIC_GAUGE, {0}, {0}},
	[METRIC_SSH_WAITING] = {"phigate_ssh_waiting", "SSH connections that wait for login.", METRIC_GAUGE, {0}, {0}},
	[METRIC_SSH_STARTS] = {"phigate_ssh_starts_total", "SSH connections accepted.", METRIC_COUNTER, {0}, {0}},
	[METRIC_SSH_LOGINS] = {"phigate_ssh_logins_total", "SSH logins.", METRIC_COUNTER, {0}, {0}},
	[METRIC_SSH_REFUSED] = {"phigate_ssh_refused_total", "SSH connections refused: for their token, by rate, in a crowd, by time.",
		METRIC_COUNTER, {"reason"}, {"token", "rate", "crowd", "timeout"}},
	[METRIC_CHANNELS] = {"phigate_channels", "Open channels, by what they carry.", METRIC_GAUGE, {"kind"}, {"data", "control"}},
	[METRIC_CHANNELS_OPENED] = {"phigate_channels_opened_total", "Channels opened.", METRIC_COUNTER, {0}, {0}},
	[METRIC_CHANNELS_REFUSED] = {"phigate_channels_refused_total",
		"Channels refused: to another port, of another account, unproved, in a crowd.", METRIC_COUNTER, {"reason"},
		{"port", "account", "unproved", "crowd"}},
};

/* Bounds of histograms, in seconds: from what masking costs to what a long generation takes. */
static const double BOUNDS[] = {.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300};
#define N_BOUNDS (sizeof BOUNDS / sizeof *BOUNDS)

struct series {
	struct series *next;
	char labels[METRIC_LABELS][VALUE_MAX];
	double value;
};

static struct {
	struct series *first;
	size_t n;
	uint64_t buckets[N_BOUNDS + 1];
	double sum;
} kept[METRIC_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const struct metric_kind *metric_kind(enum metric m)
{
	return &KINDS[m];
}

/* ---- counting ----------------------------------------------------------------------------------------------------------- */

static bool is_series(const struct metric_kind *kind, const struct series *s, const char *const *labels)
{
	for (int i = 0; i < METRIC_LABELS && kind->labels[i]; i++)
		if (strncmp(s->labels[i], labels[i], VALUE_MAX - 1) != 0)
			return false;
	return true;
}

/* With the lock held; NULL without memory: a figure is lost then, and nothing else. */
static struct series *find(enum metric m, const char *const *labels)
{
	static const char *const other[METRIC_LABELS] = {"other", "other", "other"};
	const struct metric_kind *kind = &KINDS[m];
	struct series **at = &kept[m].first;

	while (*at && !is_series(kind, *at, labels))
		at = &(*at)->next;
	if (*at)
		return *at;
	if (kept[m].n >= SERIES_MAX && labels != other)
		return find(m, other);
	*at = calloc(1, sizeof **at);
	if (!*at)
		return NULL;
	kept[m].n++;
	for (int i = 0; i < METRIC_LABELS && kind->labels[i]; i++)
		strncpy((*at)->labels[i], labels[i], VALUE_MAX - 1);
	return *at;
}

static void change(enum metric m, double value, bool add, const char *const *labels)
{
	struct series *s;

	pthread_mutex_lock(&lock);
	s = find(m, labels);
	if (s)
		s->value = add ? s->value + value : value;
	pthread_mutex_unlock(&lock);
}

void metrics_add(enum metric m, double n, const char *const *labels)
{
	change(m, n, true, labels);
}

void metrics_set(enum metric m, double value, const char *const *labels)
{
	change(m, value, false, labels);
}

void metrics_observe(enum metric m, int64_t ns)
{
	double seconds = (double)ns / (double)NS_PER_S;
	size_t i = 0;

	while (i < N_BOUNDS && seconds > BOUNDS[i])
		i++;
	pthread_mutex_lock(&lock);
	kept[m].buckets[i]++;
	kept[m].sum += seconds;
	pthread_mutex_unlock(&lock);
}

/* ---- text --------------------------------------------------------------------------------------------------------------- */

static const char *const TYPES[] = {[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

static void put_value(struct buf *out, double value)
{
	if (value == trunc(value) && fabs(value) < 1e15)
		buf_printf(out, " %.0f\n", value);
	else
		buf_printf(out, " %.9g\n", value);
}

/* Values are names of ours and of dialects' files: what would need escaping is left out. */
static void put_label(struct buf *out, const char *value)
{
	for (; *value; value++)
		if (*value != '"' && *value != '\\' && (unsigned char)*value >= ' ')
			buf_putc(out, *value);
}

static void put_series(const struct metric_kind *kind, const struct series *s, struct buf *out)
{
	buf_puts(out, kind->name);
	for (int i = 0; i < METRIC_LABELS && kind->labels[i]; i++) {
		buf_printf(out, "%c%s=\"", i ? ',' : '{', kind->labels[i]);
		put_label(out, s->labels[i]);
		buf_putc(out, '"');
	}
	if (kind->labels[0])
		buf_putc(out, '}');
	put_value(out, s->value);
}

static void put_histogram(enum metric m, struct buf *out)
{
	const char *name = KINDS[m].name;
	uint64_t n = 0;

	for (size_t i = 0; i < N_BOUNDS; i++) {
		n += kept[m].buckets[i];
		buf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, BOUNDS[i], (unsigned long long)n);
	}
	n += kept[m].buckets[N_BOUNDS];
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum", name, (unsigned long long)n, name);
	put_value(out, kept[m].sum);
	buf_printf(out, "%s_count %llu\n", name, (unsigned long long)n);
}

/* What is known to exist stands there from the beginning, so that a rate sees its first step. With the lock held. */
static void begin_at_zero(enum metric m)
{
	const struct metric_kind *kind = &KINDS[m];

	if (!kind->labels[0])
		(void)find(m, METRIC_PLAIN);
	for (size_t i = 0; i < sizeof kind->values / sizeof *kind->values && kind->values[i]; i++)
		(void)find(m, METRIC_OF(kind->values[i]));
}

enum rc metrics_text(struct buf *out)
{
	pthread_mutex_lock(&lock);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_kind *kind = &KINDS[m];

		if (kind->type != METRIC_HISTOGRAM)
			begin_at_zero(m);
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", kind->name, kind->help, kind->name, TYPES[kind->type]);
		if (kind->type == METRIC_HISTOGRAM)
			put_histogram(m, out);
		for (const struct series *s = kept[m].first; s; s = s->next)
			put_series(kind, s, out);
	}
	pthread_mutex_unlock(&lock);
	return out->rc;
}
