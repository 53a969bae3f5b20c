/* Sessions: who may open one, what ends it, and that the end waits for its exchanges and comes once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "neighbours.h"
#include "session_private.h"

#define T0 (1700000000 * NS_PER_S)
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static _Atomic int64_t now_ns = T0;

static int64_t fake_clock(void)
{
	return now_ns;
}

/* Whoever takes the lock after somebody_waits finds a thread that sleeps until that is signalled. */
static pthread_cond_t *_Atomic watched;
static atomic_bool somebody_waits, waited_in_vain;
static _Atomic int64_t waits_ns;                 /* at most */

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	int rc;

	if (cond == watched) {
		waits_ns = until->tv_sec * NS_PER_S + until->tv_nsec - clock_mono_ns();
		somebody_waits = true;
	}
	rc = pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
	if (cond == watched && rc != 0)
		waited_in_vain = true;
	return rc;
}

static char *clinicians[] = {"clinicians", "nurses"}, *officers[] = {"privacy-officers"};
static const struct person alice = {.issuer = "https://idp", .subject = "a", .user = "alice@x", .groups = {clinicians, 1}};
static const struct person bob = {.issuer = "https://idp", .subject = "b", .user = "bob@x", .groups = {officers, 1}};
static const struct person audrey = {.issuer = "https://idp", .subject = "u", .user = "audrey@x", .auditor = true};
static const struct person adam = {.issuer = "https://idp", .subject = "d", .user = "adam@x", .admin = true};
static struct connection llama = {.name = "llama-prod", .dialect = "openai", .policy = "hipaa", .groups = {clinicians, 2}};

static struct dialect *no_dialects[1];

struct place {
	char dir[64], path[96];
	struct config config;
	struct snapshot snapshot;
	struct current *current;
	struct store *store;
	struct sessions *sessions;
	char heard[2048];                        /* "ending ID idle;closed ID idle;" */
	pthread_mutex_t lock;
};

static void hear(void *arg, const struct session_told *t)
{
	struct place *p = arg;
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = strlen(p->heard);
	snprintf(p->heard + n, sizeof p->heard - n, "%s %s %s;", t->news == SESSION_ENDING ? "ending" : "closed", session_end_name(t->end),
		 t->ssh_id);
	pthread_mutex_unlock(&p->lock);
}

/* What is told of emergencies, noted instead of sent: "tell emergency.closed". */
static bool no_notice_is_kept, nobody_can_be_told;

enum rc notices_put(struct notices *notices, sqlite3 *db, const struct notice *n)
{
	(void)notices;
	assert_non_null(db);
	note("tell", n->event);
	note("of", n->session);
	return no_notice_is_kept ? RC_IO : RC_OK;
}

enum rc notices_tell(struct notices *notices, const struct notice *n)
{
	(void)notices;
	if (nobody_can_be_told)
		return RC_IO;
	note("tell", n->event);
	return RC_OK;
}

static void open_sessions(struct place *p)
{
	struct why why = {0};

	assert_int_equal(store_open(p->path, &p->store, &why), RC_OK);
	assert_int_equal(sessions_new(p->current, p->store, NULL, NULL, &p->sessions, &why), RC_OK);
	sessions_set_clock(p->sessions, fake_clock, fake_clock);
	sessions_listen(p->sessions, hear, p);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/test_session.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/store.sqlite", p->dir);
	pthread_mutex_init(&p->lock, NULL);
	p->config = (struct config){.session = {.max_duration = 8 * 3600 * NS_PER_S, .idle_timeout = 1800 * NS_PER_S, .concurrent = 2},
				    .limits = {.per_person = 3}};
	p->config.connections = &llama;
	p->config.n_connections = 1;
	p->snapshot = (struct snapshot){.config = &p->config, .dialects = no_dialects, .refs = 1};
	assert_int_equal(current_new(&p->snapshot, &p->current), RC_OK);
	told.notes[0] = '\0';
	told.fail_open = told.fail_add = told.stall_close = false;
	told.while_opening = NULL;
	told.while_adding = NULL;
	open_sessions(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	static const char *ends[] = {"", "-wal", "-shm"};

	sessions_free(p->sessions);
	current_free(p->current);
	store_close(p->store);
	for (size_t i = 0; i < 3; i++) {
		char path[128];

		snprintf(path, sizeof path, "%s%s", p->path, ends[i]);
		unlink(path);
	}
	rmdir(p->dir);
	assert_int_equal(the_policy.refs, 0);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return 0;
}

static enum rc open_as(struct place *p, const struct person *person, const char *previous, struct session **out, char key[SESSION_KEY_LEN + 1])
{
	const struct session_ask ask = {
		.person = person, .snapshot = &p->snapshot, .key_id = "SHA256:k1", .address = "203.0.113.9:51022", .ssh_id = "ssh1",
		.api_key_sha256 = HEX64, .reason = "ward round", .previous = previous, .expires_s = now_ns / NS_PER_S + 3600,
	};

	return session_open(p->sessions, &ask, out, key, NULL);
}

static struct session *opened(struct place *p)
{
	char key[SESSION_KEY_LEN + 1];
	struct session *s;

	assert_int_equal(open_as(p, &alice, NULL, &s, key), RC_OK);
	return s;
}

static bool has_ended(const struct session *s)
{
	struct pollfd f = {session_end_fd(s), POLLIN, 0};

	return poll(&f, 1, 0) == 1;
}

/* The list as somebody sees it; the caller frees. */
static cJSON *list(struct place *p, const struct person *person, const char *state)
{
	const struct session_filter filter = {.state = state};
	struct buf out;
	cJSON *tree;

	buf_init(&out, 1 << 20);
	assert_int_equal(sessions_list(p->sessions, person, &filter, &out, NULL), RC_OK);
	tree = json_parse(buf_slice(&out));
	assert_non_null(tree);
	buf_free(&out);
	return tree;
}

static void assert_end(struct place *p, const char *end)
{
	cJSON *all = list(p, &alice, "closed");

	assert_int_equal(cJSON_GetArraySize(all), 1);
	assert_string_equal(json_text(all->child, "end"), end);
	assert_non_null(json_text(all->child, "closed_at"));
	cJSON_Delete(all);
}

static void a_session_opens_and_closes(void **state)
{
	struct place *p = *state;
	char key[SESSION_KEY_LEN + 1];
	struct session *s, *same;
	cJSON *all;

	assert_int_equal(open_as(p, &alice, NULL, &s, key), RC_OK);
	assert_int_equal(strlen(s->id), SESSION_ID_LEN);
	assert_int_equal(strlen(key), SESSION_KEY_LEN);
	assert_string_equal(s->reason, "WARD ROUND");          /* masked before anything else sees it */
	assert_null(strstr(told.open_json, "ward"));
	assert_null(strstr(told.open_json, key));
	all = json_parse(slice_str(told.open_json));
	assert_non_null(all);
	assert_string_equal(json_text(json_object(all, "client"), "address"), "203.0.113.9");
	assert_string_equal(json_text(json_object(all, "user"), "subject"), "a");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(all, "purpose")));
	cJSON_Delete(all);
	same = session_by_key(p->sessions, slice_str(key));
	assert_ptr_equal(same, s);
	session_unref(same);
	assert_null(session_by_key(p->sessions, slice_str(HEX64)));
	all = list(p, &alice, "open");
	assert_string_equal(json_text(all->child, "id"), s->id);
	assert_string_equal(json_text(all->child, "reason"), "WARD ROUND");
	assert_true(json_true(all->child, "own"));
	cJSON_Delete(all);
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	assert_true(noted("close client"));
	assert_true(has_ended(s));
	assert_null(session_by_key(p->sessions, slice_str(key)));
	assert_string_equal(p->heard, "ending client ssh1;closed client ssh1;");
	assert_end(p, "client");
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_CONFLICT);
	session_unref(s);
}

