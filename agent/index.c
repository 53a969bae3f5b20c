#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "record_private.h"

#define READ_BYTES 65536

static const char *const KINDS[N_RECORD_KINDS] = {
	[RECORD_OPEN] = "open", [RECORD_REQUEST] = "request", [RECORD_RESPONSE] = "response", [RECORD_HOLD] = "hold",
	[RECORD_DECISION] = "decision", [RECORD_CUT] = "cut", [RECORD_GAP] = "gap", [RECORD_RENEW] = "renew",
	[RECORD_RECOVERED] = "recovered", [RECORD_CLOSE] = "close",
};

const char *record_kind_name(enum record_kind kind)
{
	return KINDS[kind];
}

enum rc record_kind_parse(struct slice name, enum record_kind *kind)
{
	for (int k = 0; k < N_RECORD_KINDS; k++) {
		if (slice_is(name, KINDS[k])) {
			*kind = (enum record_kind)k;
			return RC_OK;
		}
	}
	return RC_BAD;
}

/* ---- writing: once for each record, so without printf --------------------------------------------------------------------- */

static char *put_text(char *to, const char *text)
{
	size_t n = strlen(text);

	memcpy(to, text, n);
	return to + n;
}

static char *put_number(char *to, uint64_t v)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		*to++ = digits[--n];
	return to;
}

static char *put_hash(char *to, const unsigned char sum[SHA256_LEN])
{
	hex_encode(sum, SHA256_LEN, to);
	return to + 2 * SHA256_LEN;
}

static char *put_time(struct index_chain *chain, char *to, int64_t wall_ns)
{
	int64_t second = wall_ns / NS_PER_S, us = wall_ns % NS_PER_S / NS_PER_US;

	if (second != chain->second) {
		char text[CLOCK_TEXT];

		memcpy(chain->second_text, clock_text_s(second, text), 19);
		chain->second = second;
	}
	to = put_text(to, chain->second_text);
	*to++ = '.';
	for (int64_t unit = 100000; unit; unit /= 10)
		*to++ = (char)('0' + us / unit % 10);
	*to++ = 'Z';
	return to;
}

enum rc index_put(struct index_chain *chain, const struct record *record, uint32_t segment, const char f[SHA256_HEX], struct buf *out)
{
	char *line = buf_room(out, INDEX_LINE_MAX), *to = line;

