#include "detect.h"

#include <string.h>

#include "care.h"
#include "custom.h"
#include "dictionary.h"
#include "digits.h"
#include "extend.h"
#include "labels.h"
#include "lone.h"
#include "secret.h"
#include "simple.h"

#define PLAIN_MAX 20                             /* a longer word may be an encoding */

#define INITIALS_MAX 16                          /* words of one letter in a row; one more of such a row begins no name */

#define LONE_SHIFT 15

/* What begins at a place; a detector is asked where one of its own is true. */
enum {
	AT_DIGIT = 1,
	AT_SIGN = 2,
	AT_MIXED = 4,            /* letters and digits */
	AT_LOCAL = 8,            /* a sign of mail addresses stands behind letters or digits */
	AT_HOST = 16,            /* of web addresses */
	AT_COLON = 32,
	AT_CODED = 64,           /* of encodings */
	AT_LABELLED = 128,       /* a label stands before the letters */
	AT_NAMED = 256,          /* what announces a name does */
	AT_CAPITAL = 512,
	AT_NUMBER = 1024,        /* a number, a day or a month in words */
	AT_PARTICLE = 2048,      /* "van", and names in small letters */
	AT_APART = 4096,         /* in place of AT_DIGIT, the first of three digits apart: "5 3 6" */
	AT_LONE = 8192,          /* a letter before another one, or an initial's full stop: "F O N", "k. mcadoo" */
	AT_OWN = 16384,          /* what places of care are called after, in small letters: "lakeshore" */
	/* with AT_CAPITAL, what may begin with the word */
	AT_STREET = LONE_STREET << LONE_SHIFT, AT_CARE = LONE_CARE << LONE_SHIFT, AT_TOWN = LONE_TOWN << LONE_SHIFT,
	AT_PERSON = LONE_PERSON << LONE_SHIFT, AT_MORE = LONE_MORE << LONE_SHIFT,
};
#define WHERES (LONE_SHIFT + LONE_KINDS)

static const struct {
	detector *scan;
	unsigned int where;
	unsigned int digits;             /* DIGITS_*: forms of a number, of digits alone, that it is asked for */
} DETECTORS[] = {
	{scan_labelled, AT_DIGIT | AT_APART | AT_LABELLED | AT_SIGN, DIGITS_TOLD},
	{scan_glued, AT_MIXED, DIGITS_ANY},
	{scan_rest, AT_DIGIT | AT_APART, DIGITS_TOLD},
	{scan_ssn, AT_DIGIT | AT_APART | AT_LABELLED, DIGITS_SSN | DIGITS_APART},
	{scan_scanned, AT_DIGIT | AT_MIXED | AT_SIGN | AT_NUMBER, DIGITS_SCANNED},
	{scan_date, AT_DIGIT, DIGITS_DATE},
	{scan_written_date, AT_DIGIT | AT_NUMBER, DIGITS_WRITTEN},
	{scan_phone, AT_DIGIT | AT_APART | AT_LABELLED | AT_SIGN, DIGITS_PHONE},
	{scan_extension, AT_DIGIT | AT_APART | AT_MIXED | AT_NUMBER, DIGITS_PHONE},
	{scan_ip, AT_DIGIT, DIGITS_IP},
	{scan_email, AT_LOCAL, DIGITS_ANY},
	{scan_url, AT_HOST, DIGITS_ANY},
	{scan_data, AT_COLON, DIGITS_ANY},
	{scan_mac, AT_COLON, DIGITS_ANY},
	{scan_ip6, AT_COLON | AT_SIGN, DIGITS_ANY},
	{scan_card, AT_DIGIT | AT_APART, DIGITS_APART},
	{scan_zip, AT_DIGIT | AT_APART, DIGITS_TOLD},
	{scan_code, AT_MIXED | AT_SIGN | AT_HOST, DIGITS_ANY},
	{scan_beside, AT_DIGIT | AT_APART | AT_MIXED | AT_CODED, DIGITS_TOLD},
	{scan_before, AT_DIGIT | AT_APART, DIGITS_TOLD},
	{scan_beside_name, AT_DIGIT | AT_MIXED, DIGITS_TOLD},
	{scan_user_name, AT_MIXED, DIGITS_ANY},
	{scan_number, AT_DIGIT | AT_APART, DIGITS_TOLD},
	{scan_encoded, AT_CODED, DIGITS_ANY},
	{scan_day, AT_DIGIT, DIGITS_DAY},
	{scan_age, AT_DIGIT | AT_NUMBER, DIGITS_AGE},
	{scan_spelled, AT_LONE, DIGITS_ANY},
	{scan_small_place, AT_PARTICLE | AT_OWN, DIGITS_ANY},
	{scan_facility, AT_CARE, DIGITS_ANY},
	{scan_address, AT_DIGIT | AT_STREET | AT_LABELLED, DIGITS_STREET},
	{scan_spoken_address, AT_NUMBER, DIGITS_ANY},
	{scan_postcode, AT_DIGIT | AT_MORE, DIGITS_TOLD},
	{scan_county, AT_TOWN, DIGITS_ANY},
	{scan_city, AT_TOWN, DIGITS_ANY},
	{scan_name, AT_NAMED, DIGITS_ANY},
	{scan_known_name, AT_CAPITAL, DIGITS_ANY},
	{scan_typist, AT_CAPITAL, DIGITS_ANY},
	{scan_small_initial, AT_LONE, DIGITS_ANY},
	{scan_person, AT_PERSON | AT_PARTICLE, DIGITS_ANY},
	{scan_weighed_house, AT_DIGIT, DIGITS_HOUSE},
	{scan_form, AT_DIGIT | AT_MIXED | AT_CODED, DIGITS_DASH},
	{scan_weighed_code, AT_DIGIT | AT_MIXED | AT_CODED | AT_MORE, DIGITS_CODE},
	{scan_weighed, AT_PERSON | AT_PARTICLE, DIGITS_ANY},
};

