/* What is remembered of a text on the way through it: the words before a place, the label behind which it stands. */
#include <string.h>

#include "labels.h"
#include "scan.h"

#define LABEL_UNITS 40                           /* how far behind its label a value may stand */
#define LABEL_BREAKS 2
#define IDENTIFIER_FAR 150

static void forget_label(struct context *c)
{
	c->label = LABEL_NONE;
	c->known = 0;
	c->mark = c->needs_mark = c->near = c->brief = c->list = c->again = false;
	c->far = false;
	c->least = 0;
}

static void set_label(struct context *c, int index)
{
	const struct known_label *known = labels_at(index);

	forget_label(c);
	c->label = known->label;
	c->known = (int16_t)(index + 1);
	c->needs_mark = known->flags & MARK;
	c->near = known->flags & (NEAR | SHORT);
	c->brief = known->flags & SHORT;
	c->list = known->flags & LIST;
	c->far = (known->flags & FAR) || (c->label == LABEL_SSN && c->ending);
	c->age = c->breaks = 0;
}

const char *context_label(const struct context *c)
{
	return c->known ? labels_at(c->known - 1)->words : NULL;
}

/* The longest phrase that ends with the word; -1. */
static int label_of(const struct context *c, const struct word *word, uint64_t hash)
{
	int index = word->ends_phrase && c->glued ? labels_phrase(c->words, hash) : -1;

	index = index < 0 ? word->label : index;
	/* "date of incident": a day, whatever happened on it */
	if (index >= 0 && c->glued && c->words[0] == label_words.of && c->words[1] == label_words.date)
		return lexicon_find(label_words.date)->label;
	return index;
}

/* Labels that a number of their own takes the place of: "patient #407182". */
static bool gives_way(const struct context *c)
{
	return c->label == LABEL_NONE || c->label == LABEL_PERSON || c->label == LABEL_ROLE || c->label == LABEL_STATE ||
	       c->label == LABEL_FACILITY;
}

/* "X number", "X #": whatever X is, a long number behind it tells somebody. least: digits that it must have. */
static void number_label(struct context *c, bool mark, unsigned int least)
{
	forget_label(c);
	c->label = LABEL_ID;
	c->needs_mark = true;
	c->mark = mark;
	c->least = (uint8_t)least;
	c->age = c->breaks = 0;
}

static void grow_old(struct context *c, size_t units)
{
	c->age = (uint8_t)(c->age + units < 200 ? c->age + units : 200);
}

/* Does a label hold on over a word? */
static bool label_stays(struct context *c, const struct scan *s, const struct word *word, uint64_t hash)
{
	if (c->label == LABEL_NONE)
		return false;
	if (c->list && (((word->kinds & WORD_CREDENTIAL) && c->label >= LABEL_TITLE && c->before[0] != CONTEXT_CITY) || hash == label_words.and ||
			(c->label == LABEL_PHONE && hash == label_words.or)))
		return true;
	if (c->label == LABEL_PERSON && s->digits && !s->letters && s->token == s->i + 1 && c->gap == GAP_SPACE)         /* "Parent 2 Ravi" */
		return c->mark = true;
	if (c->again)
		return hash == label_words.and || hash == label_words.or;
	if (!c->far || s->letters == s->digits)
		return false;
	c->least = 6;                                    /* "the MRN that they gave was 771826" */
	return c->age < LABEL_UNITS;
}

/* What stands behind the token. */
static uint16_t behind(const struct scan *s)
{
	return s->token < s->seen ? s->r->c[s->token] : 0;
}

/* Does a number or a code follow? */
static bool is_number(const struct context *c)
{
	return c->label >= LABEL_SSN && c->label <= LABEL_USER;
}

/* "fax to 866 555 0108" */
static bool is_sent(const struct context *c, const struct scan *s, const struct word *word)
{
	return (c->label == LABEL_FAX || c->label == LABEL_PHONE) && word->filler == FILLER_PLAIN && c->gap == GAP_SPACE && behind(s) != ':';
}

