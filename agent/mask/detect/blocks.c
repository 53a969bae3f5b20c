#include "blocks.h"

#include "abroad.h"
#include "around.h"
#include "labels.h"
#include "parts.h"

#define TOKENS_MAX 9                             /* words and numbers of a street */
#define WORDS_MAX 6                              /* of them, words */
#define PIECES_MAX 7                             /* of an address behind its street */
#define LINE_WORDS 4                             /* of a city or a country */

/* ---- pieces ------------------------------------------------------------------------------------------------ */

/* By their letters. */
static const char *const COUNTRIES[] = {
	"argentina", "australia", "austria", "bangladesh", "belgium", "bolivia", "brasil", "brazil", "bulgaria", "canada", "chile", "china", "colombia",
	"costa rica", "croatia", "cuba", "cyprus", "czech republic", "czechia", "danmark", "denmark", "deutschland", "dominican republic", "ecuador",
	"egypt", "el salvador", "england", "eritrea", "espana", "estonia", "ethiopia", "finland", "france", "germany", "ghana", "greece", "greenland",
	"guatemala", "haiti", "honduras", "hungary", "iceland", "india", "indonesia", "iran", "iraq", "ireland", "israel", "italia", "italy", "jamaica",
	"japan", "kenya", "latvia", "lithuania", "luxembourg", "malaysia", "mexico", "morocco", "nepal", "netherlands", "new zealand", "nicaragua",
	"nigeria", "norge", "norway", "osterreich", "pakistan", "panama", "paraguay", "peru", "philippines", "poland", "polska", "portugal", "romania",
	"russia", "schweiz", "scotland", "serbia", "singapore", "slovakia", "slovenia", "south africa", "south korea", "spain", "sri lanka", "suisse",
	"suomi", "sverige", "sweden", "switzerland", "taiwan", "thailand", "the netherlands", "tunisia", "turkey", "uk", "ukraine", "united kingdom",
	"united states", "uruguay", "usa", "venezuela", "vietnam", "wales",
};
#define N_COUNTRIES (sizeof COUNTRIES / sizeof *COUNTRIES)

static size_t country(struct scan *s, size_t i)
{
	uint16_t first = lower(scan_at(s, i));
	size_t from = 0, end;

	for (size_t to = N_COUNTRIES; from < to;) {      /* the first one with its letter */
		size_t middle = (from + to) / 2;

		if ((unsigned char)COUNTRIES[middle][0] < first)
			from = middle + 1;
		else
			to = middle;
	}
	for (size_t k = from; k < N_COUNTRIES && (unsigned char)COUNTRIES[k][0] == first; k++) {
		end = around_rest(s, i + 1, COUNTRIES[k] + 1);
		if (!end || is_alnum(scan_at(s, end)) || scan_at(s, end) == '-')
			continue;
		if (scan_at(s, end) == ' ' && scan_at(s, end + 1) == '(' && is_alpha(scan_at(s, end + 2))) {     /* "Cyprus (Greek)" */
			size_t j = end + 3;

			while (j < end + 16 && is_alpha(scan_at(s, j)))
				j++;
			end = scan_at(s, j) == ')' ? j + 1 : end;
		}
		return end;
	}
	return 0;
}

/* Where the next line of a block begins, behind what quotes a mail or begins a region; 0: the block ends. */
static size_t next_line(struct scan *s, size_t i)
{
	size_t j = i;
	int lines = 0;

	for (; j < i + 12; j++) {
		uint16_t c = scan_at(s, j);

		if (c == '\n')
			lines++;
		else if (c != ' ' && c != '\t' && c != '\r' && c != ',' && !(lines && (c == '>' || c == '?' || c == '|')) && !(c == '.' && j == i))
			break;
	}
	return lines && lines <= 2 ? j : 0;
}

