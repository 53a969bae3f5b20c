/* Bundles whose segments are encrypted: what can be said of them without a key, with the right one and with another. Of originals, the script of
 * stock tools says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bech32.h"
#include "bundle.h"
#include "bundle_make.h"

static char dir[] = "/tmp/phigate-sealed.XXXXXX", file[64];
static struct age_identities *keys[2];           /* it is sealed for the first */
static struct age_recipients recipients[2];
static char large[200 << 10], key_texts[2][128], records_text[512];

static int make_dir(void **state)
{
	unsigned char secret[AGE_KEY_LEN];
	struct buf text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		buf_init(&text, 256);
		random_bytes(secret, sizeof secret);
		bundle_make_must(bech32_encode("AGE-SECRET-KEY-", secret, &text) == RC_OK);
		bundle_make_must(age_identities_read(buf_slice(&text), &keys[i], NULL) == RC_OK);
		age_identities_recipients(keys[i], &recipients[i]);
		snprintf(key_texts[i], sizeof key_texts[i], "%s", text.data);
		buf_free(&text);
	}
	snprintf(large, sizeof large, "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":\"%0*d\"}", 150000, 7);
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof file, "%s/bundle.tar", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	age_identities_free(keys[0]);
	age_identities_free(keys[1]);
	unlink(file);
	return rmdir(dir);
}

struct results {
	enum bundle_result segments, records, story;
};

static void tell(void *arg, const struct bundle_check *check)
{
	struct results *r = arg;

	if (strcmp(check->name, "segments") == 0)
		r->segments = check->result;
	else if (strcmp(check->name, "records") == 0)
		r->records = check->result;
	if (strcmp(check->name, "records") == 0)
		snprintf(records_text, sizeof records_text, "%s", check->text);
	if (strcmp(check->name, "story") == 0)
		r->story = check->result;
}

/* A sealed session, one of its records longer than two of age's chunks. */
static void make(struct bundle_make *m, const struct bundle_make_hooks *hooks)
{
	bundle_make_init(m);
	m->recipients = recipients[0];
	if (hooks)
		m->hooks = *hooks;
	bundle_make_session(m);
	m->records[1].body = large;
	bundle_make_all(m);
	bundle_make_write(m, file);
}

static struct bundle *open_with(const struct age_identities *with)
{
	struct why why = {0};
	struct bundle *b;

	if (bundle_open(file, &b, &why) != RC_OK)
		fail_msg("%s", why.text);
	bundle_unlock(b, with);
	return b;
}

/* As one who knows its signer. */
static enum rc verify(const struct bundle_make *m, struct bundle *b, struct results *told, struct why *why)
{
	struct signers *signers = signers_new();
	struct buf text;
	enum rc rc;

	buf_init(&text, 4096);
	bundle_make_signers(m, "gpu-1@phigate", "", &text);
	assert_int_equal(signers_parse(signers, buf_slice(&text), NULL), RC_OK);
	rc = bundle_verify(b, &(struct bundle_trust){.signers = signers}, tell, told, why);
	signers_free(signers);
	buf_free(&text);
	return rc;
}

static void test_with_the_key_all_records_hold_and_are_read(void **state)
{
	struct bundle_record record;
	struct results told = {0};
	struct why why = {0};
	struct bundle_make m;
	uint64_t places[MADE_RECORDS], n;
	struct bundle *b;

	(void)state;
	make(&m, NULL);
	b = open_with(keys[0]);
	if (verify(&m, b, &told, &why) != RC_OK)
		fail_msg("%s", why.text);
	assert_int_equal(told.records, BUNDLE_HOLDS);
	assert_int_equal(told.story, BUNDLE_HOLDS);
	assert_int_equal(bundle_rewind(b), RC_OK);
	for (n = 0; places[n] = bundle_tell(b), bundle_next(b, &record, &why) == RC_OK; n++)
		assert_true(slice_is(record.body, m.records[n].body));
	assert_int_equal(n, m.n_records);
	while (n--) {                            /* and backwards */
		assert_int_equal(bundle_seek(b, places[n]), RC_OK);
		assert_int_equal(bundle_next(b, &record, &why), RC_OK);
		assert_true(slice_is(record.body, m.records[n].body));
	}
	bundle_free(b);
	bundle_make_free(&m);
}

