#include "fiber_private.h"

#include <time.h>

#include "clock.h"

#define STACK_BYTES ((size_t)1 << 20)
#define IDLE_S 10

static struct fiber *next_job(struct fibers *fibers)
{
	struct timespec until;
	struct fiber *f;
	int waited = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	fibers->idle++;
	while (!fibers->jobs.first && !fibers->stop && waited == 0)
		waited = pthread_cond_timedwait(&fibers->work, &fibers->lock, &until);
	fibers->idle--;
	f = fiber_queue_take(&fibers->jobs);
	if (f)
		fibers->waiting_jobs--;
	return f;
}

static void *helper_main(void *arg)
{
	struct fibers *fibers = arg;
	struct fiber *f;

	pthread_mutex_lock(&fibers->lock);
	while ((f = next_job(fibers))) {
		pthread_mutex_unlock(&fibers->lock);
		f->job(f->job_arg);
		fiber_deliver(f);
		pthread_mutex_lock(&fibers->lock);
	}
	if (--fibers->helpers == 0)
		pthread_cond_signal(&fibers->none);
	pthread_mutex_unlock(&fibers->lock);
	return NULL;
}

/* With the lock held: is there a helper for one more job? */
static bool helper_for(struct fibers *fibers)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	if (fibers->idle > fibers->waiting_jobs)
		return true;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	ok = pthread_create(&thread, &attr, helper_main, fibers) == 0;
	pthread_attr_destroy(&attr);
	fibers->helpers += ok;
	return ok || fibers->helpers;
}

void fiber_block(void (*fn)(void *arg), void *arg)
{
	struct fiber *f = fiber_loop ? fiber_loop->running : NULL;
	struct fibers *fibers = fiber_loop ? fiber_loop->fibers : NULL;
	bool helped;

	if (!f) {
		fn(arg);
		return;
	}
	f->job = fn;
	f->job_arg = arg;
	f->state = AWAY;
	pthread_mutex_lock(&fibers->lock);
	helped = helper_for(fibers);
	if (helped) {
		fiber_queue_put(&fibers->jobs, f);
		fibers->waiting_jobs++;
		pthread_cond_signal(&fibers->work);
	}
	pthread_mutex_unlock(&fibers->lock);
	if (helped)
		fiber_suspend(f);
	else
		fn(arg);                         /* no thread is to be had: the others wait */
	f->state = RUNNING;
}

void fiber_helpers_init(struct fibers *fibers)
{
	fiber_queue_init(&fibers->jobs);
	pthread_mutex_init(&fibers->lock, NULL);
	clock_cond_init(&fibers->work);
	pthread_cond_init(&fibers->none, NULL);
}

void fiber_helpers_stop(struct fibers *fibers)
{
	pthread_mutex_lock(&fibers->lock);
	fibers->stop = true;
	pthread_cond_broadcast(&fibers->work);
	while (fibers->helpers)
		pthread_cond_wait(&fibers->none, &fibers->lock);
	pthread_mutex_unlock(&fibers->lock);
	pthread_mutex_destroy(&fibers->lock);
	pthread_cond_destroy(&fibers->work);
	pthread_cond_destroy(&fibers->none);
}
