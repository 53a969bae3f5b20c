/* Names and places in small letters, as notes are dictated and texted: "k. mcadoo, rn", "sent to lakeview med ctr". */
#include "around.h"
#include "care.h"
#include "parts.h"

#define WORDS_MAX 5

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

/* A credential or a trade in small letters behind a name: " rn", ", ep", " emt-b". */
static bool credential(struct scan *s, size_t end)
{
	static const char *const others[] = {"emt", "pa", "pac", "medic", "ep", "st", "aud", "cma", "ma", "tech", "rt", "ct"};
	size_t i = end + (scan_at(s, end) == ','), behind;
	uint64_t hash;

	if (scan_at(s, i) != ' ')
		return false;
	hash = around_word(s, i + 1, &behind);
	if (behind < i + 3 || is_digit(scan_at(s, behind)))
		return false;
	if (word_kinds(hash) & WORD_CREDENTIAL)
		return true;
	for (size_t k = 0; k < sizeof others / sizeof *others; k++)
		if (around_literal(s, i + 1, others[k]) == behind)
			return true;
	return false;
}

/* "j. ratliff lpn", "signed w. abebe": an initial, and a name that is no word. */
bool scan_small_initial(struct scan *s, struct finding *f)
{
	const word_set people = WORD_ADDRESS | WORD_BY | WORD_KIN | WORD_ROLE | WORD_SERVICE | WORD_CREDENTIAL | WORD_MEET;
	const struct context *c = s->context;
	bool begins = c->gap == GAP_LINE || !c->before[0] || c->last == '/' || c->last == ';';
	struct part p;
	unsigned int bits;

	if (is_upper(scan_at(s, s->i)) || is_digit(scan_at(s, s->i)) || scan_at(s, s->token) != '.' || scan_at(s, s->token + 1) != ' ')
		return false;
	part_read(s, s->token + 2, &p);
	if (p.shape != SHAPE_LOWER || p.end - p.start < 3 || is_alnum(scan_at(s, p.end)))
		return false;
	bits = part_look_up(s, &p);
	if (credential(s, p.end))
		return !(p.words & (WORD_STOP | WORD_VERB)) && (!(bits & DICTIONARY_SAFE) || (bits & DICTIONARY_LAST)) && found(f, s, p.end, ENTITY_NAME, "name in running text");
	if ((bits & DICTIONARY_SAFE) || p.words || p.care || (!bits && p.end - p.start < 5))
		return false;
	return (begins || (c->gap <= GAP_COLON && (word_kinds(c->before[0]) & people))) && found(f, s, p.end, ENTITY_NAME, "name in running text");
}

/* Is a place expected: "at", "to", "from", "->", "the", "for calling"? */
static bool is_expected(const struct context *c)
{
	unsigned int last = lexicon_find(c->before[0])->care, second = lexicon_find(c->before[1])->care;

	if (c->last == '>' || c->last == '@' || c->last == 0x2192)
		return true;
	if (c->gap == GAP_COLON || c->gap == GAP_LINE)
		return c->label == LABEL_FACILITY;
	if (c->gap != GAP_SPACE)
		return false;
	return (last & (CARE_AT | CARE_TO | CARE_GOES)) || (last & CARE_GO && c->label == LABEL_NONE) ||
	       ((last & CARE_THE) && (second & (CARE_AT | CARE_TO | CARE_WITH))) || (word_kinds(c->before[0]) & (WORD_ADDRESS | WORD_BESIDE)) ||
	       c->label == LABEL_FACILITY;
}

/* "lakeview med ctr", "northgate breast center", "palmetto imaging": what it is called after, and what kind of place it is. */
bool scan_small_place(struct scan *s, struct finding *f)
{
	static const word_set never = WORD_VERB | WORD_BE | WORD_ARTICLE | WORD_WITH | WORD_PLACE_BEFORE | WORD_KIN | WORD_AND | WORD_MONTH | WORD_OWN | WORD_CREDENTIAL;
	size_t at = s->i, end = 0;
	bool own = false, kind = false;

	if (!is_expected(s->context) || s->context->key)
		return false;
	for (int k = 0; k < WORDS_MAX && at; k++) {
		const unsigned int shows = CARE_END | CARE_TRADE | CARE_BODY;
		struct part p;
		unsigned int bits;
		size_t next;

		part_read(s, at, &p);
		if (p.shape != SHAPE_LOWER || (p.words & never))
			break;
		bits = part_look_up(s, &p);
		if (own && (p.care & (CARE_END | CARE_TRADE | CARE_SHORT))) {
			end = p.end;
		} else if (own && (p.care & (CARE_BODY | CARE_KIND)) && (kind || (p.care & CARE_BODY & ~CARE_OWN))) {
			end = kind ? p.end : end;
		} else if (end || (kind && !(p.words & WORD_GENERIC) && !(p.care & (shows | CARE_COMMON)))) {
			break;
		} else if (!(p.care & CARE_OWN) && !((bits & (DICTIONARY_LAST | DICTIONARY_PLACE)) && !(bits & DICTIONARY_SAFE)) && !(k && ((p.words & WORD_GENERIC) || (p.care & CARE_COMMON))) &&
			   !(k == 1 && !(p.words & (WORD_STOP | WORD_PARTICIPLE | WORD_THING)))) {
			break;
		}
		kind = kind || (p.words & WORD_GENERIC) || (p.care & (CARE_COMMON | CARE_TRADE));
		own = own || (!k && p.end - p.start > 2);
		next = part_next_word(s, &p);
		if (next && scan_at(s, p.end) != ' ')
			break;
		at = next;
	}
	return end && found(f, s, end, ENTITY_FACILITY, "facility in small letters");
}
