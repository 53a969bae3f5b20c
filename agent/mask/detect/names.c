/* Names of people: behind a title or a label, and again where they were found before. */
#include "around.h"
#include "care.h"
#include "labels.h"
#include "parts.h"

#define NAMES (DICTIONARY_FIRST | DICTIONARY_LAST)

/* What a word in small letters says that it is when it is no name. */
#define NO_SMALL_NAME (WORD_STOP | WORD_VERB | WORD_BE | WORD_PARTICIPLE | WORD_ADVERB | WORD_KIN | WORD_ROLE | WORD_THING | WORD_CREDENTIAL | \
		       WORD_ADDRESS | WORD_MEET | WORD_WITH | WORD_HUMAN | WORD_GENERIC | WORD_MONTH | WORD_DAY | WORD_AND)

/* "dr iqbal", "mr. lo", but not "dr visit", "ms contin" */
static bool is_small_behind_title(struct scan *s, const struct part *p, unsigned int dictionary)
{
	const struct context *c = s->context;
	bool stop = c->gap == GAP_STOP;

	if ((dictionary & NAMES) && !(dictionary & DICTIONARY_SAFE))
		return true;
	if (c->label != LABEL_TITLE)
		return false;
	if (dictionary & NAMES)
		return stop || around_right(s, p->end) >= RIGHT_VERB;
	return !dictionary && p->end - p->start > 2 && (stop || (c->before[0] != label_words.mr && c->before[0] != label_words.ms));
}

/* A part in small letters, where names are written so. */
static bool is_small_part(struct scan *s, const struct part *p, bool first)
{
	const struct context *c = s->context;
	bool marked = c->mark || !c->needs_mark, strong;
	unsigned int dictionary;

	if (p->end - p->start == 1)                      /* "e-signed: m. fairchild" */
		return marked && c->label == LABEL_NAME && scan_at(s, p->end) == '.' && is_alpha(scan_at(s, p->end + 2));
	if ((p->words & NO_SMALL_NAME) || (p->care & (CARE_END | CARE_TRADE)))
		return false;
	if (first && ((scan_at(s, p->end) == ':' && c->label != LABEL_TITLE) || c->before[0] == CONTEXT_NAME))
		return false;                            /* "pt sticker:", "Mr. Cross misgendered me" */
	dictionary = part_look_up(s, p);
	if (!first)
		return !(dictionary & DICTIONARY_SAFE) ||
		       ((dictionary & NAMES) && (!is_alpha(scan_at(s, p->end + 1)) || around_right(s, p->end) >= RIGHT_VERB));
	strong = (dictionary & NAMES) && !(dictionary & DICTIONARY_SAFE);
	if (c->label == LABEL_PERSON && !c->mark && ((p->words & WORD_EPONYM) || around_right(s, p->end) == RIGHT_THING))
		return false;                            /* "referred to foster care" */
	if (c->label == LABEL_PERSON && !c->mark && (word_kinds(c->before[0]) & WORD_KIN) && c->gap <= GAP_COMMA)              /* "mom rose called", "dad dipesh" */
		strong = strong || ((dictionary & DICTIONARY_FIRST) && around_right(s, p->end) >= RIGHT_VERB) || (!dictionary && p->end - p->start > 3);
	if (c->label == LABEL_TITLE || c->label == LABEL_ROLE)
		return is_small_behind_title(s, p, dictionary);
	if (c->label == LABEL_SPOKEN)
		return (dictionary & NAMES) || !dictionary;
	/* "Name: adebayo, funmi", but not "Name: metformin" */
	if (c->label == LABEL_PERSON && c->mark && c->gap < GAP_COLON && !(word_kinds(c->before[0]) & WORD_BE))
		return false;                            /* "Patient: You flatter me" */
	return strong || (c->label == LABEL_NAME && !dictionary && !c->mark && c->before[0] == label_words.name);
}

static bool ends_line(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return (!c && !s->cut) || c == '\n' || c == '<' || c == '\r' || c == '(' || c == ';' || c == '|';
}

