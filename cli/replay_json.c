#include <string.h>

#include "clock.h"
#include "jsonscan.h"
#include "replay.h"
#include "utf8.h"

static bool is_plain(const char *p, size_t n)
{
	struct buf shown;
	bool plain;

	buf_init(&shown, 64);
	plain = term_escape((struct slice){p, n}, &shown) == RC_OK && shown.len == n && memcmp(shown.data, p, n) == 0;
	buf_free(&shown);
	return plain;
}

static void put_escape(FILE *f, uint32_t c)
{
	if (c >= 0x10000)
		fprintf(f, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		fprintf(f, "\\u%04x", c);
}

/* Characters of a string, as they stand in JSON. */
static void put_text(FILE *f, const char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t plain = at;
		uint32_t c;
		int len;

		while (plain < n && (unsigned char)p[plain] < 0x7f)
			plain++;
		fwrite(p + at, 1, plain - at, f);
		at = plain;
		if (at == n)
			return;
		len = utf8_decode(p + at, n - at, &c);
		if (len <= 0)
			fputs("\\ufffd", f);
		else if (is_plain(p + at, (size_t)len))
			fwrite(p + at, 1, (size_t)len, f);
		else
			put_escape(f, c);
		at += len > 0 ? (size_t)len : 1;
	}
}

/* The body again, without white space between its parts. */
static void put_body(FILE *f, struct slice body)
{
	struct jsonscan scan = {0};
	size_t at = 0;

	while (at < body.n) {
		size_t from = at;
		enum json_token token = jsonscan_next(&scan, body.p, body.n, &at);

		if (token == JSON_BAD || token == JSON_MORE)
			return;
		if (token == JSON_RUN || token == JSON_CHAR)
			put_text(f, body.p + from, at - from);
		else if (token != JSON_SPACE)
			fwrite(body.p + from, 1, at - from, f);
	}
}

enum rc replay_json(FILE *f, const struct bundle_record *record)
{
	char time[CLOCK_TEXT];

	fprintf(f, "{\"seq\":%llu,\"time\":\"%s\",\"mono_ns\":%lld,\"kind\":\"%s\",\"exchange\":%llu,\"body\":",
		(unsigned long long)record->seq, clock_text_us(record->wall_ns, time), (long long)record->mono_ns, record->kind,
		(unsigned long long)record->exchange);
	put_body(f, record->body);
	fputs("}\n", f);
	return ferror(f) ? RC_IO : RC_OK;
}
