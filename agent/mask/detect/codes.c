/* Codes of letters and digits whose form and check digit tell what they are. */
#include <string.h>

#include "checks.h"
#include "scan.h"

#define CODE_MAX 40

/* Capitals and digits from i on, single hyphens or spaces (as allowed) between them passed over; *end: behind the last. */
static size_t read_code(struct scan *s, size_t i, const char *signs, size_t most, char out[CODE_MAX], size_t *end)
{
	size_t n = 0, j = i;

	*end = i;
	while (n < most) {
		uint16_t c = scan_at(s, j);

		if (is_digit(c) || (c < 0x80 && is_alpha(c))) {
			out[n++] = (char)(c >= 'a' ? c - 32 : c);
			*end = ++j;
		} else if (c && c < 0x80 && strchr(signs, c) && *end == j && is_alnum(scan_at(s, j + 1))) {
			j++;
		} else {
			break;
		}
	}
	return n;
}

/* Unique device identification: (01) and 14 digits of a GS1 device identifier, then its production parts. */
static bool scan_udi(struct scan *s, struct finding *f)
{
	size_t j = s->i + 4, parts;

	if (scan_at(s, s->i) != '(' || !is_digit(scan_at(s, s->i + 1)) || !is_digit(scan_at(s, s->i + 2)) || scan_at(s, s->i + 3) != ')')
		return false;
	if (scan_at(s, s->i + 1) == '0' && scan_at(s, s->i + 2) == '1') {
		for (int k = 0; k < 14; k++)
			if (!is_digit(scan_at(s, j++)))
				return false;
	} else {                                         /* production parts alone: one more must follow */
		while (is_alnum(scan_at(s, j)))
			j++;
		if (j < s->i + 8 || scan_at(s, j) != '(' || !is_digit(scan_at(s, j + 1)) || !is_digit(scan_at(s, j + 2)) || scan_at(s, j + 3) != ')')
			return false;
	}
	for (parts = 0; parts < 6 && scan_at(s, j) == '(' && is_digit(scan_at(s, j + 1)) && is_digit(scan_at(s, j + 2)) && scan_at(s, j + 3) == ')'; parts++)
		for (j += 4; is_alnum(scan_at(s, j)) || scan_at(s, j) == '-'; j++)
			;
	*f = (struct finding){.start = s->i, .end = j, .entity = ENTITY_DEVICE, .rule = "udi form", .custom = -1};
	return true;
}

/* DICOM: what names one study or image, 1.2.840.113619.2.55.3.604688119.971; not what names a standard or a list of codes. */
static bool scan_uid(struct scan *s, struct finding *f)
{
	static const char *const standards[] = {"1.2.840.10008.", "2.16.840.1.113883.", "2.16.840.1.114222."};
	size_t j = s->i, dots = 0;

	if (s->token != s->i + 1 || scan_at(s, s->token) != '.' || s->context->last == '.' || (scan_at(s, j) != '1' && scan_at(s, j) != '2'))
		return false;
	for (size_t k = 0; k < sizeof standards / sizeof *standards; k++) {
		for (j = 0; standards[k][j] && scan_at(s, s->i + j) == (unsigned char)standards[k][j]; j++)
			;
		if (!standards[k][j])
			return false;
	}
	for (j = s->i; j < s->i + 64 && (is_digit(scan_at(s, j)) || (scan_at(s, j) == '.' && is_digit(scan_at(s, j + 1)))); j++)
		dots += scan_at(s, j) == '.';
	if (dots < 6 || j - s->i - dots < 20 || is_alnum(scan_at(s, j)))
		return false;
	*f = (struct finding){.start = s->i, .end = j, .entity = ENTITY_ID, .rule = "uid form", .custom = -1};
	return true;
}

/* Accession numbers of laboratories: "S24-10233" */
static bool scan_accession(struct scan *s, struct finding *f)
{
	size_t j = s->i, n = 0;

	while (n < 2 && scan_at(s, j) < 0x80 && is_upper(scan_at(s, j)))
		n++, j++;
	if (!n || !is_digit(scan_at(s, j)) || !is_digit(scan_at(s, j + 1)) || scan_at(s, j + 2) != '-')
		return false;
	for (j += 3, n = 0; n < 7 && is_digit(scan_at(s, j)); n++, j++)
		;
	if (n < 4 || n > 6 || is_alnum(scan_at(s, j)))
		return false;
	/* a block of it: "S24-10233-A3" */
	if (scan_at(s, j) == '-' && is_alnum(scan_at(s, j + 1)))
		for (j++; is_alnum(scan_at(s, j)); j++)
			;
	*f = (struct finding){.start = s->i, .end = j, .entity = ENTITY_ID, .rule = "accession form", .custom = -1};
	return true;
}

/* A bank account in its international form; the longest that its check digits confirm. */
static bool scan_iban(struct scan *s, struct finding *f)
{
	char code[CODE_MAX];
	size_t n, end;

	if (!is_alpha(scan_at(s, s->i)) || !is_alpha(scan_at(s, s->i + 1)) || !is_digit(scan_at(s, s->i + 2)) || !is_digit(scan_at(s, s->i + 3)))
		return false;
	n = check_iban_longest(code, read_code(s, s->i, " -", 34, code, &end));
	if (!n)
		return false;
	end = s->i;
	for (size_t left = n; left; end++)
		left -= is_alnum(scan_at(s, end));
	if (is_alnum(scan_at(s, end)))
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ACCOUNT, .rule = "iban, check digits", .custom = -1};
	return true;
}

bool scan_code(struct scan *s, struct finding *f)
{
	static const struct {
		size_t n;
		bool (*check)(const char *code, size_t n);
		enum entity entity;
		const char *rule;
	} codes[] = {
		{11, check_mbi, ENTITY_HEALTH_PLAN, "mbi form"},
		{17, check_vin, ENTITY_VEHICLE, "vin, check digit"},
		{9, check_dea, ENTITY_LICENSE, "dea, check digit"},
	};
	uint16_t first = scan_at(s, s->i);
	char code[CODE_MAX];
	size_t n, end;

	if (first == '(')
		return scan_udi(s, f);
	if (s->digits && !s->letters)
		return scan_uid(s, f);
	if (s->context->label == LABEL_PLAIN || !s->digits || !s->letters)
		return false;
	/* of these only the MBI is written in groups: 1EG4-TE5-MK72 */
	n = read_code(s, s->i, s->token == s->i + 4 || s->token == s->i + 7 ? "-" : "", 18, code, &end);
	if (s->token == s->i + 4 && scan_at(s, s->token) == ' ' && scan_at(s, s->token + 4) == ' ')              /* 4QG7 TF3 MN81 */
		n = read_code(s, s->i, " ", 11, code, &end);
	for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
		if (n == codes[k].n && codes[k].check(code, n) && !is_alnum(scan_at(s, end))) {
			*f = (struct finding){.start = s->i, .end = end, .entity = codes[k].entity, .rule = codes[k].rule, .custom = -1};
			return true;
		}
	return scan_accession(s, f) || scan_iban(s, f);
}
