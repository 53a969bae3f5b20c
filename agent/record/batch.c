/* Records as they are put together for a segment, and their originals beside them. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "encode.h"
#include "record_private.h"

#define LINES_MAX_BYTES ((size_t)256 << 20)
#define SALT_LEN 16
#define KEPT_BYTES ((size_t)65536)               /* room that a buffer keeps however little it is used */

void batch_init(struct batch *b)
{
	buf_init(&b->text, RECORD_MAX_BYTES);
	buf_init(&b->records, LINES_MAX_BYTES);
	buf_init(&b->originals, RECORD_MAX_BYTES);
}

void batch_free(struct batch *b)
{
	buf_free(&b->text);
	buf_free(&b->records);
	buf_free(&b->originals);
}

void batch_empty(struct buf *b)
{
	if (b->cap > KEPT_BYTES && b->cap / 4 > b->len)
		buf_free(b);
	else
		buf_clear(b);
}

void batch_clear(struct batch *b)
{
	batch_empty(&b->text);
	batch_empty(&b->records);
	batch_empty(&b->originals);
}

/* One call of the generator for many salts, as it costs more than all else that is done for a record. Each thread has its own,
 * and each salt is used once. */
static void take_salt(unsigned char salt[SALT_LEN])
{
	static _Thread_local unsigned char pool[64 * SALT_LEN];
	static _Thread_local size_t left;

	if (!left) {
		random_bytes(pool, sizeof pool);
		left = sizeof pool;
	}
	left -= SALT_LEN;
	memcpy(salt, pool + left, SALT_LEN);
	memset(pool + left, 0, SALT_LEN);
}

/* A line up to its body, with a salt of its own. */
static size_t begin_line(enum bundle_kind kind, char out[96])
{
	unsigned char salt[SALT_LEN], text[SALT_TEXT + 1];

	take_salt(salt);
	EVP_EncodeBlock(text, salt, sizeof salt);
	return (size_t)snprintf(out, 96, "{\"salt\":\"%s\",\"k\":\"%s\",\"body\":", text, bundle_kind_name(kind));
}

static void hash_line(struct slice begin, struct slice body, struct slice end, unsigned char out[SHA256_LEN])
{
	struct sha256_ctx sum;

	sha256_begin(&sum);
	sha256_more(&sum, begin.p, begin.n);
	sha256_more(&sum, body.p, body.n);
	sha256_more(&sum, end.p, end.n);
	sha256_end(&sum, out);
}

/* The original's line, and its hash as the last member of the body. */
static void add_original(enum bundle_kind kind, struct slice original, struct record_line *out)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	out->original = original;
	out->original_begin_n = begin_line(kind, out->original_begin);
	hash_line((struct slice){out->original_begin, out->original_begin_n}, original, SLICE("}"), sum);
	hex_encode(sum, sizeof sum, hex);
	out->end_n = (size_t)snprintf(out->end, sizeof out->end, ",\"original\":\"%s\"}}", hex);
}

void record_line_make(enum bundle_kind kind, uint64_t exchange, struct slice body, struct slice original, bool emergency,
		      struct record_line *out)
{
	out->begin_n = begin_line(kind, out->begin);
	out->end_n = (size_t)snprintf(out->end, sizeof out->end, "}}");
	out->original = NO_ORIGINAL;
	body.n--;
	if (emergency) {                                 /* the body goes on behind its brace */
		out->begin_n += (size_t)snprintf(out->begin + out->begin_n, sizeof out->begin - out->begin_n, "{\"emergency\":true%s",
						 body.n > 1 ? "," : "");
		body.p++;
		body.n--;
	}
	if (original.n)
		add_original(kind, original, out);
	out->body = body;
	out->record = (struct record){.exchange = exchange, .len = out->begin_n + body.n + out->end_n, .kind = kind};
	hash_line((struct slice){out->begin, out->begin_n}, body, (struct slice){out->end, out->end_n}, out->record.c);
}

/* Its original's line, with what closes it and its LF; 0: it has none. */
static size_t original_bytes(const struct record_line *line)
{
	return line->original.n ? line->original_begin_n + line->original.n + 2 : 0;
}

size_t record_line_bytes(const struct record_line *line)
{
	return (size_t)line->record.len + original_bytes(line);
}

enum rc batch_join(struct batch *first, struct batch *then)
{
	enum rc rc = buf_add_buf(&first->text, &then->text);

	if (rc == RC_OK)
		rc = buf_add_buf(&first->records, &then->records);
	if (rc == RC_OK)
		rc = buf_add_buf(&first->originals, &then->originals);
	batch_clear(then);
	return rc;
}

static void add_line(struct buf *text, char *to, struct slice begin, struct slice body, struct slice end)
{
	memcpy(to, begin.p, begin.n);
	memcpy(to + begin.n, body.p, body.n);
	memcpy(to + begin.n + body.n, end.p, end.n);
	buf_added(text, begin.n + body.n + end.n);
}

enum rc batch_add(struct batch *b, const struct record_line *line, int64_t wall_ns, int64_t mono_ns)
{
	struct record record = line->record;
	char *to = buf_room(&b->text, record.len + 1);

	record.wall_ns = wall_ns;
	record.mono_ns = mono_ns;
	record.off = b->text.len;
	if (!to || !buf_room(&b->records, sizeof record))
		return b->text.rc != RC_OK ? b->text.rc : b->records.rc;
	if (line->original.n) {
		char *original = buf_room(&b->originals, original_bytes(line));

		if (!original)
			return b->originals.rc;
		add_line(&b->originals, original, (struct slice){line->original_begin, line->original_begin_n}, line->original, SLICE("}\n"));
	}
	add_line(&b->text, to, (struct slice){line->begin, line->begin_n}, line->body, (struct slice){line->end, line->end_n});
	buf_putc(&b->text, '\n');
	return buf_add(&b->records, &record, sizeof record);
}
