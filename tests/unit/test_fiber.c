/* Fibers: that one which waits, blocks or is busy does not stop the others, and that a descriptor is seen as poll(2) would see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fiber.h"
#include "wait.h"

#define FIBERS 500
#define STACK_BYTES ((size_t)256 << 10)

struct talk {
	int near, far;                           /* the fiber's end and the test's */
	sem_t *done;
	enum rc rc;
	int seen;
};

static void await(sem_t *s)
{
	while (sem_wait(s) != 0)
		continue;
}

static void pair(struct talk *t, sem_t *done)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*t = (struct talk){.near = fds[0], .far = fds[1], .done = done};
}

/* Gives back all that comes, a byte at a time, until the other end closes. */
static void echo(void *arg)
{
	struct talk *t = arg;
	char byte;
	ssize_t n = 0;

	while ((t->rc = wait_ready(t->near, POLLIN, -1, -1, 0)) == RC_OK) {
		n = recv(t->near, &byte, 1, MSG_DONTWAIT);
		if (n == 0)
			break;
		if (n < 0)
			continue;
		wait_unread(t->near);
		t->seen++;
		(void)!send(t->near, &byte, 1, MSG_NOSIGNAL);
	}
	wait_close(t->near);
	sem_post(t->done);
}

static void many_fibers_share_few_threads(void **state)
{
	static struct talk talks[FIBERS];
	struct fibers *fibers;
	sem_t done;
	char byte;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fibers_start(2, STACK_BYTES, &fibers), RC_OK);
	for (int i = 0; i < FIBERS; i++) {
		pair(&talks[i], &done);
		assert_int_equal(fiber_start(fibers, echo, &talks[i]), RC_OK);
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < FIBERS; i++)
			assert_int_equal(send(talks[i].far, "abc", 3, MSG_NOSIGNAL), 3);
		for (int i = 0; i < FIBERS; i++)
			for (int b = 0; b < 3; b++) {
				assert_int_equal(recv(talks[i].far, &byte, 1, 0), 1);
				assert_int_equal(byte, "abc"[b]);
			}
	}
	for (int i = 0; i < FIBERS; i++)
		close(talks[i].far);
	for (int i = 0; i < FIBERS; i++)
		await(&done);
	for (int i = 0; i < FIBERS; i++)
		assert_int_equal(talks[i].seen, 9);
	fibers_stop(fibers);
	sem_destroy(&done);
}

/* The last bytes and the end come together; the end must not be missed when only the bytes were read. */
static void an_end_that_comes_with_bytes_is_seen(void **state)
{
	struct fibers *fibers;
	struct talk t;
	sem_t done;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fibers_start(1, STACK_BYTES, &fibers), RC_OK);
	pair(&t, &done);
	assert_int_equal(send(t.far, "xy", 2, MSG_NOSIGNAL), 2);
	shutdown(t.far, SHUT_WR);
	assert_int_equal(fiber_start(fibers, echo, &t), RC_OK);
	await(&done);
	assert_int_equal(t.seen, 2);
	close(t.far);
	fibers_stop(fibers);
	sem_destroy(&done);
}

struct watched {
	struct talk model, client;
	int end_fd;
	int64_t deadline_ns;
};

static void watch(void *arg)
{
	struct watched *w = arg;

	w->model.rc = wait_ready(w->model.near, POLLIN, w->client.near, w->end_fd, w->deadline_ns);
	sem_post(w->model.done);
}

static enum rc watching(struct fibers *fibers, struct watched *w, void (*cause)(struct watched *w))
{
	assert_int_equal(fiber_start(fibers, watch, w), RC_OK);
	if (cause)
		cause(w);
	await(w->model.done);
	return w->model.rc;
}

static void model_speaks(struct watched *w)
{
	assert_int_equal(send(w->model.far, "x", 1, MSG_NOSIGNAL), 1);
}

static void client_half_closes(struct watched *w)
{
	shutdown(w->client.far, SHUT_WR);
}

