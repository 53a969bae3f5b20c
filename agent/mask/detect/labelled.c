/* A value that its label decides: "MRN: 84729315", "License no. MD-44821", "Accession S24-10233". */
#include <string.h>

#include "around.h"
#include "digits.h"
#include "labels.h"
#include "scan.h"

static const struct {
	enum label label;
	enum entity entity;
	const char *rule;
	int least;               /* letters and digits that it must have */
	int digits;              /* of them digits */
} VALUES[] = {
	{LABEL_MRN, ENTITY_MRN, "mrn label", 4, 3}, {LABEL_HEALTH_PLAN, ENTITY_HEALTH_PLAN, "health plan label", 4, 3},
	{LABEL_ACCOUNT, ENTITY_ACCOUNT, "account label", 5, 4}, {LABEL_LICENSE, ENTITY_LICENSE, "license label", 4, 4},
	{LABEL_VEHICLE, ENTITY_VEHICLE, "vehicle label", 5, 2}, {LABEL_DEVICE, ENTITY_DEVICE, "device label", 5, 3},
	{LABEL_BIOMETRIC, ENTITY_BIOMETRIC, "biometric label", 4, 2}, {LABEL_ID, ENTITY_ID, "id label", 4, 3},
};

static bool is_small(uint16_t c)
{
	return is_alpha(c) && !is_upper(c);
}

static bool is_joiner(uint16_t c)
{
	return c == '-' || c == '.' || c == '_' || c == '*' || c == '/' || c == '\\' || c == '(' || c == ')' || c == ':' || c == '+';
}

/* Is what stands beside it a part of the same word of a program: "pcr-2", "a_b", "a.b"? */
static bool joins(uint16_t c)
{
	return c == '-' || c == '_' || c == '.' || c == '/' || c == '@' || c == '\\';
}

struct value {
	size_t end;
	int count, digits, letters;
};

/* Letters and digits with single signs between them; a sign at the end does not belong to it. */
static void read_value(struct scan *s, size_t i, enum label label, struct value *v)
{
	bool device = label == LABEL_DEVICE;
	size_t j = i;

	*v = (struct value){.end = i};
	for (;;) {
		uint16_t c = scan_at(s, j);

		if (is_alnum(c)) {
			v->count++;
			v->digits += is_digit(c);
			v->letters += !is_digit(c);
			v->end = ++j;
			continue;
		}
		if (!is_joiner(c) || (!device && (c == '(' || c == ')' || c == '+' || c == '\\')) ||
		    (c == ':' && !device && !(label == LABEL_ID && is_digit(scan_at(s, j - 1)))))
			return;
		j += 1 + (c == '-' && label != LABEL_NONE && scan_at(s, j + 1) == '\n' && is_digit(scan_at(s, j + 2)));      /* broken over two lines */
		for (; (scan_at(s, j) == '*' || scan_at(s, j) == '_' || scan_at(s, j) == '-') && j < v->end + 4; j++)
			;
		if (!is_alnum(scan_at(s, j)) && !(device && scan_at(s, j) == '('))
			return;
	}
}

/* Few signs that yet end a number: "0044 7188 2", "PJN 447188 H", "447 KDR" on a plate. */
static bool is_tail(struct scan *s, const struct value *v, const struct value *next, enum label label, int groups)
{
	for (size_t j = v->end + 1; j < next->end; j++)
		if (!is_digit(scan_at(s, j)) && !is_upper(scan_at(s, j)))
			return false;
	if (label == LABEL_VEHICLE && next->digits && next->letters && v->count <= 4 && next->count >= 2 && next->count <= 4)    /* "Y44 8KD" */
		return true;
	if (label == LABEL_VEHICLE && next->letters == next->count)
		return v->digits >= 2 && v->digits <= 4 && v->letters <= 2 && next->count >= 2 && next->count <= 3;
	if (next->count != 1 || is_alnum(scan_at(s, next->end)))
		return false;
	if (label == LABEL_DEVICE && v->digits == 14 && !v->letters && next->digits)    /* an IMEI */
		return true;
	if (next->letters)
		return label == LABEL_DEVICE && v->digits >= 5 && scan_at(s, v->end + 1) != 'A' && scan_at(s, v->end + 1) != 'I';
	return groups > 0 && v->digits >= 5 && !(scan_at(s, next->end) == ' ' && is_small(scan_at(s, next->end + 1)));
}

