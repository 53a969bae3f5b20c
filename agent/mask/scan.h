/* Looking for identifiers from one place of a text on. A detector reads by scan_at() only: what it cannot see yet is noted, and then
 * its answer does not count, so that no decision ever depends on where the text was cut. */
#ifndef PHIGATE_MASK_SCAN_H
#define PHIGATE_MASK_SCAN_H

#include "buf.h"
#include "columns.h"
#include "dictionary.h"
#include "entity.h"
#include "hash.h"
#include "known.h"
#include "lexicon.h"
#include "reading.h"

#define SCAN_BYTES 496                           /* how far one decision may see; with a character that the end cuts within 512 */

#define CONTEXT_WORDS 3
#define BADGE_LEAST 3                            /* digits behind "Banner #", whose badge it is */
#define CONTEXT_NAMES 64
#define CONTEXT_MASKED 1                         /* instead of a word's hash: an identifier stood there */
#define CONTEXT_NAME 2                           /* a name */
#define CONTEXT_ADDRESS 3
#define CONTEXT_CITY 4
#define CONTEXT_DATE 5
#define CONTEXT_ZIP 6
#define CONTEXT_LAST CONTEXT_ZIP                /* above, it is a word */

/* What stands between the last word and here; the strongest counts. */
enum gap { GAP_NONE, GAP_SPACE, GAP_COMMA, GAP_BRACKET, GAP_COLON, GAP_STOP, GAP_LINE };

/* All that is remembered of the text so far. */
struct context {
	uint64_t before[2];              /* hashes of the words before, the last one first; 0: none, or an identifier */
	enum gap gap;
	enum label label;
	int16_t known;                   /* which of the known labels it is (labels.h), from 1; 0: none, as the head of a column */
	bool mark;                       /* a colon, "#", "number" or the like has come between label and here */
	bool needs_mark;                 /* without one the label means nothing */
	bool near, brief;                /* but for codes right behind it; for short ones, too */
	bool list;                       /* the label holds for several values: "cc: A; B and C" */
	bool far;                        /* it may hold on over words that say nothing */
	bool again;                      /* its value was there; one more may follow: "MRN 84729315 and 84729316" */
	bool ending;                     /* "ending in": the last four digits follow */
	uint8_t least;                   /* digits that a value must have, when the label alone says little; 0 */
	uint8_t identifiers;             /* FHIR: how many words and signs further "value" is still one of "identifier": [{"value": … */
	uint8_t nested;                  /* brackets that were opened since */
	uint8_t hidden;                  /* signs that hide something before here: "xxx-xx-", "****" */
	uint8_t age;                     /* units since the label */
	uint8_t breaks;                  /* line feeds since the label */
	uint16_t last;                   /* the unit before; 0 at the beginning */
	bool key;                        /* the text is a key of JSON */
	uint8_t initials;                /* words of one letter right before */
	bool person;                     /* a name stands before in the line, and since then only what is told with one: a day, an age, a sex */
	bool glued;                      /* the words before are joined by one space or sign each */
	uint64_t words[CONTEXT_WORDS];   /* hashes of the words before, the last one first; 0: none */
	unsigned int tried;              /* how much was tried since the last sign that ends codes, so that no text is dear */
	struct columns columns;
	uint64_t names[CONTEXT_NAMES];   /* hashes of name parts that were found */
	uint64_t names_seen;             /* a bit of each that ever was, so that most words cost one look */
	uint8_t n_names, next_name;
	uint8_t days;                    /* dates that were found, 3 at most */
};

static inline uint64_t context_name_bit(uint64_t hash)
{
	return (uint64_t)1 << (word_mix(hash) >> 58);
}

struct finding {
	size_t end;                      /* unit behind it */
	size_t start;                    /* unit where it begins: behind i when something stays before it */
	enum entity entity;
	const char *rule;
	int custom;                      /* which of the policy's own, -1 */
	bool swallow;                    /* what follows of the same run belongs to it */
};

#define PARTS_MAX 6
#define SCAN_PARTS_BITS 5
#define SCAN_PARTS (1 << SCAN_PARTS_BITS)        /* not more: a bit each */
#define PART_UNITS 40

enum shape { SHAPE_NOT, SHAPE_LOWER, SHAPE_INITIAL, SHAPE_CAPITALS, SHAPE_NAME };      /* "x1", "jane", "J", "JANE", "Jane" */