/* "Apt. 297", "Suite 501" at place i: the unit behind, 0. */
static size_t unit(struct scan *s, size_t i)
{
	static const char *const words[] = {"apt", "apartment", "suite", "ste", "flat"};
	uint16_t first = lower(scan_at(s, i));
	size_t end = 0, j;

	if (first != 'a' && first != 's' && first != 'f')
		return 0;
	for (size_t k = 0; k < sizeof words / sizeof *words && !end; k++) {
		end = around_literal(s, i, words[k]);
		end = end && is_alpha(scan_at(s, end)) ? 0 : end;
	}
	if (!end)
		return 0;
	for (j = end; j < end + 3 && (scan_at(s, j) == '.' || scan_at(s, j) == ' ' || scan_at(s, j) == '#'); j++)
		;
	end = j;
	while (j < end + 5 && is_digit(scan_at(s, j)))
		j++;
	if (j == end)
		return 0;
	j += is_upper(scan_at(s, j)) && !is_alnum(scan_at(s, j + 1));
	return is_alnum(scan_at(s, j)) || scan_at(s, j) == '/' ? 0 : j;
}

/* A postcode at place i: "1050", "53-320", "340 12", "LS6 2AB"; *digits: of the first group. */
static size_t postcode(struct scan *s, size_t i, size_t *digits)
{
	size_t j = i, k;

	*digits = 6;
	if (is_upper(scan_at(s, i)))
		return abroad_postcode(s, i);
	while (j < i + 7 && is_digit(scan_at(s, j)))
		j++;
	*digits = j - i;
	if (*digits < 2 || *digits > 6)
		return 0;
	k = j + 1;
	if (scan_at(s, j) == '-' || (scan_at(s, j) == ' ' && *digits == 3)) {
		while (k < j + 5 && is_digit(scan_at(s, k)))
			k++;
		if (k > j + 2) {
			*digits = 6;
			j = k;
		}
	}
	if (*digits < 3 || is_alnum(scan_at(s, j)) || scan_at(s, j) == '%' || scan_at(s, j) == '-' ||
	    ((scan_at(s, j) == '.' || scan_at(s, j) == '/' || scan_at(s, j) == ':') && is_digit(scan_at(s, j + 1))))
		return 0;
	return j;
}

static bool is_known_otherwise(const struct part *p)
{
	const struct word *word = lexicon_find(p->hash);

	if (p->words & (WORD_STREET | WORD_ROAD_FIRST | WORD_ROAD_LAST | WORD_PLACE_FIRST | WORD_PARTICLE))
		return false;
	return ((p->words & WORD_STOP) && !(p->words & WORD_ALSO_NAME)) || word->label >= 0 || word->filler ||
	       (p->words & (WORD_CREDENTIAL | WORD_MONTH | WORD_VERB | WORD_ROLE | WORD_KIN));
}

/* May the word stand in a street's or a city's name? first: it begins it. */
static bool is_named(struct scan *s, const struct part *p, bool first, bool small)
{
	if (p->end == p->start || p->shape == SHAPE_NOT || is_known_otherwise(p))
		return false;
	if (p->shape >= SHAPE_INITIAL || (scan_at(s, p->start + 1) == '\'' && is_upper(scan_at(s, p->start + 2))))      /* "d'Ouchy" */
		return true;
	if (!first && (p->end - p->start < 4 || (p->words & (WORD_PARTICLE | WORD_ROAD_LAST))))
		return true;
	return (!first || small) && (small || p->foreign) && !(part_look_up(s, p) & DICTIONARY_SAFE);
}

/* "do", "e", "nad" between two words with capitals */
static bool is_joint(struct scan *s, const struct part *p)
{
	const word_set never = WORD_AND | WORD_PLACE_BEFORE | WORD_ON | WORD_WITH | WORD_DATE_BEFORE | WORD_ARTICLE | WORD_BY | WORD_IS;

	return p->shape == SHAPE_LOWER && p->end - p->start <= 3 && !(p->words & never) && scan_at(s, p->end) == ' ' && is_upper(scan_at(s, p->end + 1));
}

/* Behind a word, and the full stop of a short one: "u.", "Avda." */
static size_t behind(struct scan *s, const struct part *p)
{
	return p->end + (scan_at(s, p->end) == '.' && p->end - p->start <= 4 && scan_at(s, p->end + 1) != '\n');
}

/* A line, or a cell between commas, of a city, a country and a postcode. */
struct line {
	size_t end;                      /* 0: it is none */
	size_t words, digits;            /* digits: of its postcode */
	bool country, postcode, state;   /* state: of the United States, before its ZIP code */
	bool named;                      /* one of its words may be a city's */
};