static void who_may_open(void **state)
{
	char reason[SESSION_REASON_MAX + 2] = "";
	struct place *p = *state;
	char key[SESSION_KEY_LEN + 1];
	struct session_ask ask = {.person = &bob, .snapshot = &p->snapshot, .key_id = "k", .address = "a:1", .ssh_id = "", .api_key_sha256 = HEX64};
	struct why why = {0};
	struct session *s, *two;

	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "clinicians, nurses"));
	ask.person = &alice;
	ask.api_key_sha256 = NULL;
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	ask.api_key_sha256 = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	ask.api_key_sha256 = HEX64 "0";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	ask.api_key_sha256 = HEX64 "g";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	ask.api_key_sha256 = HEX64;
	memset(reason, 'x', SESSION_REASON_MAX + 1);
	ask.reason = reason;
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	reason[SESSION_REASON_MAX] = '\0';
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_OK);
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	session_unref(s);
	ask.reason = "\xff";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	ask.reason = NULL;
	ask.previous = "01AAAAAAAAAAAAAAAAAAAAAAAA";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	s = opened(p);
	two = opened(p);
	assert_int_equal(open_as(p, &alice, NULL, &(struct session *){NULL}, key), RC_TOO_BIG);
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	session_unref(s);
	assert_int_equal(open_as(p, &alice, two->id, &s, key), RC_OK);           /* its own, so it may be replaced */
	assert_non_null(strstr(told.open_json, "\"replaces\":\"01"));
	session_unref(s);
	session_unref(two);
}

/* A session replaces one of the same person and connection only, and nobody else reads it. */
static void another_persons_session_is_not_ones_own(void **state)
{
	static const char *const rows[][3] = {   /* issuer, subject, connection */
		{"https://idp", "a", "llama-prod"}, {"https://idp2", "a", "llama-prod"}, {"https://idp", "b", "llama-prod"}, {"https://idp", "a", "whisper"},
	};
	struct place *p = *state;

	for (int i = 0; i < 4; i++) {
		sqlite3 *db = store_begin(p->store);
		char id[SESSION_ID_LEN + 1], key[SESSION_KEY_LEN + 1];
		struct session *s;
		bool own;

		snprintf(id, sizeof id, "01AAAAAAAAAAAAAAAAAAAAAAA%d", i);
		assert_non_null(db);
		assert_int_equal(store_do(db, NULL, "INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns)"
					  " VALUES (?, ?, ?, 'u', ?, 'a', 'closed', 1)", "tttt", id, rows[i][0], rows[i][1], rows[i][2]), RC_OK);
		store_end(p->store);
		assert_int_equal(open_as(p, &alice, id, &s, key), i == 0 ? RC_OK : RC_BAD);
		session_unref(s);
		assert_int_equal(session_readable(p->sessions, &alice, id, &own, NULL), i == 0 || i == 3 ? RC_OK : RC_NOT_FOUND);
	}
}

static void an_address_is_put_on_record_in_its_parts(void **state)
{
	static const char *const addresses[][2] = {
		{"203.0.113.9:51022", "{\"address\":\"203.0.113.9\",\"port\":51022}"}, {"[2001:db8::1]:22", "{\"address\":\"2001:db8::1\",\"port\":22}"},
		{"nowhere", "{\"address\":\"nowhere\",\"port\":0}"},
	};
	struct place *p = *state;

	p->config.session.concurrent = 3;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		const struct session_ask ask = {.person = &alice, .snapshot = &p->snapshot, .key_id = "k", .address = addresses[i][0],
						.api_key_sha256 = HEX64, .expires_s = now_ns / NS_PER_S + 3600};
		char key[SESSION_KEY_LEN + 1];
		struct session *s;

		assert_int_equal(session_open(p->sessions, &ask, &s, key, NULL), RC_OK);
		assert_non_null(strstr(told.open_json, addresses[i][1]));
		session_unref(s);
	}
}