/* What a word does to the label before it: which label it ends, or -1. */
static int take_label(struct context *c, const struct scan *s, const struct word *word, uint64_t hash, size_t from, size_t to)
{
	const struct reading *r = s->r;
	int index = label_of(c, word, hash);
	bool phrase = index >= 0 && strchr(labels_at(index)->words, ' '), number = word->filler == FILLER_NUMBER && gives_way(c);

	/* "Annapolis, MD": no credential, and no title */
	if (index >= 0 && !phrase && word->state == STATE_CODE && c->before[0] == CONTEXT_CITY && c->gap <= GAP_COMMA && to - from == 2 &&
	    is_upper(r->c[from]) && is_upper(r->c[from + 1]))
		index = -1;
	/* one letter is a label only as such: "F: 617-482-3191" */
	if (index >= 0 && !phrase && to - from == 1 && to == s->token && behind(s) != ':' && behind(s) != ')')
		index = -1;
	/* "REF 5515-F-501": on what is implanted, its number in the catalogue */
	if (index >= 0 && !phrase && hash == label_words.ref && is_upper(r->c[from]) && is_upper(r->c[from + 1]) && behind(s) == ' ')
		index = lexicon_find(label_words.catalogue)->label;
	if (hash == label_words.identifier && behind(s) == '"') {
		c->identifiers = IDENTIFIER_FAR;
		c->nested = 0;
	}
	if (hash == label_words.value && c->identifiers && behind(s) == '"') {
		number_label(c, false, 0);
		return -1;
	}
	/* "the MRN at that hospital was": a label that needs a mark, and has none, takes no place */
	if (index >= 0 && c->far && c->gap == GAP_SPACE && (labels_at(index)->flags & MARK) && behind(s) != ':' && behind(s) != '#')
		index = -1;
	c->ending = word->filler == FILLER_ENDING || (c->ending && (word->filler || index >= 0 || c->far));
	if (number && !phrase && c->before[0] > CONTEXT_LAST && (c->gap == GAP_SPACE || (hash == label_words.no && c->gap == GAP_STOP))) {
		number_label(c, hash != label_words.no, hash == label_words.id ? 5 : 4);
	} else if (word->filler == FILLER_PLAIN && c->least && !c->far && index < 0) {
		forget_label(c);                         /* "a number of 20000" */
	} else if (number && index >= 0 && c->label != LABEL_NONE && c->gap >= GAP_COMMA) {
		set_label(c, index);                     /* "resourceType": "Patient", "id": */
	} else if (word->filler && c->label != LABEL_NONE && (word->filler != FILLER_HEDGE || is_number(c)) &&
		   (index < 0 || (word->filler >= FILLER_MARK && !phrase) || is_sent(c, s, word))) {
		c->mark = c->mark || word->filler >= FILLER_MARK;
		grow_old(c, to - from);
	} else if (index >= 0 && !(c->ending && c->label == LABEL_SSN && labels_at(index)->label == LABEL_PERSON)) {
		set_label(c, index);
		c->mark = to - from == 1 && !phrase;             /* "(H) 482-3190" */
	} else if (word->state == STATE_CODE && to - from == 2 && is_upper(r->c[from]) && is_upper(r->c[from + 1]) &&
		   (c->label == LABEL_VEHICLE || c->label == LABEL_LICENSE) && c->gap <= GAP_SPACE) {
		c->list = false;                         /* "tag NM AKT W82", "license FL ME 88204": whose it is */
	} else if (word->state == STATE_NAME || (word->state == STATE_CODE && to - from == 2 && is_upper(r->c[from]) && is_upper(r->c[from + 1]))) {
		forget_label(c);
		c->label = LABEL_STATE;
		c->age = c->breaks = 0;
	} else if (label_stays(c, s, word, hash)) {
		grow_old(c, 1);
	} else {
		forget_label(c);
	}
	return index;
}

