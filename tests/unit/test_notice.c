/* Notices: signed as the specification says, tried again until taken or given up, kept over a restart, and never in anybody's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "log.h"
#include "metrics.h"
#include "notice.h"
#include "notice_text.h"
#include "webserver.h"

static _Atomic int64_t fake_ns;

static int64_t fake_clock(void)
{
	return fake_ns;
}

struct place {
	char dir[64], store_path[96], secret_path[96], url[64];
	struct store *store;
	struct web web;
	int status;
	const char *more;
	struct notify notify[2];
	struct config config;
	struct notices *notices;
};

static char *answer(void *arg, const char *path)
{
	struct place *p = arg;

	(void)path;
	return web_answer(p->status, p->more, "{}");
}

static void write_secret(struct place *p, const char *text)
{
	FILE *f;

	unlink(p->secret_path);
	f = fopen(p->secret_path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(p->secret_path, 0600), 0);
}

static void begin(struct place *p)
{
	struct why why = {0};

	assert_int_equal(notices_new(&p->config, p->store, &p->notices, &why), RC_OK);
	notices_set_clock(p->notices, fake_clock);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	sqlite3 *db;

	strcpy(p->dir, "/tmp/phigate-notice-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->store_path, sizeof p->store_path, "%s/store.sqlite", p->dir);
	snprintf(p->secret_path, sizeof p->secret_path, "%s/secret", p->dir);
	assert_int_equal(store_open(p->store_path, &p->store, NULL), RC_OK);
	db = store_begin(p->store);
	assert_int_equal(store_do(db, NULL, "PRAGMA synchronous = OFF", ""), RC_OK);
	store_end(p->store);
	p->status = 204;
	p->more = "";
	web_start(&p->web, answer, p);
	snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d/hook/T0PSECRET", p->web.port);
	write_secret(p, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	p->notify[0] = (struct notify){.url = p->url, .secret_file = p->secret_path};
	p->config = (struct config){.name = (char *)"gpu-1", .notify = p->notify, .n_notify = 1};
	fake_ns = clock_wall_s() * NS_PER_S;
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "secret"};
	struct place *p = *state;
	char path[128];

	notices_free(p->notices);
	store_close(p->store);
	web_stop(&p->web);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", p->dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static const struct notice created = {
	.event = "hold.created", .hold = "7K2M-9QXD", .connection = "llama-prod", .rule = "bulk-export", .user = "alice@hospital.example",
	.needs = "one of privacy-officers", .expires_s = 1767225600,
};

static void tell(struct place *p)
{
	assert_int_equal(notices_tell(p->notices, &created), RC_OK);
}

/* The nth request that came, as it came. */
static void nth(struct place *p, int n, char *copy, size_t size)
{
	pthread_mutex_lock(&p->web.lock);
	while (p->web.requests < n)
		pthread_cond_wait(&p->web.asked, &p->web.lock);
	snprintf(copy, size, "%s", p->web.last);
	pthread_mutex_unlock(&p->web.lock);
}

static int64_t figure(struct place *p, const char *name)
{
	struct buf out;
	const char *at;
	int64_t n;

	buf_init(&out, 1 << 17);
	notices_metrics(p->notices);
	assert_int_equal(metrics_text(&out), RC_OK);
	at = strstr(out.data, name);
	assert_non_null(at);
	n = atoll(at + strlen(name));
	buf_free(&out);
	return n;
}

#define SENT "{outcome=\"sent\"} "
#define RETRIED "{outcome=\"retried\"} "
#define DEAD "{outcome=\"dead\"} "
#define WAITING "\nphigate_notices_waiting "

static void until(struct place *p, const char *name, int64_t n)
{
	while (figure(p, name) != n)
		sched_yield();
}

static void header_of(const char *request, const char *name, char *value, size_t size)
{
	const char *at = strstr(request, name);

	assert_non_null(at);
	at += strlen(name);
	snprintf(value, size, "%.*s", (int)strcspn(at, "\r"), at);
}

/* ---- signatures ---- */