/* "NO 14908": a region's letters */
static bool before_postcode(struct scan *s, const struct part *p)
{
	size_t digits;

	return p->end - p->start >= 2 && p->end - p->start <= 3 && scan_at(s, p->end) == ' ' && is_digit(scan_at(s, p->end + 1)) &&
	       postcode(s, p->end + 1, &digits) && digits >= 5;
}

static struct line line_at(struct scan *s, size_t i)
{
	struct line line = {0};
	size_t at = i, end = postcode(s, i, &line.digits), country_end;
	bool new = false;

	if (end) {                                       /* "1050 Brussels", or the postcode alone */
		line.postcode = true;
		line.end = end;
		if (scan_at(s, end) != ' ' || !is_upper(scan_at(s, end + 1)))
			return line;
		at = end + 1;
	}
	for (; line.words < LINE_WORDS && at; line.words++) {
		struct part room;
		const struct part *p;

		if (!new && (country_end = country(s, at))) {        /* but not "New Mexico" */
			line.country = true;
			line.end = country_end;
			line.words++;
			break;
		}
		if (!is_alpha(scan_at(s, at)))
			break;
		p = part_at(s, at, &room);
		if (!is_named(s, p, !line.words, true) && !before_postcode(s, p))
			break;
		line.named = line.named || !(p->dictionary & DICTIONARY_SAFE) || (p->dictionary & DICTIONARY_PLACE);
		line.state = lexicon_find(p->hash)->state != 0;
		new = p->words & WORD_PLACE_FIRST;
		line.end = behind(s, p);
		at = part_next_word(s, p);
	}
	if (!line.end || line.postcode)
		return line;
	end = scan_at(s, line.end) == ' ' ? postcode(s, line.end + 1, &line.digits) : 0;
	if (end) {
		line.postcode = true;
		line.end = end;
	}
	return line;
}

/* "APO AA 42323" at place i: the unit behind, 0. */
static size_t military_line(struct scan *s, size_t i)
{
	static const char *const offices[] = {"apo", "fpo", "dpo"};
	uint16_t first = lower(scan_at(s, i));
	size_t j = 0, digits = 0;

	if (first != 'a' && first != 'f' && first != 'd')
		return 0;
	for (int k = 0; k < 3 && !j; k++)
		j = around_literal(s, i, offices[k]);
	if (!j)
		return 0;
	j += scan_at(s, j) == ',';
	if (scan_at(s, j) != ' ' || lower(scan_at(s, j + 1)) != 'a' || is_alnum(scan_at(s, j + 3)))
		return 0;
	if (lower(scan_at(s, j + 2)) != 'a' && lower(scan_at(s, j + 2)) != 'e' && lower(scan_at(s, j + 2)) != 'p')
		return 0;
	j += 3;
	j += scan_at(s, j) == ',';
	j += scan_at(s, j) == ' ';
	while (digits < 6 && is_digit(scan_at(s, j + digits)))
		digits++;
	if (digits != 5)
		return 0;
	j += 5;
	if (scan_at(s, j) == '-' && is_digit(scan_at(s, j + 1)))
		for (j++; is_digit(scan_at(s, j)); j++)
			;
	return is_alnum(scan_at(s, j)) ? 0 : j;
}

/* Where what follows at place end begins: on a line of its own, or behind a comma or a space; 0. *own: it is on its own line. */
static size_t follows(struct scan *s, size_t end, bool *own)
{
	size_t i = next_line(s, end);

	*own = i > 0;
	if (i)
		return i;
	i = end + (scan_at(s, end) == '.');
	i += scan_at(s, i) == ',';
	return scan_at(s, i) == ' ' ? i + 1 : 0;
}

/* Does the line, or the sentence, end there? */
static bool ends(struct scan *s, size_t i)
{
	uint16_t c = scan_at(s, i);

	return !is_alnum(c) && c != ' ' && c != '/' && c != '-' && c != '%' && c != ':';
}

/* A region's letters or digits, alone on their line: "CO", "32"; the unit behind, 0. */
static size_t region(struct scan *s, size_t i)
{
	size_t j = i;

	while (j < i + 3 && is_alnum(scan_at(s, j)))
		j++;
	return j > i && next_line(s, j) ? j : 0;
}