/* One word, or one of those that a key is made of. */
static void label_word(struct context *c, const struct scan *s, const struct word *word, uint64_t hash, size_t from, size_t to)
{
	/* most words are in no list, and stand behind no label */
	bool plain = word == &lexicon_none && c->label == LABEL_NONE;
	int index = plain ? -1 : take_label(c, s, word, hash, from, to);

	c->ending = c->ending && !plain;
	if (index >= 0)
		columns_word(&c->columns, hash, labels_at(index)->label);
	else
		columns_plain_word(&c->columns, hash);
	if (!c->glued) {
		c->words[0] = 0;
		c->words[1] = 0;
	}
	c->words[2] = c->words[1];
	c->words[1] = c->words[0];
	c->words[0] = hash;
	c->glued = true;
}

/* Behind "ssnLast" in "ssnLast4", "PatientID" and the like: where the next word of a key begins; to: at its end. */
static size_t key_word(const struct reading *r, size_t i, size_t to)
{
	size_t j = i + 1;

	if (is_digit(r->c[i])) {
		while (j < to && is_digit(r->c[j]))
			j++;
		return j;
	}
	while (j < to && is_upper(r->c[i]) && is_upper(r->c[j]))
		j++;
	if (j > i + 1)                                   /* of capitals the last one begins a word when small letters follow */
		return j < to && !is_digit(r->c[j]) && !(j + 1 == to && r->c[j] == 's') ? j - 1 : j;
	while (j < to && is_alpha(r->c[j]) && !is_upper(r->c[j]))
		j++;
	return j;
}

/* Behind a key of JSON, a form or a web address. */
static bool ends_key(uint16_t sign)
{
	return sign == '"' || sign == '\'' || sign == ':' || sign == '=' || sign == '>' || sign == ')' || sign == '|' || sign == '&';
}

/* A key of several words written as one: its words; false: it is none. */
static bool label_key(struct context *c, const struct scan *s)
{
	const struct reading *r = s->r;
	uint16_t sign = behind(s);

	if (c->columns.line_begins && sign == '|')       /* "PV1|": a segment of HL7 */
		return false;
	if (s->word->label >= 0 || s->word->filler || !ends_key(sign) || key_word(r, s->i, s->token) == s->token)
		return false;
	for (size_t i = s->i, to; i < s->token; i = to) {
		uint64_t hash = WORD_HASH;

		to = key_word(r, i, s->token);
		for (size_t j = i; j < to; j++)
			hash = word_hash(hash, r->c[j]);
		label_word(c, s, lexicon_find(hash), hash, i, to);
		c->gap = GAP_SPACE;
		c->before[0] = hash;
	}
	return true;
}

/* "xxx" of "xxx-xx-8741" */
static bool is_hidden(const struct scan *s)
{
	size_t j = s->i;

	while (j < s->token && j < s->i + 20 && lower(s->r->c[j]) == 'x')
		j++;
	return j == s->token && s->token > s->i;
}

/* Is it told of a person beside the name: a sex, an age, "DOB", one of the letters of a degree? */
static bool tells_with_name(const struct scan *s)
{
	enum label label = s->word->label < 0 ? LABEL_NONE : labels_at(s->word->label)->label;

	return s->token - s->i <= (s->digits ? 3 : 1) || label == LABEL_DATE || label == LABEL_AGE || (s->word->kinds & (WORD_CREDENTIAL | WORD_YEARS)) ||
	       s->hash == label_words.male || s->hash == label_words.female;
}

void context_word(struct context *c, const struct scan *s)
{
	const struct reading *r = s->r;
	uint64_t before = c->gap < GAP_STOP ? c->before[0] : 0;

	c->person = c->person && tells_with_name(s);
	c->initials = s->token == s->i + 1 && s->letters ? (uint8_t)(c->initials < 100 ? c->initials + 1 : 100) : 0;
	c->hidden = (r->c[s->i] | 32) == 'x' && is_hidden(s) && c->hidden < 100 ? (uint8_t)(c->hidden + s->token - s->i) : 0;
	if (!label_key(c, s))
		label_word(c, s, s->word, s->hash, s->i, s->token);
	c->before[1] = before;
	c->before[0] = s->hash;
	c->gap = GAP_NONE;
	c->last = r->c[s->token - 1];
}