/* Small, for it is copied often. */
struct part {
	uint64_t hash;                   /* of its letters, hyphens and apostrophes */
	word_set words;                  /* word_kinds() */
	uint32_t start, end;
	uint32_t from;                   /* read from there; UINT32_MAX: it would be the same from any place before it */
	enum shape shape;
	unsigned int care;               /* CARE_* */
	unsigned int dictionary;         /* dictionary_find(); of "Smith-Jones" what its halves are */
	bool foreign;                    /* it has letters that are not of ASCII */
};

#define TRIED_MAX 16

struct mask_engine;
struct digits;
struct custom;
struct scan {
	const struct mask_engine *engine;
	const struct reading *r;
	const struct context *context;
	const struct known *known;       /* names that were known before the text began; may be NULL */
	size_t i;                        /* where the detectors begin; see scan_move() */
	size_t seen;                     /* units before this one can be seen from there */
	size_t token;                    /* unit behind the letters and digits that begin there */
	bool digits, letters;            /* all are digits; there are letters among them */
	uint64_t hash;                   /* of the token, as word_hash() makes it */
	const struct word *word;         /* what the lexicon knows of it */
	struct part *part;               /* SCAN_PARTS: what was read of the words from there on, for all who ask; see parts.c */
	uint32_t parts;                  /* which of them are filled, a bit each */
	struct digits *number;           /* what was read of the digits at s->i, likewise; valid when number_at is s->i */
	size_t number_at;
	unsigned int tried;              /* dear things that were tried at s->i; see context */
	const struct secret *secret;     /* masked wherever it stands; may be empty */
	size_t secret_at;                /* the first unit from i on where it may begin */
	size_t border;                   /* offset of the text's first byte in the window: what stands before it is context; 0: none there */
	struct custom *custom;           /* what the policy's patterns work with; NULL: none was tried yet */
	bool decoded;                    /* the text came out of an encoding: it is not decoded once more */
	bool cut;                        /* something looked behind what is there */
};

/* Let the detectors begin at place i, which lies behind the one where they began before. */
static inline void scan_move(struct scan *s, size_t i)
{
	const struct reading *r = s->r;

	s->i = i;
	if (r->plain)
		s->seen = r->n - i < SCAN_BYTES ? r->n : i + SCAN_BYTES;
	else
		while (s->seen < r->n && r->at[s->seen] - r->at[i] < SCAN_BYTES)
			s->seen++;
}

/* The unit at place j; 0 behind the text's end, behind what can be seen yet (noted), and behind SCAN_BYTES. */
static inline uint16_t scan_at(struct scan *s, size_t j)
{
	if (j < s->seen)
		return s->r->c[j];
	/* behind the last unit, too: what is passed over counts, so that it cannot fill the window */
	if (j >= s->r->n && !s->r->final && s->r->at[s->r->n] - s->r->at[s->i] < SCAN_BYTES)
		s->cut = true;
	return 0;
}

/* May something dear be tried here? */
static inline bool scan_try(struct scan *s, unsigned int cost)
{
	s->tried += cost;
	return s->context->tried + s->tried <= TRIED_MAX;
}

static inline bool is_digit(uint16_t c)
{
	return c >= '0' && c <= '9';
}

/* 19.., 20.. at place j */
static inline bool starts_year(struct scan *s, size_t j)
{
	return (scan_at(s, j) == '1' && scan_at(s, j + 1) == '9') || (scan_at(s, j) == '2' && scan_at(s, j + 1) == '0');
}

static inline bool is_alpha(uint16_t c)
{
	return c < 0x80 ? (c | 32) >= 'a' && (c | 32) <= 'z' : reading_is_letter(c);
}

static inline bool is_upper(uint16_t c)
{
	return c < 0x80 ? c >= 'A' && c <= 'Z' : reading_is_upper(c);
}

static inline bool is_alnum(uint16_t c)
{
	return is_digit(c) || is_alpha(c);
}

/* ---- detectors: true, and *f says what begins at s->i ---- */
typedef bool detector(struct scan *s, struct finding *f);

