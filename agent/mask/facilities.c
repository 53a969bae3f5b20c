/* Where people are treated: hospitals and the like. */
#include "around.h"
#include "parts.h"

#define WORDS_MAX 7

static bool found(struct finding *f, struct scan *s, size_t end, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_FACILITY, .rule = rule, .custom = -1};
	return true;
}

static const char OF_WORDS[] = "of and the at for";

static bool is_joint(struct scan *s, const struct part *p)
{
	const char *at = OF_WORDS;

	while (*at) {
		size_t n = 0;

		while (at[n] && at[n] != ' ' && lower(scan_at(s, p->start + n)) == (unsigned char)at[n])
			n++;
		if (n == p->end - p->start && (!at[n] || at[n] == ' '))
			return true;
		while (*at && *at++ != ' ')
			;
	}
	return false;
}

/* "St. Luke's" by itself */
static size_t saint(struct scan *s)
{
	struct part p;
	size_t at;

	part_read(s, s->i, &p);
	if (p.end - p.start != 2 || !(p.words & WORD_PLACE_FIRST) || lower(scan_at(s, s->i)) != 's')
		return 0;
	at = part_next_word(s, &p);
	if (!at)
		return 0;
	part_read(s, at, &p);
	return p.shape >= SHAPE_CAPITALS && scan_at(s, p.end) == '\'' && lower(scan_at(s, p.end + 1)) == 's' && !is_alnum(scan_at(s, p.end + 2)) ?
		p.end + 2 : 0;
}

/* "at Mercy General": the name of a hospital without the word */
static size_t short_name(struct scan *s)
{
	struct part p, last;
	size_t at;

	if (s->context->gap != GAP_SPACE || !(word_kinds(s->context->before[0]) & WORD_PLACE_BEFORE))
		return 0;
	part_read(s, s->i, &p);
	if (p.shape < SHAPE_CAPITALS || (p.words & (WORD_STOP | WORD_GENERIC)))
		return 0;
	at = part_next_word(s, &p);
	for (int words = 0; at && words < 2; words++) {
		part_read(s, at, &last);
		if (last.shape < SHAPE_NAME && last.shape != p.shape)
			return 0;
		if (last.words & WORD_SHORT)
			return is_upper(scan_at(s, last.end + 1)) ? 0 : last.end;
		at = part_next_word(s, &last);
	}
	return 0;
}

bool scan_facility(struct scan *s, struct finding *f)
{
	size_t at = s->i, end = 0;
	bool own = false;                                /* a word that not every hospital may bear */

	if (!is_upper(scan_at(s, s->i)))
		return false;
	for (int words = 0; words < WORDS_MAX && (at || !words); words++) {
		struct part p, second;
		size_t next;

		part_read(s, at, &p);
		if (p.shape < SHAPE_INITIAL && !(words && is_joint(s, &p)))
			break;
		if (words == 0 && (p.words & (WORD_STOP | WORD_ARTICLE | WORD_BE)) && !(p.words & (WORD_PLACE_FIRST | WORD_GENERIC | WORD_ALSO_NAME)))
			return false;
		next = part_next_word(s, &p);
		if (p.words & WORD_FACILITY) {
			if (words && own)
				end = p.end;
		} else if ((p.words & WORD_GENERIC) && next) {
			part_read(s, next, &second);
			if ((second.words & WORD_CENTER) && second.shape >= SHAPE_CAPITALS && own) {
				end = second.end;
				next = part_next_word(s, &second);
			}
		} else if (p.shape >= SHAPE_CAPITALS && (!(p.words & (WORD_STOP | WORD_GENERIC)) || (p.words & WORD_ALSO_NAME))) {
			own = true;
		}
		if (end && !next)
			break;
		at = next;
	}
	if (end)
		return found(f, s, end, "facility");
	if ((end = short_name(s)))
		return found(f, s, end, "facility, its short name");
	if ((end = saint(s)) && around_left(s->context) == LEFT_PLACE && around_right(s, end) != RIGHT_THING)
		return found(f, s, end, "facility, a saint's");
	return false;
}
