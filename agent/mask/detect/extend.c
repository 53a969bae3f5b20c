#include "extend.h"

#include "around.h"
#include "blocks.h"
#include "care.h"
#include "parts.h"
#include "ranges.h"
#include "roads.h"

#define NAMES (DICTIONARY_FIRST | DICTIONARY_LAST)

static bool is_quote(uint16_t c)
{
	return c == '"' || c == '\'' || c == 0x201c || c == 0x201d || c == 0x2018 || c == 0x2019;
}

/* Does what stands at place i end a cell, a clause or a line? */
static bool ends(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i), next = scan_at(s, i + 1);

	if (c == ' ')
		return next == ' ' || next == '-' || next == 0x2013 || next == 0x2014 || next == '|' || next == '/' || next == '(' || next == '[';
	return !is_alnum(c) && c != '-' && c != '\'' && c != '&' && c != '@' && !(c == '.' && is_alnum(next)) && !(c == '/' && is_alnum(next));
}

/* ---- names ----------------------------------------------------------------------------------------------------------- */

/* "ABDI, FARHIA H.", "Briscoe, H", "Nakamura K –": an initial, behind a comma or a space. */
static size_t initial(struct scan *s, size_t end)
{
	bool comma = scan_at(s, end) == ',';
	size_t i = end + comma, behind;

	if (scan_at(s, i) != ' ' || !is_upper(scan_at(s, i + 1)) || is_alnum(scan_at(s, i + 2)) || (scan_at(s, i + 1) == 'I' && !comma))
		return end;
	behind = i + 2;
	if (scan_at(s, behind) == '.' && scan_at(s, behind + 1) != '.' && !is_alnum(scan_at(s, behind + 1)))
		return behind + 1;
	if ((comma || is_upper(scan_at(s, end - 1))) && scan_at(s, behind) == ' ' && (is_digit(scan_at(s, behind + 1)) || scan_at(s, behind + 1) == '|'))     /* "BJORKLUND, L 96" */
		return behind;
	return ends(s, behind) && scan_at(s, behind) != ':' && scan_at(s, behind) != '%' && scan_at(s, behind) != '+' ? behind : end;
}

/* "MOUA^KONG^T": the components of a name in HL7, up to its third. */
static size_t components(struct scan *s, size_t end)
{
	for (int k = 0; k < 2 && scan_at(s, end) == '^' && is_upper(scan_at(s, end + 1)); k++) {
		size_t i = end + 1;

		while (i < end + 24 && (is_alpha(scan_at(s, i)) || ((scan_at(s, i) == '-' || scan_at(s, i) == '\'' || scan_at(s, i) == ' ') && is_alpha(scan_at(s, i + 1)))))
			i++;
		if (is_alnum(scan_at(s, i)))
			break;
		end = i;
	}
	return end;
}

/* ' "Man-Man" Gist', ' "CRICKET"' */
static size_t nickname(struct scan *s, size_t end)
{
	size_t i = end + 2, j = i;

	if (scan_at(s, end) != ' ' || !is_quote(scan_at(s, end + 1)) || !is_upper(scan_at(s, i)))
		return end;
	while (j < i + 16 && (is_alpha(scan_at(s, j)) || ((scan_at(s, j) == '-' || scan_at(s, j) == ' ') && is_upper(scan_at(s, j + 1)))))
		j++;
	if (j < i + 2 || !is_quote(scan_at(s, j)))
		return end;
	end = j + 1;
	if (scan_at(s, end) == ' ' && is_upper(scan_at(s, end + 1))) {
		struct part p;

		part_read(s, end + 1, &p);
		if (p.shape >= SHAPE_CAPITALS && !(p.words & (WORD_STOP | WORD_CREDENTIAL)))
			end = p.end;
	}
	return end;
}