/* Signs behind letters or digits, and what they may be a part of with them. Before other signs, and where a token stands alone, the
 * detectors of encodings and of addresses of the net find nothing. */
static const struct {
	char sign;
	unsigned int where;
} JOINTS[] = {
	{'.', AT_LOCAL | AT_HOST}, {'-', AT_LOCAL | AT_HOST | AT_COLON | AT_CODED}, {':', AT_HOST | AT_COLON}, {'/', AT_CODED},
	{'_', AT_LOCAL | AT_CODED}, {'%', AT_LOCAL | AT_CODED}, {'+', AT_LOCAL | AT_CODED}, {'@', AT_LOCAL}, {'!', AT_LOCAL}, {'$', AT_LOCAL},
	{'~', AT_LOCAL},
};

/* ASCII letters as small ones, and digits; 0: neither. */
static unsigned char small[0x80];

/* JOINTS by sign. */
static uint16_t joints[0x80];

/* Does nothing that stands behind a word, with this sign first, belong to it? */
static enum { ALONE_NOT, ALONE, ALONE_ASK } alone[0x80];

/* Signs with which nothing begins, as with most. */
static bool inert[0x80];

/* The detectors of each kind of place, a bit each. */
static uint64_t at_place[WHERES];

/* The detectors that are asked for numbers of each form, likewise. */
static uint64_t for_form[DIGITS_FORMS];
_Static_assert(sizeof DETECTORS / sizeof *DETECTORS <= 64, "a bit for each detector");

void detect_ready(void)
{
	static const char begins[] = "(+:[\\";

	for (uint16_t c = 0; c < 0x80; c++) {
		small[c] = (unsigned char)(is_alnum(c) ? lower(c) : 0);
		inert[c] = !is_alnum(c) && !memchr(begins, c, sizeof begins - 1);
	}
	for (size_t k = 0; k < sizeof JOINTS / sizeof *JOINTS; k++)
		joints[(unsigned char)JOINTS[k].sign] = (uint16_t)JOINTS[k].where;
	for (uint16_t c = 0; c < 0x80; c++)
		alone[c] = c == ' ' || c == '.' || c == ':' ? ALONE_ASK : small[c] || joints[c] || c == '(' || c == '[' || c == '{' ? ALONE_NOT : ALONE;
	for (unsigned int at = 0; at < WHERES; at++)
		for (size_t k = 0; k < sizeof DETECTORS / sizeof *DETECTORS; k++)
			at_place[at] |= DETECTORS[k].where >> at & 1 ? (uint64_t)1 << k : 0;
	for (unsigned int form = 0; form < DIGITS_FORMS; form++)
		for (size_t k = 0; k < sizeof DETECTORS / sizeof *DETECTORS; k++)
			for_form[form] |= DETECTORS[k].digits >> form & 1 ? (uint64_t)1 << k : 0;
}