/* Does an apartment end at place end? */
static bool is_unit(struct scan *s, size_t end)
{
	size_t i = end;

	while (i > s->i && is_alnum(scan_at(s, i - 1)))
		i--;
	while (i > s->i && (scan_at(s, i - 1) == ' ' || scan_at(s, i - 1) == '.' || scan_at(s, i - 1) == '#'))
		i--;
	while (i > s->i && is_alpha(scan_at(s, i - 1)))
		i--;
	return unit(s, i) == end;
}

size_t blocks_tail(struct scan *s, size_t end)
{
	size_t best = end, at, cities = 0, from;
	bool own, unit_seen, lined = false, named = false, state = false;

	if (scan_at(s, end) == ' ' && is_digit(scan_at(s, end + 1)))     /* as in most rows of numbers */
		return end;
	unit_seen = is_unit(s, end);

	for (int k = 0; k < PIECES_MAX && (at = follows(s, end, &own)); k++) {
		bool comma = scan_at(s, at - 2) == ',' || scan_at(s, at - 1) == ',';
		struct line line;

		if ((from = unit(s, at))) {
			best = end = from;
			unit_seen = true;
			continue;
		}
		if ((from = military_line(s, at)))
			return from;
		if (!own && !comma && !unit_seen)
			break;
		if (own && cities && (from = region(s, at))) {
			end = from;
			continue;
		}
		line = line_at(s, at);
		if (!line.end || ((line.words ? line.state : state) && line.postcode))           /* which is found by itself */
			break;
		state = line.state;
		if (line.country && (ends(s, line.end) || line.postcode || unit_seen || cities))
			return line.end;
		lined = lined || own;
		named = named || line.named;
		/* a postcode without its country: of five digits, where the line ends, and the lines before were an address's */
		if (line.postcode && line.digits >= 5 && named && (ends(s, line.end) || (cities && lined)) && (unit_seen || cities)) {
			best = line.end;
		} else if (line.postcode || !line.words || !(ends(s, line.end) || next_line(s, line.end)) || ++cities > 2) {
			break;
		}
		end = line.end;
	}
	return best;
}

/* ---- streets ----------------------------------------------------------------------------------------------- */

size_t blocks_military(struct scan *s)
{
	static const char *const ships[] = {"uss ", "usns ", "uscgc ", "usnv "};
	size_t i = 0, j = 0, end;
	bool own;

	if (lower(scan_at(s, s->i)) != 'u')
		return 0;
	for (size_t k = 0; k < sizeof ships / sizeof *ships && !i; k++)
		i = around_literal(s, s->i, ships[k]);
	if (i) {
		for (int words = 0; words < 3 && i; words++) {
			struct part p;

			part_read(s, i, &p);
			if (p.shape < SHAPE_INITIAL)
				return 0;
			end = p.end;
			if ((j = follows(s, end, &own)) && (j = military_line(s, j)))
				return j;
			i = part_next_word(s, &p);
		}
		return 0;
	}
	for (end = around_literal(s, s->i, "unit "), j = end; end && j < end + 6 && is_digit(scan_at(s, j)); j++)
		;
	if (j == end)
		return 0;
	end = around_literal(s, j + (scan_at(s, j) == ','), " box ");
	for (j = end; end && j < end + 6 && is_digit(scan_at(s, j)); j++)
		;
	if (j == end || is_alnum(scan_at(s, j)))
		return 0;
	return (end = follows(s, j, &own)) ? military_line(s, end) : 0;
}

bool blocks_cue(const struct context *c)
{
	if (c->label == LABEL_ADDRESS && (!c->needs_mark || c->mark))
		return true;
	if (c->gap != GAP_SPACE || !(word_kinds(c->before[0]) & WORD_PLACE_BEFORE))
		return false;
	return word_kinds(c->before[1]) & (WORD_LIVES | WORD_SENT);
}

static bool begins_line(const struct context *c)
{
	return c->gap == GAP_LINE || c->gap == GAP_COLON || !c->last;
}

bool blocks_expected(const struct context *c)
{
	return begins_line(c) || blocks_cue(c) || (c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_PLACE_BEFORE));
}

static bool is_corner(const struct context *c)
{
	return c->before[0] == label_words.of && c->before[1] == label_words.corner && c->gap == GAP_SPACE;
}

bool blocks_awaited(const struct context *c)
{
	return is_corner(c) || blocks_cue(c);
}