static void session_ends(struct watched *w)
{
	assert_int_equal(eventfd_write(w->end_fd, 1), 0);
}

static void a_wait_ends_for_each_of_its_reasons(void **state)
{
	struct fibers *fibers;
	struct watched w;
	eventfd_t ends;
	sem_t done;
	char said;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fibers_start(1, STACK_BYTES, &fibers), RC_OK);
	pair(&w.model, &done);
	pair(&w.client, &done);
	w.end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w.deadline_ns = clock_mono_ns() + 20 * NS_PER_MS;
	assert_int_equal(watching(fibers, &w, NULL), RC_TIMEOUT);
	w.deadline_ns = 0;
	assert_int_equal(watching(fibers, &w, model_speaks), RC_OK);
	assert_int_equal(recv(w.model.near, &said, 1, 0), 1);    /* what has come stays a reason until it is taken */
	assert_int_equal(watching(fibers, &w, session_ends), RC_CANCELLED);
	assert_int_equal(eventfd_read(w.end_fd, &ends), 0);
	assert_int_equal(watching(fibers, &w, client_half_closes), RC_END);
	fibers_stop(fibers);
	close(w.model.near), close(w.model.far), close(w.client.near), close(w.client.far), close(w.end_fd);
	sem_destroy(&done);
}

/* Many exchanges of one session wait for one descriptor that tells of its end. */
static void the_end_of_a_session_reaches_all_its_fibers(void **state)
{
	static struct watched w[20];
	int end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct fibers *fibers;
	sem_t done;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fibers_start(2, STACK_BYTES, &fibers), RC_OK);
	for (int i = 0; i < 20; i++) {
		pair(&w[i].model, &done);
		w[i].client.near = -1;
		w[i].end_fd = end_fd;
		assert_int_equal(fiber_start(fibers, watch, &w[i]), RC_OK);
		if (i == 10)                     /* some come when it has ended already */
			assert_int_equal(eventfd_write(end_fd, 1), 0);
	}
	for (int i = 0; i < 20; i++)
		await(&done);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(w[i].model.rc, RC_CANCELLED);
		close(w[i].model.near), close(w[i].model.far);
	}
	fibers_stop(fibers);
	close(end_fd);
	sem_destroy(&done);
}

/* The kernel gives the number of a closed descriptor to the next one that is opened. */
static void reopen(void *arg)
{
	struct talk *t = arg;

	for (int i = 0; i < 100 && t->rc == RC_OK; i++) {
		struct talk again;

		pair(&again, NULL);
		(void)!send(again.far, "x", 1, MSG_NOSIGNAL);
		t->rc = wait_ready(again.near, POLLIN, -1, -1, clock_mono_ns() + 10 * NS_PER_S);
		t->seen += t->rc == RC_OK;
		wait_close(again.near);
		close(again.far);
	}
	sem_post(t->done);
}

static void a_descriptor_with_a_used_number_is_a_new_one(void **state)
{
	struct fibers *fibers;
	struct talk t = {0};
	sem_t done;

	(void)state;
	sem_init(&done, 0, 0);
	t.done = &done;
	assert_int_equal(fibers_start(1, STACK_BYTES, &fibers), RC_OK);
	assert_int_equal(fiber_start(fibers, reopen, &t), RC_OK);
	await(&done);
	assert_int_equal(t.seen, 100);
	fibers_stop(fibers);
	sem_destroy(&done);
}

static sem_t opened;

static void wait_for_opened(void *arg)
{
	*(bool *)arg = fiber_here();
	await(&opened);
}

static void block(void *arg)
{
	struct talk *t = arg;
	bool on_fiber = true;

	fiber_block(wait_for_opened, &on_fiber);
	t->seen = !on_fiber && fiber_here();
	sem_post(t->done);
}

static void open_it(void *arg)
{
	(void)arg;
	sem_post(&opened);
}