static bool joins_codes(uint16_t sign)
{
	return sign && sign < 0x80 && strchr("+/-_=%:.@~'", sign);
}

/* What the signs of ASCII are, one more than its value; those that are not here stand for brackets. */
static const unsigned char GAPS[0x80] = {
	['-'] = GAP_SPACE + 1, ['\''] = GAP_SPACE + 1, ['\t'] = GAP_SPACE + 1, [','] = GAP_COMMA + 1, ['&'] = GAP_COMMA + 1,
	['.'] = GAP_STOP + 1, ['!'] = GAP_STOP + 1, ['?'] = GAP_STOP + 1, [';'] = GAP_STOP + 1, ['*'] = GAP_STOP + 1,
	['\n'] = GAP_LINE + 1, [':'] = GAP_COLON + 1, ['|'] = GAP_COLON + 1,
};

static inline enum gap gap_of(uint16_t sign)
{
	return sign < 0x80 && GAPS[sign] ? (enum gap)(GAPS[sign] - 1) : GAP_BRACKET;
}

static void count_brackets(struct context *c, uint16_t sign)
{
	c->identifiers--;
	if (sign == '[' || sign == '{')
		c->nested++;
	else if ((sign == ']' || sign == '}') && (c->nested == 0 || --c->nested == 0))
		c->identifiers = 0;
}

/* The head of its column is a cell's label, and no word before is. */
static void begin_cell(struct context *c, enum label cell)
{
	forget_label(c);
	c->label = cell;
	c->mark = cell != LABEL_NONE;
	c->age = c->breaks = 0;
}

/* The second of several spaces, and each further one. */
static __attribute__((noinline)) void more_space(struct context *c)
{
	enum label cell;

	c->far = false;                                  /* "MRN   MD": no words come between */
	if (!columns_spaces(&c->columns, &cell))
		return;
	begin_cell(c, cell);
	c->gap = c->gap < GAP_COLON ? GAP_COLON : c->gap;
}