/* May the part belong to a name that was announced? */
static bool is_name_part(struct scan *s, const struct part *p, const struct part *before)
{
	const struct context *c = s->context;
	enum label label = c->label;
	bool first = !before;

	if (p->shape == SHAPE_NOT || (p->words & WORD_CREDENTIAL))
		return false;
	if (p->words & WORD_PARTICLE)
		return true;
	if (p->shape == SHAPE_LOWER)                     /* "Patient: Pretty much" */
		return (first || before->shape == SHAPE_LOWER || label == LABEL_SPOKEN) && is_small_part(s, p, first);
	if (!(p->words & WORD_STOP) || (p->shape == SHAPE_INITIAL && (first || scan_at(s, p->end) == '.' || ends_line(s, p->end))))
		return true;
	if (first && label == LABEL_TITLE && (number_kinds(p->hash) & NUMBER_WEEKDAY))        /* "Ms. Friday" */
		return p->shape == SHAPE_NAME && (c->before[0] == label_words.mr || c->before[0] == label_words.ms);
	/* "Dr. Long", "Name: LONG, MALIK", "Name: Keisha Day", but not "Name: Keisha Case number:" */
	return (p->words & WORD_ALSO_NAME) &&
	       (first ? label == LABEL_TITLE || ((label == LABEL_NAME || label == LABEL_PERSON) && scan_at(s, p->end) == ',' && is_upper(scan_at(s, p->end + 2))) :
			scan_at(s, p->end) != ':' && scan_at(s, p->end) != '#' && !(scan_at(s, p->end) == ' ' && is_alpha(scan_at(s, p->end + 1))));
}

struct name {
	size_t end;                      /* 0: none */
	struct part first;
	int parts;
	bool comma;                      /* "Last, First" */
	bool named;                      /* a part of it is no word of the language only */
};

/* "Dr. M" */
static bool is_lone_initial(struct scan *s, const struct name *name)
{
	const struct context *c = s->context;

	return name->parts == 1 && name->first.shape == SHAPE_INITIAL && c->label == LABEL_TITLE && c->gap == GAP_STOP &&
	       scan_at(s, name->first.start) != 'I' && !is_alnum(scan_at(s, name->end));
}

/* Name parts from place i on. */
static struct name read_name(struct scan *s, size_t i, bool comma_form)
{
	struct name name = {0};
	size_t at = i;
	bool comma = comma_form, real = false, any = false, small = s->context->label == LABEL_SPOKEN;

	for (int k = 0; k < PARTS_MAX && (at || k == 0); k++) {
		struct part p;
		bool particle;

		part_read(s, at, &p);
		particle = p.words & WORD_PARTICLE;
		/* "Van An": behind a particle in capitals any word is a part; and what ends a line behind "last, " is a first name */
		any = (any && p.shape >= SHAPE_INITIAL) || (small && k && name.comma && ends_line(s, p.end) && p.shape != SHAPE_NOT);
		if (!any && !is_name_part(s, &p, k ? &name.first : NULL))
			break;
		any = particle && p.shape >= SHAPE_CAPITALS;
		if (particle && k == 0 && p.shape == SHAPE_LOWER && !is_alpha(scan_at(s, p.end + 1)))
			break;
		if (k == 0)
			name.first = p;
		name.parts++;
		name.named = name.named || p.shape == SHAPE_LOWER || (p.dictionary & NAMES) ||
			     (p.shape >= SHAPE_CAPITALS && !(p.dictionary & DICTIONARY_SAFE)) || (p.words & WORD_ALSO_NAME);
		real = real || (!particle && p.shape != SHAPE_INITIAL) || (particle && p.shape >= SHAPE_CAPITALS);
		if (!particle || p.shape >= SHAPE_CAPITALS)
			name.end = p.end;
		at = part_next(s, &p, comma && k < 3);
		if (!at && k == 0)
			at = part_nickname(s, &p);
		if (at && (scan_at(s, p.end) == ',' || scan_at(s, p.end) == '^')) {
			comma = scan_at(s, p.end) == '^';
			name.comma = true;
		}
	}
	if (!real && !(name.end && is_alpha(scan_at(s, i)) && scan_at(s, i + 1) == '.') && !is_lone_initial(s, &name))
		name.end = 0;
	/* "Smith, Jane Q." */
	if (name.end && scan_at(s, name.end) == '.' && name.end - i > 2 && scan_at(s, name.end - 2) == ' ' && is_alpha(scan_at(s, name.end - 1)))
		name.end++;
	return name;
}

