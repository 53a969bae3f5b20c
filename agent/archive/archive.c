#include "archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "receipt.h"

#define SESSION_MAX 80

/* After the first failure in a row, the second, …; the last one again and again. */
static const int64_t PAUSES_S[] = {1, 5, 15, 60, 300, 900};
#define N_PAUSES (sizeof PAUSES_S / sizeof *PAUSES_S)

struct waiting {
	struct waiting *next;
	int part;
	char session[SESSION_MAX];
};

struct archive {
	const struct config *config;
	struct ledger *ledger;
	char *bundles_dir;
	pthread_t thread;
	atomic_bool stop;

	pthread_mutex_t lock;                    /* of all below */
	pthread_cond_t news;
	struct waiting *first, **last;
	size_t n;
};

/* ---- what waits --------------------------------------------------------------------------------------------------------- */

void archive_sealed(void *arg, const char *session, int part)
{
	struct archive *a = arg;
	struct waiting *w = a && strlen(session) < SESSION_MAX ? calloc(1, sizeof *w) : NULL;

	if (!w) {
		if (a)
			log_error("archive_later", L_TEXT("session", session), L_NUM("part", part),
				  L_TEXT("reason", "no memory; the next start of the agent finds it"));
		return;
	}
	strcpy(w->session, session);
	w->part = part;
	pthread_mutex_lock(&a->lock);
	*a->last = w;
	a->last = &w->next;
	a->n++;
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
}

/* The first one, once there is one; NULL: stop. It stays at its place until done() or later(). */
static struct waiting *next_waiting(struct archive *a)
{
	struct waiting *w = NULL;

	pthread_mutex_lock(&a->lock);
	while (!atomic_load(&a->stop) && !a->first)
		pthread_cond_wait(&a->news, &a->lock);
	if (!atomic_load(&a->stop)) {
		w = a->first;
		a->first = w->next;
		if (!a->first)
			a->last = &a->first;
	}
	pthread_mutex_unlock(&a->lock);
	return w;
}

/* Behind the others, so that one that cannot be stored keeps none of them waiting. */
static void later(struct archive *a, struct waiting *w)
{
	pthread_mutex_lock(&a->lock);
	w->next = NULL;
	*a->last = w;
	a->last = &w->next;
	pthread_mutex_unlock(&a->lock);
}

static void done(struct archive *a, struct waiting *w)
{
	pthread_mutex_lock(&a->lock);
	a->n--;
	pthread_mutex_unlock(&a->lock);
	free(w);
}

static void pause_s(struct archive *a, int64_t s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += s;
	pthread_mutex_lock(&a->lock);
	while (!atomic_load(&a->stop) && pthread_cond_timedwait(&a->news, &a->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&a->lock);
}

/* ---- one bundle --------------------------------------------------------------------------------------------------------- */

/* What is known of it already, when the bundle has not changed since; else nothing is. */
static void begin_receipt(const struct archive *a, const struct archive_item *item, struct receipt *receipt)
{
	char hex[SHA256_HEX];

	hex_encode(item->sha256, SHA256_LEN, hex);
	if (receipt_read(a->bundles_dir, item->session, item->part, receipt) == RC_OK && receipt->bytes == item->bytes &&
	    strcmp(receipt->sha256, hex) == 0)
		return;
	receipt_free(receipt);
	*receipt = (struct receipt){.bytes = item->bytes};
	memcpy(receipt->sha256, hex, sizeof hex);
}

static void tell_ledger(struct archive *a, const struct receipt *receipt, const struct archive_item *item, const char *place)
{
	char part[16], time[CLOCK_TEXT];
	struct buf leaf;

	snprintf(part, sizeof part, "%d", item->part);
	buf_init(&leaf, LEAF_MAX);
	if (LEAF(LEAF_ARCHIVE, &leaf, item->session, part, receipt->sha256, place, clock_text_s(receipt->archived_s, time)) == RC_OK)
		ledger_post(a->ledger, buf_slice(&leaf));
	buf_free(&leaf);
}

static enum rc put_at(struct archive *a, struct archive_item *item, enum archive_kind kind, struct receipt *receipt, struct why *why)
{
	struct buf place;
	enum rc rc;

	buf_init(&place, PATH_MAX);
	rc = archive_place(&a->config->archive, kind, item, &place);
	if (rc == RC_OK)
		rc = buf_add(&place, "", 1);
	if (rc != RC_OK || text_list_has(&receipt->places, place.data))
		goto out;
	rc = archive_put(&a->config->archive, kind, item, &a->stop, why);
	if (rc == RC_OK)
		rc = text_list_add(&receipt->places, place.data);
	if (rc == RC_OK) {
		receipt->archived_s = clock_wall_s();
		receipt->retain_until_s = item->retain_until_s;
		rc = receipt_write(a->bundles_dir, item->session, item->part, receipt, why);
	}
	if (rc == RC_OK) {
		metrics_add(METRIC_ARCHIVED, 1, METRIC_OF(ARCHIVE_NAMES[kind]));
		tell_ledger(a, receipt, item, place.data);
		log_info("archived", L_TEXT("session", item->session), L_NUM("part", item->part), L_TEXT("place", place.data),
			 L_NUM("bytes", item->bytes), L_TEXT("sha256", receipt->sha256));
	} else if (rc != RC_CANCELLED) {
		metrics_add(METRIC_ARCHIVE_FAILURES, 1, METRIC_OF(ARCHIVE_NAMES[kind]));
	}
out:
	buf_free(&place);
	return rc;
}

/* Into each of the places, however another one fails. RC_NOT_FOUND: the bundle is not there any more. */
static enum rc put_all(struct archive *a, const struct waiting *w, struct why *why)
{
	struct archive_item item = {.session = w->session, .part = w->part};
	struct receipt receipt = {0};
	char path[PATH_MAX];
	struct stat st;
	enum rc rc = RC_OK;

	snprintf(path, sizeof path, "%s/%s/%d.tar", a->bundles_dir, w->session, w->part);
	item.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (item.fd < 0)
		return why_set(why, errno == ENOENT ? RC_NOT_FOUND : RC_IO, "%s: %s", path, strerror(errno));
	if (fstat(item.fd, &st) != 0 || sha256_file(item.fd, item.sha256) != RC_OK) {
		rc = why_set(why, RC_IO, "%s: cannot read it", path);
		goto out;
	}
	item.bytes = (uint64_t)st.st_size;
	item.retain_until_s = (int64_t)st.st_mtim.tv_sec + a->config->recording.retention / NS_PER_S;
	begin_receipt(a, &item, &receipt);
	for (int kind = 0; kind < ARCHIVE_KINDS; kind++) {
		enum rc one = archive_has(&a->config->archive, kind) ? put_at(a, &item, kind, &receipt, rc == RC_OK ? why : NULL) : RC_OK;

		rc = rc == RC_OK ? one : rc;
	}
out:
	receipt_free(&receipt);
	close(item.fd);
	return rc;
}

/* ---- the thread --------------------------------------------------------------------------------------------------------- */

/* A bundle without a receipt that names all places waits. */
static void find_in(struct archive *a, const char *session)
{
	char path[PATH_MAX], again[32];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", a->bundles_dir, session);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		int part = atoi(e->d_name);
		struct receipt receipt;
		size_t places = archive_has(&a->config->archive, ARCHIVE_FOLDER) + archive_has(&a->config->archive, ARCHIVE_S3);

		snprintf(again, sizeof again, "%d.tar", part);
		if (part < 1 || strcmp(again, e->d_name) != 0)
			continue;
		if (receipt_read(a->bundles_dir, session, part, &receipt) != RC_OK || receipt.places.n < places)
			archive_sealed(a, session, part);
		receipt_free(&receipt);
	}
	if (dir)
		closedir(dir);
}

