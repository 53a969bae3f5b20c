/* Recordings from open to bundle: what is durable when, what fails closed, and what an auditor finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "recordings.h"

/* ---- a disk that can be made to wait ---------------------------------------------------------------------------------- */

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t disk_changed = PTHREAD_COND_INITIALIZER;
static bool disk_stands;
static int disk_waiting;

int fsync(int fd)
{
	pthread_mutex_lock(&disk_lock);
	disk_waiting++;
	pthread_cond_broadcast(&disk_changed);
	while (disk_stands)
		pthread_cond_wait(&disk_changed, &disk_lock);
	disk_waiting--;
	pthread_mutex_unlock(&disk_lock);
	return (int)syscall(SYS_fsync, fd);
}

static void disk_stand(bool stands)
{
	pthread_mutex_lock(&disk_lock);
	disk_stands = stands;
	pthread_cond_broadcast(&disk_changed);
	pthread_mutex_unlock(&disk_lock);
}

static void await_disk(void)
{
	pthread_mutex_lock(&disk_lock);
	while (!disk_waiting)
		pthread_cond_wait(&disk_changed, &disk_lock);
	pthread_mutex_unlock(&disk_lock);
}

/* ---- the bundle ------------------------------------------------------------------------------------------------------- */

static void test_a_session_becomes_a_bundle_that_stock_tools_verify(void **state)
{
	static const struct mask_counts masked = {.n = {[ENTITY_NAME] = 2, [ENTITY_SSN] = 1}};
	struct recording *r;
	struct audit a;
	struct buf text;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	assert_int_equal(add(r, "request", 2, REQUEST_BODY), RC_OK);
	assert_int_equal(add(r, "hold", 2, "{\"hold\":\"7K2M-9QXD\"}"), RC_OK);
	recording_count(r, RECORDING_HELD);
	assert_int_equal(add(r, "decision", 2, "{\"outcome\":\"approved\"}"), RC_OK);
	recording_count(r, RECORDING_APPROVED);
	recording_count_masked(r, &masked);
	recording_count_masked(r, &masked);
	assert_int_equal(answer(r, 2), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_false(exists("spool/" SESSION ".1"));

	a = audit_part(SESSION, 1);
	assert_int_equal(counted(&a, "exchanges"), 2);
	assert_int_equal(counted(&a, "records"), 12);
	assert_int_equal(counted(&a, "held"), 1);
	assert_int_equal(counted(&a, "approved"), 1);
	assert_int_equal(counted(&a, "denied"), 0);
	read_path(&text, "x/session.json");
	assert_int_equal(count(&text, "\"masked\":{\"NAME\":4,\"SSN\":2}"), 1);
	assert_int_equal(count(&text, "\"client\":{\"address\":\"203.0.113.9\",\"port\":51022}"), 1);
	assert_int_equal(count(&text, "\"user\":{\"id\":\"alice@example.org\",\"subject\":\"00u1\",\"issuer\":\"https://idp.example.org\","
			       "\"groups\":[\"clinicians\"]}"), 1);
	assert_int_equal(count(&text, "\"previous\":null"), 1);
	assert_int_equal(count(&text, "\"purpose\":null"), 1);
	assert_int_equal(count(&text, "\"recipients\":[]"), 1);
	assert_string_equal(json_text(a.session, "end"), "client");
	assert_string_equal(json_text(a.session, "reason"), "ward round");
	assert_int_equal(count(&a.records, "\"k\":\"close\",\"body\":{\"end\":\"client\"}}\n"), 1);
	assert_int_equal(count(&a.records, "\"k\":\"request\",\"body\":" REQUEST_BODY "}\n"), 2);
	buf_free(&text);
	audit_free(&a);
}

/* ---- for somebody's eyes only -------------------------------------------------------------------------------------------- */

static void test_what_is_sealed_never_reaches_the_disk_otherwise(void **state)
{
	struct recording *r;
	struct audit a;
	struct buf text, recipient;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	assert_int_equal(add(r, "request", 2, "{\"method\":\"POST\",\"path\":\"/\",\"headers\":[],\"text\":\"cholecystectomy\"}"), RC_OK);
	assert_int_equal(recording_sync(r), RC_OK);
	assert_true(exists("spool/" SESSION ".1/seg-000003.jsonl.age"));
	assert_int_equal(sh("! grep -rE 'cholecystectomy|/v1/chat|text/plain|\"salt\"' spool"), 0);
	assert_int_equal(answer(r, 2), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(sh("! grep -rE 'cholecystectomy|/v1/chat|text/plain|\"salt\"' spool bundles"), 0);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "cholecystectomy"), 1);
	read_path(&text, "x/session.json");
	buf_init(&recipient, 256);
	buf_puts(&recipient, "\"recipients\":[\"");
	assert_int_equal(age_recipients_text(&site.recipients, 0, &recipient), RC_OK);
	buf_puts(&recipient, "\"]");
	assert_int_equal(count(&text, recipient.data), 1);
	buf_free(&recipient);
	buf_free(&text);
	audit_free(&a);
}

