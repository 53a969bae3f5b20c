/* Files of lines, NNNNNNNNNN, of some size each: the last one is written to, the first one read from and removed once it is done with.
 * `position` says how much of the first is done with, `dropped` how many lines had no room. */
#include "sink_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define FILE_BYTES ((uint64_t)1 << 20)
#define LINE_MAX_BYTES ((size_t)256 << 10)
#define NUMBER_TEXT 48                           /* both small files have this length, so that one write replaces all */

struct sink_queue {
	int dir_fd, write_fd, position_fd, dropped_fd;
	uint64_t max_bytes;
	pthread_mutex_t lock;                    /* of all below */
	uint64_t first, last;                    /* numbers of files */
	uint64_t off;                            /* in the first: done with */
	uint64_t write_off;                      /* length of the last */
	uint64_t bytes;                          /* that wait */
	uint64_t next, next_off, next_bytes;     /* where the last peek ended, and how much it gave */
	uint64_t dropped;
	bool unsynced;
};

static const char *name_of(uint64_t number, char out[NUMBER_TEXT])
{
	snprintf(out, NUMBER_TEXT, "%010" PRIu64, number);
	return out;
}

/* ---- two numbers in a file -------------------------------------------------------------------------------------------------- */

static enum rc put_numbers(int fd, uint64_t a, uint64_t b)
{
	char text[NUMBER_TEXT + 1];

	snprintf(text, sizeof text, "%-20" PRIu64 " %-26" PRIu64 "\n", a, b);
	return pwrite(fd, text, NUMBER_TEXT, 0) == NUMBER_TEXT ? RC_OK : RC_IO;
}

