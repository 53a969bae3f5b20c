/* Where people live: streets, cities, counties. */
#include "abroad.h"
#include "around.h"
#include "blocks.h"
#include "boxes.h"
#include "digits.h"
#include "parts.h"
#include "roads.h"
#include "units.h"

#define WORDS_MAX 7
#define BARE_WORDS 3

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

static bool labelled(const struct scan *s, enum label label)
{
	return s->context->label == label && (!s->context->needs_mark || s->context->mark);
}

static bool is_word(const struct part *p)
{
	return p->end > p->start && (p->shape >= SHAPE_INITIAL || (p->words & WORD_PARTICLE));
}

/* ---- streets ---------------------------------------------------------------------------------------------- */

/* "Highway 19 N", "Queen Street West": the number of a road, and where on it. */
static size_t behind_suffix(struct scan *s, size_t end)
{
	size_t i = end + 1, word;
	uint64_t hash;

	if (scan_at(s, end) == ' ' && is_digit(scan_at(s, i)) && !roads_numbered(s, i)) {
		while (i < end + 6 && is_alnum(scan_at(s, i)))
			i++;
		if (scan_at(s, i) == '-' && is_upper(scan_at(s, i + 1)))         /* "2940 Ocean Pkwy 15-H" */
			i += 2;
		if (!is_alnum(scan_at(s, i)))
			end = i;
	}
	if (scan_at(s, end) != ' ' || !is_upper(scan_at(s, end + 1)))
		return end;
	hash = around_word(s, end + 1, &word);
	if (is_alnum(scan_at(s, word)) || !(word_kinds(hash) & WORD_DIRECTION))
		return end;
	return word;
}

/* Of the words behind a street's name those that mean little else, in small letters. */
static bool is_plain_suffix(struct scan *s, const struct part *p)
{
	static const char *const words[] = {
		"street", "avenue", "ave", "road", "rd", "lane", "ln", "boulevard", "blvd", "highway", "hwy", "drive",
	};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		size_t n = 0;

		while (words[k][n] && scan_at(s, p->start + n) == (unsigned char)words[k][n])
			n++;
		if (!words[k][n] && p->end - p->start == n)
			return true;
	}
	return false;
}

static bool lives_at(const struct context *c)
{
	return c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_PLACE_BEFORE) && (word_kinds(c->before[1]) & WORD_LIVES);
}

/* The "40" of "SW 40 Terr": the unit behind it, 0. */
static size_t number_before_street(struct scan *s, size_t i)
{
	size_t n = 0, end;

	while (n < 4 && is_digit(scan_at(s, i + n)))
		n++;
	if (n > 3 || scan_at(s, i + n) != ' ' || !is_upper(scan_at(s, i + n + 1)))
		return 0;
	return word_kinds(around_word(s, i + n + 1, &end)) & WORD_STREET ? i + n : 0;
}

/* How a street's name may be written: as a name; in small letters, too; also without "Street", as an address was announced. */
enum style { STREET_NAME, STREET_SMALL, STREET_LOOSE };

/* A street's name from place i on, up to its suffix. 0: there is none. */
static size_t street(struct scan *s, size_t i, enum style style)
{
	size_t at = i, end = 0, words = 0, last = 0;
	bool sure = style == STREET_LOOSE || (style && lives_at(s->context)), direction = false;

	if (is_digit(scan_at(s, i)) && !roads_numbered(s, i))
		return 0;
	for (; (at || !words) && words < WORDS_MAX; words++) {
		struct part room;
		const struct part *p;
		size_t ordinal = is_digit(scan_at(s, at)) ? roads_numbered(s, at) : 0;

		if (!ordinal && direction && is_digit(scan_at(s, at)))
			ordinal = number_before_street(s, at);
		if (ordinal) {
			last = ordinal;
			at = scan_at(s, ordinal) == ' ' && is_alnum(scan_at(s, ordinal + 1)) ? ordinal + 1 : 0;
			continue;
		}
		if (is_digit(scan_at(s, at)))
			break;
		p = part_at(s, at, &room);
		if (!is_word(p) && !(style && p->shape == SHAPE_LOWER && (!(p->words & WORD_STOP) || (words && (p->words & WORD_STREET)))))
			break;
		if (words && (p->words & WORD_STREET) && (p->shape >= SHAPE_CAPITALS || sure || (style && is_plain_suffix(s, p)))) {
			end = p->end;
			/* "St. Charles Ave": a suffix that is short may begin a name */
			if (scan_at(s, end) == '.' && p->end - p->start <= 4)
				end++;
		} else if (end) {
			break;
		}
		/* "US Highway 19" */
		if ((p->words & WORD_STOP) && !(p->words & (WORD_STREET | WORD_ALSO_NAME | WORD_PLACE_FIRST | WORD_GENERIC)) &&
		    p->shape != SHAPE_INITIAL && !(p->shape == SHAPE_NAME && (direction || (words && ((number_kinds(p->hash) & NUMBER_UNIT) || p->end - p->start == 2)))) &&
		    !(words == 0 && p->shape == SHAPE_CAPITALS && p->end - p->start == 2))
			break;
		last = p->end;
		direction = p->words & WORD_DIRECTION;
		at = part_next_word(s, p);
	}
	return end ? behind_suffix(s, end) : style == STREET_LOOSE ? last : 0;
}

