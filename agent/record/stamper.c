#include "stamper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bundle_stamp.h"
#include "clock.h"
#include "digest.h"
#include "fetch.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "record_private.h"
#include "stamp.h"

#define ROOTS_MAX_BYTES ((size_t)1 << 20)
#define RETRY_NS NS_PER_S
#define RETRY_MAX_NS (600 * NS_PER_S)
#define CLOCKS_APART_S 300

/*   STATE_DIR/stamps/ID.PART   an empty file for each bundle that waits for its stamp */
struct stamper {
	char *dir, *bundles_dir, *url, *ca_file;
	struct buf roots;
	struct spool *spool;                     /* whose listener is told; NULL: nobody */
	int64_t retry_ns;
	int dir_fd;
	atomic_bool stop;
	pthread_t thread;
	bool runs;

	pthread_mutex_t lock;                    /* of all below */
	pthread_cond_t changed;
	bool more;                               /* something was noted since the last pass began */
};

/* ---- notes ------------------------------------------------------------------------------------------------------------------ */

void stamper_note(struct stamper *s, const char *id, int part)
{
	char name[PART_NAME];
	int fd;

	if (!s)
		return;
	fd = openat(s->dir_fd, part_name(id, part, name), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fsync(s->dir_fd) != 0)
		log_error("timestamp_not_noted", L_TEXT("session", id), L_NUM("part", part), L_TEXT("reason", strerror(errno)));
	if (fd >= 0)
		close(fd);
}

void stamper_wake(struct stamper *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->more = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* ---- one bundle -------------------------------------------------------------------------------------------------------------- */

/* An authority whose clock is wrong dates nothing. */
static enum rc check_time(const struct stamp *stamp, int64_t closed_s, struct why *why)
{
	char text[CLOCK_TEXT];

	if (stamp->wall_s >= closed_s - CLOCKS_APART_S && stamp->wall_s <= clock_wall_s() + CLOCKS_APART_S)
		return RC_OK;
	return why_set(why, RC_BAD, "the authority says that it is %s, which is not so here; one of the clocks is wrong",
		       clock_text_s(stamp->wall_s, text));
}

static enum rc ask(const struct stamper *s, struct slice sig, int64_t closed_s, struct buf *reply, struct why *why)
{
	unsigned char nonce[STAMP_NONCE];
	struct stamp stamp;
	struct buf request;
	int status = 0;
	enum rc rc;

	buf_init(&request, 4096);
	random_bytes(nonce, sizeof nonce);
	rc = stamp_request(sig, nonce, &request);
	if (rc == RC_OK) {
		const struct fetch f = {.url = s->url, .ca_file = s->ca_file, .cancel = &s->stop, .data = buf_slice(&request),
					.data_type = "application/timestamp-query", .accept = "application/timestamp-reply"};

		rc = fetch_run(&f, &status, reply, why);
	}
	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: HTTP status %d", s->url, status);
	if (rc == RC_OK)
		rc = stamp_read(buf_slice(reply), sig, nonce, s->roots.data, &stamp, why);
	if (rc == RC_OK)
		rc = check_time(&stamp, closed_s, why);
	buf_free(&request);
	return rc;
}

/* RC_OK: it is stamped, or can never be; the note may go. RC_NOT_FOUND: it is not there (yet). */
static enum rc stamp_bundle(const struct stamper *s, const char *id, int part, struct why *why)
{
	struct buf sig, reply;
	char path[PATH_MAX];
	bool stamped = false;
	int64_t closed_s = 0;
	enum rc rc;

	buf_init(&sig, 16384);
	buf_init(&reply, STAMP_MAX);
	snprintf(path, sizeof path, "%s/%s/%d.tar", s->bundles_dir, id, part);
	rc = bundle_stamp_wants(path, &sig, &closed_s, &stamped);
	if (rc == RC_BAD) {
		log_error("bundle_damaged", L_TEXT("session", id), L_NUM("part", part));
		rc = RC_OK;
	} else if (rc == RC_OK && !stamped) {
		rc = ask(s, buf_slice(&sig), closed_s, &reply, why);
		if (rc == RC_OK)
			rc = bundle_stamp_add(path, buf_slice(&reply));
		if (rc == RC_IO)
			why_set(why, rc, "the stamp cannot be written: %s", strerror(errno));
		if (rc == RC_OK) {
			metrics_add(METRIC_TIMESTAMPS, 1, METRIC_OF("stamped"));
			log_info("bundle_stamped", L_TEXT("session", id), L_NUM("part", part));
			if (s->spool)
				spool_tell_sealed(s->spool, id, part);
		}
	}
	buf_free(&sig);
	buf_free(&reply);
	return rc;
}

/* ---- all that wait ------------------------------------------------------------------------------------------------------------ */

/* One after the other until the first failure, which would be that of the next ones, too. first: nothing is on its way into its place, so a
 * note without a bundle tells of none. */
static enum rc pass(struct stamper *s, bool first, struct why *why)
{
	DIR *dir = opendir(s->dir);
	char id[RECORD_ID_MAX + 1];
	enum rc rc = dir ? RC_OK : why_set(why, RC_IO, "%s: %s", s->dir, strerror(errno));
	struct dirent *e;
	int64_t waiting = 0;
	int part;

	while (dir && (e = readdir(dir))) {
		enum rc one;

		if (!part_parse_name(e->d_name, id, &part))
			continue;
		if (rc != RC_OK) {
			waiting++;
			continue;
		}
		one = atomic_load(&s->stop) ? RC_CANCELLED : stamp_bundle(s, id, part, why);
		if (one == RC_OK || (one == RC_NOT_FOUND && first))
			unlinkat(s->dir_fd, e->d_name, 0);
		else if (one != RC_NOT_FOUND) {
			rc = one;
			waiting++;
		}
	}
	if (dir)
		closedir(dir);
	metrics_set(METRIC_TIMESTAMPS_WAITING, (double)waiting, METRIC_PLAIN);
	return rc;
}

/* Until something is noted; after a failure for retry_ns whatever is noted, so that an authority that is down is not asked by each session. */
static void wait_more(struct stamper *s, bool failed, int64_t retry_ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	retry_ns += until.tv_nsec;
	until.tv_sec += retry_ns / NS_PER_S;
	until.tv_nsec = retry_ns % NS_PER_S;
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->stop) && (failed || !s->more)) {
		if (!failed)
			pthread_cond_wait(&s->changed, &s->lock);
		else if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
			break;
	}
	pthread_mutex_unlock(&s->lock);
}