/* ---- the token ----------------------------------------------------------------------------------------------------------------------------- */

struct token {
	uint64_t hash;
	unsigned int any, all;           /* bits that any unit, that each has: 0x40 is a letter's */
};

static inline uint16_t token_unit(uint16_t c)
{
	return c < 0x80 ? small[c] : reading_is_letter(c) ? c : 0;
}

/* From place j on to place to; returns where it stopped: before, the token ends there. */
static inline size_t run(const uint16_t *c, size_t j, size_t to, struct token *token)
{
	struct token t = *token;

	for (; j < to; j++) {
		uint16_t unit = c[j];

		if (unit >= 0x80) {                      /* rare */
			if (!reading_is_letter(unit))
				break;
			t.any |= 0x40;
		} else {
			unit = small[unit];
			if (!unit)
				break;
			t.any |= unit;
			t.all &= unit;
		}
		t.hash = (t.hash ^ unit) * WORD_PRIME;
	}
	*token = t;
	return j;
}

/* The first unit behind the scan's place that belongs to the text when that place stands in what is before it: there the text may begin
 * a new word where the one before it broke off. */
static size_t border(const struct scan *s, size_t stop)
{
	size_t k = s->i + 1;

	if (s->r->plain)
		return stop < s->border ? stop : s->border;
	while (k < stop && s->r->at[k] < s->border)
		k++;
	return k;
}

/* Any token: with digits, letters of other alphabets, and where the text or a secret begins in the middle of it. */
static __attribute__((noinline)) void any_token(struct scan *s)
{
	const struct reading *r = s->r;
	size_t from = s->i, j = from, stop = s->seen < from + SIMPLE_MAX ? s->seen : from + SIMPLE_MAX, secret = s->secret_at;
	struct token t = {.hash = WORD_HASH, .all = 0x40};

	if (r->at[from] < s->border)
		stop = border(s, stop);
	if (secret == from)
		secret = secret_next(s->secret, r, from + 1);
	/* a secret begins in the middle of a word, too */
	for (; (j = run(r->c, j, stop < secret ? stop : secret, &t)) == secret && j < stop; secret = secret_next(s->secret, r, j + 1))
		if (!token_unit(r->c[j]) || secret_end(s, j))
			break;
	if (j == r->n)
		scan_at(s, j);
	s->token = j;
	s->hash = t.hash;
	s->word = lexicon_find(t.hash);
	s->digits = !(t.all & 0x40);
	s->letters = t.any & 0x40;
}

/* ---- what begins there --------------------------------------------------------------------------------------------------------------------- */

/* What the sign behind the token may make of it. */
static unsigned int joined(struct scan *s, uint16_t next)
{
	unsigned int at = next < 0x80 ? joints[next] : 0;
	uint16_t behind;

	if (s->digits && (next == '.' || next == '\''))  /* "4.-x@a.org", "4'x@a.org" */
		return at | AT_LOCAL;
	if (!at || (next != '.' && next != ':'))
		return at;
	behind = scan_at(s, s->token + 1);
	if (next == ':')                                 /* what most labels end in */
		return behind == ' ' || behind == '\n' ? 0 : at;
	return is_alnum(behind) ? at : 0;
}

