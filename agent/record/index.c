#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "record_private.h"

#define READ_BYTES 65536

/* ---- writing: once for each record, so without printf ----------------------------------------------------------------- */

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

enum rc index_put(struct index_chain *chain, const struct record *record, uint32_t segment, const char f[SHA256_HEX],
		  struct buf *out)
{
	char *line = buf_room(out, BUNDLE_LINE_MAX), *to = line;

	if (!line)
		return out->rc;
	to = put_number(put_text(to, "{\"v\":1,\"seq\":"), chain->seq);
	to = put_hash(put_text(to, ",\"prev\":\""), chain->head);
	to = put_time(chain, put_text(to, "\",\"t\":\""), record->wall_ns);
	to = put_number(put_text(to, "\",\"mono\":"), (uint64_t)record->mono_ns);
	to = put_text(put_text(to, ",\"k\":\""), bundle_kind_name(record->kind));
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

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

void index_reader_init(struct index_reader *r, int fd)
{
	*r = (struct index_reader){.fd = fd};
	buf_init(&r->in, READ_BYTES + BUNDLE_LINE_MAX);
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

/* More than a line without its LF: the tail, when none comes to the end of the file (zeros, after a power failure), else no line. */
static enum rc look_for_end(const struct index_reader *r)
{
	off_t at = (off_t)r->whole_bytes;
	char bytes[4096];
	ssize_t n;

	while ((n = pread(r->fd, bytes, sizeof bytes, at)) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0 && memchr(bytes, '\n', (size_t)n))
			return RC_BAD;
		at += n > 0 ? n : 0;
	}
	return n < 0 ? RC_IO : RC_AGAIN;
}

enum rc index_next(struct index_reader *r, struct bundle_line *out)
{
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
		if (line.n >= BUNDLE_LINE_MAX)
			return look_for_end(r);
		rc = refill(r);
		if (rc == RC_END)
			return r->in.len ? RC_AGAIN : RC_END;
		if (rc != RC_OK)
			return rc;
	}
	line.n = (size_t)(lf - line.p) + 1;
	if (bundle_line_parse(line, out, NULL) != RC_OK || out->seq != r->chain.seq ||
	    memcmp(out->prev, r->chain.head, SHA256_LEN) != 0 || out->segment < 1 || out->segment > SEGMENT_NUMBER_MAX)
		return RC_BAD;
	sha256(line.p, line.n, r->chain.head);
	r->chain.seq++;
	r->at += line.n;
	r->whole_bytes += line.n;
	return RC_OK;
}
