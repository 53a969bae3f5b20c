/* Names and places that no single rule tells: each word with a capital is weighed by what the dictionaries say of it and by the words on
 * both sides. What was learnt of such signs lies in the model. */
#include "around.h"
#include "care.h"
#include "labels.h"
#include "model.h"
#include "parts.h"
#include "secret.h"
#include "sides.h"

#define WORDS_MAX 5
#define LETTERS_MAX 20                           /* of one word; a longer one is no name */
#define CARE_SHOWS (CARE_END | CARE_TRADE | CARE_BODY)

static unsigned int looks(const struct part *p)
{
	return (unsigned int)p->shape * 64 + (p->dictionary & 63);
}

/* The hash of the last units of a word. */
static uint64_t ending(struct scan *s, const struct part *p, size_t n)
{
	uint64_t hash = WORD_HASH;

	for (size_t i = p->end > p->start + n ? p->end - n : p->start; i < p->end; i++)
		hash = word_hash(hash, scan_at(s, i));
	return hash;
}

/* Do the words with capitals behind the word show that a place of care is called so: "Black Belt" "Pediatrics"? */
static bool shows_care(struct scan *s, const struct part *first)
{
	const struct part *p = first;
	struct part room;
	size_t at;

	for (int k = 0; k < WORDS_MAX && (at = part_next_word(s, p)) && !is_digit(scan_at(s, at)); k++) {
		p = part_at(s, at, &room);
		if (p->shape < SHAPE_CAPITALS)
			return false;
		if (p->care & CARE_SHOWS)
			return true;
	}
	return false;
}

/* What is seen of a word. */
enum { OWN_LOOKS = 1, OWN_WORD, OWN_KIND, OWN_END2, OWN_END3, OWN_BEGIN, OWN_LENGTH, LEFT_WORD, LEFT_GAP, LEFT_BOTH, LEFT_LOOKS, LEFT_KIND,
       LEFT_LABEL,
       LEFT_SECOND, LEFT_SECOND_KIND, LEFT_PAIR, RIGHT_BETWEEN, RIGHT_WORD, RIGHT_LOOKS, RIGHT_KIND, RUN_CARE, NEXT_WORD, NEXT_LOOKS,
       NEXT_KIND, OWN_LEFT, OWN_RIGHT, OWN_BETWEEN, OWN_GAP, RUN_CARE_LEFT, RIGHT_PAIR, OWN_LEFT_KIND, OWN_RIGHT_KIND, AROUND_SIGNS, LABEL_LOOKS };

/* "Child-Pugh": of two names, and a term by itself. */
static bool is_double_term(struct scan *s, const struct part *p)
{
	size_t i = p->start;

	while ((p->dictionary & DICTIONARY_SAFE) && i < p->end && scan_at(s, i) != '-')
		i++;
	return (p->dictionary & DICTIONARY_SAFE) && i < p->end;
}

/* "TRAb-positive", "Barrett-like"? */
static bool is_compound(struct scan *s, const struct part *p)
{
	size_t i = p->start;

	while (i < p->end && scan_at(s, i) != '-')
		i++;
	return i + 4 < p->end && i > p->start + 1 && !is_upper(scan_at(s, i + 1)) && is_upper(scan_at(s, p->start)) &&
	       !(p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST));
}

/* "|ENG|": a code in a field of HL7. */
static bool is_field(struct scan *s, const struct part *p)
{
	return s->context->columns.segment && p->end - p->start < 4 && s->context->last == '|' && scan_at(s, p->end) == '|';
}

/* The letters before a capital inside the word: "McBride", "AirSense"; 0: there is none. */
static uint64_t inner_capital(struct scan *s, const struct part *p)
{
	uint64_t hash = WORD_HASH;
	size_t i = p->start + 1;

	if (p->shape != SHAPE_NAME)
		return 0;
	while (i < p->end && !(is_upper(scan_at(s, i)) && is_alpha(scan_at(s, i - 1))))
		i++;
	if (i >= p->end)
		return 0;
	if (i - p->start > 3)
		return 1;
	for (size_t k = p->start; k < i; k++)
		hash = word_hash(hash, scan_at(s, k));
	return hash;
}

