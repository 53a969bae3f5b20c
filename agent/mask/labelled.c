/* A value that its label decides: "MRN: 84729315", "License no. MD-44821", "Accession S24-10233". */
#include <string.h>

#include "scan.h"

static const struct {
	enum label label;
	enum entity entity;
	const char *rule;
	int least;               /* letters and digits that it must have */
	int digits;              /* of them digits */
} VALUES[] = {
	{LABEL_MRN, ENTITY_MRN, "mrn label", 4, 3}, {LABEL_HEALTH_PLAN, ENTITY_HEALTH_PLAN, "health plan label", 4, 3},
	{LABEL_ACCOUNT, ENTITY_ACCOUNT, "account label", 5, 4}, {LABEL_LICENSE, ENTITY_LICENSE, "license label", 5, 4},
	{LABEL_VEHICLE, ENTITY_VEHICLE, "vehicle label", 5, 2}, {LABEL_DEVICE, ENTITY_DEVICE, "device label", 5, 3},
	{LABEL_BIOMETRIC, ENTITY_BIOMETRIC, "biometric label", 4, 2}, {LABEL_ID, ENTITY_ID, "id label", 4, 3},
};

static bool is_joiner(uint16_t c)
{
	return c == '-' || c == '.' || c == '_' || c == '*' || c == '/' || c == '\\' || c == '(' || c == ')' || c == ':' || c == '+';
}

struct value {
	size_t end;
	int count, digits, letters;
};

/* Letters and digits with single signs between them; a sign at the end does not belong to it. */
static void read_value(struct scan *s, size_t i, bool device, struct value *v)
{
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
		if (!is_joiner(c) || (!device && (c == '(' || c == ')' || c == ':' || c == '+' || c == '\\')))
			return;
		for (j++; (scan_at(s, j) == '*' || scan_at(s, j) == '_' || scan_at(s, j) == '-') && j < v->end + 4; j++)
			;
		if (!is_alnum(scan_at(s, j)) && !(device && scan_at(s, j) == '('))
			return;
	}
}

/* More of it behind a space: "KLR 4821", "DE89 3704 0044", "4473 8821"; only groups of digits, or of capitals with digits. */
static void read_groups(struct scan *s, struct value *v)
{
	for (int k = 0; k < 8 && scan_at(s, v->end) == ' '; k++) {
		struct value next;
		bool capital = is_digit(scan_at(s, v->end + 1)) || is_upper(scan_at(s, v->end + 1));

		read_value(s, v->end + 1, false, &next);
		if (!capital || next.digits < 2 || next.count > 12 || next.letters > 4 || next.count - next.digits != next.letters)
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

static bool value_of(struct scan *s, struct finding *f, enum label label, bool strong)
{
	struct value v;
	size_t k = 0;

	while (k < sizeof VALUES / sizeof *VALUES && VALUES[k].label != label)
		k++;
	if (k == sizeof VALUES / sizeof *VALUES || looks_like_date(s, s->i))
		return false;
	read_value(s, s->i, label == LABEL_DEVICE, &v);
	if (v.letters <= 4 && (v.digits || (v.letters == v.count && is_upper(scan_at(s, s->i)) && label == LABEL_VEHICLE)))
		read_groups(s, &v);
	if (v.count < VALUES[k].least || v.digits < VALUES[k].digits || is_alnum(scan_at(s, v.end)) || (!strong && (v.digits < 6 || v.count > 12)))
		return false;
	*f = (struct finding){.start = s->i, .end = v.end, .entity = VALUES[k].entity, .rule = VALUES[k].rule, .custom = -1};
	return true;
}

bool scan_labelled(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	uint16_t first = scan_at(s, s->i);

	if (c->label == LABEL_NONE || (c->needs_mark && !c->mark))
		return false;
	return (is_alnum(first) || (c->label == LABEL_DEVICE && first == '(')) && value_of(s, f, c->label, true);
}

/* "account 0044821377", "Jane Smith, 84729315": a long number needs no more to be one, unless it has a form of its own. */
bool scan_beside(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	bool behind_name = c->before[0] == CONTEXT_NAME && c->label == LABEL_NONE && (c->gap == GAP_COMMA || c->gap == GAP_BRACKET);

	if (!s->digits || !is_alnum(scan_at(s, s->i)))
		return false;
	if (behind_name)
		return value_of(s, f, LABEL_MRN, false);
	return c->needs_mark && !c->mark && c->gap == GAP_SPACE && c->age <= 1 && value_of(s, f, c->label, false);
}
