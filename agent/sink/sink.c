#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit_reader.h"
#include "bundle.h"
#include "clock.h"
#include "digest.h"
#include "fetch.h"
#include "file.h"
#include "json.h"
#include "jsonput.h"
#include "log.h"
#include "metrics.h"
#include "sink_ledger.h"
#include "sink_log.h"
#include "sink_private.h"

#define BATCH_BYTES ((size_t)256 << 10)
#define BACKOFF_MIN_NS (200 * NS_PER_MS)
#define BACKOFF_MAX_NS (60 * NS_PER_S)
#define LAST_NS (2 * NS_PER_S)                   /* for what waits when the agent stops */
#define FACILITY 13                              /* log audit (RFC 5424 6.2.1) */
#define SEVERITY_WARNING 4
#define SEVERITY_INFO 6

struct live {
	struct live *next;
	char id[64];
	struct audit_reader *reader;
};

struct sinks {
	char *agent;
	struct sink *sinks;
	size_t n;
	pthread_mutex_t lock;                    /* of the sessions, and so of the order of events */
	struct live *sessions;
	struct ledger_events *of_ledger;
	struct log_events *of_log;
};

/* ---- an event becomes a line ------------------------------------------------------------------------------------------------ */

static void put_plain(const struct sink *s, const struct audit_event *e, struct buf *out)
{
	s->format->write(e, out);
}

/* RFC 5424 6: the message's own time, the agent for a host, the kind of event as MSGID. */
static void put_syslog(const struct sink *s, const struct audit_event *e, struct buf *out)
{
	char time[CLOCK_TEXT];
	struct buf line;

	buf_init(&line, AUDIT_TEXT_MAX);
	if (audit_format_line(s->format, e, &line) == RC_OK) {
		buf_printf(out, "<%d>1 %s %s phigate-agent - %s - ", 8 * FACILITY + (audit_warns(e) ? SEVERITY_WARNING : SEVERITY_INFO),
			   clock_text_us(e->wall_ns, time), s->agent, audit_name(e->kind));
		buf_add(out, line.data, line.len - 1);
	} else {
		out->rc = line.rc;
	}
	buf_free(&line);
}

/* What Splunk's HTTP Event Collector takes: the event in an envelope. */
static void put_splunk(const struct sink *s, const struct audit_event *e, struct buf *out)
{
	struct buf event;
	char type[32], time[40];

	buf_init(&event, AUDIT_TEXT_MAX);
	s->format->write(e, &event);
	snprintf(type, sizeof type, "phigate:%s", s->format->name);
	snprintf(time, sizeof time, "%lld.%03lld", (long long)(e->wall_ns / NS_PER_S), (long long)(e->wall_ns % NS_PER_S / NS_PER_MS));
	jsonput_open(out, NULL, '{');
	jsonput_value(out, "time", slice_str(time));
	jsonput_text(out, "host", s->agent);
	jsonput_text(out, "source", "phigate-agent");
	jsonput_text(out, "sourcetype", type);
	if (s->format->json)
		jsonput_value(out, "event", buf_slice(&event));
	else
		jsonput_text(out, "event", event.data);
	jsonput_close(out, '}');
	if (event.rc != RC_OK)
		out->rc = event.rc;
	buf_free(&event);
}

static void put_file(const struct sink *s, const struct audit_event *e, struct buf *out)
{
	if (audit_format_line(s->format, e, out) == RC_OK)
		buf_truncate(out, out->len - 1);
}

static const struct {
	void (*put)(const struct sink *s, const struct audit_event *e, struct buf *out);
	enum rc (*send)(struct sink *s, struct slice lines, struct why *why);
} kinds[] = {
	[SINK_FILE] = {put_file, sink_send_file}, [SINK_SYSLOG] = {put_syslog, sink_send_syslog}, [SINK_HTTP] = {put_plain, sink_send_http},
	[SINK_SPLUNK] = {put_splunk, sink_send_http},
};

/* ---- into the queues -------------------------------------------------------------------------------------------------------- */

