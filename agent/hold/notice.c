#include "notice.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "fetch.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "notice_text.h"
#include "wipe.h"

#define BODY_MAX ((size_t)16 << 10)
#define SECRET_MIN 24
#define SECRET_MAX 64
#define WAIT_MAX_NS (60 * NS_PER_S)              /* the wall clock may have been set meanwhile */
#define STORE_RETRY_NS (5 * NS_PER_S)

/* After the first attempt, the second, …; then it is given up, some 16 hours later. */
static const int64_t PAUSES_S[] = {5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800};
#define N_PAUSES ((int64_t)(sizeof PAUSES_S / sizeof *PAUSES_S))

struct endpoint {
	struct notices *notices;
	const struct notify *conf;
	char key[SHA256_HEX];                    /* of its URL, in the store */
	char host[128];                          /* for the log: the rest of the URL may be a secret */
	struct buf secret;                       /* empty: not signed */
	pthread_t thread;
	bool runs;
};

struct notices {
	const char *agent;
	struct store *store;
	int64_t (*_Atomic wall_ns)(void);
	struct endpoint *endpoints;
	size_t n;
	atomic_bool stop;
	atomic_ullong sent, retried, dead;

	pthread_mutex_t mutex;                   /* of all below */
	pthread_cond_t news;
	uint64_t version;                        /* grows with each notice that was put */
};

static int64_t now_ns(struct notices *n)
{
	return atomic_load(&n->wall_ns)();
}

/* ---- secrets and signatures ----------------------------------------------------------------------------------------------- */

enum rc notice_secret_read(const char *path, struct buf *secret, struct why *why)
{
	static const char prefix[] = "whsec_";
	struct buf text;
	struct slice s;
	enum rc rc;

	buf_init(&text, 4096);
	rc = file_read_private(path, &text, why);
	if (rc != RC_OK)
		goto out;
	s = buf_slice(&text);
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	if (s.n < sizeof prefix || memcmp(s.p, prefix, sizeof prefix - 1) != 0 ||
	    base64_decode((struct slice){s.p + sizeof prefix - 1, s.n - (sizeof prefix - 1)}, secret) != RC_OK ||
	    secret->len < SECRET_MIN || secret->len > SECRET_MAX)
		rc = why_set(why, RC_BAD, "%s: must be whsec_ and the base64 of %d to %d random bytes; make one with:"
			     " echo whsec_$(openssl rand -base64 32)", path, SECRET_MIN, SECRET_MAX);
out:
	buf_free(&text);
	return rc;
}

enum rc notice_sign(struct slice secret, const char *id, int64_t timestamp_s, struct slice body, struct buf *out)
{
	unsigned char mac[SHA256_LEN];
	struct buf content;

	buf_init(&content, 2 * BODY_MAX);
	buf_printf(&content, "%s.%lld.", id, (long long)timestamp_s);
	if (buf_add_slice(&content, body) != RC_OK) {
		buf_free(&content);
		return RC_TOO_BIG;
	}
	hmac_sha256(secret, buf_slice(&content), mac);
	buf_free(&content);
	buf_puts(out, "v1,");
	return base64_encode(mac, sizeof mac, out);
}

/* ---- the queue ------------------------------------------------------------------------------------------------------------ */

static void give_up(struct notices *n, const struct endpoint *e, const char *id, const char *event, const char *reason)
{
	atomic_fetch_add(&n->dead, 1);
	log_error("notice_dead", L_TEXT("notice", id), L_TEXT("event", event), L_TEXT("endpoint", e ? e->host : ""), L_TEXT("reason", reason));
}

/* One more than there is room for: the oldest gives way, for what is asked now matters more. */
static enum rc make_room(struct notices *n, sqlite3 *db, const struct endpoint *e)
{
	char id[40] = "", event[40] = "";
	int64_t seq = 0;
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q,
				 "SELECT seq, id, event FROM notices WHERE endpoint = ?1 AND (SELECT count(*) FROM notices WHERE endpoint = ?1)"
				 " >= ?2 ORDER BY seq LIMIT 1", "ti", e->key, (int64_t)NOTICES_MAX);

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		seq = sqlite3_column_int64(q, 0);
		snprintf(id, sizeof id, "%s", store_text(q, 1));
		snprintf(event, sizeof event, "%s", store_text(q, 2));
	}
	sqlite3_finalize(q);
	if (rc != RC_OK)
		return rc == RC_END ? RC_OK : rc;
	rc = store_do(db, NULL, "DELETE FROM notices WHERE seq = ?", "i", seq);
	if (rc == RC_OK)
		give_up(n, e, id, event, "too many wait for this endpoint");
	return rc;
}

