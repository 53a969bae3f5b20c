/* What stands in the place of a masked value (design: policy, operators). No replacement looks like an identifier itself. */
#include <string.h>

#include "checks.h"
#include "engine.h"
#include "token_private.h"
#include "wipe.h"

/* What is masked as it was read, in ASCII; other characters are '?'. */
struct ascii {
	size_t n;
	char c[READING_UNITS + 1];
};

static void ascii_of(struct slice value, struct ascii *a)
{
	struct reading r;

	reading_make(&r, 0, value.p, value.n < READING_MAX ? value.n : READING_MAX, true);
	for (a->n = 0; a->n < r.n; a->n++)
		a->c[a->n] = (char)(r.c[a->n] < 0x80 ? r.c[a->n] : '?');
	a->c[a->n] = '\0';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alnum(char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Three digits of a ZIP code, 000 where fewer than 20,000 people share them: 45 CFR 164.514(b)(2)(i)(B), 2000 and 2010 census. */
static void zip3(const struct ascii *value, struct buf *out)
{
	static const char few[] = "036 059 063 102 203 205 369 556 692 790 821 823 830 831 878 879 884 890 893 ";
	char three[4] = "000";
	size_t n = 0;

	for (size_t i = 0; i < value->n && n < 3; i++)
		if (digit(value->c[i]))
			three[n++] = value->c[i];
	for (const char *at = few; *at; at += 4)
		if (n < 3 || memcmp(at, three, 3) == 0)
			memcpy(three, "000", 4);
	buf_puts(out, three);
}

static int number(const char *p, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + p[i] - '0';
	return value;
}

/* The year that a run of n digits spells: 1961, 19610704 or 07041961; 0: none. */
static int year_of_run(const char *p, size_t n)
{
	if (n == 4 && check_day(number(p, 4), 1, 1))
		return number(p, 4);
	if (n != 8)
		return 0;
	if (check_day(number(p, 4), number(p + 4, 2), number(p + 6, 2)))
		return number(p, 4);
	return check_day(number(p + 4, 4), number(p, 2), number(p + 2, 2)) ? number(p + 4, 4) : 0;
}

/* The year of a date, where it is written whole and tells no age over 89 (45 CFR 164.514(b)(2)(i)(C)); false: it is not. */
static bool year(const struct mask_engine *e, const struct ascii *value, struct buf *out)
{
	for (size_t i = 0, n; i < value->n; i += n + 1) {
		int found;

		for (n = 0; digit(value->c[i + n]); n++)
			;
		found = year_of_run(value->c + i, n);
		if (found)
			return found >= e->first_year && buf_printf(out, "%d", found) == RC_OK;
	}
	return false;
}

/* Of numbers and codes; the end of a name, a place or an address of the net would tell too much, or nothing. */
static bool may_be_shown_in_part(enum entity entity)
{
	switch (entity) {
	case ENTITY_PHONE: case ENTITY_FAX: case ENTITY_SSN: case ENTITY_MRN: case ENTITY_HEALTH_PLAN: case ENTITY_ACCOUNT:
	case ENTITY_LICENSE: case ENTITY_VEHICLE: case ENTITY_DEVICE: case ENTITY_ID: case ENTITY_CUSTOM:
		return true;
	case ENTITY_NAME: case ENTITY_ADDRESS: case ENTITY_CITY: case ENTITY_COUNTY: case ENTITY_ZIP: case ENTITY_FACILITY:
	case ENTITY_DATE: case ENTITY_AGE: case ENTITY_EMAIL: case ENTITY_URL: case ENTITY_IP: case ENTITY_BIOMETRIC:
	case ENTITY_ENCODED:
		break;
	}
	return false;
}

/* The last four letters or digits; of six and fewer, or without a digit, four would be too much. false: nothing may be shown. */
static bool partial(const struct ascii *value, char last[5])
{
	size_t n = 0, all = 0, digits = 0;

	memset(last, 0, 5);

	for (size_t i = 0; i < value->n; i++) {
		all += alnum(value->c[i]);
		digits += digit(value->c[i]);
	}
	for (size_t i = value->n; i > 0 && n < 4 && all > 6 && digits; i--)
		if (alnum(value->c[i - 1]))
			last[3 - n++] = value->c[i - 1];
	return n == 4;
}

/* The token of a value; behind its name stands what its operator would leave of it. */
static enum rc give_token(const struct mask_engine *e, struct mask_scope *scope, enum entity entity, int custom, struct slice value,
			  struct buf *out)
{
	const char *name = engine_entity(e, entity, custom);
	struct ascii ascii;
	struct buf shown, written;
	char last[5];
	enum rc rc;

	buf_init(&shown, 64);
	ascii_of(value, &ascii);
	switch (engine_operator(e, entity, custom)) {
	case OP_PARTIAL:
		if (may_be_shown_in_part(entity) && partial(&ascii, last))
			buf_puts(&shown, last);
		break;
	case OP_YEAR:
		(void)year(e, &ascii, &shown);
		break;
	case OP_ZIP3:
		zip3(&ascii, &shown);
		break;
	case OP_CAP90:
		buf_puts(&shown, "90+");
		break;
	case OP_PSEUDONYM: case OP_HASH: case OP_KEEP: case OP_REDACT:
		break;
	}
	/* what the caller wrote like a token in an address, say, is one already: the value is as he wrote it */
	buf_init(&written, TOKEN_BYTES_MAX);
	rc = memchr(value.p, '[', value.n) ? token_map_read(scope_tokens(scope), value, &written) : RC_OK;
	value = written.len ? buf_slice(&written) : value;
	if (rc == RC_OK)
		rc = token_give(scope_tokens(scope), name, scope_number(scope, name, entity, value), value, buf_slice(&shown), out);
	buf_free(&written);
	buf_free(&shown);
	wipe(&ascii, sizeof ascii);
	return rc;
}

enum rc operator_apply(const struct mask_engine *e, struct mask_scope *scope, enum entity entity, int custom, struct slice value, struct buf *out)
{
	const char *name = engine_entity(e, entity, custom);
	struct ascii ascii;
	uint64_t n;
	char hex[9], last[5];

	if (scope_tokens(scope))
		return give_token(e, scope, entity, custom, value, out);
	switch (engine_operator(e, entity, custom)) {
	case OP_PARTIAL:
		ascii_of(value, &ascii);
		if (may_be_shown_in_part(entity) && partial(&ascii, last))
			return buf_printf(out, "[%s:%s]", name, last);
		break;
	case OP_PSEUDONYM:
		n = scope ? scope_number(scope, name, entity, value) : 0;
		if (n)
			return buf_printf(out, "[%s-%llu]", name, (unsigned long long)n);
		break;
	case OP_HASH:
		if (scope) {
			scope_digest(scope, entity, value, hex);
			return buf_printf(out, "[%s:%s]", name, hex);
		}
		break;
	case OP_YEAR:
		ascii_of(value, &ascii);
		if (year(e, &ascii, out))
			return RC_OK;
		break;
	case OP_ZIP3:
		ascii_of(value, &ascii);
		zip3(&ascii, out);
		return out->rc;
	case OP_CAP90:
		return buf_puts(out, "90+");
	case OP_KEEP:
	case OP_REDACT:
		break;
	}
	buf_putc(out, '[');
	buf_puts(out, name);
	return buf_putc(out, ']');
}

/* A web address whose parts hold a number, a code or an address of mail is no mere place of the net. */
static bool address_holds_more(const struct mask_engine *e, struct slice value)
{
	struct buf parts;
	bool apart = false, holds = true;

	buf_init(&parts, READING_MAX);
	for (size_t i = 0; i < value.n; i++) {
		bool sign = value.p[i] && strchr("/?&#;", value.p[i]);

		apart = apart || sign;
		buf_putc(&parts, sign || (value.p[i] == ':' && i + 1 < value.n && value.p[i + 1] == '/') ? ' ' : value.p[i]);
	}
	if (parts.rc == RC_OK)                           /* what has no such signs is the name of a host */
		holds = apart && mask_finds_code((struct mask_engine *)e, buf_slice(&parts));
	buf_free(&parts);
	return holds;
}

bool operator_keeps(const struct mask_engine *e, enum entity entity, int custom, struct slice value)
{
	bool address = entity == ENTITY_URL && custom < 0;

	return engine_operator(e, entity, custom) == OP_KEEP && !(address && address_holds_more(e, value));
}

/* ---- numbers of JSON -------------------------------------------------------------------------------------------------- */

struct seen_number {
	const struct mask_engine *engine;
	struct mask_span *span;
	const char *put;
};

static void number_is_masked(void *arg, const struct mask_span *span)
{
	struct seen_number *seen = arg;
	bool age = strcmp(span->entity, entity_name(ENTITY_AGE)) == 0;

	*seen->span = *span;
	seen->put = age && seen->engine->op[ENTITY_AGE] == OP_CAP90 ? "90" : "0";
}

static enum rc mask_digits(struct mask_stream *m, struct slice context, struct slice digits, struct buf *out)
{
	enum rc rc = mask_context(m, context);

	if (rc == RC_OK)
		rc = mask_feed_last(m, digits.p, digits.n, out);
	return rc == RC_OK ? mask_finish(m, out) : rc;
}

const char *mask_number(struct mask_engine *engine, struct mask_counts *counts, struct slice context, struct slice digits,
			struct mask_span *span)
{
	struct seen_number seen = {.engine = engine, .span = span};
	struct mask_stream *m;
	struct buf out;
	enum rc rc = mask_stream_new(engine, NULL, counts, &m);

	buf_init(&out, BUF_MAX_DEFAULT);
	if (rc == RC_OK) {
		mask_stream_on_span(m, number_is_masked, &seen);
		rc = mask_digits(m, context, digits, &out);
	}
	mask_stream_free(m);
	buf_free(&out);
	if (rc == RC_OK)
		return seen.put;
	*span = (struct mask_span){.entity = entity_name(ENTITY_ID), .rule = "id label", .operator = operator_name(OP_REDACT)};
	return "0";
}

void mask_number_token(struct mask_engine *engine, struct mask_scope *scope, struct slice context, struct slice digits, struct buf *out)
{
	struct mask_stream *m = NULL;
	size_t before = out->len;
	enum rc rc = scope_tokens(scope) ? mask_stream_new(engine, scope, NULL, &m) : RC_NOT_FOUND;

	if (rc == RC_OK)
		rc = buf_putc(out, '"');
	if (rc == RC_OK)
		rc = mask_digits(m, context, digits, out);
	if (rc == RC_OK)
		rc = buf_putc(out, '"');
	if (rc != RC_OK)
		buf_truncate(out, before);
	mask_stream_free(m);
}
