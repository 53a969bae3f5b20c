/* What stands in the place of a masked value (design: policy, operators). No replacement looks like an identifier itself. */
#include <string.h>

#include "engine.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Three digits of a ZIP code, 000 where fewer than 20,000 people share them: 45 CFR 164.514(b)(2)(i)(B), 2000 and 2010 census. */
static void zip3(struct slice value, struct buf *out)
{
	static const char few[] = "036 059 063 102 203 205 369 556 692 790 821 823 830 831 878 879 884 890 893 ";
	char three[4] = "000";
	size_t n = 0;

	for (size_t i = 0; i < value.n && n < 3; i++)
		if (digit(value.p[i]))
			three[n++] = value.p[i];
	for (const char *at = few; *at; at += 4)
		if (n < 3 || memcmp(at, three, 3) == 0)
			memcpy(three, "000", 4);
	buf_puts(out, three);
}

/* The year of a date, where it is written whole; false: it is not. */
static bool year(struct slice value, struct buf *out)
{
	for (size_t i = 0; i + 4 <= value.n; i++) {
		bool four = digit(value.p[i]) && digit(value.p[i + 1]) && digit(value.p[i + 2]) && digit(value.p[i + 3]);

		if (four && (i == 0 || !digit(value.p[i - 1])) && (i + 4 == value.n || !digit(value.p[i + 4]))) {
			buf_add(out, value.p + i, 4);
			return true;
		}
	}
	return false;
}

/* The last four letters or digits. */
static void partial(const char *entity, struct slice value, struct buf *out)
{
	char last[5] = "";
	size_t n = 0, all = 0;

	for (size_t i = 0; i < value.n; i++)
		all += digit(value.p[i]) || ((value.p[i] | 32) >= 'a' && (value.p[i] | 32) <= 'z');
	for (size_t i = value.n; i > 0 && n < 4 && all > 6; i--)
		if (digit(value.p[i - 1]) || ((value.p[i - 1] | 32) >= 'a' && (value.p[i - 1] | 32) <= 'z'))
			last[3 - n++] = value.p[i - 1];
	if (n == 4)
		buf_printf(out, "[%s:%s]", entity, last);
	else                                             /* of a short value four characters are too much */
		buf_printf(out, "[%s]", entity);
}

enum rc operator_apply(const struct mask_engine *e, struct mask_scope *scope, enum entity entity, int custom, struct slice value, struct buf *out)
{
	const char *name = engine_entity(e, entity, custom);
	uint64_t number;
	char hex[9];

	switch (engine_operator(e, entity, custom)) {
	case OP_PARTIAL:
		partial(name, value, out);
		return out->rc;
	case OP_PSEUDONYM:
		number = scope ? scope_number(scope, name, value) : 0;
		if (number)
			return buf_printf(out, "[%s-%llu]", name, (unsigned long long)number);
		break;
	case OP_HASH:
		if (scope) {
			scope_digest(scope, value, hex);
			return buf_printf(out, "[%s:%s]", name, hex);
		}
		break;
	case OP_YEAR:
		if (year(value, out))
			return out->rc;
		break;
	case OP_ZIP3:
		zip3(value, out);
		return out->rc;
	case OP_CAP90:
		return buf_puts(out, "90+");
	case OP_KEEP:
		return buf_add_slice(out, value);
	case OP_REDACT:
		break;
	}
	return buf_printf(out, "[%s]", name);
}
