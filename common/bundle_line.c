#include "bundle_line.h"

#include <string.h>

#include "clock.h"
#include "encode.h"

#define NUMBER_MAX (UINT64_C(1) << 53)
#define TIME_LEN 27

static const char *const kinds[] = {
	[KIND_OPEN] = "open", [KIND_REQUEST] = "request", [KIND_RESPONSE] = "response", [KIND_HOLD] = "hold",
	[KIND_DECISION] = "decision", [KIND_CUT] = "cut", [KIND_GAP] = "gap", [KIND_RENEW] = "renew",
	[KIND_RECOVERED] = "recovered", [KIND_CLOSE] = "close",
};

const char *bundle_kind_name(enum bundle_kind kind)
{
	return kinds[kind];
}

static bool take(struct slice *in, const char *text)
{
	size_t n = strlen(text);

	if (in->n < n || memcmp(in->p, text, n) != 0)
		return false;
	*in = (struct slice){in->p + n, in->n - n};
	return true;
}

/* Up to the next quote, which is left. */
static struct slice take_text(struct slice *in)
{
	const char *end = memchr(in->p, '"', in->n);
	struct slice text = {in->p, end ? (size_t)(end - in->p) : in->n};

	*in = (struct slice){in->p + text.n, in->n - text.n};
	return text;
}

static bool take_number(struct slice *in, uint64_t *value)
{
	size_t n = 0;

	for (*value = 0; n < in->n && in->p[n] >= '0' && in->p[n] <= '9'; n++) {
		*value = *value * 10 + (uint64_t)(in->p[n] - '0');
		if (*value > NUMBER_MAX)
			return false;
	}
	if (n == 0 || (n > 1 && in->p[0] == '0'))
		return false;
	*in = (struct slice){in->p + n, in->n - n};
	return true;
}

static bool take_sum(struct slice *in, unsigned char sum[SHA256_LEN])
{
	struct slice hex = take_text(in);

	for (size_t i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return false;
	return hex_decode(hex, sum, SHA256_LEN) == RC_OK;
}

static bool take_time(struct slice *in, int64_t *wall_ns)
{
	struct slice text = take_text(in);

	return text.n == TIME_LEN && clock_parse(text, wall_ns) == RC_OK;
}

static bool take_kind(struct slice *in, enum bundle_kind *kind)
{
	struct slice text = take_text(in);

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is(text, kinds[i])) {
			*kind = (enum bundle_kind)i;
			return true;
		}
	return false;
}

enum rc bundle_line_parse(struct slice line, struct bundle_line *out, struct why *why)
{
	uint64_t mono_ns = 0;
	const char *at = NULL;

	memset(out, 0, sizeof *out);
	if (!take(&line, "{\"v\":1,\"seq\":") || !take_number(&line, &out->seq))
		at = "seq";
	else if (!take(&line, ",\"prev\":\"") || !take_sum(&line, out->prev))
		at = "prev";
	else if (!take(&line, "\",\"t\":\"") || !take_time(&line, &out->wall_ns))
		at = "t";
	else if (!take(&line, "\",\"mono\":") || !take_number(&line, &mono_ns))
		at = "mono";
	else if (!take(&line, ",\"k\":\"") || !take_kind(&line, &out->kind))
		at = "k";
	else if (!take(&line, "\",\"x\":") || !take_number(&line, &out->exchange))
		at = "x";
	else if (!take(&line, ",\"seg\":") || !take_number(&line, &out->segment))
		at = "seg";
	else if (!take(&line, ",\"off\":") || !take_number(&line, &out->off))
		at = "off";
	else if (!take(&line, ",\"len\":") || !take_number(&line, &out->len))
		at = "len";
	else if (!take(&line, ",\"c\":\"") || !take_sum(&line, out->c))
		at = "c";
	else if (!take(&line, "\",\"f\":\"") || !take_sum(&line, out->f) || !take(&line, "\"}\n") || line.n)
		at = "f";
	out->mono_ns = (int64_t)mono_ns;
	return at ? why_set(why, RC_BAD, "an index line is not as it must be from \"%s\" on", at) : RC_OK;
}