/* next: what stands one behind the word's end. Most often "the" and "a" begin none. */
static bool begins_number(const struct word *word, uint16_t next)
{
	if ((word->numbers & NUMBER_ROUTE) && (is_digit(next) || lower(next) == 'b'))
		return true;
	if ((word->numbers & NUMBER_UNIT) && is_alpha(next))     /* "five five five" */
		return true;
	if (!(word->numbers & (NUMBER_THE | NUMBER_ONE)))
		return word->numbers & (NUMBER_ORDINAL | NUMBER_TENS | NUMBER_FORTY | NUMBER_NINETY | NUMBER_WEEKDAY | NUMBER_AGED | NUMBER_DAY);
	next = lower(next);
	return word->numbers & NUMBER_THE ? is_digit(next) || next == 't' || next == 'f' || next == 's' || next == 'e' || next == 'n' : next == 'h';
}

/* " at ", " (at) ", "[at]", " dot ", " underscore " */
static bool is_spelled(struct scan *s, uint16_t next)
{
	size_t i = s->token;

	if (next == ' ')
		next = scan_at(s, ++i);
	if (next == '[' || next == '(' || next == '{')
		next = scan_at(s, ++i);
	if (i == s->token)
		return false;
	return next == '@' || (lower(next) == 'a' && lower(scan_at(s, i + 1)) == 't') ||
	       (lower(next) == 'd' && lower(scan_at(s, i + 1)) == 'o' && lower(scan_at(s, i + 2)) == 't') ||
	       (lower(next) == 'u' && lower(scan_at(s, i + 1)) == 'n' && lower(scan_at(s, i + 5)) == 's');
}

/* Behind "two", "a" and "the" of a small word, does a word stand that makes no number of them, as most do? */
static bool counts_no_more(const struct scan *s, const struct simple *w, size_t stop)
{
	const unsigned int small_ones = NUMBER_UNIT | NUMBER_ONE | NUMBER_THE;
	unsigned int numbers = w->word->numbers;
	struct simple next;

	if (!numbers || (numbers & ~small_ones) || s->context->label == LABEL_DATE || s->r->c[w->end] != ' ' || !simple_next(s->r, w->end + 1, stop, &next))
		return false;
	return !next.word->numbers && !(next.word->kinds & WORD_MONTH) && (!(numbers & NUMBER_UNIT) || !digits_word(next.hash));
}

/* Does the word begin a number or a day? next: what stands one behind its end. */
static bool begins_any(const struct word *word, uint16_t next)
{
	return (word->kinds & (WORD_MONTH | WORD_PARTICLE)) || (word->numbers && begins_number(word, next));
}

/* A small word in capitals that none of the detectors of names and places lets begin one: "The", "Patient". It must stand alone, so that
 * it is the same word for them. */
static bool begins_no_name(const struct word *word, const uint16_t *c, size_t n)
{
	return word->no_name && n >= 2 && c[n] < 0x80 && c[n] != '-' && c[n] != '\'' &&
	       !(lower(c[0]) == 'p' && lower(c[1]) == 'o') &&    /* "PO Box" */
	       !(n == 2 && c[0] == 'U' && c[1] == 'S') &&        /* "US 550" */
	       !(n == 4 && c[0] == 'U' && c[1] == 'n');          /* "Unit 4B, 118 Harbor Way" */
}

/* In small letters: a name by the dictionaries, and no word of notes? */
static inline bool is_small_name(const struct word *word, uint64_t hash)
{
	return word == &lexicon_none && dictionary_may_name(hash);
}

/* What places of care are called after, in small letters? */
static inline bool is_small_own(const struct word *word)
{
	return (word->care & CARE_OWN) && !(word->kinds & WORD_STOP);
}

/* Before the sign that stands behind a lone letter: may more of a name's letters follow, or the rest of a name? */
static bool is_spelled_on(uint16_t next, uint16_t one, uint16_t two, uint16_t three)
{
	if (next == '.' || next == ',')
		return one == ' ' && is_alpha(two) && (is_alnum(three) ? next == '.' && !is_upper(two) : next == ',');
	return (next == ' ' || next == '-') && is_alpha(one) && (!is_alnum(two) || (next == ' ' && one == 'a' && two == 's' && three == ' '));
}