static char *physicians[] = {"clinicians", "emergency-physicians"};
static const struct person erin = {.issuer = "https://idp", .subject = "e", .user = "erin@example.org", .groups = {physicians, 2}};

static enum rc open_emergency(struct place *p, const struct person *person, const char *reason, struct session **out, struct why *why)
{
	char key[SESSION_KEY_LEN + 1];
	const struct session_ask ask = {
		.person = person, .snapshot = &p->snapshot, .key_id = "SHA256:k1", .address = "203.0.113.9:51022", .ssh_id = "ssh1",
		.api_key_sha256 = HEX64, .reason = reason, .emergency = true, .expires_s = now_ns / NS_PER_S + 36000,
	};

	return session_open(p->sessions, &ask, out, key, why);
}

static void emergency_access_is_for_those_whom_the_policy_names_and_needs_a_reason(void **state)
{
	struct place *p = *state;
	struct why why = {0};
	struct session *s;

	told.emergency = (struct emergency){.max_duration_ns = 3600 * NS_PER_S};
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "the policy hipaa gives nobody"));
	told.emergency.groups = (struct text_list){&physicians[1], 1};
	assert_int_equal(open_emergency(p, &alice, "arrest", &s, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "emergency-physicians"));
	assert_int_equal(open_emergency(p, &erin, NULL, &s, &why), RC_BAD);
	assert_int_equal(open_emergency(p, &erin, " \t\n", &s, &why), RC_BAD);
	assert_non_null(strstr(why.text, "reason"));
	assert_false(noted("open"));                     /* none of them left anything */
}

static void an_emergency_session_is_marked_listed_and_short(void **state)
{
	static const struct person former = {.issuer = "https://idp", .subject = "e", .user = "erin", .groups = {physicians, 1}};
	struct session_filter filter = {.emergency = true, .unreviewed = true};
	struct place *p = *state;
	int64_t expires_s;
	struct session *s, *plain;
	struct buf out;

	told.emergency = (struct emergency){.groups = {&physicians[1], 1}, .max_duration_ns = 600 * NS_PER_S};
	plain = opened(p);
	assert_false(told.emergency_recorded);
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, NULL), RC_OK);
	assert_true(s->emergency);
	assert_true(told.emergency_recorded);
	buf_init(&out, 1 << 16);
	assert_int_equal(sessions_list(p->sessions, &erin, &filter, &out, NULL), RC_OK);
	assert_non_null(strstr(out.data, s->id));
	assert_non_null(strstr(out.data, "\"emergency\":true,\"reviews\":0"));
	buf_clear(&out);
	assert_int_equal(sessions_list(p->sessions, &alice, &filter, &out, NULL), RC_OK);
	assert_string_equal(out.data, "[]");
	buf_free(&out);
	assert_int_equal(session_renew(p->sessions, s->id, &former, NULL, 0, &expires_s, NULL), RC_DENIED);      /* no longer named */
	now_ns += 599 * NS_PER_S;
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	now_ns += NS_PER_S;
	sessions_tick(p->sessions);
	assert_true(has_ended(s));
	assert_false(has_ended(plain));
	await_note("close max_duration");
	session_unref(s);
	session_unref(plain);
}

static void an_emergency_that_nobody_is_told_of_is_none(void **state)
{
	struct place *p = *state;
	struct session *s;
	struct why why;
	cJSON *rows;

	told.emergency = (struct emergency){.groups = {&physicians[1], 1}, .max_duration_ns = 600 * NS_PER_S};
	nobody_can_be_told = true;
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, &why), RC_IO);
	nobody_can_be_told = false;
	assert_non_null(strstr(why.text, "cannot be told"));
	rows = list(p, &erin, "open");
	assert_int_equal(cJSON_GetArraySize(rows), 0);
	cJSON_Delete(rows);
}

/* What stands in the way of others does not stand in the way of an emergency, and it is no way to a longer session. */
static void an_emergency_is_asked_for_a_reason_and_ends_with_any_session(void **state)
{
	static char *treatment[] = {"TREAT"};
	struct place *p = *state;
	struct session *s;

	p->config.session.idle_timeout = 99 * 3600 * NS_PER_S;
	told.emergency = (struct emergency){.groups = {&physicians[1], 1}, .max_duration_ns = 9 * 3600 * NS_PER_S};
	the_terms = (struct terms){.reason = true, .purposes = {treatment, 1}};
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, NULL), RC_OK);
	the_terms = (struct terms){0};
	now_ns += 8 * 3600 * NS_PER_S - 1;
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	now_ns += 1;
	sessions_tick(p->sessions);
	assert_true(has_ended(s));
	await_note("close max_duration");
	session_unref(s);
}

static void without_a_record_there_is_no_session(void **state)
{
	struct place *p = *state;
	char key[SESSION_KEY_LEN + 1];
	struct session *s;
	cJSON *all;

	told.fail_open = true;
	assert_int_equal(open_as(p, &alice, NULL, &s, key), RC_IO);
	assert_null(s);
	all = list(p, &alice, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 0);
	cJSON_Delete(all);
	told.fail_open = false;
	s = opened(p);
	session_unref(s);
}