/* "NXB 229 M 88410": one capital between two groups of digits; but not "84729315 M 45". */
static bool is_lone_capital(struct scan *s, const struct value *v, const struct value *next)
{
	struct value behind;

	if (next->count != 1 || !next->letters || v->digits > 5 || scan_at(s, next->end) != ' ' || !is_digit(scan_at(s, next->end + 1)))
		return false;
	read_value(s, next->end + 1, LABEL_NONE, &behind);
	return behind.digits > 3 && !behind.letters;
}

/* "26 JA 118", "2024 CV 07182": the year and the kind of a court's file. */
static bool is_court(struct scan *s, const struct value *v, const struct value *next)
{
	size_t behind;

	for (size_t j = v->end + 1; j < next->end; j++)
		if (!is_upper(scan_at(s, j)))
			return false;
	return !(word_kinds(around_word(s, v->end + 1, &behind)) & (WORD_SHARE | WORD_CREDENTIAL)) && !v->letters && (v->count == 2 || v->count == 4) && next->count >= 2 && next->count <= 3 && scan_at(s, next->end) == ' ' &&
	       is_digit(scan_at(s, next->end + 1)) && is_digit(scan_at(s, next->end + 2));
}

/* More of it behind a space: "KLR 4821", "DE89 3704 0044", "4473 8821"; only groups of digits, or of capitals with digits. */
static void read_groups(struct scan *s, struct value *v, enum label label)
{
	for (int k = 0; k < 8 && scan_at(s, v->end) == ' '; k++) {
		struct value next;
		bool capital = is_digit(scan_at(s, v->end + 1)) || is_upper(scan_at(s, v->end + 1));

		read_value(s, v->end + 1, LABEL_NONE, &next);
		if (!capital || next.count > 12 || next.letters > 4 || next.count - next.digits != next.letters)
			return;
		if (next.digits < 2 && !is_lone_capital(s, v, &next) && !is_court(s, v, &next) && !is_tail(s, v, &next, label, k))
			return;
		v->end = next.end;
		v->count += next.count;
		v->digits += next.digits;
		v->letters += next.letters;
	}
}

/* Form of a date, which another label has. */
static bool looks_like_date(struct scan *s, size_t i)
{
	size_t n = 0;

	while (n < 3 && is_digit(scan_at(s, i + n)))
		n++;
	return n && n < 3 && scan_at(s, i + n) == '/' && is_digit(scan_at(s, i + n + 1));
}

/* 1998, 2024 */
static bool looks_like_year(struct scan *s, const struct value *v)
{
	return v->count == 4 && v->digits == 4 && starts_year(s, s->i);
}

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

/* "RN 718265", "C 71 826 540": up to three capitals before the number. */
static void read_prefix(struct scan *s, struct value *v, enum label label)
{
	if (v->digits || v->count > 4 || scan_at(s, v->end) != ' ' || !is_digit(scan_at(s, v->end + 1)))
		return;
	for (size_t j = s->i; j < v->end; j++)
		if (!is_upper(scan_at(s, j)))
			return;
	read_groups(s, v, label);
}

/* "Order: 1500 mL", "Rx: 1000 mg" */
static bool is_quantity(struct scan *s, const struct value *v)
{
	static const char *const units[] = {"mg", "mcg", "ml", "g", "kg", "units", "unit", "iu", "kcal", "cal", "cc", "l", "meq", "mmol", "cells", "copies",
					    "mm", "cm", "days", "weeks", "hours", "hrs", "min", "minutes", "tablets", "tabs", "caps", "patients", "times", "calorie", "ng", "pg"};
	size_t end;

	if (v->letters || v->digits > 6 || scan_at(s, v->end) != ' ')
		return false;
	around_word(s, v->end + 1, &end);
	for (size_t k = 0; k < sizeof units / sizeof *units; k++)
		if (around_literal(s, v->end + 1, units[k]) == end)
			return true;
	return false;
}

/* Capitals and digits, both of them: a plate, "HV-0718". */
static bool is_mixed(struct scan *s, const struct value *v, int digits)
{
	if (scan_at(s, s->i) == 'G' && is_digit(scan_at(s, s->i + 1)) && scan_at(s, s->i + 2) == 'P')
		return false;                            /* G3P2002: how often she was pregnant */
	for (size_t j = s->i; j < v->end; j++)
		if (is_alpha(scan_at(s, j)) && !is_upper(scan_at(s, j)))
			return false;
	return v->letters && v->digits >= digits && v->count >= 5 && v->count <= 12;
}