/* What is seen of the word p, between what stands left of it and what follows. False: an identifier stood near on its right, of which
 * nothing can be told any more; so what was masked once is not masked further. */
static bool look(struct scan *s, const struct part *p, const struct left_side *left, struct model_signs *signs)
{
	struct neighbour one = sides_right(s, p->end), two = one.none || one.digits ? one : sides_right(s, one.part.end);
	const struct word *before = lexicon_find(left->before[0]), *second = lexicon_find(left->before[1]);
	unsigned int own = looks(p), length = p->end - p->start;
	uint64_t gap = (uint64_t)left->gap * 0x10000 + (left->gap > GAP_SPACE ? left->last : 0);
	uint64_t right = one.none ? 1 : one.digits ? 2 : one.part.hash, care;

	if (one.masked || two.masked || (two.part.words & WORD_RESULT))          /* "Murphy is negative" */
		return false;
	signs->n = 0;
	model_sign(signs, OWN_LOOKS, own);
	model_sign(signs, OWN_WORD, p->hash);
	sides_kinds(signs, OWN_KIND, p->words, p->care);
	model_sign(signs, OWN_END2, ending(s, p, 2));
	model_sign(signs, OWN_END3, ending(s, p, 3) + (p->dictionary > 0));
	model_sign(signs, OWN_BEGIN, inner_capital(s, p));
	model_sign(signs, OWN_LENGTH, (length < 9 ? length : 9) + 16 * (p->shape + 8 * p->foreign));

	model_sign(signs, LEFT_WORD, left->before[0]);
	model_sign(signs, LEFT_GAP, gap);
	model_sign(signs, LEFT_BOTH, left->before[0] + gap);
	model_sign(signs, LEFT_LABEL, left->label);
	model_sign(signs, LABEL_LOOKS, left->label * 1024 + own);
	if (left->before[0] > CONTEXT_LAST)
		model_sign(signs, LEFT_LOOKS, dictionary_find(left->before[0]) + 64 * left->gap);
	sides_kinds(signs, LEFT_KIND + 64 * left->gap, before->kinds, before->care);
	model_sign(signs, LEFT_SECOND, left->before[1]);
	sides_kinds(signs, LEFT_SECOND_KIND, second->kinds, 0);
	model_sign(signs, LEFT_PAIR, left->before[1] * 31 + left->before[0]);

	model_sign(signs, RIGHT_BETWEEN, one.between);
	model_sign(signs, RIGHT_WORD, right);
	model_sign(signs, RIGHT_LOOKS, looks(&one.part) + one.between);
	sides_kinds(signs, RIGHT_KIND, one.part.words, one.part.care);
	model_sign(signs, RIGHT_PAIR, right + one.between);
	if (!two.none && !one.digits) {
		model_sign(signs, NEXT_WORD, two.digits ? 2 : two.part.hash);
		model_sign(signs, NEXT_LOOKS, looks(&two.part) + two.between);
		sides_kinds(signs, NEXT_KIND, two.part.words, two.part.care);
	}

	care = shows_care(s, p) + 2 * left->gap;
	model_sign(signs, RUN_CARE, care);
	model_sign(signs, RUN_CARE_LEFT, care * 0x1000003ULL + left->before[0]);

	model_sign(signs, OWN_LEFT, own * 0x1000003ULL + left->before[0]);
	model_sign(signs, OWN_RIGHT, own * 0x1000003ULL + right);
	model_sign(signs, OWN_BETWEEN, own * 0x1000003ULL + one.between);
	model_sign(signs, OWN_GAP, own * 0x1000003ULL + gap);
	model_sign(signs, AROUND_SIGNS, gap * 0x1000003ULL + one.between);
	for (word_set words = before->kinds; words; words &= words - 1)
		model_sign(signs, OWN_LEFT_KIND, own * 64 + (uint64_t)__builtin_ctzll(words) + (uint64_t)left->gap * 0x100000);
	for (word_set words = one.part.words; words; words &= words - 1)
		model_sign(signs, OWN_RIGHT_KIND, own * 64 + (uint64_t)__builtin_ctzll(words) + one.between);
	return true;
}

