/* Codes without a label that are too long to be anything but somebody's or something's own: "CPS-24-0718", "PJN4482131", "0071826540".
 * Quantities, ranges, and codes of diseases, drugs, genes and trials are none. */
#include <string.h>

#include "around.h"
#include "labels.h"

#define FORM_MAX 28

struct form {
	char c[FORM_MAX + 1];            /* its capitals, digits and hyphens, NUL-terminated */
	size_t end;
	int n, digits, letters, groups, lead;                    /* lead: letters before the first digit */
	int group[8];                    /* letters and digits of each */
};

/* Capitals and digits, single hyphens between them; false: there is more, of another kind. */
static bool read_form(struct scan *s, struct form *f)
{
	size_t j = s->i;

	*f = (struct form){.groups = 1};
	for (; f->n < FORM_MAX; j++) {
		uint16_t c = scan_at(s, j);

		if (c == '-' && f->group[f->groups - 1] && f->groups < 8 && is_alnum(scan_at(s, j + 1))) {
			f->groups++;
		} else if (is_digit(c) || (c >= 'A' && c <= 'Z')) {
			f->digits += is_digit(c);
			f->letters += !is_digit(c);
			f->lead += !is_digit(c) && !f->digits;
			f->group[f->groups - 1]++;
		} else {
			break;
		}
		f->c[f->n++] = (char)c;
	}
	f->end = j;
	if (f->n == FORM_MAX || is_alnum(scan_at(s, j)) || scan_at(s, j) == '%' || scan_at(s, j) == '_' || scan_at(s, j) == '^')
		return false;
	return !((scan_at(s, j) == '.' || scan_at(s, j) == '/' || scan_at(s, j) == ':' || scan_at(s, j) == ',' || scan_at(s, j) == '-') &&
		 is_alnum(scan_at(s, j + 1)));
}

/* What follows is what was counted: "84729315 platelets", "SNOMED 44054006 |Diabetes". */
static bool is_counted(struct scan *s, size_t end)
{
	size_t behind;

	if (scan_at(s, end) != ' ')
		return false;
	if (scan_at(s, end + 1) == '|')
		return true;
	return is_alpha(scan_at(s, end + 1)) && !is_upper(scan_at(s, end + 1)) &&
	       !(word_kinds(around_word(s, end + 1, &behind)) & (WORD_STOP | WORD_PLACE_BEFORE | WORD_WITH | WORD_BE | WORD_DAY_CUE));
}

/* Groups of National Drug Codes. */
static bool is_drug(const struct form *f)
{
	return f->groups == 3 && f->group[0] >= 4 && f->group[0] <= 5 && f->group[1] >= 3 && f->group[1] <= 4 && f->group[2] <= 2;
}

static bool is_number(struct scan *s, const struct form *f)
{
	const struct context *c = s->context;

	if (f->groups == 1 && f->n > 5 && c->last == '[' && scan_at(s, f->end) == ']' && scan_at(s, f->end + 1) == ' ' && is_upper(scan_at(s, f->end + 2)))
		return true;                                     /* "[4418829] Pruitt, Dale" */
	if (f->groups == 1 && f->n > 8 && f->n < 15 && c->gap == GAP_COMMA && c->last == ' ' && !is_counted(s, f->end))
		return true;                                     /* "supp plan F, 32219904411" */
	/* behind a key and alone it may be a count of anything; no count begins with zero */
	if (f->groups == 1 && f->c[0] != '0' && !(c->gap == GAP_SPACE && c->before[0]) && !(c->last == '(' && scan_at(s, f->end) == ')'))
		return false;
	if (f->groups == 1 && f->n == 6 && c->last == '(' && c->label == LABEL_PERSON)
		return true;                                     /* "Patient (482113)" */
	if (f->groups == 1)
		return f->n >= 7 && f->n <= 20 && (f->c[0] == '0' || f->n >= 8 || c->last == '(') && !is_counted(s, f->end);
	if (f->groups == 2)                              /* "24-071826"; "1000-2000" is a range */
		return f->digits >= 7 && f->group[1] >= 5 && (f->group[0] <= 2 || f->c[f->group[0] + 1] == '0');
	return f->digits >= 8 && !is_drug(f);
}