/* The form of what is there from s->i to place end. */
struct form {
	unsigned int digits, letters, small, dashes, longest, first, last;       /* longest, first, last: runs of digits */
	bool other, blank, prefix;       /* signs but blanks and hyphens; prefix: letters, then a blank */
};

static void read_form(struct scan *s, size_t end, struct form *form)
{
	unsigned int run = 0;

	*form = (struct form){.blank = false};
	for (size_t j = s->i; j < end; j++) {
		uint16_t c = scan_at(s, j);

		if (is_digit(c)) {
			form->digits++;
			form->last = ++run;
			form->first = form->dashes || form->blank ? form->first : run;
			form->longest = run > form->longest ? run : form->longest;
			continue;
		}
		run = 0;
		form->letters += is_alpha(c);
		form->small += is_small(c);
		form->dashes += c == '-';
		form->prefix = form->prefix || (c == ' ' && !form->digits);
		form->blank = form->blank || c == ' ';
		form->other = form->other || (!is_alpha(c) && c != '-' && c != ' ');
	}
}

/* 1200-1500: hours, or from one amount to another. */
static bool is_range(const struct form *f)
{
	return f->dashes == 1 && !f->letters && f->first == f->last && f->digits == 2 * f->first && f->first != 3 && f->first < 5;
}

/* Does it look like a code when no mark says that it is one? Not what tests, genes, codes of services and stages are called: CA125,
 * HER2, L4-L5, V5267, T2N1M0. */
static bool looks_like_code(const struct context *c, const struct form *f)
{
	unsigned int count = f->digits + f->letters;

	if (f->small || f->other || f->letters > 5 || is_range(f))
		return false;
	if (f->blank && f->letters && c->label == LABEL_ID && !c->brief && !f->dashes && (f->prefix ? f->longest < 5 && f->digits < 7 : f->first < 3 && !(f->first == 2 && (f->letters == 2 || f->letters == 3) && f->last > 1)))
		return false;
	if (c->label == LABEL_VEHICLE)
		return f->letters > 0 && f->digits >= 2 && (f->letters >= 2 || f->longest >= 3) && count >= 5 && count <= 8;
	if (!f->letters && !f->dashes)
		return f->digits >= (c->brief ? 4 : c->label == LABEL_ID ? 6 : 5);       /* codes of services have five */
	if (!f->letters)
		return f->digits >= 6 && (f->longest >= 3 || f->dashes >= 2);
	if (f->dashes || f->prefix)
		return f->longest >= 3;
	return (count >= (c->label == LABEL_ID ? 6 : 5) && f->longest >= 3) || (c->brief && count >= 5 && f->digits >= 2);
}

/* "docket 24-CV-00917", "acct (KD-447)", "CDL MO 447 188 204" */
static bool near_value(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	struct value value, *v = &value;
	struct form form;
	enum label label = c->label == LABEL_ROLE ? LABEL_ID : c->label;                 /* "paramedic P44718" */
	size_t k = 0;

	if (c->label == LABEL_USER || s->word->filler == FILLER_NUMBER || (!s->digits && s->word->label >= 0 && labels_at(s->word->label)->label == LABEL_PLAIN) || (c->gap != GAP_SPACE && c->last != '(') || c->age > (c->label == LABEL_HEALTH_PLAN ? 6 : 2))
		return false;
	while (k < sizeof VALUES / sizeof *VALUES && VALUES[k].label != label)
		k++;
	if (k == sizeof VALUES / sizeof *VALUES)
		return false;
	read_value(s, s->i, LABEL_NONE, v);
	read_prefix(s, v, c->label);
	if (v->letters <= 4 && (v->digits || (v->letters == v->count && is_upper(scan_at(s, s->i)) && label == LABEL_VEHICLE)))
		read_groups(s, v, c->label);
	read_form(s, v->end, &form);
	if (is_alnum(scan_at(s, v->end)) || !looks_like_code(c, &form) || is_quantity(s, v) || (form.first == 4 && !form.letters && starts_year(s, s->i)))
		return false;
	return found(f, s, v->end, VALUES[k].entity, VALUES[k].rule);
}

