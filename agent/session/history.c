#include "history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

#define PREFIXES_MAX ((size_t)65536)     /* of a session; beyond it, the newest are asked about again */

/* One hash for each conversation prefix that was approved, sorted. */
struct history {
	pthread_mutex_t lock;
	struct prefix {
		unsigned char sha256[SHA256_LEN];
	} *prefixes;
	size_t n;
};

struct history *history_new(void)
{
	struct history *h = calloc(1, sizeof *h);

	if (h)
		pthread_mutex_init(&h->lock, NULL);
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	pthread_mutex_destroy(&h->lock);
	free(h->prefixes);
	free(h);
}

static struct prefix beginning(const struct prompt *p)
{
	struct prefix first;

	sha256(p->tools_sha256, sizeof p->tools_sha256, first.sha256);
	return first;
}

/* The prefix with one more message. */
static struct prefix extend(const struct prefix *before, const struct prompt_message *m)
{
	struct sha256_ctx ctx;
	struct prefix after;

	sha256_begin(&ctx);
	sha256_more(&ctx, before->sha256, sizeof before->sha256);
	sha256_more(&ctx, m->role, strlen(m->role) + 1);
	sha256_more(&ctx, m->sha256, sizeof m->sha256);
	sha256_end(&ctx, after.sha256);
	return after;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

static bool has(const struct history *h, const struct prefix *prefix)
{
	return h->n && bsearch(prefix, h->prefixes, h->n, sizeof *prefix, compare);
}

enum rc history_add(struct history *h, const struct prompt *p)
{
	struct prefix prefix = beginning(p), *prefixes;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&h->lock);
	prefixes = realloc(h->prefixes, (h->n + p->n_messages + 1) * sizeof *prefixes);
	if (prefixes) {
		size_t n = h->n;

		h->prefixes = prefixes;
		for (size_t i = 0; i < p->n_messages; i++) {
			prefix = extend(&prefix, &p->messages[i]);
			if (n < PREFIXES_MAX && !has(h, &prefix))
				prefixes[n++] = prefix;
		}
		qsort(prefixes, n, sizeof *prefixes, compare);
		h->n = n;
	} else {
		rc = RC_NOMEM;
	}
	pthread_mutex_unlock(&h->lock);
	return rc;
}

size_t history_covers(struct history *h, const struct prompt *p)
{
	struct prefix prefix = beginning(p);
	size_t covered = 0;

	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i + 1 < p->n_messages; i++) {
		prefix = extend(&prefix, &p->messages[i]);
		if (!has(h, &prefix))
			break;
		if (strcmp(p->messages[i + 1].role, "assistant") == 0)
			covered = i + 1;
	}
	pthread_mutex_unlock(&h->lock);
	return covered;
}
