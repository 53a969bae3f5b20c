#include "leaf.h"

#include <string.h>

#include "clock.h"

#define ID_MAX 64
#define WHO_MAX 256

enum type { NONE, ID, NUMBER, SUM, TIME, NAME, WHO };

static const struct {
	const char *name;
	enum type types[LEAF_FIELDS];
} KINDS[LEAF_KINDS] = {
	[LEAF_OPEN] = {"phigate-open-v1", {ID, NUMBER, SUM, TIME}},
	[LEAF_HEAD] = {"phigate-head-v1", {ID, NUMBER, SUM, NUMBER}},
	[LEAF_CLOSE] = {"phigate-close-v1", {ID, NUMBER, SUM, SUM, NUMBER}},
	[LEAF_HOLD] = {"phigate-hold-v1", {ID, NAME, WHO, TIME}},
	[LEAF_POLICY] = {"phigate-policy-v1", {NAME, SUM, TIME}},
	[LEAF_CONFIG] = {"phigate-config-v1", {SUM, TIME}},
	[LEAF_START] = {"phigate-start-v1", {NAME, SUM, TIME}},
	[LEAF_STOP] = {"phigate-stop-v1", {TIME}},
	[LEAF_FETCH] = {"phigate-fetch-v1", {ID, NUMBER, WHO, TIME}},
	[LEAF_LIST] = {"phigate-list-v1", {WHO, TIME}},
	[LEAF_REVOKE] = {"phigate-revoke-v1", {ID, WHO, TIME}},
	[LEAF_REVIEW] = {"phigate-review-v1", {ID, NUMBER, SUM, TIME}},
	[LEAF_EMERGENCY] = {"phigate-emergency-v1", {ID, TIME}},
	[LEAF_ARCHIVE] = {"phigate-archive-v1", {ID, NUMBER, SUM, WHO, TIME}},
	[LEAF_EVIDENCE] = {"phigate-evidence-v1", {TIME, TIME, SUM, WHO, TIME}},
};

const char *leaf_kind_name(enum leaf_kind kind)
{
	return KINDS[kind].name;
}

static bool only(struct slice s, const char *set, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(set, s.p[i]))
			return false;
	return s.n >= 1 && s.n <= max;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool who_char(char c)
{
	return (unsigned char)c >= ' ' && c != 0x7f;
}

static bool is_who(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!who_char(s.p[i]))
			return false;
	return s.n >= 1 && s.n <= WHO_MAX;
}

static bool is(enum type type, struct slice s)
{
	int64_t ns;

	switch (type) {
	case NONE: return false;
	case ID: return only(s, LETTERS "-", ID_MAX);
	case NUMBER: return only(s, "0123456789", 15) && (s.p[0] != '0' || s.n == 1);
	case SUM: return only(s, "0123456789abcdef", 64) && s.n == 64;
	case TIME: return clock_parse(s, &ns) == RC_OK;
	case NAME: return only(s, LETTERS "._-", ID_MAX);
	case WHO: return is_who(s);
	}
	return false;
}

/* Cut where a line of the ledger ends, and on one line. */
static enum rc put_who(struct buf *out, const char *text)
{
	size_t n = strlen(text) < WHO_MAX ? strlen(text) : WHO_MAX;

	for (size_t i = 0; i < n; i++)
		buf_putc(out, who_char(text[i]) ? text[i] : '?');
	return n ? buf_putc(out, '\n') : buf_puts(out, "?\n");
}

enum rc leaf_make(enum leaf_kind kind, struct buf *out, const char *const fields[], size_t n)
{
	enum rc rc = buf_printf(out, "%s\n", KINDS[kind].name);

	for (size_t i = 0; i < LEAF_FIELDS && rc == RC_OK; i++) {
		enum type type = KINDS[kind].types[i];

		if ((type == NONE) != (i >= n) || (i < n && !fields[i]))
			return RC_BAD;
		if (type == NONE)
			break;
		if (type != WHO && !is(type, slice_str(fields[i])))
			return RC_BAD;
		rc = type == WHO ? put_who(out, fields[i]) : buf_printf(out, "%s\n", fields[i]);
	}
	return rc;
}

static bool take_line(struct slice *text, struct slice *line)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	*line = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - line->n - 1};
	return true;
}

enum rc leaf_parse(struct slice text, struct leaf *out)
{
	struct slice line;
	int kind = 0;

	*out = (struct leaf){0};
	if (text.n > LEAF_MAX || !take_line(&text, &line))
		return RC_BAD;
	while (kind < LEAF_KINDS && !slice_is(line, KINDS[kind].name))
		kind++;
	if (kind == LEAF_KINDS)
		return RC_NOT_FOUND;
	out->kind = (enum leaf_kind)kind;
	for (size_t i = 0; i < LEAF_FIELDS && KINDS[kind].types[i] != NONE; i++) {
		if (!take_line(&text, &out->field[i]) || !is(KINDS[kind].types[i], out->field[i]))
			return RC_BAD;
	}
	return text.n == 0 ? RC_OK : RC_BAD;
}

uint64_t leaf_number(struct slice field)
{
	uint64_t n = 0;

	for (size_t i = 0; i < field.n; i++)
		n = n * 10 + (uint64_t)(field.p[i] - '0');
	return n;
}

bool leaf_time(const struct leaf *leaf, int64_t *wall_ns)
{
	size_t last = LEAF_FIELDS;

	while (last && KINDS[leaf->kind].types[last - 1] == NONE)
		last--;
	return last && KINDS[leaf->kind].types[last - 1] == TIME && clock_parse(leaf->field[last - 1], wall_ns) == RC_OK;
}
