#include "known.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "hash.h"
#include "wipe.h"

struct known {
	atomic_uint refs;
	size_t n, room;                  /* room: power of two, over twice n */
	uint64_t seen;                   /* a bit of each, so that most words cost one look */
	uint64_t *order;                 /* the oldest first; behind the slots */
	uint64_t slots[];                /* open addressing; 0 is free */
};

static uint64_t bit(uint64_t hash)
{
	return (uint64_t)1 << (word_mix(hash) >> 58);
}

static size_t bytes(size_t room)
{
	return sizeof(struct known) + (room + room / 2) * sizeof(uint64_t);
}

static struct known *make(size_t n)
{
	size_t room = 16;
	struct known *k;

	while (room < n * 2 + 1)
		room *= 2;
	k = calloc(1, bytes(room));
	if (!k)
		return NULL;
	atomic_init(&k->refs, 1);
	k->room = room;
	k->order = k->slots + room;
	return k;
}

static void put(struct known *k, uint64_t hash)
{
	size_t at = (size_t)word_mix(hash) & (k->room - 1);

	while (k->slots[at] && k->slots[at] != hash)
		at = (at + 1) & (k->room - 1);
	if (k->slots[at] || !hash)
		return;
	k->slots[at] = hash;
	k->seen |= bit(hash);
	k->order[k->n++] = hash;
}

bool known_has(const struct known *k, uint64_t hash)
{
	if (!k || !(k->seen & bit(hash)))
		return false;
	for (size_t at = (size_t)word_mix(hash) & (k->room - 1); k->slots[at]; at = (at + 1) & (k->room - 1))
		if (k->slots[at] == hash)
			return true;
	return false;
}

/* The names of from, the newest first. */
static void put_newest(struct known *k, const struct known *from)
{
	for (size_t i = from ? from->n : 0; i > 0 && k->n < KNOWN_MAX; i--)
		put(k, from->order[i - 1]);
}

static void turn(struct known *k)
{
	for (size_t i = 0; i < k->n / 2; i++) {
		uint64_t hash = k->order[i];

		k->order[i] = k->order[k->n - 1 - i];
		k->order[k->n - 1 - i] = hash;
	}
}

struct known *known_with(const struct known *known, const struct known *learnt)
{
	size_t n = (known ? known->n : 0) + (learnt ? learnt->n : 0);
	struct known *k = make(n < KNOWN_MAX ? n : KNOWN_MAX);

	if (!k)
		return NULL;
	put_newest(k, learnt);                           /* what was learnt again is as new as that */
	put_newest(k, known);
	turn(k);
	return k;
}

void known_add(struct known **k, uint64_t hash)
{
	if (known_has(*k, hash) || (*k && (*k)->n == KNOWN_MAX))
		return;
	if (!*k || ((*k)->n + 1) * 2 > (*k)->room) {
		struct known *larger = make(*k ? (*k)->n * 2 : 1);

		if (!larger)
			return;
		for (size_t i = 0; *k && i < (*k)->n; i++)
			put(larger, (*k)->order[i]);
		known_unref(*k);
		*k = larger;
	}
	put(*k, hash);
}

struct known *known_ref(struct known *k)
{
	if (k)
		atomic_fetch_add(&k->refs, 1);
	return k;
}

void known_unref(struct known *k)
{
	if (!k || atomic_fetch_sub(&k->refs, 1) > 1)
		return;
	wipe(k, bytes(k->room));
	free(k);
}