/* "8XK4QA", "7QK-2MD": capitals between digits, as in no word. */
static bool is_woven(struct scan *s, const struct value *v)
{
	unsigned int turns = 0;

	for (size_t j = s->i; j < v->end; j++) {
		if (is_alpha(scan_at(s, j)) && !is_upper(scan_at(s, j)))
			return false;
		turns += j > s->i && is_digit(scan_at(s, j)) != is_digit(scan_at(s, j - 1)) && is_alnum(scan_at(s, j)) && is_alnum(scan_at(s, j - 1));
	}
	return v->count >= 6 && v->digits >= 2 && turns > 1;
}

/* "code WQ7-KX2", "key BXPQ77RL": what lets somebody in; but no code of a disease or a procedure. */
static bool access_code(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	struct value v;

	if ((c->before[0] != label_words.code && c->before[0] != label_words.key) || c->gap < GAP_SPACE || c->gap > GAP_COLON || c->last == '.')
		return false;
	read_value(s, s->i, LABEL_NONE, &v);
	for (size_t j = s->i; j < v.end; j++)
		if (scan_at(s, j) == '.' || scan_at(s, j) == '/')
			return false;
	if (is_upper(scan_at(s, s->i)) && is_digit(scan_at(s, s->i + 1)) && is_digit(scan_at(s, s->i + 2)) && v.end == s->token)       /* "S72001A" */
		return false;
	if (v.count == 8 && v.digits == 8 && s->token == s->i + 4 && v.end == s->i + 9 && scan_at(s, s->token) == '-')   /* "share code 8814-0722" */
		return found(f, s, v.end, ENTITY_ID, "access code");
	return !(v.count == 7 && is_digit(scan_at(s, s->i)) && v.end == s->token) && is_woven(s, &v) && found(f, s, v.end, ENTITY_ID, "access code");
}

/* "GR8DAD", "HRTBEAT": what somebody wished for on a plate, where no word is written so. */
static bool is_wish(struct scan *s, const struct value *v)
{
	for (size_t j = s->i; j < v->end; j++)
		if (is_alpha(scan_at(s, j)) && !is_upper(scan_at(s, j)))
			return false;
	return s->context->gap != GAP_LINE && v->count <= 8 && (v->digits ? v->letters >= 3 : v->count >= 5 && v->end == s->token && s->word == &lexicon_none &&
	       !(dictionary_find(s->hash) & DICTIONARY_SAFE));
}

/* "lot SSD5498677": of what is implanted; drugs and vaccines have shorter ones. */
static bool lot(struct scan *s, struct finding *f)
{
	struct value v;

	read_value(s, s->i, LABEL_NONE, &v);
	return s->context->before[0] == label_words.lot && v.end == s->token && v.digits >= 7 && v.letters <= 4 && v.count >= 8 && !is_quantity(s, &v) &&
	       found(f, s, v.end, ENTITY_DEVICE, "device label");
}

/* "ref":"12.0-15.5", "Ref: 150-400": what is normal lies between; no reference is written so. */
static bool is_normal_range(struct scan *s, const struct value *v)
{
	const struct context *c = s->context;
	size_t i = s->i, digits = 0, dots = 0;

	if (c->before[0] != label_words.ref || v->letters)
		return false;
	for (; is_digit(scan_at(s, i)) || (scan_at(s, i) == '.' && is_digit(scan_at(s, i + 1))); i++) {
		digits += is_digit(scan_at(s, i));
		dots += scan_at(s, i) == '.';
	}
	if (scan_at(s, i) != '-' || digits > 4 || dots > 1)
		return false;
	for (i++, digits = 0; is_digit(scan_at(s, i)) || (scan_at(s, i) == '.' && is_digit(scan_at(s, i + 1))); i++) {
		digits += is_digit(scan_at(s, i));
		dots += scan_at(s, i) == '.';
	}
	return i >= v->end && digits <= 4 && dots <= 2 && (dots > 0 || c->last == '"' || !scan_at(s, i) || i - s->i <= 7);
}

/* "J3380", "G0463": a code of HCPCS, which tells what was billed. */
static bool is_billed(struct scan *s, const struct value *v)
{
	uint16_t c = scan_at(s, s->i);

	return v->count == 5 && v->digits == 4 && v->end == s->token && c >= 'A' && c <= 'V';
}

