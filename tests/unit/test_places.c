/* Going to an exchange or a time of a recording: found in the index alone, and no segment before it is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "bundle_make.h"
#include "places.h"

static char file[] = "/tmp/phigate-places.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static struct bundle *opened(struct bundle_make *m)
{
	struct bundle *b;

	bundle_make_all(m);
	bundle_make_write(m, file);
	assert_int_equal(bundle_open(file, &b, NULL), RC_OK);
	bundle_make_free(m);
	return b;
}

static void break_index(struct buf *index)
{
	memcpy(strstr(index->data, "\"k\":\"renew\""), "\"k\":\"never\"", 11);
}

static void test_each_exchange_has_its_place(void **state)
{
	struct bundle_record record;
	struct bundle_make m;
	struct places p;
	struct bundle *b;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	b = opened(&m);
	assert_int_equal(places_learn(b, &p, NULL), RC_OK);
	assert_int_equal(p.n, 3);
	for (uint64_t x = 1; x <= 3; x++) {
		const struct place *place = places_of(&p, x);

		assert_int_equal(place->exchange, x);
		assert_int_equal(bundle_seek(b, place->first), RC_OK);
		assert_int_equal(bundle_tell(b), place->first);
		assert_int_equal(bundle_next_line(b, &record, NULL), RC_OK);
		assert_string_equal(record.kind, "request");
		assert_int_equal(record.exchange, x);
		assert_int_equal(record.mono_ns, place->begin_ns);
		while (bundle_tell(b) < place->end)
			assert_int_equal(bundle_next_line(b, &record, NULL), RC_OK);
		assert_int_equal(record.exchange, x);
		assert_int_equal(record.mono_ns, place->end_ns);
	}
	assert_null(places_of(&p, 4));
	assert_null(places_of(&p, 0));
	assert_null(places_before(&p, p.begin_ns - 1));
	assert_int_equal(places_before(&p, p.all[1].begin_ns)->exchange, 2);
	assert_int_equal(places_before(&p, p.all[1].begin_ns - 1)->exchange, 1);
	assert_int_equal(places_before(&p, INT64_MAX)->exchange, 3);
	assert_int_equal(bundle_seek(b, UINT64_MAX), RC_BAD);
	places_free(&p);
	bundle_free(b);
}

static void test_what_is_broken_in_the_index_hides_nothing_else(void **state)
{
	struct bundle_make m;
	struct places p;
	struct bundle *b;
	size_t n;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	n = m.n_records;
	m.hooks.index = break_index;
	b = opened(&m);
	assert_int_equal(places_learn(b, &p, NULL), RC_OK);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.lines, n);
	places_free(&p);
	bundle_free(b);
}

static void empty(struct buf *index)
{
	buf_clear(index);
}

static void test_without_records_there_is_no_place(void **state)
{
	struct bundle_make m;
	struct places p;
	struct bundle *b;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.index = empty;
	b = opened(&m);
	assert_int_equal(places_learn(b, &p, NULL), RC_OK);
	assert_int_equal(p.n, 0);
	assert_null(places_of(&p, 1));
	assert_null(places_before(&p, INT64_MAX));
	places_free(&p);
	bundle_free(b);
}

/* The records of segments before the place are damaged once the file is open: nobody notices. */
static void test_no_segment_before_the_place_is_read(void **state)
{
	struct bundle_record record;
	struct bundle_make m;
	struct why why = {0};
	struct places p;
	struct bundle *b;
	size_t from, to;
	FILE *f;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	from = (size_t)((char *)memmem(m.tar.data, m.tar.len, "seg-000001", 10) - m.tar.data) + TAR_BLOCK;
	from = (size_t)((char *)memmem(m.tar.data + from - TAR_BLOCK, m.tar.len - from, "{\"salt\"", 7) - m.tar.data);
	to = (size_t)((char *)memmem(m.tar.data + from, m.tar.len - from, "seg-000003", 10) - m.tar.data);
	assert_int_equal(bundle_open(file, &b, NULL), RC_OK);
	assert_int_equal(places_learn(b, &p, NULL), RC_OK);
	f = fopen(file, "r+");
	assert_non_null(f);
	fseek(f, (long)from, SEEK_SET);
	for (size_t at = from; at < to; at++)
		fputc('?', f);
	fclose(f);
	assert_int_equal(bundle_rewind(b), RC_OK);
	assert_int_equal(bundle_next(b, &record, &why), RC_BAD);         /* damaged indeed */
	assert_int_equal(bundle_seek(b, places_of(&p, 2)->first), RC_OK);
	assert_int_equal(bundle_next_line(b, &record, &why), RC_OK);
	assert_int_equal(record.body.n, 0);
	assert_int_equal(bundle_body(b, &record, &why), RC_OK);
	assert_true(slice_is(record.body, m.records[record.seq].body));
	assert_int_equal(record.exchange, 2);
	places_free(&p);
	bundle_free(b);
	bundle_make_free(&m);
}

/* Many exchanges, so that the table grows; from the last to the first. */
static void many_lines(struct buf *index)
{
	struct buf line;

	buf_init(&line, BUF_MAX_DEFAULT);
	buf_add_slice(&line, buf_slice(index));
	buf_clear(index);
	for (int i = 0; i < 5000; i++) {
		const char *x = strstr(line.data, "\"x\":1,");

		buf_add(index, line.data, (size_t)(x - line.data));
		buf_printf(index, "\"x\":%d,", 5000 - i);
		buf_puts(index, x + 6);
	}
	buf_free(&line);
}

static void test_any_number_in_any_order_is_found(void **state)
{
	struct bundle_make m;
	struct places p;
	struct bundle *b;

	(void)state;
	bundle_make_init(&m);
	bundle_make_record(&m, "request", 1, 1, "{}");
	m.hooks.index = many_lines;
	b = opened(&m);
	assert_int_equal(places_learn(b, &p, NULL), RC_OK);
	assert_int_equal(p.n, 5000);
	for (uint64_t x = 1; x <= 5000; x++)
		assert_int_equal(places_of(&p, x)->exchange, x);
	assert_null(places_of(&p, 5001));
	places_free(&p);
	bundle_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_exchange_has_its_place),
		cmocka_unit_test(test_what_is_broken_in_the_index_hides_nothing_else),
		cmocka_unit_test(test_without_records_there_is_no_place),
		cmocka_unit_test(test_no_segment_before_the_place_is_read),
		cmocka_unit_test(test_any_number_in_any_order_is_found),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
