#include "signers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "clock.h"
#include "sshkey.h"

#define LINES_MAX 10000
#define BLOB_MAX 8192

struct signer {
	char *principals;                        /* a list of patterns */
	char *namespaces;                        /* the same; NULL: all */
	int64_t after_s, before_s;               /* 0: no limit */
	bool authority;                          /* speaks of certificates, not of this key */
	struct buf blob;
};

struct signers {
	struct signer *all;
	size_t n, cap;
};

struct signers *signers_new(void)
{
	return calloc(1, sizeof(struct signers));
}

static void signer_clear(struct signer *one)
{
	free(one->principals);
	free(one->namespaces);
	buf_free(&one->blob);
}

void signers_free(struct signers *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		signer_clear(&s->all[i]);
	free(s->all);
	free(s);
}

bool signers_none(const struct signers *s)
{
	return !s || s->n == 0;
}

/* Takes over what one owns, also on failure. */
static enum rc append(struct signers *s, struct signer *one)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		struct signer *all = s->n < LINES_MAX ? realloc(s->all, cap * sizeof *all) : NULL;

		if (!all) {
			signer_clear(one);
			return s->n < LINES_MAX ? RC_NOMEM : RC_TOO_BIG;
		}
		s->all = all;
		s->cap = cap;
	}
	s->all[s->n++] = *one;
	return RC_OK;
}

/* ---- patterns (ssh_config(5), PATTERNS) ---------------------------------------------------------------------------------- */

/* "*" and "?" in p; linear in both, as a star that matched before need never be tried again. */
static bool matches(const char *text, const char *p, size_t n)
{
	const char *back_text = NULL;
	size_t i = 0, back = 0;

	while (*text) {
		if (i < n && p[i] == '*') {
			back = ++i;
			back_text = text;
		} else if (i < n && (p[i] == '?' || p[i] == *text)) {
			i++;
			text++;
		} else if (back_text) {
			i = back;
			text = ++back_text;
		} else {
			return false;
		}
	}
	while (i < n && p[i] == '*')
		i++;
	return i == n;
}

/* A list "a,b*,!c": one matches, and none that is negated. */
static bool list_matches(const char *text, const char *list)
{
	bool found = false;

	while (*list) {
		size_t n = strcspn(list, ",");
		bool negated = *list == '!';

		if (matches(text, list + negated, n - negated)) {
			if (negated)
				return false;
			found = true;
		}
		list += n + (list[n] == ',');
	}
	return found;
}

/* ---- one line ------------------------------------------------------------------------------------------------------------- */

/* YYYYMMDD[HHMM[SS]], local time, or UTC with Z behind it. */
static enum rc read_time(const char *text, int64_t *wall_s)
{
	static const struct {
		size_t n;
		const char *format;
	} forms[] = {{8, "%Y%m%d"}, {12, "%Y%m%d%H%M"}, {14, "%Y%m%d%H%M%S"}};
	size_t n = strspn(text, "0123456789");
	bool utc = text[n] == 'Z' || text[n] == 'z';
	struct tm tm = {.tm_isdst = -1};

	if (text[n + utc])
		return RC_BAD;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char digits[16];
		const char *end;

		if (forms[i].n != n)
			continue;
		memcpy(digits, text, n);
		digits[n] = '\0';
		end = strptime(digits, forms[i].format, &tm);
		if (!end || *end)
			return RC_BAD;
		*wall_s = utc ? timegm(&tm) : mktime(&tm);
		return *wall_s > 0 ? RC_OK : RC_BAD;
	}
	return RC_BAD;
}

/* The value of NAME="VALUE" when at[] begins so; moves behind it. RC_NOT_FOUND: another option. The caller frees. */
static enum rc read_value(const char **at, const char *name, char **value)
{
	size_t n = strlen(name), len = 0;
	const char *p = *at + n;

	if (strncasecmp(*at, name, n) != 0 || *p != '=')
		return RC_NOT_FOUND;
	if (*++p != '"' || *value)
		return RC_BAD;
	*value = calloc(1, strlen(p));
	if (!*value)
		return RC_NOMEM;
	for (p++; *p && *p != '"'; p++) {
		if (p[0] == '\\' && p[1] == '"')
			p++;
		(*value)[len++] = *p;
	}
	if (*p != '"')
		return RC_BAD;
	*at = p + 1;
	return RC_OK;
}

static enum rc read_options(const char **at, struct signer *one)
{
	static const char authority[] = "cert-authority";
	char *after = NULL, *before = NULL;
	enum rc rc = RC_OK;

