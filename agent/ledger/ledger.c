#include "ledger.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "tlog_proof.h"

#define POSTS_MAX 1024

/* One leaf on its way; of who waits for it, or of the poster. */
struct waiting {
	struct waiting *next;
	struct notary_item item;
	struct buf *note;                        /* where the checkpoint goes; may be NULL */
	bool done;
};

struct queue {
	struct waiting *first, **last;
	size_t n;
};

struct ledger {
	struct notary *notary;
	struct notary_facts facts;
	char dir[PATH_MAX];

	pthread_mutex_t lock;                    /* of all below */
	pthread_cond_t changed;
	struct queue queue;
	bool busy;                               /* somebody talks with the notary */
	struct queue posts;                      /* heap; their leaves too */
	pthread_cond_t posted;
	pthread_t poster;
	bool poster_runs, stop;
	void (*watch)(void *arg);                /* NULL: nobody */
	void *watch_arg;
};

static void put(struct queue *q, struct waiting *w)
{
	w->next = NULL;
	*q->last = w;
	q->last = &w->next;
	q->n++;
}

static struct waiting *take(struct queue *q)
{
	struct waiting *w = q->first;

	if (w) {
		q->first = w->next;
		q->n--;
		if (!q->first)
			q->last = &q->first;
	}
	return w;
}

/* ---- talking with the notary ------------------------------------------------------------------------------------------------ */

/* One request for those that wait first. With the lock held, which is given up meanwhile. */
static void serve(struct ledger *l)
{
	struct notary_item items[NOTARY_ITEMS];
	struct waiting *batch[NOTARY_ITEMS];
	struct buf note;
	size_t n = 0;
	enum rc rc;

	l->busy = true;
	while (n < NOTARY_ITEMS && l->queue.first) {
		batch[n] = take(&l->queue);
		items[n] = batch[n]->item;
		n++;
	}
	pthread_mutex_unlock(&l->lock);
	buf_init(&note, TLOG_CHECKPOINT_MAX);
	rc = notary_append(l->notary, items, n, &note);
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		batch[i]->item = items[i];
		if (rc != RC_OK)
			batch[i]->item.rc = RC_IO;
		else if (items[i].rc == RC_OK && batch[i]->note && buf_add_slice(batch[i]->note, buf_slice(&note)) != RC_OK)
			batch[i]->item.rc = RC_NOMEM;
		batch[i]->done = true;
	}
	buf_free(&note);
	if (rc == RC_OK && l->watch)
		l->watch(l->watch_arg);
	l->busy = false;
	pthread_cond_broadcast(&l->changed);
}

/* Until the last of them is done; whoever finds nobody talking talks for all. */
static void wait_for(struct ledger *l, const struct waiting *last)
{
	while (!last->done) {
		if (l->busy)
			pthread_cond_wait(&l->changed, &l->lock);
		else
			serve(l);
	}
}

static enum rc submit(struct ledger *l, struct slice leaf, const struct slice *data, struct ledger_receipt *receipt, struct buf *armored)
{
	struct waiting w = {.item = {.leaf = leaf}, .note = receipt ? &receipt->checkpoint : NULL};
	enum rc rc;

	if (leaf.n > LEAF_MAX)
		return RC_BAD;
	buf_init(&w.item.signature, 4096);
	if (data)
		sha512(data->p, data->n, w.item.sum);
	pthread_mutex_lock(&l->lock);
	put(&l->queue, &w);
	wait_for(l, &w);
	pthread_mutex_unlock(&l->lock);
	rc = w.item.rc;
	if (receipt)
		receipt->index = w.item.index;
	if (rc == RC_OK && armored)
		rc = buf_add_slice(armored, buf_slice(&w.item.signature));
	buf_free(&w.item.signature);
	return rc;
}

enum rc ledger_add(struct ledger *l, struct slice leaf, struct ledger_receipt *receipt)
{
	return submit(l, leaf, NULL, receipt, NULL);
}

