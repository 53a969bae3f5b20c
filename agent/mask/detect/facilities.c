/* Where people are treated, taught and kept: hospitals, practices, schools, shelters and the like. */
#include "around.h"
#include "care.h"
#include "facilities.h"
#include "labels.h"
#include "parts.h"

#define WORDS_MAX 8
#define INITIALS_MAX 2

/* Names of two words and more that no word shows. */
static const char *const PHRASES[] = {
	"md anderson", "johns hopkins", "mass general", "sloan kettering", "beth israel", "cedars-sinai", "good samaritan",
	"sacred heart", "rite aid", "our lady of", "mount sinai", "mt. sinai", "mt sinai", "planned parenthood",
	"head start", "salvation army", "walter reed", "medical city", "first baptist", "primary children's", "one medical", "first presbyterian",
	"first methodist", "first lutheran", "kennedy krieger", "boys town", "pick 'n save", "pick n save", "dollar general", "dollar tree", "family dollar",
	"best western", "holiday inn", "motel 6", "super 8", "days inn", "home depot", "whole foods", "trader joe's", "stop & shop", "harris teeter",
	"food lion", "giant eagle", "piggly wiggly", "price chopper", "big lots", "hobby lobby", "burger king", "taco bell", "waffle house",
	"dairy queen", "cracker barrel", "olive garden", "jiffy lube", "tractor supply", "general motors", "general electric", "lockheed martin",
	"union pacific", "home instead", "visiting angels", "ronald mcdonald", "optum rx", "express scripts", "sam's club", "cvs/pharmacy", "circle k", "kwik trip", "john deere", "meals on wheels", "winn dixie", "best buy",
};

static uint64_t phrases_seen[64];                /* a bit of the first word of each, so that most words cost one look */

static uint64_t phrase_bit(uint64_t hash)
{
	return (uint64_t)1 << (word_mix(hash) >> 52 & 63);
}

bool facilities_may_begin(uint64_t hash)
{
	return phrases_seen[word_mix(hash) >> 58] & phrase_bit(hash);
}

void facilities_fill(void)
{
	for (size_t k = 0; k < sizeof PHRASES / sizeof *PHRASES; k++) {
		uint64_t hash = WORD_HASH;

		for (const char *p = PHRASES[k]; *p >= 'a' && *p <= 'z'; p++)
			hash = word_hash(hash, (unsigned char)*p);
		phrases_seen[word_mix(hash) >> 58] |= phrase_bit(hash);
	}
}

/* How much the words before say that such a place follows. */
enum cue { CUE_NONE, CUE_WEAK, CUE_AT, CUE_GO, CUE_LABEL };      /* "with", "at", "transferred from", "Facility:" */

/* How much a word is one's own name: any that is no word of care; one that no dictionary has; a name. */
enum own { OWN_NONE, OWN_WORD, OWN_UNKNOWN, OWN_NAME };

/* Words with capitals side by side. */
struct run {
	size_t end;                      /* behind the last one that may belong to the name */
	size_t cared;                    /* behind the last one that shows that it is a place of care; 0: none does */
	int words;
	enum own own;                    /* of the one that is most so */
	unsigned int care;               /* CARE_* of all of them */
	bool joined;                     /* "The Pines at": the last word goes on */
	bool person;                     /* it begins with a first and a last name */
	bool open, whose;                /* it ends with "'s" that is no person's: "Children's"; that is one's */
	/* the word before */
	unsigned int last;
	bool kind, place_first;          /* "medical", "general"; "Mount" */
	bool of, in;                     /* "University of"; "Eye Associates of": a place follows */
	bool first_name, state, town;
	size_t known;                    /* behind the first word, when it is one where a place is expected: "Fresenius"; 0 */
	bool the;                        /* "the" stands before all of them */
	bool capitals;                   /* the word before is written in them */
	bool amp;                        /* "&" stands before the word */
	bool brand;                      /* the first word is one's that treats in many places: "PeaceHealth" */
	bool eponym;                     /* the word before is one, and all: "Barrett" */
	bool theirs;                     /* the first word is "Women's", "Children's" */
	bool phrase;                     /* the first word may begin a name that no word shows */
};

