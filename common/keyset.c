#include "keyset.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

void keyset_init(struct keyset *set)
{
	*set = (struct keyset){0};
	random_bytes(set->salt, sizeof set->salt);
}

void keyset_free(struct keyset *set)
{
	free(set->slots);
	*set = (struct keyset){0};
}

static void key_of(const struct keyset *set, struct slice text, uint64_t key[2])
{
	struct sha256_ctx sha;
	unsigned char sum[SHA256_LEN];

	sha256_begin(&sha);
	sha256_more(&sha, set->salt, sizeof set->salt);
	sha256_more(&sha, text.p, text.n);
	sha256_end(&sha, sum);
	memcpy(key, sum, 2 * sizeof *key);
	key[0] |= 1;                                     /* never that of a free slot */
}

/* Where the key is, or would be. */
static struct keyset_slot *place(const struct keyset *set, const uint64_t key[2])
{
	size_t i = key[1] & (set->n_slots - 1);

	while (set->slots[i].key[0] && memcmp(set->slots[i].key, key, sizeof set->slots[i].key) != 0)
		i = (i + 1) & (set->n_slots - 1);
	return &set->slots[i];
}

uint64_t *keyset_find(const struct keyset *set, struct slice text)
{
	struct keyset_slot *slot;
	uint64_t key[2];

	if (!set->n_slots)
		return NULL;
	key_of(set, text, key);
	slot = place(set, key);
	return slot->key[0] ? &slot->mark : NULL;
}

static enum rc grow(struct keyset *set)
{
	struct keyset more = {.n = set->n, .n_slots = set->n_slots ? 2 * set->n_slots : 64};

	more.slots = calloc(more.n_slots, sizeof *more.slots);
	if (!more.slots)
		return RC_NOMEM;
	for (size_t i = 0; i < set->n_slots; i++)
		if (set->slots[i].key[0])
			*place(&more, set->slots[i].key) = set->slots[i];
	free(set->slots);
	set->slots = more.slots;
	set->n_slots = more.n_slots;
	return RC_OK;
}

enum rc keyset_add(struct keyset *set, struct slice text, uint64_t mark)
{
	struct keyset_slot *slot;
	uint64_t key[2];

	if (3 * set->n >= 2 * set->n_slots && grow(set) != RC_OK)
		return RC_NOMEM;
	key_of(set, text, key);
	slot = place(set, key);
	if (!slot->key[0])
		set->n++;
	memcpy(slot->key, key, sizeof slot->key);
	slot->mark |= mark;
	return RC_OK;
}
