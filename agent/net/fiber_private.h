/* What the files behind fiber.h share: fiber.c (a fiber and its descriptors), fiber_switch.c (stacks), fiber_loop.c (who runs when),
 * fiber_helper.c (what blocks). */
#ifndef PHIGATE_AGENT_FIBER_PRIVATE_H
#define PHIGATE_AGENT_FIBER_PRIVATE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "fiber.h"

/* READY -> RUNNING -> PARKED, AWAY or READY again, each of which leads back to READY; or -> ENDED. */
enum fiber_state { READY, RUNNING, PARKED, AWAY, ENDED };

/* One descriptor of one fiber. A descriptor that several fibers of a loop look at has one in each, chained. */
struct fiber_watch {
	struct fiber *fiber;                     /* NULL: free */
	struct fiber_watch *next;
	int fd;
	short shown;
};

struct fiber {
	struct fiber_loop *loop;
	struct fiber *next;                      /* in a queue */
	struct fiber *before, *after;            /* among all of the loop */
	enum fiber_state state;
	bool entered;
	int64_t due_ns;                          /* PARKED: until then; 0: no end */
	struct fiber_watch watches[FIBER_DESCRIPTORS];
	void (*main)(void *arg), *arg;
	void (*job)(void *arg), *job_arg;        /* AWAY: what a helper calls */
	char *stack;                             /* with the guard page */
	size_t stack_bytes;
	jmp_buf place;
	void *asan_stack;
};

struct fiber_queue {
	struct fiber *first, **end;
};

struct fiber_loop {
	struct fibers *fibers;
	pthread_t thread;
	int epoll_fd, wake_fd;
	struct fiber *running, *all;
	int64_t turn_ns;                         /* since when it runs */
	struct fiber_queue ready;
	struct fiber_queue last;                 /* ready, too, but after the others */
	int64_t last_ns;                         /* since when the first of them waits */
	int64_t next_due_ns;                     /* no fiber is due before; INT64_MAX: none at all */
	struct fiber_watch **by_fd;
	size_t n_by_fd;
	jmp_buf place;
	void *asan_stack;
	const void *asan_bottom;
	size_t asan_size;

	pthread_mutex_t lock;                    /* of what other threads bring */
	struct fiber_queue inbox;
	int n;                                   /* fibers, those in the inbox included */
	atomic_bool stop;
};

struct fibers {
	size_t stack_bytes;
	int n_loops;
	struct fiber_loop *loops;

	pthread_mutex_t lock;                    /* of the helpers */
	pthread_cond_t work, none;
	struct fiber_queue jobs;
	int helpers, idle, waiting_jobs;
	bool stop;
};

/* The loop whose thread the caller is on; NULL on any other. */
extern _Thread_local struct fiber_loop *fiber_loop;

/* ---- fiber_switch.c ---- */
void fiber_resume(struct fiber_loop *l, struct fiber *f);        /* returns when it waits, is away or has ended */
void fiber_suspend(struct fiber *f);             /* of itself: back to its loop; its state says why */

/* ---- fiber.c ---- */
void fiber_free(struct fiber *f);
void fiber_watch_end(struct fiber_watch *w);

/* ---- fiber_loop.c ---- */
void fiber_queue_init(struct fiber_queue *q);
void fiber_queue_put(struct fiber_queue *q, struct fiber *f);
struct fiber *fiber_queue_take(struct fiber_queue *q);           /* NULL: it is empty */
void fiber_deliver(struct fiber *f);             /* from another thread: it can begin, or go on */

/* ---- fiber_helper.c ---- */
void fiber_helpers_init(struct fibers *fibers);
void fiber_helpers_stop(struct fibers *fibers);  /* when no fiber is left */

#endif