static void test_without_a_key_all_but_the_records_holds_and_none_is_shown(void **state)
{
	struct bundle_record record;
	struct results told = {0};
	struct why why = {0};
	struct bundle_make m;
	struct bundle *b;
	size_t n = 0;
	enum rc rc;

	(void)state;
	make(&m, NULL);
	b = open_with(NULL);
	assert_int_equal(verify(&m, b, &told, &why), RC_OK);
	assert_int_equal(told.segments, BUNDLE_HOLDS);
	assert_int_equal(told.records, BUNDLE_SKIPPED);
	assert_int_equal(bundle_rewind(b), RC_OK);
	while ((rc = bundle_next(b, &record, &why)) == RC_DENIED) {
		assert_string_equal(record.kind, m.records[n++].kind);
		assert_int_equal(record.body.n, 0);
	}
	assert_int_equal(rc, RC_END);
	assert_int_equal(n, m.n_records);
	bundle_free(b);
	bundle_make_free(&m);
}

static void test_another_key_fails_and_is_told_which_one_would_do(void **state)
{
	struct bundle_record record;
	struct results told = {0};
	struct why why = {0};
	struct bundle_make m;
	struct buf wanted;
	struct bundle *b;

	(void)state;
	buf_init(&wanted, 256);
	assert_int_equal(age_recipients_text(&recipients[0], 0, &wanted), RC_OK);
	make(&m, NULL);
	b = open_with(keys[1]);
	assert_int_equal(verify(&m, b, &told, &why), RC_BAD);
	assert_int_equal(told.segments, BUNDLE_HOLDS);
	assert_int_equal(told.records, BUNDLE_FAILS);
	assert_non_null(strstr(why.text, "records: seg-000001.jsonl.age is encrypted for 1 recipient"));
	assert_non_null(strstr(why.text, wanted.data));
	assert_int_equal(bundle_rewind(b), RC_OK);
	assert_int_equal(bundle_next(b, &record, &why), RC_DENIED);
	assert_int_equal(record.body.n, 0);
	bundle_free(b);
	buf_free(&wanted);
	bundle_make_free(&m);
}

/* ---- hands laid on it, with all hashes and signatures made anew ------------------------------------------------------------ */

static void other_text(struct buf *text, unsigned number)
{
	char *at = number == 1 ? memmem(text->data, text->len, "ward round", 10) : NULL;

	if (at)
		memcpy(at, "home visit", 10);
}

static void more_text(struct buf *text, unsigned number)
{
	if (number == 2)
		buf_puts(text, "{\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"k\":\"gap\",\"body\":{}}\n");
}

static void less_text(struct buf *text, unsigned number)
{
	if (number == 1)
		buf_truncate(text, text->len / 2);
}

static void no_text(struct buf *text, unsigned number)
{
	if (number == 2)
		buf_truncate(text, 0);
}

static void cut(struct buf *stored, unsigned number)
{
	if (number == 1)
		buf_truncate(stored, stored->len - 1000);
}

static void changed_end(struct buf *stored, unsigned number)
{
	if (number == 2)
		stored->data[stored->len - 1] ^= 1;
}

static void changed_head(struct buf *stored, unsigned number)
{
	if (number == 2)
		stored->data[40] ^= 1;
}

static void plain(struct buf *stored, unsigned number)
{
	if (number == 2) {
		buf_clear(stored);
		buf_puts(stored, "{\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"k\":\"gap\",\"body\":{}}\n");
	}
}

