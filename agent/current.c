#include "current.h"

#include <pthread.h>
#include <stdlib.h>

struct current {
	pthread_mutex_t mutex;
	struct snapshot *snapshot;
};

enum rc current_new(struct snapshot *first, struct current **out)
{
	struct current *c = calloc(1, sizeof *c);

	*out = c;
	if (!c)
		return RC_NOMEM;
	pthread_mutex_init(&c->mutex, NULL);
	c->snapshot = snapshot_ref(first);
	return RC_OK;
}

void current_free(struct current *c)
{
	if (!c)
		return;
	snapshot_unref(c->snapshot);
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

struct snapshot *current_get(struct current *c)
{
	struct snapshot *s;

	pthread_mutex_lock(&c->mutex);
	s = snapshot_ref(c->snapshot);
	pthread_mutex_unlock(&c->mutex);
	return s;
}

void current_set(struct current *c, struct snapshot *next)
{
	struct snapshot *old;

	pthread_mutex_lock(&c->mutex);
	old = c->snapshot;
	next->generation = old->generation + 1;
	c->snapshot = next;
	pthread_mutex_unlock(&c->mutex);
	snapshot_unref(old);
}

uint64_t current_generation(struct current *c)
{
	uint64_t generation;

	pthread_mutex_lock(&c->mutex);
	generation = c->snapshot->generation;
	pthread_mutex_unlock(&c->mutex);
	return generation;
}