/* " loop" behind a street's name, end itself. */
static size_t small_suffix(struct scan *s, size_t end)
{
	size_t word;

	if (scan_at(s, end) != ' ' || is_upper(scan_at(s, end + 1)))
		return end;
	return word_kinds(around_word(s, end + 1, &word)) & WORD_STREET && !is_alnum(scan_at(s, word)) ? word : end;
}

/* With the letters that "N", "West" begin with. */
static bool may_be_direction(uint16_t first)
{
	first = lower(first);
	return first == 'n' || first == 's' || first == 'e' || first == 'w';
}

/* " Colchester 05446", " Reno, NV" at place i: a city of the dictionary that a postcode or a state follows. */
static bool before_city(struct scan *s, size_t i)
{
	struct part p;
	size_t at = i + 1, n = 0;
	uint64_t hash = WORD_HASH;

	if (scan_at(s, i) != ' ' || !is_upper(scan_at(s, at)))
		return false;
	for (int words = 0; words < 3 && at; words++) {
		part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS)
			return false;
		for (size_t k = p.start; k < p.end; k++)
			hash = is_alpha(scan_at(s, k)) ? word_hash(hash, scan_at(s, k)) : hash;
		if (dictionary_find(hash) & DICTIONARY_PLACE)
			break;
		hash = word_hash(hash, ' ');
		at = part_next_word(s, &p);
	}
	if (!at || !(dictionary_find(hash) & DICTIONARY_PLACE))
		return false;
	i = p.end + (scan_at(s, p.end) == ',');
	while (scan_at(s, i) == ' ' && n < 6 && is_digit(scan_at(s, i + 1 + n)))
		n++;
	return n == 5 || (scan_at(s, i) == ' ' && is_upper(scan_at(s, i + 1)) && is_upper(scan_at(s, i + 2)) && !is_alnum(scan_at(s, i + 3)) &&
			  lexicon_find(around_word(s, i + 1, &at))->state == STATE_CODE);
}

/* "77 W Wacker", "2777 Welton #4", "3151 Farnsworth, Detroit": the name alone, where a direction, an apartment or a city
 * stands beside */
static size_t bare_street(struct scan *s, size_t i)
{
	struct part p;
	size_t word, end, city;
	bool direction;

	direction = may_be_direction(scan_at(s, i)) && (word_kinds(around_word(s, i, &word)) & WORD_DIRECTION);
	if (!direction && !is_upper(scan_at(s, i)))
		return 0;
	if (direction && scan_at(s, i) == 's' && scan_at(s, word) == '.')        /* "TUG 31 s. Tinetti 15/28" */
		return 0;
	if (direction) {
		word += scan_at(s, word) == '.';
		if (scan_at(s, word) != ' ')
			return 0;
		i = word + 1;
	}
	if (direction && (end = roads_numbered(s, i)))           /* "77 E 12TH #4C" */
		return units_behind(s, end) > end || scan_at(s, end) == ',' ? end : 0;
	part_read(s, i, &p);
	if (direction && p.shape == SHAPE_LOWER) {               /* "650 w. lowell" */
		unsigned int bits = dictionary_find(p.hash);

		return (bits & (DICTIONARY_LAST | DICTIONARY_PLACE)) && !(bits & DICTIONARY_SAFE) && !p.words ? p.end : 0;
	}
	if (p.shape < SHAPE_CAPITALS || (p.words & (WORD_STOP | WORD_CREDENTIAL)) || (!direction && (p.dictionary & DICTIONARY_SAFE)))
		return 0;
	end = p.end;
	city = direction && (p.words & WORD_PLACE_FIRST) ? part_next_word(s, &p) : 0;
	if (city) {                                      /* "600 W San Antonio" */
		part_read(s, city, &p);
		end = p.shape >= SHAPE_CAPITALS ? p.end : end;
	}
	if (direction)
		return small_suffix(s, end);
	if (units_behind(s, end) > end)
		return end;
	for (int words = 1; words < BARE_WORDS; words++) {       /* "3400 Wailea Alanui, cottage 7" */
		size_t at = part_next_word(s, &p);

		if (!at || !is_upper(scan_at(s, at)))
			break;
		part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS || (p.words & (WORD_STOP | WORD_CREDENTIAL)))
			break;
		if (scan_at(s, p.end) == ',' && units_behind(s, p.end) > p.end)
			return p.end;
	}
	if (scan_at(s, end) == ' ' && p.end > end && scan_at(s, p.end) == ',' && before_city(s, p.end + 1))
		return p.end;
	if (scan_at(s, end) != ',' || scan_at(s, end + 1) != ' ' || !is_upper(scan_at(s, end + 2)))
		return 0;
	part_read(s, end + 2, &p);
	city = p.end;
	return (p.dictionary & DICTIONARY_PLACE) && !(p.dictionary & DICTIONARY_SAFE) && !is_digit(scan_at(s, city + 1)) ? end : 0;
}

