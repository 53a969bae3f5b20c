/* Numbers and codes that neither a label nor their form decides: "kit 5QH8T2", "batch B260127-004", "BCx 11/9 pos". They are weighed by
 * their form and by the words on both sides, as words are in weighed.c. */
#include "weighed_codes.h"

#include <string.h>

#include "around.h"
#include "labels.h"
#include "model.h"
#include "parts.h"
#include "sides.h"

#define CODE_MAX 32

/* Letters and digits, with single signs between. */
struct code {
	size_t end;
	uint64_t form, runs, prefix;     /* each of its letters and digits by kind; the same with runs as one; letters before the first digit */
	unsigned int n, digits, letters, small, dots, signs;
};

static bool joins(uint16_t c)
{
	return c == '-' || c == '.' || c == '/' || c == '_' || c == ':' || c == '+';
}

/* The space behind capitals that a number follows, "HUD 09-26-4417", "BH  20417": how many units; 0: there is none. */
static size_t prefix_space(struct scan *s)
{
	size_t i = s->token, n = 1 + (scan_at(s, i + 1) == ' ');

	if (s->digits || i - s->i > 4 || scan_at(s, i) != ' ' || !(is_digit(scan_at(s, i + n)) || (is_upper(scan_at(s, i + n)) && is_digit(scan_at(s, i + n + 1)))))
		return 0;
	while (i > s->i && is_upper(scan_at(s, i - 1)))
		i--;
	return i == s->i ? n : 0;
}

static void read_code(struct scan *s, size_t i, struct code *code)
{
	size_t space = prefix_space(s);
	uint16_t last = 0;

	*code = (struct code){.form = WORD_HASH, .runs = WORD_HASH, .prefix = WORD_HASH};
	for (; code->n < CODE_MAX; code->n++, i++) {
		uint16_t c = scan_at(s, i), kind = is_digit(c) ? '9' : !is_alpha(c) ? c : is_upper(c) ? 'A' : 'a';

		if (space && i == s->token)
			i += space - 1;
		else if (!is_alnum(c) && !(joins(c) && is_alnum(scan_at(s, i + 1))))
			break;
		code->digits += kind == '9';
		code->letters += is_alpha(c);
		code->small += kind == 'a';
		code->dots += kind == '.' || kind == ':';
		code->signs += !is_alnum(c);
		if (is_alpha(c) && !code->digits)
			code->prefix = word_hash(code->prefix, c);
		code->form = word_hash(code->form, kind);
		code->runs = kind == last ? code->runs : word_hash(code->runs, kind);
		last = kind;
	}
	code->end = i;
}

/* What is seen of a number or a code. */
enum { FORM = 1000, FORM_RUNS, FORM_COUNT, FORM_PREFIX, FORM_FIRST, LEFT_WORD, LEFT_GAP, LEFT_BOTH, LEFT_KIND, LEFT_LABEL, LEFT_SECOND, LEFT_PAIR,
       RIGHT_BETWEEN, RIGHT_WORD, RIGHT_KIND, LEFT_FORM, GAP_FORM, LABEL_FORM, RIGHT_FORM, LEFT_COUNT, BIAS, DAYS_BEFORE, DAYS_FORM };

static bool look_around(struct scan *s, size_t end, uint64_t form, uint64_t count, struct model_signs *signs)
{
	struct left_side left = sides_left(s->context);
	struct neighbour right = sides_right(s, end);
	const struct word *before = lexicon_find(left.before[0]);
	uint64_t gap = (uint64_t)left.gap * 0x10000 + (left.gap > GAP_SPACE ? left.last : 0);
	uint64_t word = right.none ? 1 : right.digits ? 2 : right.part.hash;

	if (right.masked)                                /* what was masked once is not masked further */
		return false;
	model_sign(signs, LEFT_WORD, left.before[0]);
	model_sign(signs, LEFT_GAP, gap);
	model_sign(signs, LEFT_BOTH, left.before[0] + gap);
	sides_kinds(signs, LEFT_KIND, before->kinds, 0);
	model_sign(signs, LEFT_LABEL, left.label);
	model_sign(signs, LEFT_SECOND, left.before[1]);
	model_sign(signs, LEFT_PAIR, left.before[1] * 31 + left.before[0]);
	model_sign(signs, RIGHT_BETWEEN, right.between);
	model_sign(signs, RIGHT_WORD, word);
	if (!right.none && !right.digits)
		sides_kinds(signs, RIGHT_KIND, right.part.words, right.part.care);
	model_sign(signs, LEFT_FORM, left.before[0] * 0x1000003ULL + form);
	model_sign(signs, LEFT_COUNT, left.before[0] * 0x1000003ULL + count);
	model_sign(signs, GAP_FORM, gap * 0x1000003ULL + form);
	model_sign(signs, LABEL_FORM, left.label * 0x1000003ULL + form);
	model_sign(signs, RIGHT_FORM, word * 0x1000003ULL + form);
	model_sign(signs, BIAS, 0);
	return true;
}