static void wake(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->news = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static enum rc enqueue(struct sink *s, const struct audit_event *e)
{
	struct buf line;
	enum rc rc;

	buf_init(&line, 2 * AUDIT_TEXT_MAX);
	kinds[s->conf->to].put(s, e, &line);
	rc = line.rc;
	if (rc == RC_OK)
		rc = sink_queue_put(s->queue, buf_slice(&line));
	buf_free(&line);
	return rc;
}

/* How many were dropped stands in the stream where they would have stood. RC_OK: there is nothing to tell any more. */
static enum rc tell_gap(struct sink *s)
{
	struct audit_event e = {
		.kind = AUDIT_MISSING, .result = AUDIT_FAILED, .wall_ns = clock_wall_ns(), .missing = sink_queue_dropped(s->queue),
		.agent = s->agent, .version = PHIGATE_VERSION,
	};
	char hex[17];
	enum rc rc;

	if (!e.missing)
		return RC_OK;
	if (sink_queue_bytes(s->queue) > s->conf->queue_max / 2)         /* one gap, and not many small ones */
		return RC_TOO_BIG;
	random_hex(8, hex);
	snprintf(e.id, sizeof e.id, "missing.%s", hex);
	rc = enqueue(s, &e);
	if (rc == RC_OK)
		sink_queue_dropped_told(s->queue, e.missing);
	return rc;
}

static enum rc tell_missing(struct sink *s)
{
	enum rc rc;

	pthread_mutex_lock(&s->gap_lock);
	rc = tell_gap(s);
	pthread_mutex_unlock(&s->gap_lock);
	return rc;
}

/* Never waits for a receiver, and never drops without a word. */
static void put(struct sink *s, const struct audit_event *e)
{
	enum rc rc = tell_missing(s);

	if (rc == RC_OK)
		rc = enqueue(s, e);
	if (rc == RC_OK) {
		wake(s);
		return;
	}
	if (!sink_queue_dropped(s->queue))
		log_error("events_dropped", L_TEXT("sink", s->conf->name), L_RC(rc),
			  L_TEXT("reason", rc == RC_TOO_BIG ? "its queue is full, because its receiver does not take them" : "its queue cannot be written"));
	sink_queue_drop(s->queue);
	atomic_fetch_add(&s->dropped, 1);
}

static void on_event(void *arg, const struct audit_event *e)
{
	struct sinks *all = arg;

	for (size_t i = 0; i < all->n; i++)
		put(&all->sinks[i], e);
}

static struct live **find(struct sinks *all, const char *id)
{
	struct live **at = &all->sessions;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

static struct live *begin(struct sinks *all, const char *id)
{
	struct live *one = calloc(1, sizeof *one);

	if (!one)
		return NULL;
	snprintf(one->id, sizeof one->id, "%s", id);
	one->reader = audit_reader_new(all->agent, PHIGATE_VERSION, id, on_event, all);
	if (!one->reader) {
		free(one);
		return NULL;
	}
	one->next = all->sessions;
	return all->sessions = one;
}

static void end(struct live **at)
{
	struct live *one = *at;

	*at = one->next;
	audit_reader_free(one->reader);
	free(one);
}

/* A part that ends because the next one begins has "rotated" for its end. */
static bool is_last(const struct spool_record *record)
{
	static const char rotated[] = "\"end\":\"rotated\"";

	return strcmp(record->kind, "close") == 0 && !memmem(record->body.p, record->body.n, rotated, sizeof rotated - 1);
}

static void on_record(void *arg, const struct spool_record *record)
{
	const struct audit_record read = {record->part, record->seq, record->exchange, record->wall_ns, record->kind, record->body};
	struct sinks *all = arg;
	struct live **at, *one;
	enum rc rc = RC_NOMEM;

	pthread_mutex_lock(&all->lock);
	at = find(all, record->session);
	one = *at ? *at : begin(all, record->session);
	if (one)
		rc = audit_reader_add(one->reader, &read);
	if (one && is_last(record))
		end(find(all, record->session));
	pthread_mutex_unlock(&all->lock);
	if (rc != RC_OK)
		log_error("event_lost", L_TEXT("session", record->session), L_TEXT("record", record->kind), L_NUM("seq", record->seq), L_RC(rc));
}

/* ---- what a crash left ------------------------------------------------------------------------------------------------------ */

/* All of it once more, for nobody knows how much of it was told. Of an encrypted recording only what its index and session.json say. */
static void tell_bundle(struct sinks *all, struct bundle *bundle, const char *id, int part)
{
	struct audit_reader *reader = audit_reader_new(all->agent, PHIGATE_VERSION, id, on_event, all);
	struct bundle_record record;
	struct why why = {0};
	enum rc rc = reader ? bundle_read_session(bundle) : RC_NOMEM;

	if (rc == RC_OK)
		rc = bundle_rewind(bundle);
	while (rc == RC_OK) {
		rc = bundle_next(bundle, &record, &why);
		if (rc == RC_OK || rc == RC_DENIED || rc == RC_TOO_BIG) {
			struct audit_record read = {part, record.seq, record.exchange, record.wall_ns, record.kind, record.body};

			if (rc != RC_OK)
				read.body = strcmp(record.kind, "open") == 0 ? bundle_session(bundle) : SLICE("{}");
			rc = audit_reader_add(reader, &read) == RC_NOMEM ? RC_NOMEM : RC_OK;
		}
	}
	if (rc != RC_END)
		log_error("events_lost", L_TEXT("session", id), L_RC(rc));
	audit_reader_free(reader);
}

static void on_recovered(void *arg, const char *path, const char *id, int part)
{
	struct sinks *all = arg;
	struct bundle *bundle = NULL;
	struct why why = {0};
	enum rc rc = bundle_open(path, &bundle, &why);

	pthread_mutex_lock(&all->lock);
	if (rc == RC_OK)
		tell_bundle(all, bundle, id, part);
	else
		log_error("events_lost", L_TEXT("session", id), L_RC(rc), L_TEXT("reason", why.text));
	pthread_mutex_unlock(&all->lock);
	bundle_free(bundle);
}

struct spool_tap sinks_tap(struct sinks *sinks)
{
	return sinks && sinks->n ? (struct spool_tap){on_record, on_recovered, sinks} : (struct spool_tap){0};
}

/* ---- out of them ------------------------------------------------------------------------------------------------------------ */

static void rest(struct sink *s, int64_t wait_ns, bool until_news)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	wait_ns += until.tv_nsec;
	until.tv_sec += wait_ns / NS_PER_S;
	until.tv_nsec = wait_ns % NS_PER_S;
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->stop) && !atomic_load(&s->last) && !(until_news && s->news) && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		;
	s->news = false;
	pthread_mutex_unlock(&s->lock);
}

