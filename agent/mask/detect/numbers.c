/* Identifiers that are numbers: what their form alone tells, and their label. */
#include <string.h>

#include "around.h"
#include "checks.h"
#include "digits.h"
#include "labels.h"

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

static bool labelled(const struct scan *s, enum label label)
{
	return s->context->label == label && (!s->context->needs_mark || s->context->mark);
}

/* A number whose label says that it is a code of another kind. */
static bool is_plain(const struct scan *s)
{
	return s->context->label == LABEL_PLAIN;
}

static bool lengths(const struct digits *d, size_t n, const int *want)
{
	if (d->groups < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (d->group[i].n != want[i])
			return false;
	return true;
}

static bool signs_in(const struct digits *d, size_t n, const char *allowed)
{
	for (size_t i = 1; i < n; i++) {
		const char *at = allowed;

		while (*at && *at != d->group[i].sign)
			at++;
		if (!*at)
			return false;
	}
	return true;
}

/* Digits at place i, or with words also those that are written so. */
static const struct digits *in_digits_or_words(struct scan *s, size_t i, bool words, struct digits *room)
{
	/* from any place the same is seen of it where each unit is one byte */
	if (is_digit(scan_at(s, i)) && (i == s->i || s->r->plain))
		return digits_at(s, i);
	digits_read(s, i, words ? SPOKEN_MAX : 0, room);
	return room;
}

/* ---- social security numbers ---------------------------------------------------------------------------------------------------------- */

/* "C4417": the first letter of the last name, and the last four, as VistA has it; the unit behind, 0. */
static size_t letter_and_four(struct scan *s)
{
	size_t i = s->i + 1;

	if (s->token != s->i + 5 || !is_alpha(scan_at(s, s->i)))
		return 0;
	while (i < s->token && is_digit(scan_at(s, i)))
		i++;
	return i == s->token ? i : 0;
}

/* Behind the number of a line in a list, "2. ", "3) "; place i itself: there is none. */
static size_t list_number(struct scan *s, size_t i)
{
	size_t n = 0;

	while (n < 2 && is_digit(scan_at(s, i + n)))
		n++;
	return n && (scan_at(s, i + n) == '.' || scan_at(s, i + n) == ')') && scan_at(s, i + n + 1) == ' ' ? i + n + 2 : i;
}

/* Between two parts of a number in a form or a list: " | ", "\n2. ", "/"; the unit behind, 0. */
static size_t between_parts(struct scan *s, size_t i)
{
	size_t from = i;
	bool line = false, bar = false;

	for (; i < from + 6; i++) {
		uint16_t c = scan_at(s, i);

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t' && (c != '|' || bar) && (c != '/' || i > from))
			break;
		line = line || c == '\n';
		bar = bar || c == '|';
	}
	if (i == from)
		return 0;
	return line ? list_number(s, i) : i;
}

/* The three parts behind a label in cells or lines of their own, from place i on: the unit behind, 0. */
static size_t in_parts(struct scan *s, size_t i)
{
	static const size_t lengths[] = {3, 2, 4};

	for (size_t k = 0; k < 3; k++) {
		if (k && !(i = between_parts(s, i)))
			return 0;
		for (size_t n = 0; n < lengths[k]; n++, i++)
			if (!is_digit(scan_at(s, i)))
				return 0;
	}
	return is_alnum(scan_at(s, i)) ? 0 : i;
}

/* "428-60-9917B", "428-60-9917C1": what made a claim number of Medicare of it; the unit behind, 0. */
static size_t claim_letter(struct scan *s, size_t i)
{
	if (!is_upper(scan_at(s, i)) || scan_at(s, i) >= 0x80)
		return 0;
	i += 1 + is_digit(scan_at(s, i + 1));
	return is_alnum(scan_at(s, i)) ? 0 : i;
}

bool scan_ssn(struct scan *s, struct finding *f)
{
	static const int form[] = {3, 2, 4};
	bool label = labelled(s, LABEL_SSN);
	struct digits room;
	const struct digits *d;

	size_t end, start;

	if (!is_digit(scan_at(s, s->i)) && !label)
		return false;
	if (label && !s->context->least && (end = letter_and_four(s)))
		return found(f, s, end, ENTITY_SSN, "ssn label");
	if (label && (end = in_parts(s, start = list_number(s, s->i)))) {
		found(f, s, end, ENTITY_SSN, "ssn label");
		f->start = start;
		return true;
	}
	d = in_digits_or_words(s, s->i, label, &room);
	if (lengths(d, 3, form) && signs_in(d, 3, "-. ") && (digits_end(s, d, 3) || (d->group[1].sign == '-' && is_alpha(scan_at(s, d->group[2].end))))) {
		size_t claim = claim_letter(s, d->group[2].end);
		bool spaces = d->group[1].sign == ' ' || d->group[2].sign == ' ', same = d->group[1].sign == d->group[2].sign;

		if (claim && same && !is_plain(s))
			return found(f, s, claim, ENTITY_HEALTH_PLAN, "hicn form");
		if (label || (!is_plain(s) && same && !spaces && check_ssn(d->d)) || (!is_plain(s) && spaces && d->group[1].sign != '.' &&
		    d->group[2].sign != '.' && check_ssn(d->d)))
			return found(f, s, d->group[2].end, ENTITY_SSN, label ? "ssn label" : "ssn form");
	}
	if (d->spaced && d->n == 9 && (label || (!is_plain(s) && check_ssn(d->d))) && d->groups == 9)
		return found(f, s, d->group[8].end, ENTITY_SSN, label ? "ssn label" : "ssn form, digits apart");
	if (!label)
		return false;
	/* a label takes what stands behind it: nine digits in any grouping, the last four, and numbers with a typing error */
	for (size_t k = d->groups; k > 0; k--) {
		size_t n = d->group[k - 1].from + d->group[k - 1].n;

		if ((n == 9 || (k == 1 && n == 4 && (!s->context->least || s->context->ending)) || (k == 1 && n >= 7 && n <= 10) || (k == 3 && n >= 7 && n <= 10)) &&
		    !is_alnum(scan_at(s, d->group[k - 1].end)))
			return found(f, s, d->group[k - 1].end, ENTITY_SSN, "ssn label");
	}
	return false;
}

/* ---- telephone numbers ------------------------------------------------------------------------------------------------------------------ */

/* ", ext. 4410" behind a number. */
static size_t extension(struct scan *s, size_t end)
{
	static const char *const words[] = {"extension", "ext", "x", "#"};
	size_t j = end;

	while (j < end + 3 && (scan_at(s, j) == ' ' || scan_at(s, j) == ','))
		j++;
	for (int k = 0; k < 4; k++) {
		size_t n = strlen(words[k]), i = 0, digits = 0;

		while (i < n && lower(scan_at(s, j + i)) == (unsigned char)words[k][i])
			i++;
		if (i < n)
			continue;
		i += j;
		while (i < j + n + 3 && (scan_at(s, i) == '.' || scan_at(s, i) == ' ' || scan_at(s, i) == ':' || scan_at(s, i) == '#'))
			i++;
		while (digits < 7 && is_digit(scan_at(s, i + digits)))
			digits++;
		if (digits == 1 && scan_at(s, i + 1) == '-' && is_digit(scan_at(s, i + 2)))      /* "x 4-7712" */
			for (i += 2, digits = 0; digits < 7 && is_digit(scan_at(s, i + digits)); digits++)
				;
		if (digits && digits < 7 && !is_alnum(scan_at(s, i + digits)))
			return i + digits;
	}
	return end;
}

/* A number that ends with its first k groups, and an extension that is joined to it: "x769"; the unit behind, 0. */
static size_t whole_number(struct scan *s, const struct digits *d, size_t k)
{
	size_t end = extension(s, d->group[k - 1].end);

	return digits_end(s, d, k) || (lower(scan_at(s, d->group[k - 1].end)) == 'x' && end > d->group[k - 1].end) ? end : 0;
}

/* "(37) 788-063-Office", "416 60 039 office" first in a line or behind a comma: by what stands behind; the unit behind, 0. *fax: "fax" does. */
static size_t before_its_kind(struct scan *s, const struct digits *d, bool *fax)
{
	static const char *const kinds[] = {"fax", "office", "mobile", "cell", "home", "work", "direct", "desk"};
	const struct context *c = s->context;
	size_t end = d->group[d->groups - 1].end, from = end + (scan_at(s, end) == '-' || scan_at(s, end) == ' '), j = 0;

	if (d->n < 7 || d->n > 13 || from == end || (c->last && c->gap != GAP_LINE && c->last != ','))
		return 0;
	for (size_t k = 0; k < d->groups; k++)
		if (d->group[k].n < 2 || d->group[k].n > 11 || (k && !strchr(" -.)", d->group[k].sign)))
			return 0;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds && !j; k++)
		j = around_literal(s, from, kinds[k]);
	if (!j || is_alnum(scan_at(s, j)) || scan_at(s, j) == ' ')
		return 0;
	*fax = lower(scan_at(s, from)) == 'f';
	return end;
}

