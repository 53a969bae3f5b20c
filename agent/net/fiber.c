#include "fiber_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"

#define TURN_NS NS_PER_MS

_Thread_local struct fiber_loop *fiber_loop;

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct fiber *fiber_new(const struct fibers *fibers, void (*main)(void *), void *arg)
{
	size_t guard = page_bytes();
	struct fiber *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->main = main;
	f->arg = arg;
	f->stack_bytes = guard + fibers->stack_bytes;
	f->stack = mmap(NULL, f->stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (f->stack == MAP_FAILED || mprotect(f->stack, guard, PROT_NONE) != 0) {
		if (f->stack != MAP_FAILED)
			munmap(f->stack, f->stack_bytes);
		free(f);
		return NULL;
	}
	return f;
}

void fiber_free(struct fiber *f)
{
	munmap(f->stack, f->stack_bytes);
	free(f);
}

enum rc fiber_start(struct fibers *fibers, void (*main)(void *arg), void *arg)
{
	struct fiber *f = fiber_new(fibers, main, arg);
	struct fiber_loop *least = NULL;
	int n_least = 0;

	if (!f)
		return RC_NOMEM;
	for (int i = 0; i < fibers->n_loops; i++) {
		struct fiber_loop *l = &fibers->loops[i];
		int n;

		pthread_mutex_lock(&l->lock);
		n = l->n;
		pthread_mutex_unlock(&l->lock);
		if (!least || n < n_least) {
			least = l;
			n_least = n;
		}
	}
	pthread_mutex_lock(&least->lock);
	least->n++;
	pthread_mutex_unlock(&least->lock);
	f->loop = least;
	fiber_deliver(f);
	return RC_OK;
}

/* ---- descriptors ------------------------------------------------------------------------------------------------------ */

static struct fiber_watch *watch_of(struct fiber *f, int fd)
{
	for (size_t i = 0; i < FIBER_DESCRIPTORS; i++)
		if (f->watches[i].fiber && f->watches[i].fd == fd)
			return &f->watches[i];
	return NULL;
}

static enum rc reach(struct fiber_loop *l, int fd)
{
	size_t n = l->n_by_fd ? l->n_by_fd : 64;
	struct fiber_watch **grown;

	while (n <= (size_t)fd)
		n *= 2;
	if (n == l->n_by_fd)
		return RC_OK;
	grown = realloc(l->by_fd, n * sizeof *grown);
	if (!grown)
		return RC_NOMEM;
	memset(grown + l->n_by_fd, 0, (n - l->n_by_fd) * sizeof *grown);
	l->by_fd = grown;
	l->n_by_fd = n;
	return RC_OK;
}

/* Edge-triggered: the kernel is asked once for a descriptor, and not again for each wait. */
static enum rc watch_begin(struct fiber *f, int fd, struct fiber_watch **out)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};
	struct fiber_loop *l = f->loop;
	struct fiber_watch *w = NULL;
	short shown = 0;

	for (size_t i = 0; i < FIBER_DESCRIPTORS && !w; i++)
		if (!f->watches[i].fiber)
			w = &f->watches[i];
	if (!w || fd < 0 || reach(l, fd) != RC_OK)
		return RC_IO;
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		if (errno != EEXIST || !l->by_fd[fd])
			return RC_IO;
		shown = l->by_fd[fd]->shown;     /* another fiber looks at it, and its edges may have passed */
	}
	*w = (struct fiber_watch){.fiber = f, .next = l->by_fd[fd], .fd = fd, .shown = shown};
	l->by_fd[fd] = w;
	*out = w;
	return RC_OK;
}

void fiber_watch_end(struct fiber_watch *w)
{
	struct fiber_loop *l = w->fiber->loop;
	struct fiber_watch **at = &l->by_fd[w->fd];

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->fiber = NULL;
	if (!l->by_fd[w->fd])
		(void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);        /* one that was closed is out already */
}

enum rc fiber_shown(int fd, short *shown)
{
	struct fiber_watch *w = watch_of(fiber_loop->running, fd);
	enum rc rc = w ? RC_OK : watch_begin(fiber_loop->running, fd, &w);

	*shown = rc == RC_OK ? w->shown : 0;
	return rc;
}

bool fiber_watches(int fd)
{
	return watch_of(fiber_loop->running, fd) != NULL;
}

void fiber_take(int fd, short events)
{
	struct fiber_watch *w = watch_of(fiber_loop->running, fd);

	if (w)
		w->shown = (short)(w->shown & ~events);
}

void fiber_give_back(int fd, short events)
{
	struct fiber_watch *w = watch_of(fiber_loop->running, fd);

	if (w)
		w->shown = (short)(w->shown | events);
}

void fiber_forget(int fd)
{
	struct fiber_watch *w = watch_of(fiber_loop->running, fd);

	if (w)
		fiber_watch_end(w);
}

/* ---- a fiber's own waiting -------------------------------------------------------------------------------------------- */

bool fiber_here(void)
{
	return fiber_loop && fiber_loop->running;
}

void fiber_park(int64_t deadline_ns)
{
	struct fiber *f = fiber_loop->running;

	f->state = PARKED;
	f->due_ns = deadline_ns;
	if (deadline_ns && deadline_ns < fiber_loop->next_due_ns)
		fiber_loop->next_due_ns = deadline_ns;
	fiber_suspend(f);
}

void fiber_last(void)
{
	struct fiber_loop *l = fiber_loop;
	struct fiber *f = l->running;

	if (!l->last.first)
		l->last_ns = l->turn_ns;
	f->state = READY;
	fiber_queue_put(&l->last, f);
	fiber_suspend(f);
}

void fiber_yield(void)
{
	struct fiber *f = fiber_loop ? fiber_loop->running : NULL;

	if (!f || clock_mono_ns() - fiber_loop->turn_ns < TURN_NS)
		return;
	f->state = READY;
	fiber_queue_put(&fiber_loop->ready, f);
	fiber_suspend(f);
}