enum rc ledger_seal(struct ledger *l, struct slice leaf, struct slice data, struct ledger_receipt *receipt, struct buf *armored)
{
	return submit(l, leaf, &data, receipt, armored);
}

void ledger_watch(struct ledger *l, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&l->lock);
	l->watch = fn;
	l->watch_arg = arg;
	pthread_mutex_unlock(&l->lock);
}

/* ---- what nobody waits for --------------------------------------------------------------------------------------------------- */

static void free_post(struct waiting *w)
{
	buf_free(&w->item.signature);
	free((char *)w->item.leaf.p);
	free(w);
}

/* All posts at once go behind what waits. With the lock held. */
static void send_posts(struct ledger *l)
{
	struct waiting *sent[POSTS_MAX], *w;
	size_t n = 0;

	while ((w = take(&l->posts)))
		put(&l->queue, sent[n++] = w);
	wait_for(l, sent[n - 1]);
	for (size_t i = 0; i < n; i++) {
		if (sent[i]->item.rc != RC_OK && sent[i]->item.rc != RC_CONFLICT)        /* a head may come behind its end */
			log_warn("leaf_not_added", L_RC(sent[i]->item.rc));
		free_post(sent[i]);
	}
}

static void *poster_main(void *arg)
{
	struct ledger *l = arg;

	pthread_mutex_lock(&l->lock);
	while (l->posts.first || !l->stop) {
		if (l->posts.first)
			send_posts(l);
		else
			pthread_cond_wait(&l->posted, &l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

void ledger_post(struct ledger *l, struct slice leaf)
{
	struct waiting *w = calloc(1, sizeof *w);
	char *text = leaf.n <= LEAF_MAX ? malloc(leaf.n) : NULL;
	bool kept = false;

	if (w && text) {
		memcpy(text, leaf.p, leaf.n);
		w->item.leaf = (struct slice){text, leaf.n};
		buf_init(&w->item.signature, 4096);
		pthread_mutex_lock(&l->lock);
		kept = l->posts.n < POSTS_MAX;
		if (!l->poster_runs)
			l->poster_runs = pthread_create(&l->poster, NULL, poster_main, l) == 0;
		if (kept)
			put(&l->posts, w);
		pthread_cond_signal(&l->posted);
		pthread_mutex_unlock(&l->lock);
	}
	if (kept)
		return;
	free(text);
	free(w);
	log_warn("leaf_not_added", L_TEXT("reason", "too many wait"));
}

/* ---- life ---------------------------------------------------------------------------------------------------------------------- */

enum rc ledger_start(const char *state_dir, const char *agent_name, struct ledger **out, struct why *why)
{
	struct ledger *l = calloc(1, sizeof *l);
	enum rc rc;

	*out = NULL;
	if (!l)
		return RC_NOMEM;
	snprintf(l->dir, sizeof l->dir, "%s/ledger", state_dir);
	l->queue.last = &l->queue.first;
	l->posts.last = &l->posts.first;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	pthread_cond_init(&l->posted, NULL);
	rc = notary_start(state_dir, agent_name, &l->notary, &l->facts, why);
	if (rc == RC_OK)
		*out = l;
	else
		ledger_stop(l);
	return rc;
}

void ledger_stop(struct ledger *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->posted);
	pthread_mutex_unlock(&l->lock);
	if (l->poster_runs)
		pthread_join(l->poster, NULL);
	notary_stop(l->notary);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
	pthread_cond_destroy(&l->posted);
	free(l);
}

const struct notary_facts *ledger_facts(const struct ledger *l)
{
	return &l->facts;
}

int ledger_fd(const struct ledger *l)
{
	return notary_fd(l->notary);
}

void ledger_receipt_init(struct ledger_receipt *receipt)
{
	receipt->index = 0;
	buf_init(&receipt->checkpoint, TLOG_CHECKPOINT_MAX);
}

void ledger_receipt_free(struct ledger_receipt *receipt)
{
	buf_free(&receipt->checkpoint);
}

/* ---- reading --------------------------------------------------------------------------------------------------------------------- */

enum rc ledger_prove(const struct ledger *l, const struct ledger_receipt *receipt, struct buf *proof, struct why *why)
{
	struct tlog_proof made = {.index = receipt->index, .checkpoint = buf_slice(&receipt->checkpoint)};
	struct tlog_checkpoint checkpoint;
	struct tiles_reader reader;
	enum rc rc = tlog_checkpoint_parse(made.checkpoint, &checkpoint, why);

	if (rc == RC_OK)
		rc = tiles_reader_open(&reader, l->dir, why);
	if (rc != RC_OK)
		return rc;
	reader.size = checkpoint.size;
	rc = tlog_prove_inclusion(tiles_read_hash, &reader, made.index, checkpoint.size, &made.path);
	tiles_reader_close(&reader);
	if (rc == RC_OK)
		rc = tlog_proof_write(&made, proof);
	return rc == RC_OK ? rc : why_set(why, rc, "the ledger cannot prove its leaf %llu", (unsigned long long)made.index);
}

enum rc ledger_checkpoint(const struct ledger *l, struct buf *note)
{
	struct tiles_reader reader;
	enum rc rc = tiles_reader_open(&reader, l->dir, NULL);

	if (rc == RC_OK)
		rc = tiles_read_checkpoint(&reader, note);
	tiles_reader_close(&reader);
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_IO;
}

enum rc ledger_prove_consistency(const struct ledger *l, uint64_t from, uint64_t to, struct tlog_path *path)
{
	struct tiles_reader reader;
	enum rc rc = tiles_reader_open(&reader, l->dir, NULL);

	reader.size = to;
	if (rc == RC_OK)
		rc = tlog_prove_consistency(tiles_read_hash, &reader, from, to, path);
	tiles_reader_close(&reader);
	return rc;
}

enum rc ledger_find(struct ledger *l, const char *id, int part, struct registry_part *out)
{
	enum rc rc;

	pthread_mutex_lock(&l->lock);
	while (l->busy)
		pthread_cond_wait(&l->changed, &l->lock);
	rc = notary_find(l->notary, id, (uint64_t)part, out);
	pthread_mutex_unlock(&l->lock);
	return rc;
}

enum rc ledger_reader(const struct ledger *l, struct tiles_reader *reader, struct buf *note, struct tlog_checkpoint *checkpoint,
		      struct why *why)
{
	enum rc rc = tiles_reader_open(reader, l->dir, why);

	if (rc != RC_OK)
		return rc;
	rc = tiles_read_checkpoint(reader, note);
	if (rc == RC_OK)
		rc = tlog_checkpoint_parse(buf_slice(note), checkpoint, why);
	if (rc == RC_OK)
		reader->size = checkpoint->size;
	else
		tiles_reader_close(reader);
	return rc;
}

enum rc ledger_read_leaf(const struct ledger *l, uint64_t index, struct buf *out)
{
	struct tlog_checkpoint checkpoint;
	struct tiles_reader reader;
	struct buf note;
	enum rc rc;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	rc = ledger_reader(l, &reader, &note, &checkpoint, NULL);
	if (rc == RC_OK) {
		rc = tiles_read_leaf(&reader, index, out);
		tiles_reader_close(&reader);
	}
	buf_free(&note);
	return rc;
}

enum rc ledger_tell(struct ledger *l, const char *id, int part, enum leaf_kind kind, struct buf *leaf, struct buf *proof)
{
	struct registry_part known = {0};
	struct ledger_receipt receipt;
	enum rc rc = ledger_find(l, id, part, &known);

	if (rc == RC_OK && !(kind == LEAF_CLOSE ? known.closed : known.opened))
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		return rc;
	ledger_receipt_init(&receipt);
	receipt.index = kind == LEAF_CLOSE ? known.close_at : known.open_at;
	rc = ledger_checkpoint(l, &receipt.checkpoint);
	if (rc == RC_OK)
		rc = ledger_read_leaf(l, receipt.index, leaf);
	if (rc == RC_OK)
		rc = ledger_prove(l, &receipt, proof, NULL);
	ledger_receipt_free(&receipt);
	return rc;
}