/* Capitals before digits that are no person's: trials, articles, sequences, standards. */
static bool is_public(const struct form *f)
{
	static const char *const begins[] = {"NCT", "PMC", "PMID", "NM", "NP", "NG", "NC", "ENST", "ENSG", "ENSP", "GSE", "ISO", "IEC", "ASTM", "ANSI",
					     "ISRCTN", "CVX", "CPT", "ICD", "LOINC", "NDC", "HPO", "OMIM", "GSK", "BMS", "PF", "LY", "AZD", "MK", "SNOMED"};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if ((size_t)f->lead == strlen(begins[i]) && strncmp(f->c, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* "M25561" of ICD-10-CM without its full stop, "T2N1M0" */
static bool is_disease(const struct form *f)
{
	return f->lead == 1 && f->groups == 1 && f->letters <= 3 && f->n <= 7 && f->digits < 6;
}

/* "29881-RT", a service and how it was done, and "2088TC-52", the model of a lead and its length. */
static bool is_catalogued(const struct form *f)
{
	size_t digits = strspn(f->c, "0123456789");

	return f->groups == 2 && f->group[1] == 2 && ((digits == 5 && f->group[0] == 5) || (digits == 4 && f->group[0] <= 6 && f->digits == 6));
}

bool forms_are_public(struct scan *s)
{
	struct form form;

	return read_form(s, &form) && form.letters && (is_public(&form) || is_disease(&form) || is_catalogued(&form));
}

static bool is_code(const struct form *f)
{
	/* "25000UNITS", "20240314T101500" */
	if (f->lead == 0 && f->groups == 1 && strspn(f->c, "0123456789") == (size_t)f->digits)
		return f->letters == 1 && f->digits >= 8;
	if (is_disease(f) || is_catalogued(f))
		return false;
	return f->digits >= 5 && f->letters <= 6 && f->digits + f->letters >= 6 && !is_public(f);
}

/* 8ABC123: a plate, as the largest state writes them. */
static bool is_plate(const struct form *f)
{
	static const char kinds[] = "0AAA000";

	for (int i = 0; i < 7; i++)
		if (f->n != 7 || (kinds[i] == '0') != (f->c[i] >= '0' && f->c[i] <= '9'))
			return false;
	return true;
}

/* "W1182 26 044718": a unit of blood, whose number tells its donor (ISBT 128). */
static size_t blood_unit(struct scan *s)
{
	static const size_t lengths[] = {4, 2, 6};
	size_t i = s->i + 1;

	if (!is_upper(scan_at(s, s->i)) || s->token != s->i + 5)
		return 0;
	for (size_t k = 0; k < 3; k++, i++) {
		for (size_t n = 0; n < lengths[k]; n++, i++)
			if (!is_digit(scan_at(s, i)))
				return 0;
		if (scan_at(s, i) != ' ' && k < 2)
			return 0;
	}
	return is_alnum(scan_at(s, i - 1)) ? 0 : i - 1;
}

/* "LAT4 0099182", "P1182 0447 B3A": a code that goes on with a number, as no quantity begins with zero or has so many digits; the unit behind, 0. */
static size_t grouped(struct scan *s)
{
	size_t i = s->i, n = 0, end;

	while (i < s->token && is_upper(scan_at(s, i)) && scan_at(s, i) < 0x80)
		i++;
	if (i == s->i || i > s->i + 4 || s->token > s->i + 8 || i == s->token)
		return 0;
	while (i < s->token && is_digit(scan_at(s, i)))
		i++;
	if (i < s->token || scan_at(s, i) != ' ')
		return 0;
	for (i++; n < 10 && is_digit(scan_at(s, i + n)); n++)
		;
	end = i + n;
	if (n < 4 || n > 9 || (scan_at(s, i) != '0' && n < 7) || is_alnum(scan_at(s, end)) || ((scan_at(s, end) == '-' || scan_at(s, end) == '.' || scan_at(s, end) == '/' || scan_at(s, end) == ':') && is_alnum(scan_at(s, end + 1))))
		return 0;
	if (n == 4 && scan_at(s, end) != ' ')            /* "PGY2 0730" */
		return 0;
	for (i = end + 1; scan_at(s, end) == ' ' && i < end + 6 && (is_digit(scan_at(s, i)) || is_upper(scan_at(s, i))); i++)
		;
	if (i > end + 2 && !is_alnum(scan_at(s, i)) && is_digit(scan_at(s, end + 2)) != is_digit(scan_at(s, i - 1)))
		return i;
	return n > 4 ? end : 0;
}

/* "1013884172V883514", "1004 882 071V440912": a veteran's number; the unit behind, 0. */
static size_t veteran(struct scan *s)
{
	size_t i = s->i, n = 0;

	for (; n < 10; n++) {
		i += n && scan_at(s, i) == ' ';
		if (!is_digit(scan_at(s, i++)))
			return 0;
	}
	i += scan_at(s, i) == ' ';
	if (scan_at(s, i++) != 'V')
		return 0;
	i += scan_at(s, i) == ' ';
	for (n = 0; n < 6; n++)
		if (!is_digit(scan_at(s, i++)))
			return 0;
	return is_alnum(scan_at(s, i)) ? 0 : i;
}

/* "0226118E4471X": digits and capitals by turns, as in no word, dose or gene. */
static bool is_woven(const struct form *f)
{
	int turns = 0;

	for (int k = 1; k < f->n; k++)
		turns += (f->c[k] >= 'A') != (f->c[k - 1] >= 'A');
	if (f->n == 10 && f->c[9] == 'X' && f->c[0] < 'A' && f->c[2] < 'A' && f->c[3] >= 'A')    /* a provider's taxonomy, "207R00000X" */
		return false;
	return f->groups == 1 && f->n >= 9 && f->digits >= 4 && turns > 1 && !is_public(f) && !(f->digits >= 12 && f->letters < 3 && strchr(f->c, 'T'));
}

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

bool scan_form(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	struct form form;
	bool is_form;
	size_t end;

	if (c->label == LABEL_PLAIN || c->label == LABEL_THING || c->before[0] == label_words.code || (c->last && strchr("-/._+*=&:^", (int)c->last)))
		return false;
	if ((end = blood_unit(s)))
		return found(f, s, end, ENTITY_ID, "blood unit form");
	if ((end = veteran(s)))
		return found(f, s, end, ENTITY_HEALTH_PLAN, "veteran's number form");
	is_form = read_form(s, &form);
	if ((end = grouped(s)) && !(is_form && is_public(&form)))
		return found(f, s, end, ENTITY_ID, "code form");
	if (!is_form || form.digits < 4)
		return false;
	if (is_plate(&form))
		return found(f, s, form.end, ENTITY_VEHICLE, "plate form");
	return (form.letters ? is_code(&form) || is_woven(&form) : is_number(s, &form)) && found(f, s, form.end, ENTITY_ID, "code form");
}