/* +CC and 7 to 15 digits (ITU-T E.164) */
static bool international(struct scan *s, struct finding *f, enum entity entity)
{
	struct digits d;

	digits_read(s, s->i + 1, 0, &d);
	for (size_t k = d.groups; k > 0; k--) {
		size_t n = d.group[k - 1].from + d.group[k - 1].n;

		size_t end = n >= 8 && n <= 15 && signs_in(&d, k, " -.()") ? whole_number(s, &d, k) : 0;

		if (end)
			return found(f, s, end, entity, "phone, international");
	}
	return false;
}

/* Behind a name, "at" or a bracket a number is most often a telephone's. */
static bool is_told(const struct scan *s)
{
	const struct context *c = s->context;

	return c->last == '(' || (c->gap <= GAP_COMMA && (c->before[0] == CONTEXT_NAME || (word_kinds(c->before[0]) & WORD_PLACE_BEFORE)));
}

/* 617 482 3190: three numbers of a row of them are none. */
static bool stands_apart(struct scan *s, const struct digits *d)
{
	static const int zeros[] = {3, 3, 4};
	uint16_t next = scan_at(s, d->group[2].end);
	bool round = true;

	for (size_t k = 0; k < 2; k++)
		for (int i = 1; i < zeros[k]; i++)
			round = round && d->d[d->group[k].from + i] == '0';
	if (d->d[8] == '0' && d->d[9] == '0' && !is_told(s))     /* "400 450 1200" */
		return false;
	if (d->groups > 3 && scan_at(s, d->group[2].end) != '\n')
		return is_told(s) && !round;             /* "Monique 708 555 0140 3 Alden declined" */
	if (round || s->context->last == '-' || s->context->last == '/' || s->context->last == ',')
		return false;
	return next != ' ' || !is_digit(scan_at(s, d->group[2].end + 1));
}