static bool found(struct finding *f, struct scan *s, size_t end, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_FACILITY, .rule = rule, .custom = -1};
	return true;
}

static enum cue cue_of(const struct context *c)
{
	unsigned int last = lexicon_find(c->before[0])->care, second = lexicon_find(c->before[1])->care;

	if (c->label == LABEL_FACILITY && (!c->needs_mark || c->mark))
		return CUE_LABEL;
	if (c->gap == GAP_COLON && (last & CARE_TO) && (second & CARE_GO))       /* "Transferred from:" */
		return CUE_GO;
	if (c->last == '(' || c->last == '@' || (c->label == LABEL_FACILITY && c->gap == GAP_SPACE && c->age <= 3))     /* "School Chaparral Point Elem" */
		return CUE_WEAK;
	if (c->gap != GAP_SPACE)
		return CUE_NONE;
	if ((last & CARE_GOES) || ((last & (CARE_AT | CARE_TO)) && (second & CARE_GO)))
		return CUE_GO;
	if ((last & CARE_WITH) && (second & CARE_RESIDENT))
		return CUE_GO;                           /* "inmate of" */
	if ((last & CARE_FOR) && (second & CARE_WORK))
		return CUE_GO;                           /* "employed by", "works for" */
	if (last & CARE_THE)
		return second & (CARE_AT | CARE_TO | CARE_WITH) ? CUE_WEAK : CUE_NONE;
	return last & CARE_AT ? CUE_AT : last & (CARE_TO | CARE_WITH) ? CUE_WEAK : CUE_NONE;
}

static bool is_possessive(struct scan *s, size_t end)
{
	return scan_at(s, end) == '\'' && lower(scan_at(s, end + 1)) == 's' && !is_alnum(scan_at(s, end + 2));
}

static enum own own_of(const struct part *p, bool place_first)
{
	const unsigned int care = CARE_END | CARE_TRADE | CARE_BODY | CARE_COMMON | CARE_FAITH | CARE_PAIR;
	const word_set words = WORD_GENERIC | WORD_EPONYM | WORD_PLACE_FIRST | WORD_CREDENTIAL;
	size_t n = p->end - p->start;

	if (p->care & CARE_OWN)
		return OWN_NAME;
	if ((p->care & CARE_CAMPUS) && p->shape == SHAPE_CAPITALS)       /* "UT Medical Center" */
		return OWN_WORD;
	if (p->shape < SHAPE_CAPITALS || (p->care & care) || (p->words & words) || (p->shape == SHAPE_CAPITALS && n < 4) ||
	    ((p->words & WORD_STOP) && !(p->words & WORD_ALSO_NAME)))
		return OWN_NONE;
	if (place_first || part_is_strong(p, DICTIONARY_FIRST | DICTIONARY_LAST | DICTIONARY_PLACE))
		return OWN_NAME;
	return part_is_unknown(p) && (p->shape == SHAPE_NAME || n > 4) ? OWN_UNKNOWN : OWN_WORD;
}

/* Does the word show that those before it, and it, are the name of a place of care? */
static bool shows(const struct run *r, const struct part *p, enum cue cue)
{
	if ((p->care & CARE_PAIR) && (r->last & (CARE_PAIR | CARE_TRADE)) && r->amp)     /* "Peninsula Bone & Joint" */
		return r->own >= (cue || (r->care & CARE_OWN) ? OWN_WORD : OWN_UNKNOWN);
	if (p->care & CARE_END)
		return r->own >= OWN_WORD || (r->care & CARE_FAITH) || (r->eponym && p->hash == label_words.hospital);
	if ((p->care & CARE_BODY) && r->theirs && cue && r->words > 1)       /* "at Women's Surgery Center" */
		return true;
	if ((p->care & CARE_BODY) && (r->kind || cue))
		return r->own >= OWN_WORD || (r->care & CARE_FAITH);
	if (p->care & (CARE_BODY | CARE_TRADE))
		return (cue && r->words > 1 && (r->care & CARE_FAITH)) || r->own >= (cue ? OWN_WORD : r->kind ? OWN_UNKNOWN : OWN_NAME);
	if ((p->care & CARE_TOWN) && p->shape == SHAPE_CAPITALS && r->town)
		return r->the || lexicon_find(p->hash)->state != STATE_CODE;         /* "Richmond VA" is a town */
	return false;
}

