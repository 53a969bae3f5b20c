/* Names of people: behind a title or a label, and again where they were found before. */
#include "around.h"
#include "parts.h"

/* May the part belong to a name that was announced? In small letters only where names are written so. */
static bool is_name_part(struct scan *s, const struct part *p, bool small, bool first)
{
	const struct context *c = s->context;
	enum label label = c->label;

	if (p->shape == SHAPE_NOT || (p->words & WORD_CREDENTIAL))
		return false;
	if (p->words & WORD_PARTICLE)
		return true;
	if (p->shape == SHAPE_LOWER) {
		unsigned int dictionary = label == LABEL_NAME && c->mark ? part_look_up(s, p) : DICTIONARY_SAFE;

		/* "Name: adebayo, funmi", but not "Name: metformin" */
		if ((dictionary & DICTIONARY_SAFE) || (first && !dictionary))
			dictionary = 0;
		else if (!first)
			dictionary = DICTIONARY_LAST;
		return (small || (dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST))) && !(p->words & WORD_STOP) && p->end - p->start > 1;
	}
	if (!(p->words & WORD_STOP) || (first && p->shape == SHAPE_INITIAL))
		return true;
	/* "Dr. Long", "Name: LONG, MALIK", "Name: Keisha Day", but not "Name: Keisha Case number:" */
	return (p->words & WORD_ALSO_NAME) &&
	       (first ? label == LABEL_TITLE || ((label == LABEL_NAME || label == LABEL_PERSON) && scan_at(s, p->end) == ',') :
			scan_at(s, p->end) != ':' && scan_at(s, p->end) != '#' && !(scan_at(s, p->end) == ' ' && is_alpha(scan_at(s, p->end + 1))));
}

static bool ends_line(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return (!c && !s->cut) || c == '\n' || c == '\r' || c == '(' || c == ';' || c == '|';
}

struct name {
	size_t end;                      /* 0: none */
	struct part first;
	int parts;
	bool comma;                      /* "Last, First" */
};

/* Name parts from place i on. */
static struct name read_name(struct scan *s, size_t i, bool small, bool comma_form)
{
	struct name name = {0};
	size_t at = i;
	bool comma = comma_form, real = false, any = false;

	for (int k = 0; k < PARTS_MAX && (at || k == 0); k++) {
		struct part p;
		bool particle;

		part_read(s, at, &p);
		particle = p.words & WORD_PARTICLE;
		/* "Van An": behind a particle in capitals any word is a part; and what ends a line behind "last, " is a first name */
		any = (any && p.shape >= SHAPE_INITIAL) || (small && k && name.comma && ends_line(s, p.end) && p.shape != SHAPE_NOT);
		if (!any && !is_name_part(s, &p, small, k == 0))
			break;
		any = particle && p.shape >= SHAPE_CAPITALS;
		if (particle && k == 0 && p.shape == SHAPE_LOWER && !is_alpha(scan_at(s, p.end + 1)))
			break;
		if (k == 0)
			name.first = p;
		name.parts++;
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
	if (!real && !(name.end && is_alpha(scan_at(s, i)) && scan_at(s, i + 1) == '.'))
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
	bool ends = ends_line(s, name->end) || behind == ',' || behind == '.' || behind == '/' || (behind == ' ' && scan_at(s, name->end + 1) == ' ');

	/* "Attending: Cho / Resident: Ames", where nobody speaks */
	if (!(word_kinds(s->context->before[0]) & WORD_SPEAKER) && name->parts == 1 && p->shape == SHAPE_NAME && !(p->words & WORD_STOP) &&
	    (ends_line(s, name->end) || behind == ',' || behind == '"' || (behind == ' ' && !is_alpha(scan_at(s, name->end + 1)))))
		return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) || part_is_unknown(p);
	if (p->dictionary & DICTIONARY_SAFE)
		return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) && (name->comma || (name->parts > 1 && ends) || (p->words & WORD_PARTICLE) ||
			around_credential(s, name->end));
	if (p->shape == SHAPE_INITIAL)
		return name->parts > 1;
	return (p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)) || name->comma || name->parts > 1;
}

bool scan_name(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool small = c->label == LABEL_SPOKEN, title = c->label == LABEL_TITLE || c->label == LABEL_ROLE;
	struct name name;

	if (c->label < LABEL_TITLE || (c->needs_mark && !c->mark) || !is_alpha(scan_at(s, s->i)))
		return false;
	if (c->before[0] == CONTEXT_CITY && s->word->state)           /* "cc: A. Smith, 12 Main Street, Boston, MA" */
		return false;
	if (title && c->age > 4)                         /* a title stands beside its name */
		return false;
	name = read_name(s, s->i, small, !title);
	if (!name.end || ((c->label == LABEL_PERSON || (c->label == LABEL_ROLE && c->mark)) && !is_likely(s, &name)))
		return false;
	*f = (struct finding){.start = s->i, .end = name.end, .entity = ENTITY_NAME, .rule = title ? "name behind a title" : "name label", .custom = -1};
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
		struct part p;

		part_read(s, at, &p);
		if (p.shape >= SHAPE_CAPITALS && is_known(s, p.hash)) {
			place = (p.words & WORD_STATE) && k == 0;
			word = k == 0 && (p.words & WORD_STOP) ? 2 : k == 0 && (p.dictionary & DICTIONARY_SAFE) ? 1 : 0;
		}
		else if (p.shape == SHAPE_INITIAL && (!end || scan_at(s, p.end) == '.'))
			;                                /* "O. Rashid" */
		else if (!end || (p.words & (WORD_STOP | WORD_CREDENTIAL | WORD_THING)) || p.shape < SHAPE_CAPITALS ||
			 !((p.dictionary & DICTIONARY_LAST) || part_is_unknown(&p)))
			break;                           /* "Zoe Mbeki", when "Zoe" is known */
		if (p.shape >= SHAPE_CAPITALS)
			end = p.end;
		word = k ? 0 : word;
		at = part_next(s, &p, false);
	}
	if (!end)
		return false;
	right = around_right(s, end);
	if (right == RIGHT_THING || (place && around_left(s->context) == LEFT_PLACE) || (word == 2 && right < RIGHT_VERB) ||
	    (word == 1 && right < RIGHT_WEAK && around_begins_sentence(s->context)))
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = "name found before", .custom = -1};
	return true;
}
