#include "attest.h"

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

#include "bundle_front.h"
#include "clock.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "record_private.h"
#include "stamp.h"
#include "tlog_cosignature.h"
#include "tlog_proof.h"
#include "witness.h"

#define RETRY_NS NS_PER_S
#define RETRY_MAX_NS (600 * NS_PER_S)

/* When somebody who failed may be asked again, by CLOCK_MONOTONIC. */
struct turn {
	int64_t wait_ns, not_before_ns;
};

/*   STATE_DIR/stamps/ID.PART   an empty file for each bundle that waits for something */
struct attest {
	char *dir, *bundles_dir;
	int dir_fd;
	struct ledger *ledger;
	struct spool *spool;                     /* whose listener is told; NULL: nobody */
	struct authority *authority;             /* NULL: none */
	struct witness *witness[WITNESSES_MAX];
	size_t n_witnesses;
	struct turn authority_turn, witness_turn[WITNESSES_MAX];
	int64_t retry_ns;
	atomic_bool stop;
	pthread_t thread;
	bool runs;

	pthread_mutex_t lock;                    /* of all below */
	pthread_cond_t changed;
	bool more;                               /* something was noted since the last pass began */
};

/* Sets of witnesses have a bit for each. */
#define BIT(i) (1u << (i))

/* One time through all that waits. Each witness is asked once, about the checkpoint that the ledger has when the first bundle wants to know. */
struct pass {
	bool first;                              /* nothing is on its way into its place, so a note without a bundle tells of none */
	bool asked;
	struct buf note;                         /* the checkpoint with the cosignatures that were had */
	uint64_t size;
	unsigned witnesses;
	int64_t want_stamp, want_witness;        /* bundles that wait on */
	unsigned missing;                        /* witnesses that any of them waits for */
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- notes ------------------------------------------------------------------------------------------------------------------ */

void attest_note(struct attest *a, const char *id, int part)
{
	char name[PART_NAME];
	int fd;

	if (!a)
		return;
	fd = openat(a->dir_fd, part_name(id, part, name), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fsync(a->dir_fd) != 0)
		log_error("attestation_not_noted", L_TEXT("session", id), L_NUM("part", part), L_TEXT("reason", strerror(errno)));
	if (fd >= 0)
		close(fd);
}

void attest_wake(struct attest *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->more = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

/* ---- whose turn it is --------------------------------------------------------------------------------------------------------- */

static bool is_due(const struct turn *turn)
{
	return now_ns() >= turn->not_before_ns;
}

static void succeeded(struct turn *turn)
{
	*turn = (struct turn){0};
}

/* Returns for how many seconds it is left alone. */
static int64_t failed(const struct attest *a, struct turn *turn)
{
	turn->wait_ns = !turn->wait_ns ? a->retry_ns : turn->wait_ns < RETRY_MAX_NS / 2 ? 2 * turn->wait_ns : RETRY_MAX_NS;
	turn->not_before_ns = now_ns() + turn->wait_ns;
	return turn->wait_ns / NS_PER_S;
}

static const char *reason(const struct why *why, enum rc rc)
{
	return *why->text ? why->text : rc_name(rc);
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------- */

static void ask_authority(struct attest *a, const struct bundle_front *front, struct buf *stamp)
{
	struct why why = {0};
	enum rc rc = authority_ask(a->authority, buf_slice(&front->sig), front->closed_s, &a->stop, stamp, &why);

	if (rc == RC_OK) {
		succeeded(&a->authority_turn);
		return;
	}
	buf_clear(stamp);
	if (rc == RC_CANCELLED)
		return;
	metrics_add(METRIC_TIMESTAMPS, 1, METRIC_OF("failed"));
	log_warn("timestamp_failed", L_TEXT("reason", reason(&why, rc)), L_NUM("retry_s", failed(a, &a->authority_turn)));
}

static void ask_witness(struct attest *a, size_t i, struct slice note, struct pass *pass)
{
	const char *name = witness_vkey(a->witness[i])->name;
	struct why why = {0};
	enum rc rc = witness_ask(a->witness[i], a->ledger, note, &a->stop, &pass->note, &why);

	if (rc == RC_OK) {
		succeeded(&a->witness_turn[i]);
		pass->witnesses |= BIT(i);
		metrics_add(METRIC_WITNESSED, 1, METRIC_OF("cosigned"));
	} else if (rc != RC_CANCELLED) {
		metrics_add(METRIC_WITNESSED, 1, METRIC_OF("failed"));
		if (rc == RC_CONFLICT)
			log_error("witness_contradicts", L_TEXT("witness", name), L_TEXT("reason", reason(&why, rc)),
				  L_NUM("retry_s", failed(a, &a->witness_turn[i])));
		else
			log_warn("witness_failed", L_TEXT("witness", name), L_TEXT("reason", reason(&why, rc)),
				 L_NUM("retry_s", failed(a, &a->witness_turn[i])));
	}
}

static void ask_witnesses(struct attest *a, struct pass *pass)
{
	struct tlog_checkpoint checkpoint;
	struct buf note;

	pass->asked = true;
	buf_init(&note, TLOG_CHECKPOINT_MAX);
	if (ledger_checkpoint(a->ledger, &note) == RC_OK && tlog_checkpoint_parse(buf_slice(&note), &checkpoint, NULL) == RC_OK &&
	    buf_add_slice(&pass->note, buf_slice(&note)) == RC_OK) {
		pass->size = checkpoint.size;
		for (size_t i = 0; i < a->n_witnesses && !atomic_load(&a->stop); i++)
			if (is_due(&a->witness_turn[i]))
				ask_witness(a, i, buf_slice(&note), pass);
	} else {
		log_error("ledger_not_read", L_TEXT("what", "its checkpoint, for witnesses"));
	}
	buf_free(&note);
}

/* ---- one bundle -------------------------------------------------------------------------------------------------------------- */

/* Witnesses that the bundle's proof has the word of, and where in the ledger its end is. false: it has no proof. */
static bool look_at_proof(const struct attest *a, const struct bundle_front *front, uint64_t *index, unsigned *witnesses)
{
	struct tlog_proof proof;
	int64_t wall_s;

	*witnesses = 0;
	if (!front->proof.len || tlog_proof_parse(buf_slice(&front->proof), &proof, NULL) != RC_OK)
		return false;
	*index = proof.index;
	for (size_t i = 0; i < a->n_witnesses; i++)
		if (tlog_cosignature_find(proof.checkpoint, witness_vkey(a->witness[i]), &wall_s) == RC_OK)
			*witnesses |= BIT(i);
	return true;
}

/* A proof that leads to the checkpoint of this pass, when that has the word of more witnesses, and of all that the bundle has already. */
static enum rc prove(struct attest *a, struct pass *pass, uint64_t index, unsigned *witnesses, struct buf *proof, struct why *why)
{
	struct ledger_receipt receipt;
	enum rc rc;

	if (!pass->asked)
		ask_witnesses(a, pass);
	if (index >= pass->size || (pass->witnesses & *witnesses) != *witnesses || pass->witnesses == *witnesses)
		return RC_OK;
	ledger_receipt_init(&receipt);
	receipt.index = index;
	rc = buf_add_slice(&receipt.checkpoint, buf_slice(&pass->note));
	if (rc == RC_OK)
		rc = ledger_prove(a->ledger, &receipt, proof, why);
	if (rc == RC_OK)
		*witnesses = pass->witnesses;
	ledger_receipt_free(&receipt);
	return rc;
}

/* The bundle gets what is there; what it still waits for stands in want_stamp and missing then. */
static enum rc improve(struct attest *a, struct pass *pass, const char *path, struct bundle_front *front, bool *want_stamp, unsigned *missing,
		       struct buf *stamp, struct buf *proof, struct why *why)
{
	unsigned all = BIT(a->n_witnesses) - 1, witnesses = all;
	uint64_t index = 0;
	enum rc rc = RC_OK;

	*want_stamp = a->authority && !front->stamped;
	if (*want_stamp && is_due(&a->authority_turn))
		ask_authority(a, front, stamp);
	if (all && look_at_proof(a, front, &index, &witnesses) && witnesses != all)
		rc = prove(a, pass, index, &witnesses, proof, why);
	if (rc == RC_OK && (stamp->len || proof->len))
		rc = bundle_front_replace(path, buf_slice(stamp), buf_slice(proof));
	*missing = all & ~witnesses;
	*want_stamp = *want_stamp && (!stamp->len || rc != RC_OK);
	return rc;
}

static void tell(struct attest *a, const char *id, int part, bool stamped, bool witnessed)
{
	if (stamped) {
		metrics_add(METRIC_TIMESTAMPS, 1, METRIC_OF("stamped"));
		log_info("bundle_stamped", L_TEXT("session", id), L_NUM("part", part));
	}
	if (witnessed)
		log_info("bundle_witnessed", L_TEXT("session", id), L_NUM("part", part));
	if (a->spool && (stamped || witnessed))
		spool_tell_sealed(a->spool, id, part);
}

static enum rc sync_folder(const struct attest *a, const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", a->bundles_dir, id);
	return dir_sync(path);
}

static void attend(struct attest *a, struct pass *pass, const char *id, int part, const char *note)
{
	struct bundle_front front;
	struct buf stamp, proof;
	bool want_stamp = false, done;
	unsigned missing = 0;
	struct why why = {0};
	char path[PATH_MAX];
	enum rc rc;

	buf_init(&stamp, STAMP_MAX);
	buf_init(&proof, TLOG_PROOF_MAX);
	snprintf(path, sizeof path, "%s/%s/%d.tar", a->bundles_dir, id, part);
	rc = bundle_front_read(path, &front);
	if (rc == RC_BAD)
		log_error("bundle_damaged", L_TEXT("session", id), L_NUM("part", part));
	done = rc == RC_BAD || (rc == RC_NOT_FOUND && pass->first);
	if (rc == RC_OK) {
		rc = improve(a, pass, path, &front, &want_stamp, &missing, &stamp, &proof, &why);
		if (rc == RC_OK)
			tell(a, id, part, stamp.len > 0, proof.len > 0);
		else
			log_error("bundle_not_attested", L_TEXT("session", id), L_NUM("part", part), L_TEXT("reason", reason(&why, rc)));
		done = rc == RC_OK && !want_stamp && !missing;
		/* what was there before may be what a killed agent put there, and did not sync any more */
		if (done && !stamp.len && !proof.len)
			done = sync_folder(a, id) == RC_OK;
	}
	if (done)
		unlinkat(a->dir_fd, note, 0);
	pass->want_stamp += want_stamp || (rc != RC_OK && !done);
	pass->want_witness += missing != 0;
	pass->missing |= missing;
	bundle_front_free(&front);
	buf_free(&stamp);
	buf_free(&proof);
}

/* ---- all that wait ------------------------------------------------------------------------------------------------------------ */

/* Returns when to look again whatever comes; 0: when something comes. */
static int64_t make_pass(struct attest *a, struct pass *pass)
{
	DIR *dir = opendir(a->dir);
	int64_t next_ns = now_ns() + RETRY_MAX_NS;
	char id[RECORD_ID_MAX + 1];
	struct dirent *e;
	int part;

	if (!dir)
		log_error("attestations_not_read", L_TEXT("path", a->dir), L_TEXT("reason", strerror(errno)));
	while (dir && (e = readdir(dir)) && !atomic_load(&a->stop))
		if (part_parse_name(e->d_name, id, &part))
			attend(a, pass, id, part, e->d_name);
	if (dir)
		closedir(dir);
	metrics_set(METRIC_TIMESTAMPS_WAITING, (double)pass->want_stamp, METRIC_PLAIN);
	metrics_set(METRIC_WITNESS_WAITING, (double)pass->want_witness, METRIC_PLAIN);
	if (!pass->want_stamp && !pass->missing)
		return dir ? 0 : next_ns;
	if (pass->want_stamp && a->authority_turn.not_before_ns < next_ns)
		next_ns = a->authority_turn.not_before_ns;
	for (size_t i = 0; i < a->n_witnesses; i++)
		if ((pass->missing & BIT(i)) && a->witness_turn[i].not_before_ns < next_ns)
			next_ns = a->witness_turn[i].not_before_ns;
	return next_ns;
}

/* Until something is noted, or next_ns; not before floor_ns, so that what waits is not looked at for each session that ends. */
static void wait_more(struct attest *a, int64_t floor_ns, int64_t next_ns)
{
	pthread_mutex_lock(&a->lock);
	while (!atomic_load(&a->stop)) {
		int64_t until_ns = a->more ? floor_ns : next_ns;
		struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};

		if ((a->more || next_ns) && now_ns() >= until_ns)
			break;
		if (a->more || next_ns)
			pthread_cond_timedwait(&a->changed, &a->lock, &until);
		else
			pthread_cond_wait(&a->changed, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
}

static void *attest_main(void *arg)
{
	struct attest *a = arg;

	for (bool first = true; !atomic_load(&a->stop); first = false) {
		struct pass pass = {.first = first};
		int64_t next_ns, floor_ns;

		buf_init(&pass.note, TLOG_CHECKPOINT_MAX);
		pthread_mutex_lock(&a->lock);
		a->more = false;
		pthread_mutex_unlock(&a->lock);
		next_ns = make_pass(a, &pass);
		buf_free(&pass.note);
		floor_ns = next_ns ? now_ns() + a->retry_ns : 0;
		wait_more(a, floor_ns, next_ns > floor_ns ? next_ns : floor_ns);
	}
	return NULL;
}

/* ---- life ---------------------------------------------------------------------------------------------------------------------- */

static enum rc make_folder(struct attest *a, const char *state_dir, struct why *why)
{
	enum rc rc;

	a->dir = path_join(state_dir, "stamps");
	a->bundles_dir = path_join(state_dir, "bundles");
	rc = a->dir && a->bundles_dir ? dir_make(a->dir, 0700, why) : RC_NOMEM;
	if (rc != RC_OK)
		return rc;
	a->dir_fd = open(a->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return a->dir_fd >= 0 ? RC_OK : why_set(why, RC_IO, "%s: cannot open: %s", a->dir, strerror(errno));
}

enum rc attest_new(const char *state_dir, const struct attest_options *options, struct ledger *ledger, struct attest **out, struct why *why)
{
	bool nobody = !options->authority.url && !options->n_witnesses;
	struct attest *a = nobody ? NULL : calloc(1, sizeof *a);
	enum rc rc;

	*out = NULL;
	if (!a)
		return nobody ? RC_OK : RC_NOMEM;
	a->dir_fd = -1;
	a->ledger = ledger;
	a->retry_ns = options->retry_ns ? options->retry_ns : RETRY_NS;
	pthread_mutex_init(&a->lock, NULL);
	clock_cond_init(&a->changed);
	rc = make_folder(a, state_dir, why);
	if (rc == RC_OK && options->authority.url)
		rc = authority_new(&options->authority, &a->authority, why);
	for (size_t i = 0; i < options->n_witnesses && rc == RC_OK; i++) {
		rc = witness_new(&options->witnesses[i], &a->witness[i]);
		a->n_witnesses += rc == RC_OK;
	}
	if (rc == RC_OK)
		*out = a;
	else
		attest_free(a);
	return rc;
}

enum rc attest_start(struct attest *a, struct spool *spool, struct why *why)
{
	if (!a)
		return RC_OK;
	a->spool = spool;
	a->runs = pthread_create(&a->thread, NULL, attest_main, a) == 0;
	return a->runs ? RC_OK : why_set(why, RC_NOMEM, "cannot start a thread");
}

void attest_free(struct attest *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	atomic_store(&a->stop, true);
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	if (a->runs)
		pthread_join(a->thread, NULL);
	if (a->dir_fd >= 0)
		close(a->dir_fd);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->changed);
	authority_free(a->authority);
	while (a->n_witnesses)
		witness_free(a->witness[--a->n_witnesses]);
	free(a->dir);
	free(a->bundles_dir);
	free(a);
}
