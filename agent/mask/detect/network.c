/* Identifiers of the net: mail addresses, web addresses, IPv6 and hardware addresses. */
#include <arpa/inet.h>
#include <string.h>

#include "around.h"

#define LOCAL_MAX 64                             /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX 255
#define URL_SEEN 400                             /* a longer one is swallowed to its end */

static bool found(struct finding *f, struct scan *s, size_t end, enum entity entity, const char *rule)
{
	*f = (struct finding){.start = s->i, .end = end, .entity = entity, .rule = rule, .custom = -1};
	return true;
}

static bool is_local(uint16_t c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\'' || c == '!' || c == '$' || c == '~';
}

/* Letters, digits and hyphens with dots between; *dots counts them; end without a dot or hyphen. */
static size_t domain(struct scan *s, size_t i, int *dots)
{
	size_t j = i, end = i;

	*dots = 0;
	while (j < i + DOMAIN_MAX) {
		uint16_t c = scan_at(s, j);

		if (is_alnum(c))
			end = ++j;
		else if ((c == '.' || c == '-') && end == j && is_alnum(scan_at(s, j + 1)))
			*dots += scan_at(s, j++) == '.';
		else
			break;
	}
	return end;
}

static const char *const TOP_LEVEL[] = {
	"com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "co", "us", "uk", "ca", "de", "fr", "es", "it", "nl", "eu", "au", "in", "jp",
	"cn", "br", "mx", "ch", "at", "be", "se", "no", "dk", "fi", "ie", "nz", "ru", "pl", "pt", "za", "health", "care", "hospital", "clinic", "doctor",
	"dental", "app", "dev", "cloud", "online", "site", "me", "tv", "example", "test", "local", "internal", "med", "name", "pro", "ai", "gr", "kr", "hk",
	"cat", "art", "xyz", "live", "email", "ph", "cz", "hu", "ro", "tr", "il", "ar", "cl", "pe", "ve", "tw", "sg", "my", "th", "vn", "id", "ua", "by",
	"lt", "lv", "ee", "is", "bg", "hr", "si", "sk", "rs", "ma", "ng", "ke", "eg", "sa", "ae", "pk", "bd", "lk", "tz", "gh", "cy", "lu", "li", "mt",
};

/* Does [i, end) end in a dot and one of these? */
static bool has_top_level(struct scan *s, size_t i, size_t end)
{
	size_t dot = end > i ? end - 1 : i;              /* a full stop behind it is none of its dots */

	while (dot > i && scan_at(s, dot) != '.')
		dot--;
	if (dot == i)
		return false;
	for (size_t k = 0; k < sizeof TOP_LEVEL / sizeof *TOP_LEVEL; k++) {
		size_t n = strlen(TOP_LEVEL[k]), at = 0;

		if (end - dot - 1 != n)
			continue;
		while (at < n && lower(scan_at(s, dot + 1 + at)) == (unsigned char)TOP_LEVEL[k][at])
			at++;
		if (at == n)
			return true;
	}
	return false;
}

static const char *const DOTS[] = {" dot ", " (dot) ", " [dot] ", " {dot} ", "(dot)", "[dot]", "{dot}", "[.]", "(.)", ".", NULL};

static bool begins_dot(uint16_t c)
{
	return c == ' ' || c == '(' || c == '[' || c == '{';
}

/* May " at ", "(dot)" or " underscore " stand at place i? Most words stand before others. */
static bool begins_spelled(struct scan *s, size_t i)
{
	uint16_t first = scan_at(s, i), next = first == ' ' ? lower(scan_at(s, i + 1)) : 0;

	return begins_dot(first) && (!next || next == 'a' || next == 'd' || next == 'u' || begins_dot(next));
}

/* One of these at place i: the unit behind, 0. */
static size_t one_of(struct scan *s, size_t i, const char *const *list)
{
	uint16_t first = lower(scan_at(s, i)), second = first == ' ' ? lower(scan_at(s, i + 1)) : 0;
	size_t j = 0;

	for (; *list && !j; list++)
		if ((unsigned char)(*list)[0] == first && (!second || (unsigned char)(*list)[1] == second))      /* most stand before words */
			j = around_rest(s, i + 1, *list + 1);
	return j;
}

/* "host dot example dot org" at place j: the unit behind, 0; *plain: its dots are dots. */
static size_t spelled_host(struct scan *s, size_t j, bool *plain)
{
	size_t end;
	int dots = 0;

	for (int parts = 0; parts < 5; parts++) {
		size_t next, from = j;

		while (is_alnum(scan_at(s, j)) || scan_at(s, j) == '-')
			j++;
		if (j == from)
			return 0;
		end = j;
		next = one_of(s, j, DOTS);
		*plain = *plain && next <= j + 1;
		if (!next || !is_alnum(scan_at(s, next)))
			return dots ? end : 0;
		dots++;
		j = next;
	}
	return 0;
}

