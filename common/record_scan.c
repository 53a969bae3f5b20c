#include "record_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"

#define SALT_TEXT 24                             /* base64 of 16 bytes */

static const char head[] = "{\"salt\":\"";

void record_scan_begin(struct record_scan *s, enum bundle_kind kind, struct buf *body)
{
	*s = (struct record_scan){.kind = kind, .body = body};
	s->prefix_n = (size_t)snprintf(s->prefix, sizeof s->prefix, "%s%*s\",\"k\":\"%s\",\"body\":", head, SALT_TEXT, "",
				       bundle_kind_name(kind));
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* One byte before the body, at place at. */
static bool fits(const struct record_scan *s, size_t at, char c)
{
	size_t salt = sizeof head - 1;

	if (at < salt || at >= salt + SALT_TEXT)
		return c == s->prefix[at];
	if (at >= salt + SALT_TEXT - 2)
		return c == '=';
	return at == salt + SALT_TEXT - 3 ? c && strchr("AQgw", c) : is_base64(c);
}

static void add(char *text, size_t max, size_t *n, const char *p, size_t len)
{
	if (len > max - 1 - *n)
		len = max - 1 - *n;
	memcpy(text + *n, p, len);
	*n += len;
	text[*n] = '\0';
}

/* A member of the outermost object is whole. */
static void note(struct record_scan *s, enum json_token token)
{
	if (s->kind == KIND_RESPONSE && token == JSON_NUMBER_END && strcmp(s->key, "status") == 0)
		s->facts.status = s->value_n == 3 ? atoi(s->value) : 0;
	else if (s->kind == KIND_RESPONSE && token == JSON_LITERAL_END && strcmp(s->key, "end") == 0)
		s->facts.end = strcmp(s->value, "true") == 0;
	else if (s->kind == KIND_RESPONSE && token == JSON_ARRAY && strcmp(s->key, "chunks") == 0)
		s->facts.chunks = true;
	else if (s->kind == KIND_DECISION && token == JSON_STRING_END && strcmp(s->key, "outcome") == 0)
		snprintf(s->facts.outcome, sizeof s->facts.outcome, "%.15s", s->value);
	else if (token == JSON_STRING_END && strcmp(s->key, "original") == 0)
		snprintf(s->facts.original, sizeof s->facts.original, "%s", s->value);
}

/* Follow the keys and plain values of the outermost object. */
static void follow(struct record_scan *s, enum json_token token, const char *p, size_t n)
{
	if (token == JSON_KEY || token == JSON_STRING || token == JSON_STRING_END)
		n = 0;
	if (token == JSON_KEY) {
		s->in_key = true;
		s->key_n = 0;
		s->key[0] = '\0';
		return;
	}
	if (s->in_key) {
		s->in_key = token != JSON_STRING_END;
		add(s->key, sizeof s->key, &s->key_n, token == JSON_CHAR ? s->json.text : p, token == JSON_CHAR ? s->json.n_text : n);
		return;
	}
	if (token == JSON_COLON) {
		s->value_n = 0;
		s->value[0] = '\0';
	} else if (token == JSON_CHAR) {
		add(s->value, sizeof s->value, &s->value_n, s->json.text, s->json.n_text);
	} else if (token != JSON_SPACE) {
		add(s->value, sizeof s->value, &s->value_n, p, n);
	}
	note(s, token);
}

/* How much of a text is characters that stand for themselves, and escapes of one letter: most of what is recorded. The scan is in the
 * same place before and after them, so where nobody asks for the text, it need not see them. */
static size_t plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\')
			i++;
		else if (c == '\\' && i + 1 < n && (p[i + 1] == '"' || p[i + 1] == '\\' || p[i + 1] == 'n'))
			i += 2;
		else
			break;
	}
	return i;
}

static size_t feed_body(struct record_scan *s, const char *p, size_t n)
{
	size_t at = 0;

	while (at < n && !s->bad && !jsonscan_done(&s->json)) {
		size_t from = at;
		bool first = s->json.depth == 0, outermost = s->json.depth == 1;
		enum json_token token = jsonscan_next(&s->json, p, n, &at);

		if (token == JSON_BAD || (first && token != JSON_OBJECT) || (token == JSON_CHAR && s->json.flaw == JSON_NOT_UTF8))
			s->bad = true;
		else if (outermost && token != JSON_MORE)
			follow(s, token, p + from, at - from);
		else if ((token == JSON_STRING || token == JSON_RUN || token == JSON_CHAR) && s->json.n_part == s->json.n_used)
			at += plain(p + at, n - at);
	}
	if (s->body && buf_add(s->body, p, at) != RC_OK)
		s->bad = true;
	return at;
}

void record_scan_feed(struct record_scan *s, struct slice piece)
{
	size_t at = 0;

	while (at < piece.n && !s->bad && s->n < s->prefix_n) {
		s->bad = !fits(s, (size_t)s->n, piece.p[at]);
		at++;
		s->n++;
	}
	if (s->bad || at == piece.n)
		return;
	at += feed_body(s, piece.p + at, piece.n - at);
	if (s->bad || at == piece.n)
		return;
	s->bad = s->closed || piece.p[at] != '}' || at + 1 != piece.n;
	s->closed = true;
}

bool record_scan_end(struct record_scan *s)
{
	return !s->bad && s->closed;
}
