#include "lexicon.h"

#include "boxes.h"
#include "care.h"
#include "columns.h"
#include "detect.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 16384                              /* power of two, over twice the words */

static struct word table[SLOTS];
uint64_t lexicon_filter[LEXICON_FILTER / 64];
struct spelled lexicon_spelled[1 << LEXICON_SPELLED_BITS];
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
	boxes_fill();
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

static void spell(const char *word, size_t n, const struct word *entry)
{
	uint64_t low = 0, high = 0;
	size_t at;

	if (n == 0 || n > LEXICON_LETTERS)
		return;
	for (size_t i = 0; i < n; i++) {
		if (word[i] < 'a' || word[i] > 'z')
			return;
		*(i < 8 ? &low : &high) |= (uint64_t)word[i] << i % 8 * 8;
	}
	for (at = lexicon_slot(low, high); lexicon_spelled[at].hash; at = (at + 1) & ((1 << LEXICON_SPELLED_BITS) - 1))
		if (lexicon_spelled[at].hash == entry->hash)
			return;
	lexicon_spelled[at] = (struct spelled){low, high, entry->hash, entry};         /* fewer than entries, so there is room */
}

struct word *lexicon_add_word(const char *word, size_t n)
{
	uint64_t hash = WORD_HASH;
	struct word *entry;

	for (size_t i = 0; i < n; i++)
		hash = word_hash(hash, (unsigned char)word[i]);
	entry = lexicon_add(hash);
	spell(word, n, entry);
	return entry;
}

struct word *lexicon_add_next(const char **list)
{
	const char *p = *list + strspn(*list, " ");

	*list = p + strcspn(p, " ");
	return p == *list ? NULL : lexicon_add_word(p, (size_t)(*list - p));
}

const struct word *lexicon_look_up(uint64_t hash)
{
	for (size_t at = hash & (SLOTS - 1); table[at].hash; at = (at + 1) & (SLOTS - 1))
		if (table[at].hash == hash)
			return &table[at];
	return &lexicon_none;
}