struct street {
	size_t end;                      /* behind the last word or number */
	size_t numbered;                 /* behind the last number that a word stands before; 0 */
	size_t words, numbers;
	size_t first;                    /* digits of the number that begins it */
	bool small;                      /* a word in small letters begins its name */
	bool known, named;               /* a word of the language is in it; one that is none */
};

/* Words and numbers from place i on, up to a comma, an apartment or the line's end. told: that a street stands there; then more words may
 * stand behind its number, and its name may begin with a small letter. */
static void read_street(struct scan *s, size_t i, bool told, struct street *t)
{
	bool number = false;

	*t = (struct street){0};
	while (t->first < 6 && is_digit(scan_at(s, i + t->first)))
		t->first++;
	for (int k = 0; k < TOKENS_MAX && t->words < WORDS_MAX; k++) {
		struct part room;
		const struct part *p;
		size_t end;
		bool safe;

		if (is_digit(scan_at(s, i))) {
			end = abroad_house(s, i);
			if (!end || (number && t->words) || t->numbers > 2 || (t->words && end > i + 4 && is_digit(scan_at(s, i + 4))))
				return;
			number = true;
			t->numbers++;
			t->numbered = t->words ? end : 0;
			t->end = end;
			end += scan_at(s, end) == '.' && t->words && scan_at(s, end + 1) == ' ' && !is_upper(scan_at(s, end + 2));
		} else {
			if (!is_alpha(scan_at(s, i)) || (t->numbered && !told) || unit(s, i))
				return;
			p = part_at(s, i, &room);
			if (!is_named(s, p, !t->words, told) && !(t->words && is_joint(s, p)))
				return;
			safe = p->dictionary & DICTIONARY_SAFE;
			t->named = t->named || !safe;
			t->known = t->known || (safe && !(p->words & (WORD_STREET | WORD_DIRECTION)));
			number = false;
			t->small = t->small || (!t->words && p->shape == SHAPE_LOWER);
			t->words++;
			end = t->end = behind(s, p);
		}
		if (scan_at(s, end) != ' ')
			return;
		i = end + 1;
	}
}

/* One of the two streets of a corner, at place i: "Via Nuova del Campo 85", "74 Sikelianou Street"; the unit behind, 0. */
static size_t side(struct scan *s, size_t i)
{
	struct street t;

	read_street(s, i, true, &t);
	return t.words && (t.numbers || is_upper(scan_at(s, i))) ? t.end : 0;
}

size_t blocks_corner(struct scan *s)
{
	size_t end, i;

	if (!is_corner(s->context))
		return 0;
	end = side(s, s->i);
	end += end && scan_at(s, end) == '.';
	i = end ? around_literal(s, end, " and ") : 0;
	i = end && !i ? around_literal(s, end, " & ") : i;
	return i ? side(s, i) : 0;
}

/* Does the word before make it likely that the number is one of its own: "Main 12"? */
static bool goes_on(const struct context *c)
{
	const word_set leads = WORD_STOP | WORD_BE | WORD_PLACE_BEFORE | WORD_ON | WORD_ADDRESS | WORD_LIVES | WORD_WITH | WORD_AND | WORD_SENT | WORD_ADVERB | WORD_VERB;

	return c->gap == GAP_SPACE && c->before[0] > CONTEXT_LAST && !(word_kinds(c->before[0]) & leads);
}

size_t blocks_street(struct scan *s)
{
	const struct context *c = s->context;
	bool cue = blocks_cue(c), line = begins_line(c), own;
	size_t i, end;
	struct street t;

	if (!cue && !line && (!is_digit(scan_at(s, s->i)) || goes_on(c)))
		return 0;
	read_street(s, s->i, cue || line, &t);
	if (!t.words || !t.numbers || (!t.first && !t.numbered))
		return 0;
	i = follows(s, t.end, &own);
	if (i && unit(s, i) && (t.named || t.first > 2))
		return t.end;
	if ((cue || (line && !t.small) || t.numbers > 1) && t.named && (!t.known || cue) && (end = blocks_tail(s, t.end)) > t.end)
		return t.end;
	return cue && t.numbered && t.named && !t.known && (t.first > 1 || t.words > 1 || c->label == LABEL_ADDRESS) ? t.numbered : 0;
}
