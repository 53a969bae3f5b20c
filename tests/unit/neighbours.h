/* The neighbours of sessions, played for tests: a recording and a ledger that note what they are told, one policy, a masking that shouts. */
#ifndef PHIGATE_TEST_NEIGHBOURS_H
#define PHIGATE_TEST_NEIGHBOURS_H

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "session.h"
#include "terms.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char notes[8192];                        /* "open ID;add renew;close client;" */
	char open_json[4096];
	bool emergency_recorded;
	struct emergency emergency;              /* of the policy */
	bool fail_open, fail_add, fail_ledger, stall_close;
	void (*while_opening)(void *arg, const char *id);        /* what happens while a recording is begun, */
	void (*while_adding)(void *arg);                         /* or added to; NULL: nothing */
	void *arg;
	int closing;                             /* threads in recording_close() */
	char receipt[64];                        /* that was asked of the ledger last: "open 1" */
	char bundle[256];                        /* path that spool_bundle() gives; "": RC_NOT_FOUND; "open": RC_CONFLICT */
} told = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static inline void note(const char *what, const char *which)
{
	size_t n;

	pthread_mutex_lock(&told.lock);
	n = strlen(told.notes);
	snprintf(told.notes + n, sizeof told.notes - n, "%s %s;", what, which);
	pthread_cond_broadcast(&told.changed);
	pthread_mutex_unlock(&told.lock);
}

static inline bool noted(const char *text)
{
	bool found;

	pthread_mutex_lock(&told.lock);
	found = strstr(told.notes, text) != NULL;
	pthread_mutex_unlock(&told.lock);
	return found;
}

static inline void await_note(const char *text)
{
	pthread_mutex_lock(&told.lock);
	while (!strstr(told.notes, text))
		pthread_cond_wait(&told.changed, &told.lock);
	pthread_mutex_unlock(&told.lock);
}

struct recording {
	int dummy;
};

enum rc recording_open(struct spool *spool, const struct recording_about *about, struct recording **out, struct why *why)
{
	(void)spool;
	if (told.while_opening)
		told.while_opening(told.arg, about->id);
	if (told.fail_open)
		return why_set(why, RC_IO, "the disk is full");
	snprintf(told.open_json, sizeof told.open_json, "%s", about->open_json);
	told.emergency_recorded = about->emergency;
	note("open", about->id);
	*out = calloc(1, sizeof **out);
	return RC_OK;
}

enum rc recording_add(struct recording *r, const char *kind, uint64_t exchange, struct slice body)
{
	(void)r;
	(void)exchange;
	(void)body;
	note("add", kind);
	if (told.while_adding)
		told.while_adding(told.arg);
	return told.fail_add ? RC_IO : RC_OK;
}

enum rc recording_sync(struct recording *r)
{
	(void)r;
	return RC_OK;
}

enum rc recording_rotate(struct recording *r, const struct recording_about *about)
{
	(void)r;
	note("rotate", about->id);
	return RC_OK;
}

int recording_part(struct recording *r)
{
	(void)r;
	return 3;
}

enum rc recording_close(struct recording *r, const char *end)
{
	pthread_mutex_lock(&told.lock);
	told.closing++;
	pthread_cond_broadcast(&told.changed);
	while (told.stall_close)
		pthread_cond_wait(&told.changed, &told.lock);
	told.closing--;
	pthread_mutex_unlock(&told.lock);
	note("close", end);
	free(r);
	return RC_OK;
}

enum rc ledger_tell(struct ledger *l, const char *id, int part, enum leaf_kind kind, struct buf *leaf, struct buf *proof)
{
	(void)l, (void)id, (void)leaf, (void)proof;
	snprintf(told.receipt, sizeof told.receipt, "%s %d", kind == LEAF_OPEN ? "open" : "close", part);
	return RC_NOT_FOUND;
}

/* The leaf's kind. */
enum rc ledger_add(struct ledger *l, struct slice leaf, struct ledger_receipt *receipt)
{
	char kind[64];

	(void)l;
	(void)receipt;
	snprintf(kind, sizeof kind, "%.*s", (int)(strcspn(leaf.p, "\n") < leaf.n ? strcspn(leaf.p, "\n") : leaf.n), leaf.p);
	note("leaf", kind);
	return told.fail_ledger ? RC_IO : RC_OK;
}

enum rc spool_bundle(struct spool *spool, const char *id, int part, char **path)
{
	(void)spool;
	(void)id;
	(void)part;
	*path = NULL;
	if (strcmp(told.bundle, "open") == 0)
		return RC_CONFLICT;
	*path = *told.bundle ? strdup(told.bundle) : NULL;
	return *path ? RC_OK : RC_NOT_FOUND;
}

struct policy {
	int refs;
};
static struct policy the_policy;

struct policy *policies_get(const struct policies *policies, const char *name)
{
	(void)policies;
	if (strcmp(name, "hipaa") != 0)
		return NULL;
	__atomic_add_fetch(&the_policy.refs, 1, __ATOMIC_SEQ_CST);
	return &the_policy;
}

struct policy *policy_ref(struct policy *policy)
{
	__atomic_add_fetch(&policy->refs, 1, __ATOMIC_SEQ_CST);
	return policy;
}

void policy_unref(struct policy *policy)
{
	if (policy)
		__atomic_sub_fetch(&policy->refs, 1, __ATOMIC_SEQ_CST);
}

const char *policy_name(const struct policy *policy)
{
	(void)policy;
	return "hipaa";
}

const char *policy_text(const struct policy *policy)
{
	(void)policy;
	return "version: 1\n";
}

const struct emergency *policy_emergency(const struct policy *policy)
{
	(void)policy;
	return &told.emergency;
}

static struct terms the_terms;

const struct terms *policy_terms(const struct policy *policy)
{
	(void)policy;
	return &the_terms;
}

struct mask_engine *policy_engine(const struct policy *policy)
{
	(void)policy;
	return NULL;
}

struct mask_scope *mask_scope_new(void)
{
	return malloc(1);
}

void mask_scope_free(struct mask_scope *scope)
{
	free(scope);
}

struct mask_scope *mask_scope_begin(struct mask_scope *session)
{
	(void)session;
	return malloc(1);
}

void mask_scope_publish(struct mask_scope *exchange)
{
	(void)exchange;
}

void mask_scope_end(struct mask_scope *exchange)
{
	free(exchange);
}

/* Masked is what is in capitals. */
enum rc mask_text(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct slice text, struct buf *out)
{
	(void)engine;
	(void)scope;
	(void)counts;
	for (size_t i = 0; i < text.n; i++)
		buf_putc(out, (char)toupper((unsigned char)text.p[i]));
	return out->rc;
}

struct history *history_new(void)
{
	return malloc(1);
}

void history_free(struct history *history)
{
	free(history);
}

/* NULL is one, too. */
struct dialect {
	const char *name;
	char digit;                              /* of which its digest is made */
};

const char *dialect_name(const struct dialect *dialect)
{
	return dialect ? dialect->name : "openai";
}

void dialect_sha256(const struct dialect *dialect, char hex[65])
{
	memset(hex, dialect ? dialect->digit : 'a', 64);
	hex[64] = '\0';
}

const char *dialect_text(const struct dialect *dialect)
{
	(void)dialect;
	return NULL;
}

#endif