static const char NO_ORIGINAL_ON_DISK[] = "! grep -rE 'nephrectomy|Jane' spool bundles && ! grep -rl '\"salt\"' spool bundles";

static void test_originals_are_for_others_and_records_name_them(void **state)
{
	struct recording *r;
	struct audit a;
	struct buf text, recipient;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(ask(r, 1), RC_OK);
	assert_true(exists("spool/" SESSION ".1/orig-000002.jsonl.age"));
	assert_int_equal(sh("mkdir -p bundles && %s", NO_ORIGINAL_ON_DISK), 0);
	assert_int_equal(recording_add(r, "decision", 1, SLICE("{\"rule\":\"all\",\"outcome\":\"allowed\"}")), RC_OK);
	assert_int_equal(recording_sync(r), RC_OK);
	assert_int_equal(answer(r, 1), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(sh("%s", NO_ORIGINAL_ON_DISK), 0);
	a = audit_part(SESSION, 1);
	/* the opening, the decision and the close have none */
	assert_int_equal(sh("ls x | grep ^orig | tr '\\n' ' ' | grep -qx 'orig-000002.jsonl.age orig-000004.jsonl.age '"), 0);
	assert_int_equal(sh("tar -tf bundles/" SESSION "/1.tar | tail -n 3 | tr '\\n' ' ' | grep -qx 'seg-000005.jsonl.age orig-000002.jsonl.age "
			    "orig-000004.jsonl.age '"), 0);
	assert_int_equal(count(&a.records, ",\"original\":\""), 4);
	assert_int_equal(count(&a.records, "nephrectomy"), 0);
	assert_int_equal(sh("cd x && age -d -i ../orig.txt orig-000002.jsonl.age > o && [ $(wc -l < o) = 1 ] && grep -q nephrectomy o && "
			    "grep -q ,.original.:.$(tr -d '\\n' < o | sha256sum | cut -c -64).}}$ seg-000002.jsonl"), 0);
	assert_int_equal(sh("cd x && age -d -i ../orig.txt orig-000004.jsonl.age | sort -u | wc -l | grep -qx 3"), 0);     /* each has its salt */
	assert_int_equal(sh("cd x && ! age -d -i ../seg.txt orig-000002.jsonl.age && ! age -d -i ../orig.txt seg-000002.jsonl.age"), 0);
	read_path(&text, "x/session.json");
	buf_init(&recipient, 256);
	buf_puts(&recipient, "\"originals\":[\"");
	assert_int_equal(age_recipients_text(&site.originals, 0, &recipient), RC_OK);
	buf_puts(&recipient, "\"]");
	assert_int_equal(count(&text, recipient.data), 1);
	buf_free(&recipient);
	buf_free(&text);
	audit_free(&a);
}

/* Masked text that may be read beside unmasked text that may not. */
static void test_originals_are_encrypted_also_where_segments_are_not(void **state)
{
	struct recording *r;
	struct audit a;

	(void)state;
	site.recipients = (struct age_recipients){0};
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(sh("! grep -rE 'nephrectomy|Jane' spool bundles"), 0);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, ",\"original\":\""), 4);
	assert_int_equal(sh("cd x && age -d -i ../orig.txt orig-000003.jsonl.age | grep -c nephrectomy | grep -qx 3"), 0);
	audit_free(&a);
}

