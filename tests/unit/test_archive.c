/* The archive's places, and receipts: what is believed of storage, and what is not. End to end with signatures and locks: 36-archive.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "receipt.h"
#include "webserver.h"

#define TEXT "a bundle, as it was sealed\n"
#define UNTIL_S 1990000000

struct place {
	char dir[64], bundle[96], credentials[96], url[64];
	struct web web;
	const char *head;                        /* headers of HEAD's answer; NULL: 404 */
	int put_status;
	struct archive_settings settings;
	struct archive_item item;
	atomic_bool cancel;
};

/* The request's line tells which of the two it is. */
static char *answer(void *arg, const char *path)
{
	struct place *p = arg;

	(void)path;
	if (strncmp(p->web.last, "PUT ", 4) == 0)
		return web_answer(p->put_status, "", p->put_status == 200 ? "" : "<Error><Code>SlowDown</Code></Error>");
	return web_answer(p->head ? 200 : 404, p->head ? p->head : "", "");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/phigate-archive-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->bundle, sizeof p->bundle, "%s/1.tar", p->dir);
	snprintf(p->credentials, sizeof p->credentials, "%s/s3", p->dir);
	write_file(p->bundle, TEXT);
	write_file(p->credentials, "AKIATEST:secret\n");
	p->item = (struct archive_item){.session = "S1", .part = 1, .fd = open(p->bundle, O_RDONLY), .bytes = strlen(TEXT), .retain_until_s = UNTIL_S};
	sha256(TEXT, strlen(TEXT), p->item.sha256);
	p->put_status = 200;
	web_start(&p->web, answer, p);
	snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", p->web.port);
	p->settings.s3 = (struct s3_settings){.endpoint = p->url, .region = "eu-1", .bucket = "b", .prefix = "x/", .credentials_file = p->credentials,
					      .lock = S3_LOCK_COMPLIANCE};
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	web_stop(&p->web);
	close(p->item.fd);
	snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static enum rc confirm(struct place *p, struct why *why)
{
	return archive_confirm(&p->settings, ARCHIVE_S3, &p->item, &p->cancel, why);
}

/* HEAD's answer is what counts: each of these lacks one thing. */
static void test_storage_is_believed_only_with_length_sum_and_lock(void **state)
{
	static const struct {
		uint64_t bytes;                  /* of the bundle; the answer says 0 */
		const char *meta, *mode, *until;
		enum rc want;
		const char *says;
	} rows[] = {
		{0, "", "COMPLIANCE", "2033-01-22T09:46:40Z", RC_OK, ""},
		{0, "", "COMPLIANCE", "2033-01-22T09:46:40.000Z", RC_OK, ""},
		{0, "", "COMPLIANCE", "2034-01-01T00:00:00Z", RC_OK, ""},
		{1, "", "COMPLIANCE", "2033-01-22T09:46:40Z", RC_CONFLICT, "bytes"},
		{0, "0000", "COMPLIANCE", "2033-01-22T09:46:40Z", RC_CONFLICT, "something else"},
		{0, "", NULL, NULL, RC_CONFLICT, "without a lock"},
		{0, "", "GOVERNANCE", "2033-01-22T09:46:40Z", RC_CONFLICT, "GOVERNANCE"},
		{0, "", "COMPLIANCE", "2033-01-22T09:46:39Z", RC_CONFLICT, "too early"},
		{0, "", "COMPLIANCE", "soon", RC_CONFLICT, "too early"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char head[512], hex[SHA256_HEX], lock[160] = "";
		struct why why = {0};

		hex_encode(p->item.sha256, SHA256_LEN, hex);
		if (rows[i].mode)
			snprintf(lock, sizeof lock, "x-amz-object-lock-mode: %s\r\nx-amz-object-lock-retain-until-date: %s\r\n", rows[i].mode, rows[i].until);
		snprintf(head, sizeof head, "x-amz-meta-sha256: %s\r\n%s", *rows[i].meta ? rows[i].meta : hex, lock);
		p->head = head;
		p->item.bytes = rows[i].bytes;
		assert_int_equal(confirm(p, &why), rows[i].want);
		assert_non_null(strstr(why.text, rows[i].says));
		assert_null(strstr(why.text, "secret"));
	}
}

static void test_what_is_put_and_then_not_there_is_a_failure(void **state)
{
	struct place *p = *state;
	struct why why = {0};

	assert_int_equal(archive_put(&p->settings, ARCHIVE_S3, &p->item, &p->cancel, &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "does not have it"));
	assert_int_equal(web_requests(&p->web), 3);
	p->put_status = 503;
	assert_int_equal(archive_put(&p->settings, ARCHIVE_S3, &p->item, &p->cancel, &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "503 SlowDown"));
	p->put_status = 403;
	assert_int_equal(archive_put(&p->settings, ARCHIVE_S3, &p->item, &p->cancel, &why), RC_DENIED);
	atomic_store(&p->cancel, true);
	assert_int_equal(archive_put(&p->settings, ARCHIVE_S3, &p->item, &p->cancel, &why), RC_CANCELLED);
}

static void test_credentials_are_one_private_line(void **state)
{
	static const char *const bad[] = {"", "AKIATEST\n", ":secret\n", "AKIATEST:\n", "AKIA TEST:secret\n", "A:b\nC:d\n"};
	struct place *p = *state;
	struct why why = {0};
	struct buf text;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_init(&text, 4096);
		write_file(p->credentials, bad[i]);
		assert_int_equal(s3_credentials(p->credentials, &text, &why), RC_BAD);
		assert_null(strstr(why.text, "secret"));
		buf_free(&text);
	}
	buf_init(&text, 4096);
	write_file(p->credentials, "AKIATEST:secret\n");
	chmod(p->credentials, 0644);
	assert_int_equal(s3_credentials(p->credentials, &text, &why), RC_DENIED);
	buf_free(&text);
}