/* "1200-1500" */
static bool is_range(struct scan *s, const struct code *c)
{
	size_t i = s->i, n = 0, m;

	while (is_digit(scan_at(s, i + n)))
		n++;
	m = c->n - n - 1;
	return scan_at(s, i + n) == '-' && scan_at(s, i) != '0' && scan_at(s, i + n + 1) != '0' && m < 6 &&
	       (m == n + 1 || (m == n && scan_at(s, i) <= scan_at(s, i + n + 1)));
}

/* From one value to another, with one full stop each. */
static bool is_decimals(struct scan *s)
{
	size_t i = s->token;

	for (int k = 0; k < 3; k++, i++) {
		if (scan_at(s, i) != (k == 1 ? '-' : '.'))
			return false;
		while (is_digit(scan_at(s, i + 1)))
			i++;
	}
	return true;
}

/* Digits alone, most of which are a count, a time, a year, a result: only a long one behind a word or a mark may tell somebody. */
static bool is_number(struct scan *s, const struct code *code)
{
	const struct context *c = s->context;
	bool marked = c->last == '#' || (c->label >= LABEL_SSN && c->label <= LABEL_ID && c->mark);
	size_t behind;

	if (!code->letters && code->signs == 3 && code->dots == 2 && is_decimals(s))         /* "12.0-15.5" */
		return true;
	if (code->letters || code->signs > 1)
		return code->dots > 2;
	if (code->signs)
		return code->n < 5 || is_range(s, code);
	if (code->n < 4 || (!marked && (code->n < 5 || (scan_at(s, s->i) != '0' && !(c->gap == GAP_SPACE && c->before[0])))))
		return true;
	return scan_at(s, code->end) == ' ' && is_alpha(scan_at(s, code->end + 1)) && !is_upper(scan_at(s, code->end + 1)) &&
	       !(word_kinds(around_word(s, code->end + 1, &behind)) &
		 (WORD_STOP | WORD_PLACE_BEFORE | WORD_WITH | WORD_BE | WORD_DAY_CUE | WORD_VERB | WORD_PARTICIPLE));
}

/* What goes on with it behind a space: "MI 4471902 1", "TN-771 820 4417". */
static size_t more_groups(struct scan *s, size_t end)
{
	for (int k = 0; k < 3 && scan_at(s, end) == ' '; k++) {
		size_t j = end + 1, digits = 0;

		while (j < end + 9 && (is_digit(scan_at(s, j)) || is_upper(scan_at(s, j))))
			digits += is_digit(scan_at(s, j++));
		if (is_alnum(scan_at(s, j)) || (joins(scan_at(s, j)) && is_alnum(scan_at(s, j + 1))) || scan_at(s, j) == '%' || (scan_at(s, j) == ' ' && is_alpha(scan_at(s, j + 1)) && !is_upper(scan_at(s, j + 1))) ||
		    !(digits == j - end - 1 && digits > 2))
			break;
		end = j;
	}
	return end;
}

/* "XEA 904 417 733": three capitals and nine digits and more in groups, as plans write their members; fewer behind a name, "Loera DD 4410 88273". */
static size_t plan_number(struct scan *s)
{
	const struct context *c = s->context;
	size_t i = s->token, digits = 0, groups = 0, longest = 0, letters = i - s->i;
	bool told = c->before[0] == CONTEXT_NAME || (c->label == LABEL_HEALTH_PLAN && c->age <= 6);

	if (s->digits || letters > 3 || letters < (told ? 2 : 3) || s->word->label >= 0 || (!told && (dictionary_find(s->hash) & DICTIONARY_SAFE)))
		return 0;
	for (size_t k = s->i; k < i; k++)
		if (!is_upper(scan_at(s, k)))
			return 0;
	while (scan_at(s, i) == ' ' && groups < 5) {
		size_t j = i + 1;

		while (j < i + 6 && is_digit(scan_at(s, j)))
			j++;
		if (j < i + 3 || is_alnum(scan_at(s, j)) || scan_at(s, j) == '%' || (scan_at(s, j) == '.' && is_digit(scan_at(s, j + 1))))
			break;
		digits += j - i - 1;
		longest = j - i - 1 > longest ? j - i - 1 : longest;
		groups++;
		i = j;
	}
	return groups > 1 && digits > (told ? 6 : 8) && (!told || longest > 4) && digits < 14 && !(scan_at(s, i) == '-' || scan_at(s, i) == '/') ? i : 0;
}

/* "0.25MG/0.5ML", "500MG": digits and what they count. */
static bool is_dose(struct scan *s, size_t end)
{
	static const char *const units[] = {"mg", "mcg", "ml", "gm", "iu", "meq", "units", "tab", "cap"};

	for (size_t i = s->i + 1; i < end; i++)
		for (size_t k = 0; k < sizeof units / sizeof *units && is_digit(scan_at(s, i - 1)) && is_alpha(scan_at(s, i)); k++) {
			size_t j = around_literal(s, i, units[k]);

			if (j && !is_alnum(scan_at(s, j)))
				return true;
		}
	return false;
}