static bool value_of(struct scan *s, struct finding *f, enum label label, bool strong)
{
	const struct context *c = s->context;
	struct value v;
	struct form form;
	size_t k = 0;

	while (k < sizeof VALUES / sizeof *VALUES && VALUES[k].label != label)
		k++;
	if (k == sizeof VALUES / sizeof *VALUES || looks_like_date(s, s->i))
		return false;
	read_value(s, s->i, label, &v);
	if (!c->again && (label != LABEL_MRN || v.count == 3 || c->mark) && (s->word->label < 0 || v.count == 1 || labels_at(s->word->label)->label >= LABEL_TITLE))
		read_prefix(s, &v, label);
	if (v.letters <= 4 && (v.digits || (v.letters == v.count && is_upper(scan_at(s, s->i)) && label == LABEL_VEHICLE)))
		read_groups(s, &v, label);
	if (is_alnum(scan_at(s, v.end)) || scan_at(s, v.end) == '%' || is_quantity(s, &v))
		return false;
	if (is_normal_range(s, &v) || scan_at(s, v.end) == 0xb0 || (!strong && label == LABEL_ACCOUNT && is_billed(s, &v)))
		return false;
	read_form(s, v.end, &form);
	if (!strong && (v.digits < 6 || v.count > 20 || is_range(&form)) &&
	    (c->near || !is_mixed(s, &v, label == LABEL_VEHICLE ? 2 : label == LABEL_HEALTH_PLAN ? 5 : 4)))
		return false;
	if (c->ending && v.count == 4 && v.digits == 4)
		return found(f, s, v.end, VALUES[k].entity, VALUES[k].rule);
	/* "badge 418", "Officer Banner #418" */
	if (strong && v.count == 3 && v.digits == 3 && (c->least == BADGE_LEAST || (c->brief && !c->needs_mark)))
		return found(f, s, v.end, VALUES[k].entity, VALUES[k].rule);
	if (strong && !c->least && ((label == LABEL_VEHICLE && is_wish(s, &v)) || (label != LABEL_VEHICLE && is_woven(s, &v))))
		return found(f, s, v.end, VALUES[k].entity, VALUES[k].rule);
	if (strong && label == LABEL_HEALTH_PLAN && v.digits == 2 && is_mixed(s, &v, 2) && v.count <= 8)         /* "RxGrp PBCRX77" */
		return found(f, s, v.end, VALUES[k].entity, VALUES[k].rule);
	if (label == LABEL_LICENSE && v.count == 4 && v.end != s->token)         /* "0.7-1.3" */
		return false;
	if (v.count < VALUES[k].least || v.digits < VALUES[k].digits - (label == LABEL_LICENSE && v.letters >= 3) || ((c->least || !c->mark) && looks_like_year(s, &v)))
		return false;
	return v.digits + (v.letters > 0 && v.letters < 5 ? 2 : 0) >= c->least && found(f, s, v.end, VALUES[k].entity, VALUES[k].rule);
}

/* "four zero seven one": as it is dictated. */
static bool in_words(struct scan *s, struct finding *f)
{
	struct digits d;

	for (size_t k = 0; k < sizeof VALUES / sizeof *VALUES; k++) {
		if (VALUES[k].label != s->context->label || s->context->again)
			continue;
		digits_read(s, s->i, SPOKEN_MAX, &d);
		return d.n >= 5 && found(f, s, d.group[0].end, VALUES[k].entity, VALUES[k].rule);
	}
	return false;
}

/* "kmorales4", "yfisk": an initial and a last name, and a number or none from place i to place end. */
static bool is_user_name(struct scan *s, size_t i, size_t end, size_t *digits)
{
	uint64_t hash = WORD_HASH;
	size_t j = i, capitals = 0;

	for (; j < end && is_alpha(scan_at(s, j)); j++) {
		capitals += is_upper(scan_at(s, j));
		hash = j > i ? word_hash(hash, scan_at(s, j)) : hash;
	}
	*digits = end - j;
	if (j < i + (capitals ? 7 : 5) || *digits > 3 || (capitals && capitals != j - i))        /* in capitals genes are written, too: SMARCA4 */
		return false;
	for (; j < end && is_digit(scan_at(s, j)); j++)
		;
	return j == end && (dictionary_find(hash) & (DICTIONARY_LAST | DICTIONARY_SAFE)) == DICTIONARY_LAST;
}

