/* longjmp() to another stack is what this file is for; the checked one takes it for an attack */
#undef _FORTIFY_SOURCE
#include "fiber_private.h"

#include <stdlib.h>
#include <ucontext.h>

#include "clock.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/common_interface_defs.h>
#endif

static void before_switch(void **own, const void *bottom, size_t size)
{
#ifdef ASAN
	__sanitizer_start_switch_fiber(own, bottom, size);
#else
	(void)own, (void)bottom, (void)size;
#endif
}

static void after_switch(void *own, const void **bottom, size_t *size)
{
#ifdef ASAN
	__sanitizer_finish_switch_fiber(own, bottom, size);
#else
	(void)own, (void)bottom, (void)size;
#endif
}

void fiber_suspend(struct fiber *f)
{
	before_switch(&f->asan_stack, f->loop->asan_bottom, f->loop->asan_size);
	if (_setjmp(f->place) == 0)
		_longjmp(f->loop->place, 1);
	after_switch(f->asan_stack, NULL, NULL);
}

static void enter(void)
{
	struct fiber *f = fiber_loop->running;

	after_switch(NULL, &f->loop->asan_bottom, &f->loop->asan_size);
	f->main(f->arg);
	f->state = ENDED;
	before_switch(NULL, f->loop->asan_bottom, f->loop->asan_size);
	_longjmp(f->loop->place, 1);
}

/* The first time a fiber gets its stack by makecontext(3); after that setjmp() does, for it needs no system call. */
static void start_on_stack(struct fiber *f)
{
	ucontext_t context;

	f->entered = true;
	if (getcontext(&context) != 0)
		abort();
	context.uc_stack.ss_sp = f->stack;
	context.uc_stack.ss_size = f->stack_bytes;
	context.uc_link = NULL;
	makecontext(&context, enter, 0);
	setcontext(&context);
	abort();                                 /* not reached: setcontext() does not fail for a context made here */
}

void fiber_resume(struct fiber_loop *l, struct fiber *f)
{
	f->state = RUNNING;
	l->running = f;
	l->turn_ns = clock_mono_ns();
	before_switch(&l->asan_stack, f->stack, f->stack_bytes);
	if (_setjmp(l->place) == 0) {
		if (f->entered)
			_longjmp(f->place, 1);
		start_on_stack(f);
	}
	after_switch(l->asan_stack, NULL, NULL);
	l->running = NULL;
}
