/* For tests of what happens without memory: what this program and its processes ask for is counted, and the n-th call, or so many from the
 * n-th on, gets none. Linked with --wrap for each of the calls below, so that code of ours comes here with each of them; OpenSSL, cJSON,
 * SQLite and Vectorscan do by their own hooks. A new thread counts like memory. */
#ifndef PHIGATE_TEST_MEMORY_H
#define PHIGATE_TEST_MEMORY_H

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <hs/hs.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>


struct memory {
	atomic_bool on;
	atomic_int calls;                        /* so far */
	int fail_at, fail_n;                     /* the first is 1; 0: none */
	atomic_int hit;
	_Atomic(const void *) site[1 << 17];     /* who asked, of each call */
};
static struct memory *memory;                    /* shared with child processes */
static bool (*memory_counts_here)(void);         /* NULL: of all threads */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
DIR *__real_opendir(const char *path);
DIR *__real_fdopendir(int fd);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*entry)(void *), void *arg);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_fdopendir(int fd);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*entry)(void *), void *arg);

/* Is there some for the next call? */
static inline bool memory_is_there(const void *who)
{
	int n;

	if (!memory || !memory->on || (memory_counts_here && !memory_counts_here()))
		return true;
	n = atomic_fetch_add(&memory->calls, 1) + 1;
	if ((size_t)n < sizeof memory->site / sizeof *memory->site)
		memory->site[n] = who;
	if (!memory->fail_at || n < memory->fail_at || n >= memory->fail_at + memory->fail_n)
		return true;
	memory->hit++;
	errno = ENOMEM;
	return false;
}

#define HERE __builtin_return_address(0)

void *__wrap_malloc(size_t n)
{
	return memory_is_there(HERE) ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return memory_is_there(HERE) ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
	return memory_is_there(HERE) ? __real_realloc(p, n) : NULL;
}

char *__wrap_strdup(const char *s)
{
	return memory_is_there(HERE) ? __real_strdup(s) : NULL;
}

char *__wrap_strndup(const char *s, size_t n)
{
	return memory_is_there(HERE) ? __real_strndup(s, n) : NULL;
}

DIR *__wrap_opendir(const char *path)
{
	return memory_is_there(HERE) ? __real_opendir(path) : NULL;
}

DIR *__wrap_fdopendir(int fd)
{
	return memory_is_there(HERE) ? __real_fdopendir(fd) : NULL;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*entry)(void *), void *arg)
{
	return memory_is_there(HERE) ? __real_pthread_create(thread, attr, entry, arg) : EAGAIN;
}

/* ---- libraries ------------------------------------------------------------------------------------------------------------- */

static inline void *memory_crypto(size_t n, const char *file, int line)
{
	(void)line;
	return memory_is_there(file) ? __real_malloc(n) : NULL;
}

static inline void *memory_crypto_again(void *p, size_t n, const char *file, int line)
{
	(void)line;
	return memory_is_there(file) ? __real_realloc(p, n) : NULL;
}

static inline void memory_crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static inline void *memory_hs(size_t n)
{
	return memory_is_there(HERE) ? __real_malloc(n) : NULL;
}

static sqlite3_mem_methods memory_sqlite_real;

static inline void *memory_sqlite(int n)
{
	return memory_is_there(HERE) ? memory_sqlite_real.xMalloc(n) : NULL;
}

static inline void *memory_sqlite_again(void *p, int n)
{
	return memory_is_there(HERE) ? memory_sqlite_real.xRealloc(p, n) : NULL;
}

/* Before anything else of those libraries is used. */
static inline bool memory_begin(void)
{
	cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};
	sqlite3_mem_methods methods;

	memory = mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	cJSON_InitHooks(&hooks);
	if (hs_set_allocator(memory_hs, free) != HS_SUCCESS)
		return false;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_sqlite_real) != SQLITE_OK)
		return false;
	methods = memory_sqlite_real;
	methods.xMalloc = memory_sqlite;
	methods.xRealloc = memory_sqlite_again;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
		CRYPTO_set_mem_functions(memory_crypto, memory_crypto_again, memory_crypto_free) == 1;
}

/* Counting begins anew; fail_n calls from the fail_at-th on get nothing. */
static inline void memory_fails(int fail_at, int fail_n)
{
	memory->calls = 0;
	memory->fail_at = fail_at;
	memory->fail_n = fail_n;
	memory->hit = 0;
	memory->on = true;
}

static inline void memory_is_back(void)
{
	memory->on = false;
}

#endif