/* Words that no class is asked of, however they stand. */
static bool is_plain(const struct part *p)
{
	const word_set never = WORD_CREDENTIAL | WORD_STATE | WORD_THING | WORD_BE | WORD_AGE | WORD_ROMAN | WORD_VERB | WORD_PARTICIPLE |
			       WORD_ROLE | WORD_KIN;
	const struct word *word = lexicon_find(p->hash);

	return p->shape == SHAPE_NOT || (p->words & never) || ((p->words & WORD_STOP) && !(p->words & WORD_ALSO_NAME)) ||
	       word->label >= 0 || word->filler || word->state;
}

/* "New Bedford", "El Paso": a place of two words is read as one. */
static void take_pair(struct scan *s, struct part *p)
{
	size_t at = p->words & WORD_PLACE_FIRST || p->dictionary & DICTIONARY_PLACE_BEGINS ? part_next_word(s, p) : 0;
	uint64_t hash = word_hash(p->hash, ' ');
	struct part next;

	if (!at)
		return;
	part_read(s, at, &next);
	for (size_t i = next.start; i < next.end; i++)
		if (is_alpha(scan_at(s, i)))
			hash = word_hash(hash, scan_at(s, i));
	if (next.shape < SHAPE_CAPITALS || p->shape < SHAPE_CAPITALS || !(dictionary_find(hash) & DICTIONARY_PLACE))
		return;
	p->end = next.end;
	p->hash = hash;
	p->words = p->care = 0;
	p->dictionary = DICTIONARY_PLACE;
}

static bool is_small_letter(uint16_t c)
{
	return is_alpha(c) && !is_upper(c);
}

/* Is most of it written in plain Latin letters, as they are read? */
static bool is_latin(struct scan *s, const struct part *p)
{
	size_t other = 0;

	for (size_t i = p->start; p->foreign && i < p->end; i++)
		other += scan_at(s, i) >= 0x80;
	return other * 3 <= p->end - p->start;
}

/* "bed 3 mccreary": behind where somebody lies. */
static bool is_place_of(const struct left_side *left)
{
	int label = lexicon_find(left->before[1])->label;

	return left->gap == GAP_SPACE && label >= 0 && labels_at(label)->label == LABEL_THING;
}

/* In small letters: first names, and others where one is expected: "seen by jaylen", "dr ahn", "lives in joliet". */
static bool small_may_begin(const struct part *p, const struct left_side *left)
{
	const word_set people = WORD_KIN | WORD_ROLE | WORD_SERVICE | WORD_ADDRESS | WORD_BESIDE;
	word_set before = left->gap <= GAP_COMMA || (left->gap == GAP_BRACKET && left->last == '(') ? word_kinds(left->before[0]) : 0;

	if (p->dictionary & DICTIONARY_FIRST)
		return true;
	if (p->dictionary & DICTIONARY_LAST)
		return (before & people) || left->before[0] == CONTEXT_NAME || left->gap == GAP_LINE || is_place_of(left) || (left->label >= LABEL_TITLE * 2 && (left->label & 1));
	return (p->dictionary & DICTIONARY_PLACE) && (before & WORD_PLACE_BEFORE);
}

/* "WatchPAT", "NewRx", "FaceTime": a capital behind a small letter, and no name's beginning before it. */
static bool is_brand(struct scan *s, const struct part *p)
{
	static const char *const begins[] = {"mc", "mac", "de", "di", "da", "du", "la", "le", "lo", "van", "von", "fitz", "st"};
	size_t n = 1;

	while (p->start + n < p->end && !(is_upper(scan_at(s, p->start + n)) && is_small_letter(scan_at(s, p->start + n - 1))))
		n++;
	if (p->start + n >= p->end)
		return false;
	for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
		if (around_literal(s, p->start, begins[k]) == p->start + n)
			return false;
	return true;
}

/* Does another word with a capital follow: "Ozark Prairie", "Little Sprouts"? */
static bool leads_capitals(struct scan *s, const struct part *p)
{
	size_t at = part_next_word(s, p);

	return at && is_upper(scan_at(s, at)) && is_small_letter(scan_at(s, at + 1));
}