/* "username: rlopez58", "@rosa_lopez"; without a colon or "@" only what is no word: "login is rlopez58" */
static bool user(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool sure = (c->gap == GAP_COLON && c->before[0] != label_words.user) || c->last == '@' || c->last == '"' || c->last == '=';
	size_t j = s->i, digits;

	while (is_alnum(scan_at(s, j)) || ((scan_at(s, j) == '_' || scan_at(s, j) == '.' || scan_at(s, j) == '-' || scan_at(s, j) == ':') &&
					   is_alnum(scan_at(s, j + 1))))
		j++;
	if (scan_at(s, j) == '@' && is_alnum(scan_at(s, j + 1)))
		return false;                            /* an address of mail */
	if (scan_at(s, j) == '#' && is_digit(scan_at(s, j + 1)) && is_digit(scan_at(s, j + 4)) && !is_alnum(scan_at(s, j + 5)))
		j += 5;                                  /* "mellow#4471" */
	for (size_t k = s->i; k < j; k++)
		sure = sure || is_digit(scan_at(s, k)) || scan_at(s, k) == '_' || (scan_at(s, k) == '.' && is_small(scan_at(s, k + 1)));
	/* "user mgebreselassie" */
	sure = sure || (c->age <= 2 && j == s->token && j >= s->i + 6 && j < s->i + 24 && is_small(scan_at(s, s->i)) && s->word == &lexicon_none && !dictionary_find(s->hash));
	sure = sure || (s->word == &lexicon_none && !(dictionary_find(s->hash) & DICTIONARY_SAFE) && is_user_name(s, s->i, j, &digits));
	return sure && j >= s->i + 3 && c->before[0] && found(f, s, j, ENTITY_ID, "user label");
}

bool scan_user_name(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t digits;

	return s->digits && s->token < s->i + 24 && c->label != LABEL_PLAIN && c->label != LABEL_THING && !joins(c->last) &&
	       !(joins(scan_at(s, s->token)) && is_alnum(scan_at(s, s->token + 1))) && is_user_name(s, s->i, s->token, &digits) && digits &&
	       found(f, s, s->token, ENTITY_ID, "user name form");
}

bool scan_labelled(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	uint16_t first = scan_at(s, s->i);

	if (c->label == LABEL_NONE || (c->needs_mark && !c->mark))
		return false;
	/* one more of the same: behind a comma or "and" only */
	if (c->again && c->before[0] <= CONTEXT_LAST && c->gap != GAP_COMMA && c->gap != GAP_BRACKET && c->last != '&')
		return false;
	if (c->label == LABEL_USER)
		return is_alnum(first) && c->age <= 12 && user(s, f);
	if (c->label == LABEL_THING)
		return s->digits && lot(s, f);
	if (s->token > s->i && !s->digits && in_words(s, f))
		return true;
	if (s->token == s->i + 2 && scan_mac(s, f))      /* "hub ID 98:5D:AD:20:44:18" */
		return true;
	return (is_alnum(first) || (c->label == LABEL_DEVICE && first == '(')) && value_of(s, f, c->label, true);
}

static size_t digits_behind(struct scan *s, size_t i)
{
	size_t from = i;

	while (i < from + 8 && is_digit(scan_at(s, i)))
		i++;
	return i;
}

/* "account 0044821377", "Jane Smith, 84729315": a long number needs no more to be one, unless it has a form of its own. */
bool scan_beside(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool behind_name = c->before[0] == CONTEXT_NAME && c->label == LABEL_NONE && (c->gap == GAP_COMMA || c->gap == GAP_BRACKET);
	size_t after;

	if (c->near && !c->mark && c->label == LABEL_USER)
		return c->age <= 1 && is_small(scan_at(s, s->i)) && is_small(scan_at(s, s->i + 1)) && user(s, f);
	if (c->near && !c->mark && near_value(s, f))
		return true;
	if (access_code(s, f))
		return true;
	if (!s->digits && !(scan_at(s, s->token) == '-' && is_digit(scan_at(s, s->token + 1))))
		return false;
	if (!is_alnum(scan_at(s, s->i)))
		return false;
	/* "Burns, 91-1027 Kaiopio St" */
	if (behind_name && scan_at(s, s->token) == '-' && (after = digits_behind(s, s->token + 1)) > s->token + 1 && scan_at(s, after) == ' ' && is_upper(scan_at(s, after + 1)))
		return false;
	if (behind_name || (c->last == '/' && c->label == LABEL_PERSON && c->age <= 1))
		return value_of(s, f, LABEL_MRN, false) && (f->rule = "number behind a name");
	return c->needs_mark && !c->mark && c->gap == GAP_SPACE && c->age <= 1 && value_of(s, f, c->label, false);
}

