#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <strings.h>

#include "wipe.h"

struct slice slice_str(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

bool slice_is(struct slice s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool slice_is_nocase(struct slice s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
	if (b->data)
		wipe(b->data, b->len);
	free(b->data);
	buf_init(b, b->max);
}

/* realloc() may leave the old bytes behind, so grow by copying. */
static enum rc grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 64;
	char *data;

	if (need < b->len || need > b->max)
		return b->rc = RC_TOO_BIG;
	while (cap < need + 1)
		cap *= cap < 4096 ? 4 : 2;
	data = malloc(cap);
	if (!data)
		return b->rc = RC_NOMEM;
	if (b->data) {
		memcpy(data, b->data, b->len + 1);
		wipe(b->data, b->len);
		free(b->data);
	} else {
		data[0] = '\0';
	}
	b->data = data;
	b->cap = cap;
	return RC_OK;
}

char *buf_grow(struct buf *b, size_t n)
{
	if (b->rc != RC_OK)
		return NULL;
	if ((b->cap < b->len + n + 1 || b->len + n > b->max) && grow(b, b->len + n) != RC_OK)
		return NULL;
	return b->data + b->len;
}

enum rc buf_lock(struct buf *b, size_t n)
{
	if (buf_grow(b, n))
		(void)!mlock(b->data, b->cap);
	return b->rc;
}

static enum rc put_digits(struct buf *b, unsigned long long n, unsigned int base)
{
	char text[24], *at = text + sizeof text;

	do
		*--at = "0123456789abcdef"[n % base];
	while (n /= base);
	return buf_add(b, at, (size_t)(text + sizeof text - at));
}

enum rc buf_put_number(struct buf *b, unsigned long long n)
{
	return put_digits(b, n, 10);
}

enum rc buf_put_hex(struct buf *b, unsigned long long n)
{
	return put_digits(b, n, 16);
}

enum rc buf_printf(struct buf *b, const char *fmt, ...)
{
	char *at = buf_room(b, 0);
	size_t room = at ? b->cap - b->len : 0;
	va_list args;
	int n;

	if (!at)
		return b->rc;
	va_start(args, fmt);
	n = vsnprintf(at, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room || (size_t)n > b->max - b->len) {
		wipe(at, room);                  /* what fitted; all of it follows once there is room */
		if (n < 0)
			return b->rc = RC_FAULT;
		at = buf_room(b, (size_t)n);
		if (!at)
			return b->rc;
		va_start(args, fmt);
		vsnprintf(at, (size_t)n + 1, fmt, args);
		va_end(args);
	}
	buf_added(b, (size_t)n);
	return RC_OK;
}

void buf_consume(struct buf *b, size_t n)
{
	size_t rest = b->len - n;

	if (n == 0)
		return;
	memmove(b->data, b->data + n, rest);
	buf_truncate(b, rest);
}

void buf_truncate(struct buf *b, size_t len)
{
	if (!b->data || len >= b->len)
		return;
	wipe(b->data + len, b->len - len);
	b->len = len;
}

char *buf_take(struct buf *b, size_t *n)
{
	char *data = buf_room(b, 0) ? b->data : NULL;

	if (n)
		*n = b->len;
	if (data)
		buf_init(b, b->max);
	return data;
}
