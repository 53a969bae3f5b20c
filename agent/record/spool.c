#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "record_private.h"

#define PART_MAX_BYTES ((uint64_t)4 << 30)
#define PART_MAX_NS (24 * 3600 * NS_PER_S)
#define PART_MAX_SEGMENTS 100000
#define PROBE_BYTES 65536

/* ---- people ----------------------------------------------------------------------------------------------------------- */

struct spool_person *spool_person_get(struct spool *spool, const char *issuer, const char *subject)
{
	struct spool_person *p;

	pthread_mutex_lock(&spool->lock);
	for (p = spool->people; p; p = p->next)
		if (strcmp(p->issuer, issuer) == 0 && strcmp(p->subject, subject) == 0)
			break;
	if (!p && (p = calloc(1, sizeof *p))) {
		p->issuer = strdup(issuer);
		p->subject = strdup(subject);
		if (p->issuer && p->subject) {
			p->next = spool->people;
			spool->people = p;
		} else {
			free(p->issuer);
			free(p->subject);
			free(p);
			p = NULL;
		}
	}
	if (p)
		p->refs++;
	pthread_mutex_unlock(&spool->lock);
	return p;
}

void spool_person_put(struct spool *spool, struct spool_person *person)
{
	struct spool_person **at = &spool->people;

	pthread_mutex_lock(&spool->lock);
	if (--person->refs == 0) {
		while (*at != person)
			at = &(*at)->next;
		*at = person->next;
		free(person->issuer);
		free(person->subject);
		free(person);
	}
	pthread_mutex_unlock(&spool->lock);
}

/* ---- the queue of what is to be sealed -------------------------------------------------------------------------------- */

/* With the lock held. */
static void unqueue(struct spool *spool, struct recording *r)
{
	struct recording **at = &spool->queue;

	if (!r->queued)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	r->queued = false;
}

void spool_want_seal(struct spool *spool, struct recording *r, int64_t due_ns)
{
	struct recording **at = &spool->queue;

	pthread_mutex_lock(&spool->lock);
	if (!r->queued || due_ns < r->due_ns) {
		unqueue(spool, r);
		while (*at && (*at)->due_ns <= due_ns)
			at = &(*at)->next;
		r->next = *at;
		*at = r;
		r->queued = true;
		r->due_ns = due_ns;
		if (spool->queue == r)
			pthread_cond_signal(&spool->due);
	}
	pthread_mutex_unlock(&spool->lock);
}

void spool_forget(struct spool *spool, struct recording *r)
{
	pthread_mutex_lock(&spool->lock);
	while (r->queued || r->hands) {
		unqueue(spool, r);
		if (r->hands)
			pthread_cond_wait(&spool->idle, &spool->lock);
	}
	pthread_mutex_unlock(&spool->lock);
}

