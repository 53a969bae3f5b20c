#include "lone.h"

#include "abroad.h"
#include "blocks.h"
#include "boxes.h"
#include "care.h"
#include "facilities.h"
#include "simple.h"

#define FEW_DIGITS 5
#define ALL (LONE_STREET | LONE_CARE | LONE_TOWN | LONE_PERSON | LONE_MORE)

/* Up to where can be read without a look at what is not there yet? */
static size_t seen(const struct scan *s)
{
	return s->seen < s->secret_at ? s->seen : s->secret_at;
}

/* The word in small letters at place i that no name goes on with, and that nothing is joined to; NULL: there is none. */
static const struct word *dull_word(const struct scan *s, size_t i)
{
	struct simple w;
	uint16_t sign;

	if (s->r->ascii[i] < 'a' || s->r->ascii[i] > 'z' || !simple_next(s->r, i, seen(s), &w))
		return NULL;
	sign = s->r->c[w.end];
	if (sign == '-' || sign == '\'' || sign == '_' || (w.end == i + 1 && sign != ' '))
		return NULL;
	return !w.word->joint && !(w.word->kinds & (WORD_PARTICLE | WORD_ROAD_FIRST | WORD_ROAD_LAST)) ? w.word : NULL;
}

/* Do digits stand at place i, fewer than a ZIP code has? */
static bool are_few(const struct scan *s, size_t i)
{
	size_t n = 0;

	while (n < FEW_DIGITS && i + n + 1 < seen(s) && is_digit(s->r->c[i + n]))
		n++;
	return n && n < FEW_DIGITS && i + n + 1 < seen(s);
}

/* Is the token of letters of ASCII alone, behind which no name goes on? *next: the word behind, where one stands there; *number: a short
 * number stands there. */
static bool is_lone(const struct scan *s, const struct word **next, bool *number)
{
	const uint16_t *c = s->r->c;
	size_t end = s->token;

	if (s->digits || end - s->i < 2 || end + 2 >= seen(s))
		return false;
	for (size_t i = s->i; i < end; i++)
		if (s->r->ascii[i] >= 0x80 || is_digit(c[i]))
			return false;
	switch (c[end]) {
	case '\'':                                       /* "It's late" */
		return c[end + 1] == 's' && c[end + 2] == ' ' && (*next = dull_word(s, end + 3)) != NULL;
	case ' ':
		if ((*number = are_few(s, end + 1)))
			return true;
		return (*next = dull_word(s, end + 1)) != NULL;
	case ',':
		return c[end + 1] == ' ' && c[end + 2] >= 'a' && c[end + 2] <= 'z';
	case '.':                                        /* "St. Luke", "Jos. Krall" */
		return end - s->i > 4 && (c[end + 1] == ' ' || c[end + 1] == '\n');
	case '!': case '?': case ':':
		return c[end + 1] == ' ';
	}
	return false;
}

unsigned int lone_kinds(const struct scan *s)
{
	const struct context *c = s->context;
	const struct word *before, *next = &lexicon_none;
	const uint32_t unshown = CARE_LEAD | CARE_UNIT | CARE_MOVE;      /* with which no place's name begins */
	word_set own = s->word->kinds, there;
	unsigned int kinds = 0, bits;
	bool stop, safe, number = false;

	if (!is_lone(s, &next, &number))
		return ALL;
	before = lexicon_find(c->before[0]);
	there = c->gap == GAP_SPACE ? before->kinds : 0;
	stop = (own & (WORD_STOP | WORD_ALSO_NAME)) == WORD_STOP;
	bits = stop ? DICTIONARY_SAFE : dictionary_find(s->hash);
	safe = bits & DICTIONARY_SAFE;
	if ((own & WORD_ROAD_FIRST) || (there & WORD_ON) || blocks_awaited(c) || boxes_may_begin(s->r->c + s->i) ||
	    (number && (s->token - s->i >= ABROAD_JOINED_LEAST || boxes_home_may_begin(s->r->c[s->i]))))
		kinds |= LONE_STREET;
	/* in small letters only a name of its own goes on */
	if ((s->word->care & ~unshown) || (before->care & ~(uint32_t)CARE_UNIT) || c->label == LABEL_FACILITY || facilities_may_begin(s->hash) ||
	    care_is_brand(s->r->c + s->i, s->token - s->i) || (!safe && ((next->care & ~(uint32_t)CARE_UNIT) || (next->kinds & WORD_GENERIC))))
		kinds |= LONE_CARE;
	if (c->label == LABEL_CITY || c->label == LABEL_COUNTY || c->before[0] == CONTEXT_ADDRESS || c->before[0] == CONTEXT_ZIP || (there & WORD_PLACE_BEFORE))
		kinds |= LONE_TOWN;
	/* neither a name nor weighed as one */
	if (!stop && (!safe || (own & WORD_ALSO_NAME) || (bits & (DICTIONARY_FIRST | DICTIONARY_LAST | DICTIONARY_PLACE))))
		kinds |= LONE_PERSON;
	if (number)                                      /* "MI 4471902" */
		kinds |= LONE_MORE;
	return kinds;
}