static void run_add(struct run *r, struct scan *s, const struct part *p, enum cue cue)
{
	enum own own = own_of(p, r->place_first);
	bool possessive = is_possessive(s, p->end);
	bool town = r->in && ((p->dictionary & DICTIONARY_PLACE) || (p->words & WORD_STATE));

	r->end = p->end + (possessive ? 2 : 0);
	r->amp = r->words && scan_at(s, p->start - 2) == '&';
	if (shows(r, p, cue) || (r->of && own) || town || ((p->care & CARE_KNOWN) && p->shape == SHAPE_CAPITALS))
		r->cared = r->end;
	r->brand = r->words ? r->brand : (p->care & CARE_BRAND) || (care_is_brand(s->r->c + p->start, p->end - p->start) && lexicon_find(p->hash)->label < 0);
	if (r->brand && (!r->words || own >= OWN_UNKNOWN || (p->words & WORD_DIRECTION)))
		r->cared = r->end;
	if (r->words == 1 && (r->last & CARE_CAMPUS) && r->capitals && p->shape == SHAPE_NAME && own == OWN_NAME && (p->dictionary & (DICTIONARY_PLACE | DICTIONARY_PLACE_BEGINS))) {
		r->brand = true;
		r->cared = r->end;
	}
	r->capitals = p->shape == SHAPE_CAPITALS;
	if (!r->words && (p->care & CARE_KNOWN_THERE))
		r->known = r->end;
	r->town = (p->dictionary & DICTIONARY_PLACE) && own;
	r->person = r->person || (r->words == 1 && r->first_name && (p->dictionary & DICTIONARY_LAST) && own && !r->place_first);
	r->first_name = r->words == 0 && (p->dictionary & DICTIONARY_FIRST) && !(p->care & CARE_OWN);
	r->open = possessive && ((p->words & WORD_GENERIC) || r->place_first);
	r->whose = possessive && !r->open;
	r->of = r->of && (own || (p->words & (WORD_GENERIC | WORD_PLACE_FIRST)));
	r->in = r->in && (p->words & WORD_PLACE_FIRST);
	r->kind = r->words && (p->care & (CARE_TRADE | CARE_COMMON) || (p->words & WORD_GENERIC));
	r->place_first = p->words & WORD_PLACE_FIRST;
	r->eponym = !r->words && (p->words & WORD_EPONYM) && p->shape >= SHAPE_CAPITALS && !possessive;
	r->theirs = r->theirs || (!r->words && r->open);
	r->own = own > r->own ? own : r->own;
	r->state = ((p->words & WORD_STATE) || lexicon_find(p->hash)->state == STATE_NAME) && !(p->care & (CARE_FAITH | CARE_OWN));
	r->care |= p->care;
	r->last = p->care;
	r->words++;
	r->joined = false;
}

/* Behind a word: where the next one of the name begins; 0: the name ends here. */
static size_t next_word(struct scan *s, const struct part *p)
{
	size_t at = part_next_word(s, p), j;

	if (at)
		return at;
	if ((p->care & CARE_FIRST) && scan_at(s, p->end) == '.' && scan_at(s, p->end + 1) == ' ' && is_alpha(scan_at(s, p->end + 2)))     /* "Univ. of" */
		return p->end + 2;
	j = p->end + (is_possessive(s, p->end) ? 2 : 0);
	return scan_at(s, j) == ' ' && scan_at(s, j + 1) == '&' && scan_at(s, j + 2) == ' ' && is_upper(scan_at(s, j + 3)) ? j + 3 : 0;
}

/* Does a name go on over this small word? */
static bool goes_over(struct run *r, struct scan *s, const struct part *p, enum cue cue)
{
	uint16_t first = lower(scan_at(s, p->start));
	bool the = first == 't';

	if (!r->words || p->end - p->start > 3 || !(lexicon_find(p->hash)->joint) || (r->joined && !the))
		return false;
	if (first == 'o' && lower(scan_at(s, p->start + 1)) == 'f') {
		r->of = r->of || (r->last & (CARE_FIRST | CARE_END));
		r->in = r->words > 1 && (r->last & (CARE_TRADE | CARE_BODY));
	} else if (first == 'f') {
		return r->last & (CARE_END | CARE_BODY);
	} else if (first == 'a' && lower(scan_at(s, p->start + 1)) == 't') {
		return cue >= CUE_GO && r->own == OWN_NAME;
	}
	r->joined = true;
	return true;
}