	for (;;) {
		if (strncasecmp(*at, authority, sizeof authority - 1) == 0) {
			one->authority = true;
			*at += sizeof authority - 1;
		} else if ((rc = read_value(at, "namespaces", &one->namespaces)) == RC_NOT_FOUND &&
			   (rc = read_value(at, "valid-after", &after)) == RC_NOT_FOUND) {
			rc = read_value(at, "valid-before", &before);
		}
		if (rc != RC_OK || **at != ',')
			break;
		++*at;
	}
	if (rc == RC_OK && **at != ' ' && **at != '\t')
		rc = RC_BAD;
	if (rc == RC_OK && after)
		rc = read_time(after, &one->after_s);
	if (rc == RC_OK && before)
		rc = read_time(before, &one->before_s);
	if (rc == RC_OK && after && before && one->before_s <= one->after_s)
		rc = RC_BAD;
	free(after);
	free(before);
	return rc == RC_NOT_FOUND ? RC_BAD : rc;
}

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t");
}

/* A word, or what stands in quotes. NULL: no memory, or no end. */
static char *read_principals(const char **at)
{
	bool quoted = **at == '"';
	const char *p = *at + quoted;
	size_t n = strcspn(p, quoted ? "\"" : " \t");

	if (!p[n])
		return NULL;
	*at = skip_blank(p + n + quoted);
	return strndup(p, n);
}

static bool is_key_type(const char *p)
{
	return strncmp(p, "ssh-", 4) == 0 || strncmp(p, "ecdsa-", 6) == 0 || strncmp(p, "sk-", 3) == 0;
}

static enum rc read_key(const char *p, struct signer *one)
{
	buf_init(&one->blob, BLOB_MAX);
	return is_key_type(p) ? sshkey_parse_line(slice_str(p), &one->blob) : RC_BAD;
}

static enum rc read_line(struct signers *s, const char *line)
{
	struct signer one = {0};
	const char *at = skip_blank(line);
	enum rc rc = RC_BAD;

	if (*at == '\0' || *at == '#')
		return RC_OK;
	one.principals = read_principals(&at);
	if (one.principals && *one.principals)
		rc = is_key_type(at) ? RC_OK : read_options(&at, &one);
	if (rc == RC_OK)
		rc = read_key(skip_blank(at), &one);
	if (rc == RC_OK)
		return append(s, &one);
	signer_clear(&one);
	return rc;
}

enum rc signers_parse(struct signers *s, struct slice text, struct why *why)
{
	enum rc rc = RC_OK;

	if (memchr(text.p ? text.p : "", 0, text.n))
		return why_set(why, RC_BAD, "this is no text");
	for (int number = 1; text.n && rc == RC_OK; number++) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		char *line = strndup(text.p, n);

		if (!line)
			return RC_NOMEM;
		if (n && line[n - 1] == '\r')
			line[n - 1] = '\0';
		rc = read_line(s, line);
		if (rc != RC_OK)
			why_at(why, rc, number, 1, rc == RC_TOO_BIG ? "more lines than anybody has signers" :
			       "not a line of allowed_signers: PRINCIPAL [OPTIONS] ssh-ed25519 KEY");
		free(line);
		text = (struct slice){text.p + n + (end != NULL), text.n - n - (end != NULL)};
	}
	return rc;
}

enum rc signers_add(struct signers *s, const char *principal, const char *key_line, struct why *why)
{
	struct signer one = {.principals = strdup(principal)};
	enum rc rc = one.principals ? read_key(key_line, &one) : RC_NOMEM;

	if (rc == RC_OK)
		return append(s, &one);
	signer_clear(&one);
	return why_set(why, rc, "the signing key of %s is no public key: ssh-ed25519 AAAA…", principal);
}

/* ---- the decision ----------------------------------------------------------------------------------------------------------- */

static enum rc judge(const struct signer *one, const char *principal, const char *namespace, int64_t wall_s, struct why *why)
{
	char text[CLOCK_TEXT];

	if (!list_matches(principal, one->principals))
		return why_set(why, RC_DENIED, "the key that signed is not %s's", principal);
	if (one->namespaces && !list_matches(namespace, one->namespaces))
		return why_set(why, RC_DENIED, "the key that signed is %s's, but not for %s", principal, namespace);
	if (one->after_s && wall_s < one->after_s)
		return why_set(why, RC_DENIED, "the key that signed is %s's, but not valid before %s", principal,
			       clock_text_s(one->after_s, text));
	if (one->before_s && wall_s > one->before_s)
		return why_set(why, RC_DENIED, "the key that signed is %s's, but expired at %s, and nothing proves that it signed before",
			       principal, clock_text_s(one->before_s, text));
	return RC_OK;
}

enum rc signers_know(const struct signers *s, struct slice key_blob, const char *principal, const char *namespace, int64_t wall_s,
		     struct why *why)
{
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; s && i < s->n && rc != RC_OK; i++) {
		const struct signer *one = &s->all[i];

		if (!one->authority && one->blob.len == key_blob.n && memcmp(one->blob.data, key_blob.p, key_blob.n) == 0)
			rc = judge(one, principal, namespace, wall_s, why);
	}
	return rc == RC_NOT_FOUND ? why_set(why, rc, "the key that signed is not among the signers that are known") : rc;
}
