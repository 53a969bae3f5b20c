/* Byte buffers that grow up to a ceiling and are wiped when they shrink, move or go: any of them may hold PHI or a secret. */
#ifndef PHIGATE_BUF_H
#define PHIGATE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "rc.h"

/* A borrowed run of bytes; not NUL-terminated. */
struct slice {
	const char *p;
	size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

struct slice slice_str(const char *s);               /* NULL gives an empty slice */
bool slice_is(struct slice s, const char *text);     /* equal bytes */
bool slice_is_nocase(struct slice s, const char *text); /* equal, ASCII case ignored */

/* data is NUL-terminated whenever it is not NULL. The first failure sticks in rc, so that a run of appends is checked once. */
struct buf {
	char *data;
	size_t len, cap, max;
	enum rc rc;
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

void buf_init(struct buf *b, size_t max);            /* max: ceiling in bytes; no allocation yet */
void buf_free(struct buf *b);                        /* wipe and release; leaves it as after buf_init */

/* Room for n bytes of a secret at once: none of them is moved later, and the system keeps them out of swap as far as it lets us. */
enum rc buf_lock(struct buf *b, size_t n) MUST_USE;

/* Room for n more bytes at the returned place (NULL on failure); buf_added(b, k) then says that k <= n were written. */
char *buf_grow(struct buf *b, size_t n);             /* the same, where there is no room yet */
static inline char *buf_room(struct buf *b, size_t n)
{
	return b->rc == RC_OK && n < b->cap - b->len && n <= b->max - b->len ? b->data + b->len : buf_grow(b, n);
}
static inline void buf_added(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

/* Append. RC_TOO_BIG at the ceiling, RC_NOMEM; after a failure the content is what it was and further appends fail alike. */
static inline enum rc buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_room(b, n);

	if (!at)
		return b->rc;
	if (n)
		memcpy(at, p, n);
	buf_added(b, n);
	return RC_OK;
}
static inline enum rc buf_add_slice(struct buf *b, struct slice s)
{
	return buf_add(b, s.p, s.n);
}
static inline enum rc buf_add_buf(struct buf *b, const struct buf *from)  /* fails, too, when from has failed */
{
	if (from->rc != RC_OK && b->rc == RC_OK)
		b->rc = from->rc;
	return b->rc == RC_OK ? buf_add(b, from->data, from->len) : b->rc;
}
static inline enum rc buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}
static inline enum rc buf_putc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}
enum rc buf_put_number(struct buf *b, unsigned long long n);     /* decimal digits */
enum rc buf_put_hex(struct buf *b, unsigned long long n);        /* small hexadecimal digits */
enum rc buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

void buf_consume(struct buf *b, size_t n);           /* drop the first n bytes */
void buf_truncate(struct buf *b, size_t len);        /* wipe and drop all behind len */
static inline void buf_clear(struct buf *b)          /* wipe the content, keep the room, forget a failure */
{
	if (b->len)
		buf_truncate(b, 0);
	b->rc = RC_OK;
}
static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->data ? b->data : "", b->len};
}
char *buf_take(struct buf *b, size_t *n);            /* hand the NUL-terminated bytes to the caller, who wipes and frees them */

#endif