/* Until the first in the queue is due, or the queue changes. With the lock held. */
static void wait_due(struct spool *spool, int64_t left_ns)
{
	struct timespec until;

	if (!spool->queue) {
		pthread_cond_wait(&spool->due, &spool->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	left_ns += until.tv_nsec;
	until.tv_sec += left_ns / NS_PER_S;
	until.tv_nsec = left_ns % NS_PER_S;
	pthread_cond_timedwait(&spool->due, &spool->lock, &until);
}

static void *sealer_main(void *arg)
{
	struct spool *spool = arg;

	pthread_mutex_lock(&spool->lock);
	while (!spool->stop) {
		struct recording *r = spool->queue;
		int64_t left_ns = r ? r->due_ns - clock_mono_ns() : 0, due_ns;

		if (!r || left_ns > 0) {
			wait_due(spool, left_ns);
			continue;
		}
		unqueue(spool, r);
		r->hands++;
		if (spool->queue)
			pthread_cond_signal(&spool->due);        /* for another sealer */
		pthread_mutex_unlock(&spool->lock);
		due_ns = recording_seal_due(r);
		if (due_ns)
			spool_want_seal(spool, r, due_ns);
		pthread_mutex_lock(&spool->lock);
		if (--r->hands == 0)
			pthread_cond_broadcast(&spool->idle);
	}
	pthread_mutex_unlock(&spool->lock);
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static enum rc take_lock(struct spool *spool, const char *state_dir, struct why *why)
{
	spool->lock_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->lock_fd < 0)
		return why_set(why, errno == ENOENT ? RC_NOT_FOUND : RC_IO, "%s: cannot open: %s", state_dir, strerror(errno));
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return RC_OK;
	return errno == EWOULDBLOCK ? why_set(why, RC_CONFLICT, "%s: another agent uses it", state_dir)
		: why_set(why, RC_IO, "%s: cannot lock: %s", state_dir, strerror(errno));
}

static enum rc make_folders(struct spool *spool, const char *state_dir, struct why *why)
{
	const struct {
		char **path;
		const char *name;
	} folders[] = {{&spool->dir, "spool"}, {&spool->bundles_dir, "bundles"}, {&spool->quarantine_dir, "quarantine"}};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof folders / sizeof *folders && rc == RC_OK; i++) {
		*folders[i].path = path_join(state_dir, folders[i].name);
		rc = *folders[i].path ? dir_make(*folders[i].path, 0700, why) : RC_NOMEM;
	}
	if (rc != RC_OK)
		return rc;
	spool->dir_fd = open(spool->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->dir_fd < 0 || fsync(spool->lock_fd) != 0)
		return why_set(why, RC_IO, "%s: cannot open: %s", spool->dir, strerror(errno));
	return RC_OK;
}

const char *spool_program(const struct spool *spool)
{
	return spool->program_sha256;
}

struct ledger *spool_ledger(const struct spool *spool)
{
	return spool->ledger;
}

static enum rc hash_program(struct spool *spool, struct why *why)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	unsigned char sum[SHA256_LEN];
	enum rc rc = fd < 0 ? RC_IO : sha256_file(fd, sum);

	if (fd >= 0)
		close(fd);
	if (rc != RC_OK)
		return why_set(why, rc, "cannot read the program's own file: %s", strerror(errno));
	hex_encode(sum, sizeof sum, spool->program_sha256);
	return RC_OK;
}

static enum rc start_sealers(struct spool *spool, struct why *why)
{
	for (; spool->n_sealers < N_SEALERS; spool->n_sealers++)
		if (pthread_create(&spool->sealers[spool->n_sealers], NULL, sealer_main, spool) != 0)
			return why_set(why, RC_NOMEM, "cannot start a thread");
	return RC_OK;
}

enum rc spool_open(const struct spool_options *options, struct spool **out, struct why *why)
{
	struct spool *spool = calloc(1, sizeof *spool);
	enum rc rc;