static void find_all(struct archive *a)
{
	DIR *dir = opendir(a->bundles_dir);
	struct dirent *e;

	while (dir && !atomic_load(&a->stop) && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			find_in(a, e->d_name);
	if (dir)
		closedir(dir);
}

static void *work(void *arg)
{
	struct archive *a = arg;
	struct waiting *w;
	size_t failed = 0;                       /* in a row */

	find_all(a);
	while ((w = next_waiting(a))) {
		struct why why = {0};
		enum rc rc = put_all(a, w, &why);

		if (rc == RC_OK || rc == RC_NOT_FOUND) {
			if (rc == RC_OK && failed)
				log_info("archive_recovered", L_NUM("failures", failed));
			failed = 0;
			done(a, w);
			continue;
		}
		if (rc != RC_CANCELLED)
			log_error("archive_failed", L_TEXT("session", w->session), L_NUM("part", w->part), L_NUM("failures", failed + 1), L_TEXT("reason", why.text));
		later(a, w);
		pause_s(a, PAUSES_S[failed < N_PAUSES ? failed : N_PAUSES - 1]);
		failed++;
	}
	return NULL;
}

enum rc archive_start(const struct config *config, struct ledger *ledger, struct archive **out, struct why *why)
{
	struct archive *a;
	struct buf credentials;
	enum rc rc = RC_OK;

	*out = NULL;
	if (!archive_has(&config->archive, ARCHIVE_FOLDER) && !archive_has(&config->archive, ARCHIVE_S3))
		return RC_OK;
	buf_init(&credentials, 4096);
	if (config->archive.s3.endpoint)
		rc = s3_credentials(config->archive.s3.credentials_file, &credentials, why);
	buf_free(&credentials);
	a = rc == RC_OK ? calloc(1, sizeof *a) : NULL;
	if (!a)
		return rc == RC_OK ? RC_NOMEM : rc;
	a->config = config;
	a->ledger = ledger;
	a->last = &a->first;
	a->bundles_dir = path_join(config->state_dir, "bundles");
	pthread_mutex_init(&a->lock, NULL);
	clock_cond_init(&a->news);
	if (!a->bundles_dir || pthread_create(&a->thread, NULL, work, a) != 0) {
		pthread_mutex_destroy(&a->lock);
		pthread_cond_destroy(&a->news);
		free(a->bundles_dir);
		free(a);
		return why_set(why, RC_NOMEM, "cannot start a thread");
	}
	*out = a;
	return RC_OK;
}

void archive_stop(struct archive *a)
{
	struct waiting *w;

	if (!a)
		return;
	atomic_store(&a->stop, true);
	pthread_mutex_lock(&a->lock);
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	while ((w = a->first)) {
		a->first = w->next;
		free(w);
	}
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->news);
	free(a->bundles_dir);
	free(a);
}

void archive_metrics(struct archive *a)
{
	size_t n;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	n = a->n;
	pthread_mutex_unlock(&a->lock);
	metrics_set(METRIC_ARCHIVE_WAITING, (double)n, METRIC_PLAIN);
}