/* A last name that is a word of the language, too: "Mark Case,", "Phuong Thi Dang |". */
static size_t last_name(struct scan *s, size_t end)
{
	const word_set never = WORD_CREDENTIAL | WORD_VERB | WORD_BE | WORD_PARTICIPLE | WORD_KIN | WORD_ROLE | WORD_THING | WORD_GENERIC | WORD_STREET |
			       WORD_MONTH | WORD_SERVICE | WORD_STATE | WORD_NUMBER;
	const struct word *word;
	struct part p;

	if (scan_at(s, end) != ' ' || !is_upper(scan_at(s, end + 1)))
		return end;
	part_read(s, end + 1, &p);
	word = lexicon_find(p.hash);
	if (p.shape != SHAPE_NAME || (p.words & never) || p.care || word->filler || p.end - p.start < 3)
		return end;
	if (((p.words & WORD_STOP) || word->label >= 0) && !(p.words & WORD_ALSO_NAME))
		return end;
	if (!(p.dictionary & DICTIONARY_LAST) && !part_is_unknown(&p))
		return end;
	if ((p.dictionary & DICTIONARY_SAFE) && !(p.dictionary & DICTIONARY_LAST))
		return end;
	return ends(s, p.end) && scan_at(s, p.end) != ':' ? p.end : end;
}

/* "MacGil-\nlivray", "Ortho-\n pedics": the rest of a word that was broken at the line's end. */
static size_t broken(struct scan *s, size_t end)
{
	size_t i = end + 2;

	if (scan_at(s, end) != '-' || scan_at(s, end + 1) != '\n')
		return end;
	i += scan_at(s, i) == ' ';
	if (!is_alpha(scan_at(s, i)) || is_upper(scan_at(s, i)))
		return end;
	while (i < end + 16 && is_alpha(scan_at(s, i)))
		i++;
	return is_alnum(scan_at(s, i)) ? end : i;
}

/* " M Knutson", " M. Knutson" behind a first name: an initial between, and the last name; end itself. */
static size_t middle(struct scan *s, size_t end)
{
	size_t i = end + 3 + (scan_at(s, end + 2) == '.');
	struct part p;

	if (scan_at(s, end) != ' ' || !is_upper(scan_at(s, end + 1)) || scan_at(s, end + 1) == 'I' || scan_at(s, i - 1) != ' ' || !is_upper(scan_at(s, i)))
		return end;
	part_read(s, i, &p);
	if (p.shape < SHAPE_CAPITALS || (p.words & (WORD_STOP | WORD_CREDENTIAL | WORD_THING)) || p.end - p.start < 3 || lexicon_find(p.hash)->label >= 0 ||
	    is_upper(scan_at(s, end - 1)) != (p.shape == SHAPE_CAPITALS))
		return end;
	return (p.dictionary & DICTIONARY_LAST) || part_is_unknown(&p) ? p.end : end;
}

static size_t name(struct scan *s, size_t end)
{
	size_t from = end;

	end = components(s, end);
	end = nickname(s, end);
	end = middle(s, end);
	end = last_name(s, end);
	if (end == from || !is_alpha(scan_at(s, end)))
		end = initial(s, end);
	return broken(s, end);
}

/* ---- places of care ---------------------------------------------------------------------------------------------------- */

/* " & Throat", " Vascular Access", " Service Unit", " Children's": words with capitals that say what kind of place it is, or go before
 * such; the unit behind the last of the first, end itself. what: the kinds that count. */
static size_t kind_of_place(struct scan *s, size_t end, unsigned int what)
{
	size_t i = end, last = end;

	for (int k = 0; k < 4; k++) {
		struct part p;
		size_t at = i;

		at += scan_at(s, at) == ',' && k;        /* "Ear, Nose" */
		if (scan_at(s, at) != ' ')
			break;
		at += 1 + (scan_at(s, at + 1) == ' ');
		if (scan_at(s, at) == '&' && scan_at(s, at + 1) == ' ')
			at += 2 + (scan_at(s, at + 2) == ' ');
		if (!is_upper(scan_at(s, at)))
			break;
		part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS || !((p.care & (what | CARE_COMMON | CARE_KIND)) || (p.words & WORD_GENERIC)))
			break;
		i = p.end;
		if (scan_at(s, i) == '\'' && lower(scan_at(s, i + 1)) == 's')
			i += 2;
		if (p.care & (what | (k || what & CARE_BODY ? CARE_KIND : 0)))
			last = i;
	}
	return last;
}