static void test_where_originals_are_not_kept_nothing_of_them_is(void **state)
{
	struct recording *r;
	struct audit a;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_false(recording_keeps_originals(r));
	exchange(r, 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "original"), 0);
	assert_int_equal(sh("! ls x | grep ^orig && ! grep -r nephrectomy x bundles && ! grep originals x/session.json"), 0);
	audit_free(&a);
}

static void test_a_large_record_is_sealed_and_opened_by_pieces(void **state)
{
	struct recording *r;
	struct audit a;
	struct buf body;

	(void)state;
	buf_init(&body, 8 << 20);
	buf_puts(&body, "{\"method\":\"POST\",\"path\":\"/\",\"headers\":[],\"text\":\"");
	for (int i = 0; i < 100000; i++)
		buf_puts(&body, "appendectomy ");
	buf_puts(&body, "\"}");
	site_open(true);
	r = session(SESSION);
	assert_int_equal(recording_add(r, "request", 1, buf_slice(&body)), RC_OK);
	assert_int_equal(answer(r, 1), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "appendectomy "), 100000);
	buf_free(&body);
	audit_free(&a);
}

static void test_no_two_records_have_one_salt(void **state)
{
	struct recording *r;
	struct audit a;

	(void)state;
	site_open(false);
	r = session(SESSION);
	assert_int_equal(add(r, "renew", 0, "{}"), RC_OK);
	assert_int_equal(add(r, "renew", 0, "{}"), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(sh("cut -d '\"' -f 4 x/seg-*.jsonl | LC_ALL=C sort | uniq -d | grep -q ."), 1 << 8);
	assert_int_equal(sh("cat x/seg-*.jsonl | grep -cxE '\\{\"salt\":\"[A-Za-z0-9+/]{22}==\",\"k\":\"[a-z]+\",\"body\":.*\\}' | grep -qx 4"), 0);
	audit_free(&a);
}

static void test_a_long_answer_becomes_many_segments(void **state)
{
	struct recording *r;
	struct audit a;
	struct buf body;

	(void)state;
	site_open(false);
	r = session(SESSION);
	assert_int_equal(ask(r, 1), RC_OK);
	assert_int_equal(add(r, "response", 1, RESPONSE_BODY), RC_OK);
	buf_init(&body, 1 << 20);
	buf_puts(&body, "{\"chunks\":[[1,\"");
	for (int i = 0; i < 100000; i++)
		buf_putc(&body, 'x');
	buf_puts(&body, "\"]]}");
	for (int i = 0; i < 60; i++)
		assert_int_equal(recording_add(r, "response", 1, buf_slice(&body)), RC_OK);
	assert_int_equal(add(r, "response", 1, END_BODY), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(counted(&a, "records"), 65);
	assert_true(exists("x/seg-000004.jsonl"));
	buf_free(&body);
	audit_free(&a);
}

/* A record that does not fit in what waits goes through all the same. */
static void test_one_record_may_be_large(void **state)
{
	size_t n = 9 << 20;
	char *body = malloc(n + 1);
	struct recording *r;
	struct audit a;

	(void)state;
	memset(body, 'x', n);
	memcpy(body, "{\"text\":\"", 9);
	memcpy(body + n - 2, "\"}", 3);
	site_open(true);
	r = session(SESSION);
	assert_int_equal(add(r, "renew", 0, body), RC_OK);
	assert_int_equal(recording_sync(r), RC_OK);
	assert_int_equal(add(r, "renew", 0, body), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	free(body);
	audit_free(&a);
}

static void test_what_is_no_record_is_refused(void **state)
{
	struct recording *r;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(add(r, "rumour", 0, "{}"), RC_BAD);
	assert_int_equal(add(r, "renew", 0, "{\"a\":\n1}"), RC_BAD);
	assert_int_equal(add(r, "renew", 0, ""), RC_BAD);
	assert_int_equal(add(r, "renew", 0, "{}"), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

/* ---- durability ------------------------------------------------------------------------------------------------------- */

static void test_strict_what_was_synced_is_on_disk(void **state)
{
	struct recording *r;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(spooled_lines(SESSION, 1), 1);
	assert_int_equal(ask(r, 1), RC_OK);
	assert_int_equal(spooled_lines(SESSION, 1), 2);
	assert_int_equal(answer(r, 1), RC_OK);
	assert_int_equal(spooled_lines(SESSION, 1), 5);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

static void *sync_main(void *arg)
{
	assert_int_equal(recording_sync(arg), RC_OK);
	return NULL;
}

static void test_batched_sync_does_not_wait_for_the_disk(void **state)
{
	struct recording *r;

	(void)state;
	site_open(false);
	r = session(SESSION);
	disk_stand(true);
	assert_int_equal(ask(r, 1), RC_OK);              /* would hang */
	await_disk();                                    /* and yet it is written, by itself */
	disk_stand(false);
	while (spooled_lines(SESSION, 1) < 2)
		usleep(1000);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

static void test_strict_streams_are_written_without_a_sync(void **state)
{
	struct recording *r;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(add(r, "response", 1, CHUNK_BODY), RC_OK);
	while (spooled_lines(SESSION, 1) < 2)
		usleep(1000);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

#define N_SYNCS 16

/* One seal is at the disk; all that come meanwhile share the next one. */
static void test_exchanges_that_wait_together_share_a_seal(void **state)
{
	pthread_t first, others[N_SYNCS];
	struct recording *r;
	struct audit a;

	(void)state;
	site_open(true);
	r = session(SESSION);
	disk_stand(true);
	assert_int_equal(add(r, "request", 1, REQUEST_BODY), RC_OK);
	pthread_create(&first, NULL, sync_main, r);
	await_disk();
	for (int i = 0; i < N_SYNCS; i++) {
		assert_int_equal(add(r, "request", 2 + (uint64_t)i, REQUEST_BODY), RC_OK);
		pthread_create(&others[i], NULL, sync_main, r);
	}
	disk_stand(false);
	pthread_join(first, NULL);
	for (int i = 0; i < N_SYNCS; i++)
		pthread_join(others[i], NULL);
	assert_true(exists("spool/" SESSION ".1/seg-000003.jsonl"));
	assert_false(exists("spool/" SESSION ".1/seg-000004.jsonl"));
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(counted(&a, "exchanges"), 1 + N_SYNCS);
	audit_free(&a);
}

struct talker {
	struct recording *r;
	uint64_t first;
	pthread_t thread;
};

static void *talk(void *arg)
{
	struct talker *t = arg;

	for (uint64_t x = t->first; x < t->first + 40; x++)
		exchange(t->r, x);
	return NULL;
}

static void talk_at_once(bool strict)
{
	struct talker talkers[4];
	struct recording *r, *other;
	struct audit a;

	site_open(strict);
	r = session(SESSION);
	other = session(OTHER);
	for (int i = 0; i < 4; i++) {
		talkers[i] = (struct talker){.r = i < 3 ? r : other, .first = 1 + 40 * (uint64_t)i};
		pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(talkers[i].thread, NULL);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(recording_close(other, "idle"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(counted(&a, "exchanges"), 120);
	assert_int_equal(counted(&a, "records"), 482);
	audit_free(&a);
	a = audit_part(OTHER, 1);
	assert_int_equal(counted(&a, "exchanges"), 40);
	audit_free(&a);
	site_close();
}

static void test_threads_that_record_at_once_lose_nothing(void **state)
{
	(void)state;
	talk_at_once(true);
	assert_int_equal(sh("rm -r bundles ledger"), 0);
	talk_at_once(false);
}

/* ---- full disks and limits -------------------------------------------------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_strict_nothing_passes_when_the_disk_is_full(void **state)
{
	struct recording *r, *other = NULL;
	struct audit a;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	limit_files(16);
	assert_int_equal(ask(r, 2), RC_IO);
	assert_int_equal(session_try(OTHER, ALICE, &other), RC_IO);
	assert_int_equal(spool_health(site.spool, &(struct why){0}), RC_IO);
	limit_files(RLIM_INFINITY);
	assert_int_equal(spool_health(site.spool, NULL), RC_OK);
	assert_int_equal(add(r, "request", 3, REQUEST_BODY), RC_IO);            /* for good: a record may be missing */
	assert_int_equal(recording_sync(r), RC_IO);
	assert_int_equal(recording_close(r, "client"), RC_IO);
	site_close();
	site_open(true);                                 /* what was there before is not lost */
	a = audit_part(SESSION, 1);
	assert_string_equal(json_text(a.session, "end"), "crash");
	assert_int_equal(counted(&a, "exchanges"), 1);
	assert_false(exists("spool/" OTHER ".1"));
	audit_free(&a);
}

static void test_batched_nothing_passes_once_the_disk_is_full(void **state)
{
	struct recording *r;

	(void)state;
	site_open(false);
	r = session(SESSION);
	limit_files(16);
	while (add(r, "response", 1, CHUNK_BODY) == RC_OK)
		usleep(1000);
	assert_int_equal(recording_sync(r), RC_IO);
	limit_files(RLIM_INFINITY);
	assert_int_equal(add(r, "response", 1, CHUNK_BODY), RC_IO);
	assert_int_equal(recording_close(r, "client"), RC_IO);
}

/* The signature is the last thing that can fail. */
static void test_a_bundle_that_cannot_be_written_waits_for_the_next_start(void **state)
{
	struct recording *r;
	struct audit a;
	char *path;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	limit_files(2048);
	assert_int_equal(recording_close(r, "idle"), RC_IO);
	limit_files(RLIM_INFINITY);
	assert_int_equal(spool_bundle(site.spool, SESSION, 1, &path), RC_CONFLICT);
	site_close();
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_string_equal(json_text(a.session, "end"), "idle");
	audit_free(&a);
}

static void test_one_person_cannot_fill_the_spool(void **state)
{
	struct recording *r, *other = NULL;
	struct audit a;
	enum rc rc;

	(void)state;
	assert_int_equal(site_try(true, 20000, &site.spool), RC_OK);
	r = session(SESSION);
	assert_int_equal(ask(r, 1), RC_OK);
	assert_int_equal(add(r, "response", 1, RESPONSE_BODY), RC_OK);
	while ((rc = add(r, "response", 1, CHUNK_BODY)) == RC_OK)
		;
	assert_int_equal(rc, RC_TOO_BIG);
	assert_int_equal(add(r, "response", 1, CHUNK_BODY), RC_TOO_BIG);
	assert_int_equal(recording_sync(r), RC_TOO_BIG);
	assert_int_equal(session_try(OTHER, "00u2", &other), RC_OK);            /* somebody else */
	exchange(other, 1);
	assert_int_equal(recording_close(other, "client"), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"cut\",\"body\":{\"reason\":\"recording\"}"), 1);
	audit_free(&a);
	assert_int_equal(session_try("again", ALICE, &r), RC_OK);               /* what is sealed counts no more */
	exchange(r, 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

static void test_who_has_filled_the_spool_opens_no_more_sessions(void **state)
{
	struct recording *r, *other = NULL;

	(void)state;
	assert_int_equal(site_try(true, 1000, &site.spool), RC_OK);
	r = session(SESSION);
	while (add(r, "renew", 0, "{}") == RC_OK)
		;
	assert_int_equal(session_try(OTHER, ALICE, &other), RC_TOO_BIG);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(session_try(OTHER, ALICE, &other), RC_OK);
	assert_int_equal(recording_close(other, "client"), RC_OK);
}

static void test_two_agents_do_not_share_a_state_folder(void **state)
{
	struct spool *second = NULL;

	(void)state;
	site_open(true);
	assert_int_equal(site_try(true, 1, &second), RC_CONFLICT);
	assert_null(second);
	site_close();
	site_open(true);
}

static void test_a_state_folder_without_a_key_is_refused(void **state)
{
	struct spool *spool;

	(void)state;
	assert_int_equal(sh("chmod 644 keys/signing_ed25519"), 0);
	assert_int_equal(site_try(true, 1, &spool), RC_DENIED);
	assert_int_equal(sh("rm keys/signing_ed25519"), 0);
	assert_int_equal(site_try(true, 1, &spool), RC_NOT_FOUND);
}

/* ---- parts ------------------------------------------------------------------------------------------------------------ */

static void check_previous(const struct audit *a, const char *former)
{
	char hex[SHA256_HEX];
	struct buf sums;

	assert_int_equal(sh("rm -rf y && mkdir y && tar -C y -xf %s SHA256SUMS", former), 0);
	read_path(&sums, "y/SHA256SUMS");
	sha256_hex(sums.data, sums.len, hex);
	assert_string_equal(json_text(a->session, "previous"), hex);
	buf_free(&sums);
}

static void test_a_part_that_is_full_is_followed_by_another(void **state)
{
	char *path, former[128];
	struct recording *r;
	int64_t exchanges = 0;
	struct audit a;
	int last;

	(void)state;
	site_open(true);
	site.spool->part_max_segments = 9;
	r = session(SESSION);
	assert_int_equal(ask(r, 1), RC_OK);              /* runs through all parts */
	assert_int_equal(add(r, "response", 1, RESPONSE_BODY), RC_OK);
	for (uint64_t x = 2; x < 12; x++) {
		exchange(r, x);
		assert_int_equal(add(r, "response", 1, CHUNK_BODY), RC_OK);
	}
	assert_int_equal(add(r, "response", 1, END_BODY), RC_OK);
	assert_int_equal(spool_bundle(site.spool, SESSION, 0, &path), RC_CONFLICT);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(spool_bundle(site.spool, SESSION, 0, &path), RC_OK);
	last = atoi(strrchr(path, '/') + 1);
	assert_true(last >= 3);
	free(path);
	for (int part = 1; part <= last; part++) {
		a = audit_part(SESSION, part);
		exchanges += counted(&a, "exchanges");
		if (part > 1)
			check_previous(&a, former);
		assert_string_equal(json_text(a.session, "end"), part < last ? "rotated" : "client");
		assert_false(exists("x/seg-000010.jsonl"));
		snprintf(former, sizeof former, "bundles/" SESSION "/%d.tar", part);
		audit_free(&a);
	}
	assert_true(exchanges >= 11 + last - 1);         /* the one that runs through counts in each part */
}

static void test_a_part_may_be_full_by_bytes(void **state)
{
	struct recording *r;

	(void)state;
	site_open(true);
	site.spool->part_max_bytes = 1000;
	r = session(SESSION);
	for (uint64_t x = 1; x < 5; x++)
		exchange(r, x);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	verify("bundles/" SESSION "/1.tar");
	verify("bundles/" SESSION "/2.tar");
}

static int64_t wall_shift_ns, mono_shift_ns;

static int64_t shifted_wall(void)
{
	return clock_wall_ns() + wall_shift_ns;
}

static int64_t shifted_mono(void)
{
	return clock_mono_ns() + mono_shift_ns;
}

static struct spool *site_open_shifted(void)
{
	site_open(true);
	wall_shift_ns = mono_shift_ns = 0;
	site.spool->wall_ns = shifted_wall;
	site.spool->mono_ns = shifted_mono;
	return site.spool;
}

/* Also those that nobody adds: open, cut and close; and each record stands in the form that verification wants. */
static void test_every_record_of_an_emergency_says_so(void **state)
{
	struct recording_about a = about(SESSION, ALICE, "version: 1\n");
	struct recording *r = NULL;
	struct audit seen;

	(void)state;
	site_open(true);
	a.emergency = true;
	assert_int_equal(recording_open(site.spool, &a, &r, NULL), RC_OK);
	exchange(r, 1);
	assert_int_equal(add(r, "renew", 0, "{}"), RC_OK);
	assert_int_equal(recording_rotate(r, &a), RC_OK);
	exchange(r, 2);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	for (int part = 1; part <= 2; part++) {
		seen = audit_part(SESSION, part);
		assert_true(json_true(seen.session, "emergency"));
		assert_true(count(&seen.records, "\n") >= 6);
		assert_int_equal(count(&seen.records, "\"body\":{\"emergency\":true"), count(&seen.records, "\n"));
		audit_free(&seen);
	}
	verify("bundles/" SESSION "/1.tar");
	verify("bundles/" SESSION "/2.tar");
	exchange(r = session(OTHER), 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	seen = audit_part(OTHER, 1);
	assert_false(json_true(seen.session, "emergency"));
	assert_int_equal(count(&seen.records, "emergency"), 0);
	audit_free(&seen);
}

static void test_a_part_ends_after_a_day(void **state)
{
	struct recording *r;

	(void)state;
	site_open_shifted();
	r = session(SESSION);
	exchange(r, 1);
	mono_shift_ns = wall_shift_ns = 24 * 3600 * NS_PER_S + NS_PER_S;
	exchange(r, 2);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	verify("bundles/" SESSION "/1.tar");
	verify("bundles/" SESSION "/2.tar");
}

static void test_a_changed_policy_begins_a_part_of_its_own(void **state)
{
	struct recording_about changed = about(SESSION, ALICE, "version: 1\nrules: []\n");
	struct recording *r;
	struct audit a;
	struct buf text;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	assert_int_equal(add(r, "request", 2, REQUEST_BODY), RC_OK);
	assert_int_equal(recording_rotate(r, &changed), RC_OK);
	assert_int_equal(answer(r, 2), RC_OK);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(counted(&a, "exchanges"), 2);
	assert_string_equal(json_text(a.session, "end"), "rotated");
	audit_free(&a);
	a = audit_part(SESSION, 2);
	assert_int_equal(counted(&a, "exchanges"), 1);
	check_previous(&a, "bundles/" SESSION "/1.tar");
	read_path(&text, "x/policy.yaml");
	assert_string_equal(text.data, "version: 1\nrules: []\n");
	buf_free(&text);
	audit_free(&a);
}

/* ---- clocks ----------------------------------------------------------------------------------------------------------- */

static void step(struct recording *r, int64_t wall_ns)
{
	wall_shift_ns += wall_ns;
	assert_int_equal(add(r, "renew", 0, "{}"), RC_OK);
}

static void test_a_step_of_the_clock_is_on_record(void **state)
{
	struct recording *r;
	struct audit a;

	(void)state;
	site_open_shifted();
	r = session(SESSION);
	step(r, 0);
	step(r, 3600 * NS_PER_S);
	step(r, 100 * NS_PER_MS);                        /* less than what discipline may do */
	step(r, -7200 * NS_PER_S);
	step(r, -300 * NS_PER_MS);                       /* but never back */
	step(r, 0);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"gap\""), 3);
	assert_int_equal(count(&a.records, "{\"step_us\":3600000"), 1 - count(&a.records, "{\"step_us\":3599999"));
	assert_int_equal(count(&a.records, "{\"step_us\":-7200"), 1 - count(&a.records, "{\"step_us\":-7199"));
	audit_free(&a);
}

/* The machine slept: both clocks went on. */
static void test_time_that_both_clocks_tell_is_no_step(void **state)
{
	struct recording *r;
	struct audit a;

	(void)state;
	site_open_shifted();
	r = session(SESSION);
	mono_shift_ns = 8 * 3600 * NS_PER_S;
	step(r, 8 * 3600 * NS_PER_S);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"gap\""), 0);
	audit_free(&a);
}

/* ---- asking for bundles ----------------------------------------------------------------------------------------------- */

static void test_bundles_are_found_by_session_and_part(void **state)
{
	static const char *const names[] = {"", "..", "../spool", "a/b", SESSION ".1", "x*"};
	struct recording *r;
	char *path;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(spool_bundle(site.spool, SESSION, 0, &path), RC_CONFLICT);
	assert_int_equal(spool_bundle(site.spool, SESSION, 1, &path), RC_CONFLICT);
	assert_int_equal(spool_bundle(site.spool, SESSION, 2, &path), RC_NOT_FOUND);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(spool_bundle(site.spool, SESSION, 0, &path), RC_OK);
	free(path);
	assert_int_equal(spool_bundle(site.spool, SESSION, 1, &path), RC_OK);
	free(path);
	assert_int_equal(spool_bundle(site.spool, SESSION, 2, &path), RC_NOT_FOUND);
	assert_int_equal(spool_bundle(site.spool, OTHER, 0, &path), RC_NOT_FOUND);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(spool_bundle(site.spool, names[i], 1, &path), RC_NOT_FOUND);
}

static void test_others_cannot_read_what_is_recorded(void **state)
{
	struct recording *r;

	(void)state;
	site_open(true);
	r = session(SESSION);
	exchange(r, 1);
	assert_int_equal(sh("! find spool bundles quarantine -perm /077 | grep ."), 0);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(sh("! find spool bundles quarantine -perm /077 | grep ."), 0);
}

static void test_a_session_is_recorded_once(void **state)
{
	struct recording *r, *again = NULL;

	(void)state;
	site_open(true);
	r = session(SESSION);
	assert_int_equal(session_try(SESSION, ALICE, &again), RC_CONFLICT);
	assert_int_equal(session_try("../../etc", ALICE, &again), RC_BAD);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
#define SEALED(name) cmocka_unit_test_setup_teardown(test_##name, setup_sealed, teardown)
#define ORIGINALS(name) {"originals: " #name, test_##name, setup_originals, teardown, NULL}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_becomes_a_bundle_that_stock_tools_verify),
		SEALED(what_is_sealed_never_reaches_the_disk_otherwise),
		SEALED(a_large_record_is_sealed_and_opened_by_pieces),
		ORIGINALS(originals_are_for_others_and_records_name_them),
		ORIGINALS(originals_are_encrypted_also_where_segments_are_not),
		TEST(where_originals_are_not_kept_nothing_of_them_is),
		ORIGINALS(strict_nothing_passes_when_the_disk_is_full),
		TEST(no_two_records_have_one_salt),
		TEST(a_long_answer_becomes_many_segments),
		TEST(one_record_may_be_large),
		TEST(what_is_no_record_is_refused),
		TEST(strict_what_was_synced_is_on_disk),
		TEST(batched_sync_does_not_wait_for_the_disk),
		TEST(strict_streams_are_written_without_a_sync),
		TEST(exchanges_that_wait_together_share_a_seal),
		TEST(threads_that_record_at_once_lose_nothing),
		TEST(strict_nothing_passes_when_the_disk_is_full),
		TEST(batched_nothing_passes_once_the_disk_is_full),
		TEST(a_bundle_that_cannot_be_written_waits_for_the_next_start),
		TEST(one_person_cannot_fill_the_spool),
		TEST(who_has_filled_the_spool_opens_no_more_sessions),
		TEST(two_agents_do_not_share_a_state_folder),
		TEST(a_state_folder_without_a_key_is_refused),
		TEST(a_part_that_is_full_is_followed_by_another),
		TEST(a_part_may_be_full_by_bytes),
		TEST(every_record_of_an_emergency_says_so),
		TEST(a_part_ends_after_a_day),
		TEST(a_changed_policy_begins_a_part_of_its_own),
		TEST(a_step_of_the_clock_is_on_record),
		TEST(time_that_both_clocks_tell_is_no_step),
		TEST(bundles_are_found_by_session_and_part),
		TEST(others_cannot_read_what_is_recorded),
		TEST(a_session_is_recorded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