static void *stamper_main(void *arg)
{
	struct stamper *s = arg;
	int64_t retry_ns = s->retry_ns;

	for (bool first = true; !atomic_load(&s->stop); first = false) {
		struct why why = {0};
		enum rc rc;

		pthread_mutex_lock(&s->lock);
		s->more = false;
		pthread_mutex_unlock(&s->lock);
		rc = pass(s, first, &why);
		if (rc != RC_OK && rc != RC_CANCELLED) {
			metrics_add(METRIC_TIMESTAMPS, 1, METRIC_OF("failed"));
			log_warn("timestamp_failed", L_TEXT("reason", *why.text ? why.text : rc_name(rc)), L_NUM("retry_s", retry_ns / NS_PER_S));
		}
		wait_more(s, rc != RC_OK, retry_ns);
		retry_ns = rc == RC_OK ? s->retry_ns : retry_ns < RETRY_MAX_NS / 2 ? 2 * retry_ns : RETRY_MAX_NS;
	}
	return NULL;
}

/* ---- life ---------------------------------------------------------------------------------------------------------------------- */

static enum rc make_folder(struct stamper *s, const char *state_dir, struct why *why)
{
	enum rc rc;

	s->dir = path_join(state_dir, "stamps");
	s->bundles_dir = path_join(state_dir, "bundles");
	rc = s->dir && s->bundles_dir ? dir_make(s->dir, 0700, why) : RC_NOMEM;
	if (rc != RC_OK)
		return rc;
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir_fd >= 0 ? RC_OK : why_set(why, RC_IO, "%s: cannot open: %s", s->dir, strerror(errno));
}

static enum rc read_roots(struct stamper *s, const char *path, struct why *why)
{
	enum rc rc = file_read(path, &s->roots, why);

	if (rc == RC_OK)
		rc = stamp_roots_check(s->roots.len ? s->roots.data : "", why);
	return rc == RC_OK ? rc : why_file(why, rc, path);
}

enum rc stamper_new(const char *state_dir, const struct stamper_options *options, struct stamper **out, struct why *why)
{
	struct stamper *s = options->url ? calloc(1, sizeof *s) : NULL;
	pthread_condattr_t clock;
	enum rc rc;

	*out = NULL;
	if (!s)
		return options->url ? RC_NOMEM : RC_OK;
	s->dir_fd = -1;
	s->retry_ns = options->retry_ns ? options->retry_ns : RETRY_NS;
	buf_init(&s->roots, ROOTS_MAX_BYTES);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &clock);
	pthread_condattr_destroy(&clock);
	s->url = strdup(options->url);
	s->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
	rc = s->url && (s->ca_file || !options->ca_file) ? make_folder(s, state_dir, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = read_roots(s, options->roots_file, why);
	if (rc == RC_OK)
		*out = s;
	else
		stamper_free(s);
	return rc;
}

enum rc stamper_start(struct stamper *s, struct spool *spool, struct why *why)
{
	if (!s)
		return RC_OK;
	s->spool = spool;
	s->runs = pthread_create(&s->thread, NULL, stamper_main, s) == 0;
	return s->runs ? RC_OK : why_set(why, RC_NOMEM, "cannot start a thread");
}

void stamper_free(struct stamper *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->stop, true);
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (s->runs)
		pthread_join(s->thread, NULL);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	buf_free(&s->roots);
	free(s->dir);
	free(s->bundles_dir);
	free(s->url);
	free(s->ca_file);
	free(s);
}
