/* Names of people: behind a title or a label, and again where they were found before. */
#include <string.h>

#include "scan.h"

#define PARTS_MAX 6
#define PART_MAX 40                              /* units of one name part */

enum shape { SHAPE_NOT, SHAPE_LOWER, SHAPE_INITIAL, SHAPE_NAME };

struct part {
	size_t start, end;
	uint64_t hash;
	enum shape shape;
	bool particle;
};

/* J-o-h-n: single letters with one sign between each two. */
static size_t spaced_letters(struct scan *s, size_t i, uint64_t *hash)
{
	uint16_t sign = scan_at(s, i + 1);
	size_t j = i, n = 0;

	*hash = WORD_HASH;
	if (sign != '-' && sign != '.' && sign != '_' && sign != '*')
		return i;
	while (is_alpha(scan_at(s, j)) && !is_alnum(scan_at(s, j + 1)) && n < PART_MAX) {
		*hash = word_hash(*hash, scan_at(s, j));
		n++;
		if (scan_at(s, j + 1) != sign || !is_alpha(scan_at(s, j + 2)) || is_alnum(scan_at(s, j + 3)))
			return n >= 3 ? j + 1 : i;
		j += 2;
	}
	return i;
}

/* The word at place i: letters with apostrophes and hyphens inside; a possessive 's stays outside. */
static void read_part(struct scan *s, size_t i, struct part *p)
{
	size_t j = i;
	uint16_t c;

	*p = (struct part){.start = i, .end = i, .hash = WORD_HASH};
	if (!is_alpha(scan_at(s, i)))
		return;
	p->end = spaced_letters(s, i, &p->hash);
	if (p->end > i) {
		p->shape = SHAPE_NAME;
		return;
	}
	p->hash = WORD_HASH;
	while (j < i + PART_MAX) {
		c = scan_at(s, j);
		if (is_alpha(c)) {
			p->hash = word_hash(p->hash, c);
			p->end = ++j;
		} else if ((c == '\'' || c == '-') && j > i && is_alpha(scan_at(s, j + 1)) &&
			   !(c == '\'' && lower(scan_at(s, j + 1)) == 's' && !is_alnum(scan_at(s, j + 2)))) {
			p->hash = word_hash(p->hash, c);
			j++;
		} else {
			break;
		}
	}
	if (is_digit(scan_at(s, p->end)) || scan_at(s, p->end) == '_')
		return;
	p->particle = word_kinds(p->hash) & WORD_PARTICLE;
	if (!reading_is_upper(scan_at(s, i)))
		p->shape = SHAPE_LOWER;
	else
		p->shape = p->end - i == 1 ? SHAPE_INITIAL : SHAPE_NAME;
}

/* May the part belong to a name? In small letters only where a name was announced so. */
static bool is_name_part(const struct part *p, bool small, bool first)
{
	if (p->shape == SHAPE_NOT || is_credential(p->hash))
		return false;
	if (p->particle)
		return true;
	if (p->shape == SHAPE_LOWER)
		return small && !is_stop_word(p->hash) && p->end - p->start > 1;
	return !is_stop_word(p->hash) || (first && p->shape == SHAPE_INITIAL);
}

/* Between two parts: a space (or line end in a name that wraps is none), a full stop behind an initial, and for "Last, First" a comma. */
static size_t gap(struct scan *s, const struct part *p, bool comma)
{
	size_t j = p->end;

	if (scan_at(s, j) == '.' && (p->shape == SHAPE_INITIAL || p->particle || p->end - p->start <= 2))
		j++;
	if (scan_at(s, j) == '^' && comma)
		return j + 1;
	if (comma && scan_at(s, j) == ',')
		j++;
	if (scan_at(s, j) == ' ' || (scan_at(s, j) == '.' && p->shape == SHAPE_INITIAL))
		return is_alpha(scan_at(s, j + 1)) ? j + 1 : 0;
	return p->shape == SHAPE_INITIAL && is_alpha(scan_at(s, j)) && j > p->end ? j : 0;
}

static bool known(const struct context *c, uint64_t hash)
{
	for (int i = 0; i < c->n_names; i++)
		if (c->names[i] == hash)
			return true;
	return false;
}

static bool ends_line(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return (!c && !s->cut) || c == '\n' || c == '\r' || c == '(' || c == ';' || c == '|';
}

/* Name parts from place i on; the unit behind the last, 0 when there is none. */
static size_t read_name(struct scan *s, size_t i, bool small, bool comma_form)
{
	size_t at = i, end = 0;
	bool comma = comma_form, real = false, any = false;

	for (int k = 0; k < PARTS_MAX && (at || k == 0); k++) {
		struct part p;
		size_t next;

		read_part(s, at, &p);
		/* "Van An": behind a particle in capitals any word is a part; and what ends a line behind "last, " is a first name */
		any = (any && p.shape >= SHAPE_INITIAL) || (small && k && at > i && !comma && comma_form && ends_line(s, p.end) && p.shape != SHAPE_NOT);
		if (!any && !is_name_part(&p, small, k == 0))
			break;
		any = p.particle && p.shape == SHAPE_NAME;
		if (p.particle && k == 0 && p.shape == SHAPE_LOWER && !is_alpha(scan_at(s, p.end + 1)))
			break;
		real = real || (!p.particle && p.shape != SHAPE_INITIAL) || (p.particle && p.shape == SHAPE_NAME);
		if (!p.particle || p.shape == SHAPE_NAME)
			end = p.end;
		next = gap(s, &p, comma && k < 3);
		if (next && scan_at(s, p.end) == ',')
			comma = false;
		/* an initial's full stop belongs to the name when more follows */
		at = next;
	}
	if (!real && !(end && is_alpha(scan_at(s, i)) && scan_at(s, i + 1) == '.'))
		return 0;
	if (end && scan_at(s, end) == '.' && end - i > 2 && scan_at(s, end - 2) == ' ' && is_alpha(scan_at(s, end - 1)))
		end++;                                   /* "Smith, Jane Q." */
	return end;
}

bool scan_name(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool small = c->label == LABEL_SPOKEN, title = c->label == LABEL_TITLE;
	size_t end;

	if ((c->label != LABEL_TITLE && c->label != LABEL_NAME && c->label != LABEL_SPOKEN) || (c->needs_mark && !c->mark) ||
	    !is_alpha(scan_at(s, s->i)))
		return false;
	if (title && c->age > 4)                         /* a title stands beside its name */
		return false;
	end = read_name(s, s->i, small, !title);
	if (!end)
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = title ? "name behind a title" : "name label", .custom = -1};
	return true;
}

bool scan_known_name(struct scan *s, struct finding *f)
{
	size_t at = s->i, end = 0;

	if (!s->context->n_names || !reading_is_upper(scan_at(s, s->i)))
		return false;
	for (int k = 0; k < PARTS_MAX && (at || k == 0); k++) {
		struct part p;

		read_part(s, at, &p);
		if (p.shape < SHAPE_INITIAL || !known(s->context, p.hash))
			break;
		end = p.end;
		at = gap(s, &p, false);
	}
	if (!end)
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = "name found before", .custom = -1};
	return true;
}
