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

static bool is_mbi(const char *c, size_t n)
{
	return check_mbi(c, n);
}

/* Unique device identification: (01) and 14 digits of a GS1 device identifier, then its production parts. */
static bool scan_udi(struct scan *s, struct finding *f)
{
	size_t j = s->i + 4, parts;

	if (scan_at(s, s->i) != '(' || scan_at(s, s->i + 1) != '0' || scan_at(s, s->i + 2) != '1' || scan_at(s, s->i + 3) != ')')
		return false;
	for (int k = 0; k < 14; k++)
		if (!is_digit(scan_at(s, j++)))
			return false;
	for (parts = 0; parts < 6 && scan_at(s, j) == '(' && is_digit(scan_at(s, j + 1)) && is_digit(scan_at(s, j + 2)) && scan_at(s, j + 3) == ')'; parts++)
		for (j += 4; is_alnum(scan_at(s, j)) || scan_at(s, j) == '-'; j++)
			;
	*f = (struct finding){.start = s->i, .end = j, .entity = ENTITY_DEVICE, .rule = "udi form", .custom = -1};
	return true;
}

bool scan_code(struct scan *s, struct finding *f)
{
	static const struct {
		const char *signs;
		size_t least, most;
		bool (*check)(const char *code, size_t n);
		enum entity entity;
		const char *rule;
	} codes[] = {
		{"-", 11, 11, is_mbi, ENTITY_HEALTH_PLAN, "mbi form"},
		{"", 17, 17, check_vin, ENTITY_VEHICLE, "vin, check digit"},
		{"", 9, 9, check_dea, ENTITY_LICENSE, "dea, check digit"},
		{" -", 15, 34, check_iban, ENTITY_ACCOUNT, "iban, check digits"},
	};
	uint16_t first = scan_at(s, s->i);
	char code[CODE_MAX];
	size_t n, end;

	if (first == '(')
		return scan_udi(s, f);
	if (s->context->label == LABEL_PLAIN || first >= 0x80 || !s->digits)
		return false;
	for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
		n = read_code(s, s->i, codes[k].signs, codes[k].most, code, &end);
		for (; n >= codes[k].least && k == 3; n--)
			if (check_iban(code, n))
				break;
		if (n < codes[k].least || !codes[k].check(code, n))
			continue;
		if (k == 3)                              /* the end of the n characters that it is */
			for (size_t left = n, j = s->i; left; j++) {
				left -= is_alnum(scan_at(s, j));
				end = j + 1;
			}
		if (is_alnum(scan_at(s, end)))
			continue;
		*f = (struct finding){.start = s->i, .end = end, .entity = codes[k].entity, .rule = codes[k].rule, .custom = -1};
		return true;
	}
	return false;
}
