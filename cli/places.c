#include "places.h"

#include <stdlib.h>

#include "digest.h"

#define PLACES_MAX ((size_t)1 << 21)             /* 100 MiB, for 24 exchanges in each second of a day */
#define SLOTS_MIN ((size_t)1 << 10)

/* Where its slot is, or would be. */
static uint32_t *slot_of(const struct places *p, uint64_t exchange)
{
	size_t at = (size_t)(exchange * p->scatter >> 20) & (p->n_slots - 1);

	while (p->slots[at] && p->all[p->slots[at] - 1].exchange != exchange)
		at = (at + 1) & (p->n_slots - 1);
	return &p->slots[at];
}

static enum rc grow(struct places *p)
{
	size_t cap = p->cap ? 2 * p->cap : SLOTS_MIN / 2;
	struct place *all = realloc(p->all, cap * sizeof *all);

	if (!all)
		return RC_NOMEM;
	p->all = all;
	p->cap = cap;
	free(p->slots);
	p->n_slots = 2 * cap;                    /* never more than half full */
	p->slots = calloc(p->n_slots, sizeof *p->slots);
	if (!p->slots)
		return RC_NOMEM;
	for (size_t i = 0; i < p->n; i++)
		*slot_of(p, all[i].exchange) = (uint32_t)i + 1;
	return RC_OK;
}

static enum rc note(struct places *p, const struct bundle_record *record, uint64_t first, uint64_t end)
{
	uint32_t *slot;
	enum rc rc = RC_OK;

	if (!first)
		p->begin_ns = p->end_ns = record->mono_ns;
	if (record->mono_ns > p->end_ns)
		p->end_ns = record->mono_ns;
	if (!record->exchange)
		return RC_OK;
	if (p->n == p->cap)
		rc = grow(p);
	if (rc != RC_OK)
		return rc;
	slot = slot_of(p, record->exchange);
	if (!*slot && p->n == PLACES_MAX)
		return RC_TOO_BIG;
	if (!*slot) {
		p->all[p->n++] = (struct place){record->exchange, first, end, record->mono_ns, record->mono_ns};
		*slot = (uint32_t)p->n;
	}
	p->all[*slot - 1].end = end;
	p->all[*slot - 1].end_ns = record->mono_ns;
	return RC_OK;
}

enum rc places_learn(struct bundle *b, struct places *out, struct why *why)
{
	struct bundle_record record;
	enum rc rc;

	*out = (struct places){0};
	random_bytes(&out->scatter, sizeof out->scatter);
	out->scatter |= 1;
	rc = bundle_rewind(b);
	while (rc == RC_OK) {
		uint64_t first = bundle_tell(b);

		rc = bundle_next_line(b, &record, why);
		out->lines += rc == RC_OK || rc == RC_BAD;
		if (rc == RC_BAD)                /* broken; the next one may be sound */
			rc = RC_OK;
		else if (rc == RC_OK)
			rc = note(out, &record, first, bundle_tell(b));
	}
	if (rc == RC_END)
		rc = bundle_rewind(b);
	return rc == RC_TOO_BIG ? why_set(why, rc, "it has more exchanges than can be followed") : rc;
}

void places_free(struct places *p)
{
	free(p->all);
	free(p->slots);
	*p = (struct places){0};
}

const struct place *places_of(const struct places *p, uint64_t exchange)
{
	uint32_t at = p->n ? *slot_of(p, exchange) : 0;

	return at ? &p->all[at - 1] : NULL;
}

const struct place *places_before(const struct places *p, int64_t mono_ns)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->all[middle].begin_ns <= mono_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &p->all[low - 1] : NULL;
}