/* "510 5550168" is no amount of what follows, as "605 5550913 units" is. */
static bool stands_alone(struct scan *s, const struct digits *d)
{
	size_t end = d->group[1].end, behind;

	return !(d->d[8] == '0' && d->d[9] == '0') &&
	       (scan_at(s, end) != ' ' || (word_kinds(around_word(s, end + 1, &behind)) & (WORD_PLACE_BEFORE | WORD_DATE_BEFORE | WORD_AND | WORD_BE)));
}

/* 1-800-FLOWERS, 1-888-CALL-NOW: seven letters and digits behind a toll-free prefix; the unit behind, 0. */
static size_t vanity(struct scan *s, const struct digits *d)
{
	size_t j, n = 0;

	if (d->groups < 2 || d->d[0] != '1' || d->group[0].n != 1 || d->group[1].n != 3 || d->d[1] != '8' || scan_at(s, d->group[1].end) != '-')
		return 0;
	for (j = d->group[1].end + 1; n < 8; j++) {
		if (is_alnum(scan_at(s, j)))
			n++;
		else if (scan_at(s, j) != '-' || !is_alnum(scan_at(s, j + 1)))
			break;
	}
	return n >= 7 && !is_alnum(scan_at(s, j)) ? j : 0;
}

/* Digits that a number within the house must have: two behind whose it is, "Lupe ext 42"; three when no joint extends so far, "ext. 218". */
static int pager_least(struct scan *s, const struct digits *d)
{
	const struct context *c = s->context;
	uint16_t next = scan_at(s, d->group[0].end);

	if (c->before[1] == CONTEXT_NAME || c->before[1] == CONTEXT_MASKED)
		return 2;
	return digits_value(d, 0) > 180 && (next == '.' || next == ',' || next == ';' || next == ')' || next == '\n' || !next) ? 3 : 4;
}