static void the_end_waits_for_exchanges(void **state)
{
	struct place *p = *state;
	char key[SESSION_KEY_LEN + 1];
	struct session *s;
	uint64_t a, b, c;

	assert_int_equal(open_as(p, &alice, NULL, &s, key), RC_OK);
	assert_int_equal(session_enter(s, 3, &a), RC_OK);
	assert_int_equal(session_enter(s, 3, &b), RC_OK);
	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	sessions_end_key(p->sessions, "SHA256:other");
	assert_false(has_ended(s));
	sessions_end_key(p->sessions, "SHA256:k1");
	assert_true(has_ended(s));
	assert_int_equal(session_enter(s, 3, &c), RC_CANCELLED);
	assert_int_equal(session_enter(s, 2, &c), RC_CANCELLED);         /* not: come back later */
	assert_null(session_by_key(p->sessions, slice_str(key)));
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 7200, &(int64_t){0}, NULL), RC_NOT_FOUND);
	session_leave(s);
	assert_false(noted("close"));
	session_leave(s);
	assert_true(noted("close revoked"));
	assert_end(p, "revoked");
	session_unref(s);
}

static void *close_it(void *arg)
{
	struct session *s = arg;
	enum rc rc = session_finish(s->private->sessions, s->id, &alice, SESSION_END_CLIENT, NULL);

	/* one that comes late is told that it has ended before */
	note(rc == RC_OK || rc == RC_CONFLICT ? "answered" : "failed", "");
	return NULL;
}

static void the_answer_comes_when_it_is_sealed(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);
	pthread_t one, two;

	told.stall_close = true;
	assert_int_equal(pthread_create(&one, NULL, close_it, s), 0);
	pthread_mutex_lock(&told.lock);
	while (!told.closing)
		pthread_cond_wait(&told.changed, &told.lock);
	pthread_mutex_unlock(&told.lock);
	assert_int_equal(pthread_create(&two, NULL, close_it, s), 0);    /* at the same time: waits for the same seal */
	assert_false(noted("answered"));
	pthread_mutex_lock(&told.lock);
	told.stall_close = false;
	pthread_cond_broadcast(&told.changed);
	pthread_mutex_unlock(&told.lock);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	assert_true(noted("close client;answered"));
	assert_false(noted("failed"));
	assert_int_equal(strstr(told.notes, "close client")[strlen("close client;")], 'a');
	session_unref(s);
}

static void it_idles_out(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);
	uint64_t x;

	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 360000, &(int64_t){0}, NULL), RC_OK);
	now_ns += 1700 * NS_PER_S;
	assert_int_equal(session_enter(s, 3, &x), RC_OK);
	now_ns += 7200 * NS_PER_S;               /* a long exchange is no idle time */
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	session_leave(s);
	now_ns += 1799 * NS_PER_S;
	/* nor does a renewal make it busy */
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 360000, &(int64_t){0}, NULL), RC_OK);
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	now_ns += NS_PER_S;
	sessions_tick(p->sessions);
	assert_true(has_ended(s));
	await_note("close idle");
	session_unref(s);
}

static void it_outlives_no_limit(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);
	uint64_t x;

	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 360000, &(int64_t){0}, NULL), RC_OK);
	assert_int_equal(session_enter(s, 3, &x), RC_OK);
	now_ns += 8 * 3600 * NS_PER_S - 1;
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	now_ns += 1;
	sessions_tick(p->sessions);
	assert_true(has_ended(s));
	session_leave(s);
	await_note("close max_duration");
	session_unref(s);
}

static void it_ends_with_its_newest_token(void **state)
{
	struct place *p = *state;
	struct session *s;
	int64_t until = 0;
	uint64_t x;

	p->config.session.idle_timeout = 100 * 3600 * NS_PER_S;
	s = opened(p);
	now_ns += 3000 * NS_PER_S;
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 3600, &until, NULL), RC_OK);
	assert_int_equal(until, now_ns / NS_PER_S + 3600);
	assert_true(noted("add renew"));
	/* an older token takes nothing away */
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 60, &until, NULL), RC_OK);
	assert_int_equal(until, now_ns / NS_PER_S + 3600);
	now_ns += 3659 * NS_PER_S;
	sessions_tick(p->sessions);
	assert_false(has_ended(s));
	now_ns += NS_PER_S;
	sessions_tick(p->sessions);
	assert_true(has_ended(s));
	await_note("close expired");
	assert_int_equal(session_enter(s, 3, &x), RC_CANCELLED);
	session_unref(s);
}

/* The first of its ends, and a minute where all are further off: the clock may be set. */
static void it_is_looked_at_when_it_may_be_due(void **state)
{
	static const struct {
		int64_t max_s, idle_s, token_s, look_s;
	} cases[] = {{10, 20, 30, 10}, {20, 10, 30, 10}, {30, 20, 10, 10}, {20, 30, 10, 10}, {3600, 3600, 3600, 60}};
	struct place *p = *state;

	watched = &p->sessions->due;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct session_ask ask = {
			.person = &alice, .snapshot = &p->snapshot, .key_id = "k", .address = "a:1", .api_key_sha256 = HEX64,
			.expires_s = now_ns / NS_PER_S + cases[i].token_s - SESSION_GRACE_S,
		};
		int64_t give_up_ns = clock_mono_ns() + 20 * NS_PER_S;
		char key[SESSION_KEY_LEN + 1];
		struct session *s;

		p->config.session.max_duration = cases[i].max_s * NS_PER_S;
		p->config.session.idle_timeout = cases[i].idle_s * NS_PER_S;
		somebody_waits = false;
		assert_int_equal(session_open(p->sessions, &ask, &s, key, NULL), RC_OK);
		/* it may have looked while the session was being opened */
		while ((!somebody_waits || waits_ns > cases[i].look_s * NS_PER_S) && clock_mono_ns() < give_up_ns)
			sched_yield();
		assert_in_range(waits_ns, (cases[i].look_s - 1) * NS_PER_S, cases[i].look_s * NS_PER_S);
		assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
		session_unref(s);
	}
	watched = NULL;
}