/* Most signs are spaces: what others need is not made ready for them. */
static __attribute__((noinline)) void other_sign(struct context *c, uint16_t sign)
{
	enum label cell;
	enum gap gap;

	if (c->identifiers)
		count_brackets(c, sign);
	if (sign == '\n' || sign == '?' || sign == '!' || (sign == '.' && !c->initials))
		c->person = false;
	if (sign == '*' || sign == 0x2022)
		c->hidden = (uint8_t)(c->hidden < 100 ? c->hidden + 1 : 100);
	else if (sign == '.' && c->last == '.')
		c->hidden = 1;                           /* "Amex ...61004" */
	else if (sign != '-')
		c->hidden = 0;
	if (sign == '#' && (gives_way(c) || c->label == LABEL_DATE || (c->label == LABEL_PHONE && c->words[0] == label_words.call)) && !c->mark &&
	    (c->before[0] > CONTEXT_LAST || c->before[0] == CONTEXT_NAME) && c->gap < GAP_COMMA)
		number_label(c, true, c->before[0] == CONTEXT_NAME ? BADGE_LEAST : 4);
	/* words of a phrase stand side by side, or joined by one sign */
	if (sign != '-' && sign != '_' && sign != '.' && sign != '/' && sign != '\'')
		c->glued = false;
	c->last = sign;
	if (c->tried && !joins_codes(sign))
		c->tried = 0;
	gap = sign == '/' && c->before[0] == label_words.w ? GAP_SPACE : gap_of(sign);       /* "spoke w/ Jane" */
	c->gap = gap > c->gap ? gap : c->gap;
	if (columns_sign(&c->columns, sign, &cell)) {
		begin_cell(c, cell);
		return;
	}
	if (c->label == LABEL_NONE)
		return;
	c->age++;
	if (sign == '\n')
		c->breaks++;
	if (sign == ':' || sign == '#' || sign == '=' || sign == '|' || (sign == '.' && c->words[0] == label_words.no) ||
	    (sign == '>' && (c->label > LABEL_TITLE || c->label == LABEL_CITY || c->label == LABEL_COUNTY)))
		c->mark = true;
	if (sign == '@' && c->label == LABEL_USER)
		c->mark = true;
	/* who is asked for the number says it in the next line */
	if (c->label == LABEL_SSN && c->far && (sign == '?' || sign == '\n') && c->age <= LABEL_UNITS && c->breaks <= 1)
		return;
	if (sign == '.' || sign == ';' || sign == '\n') {
		c->ending = false;
		if ((c->far && c->least) || (c->again && sign == '\n'))
			forget_label(c);
		c->far = false;
	}
	if (sign == '#' && c->label == LABEL_TITLE && c->words[0] == label_words.mr) {
		c->label = LABEL_MRN;
		c->mark = true;
	}
	if (c->age > LABEL_UNITS || c->breaks > LABEL_BREAKS || sign == '!' || sign == '?' || (sign == ';' && !c->list) ||
	    (sign == '}' || sign == '{'))
		forget_label(c);
	/* a full stop ends what a label says, but for its own: "Dr.", "no." */
	if ((sign == '.' || sign == ',') && c->label == LABEL_ROLE)
		forget_label(c);
	/* "Mr. Poe. Rent is due.", "Mr. Poe: No." */
	if ((sign == '.' || sign == ':') && c->label == LABEL_TITLE && c->before[0] == CONTEXT_NAME)
		forget_label(c);
	if (sign == '\n' && (c->label == LABEL_STATE || c->label == LABEL_PLAIN || c->label == LABEL_TITLE || c->label == LABEL_ROLE))
		forget_label(c);
}

void context_sign(struct context *c, uint16_t sign)
{
	if (sign != ' ') {
		other_sign(c, sign);
		return;
	}
	if (c->last == ' ')
		more_space(c);
	context_space(c);
	if (c->label != LABEL_NONE && ++c->age > LABEL_UNITS)
		forget_label(c);
}

void context_masked(struct context *c, enum entity entity)
{
	bool number = c->label >= LABEL_MRN && c->label <= LABEL_ID && entity >= ENTITY_MRN && entity <= ENTITY_ID;

	if (c->label == LABEL_SSN && c->far && entity == ENTITY_DATE) {
		c->age = 0;                              /* both were asked for */
	} else if (c->label == LABEL_TITLE && entity != ENTITY_NAME) {
		forget_label(c);                         /* "Mr. Ochs (312-555-0140). Case no. 7" */
	} else if (c->list || number) {
		c->age = c->breaks = 0;
		c->mark = true;
		c->far = false;
		c->again = !c->list;
		c->least = c->list ? 0 : 6;
	} else {
		forget_label(c);
	}
	if (entity == ENTITY_DATE && c->days < 3)
		c->days++;
	c->person = entity == ENTITY_NAME || (c->person && (entity == ENTITY_DATE || entity == ENTITY_AGE || entity == ENTITY_PHONE));
	c->hidden = 0;
	c->identifiers = c->identifiers ? IDENTIFIER_FAR : 0;
	c->ending = c->ending && c->label == LABEL_SSN;
	columns_masked(&c->columns);
	c->initials = 0;
	c->words[0] = c->words[1] = c->words[2] = 0;
	c->before[0] = entity == ENTITY_NAME ? CONTEXT_NAME : entity == ENTITY_ADDRESS ? CONTEXT_ADDRESS : entity == ENTITY_CITY ? CONTEXT_CITY :
		       entity == ENTITY_DATE ? CONTEXT_DATE : entity == ENTITY_ZIP ? CONTEXT_ZIP : CONTEXT_MASKED;
	c->before[1] = 0;
	c->gap = GAP_NONE;
	c->glued = false;
	c->last = 'x';
}