bool scan_phone(struct scan *s, struct finding *f)
{
	static const int full[] = {3, 3, 4}, country[] = {1, 3, 3, 4}, local[] = {3, 4}, broken[] = {3, 7}, other[] = {3, 4, 3};
	enum entity entity = labelled(s, LABEL_FAX) ? ENTITY_FAX : ENTITY_PHONE;
	bool label = labelled(s, LABEL_PHONE) || labelled(s, LABEL_PAGER) || entity == ENTITY_FAX, paren = scan_at(s, s->i) == '(', fax;
	size_t from = s->i + paren, k;
	struct digits room;
	const struct digits *d;

	if (scan_at(s, s->i) == '+' && is_digit(scan_at(s, s->i + 1)))
		return international(s, f, entity);
	if (!is_digit(scan_at(s, from)) && !label)
		return false;
	d = in_digits_or_words(s, from, label && !paren, &room);
	if (paren && d->groups > 1 && d->group[1].sign != ')')
		return false;
	/* 011 44 20 7946 0958 */
	if (d->d[0] == '0' && d->groups > 2 && ((d->group[0].n == 3 && d->d[1] == '1' && d->d[2] == '1') ||
						(label && d->group[0].n == 2 && d->d[1] == '0')) && d->n >= 10 && d->n <= 18 &&
	    signs_in(d, d->groups, " -.()") && digits_end(s, d, d->groups))
		return found(f, s, d->group[d->groups - 1].end, entity, "phone, international");
	k = vanity(s, d);
	if (k)
		return found(f, s, k, entity, "phone, toll-free");
	if ((k = before_its_kind(s, d, &fax)))
		return found(f, s, k, fax ? ENTITY_FAX : ENTITY_PHONE, "phone before its kind");
	k = lengths(d, 4, country) && d->d[0] == '1' ? 4 : lengths(d, 3, full) ? 3 : 0;
	if (k && signs_in(d, k, " -.()/") && whole_number(s, d, k)) {
		const char *number = d->d + (k == 4);
		bool spaces = d->group[k - 1].sign == ' ' && d->group[k - 2].sign == ' ' && !paren;

		if (label || paren || extension(s, d->group[k - 1].end) > d->group[k - 1].end || (!is_plain(s) && check_nanp(number) && (!spaces || k == 4 || stands_apart(s, d))))
			return found(f, s, extension(s, d->group[k - 1].end), entity, label ? "phone label" : paren ? "phone, area code in brackets" :
				     "phone form");
	}
	if (lengths(d, 3, other) && (label || is_told(s)) && !is_plain(s) && check_nanp(d->d) && signs_in(d, 3, " -") && digits_end(s, d, 3))
		return found(f, s, d->group[2].end, entity, label ? "phone label" : "phone form");
	/* HL7: "^940^5550173" */
	if (d->group[0].n == 3 && s->context->last == '^' && scan_at(s, d->group[0].end) == '^') {
		digits_read(s, d->group[0].end + 1, 0, &room);
		if (room.group[0].n == 7 && digits_end(s, &room, 1))
			return found(f, s, room.group[0].end, entity, "phone form");
	}
	if (labelled(s, LABEL_PAGER) && d->group[0].n >= pager_least(s, d) && d->group[0].n <= 7 && digits_end(s, d, 1) &&
	    (d->group[0].n > 3 || d->groups < 2 || d->group[1].sign == ' '))
		return found(f, s, d->group[0].end, ENTITY_PHONE, "pager label");
	if (labelled(s, LABEL_PAGER) && d->groups > 1 && d->group[0].n == 2 && d->group[1].n == 3 && d->group[1].sign == '-' && digits_end(s, d, 2))
		return found(f, s, d->group[1].end, ENTITY_PHONE, "pager label");        /* "beeper 41-208" */
	if (lengths(d, 2, broken) && (label || paren || ((d->group[1].sign != ' ' || is_told(s) || stands_alone(s, d)) && !is_plain(s) && check_nanp(d->d))) && signs_in(d, 2, " -.)") &&
	    digits_end(s, d, 2))
		return found(f, s, extension(s, d->group[1].end), entity, "phone label");        /* 617-4823190 */
	/* within the house: "4-4710" */
	if (label && d->groups > 1 && d->group[0].n == 1 && d->group[1].n == 4 && (d->group[1].sign == '-' || (d->group[1].sign == ' ' && labelled(s, LABEL_PAGER))) && digits_end(s, d, 2))
		return found(f, s, d->group[1].end, entity, "phone label");
	if (label && d->group[0].n == 4 && s->context->last == '-' && digits_end(s, d, 1))       /* "home 337-555-4410, cell -4418" */
		return found(f, s, d->group[0].end, entity, "phone label");
	if (s->context->last == '-' && s->context->before[1] == CONTEXT_MASKED && d->group[0].n == 4 && digits_end(s, d, 1) && d->groups == 1 &&
	    (s->context->before[0] == label_words.and || s->context->before[0] == label_words.or))        /* "at 555-0144 and -0148" */
		return found(f, s, d->group[0].end, entity, "phone form");
	/* "ask for her at 482-3190" */
	if (!is_plain(s) && lengths(d, 2, local) && d->group[1].sign == '-' && d->d[0] > '1' && !(d->d[5] == '0' && d->d[6] == '0') && s->context->gap == GAP_SPACE &&
	    (word_kinds(s->context->before[0]) & WORD_PLACE_BEFORE) && digits_end(s, d, 2))
		return found(f, s, d->group[1].end, entity, "phone form");
	if (label && d->d[0] != '0' && lengths(d, 2, local) && signs_in(d, 2, " -.") && digits_end(s, d, 2))
		return found(f, s, extension(s, d->group[1].end), entity, "phone label");
	if (label && (d->groups == 1 || d->spaced) && d->n >= 7 && d->n <= 12 && !is_alnum(scan_at(s, d->group[d->groups - 1].end)))
		return found(f, s, extension(s, d->group[d->groups - 1].end), entity, "phone label");
	if (label && d->group[0].n >= 7 && d->group[0].n <= 12 && digits_end(s, d, 1))
		return found(f, s, extension(s, d->group[0].end), entity, "phone label");
	/* of other countries, in any groups: "020 7946 0187" */
	for (k = label ? d->groups : 0; k > 1; k--) {
		size_t n = d->group[k - 1].from + d->group[k - 1].n;
		bool whole = n >= 8 && n <= 13 && signs_in(d, k, d->group[0].n > 2 ? " -./()" : " -.()") && digits_end(s, d, k);

		for (size_t i = 0; i < k; i++)
			whole = whole && d->group[i].n > 1 && d->group[i].n < 8;
		if (whole && !(k == 3 && n == 8 && d->group[2].n == 4) &&        /* "call 12-25 1715" */
		    !(k == 2 && d->group[0].n == 5 && d->group[1].n == 5 && d->group[1].sign != ' '))    /* "93295/93296", codes of services */
			return found(f, s, extension(s, d->group[k - 1].end), entity, "phone label");
	}
	return false;
}

