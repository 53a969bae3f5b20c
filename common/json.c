#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"
#include "utf8.h"

#define DEPTH_MAX 64
#define FEW 64

bool utf8_valid(struct slice text)
{
	for (size_t i = 0; i < text.n;) {
		uint64_t eight;
		uint32_t c;
		int n;

		if (text.n - i >= sizeof eight) {
			memcpy(&eight, text.p + i, sizeof eight);
			if (!(eight & 0x8080808080808080)) {     /* all ASCII, as most are */
				i += sizeof eight;
				continue;
			}
		}
		n = utf8_decode(text.p + i, text.n - i, &c);
		if (n <= 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that an object of very many members takes no longer than it must. */
static bool keys_differ(const cJSON *object)
{
	const char *few[FEW], **keys = few;
	size_t n = 0, i = 1;

	for (const cJSON *c = object->child; c; c = c->next)
		n++;
	if (n > FEW)
		keys = malloc(n * sizeof *keys);
	if (!keys)
		return false;
	n = 0;
	for (const cJSON *c = object->child; c; c = c->next)
		keys[n++] = c->string;
	qsort(keys, n, sizeof *keys, by_key);
	while (i < n && strcmp(keys[i - 1], keys[i]) != 0)
		i++;
	if (keys != few)
		free(keys);
	return i >= n;
}

static bool acceptable(const cJSON *v, int depth)
{
	if (depth > DEPTH_MAX || (cJSON_IsObject(v) && !keys_differ(v)))
		return false;
	for (const cJSON *c = v->child; c; c = c->next)
		if (!acceptable(c, depth + 1))
			return false;
	return true;
}

/* cJSON drops what follows an escaped NUL. */
static bool has_nul(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\0')
			return true;
		if (text.p[i] != '\\' || i + 1 >= text.n)
			continue;
		if (text.p[i + 1] == 'u' && text.n - i >= 6 && memcmp(text.p + i + 2, "0000", 4) == 0)
			return true;
		i++;
	}
	return false;
}

enum rc json_read(struct slice text, cJSON **out)
{
	const char *end = NULL;
	cJSON *value;

	*out = NULL;
	if (!utf8_valid(text) || has_nul(text))
		return RC_BAD;
	errno = 0;                                       /* cJSON does not say why; malloc(3) does */
	value = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);
	while (value && end < text.p + text.n && strchr(" \t\r\n", *end))
		end++;
	if (value && end == text.p + text.n && acceptable(value, 0)) {
		*out = value;
		return RC_OK;
	}
	cJSON_Delete(value);
	return errno == ENOMEM ? RC_NOMEM : RC_BAD;
}

cJSON *json_parse(struct slice text)
{
	cJSON *value;

	return json_read(text, &value) == RC_OK ? value : NULL;
}

const char *json_text(const cJSON *object, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

const char *json_text_or_empty(const cJSON *object, const char *key)
{
	const char *text = json_text(object, key);

	return text ? text : "";
}

bool json_int(const cJSON *object, const char *key, int64_t *value)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsNumber(v) || fabs(v->valuedouble) > 9007199254740992.0 || floor(v->valuedouble) != v->valuedouble)
		return false;
	*value = (int64_t)v->valuedouble;
	return true;
}

bool json_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const cJSON *json_array(const cJSON *object, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsArray(v) ? v : NULL;
}

const cJSON *json_object(const cJSON *object, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsObject(v) ? v : NULL;
}

/* What a byte becomes inside a string when it cannot stand for itself. */
static size_t escape(unsigned char c, char out[6])
{
	static const char hex[] = "0123456789abcdef";

	out[0] = '\\';
	if (c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r') {
		out[1] = (char)(c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c);
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

enum rc json_add_string(struct buf *out, struct slice text)
{
	char escaped[6];

	buf_putc(out, '"');
	while (text.n) {
		size_t n = jsonscan_plain(text.p, text.n);
		unsigned char c;

		buf_add(out, text.p, n);
		if (n == text.n)
			break;
		c = (unsigned char)text.p[n];
		if (c < 0x80)
			buf_add(out, escaped, escape(c, escaped));
		else
			buf_add(out, "\xef\xbf\xbd", 3);        /* U+FFFD for what is no character */
		text = (struct slice){text.p + n + 1, text.n - n - 1};
	}
	return buf_putc(out, '"');
}

enum rc json_add_str(struct buf *out, const char *text)
{
	return text ? json_add_string(out, slice_str(text)) : buf_puts(out, "null");
}