/* " on Garvey", " at Penn Cove", " of Fargo-Moorhead": which of several. */
static size_t where(struct scan *s, size_t end)
{
	size_t at, last = end;
	bool of;

	if (scan_at(s, end) != ' ' || scan_at(s, end + 3) != ' ')
		return end;
	if (scan_at(s, end + 1) == 'o' && scan_at(s, end + 2) == 'n' && (at = roads_numbered(s, end + 4)))       /* "CVS on 19th" */
		return scan_at(s, at) == ' ' && (word_kinds(around_word(s, at + 1, &last)) & WORD_MONTH) ? end : at;
	if (!is_upper(scan_at(s, end + 4)))
		return end;
	of = scan_at(s, end + 1) == 'o' && scan_at(s, end + 2) == 'f';
	if (!of && !(scan_at(s, end + 1) == 'o' && scan_at(s, end + 2) == 'n') && !(scan_at(s, end + 1) == 'a' && scan_at(s, end + 2) == 't'))
		return end;
	at = end + 4;
	for (int k = 0; k < 3 && at; k++) {
		struct part p;

		part_read(s, at, &p);
		if (p.shape < SHAPE_NAME || (p.words & (WORD_STOP | WORD_MONTH)) || (number_kinds(p.hash) & (NUMBER_WEEKDAY | NUMBER_DAY)))
			break;
		if (!(p.dictionary & (DICTIONARY_LAST | DICTIONARY_PLACE)) && !part_is_unknown(&p) && !(k && (p.words & WORD_STREET)) && !(p.words & WORD_STATE))
			break;
		if (!k && !of && (p.dictionary & DICTIONARY_SAFE))
			break;
		last = p.end;
		at = part_next_word(s, &p);
	}
	return last;
}

/* Of a place of care that was found. */
static size_t place(struct scan *s, size_t end)
{
	if (scan_at(s, end) == '\'' && lower(scan_at(s, end + 1)) == 's' && !is_alnum(scan_at(s, end + 2)))
		end += 2;
	end = broken(s, kind_of_place(s, end, CARE_END | CARE_TRADE | CARE_SHORT | CARE_BODY | CARE_FAITH));
	end = care_tail(s, end);
	return where(s, end);
}

/* "Buffalo General", "Marcus Daly Memorial", "Wadsworth Middle": it was no town, and nobody. */
static bool is_place(struct scan *s, struct finding *f)
{
	bool at = s->context->gap == GAP_SPACE && (lexicon_find(s->context->before[0])->care & CARE_AT);
	size_t end = kind_of_place(s, f->end, CARE_END | CARE_TRADE | CARE_SHORT | (at ? CARE_KIND : 0)), behind;

	if (end == f->end || lexicon_find(around_word(s, f->end + 1, &behind))->kinds & (WORD_SERVICE | WORD_CREDENTIAL) || care_is_numbered(s, end))
		return false;
	if (scan_at(s, end) == ':' || (!at && scan_at(s, end) == ' ' && is_alpha(scan_at(s, end + 1)) && !is_upper(scan_at(s, end + 1)) && f->entity == ENTITY_NAME))
		return false;
	f->entity = ENTITY_FACILITY;
	f->end = place(s, end);
	return true;
}

/* ---- ---------------------------------------------------------------------------------------------------------------- */

void extend(struct scan *s, struct finding *f)
{
	struct finding longer = *f;

	switch ((int)f->entity) {
	case ENTITY_NAME:
		if (!is_place(s, &longer))
			longer.end = name(s, f->end);
		break;
	case ENTITY_CITY:
		if (!is_place(s, &longer))
			longer.end = broken(s, f->end);
		break;
	case ENTITY_FACILITY:
		longer.end = place(s, f->end);
		break;
	case ENTITY_ADDRESS:
		longer.end = blocks_tail(s, roads_more(s, f->end));
		break;
	case ENTITY_DATE:
		longer.end = ranges_end(s, f->end);
		break;
	default:
		return;
	}
	if (longer.end > f->end && longer.end <= s->secret_at)   /* a secret is masked as such */
		*f = longer;
}