detector scan_date, scan_ip, scan_phone, scan_ssn, scan_card, scan_zip, scan_number;                 /* numbers.c */
detector scan_form;                                                                                  /* forms.c */
detector scan_labelled, scan_beside, scan_glued, scan_rest, scan_before, scan_user_name;             /* labelled.c */
detector scan_email, scan_url, scan_ip6, scan_mac;                                                   /* network.c */
detector scan_beside_name;                                                                           /* beside.c */
detector scan_code;                                                                                  /* codes.c */
detector scan_encoded, scan_data;                                                                    /* encoded.c */
detector scan_name, scan_known_name;                                                                 /* names.c */
detector scan_written_date;                                                                          /* written.c */
detector scan_scanned;                                                                               /* scanned.c */
detector scan_spelled;                                                                               /* spelled.c */
detector scan_small_initial, scan_small_place;                                                       /* small.c */
detector scan_extension;                                                                             /* extensions.c */
detector scan_day;                                                                                   /* days.c */
detector scan_holiday;                                                                               /* holidays.c */
detector scan_age;                                                                                   /* ages.c */
detector scan_postcode;                                                                              /* abroad.c */
detector scan_address, scan_spoken_address, scan_city, scan_county;                                  /* places.c */
detector scan_facility;                                                                              /* facilities.c */
detector scan_person;                                                                                /* people.c */
detector scan_typist;                                                                                /* typists.c */
detector scan_weighed, scan_weighed_house;                                                                               /* weighed.c */
detector scan_weighed_code;                                                                          /* weighed_codes.c */
detector scan_custom, scan_custom_inside;                                                            /* custom.c */

bool forms_are_public(struct scan *s);                   /* forms.c: the code there is a trial's, an article's, a disease's */

/* ---- words ---- */
/* Move on over one word, the scan's token, or one sign: they stay as they are. */
void context_word(struct context *context, const struct scan *s);
void context_sign(struct context *context, uint16_t c);
const char *context_label(const struct context *context);             /* its words; NULL: see known */
void context_masked(struct context *context, enum entity entity);     /* an identifier was found here */

/* A word that is and ends no label, when there is no label before it. */
static inline void context_plain_word(struct context *c, uint64_t hash, uint16_t last)
{
	columns_plain_word(&c->columns, hash);
	c->before[1] = c->gap < GAP_STOP ? c->before[0] : 0;
	c->before[0] = hash;
	c->gap = GAP_NONE;
	c->words[2] = c->glued ? c->words[1] : 0;
	c->words[1] = c->glued ? c->words[0] : 0;
	c->words[0] = hash;
	c->glued = true;
	c->hidden = c->initials = 0;
	c->person = false;
	c->last = last;
}

/* The same behind such a word and one space, which is not told of. */
static inline void context_plain_again(struct context *c, uint64_t hash, uint16_t last)
{
	columns_plain_word(&c->columns, hash);
	c->before[1] = c->before[0];
	c->before[0] = hash;
	c->words[2] = c->words[1];
	c->words[1] = c->words[0];
	c->words[0] = hash;
	c->last = last;
}

/* A space, as most signs are, when there is no label. */
static inline void context_space(struct context *c)
{
	c->tried = 0;
	c->glued = c->glued && c->last != ' ';
	c->last = ' ';
	c->gap = c->gap == GAP_NONE ? GAP_SPACE : c->gap;
}

