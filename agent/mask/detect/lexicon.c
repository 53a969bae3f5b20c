#include "lexicon.h"

#include "care.h"
#include "columns.h"
#include "detect.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 16384                              /* power of two, over twice the words */

static struct word table[SLOTS];
uint64_t lexicon_filter[LEXICON_FILTER / 64];
const struct word lexicon_none = {.label = -1, .quiet = true, .plain = true};
static size_t used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_derived(struct word *word)
{
	const word_set other = WORD_ALSO_NAME | WORD_PLACE_FIRST | WORD_GENERIC | WORD_STREET | WORD_PARTICLE;

	/* it is no label, and makes none of what stands before it */
	word->quiet = word->label < 0 && word->filler < FILLER_NUMBER && word->state != STATE_NAME;
	word->plain = word->quiet && !word->ends_phrase && !(word->kinds & (WORD_MONTH | WORD_PARTICLE)) &&
		      !(word->numbers & ~(unsigned int)(NUMBER_HUNDRED | NUMBER_AND | NUMBER_OLD));
	word->nameless = (word->kinds & (WORD_STOP | WORD_ALSO_NAME | WORD_PARTICLE)) == WORD_STOP && !(word->numbers & NUMBER_WEEKDAY);
	word->no_name = (word->kinds & (WORD_STOP | other)) == WORD_STOP && !(word->care & (CARE_FIRST | CARE_LEAD));
}

static void fill(void)
{
	words_fill();
	care_fill();
	labels_fill();
	facilities_fill();
	columns_fill();
	detect_ready();
	for (size_t i = 0; i < SLOTS; i++)
		fill_derived(&table[i]);
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
		lexicon_filter[bit / 64] |= 1ULL << bit % 64;
	}
	return &table[at];
}

struct word *lexicon_add_next(const char **list)
{
	const char *p = *list + strspn(*list, " ");
	uint64_t hash = WORD_HASH;

	*list = p + strcspn(p, " ");
	if (p == *list)
		return NULL;
	while (p < *list)
		hash = word_hash(hash, (unsigned char)*p++);
	return lexicon_add(hash);
}

const struct word *lexicon_look_up(uint64_t hash)
{
	for (size_t at = hash & (SLOTS - 1); table[at].hash; at = (at + 1) & (SLOTS - 1))
		if (table[at].hash == hash)
			return &table[at];
	return &lexicon_none;
}
