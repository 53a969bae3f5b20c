#include "fiber_private.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

#define EVENTS_AT_ONCE 64
#define TOGETHER_NS (NS_PER_MS / 5)

void fiber_queue_init(struct fiber_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

void fiber_queue_put(struct fiber_queue *q, struct fiber *f)
{
	f->next = NULL;
	*q->end = f;
	q->end = &f->next;
}

struct fiber *fiber_queue_take(struct fiber_queue *q)
{
	struct fiber *f = q->first;

	if (!f)
		return NULL;
	q->first = f->next;
	if (!q->first)
		q->end = &q->first;
	return f;
}

static void wake(struct fiber_loop *l)
{
	const uint64_t one = 1;

	(void)!write(l->wake_fd, &one, sizeof one);      /* fails only when it is awake 2^64 times already */
}

void fiber_deliver(struct fiber *f)
{
	struct fiber_loop *l = f->loop;
	bool first;

	pthread_mutex_lock(&l->lock);
	first = !l->inbox.first;
	fiber_queue_put(&l->inbox, f);
	pthread_mutex_unlock(&l->lock);
	if (first)
		wake(l);
}

static void unlink_fiber(struct fiber_loop *l, struct fiber *f)
{
	if (f->before)
		f->before->after = f->after;
	else
		l->all = f->after;
	if (f->after)
		f->after->before = f->before;
}

static void end(struct fiber_loop *l, struct fiber *f)
{
	for (size_t i = 0; i < FIBER_DESCRIPTORS; i++)
		if (f->watches[i].fiber)
			fiber_watch_end(&f->watches[i]);
	unlink_fiber(l, f);
	fiber_free(f);
	pthread_mutex_lock(&l->lock);
	l->n--;
	pthread_mutex_unlock(&l->lock);
}

static void make_ready(struct fiber_loop *l, struct fiber *f)
{
	if (f->state != PARKED)
		return;
	f->state = READY;
	fiber_queue_put(&l->ready, f);
}

static void show(struct fiber_loop *l, int fd, uint32_t events)
{
	if ((size_t)fd >= l->n_by_fd)
		return;
	for (struct fiber_watch *w = l->by_fd[fd]; w; w = w->next) {
		w->shown = (short)(w->shown | (short)events);
		make_ready(l, w->fiber);
	}
}

static void wake_due(struct fiber_loop *l)
{
	int64_t now_ns;

	if (l->next_due_ns == INT64_MAX || (now_ns = clock_mono_ns()) < l->next_due_ns)
		return;
	l->next_due_ns = INT64_MAX;
	for (struct fiber *f = l->all; f; f = f->after) {
		if (f->state != PARKED || !f->due_ns)
			continue;
		if (f->due_ns <= now_ns)
			make_ready(l, f);
		else if (f->due_ns < l->next_due_ns)
			l->next_due_ns = f->due_ns;
	}
}

/* False: the loop is to end, and has nothing left. */
static bool take_inbox(struct fiber_loop *l)
{
	struct fiber *f;
	bool goes_on;

	pthread_mutex_lock(&l->lock);
	while ((f = fiber_queue_take(&l->inbox))) {
		if (!f->entered) {
			f->after = l->all;
			if (f->after)
				f->after->before = f;
			l->all = f;
		}
		f->state = READY;
		fiber_queue_put(&l->ready, f);
	}
	goes_on = !atomic_load(&l->stop) || l->n > 0;
	pthread_mutex_unlock(&l->lock);
	return goes_on;
}

static void resume(struct fiber_loop *l, struct fiber *f)
{
	fiber_resume(l, f);
	if (f->state == ENDED)
		end(l, f);
}

static void run_last(struct fiber_loop *l)
{
	struct fiber_queue turn = l->last;
	struct fiber *f;

	fiber_queue_init(&l->last);
	while ((f = fiber_queue_take(&turn)))
		resume(l, f);
}

/* Each that is ready now has its turn; who becomes ready meanwhile comes after the descriptors were looked at. */
static void run_ready(struct fiber_loop *l)
{
	struct fiber_queue turn = l->ready;
	struct fiber *f;

	fiber_queue_init(&l->ready);
	while ((f = fiber_queue_take(&turn))) {
		resume(l, f);
		if (l->last.first && l->turn_ns - l->last_ns >= TOGETHER_NS)
			run_last(l);
	}
	run_last(l);
}

static int wait_ms(const struct fiber_loop *l)
{
	int64_t left_ns;

	if (l->ready.first || l->last.first)
		return 0;
	if (l->next_due_ns == INT64_MAX)
		return -1;
	left_ns = l->next_due_ns - clock_mono_ns();
	return left_ns <= 0 ? 0 : (int)(left_ns / NS_PER_MS + 1);
}

static void *loop_main(void *arg)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct fiber_loop *l = arg;
	bool goes_on = true;

	fiber_loop = l;
	while (goes_on) {
		int n = epoll_wait(l->epoll_fd, events, EVENTS_AT_ONCE, wait_ms(l));

		for (int i = 0; i < n; i++) {
			uint64_t times;

			if (events[i].data.fd == l->wake_fd) {
				(void)!read(l->wake_fd, &times, sizeof times);
				goes_on = take_inbox(l);
			} else {
				show(l, events[i].data.fd, events[i].events);
			}
		}
		wake_due(l);
		run_ready(l);
		if (atomic_load(&l->stop))
			goes_on = take_inbox(l);
	}
	return NULL;
}

static enum rc loop_start(struct fibers *fibers, struct fiber_loop *l)
{
	struct epoll_event event = {.events = EPOLLIN};

	l->fibers = fibers;
	l->next_due_ns = INT64_MAX;
	fiber_queue_init(&l->ready);
	fiber_queue_init(&l->last);
	fiber_queue_init(&l->inbox);
	pthread_mutex_init(&l->lock, NULL);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.fd = l->wake_fd;
	if (l->epoll_fd >= 0 && l->wake_fd >= 0 && epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &event) == 0 &&
	    pthread_create(&l->thread, NULL, loop_main, l) == 0)
		return RC_OK;
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	return RC_IO;
}

static void loop_stop(struct fiber_loop *l)
{
	atomic_store(&l->stop, true);
	wake(l);
	pthread_join(l->thread, NULL);
	close(l->epoll_fd);
	close(l->wake_fd);
	free(l->by_fd);
	pthread_mutex_destroy(&l->lock);
}

enum rc fibers_start(int loops, size_t stack_bytes, struct fibers **out)
{
	struct fibers *fibers = calloc(1, sizeof *fibers);
	enum rc rc = RC_OK;

	*out = NULL;
	if (!fibers)
		return RC_NOMEM;
	fibers->stack_bytes = stack_bytes;
	fiber_helpers_init(fibers);
	fibers->loops = calloc((size_t)loops, sizeof *fibers->loops);
	if (!fibers->loops)
		rc = RC_NOMEM;
	while (rc == RC_OK && fibers->n_loops < loops) {
		rc = loop_start(fibers, &fibers->loops[fibers->n_loops]);
		fibers->n_loops += rc == RC_OK;
	}
	if (rc == RC_OK)
		*out = fibers;
	else
		fibers_stop(fibers);
	return rc;
}

void fibers_stop(struct fibers *fibers)
{
	if (!fibers)
		return;
	for (int i = 0; i < fibers->n_loops; i++)
		loop_stop(&fibers->loops[i]);
	fiber_helpers_stop(fibers);
	free(fibers->loops);
	free(fibers);
}