/* A street or a road by its number behind a house's: the unit behind, 0. */
static size_t house_on(struct scan *s, size_t i, enum style style)
{
	size_t one = street(s, i, style), two = roads_highway(s, i, true);

	return one > two ? one : two;
}

/* "Box 88 Pueblo Rd", "N4410 County Rd XX": a street behind what else tells the house; the unit behind, 0. */
static size_t box_and_street(struct scan *s)
{
	size_t i = 0, n = 0;
	uint16_t first = scan_at(s, s->i);

	while ("box "[n] && lower(scan_at(s, s->i + n)) == (unsigned char)"box "[n])
		n++;
	i = n == 4 ? s->i + n : 0;
	n = 0;
	if (!i && (first == 'N' || first == 'S' || first == 'E' || first == 'W') && is_digit(scan_at(s, s->i + 1)))
		i = s->i + 1;
	if (!i)
		return 0;
	while (n < 6 && is_digit(scan_at(s, i + n)))
		n++;
	if (n < 2 || n > 5)
		return 0;
	i += n + (scan_at(s, i + n) == ',');
	if (scan_at(s, i) == ' ' && is_upper(scan_at(s, i + 1)) && is_digit(scan_at(s, i + 2)))          /* "W142 N4410 Deer Ln" */
		for (i += 3; is_digit(scan_at(s, i)); i++)
			;
	if (scan_at(s, i) != ' ' || !is_upper(scan_at(s, i + 1)))
		return 0;
	return house_on(s, i + 1, STREET_NAME);
}

/* "Cedar Bend Park", "Shady Acres MHP", "Shilshole Marina": where homes stand side by side, at place i; the unit behind, 0. */
static size_t park(struct scan *s, size_t i)
{
	static const char *const kinds[] = {"park", "mhp", "marina", "campground", "acres", "court", "estates", "village", "apartments", "apts", "manor", "harbor"};
	size_t at = i, end = 0;

	for (int words = 0; words < 5 && at; words++) {
		struct part p;

		part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS || ((p.words & WORD_STOP) && !words))
			break;
		for (size_t k = 0; words && k < sizeof kinds / sizeof *kinds; k++)
			if (around_literal(s, p.start, kinds[k]) == p.end)
				end = p.end;
		at = part_next_word(s, &p);
	}
	return end;
}

/* "Apt 4F" by itself, which ends at place end; but "Apt 3 weeks" is an appointment. */
static bool is_apartment(struct scan *s, size_t end)
{
	uint16_t next = scan_at(s, end);
	size_t behind;

	if (lower(scan_at(s, s->i)) != 'a' || next == '/' || next == ':' || next == '-' || next == '.')
		return false;
	return next != ' ' || !is_alpha(scan_at(s, end + 1)) || !(word_kinds(around_word(s, end + 1, &behind)) & (WORD_SHARE | WORD_MONTH));
}