static bool get_numbers(int fd, uint64_t *a, uint64_t *b)
{
	char text[NUMBER_TEXT + 1] = "";

	return pread(fd, text, NUMBER_TEXT, 0) == NUMBER_TEXT && sscanf(text, "%20" SCNu64 " %26" SCNu64, a, b) == 2;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------- */

static bool is_number(const char *name)
{
	return strlen(name) == 10 && strspn(name, "0123456789") == 10;
}

static uint64_t size_of(const struct sink_queue *q, uint64_t number)
{
	char name[NUMBER_TEXT];
	struct stat st;

	return fstatat(q->dir_fd, name_of(number, name), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* The first and the last file there is; none: the last is 0. */
static enum rc find_files(struct sink_queue *q)
{
	int fd = dup(q->dir_fd);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return RC_IO;
	}
	while ((e = readdir(dir))) {
		uint64_t number = is_number(e->d_name) ? strtoull(e->d_name, NULL, 10) : 0;

		if (!number)
			continue;
		if (!q->first || number < q->first)
			q->first = number;
		if (number > q->last)
			q->last = number;
	}
	closedir(dir);
	return RC_OK;
}

static enum rc open_last(struct sink_queue *q)
{
	char name[NUMBER_TEXT];

	if (q->write_fd >= 0)
		close(q->write_fd);
	q->write_fd = openat(q->dir_fd, name_of(q->last, name), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return q->write_fd >= 0 ? RC_OK : RC_IO;
}

/* Behind the last LF. */
static enum rc cut_torn(struct sink_queue *q)
{
	uint64_t end = size_of(q, q->last);
	char piece[4096];

	while (end) {
		size_t n = end < sizeof piece ? (size_t)end : sizeof piece;
		const char *lf;

		if (pread(q->write_fd, piece, n, (off_t)(end - n)) != (ssize_t)n)
			return RC_IO;
		lf = memrchr(piece, '\n', n);
		if (lf) {
			end = end - n + (uint64_t)(lf + 1 - piece);
			break;
		}
		end -= n;
	}
	q->write_off = end;
	return ftruncate(q->write_fd, (off_t)end) == 0 ? RC_OK : RC_IO;
}

static enum rc restore(struct sink_queue *q)
{
	uint64_t number = 0, off = 0, unused;
	enum rc rc = find_files(q);

	if (rc != RC_OK)
		return rc;
	if (!q->last)
		q->first = q->last = 1;
	rc = open_last(q);
	if (rc == RC_OK)
		rc = cut_torn(q);
	if (get_numbers(q->position_fd, &number, &off) && number == q->first && off <= size_of(q, q->first))
		q->off = off;
	if (!get_numbers(q->dropped_fd, &q->dropped, &unused))
		q->dropped = 0;
	for (uint64_t n = q->first; n <= q->last; n++)
		q->bytes += size_of(q, n);
	q->bytes -= q->off;
	q->next = q->first;
	q->next_off = q->off;
	return rc;
}

enum rc sink_queue_open(const char *dir, uint64_t max_bytes, struct sink_queue **out, struct why *why)
{
	struct sink_queue *q = calloc(1, sizeof *q);
	enum rc rc;

	*out = NULL;
	if (!q)
		return RC_NOMEM;
	q->dir_fd = q->write_fd = q->position_fd = q->dropped_fd = -1;
	q->max_bytes = max_bytes;
	pthread_mutex_init(&q->lock, NULL);
	rc = dir_make(dir, 0700, why);
	if (rc == RC_OK) {
		q->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		q->position_fd = q->dir_fd < 0 ? -1 : openat(q->dir_fd, "position", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		q->dropped_fd = q->dir_fd < 0 ? -1 : openat(q->dir_fd, "dropped", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		rc = q->position_fd >= 0 && q->dropped_fd >= 0 ? restore(q) : RC_IO;
		if (rc != RC_OK)
			why_set(why, rc, "%s: the queue of events cannot be opened: %s", dir, strerror(errno));
	}
	if (rc == RC_OK)
		*out = q;
	else
		sink_queue_close(q);
	return rc;
}

void sink_queue_close(struct sink_queue *q)
{
	const int fds[] = {q ? q->dir_fd : -1, q ? q->write_fd : -1, q ? q->position_fd : -1, q ? q->dropped_fd : -1};

	if (!q)
		return;
	if (q->write_fd >= 0)
		(void)!sink_queue_sync(q);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* ---- putting ---------------------------------------------------------------------------------------------------------------- */

static enum rc write_line(struct sink_queue *q, struct slice line)
{
	struct buf whole;
	enum rc rc;

	buf_init(&whole, LINE_MAX_BYTES);
	buf_add_slice(&whole, line);
	rc = buf_putc(&whole, '\n');
	if (rc == RC_OK && write(q->write_fd, whole.data, whole.len) != (ssize_t)whole.len) {
		rc = RC_IO;                      /* no half of it may stay */
		if (ftruncate(q->write_fd, (off_t)q->write_off) != 0)
			(void)!cut_torn(q);
	}
	buf_free(&whole);
	return rc;
}

enum rc sink_queue_put(struct sink_queue *q, struct slice line)
{
	enum rc rc = RC_OK;

	pthread_mutex_lock(&q->lock);
	if (q->bytes + line.n + 1 > q->max_bytes)
		rc = RC_TOO_BIG;
	if (rc == RC_OK && q->write_off && q->write_off + line.n + 1 > FILE_BYTES) {
		if (fdatasync(q->write_fd) != 0)
			rc = RC_IO;
		q->last++;
		q->write_off = 0;
		if (rc == RC_OK)
			rc = open_last(q);
	}
	if (rc == RC_OK)
		rc = write_line(q, line);
	if (rc == RC_OK) {
		q->write_off += line.n + 1;
		q->bytes += line.n + 1;
		q->unsynced = true;
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}

enum rc sink_queue_sync(struct sink_queue *q)
{
	enum rc rc = RC_OK;
	int fd = -1;

	pthread_mutex_lock(&q->lock);
	if (q->unsynced)
		fd = dup(q->write_fd);           /* who puts must not wait for the disk */
	rc = !q->unsynced || fd >= 0 ? RC_OK : RC_IO;
	q->unsynced = rc != RC_OK;
	pthread_mutex_unlock(&q->lock);
	if (fd < 0)
		return rc;
	rc = fdatasync(fd) == 0 ? RC_OK : RC_IO;
	close(fd);
	return rc;
}

/* ---- taking ----------------------------------------------------------------------------------------------------------------- */

/* Whole lines of one file from off on, as long as they fit. */
static enum rc read_lines(const struct sink_queue *q, uint64_t number, uint64_t off, size_t max_bytes, struct buf *out, size_t *n)
{
	char name[NUMBER_TEXT];
	int fd = openat(q->dir_fd, name_of(number, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t left = size_of(q, number);
	size_t want = max_bytes > LINE_MAX_BYTES ? max_bytes : LINE_MAX_BYTES;
	const char *end;
	char *to;
	ssize_t got;

	if (fd < 0)
		return RC_IO;
	left = left > off ? left - off : 0;
	want = want < left ? want : (size_t)left;
	to = want ? buf_room(out, want) : NULL;
	got = to ? pread(fd, to, want, (off_t)off) : 0;
	close(fd);
	if (got < 0 || (want && !to))
		return RC_IO;
	end = got ? memrchr(to, '\n', (size_t)got > max_bytes ? max_bytes : (size_t)got) : NULL;
	if (got && !end)                                 /* one line alone is longer */
		end = memchr(to, '\n', (size_t)got);
	if (!end)
		return RC_END;
	for (const char *p = to; p <= end; p++)
		*n += *p == '\n';
	buf_added(out, (size_t)(end + 1 - to));
	return RC_OK;
}

enum rc sink_queue_peek(struct sink_queue *q, size_t max_bytes, struct buf *out, size_t *n)
{
	size_t before = out->len;
	enum rc rc = RC_END;

	*n = 0;
	pthread_mutex_lock(&q->lock);
	q->next = q->first;
	q->next_off = q->off;
	while ((rc = read_lines(q, q->next, q->next_off, max_bytes, out, n)) == RC_END && q->next < q->last) {
		q->next++;
		q->next_off = 0;
	}
	q->next_bytes = out->len - before;
	q->next_off += q->next_bytes;
	pthread_mutex_unlock(&q->lock);
	return rc;
}

enum rc sink_queue_done(struct sink_queue *q)
{
	char name[NUMBER_TEXT];
	enum rc rc;

	pthread_mutex_lock(&q->lock);
	rc = put_numbers(q->position_fd, q->next, q->next_off);
	while (rc == RC_OK && q->first < q->next)
		if (unlinkat(q->dir_fd, name_of(q->first++, name), 0) != 0 && errno != ENOENT)
			rc = RC_IO;
	q->off = q->next_off;
	q->bytes -= q->next_bytes < q->bytes ? q->next_bytes : q->bytes;
	q->next_bytes = 0;
	pthread_mutex_unlock(&q->lock);
	return rc;
}

uint64_t sink_queue_bytes(struct sink_queue *q)
{
	uint64_t bytes;

	pthread_mutex_lock(&q->lock);
	bytes = q->bytes;
	pthread_mutex_unlock(&q->lock);
	return bytes;
}

/* ---- what had no room ------------------------------------------------------------------------------------------------------- */

static void set_dropped(struct sink_queue *q, uint64_t n)
{
	q->dropped = n;
	(void)!put_numbers(q->dropped_fd, n, 0);         /* a disk that takes nothing more forgets it with the agent */
}

void sink_queue_drop(struct sink_queue *q)
{
	pthread_mutex_lock(&q->lock);
	set_dropped(q, q->dropped + 1);
	pthread_mutex_unlock(&q->lock);
}

uint64_t sink_queue_dropped(struct sink_queue *q)
{
	uint64_t n;

	pthread_mutex_lock(&q->lock);
	n = q->dropped;
	pthread_mutex_unlock(&q->lock);
	return n;
}

void sink_queue_dropped_told(struct sink_queue *q, uint64_t n)
{
	pthread_mutex_lock(&q->lock);
	set_dropped(q, q->dropped - (n < q->dropped ? n : q->dropped));
	pthread_mutex_unlock(&q->lock);
}