/* " at host dot org", with or without brackets around at and dot; *plain: " at host.org" */
static size_t spelled(struct scan *s, size_t i, bool *plain)
{
	static const char *const at[] = {" at ", " (at) ", " [at] ", " {at} ", "(at)", "[at]", "{at}", NULL};
	size_t j = one_of(s, i, at);

	*plain = scan_at(s, i) == ' ' && lower(scan_at(s, i + 1)) == 'a';
	return j ? spelled_host(s, j, plain) : 0;
}

/* " dot smith" behind the first part of a mailbox, at place i: the unit behind, i itself. */
static size_t spelled_local(struct scan *s, size_t i)
{
	static const char *const dots[] = {" dot ", " (dot) ", " [dot] ", " {dot} ", "(dot)", "[dot]", "{dot}", " underscore ", NULL};

	for (int parts = 0; parts < 3; parts++) {
		size_t j = one_of(s, i, dots), from = j;

		while (j && j < from + LOCAL_MAX && is_local(scan_at(s, j)))
			j++;
		if (j == from)
			break;
		i = j;
	}
	return i;
}

/* "0.75@0.4", volts at milliseconds: a host of numbers has four (RFC 5321 4.1.3). */
static bool is_setting(struct scan *s, size_t j, size_t end, int dots)
{
	while (j < end && (is_digit(scan_at(s, j)) || scan_at(s, j) == '.'))
		j++;
	return j == end && dots != 3;
}

static bool is_web(struct scan *s, size_t i)
{
	return around_literal(s, i, "www.") || around_literal(s, i, "http");
}

bool scan_email(struct scan *s, struct finding *f)
{
	size_t j = s->token, end;
	bool plain = false;
	int dots;

	if (s->context->last != ' ' && is_local(s->context->last) && !scan_try(s, 1))
		return false;
	while (j < s->i + LOCAL_MAX && is_local(scan_at(s, j)))
		j++;
	if (scan_at(s, j) == '@') {
		end = domain(s, j + 1, &dots);
		/* "rosa@example[dot]org" */
		if (end > j + 1 && !dots && begins_dot(scan_at(s, end)) && (j = spelled_host(s, j + 1, &plain)))
			return found(f, s, j, ENTITY_EMAIL, "email, spelled out");
		return end > j + 1 && (dots || has_top_level(s, j, end)) && !is_setting(s, j + 1, end, dots) &&
		       found(f, s, end, ENTITY_EMAIL, "email form");
	}
	if (scan_at(s, j) == ' ' && scan_at(s, j + 1) == '@') {          /* "rosa @ example.org" */
		j += 2 + (scan_at(s, j + 2) == ' ');
		end = domain(s, j, &dots);
		return dots && has_top_level(s, j, end) && found(f, s, end, ENTITY_EMAIL, "email form");
	}
	if (!begins_spelled(s, j))
		return false;
	if (is_web(s, j + 4))                            /* "register at www.example.org" */
		return false;
	j = spelled_local(s, j);
	end = spelled(s, j, &plain);
	/* "data at host.example.org", "started at 3.125" */
	if (end && plain && (!has_top_level(s, j, end) || (j == s->token && (dictionary_find(s->hash) & DICTIONARY_SAFE))))
		return false;
	return end && found(f, s, end, ENTITY_EMAIL, "email, spelled out");
}

/* ---- web addresses ---------------------------------------------------------------------------------------------------------------------- */

static bool is_url(uint16_t c)
{
	return c > ' ' && c != '"' && c != '<' && c != '>' && c != '\'' && c != '`' && c != '|' && c != '\\' && c != '{' && c != '}';
}

/* To the end of the address; what a sentence puts behind it is not part of it. */
static bool url_rest(struct scan *s, struct finding *f, size_t j, const char *rule)
{
	bool more, round = false, square = false;        /* brackets were opened in it */
	size_t end = j;

	while (end < s->i + URL_SEEN && is_url(scan_at(s, end))) {
		round = round || scan_at(s, end) == '(';
		square = square || scan_at(s, end) == '[';
		end++;
	}
	more = end == s->i + URL_SEEN && is_url(scan_at(s, end));
	while (!more && end > j && strchr(".,;:!?)*]", (int)scan_at(s, end - 1)) && !(scan_at(s, end - 1) == ')' && round) &&
	       !(scan_at(s, end - 1) == ']' && square))
		end--;
	found(f, s, end, ENTITY_URL, rule);
	f->swallow = more;
	return true;
}