static void test_what_is_sealed_must_be_what_the_index_tells_of(void **state)
{
	static const struct {
		struct bundle_make_hooks hooks;
		const char *why;
	} rows[] = {
		{{.segment = other_text}, "records: record 0 is not the one that the index tells of"},
		{{.segment = more_text}, "records: seg-000002.jsonl.age has records that the index does not know"},
		{{.segment = less_text}, "records: record 1 does not end where the index says"},
		{{.segment = no_text}, "records: record 2 does not end where the index says"},
		{{.sealed = cut}, "records: seg-000001.jsonl.age does not open"},
		{{.sealed = changed_end}, "records: seg-000002.jsonl.age does not open"},
		{{.sealed = changed_head}, "records: seg-000002.jsonl.age"},
		{{.sealed = plain}, "records: seg-000002.jsonl.age does not open: it is no file of age"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bundle_record record;
		struct results told = {0};
		struct why why = {0};
		struct bundle_make m;
		struct bundle *b;
		size_t bad = 0, n = 0;
		enum rc rc;

		make(&m, &rows[i].hooks);
		b = open_with(keys[0]);
		assert_int_equal(verify(&m, b, &told, &why), RC_BAD);
		if (strncmp(why.text, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("row %zu: %s", i, why.text);
		assert_int_equal(bundle_rewind(b), RC_OK);
		while ((rc = bundle_next(b, &record, &why)) != RC_END && n++ < m.n_records) {
			bad += rc != RC_OK;
			assert_true(rc == RC_OK || record.body.n == 0);
		}
		assert_int_equal(n, m.n_records);
		assert_true(bad || rows[i].hooks.segment == more_text);
		bundle_free(b);
		bundle_make_free(&m);
	}
}

/* ---- originals, for the second key ------------------------------------------------------------------------------------------ */

enum { ORIGINALS_OF = 3 };                       /* records 1, 3 and 4: one of segment 1, two of segment 2 */

static const struct {
	size_t record;
	unsigned segment;
	const char *line;
} originals[ORIGINALS_OF] = {
	{1, 1, "{\"salt\":\"AQEBAQEBAQEBAQEBAQEBAQ==\",\"k\":\"request\",\"body\":{\"text\":\"Jane Smith\"}}"},
	{3, 2, "{\"salt\":\"AgICAgICAgICAgICAgICAg==\",\"k\":\"response\",\"body\":{\"chunks\":[[1,\"Dr. Ruth\"]]}}"},
	{4, 2, "{\"salt\":\"AwMDAwMDAwMDAwMDAwMDAw==\",\"k\":\"response\",\"body\":{\"chunks\":[[2,\"536-22-8741\"]],\"end\":true}}"},
};

static struct bundle_make *originals_in;
static void (*lay_hands)(struct buf texts[2]);   /* on the two files, before they are encrypted; all is signed behind it */
static bool in_clear, removed, cut_off, without_segment;

static void swap_lines(struct buf texts[2])
{
	buf_clear(&texts[1]);
	buf_printf(&texts[1], "%s\n%s\n", originals[2].line, originals[1].line);
}

static void swap_files(struct buf texts[2])
{
	struct buf first = texts[0];

	texts[0] = texts[1];
	texts[1] = first;
}

static void change_text(struct buf texts[2])
{
	memcpy(memmem(texts[0].data, texts[0].len, "Jane", 4), "Joan", 4);
}

static void drop_line(struct buf texts[2])
{
	buf_truncate(&texts[1], strlen(originals[1].line) + 1);
}

static void one_line_more(struct buf texts[2])
{
	buf_printf(&texts[1], "%s\n", originals[1].line);
}

static void no_end(struct buf texts[2])
{
	buf_truncate(&texts[1], texts[1].len - 1);
}

static void remove_all(struct buf texts[2])
{
	buf_clear(&texts[0]);
	removed = true;
}

static void cut_stored(struct buf texts[2])
{
	(void)texts;
	cut_off = true;
}

static void put_without_segment(struct buf texts[2])
{
	(void)texts;
	without_segment = true;
}

/* Before the sums: the files of originals. */
static void add_originals(struct buf *session)
{
	struct buf texts[2];

	(void)session;
	removed = cut_off = without_segment = false;
	for (int i = 0; i < 2; i++)
		buf_init(&texts[i], 4096);
	for (size_t i = 0; i < ORIGINALS_OF; i++)
		buf_printf(&texts[originals[i].segment - 1], "%s\n", originals[i].line);
	if (lay_hands)
		lay_hands(texts);
	for (int i = 0; i < 2; i++) {
		char name[32];
		struct buf *stored;

		if (i == 0 && removed)
			continue;
		snprintf(name, sizeof name, "orig-%06d.jsonl.age", without_segment && i ? 9 : i + 1);
		stored = &bundle_make_member(originals_in, name)->data;
		bundle_make_must(age_seal(&recipients[1], buf_slice(&texts[i]), bundle_make_keep, stored) == RC_OK);
		if (cut_off)
			buf_truncate(stored, stored->len - 8);
	}
	for (int i = 0; i < 2; i++)
		buf_free(&texts[i]);
}

static void make_originals(struct bundle_make *m, void (*hands)(struct buf texts[2]))
{
	static char bodies[ORIGINALS_OF][2048];

	bundle_make_init(m);
	m->recipients = in_clear ? (struct age_recipients){0} : recipients[0];
	m->hooks.session = add_originals;
	originals_in = m;
	lay_hands = hands;
	bundle_make_session(m);
	for (size_t i = 0; i < ORIGINALS_OF; i++) {
		struct made_record *r = &m->records[originals[i].record];
		char hex[SHA256_HEX];

		assert_int_equal(r->segment, originals[i].segment);
		sha256_hex(originals[i].line, strlen(originals[i].line), hex);
		snprintf(bodies[i], sizeof bodies[i], "%.*s,\"original\":\"%s\"}", (int)strlen(r->body) - 1, r->body, hex);
		r->body = bodies[i];
	}
	bundle_make_all(m);
	bundle_make_write(m, file);
}

static struct age_identities *both_keys(void)
{
	struct age_identities *both;
	struct buf text;

	buf_init(&text, 512);
	buf_printf(&text, "%s\n%s\n", key_texts[0], key_texts[1]);
	bundle_make_must(age_identities_read(buf_slice(&text), &both, NULL) == RC_OK);
	buf_free(&text);
	return both;
}

/* What the script says, to one who knows the signer and has the first n keys. */
static int script_says(const struct bundle_make *m, int n, struct buf *said)
{
	static const char *const names[] = {"allowed_signers", "keys.txt", "said"};
	char path[3][96], command[512];
	struct buf texts[2];
	int status;

	for (int i = 0; i < 2; i++)
		buf_init(&texts[i], 4096);
	bundle_make_signers(m, MADE_AGENT "@phigate", "", &texts[0]);
	for (int i = 0; i < n; i++)
		buf_printf(&texts[1], "%s\n", key_texts[i]);
	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof path[i], "%s/%s", dir, names[i]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(file_write(path[i], buf_slice(&texts[i]), 0600, NULL), RC_OK);
		buf_free(&texts[i]);
	}
	snprintf(command, sizeof command, "TMPDIR=%s config/verify-bundle.sh -i %s %s %s " MADE_AGENT "@phigate > %s 2>&1", dir, path[1], file, path[0],
		 path[2]);
	status = system(command);
	buf_clear(said);
	assert_int_equal(file_read(path[2], said, NULL), RC_OK);
	for (int i = 0; i < 3; i++)
		unlink(path[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_script_holds(const struct bundle_make *m, int n_keys, const char *saying)
{
	struct buf said;

	buf_init(&said, 65536);
	if (script_says(m, n_keys, &said) != 0 || !strstr(said.data, saying))
		fail_msg("the script, with %d keys: %s", n_keys, said.data);
	buf_free(&said);
}

/* In the same check. */
static void the_script_refuses(const struct bundle_make *m, int n_keys, const char *why)
{
	char verdict[64];
	struct buf said;

	buf_init(&said, 65536);
	snprintf(verdict, sizeof verdict, "NOT VERIFIED: %.*s: ", (int)strcspn(why, ":"), why);
	if (script_says(m, n_keys, &said) != 5 || !strstr(said.data, verdict))
		fail_msg("the script, with %d keys, where phigate says %s: %s", n_keys, why, said.data);
	buf_free(&said);
}

static void test_originals_are_those_that_their_records_name(void **state)
{
	struct age_identities *both = both_keys();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct bundle_record record;
		struct results told = {0};
		struct why why = {0};
		struct bundle_make m;
		struct slice body;
		struct bundle *b;
		size_t n = 0, found = 0;

		in_clear = i == 1;
		make_originals(&m, NULL);
		b = open_with(both);
		if (verify(&m, b, &told, &why) != RC_OK)
			fail_msg("%s", why.text);
		assert_non_null(strstr(records_text, "3 originals, each the one that its record names"));
		the_script_holds(&m, 2, "3 originals, each the one that its record names");
		for (int twice = 0; twice < 2; twice++) {        /* also again from the beginning */
			assert_int_equal(bundle_rewind(b), RC_OK);
			for (n = found = 0; bundle_next(b, &record, &why) == RC_OK; n++) {
				enum rc rc = bundle_original(b, &body, &why);

				if (rc == RC_NOT_FOUND)
					continue;
				assert_int_equal(rc, RC_OK);
				assert_int_equal(n, originals[found].record);
				assert_non_null(strstr(originals[found].line, body.p));
				found++;
			}
			assert_int_equal(found, ORIGINALS_OF);
		}
		bundle_free(b);
		/* without the second key all but the originals holds, and who has it is named */
		b = open_with(in_clear ? NULL : keys[0]);
		assert_int_equal(verify(&m, b, &told, &why), RC_OK);
		assert_int_equal(told.records, BUNDLE_HOLDS);
		assert_non_null(strstr(records_text, "of 2 segments the originals are encrypted"));
		the_script_holds(&m, 1, "of 2 segments the originals are encrypted");
		assert_int_equal(bundle_rewind(b), RC_OK);
		assert_int_equal(bundle_next(b, &record, &why), RC_OK);
		assert_int_equal(bundle_next(b, &record, &why), RC_OK);
		assert_int_equal(bundle_original(b, &body, &why), RC_DENIED);
		assert_int_equal(body.n, 0);
		assert_non_null(strstr(why.text, "the original is encrypted"));
		bundle_free(b);
		bundle_make_free(&m);
	}
	in_clear = false;
	age_identities_free(both);
}

static void test_hands_laid_on_originals_are_found(void **state)
{
	static const struct {
		void (*hands)(struct buf texts[2]);
		const char *why;
		bool keyless;                    /* found without the originals' key */
	} rows[] = {
		{swap_lines, "records: the original of record 3 is not the one that it names", false},
		{swap_files, "records: the original of record 1 is not the one that it names", false},
		{change_text, "records: the original of record 1 is not the one that it names", false},
		{drop_line, "records: the original of record 4 is not the one that it names", false},
		{one_line_more, "records: orig-000002.jsonl.age has a line that no record names", false},
		{no_end, "records: orig-000002.jsonl.age does not open: its last line is cut", false},
		{remove_all, "records: record 1 names an original, and its segment has none", true},
		{cut_stored, "records: orig-000001.jsonl.age does not open", false},
		{put_without_segment, "members: orig-000009.jsonl.age has no segment", true},
	};
	struct age_identities *both = both_keys();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct results told = {0};
		struct why why = {0};
		struct bundle_make m;
		struct bundle *b;

		make_originals(&m, rows[i].hands);
		for (int k = rows[i].keyless ? 0 : 1; k < 2; k++) {
			enum rc rc = bundle_open(file, &b, &why);

			if (rc == RC_OK)
				bundle_unlock(b, k ? both : keys[0]);
			if (rc == RC_OK)
				rc = verify(&m, b, &told, &why);
			if (rc != RC_BAD || strncmp(why.text, rows[i].why, strlen(rows[i].why)) != 0)
				fail_msg("row %zu: %s", i, why.text);
			bundle_free(b);
			the_script_refuses(&m, k + 1, rows[i].why);
		}
		bundle_make_free(&m);
	}
	age_identities_free(both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_the_key_all_records_hold_and_are_read),
		cmocka_unit_test(test_without_a_key_all_but_the_records_holds_and_none_is_shown),
		cmocka_unit_test(test_another_key_fails_and_is_told_which_one_would_do),
		cmocka_unit_test(test_what_is_sealed_must_be_what_the_index_tells_of),
		cmocka_unit_test(test_originals_are_those_that_their_records_name),
		cmocka_unit_test(test_hands_laid_on_originals_are_found),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