/* May such a name go on in small letters: "Pines nursing home"? */
static bool may_go_on_small(const struct scan *s, const struct run *r, enum cue cue)
{
	return r->own >= (cue >= CUE_AT ? OWN_WORD : OWN_NAME) && (cue || (r->care & CARE_OWN) || r->town) && !r->person && !r->whose &&
	       !(s->context->label >= LABEL_TITLE && s->context->mark >= s->context->needs_mark);
}

/* A word in small letters behind the name, that is neither a part of it nor joins parts: most often it needs not to be read. */
static bool is_behind(struct scan *s, const struct run *r, size_t at, enum cue cue)
{
	uint16_t first = scan_at(s, at);

	return first >= 'a' && first <= 'z' && first != 'o' && first != 'a' && first != 't' && first != 'f' && is_alpha(scan_at(s, at + 1)) &&
	       scan_at(s, at + 2) != '-' && (r->joined || !may_go_on_small(s, r, cue));
}

/* "hospital", "nursing home", "high school" at place at, in small letters behind a name: behind them, or 0. */
static size_t small_words(struct scan *s, const struct run *r, size_t at, enum cue cue)
{
	size_t end = 0;
	bool kind = false;
	struct part p;

	if (!may_go_on_small(s, r, cue))
		return 0;
	for (int words = 0; words < 3 && at; words++) {
		part_read(s, at, &p);
		if ((p.care & CARE_STAY) && end)
			return 0;
		if (p.shape != SHAPE_LOWER || !((p.care & CARE_SMALL) || (p.words & WORD_GENERIC)))
			break;
		if ((p.care & CARE_SMALL) && (kind || !(p.care & CARE_BODY)))
			end = p.end;
		kind = p.words & WORD_GENERIC;
		at = part_next_word(s, &p);
	}
	return end;
}

/* From place at on. */
static void run_read(struct scan *s, struct run *r, enum cue cue, size_t at)
{
	const unsigned int care = CARE_END | CARE_TRADE | CARE_BODY | CARE_COMMON | CARE_FIRST;
	const word_set other = WORD_PLACE_FIRST | WORD_GENERIC | WORD_ALSO_NAME;
	const word_set first = WORD_VERB | WORD_PARTICIPLE | WORD_BE | WORD_ARTICLE;
	int initials = 0;

	*r = (struct run){.the = lexicon_find(s->context->before[0])->care & CARE_THE};
	for (int words = 0; words < WORDS_MAX && (at || !words); words++) {
		struct part room;
		const struct part *p;

		if (words && is_behind(s, r, at, cue))
			break;
		p = part_at(s, at, &room);
		if (!words)                              /* "Cedars-Sinai", "Cedars-Sinai-affiliated" */
			r->phrase = facilities_may_begin(p->hash) || scan_at(s, at + 6) == '-';
		if (!goes_over(r, s, p, cue)) {
			if (p->shape < SHAPE_INITIAL) {
				size_t small = r->words && !r->joined && p->shape == SHAPE_LOWER ? small_words(s, r, at, cue) : 0;

				r->cared = small ? small : r->cared;
				break;
			}
			if ((p->words & WORD_STOP) && !(p->words & other) && !(p->care & care))
				break;
			if (!words && (p->words & first) && !(p->words & WORD_GENERIC))
				break;
			if (r->cared && (p->care & CARE_COMMON))  /* "Emergency Department" */
				break;
			initials += p->shape == SHAPE_INITIAL;
			if (initials > INITIALS_MAX)
				break;
			run_add(r, s, p, cue);
		}
		at = next_word(s, p);
	}
}