static void only_its_user_renews(void **state)
{
	struct place *p = *state;
	struct person left = alice;
	struct session *s = opened(p);
	int64_t until;

	assert_int_equal(session_renew(p->sessions, s->id, &bob, NULL, 9e9, &until, NULL), RC_NOT_FOUND);
	assert_int_equal(session_renew(p->sessions, s->id, &adam, NULL, 9e9, &until, NULL), RC_NOT_FOUND);
	left.groups = (struct text_list){officers, 1};
	assert_int_equal(session_renew(p->sessions, s->id, &left, NULL, 9e9, &until, NULL), RC_DENIED);
	told.fail_add = true;
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, 9e9, &until, NULL), RC_IO);
	told.fail_add = false;
	assert_int_equal(session_renew(p->sessions, s->id, &alice, "ssh2", now_ns / NS_PER_S + 60, &until, NULL), RC_OK);
	assert_int_equal(until, now_ns / NS_PER_S + 3600);               /* what is not on record has prolonged nothing */
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 60, &until, NULL), RC_OK);       /* stays */
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	assert_non_null(strstr(p->heard, "ssh2"));
	session_unref(s);
}

static void end_it(void *arg)
{
	struct place *p = arg;

	sessions_end_key(p->sessions, "SHA256:k1");
	assert_false(noted("close"));                    /* the renewal is to be on record */
}

static void a_session_that_ends_while_it_is_renewed_is_sealed(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);

	told.while_adding = end_it;
	told.arg = p;
	assert_int_equal(session_renew(p->sessions, s->id, &alice, NULL, now_ns / NS_PER_S + 7200, &(int64_t){0}, NULL), RC_OK);
	assert_true(noted("add renew;close revoked"));
	session_unref(s);
}

/* The connection has an auditor and an admin of its own: to the agent's its sessions do not exist, running or ended, in the same words. */
static void a_connection_may_have_roles_of_its_own(void **state)
{
	static struct person wards = {.issuer = "https://idp", .subject = "w", .user = "wanda@x", .groups = {officers, 1}};
	struct place *p = *state;
	struct connection own_roles = llama;
	struct session *s = opened(p);
	char unknown[SESSION_ID_LEN + 1] = "01AAAAAAAAAAAAAAAAAAAAAAAA", id[SESSION_ID_LEN + 1];
	struct why why = {0}, none = {0};
	bool own;
	cJSON *all;

	own_roles.auditor_groups = own_roles.admin_groups = (struct text_list){officers, 1};
	p->config.connections = &own_roles;
	strcpy(id, s->id);
	for (int ended = 0; ended < 2; ended++) {
		const struct person *others[] = {&audrey, &adam};

		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(session_readable(p->sessions, others[i], id, &own, &why), RC_NOT_FOUND);
			assert_int_equal(session_finish(p->sessions, id, others[i], SESSION_END_REVOKED, &why), RC_NOT_FOUND);
			assert_int_equal(session_finish(p->sessions, unknown, others[i], SESSION_END_REVOKED, &none), RC_NOT_FOUND);
			memcpy(strstr(none.text, unknown), id, SESSION_ID_LEN);
			assert_string_equal(why.text, none.text);
			all = list(p, others[i], NULL);
			assert_int_equal(cJSON_GetArraySize(all), 0);
			cJSON_Delete(all);
		}
		assert_int_equal(session_readable(p->sessions, &wards, id, &own, NULL), RC_OK);
		all = list(p, &wards, NULL);
		assert_int_equal(cJSON_GetArraySize(all), 1);
		cJSON_Delete(all);
		all = list(p, &alice, NULL);
		assert_int_equal(cJSON_GetArraySize(all), 1);
		cJSON_Delete(all);
		assert_int_equal(session_finish(p->sessions, id, &wards, SESSION_END_REVOKED, NULL), ended ? RC_CONFLICT : RC_OK);
	}
	session_unref(s);
	p->config.connections = &llama;                  /* and without them all is the agent's again */
	all = list(p, &audrey, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 1);
	cJSON_Delete(all);
	all = list(p, &wards, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 0);
	cJSON_Delete(all);
}

static void who_may_end_and_see_it(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);
	bool own;
	cJSON *all;

	assert_int_equal(session_finish(p->sessions, s->id, &bob, SESSION_END_CLIENT, NULL), RC_NOT_FOUND);
	assert_int_equal(session_finish(p->sessions, s->id, &bob, SESSION_END_REVOKED, NULL), RC_NOT_FOUND);
	assert_int_equal(session_finish(p->sessions, s->id, &audrey, SESSION_END_REVOKED, NULL), RC_DENIED);
	assert_int_equal(session_finish(p->sessions, s->id, &adam, SESSION_END_CLIENT, NULL), RC_DENIED);
	assert_false(has_ended(s));
	assert_int_equal(session_readable(p->sessions, &alice, s->id, &own, NULL), RC_OK);
	assert_true(own);
	assert_int_equal(session_readable(p->sessions, &audrey, s->id, &own, NULL), RC_OK);
	assert_false(own);
	assert_int_equal(session_readable(p->sessions, &bob, s->id, &own, NULL), RC_NOT_FOUND);
	all = list(p, &bob, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 0);
	cJSON_Delete(all);
	all = list(p, &audrey, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 1);
	assert_false(json_true(all->child, "own"));
	cJSON_Delete(all);
	assert_int_equal(session_finish(p->sessions, s->id, &adam, SESSION_END_REVOKED, NULL), RC_OK);
	assert_end(p, "revoked");
	session_unref(s);
}