/* A digit, a space, and two more like it: no date, no age and no house's number begins there. */
static bool is_apart(struct scan *s)
{
	size_t i = s->i;

	return s->token == i + 1 && scan_at(s, i + 1) == ' ' && is_digit(scan_at(s, i + 2)) && scan_at(s, i + 3) == ' ' && is_digit(scan_at(s, i + 4));
}

/* "O'O'O'O'O'": a capital, and apostrophes between more letters than a word is read with. */
static bool is_row(struct scan *s)
{
	size_t n = 1;

	while (n < 11 && scan_at(s, s->i + n) == '\'' && is_alpha(scan_at(s, s->i + n + 1)))
		n += 2;
	return n >= 11 && is_upper(scan_at(s, s->i));
}

static unsigned int where(struct scan *s)
{
	const struct context *c = s->context;
	const struct word *word = s->word;
	uint16_t first = s->r->c[s->i], next;
	unsigned int at;

	if (s->token == s->i)                            /* "::1" is an address; most colons are not */
		return first == '(' || first == '+' || (first == ':' && scan_at(s, s->i + 1) == ':') ? AT_SIGN :
		       first == '\\' && scan_at(s, s->i + 1) == '\\' ? AT_HOST : 0;
	next = scan_at(s, s->token);
	at = joined(s, next);
	if (s->token - s->i > 20)
		at |= AT_CODED;
	if ((next == ' ' || next == '(' || next == '[' || next == '{') && is_spelled(s, next))
		at |= AT_LOCAL;
	if (s->digits && s->letters)
		at |= AT_MIXED;
	if (is_digit(first))
		return at | (is_apart(s) ? AT_APART : AT_DIGIT);
	if (c->label > LABEL_PLAIN && (!c->needs_mark || c->mark))
		at |= c->label < LABEL_TITLE ? AT_LABELLED : AT_NAMED;
	else if (c->near && (is_upper(first) || c->label == LABEL_USER))             /* "docket JV-4471" */
		at |= AT_MIXED;
	else if (c->label >= LABEL_TITLE && c->age <= 2 && !is_upper(first))         /* "mother latoya" */
		at |= AT_NAMED;
	if (lower(first) == 'p' && c->label != LABEL_NONE)       /* "po box" */
		at |= AT_LABELLED;
	/* in the middle of a word of many hyphens or apostrophes no name is looked for again and again */
	/* nor in a long run of initials: a name has three at most */
	if ((is_upper(first) || first >= 0x80) && !(c->initials > 3 && s->token == s->i + 1) && ((c->last != '-' && c->last != '\'') || scan_try(s, 1)) && !begins_no_name(word, s->r->c + s->i, s->token - s->i))
		at |= AT_CAPITAL | lone_kinds(s) << LONE_SHIFT;
	if (word->kinds & WORD_MONTH)
		at |= AT_NUMBER;
	if ((word->kinds & WORD_PARTICLE) && !(c->initials > INITIALS_MAX && is_row(s)))
		at |= AT_PARTICLE;
	if (word->numbers && begins_number(word, scan_at(s, s->token + 1)))
		at |= AT_NUMBER;
	if (first >= 'a' && first <= 'z' && is_small_name(word, s->hash))
		at |= AT_PARTICLE;
	if (first >= 'a' && first <= 'z' && is_small_own(word))
		at |= AT_OWN;
	if (s->token == s->i + 1 && is_spelled_on(next, scan_at(s, s->token + 1), scan_at(s, s->token + 2), scan_at(s, s->token + 3)))
		at |= AT_LONE;
	return at;
}

/* ---- words in which nothing begins ------------------------------------------------------------------------------------------------- */

/* Behind a word's end at place j, a sign of ASCII: nothing that is read together with the word. */
static inline bool stands_alone(const uint16_t *c, size_t j, size_t stop)
{
	uint16_t next;

	if (alone[c[j]] != ALONE_ASK)
		return alone[c[j]];
	if (j + 2 >= stop)
		return false;
	next = c[j + 1];
	if (c[j] == ' ')                                 /* " at ", " (at) ", " dot ", " underscore " */
		return next != '@' && next != '(' && next != '[' && next != '{' && (lower(next) != 'a' || lower(c[j + 2]) != 't') &&
		       ((next | 32) != 'd' || (c[j + 2] | 32) != 'o' || (j + 3 < stop && (c[j + 3] | 32) != 't')) &&
		       ((next | 32) != 'u' || (c[j + 2] | 32) != 'n' || (j + 3 < stop && (c[j + 3] | 32) != 'd'));
	return c[j] == ':' ? next == ' ' || next == '\n' : !is_alnum(next);
}