	*out = NULL;
	if (!spool)
		return RC_NOMEM;
	spool->lock_fd = spool->dir_fd = -1;
	spool->strict = options->strict;
	spool->ledger = options->ledger;
	spool->tap = options->tap;
	spool->per_person_max_bytes = options->per_person_max_bytes;
	if (options->recipients)
		spool->recipients = *options->recipients;
	if (options->originals)
		spool->originals = *options->originals;
	spool->part_max_bytes = PART_MAX_BYTES;
	spool->part_max_ns = PART_MAX_NS;
	spool->part_max_segments = PART_MAX_SEGMENTS;
	spool->wall_ns = clock_wall_ns;
	spool->mono_ns = clock_mono_ns;
	spool->agent_name = strdup(options->agent_name);
	pthread_mutex_init(&spool->lock, NULL);
	clock_cond_init(&spool->due);
	pthread_cond_init(&spool->idle, NULL);
	rc = spool->agent_name ? take_lock(spool, options->state_dir, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = make_folders(spool, options->state_dir, why);
	if (rc == RC_OK)
		rc = hash_program(spool, why);
	if (rc == RC_OK)
		rc = attest_new(options->state_dir, &options->attest, options->ledger, &spool->attest, why);
	if (rc == RC_OK)
		rc = recover_all(spool, why);
	if (rc == RC_OK)
		rc = attest_start(spool->attest, spool, why);
	if (rc == RC_OK)
		rc = start_sealers(spool, why);
	if (rc == RC_OK)
		*out = spool;
	else
		spool_close(spool);
	return rc;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	pthread_mutex_lock(&spool->lock);
	spool->stop = true;
	pthread_cond_broadcast(&spool->due);
	pthread_mutex_unlock(&spool->lock);
	while (spool->n_sealers)
		pthread_join(spool->sealers[--spool->n_sealers], NULL);
	attest_free(spool->attest);
	if (spool->dir_fd >= 0)
		close(spool->dir_fd);
	if (spool->lock_fd >= 0)
		close(spool->lock_fd);
	pthread_mutex_destroy(&spool->lock);
	pthread_cond_destroy(&spool->due);
	pthread_cond_destroy(&spool->idle);
	free(spool->dir);
	free(spool->bundles_dir);
	free(spool->quarantine_dir);
	free(spool->agent_name);
	free(spool);
}

/* ---- folders and bundles ---------------------------------------------------------------------------------------------- */

void spool_remove(struct spool *spool, const char *name)
{
	int fd = openat(spool->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(fd, e->d_name, 0);
	if (dir)
		closedir(dir);
	if (unlinkat(spool->dir_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		log_warn("spool_not_removed", L_TEXT("name", name), L_TEXT("reason", strerror(errno)));
}

/* The last part that is sealed, and whether one is not; 0: none. */
static enum rc last_part(struct spool *spool, const char *id, int *number)
{
	char path[PATH_MAX], other[RECORD_ID_MAX + 1];
	struct dirent *e;
	bool open_part = false;
	DIR *dir = opendir(spool->dir);
	int n;

	*number = 0;
	if (!dir)
		return RC_IO;
	while (!open_part && (e = readdir(dir)))
		open_part = part_parse_name(e->d_name, other, &n) && strcmp(other, id) == 0;
	closedir(dir);
	if (open_part)
		return RC_CONFLICT;
	snprintf(path, sizeof path, "%s/%s", spool->bundles_dir, id);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	while ((e = readdir(dir))) {
		char again[32];

		n = atoi(e->d_name);
		snprintf(again, sizeof again, "%d.tar", n);
		if (n > *number && strcmp(again, e->d_name) == 0)
			*number = n;
	}
	closedir(dir);
	return *number ? RC_OK : RC_NOT_FOUND;
}

void spool_on_sealed(struct spool *spool, void (*sealed)(void *arg, const char *session, int part), void *arg)
{
	pthread_mutex_lock(&spool->lock);
	spool->sealed = sealed;
	spool->sealed_arg = arg;
	pthread_mutex_unlock(&spool->lock);
}

void spool_tell_sealed(struct spool *spool, const char *session, int part)
{
	pthread_mutex_lock(&spool->lock);
	if (spool->sealed)
		spool->sealed(spool->sealed_arg, session, part);
	pthread_mutex_unlock(&spool->lock);
}

enum rc spool_bundle(struct spool *spool, const char *id, int part, char **path)
{
	char name[PART_NAME], text[PATH_MAX];
	struct stat st;
	enum rc rc = RC_OK;

	*path = NULL;
	if (!part_id_valid(id) || part < 0)
		return RC_NOT_FOUND;
	if (part == 0)
		rc = last_part(spool, id, &part);
	else if (fstatat(spool->dir_fd, part_name(id, part, name), &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = RC_CONFLICT;
	if (rc != RC_OK)
		return rc;
	snprintf(text, sizeof text, "%s/%s/%d.tar", spool->bundles_dir, id, part);
	if (stat(text, &st) != 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	*path = strdup(text);
	return *path ? RC_OK : RC_NOMEM;
}

enum rc spool_health(struct spool *spool, struct why *why)
{
	static const char zeros[PROBE_BYTES];
	char path[PATH_MAX];
	enum rc rc;
	int fd;

	snprintf(path, sizeof path, "%s/.probe-XXXXXX", spool->dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return why_set(why, RC_IO, "%s", strerror(errno));
	rc = fd_write_all(fd, zeros, sizeof zeros);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (rc != RC_OK)
		why_set(why, rc, "%s", strerror(errno));
	close(fd);
	unlink(path);
	return rc;
}

void spool_metrics(struct spool *spool)
{
	int64_t n = 0, late_ns = 0;

	pthread_mutex_lock(&spool->lock);
	if (spool->queue)                                /* the first due comes first */
		late_ns = clock_mono_ns() - spool->queue->due_ns;
	for (const struct recording *r = spool->queue; r; r = r->next)
		n += r->due_ns - clock_mono_ns() <= SEAL_AFTER_NS;       /* else it is only to tell the ledger */
	pthread_mutex_unlock(&spool->lock);
	metrics_set(METRIC_SPOOL_WAITING, (double)n, METRIC_PLAIN);
	metrics_set(METRIC_SPOOL_LAG, late_ns > 0 ? (double)late_ns / (double)NS_PER_S : 0, METRIC_PLAIN);
}