/* "Lot 31, Big Sky Mobile Park", "Apt 1107, 250 W. 22nd", "Slip 22-B, Marina Rd": what tells the home before its street; the unit behind, 0. */
static size_t home_first(struct scan *s)
{
	const struct context *c = s->context;
	size_t i = s->i, j = boxes_home(s, i), n = 0, end, alone;

	if (!j)
		return 0;
	for (n = 0; n < 6 && (is_alnum(scan_at(s, j)) || (scan_at(s, j) == '-' && n)); n++)
		j++;
	if (!n || is_alnum(scan_at(s, j)) || !(is_digit(scan_at(s, j - 1)) || is_upper(scan_at(s, j - 1))))
		return 0;
	end = units_behind(s, j);
	if (end > j)                                     /* "Bldg 36014 Rm 212B" */
		return end;
	alone = lives_at(c) || labelled(s, LABEL_ADDRESS) || is_apartment(s, j) ? end : 0;
	if (scan_at(s, j) == ',')
		j++;
	if (scan_at(s, j) != ' ')
		return alone;
	j++;
	if (is_digit(scan_at(s, j))) {
		for (n = 0; n < 6 && is_digit(scan_at(s, j + n)); n++)
			;
		if (scan_at(s, j + n) != ' ')
			return alone;
		end = house_on(s, j + n + 1, STREET_LOOSE);
		end = end ? end : bare_street(s, j + n + 1);
		return end ? end : alone;
	}
	if (!is_upper(scan_at(s, j)))
		return alone;
	end = park(s, j);
	end = end ? end : street(s, j, STREET_NAME);
	return end ? end : alone;
}

/* "twelve forty", "one hundred and five" at place i: the unit behind, 0. *words: how many. */
static size_t number_in_words(struct scan *s, size_t i, size_t *words)
{
	const unsigned int kinds = NUMBER_UNIT | NUMBER_TENS | NUMBER_FORTY | NUMBER_NINETY | NUMBER_HUNDRED | NUMBER_THOUSAND;
	size_t end = 0, behind;

	for (*words = 0; *words < 6; i = behind + 1) {
		uint64_t hash = around_word(s, i, &behind);
		bool number = (number_kinds(hash) & kinds) || (*words && digits_word(hash));

		if (!number && !(*words && (number_kinds(hash) & NUMBER_AND)))
			break;
		if (number) {
			end = behind;
			++*words;
		}
		if (scan_at(s, behind) != ' ' && scan_at(s, behind) != '-')
			break;
	}
	return end;
}

/* May more of a number, or a street's name, follow the word? Most often none does. */
static bool goes_on_in_words(struct scan *s)
{
	uint16_t next = scan_at(s, s->token + 1);

	if (scan_at(s, s->token) != ' ' && scan_at(s, s->token) != '-')
		return false;
	return is_upper(next) || next == 't' || next == 'f' || next == 's' || next == 'e' || next == 'n' || next == 'o' || next == 'h' || next == 'z';
}

/* "at apt 4F", "apt 12b": the unit behind, 0. */
static size_t small_apartment(struct scan *s)
{
	size_t i = s->token + 1, j = i;

	while (j < i + 5 && is_digit(scan_at(s, j)))
		j++;
	return scan_at(s, s->token) == ' ' && j > i && is_alpha(scan_at(s, j)) && !is_alnum(scan_at(s, j + 1)) && lower(scan_at(s, j)) != 'x' &&
	       !(lower(scan_at(s, j)) == 'd' || lower(scan_at(s, j)) == 'h' || lower(scan_at(s, j)) == 'm' || lower(scan_at(s, j)) == 'w' || lower(scan_at(s, j)) == 'p') ? j + 1 : 0;
}

/* As it is dictated: "lives at twelve forty Main street". */
bool scan_spoken_address(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t words, i, end, blanks = 0;
	bool cue = lives_at(c) || labelled(s, LABEL_ADDRESS), small;

	if ((s->word->numbers & NUMBER_ROUTE) && lower(scan_at(s, s->i)) == 'a')
		return (end = small_apartment(s)) && found(f, s, end, ENTITY_ADDRESS, "street address");
	if (s->word->numbers & NUMBER_ROUTE)             /* "hc 49 box 12" */
		return ((end = boxes_rural(s, s->i)) || (end = boxes_office(s, s->i))) && found(f, s, end, ENTITY_ADDRESS, "rural route");
	if (!cue && !goes_on_in_words(s))
		return false;
	i = number_in_words(s, s->i, &words);
	small = cue || (words > 1 && ((c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_ON)) || is_upper(scan_at(s, i + 1))));
	if (!i || scan_at(s, i) != ' ' || (!small && !is_upper(scan_at(s, i + 1))))
		return false;
	end = street(s, i + 1, small ? STREET_SMALL : STREET_NAME);
	for (size_t j = i + 1; j < end; j++)
		blanks += scan_at(s, j) == ' ';
	return end && blanks <= 3 && found(f, s, units_behind(s, end), ENTITY_ADDRESS, "street address in words");
}