/* "Work Ph:", which heads a field of a form? */
static bool is_head(struct scan *s, const struct part *p)
{
	size_t at = p->end + 1, end;

	return scan_at(s, p->end) == ' ' && is_upper(scan_at(s, at)) && lexicon_find(around_word(s, at, &end))->label >= 0 && scan_at(s, end) == ':';
}

/* May the word be the first one of an identifier? Words of the language do not begin one where they begin a sentence. */
static bool may_begin(struct scan *s, const struct part *p, const struct left_side *left)
{
	const unsigned int names = DICTIONARY_FIRST | DICTIONARY_LAST | DICTIONARY_PLACE;
	bool safe = p->dictionary & DICTIONARY_SAFE;

	if (p->shape == SHAPE_LOWER)
		return !safe && p->end - p->start > 2 && lexicon_find(p->hash) == &lexicon_none && small_may_begin(p, left);
	if (p->shape == SHAPE_INITIAL)
		return scan_at(s, p->end) == '.' && scan_at(s, p->end + 1) == ' ' && is_upper(scan_at(s, p->end + 2)) && is_alpha(scan_at(s, p->end + 3)) &&
		       !(left->gap == GAP_COMMA && around_credential_at(s, p->start)) &&
		       !around_literal(s, p->end + 2, "colon,");         /* "A. Colon, cecum" */
	if (is_plain(p) || p->end - p->start < 2 || scan_at(s, p->start + 1) == '-' || p->end - p->start > LETTERS_MAX || (p->care & (CARE_SHOWS | CARE_COMMON)) ||
	    (p->words & (WORD_GENERIC | WORD_STREET | WORD_EPONYM | WORD_DIRECTION)))
		return false;
	if (p->shape == SHAPE_CAPITALS && !(p->dictionary & names) &&           /* "LVP", "OBX", "RECIST" */
	    (p->end - p->start < 5 || (!left->label && left->before[0] != CONTEXT_NAME)))
		return false;
	if ((!(p->dictionary & names) && is_brand(s, p)) || (safe && is_head(s, p)) || is_compound(s, p) || is_field(s, p) ||
	    scan_at(s, p->end) == '@')                               /* "Merlin@home" */
		return false;
	if (!safe)
		return true;
	if (p->shape != SHAPE_NAME)
		return false;
	return ((p->dictionary & names) && left->gap < GAP_COLON && left->before[0]) || leads_capitals(s, p) ||
	       ((p->dictionary & DICTIONARY_FIRST) && lexicon_find(p->hash) == &lexicon_none) || shows_care(s, p);
}

/* May it go on with one? small: it began with a small letter. */
static bool may_follow(const struct part *p, enum model_class class, bool small)
{
	if (p->shape == SHAPE_LOWER)
		return small && p->end - p->start > 2 && (class == MODEL_FACILITY ? p->care & CARE_SHOWS : !(p->dictionary & DICTIONARY_SAFE) && !is_plain(p));
	if (class == MODEL_FACILITY && p->shape >= SHAPE_CAPITALS && ((p->care & CARE_SHOWS) || (p->words & WORD_GENERIC)))
		return true;
	return !is_plain(p) && (class == MODEL_FACILITY || class == MODEL_ADDRESS || !(p->dictionary & DICTIONARY_SAFE) ||
				(p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)));
}

/* Behind a small word that joins two of a name, "of", "de", "the": where the next one begins; 0. */
static size_t over_joint(struct scan *s, const struct part *joint)
{
	static const char *const joints[] = {"of", "the", "de", "la", "del", "van", "von", "der", "den", "da", "di", "du", "ten"};

	for (size_t k = 0; k < sizeof joints / sizeof *joints; k++) {
		size_t n = 0;

		while (joints[k][n] && scan_at(s, joint->start + n) == (unsigned char)joints[k][n])
			n++;
		if (!joints[k][n] && joint->start + n == joint->end && scan_at(s, joint->end) == ' ' && is_upper(scan_at(s, joint->end + 1)))
			return joint->end + 1;
	}
	return 0;
}