static enum rc put_for(struct notices *n, sqlite3 *db, const struct endpoint *e, const struct notice *notice, int64_t wall_ns)
{
	char id[40] = "msg_";
	struct buf body;
	enum rc rc;

	random_hex(16, id + 4);
	buf_init(&body, BODY_MAX);
	rc = e->conf->slack ? notice_text_slack(notice, n->agent, &body) : notice_text_standard(notice, n->agent, wall_ns / NS_PER_S, &body);
	if (rc == RC_OK)
		rc = make_room(n, db, e);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "INSERT INTO notices (id, endpoint, event, body, created_ns, due_ns) VALUES (?, ?, ?, ?, ?, ?)", "tttsii",
			      id, e->key, notice->event, buf_slice(&body), wall_ns, wall_ns);
	buf_free(&body);
	return rc;
}

enum rc notices_put(struct notices *n, sqlite3 *db, const struct notice *notice)
{
	enum rc rc = RC_OK;

	if (!n || !n->n)
		return RC_OK;
	for (size_t i = 0; i < n->n && rc == RC_OK; i++)
		rc = put_for(n, db, &n->endpoints[i], notice, now_ns(n));
	pthread_mutex_lock(&n->mutex);                   /* who wakes finds the store taken until the caller is done */
	n->version++;
	pthread_cond_broadcast(&n->news);
	pthread_mutex_unlock(&n->mutex);
	return rc;
}

enum rc notices_tell(struct notices *n, const struct notice *notice)
{
	sqlite3 *db;
	enum rc rc;

	if (!n || !n->n)
		return RC_OK;
	db = store_begin(n->store);
	if (!db)
		return RC_IO;
	rc = store_do(db, NULL, "BEGIN IMMEDIATE", "");
	if (rc == RC_OK)
		rc = notices_put(n, db, notice);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "COMMIT", "");
	store_end(n->store);
	return rc;
}

/* ---- sending -------------------------------------------------------------------------------------------------------------- */

struct job {
	int64_t seq, tries, due_ns;
	char id[40], event[40];
	struct buf body;
};

/* The next one for the endpoint. RC_END: none waits. */
static enum rc next_job(struct endpoint *e, struct job *job)
{
	sqlite3 *db = store_begin(e->notices->store);
	sqlite3_stmt *q;
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_query(db, &q, "SELECT seq, tries, due_ns, id, event, body FROM notices WHERE endpoint = ? ORDER BY due_ns, seq LIMIT 1", "t",
			 e->key);
	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		job->seq = sqlite3_column_int64(q, 0);
		job->tries = sqlite3_column_int64(q, 1);
		job->due_ns = sqlite3_column_int64(q, 2);
		snprintf(job->id, sizeof job->id, "%s", store_text(q, 3));
		snprintf(job->event, sizeof job->event, "%s", store_text(q, 4));
		rc = buf_puts(&job->body, store_text(q, 5));
	}
	sqlite3_finalize(q);
	store_end(e->notices->store);
	return rc;
}

/* RC_OK: it was taken. RC_DENIED: it says that it is gone for good (410). RC_CANCELLED: the agent stops. Else it may be tried again. */
static enum rc post(struct endpoint *e, const struct job *job, int *status)
{
	int64_t timestamp_s = now_ns(e->notices) / NS_PER_S;
	char id[64], timestamp[64];
	const char *headers[4] = {NULL};
	struct buf signature, answer;
	enum rc rc = RC_OK;

	*status = 0;
	buf_init(&signature, 256);
	buf_init(&answer, (size_t)1 << 20);
	if (e->secret.len) {
		buf_puts(&signature, "webhook-signature: ");
		rc = notice_sign(buf_slice(&e->secret), job->id, timestamp_s, buf_slice(&job->body), &signature);
		snprintf(id, sizeof id, "webhook-id: %s", job->id);
		snprintf(timestamp, sizeof timestamp, "webhook-timestamp: %lld", (long long)timestamp_s);
		headers[0] = id;
		headers[1] = timestamp;
		headers[2] = signature.data;
	}
	if (rc == RC_OK) {
		const struct fetch f = {
			.url = e->conf->url, .json = job->body.data, .ca_file = e->conf->ca_file, .headers = headers, .cancel = &e->notices->stop,
		};

		rc = fetch_run(&f, status, &answer, NULL);
	}
	if (rc == RC_OK && *status == 410)
		rc = RC_DENIED;
	else if (rc == RC_OK && (*status < 200 || *status > 299))
		rc = RC_BAD;
	buf_free(&signature);
	buf_free(&answer);
	return rc;
}

