#include "sink_log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "log.h"

#define PAUSE_NS (10 * NS_PER_S)                 /* between two alarms of one name, for a disk that fails may say so a thousand times a second */

/* A check of the sources says whether each is logged. */
static const struct {
	const char *event;
	enum audit_kind kind;
	enum audit_result result;
} ROWS[] = {
	{"session_reviewed", AUDIT_REVIEWED, AUDIT_SUCCEEDED},
	{"config_changed", AUDIT_CONFIG_CHANGED, AUDIT_SUCCEEDED},
	{"policy_changed", AUDIT_POLICY_CHANGED, AUDIT_SUCCEEDED},
	{"reloaded", AUDIT_RELOADED, AUDIT_SUCCEEDED},
	{"reload_refused", AUDIT_RELOAD_REFUSED, AUDIT_REFUSED},
	{"recording_quarantined", AUDIT_QUARANTINED, AUDIT_FAILED},
	{"archive_failed", AUDIT_ARCHIVE_FAILED, AUDIT_FAILED},
	{"witness_failed", AUDIT_WITNESS_FAILED, AUDIT_FAILED},
	{"witness_contradicts", AUDIT_WITNESS_CONTRADICTS, AUDIT_FAILED},
	{"timestamp_failed", AUDIT_TIMESTAMP_FAILED, AUDIT_FAILED},
	{"bundle_damaged", AUDIT_ALARM, AUDIT_FAILED},
	{"bundle_not_attested", AUDIT_ALARM, AUDIT_FAILED},
	{"bundle_not_written", AUDIT_ALARM, AUDIT_FAILED},
	{"cut_not_recorded", AUDIT_ALARM, AUDIT_FAILED},
	{"disk_full", AUDIT_ALARM, AUDIT_FAILED},
	{"event_lost", AUDIT_ALARM, AUDIT_FAILED},
	{"events_lost", AUDIT_ALARM, AUDIT_FAILED},
	{"keeper_died", AUDIT_ALARM, AUDIT_FAILED},
	{"leaf_not_added", AUDIT_ALARM, AUDIT_FAILED},
	{"ledger_not_told", AUDIT_ALARM, AUDIT_FAILED},
	{"ledger_not_written", AUDIT_ALARM, AUDIT_FAILED},
	{"notary_died", AUDIT_ALARM, AUDIT_FAILED},
	{"notice_dead", AUDIT_ALARM, AUDIT_FAILED},
	{"recording_failed", AUDIT_ALARM, AUDIT_FAILED},
	{"recording_not_recovered", AUDIT_ALARM, AUDIT_FAILED},
	{"session_not_sealed", AUDIT_ALARM, AUDIT_FAILED},
	{"store_failed", AUDIT_ALARM, AUDIT_FAILED},
	{"store_gone", AUDIT_ALARM, AUDIT_FAILED},
	{"token_conflict", AUDIT_ALARM, AUDIT_FAILED},
};
#define N_ROWS (sizeof ROWS / sizeof *ROWS)

struct log_events {
	const char *agent;
	audit_fn *fn;
	void *arg;
	pthread_mutex_t lock;                    /* of all below */
	int64_t told_ns[N_ROWS];                 /* 0: never */
	unsigned long long held[N_ROWS];         /* back since */
};

/* Empty is not known. */
static const char *text_of(const struct log_field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (fields->type == LOG_FIELD_TEXT && strcmp(fields->name, name) == 0)
			return fields->text && *fields->text ? fields->text : NULL;
	return NULL;
}

static bool number_of(const struct log_field *fields, const char *name, int64_t *out)
{
	for (; fields->name; fields++) {
		if (fields->type == LOG_FIELD_NUMBER && strcmp(fields->name, name) == 0) {
			*out = fields->number;
			return true;
		}
	}
	return false;
}

static const char *first_of(const struct log_field *fields, const char *const names[])
{
	const char *text = NULL;

	for (; *names && !text; names++)
		text = text_of(fields, *names);
	return text;
}

/* Of one name an alarm now and then, which says how many there were in between. */
static bool is_held(struct log_events *l, size_t row, int64_t now_ns, unsigned long long *before)
{
	bool held;

	pthread_mutex_lock(&l->lock);
	held = ROWS[row].kind == AUDIT_ALARM && l->told_ns[row] && now_ns - l->told_ns[row] < PAUSE_NS;
	*before = held ? 0 : l->held[row];
	l->held[row] = held ? l->held[row] + 1 : 0;
	if (!held)
		l->told_ns[row] = now_ns;
	pthread_mutex_unlock(&l->lock);
	return held;
}

static void tell(struct log_events *l, size_t row, const struct log_field *fields, unsigned long long before)
{
	static const char *const names[] = {"key", "witness", "name", NULL};
	struct audit_session session = {.agent = l->agent, .version = PHIGATE_VERSION};
	struct audit_event e = {.kind = ROWS[row].kind, .result = ROWS[row].result, .wall_ns = clock_wall_ns(), .agent = l->agent,
				.version = PHIGATE_VERSION};
	char hex[17], by[32], more[64];
	int64_t number;

	random_hex(8, hex);
	snprintf(e.id, sizeof e.id, "live.%s", hex);
	session.id = text_of(fields, "session");
	session.policy = text_of(fields, "policy");
	if (number_of(fields, "part", &number) && number > 0)
		session.part = (int)number;
	if (session.id || session.policy)
		e.session = &session;
	e.what = e.kind == AUDIT_ALARM ? ROWS[row].event : first_of(fields, names);
	e.sha256 = text_of(fields, "after");
	e.by = text_of(fields, "by");
	if (number_of(fields, "uid", &number)) {         /* of this machine; "by" says how it was asked for then */
		snprintf(by, sizeof by, "uid %lld", (long long)number);
		e.why = e.by;
		e.by = by;
	}
	if (before) {
		snprintf(more, sizeof more, "%llu more since the last one", before);
		e.why = more;
	}
	l->fn(l->arg, &e);
}

static void on_log(void *arg, const char *event, const struct log_field *fields)
{
	struct log_events *l = arg;
	unsigned long long before;
	size_t row = 0;

	while (row < N_ROWS && strcmp(ROWS[row].event, event) != 0)
		row++;
	if (row < N_ROWS && !is_held(l, row, clock_mono_ns(), &before))
		tell(l, row, fields, before);
}

enum rc log_events_new(const char *agent, audit_fn *fn, void *arg, struct log_events **out)
{
	struct log_events *l = calloc(1, sizeof *l);

	*out = l;
	if (!l)
		return RC_NOMEM;
	l->agent = agent;
	l->fn = fn;
	l->arg = arg;
	pthread_mutex_init(&l->lock, NULL);
	log_watch(on_log, l);
	return RC_OK;
}

void log_events_free(struct log_events *l)
{
	if (!l)
		return;
	log_watch(NULL, NULL);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
