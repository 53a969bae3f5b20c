#include "preface.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "wipe.h"

#define SESSION_KEY_LEN 43                       /* base64url of 32 bytes */
#define GREETING_MAX 64

/* The first line of in, without CRLF. RC_AGAIN until it is there. */
static enum rc first_line(struct slice in, size_t max, struct slice *line, size_t *used)
{
	const char *lf = memchr(in.p, '\n', in.n < max ? in.n : max);

	if (!lf)
		return in.n >= max ? RC_BAD : RC_AGAIN;
	*used = (size_t)(lf - in.p) + 1;
	if (*used < 2 || lf[-1] != '\r')
		return RC_BAD;
	*line = (struct slice){in.p, *used - 2};
	return RC_OK;
}

/* Cut s at its first space; false when there is none. */
static bool cut(struct slice s, struct slice *head, struct slice *tail)
{
	const char *space = memchr(s.p, ' ', s.n);

	if (!space)
		return false;
	*head = (struct slice){s.p, (size_t)(space - s.p)};
	*tail = (struct slice){space + 1, s.n - head->n - 1};
	return true;
}

/* Is s base64url of exactly 32 bytes? */
static bool is_key_text(struct slice s)
{
	struct buf raw;
	bool ok;

	if (s.n != SESSION_KEY_LEN)
		return false;
	buf_init(&raw, 64);
	ok = base64url_decode(s, &raw) == RC_OK && raw.len == 32;
	buf_free(&raw);
	return ok;
}

static enum rc get_der(struct slice text, unsigned char *out, size_t max, size_t *n)
{
	struct buf raw;
	enum rc rc = RC_BAD;

	buf_init(&raw, max);
	if (base64url_decode(text, &raw) == RC_OK && raw.len > 0) {
		memcpy(out, raw.data, raw.len);
		*n = raw.len;
		rc = RC_OK;
	}
	buf_free(&raw);
	return rc;
}

enum rc preface_parse(struct slice in, struct preface *out, size_t *used)
{
	struct slice line, word, rest, key, sig;
	enum rc rc;

	*out = (struct preface){0};
	if (in.n == 0)
		return RC_AGAIN;
	rc = first_line(in, PREFACE_LINE_MAX, &line, used);
	if (rc != RC_OK)
		return rc;
	if (!cut(line, &word, &rest))
		return RC_BAD;
	if (slice_is(word, "data")) {
		if (!is_key_text(rest))
			return RC_BAD;
		out->kind = PREFACE_DATA;
		memcpy(out->session_key, rest.p, rest.n);
		return RC_OK;
	}
	if (!slice_is(word, "control") || !cut(rest, &key, &sig) ||
	    get_der(key, out->key_der, sizeof out->key_der, &out->key_der_n) != RC_OK ||
	    get_der(sig, out->sig_der, sizeof out->sig_der, &out->sig_der_n) != RC_OK)
		return RC_BAD;
	out->kind = PREFACE_CONTROL;
	return RC_OK;
}

enum rc preface_greeting_parse(struct slice in, char challenge[PREFACE_CHALLENGE_LEN + 1], size_t *used)
{
	struct slice line, word, text;
	enum rc rc;

	if (in.n == 0)
		return RC_AGAIN;
	rc = first_line(in, GREETING_MAX, &line, used);
	if (rc != RC_OK)
		return rc;
	if (!cut(line, &word, &text) || !slice_is(word, "PHIGATE/1") || !is_key_text(text))
		return RC_BAD;
	memcpy(challenge, text.p, text.n);
	challenge[text.n] = '\0';
	return RC_OK;
}

enum rc preface_banner_parse(const char *banner, int *port, char id[64])
{
	static const char mark[] = " phigate/1:";
	const char *at = strstr(banner, mark), *name;
	size_t digits, n;
	long value;

	if (!at || strncmp(banner, "SSH-2.0-", 8) != 0)
		return RC_BAD;
	at += sizeof mark - 1;
	digits = strspn(at, "0123456789");
	if (digits < 1 || digits > 5 || at[digits] != ' ')
		return RC_BAD;
	value = strtol(at, NULL, 10);
	name = at + digits + 1;
	n = strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
	if (value < 1 || value > 65535 || n < 1 || n > 63 || (name[n] != '\0' && name[n] != '\r' && name[n] != '\n'))
		return RC_BAD;
	memcpy(id, name, n);
	id[n] = '\0';
	*port = (int)value;
	return RC_OK;
}