/* "of Tater Peeler Rd", "Little Valley Road, last drive": by what ends it, which ends little else; the unit behind, 0. */
static size_t bare_road(struct scan *s)
{
	static const char *const kinds[] = {"road", "rd", "street", "avenue", "ave", "lane", "ln", "boulevard", "blvd", "parkway", "pkwy"};
	struct part p;
	size_t at = s->i;

	for (int words = 0; words < 4 && (at || !words); words++) {
		if (!is_upper(scan_at(s, at)))
			return 0;
		part_read(s, at, &p);
		for (size_t k = 0; words && ((p.words & WORD_STREET) || p.shape == SHAPE_NOT) && k < sizeof kinds / sizeof *kinds; k++)
			if (around_literal(s, p.start, kinds[k]) == p.end)
				return behind_suffix(s, p.end);
		if (p.shape != SHAPE_NAME || (p.words & (WORD_STOP | WORD_GENERIC | WORD_THING | WORD_CREDENTIAL)) ||
		    (!words && !(p.dictionary & (DICTIONARY_LAST | DICTIONARY_PLACE)) && !part_is_unknown(&p)))
			return 0;
		at = part_next_word(s, &p);
	}
	return 0;
}

/* "Box 12, Amery 54001" */
static size_t box_alone(struct scan *s)
{
	size_t i = around_literal(s, s->i, "box "), j = i;

	while (i && j < i + 6 && is_digit(scan_at(s, j)))
		j++;
	return i && j > i && scan_at(s, j) == ',' && scan_at(s, j + 1) == ' ' && is_upper(scan_at(s, j + 2)) ? j : 0;
}

/* " block of Fruitvale", " blk Fruitvale Ave" behind a number: the unit behind, 0. */
static size_t block_of(struct scan *s, size_t i)
{
	static const char *const joints[] = {" block of ", " blk of ", " blk ", " block "};
	struct part p;
	size_t j = 0, end;

	if (scan_at(s, i) != ' ' || lower(scan_at(s, i + 1)) != 'b')
		return 0;
	for (size_t k = 0; k < sizeof joints / sizeof *joints && !j; k++)
		j = around_literal(s, i, joints[k]);
	if (!j || (!is_upper(scan_at(s, j)) && !roads_numbered(s, j)))
		return 0;
	end = street(s, j, STREET_NAME);
	if (end)
		return end;
	part_read(s, j, &p);
	return p.shape >= SHAPE_CAPITALS && !(p.words & WORD_STOP) ? p.end : 0;
}

/* "4471 118 Harbor Way" where an address is told, or begins a line: the street behind a second number at place i; the unit behind, 0. */
static size_t second_number(struct scan *s, size_t i)
{
	size_t n = 0, end;

	while (n < 6 && is_digit(scan_at(s, i + n)))
		n++;
	if (!n || n > 5 || scan_at(s, i + n) != ' ' || !is_alpha(scan_at(s, i + n + 1)) || !blocks_expected(s->context))
		return 0;
	end = abroad_street(s, i);
	return end ? end : street(s, i + n + 1, STREET_NAME);
}

