#include "encode.h"

#include <string.h>

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum rc hex_decode(struct slice in, void *out, size_t n)
{
	unsigned char *to = out;

	if (in.n != 2 * n)
		return RC_BAD;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_value(in.p[2 * i]), lo = hex_value(in.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return RC_BAD;
		to[i] = (unsigned char)(hi << 4 | lo);
	}
	return RC_OK;
}

static enum rc encode(const char *alphabet, bool padded, const void *p, size_t n, struct buf *out)
{
	const unsigned char *in = p;
	char *to = buf_room(out, (n + 2) / 3 * 4), *start = to;

	if (!to)
		return out->rc;
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		if (left > 1)
			*to++ = alphabet[v >> 6 & 63];
		else if (padded)
			*to++ = '=';
		if (left > 2)
			*to++ = alphabet[v & 63];
		else if (padded)
			*to++ = '=';
	}
	buf_added(out, (size_t)(to - start));
	return RC_OK;
}

static enum rc decode(const char *alphabet, bool padded, struct slice in, struct buf *out)
{
	size_t n = in.n, before = out->len;
	unsigned v = 0, bits = 0;
	char *to;

	if (padded) {
		if (n % 4)
			return RC_BAD;
		while (n && in.n - n < 2 && in.p[n - 1] == '=')
			n--;
	}
	if (n % 4 == 1)
		return RC_BAD;
	to = buf_room(out, n * 3 / 4);
	if (!to)
		return out->rc;
	for (size_t i = 0; i < n; i++) {
		const char *at = in.p[i] ? strchr(alphabet, in.p[i]) : NULL;

		if (!at)
			return RC_BAD;
		v = v << 6 | (unsigned)(at - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (char)(v >> bits & 255);
		}
	}
	if (v & ((1u << bits) - 1))
		return RC_BAD;
	buf_added(out, (size_t)(to - (out->data + before)));
	return RC_OK;
}

enum rc base64_encode(const void *p, size_t n, struct buf *out)
{
	return encode(STANDARD, true, p, n, out);
}

enum rc base64_decode(struct slice in, struct buf *out)
{
	return decode(STANDARD, true, in, out);
}

enum rc base64_bare_encode(const void *p, size_t n, struct buf *out)
{
	return encode(STANDARD, false, p, n, out);
}

enum rc base64_bare_decode(struct slice in, struct buf *out)
{
	return decode(STANDARD, false, in, out);
}

enum rc base64url_encode(const void *p, size_t n, struct buf *out)
{
	return encode(URL, false, p, n, out);
}

enum rc base64url_decode(struct slice in, struct buf *out)
{
	return decode(URL, false, in, out);
}