static size_t phrase(struct scan *s)
{
	unsigned char first = (unsigned char)lower(scan_at(s, s->i));

	for (size_t k = 0; k < sizeof PHRASES / sizeof *PHRASES; k++) {
		size_t end = (unsigned char)PHRASES[k][0] == first ? around_literal(s, s->i, PHRASES[k]) : 0;

		if (end && !is_alnum(scan_at(s, end)))
			return care_store_number(s, end);
	}
	return 0;
}

/* "St. Luke's" by itself; not "St. John's wort" */
static bool is_saint(struct scan *s, const struct run *r)
{
	static const char *const things[] = {"wort", "fire", "dance", "day", "eve"};
	struct part p;
	size_t at, end;

	if (r->words != 2 || !r->open)
		return false;
	part_read(s, s->i, &p);
	if (!(p.words & WORD_PLACE_FIRST) || lower(scan_at(s, s->i)) != 's' ||
	    lower(scan_at(s, s->i + 1)) == 'o' || around_right(s, r->end) == RIGHT_THING)
		return false;
	at = r->end + 1;
	for (size_t k = 0; k < sizeof things / sizeof *things; k++) {
		for (end = 0; things[k][end] && lower(scan_at(s, at + end)) == (unsigned char)things[k][end]; end++)
			;
		if (!things[k][end] && !is_alpha(scan_at(s, at + end)))
			return false;
	}
	return true;
}

/* ", TX", " TX": it is a town */
static bool before_state(struct scan *s, size_t end)
{
	size_t i = end + (scan_at(s, end) == ','), behind;
	uint64_t hash;

	if (scan_at(s, i) != ' ' || !is_upper(scan_at(s, i + 1)))
		return false;
	hash = around_word(s, i + 1, &behind);
	return lexicon_find(hash)->state && (behind > i + 3 || is_upper(scan_at(s, i + 2)));
}

/* "colonoscopy at Harborview in May", not "yelled at Foster", "at Gerdy tubercle" */
static bool stands_alone(struct scan *s, size_t end)
{
	const word_set joins = WORD_PLACE_BEFORE | WORD_WITH | WORD_AND | WORD_DATE_BEFORE;
	size_t behind;

	if (word_kinds(s->context->before[1]) & (WORD_VERB | WORD_BE))
		return false;
	return scan_at(s, end) != ' ' || (word_kinds(around_word(s, end + 1, &behind)) & joins);
}

/* "NNMC", "BMH" in capitals where a place of care is expected: an abbreviation of its name; not "MICU", "SNF". */
static bool is_abbreviation(struct scan *s, enum cue cue)
{
	const struct context *c = s->context;
	size_t n = s->token - s->i;
	uint16_t last, before;
	bool hospital;

	if (cue < CUE_AT || cue == CUE_LABEL || n < 3 || n > 6 || s->digits || is_alnum(scan_at(s, s->token)) || scan_at(s, s->token) == '-')
		return false;
	for (size_t i = s->i; i < s->token; i++)
		if (scan_at(s, i) >= 0x80 || !is_upper(scan_at(s, i)))
			return false;
	if ((s->word->care & CARE_UNIT) || (s->word->kinds & (WORD_STOP | WORD_SERVICE)))
		return false;
	last = scan_at(s, s->token - 1);
	before = scan_at(s, s->token - 2);
	/* "student at TMCC", "works nights at UPS" */
	if (((lexicon_find(c->before[1])->care | lexicon_find(c->words[2])->care) & CARE_WORK) &&
	    (s->word->label >= 0 || (s->word == &lexicon_none && !(dictionary_find(s->hash) & DICTIONARY_SAFE))))
		return true;
	hospital = last == 'H' || ((last == 'C' || last == 'S') && (before == 'M' || before == 'H'));
	return hospital || ((lexicon_find(c->before[1])->care & CARE_MOVE) && s->word == &lexicon_none && !(dictionary_find(s->hash) & DICTIONARY_SAFE));
}

/* " ED", " subacute", " rehab" */
static bool before_ward(struct scan *s, size_t end)
{
	static const char *const wards[] = {" ed", " er", " icu", " subacute", " snf", " rehab", " swing bed"};

	for (size_t k = 0; k < sizeof wards / sizeof *wards; k++) {
		size_t i = around_literal(s, end, wards[k]);

		if (i && !is_alnum(scan_at(s, i)) && (k > 2 || is_upper(scan_at(s, end + 1))))
			return true;
	}
	return false;
}