/* Most words, and most numbers: nothing is joined to them that would make a code of them. */
static bool is_short(struct scan *s)
{
	uint16_t next = scan_at(s, s->token);
	size_t i = s->token + 1;

	if (joins(next) && is_alnum(scan_at(s, i))) {
		if (s->letters || next == '-' || next == '_' || next == '+')
			return false;
		while (is_digit(scan_at(s, i)))          /* "38.6", "104/72", "10:30" */
			i++;
		return !is_alnum(scan_at(s, i)) && !(joins(scan_at(s, i)) && is_alnum(scan_at(s, i + 1)));
	}
	return s->letters ? !s->digits && !prefix_space(s) : s->token < s->i + 4;
}

/* What the weights must come to: the more it looks like a code, the less. */
static int least_of(const struct code *code)
{
	bool amount = code->runs == word_hash(word_hash(WORD_HASH, '9'), 'A'), capitals = code->letters && !code->small && !amount;      /* "25000UNITS" */

	if (code->digits < 4 || (code->n == 5 && !code->letters))
		return capitals ? 0 : 2;
	return (code->digits < 5) - 2 * capitals;
}

bool scan_weighed_code(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	struct model_signs signs;
	struct code code;
	uint16_t next;

	if (is_short(s) || c->label == LABEL_PLAIN || c->label == LABEL_THING || joins(c->last) || memchr("^<@\\", c->last < 0x80 ? c->last : 0, 4))
		return false;
	code.end = plan_number(s);
	if (code.end && c->label != LABEL_PHONE && c->label != LABEL_FAX) {
		*f = (struct finding){.start = s->i, .end = code.end, .entity = ENTITY_HEALTH_PLAN, .rule = "plan number form", .custom = -1};
		return true;
	}
	read_code(s, s->i, &code);
	next = scan_at(s, code.end);
	if (code.digits < (s->letters && !s->digits && scan_at(s, s->token) == ' ' ? 4 : 3) || is_alnum(next) || next == '%' || next == '@')
		return false;
	if ((code.letters && is_dose(s, code.end)) || is_number(s, &code) || forms_are_public(s))
		return false;
	signs.n = 0;
	model_sign(&signs, FORM, code.form);
	model_sign(&signs, FORM_RUNS, code.runs);
	model_sign(&signs, FORM_COUNT, code.digits * 0x100ULL + code.letters * 0x10 + code.signs);
	model_sign(&signs, FORM_PREFIX, code.prefix);
	model_sign(&signs, FORM_FIRST, scan_at(s, s->i) == '0');
	*f = (struct finding){.start = s->i, .end = code.end, .entity = ENTITY_ID, .rule = "code, weighed", .custom = -1};
	/* a number right behind a city is part of its address, and the city is found by it: also where policies keep cities */
	if (!code.letters && (c->last == '=' || c->before[0] == CONTEXT_CITY))
		return false;
	if (!look_around(s, code.end, code.runs, code.n, &signs) || !model_is(&signs, MODEL_CODE, least_of(&code), s->r->at[s->i]))
		return false;
	f->end = more_groups(s, code.end);
	return true;
}

bool weighed_day(struct scan *s, size_t end, int first, int second, int least)
{
	struct model_signs signs = {.n = 0};
	uint16_t sign = scan_at(s, end - 1 - (second > 9));
	uint64_t form = (uint64_t)(second > 12) * 8 + (uint64_t)(first == second) * 4 + (uint64_t)(first > second) * 2 + (uint64_t)(first > 12) * 16 + (sign == '-');

	model_sign(&signs, FORM, form + 1000);
	model_sign(&signs, FORM_RUNS, (uint64_t)second + 1000);
	model_sign(&signs, FORM_COUNT, (uint64_t)first * 100 + (uint64_t)second + 1000);
	model_sign(&signs, DAYS_BEFORE, s->context->days);
	model_sign(&signs, DAYS_FORM, s->context->days * 0x1000003ULL + form);
	return look_around(s, end, form, (uint64_t)second, &signs) && model_is(&signs, MODEL_DAY, least, s->r->at[s->i]);
}

bool weighed_age(struct scan *s, size_t end, int value)
{
	struct model_signs signs = {.n = 0};
	uint16_t next = scan_at(s, end);
	uint64_t form = (uint64_t)(next == ' ' ? lower(scan_at(s, end + 1)) : next) * 2 + (value > 99);

	model_sign(&signs, FORM, form + 2000);
	model_sign(&signs, FORM_RUNS, (uint64_t)value + 2000);
	return look_around(s, end, form, 2000, &signs) && model_is(&signs, MODEL_AGE, 1, s->r->at[s->i]);
}
