/* What is written so that eyes do not read it: base64, hexadecimal and percent-encoding are decoded, and masked when an identifier
 * comes out. Pictures in data: addresses are masked whole. */
#include <string.h>

#include "engine.h"
#include "json.h"
#include "scan.h"

#define RUN_LEAST 24
#define RUN_SEEN 400                             /* a longer run is masked, and swallowed to its end */

static bool is_base64(uint16_t c)
{
	return c < 0x80 && (is_digit(c) || is_alpha(c) || c == '+' || c == '/' || c == '-' || c == '_');
}

static int sextet(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 :
	       c == '+' || c == '-' ? 62 : 63;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Text, not bytes of some other kind, such as an id in base 62 gives: UTF-8, perhaps cut at its end, or nearly all of it ASCII. */
static bool is_text(const char *p, size_t n)
{
	size_t high = 0, cut = 0;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] < ' ' && p[i] != '\n' && p[i] != '\r' && p[i] != '\t')
			return false;
		high += (unsigned char)p[i] >= 0x80;
	}
	while (cut < 3 && cut < n && !utf8_valid((struct slice){p, n - cut}))
		cut++;
	return n > 5 && (6 * high <= n || utf8_valid((struct slice){p, n - cut}));
}

static bool holds(const struct scan *s, const char *p, size_t n)
{
	return is_text(p, n) && engine_finds_decoded(s->engine, (struct slice){p, n});
}

static bool base64_holds(const struct scan *s, const char *run, size_t n)
{
	char out[RUN_SEEN];
	size_t k = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 6 | (uint32_t)sextet(run[i]);
		if (i % 4 == 1)
			out[k++] = (char)(bits >> 4);
		else if (i % 4 == 2)
			out[k++] = (char)(bits >> 2);
		else if (i % 4 == 3)
			out[k++] = (char)bits;
	}
	return holds(s, out, k);
}

static bool hex_holds(const struct scan *s, const char *run, size_t n)
{
	char out[RUN_SEEN];

	for (size_t i = 0; i + 1 < n; i += 2) {
		if (nibble(run[i]) < 0 || nibble(run[i + 1]) < 0)
			return false;
		out[i / 2] = (char)(nibble(run[i]) << 4 | nibble(run[i + 1]));
	}
	return holds(s, out, n / 2);
}

/* Percent-encoding: the same text with %XX decoded; *any: there was one. */
static size_t percent(struct scan *s, size_t i, char *out, size_t room, size_t *n, bool *any)
{
	size_t j = i;

	*n = 0;
	*any = false;
	while (*n < room) {
		uint16_t c = scan_at(s, j);

		if (c == '%' && scan_at(s, j + 1) < 0x80 && scan_at(s, j + 2) < 0x80 && nibble((char)scan_at(s, j + 1)) >= 0 &&
		    nibble((char)scan_at(s, j + 2)) >= 0) {
			out[(*n)++] = (char)(nibble((char)scan_at(s, j + 1)) << 4 | nibble((char)scan_at(s, j + 2)));
			*any = true;
			j += 3;
		} else if (c < 0x80 && (is_alnum(c) || (c && strchr("-._~+&=:@", (int)c)))) {
			out[(*n)++] = (char)(c == '+' ? ' ' : c);
			j++;
		} else {
			break;
		}
	}
	return j;
}

static bool scan_percent(struct scan *s, struct finding *f)
{
	char out[RUN_SEEN / 3];
	size_t n, end;
	bool any;

	end = percent(s, s->i, out, sizeof out, &n, &any);
	if (!any || !scan_try(s, 4) || !holds(s, out, n))
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ENCODED, .rule = "percent-encoded", .custom = -1};
	return true;
}

bool scan_encoded(struct scan *s, struct finding *f)
{
	char run[RUN_SEEN];
	size_t n = 0, end;
	bool upper = false, low = false, digit = false, more;
	const char *rule = NULL;
	uint16_t behind = scan_at(s, s->token);

	if (s->decoded || s->context->tried + 4 > TRIED_MAX || (s->token - s->i < RUN_LEAST && !is_base64(behind) && behind != '%'))
		return false;
	s->tried += 2;
	while (n < RUN_SEEN && is_base64(scan_at(s, s->i + n))) {
		run[n] = (char)scan_at(s, s->i + n);
		upper = upper || (run[n] >= 'A' && run[n] <= 'Z');
		low = low || (run[n] >= 'a' && run[n] <= 'z');
		digit = digit || (run[n] >= '0' && run[n] <= '9');
		n++;
	}
	if (scan_at(s, s->i + n) == '%')
		return scan_percent(s, f);
	if (n < RUN_LEAST)
		return false;
	more = n == RUN_SEEN && is_base64(scan_at(s, s->i + n));
	if (more && upper + low + digit > 1)
		rule = "encoded, too long to read";
	else if (hex_holds(s, run, n))
		rule = "hexadecimal";
	else if (base64_holds(s, run, n))
		rule = "base64";
	if (!rule)
		return false;
	for (end = s->i + n; !more && scan_at(s, end) == '=' && end < s->i + n + 2; end++)
		;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ENCODED, .rule = rule, .custom = -1, .swallow = more};
	return true;
}

/* data:image/png;base64,… shows a face (45 CFR 164.514(b)(2)(i)(Q)). */
bool scan_data(struct scan *s, struct finding *f)
{
	static const char begin[] = "data:";
	static const char *const kinds[] = {"image/", "video/", "audio/", "application/"};
	size_t j = s->i, i;

	for (i = 0; begin[i]; i++, j++)
		if (lower(scan_at(s, j)) != (unsigned char)begin[i])
			return false;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		for (i = 0; kinds[k][i] && lower(scan_at(s, j + i)) == (unsigned char)kinds[k][i]; i++)
			;
		if (kinds[k][i])
			continue;
		for (j += i; j < s->i + 100 && (is_alnum(scan_at(s, j)) || strchr("+.-;=", (int)scan_at(s, j))) && scan_at(s, j); j++)
			;
		if (scan_at(s, j) != ',')
			return false;
		*f = (struct finding){.start = s->i, .end = j + 1, .entity = ENTITY_BIOMETRIC, .rule = "picture or sound", .custom = -1, .swallow = true};
		return true;
	}
	return false;
}
