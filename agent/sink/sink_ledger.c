#include "sink_ledger.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit_leaf.h"
#include "clock.h"
#include "file.h"
#include "log.h"
#include "sink_notes.h"

#define LOOK_S 30                                /* for notes, and after the ledger or the position could not be read or written */
#define UNSAVED_MAX 4096                         /* leaves of which none is told: the position is written now and then all the same */

struct ledger_events {
	struct ledger *ledger;
	const char *agent;
	struct ledger_events_to to;
	char dir[PATH_MAX - 32], path[PATH_MAX]; /* of the position */
	uint64_t next, saved;                    /* leaves */
	bool told;                               /* some, since it was saved */
	bool failed;                             /* and the log has it */

	pthread_mutex_t lock;                    /* of all below */
	pthread_cond_t wake;
	bool news, stop;
	pthread_t thread;
	bool runs;
};

static void on_event(void *arg, const struct audit_event *e)
{
	struct ledger_events *f = arg;

	f->told = true;
	f->to.event(f->to.arg, e);
}

/* ---- the position ------------------------------------------------------------------------------------------------------------ */

/* The ledger, to be closed, and how many leaves it has. RC_NOT_FOUND: none yet, and nothing is open. */
static enum rc open_ledger(const struct ledger_events *f, struct tiles_reader *reader, uint64_t *size, struct why *why)
{
	struct tlog_checkpoint checkpoint = {0};
	struct buf note;
	enum rc rc;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	rc = ledger_reader(f->ledger, reader, &note, &checkpoint, why);
	buf_free(&note);
	*size = rc == RC_OK ? checkpoint.size : 0;
	return rc;
}

/* Of a ledger that is shorter than what was told of, for it is another one, all is told. */
static enum rc read_position(struct ledger_events *f, struct why *why)
{
	struct tiles_reader reader;
	struct buf text;
	uint64_t size;
	char end;
	enum rc rc = open_ledger(f, &reader, &size, why);

	if (rc == RC_OK)
		tiles_reader_close(&reader);
	else if (rc != RC_NOT_FOUND)
		return rc;
	buf_init(&text, 64);
	rc = file_read(f->path, &text, why);
	if (rc == RC_OK && (sscanf(text.data, "%20" SCNu64 "%c", &f->next, &end) != 2 || end != '\n'))
		rc = why_set(why, RC_BAD, "%s: this is no position; remove it, and events begin with what comes from then on", f->path);
	if (rc == RC_OK && f->next > size)
		f->next = 0;
	if (rc == RC_NOT_FOUND) {
		f->next = size;
		rc = RC_OK;
	}
	buf_free(&text);
	return rc;
}

static enum rc save_position(struct ledger_events *f)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%" PRIu64 "\n", f->next);
	enum rc rc = f->told ? f->to.sync(f->to.arg) : RC_OK;

	if (rc == RC_OK)
		rc = file_write(f->path, (struct slice){text, (size_t)n}, 0600, NULL);
	if (rc == RC_OK) {
		f->saved = f->next;
		f->told = false;
	}
	return rc;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------- */

/* The rest of the tile that the next leaf is in. */
static enum rc tell_tile(struct ledger_events *f, const struct tiles_reader *reader)
{
	uint64_t at = f->next >> TLOG_TILE_BITS << TLOG_TILE_BITS;
	struct slice rest, leaf;
	struct buf entries;
	enum rc rc;

	buf_init(&entries, TILES_ENTRIES_MAX);
	rc = tiles_read_entries(reader, f->next >> TLOG_TILE_BITS, &entries);
	for (rest = buf_slice(&entries); rc == RC_OK && tiles_next_entry(&rest, &leaf) == RC_OK; at++) {
		if (at != f->next)
			continue;
		if (audit_leaf(leaf, at, f->agent, PHIGATE_VERSION, on_event, f) != RC_OK)
			log_debug("leaf_not_known", L_NUM("leaf", at));
		f->next++;
	}
	buf_free(&entries);
	return rc;
}

static enum rc catch_up(struct ledger_events *f)
{
	struct tiles_reader reader;
	uint64_t size;
	enum rc rc = open_ledger(f, &reader, &size, NULL);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	while (rc == RC_OK && f->next < size)
		rc = tell_tile(f, &reader);
	tiles_reader_close(&reader);
	if (rc == RC_OK && (f->told || f->next - f->saved > UNSAVED_MAX))
		rc = save_position(f);
	return rc;
}

static enum rc look(struct ledger_events *f)
{
	enum rc notes = sink_notes_tell(f->dir, f->agent, f->to.event, f->to.sync, f->to.arg), rc = catch_up(f);

	return rc == RC_OK ? notes : rc;
}

static void note_outcome(struct ledger_events *f, enum rc rc)
{
	if (rc != RC_OK && !f->failed)
		log_error("ledger_not_told", L_RC(rc), L_NUM("next", f->next), L_TEXT("reason", "the ledger, events/ledger.position or events/notes; it is tried again"));
	f->failed = rc != RC_OK;
}

static void on_news(void *arg)
{
	struct ledger_events *f = arg;

	pthread_mutex_lock(&f->lock);
	f->news = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

/* Until there is news, or it is time to look again; whether to go on. */
static bool rest(struct ledger_events *f)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_S;
	pthread_mutex_lock(&f->lock);
	while (!f->stop && !f->news && pthread_cond_timedwait(&f->wake, &f->lock, &until) == 0)
		;
	f->news = false;
	stop = f->stop;
	pthread_mutex_unlock(&f->lock);
	return !stop;
}

static void *run(void *arg)
{
	struct ledger_events *f = arg;

	do
		note_outcome(f, look(f));
	while (rest(f));
	note_outcome(f, look(f));                        /* what came just before the stop */
	if (f->saved != f->next)
		note_outcome(f, save_position(f));
	return NULL;
}

/* ---- life -------------------------------------------------------------------------------------------------------------------- */

static void put_path(char out[PATH_MAX], const char *dir)
{
	snprintf(out, PATH_MAX, "%s/ledger.position", dir);
}

void ledger_events_forget(const char *dir)
{
	char path[PATH_MAX];

	put_path(path, dir);
	unlink(path);
}

enum rc ledger_events_new(struct ledger *ledger, const char *dir, const char *agent, const struct ledger_events_to *to, struct ledger_events **out,
			  struct why *why)
{
	struct ledger_events *f = calloc(1, sizeof *f);
	enum rc rc;

	*out = f;
	if (!f)
		return RC_NOMEM;
	f->ledger = ledger;
	f->agent = agent;
	f->to = *to;
	snprintf(f->dir, sizeof f->dir, "%s", dir);
	put_path(f->path, dir);
	pthread_mutex_init(&f->lock, NULL);
	clock_cond_init(&f->wake);
	rc = read_position(f, why);
	if (rc == RC_OK)
		rc = save_position(f);                   /* it begins here, even if the agent is killed now */
	if (rc == RC_OK) {
		ledger_watch(ledger, on_news, f);
		f->runs = pthread_create(&f->thread, NULL, run, f) == 0;
		rc = f->runs ? RC_OK : RC_NOMEM;
	}
	if (rc == RC_OK)
		return RC_OK;
	ledger_events_free(f);
	*out = NULL;
	return rc;
}

void ledger_events_free(struct ledger_events *f)
{
	if (!f)
		return;
	ledger_watch(f->ledger, NULL, NULL);
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (f->runs)
		pthread_join(f->thread, NULL);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->wake);
	free(f);
}