/* ---- accounts --------------------------------------------------------------------------------------------------------------------------- */

bool scan_card(struct scan *s, struct finding *f)
{
	static const int fours[] = {4, 4, 4, 4};
	const struct digits *d;
	size_t joined = 1;       /* groups with a space or hyphen between each two */

	if (!is_digit(scan_at(s, s->i)) || is_plain(s))
		return false;
	d = digits_here(s);
	if (d->n < 13 || d->d[0] < '2' || d->d[0] > '6')
		return false;
	while (joined < d->groups && (d->group[joined].sign == ' ' || d->group[joined].sign == '-'))
		joined++;
	for (size_t k = d->spaced && joined > 16 ? 16 : joined; k > 0; k--) {
		size_t n = d->group[k - 1].from + d->group[k - 1].n;

		if (n < 13)
			return false;
		if (n > 19 || (d->spaced && n != 16 && n != 15) || is_alnum(scan_at(s, d->group[k - 1].end)))
			continue;
		if ((k == 1 || d->group[0].n == 4 || d->spaced) && check_card(d->d, n))
			return found(f, s, d->group[k - 1].end, ENTITY_ACCOUNT, "card, check digit");
		if (k == 4 && d->d[0] > '2' && lengths(d, 4, fours))
			return found(f, s, d->group[k - 1].end, ENTITY_ACCOUNT, "card form");
	}
	return false;
}