/* "St. Camillus subacute", "Mt. Ascutney ED": the unit behind the name, 0. */
static size_t saint_before_ward(struct scan *s)
{
	struct part p;
	size_t at;

	if (!(s->word->kinds & WORD_PLACE_FIRST) || s->token != s->i + 2)
		return 0;
	part_read(s, s->i, &p);
	at = part_next_word(s, &p);
	if (!at || !is_upper(scan_at(s, at)))
		return 0;
	part_read(s, at, &p);
	return p.shape == SHAPE_NAME && !(p.words & WORD_STOP) && before_ward(s, p.end) ? p.end : 0;
}

/* "St Michael", "Mt Calvary", "ST. ANSELM": by themselves, where nobody is named; but no town, no segment and no maker. The unit behind, 0. */
static size_t saint_alone(struct scan *s)
{
	const struct context *c = s->context;
	uint64_t hash = s->hash;
	struct part p;
	bool capitals;
	size_t at;

	if (!(s->word->kinds & WORD_PLACE_FIRST) || s->token != s->i + 2 || (c->label >= LABEL_TITLE && c->mark >= c->needs_mark) || c->before[0] == CONTEXT_NAME || c->before[0] == CONTEXT_ADDRESS ||
	    scan_at(s, s->i + 1) == 'o')
		return 0;
	capitals = is_upper(scan_at(s, s->i + 1));
	at = s->token + 1 + (scan_at(s, s->token) == '.');
	if (scan_at(s, at - 1) != ' ' || !is_upper(scan_at(s, at)) || (capitals && scan_at(s, s->token) != '.'))
		return 0;
	part_read(s, at, &p);
	if (p.shape != (capitals ? SHAPE_CAPITALS : SHAPE_NAME) || (p.words & (WORD_STOP | WORD_EPONYM)) || p.care & ~(unsigned int)CARE_OWN ||
	    ((p.dictionary & DICTIONARY_SAFE) && !(p.dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) && !(p.care & CARE_OWN)) || around_literal(s, at, "jude") == p.end)
		return 0;
	hash = word_hash(hash, ' ');
	for (size_t i = at; i < p.end; i++)
		hash = word_hash(hash, scan_at(s, i));
	if ((dictionary_find(hash) & DICTIONARY_PLACE) || around_right(s, p.end) == RIGHT_THING || before_state(s, p.end) ||
	    (scan_at(s, p.end) == ',' && is_upper(scan_at(s, p.end + 2)) && is_alpha(scan_at(s, p.end + 3)) && !is_upper(scan_at(s, p.end + 3))))         /* "St. Pierre, Andre" */
		return 0;
	return p.end;
}

/* "from St. Josaphat", which is no town. */
static bool is_saint_there(struct scan *s, const struct run *r, enum cue cue)
{
	unsigned int before = lexicon_find(s->context->before[0])->care;
	uint64_t hash = s->hash;
	struct part p;

	if (lower(scan_at(s, s->i)) != 's' || !(s->word->kinds & WORD_PLACE_FIRST) || lower(scan_at(s, s->i + 1)) == 'o')
		return false;
	if (r->words != 2 || r->whose || r->own < OWN_UNKNOWN || s->context->gap != GAP_SPACE || (!cue && !(before & CARE_MOVE)) || before_state(s, r->end))
		return false;
	part_read(s, s->i, &p);
	hash = word_hash(hash, ' ');
	for (size_t i = part_next_word(s, &p); i && i < r->end; i++)
		hash = word_hash(hash, scan_at(s, i));
	return !(dictionary_find(hash) & DICTIONARY_PLACE) && around_right(s, r->end) < RIGHT_THING;
}