/* At an apostrophe: "'m", "'t", "'ll" behind a word, and nothing more. */
static bool is_contracted(const uint16_t *c)
{
	bool two = (c[1] == 'l' && c[2] == 'l') || (c[1] == 'v' && c[2] == 'e') || (c[1] == 'r' && c[2] == 'e');
	uint16_t behind = c[two ? 3 : 2];

	return (two || c[1] == 'm' || c[1] == 'd' || c[1] == 't') && behind < 0x80 && !small[behind] && behind != '\'' && behind != '-' && behind != '_';
}

/* "I have", "I don't", "I'm": a lone letter before a small word that neither joins names nor is a kind of road. */
static bool is_lone(const struct reading *r, const struct simple *w, size_t stop)
{
	const uint16_t *c = r->c;
	struct simple next;

	if (!w->word->no_name || c[w->start] != 'I' || w->end + 4 >= stop)
		return false;
	if (c[w->end] == '\'')
		return is_contracted(c + w->end);
	return c[w->end] == ' ' && c[w->end + 1] >= 'a' && simple_next(r, w->end + 1, stop, &next) &&
	       next.small && next.end > next.start + 1 && c[next.end] != '-' && (c[next.end] != '\'' || (next.end + 4 < stop && is_contracted(c + next.end))) &&
	       !next.word->joint && !(next.word->kinds & (WORD_ROAD_LAST | WORD_PARTICLE));
}

/* Does the label before a word, or what the word is to it, ask for a look at what begins with the word? See where(). */
static bool is_awaited(const struct context *c, const uint16_t *text, const struct simple *w)
{
	uint16_t first = text[w->start], second = text[w->start + 1];
	/* no name begins with it */
	bool named = !(w->word->nameless && text[w->end] != '\'' && (w->end > w->start + 1 || (first == 'I' && c->label != LABEL_SPOKEN)));

	if (c->label == LABEL_NONE)                      /* behind a hyphen it is counted: see scan_try() */
		return first < 'a' && (c->last == '-' || c->last == '\'');
	if (first == 'P' || (first == 'p' && (second == 'o' || second == 's' || w->end == w->start + 1)))        /* "po box", "psc" */
		return true;
	if (first < 'a' && (c->last == '-' || c->last == '\''))
		return true;
	if (c->label > LABEL_PLAIN && (!c->needs_mark || c->mark))
		return c->label < LABEL_TITLE || named;
	return first < 'a' ? c->near : c->label == LABEL_USER || (c->label >= LABEL_TITLE && c->age <= 2 && named);
}

/* Is it one of small letters, or a small word in capitals, in which nothing can begin? As far as can be seen up to place stop. */
static inline enum words kind(struct scan *s, const struct simple *w, size_t stop)
{
	const struct context *context = s->context;
	const uint16_t *c = s->r->c;
	const struct word *word = w->word;
	uint16_t first = c[w->start];

	if (!w->small || w->end - w->start > PLAIN_MAX || (first | 32) == 'x' || !stands_alone(c, w->end, stop))
		return WORDS_LOOK;
	if (first >= 'a' ? is_small_name(word, w->hash) : !begins_no_name(word, c + w->start, w->end - w->start) && !is_lone(s->r, w, stop))
		return WORDS_LOOK;
	if (!word->plain && begins_any(word, c[w->end + 1]) && !counts_no_more(s, w, stop))
		return WORDS_LOOK;
	if (is_small_own(word) && first >= 'a')
		return WORDS_LOOK;
	if (w->end == w->start + 1 && (w->end + 4 >= stop || is_spelled_on(c[w->end], c[w->end + 1], c[w->end + 2], c[w->end + 3])))
		return WORDS_LOOK;
	if (s->engine->n_custom && custom_may_hold(s, w->start, w->end, w->hash))
		return WORDS_LOOK;
	/* behind no label, it does nothing to the context but to be the last word */
	if (context->label == LABEL_NONE && !context->ending &&
	    (word->plain || (word->quiet && !(word->ends_phrase && context->glued && labels_phrase(context->words, w->hash) >= 0))))
		return WORDS_OVER;
	return is_awaited(context, c, w) ? WORDS_LOOK : WORDS_PLAIN;
}