/* Behind "Patient:" or "Mother:" there may stand a name, but also what the patient says, or has. */
static bool is_likely(struct scan *s, const struct name *name)
{
	const struct part *p = &name->first;
	uint16_t behind = scan_at(s, name->end);
	uint64_t before = s->context->before[0];
	uint16_t last = s->context->last;
	bool ends = ends_line(s, name->end) || behind == ',' || behind == '.' || behind == '/' || (behind == ' ' && scan_at(s, name->end + 1) == ' ');

	/* "| MD |" and "| Bowman |": a cell of its own */
	if (s->context->columns.separator && s->context->gap == GAP_COLON && !(p->words & WORD_STOP) &&
	    (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) && (ends_line(s, name->end) || (behind == ' ' &&
	    (scan_at(s, name->end + 1) == ' ' || scan_at(s, name->end + 1) == '|'))))
		return true;
	/* "family":"Bright", <given>Hope</given>, but not "Family: hypertension" */
	if ((before == label_words.family || before == label_words.given) && ((last == '"' && behind == '"') || (last == '>' && behind == '<')))
		return name->named;
	/* "Attending: Cho / Resident: Ames", where nobody speaks */
	if ((!(word_kinds(s->context->before[0]) & WORD_SPEAKER) || (behind == '"' && s->context->before[0] != label_words.display)) && name->parts == 1 && p->shape == SHAPE_NAME && !(p->words & WORD_STOP) &&
	    (ends_line(s, name->end) || behind == ',' || behind == '"' || (behind == '/' && is_upper(scan_at(s, name->end + 1))) || (behind == ' ' && !is_alpha(scan_at(s, name->end + 1)))))
		return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) || part_is_unknown(p);
	if (p->dictionary & DICTIONARY_SAFE)
		return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) && (name->comma || (name->parts > 1 && ends) || (p->words & WORD_PARTICLE) ||
			around_credential(s, name->end));
	if (p->shape == SHAPE_INITIAL)
		return name->parts > 1;
	return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) || name->comma || name->parts > 1;
}

/* Behind "Officer" or "Nurse": a person, but also "Nurse Manager" and "REV CODE". */
static bool is_role_bearer(const struct part *p)
{
	if (p->shape == SHAPE_CAPITALS &&
	    ((p->dictionary & DICTIONARY_SAFE) || (!(p->dictionary & NAMES) && p->end - p->start <= 4)))
		return false;
	return p->shape < SHAPE_CAPITALS || !(p->dictionary & DICTIONARY_SAFE) || (p->dictionary & NAMES);
}

/* A label without the mark that it needs announces only what is written in small letters: "mother latoya jeffries". */
static bool is_announced(const struct scan *s)
{
	const struct context *c = s->context;
	bool small = s->i < s->r->n && s->r->c[s->i] >= 'a' && s->r->c[s->i] <= 'z';

	if (!c->needs_mark || c->mark)
		return true;
	return small && c->age <= 2 && (c->gap == GAP_SPACE || c->gap == GAP_COMMA) && !(s->word->kinds & WORD_PARTICLE) &&
	       ((word_kinds(c->before[0]) & (WORD_BESIDE | WORD_BE)) || around_left(c) >= LEFT_ROLE ||
		c->before[0] == label_words.name);
}

/* "name" by itself may be a drug's: {"name": "Lamictal"}, {"name": "Trokendi XR"} */
static bool may_be_thing(struct scan *s, const struct name *name)
{
	const struct context *c = s->context;
	const struct part *p = &name->first;

	if (c->before[0] != label_words.name || c->words[1] || name->comma || (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)))
		return false;
	return (p->dictionary & DICTIONARY_SAFE) || scan_at(s, name->end) == '"' || is_digit(scan_at(s, name->end + 1));
}

