#include "lexicon.h"

#include "columns.h"
#include "detect.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 8192                               /* power of two, over twice the words */
#define FILTER 65536                             /* a bit for each hash, so that most other words cost one look */

static struct word table[SLOTS];
static uint64_t filter[FILTER / 64];
static size_t used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	words_fill();
	labels_fill();
	columns_fill();
	detect_ready();
}

void lexicon_ready(void)
{
	pthread_once(&once, fill);
}

struct word *lexicon_add(uint64_t hash)
{
	size_t bit = (size_t)(word_mix(hash) >> 48), at = hash & (SLOTS - 1);

	while (table[at].hash && table[at].hash != hash)
		at = (at + 1) & (SLOTS - 1);
	if (!table[at].hash) {
		if (++used > SLOTS / 2)
			abort();                         /* a list has grown over the table */
		table[at] = (struct word){.hash = hash, .label = -1};
		filter[bit / 64] |= 1ULL << bit % 64;
	}
	return &table[at];
}

const struct word *lexicon_find(uint64_t hash)
{
	static const struct word none = {.label = -1};
	size_t bit = (size_t)(word_mix(hash) >> 48);

	if (!(filter[bit / 64] >> bit % 64 & 1))
		return &none;
	for (size_t at = hash & (SLOTS - 1); table[at].hash; at = (at + 1) & (SLOTS - 1))
		if (table[at].hash == hash)
			return &table[at];
	return &none;
}