/* "P.S. 139", behind "attends" also "PS 139": schools of cities; the unit behind, 0. */
static size_t numbered_school(struct scan *s)
{
	static const char *const forms[] = {"p.s. ", "i.s. ", "m.s. ", "j.h.s. ", "ps ", "ms ", "is "};
	const struct context *c = s->context;
	bool told = (lexicon_find(c->before[0])->care & CARE_GOES) || c->label == LABEL_FACILITY;
	size_t j = 0, n = 0;

	if (s->token == s->i + 1 ? scan_at(s, s->token) != '.' || !is_upper(scan_at(s, s->token + 1)) : !told)
		return 0;
	for (size_t k = 0; k < sizeof forms / sizeof *forms && !j; k++)
		if (k < 4 || told)
			j = around_literal(s, s->i, forms[k]);
	while (j && n < 4 && is_digit(scan_at(s, j + n)))
		n++;
	/* "P.S. 12 pills are left" */
	if (!told && !(word_kinds(c->before[0]) & WORD_PLACE_BEFORE) && (n < 2 || (scan_at(s, j + n) == ' ' && is_alpha(scan_at(s, j + n + 1)))))
		return 0;
	return n && n < 4 && is_upper(scan_at(s, s->i)) && !is_alnum(scan_at(s, j + n)) && scan_at(s, j + n) != '/' ? j + n : 0;
}

/* Words that a place of care is expected of, without one of its own. */
static bool expected(struct scan *s, const struct run *r, enum cue cue)
{
	if (!r->words || r->state || (r->care & CARE_COMMON) || r->person || before_state(s, r->end))
		return false;
	if (r->words == 1 && (r->care & CARE_KNOWN_THERE) && (cue || is_digit(scan_at(s, r->end - 1))))
		return true;
	if (cue && r->words > 1 && (r->last & CARE_SHORT) && r->own == OWN_NAME)      /* "Mercy General" */
		return true;
	if (cue >= CUE_AT && r->words > 1 && (r->last & CARE_SHORT) && r->own)
		return true;
	if (cue < CUE_AT || r->whose)
		return false;
	if (r->words > 1)
		return r->own >= (cue == CUE_LABEL ? OWN_WORD : cue == CUE_GO ? OWN_UNKNOWN : OWN_NAME) &&
		       around_right(s, r->end) != RIGHT_SURE;
	return r->own >= OWN_UNKNOWN && !r->first_name && (cue > CUE_AT || stands_alone(s, r->end)) &&
	       around_right(s, r->end) < RIGHT_THING;
}

/* Behind the line's end: a street's number, or a telephone's. */
static bool before_address(struct scan *s, size_t end)
{
	static const char *const words[] = {"tel", "phone", "ph", "fax", "po box", "p.o. box"};
	size_t i = end + 1, j = i;

	if (scan_at(s, end) == '\r')
		j = ++i;
	if (scan_at(s, i) == '(' && is_digit(scan_at(s, i + 1)))
		return true;
	while (j < i + 6 && is_digit(scan_at(s, j)))
		j++;
	if (j > i)
		return scan_at(s, j) == ' ' && is_upper(scan_at(s, j + 1));
	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		j = around_literal(s, i, words[k]);
		if (j && !is_alpha(scan_at(s, j)))
			return true;
	}
	return false;
}

/* Behind "Three", "Our", "Green": where the name goes on whose first word says little; 0. */
static size_t behind_lead(struct scan *s)
{
	struct part room;
	const struct part *p;
	size_t at;

	if (!(s->word->care & CARE_LEAD) || s->token - s->i < 3)
		return 0;
	p = part_at(s, s->i, &room);
	if (p->shape != SHAPE_NAME && p->shape != SHAPE_CAPITALS)
		return 0;
	at = part_next_word(s, p);
	return at && is_upper(scan_at(s, at)) ? at : 0;
}

/* "Walmart 0442", "Rite Aid 04418" */
static size_t bare_store_number(struct scan *s, size_t end)
{
	size_t i = end + 1, j = i, behind;

	while (scan_at(s, end) == ' ' && j < i + 6 && is_digit(scan_at(s, j)))
		j++;
	if (j < i + 3 || j > i + 5 || (j == i + 4 && starts_year(s, i)) || is_alnum(scan_at(s, j)) || ((scan_at(s, j) == '-' || scan_at(s, j) == '/' || scan_at(s, j) == '.' || scan_at(s, j) == ':') && is_digit(scan_at(s, j + 1))))
		return end;
	return scan_at(s, j) == ' ' && (word_kinds(around_word(s, j + 1, &behind)) & (WORD_SHARE | WORD_STREET)) ? end : j;
}

