#include "secret.h"

#include <string.h>

#define PART_MAX 200

static struct slice part(const struct secret *secret, size_t i)
{
	size_t from = secret->text.n * i / secret->parts;

	return (struct slice){secret->text.p + from, secret->text.n * (i + 1) / secret->parts - from};
}

static void add(unsigned char set[32], unsigned char byte)
{
	set[byte / 8] = (unsigned char)(set[byte / 8] | 1 << byte % 8);
}

static inline bool holds(const unsigned char set[32], uint16_t c)
{
	return c < 0x100 && set[c / 8] >> c % 8 & 1;
}

void secret_init(struct secret *secret, struct slice text)
{
	*secret = (struct secret){.text = text, .parts = (text.n + PART_MAX - 1) / PART_MAX};
	for (size_t i = 0; i < secret->parts; i++) {
		struct slice p = part(secret, i);

		add(secret->first, (unsigned char)p.p[0]);
		if (p.n > 1)
			add(secret->second, (unsigned char)p.p[1]);
		else
			secret->any_second = true;
	}
}

/* Two units are looked at, so that few places are looked at closely; what follows the last one is not known. */
static bool may_begin(const struct secret *secret, const struct reading *r, size_t i)
{
	return i + 1 == r->n || secret->any_second || holds(secret->second, r->c[i + 1]);
}

size_t secret_next(const struct secret *secret, const struct reading *r, size_t from)
{
	size_t i = from;

	while (secret->parts == 1 && r->plain && i < r->n) {     /* as most are */
		const char *at = memchr(r->window + i, secret->text.p[0], r->n - i);

		i = at ? (size_t)(at - r->window) : r->n;
		if (i < r->n && may_begin(secret, r, i))
			return i;
		i++;
	}
	for (; secret->parts && i < r->n; i++)
		if (holds(secret->first, r->c[i]) && may_begin(secret, r, i))
			return i;
	return r->n;
}

size_t secret_end(struct scan *s, size_t at)
{
	for (size_t i = 0; i < s->secret->parts; i++) {
		struct slice p = part(s->secret, i);
		size_t j = 0;

		while (j < p.n && scan_at(s, at + j) == (unsigned char)p.p[j])
			j++;
		if (j == p.n)
			return at + j;
	}
	return 0;
}

bool secret_in(const struct secret *secret, struct slice text)
{
	for (size_t i = 0; i < secret->parts; i++) {
		struct slice p = part(secret, i);

		if (memmem(text.p, text.n, p.p, p.n))
			return true;
	}
	return false;
}