/* ---- dates ------------------------------------------------------------------------------------------------------------------------------ */

static int full_year(const struct digits *d, size_t group)
{
	int y = digits_value(d, group);

	return d->group[group].n == 4 ? y : y + 1900;    /* of two digits any year may be meant */
}

/* 3/14/2024, 14.3.2024, 03-14-24, 2024-03-14 */
static bool is_date(const struct digits *d, bool label, bool cue)
{
	char sign = d->group[1].sign;
	int a = digits_value(d, 0), b = digits_value(d, 1), c = digits_value(d, 2);

	bool spaces = sign == ' ' && d->group[0].n == 2 && d->group[1].n == 2 && d->group[2].n == 4 && c >= 1900 && c < 2030;      /* "07 14 1990" */

	if (sign != d->group[2].sign || (!strchr("/-.", sign) && !((label || spaces) && sign == ' ')))
		return false;
	if (d->group[0].n == 4)
		return d->group[1].n <= 2 && d->group[2].n <= 2 && check_day(a, b, c);
	if (d->group[0].n > 2 || d->group[1].n > 2 || (d->group[2].n != 4 && d->group[2].n != 2))
		return false;
	/* "1.2.24" could be a section, "14.03.24" and "8.21.24" are none */
	if (d->group[2].n == 2 && (sign == '.' || sign == ' ') && !label && (sign == ' ' || (!cue && d->group[0].n + d->group[1].n < 4 && a <= 12 && b <= 12)))
		return false;
	if (label && d->group[0].n == 2 && d->group[1].n == 2 && d->group[2].n == 2 && a > 31 && check_day(-1, b, c))
		return true;                                     /* 45-03-04 */
	return check_day(full_year(d, 2), a, b) || check_day(full_year(d, 2), b, a);
}

bool scan_date(struct scan *s, struct finding *f)
{
	const struct context *context = s->context;
	bool label = labelled(s, LABEL_DATE), cue = context->gap == GAP_SPACE && (word_kinds(context->before[0]) & WORD_DATE_BEFORE);
	const struct digits *d;
	uint16_t c;

	if (!is_digit(scan_at(s, s->i)) || is_plain(s))
		return false;
	d = digits_here(s);
	if (d->groups >= 3 && is_date(d, label, cue)) {
		c = scan_at(s, d->group[2].end);
		/* a time may follow ("2024-03-14T10:15"); more digits by the same sign make it a number of another kind */
		if (!is_digit(c) && (!is_alpha(c) || c == 'T' || c == 't' || d->group[2].n == 4) &&
		    !(c == d->group[2].sign && c != '.' && is_digit(scan_at(s, d->group[2].end + 1))) &&
		    !(c == '.' && d->group[2].sign == '.' && is_digit(scan_at(s, d->group[2].end + 1))))
			return found(f, s, d->group[2].end, ENTITY_DATE, label ? "date label" : "date form");
	}
	if (!label)
		return false;
	if (d->groups >= 2 && d->group[0].n <= 2 && d->group[1].n <= 2 && strchr("/-.", d->group[1].sign) &&
	    (check_day(-1, digits_value(d, 0), digits_value(d, 1)) || check_day(-1, digits_value(d, 1), digits_value(d, 0))) &&
	    digits_end(s, d, 2))
		return found(f, s, d->group[1].end, ENTITY_DATE, "date label");
	if ((d->group[0].n == 8 || d->group[0].n == 6) && !is_alnum(scan_at(s, d->group[0].end))) {
		int all = 0, year = d->group[0].n == 8 ? 10000 : 100;

		for (int i = 0; i < d->group[0].n; i++)
			all = all * 10 + d->d[i] - '0';
		if ((year == 10000 && check_day(all / 10000, all / 100 % 100, all % 100)) || check_day(-1, all / year / 100, all / year % 100))
			return found(f, s, d->group[0].end, ENTITY_DATE, "date label");
	}
	return false;
}