/* "MRN40718265", "xxxxx8741": the label, or what hides the rest, is the beginning of the word. */
bool scan_glued(struct scan *s, struct finding *f)
{
	uint64_t hash = WORD_HASH;
	size_t j = s->i, digits = 0, hidden = 0;

	while (j < s->i + 12 && is_alpha(scan_at(s, j))) {
		hidden += lower(scan_at(s, j)) == 'x';
		hash = word_hash(hash, scan_at(s, j++));
	}
	while (is_digit(scan_at(s, j + digits)))
		digits++;
	if (j == s->i || !digits || is_alnum(scan_at(s, j + digits)))
		return false;
	if (hidden == j - s->i && hidden >= 4 && digits == 4)
		*f = (struct finding){.entity = hidden == 5 ? ENTITY_SSN : ENTITY_ACCOUNT, .rule = "last four"};
	else if ((hash == label_words.x || hash == label_words.ext) && s->context->label != LABEL_THING && digits >= 4 && digits <= 6 &&
		 !(scan_at(s, j + digits - 1) == '0' && scan_at(s, j + digits - 2) == '0'))
		*f = (struct finding){.entity = ENTITY_PHONE, .rule = "extension"};
	else if (labels_of_word(hash) == LABEL_MRN && digits >= 5)
		*f = (struct finding){.entity = ENTITY_MRN, .rule = "mrn label"};
	else if ((word_kinds(hash) & WORD_CREDENTIAL) && is_upper(scan_at(s, s->i)) && is_upper(scan_at(s, j - 1)) && (digits == 5 || digits == 6))
		*f = (struct finding){.entity = ENTITY_LICENSE, .rule = "license behind a credential"};      /* "PT019321", but "MA88204" whole */
	else if (labels_of_word(hash) == LABEL_SSN && digits == 9)
		*f = (struct finding){.entity = ENTITY_SSN, .rule = "ssn label"};
	else
		return false;
	f->start = f->entity == ENTITY_LICENSE && lexicon_find(hash)->state ? s->i : j;
	f->end = j + digits;
	f->custom = -1;
	return true;
}

/* "***-**-8741", "xxxx-xxxx-xxxx-4321": the last four of what was hidden. */
bool scan_rest(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool ending = c->ending && c->label == LABEL_NONE && (c->before[0] == label_words.ending || c->before[1] == label_words.ending);

	/* "paid w/ MC -8820" */
	if (c->label == LABEL_ACCOUNT && c->last == '-' && c->gap == GAP_SPACE && c->age <= 2 && s->token == s->i + 4 && !s->letters &&
	    !is_alnum(scan_at(s, s->token)) && scan_at(s, s->token) != '-')
		return found(f, s, s->token, ENTITY_ACCOUNT, "last four");
	if ((c->hidden < (c->label == LABEL_ACCOUNT || c->label == LABEL_MRN ? 1 : 4) && !ending) || (s->token != s->i + 4 && (c->label != LABEL_ACCOUNT || s->token != s->i + 5)) || s->letters || scan_at(s, s->token) == '%')
		return false;
	if (ending && starts_year(s, s->i))
		return false;                                    /* the year ending 2019 */
	return found(f, s, s->token, s->context->hidden == 5 ? ENTITY_SSN : ENTITY_ACCOUNT, "last four");
}

/* "40718265 (MRN)": the label behind the value. */
bool scan_before(struct scan *s, struct finding *f)
{
	uint64_t hash = WORD_HASH;
	size_t j = s->token;
	enum label label;

	if (s->letters || s->token < s->i + 5 || scan_at(s, j) != ' ')
		return false;
	j++;
	if (scan_at(s, j) == '-' && scan_at(s, j + 1) == ' ')
		j += 2;
	else if (scan_at(s, j++) != '(')
		return false;
	while (j < s->token + 12 && is_alpha(scan_at(s, j)))
		hash = word_hash(hash, scan_at(s, j++));
	label = labels_of_word(hash);
	return !is_alnum(scan_at(s, j)) && (label == LABEL_MRN || label == LABEL_SSN) &&
	       found(f, s, s->token, label == LABEL_MRN ? ENTITY_MRN : ENTITY_SSN, "label behind");
}