/* The "Willows" of "The Willows at Penobscot", as homes of the old are called. */
static bool leads_where(struct scan *s, const struct run *r)
{
	size_t at = around_literal(s, r->end, " at ");
	struct part p;

	if (!at || r->words > 2 || (r->care & CARE_COMMON) || r->own < OWN_WORD || !is_upper(scan_at(s, at)))
		return false;
	part_read(s, at, &p);
	return p.shape == SHAPE_NAME && !(p.words & (WORD_STOP | WORD_MONTH)) && !(number_kinds(p.hash) & NUMBER_WEEKDAY) &&
	       ((p.dictionary & (DICTIONARY_LAST | DICTIONARY_PLACE | DICTIONARY_PLACE_BEGINS)) || part_is_unknown(&p) || (p.care & CARE_OWN));
}

/* "Memorial Savannah", "Presbyterian Rust", "Baptist Easley", but not "General Smith", "Children Smith" or "Memorial Day". */
static bool named_after(struct scan *s, const struct run *r)
{
	const unsigned int care = s->word->care & (CARE_FAITH | CARE_SHORT);
	struct part p;
	size_t at;

	if (!care || r->words != 2 || r->whose || (s->word->kinds & WORD_STOP) || lower(scan_at(s, s->i)) == 'c' || lower(scan_at(s, s->i)) == 'g' || lower(scan_at(s, s->i)) == 'j')
		return false;
	part_read(s, s->i, &p);
	at = p.shape == SHAPE_NAME ? part_next_word(s, &p) : 0;
	if (!at || scan_at(s, p.end) != ' ')
		return false;
	part_read(s, at, &p);
	return p.shape == SHAPE_NAME && p.end == r->end && !p.words && !p.care && (p.dictionary & (DICTIONARY_PLACE | DICTIONARY_LAST));
}

bool scan_facility(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	enum cue cue;
	struct run r;
	size_t end, lead;

	if (!is_upper(scan_at(s, s->i)))
		return false;
	if (s->token <= s->i + 2 && (end = numbered_school(s)))
		return found(f, s, end, "facility");
	cue = cue_of(c);
	run_read(s, &r, cue, s->i);
	if (!r.cared && (lead = behind_lead(s))) {
		struct run led;

		run_read(s, &led, cue, lead);
		if (led.cared && led.own == OWN_NAME && led.words > 1)
			return found(f, s, care_tail(s, care_tail(s, led.cared)), "facility");
	}
	if (r.cared && care_is_numbered(s, r.cared))
		return false;
	if (r.cared)
		r.cared = care_store_number(s, r.cared);
	r.end = care_store_number(s, r.end);
	if (r.known && r.words == 1)
		r.end = bare_store_number(s, r.end);
	if (r.phrase && (end = phrase(s)) > r.cared && (end > r.end || r.words < 4))
		return found(f, s, bare_store_number(s, end > r.end ? end : r.end), "facility, well known");
	if (r.cared)
		return found(f, s, care_tail(s, care_tail(s, r.cared)), "facility");
	if (!r.words)
		return false;
	if (r.the && leads_where(s, &r))
		return found(f, s, r.end, "facility in running text");
	if (named_after(s, &r))
		return found(f, s, r.end, "facility in running text");
	if ((end = saint_before_ward(s)))
		return found(f, s, end, "facility, a saint's");
	if ((end = saint_alone(s)))
		return found(f, s, end, "facility, a saint's");
	if (is_saint(s, &r) || is_saint_there(s, &r, cue))
		return found(f, s, r.end, "facility, a saint's");
	if (expected(s, &r, cue))
		return found(f, s, r.end, cue == CUE_LABEL ? "facility label" : "facility in running text");
	if (is_abbreviation(s, cue))
		return found(f, s, s->token, "facility in running text");
	if (r.known && cue)
		return found(f, s, r.known, "facility in running text");
	if (r.words > 1 && r.own && (r.care & (CARE_TRADE | CARE_BODY)) && around_is_line(s, r.end) && before_address(s, r.end))
		return found(f, s, r.end, "letterhead");
	return false;
}