/* Requests that run at one time count for a person over all sessions, and one that ends makes room. */
static void so_many_requests_of_one_person(void **state)
{
	struct place *p = *state;
	const struct person carol = {.issuer = alice.issuer, .subject = "c", .user = "carol@x", .groups = alice.groups};
	struct session *one = opened(p), *two = opened(p), *other;
	char key[SESSION_KEY_LEN + 1];
	uint64_t x;

	assert_int_equal(session_enter(one, 3, &x), RC_OK);
	assert_int_equal(session_enter(two, 3, &x), RC_OK);
	assert_int_equal(session_enter(two, 3, &x), RC_OK);
	assert_int_equal(session_enter(one, 3, &x), RC_TOO_BIG);
	assert_int_equal(session_enter(two, 3, &x), RC_TOO_BIG);
	assert_int_equal(open_as(p, &carol, NULL, &other, key), RC_OK);
	assert_int_equal(session_enter(other, 3, &x), RC_OK);
	session_leave(other);
	assert_int_equal(session_renew(p->sessions, one->id, &alice, NULL, now_ns / NS_PER_S + 7200, &(int64_t){0}, NULL), RC_OK);
	session_leave(two);
	assert_int_equal(session_enter(one, 3, &x), RC_OK);
	assert_int_equal(x, 2);
	session_leave(one);
	session_leave(one);
	session_leave(two);
	session_unref(one);
	session_unref(two);
	session_unref(other);
}

static void a_stop_ends_all(void **state)
{
	struct place *p = *state;
	char key[SESSION_KEY_LEN + 1];
	struct session *s = opened(p), *none;

	session_unref(s);
	s = opened(p);
	sessions_stop(p->sessions, SESSION_END_STOP);
	assert_true(has_ended(s));
	assert_true(noted("close stop;close stop"));
	told.notes[0] = '\0';
	assert_int_equal(open_as(p, &alice, NULL, &none, key), RC_CANCELLED);
	assert_string_equal(told.notes, "");             /* not even a record of it was begun */
	session_unref(s);
}

/* Its connection is gone: what is ending already is not counted, and nothing is looked at twice. */
static void what_is_no_longer_allowed_ends_once(void **state)
{
	struct place *p = *state;
	struct config none = p->config;
	struct snapshot later = {.config = &none, .dialects = no_dialects, .refs = 1};
	struct session *ending = opened(p), *open = opened(p);
	uint64_t x;

	none.n_connections = 0;
	assert_int_equal(session_enter(ending, 3, &x), RC_OK);
	assert_int_equal(session_enter(open, 3, &x), RC_OK);
	sessions_end_key(p->sessions, "SHA256:k1");
	session_leave(open);
	session_unref(open);
	open = opened(p);
	assert_int_equal(sessions_recheck(p->sessions), 0);
	current_set(p->current, snapshot_ref(&later));
	assert_int_equal(sessions_recheck(p->sessions), 1);
	assert_true(has_ended(open));
	assert_int_equal(sessions_recheck(p->sessions), 0);
	session_leave(ending);
	current_set(p->current, snapshot_ref(&p->snapshot));
	sessions_stop(p->sessions, SESSION_END_STOP);
	assert_false(noted("close stop"));
	session_unref(ending);
	session_unref(open);
}

/* An exchange may have begun under it, and be slower than another. */
static void an_older_configuration_changes_nothing_back(void **state)
{
	struct place *p = *state;
	struct config none = p->config;
	struct snapshot later = {.config = &p->config, .dialects = no_dialects, .refs = 1, .generation = 2};
	struct snapshot older = {.config = &none, .dialects = no_dialects, .refs = 1, .generation = 1};
	struct policy *policy;
	struct session *s = opened(p);

	none.n_connections = 0;
	assert_int_equal(session_policy(s, &later, &policy), RC_OK);
	policy_unref(policy);
	assert_int_equal(session_policy(s, &older, &policy), RC_OK);
	policy_unref(policy);
	older.generation = 3;
	assert_int_equal(session_policy(s, &older, &policy), RC_NOT_FOUND);
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	session_unref(s);
}

