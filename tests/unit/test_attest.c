/* Bundles get their time stamp behind the sessions' backs, whatever the authority does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>

#include "authority.h"
#include "webserver.h"
#include "metrics.h"
#include "recordings.h"
#include "stamp.h"

static struct web web;
static struct authority authority;
static char url[64], roots[96];
static enum { ANSWERS, REDIRECTS, FAILS, TALKS, IS_EMPTY } manner;
static int64_t apart_s;                          /* of its clock from ours */

static char *answer_stamp(void *arg, const char *path)
{
	const char *body = memmem(web.last, web.last_n, "\r\n\r\n", 4);
	struct buf reply, out;
	char *bytes;

	(void)arg, (void)path;
	if (manner == FAILS)
		return web_answer(500, "", "{}");
	if (manner == REDIRECTS)
		return web_answer(302, "Location: http://127.0.0.1:1/\r\n", "");
	if (manner == TALKS)
		return web_answer(200, "", "<html>Please pay</html>");
	if (manner == IS_EMPTY)
		return web_answer(200, "", "");
	buf_init(&reply, STAMP_MAX);
	buf_init(&out, STAMP_MAX);
	authority.wall_s = clock_wall_s() + apart_s;
	authority_reply(&authority, (struct slice){body + 4, web.last_n - (size_t)(body + 4 - web.last)}, &reply);
	buf_printf(&out, "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", reply.len);
	buf_add_slice(&out, buf_slice(&reply));
	bytes = buf_take(&out, &web.answer_n);
	buf_free(&reply);
	return bytes;
}

static int set_up(void **state)
{
	setup(state);
	manner = ANSWERS;
	apart_s = 0;
	authority_make(&authority, 4070908800);
	web_start(&web, answer_stamp, NULL);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/tsa", web.port);
	snprintf(roots, sizeof roots, "%s/roots.pem", site.dir);
	assert_int_equal(file_write(roots, slice_str(authority.pem), 0600, NULL), RC_OK);
	site.attest = (struct attest_options){.authority = {.url = url, .roots_file = roots}, .retry_ns = 5 * NS_PER_MS};
	return 0;
}

static int tear_down(void **state)
{
	int rc;

	web_slow(&web, false);
	rc = teardown(state);
	web_stop(&web);
	authority_free(&authority);
	return rc;
}

static void record(const char *id)
{
	struct recording *r = session(id);

	exchange(r, 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

/* Nothing waits for its stamp any more. */
static void await_stamps(void)
{
	while (!folder_is_empty("stamps"))
		nanosleep(&(struct timespec){.tv_nsec = 2 * NS_PER_MS}, NULL);
}

/* What verification says, with the authority known or not. */
static enum rc verdict(const char *id, const char *tsa_roots, struct why *why)
{
	char path[64];

	snprintf(path, sizeof path, "bundles/%s/1.tar", id);
	return verify_trusting(path, (struct bundle_trust){.tsa_roots = tsa_roots}, why);
}

/* Which of the site's folders was synced. */
static char synced[128];
static atomic_bool was_synced;

int fsync(int fd)
{
	char link[40], path[128] = "";

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof path - 1) > 0 && strcmp(path, synced) == 0)
		was_synced = true;
	return 0;
}

/* Killed between the rename and its sync: the note may only go once the name is on the disk. */
static void test_a_stamp_that_a_kill_left_is_synced_before_its_note_goes(void **state)
{
	int asked;

	(void)state;
	site_open(true);
	record(SESSION);
	await_stamps();
	site_close();
	asked = web_requests(&web);
	assert_int_equal(sh("touch stamps/" SESSION ".1"), 0);
	snprintf(synced, sizeof synced, "%s/bundles/" SESSION, site.dir);
	was_synced = false;
	site_open(true);
	await_stamps();
	assert_true(was_synced);
	assert_int_equal(web_requests(&web), asked);
}

static void test_a_sealed_bundle_gets_its_stamp_and_who_reads_it_is_not_disturbed(void **state)
{
	struct why why = {0};
	char path[128], first[2048], again[2048];
	int fd;

	(void)state;
	web_slow(&web, true);
	site_open(true);
	record(SESSION);
	web_await(&web, 1);                      /* it asks, and nobody waits for that */
	snprintf(path, sizeof path, "%s/bundles/%s/1.tar", site.dir, SESSION);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, first, sizeof first, 0), sizeof first);
	assert_int_equal(verdict(SESSION, NULL, &why), RC_OK);
	assert_int_equal(verdict(SESSION, authority.pem, &why), RC_BAD);
	assert_non_null(strstr(why.text, "timestamp: the bundle has no time stamp"));
	web_slow(&web, false);
	await_stamps();
	assert_int_equal(verdict(SESSION, authority.pem, &why), RC_OK);
	assert_int_equal(verdict(SESSION, NULL, &why), RC_OK);
	assert_int_equal(pread(fd, again, sizeof again, 0), sizeof again);
	assert_memory_equal(first, again, sizeof first);
	close(fd);
	assert_true(memmem(web.last, web.last_n, "Content-Type: application/timestamp-query", 41) != NULL);
}