/* "Green" "Country Behavioral Health": a word that says little, before what may be the rest of a place's name? */
static bool leads_place(struct scan *s, const struct part *p)
{
	size_t at = p->shape == SHAPE_NAME && !(p->words & (WORD_STOP | WORD_THING)) && shows_care(s, p) ? part_next_word(s, p) : 0;

	return at && is_upper(scan_at(s, at)) && scan_at(s, p->end) == ' ';
}

/* Does the name of a thing end there: "Mayo" score, "Schmidt" syndrome? But "Mercy" clinic. */
static bool is_things(struct scan *s, size_t end)
{
	size_t behind;

	if (around_left(s->context) == LEFT_PERSON)      /* "her daughter Fleurette signs" */
		return false;
	return around_right(s, end) == RIGHT_THING && !(lexicon_find(around_word(s, end + 1, &behind))->care & CARE_SMALL);
}

/* "[NAME] W., left": the initial of a name that stands before it. */
static bool is_last_initial(struct scan *s)
{
	uint16_t behind = scan_at(s, s->i + 2);

	return s->context->before[0] == CONTEXT_NAME && s->context->gap == GAP_SPACE && is_upper(scan_at(s, s->i)) && s->token == s->i + 1 &&
	       scan_at(s, s->i + 1) == '.' && !is_alnum(behind) && (behind != ' ' || !is_alnum(scan_at(s, s->i + 3)));
}

/* "lives in dearborn": the unit behind, 0. */
static size_t small_city(struct scan *s)
{
	const struct context *c = s->context;
	unsigned int bits = dictionary_find(s->hash);

	return (bits & DICTIONARY_PLACE) && !(bits & DICTIONARY_SAFE) && c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_PLACE_BEFORE) &&
	       (word_kinds(c->before[1]) & WORD_LIVES) && s->word == &lexicon_none ? s->token : 0;
}

/* "Graves' and": a disease's; a person's would own something. */
static bool owns_nothing(struct scan *s, size_t end)
{
	uint16_t behind = scan_at(s, end + 1);

	if (!end || scan_at(s, end) != '\'' || lower(scan_at(s, end - 1)) != 's' || is_alnum(behind))
		return false;
	return behind != ' ' || (word_kinds(around_word(s, end + 2, &end)) & (WORD_AND | WORD_BE | WORD_WITH | WORD_PLACE_BEFORE | WORD_VERB));
}