/* By its name, and by its text. */
static void another_dialect_begins_another_part(void **state)
{
	struct dialect dialects[] = {{"openai", 'a'}, {"openai", 'a'}, {"ollama", 'a'}, {"ollama", 'b'}}, *at[4];
	struct snapshot snapshots[4];
	struct place *p = *state;
	struct session *s = opened(p);

	for (size_t i = 0; i < 4; i++) {
		struct policy *policy;

		at[i] = &dialects[i];
		snapshots[i] = (struct snapshot){.config = &p->config, .dialects = &at[i], .refs = 1, .generation = i + 1};
		told.notes[0] = '\0';
		assert_int_equal(session_policy(s, &snapshots[i], &policy), RC_OK);
		assert_int_equal(noted("rotate"), i >= 2);
		policy_unref(policy);
	}
	assert_int_equal(session_finish(p->sessions, s->id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
	session_unref(s);
}

/* ---- while one opens: it is listed, and its recording is not begun yet ---- */

struct opening {
	struct place *place;
	char key[SESSION_KEY_LEN + 1];
	pthread_t stopper;
	bool looked;
};

static enum rc open_during(struct opening *o, void (*fn)(void *arg, const char *id), struct session **out)
{
	told.while_opening = fn;
	told.arg = o;
	return open_as(o->place, &alice, NULL, out, o->key);
}

static void nothing_is_done_to_it(void *arg, const char *id)
{
	struct opening *o = arg;
	struct place *p = o->place;
	struct why why = {0};

	assert_null(session_by_key(p->sessions, slice_str(o->key)));
	assert_int_equal(session_renew(p->sessions, id, &alice, NULL, now_ns / NS_PER_S + 7200, &(int64_t){0}, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "no open session"));
	assert_int_equal(session_finish(p->sessions, id, &alice, SESSION_END_CLIENT, NULL), RC_CONFLICT);
	sessions_end_key(p->sessions, "SHA256:k1");
	now_ns += 9 * 3600 * NS_PER_S;                   /* its time begins when it is open */
	sessions_tick(p->sessions);
	now_ns -= 9 * 3600 * NS_PER_S;
	o->looked = true;
}

static void a_session_that_is_being_opened_is_none_yet(void **state)
{
	struct opening o = {.place = *state};
	struct session *s;

	assert_int_equal(open_during(&o, nothing_is_done_to_it, &s), RC_OK);
	assert_true(o.looked);
	assert_false(has_ended(s));
	assert_string_equal(o.place->heard, "");
	session_unref(s);
}

static void *stop_all(void *arg)
{
	struct opening *o = arg;

	sessions_stop(o->place->sessions, SESSION_END_STOP);
	note("stopped", "");
	return NULL;
}

static void the_agent_stops(void *arg, const char *id)
{
	struct opening *o = arg;
	struct sessions *all = o->place->sessions;

	(void)id;
	watched = &all->closed;
	somebody_waits = waited_in_vain = false;
	assert_int_equal(pthread_create(&o->stopper, NULL, stop_all, o), 0);
	while (!somebody_waits && !noted("stopped"))
		sched_yield();
	assert_false(noted("stopped"));                  /* it waits for this one */
}

static void a_stop_while_one_opens_ends_it(void **state)
{
	struct opening o = {.place = *state};
	struct session *s;

	assert_int_equal(open_during(&o, the_agent_stops, &s), RC_CANCELLED);
	assert_null(s);
	assert_string_equal(o.key, "");
	pthread_join(o.stopper, NULL);
	assert_false(waited_in_vain);
	assert_true(noted("close stop;stopped"));        /* its recording is sealed first */
	assert_end(o.place, "stop");
}

static void a_stop_while_one_opens_in_vain_waits_for_no_more(void **state)
{
	struct opening o = {.place = *state};
	struct session *s;
	cJSON *all;

	told.fail_open = true;
	assert_int_equal(open_during(&o, the_agent_stops, &s), RC_IO);
	assert_null(s);
	pthread_join(o.stopper, NULL);
	assert_false(waited_in_vain);
	assert_false(noted("close"));
	all = list(o.place, &alice, NULL);
	assert_int_equal(cJSON_GetArraySize(all), 0);
	cJSON_Delete(all);
}

static void what_a_crash_left_open_is_marked(void **state)
{
	struct place *p = *state;
	char id[SESSION_ID_LEN + 1];
	struct session *s = opened(p);
	sqlite3 *db;
	cJSON *all;

	strcpy(id, s->id);
	sessions_stop(p->sessions, SESSION_END_STOP);
	session_unref(s);
	db = store_begin(p->store);
	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "UPDATE sessions SET state = 'open', ended = NULL, closed_ns = NULL", ""), RC_OK);
	store_end(p->store);
	sessions_free(p->sessions);
	store_close(p->store);
	open_sessions(p);
	all = list(p, &alice, "closed");
	assert_string_equal(json_text(all->child, "id"), id);
	assert_string_equal(json_text(all->child, "end"), "crash");
	assert_int_equal(cJSON_GetObjectItem(all->child, "parts")->valueint, 1);         /* at least */
	cJSON_Delete(all);
}

/* The store as an agent leaves it that was killed: told is what the next one tells. */
static void start_after_a_crash(struct place *p)
{
	sessions_free(p->sessions);
	store_close(p->store);
	told.notes[0] = '\0';
	open_sessions(p);
}

static cJSON *emergencies(struct place *p)
{
	const struct session_filter filter = {.emergency = true, .unreviewed = true, .state = "closed"};
	struct buf out;
	cJSON *tree;

	buf_init(&out, 1 << 16);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	tree = json_parse(buf_slice(&out));
	buf_free(&out);
	return tree;
}

/* With the agent, or by its crash: those who must review it are told, once. */
static void the_end_of_an_emergency_is_told_also_after_a_crash(void **state)
{
	struct place *p = *state;
	struct session *s, *plain;
	char of[64];
	cJSON *all;

	told.emergency = (struct emergency){.groups = {&physicians[1], 1}, .max_duration_ns = 600 * NS_PER_S};
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, NULL), RC_OK);
	plain = opened(p);
	assert_true(noted("tell emergency.opened"));
	snprintf(of, sizeof of, "of %s", s->id);
	no_notice_is_kept = true;                        /* the store fails: its row stays as a crash would leave it */
	sessions_stop(p->sessions, SESSION_END_STOP);
	session_unref(s);
	session_unref(plain);
	no_notice_is_kept = false;
	all = emergencies(p);
	assert_int_equal(cJSON_GetArraySize(all), 0);
	cJSON_Delete(all);
	start_after_a_crash(p);
	assert_true(noted("tell emergency.closed"));
	assert_true(noted(of));
	all = emergencies(p);
	assert_int_equal(cJSON_GetArraySize(all), 1);
	assert_string_equal(json_text(all->child, "end"), "crash");
	cJSON_Delete(all);
	start_after_a_crash(p);
	assert_false(noted("tell"));                     /* and not once more */
	assert_int_equal(open_emergency(p, &erin, "arrest", &s, NULL), RC_OK);
	told.notes[0] = '\0';
	assert_int_equal(session_finish(p->sessions, s->id, &erin, SESSION_END_CLIENT, NULL), RC_OK);
	assert_true(noted("tell emergency.closed"));
	session_unref(s);
}