bool scan_name(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool title = c->label == LABEL_TITLE || c->label == LABEL_ROLE;
	struct name name;

	if (c->label < LABEL_TITLE || !is_announced(s) || !is_alpha(scan_at(s, s->i)))
		return false;
	if (c->before[0] == CONTEXT_CITY && s->word->state)           /* "cc: A. Smith, 12 Main Street, Boston, MA" */
		return false;
	/* a title stands beside its name, and "professor at College" does not */
	if (title && ((c->age > 4 && !c->columns.separator) || (word_kinds(c->before[0]) & WORD_PLACE_BEFORE)))
		return false;
	name = read_name(s, s->i, !title);
	if (!name.end || may_be_thing(s, &name) || ((c->label == LABEL_PERSON || (c->label == LABEL_ROLE && c->mark)) && name.first.shape != SHAPE_LOWER && !is_likely(s, &name)))
		return false;
	if (c->label == LABEL_ROLE && !is_role_bearer(&name.first))
		return false;
	/* "MS RDN" */
	if (c->label == LABEL_TITLE && c->gap != GAP_STOP && name.parts == 1 && name.first.shape == SHAPE_CAPITALS &&
	    !(name.first.dictionary & NAMES) && name.end - s->i <= 4)
		return false;
	/* "known as Schmidt syndrome" */
	if (c->label == LABEL_NAME && !c->mark && name.parts == 1 && around_right(s, name.end) == RIGHT_THING)
		return false;
	/* "Dear Parent", "Dear Claims" */
	if (c->before[0] == label_words.dear && name.parts == 1 && (name.first.dictionary & DICTIONARY_SAFE) &&
	    !(name.first.dictionary & DICTIONARY_FIRST))
		return false;
	if (!title && !name.named && !around_credential(s, name.end))         /* "Attn: Medical Records" */
		return false;
	*f = (struct finding){.start = s->i, .end = part_suffix(s, name.end), .entity = ENTITY_NAME,
			      .rule = title ? "name behind a title" : "name label", .custom = -1};
	return true;
}

/* ---- found before ------------------------------------------------------------------------------------------------------------------------- */

static bool is_known(const struct scan *s, uint64_t hash)
{
	const struct context *c = s->context;

	for (int i = 0; i < c->n_names && (c->names_seen & context_name_bit(hash)); i++)
		if (c->names[i] == hash)
			return true;
	return known_has(s->known, hash);
}

bool scan_known_name(struct scan *s, struct finding *f)
{
	size_t at = s->i, end = 0;
	bool place = false;
	int word = 0;                                    /* 1: a word of the language, 2: a small one */
	enum right right;

	if ((!s->context->n_names && !s->known) || !is_upper(scan_at(s, s->i)))
		return false;
	for (int k = 0; k < PARTS_MAX && (at || k == 0); k++) {
		struct part room;
		const struct part *p = part_at(s, at, &room);

		if (p->shape >= SHAPE_CAPITALS && is_known(s, p->hash)) {
			place = (p->words & WORD_STATE) && k == 0;
			word = k == 0 && (p->words & WORD_STOP) ? 2 : k == 0 && (p->dictionary & DICTIONARY_SAFE) ? 1 : 0;
		}
		else if (p->shape == SHAPE_INITIAL && (!end || scan_at(s, p->end) == '.'))
			;                                /* "O. Rashid" */
		else if (!end || (p->words & (WORD_STOP | WORD_CREDENTIAL | WORD_THING)) || p->shape < SHAPE_CAPITALS ||
			 !((p->dictionary & DICTIONARY_LAST) || part_is_unknown(p)))
			break;                           /* "Zoe Mbeki", when "Zoe" is known */
		if (p->shape >= SHAPE_CAPITALS)
			end = p->end;
		word = k ? 0 : word;
		at = part_next(s, p, false);
	}
	if (!end)
		return false;
	right = around_right(s, end);
	if ((right == RIGHT_THING && scan_at(s, end) != '\'') || (place && around_left(s->context) == LEFT_PLACE) || (word == 2 && right < RIGHT_VERB) ||
	    (word == 1 && right < RIGHT_WEAK && around_begins_sentence(s->context)))
		return false;
	*f = (struct finding){.start = s->i, .end = part_suffix(s, end), .entity = ENTITY_NAME,
			      .rule = "name found before", .custom = -1};
	return true;
}