/* ---- addresses of the net, and of places -------------------------------------------------------------------------------------------------- */

bool scan_ip(struct scan *s, struct finding *f)
{
	const struct digits *d;

	if (!is_digit(scan_at(s, s->i)) || is_plain(s) || s->context->last == '.')
		return false;
	d = digits_here(s);
	if (d->groups < 4 || !signs_in(d, 4, "."))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (d->group[i].n > 3 || digits_value(d, i) > 255 || (d->group[i].n > 1 && d->d[d->group[i].from] == '0'))
			return false;
	if (d->groups > 4 && d->group[4].sign == '.' && is_digit(scan_at(s, d->group[3].end + 1)))
		return false;
	return !is_alpha(scan_at(s, d->group[3].end)) && found(f, s, d->group[3].end, ENTITY_IP, "ip form");
}

bool scan_zip(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool label = labelled(s, LABEL_ZIP), state = c->label == LABEL_STATE && c->age <= 3;
	bool city = (c->before[0] == CONTEXT_CITY || c->before[0] == CONTEXT_ADDRESS) && c->gap <= GAP_COMMA && c->gap;
	bool coded = (c->last == '^' || c->last == '*') && lexicon_find(c->before[0])->state == STATE_CODE;          /* "Kaneohe^HI^96744" */
	const char *rule = label ? "zip label" : state ? "zip behind a state" : "zip behind a city";
	const struct digits *d;

	if (!is_digit(scan_at(s, s->i)) || (!label && !state && !city && !coded))
		return false;
	d = digits_here(s);
	if (d->group[0].n == 9 && c->last == '*' && digits_end(s, d, 1))         /* X12: "ROUND ROCK*TX*786811140~" */
		return found(f, s, d->group[0].end, ENTITY_ZIP, rule);
	if (d->group[0].n != 5)
		return false;
	/* ZIP+4; behind a label also "75534-030", as Brazil writes them */
	if (d->groups > 1 && (d->group[1].n == 4 || (label && d->group[1].n == 3)) && (d->group[1].sign == '-' || (state && d->group[1].sign == ' ')) &&
	    digits_end(s, d, 2))
		return found(f, s, d->group[1].end, ENTITY_ZIP, rule);
	return digits_end(s, d, 1) && found(f, s, d->group[0].end, ENTITY_ZIP, rule);
}

/* ---- numbers without a label whose check digit speaks -------------------------------------------------------------------------------------- */

bool scan_number(struct scan *s, struct finding *f)
{
	const struct digits *d;

	if (!is_digit(scan_at(s, s->i)) || is_plain(s))
		return false;
	d = digits_here(s);
	if (d->group[0].n == 10 && s->context->last == '*' && s->context->before[0] == label_words.xx && digits_end(s, d, 1))
		return found(f, s, d->group[0].end, ENTITY_LICENSE, "license label");    /* X12: "*XX*" tells an NPI */
	if (d->group[0].n == 10 && scan_at(s, d->group[0].end) == '^' && is_upper(scan_at(s, d->group[0].end + 1)))
		return found(f, s, d->group[0].end, ENTITY_LICENSE, "number before a coded name");
	if (d->group[0].n == 10 && digits_end(s, d, 1) && check_npi(d->d, 10))
		return found(f, s, d->group[0].end, ENTITY_LICENSE, "npi, check digit");
	if (d->group[0].n == 10 && digits_end(s, d, 1) && check_nanp(d->d))
		return found(f, s, d->group[0].end, ENTITY_PHONE, "phone, ten digits");
	return false;
}