bool scan_weighed(struct scan *s, struct finding *f)
{
	static const struct {
		enum entity entity;
		const char *rule;
		uint64_t context;
	} classes[MODEL_CLASSES] = {
		[MODEL_NAME] = {ENTITY_NAME, "name, weighed", CONTEXT_NAME}, [MODEL_CITY] = {ENTITY_CITY, "city, weighed", CONTEXT_CITY},
		[MODEL_FACILITY] = {ENTITY_FACILITY, "facility, weighed", CONTEXT_MASKED}, [MODEL_ADDRESS] = {ENTITY_ADDRESS, "street, weighed", CONTEXT_ADDRESS},
	};
	struct left_side left = sides_left(s->context);
	enum model_class class = MODEL_ANY, more;
	struct model_signs signs;
	size_t at = s->i, end = 0;
	bool place_first = false, initial = false, small = !is_upper(scan_at(s, at)), led = false;

	if (is_last_initial(s)) {
		*f = (struct finding){.start = at, .end = at + 2, .entity = ENTITY_NAME, .rule = classes[MODEL_NAME].rule, .custom = -1};
		return true;
	}
	if (left.last == '-' && s->context->glued && left.before[0] > CONTEXT_LAST)      /* the end of "Salter-Harris" */
		return false;
	if (small && s->context->key)                    /* {"sky": "clear", "kelvin": 290}: programs look for it */
		return false;
	if (small && (end = small_city(s))) {
		*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_CITY, .rule = "city in running text", .custom = -1};
		return true;
	}
	for (int k = 0; k < WORDS_MAX && (at || !k); k++) {
		struct part p;

		part_read(s, at, &p);
		if (k && p.shape == SHAPE_LOWER && !small && (at = over_joint(s, &p)))
			part_read(s, at, &p);
		if (!k)
			take_pair(s, &p);
		if (k && class == MODEL_FACILITY && scan_at(s, end) == '\'' && !shows_care(s, &p))        /* "Bridgewater's Parker Ray" */
			break;
		if (p.shape == SHAPE_LOWER)
			p.dictionary = part_look_up(s, &p);
		if ((k ? !may_follow(&p, class, small) : !may_begin(s, &p, &left)) || !is_latin(s, &p) || is_double_term(s, &p))
			break;
		more = look(s, &p, &left, &signs) ? model_class(&signs, s->r->at[p.start]) : MODEL_ANY;
		if (more == MODEL_ANY && !k && leads_place(s, &p)) {     /* what follows decides */
			left = (struct left_side){.before = {p.hash, left.before[0]}, .gap = GAP_SPACE, .last = 'x'};
			at = part_next_word(s, &p);
			led = true;
			continue;
		}
		if (more == MODEL_ANY || (led && !end && more != MODEL_FACILITY))
			break;
		class = end ? class : more;
		place_first = !k && (p.words & WORD_PLACE_FIRST);
		initial = (!k || initial) && p.shape == SHAPE_INITIAL;
		end = p.end;
		left = (struct left_side){.before = {classes[class].context, 0}, .gap = GAP_SPACE, .last = 'x'};
		at = part_next_word(s, &p);
		if (!at && class == MODEL_FACILITY && scan_at(s, end) == ' ' && scan_at(s, end + 1) == '&' && scan_at(s, end + 2) == ' ')
			at = end + 3;                            /* "Women & Infants" */
	}
	for (size_t k = s->secret_at; k < end; k = secret_next(s->secret, s->r, k + 1))
		if (secret_end(s, k))                    /* it is masked as such */
			return false;
	if (class == MODEL_NAME && owns_nothing(s, end))
		return false;
	if (!end || place_first || initial || is_things(s, end) || (class == MODEL_NAME && around_left(s->context) == LEFT_PLACE_NAME))
		return false;
	if (class == MODEL_FACILITY && end == s->token && scan_at(s, end) == ' ' && is_digit(scan_at(s, end + 1)) && !is_alnum(scan_at(s, end + 2)))
		return false;                            /* "Mayo 3 inflammation" */
	if (class == MODEL_FACILITY)
		end = care_tail(s, care_tail(s, end));
	*f = (struct finding){.start = s->i, .end = class == MODEL_NAME ? part_suffix(s, end) : end, .entity = classes[class].entity,
			      .rule = classes[class].rule, .custom = -1};
	return true;
}

/* "2777 Welton", "210 W Ocean": a house's number, and words behind it that are weighed as a street's name. */
bool scan_weighed_house(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t n = s->token - s->i, at = s->token + 1, end = 0;
	struct left_side left = {.before = {s->hash, c->before[0]}, .gap = GAP_SPACE, .last = ' '};
	struct model_signs signs;
	struct part p;

	if (s->letters || n < 2 || n > 5 || scan_at(s, s->token) != ' ' || !is_upper(scan_at(s, at)) || c->label == LABEL_PLAIN || c->label == LABEL_THING ||
	    c->last == '.' || c->last == '/' || c->last == '-')
		return false;
	part_read(s, at, &p);
	if ((p.words & WORD_DIRECTION) && (at = part_next_word(s, &p)))
		part_read(s, at, &p);
	for (int k = 0; k < WORDS_MAX && at; k++) {
		if (k)
			part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS || (is_plain(&p) && !(p.words & WORD_STREET)) || (!k && p.end - p.start < 3))
			break;
		if (!(k && (p.words & WORD_STREET)) && (!look(s, &p, &left, &signs) || model_class(&signs, s->r->at[p.start]) != MODEL_ADDRESS))
			break;
		end = p.end;
		left = (struct left_side){.before = {CONTEXT_ADDRESS, 0}, .gap = GAP_SPACE, .last = 'x'};
		at = part_next_word(s, &p);
	}
	if (!end)
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ADDRESS, .rule = "street, weighed", .custom = -1};
	return true;
}