static void test_a_folder_gets_the_whole_bundle_or_nothing(void **state)
{
	struct place *p = *state;
	struct why why = {0};
	char path[160];

	p->settings.dir = p->dir;
	assert_int_equal(archive_confirm(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_NOT_FOUND);
	assert_int_equal(archive_put(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_OK);
	assert_int_equal(archive_confirm(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_OK);
	/* what somebody changed there is found, and put right */
	snprintf(path, sizeof path, "%s/S1/1.tar", p->dir);
	write_file(path, "something else, of 27 bytes");
	assert_int_equal(archive_confirm(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_CONFLICT);
	assert_int_equal(archive_put(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_OK);
	/* no place for it: nothing is left behind */
	unlink(path);
	atomic_store(&p->cancel, true);
	assert_int_equal(archive_put(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_CANCELLED);
	snprintf(path, sizeof path, "%s/S1", p->dir);
	assert_int_equal(rmdir(path), 0);
	p->settings.dir = p->bundle;                     /* no folder */
	atomic_store(&p->cancel, false);
	assert_int_not_equal(archive_put(&p->settings, ARCHIVE_FOLDER, &p->item, &p->cancel, &why), RC_OK);
}

static void test_a_receipt_is_read_as_it_was_written(void **state)
{
	struct receipt out = {.bytes = 27, .archived_s = 1700000000, .retain_until_s = UNTIL_S}, in;
	struct place *p = *state;
	char path[160];

	snprintf(path, sizeof path, "%s/S1", p->dir);
	mkdir(path, 0700);
	assert_int_equal(receipt_read(p->dir, "S1", 1, &in), RC_NOT_FOUND);
	receipt_free(&in);
	hex_encode(p->item.sha256, SHA256_LEN, out.sha256);
	assert_int_equal(text_list_add(&out.places, "s3://b/x/S1/1.tar"), RC_OK);
	assert_int_equal(receipt_write(p->dir, "S1", 1, &out, NULL), RC_OK);
	assert_int_equal(receipt_read(p->dir, "S1", 1, &in), RC_OK);
	assert_int_equal(in.bytes, 27);
	assert_string_equal(in.sha256, out.sha256);
	assert_int_equal(in.archived_s, out.archived_s);
	assert_int_equal(in.retain_until_s, UNTIL_S);
	assert_true(text_list_has(&in.places, "s3://b/x/S1/1.tar"));
	receipt_free(&in);
	receipt_free(&out);
	snprintf(path, sizeof path, "%s/S1/1.archived", p->dir);
	write_file(path, "{\"sha256\":\"12\"}");
	assert_int_equal(receipt_read(p->dir, "S1", 1, &in), RC_BAD);
	receipt_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_storage_is_believed_only_with_length_sum_and_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_put_and_then_not_there_is_a_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_credentials_are_one_private_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_folder_gets_the_whole_bundle_or_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_receipt_is_read_as_it_was_written, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