/* How far can be seen of a word from the scan's place on? */
static inline size_t visible(const struct scan *s)
{
	size_t stop = s->seen < s->secret_at ? s->seen : s->secret_at;

	if (s->r->plain)                                 /* farther than any word, and where the scan moves on over some */
		stop = s->r->n < s->secret_at ? s->r->n : s->secret_at;
	return s->r->at[s->i] < s->border ? border(s, stop) : stop;
}

/* Does nothing begin with the sign at place i? */
static inline bool is_inert(const struct scan *s, size_t i, size_t stop)
{
	uint16_t c = s->r->c[i];

	return i < stop && c < 0x80 && (inert[c] || (c == ':' && i + 1 < stop && s->r->c[i + 1] != ':')) && !custom_may_begin(s->engine, c);
}

/* The words from place i on over which all can go at once, each but the last with one space behind it; returns behind them. *words: what
 * the word there is, *w; WORDS_OVER: none stands there. */
static inline size_t over_words(struct scan *s, struct context *context, size_t i, size_t stop, enum words *words, struct simple *w)
{
	const uint16_t *c = s->r->c;
	bool first = true, space = false;

	while ((*words = WORDS_OVER, simple_word(s->r, i, stop, w)) && (*words = kind(s, w, stop)) == WORDS_OVER) {
		if (first)
			context_plain_word(context, w->hash, c[w->end - 1]);
		else
			context_plain_again(context, w->hash, c[w->end - 1]);
		first = false;
		i = w->end;
		space = c[i] == ' ';
		i += space;
		if (!space || !s->r->plain)
			break;
	}
	if (space)
		context_space(context);
	return i;
}

enum words detect_words(struct scan *s, struct context *context)
{
	size_t i = s->i, from, stop = visible(s);
	enum words words;
	struct simple w;

	do {
		from = i;
		if (is_inert(s, i, stop)) {
			context_sign(context, s->r->c[i++]);
			continue;
		}
		i = over_words(s, context, i, stop, &words, &w);
		if (words != WORDS_OVER) {
			scan_move(s, i);
			s->token = w.end;
			s->hash = w.hash;
			s->word = w.word;
			s->digits = false;
			s->letters = true;
			return words;
		}
	} while (s->r->plain && i > from && i < stop);
	if (i > s->i) {
		scan_move(s, i);
		return WORDS_OVER;
	}
	any_token(s);
	return WORDS_LOOK;
}

static bool scan_secret(struct scan *s, struct finding *f)
{
	size_t end = secret_end(s, s->i);

	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ID, .rule = "credential", .custom = -1};
	return end > 0;
}

/* The detectors that the form of a number leaves. */
static uint64_t for_digits(struct scan *s)
{
	uint64_t list = 0;

	for (unsigned int forms = digits_may_be(s); forms; forms &= forms - 1)
		list |= for_form[__builtin_ctz(forms)];
	return list;
}

bool detect(struct scan *s, struct finding *f)
{
	uint64_t list = 0;

	s->tried = 0;
	if ((s->secret_at == s->i && scan_secret(s, f)) || (custom_may_begin(s->engine, s->r->c[s->i]) && scan_custom(s, f)))
		return true;
	for (unsigned int at = where(s); at; at &= at - 1)
		list |= at_place[__builtin_ctz(at)];
	if (s->digits && !s->letters)
		list &= for_digits(s);
	for (; list && !s->cut; list &= list - 1)
		if (DETECTORS[__builtin_ctzll(list)].scan(s, f)) {
			extend(s, f);
			return true;
		}
	return s->engine->n_custom && !s->cut && scan_custom_inside(s, f);
}