/* Two that block on one loop, and the third, on the same loop, is what they wait for. */
static void who_blocks_does_not_stop_the_loop(void **state)
{
	struct fibers *fibers;
	struct talk a = {0}, b = {0};
	sem_t done;

	(void)state;
	sem_init(&done, 0, 0);
	sem_init(&opened, 0, 0);
	a.done = b.done = &done;
	assert_int_equal(fibers_start(1, STACK_BYTES, &fibers), RC_OK);
	assert_int_equal(fiber_start(fibers, block, &a), RC_OK);
	assert_int_equal(fiber_start(fibers, block, &b), RC_OK);
	assert_int_equal(fiber_start(fibers, open_it, NULL), RC_OK);
	assert_int_equal(fiber_start(fibers, open_it, NULL), RC_OK);
	await(&done);
	await(&done);
	assert_true(a.seen && b.seen);
	fibers_stop(fibers);
	sem_destroy(&done);
	sem_destroy(&opened);
}

static atomic_bool enough;

static void busy(void *arg)
{
	while (!atomic_load(&enough))
		fiber_yield();
	sem_post(arg);
}

static void say_enough(void *arg)
{
	(void)arg;
	atomic_store(&enough, true);
}

static void who_is_busy_gives_way(void **state)
{
	struct fibers *fibers;
	sem_t done;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fibers_start(1, STACK_BYTES, &fibers), RC_OK);
	assert_int_equal(fiber_start(fibers, busy, &done), RC_OK);
	assert_int_equal(fiber_start(fibers, say_enough, NULL), RC_OK);
	await(&done);
	fibers_stop(fibers);
	sem_destroy(&done);
}

/* Four that become ready at once: the first is about to send, the second takes longer than it has patience for. */
struct order {
	struct fibers *fibers;
	char ran[8];
	size_t n;
	sem_t done;
};

static void ran(struct order *o, char who)
{
	o->ran[o->n++] = who;
	if (o->n == 4)
		sem_post(&o->done);
}

static void sends(void *arg)
{
	wait_turn();
	ran(arg, 's');
}

static void takes_long(void *arg)
{
	int64_t until_ns = clock_mono_ns() + NS_PER_MS;

	while (clock_mono_ns() < until_ns)
		continue;
	ran(arg, 'l');
}

static void is_quick(void *arg)
{
	ran(arg, 'q');
}

static void start_all(void *arg)
{
	void (*all[])(void *) = {sends, takes_long, is_quick, is_quick};
	struct order *o = arg;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(fiber_start(o->fibers, all[i], o), RC_OK);
}

static void who_sends_lets_others_go_first_for_a_moment(void **state)
{
	struct order o = {0};

	(void)state;
	sem_init(&o.done, 0, 0);
	assert_int_equal(fibers_start(1, STACK_BYTES, &o.fibers), RC_OK);
	assert_int_equal(fiber_start(o.fibers, start_all, &o), RC_OK);
	await(&o.done);
	/* who is late on the processor may have waited too long one turn sooner */
	assert_true(strcmp(o.ran, "lqsq") == 0 || strcmp(o.ran, "lsqq") == 0);
	fibers_stop(o.fibers);
	sem_destroy(&o.done);
}

static void on_a_plain_thread_all_of_it_is_plain(void **state)
{
	bool on_fiber = true;

	(void)state;
	assert_false(fiber_here());
	sem_init(&opened, 0, 1);
	fiber_block(wait_for_opened, &on_fiber);
	assert_false(on_fiber);
	fiber_yield();
	sem_destroy(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_fibers_share_few_threads),
		cmocka_unit_test(an_end_that_comes_with_bytes_is_seen),
		cmocka_unit_test(a_wait_ends_for_each_of_its_reasons),
		cmocka_unit_test(the_end_of_a_session_reaches_all_its_fibers),
		cmocka_unit_test(a_descriptor_with_a_used_number_is_a_new_one),
		cmocka_unit_test(who_blocks_does_not_stop_the_loop),
		cmocka_unit_test(who_is_busy_gives_way),
		cmocka_unit_test(who_sends_lets_others_go_first_for_a_moment),
		cmocka_unit_test(on_a_plain_thread_all_of_it_is_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