	if (!line)
		return out->rc;
	to = put_number(put_text(to, "{\"v\":1,\"seq\":"), chain->seq);
	to = put_hash(put_text(to, ",\"prev\":\""), chain->head);
	to = put_time(chain, put_text(to, "\",\"t\":\""), record->wall_ns);
	to = put_number(put_text(to, "\",\"mono\":"), (uint64_t)record->mono_ns);
	to = put_text(put_text(to, ",\"k\":\""), KINDS[record->kind]);
	to = put_number(put_text(to, "\",\"x\":"), record->exchange);
	to = put_number(put_text(to, ",\"seg\":"), segment);
	to = put_number(put_text(to, ",\"off\":"), record->off);
	to = put_number(put_text(to, ",\"len\":"), record->len);
	to = put_hash(put_text(to, ",\"c\":\""), record->c);
	to = put_text(put_text(to, "\",\"f\":\""), f);
	to = put_text(to, "\"}\n");
	sha256(line, (size_t)(to - line), chain->head);
	chain->seq++;
	buf_added(out, (size_t)(to - line));
	return RC_OK;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------- */

static bool literal(struct slice *in, const char *text)
{
	size_t n = strlen(text);

	if (in->n < n || memcmp(in->p, text, n) != 0)
		return false;
	in->p += n;
	in->n -= n;
	return true;
}

/* The digits that put_number() writes, at most 2^63 - 1. */
static bool number(struct slice *in, uint64_t *v)
{
	const char *start = in->p;

	*v = 0;
	while (in->n && *in->p >= '0' && *in->p <= '9') {
		if (__builtin_mul_overflow(*v, 10u, v) || __builtin_add_overflow(*v, (uint64_t)(*in->p - '0'), v) || *v > INT64_MAX)
			return false;
		in->p++;
		in->n--;
	}
	return in->p > start && (*start != '0' || in->p == start + 1);
}

/* Up to the closing quote. */
static bool text(struct slice *in, struct slice *out)
{
	const char *end = memchr(in->p, '"', in->n);

	if (!end)
		return false;
	*out = (struct slice){in->p, (size_t)(end - in->p)};
	in->n -= out->n;
	in->p = end;
	return true;
}

static bool hash(struct slice *in, unsigned char sum[SHA256_LEN])
{
	struct slice hex;

	if (!text(in, &hex) || hex_decode(hex, sum, SHA256_LEN) != RC_OK)
		return false;
	for (size_t i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return false;
	return true;
}

static enum rc parse(struct slice in, unsigned char prev[SHA256_LEN], struct index_line *out)
{
	unsigned char f[SHA256_LEN];
	uint64_t mono, segment;
	struct slice t, kind;
	bool good = literal(&in, "{\"v\":1,\"seq\":") && number(&in, &out->seq) && literal(&in, ",\"prev\":\"") && hash(&in, prev) &&
		literal(&in, "\",\"t\":\"") && text(&in, &t) && literal(&in, "\",\"mono\":") && number(&in, &mono) &&
		literal(&in, ",\"k\":\"") && text(&in, &kind) && literal(&in, "\",\"x\":") && number(&in, &out->record.exchange) &&
		literal(&in, ",\"seg\":") && number(&in, &segment) && literal(&in, ",\"off\":") && number(&in, &out->record.off) &&
		literal(&in, ",\"len\":") && number(&in, &out->record.len) && literal(&in, ",\"c\":\"") && hash(&in, out->record.c) &&
		literal(&in, "\",\"f\":\"") && hash(&in, f) && literal(&in, "\"}\n") && !in.n;

	if (!good || t.n != sizeof out->t - 1 || clock_parse(t, &out->record.wall_ns) != RC_OK || segment < 1 ||
	    segment > SEGMENT_NUMBER_MAX || record_kind_parse(kind, &out->record.kind) != RC_OK)
		return RC_BAD;
	memcpy(out->t, t.p, t.n);
	out->t[t.n] = '\0';
	out->record.mono_ns = (int64_t)mono;
	out->segment = (uint32_t)segment;
	hex_encode(f, sizeof f, out->f);
	return RC_OK;
}

void index_reader_init(struct index_reader *r, int fd)
{
	*r = (struct index_reader){.fd = fd};
	buf_init(&r->in, READ_BYTES + INDEX_LINE_MAX);
}

void index_reader_free(struct index_reader *r)
{
	buf_free(&r->in);
}

/* One more read; RC_END at the end of the file. */
static enum rc refill(struct index_reader *r)
{
	char *at;
	ssize_t n;

	buf_consume(&r->in, r->at);
	r->at = 0;
	at = buf_room(&r->in, READ_BYTES);
	if (!at)
		return r->in.rc;
	do
		n = pread(r->fd, at, READ_BYTES, (off_t)(r->whole_bytes + r->in.len));
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_added(&r->in, (size_t)n);
	return n < 0 ? RC_IO : n == 0 ? RC_END : RC_OK;
}

enum rc index_next(struct index_reader *r, struct index_line *out)
{
	unsigned char prev[SHA256_LEN];
	struct slice line;
	const char *lf;
	enum rc rc;

	for (;;) {
		line = buf_slice(&r->in);
		line.p += r->at;
		line.n -= r->at;
		lf = line.n ? memchr(line.p, '\n', line.n) : NULL;
		if (lf)
			break;
		if (line.n >= INDEX_LINE_MAX)
			return RC_BAD;
		rc = refill(r);
		if (rc == RC_END)
			return r->in.len ? RC_AGAIN : RC_END;
		if (rc != RC_OK)
			return rc;
	}
	line.n = (size_t)(lf - line.p) + 1;
	if (parse(line, prev, out) != RC_OK || out->seq != r->chain.seq || memcmp(prev, r->chain.head, SHA256_LEN) != 0)
		return RC_BAD;
	sha256(line.p, line.n, r->chain.head);
	r->chain.seq++;
	r->at += line.n;
	r->whole_bytes += line.n;
	return RC_OK;
}