/* "general.name", "patient.id": a word, and what programs and forms say of things; j: at the dot. */
static bool is_member(struct scan *s, size_t j, size_t end)
{
	static const char *const members[] = {"name", "id", "info", "test", "email", "is", "at", "me", "my", "local", NULL};

	return j == s->token && one_of(s, j + 1, members) == end && (dictionary_find(s->hash) & DICTIONARY_SAFE);
}

/* "\\\\files02\\ward\\line0209.xlsx": a share of a network, which may name a host and a person. */
static bool share(struct scan *s, struct finding *f)
{
	size_t j = s->i + 2, parts = 0;

	while (j < s->i + DOMAIN_MAX && (is_alnum(scan_at(s, j)) || ((scan_at(s, j) == '.' || scan_at(s, j) == '-' || scan_at(s, j) == '_' || scan_at(s, j) == '$' ||
									scan_at(s, j) == '\\') && (is_alnum(scan_at(s, j + 1)) || scan_at(s, j + 1) == '_'))))
		parts += scan_at(s, j++) == '\\';
	return j > s->i + 4 && is_alnum(scan_at(s, s->i + 2)) && parts && found(f, s, j, ENTITY_URL, "network share");
}

bool scan_url(struct scan *s, struct finding *f)
{
	static const char *const schemes[] = {"https://", "http://", "ftp://", "ftps://", "sftp://", "www."};
	size_t j, end;
	int dots;

	if (scan_at(s, s->i) == '\\')
		return share(s, f);
	if (scan_at(s, s->token) != '.' && scan_at(s, s->token) != ':' && scan_at(s, s->token) != '-')
		return false;
	for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++)
		if ((j = around_literal(s, s->i, schemes[k])) && (is_alnum(scan_at(s, j)) || scan_at(s, j) == '['))
			return url_rest(s, f, j, "url form");
	if (is_digit(scan_at(s, s->i)) || s->context->last == '.' || s->context->last == '/')
		return false;
	if (scan_at(s, s->token) == ':' && scan_at(s, s->token + 1) == '/' && scan_at(s, s->token + 2) == '/' && is_alnum(scan_at(s, s->token + 3)))
		return url_rest(s, f, s->token + 3, "url form");         /* of any other scheme */
	if (!scan_try(s, 1))
		return false;
	end = domain(s, s->i, &dots);
	if (!dots || !has_top_level(s, s->i, end))
		return false;
	/* without a path "e.g. St.Me" could be anything: two letters at least before the dot, and lower case behind it */
	if (scan_at(s, end) == '/' || scan_at(s, end) == '?' || (scan_at(s, end) == ':' && is_digit(scan_at(s, end + 1))))
		return url_rest(s, f, end, "url without a scheme");
	for (j = s->i; j < end && scan_at(s, j) != '.'; j++)
		;
	if (dots == 1 && is_member(s, j, end))
		return false;
	return j - s->i >= 3 && !is_upper(scan_at(s, end - 1)) && !is_upper(scan_at(s, j + 1)) && end - s->i >= 7 &&
	       found(f, s, end, ENTITY_URL, "url without a scheme");
}

/* ---- IPv6, hardware addresses --------------------------------------------------------------------------------------------------------------- */

static bool is_hex(uint16_t c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool scan_ip6(struct scan *s, struct finding *f)
{
	char text[48];
	struct in6_addr address;
	size_t n = 0;
	int colons = 0;

	if ((!is_hex(scan_at(s, s->i)) && !(scan_at(s, s->i) == ':' && scan_at(s, s->i + 1) == ':')) || !scan_try(s, 1))
		return false;
	while (n < sizeof text - 1 && (is_hex(scan_at(s, s->i + n)) || scan_at(s, s->i + n) == ':' ||
				       (scan_at(s, s->i + n) == '.' && colons >= 2 && is_digit(scan_at(s, s->i + n + 1))))) {
		text[n] = (char)scan_at(s, s->i + n);
		colons += text[n++] == ':';
	}
	if (colons < 2 || is_alnum(scan_at(s, s->i + n)) || scan_at(s, s->i + n) == '[')
		return false;
	while (n && text[n - 1] == ':' && !(n > 1 && text[n - 2] == ':'))
		n--;
	text[n] = '\0';
	return n > 3 && inet_pton(AF_INET6, text, &address) == 1 && found(f, s, s->i + n, ENTITY_IP, "ip form");
}

bool scan_mac(struct scan *s, struct finding *f)
{
	uint16_t sign = scan_at(s, s->i + 2);
	size_t j = s->i;

	if (sign != ':' && sign != '-')
		return false;
	for (int k = 0; k < 6; k++, j += 3)
		if (!is_hex(scan_at(s, j)) || !is_hex(scan_at(s, j + 1)) || (k < 5 && scan_at(s, j + 2) != sign))
			return false;
	return !is_alnum(scan_at(s, j - 1)) && found(f, s, j - 1, ENTITY_DEVICE, "hardware address form");
}