/* What came of an attempt, into the store. */
static enum rc settle(struct endpoint *e, const struct job *job, enum rc sent, int status)
{
	struct notices *n = e->notices;
	bool again = sent != RC_OK && sent != RC_DENIED && job->tries < N_PAUSES;
	sqlite3 *db = store_begin(n->store);
	unsigned char chance;
	enum rc rc;

	if (!db)
		return RC_IO;
	random_bytes(&chance, 1);                        /* up to an eighth more, so that agents do not come as one */
	rc = again ? store_do(db, NULL, "UPDATE notices SET tries = tries + 1, due_ns = ? WHERE seq = ?", "ii",
			      now_ns(n) + PAUSES_S[job->tries] * NS_PER_S + PAUSES_S[job->tries] * chance * NS_PER_S / 2048, job->seq) :
		     store_do(db, NULL, "DELETE FROM notices WHERE seq = ?", "i", job->seq);
	store_end(n->store);
	if (rc != RC_OK)
		return rc;
	if (sent == RC_OK) {
		atomic_fetch_add(&n->sent, 1);
		log_debug("notice_sent", L_TEXT("notice", job->id), L_TEXT("event", job->event), L_TEXT("endpoint", e->host));
	} else if (again) {
		atomic_fetch_add(&n->retried, 1);
		log_warn("notice_not_taken", L_TEXT("notice", job->id), L_TEXT("event", job->event), L_TEXT("endpoint", e->host), L_RC(sent),
			 L_NUM("status", status), L_NUM("tries", job->tries + 1));
	} else {
		give_up(n, e, job->id, job->event, sent == RC_DENIED ? "the endpoint is gone (410)" : "the endpoint did not take it in 16 hours");
	}
	return RC_OK;
}

/* Send what is due; how long to wait then. */
static int64_t work(struct endpoint *e)
{
	struct job job = {0};
	int64_t left_ns = 0;
	int status;
	enum rc rc;

	buf_init(&job.body, BODY_MAX);
	rc = next_job(e, &job);
	if (rc == RC_OK)
		left_ns = job.due_ns - now_ns(e->notices);
	if (rc == RC_OK && left_ns <= 0) {
		rc = post(e, &job, &status);
		rc = rc == RC_CANCELLED ? RC_END : settle(e, &job, rc, status);
		left_ns = 0;
	}
	buf_free(&job.body);
	if (rc == RC_END || left_ns > WAIT_MAX_NS)
		return WAIT_MAX_NS;
	return rc == RC_OK ? left_ns : STORE_RETRY_NS;
}