static void test_an_authority_that_lies_or_fails_is_asked_again(void **state)
{
	static const struct {
		int manner;
		enum authority_lie lie;
		int64_t apart_s;
	} bad[] = {
		{FAILS, 0, 0}, {REDIRECTS, 0, 0}, {TALKS, 0, 0}, {IS_EMPTY, 0, 0}, {ANSWERS, AUTHORITY_OTHER_DATA, 0}, {ANSWERS, AUTHORITY_OTHER_NONCE, 0},
		{ANSWERS, AUTHORITY_REFUSES, 0}, {ANSWERS, AUTHORITY_SHA512, 0}, {ANSWERS, 0, 86400}, {ANSWERS, 0, -86400},
	};
	struct why why = {0};
	struct buf text;
	int asked = 0;

	(void)state;
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char id[] = "01KB000000000000000000010A";

		id[25] = (char)('A' + i);
		pthread_mutex_lock(&web.lock);
		manner = bad[i].manner;
		authority.lie = bad[i].lie;
		apart_s = bad[i].apart_s;
		asked = web.requests;
		pthread_mutex_unlock(&web.lock);
		if (!site.spool)
			site_open(true);
		record(id);
		web_await(&web, asked + 3);
		assert_false(folder_is_empty("stamps"));
		assert_int_equal(verdict(id, NULL, &why), RC_OK);
		assert_int_equal(verdict(id, authority.pem, &why), RC_BAD);
		pthread_mutex_lock(&web.lock);
		manner = ANSWERS;
		authority.lie = AUTHORITY_HONEST;
		apart_s = 0;
		pthread_mutex_unlock(&web.lock);
		await_stamps();
		assert_int_equal(verdict(id, authority.pem, &why), RC_OK);
	}
	site_close();
	assert_int_equal(metrics_text(&text), RC_OK);
	assert_null(strstr(text.data, "phigate_timestamps_total{result=\"failed\"} 0"));
	assert_null(strstr(text.data, "phigate_timestamps_total{result=\"stamped\"} 0"));
	assert_non_null(strstr(text.data, "phigate_timestamps_waiting 0"));
	buf_free(&text);
}

static void test_another_authority_than_the_one_that_is_believed_stamps_nothing(void **state)
{
	struct authority other;
	struct why why = {0};

	(void)state;
	authority_make(&other, 4070908800);
	assert_int_equal(file_write(roots, slice_str(other.pem), 0600, NULL), RC_OK);
	site_open(true);
	record(SESSION);
	web_await(&web, 2);
	assert_false(folder_is_empty("stamps"));
	assert_int_equal(verdict(SESSION, NULL, &why), RC_OK);
	authority_free(&other);
}

static void test_what_waits_is_stamped_after_a_restart(void **state)
{
	struct why why = {0};

	(void)state;
	web_slow(&web, true);                    /* which ends no session, and keeps no agent from stopping */
	site_open(true);
	record(SESSION);
	record(OTHER);
	web_await(&web, 1);
	site_close();
	assert_false(folder_is_empty("stamps"));
	assert_int_equal(verdict(SESSION, NULL, &why), RC_OK);
	web_slow(&web, false);
	assert_int_equal(sh("touch stamps/01KB0000000000000000000009.1 stamps/nonsense"), 0);      /* of a bundle that is not there */
	site_open(true);
	while (exists("stamps/" SESSION ".1") || exists("stamps/" OTHER ".1") || exists("stamps/01KB0000000000000000000009.1"))
		nanosleep(&(struct timespec){.tv_nsec = 2 * NS_PER_MS}, NULL);
	assert_int_equal(verdict(SESSION, authority.pem, &why), RC_OK);
	assert_int_equal(verdict(OTHER, authority.pem, &why), RC_OK);
}

static void test_a_damaged_bundle_keeps_no_other_waiting(void **state)
{
	struct why why = {0};

	(void)state;
	site_open(true);
	assert_int_equal(sh("mkdir -p bundles/" OTHER " && echo nonsense > bundles/" OTHER "/1.tar && touch stamps/" OTHER ".1"), 0);
	record(SESSION);
	await_stamps();
	assert_int_equal(verdict(SESSION, authority.pem, &why), RC_OK);
}

static void test_without_certificates_of_the_authority_the_agent_does_not_start(void **state)
{
	struct spool *spool = NULL;

	(void)state;
	assert_int_equal(file_write(roots, SLICE("ssh-ed25519 AAAA"), 0600, NULL), RC_OK);
	assert_int_equal(site_try(true, 1 << 30, &spool), RC_BAD);
	unlink(roots);
	assert_int_equal(site_try(true, 1 << 30, &spool), RC_NOT_FOUND);
	assert_null(spool);
}

/* libcrypto's own: after a certificate that does not verify, a leak checker at the end now and then finds a list of 40 bytes. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so\n";
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_stamp_that_a_kill_left_is_synced_before_its_note_goes),
		TEST(a_sealed_bundle_gets_its_stamp_and_who_reads_it_is_not_disturbed),
		TEST(an_authority_that_lies_or_fails_is_asked_again),
		TEST(another_authority_than_the_one_that_is_believed_stamps_nothing),
		TEST(what_waits_is_stamped_after_a_restart),
		TEST(a_damaged_bundle_keeps_no_other_waiting),
		TEST(without_certificates_of_the_authority_the_agent_does_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