bool scan_address(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool label = labelled(s, LABEL_ADDRESS), at;
	enum style style;
	size_t i = s->i, n = 0, end, abroad;

	if ((end = blocks_corner(s)))
		return found(f, s, end, ENTITY_ADDRESS, "corner");
	if ((is_digit(scan_at(s, i)) || is_upper(scan_at(s, i))) && (end = abroad_street(s, i)))
		return found(f, s, units_behind(s, end), ENTITY_ADDRESS, "street abroad");
	if (!is_digit(scan_at(s, i))) {
		if ((lower(scan_at(s, i)) == 'p' || scan_at(s, i) == 'D') && (end = boxes_office(s, i)))
			return found(f, s, end, ENTITY_ADDRESS, "post office box");
		if ((end = boxes_rural(s, i)))
			return found(f, s, end, ENTITY_ADDRESS, "rural route");
		if ((end = home_first(s)))
			return found(f, s, end, ENTITY_ADDRESS, "street address");
		if ((end = roads_highway(s, i, labelled(s, LABEL_ADDRESS))))
			return found(f, s, end, ENTITY_ADDRESS, "highway");
		if ((end = box_and_street(s)))
			return found(f, s, units_behind(s, end), ENTITY_ADDRESS, "street address");
		if ((end = roads_crossing(s)))
			return found(f, s, end, ENTITY_ADDRESS, "crossing");
		if ((end = bare_road(s)) && around_right(s, end) != RIGHT_THING)
			return found(f, s, end, ENTITY_ADDRESS, "street");
		if ((end = box_alone(s)))
			return found(f, s, end, ENTITY_ADDRESS, "post office box");
		if ((end = blocks_military(s)))
			return found(f, s, end, ENTITY_ADDRESS, "military address");
		if ((end = blocks_street(s)))
			return found(f, s, end, ENTITY_ADDRESS, "street abroad");
		/* "lives on Village Drive": a street without a number */
		if (s->context->gap != GAP_SPACE || !(word_kinds(s->context->before[0]) & WORD_ON) || !is_upper(scan_at(s, i)))
			return false;
		end = street(s, i, STREET_NAME);
		return end && end - i > 7 && around_right(s, end) != RIGHT_THING && found(f, s, end, ENTITY_ADDRESS, "street");
	}
	if ((end = roads_position(s)) && s->context->last != '.')
		return found(f, s, end, ENTITY_ADDRESS, "position");
	if (s->context->label == LABEL_PLAIN || s->context->last == '.' || s->context->last == '/' ||
	    (c->gap == GAP_SPACE && (word_kinds(c->before[0]) & WORD_VITAL)))            /* "HR 118 RR 30" */
		return false;
	if ((end = roads_crossing(s)))
		return found(f, s, end, ENTITY_ADDRESS, "crossing");
	while (n < 7 && is_digit(scan_at(s, i + n)))
		n++;
	if (n > 6 || (n == 1 && scan_at(s, i) == '0'))
		return false;
	i += n;
	if ((end = block_of(s, i)))
		return found(f, s, end, ENTITY_ADDRESS, "block of a street");
	if (scan_at(s, i) == '-' && is_digit(scan_at(s, i + 1)))                 /* "12-40 31st Avenue" */
		for (i++; is_digit(scan_at(s, i)) && i < s->i + 13; i++)
			;
	else if (is_alpha(scan_at(s, i)) && !is_alnum(scan_at(s, i + 1)))        /* "221B" */
		i++;
	else if (n > 1 && scan_at(s, i) == ' ' && scan_at(s, i + 1) == '1' && scan_at(s, i + 2) == '/' && scan_at(s, i + 3) == '2' && scan_at(s, i + 4) == ' ')
		i += 4;                                  /* "1417 1/2 N Kenmore Ave" */
	else if (n > 2 && (scan_at(s, i) == 0x2044 || scan_at(s, i) == '/') && scan_at(s, i + 1) == '2' && scan_at(s, i + 2) == ' ')
		i += 2;                                  /* "1402½ E. Locust Ave." */
	else if (scan_at(s, i) == '-' && is_upper(scan_at(s, i + 1)) && !is_alnum(scan_at(s, i + 2)))
		i += 2;                                  /* "118-B" */
	if (scan_at(s, i) != ' ' || !is_alnum(scan_at(s, i + 1)))
		return false;
	at = c->gap == GAP_SPACE && (c->label == LABEL_ADDRESS || (word_kinds(c->before[0]) & (WORD_PLACE_BEFORE | WORD_ON)));
	style = label || (lives_at(c) && is_upper(scan_at(s, i + 1))) ? STREET_LOOSE : at && n > 1 ? STREET_SMALL : STREET_NAME;
	end = house_on(s, i + 1, style);
	if (!end && (n > 2 || (n > 1 && is_upper(scan_at(s, i + 1)))))          /* "24 w Prolacta" */
		end = bare_street(s, i + 1);
	if (!end && n > 1)
		end = second_number(s, i + 1);
	if (end)
		end = units_behind(s, end);
	if ((abroad = blocks_street(s)) > end)
		return found(f, s, abroad, ENTITY_ADDRESS, "street abroad");
	return end && found(f, s, end, ENTITY_ADDRESS, style == STREET_LOOSE ? "address label" : "street address");
}

/* ---- cities, counties ------------------------------------------------------------------------------------- */

/* "MA", "Massachusetts", "North Carolina" at place i */
static bool state_at(struct scan *s, size_t i)
{
	size_t end;
	uint64_t hash;

	if (!is_upper(scan_at(s, i)))
		return false;
	hash = around_word(s, i, &end);
	if (is_alnum(scan_at(s, end)) || (scan_at(s, i) == 'I' && (scan_at(s, end) == ':' || scan_at(s, end) == '#')))       /* "Athena ID:" */
		return false;
	if (end - i == 2)
		return is_upper(scan_at(s, i + 1)) && lexicon_find(hash)->state;
	if ((word_kinds(hash) & WORD_PLACE_FIRST) && scan_at(s, end) == ' ')
		hash = around_word(s, end + 1, &end);
	return lexicon_find(hash)->state != 0;
}