static void *run(void *arg)
{
	struct endpoint *e = arg;
	struct notices *n = e->notices;
	uint64_t seen = 0;

	pthread_mutex_lock(&n->mutex);
	while (!atomic_load(&n->stop)) {
		struct timespec until;
		int64_t wait_ns;

		seen = n->version;
		pthread_mutex_unlock(&n->mutex);
		wait_ns = work(e);
		clock_gettime(CLOCK_MONOTONIC, &until);
		wait_ns += until.tv_nsec;
		until.tv_sec += wait_ns / NS_PER_S;
		until.tv_nsec = wait_ns % NS_PER_S;
		pthread_mutex_lock(&n->mutex);
		while (!atomic_load(&n->stop) && seen == n->version && pthread_cond_timedwait(&n->news, &n->mutex, &until) == 0)
			;
	}
	pthread_mutex_unlock(&n->mutex);
	return NULL;
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

/* What waits for an endpoint that is no longer configured. */
static enum rc drop_strangers(struct notices *n, struct why *why)
{
	sqlite3 *db = store_begin(n->store);
	struct buf known;
	int changes = 0;
	enum rc rc;

	if (!db)
		return why_set(why, RC_IO, "the agent's store does not answer");
	buf_init(&known, 4096);
	buf_putc(&known, '|');
	for (size_t i = 0; i < n->n; i++)
		buf_printf(&known, "%s|", n->endpoints[i].key);
	rc = known.rc == RC_OK ? store_do(db, &changes, "DELETE FROM notices WHERE instr(?, '|' || endpoint || '|') = 0", "t", known.data) : known.rc;
	store_end(n->store);
	buf_free(&known);
	if (changes) {
		atomic_fetch_add(&n->dead, (unsigned long long)changes);
		log_warn("notices_dropped", L_NUM("count", changes), L_TEXT("reason", "their endpoint is no longer configured"));
	}
	return rc == RC_OK ? rc : why_set(why, rc, "the waiting notices cannot be read");
}

static enum rc begin(struct notices *n, const struct notify *conf, struct endpoint *e, struct why *why)
{
	const char *host = strstr(conf->url, "//");

	*e = (struct endpoint){.notices = n, .conf = conf};
	buf_init(&e->secret, 4096);
	sha256_hex(conf->url, strlen(conf->url), e->key);
	host = host ? host + 2 : conf->url;
	snprintf(e->host, sizeof e->host, "%.*s", (int)strcspn(host, "/?#"), host);
	return conf->secret_file ? notice_secret_read(conf->secret_file, &e->secret, why) : RC_OK;
}

enum rc notices_new(const struct config *config, struct store *store, struct notices **out, struct why *why)
{
	struct notices *n = calloc(1, sizeof *n);
	enum rc rc = RC_OK;

	*out = NULL;
	if (!n)
		return RC_NOMEM;
	n->agent = config->name;
	n->store = store;
	atomic_init(&n->wall_ns, clock_wall_ns);
	pthread_mutex_init(&n->mutex, NULL);
	clock_cond_init(&n->news);
	n->endpoints = calloc(config->n_notify ? config->n_notify : 1, sizeof *n->endpoints);
	if (!n->endpoints)
		rc = RC_NOMEM;
	for (size_t i = 0; i < config->n_notify && rc == RC_OK; i++)
		rc = begin(n, &config->notify[i], &n->endpoints[n->n++], why);
	if (rc == RC_OK)
		rc = drop_strangers(n, why);
	for (size_t i = 0; i < n->n && rc == RC_OK; i++) {
		n->endpoints[i].runs = pthread_create(&n->endpoints[i].thread, NULL, run, &n->endpoints[i]) == 0;
		if (!n->endpoints[i].runs)
			rc = why_set(why, RC_NOMEM, "cannot start a thread for notices");
	}
	if (rc == RC_OK)
		*out = n;
	else
		notices_free(n);
	return rc;
}

void notices_free(struct notices *n)
{
	if (!n)
		return;
	pthread_mutex_lock(&n->mutex);
	atomic_store(&n->stop, true);
	pthread_cond_broadcast(&n->news);
	pthread_mutex_unlock(&n->mutex);
	for (size_t i = 0; i < n->n; i++) {
		if (n->endpoints[i].runs)
			pthread_join(n->endpoints[i].thread, NULL);
		buf_free(&n->endpoints[i].secret);
	}
	free(n->endpoints);
	pthread_cond_destroy(&n->news);
	pthread_mutex_destroy(&n->mutex);
	free(n);
}

void notices_set_clock(struct notices *n, int64_t (*wall_ns)(void))
{
	atomic_store(&n->wall_ns, wall_ns);
	pthread_mutex_lock(&n->mutex);
	n->version++;
	pthread_cond_broadcast(&n->news);
	pthread_mutex_unlock(&n->mutex);
}

/* ---- metrics -------------------------------------------------------------------------------------------------------------- */

static int64_t waiting(struct notices *n)
{
	sqlite3 *db = store_begin(n->store);
	int64_t count = -1;
	sqlite3_stmt *q;

	if (!db)
		return -1;
	if (store_query(db, &q, "SELECT count(*) FROM notices", "") == RC_OK && store_row(q) == RC_OK)
		count = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	store_end(n->store);
	return count;
}

void notices_metrics(struct notices *n)
{
	int64_t count;

	if (!n)
		return;
	metrics_set(METRIC_NOTICES, (double)atomic_load(&n->sent), METRIC_OF("sent"));
	metrics_set(METRIC_NOTICES, (double)atomic_load(&n->retried), METRIC_OF("retried"));
	metrics_set(METRIC_NOTICES, (double)atomic_load(&n->dead), METRIC_OF("dead"));
	count = waiting(n);
	if (count >= 0)
		metrics_set(METRIC_NOTICES_WAITING, (double)count, METRIC_PLAIN);
}