/* One batch. RC_END: nothing waits. */
static enum rc send_some(struct sink *s, struct why *why)
{
	struct buf lines;
	size_t n;
	enum rc rc;

	buf_init(&lines, 4 * BATCH_BYTES);
	rc = sink_queue_peek(s->queue, BATCH_BYTES, &lines, &n);
	if (rc == RC_OK)
		rc = kinds[s->conf->to].send(s, buf_slice(&lines), why);
	if (rc == RC_OK)
		rc = sink_queue_done(s->queue);
	if (rc == RC_OK)
		atomic_fetch_add(&s->sent, n);
	buf_free(&lines);
	return rc;
}

static void *run(void *arg)
{
	struct sink *s = arg;
	int64_t pause_ns = 0;

	while (!atomic_load(&s->stop)) {
		struct why why = {0};
		bool last = atomic_load(&s->last);
		enum rc rc = send_some(s, &why);
		unsigned char chance;

		if (last && rc != RC_OK)
			break;
		if (rc == RC_OK) {
			if (pause_ns)
				log_info("events_taken_again", L_TEXT("sink", s->conf->name));
			pause_ns = 0;
			if (sink_queue_dropped(s->queue) && tell_missing(s) == RC_OK)
				log_warn("events_missing_told", L_TEXT("sink", s->conf->name));
		} else if (rc == RC_END) {
			rest(s, BACKOFF_MAX_NS, true);
		} else if (rc != RC_CANCELLED) {
			if (!pause_ns)
				log_warn("events_not_taken", L_TEXT("sink", s->conf->name), L_RC(rc), L_TEXT("reason", why.text));
			atomic_fetch_add(&s->retried, 1);
			(void)!sink_queue_sync(s->queue);
			pause_ns = !pause_ns ? BACKOFF_MIN_NS : 2 * pause_ns < BACKOFF_MAX_NS ? 2 * pause_ns : BACKOFF_MAX_NS;
			random_bytes(&chance, 1);        /* up to a quarter more, so that agents do not come as one */
			rest(s, pause_ns + pause_ns * chance / 1024, false);
		}
	}
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------------------- */

static void init_wake(struct sink *s)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->gap_lock, NULL);
	clock_cond_init(&s->wake);
}

static enum rc start(struct sink *s, const struct config *config, struct why *why)
{
	char *dir = path_join(config->state_dir, "events"), *own = dir ? path_join(dir, s->conf->name) : NULL;
	enum rc rc = own ? sink_read_token(s->conf, &s->token, why) : RC_NOMEM;

	if (rc == RC_OK && s->conf->to == SINK_SYSLOG)
		rc = syslog_link_check(s->conf, why);
	if (rc == RC_OK)
		rc = sink_queue_open(own, s->conf->queue_max, &s->queue, why);
	if (rc == RC_OK) {
		s->runs = pthread_create(&s->thread, NULL, run, s) == 0;
		rc = s->runs ? RC_OK : RC_NOMEM;
	}
	free(dir);
	free(own);
	return rc;
}

static enum rc sync_all(void *arg)
{
	struct sinks *all = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < all->n && rc == RC_OK; i++)
		rc = sink_queue_sync(all->sinks[i].queue);
	return rc;
}