/* What the lists of words.c say of one. */
#define W(bit) ((word_set)1 << (bit))
#define WORD_STOP         W(0)	/* no name, however it is written */
#define WORD_ALSO_NAME    W(1)	/* of these, what people are called, too */
#define WORD_CREDENTIAL   W(2)	/* "MD" */
#define WORD_PARTICLE     W(3)	/* "van" */
#define WORD_KIN          W(4)	/* "son", "interpreter": beside names, "her son Kwame", "Kwame's son" */
#define WORD_ROLE         W(5)	/* "patient", "subscriber" */
#define WORD_ADDRESS      W(6)	/* "hello", "told", "per" */
#define WORD_YOU          W(7)
#define WORD_WITH         W(8)	/* "with", "by" */
#define WORD_MEET         W(9)	/* "spoke" (with) */
#define WORD_PLACE_BEFORE W(10)	/* "in", "from" */
#define WORD_PLACE_FIRST  W(11)	/* "North" */
#define WORD_VERB         W(12)	/* what people do: "reports" */
#define WORD_BE           W(13)	/* "is", "had" */
#define WORD_HAVE         W(14)
#define WORD_PARTICIPLE   W(15)	/* what happens to people: (was) "seen" */
#define WORD_THING        W(16)	/* "disease", "catheter", behind the name of who found it */
#define WORD_STATE        W(17)	/* a state's name, which people also have */
#define WORD_ARTICLE      W(18)
#define WORD_AND          W(19)
#define WORD_NUMBER       W(20)	/* "MRN" */
#define WORD_ROMAN        W(21)
#define WORD_MONTH        W(22)
#define WORD_DATE_BEFORE  W(23)	/* "on", "since" */
#define WORD_AGE          W(24)	/* "year", "month" */
#define WORD_YEARS        W(25)
#define WORD_STREET       W(26)	/* "Avenue" */
#define WORD_GENERIC      W(27)	/* "community", "general": of the names of hospitals */
#define WORD_LIVES        W(30)	/* "lives", "moved" (to) */
#define WORD_IN           W(31)	/* of WORD_PLACE_BEFORE: "in" */
#define WORD_FROM         W(32)	/* "from" */
#define WORD_ON           W(33)	/* "on": a street */
#define WORD_BY           W(35)
#define WORD_COUNTY       W(34)
#define WORD_EPONYM       W(36)	/* "Foley", "Holter": things bear these names more often than people who are met */
#define WORD_SPEAKER      W(37)	/* "Doctor": whose words stand behind a colon */
#define WORD_WHOSE        W(38)	/* "his", "a", "who": of a person who was just named */
#define WORD_TWIN         W(39)
#define WORD_ADVERB       W(40)	/* "also": between a person and a verb */
#define WORD_DAY          W(50)	/* "seen", "labs": a day without a year follows, and no score */
#define WORD_DAY_CUE      W(51)	/* "before", "to": so may many other numbers */
#define WORD_HOLIDAY      W(52)
#define WORD_SEASON       W(53)
#define WORD_OWN          W(54)	/* "her", "his" */
#define WORD_SUBJECT      W(55)	/* "she", "patient": who is of an age */
#define WORD_DIED         W(56)	/* (at) an age */
#define WORD_BORN         W(57)	/* (in) a year */
#define WORD_PERIOD       W(58)	/* "early", "last" (March) */
#define WORD_SCORE        W(59)	/* "MoCA", "page": a score or a part follows, also one that could be a day */
#define WORD_SHARE        W(60)	/* behind one: "strength", "tablet", "of" */
#define WORD_SERVICE      W(48)	/* "peds", "cards": somebody of it may follow */
#define WORD_ABBREVIATED  W(49)	/* "Wm", "Chas": a first name, before a full stop */
#define WORD_BESIDE       W(47)	/* "pcp": a name in small letters may follow */
#define WORD_AFTER_AGE    W(61)	/* "and", "now": behind an age */
#define WORD_VITAL        W(62)	/* "temp", "HR": before what is measured */
#define WORD_SMALL        W(29)	/* "ping", "guy": also names, but not in small letters */
#define WORD_IS           W(28)	/* "is", "'s" */
#define WORD_HUMAN        W(41)	/* (is a) "retired" */
#define WORD_ROAD_FIRST   W(42)	/* "rue", "Calle": a street's name follows */
#define WORD_ROAD_LAST    W(43)	/* "utca", "trg": its number follows */
#define WORD_PROVINCE     W(46)	/* of Canada and Australia */
#define WORD_RESULT       W(63)	/* (is) "negative": a test */
#define WORD_SENT         W(45)	/* "return", "mailed" (to), "meet me" (at): an address may follow */
#define WORD_DIRECTION    W(44)	/* "N", "West": of streets */

/* Numbers and days in words are a list of their own. */
enum {
	NUMBER_UNIT = 1,                 /* "one" to "nine" */
	NUMBER_ORDINAL = 2,              /* "third" */
	NUMBER_TENS = 4,                 /* "twenty" */
	NUMBER_NINETY = 8, NUMBER_ONE = 16, NUMBER_HUNDRED = 32,
	NUMBER_THE = 64, NUMBER_OLD = 128, NUMBER_WEEKDAY = 256, NUMBER_AND = 512, NUMBER_AGED = 1024,       /* "nonagenarian" */
	NUMBER_FORTY = 2048, NUMBER_THOUSAND = 4096, NUMBER_ROUTE = 16384,       /* "rr" (2 box 118) */
	NUMBER_DAY = 8192,               /* "Christmas", "Spring" */
};
static inline unsigned int number_kinds(uint64_t hash)
{
	return lexicon_find(hash)->numbers;
}

static inline word_set word_kinds(uint64_t hash)
{
	return lexicon_find(hash)->kinds;
}

#endif