static void the_list_is_filtered(void **state)
{
	struct place *p = *state;
	struct session *s = opened(p);
	struct session_filter filter = {.user = "bob@x"};
	struct buf out;

	buf_init(&out, 65536);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	assert_string_equal(out.data, "[]");
	filter = (struct session_filter){.user = "alice@x", .since_ns = now_ns + 1};
	buf_clear(&out);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	assert_string_equal(out.data, "[]");
	filter.since_ns = now_ns;
	buf_clear(&out);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	assert_non_null(strstr(out.data, s->id));
	for (int i = 0; i < 2; i++) {
		filter.until_ns = now_ns + i;            /* before then */
		buf_clear(&out);
		assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
		assert_int_equal(strcmp(out.data, "[]") != 0, i);
	}
	filter.until_ns = 0;
	filter.connection = "llama-prod";
	buf_clear(&out);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	assert_non_null(strstr(out.data, s->id));
	filter.connection = "whisper";
	buf_clear(&out);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	assert_string_equal(out.data, "[]");
	filter.state = "half";
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_BAD);
	buf_free(&out);
	session_unref(s);
}

/* The newest of them. */
static void a_list_has_at_most_10000_sessions(void **state)
{
	const struct session_filter filter = {0};
	struct place *p = *state;
	sqlite3 *db = store_begin(p->store);
	struct buf out;
	cJSON *tree;

	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO sessions"
				  " (id, issuer, subject, user, connection, address, state, opened_ns) SELECT 'S' || i, 'i', 's', 'u', 'c', 'a', 'closed', i"
				  " FROM n", ""), RC_OK);
	store_end(p->store);
	buf_init(&out, 1 << 24);
	assert_int_equal(sessions_list(p->sessions, &audrey, &filter, &out, NULL), RC_OK);
	tree = json_parse(buf_slice(&out));
	assert_int_equal(cJSON_GetArraySize(tree), 10000);
	cJSON_Delete(tree);
	assert_non_null(strstr(out.data, "\"S10000\""));
	assert_null(strstr(out.data, "\"S0\""));
	buf_free(&out);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void what_the_policy_demands_comes_before_all_else(void **state)
{
	struct place *p = *state;
	static char *treatment[] = {"TREAT"};
	char key[SESSION_KEY_LEN + 1];
	struct session_ask ask = {
		.person = &alice, .snapshot = &p->snapshot, .key_id = "SHA256:k1", .address = "203.0.113.9:51022", .ssh_id = "ssh1",
		.api_key_sha256 = HEX64, .expires_s = now_ns / NS_PER_S + 3600,
	};
	struct session *s;
	struct why why;
	cJSON *rows;

	the_terms = (struct terms){.reason = true, .purposes = {treatment, 1}};
	told.notes[0] = '\0';
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "--reason"));
	ask.reason = "ward round";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "--purpose TREAT"));
	ask.purpose = "CARE";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_BAD);
	assert_non_null(strstr(why.text, "HRESCH"));
	assert_string_equal(told.notes, "");                             /* nothing was opened for it */
	ask.purpose = "TREAT";
	assert_int_equal(session_open(p->sessions, &ask, &s, key, &why), RC_OK);
	the_terms = (struct terms){0};
	assert_string_equal(s->purpose, "TREAT");
	assert_non_null(strstr(told.open_json, "\"purpose\":\"TREAT\""));
	assert_non_null(strstr(told.open_json, "\"reason\":\"WARD ROUND\""));
	rows = list(p, &alice, NULL);
	assert_string_equal(json_text(cJSON_GetArrayItem(rows, 0), "purpose"), "TREAT");
	cJSON_Delete(rows);
	session_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_session_opens_and_closes),
		T(who_may_open),
		T(another_persons_session_is_not_ones_own),
		T(an_address_is_put_on_record_in_its_parts),
		T(emergency_access_is_for_those_whom_the_policy_names_and_needs_a_reason),
		T(an_emergency_session_is_marked_listed_and_short), T(an_emergency_that_nobody_is_told_of_is_none),
		T(an_emergency_is_asked_for_a_reason_and_ends_with_any_session),
		T(without_a_record_there_is_no_session),
		T(the_end_waits_for_exchanges),
		T(the_answer_comes_when_it_is_sealed),
		T(it_idles_out),
		T(it_outlives_no_limit),
		T(it_ends_with_its_newest_token),
		T(it_is_looked_at_when_it_may_be_due),
		T(only_its_user_renews),
		T(a_session_that_ends_while_it_is_renewed_is_sealed),
		T(who_may_end_and_see_it),
		T(a_connection_may_have_roles_of_its_own),
		T(so_many_requests_of_one_person),
		T(a_stop_ends_all),
		T(what_is_no_longer_allowed_ends_once),
		T(an_older_configuration_changes_nothing_back),
		T(another_dialect_begins_another_part),
		T(a_session_that_is_being_opened_is_none_yet),
		T(a_stop_while_one_opens_ends_it),
		T(a_stop_while_one_opens_in_vain_waits_for_no_more),
		T(what_a_crash_left_open_is_marked),
		T(the_end_of_an_emergency_is_told_also_after_a_crash),
		T(the_list_is_filtered),
		T(a_list_has_at_most_10000_sessions),
		T(what_the_policy_demands_comes_before_all_else),
	};

	log_setup(2, false, LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