/* What is no record; behind the queues, which make the folder. */
static enum rc start_others(struct sinks *all, const struct config *config, struct ledger *ledger, struct why *why)
{
	const struct ledger_events_to to = {on_event, sync_all, all};
	char *dir = path_join(config->state_dir, "events");
	enum rc rc = dir ? RC_OK : RC_NOMEM;

	if (dir && !all->n)
		ledger_events_forget(dir);
	if (rc == RC_OK && all->n && ledger)
		rc = ledger_events_new(ledger, dir, all->agent, &to, &all->of_ledger, why);
	if (rc == RC_OK && all->n)
		rc = log_events_new(all->agent, on_event, all, &all->of_log);
	free(dir);
	return rc;
}

enum rc sinks_new(const struct config *config, struct ledger *ledger, struct sinks **out, struct why *why)
{
	struct sinks *all = calloc(1, sizeof *all);
	enum rc rc = RC_OK;

	*out = NULL;
	if (!all)
		return RC_NOMEM;
	all->agent = strdup(config->name);
	pthread_mutex_init(&all->lock, NULL);
	all->sinks = calloc(config->n_sinks ? config->n_sinks : 1, sizeof *all->sinks);
	if (!all->sinks || !all->agent)
		rc = RC_NOMEM;
	for (size_t i = 0; i < config->n_sinks && rc == RC_OK; i++) {
		struct sink *s = &all->sinks[all->n++];

		s->fd = -1;
		s->agent = all->agent;
		s->conf = &s->own;
		buf_init(&s->token, 16384);
		init_wake(s);
		rc = config_sink_copy(&config->sinks[i], &s->own);
		if (rc == RC_OK) {
			s->format = audit_format(s->conf->format);
			rc = start(s, config, why);
		}
	}
	if (rc == RC_OK)
		rc = start_others(all, config, ledger, why);
	if (rc == RC_OK)
		*out = all;
	else
		sinks_free(all);
	return rc;
}

static void wait_for_end(struct sink *s, const struct timespec *until)
{
	pthread_mutex_lock(&s->lock);
	while (!s->ended && pthread_cond_timedwait(&s->wake, &s->lock, until) == 0)
		;
	pthread_mutex_unlock(&s->lock);
}

static void stop(struct sink *s, const struct timespec *until)
{
	if (s->runs)
		wait_for_end(s, until);
	atomic_store(&s->stop, true);
	wake(s);
	if (s->runs)
		pthread_join(s->thread, NULL);
	if (s->fd >= 0)
		close(s->fd);
	syslog_link_free(s->link);
	fetch_client_free(s->http);
	sink_queue_close(s->queue);
	buf_free(&s->token);
	config_sink_free(&s->own);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->gap_lock);
	pthread_cond_destroy(&s->wake);
}

void sinks_free(struct sinks *all)
{
	struct timespec until;

	if (!all)
		return;
	log_events_free(all->of_log);
	ledger_events_free(all->of_ledger);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LAST_NS / NS_PER_S;
	for (size_t i = 0; i < all->n; i++) {
		atomic_store(&all->sinks[i].last, true);
		wake(&all->sinks[i]);
	}
	for (size_t i = 0; i < all->n; i++)
		stop(&all->sinks[i], &until);
	while (all->sessions)
		end(&all->sessions);
	pthread_mutex_destroy(&all->lock);
	free(all->sinks);
	free(all->agent);
	free(all);
}

void sinks_reopen(struct sinks *all)
{
	for (size_t i = 0; all && i < all->n; i++)
		atomic_store(&all->sinks[i].reopen, true);
}

void sinks_metrics(struct sinks *all)
{
	for (size_t i = 0; all && i < all->n; i++) {
		struct sink *s = &all->sinks[i];

		metrics_set(METRIC_EVENTS, (double)atomic_load(&s->sent), METRIC_OF(s->conf->name, "sent"));
		metrics_set(METRIC_EVENTS, (double)atomic_load(&s->dropped), METRIC_OF(s->conf->name, "dropped"));
		metrics_set(METRIC_EVENTS_RETRIES, (double)atomic_load(&s->retried), METRIC_OF(s->conf->name));
		metrics_set(METRIC_EVENTS_WAITING, (double)sink_queue_bytes(s->queue), METRIC_OF(s->conf->name));
	}
}

enum rc sink_check(const struct sink_settings *settings, struct why *why)
{
	struct buf token;
	enum rc rc;

	buf_init(&token, 16384);
	rc = sink_read_token(settings, &token, why);
	if (rc == RC_OK && settings->to == SINK_SYSLOG)
		rc = syslog_link_check(settings, why);
	if (rc == RC_OK && settings->ca_file && access(settings->ca_file, R_OK) != 0)
		rc = why_set(why, RC_NOT_FOUND, "%s: cannot be read", settings->ca_file);
	buf_free(&token);
	return rc;
}