/* The longest city's name that begins here. *one: it is of one word; *dictionary: what is said of it. */
static size_t city(struct scan *s, bool *one, unsigned int *dictionary)
{
	uint64_t hash = WORD_HASH;
	size_t at = s->i, end = 0;

	for (int words = 0; words < 4; words++) {
		struct part room;
		const struct part *p;
		unsigned int bits;

		p = part_at(s, at, &room);
		if (!is_word(p) || (words == 0 && (p->words & WORD_STOP) && !(p->words & WORD_PLACE_FIRST)))
			break;
		for (size_t j = p->start; j < p->end; j++) {
			uint16_t c = scan_at(s, j);

			if (is_alpha(c))
				hash = word_hash(hash, c);
			else if (c == '-')
				hash = word_hash(hash, ' ');
		}
		bits = dictionary_find(hash);
		if ((bits & DICTIONARY_PLACE) && !(words == 0 && (p->words & WORD_PLACE_FIRST))) {
			end = p->end;
			*one = words == 0;
			*dictionary = bits;
		}
		at = part_next_word(s, p);
		if (!(bits & DICTIONARY_PLACE_BEGINS) || !at)
			break;
		hash = word_hash(hash, ' ');
	}
	return end;
}

/* Provinces of Canada and states of Australia. */
static bool province_at(struct scan *s, size_t i)
{
	static const char list[] = " ON QC BC AB MB SK NS NB NL PE YT NSW VIC QLD TAS ACT Ontario Quebec Alberta Manitoba Saskatchewan ";
	size_t n = 0;

	while (n < 13 && is_alpha(scan_at(s, i + n)))
		n++;
	for (const char *p = list; n > 1 && *p; p++) {
		size_t k = 0;

		while (*p == ' ' && k < n && (unsigned char)p[k + 1] == scan_at(s, i + k))
			k++;
		if (k == n && p[k + 1] == ' ')
			return true;
	}
	return false;
}

/* "ID NXB 229 M 88410", "ID W88140277": a number's label, and no state. */
static bool leads_code(struct scan *s, size_t i)
{
	size_t j = i + 3, digits = 0, letters = 0;

	if (scan_at(s, i) != 'I' || scan_at(s, i + 1) != 'D' || scan_at(s, i + 2) != ' ')
		return false;
	for (; is_digit(scan_at(s, j)) || is_upper(scan_at(s, j)); j++) {
		digits += is_digit(scan_at(s, j));
		letters += !is_digit(scan_at(s, j));
	}
	return digits > 5 || (letters && digits > 2) || (letters > 1 && letters < 5 && scan_at(s, j) == ' ' && is_digit(scan_at(s, j + 1)));
}

/* "Silverado, OK plate": the state of a vehicle. */
static bool before_plate(struct scan *s, size_t i)
{
	static const char *const words[] = {" plate", " tag ", " tags ", " lic ", " license", " reg "};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (around_literal(s, i + 2, words[k]))
			return true;
	return false;
}

/* "City, ST" */
static bool before_state(struct scan *s, size_t end)
{
	size_t i = end;

	if (scan_at(s, i) == ',' || scan_at(s, i) == '^')
		i++;
	if (scan_at(s, i) == ' ')
		i++;
	return i > end && !leads_code(s, i) && !before_plate(s, i) && (state_at(s, i) || province_at(s, i) || abroad_postcode(s, i));
}

/* " 92025" */
static bool before_bare_zip(struct scan *s, size_t end)
{
	size_t i = end + 1;

	while (scan_at(s, end) == ' ' && i < end + 7 && is_digit(scan_at(s, i)))
		i++;
	return i == end + 6 && !is_alpha(scan_at(s, i)) && (scan_at(s, i) != '.' || !is_digit(scan_at(s, i + 1)));
}

/* Up to three words in capitals, for cities that no dictionary has. */
static size_t capitals(struct scan *s)
{
	size_t at = s->i, end = 0;
	bool street;

	for (int words = 0; words < 3 && (at || !words); words++) {
		struct part p;

		part_read(s, at, &p);
		if (p.shape < SHAPE_CAPITALS || (p.words & WORD_STOP))
			break;
		street = words == 0 && (p.words & WORD_STREET);
		end = p.end;
		at = part_next_word(s, &p);
		if (street && !at)
			return 0;                        /* "at Ringvej 14 St." */
	}
	return end;
}

/* Digits of a ZIP code behind a state, or what was written for one. */
static bool before_zip(struct scan *s, size_t end)
{
	size_t i = end + 1, word;

	if (scan_at(s, end) != ',' || scan_at(s, i) != ' ' || !state_at(s, i + 1))
		return false;
	around_word(s, i + 1, &word);
	i = word + (scan_at(s, word) == ',');
	if (scan_at(s, i) == ' ' && scan_at(s, i + 1) == '[')
		return scan_at(s, i + 2) == 'Z' && scan_at(s, i + 3) == 'I' && scan_at(s, i + 4) == 'P';
	return scan_at(s, i) == ' ' && is_digit(scan_at(s, i + 1)) && is_digit(scan_at(s, i + 2)) && is_digit(scan_at(s, i + 3));
}