/* The example of the specification's own libraries. */
static void the_signature_is_that_of_standard_webhooks(void **state)
{
	struct place *p = *state;
	struct buf secret, signature;

	buf_init(&secret, 4096);
	buf_init(&signature, 4096);
	assert_int_equal(notice_secret_read(p->secret_path, &secret, NULL), RC_OK);
	assert_int_equal(notice_sign(buf_slice(&secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, SLICE("{\"test\": 2432232314}"), &signature),
			 RC_OK);
	assert_string_equal(signature.data, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	buf_free(&secret);
	buf_free(&signature);
}

static void a_secret_is_checked(void **state)
{
	static const char *const bad[] = {
		"", "whsec_", "secret\n", "whsec_short", "whsec_!!!!9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	};
	struct place *p = *state;
	struct notices *n = NULL;
	struct why why = {0};
	struct buf secret;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_secret(p, bad[i]);
		buf_init(&secret, 4096);
		if (notice_secret_read(p->secret_path, &secret, &why) != RC_BAD)
			fail_msg("%s is taken", bad[i]);
		assert_null(strstr(why.text, "MfKQ"));
		buf_free(&secret);
	}
	assert_int_equal(notices_new(&p->config, p->store, &n, &why), RC_BAD);
	assert_null(n);
	for (int over = 0; over < 2; over++) {           /* 64 bytes and 65 */
		char text[128];
		int len = snprintf(text, sizeof text, "whsec_%s", over ? "AAA" : "AA");

		memset(text + len, 'A', 84);
		strcpy(text + len + 84, over ? "=" : "==\r\n");
		write_secret(p, text);
		buf_init(&secret, 4096);
		assert_int_equal(notice_secret_read(p->secret_path, &secret, &why), over ? RC_BAD : RC_OK);
		assert_int_equal(secret.len, 64 + over);
		buf_free(&secret);
	}
	write_secret(p, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	assert_int_equal(chmod(p->secret_path, 0644), 0);
	assert_int_equal(notices_new(&p->config, p->store, &n, &why), RC_DENIED);
}

/* ---- sending ---- */

static void a_notice_goes_out_signed(void **state)
{
	struct place *p = *state;
	char request[4096], id[128], timestamp[64], signature[128];
	struct buf secret, wanted;
	const char *body;
	cJSON *tree;

	begin(p);
	tell(p);
	nth(p, 1, request, sizeof request);
	header_of(request, "webhook-id: ", id, sizeof id);
	header_of(request, "webhook-timestamp: ", timestamp, sizeof timestamp);
	header_of(request, "webhook-signature: ", signature, sizeof signature);
	assert_int_equal(atoll(timestamp), fake_ns / NS_PER_S);
	body = strstr(request, "\r\n\r\n") + 4;
	buf_init(&secret, 4096);
	buf_init(&wanted, 4096);
	assert_int_equal(notice_secret_read(p->secret_path, &secret, NULL), RC_OK);
	assert_int_equal(notice_sign(buf_slice(&secret), id, fake_ns / NS_PER_S, slice_str(body), &wanted), RC_OK);
	assert_string_equal(signature, wanted.data);
	assert_non_null(strstr(request, "POST /hook/T0PSECRET "));
	assert_non_null(strstr(request, "Content-Type: application/json"));
	tree = json_parse(slice_str(body));
	assert_non_null(tree);
	assert_string_equal(json_text(tree, "type"), "hold.created");
	assert_string_equal(json_text(json_object(tree, "data"), "agent"), "gpu-1");
	assert_string_equal(json_text(json_object(tree, "data"), "hold"), "7K2M-9QXD");
	assert_string_equal(json_text(json_object(tree, "data"), "needs"), "one of privacy-officers");
	assert_string_equal(json_text(json_object(tree, "data"), "expires_at"), "2026-01-01T00:00:00Z");
	assert_null(json_text(json_object(tree, "data"), "by"));
	cJSON_Delete(tree);
	buf_free(&secret);
	buf_free(&wanted);
	until(p, SENT, 1);
	assert_int_equal(figure(p, WAITING), 0);
}

static void what_is_not_taken_is_sent_again_with_the_same_id(void **state)
{
	struct place *p = *state;
	char request[4096], first[128], second[128];

	p->status = 500;
	begin(p);
	tell(p);
	nth(p, 1, request, sizeof request);
	header_of(request, "webhook-id: ", first, sizeof first);
	until(p, RETRIED, 1);
	assert_int_equal(figure(p, WAITING), 1);
	pthread_mutex_lock(&p->web.lock);
	p->status = 200;
	pthread_mutex_unlock(&p->web.lock);
	fake_ns += 4 * NS_PER_S;
	notices_set_clock(p->notices, fake_clock);       /* too early: nothing comes, or the count below would be 3 */
	fake_ns += 2 * NS_PER_S;
	notices_set_clock(p->notices, fake_clock);
	nth(p, 2, request, sizeof request);
	header_of(request, "webhook-id: ", second, sizeof second);
	assert_string_equal(first, second);
	until(p, SENT, 1);
	assert_int_equal(web_requests(&p->web), 2);
}

/* How long until the only notice is tried again. */
static int64_t pause_ns(struct place *p)
{
	sqlite3 *db = store_begin(p->store);
	sqlite3_stmt *q;
	int64_t due_ns;

	assert_non_null(db);
	assert_int_equal(store_query(db, &q, "SELECT due_ns FROM notices", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	due_ns = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	store_end(p->store);
	return due_ns - fake_ns;
}

static void after_sixteen_hours_it_is_given_up_and_counted(void **state)
{
	static const int64_t pauses_s[] = {5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800};
	struct place *p = *state;

	p->status = 503;
	begin(p);
	tell(p);
	for (int tries = 1; tries <= 9; tries++) {
		until(p, RETRIED, tries);
		assert_in_range(pause_ns(p), pauses_s[tries - 1] * NS_PER_S, pauses_s[tries - 1] * NS_PER_S * 9 / 8);
		fake_ns += 10 * 3600 * NS_PER_S;
		notices_set_clock(p->notices, fake_clock);
	}
	until(p, DEAD, 1);
	assert_int_equal(web_requests(&p->web), 10);
	assert_int_equal(figure(p, WAITING), 0);
}

static void an_endpoint_that_is_gone_is_not_asked_again(void **state)
{
	struct place *p = *state;

	p->status = 410;
	begin(p);
	tell(p);
	until(p, DEAD, 1);
	assert_int_equal(web_requests(&p->web), 1);
}

static void a_redirect_is_not_followed(void **state)
{
	struct place *p = *state;
	char more[96];

	snprintf(more, sizeof more, "Location: http://127.0.0.1:%d/elsewhere\r\n", p->web.port);
	p->status = 302;
	p->more = more;
	begin(p);
	tell(p);
	until(p, RETRIED, 1);
	assert_int_equal(web_requests(&p->web), 1);
}

static void a_restart_loses_nothing(void **state)
{
	struct place *p = *state;
	char request[4096];

	p->status = 500;
	begin(p);
	tell(p);
	tell(p);
	until(p, RETRIED, 2);
	notices_free(p->notices);
	p->status = 200;
	fake_ns += 10 * NS_PER_S;
	begin(p);
	nth(p, 4, request, sizeof request);
	until(p, SENT, 2);
	assert_int_equal(figure(p, WAITING), 0);
}

static void what_was_rolled_back_is_not_told(void **state)
{
	struct place *p = *state;
	char request[4096];
	sqlite3 *db;

	begin(p);
	db = store_begin(p->store);
	assert_int_equal(store_do(db, NULL, "BEGIN IMMEDIATE", ""), RC_OK);
	assert_int_equal(notices_put(p->notices, db, &(struct notice){.event = "hold.denied", .hold = "0000-0000"}), RC_OK);
	store_end(p->store);
	tell(p);
	nth(p, 1, request, sizeof request);
	assert_non_null(strstr(request, "hold.created"));
	until(p, SENT, 1);
	assert_int_equal(web_requests(&p->web), 1);
}

static void a_hanging_endpoint_is_in_nobodys_way(void **state)
{
	struct place *p = *state;
	int64_t start_ns;
	sqlite3_stmt *q;
	sqlite3 *db;

	web_slow(&p->web, true);
	begin(p);
	start_ns = clock_mono_ns();
	for (int i = 0; i < 20; i++)
		tell(p);
	web_await(&p->web, 1);
	notices_free(p->notices);                        /* with a request under way */
	p->notices = NULL;
	assert_true(clock_mono_ns() - start_ns < 5 * NS_PER_S);
	db = store_begin(p->store);                      /* which counts as none: it is sent at once when the agent is back */
	assert_non_null(db);
	assert_int_equal(store_query(db, &q, "SELECT count(*), sum(tries), max(due_ns) FROM notices", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	assert_int_equal(sqlite3_column_int(q, 0), 20);
	assert_int_equal(sqlite3_column_int(q, 1), 0);
	assert_true(sqlite3_column_int64(q, 2) <= fake_ns);
	sqlite3_finalize(q);
	store_end(p->store);
	web_slow(&p->web, false);
}

static void the_queue_is_bounded_and_the_oldest_gives_way(void **state)
{
	struct place *p = *state;
	sqlite3 *db;
	sqlite3_stmt *q;

	p->status = 500;
	begin(p);
	tell(p);
	until(p, RETRIED, 1);
	db = store_begin(p->store);
	assert_int_equal(store_do(db, NULL,
				  "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
				  " INSERT INTO notices (id, endpoint, event, body, created_ns, due_ns)"
				  " SELECT 'msg_' || i, (SELECT endpoint FROM notices), 'e', '{}', 0, ? FROM n", "ii", (int64_t)NOTICES_MAX,
				  fake_ns + 3600 * NS_PER_S), RC_OK);
	store_end(p->store);
	assert_int_equal(figure(p, WAITING), NOTICES_MAX);
	tell(p);
	assert_int_equal(figure(p, DEAD), 1);
	assert_int_equal(figure(p, WAITING), NOTICES_MAX);
	db = store_begin(p->store);
	assert_int_equal(store_query(db, &q, "SELECT min(seq), (SELECT id FROM notices ORDER BY seq LIMIT 1) FROM notices", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	assert_string_equal(store_text(q, 1), "msg_2");
	sqlite3_finalize(q);
	store_end(p->store);
}

static void what_waits_for_a_former_endpoint_is_given_up(void **state)
{
	struct place *p = *state;
	char other[64];

	p->status = 500;
	begin(p);
	tell(p);
	until(p, RETRIED, 1);
	notices_free(p->notices);
	snprintf(other, sizeof other, "http://127.0.0.1:%d/other", p->web.port);
	p->notify[0].url = other;
	begin(p);
	assert_int_equal(figure(p, DEAD), 1);
	assert_int_equal(figure(p, WAITING), 0);
	assert_int_equal(web_requests(&p->web), 1);
}

static void without_endpoints_nothing_waits(void **state)
{
	struct place *p = *state;

	p->config.n_notify = 0;
	begin(p);
	tell(p);
	assert_int_equal(figure(p, WAITING), 0);
	assert_int_equal(notices_tell(NULL, &created), RC_OK);
}

/* ---- Slack ---- */

static void slack_gets_a_sentence_that_mentions_nobody(void **state)
{
	struct place *p = *state;
	struct notice n = created;
	char request[4096], *body;
	cJSON *tree;

	n.user = "<!channel> & *co*";
	p->notify[0].slack = true;
	p->notify[0].secret_file = NULL;
	begin(p);
	assert_int_equal(notices_tell(p->notices, &n), RC_OK);
	nth(p, 1, request, sizeof request);
	assert_null(strstr(request, "webhook-"));
	body = strstr(request, "\r\n\r\n") + 4;
	tree = json_parse(slice_str(body));
	assert_string_equal(json_text(tree, "text"), "&lt;!channel&gt; &amp; *co* asks for something on llama-prod (gpu-1) that the rule bulk-export"
			    " holds as 7K2M-9QXD. one of privacy-officers may let it through until 2026-01-01T00:00:00Z: `phigate show 7K2M-9QXD`");
	assert_int_equal(cJSON_GetArraySize(tree), 1);
	cJSON_Delete(tree);
	until(p, SENT, 1);
}

static void each_event_has_its_sentence(void **state)
{
	static const char *const events[] = {"hold.created", "hold.approved", "hold.denied", "hold.expired", "hold.cancelled", "emergency.opened",
					     "emergency.closed", "emergency.reviewed"};
	struct notice n = {.hold = "H", .session = "S", .connection = "C", .rule = "R", .user = "U", .by = "B", .needs = "N", .expires_s = 1};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		buf_init(&out, 4096);
		n.event = events[i];
		assert_int_equal(notice_text_slack(&n, "gpu-1", &out), RC_OK);
		assert_null(strchr(out.data, '?'));
		assert_null(strchr(out.data, '%'));
		assert_null(strstr(out.data, events[i]));        /* a sentence, and not the bare event */
		buf_free(&out);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_signature_is_that_of_standard_webhooks),
		TEST(a_secret_is_checked),
		TEST(a_notice_goes_out_signed),
		TEST(what_is_not_taken_is_sent_again_with_the_same_id),
		TEST(after_sixteen_hours_it_is_given_up_and_counted),
		TEST(an_endpoint_that_is_gone_is_not_asked_again),
		TEST(a_redirect_is_not_followed),
		TEST(a_restart_loses_nothing),
		TEST(what_was_rolled_back_is_not_told),
		TEST(a_hanging_endpoint_is_in_nobodys_way),
		TEST(the_queue_is_bounded_and_the_oldest_gives_way),
		TEST(what_waits_for_a_former_endpoint_is_given_up),
		TEST(without_endpoints_nothing_waits),
		TEST(slack_gets_a_sentence_that_mentions_nobody),
		TEST(each_event_has_its_sentence),
	};

	log_setup(2, false, LOG_ERROR + 1);
	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
