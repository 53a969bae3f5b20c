/* Answers that come compressed: what they decode to, nothing behind their end, no half ones, and no bombs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <zlib.h>

#include "inflate.h"

#define DENSE_MAX ((size_t)65536)                /* which may be as dense as it likes */

/* noise incompressible bytes and then zeros; bits: 31 gzip, 15 deflate. */
static void pack(size_t noise, size_t zeros, int bits, struct buf *out)
{
	unsigned char *text = calloc(1, noise + zeros), *packed;
	uint32_t random = 1;
	uLong most;
	z_stream z = {0};

	assert_non_null(text);
	for (size_t i = 0; i < noise; i++)
		text[i] = (unsigned char)((random = random * 1664525 + 1013904223) >> 24);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	most = deflateBound(&z, (uLong)(noise + zeros));
	packed = malloc(most);
	z.next_in = text;
	z.avail_in = (unsigned)(noise + zeros);
	z.next_out = packed;
	z.avail_out = (unsigned)most;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_clear(out);
	buf_add(out, packed, z.total_out);
	deflateEnd(&z);
	free(packed);
	free(text);
}

/* The whole way of an answer that comes in pieces of so many bytes. */
static enum rc unpack(const char *coding, struct slice in, size_t piece, struct buf *out)
{
	struct inflater *z;
	enum rc rc = inflater_new(slice_str(coding), &z);

	buf_clear(out);
	assert_int_equal(rc, RC_OK);
	while (rc == RC_OK && in.n) {
		size_t n = in.n < piece ? in.n : piece;

		rc = inflater_feed(z, (struct slice){in.p, n}, out);
		in.p += n;
		in.n -= n;
	}
	if (rc == RC_OK)
		rc = inflater_finish(z);
	inflater_free(z);
	return rc;
}

static void it_decodes_to_what_it_was(void **state)
{
	static const struct {
		const char *coding;
		int bits;
	} codings[] = {{"gzip", 31}, {"x-gzip", 31}, {"GZip", 31}, {"deflate", 15}};
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		pack(1000, 40000, codings[i].bits, &in);
		for (size_t piece = 1; piece <= in.len; piece += in.len - 1) {
			assert_int_equal(unpack(codings[i].coding, buf_slice(&in), piece, &out), RC_OK);
			assert_int_equal(out.len, 41000);
		}
	}
	buf_free(&in);
	buf_free(&out);
}

static void other_codings_are_none_or_refused(void **state)
{
	struct inflater *z;

	(void)state;
	assert_int_equal(inflater_new(SLICE(""), &z), RC_OK);
	assert_null(z);
	assert_int_equal(inflater_finish(z), RC_OK);
	assert_int_equal(inflater_new(SLICE("identity"), &z), RC_OK);
	assert_null(z);
	assert_int_equal(inflater_new(SLICE("br"), &z), RC_BAD);
	assert_int_equal(inflater_new(SLICE("gzip, gzip"), &z), RC_BAD);
}

static void it_ends_where_it_says_and_nowhere_else(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	pack(1000, 0, 31, &in);
	assert_int_equal(unpack("deflate", buf_slice(&in), in.len, &out), RC_BAD);
	assert_int_equal(unpack("gzip", (struct slice){in.data, in.len - 1}, in.len, &out), RC_BAD);
	buf_putc(&in, 'x');
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), RC_BAD);
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len - 1, &out), RC_BAD);
	buf_free(&in);
	buf_free(&out);
}

/* As long as it may be dense, and then at most a hundred times what came; and never more than there is room for. */
static void no_answer_grows_without_end(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	pack(0, DENSE_MAX, 31, &in);
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), RC_OK);
	pack(0, DENSE_MAX + 1, 31, &in);
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), RC_TOO_BIG);
	for (size_t more = 0; more < 2; more++) {
		size_t noise = 2000, zeros = 200000;

		for (pack(noise, zeros, 31, &in); (noise + zeros) / 100 != in.len + more; pack(noise, zeros, 31, &in))
			zeros = 100 * (in.len + more) - noise;
		assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), more ? RC_TOO_BIG : RC_OK);
	}
	buf_free(&out);
	buf_init(&out, 1000);
	pack(1001, 0, 31, &in);
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), RC_TOO_BIG);
	pack(1000, 0, 31, &in);
	assert_int_equal(unpack("gzip", buf_slice(&in), in.len, &out), RC_OK);
	buf_free(&in);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_decodes_to_what_it_was),
		cmocka_unit_test(other_codings_are_none_or_refused),
		cmocka_unit_test(it_ends_where_it_says_and_nowhere_else),
		cmocka_unit_test(no_answer_grows_without_end),
	};

	return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