bool scan_city(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	unsigned int bits = 0;
	word_set kinds = c->gap == GAP_SPACE ? word_kinds(c->before[0]) : 0;
	bool one = false, first, in, lives;
	size_t end, all;

	if (!is_upper(scan_at(s, s->i)))
		return false;
	if (labelled(s, LABEL_CITY) && (all = capitals(s)))
		return found(f, s, all, ENTITY_CITY, "city label");
	end = city(s, &one, &bits);
	if (end && before_state(s, end))
		return found(f, s, end, ENTITY_CITY, "city before a state");
	all = capitals(s);
	if (all && scan_at(s, all) == ':')               /* "118 Oak St   City: Lewiston" */
		return false;
	if (all && before_zip(s, all))
		return found(f, s, all, ENTITY_CITY, "city before a state and zip");
	if (all && c->before[0] == CONTEXT_ADDRESS && c->gap <= GAP_COMMA &&
	    (end || scan_at(s, all) != ' ' || before_state(s, all) || before_bare_zip(s, all)))
		return found(f, s, end ? end : all, ENTITY_CITY, "city behind a street");
	if (end && end == all && (!c->before[0] || c->gap >= GAP_COMMA || (c->gap == GAP_SPACE && is_alpha(c->last) && !is_upper(c->last) && c->label == LABEL_NONE)) && !s->word->state && !(bits & DICTIONARY_SAFE) &&
	    before_bare_zip(s, end))
		return found(f, s, end, ENTITY_CITY, "city before a zip");
	if (all && c->before[0] == CONTEXT_ZIP && c->gap == GAP_SPACE && scan_at(s, all) != ' ')
		return found(f, s, all, ENTITY_CITY, "city behind a postcode");
	if (one && s->token > s->i + 1 && is_upper(scan_at(s, s->i + 1)))        /* "the ticket in SNOW" */
		return false;
	if (!end || (one && (s->word->state || (s->word->kinds & WORD_STATE))) || !(kinds & WORD_PLACE_BEFORE) ||
	    around_right(s, end) == RIGHT_THING)
		return false;
	/* "in Boston", "moved to Reno"; a word of the language, or a person's name, is one in fewer places */
	in = (kinds & WORD_IN) || (word_kinds(c->before[1]) & (WORD_LIVES | WORD_DIRECTION));
	first = bits & DICTIONARY_FIRST;
	lives = word_kinds(c->before[1]) & WORD_LIVES;
	if (one && (bits & DICTIONARY_SAFE) && !lives && !(in && (bits & (DICTIONARY_FIRST | DICTIONARY_LAST))))
		return false;
	if (!in && one && (!(kinds & WORD_FROM) || first))
		return false;
	return found(f, s, end, ENTITY_CITY, "city in running text");
}

bool scan_county(struct scan *s, struct finding *f)
{
	size_t at = s->i, end = 0;

	if (!is_upper(scan_at(s, s->i)))
		return false;
	if (labelled(s, LABEL_COUNTY) && (end = capitals(s)))
		return found(f, s, end, ENTITY_COUNTY, "county label");
	for (int words = 0; words < 4 && (at || !words); words++) {
		struct part room;
		const struct part *p = part_at(s, at, &room);
		uint16_t next;
		size_t behind;

		if (p->shape < SHAPE_CAPITALS || ((p->words & WORD_STOP) && !(p->words & WORD_PLACE_FIRST)))
			return false;
		at = part_next_word(s, p);
		next = at ? scan_at(s, at) : 0;
		if (next != 'C' && next != 'P' && next != 'B')   /* "County", "Parish", "Borough" */
			continue;
		if ((word_kinds(around_word(s, at, &behind)) & WORD_COUNTY) && !is_alnum(scan_at(s, behind)))
			return found(f, s, behind, ENTITY_COUNTY, "county");
		if ((behind = around_literal(s, at, "co.")) && !is_alnum(scan_at(s, behind)) && p->shape == SHAPE_NAME &&
		    ((p->dictionary & (DICTIONARY_PLACE | DICTIONARY_LAST)) || part_is_unknown(p)))
			return found(f, s, behind, ENTITY_COUNTY, "county");     /* "Houghton Co." */
	}
	return false;
}
