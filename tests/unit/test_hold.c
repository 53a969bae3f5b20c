/* Holds: who may decide, that an approval is used once and for nothing else, and that no race and no restart changes that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "figures.h"
#include "hold_private.h"
#include "json.h"
#include "log.h"

#define RACES 200
#define PROCESS_RACES 400
#define LONG_NS (60 * NS_PER_S)

static _Atomic int64_t fake_ns, start_ns;

/* What only this thread sees of the time: the holds' own thread, which may wake at any moment, comes too late for it. */
static _Thread_local int64_t ahead_ns;

static int64_t fake_clock(void)
{
	return fake_ns + ahead_ns;
}

/* Whoever waits for a hold asks for the time when it begins, for the store of its first look, and third, before it sleeps. */
#define BEFORE_SLEEP 3
struct moment {
	void (*happens)(struct moment *m);
	const char *id;
	struct place *place;
	int hang_up, end;                        /* descriptors; -1: not that */
	int asked;
};
static _Thread_local struct moment *moment;

int64_t clock_mono_ns(void)
{
	struct moment *m = moment;
	struct timespec t;

	if (m && ++m->asked == BEFORE_SLEEP) {
		moment = NULL;
		m->happens(m);
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- a store, holds, and people ---- */

static char *clinicians[] = {"clinicians"};
static char *officers[] = {"privacy-officers"};
static char *both[] = {"privacy-officers", "security"};
static const struct person alice = {.issuer = "https://idp", .subject = "a1", .user = "alice@example.org", .groups = {clinicians, 1}};
static const struct person alice_officer = {.issuer = "https://idp", .subject = "a1", .user = "alice", .groups = {officers, 1}};
static const struct person bob = {.issuer = "https://idp", .subject = "b2", .user = "bob@example.org", .groups = {officers, 1}};
static const struct person bella = {.issuer = "https://idp", .subject = "b3", .user = "bella@example.org", .groups = {both, 2}};
static const struct person other_alice = {.issuer = "https://idp2", .subject = "a1", .user = "alice@example.org", .groups = {both, 2}};
static const struct person carol = {.issuer = "https://idp", .subject = "c4", .user = "carol@example.org"};
static const struct quorum by_officers = {.need = {{{officers, 1}, 1}}, .n = 1};
static const struct quorum by_two = {.need = {{{officers, 1}, 2}}, .n = 1};
static const struct quorum by_two_of_both = {.need = {{{both, 2}, 2}}, .n = 1};

struct place {
	char dir[64], store_path[96], key_path[96];
	struct store *store;
	struct holds *holds;
	pthread_mutex_t mutex;
	char told[4096];                         /* "held S1,approved S1," */
	char last_json[2048];
};

static void on_event(void *arg, const char *event, const char *issuer, const char *subject, const char *session, struct slice json)
{
	struct place *p = arg;
	size_t n;

	assert_string_equal(issuer, alice.issuer);
	assert_string_equal(subject, alice.subject);
	pthread_mutex_lock(&p->mutex);
	n = strlen(p->told);
	snprintf(p->told + n, sizeof p->told - n, "%s %s,", event, session);
	snprintf(p->last_json, sizeof p->last_json, "%.*s", (int)json.n, json.p);
	pthread_mutex_unlock(&p->mutex);
}

static void open_place(struct place *p)
{
	struct why why = {0};
	sqlite3 *db;

	assert_int_equal(store_open(p->store_path, &p->store, &why), RC_OK);
	db = store_begin(p->store);
	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "PRAGMA synchronous = OFF", ""), RC_OK);     /* a crash is not what is tested here */
	store_end(p->store);
	assert_int_equal(holds_new(p->store, p->key_path, 3, &p->holds, &why), RC_OK);
	holds_set_clock(p->holds, fake_clock);
	holds_listen(p->holds, on_event, p);
}

static void close_place(struct place *p)
{
	holds_free(p->holds);
	store_close(p->store);
	p->holds = NULL;
	p->store = NULL;
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/dev/shm/phigate-hold-XXXXXX");  /* in memory where that can be: a busy disk is not what is tested here either */
	if (!mkdtemp(p->dir)) {
		strcpy(p->dir, "/tmp/phigate-hold-XXXXXX");
		assert_non_null(mkdtemp(p->dir));
	}
	snprintf(p->store_path, sizeof p->store_path, "%s/store.sqlite", p->dir);
	snprintf(p->key_path, sizeof p->key_path, "%s/key", p->dir);
	pthread_mutex_init(&p->mutex, NULL);
	fake_ns = start_ns = clock_wall_s() * NS_PER_S;  /* the thread's first step may come before the clock is set */
	open_place(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "key"};
	struct place *p = *state;
	char path[128];

	close_place(p);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", p->dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
	pthread_mutex_destroy(&p->mutex);
	free(p);
	return 0;
}

static const struct verdict bulk_export = {
	.decision = DECISION_APPROVE, .rule = "bulk-export", .by = &by_officers,
	.ttl_ns = 900 * NS_PER_S, .wait_ns = 240 * NS_PER_S, .matched = "prompt_matches",
};

static struct hold_ask ask_for(struct place *p, const char *what, const char *session)
{
	const struct slice parts[] = {slice_str("POST"), slice_str(what)};
	struct hold_ask ask = {
		.person = &alice, .key_id = "SHA256:alice", .address = "203.0.113.9:51022", .session = session,
		.connection = "llama-prod", .reason = "ward round", .exchange = 1, .verdict = &bulk_export,
		.shown_json = SLICE("{\"text\":\"List every [NAME]\"}"),
	};

	hold_bind(p->holds, parts, 2, &ask.binding);
	return ask;
}

static struct hold enter(struct place *p, const char *what, const char *session)
{
	struct hold_ask ask = ask_for(p, what, session);
	struct hold hold;

	assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
	return hold;
}

static struct hold_decision decision_of(const struct person *person, const char *key_id)
{
	return (struct hold_decision){.person = person, .key_id = key_id, .address = "198.51.100.7:4711", .reason = "audit"};
}

static enum rc approve(struct place *p, const char *id, const struct person *person, const char *key_id, struct why *why)
{
	struct hold_decision d = decision_of(person, key_id);
	struct hold hold;

	return hold_approve(p->holds, id, &d, &hold, why);
}

static enum rc deny(struct place *p, const char *id, const struct person *person)
{
	struct hold_decision d = decision_of(person, "SHA256:denier");
	struct hold hold;

	return hold_deny(p->holds, id, &d, &hold, NULL);
}

static enum hold_state state_of(struct place *p, const char *id)
{
	sqlite3 *db = store_begin(p->store);
	struct hold hold;

	assert_non_null(db);
	assert_int_equal(hold_read(db, id, fake_ns, &hold), RC_OK);
	store_end(p->store);
	return hold.state;
}

static void tick(struct place *p)
{
	int64_t wait_ns;

	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
}

static cJSON *shown(struct place *p, const struct person *person, const char *id)
{
	struct buf out;
	cJSON *json;

	buf_init(&out, 1 << 20);
	assert_int_equal(hold_show(p->holds, person, id, &out, NULL), RC_OK);
	json = json_parse(buf_slice(&out));
	assert_non_null(json);
	buf_free(&out);
	return json;
}

static bool may_decide(struct place *p, const struct person *person, const char *id)
{
	cJSON *json = shown(p, person, id);
	bool may = json_true(json, "may_decide");

	cJSON_Delete(json);
	return may;
}

static int listed(struct place *p, const struct person *person, const char *state)
{
	struct buf out;
	cJSON *json;
	int n;

	buf_init(&out, 1 << 20);
	assert_int_equal(holds_list(p->holds, person, state, &out, NULL), RC_OK);
	json = json_parse(buf_slice(&out));
	assert_non_null(json);
	n = cJSON_GetArraySize(json);
	cJSON_Delete(json);
	buf_free(&out);
	return n;
}

/* ---- a thread that waits ---- */

struct waiting {
	struct place *place;
	struct hold hold;
	int client[2], end_fd;
	enum rc rc;
	pthread_t thread;
};

static void *wait_for_decision(void *arg)
{
	struct waiting *w = arg;

	w->rc = hold_wait(w->place->holds, LONG_NS, w->client[0], w->end_fd, &w->hold);
	return NULL;
}

static void begin_wait(struct waiting *w, struct place *p, const struct hold *hold)
{
	*w = (struct waiting){.place = p, .hold = *hold};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, w->client), 0);
	w->end_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_decision, w), 0);
}

static void until_somebody_waits(struct place *p)
{
	for (bool waits = false; !waits; sched_yield()) {
		pthread_mutex_lock(&p->holds->mutex);
		waits = p->holds->waiters != NULL;
		pthread_mutex_unlock(&p->holds->mutex);
	}
}

static enum rc end_wait(struct waiting *w)
{
	pthread_join(w->thread, NULL);
	close(w->client[0]);
	if (w->client[1] >= 0)
		close(w->client[1]);
	close(w->end_fd);
	return w->rc;
}

/* ---- ids and binding ---- */

static void an_id_is_read_as_people_type_it(void **state)
{
	struct {
		char id[HOLD_ID_LEN + 1], behind;
	} of_long = {.behind = 'b'};
	char id[HOLD_ID_LEN + 1];

	(void)state;
	assert_int_equal(hold_id_parse("7k2m-9qxd", id), RC_OK);
	assert_string_equal(id, "7K2M-9QXD");
	assert_int_equal(hold_id_parse("7K2M9QXD", id), RC_OK);
	assert_string_equal(id, "7K2M-9QXD");
	assert_int_equal(hold_id_parse("oIlL-0o12", id), RC_OK);
	assert_string_equal(id, "0111-0012");
	assert_int_equal(hold_id_parse("7K2M-9QXU", id), RC_BAD);
	assert_int_equal(hold_id_parse("7K2M-9QX", id), RC_BAD);
	assert_int_equal(hold_id_parse("7K2M-9QXDD", of_long.id), RC_BAD);
	assert_int_equal(of_long.behind, 'b');
	assert_int_equal(hold_id_parse("7K2M-9Q D", id), RC_BAD);
	assert_int_equal(hold_id_parse("", id), RC_BAD);
}

static void a_binding_differs_by_any_byte_and_any_border(void **state)
{
	struct place *p = *state;
	const struct slice parts[] = {SLICE("POST"), SLICE("/v1/chat"), SLICE("{}"), SLICE("")};
	const struct slice moved[] = {SLICE("POST/"), SLICE("v1/chat"), SLICE("{}"), SLICE("")};
	const struct slice other[] = {SLICE("POST"), SLICE("/v1/chat"), SLICE("{ "), SLICE("")};
	struct hold_binding a, b;

	hold_bind(p->holds, parts, 4, &a);
	hold_bind(p->holds, parts, 4, &b);
	assert_memory_equal(a.mac, b.mac, sizeof a.mac);
	hold_bind(p->holds, moved, 4, &b);
	assert_memory_not_equal(a.mac, b.mac, sizeof a.mac);
	hold_bind(p->holds, other, 4, &b);
	assert_memory_not_equal(a.mac, b.mac, sizeof a.mac);
	hold_bind(p->holds, parts, 3, &b);
	assert_memory_not_equal(a.mac, b.mac, sizeof a.mac);
}

static void an_approval_is_for_exactly_what_was_asked(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "{\"n\":1}", "S1"), other;

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	other = enter(p, "{\"n\":2}", "S1");
	assert_int_equal(other.state, HOLD_PENDING);
	assert_string_not_equal(other.id, hold.id);
	assert_int_equal(enter(p, "{\"n\":1}", "S1").state, HOLD_USED);
}

/* Somebody else who sends the very same bytes does not get alice's approval, whatever the caller of hold_bind() left out. */
static void an_approval_is_for_the_person_who_asked(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), got;
	struct hold_ask ask = ask_for(p, "x", "S2");

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	holds_listen(p->holds, NULL, NULL);
	ask.person = &carol;
	assert_int_equal(hold_enter(p->holds, &ask, &got, NULL), RC_OK);
	assert_int_equal(got.state, HOLD_PENDING);
	ask.person = &other_alice;                       /* of another provider */
	assert_int_equal(hold_enter(p->holds, &ask, &got, NULL), RC_OK);
	assert_int_equal(got.state, HOLD_PENDING);
}

/* ---- the way of a hold ---- */

static void a_waiting_request_goes_on_when_approved(void **state)
{
	char expires[64], time[CLOCK_TEXT];
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct waiting w;

	assert_int_equal(hold.state, HOLD_PENDING);
	assert_int_equal(hold.expires_s, start_ns / NS_PER_S + 900);
	begin_wait(&w, p, &hold);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_USED);
	assert_string_equal(w.hold.decided_by, "bob@example.org");
	assert_string_equal(w.hold.reason, "audit");
	assert_string_equal(p->told, "held S1,approved S1,");
	assert_non_null(strstr(p->last_json, "\"event\":\"approved\",\"id\":"));
	assert_non_null(strstr(p->last_json, "\"approvers\":[\"privacy-officers\"]"));
	snprintf(expires, sizeof expires, "\"expires_at\":\"%s\"", clock_text_s((fake_ns + bulk_export.ttl_ns) / NS_PER_S, time));
	assert_non_null(strstr(p->last_json, expires));
	assert_int_equal(enter(p, "x", "S1").state, HOLD_PENDING);
}

static void a_waiting_request_is_told_that_it_is_denied(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct waiting w;

	begin_wait(&w, p, &hold);
	assert_int_equal(deny(p, hold.id, &bob), RC_OK);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_DENIED);
	assert_string_equal(w.hold.decided_by, "bob@example.org");
	assert_string_equal(w.hold.reason, "audit");
	assert_string_equal(w.hold.needs, "");
	assert_string_equal(p->told, "held S1,denied S1,");
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella", NULL), RC_CONFLICT);
	assert_int_equal(deny(p, hold.id, &bella), RC_CONFLICT);
	assert_false(may_decide(p, &bella, hold.id));
}

static void an_sdk_that_gave_up_sends_again_and_goes_through(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), again;

	assert_int_equal(hold_wait(p->holds, 0, -1, -1, &hold), RC_TIMEOUT);
	again = enter(p, "x", "S1");
	assert_string_equal(again.id, hold.id);
	assert_int_equal(again.state, HOLD_PENDING);
	assert_string_equal(p->told, "held S1,");        /* nothing new */
	fake_ns += 800 * NS_PER_S;
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	fake_ns += 899 * NS_PER_S;                        /* ttl counts again from the approval */
	assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
	assert_int_equal(enter(p, "x", "S1").state, HOLD_PENDING);
}

static void an_approval_waits_no_longer_than_ttl(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	fake_ns += 900 * NS_PER_S;
	assert_int_equal(enter(p, "x", "S1").state, HOLD_PENDING);
	tick(p);
	assert_int_equal(state_of(p, hold.id), HOLD_EXPIRED);
}

static void an_approval_that_nobody_used_is_said_to_be_over(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	int64_t wait_ns;

	fake_ns += 600 * NS_PER_S;
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	fake_ns += 890 * NS_PER_S;
	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
	assert_int_equal(wait_ns, 10 * NS_PER_S);
	fake_ns += 10 * NS_PER_S;
	tick(p);
	assert_string_equal(p->told, "held S1,approved S1,expired S1,");
}

static void a_hold_expires_and_its_waiter_knows(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct waiting w;
	struct why why = {0};

	begin_wait(&w, p, &hold);
	fake_ns += 900 * NS_PER_S;
	tick(p);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_EXPIRED);
	assert_string_equal(p->told, "held S1,expired S1,");
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "expired"));
}

static void what_is_over_is_over_also_before_the_thread_says_so(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	fake_ns += 900 * NS_PER_S;
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_CONFLICT);
	assert_int_equal(listed(p, &bob, NULL), 0);
	assert_string_not_equal(enter(p, "x", "S1").id, hold.id);
}

/* ---- who may decide ---- */

static void nobody_decides_on_their_own_request(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct why why = {0};

	assert_int_equal(approve(p, hold.id, &alice_officer, "SHA256:other", &why), RC_DENIED);
	assert_string_equal(why.text, "you made this request yourself; somebody else of privacy-officers must decide");
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:alice", &why), RC_DENIED);
	assert_non_null(strstr(why.text, "key"));
	assert_int_equal(deny(p, hold.id, &alice_officer), RC_DENIED);
	assert_false(may_decide(p, &alice_officer, hold.id));
	assert_true(may_decide(p, &bob, hold.id));
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	assert_int_equal(approve(p, hold.id, &other_alice, "SHA256:o", &why), RC_OK);      /* another issuer's a1 is another person */
}

/* The second session brings another key of the same person: neither key may approve. */
static void no_key_that_asked_may_approve(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), joined;
	struct hold_ask ask = ask_for(p, "x", "S2");

	ask.key_id = "SHA256:alice2";
	assert_int_equal(hold_enter(p->holds, &ask, &joined, NULL), RC_OK);
	assert_string_equal(joined.id, hold.id);
	ask.key_id = "SHA256:alice3";
	assert_int_equal(hold_enter(p->holds, &ask, &joined, NULL), RC_OK);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:alice", NULL), RC_DENIED);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:alice2", NULL), RC_DENIED);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:alice3", NULL), RC_DENIED);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_string_equal(p->told, "held S1,held S2,approved S1,approved S2,");
}

static void a_quorum_is_of_different_people(void **state)
{
	struct place *p = *state;
	struct verdict two = bulk_export;
	struct hold_ask ask = ask_for(p, "x", "S1");
	struct hold_decision d = decision_of(&bella, "SHA256:bella");
	struct hold hold, after;
	struct why why = {0};

	two.by = &by_two_of_both;
	ask.verdict = &two;
	assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
	assert_int_equal(hold_approve(p->holds, hold.id, &d, &after, NULL), RC_OK);       /* in both groups: one approval */
	assert_int_equal(after.state, HOLD_PENDING);
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella2", &why), RC_DENIED);
	assert_non_null(strstr(why.text, "different people"));
	assert_int_equal(deny(p, hold.id, &bella), RC_DENIED);
	assert_int_equal(approve(p, hold.id, &alice_officer, "SHA256:q", NULL), RC_DENIED);
	assert_string_equal(p->told, "held S1,approval S1,");
	assert_non_null(strstr(p->last_json, "\"approvals_needed\":2,\"approvals_given\":1"));
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(state_of(p, hold.id), HOLD_APPROVED);
	assert_int_equal(hold_enter(p->holds, &ask, &after, NULL), RC_OK);
	assert_string_equal(after.decided_by, "bella@example.org, bob@example.org");
	assert_string_equal(after.reason, "audit; audit");
	assert_int_equal(after.state, HOLD_USED);
}

static void one_refusal_ends_a_quorum(void **state)
{
	struct place *p = *state;
	struct verdict two = bulk_export;
	struct hold_ask ask = ask_for(p, "x", "S1");
	struct hold_decision d = decision_of(&bella, "SHA256:bella");
	struct hold hold, after;
	cJSON *json;

	two.by = &by_two;
	ask.verdict = &two;
	assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(hold_deny(p->holds, hold.id, &d, &after, NULL), RC_OK);
	assert_int_equal(after.state, HOLD_DENIED);
	assert_string_equal(after.decided_by, "bella@example.org");
	json = shown(p, &alice, hold.id);                /* and is none of the approvals */
	assert_int_equal(cJSON_GetObjectItem(json, "approvals_given")->valueint, 1);
	cJSON_Delete(json);
}

/* What there is no room for is left out, and no half of a character is left. */
static void a_long_reason_is_cut_between_two_characters(void **state)
{
	struct place *p = *state;
	const size_t size = sizeof((struct hold *)NULL)->reason;
	char reason[2 * sizeof((struct hold *)NULL)->reason + 1];
	struct hold_decision d = decision_of(&bob, "SHA256:bob");
	struct hold one = enter(p, "x", "S1"), two = enter(p, "y", "S1"), after;

	for (size_t i = 0; i < size; i++)
		memcpy(reason + 2 * i, "\xc3\xa9", 3);
	d.reason = reason;
	assert_int_equal(hold_deny(p->holds, one.id, &d, &after, NULL), RC_OK);
	assert_int_equal(strnlen(after.reason, size), size - 2);
	assert_memory_equal(after.reason, reason, size - 2);
	memset(reason, 'a', size);
	reason[size] = '\0';
	assert_int_equal(hold_deny(p->holds, two.id, &d, &after, NULL), RC_OK);
	assert_int_equal(strnlen(after.reason, size), size - 1);
}

static char *security[] = {"security"};
static const struct quorum one_and_one = {.need = {{{officers, 1}, 1}, {{security, 1}, 1}}, .n = 2};
static const struct person sam = {.issuer = "https://idp", .subject = "s5", .user = "sam@example.org", .groups = {security, 1}};
static const struct person ben = {.issuer = "https://idp", .subject = "b6", .user = "ben@example.org", .groups = {officers, 1}};

static struct hold enter_for(struct place *p, const char *what, const struct quorum *by)
{
	struct verdict verdict = bulk_export;
	struct hold_ask ask = ask_for(p, what, "S1");
	struct hold hold;

	verdict.by = by;
	ask.verdict = &verdict;
	assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
	return hold;
}

/* bella is in both groups, and is one person: she may stand for either, as it is needed. */
static void several_groups_each_with_its_own_count(void **state)
{
	struct place *p = *state;
	struct hold hold = enter_for(p, "x", &one_and_one);
	struct why why = {0};
	cJSON *json;

	assert_string_equal(hold.needs, "one of privacy-officers and one of security");
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella", NULL), RC_OK);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	assert_false(may_decide(p, &bella, hold.id));    /* she has */
	json = shown(p, &sam, hold.id);
	assert_true(json_true(json, "may_decide"));
	assert_int_equal(cJSON_GetArraySize(json_array(json, "needs")), 2);
	assert_int_equal(cJSON_GetArraySize(json_array(json, "groups")), 2);
	cJSON_Delete(json);
	assert_int_equal(approve(p, hold.id, &sam, "SHA256:sam", NULL), RC_OK);
	assert_int_equal(state_of(p, hold.id), HOLD_APPROVED);

	hold = enter_for(p, "y", &one_and_one);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(approve(p, hold.id, &ben, "SHA256:ben", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "it waits for one of security"));
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	assert_int_equal(deny(p, hold.id, &ben), RC_OK);         /* what was turned away left no trace */
	assert_int_equal(state_of(p, hold.id), HOLD_DENIED);
}

static void two_accounts_with_one_key_are_one_voice(void **state)
{
	struct place *p = *state;
	struct hold hold = enter_for(p, "x", &one_and_one), after;
	const struct hold_decision d = decision_of(&sam, "SHA256:shared");
	struct why why = {0};

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:shared", NULL), RC_OK);
	assert_int_equal(approve(p, hold.id, &sam, "SHA256:shared", &why), RC_DENIED);
	assert_non_null(strstr(why.text, "a key of their own"));
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	assert_int_equal(approve(p, hold.id, &sam, "SHA256:sam", NULL), RC_OK);
	assert_int_equal(state_of(p, hold.id), HOLD_APPROVED);
	hold = enter_for(p, "y", &one_and_one);          /* one voice may still say no */
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:shared", NULL), RC_OK);
	assert_int_equal(hold_deny(p->holds, hold.id, &d, &after, NULL), RC_OK);
	assert_int_equal(after.state, HOLD_DENIED);
}

static void a_partial_quorum_survives_a_restart(void **state)
{
	struct place *p = *state;
	struct hold hold = enter_for(p, "x", &one_and_one);

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	close_place(p);
	open_place(p);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_DENIED);
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella", NULL), RC_OK);
	assert_int_equal(state_of(p, hold.id), HOLD_APPROVED);
}

static enum rc cancel(struct place *p, const char *id, const struct person *person, struct why *why)
{
	struct hold_decision d = decision_of(person, "SHA256:canceller");
	struct hold hold;

	return hold_cancel(p->holds, id, &d, &hold, why);
}

static void who_asked_takes_it_back_and_nobody_else(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), approved = enter(p, "y", "S1");
	struct why why = {0};
	struct waiting w;

	assert_int_equal(cancel(p, hold.id, &bob, &why), RC_DENIED);
	assert_non_null(strstr(why.text, "deny"));
	assert_int_equal(cancel(p, hold.id, &carol, NULL), RC_NOT_FOUND);
	assert_int_equal(cancel(p, hold.id, &other_alice, NULL), RC_DENIED);     /* another issuer's alice */
	assert_int_equal(cancel(p, "0000-0000", &alice, NULL), RC_NOT_FOUND);
	begin_wait(&w, p, &hold);
	until_somebody_waits(p);
	assert_int_equal(cancel(p, hold.id, &alice, NULL), RC_OK);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_CANCELLED);
	assert_string_equal(w.hold.cause, "requester");
	assert_non_null(strstr(p->last_json, "\"cause\":\"requester\""));
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "taken back"));
	assert_int_equal(cancel(p, hold.id, &alice, NULL), RC_CONFLICT);

	assert_int_equal(approve(p, approved.id, &bob, "SHA256:bob", NULL), RC_OK);      /* and an approval that nobody has used yet */
	assert_int_equal(cancel(p, approved.id, &alice, NULL), RC_OK);
	assert_int_equal(enter(p, "y", "S1").state, HOLD_PENDING);
}

static void an_unknown_hold_is_not_found(void **state)
{
	struct place *p = *state;
	struct why why = {0};

	assert_int_equal(approve(p, "0000-0000", &bob, "SHA256:bob", &why), RC_NOT_FOUND);
	assert_int_equal(approve(p, "' OR 1=1 --", &bob, "SHA256:bob", &why), RC_NOT_FOUND);
}

/* What carol, whom no hold concerns, is told when she tries all that there is to try with an id; the id itself left out. */
static void what_carol_hears(struct place *p, const char *id, const char *key_id, char *heard, size_t size)
{
	static enum rc (*const ways[])(struct holds *, const char *, const struct hold_decision *, struct hold *, struct why *) = {
		hold_approve, hold_deny, hold_cancel,
	};
	const struct hold_decision d = decision_of(&carol, key_id);
	struct why why = {0};
	struct hold hold;
	struct buf out;
	size_t n = 0;
	char *at;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		enum rc rc = ways[i](p->holds, id, &d, &hold, &why);

		n += (size_t)snprintf(heard + n, size - n, "%s: %s %s\n", rc_name(rc), why.text, hold.id);
	}
	buf_init(&out, 1 << 20);
	n += (size_t)snprintf(heard + n, size - n, "%s: ", rc_name(hold_show(p->holds, &carol, id, &out, &why)));
	snprintf(heard + n, size - n, "%s %zu", why.text, out.len);
	buf_free(&out);
	while ((at = strstr(heard, id)))
		memset(at, '*', strlen(id));
}

static void to_whom_a_hold_is_of_no_concern_it_does_not_exist(void **state)
{
	static const char *const what[] = {"pending", "approved", "used", "denied", "cancelled"};
	char unknown[2048], heard[2048];
	struct place *p = *state;
	struct hold hold[sizeof what / sizeof *what];

	p->holds->held_per_person = 9;
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		hold[i] = enter(p, what[i], "S1");
	assert_int_equal(approve(p, hold[1].id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(approve(p, hold[2].id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(enter(p, "used", "S1").state, HOLD_USED);
	assert_int_equal(deny(p, hold[3].id, &bob), RC_OK);
	assert_int_equal(cancel(p, hold[4].id, &alice, NULL), RC_OK);
	holds_metrics(p->store);
	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		snprintf(heard, sizeof heard, "phigate_holds{state=\"%s\"}", what[i]);
		assert_true(figure(heard) == 1);
	}
	what_carol_hears(p, "0000-0000", "SHA256:carol", unknown, sizeof unknown);
	assert_non_null(strstr(unknown, "there is no hold *********"));
	for (int later = 0; later < 2; later++) {
		for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
			what_carol_hears(p, hold[i].id, "SHA256:carol", heard, sizeof heard);
			assert_string_equal(heard, unknown);
			what_carol_hears(p, hold[i].id, "SHA256:alice", heard, sizeof heard);    /* not even with the key that asked */
			assert_string_equal(heard, unknown);
		}
		fake_ns += 900 * NS_PER_S;                       /* and what has expired */
		tick(p);
	}
}

/* ---- joining, leaving, cancelling ---- */

static void an_approval_under_other_terms_is_worth_nothing(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), again;
	struct hold_ask ask = ask_for(p, "x", "S1");
	struct verdict stricter = bulk_export;
	struct why why = {0};

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	stricter.by = &by_two;
	ask.verdict = &stricter;
	assert_int_equal(hold_enter(p->holds, &ask, &again, NULL), RC_OK);
	assert_int_equal(again.state, HOLD_PENDING);
	assert_string_not_equal(again.id, hold.id);
	assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "the policy asks for something else now"));
	stricter.rule = "another";
	assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
	assert_string_not_equal(again.id, hold.id);
}

static void each_person_has_a_share_of_holds(void **state)
{
	struct place *p = *state;
	struct hold first = enter(p, "1", "S1"), second, hold;
	struct hold_ask ask;
	struct why why = {0};

	holds_listen(p->holds, NULL, NULL);              /* who is told is another matter */
	second = enter(p, "2", "S1");
	enter(p, "3", "S1");
	ask = ask_for(p, "4", "S1");
	assert_int_equal(hold_enter(p->holds, &ask, &hold, &why), RC_TOO_BIG);
	assert_non_null(strstr(why.text, "3"));
	ask.person = &carol;
	assert_int_equal(hold_enter(p->holds, &ask, &hold, &why), RC_OK);
	ask.person = &alice;
	assert_string_equal(enter(p, "1", "S1").id, first.id);           /* joining takes no more room */
	assert_int_equal(deny(p, first.id, &bob), RC_OK);
	why = (struct why){0};
	assert_int_equal(hold_enter(p->holds, &ask, &hold, &why), RC_OK);
	assert_string_equal(why.text, "");               /* what goes well leaves no reason behind, for whoever fails later */
	assert_int_equal(approve(p, second.id, &bob, "SHA256:bob", NULL), RC_OK);
	ask = ask_for(p, "5", "S1");                     /* what is approved waits for nobody */
	assert_int_equal(hold_enter(p->holds, &ask, &hold, &why), RC_OK);
	fake_ns += 900 * NS_PER_S;
	ask = ask_for(p, "6", "S1");                     /* nor does what has expired */
	assert_int_equal(hold_enter(p->holds, &ask, &hold, &why), RC_OK);
}

static void a_hang_up_cancels_after_half_a_minute(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct why why = {0};
	struct waiting w;

	begin_wait(&w, p, &hold);
	shutdown(w.client[1], SHUT_WR);                                  /* half-closed is gone */
	assert_int_equal(end_wait(&w), RC_END);
	hold_abandon(p->holds, hold.id);
	fake_ns += 29 * NS_PER_S;
	tick(p);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	fake_ns += NS_PER_S;
	tick(p);
	assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "who asked has gone"));
	assert_string_equal(p->told, "held S1,cancelled S1,");
	assert_non_null(strstr(p->last_json, "\"cause\":\"client\""));
}

static void an_identical_request_keeps_the_hold(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct waiting w;

	hold_abandon(p->holds, hold.id);
	fake_ns += 20 * NS_PER_S;
	assert_string_equal(enter(p, "x", "S1").id, hold.id);            /* joins in time */
	fake_ns += 60 * NS_PER_S;
	tick(p);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	begin_wait(&w, p, &hold);
	until_somebody_waits(p);
	hold_abandon(p->holds, hold.id);                                 /* another one hangs up */
	fake_ns += 31 * NS_PER_S;
	tick(p);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_USED);
}

/* The one hangs up when the other has joined, and does not wait yet. */
static void a_request_that_waits_takes_over_what_was_left(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct waiting w;

	assert_string_equal(enter(p, "x", "S2").id, hold.id);
	hold_abandon(p->holds, hold.id);
	begin_wait(&w, p, &hold);
	until_somebody_waits(p);
	fake_ns += 31 * NS_PER_S;
	tick(p);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(end_wait(&w), RC_OK);
	assert_int_equal(w.hold.state, HOLD_USED);
}

/* Both hung up before they waited: the half minute is the later one's. */
static void of_two_hang_ups_the_later_one_counts(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	int64_t wait_ns;

	hold_abandon(p->holds, hold.id);
	fake_ns += 20 * NS_PER_S;
	hold_abandon(p->holds, hold.id);
	fake_ns += 15 * NS_PER_S;
	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
	assert_int_equal(wait_ns, 15 * NS_PER_S);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	fake_ns += 15 * NS_PER_S;
	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
	assert_int_equal(wait_ns, 30 * NS_PER_S);        /* no longer: the clock may be set */
	assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
}

static void a_hold_that_was_decided_is_not_cancelled(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	hold_abandon(p->holds, hold.id);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	fake_ns += 31 * NS_PER_S;
	tick(p);
	assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
}

/* The approval comes while the client's end lies closed: it must be there for the client's next attempt. */
static void a_client_that_is_gone_uses_up_nothing(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	int client[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
	close(client[1]);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(hold_wait(p->holds, LONG_NS, client[0], -1, &hold), RC_END);
	close(client[0]);
	assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
}

static void approved_as_it_goes(struct moment *m)
{
	assert_int_equal(approve(m->place, m->id, &bob, "SHA256:bob", NULL), RC_OK);
	if (m->hang_up >= 0)
		close(m->hang_up);
	if (m->end >= 0)
		eventfd_write(m->end, 1);
}

/* Who waits finds the approval and the hang-up, or the session's end, when it wakes. */
static void a_client_that_goes_as_the_approval_comes_uses_up_nothing(void **state)
{
	static const struct {
		bool hangs_up, ends;
		enum rc want;
	} cases[] = {{true, false, RC_END}, {false, true, RC_CANCELLED}, {true, true, RC_CANCELLED}};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct moment m = {.happens = approved_as_it_goes, .id = hold.id, .place = p, .hang_up = -1, .end = -1};
		int client[2], end_fd = eventfd(0, EFD_CLOEXEC);

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
		if (cases[i].hangs_up)
			m.hang_up = client[1];
		if (cases[i].ends)
			m.end = end_fd;
		moment = &m;
		assert_int_equal(hold_wait(p->holds, LONG_NS, client[0], end_fd, &hold), cases[i].want);
		assert_int_equal(m.asked, BEFORE_SLEEP);
		assert_int_equal(state_of(p, hold.id), HOLD_APPROVED);
		assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
		close(client[0]);
		if (!cases[i].hangs_up)
			close(client[1]);
		close(end_fd);
	}
}

static void a_session_that_ends_takes_its_holds_along(void **state)
{
	struct place *p = *state;
	struct hold mine = enter(p, "x", "S1"), shared = enter(p, "y", "S1"), approved = enter(p, "z", "S1");
	struct waiting w;

	enter(p, "y", "S2");
	assert_int_equal(approve(p, approved.id, &bob, "SHA256:bob", NULL), RC_OK);
	begin_wait(&w, p, &mine);
	eventfd_write(w.end_fd, 1);
	assert_int_equal(end_wait(&w), RC_CANCELLED);
	holds_cancel_session(p->holds, "S1");
	assert_int_equal(state_of(p, mine.id), HOLD_CANCELLED);
	assert_int_equal(state_of(p, approved.id), HOLD_CANCELLED);
	assert_non_null(strstr(p->last_json, "\"cause\":\"session\""));
	assert_int_equal(state_of(p, shared.id), HOLD_PENDING);
	holds_cancel_session(p->holds, "S2");
	assert_int_equal(state_of(p, shared.id), HOLD_CANCELLED);
}

/* The session was thought to have ended, and asks again: the hold is its own once more. */
static void a_session_that_asks_again_keeps_the_hold(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	enter(p, "x", "S2");
	holds_cancel_session(p->holds, "S1");
	enter(p, "x", "S1");
	holds_cancel_session(p->holds, "S2");
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
	holds_cancel_session(p->holds, "S1");
	assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
}

/* One of its holds is over just now, and nobody has said so yet. */
static void a_session_that_ends_takes_along_what_is_not_over(void **state)
{
	struct place *p = *state;
	struct hold over = enter(p, "x", "S1"), other;

	fake_ns += NS_PER_S;
	other = enter(p, "y", "S1");
	ahead_ns = 899 * NS_PER_S;
	holds_cancel_session(p->holds, "S1");
	ahead_ns = 0;
	assert_int_equal(state_of(p, other.id), HOLD_CANCELLED);
	fake_ns += 899 * NS_PER_S;
	tick(p);
	assert_int_equal(state_of(p, over.id), HOLD_EXPIRED);
}

/* ---- restart, store ---- */

static void holds_survive_a_restart(void **state)
{
	struct place *p = *state;
	struct hold pending = enter(p, "x", "S1"), approved = enter(p, "y", "S1"), used = enter(p, "z", "S1");

	assert_int_equal(approve(p, approved.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(approve(p, used.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(enter(p, "z", "S1").state, HOLD_USED);
	hold_abandon(p->holds, pending.id);              /* only an agent that lives on cancels what it saw hang up */
	close_place(p);
	open_place(p);
	fake_ns += 40 * NS_PER_S;
	tick(p);
	assert_string_equal(enter(p, "x", "S9").id, pending.id);
	assert_int_equal(enter(p, "y", "S9").state, HOLD_USED);
	assert_int_equal(enter(p, "z", "S9").state, HOLD_PENDING);
	assert_int_equal(approve(p, pending.id, &bob, "SHA256:bob", NULL), RC_OK);
	assert_int_equal(enter(p, "x", "S9").state, HOLD_USED);
}

static void another_key_knows_no_approval(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
	close_place(p);
	assert_int_equal(unlink(p->key_path), 0);
	open_place(p);
	assert_int_equal(enter(p, "x", "S1").state, HOLD_PENDING);
}

static void a_key_of_another_length_is_none(void **state)
{
	static const char bytes[HOLD_KEY_LEN + 1];
	struct place *p = *state;

	close_place(p);
	for (size_t n = 0; n <= HOLD_KEY_LEN + 1; n += n == 0 ? HOLD_KEY_LEN - 1 : 1) {
		int fd = open(p->key_path, O_WRONLY | O_TRUNC);
		struct why why = {0};
		enum rc rc;

		assert_int_equal(write(fd, bytes, n), n);
		close(fd);
		assert_int_equal(store_open(p->store_path, &p->store, &why), RC_OK);
		rc = holds_new(p->store, p->key_path, 3, &p->holds, &why);
		assert_int_equal(rc == RC_OK, n == HOLD_KEY_LEN);
		assert_true(rc == RC_OK || *why.text);
		close_place(p);
	}
	assert_int_equal(unlink(p->key_path), 0);
	open_place(p);
}

static void without_the_store_nothing_is_held_and_nothing_approved(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1"), got;
	struct hold_ask ask = ask_for(p, "y", "S1");
	struct why why = {0};
	char moved[128];
	struct buf out;

	snprintf(moved, sizeof moved, "%s.away", p->store_path);
	assert_int_equal(rename(p->store_path, moved), 0);
	assert_int_equal(hold_enter(p->holds, &ask, &got, &why), RC_IO);
	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", &why), RC_IO);
	assert_int_equal(hold_wait(p->holds, LONG_NS, -1, -1, &hold), RC_IO);
	buf_init(&out, 1000);
	assert_int_equal(holds_list(p->holds, &bob, NULL, &out, &why), RC_IO);
	buf_free(&out);
	assert_int_equal(rename(moved, p->store_path), 0);
	assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
}

/* Whether the store has the hold, and its request. */
static void in_store(struct place *p, const char *id, bool *is, bool *shown)
{
	sqlite3 *db = store_begin(p->store);
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT shown <> '{}' OR matched IS NOT NULL FROM holds WHERE id = ?", "t", id);

	assert_int_equal(rc, RC_OK);
	rc = store_row(q);
	*is = rc == RC_OK;
	*shown = *is && sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	store_end(p->store);
}

static int count(struct place *p, const char *where)
{
	sqlite3 *db = store_begin(p->store);
	char sql[256];
	sqlite3_stmt *q;
	int n;

	assert_non_null(db);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM holds WHERE %s", where);
	assert_int_equal(store_query(db, &q, sql, ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	n = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	store_end(p->store);
	return n;
}

/* After an agent has stood still for long: at most a hundred in one transaction, each said to have expired before its request is forgotten. */
static void many_that_are_over_expire_by_and_by(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	int64_t wait_ns;
	sqlite3 *db = store_begin(p->store);

	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "WITH RECURSIVE n(i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 199)"
				  " INSERT INTO holds (changed_ns, mac, shown, " HOLD_COLUMNS ") SELECT changed_ns, mac, shown, 'AAAA-A' || i, state, issuer,"
				  " subject, user, connection, reason, rule, matched, needs, cause, ttl_ns, created_ns, expires_ns FROM holds, n WHERE id = ?",
				  "t", hold.id), RC_OK);
	store_end(p->store);
	ahead_ns = 31 * 86400 * NS_PER_S;
	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
	assert_int_equal(wait_ns, 0);
	assert_int_equal(count(p, "state = 'expired' AND shown = '{}'"), 100);
	assert_int_equal(count(p, "state = 'pending' AND shown <> '{}'"), 1);
	assert_int_equal(holds_tick(p->holds, &wait_ns), RC_OK);
	assert_int_equal(wait_ns, 30 * NS_PER_S);
	assert_int_equal(count(p, "state = 'expired'"), 101);
	ahead_ns = 0;
}

/* Nobody is shown it after a month; who asked and who decided is there for six years. */
static void what_is_long_over_is_history(void **state)
{
	struct place *p = *state;
	struct hold denied = enter(p, "x", "S1"), pending;
	struct why why = {0};
	struct buf out;
	bool is, whole;

	assert_int_equal(deny(p, denied.id, &bob), RC_OK);
	fake_ns += 900 * NS_PER_S + 30 * 86400 * NS_PER_S;
	tick(p);
	assert_int_equal(listed(p, &alice, "all"), 1);
	cJSON_Delete(shown(p, &alice, denied.id));
	in_store(p, denied.id, &is, &whole);
	assert_true(is && whole);
	fake_ns++;
	pending = enter(p, "y", "S1");
	tick(p);
	assert_int_equal(listed(p, &alice, "all"), 1);
	assert_int_equal(state_of(p, pending.id), HOLD_PENDING);
	in_store(p, denied.id, &is, &whole);
	assert_true(is && !whole);
	holds_metrics(p->store);
	assert_true(figure("phigate_holds{state=\"denied\"}") == 0 && figure("phigate_holds{state=\"pending\"}") == 1);
	buf_init(&out, 10000);
	assert_int_equal(hold_show(p->holds, &alice, denied.id, &out, &why), RC_NOT_FOUND);
	buf_free(&out);
	fake_ns += 2162LL * 86400 * NS_PER_S - 1;        /* 2,192 days in all */
	tick(p);
	in_store(p, denied.id, &is, &whole);
	assert_true(is);
	fake_ns++;
	tick(p);
	in_store(p, denied.id, &is, &whole);
	assert_false(is);
}

/* ---- what people see ---- */

static void a_hold_shows_to_those_concerned(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct buf out;

	assert_int_equal(listed(p, &alice, NULL), 1);
	assert_int_equal(listed(p, &bob, NULL), 1);
	assert_int_equal(listed(p, &carol, NULL), 0);
	assert_int_equal(listed(p, &bob, "denied"), 0);
	assert_int_equal(listed(p, &bob, "expired"), 0);
	fake_ns += 900 * NS_PER_S;
	assert_int_equal(listed(p, &bob, "expired"), 1);
	assert_int_equal(listed(p, &bob, "pending"), 0);
	assert_int_equal(listed(p, &bob, "all"), 1);
	buf_init(&out, 100000);
	assert_int_equal(holds_list(p->holds, &bob, "bogus", &out, NULL), RC_BAD);
	assert_int_equal(hold_show(p->holds, &carol, hold.id, &out, NULL), RC_NOT_FOUND);
	buf_free(&out);
}

static void show_tells_all_that_an_approver_needs(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct hold_decision d = decision_of(&bob, "SHA256:bob");
	struct hold after;
	char time[CLOCK_TEXT];
	cJSON *json = shown(p, &bob, hold.id);
	const cJSON *decision;

	assert_string_equal(json_text(json, "id"), hold.id);
	assert_string_equal(json_text(json, "state"), "pending");
	assert_string_equal(json_text(json, "rule"), "bulk-export");
	assert_string_equal(json_text(json, "matched"), "prompt_matches");
	assert_string_equal(json_text(json, "user"), "alice@example.org");
	assert_string_equal(json_text(json, "address"), "203.0.113.9:51022");
	assert_string_equal(json_text(json, "session"), "S1");
	assert_string_equal(json_text(json, "connection"), "llama-prod");
	assert_string_equal(json_text(json, "reason"), "ward round");
	assert_string_equal(json_text(json, "created_at"), clock_text_s(start_ns / NS_PER_S, time));
	assert_string_equal(json_text(json, "expires_at"), clock_text_s(start_ns / NS_PER_S + 900, time));
	assert_string_equal(json_text(json_object(json, "request"), "text"), "List every [NAME]");
	assert_true(json_true(json, "may_decide"));
	assert_false(json_true(json, "own"));
	assert_false(json_true(json, "user_was_another"));
	cJSON_Delete(json);

	d.address = "203.0.113.9:999";                   /* another port of the requester's machine */
	assert_int_equal(hold_approve(p->holds, hold.id, &d, &after, NULL), RC_OK);
	json = shown(p, &alice, hold.id);
	assert_true(json_true(json, "own"));
	assert_false(json_true(json, "may_decide"));
	decision = cJSON_GetArrayItem(json_array(json, "decisions"), 0);
	assert_string_equal(json_text(decision, "decision"), "approved");
	assert_string_equal(json_text(decision, "user"), "bob@example.org");
	assert_true(json_true(decision, "same_address"));
	cJSON_Delete(json);
}

/* Of one machine that asked, whatever the port, and of no other that is written alike. */
static void a_decision_from_where_was_asked_is_marked(void **state)
{
	static const struct {
		const char *asked[2], *decided;
		bool same;
	} cases[] = {
		{{"203.0.113.9:1", "198.51.100.1:1"}, "203.0.113.9:9", true}, {{"198.51.100.1:1", "203.0.113.9:1"}, "203.0.113.9:9", true},
		{{"203.0.113.90:1", "203.0.113.91:1"}, "203.0.113.9:9", false}, {{"203.0.113.9:1", "203.0.113.9:2"}, "203.0.113.90:1", false},
		{{"[2001:db8::1]:1", "[2001:db8::2]:1"}, "[2001:db8::1]:9", true}, {{"[2001:db8::1]:1", "[2001:db8::2]:1"}, "[2001:db8::3]:9", false},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hold_decision d = decision_of(&bob, "SHA256:bob");
		struct hold hold, after;
		cJSON *json;

		for (int k = 0; k < 2; k++) {
			struct hold_ask ask = ask_for(p, "x", k ? "S2" : "S1");

			ask.address = cases[i].asked[k];
			assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
		}
		d.address = cases[i].decided;
		assert_int_equal(hold_deny(p->holds, hold.id, &d, &after, NULL), RC_OK);
		json = shown(p, &bob, hold.id);
		assert_int_equal(json_true(json_array(json, "decisions")->child, "same_address"), cases[i].same);
		cJSON_Delete(json);
	}
}

/* Another subject, or the same of another provider, has opened a session, signed in or asked by that name. */
static void a_name_that_changed_hands_is_shown(void **state)
{
	static const char *const befores[][2] = {
		{"INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns)"
		 " VALUES ('S0', 'https://idp', 'former', 'alice@example.org', 'c', 'a', 'closed', 1)", "DELETE FROM sessions"},
		{"INSERT INTO users (issuer, user, subject, first_ns) VALUES ('https://idp2', 'alice@example.org', 'a1', 1)", "DELETE FROM users"},
		{"INSERT INTO holds (issuer, subject, changed_ns, mac, shown, id, state, user, connection, rule, needs, ttl_ns, created_ns, expires_ns)"
		 " SELECT 'https://idp2', subject, changed_ns, mac, shown, 'AAAA-AAAA', 'denied', user, connection, rule, needs, ttl_ns, created_ns,"
		 " expires_ns FROM holds", "DELETE FROM holds WHERE issuer = 'https://idp2'"},
	};
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");

	for (size_t i = 0; i < 2 * sizeof befores / sizeof *befores; i++) {
		sqlite3 *db = store_begin(p->store);
		cJSON *json;

		assert_non_null(db);
		assert_int_equal(store_do(db, NULL, befores[i / 2][i % 2], ""), RC_OK);
		store_end(p->store);
		json = shown(p, &bob, hold.id);
		assert_int_equal(json_true(json, "user_was_another"), i % 2 == 0);
		cJSON_Delete(json);
	}
}

/* ---- notices ---- */

/* The events that wait to be told, in order. */
static void waiting_notices(struct place *p, char *out, size_t size)
{
	sqlite3 *db = store_begin(p->store);
	sqlite3_stmt *q;

	*out = '\0';
	assert_non_null(db);
	assert_int_equal(store_query(db, &q, "SELECT event, body FROM notices ORDER BY seq", ""), RC_OK);
	while (store_row(q) == RC_OK) {
		size_t n = strlen(out);

		snprintf(out + n, size - n, "%s,", store_text(q, 0));
		assert_null(strstr(store_text(q, 1), "ward round"));     /* what people write may hold anything */
		assert_null(strstr(store_text(q, 1), "audit"));
		assert_null(strstr(store_text(q, 1), "NAME"));
	}
	sqlite3_finalize(q);
	store_end(p->store);
}

static void each_change_is_noticed_once_in_its_own_transaction(void **state)
{
	struct notify nobody = {.url = (char *)"http://127.0.0.1:1/", .slack = true};     /* refuses: what is told stays in the store */
	const struct config config = {.name = (char *)"gpu-1", .notify = &nobody, .n_notify = 1};
	struct place *p = *state;
	struct notices *notices;
	struct hold one, two;
	char told[512];

	assert_int_equal(notices_new(&config, p->store, &notices, NULL), RC_OK);
	holds_notify(p->holds, notices);
	one = enter(p, "x", "S1");
	enter(p, "x", "S2");                             /* joins: nothing new */
	assert_int_equal(approve(p, one.id, &alice, "SHA256:alice", NULL), RC_DENIED);
	assert_int_equal(approve(p, one.id, &bob, "SHA256:bob", NULL), RC_OK);
	waiting_notices(p, told, sizeof told);
	assert_string_equal(told, "hold.created,hold.approved,");
	assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
	two = enter(p, "y", "S1");
	assert_int_equal(deny(p, two.id, &bob), RC_OK);
	two = enter(p, "z", "S1");
	assert_int_equal(cancel(p, two.id, &alice, NULL), RC_OK);
	enter(p, "w", "S1");
	fake_ns += 900 * NS_PER_S;
	tick(p);
	waiting_notices(p, told, sizeof told);
	assert_string_equal(told, "hold.created,hold.approved,hold.created,hold.denied,hold.created,hold.cancelled,hold.created,hold.expired,");
	holds_notify(p->holds, NULL);
	notices_free(notices);
}

/* ---- edges ---- */

static void only_legal_edges_and_only_from_the_state_that_is(void **state)
{
	static const char edges[6][7] = {        /* to: pending, approved, used, denied, expired, cancelled */
		[HOLD_PENDING] = "-a-dec", [HOLD_APPROVED] = "--u-ec", [HOLD_USED] = "------",
		[HOLD_DENIED] = "------", [HOLD_EXPIRED] = "------", [HOLD_CANCELLED] = "------",
	};
	struct place *p = *state;

	for (unsigned from = 0; from < 6; from++)
		for (unsigned to = 0; to < 6; to++)
			for (unsigned is = 0; is < 6; is++) {
				char what[40];
				struct hold hold;
				struct hold_tx tx;
				enum rc rc, want = edges[from][to] == '-' ? RC_FAULT : is == from ? RC_OK : RC_CONFLICT;

				snprintf(what, sizeof what, "%u%u%u", from, to, is);
				hold = enter(p, what, "S1");
				assert_int_equal(hold_tx_begin(p->holds, &tx), RC_OK);
				assert_int_equal(store_do(tx.db, NULL, "UPDATE holds SET state = ? WHERE id = ?", "tt",
							  hold_state_name((enum hold_state)is), hold.id), RC_OK);
				if (to == HOLD_EXPIRED)
					tx.now_ns += 900 * NS_PER_S;
				rc = hold_set_state(&tx, hold.id, (enum hold_state)from, (enum hold_state)to, 0);
				assert_int_equal(rc, want);
				assert_int_equal(hold_tx_end(&tx, RC_CANCELLED), RC_CANCELLED);        /* undone */
				assert_int_equal(deny(p, hold.id, &bob), RC_OK);
			}
}

/* Also before the thread has come by. */
static void an_approval_that_waited_too_long_is_no_approval(void **state)
{
	struct place *p = *state;
	struct hold hold = enter(p, "x", "S1");
	struct why why = {0};

	assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", &why), RC_OK);
	fake_ns += 900 * NS_PER_S;
	assert_int_equal(approve(p, hold.id, &bella, "SHA256:bella", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "has expired"));
	assert_string_not_equal(enter(p, "x", "S1").id, hold.id);
}

/* Whoever looked at it before its end: the change itself looks at the time, too. */
static void a_hold_whose_time_is_over_expires_and_nothing_else(void **state)
{
	static const struct {
		int64_t late_ns;
		enum hold_state to;
		enum rc want;
	} cases[] = {
		{-1, HOLD_APPROVED, RC_OK}, {0, HOLD_APPROVED, RC_CONFLICT}, {0, HOLD_DENIED, RC_CONFLICT}, {0, HOLD_CANCELLED, RC_CONFLICT},
		{0, HOLD_EXPIRED, RC_OK}, {-1, HOLD_EXPIRED, RC_CONFLICT},
	};
	struct place *p = *state;
	struct hold hold = enter(p, "over", "S1");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hold_tx tx;

		assert_int_equal(hold_tx_begin(p->holds, &tx), RC_OK);
		tx.now_ns += 900 * NS_PER_S + cases[i].late_ns;
		assert_int_equal(hold_set_state(&tx, hold.id, HOLD_PENDING, cases[i].to, 0), cases[i].want);
		assert_int_equal(hold_tx_end(&tx, RC_CANCELLED), RC_CANCELLED);        /* undone */
	}
}

/* ---- races: each many times, started at one gate ---- */

struct racer {
	struct place *place;
	pthread_barrier_t *gate;
	enum rc (*fn)(struct racer *r);
	const struct person *person;
	const char *id, *what, *session;
	struct hold hold;
	enum rc rc;
};

/* Threads that run from race to race: making them anew takes longer than the races. */
#define RACERS_MAX 4
static struct runner {
	pthread_t thread;
	bool runs;
	sem_t go, done;
	struct racer *racer;                     /* NULL: no more races */
} runners[RACERS_MAX];

static void *run_races(void *arg)
{
	struct runner *me = arg;

	for (;;) {
		while (sem_wait(&me->go) != 0)
			continue;
		if (!me->racer)
			return NULL;
		pthread_barrier_wait(me->racer->gate);
		do                                       /* a busy machine may keep the other's lock for longer than STORE_WAIT_NS */
			me->racer->rc = me->racer->fn(me->racer);
		while (me->racer->rc == RC_IO);
		sem_post(&me->done);
	}
}

static void go(struct runner *runner, struct racer *racer)
{
	if (!runner->runs) {
		assert_int_equal(sem_init(&runner->go, 0, 0), 0);
		assert_int_equal(sem_init(&runner->done, 0, 0), 0);
		assert_int_equal(pthread_create(&runner->thread, NULL, run_races, runner), 0);
		runner->runs = true;
	}
	runner->racer = racer;
	sem_post(&runner->go);
}

static void race(struct racer *racers, unsigned n)
{
	pthread_barrier_t gate;

	assert_true(n <= RACERS_MAX);
	pthread_barrier_init(&gate, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		racers[i].gate = &gate;
		go(&runners[i], &racers[i]);
	}
	for (unsigned i = 0; i < n; i++)
		while (sem_wait(&runners[i].done) != 0)
			continue;
	pthread_barrier_destroy(&gate);
}

static int end_races(void **state)
{
	(void)state;
	for (int i = 0; i < RACERS_MAX; i++)
		if (runners[i].runs) {
			go(&runners[i], NULL);
			pthread_join(runners[i].thread, NULL);
		}
	return 0;
}

static enum rc do_approve(struct racer *r)
{
	return approve(r->place, r->id, r->person, r->person->subject, NULL);
}

static enum rc do_deny(struct racer *r)
{
	return deny(r->place, r->id, r->person);
}

static enum rc do_enter(struct racer *r)
{
	struct hold_ask ask = ask_for(r->place, r->what, r->session);

	return hold_enter(r->place->holds, &ask, &r->hold, NULL);
}

static enum rc do_wait(struct racer *r)
{
	return hold_wait(r->place->holds, LONG_NS, -1, -1, &r->hold);
}

static enum rc do_take_back(struct racer *r)
{
	return cancel(r->place, r->id, &alice, NULL);
}

static enum rc do_expire(struct racer *r)
{
	int64_t wait_ns;

	fake_ns += 900 * NS_PER_S;
	return holds_tick(r->place->holds, &wait_ns);
}

static enum rc do_cancel(struct racer *r)
{
	holds_cancel_session(r->place->holds, r->session);
	return RC_OK;
}

static void of_two_approvers_one_approves(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[2] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id},
				     {.place = p, .fn = do_approve, .person = &bella, .id = hold.id}};

		p->told[0] = '\0';
		race(r, 2);
		assert_int_equal((r[0].rc == RC_OK) + (r[1].rc == RC_OK), 1);
		assert_int_equal((r[0].rc == RC_CONFLICT) + (r[1].rc == RC_CONFLICT), 1);
		assert_string_equal(p->told, "approved S1,");
		assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
	}
}

static void approval_and_refusal_do_not_both_happen(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[2] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id},
				     {.place = p, .fn = do_deny, .person = &bella, .id = hold.id}};

		p->told[0] = '\0';
		race(r, 2);
		assert_int_equal((r[0].rc == RC_OK) + (r[1].rc == RC_OK), 1);
		assert_int_equal(state_of(p, hold.id), r[0].rc == RC_OK ? HOLD_APPROVED : HOLD_DENIED);
		if (r[0].rc == RC_OK)
			assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
	}
}

static void a_person_who_decides_twice_at_once_counts_once(void **state)
{
	struct place *p = *state;
	struct verdict two = bulk_export;

	two.by = &by_two;
	for (int i = 0; i < RACES; i++) {
		struct hold_ask ask = ask_for(p, "x", "S1");
		struct hold hold;
		struct racer r[2];

		ask.verdict = &two;
		assert_int_equal(hold_enter(p->holds, &ask, &hold, NULL), RC_OK);
		for (int k = 0; k < 2; k++)
			r[k] = (struct racer){.place = p, .fn = do_approve, .person = &bob, .id = hold.id};
		race(r, 2);
		assert_int_equal((r[0].rc == RC_OK) + (r[1].rc == RC_OK), 1);
		assert_int_equal(state_of(p, hold.id), HOLD_PENDING);
		assert_int_equal(deny(p, hold.id, &bella), RC_OK);
	}
}

static void approval_against_expiry_has_one_winner(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[2] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id}, {.place = p, .fn = do_expire}};
		enum hold_state end;

		p->told[0] = '\0';
		race(r, 2);
		assert_int_equal(r[1].rc, RC_OK);
		tick(p);
		end = state_of(p, hold.id);
		if (r[0].rc == RC_OK) {          /* before its time was over; if the clock then moved on, it is over too */
			assert_true(end == HOLD_APPROVED || end == HOLD_EXPIRED);
			assert_int_equal(strncmp(p->told, "approved S1,", 12), 0);
		} else {
			assert_int_equal(r[0].rc, RC_CONFLICT);
			assert_int_equal(end, HOLD_EXPIRED);
			assert_string_equal(p->told, "expired S1,");
		}
		fake_ns += 900 * NS_PER_S;
		tick(p);
	}
}

static void approval_against_the_end_of_the_session_has_one_winner(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[3] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id},
				     {.place = p, .fn = do_cancel, .session = "S1"}, {.place = p, .fn = do_wait, .hold = hold}};

		p->told[0] = '\0';
		race(r, 3);
		assert_int_equal(r[2].rc, RC_OK);
		if (r[2].hold.state == HOLD_USED) {
			assert_int_equal(r[0].rc, RC_OK);
			assert_string_equal(p->told, "approved S1,");
			assert_int_equal(state_of(p, hold.id), HOLD_USED);
		} else {
			assert_int_equal(r[2].hold.state, HOLD_CANCELLED);
			assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
			assert_non_null(strstr(p->told, "cancelled S1,"));
		}
	}
}

static void approval_against_cancelling_has_one_winner(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[3] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id},
				     {.place = p, .fn = do_take_back, .id = hold.id}, {.place = p, .fn = do_wait, .hold = hold}};
		bool used;

		p->told[0] = '\0';
		race(r, 3);
		assert_int_equal(r[2].rc, RC_OK);
		used = r[2].hold.state == HOLD_USED;
		assert_int_equal(r[2].hold.state, used ? HOLD_USED : HOLD_CANCELLED);
		assert_int_equal(state_of(p, hold.id), r[2].hold.state);
		assert_int_equal(r[1].rc, used ? RC_CONFLICT : RC_OK);
		if (used)
			assert_int_equal(r[0].rc, RC_OK);
		assert_string_equal(p->told, used ? "approved S1," : r[0].rc == RC_OK ? "approved S1,cancelled S1," : "cancelled S1,");
	}
}

static void use_against_cancelling_has_one_winner(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[2] = {{.place = p, .fn = do_enter, .what = "x", .session = "S1"},
				     {.place = p, .fn = do_take_back, .id = hold.id}};

		assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
		race(r, 2);
		p->told[0] = '\0';
		assert_int_equal(r[0].rc, RC_OK);
		if (r[0].hold.state == HOLD_USED) {
			assert_int_equal(r[1].rc, RC_CONFLICT);
			assert_int_equal(state_of(p, hold.id), HOLD_USED);
		} else {                         /* and the request that lost is a new hold */
			assert_int_equal(r[1].rc, RC_OK);
			assert_int_equal(r[0].hold.state, HOLD_PENDING);
			assert_string_not_equal(r[0].hold.id, hold.id);
			assert_int_equal(deny(p, r[0].hold.id, &bob), RC_OK);
		}
	}
}

/* Two that would fill the same place, and one for the other. */
static void a_quorum_fills_each_place_once(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter_for(p, "x", &one_and_one);
		struct racer r[3] = {{.place = p, .fn = do_approve, .person = &bob, .id = hold.id},
				     {.place = p, .fn = do_approve, .person = &ben, .id = hold.id},
				     {.place = p, .fn = do_approve, .person = &sam, .id = hold.id}};

		p->told[0] = '\0';
		race(r, 3);
		assert_int_equal(r[2].rc, RC_OK);
		assert_int_equal((r[0].rc == RC_OK) + (r[1].rc == RC_OK), 1);
		assert_int_equal((r[0].rc == RC_CONFLICT) + (r[1].rc == RC_CONFLICT), 1);
		assert_string_equal(p->told, "approval S1,approved S1,");
		assert_int_equal(enter_for(p, "x", &one_and_one).state, HOLD_USED);
	}
}

/* One of two processes, as after a restart that came too soon: argv is store, key, time. It says that it is there, and then does what each
 * line of its input says, with the hold that it names: "approve 7K2M-9QXD"; one byte for each, what came of it. */
static int decide_in_process(char **argv)
{
	struct place own = {0};
	char line[64], *id;
	char said = (char)RC_OK;

	fake_ns = atoll(argv[3]);
	snprintf(own.store_path, sizeof own.store_path, "%s", argv[1]);
	snprintf(own.key_path, sizeof own.key_path, "%s", argv[2]);
	pthread_mutex_init(&own.mutex, NULL);
	open_place(&own);
	while (write(1, &said, 1) == 1 && fgets(line, sizeof line, stdin) && (id = strchr(line, ' '))) {
		enum rc rc;

		*id++ = '\0';
		id[strcspn(id, "\n")] = '\0';
		do                                       /* a busy machine may keep the other's lock for longer than STORE_WAIT_NS */
			rc = strcmp(line, "approve") == 0 ? approve(&own, id, &bob, "SHA256:bob", NULL) :
			     strcmp(line, "deny") == 0 ? deny(&own, id, &bella) : cancel(&own, id, &alice, NULL);
		while (rc == RC_IO);
		own.told[0] = '\0';
		said = (char)rc;
	}
	close_place(&own);
	return 0;
}

struct decider {
	pid_t pid;
	int in, out;                             /* of the process */
};

static enum rc decided(const struct decider *d)
{
	char rc;

	assert_int_equal(read(d->out, &rc, 1), 1);
	return (enum rc)rc;
}

static void decide(const struct decider *d, const char *what, const char *id)
{
	assert_true(dprintf(d->in, "%s %s\n", what, id) > 0);
}

static struct decider start_decider(const struct place *p)
{
	struct decider d;
	int to[2], from[2];
	char now[32];

	snprintf(now, sizeof now, "%lld", (long long)fake_ns);
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	d = (struct decider){.pid = fork(), .in = to[1], .out = from[0]};
	if (d.pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		execl("/proc/self/exe", "test_hold", p->store_path, p->key_path, now, (char *)NULL);
		_exit(99);
	}
	assert_true(d.pid > 0);
	close(to[0]);
	close(from[1]);
	assert_int_equal(decided(&d), RC_OK);
	return d;
}

static void end_decider(struct decider *d)
{
	int status;

	close(d->in);
	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(d->out);
}

/* The store decides, not this process's locks: two processes with the same store. */
static void processes_do_not_both_decide(void **state)
{
	struct place *p = *state;
	struct decider d[2] = {start_decider(p), start_decider(p)};

	for (int i = 0; i < PROCESS_RACES; i++) {
		const char *other = i % 2 ? "deny" : "cancel";
		struct hold hold = enter(p, "x", "S1");
		enum rc rc[2];

		for (int k = 0; k < 2; k++)              /* by turns, who hears of it first, and whose word the approval is */
			decide(&d[(k + i / 2) % 2], k == i / 4 % 2 ? "approve" : other, hold.id);
		for (int k = 0; k < 2; k++)
			rc[k == i / 4 % 2 ? 0 : 1] = decided(&d[(k + i / 2) % 2]);
		for (int k = 0; k < 2; k++)
			assert_true(rc[k] == RC_OK || rc[k] == RC_CONFLICT);
		if (rc[0] == RC_OK && rc[1] == RC_OK) {  /* only taking back what is approved may come second */
			assert_int_equal(i % 2, 0);
			assert_int_equal(state_of(p, hold.id), HOLD_CANCELLED);
		} else {
			assert_int_equal(state_of(p, hold.id), rc[0] == RC_OK ? HOLD_APPROVED : i % 2 ? HOLD_DENIED : HOLD_CANCELLED);
		}
		if (state_of(p, hold.id) == HOLD_APPROVED)
			assert_int_equal(enter(p, "x", "S1").state, HOLD_USED);
		p->told[0] = '\0';
	}
	end_decider(&d[0]);
	end_decider(&d[1]);
}

static void an_approval_is_used_once_by_requests_that_come_again(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[3];
		int used = 0;

		assert_int_equal(approve(p, hold.id, &bob, "SHA256:bob", NULL), RC_OK);
		for (int k = 0; k < 3; k++)
			r[k] = (struct racer){.place = p, .fn = do_enter, .what = "x", .session = "S1"};
		race(r, 3);
		p->told[0] = '\0';
		for (int k = 0; k < 3; k++) {
			assert_int_equal(r[k].rc, RC_OK);
			used += r[k].hold.state == HOLD_USED;
			if (r[k].hold.state != HOLD_USED)
				assert_int_equal(r[k].hold.state, HOLD_PENDING);
		}
		assert_int_equal(used, 1);
		assert_int_equal(deny(p, r[0].hold.state == HOLD_USED ? r[1].hold.id : r[0].hold.id, &bob), RC_OK);
	}
}

static void an_approval_is_used_once_by_requests_that_wait(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct hold hold = enter(p, "x", "S1");
		struct racer r[4] = {{.place = p, .fn = do_wait, .hold = hold}, {.place = p, .fn = do_wait, .hold = hold},
				     {.place = p, .fn = do_wait, .hold = hold},
				     {.place = p, .fn = do_approve, .person = &bob, .id = hold.id}};
		int used = 0;

		p->told[0] = '\0';
		race(r, 4);
		for (int k = 0; k < 3; k++) {
			used += r[k].rc == RC_OK && r[k].hold.state == HOLD_USED;
			assert_true(r[k].rc == RC_OK || r[k].rc == RC_CONFLICT);
		}
		assert_int_equal(used, 1);
	}
}

static void identical_requests_at_once_make_one_hold(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < RACES; i++) {
		struct racer r[3];

		for (int k = 0; k < 3; k++)
			r[k] = (struct racer){.place = p, .fn = do_enter, .what = "x", .session = "S1"};
		race(r, 3);
		p->told[0] = '\0';
		for (int k = 1; k < 3; k++)
			assert_string_equal(r[k].hold.id, r[0].hold.id);
		assert_int_equal(deny(p, r[0].hold.id, &bob), RC_OK);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_read_as_people_type_it),
		TEST(a_binding_differs_by_any_byte_and_any_border),
		TEST(an_approval_is_for_exactly_what_was_asked),
		TEST(an_approval_is_for_the_person_who_asked),
		TEST(a_waiting_request_goes_on_when_approved),
		TEST(a_waiting_request_is_told_that_it_is_denied),
		TEST(an_sdk_that_gave_up_sends_again_and_goes_through),
		TEST(an_approval_waits_no_longer_than_ttl),
		TEST(an_approval_that_nobody_used_is_said_to_be_over),
		TEST(a_hold_expires_and_its_waiter_knows),
		TEST(what_is_over_is_over_also_before_the_thread_says_so),
		TEST(nobody_decides_on_their_own_request),
		TEST(no_key_that_asked_may_approve),
		TEST(a_quorum_is_of_different_people),
		TEST(one_refusal_ends_a_quorum),
		TEST(a_long_reason_is_cut_between_two_characters),
		TEST(several_groups_each_with_its_own_count),
		TEST(two_accounts_with_one_key_are_one_voice),
		TEST(a_partial_quorum_survives_a_restart),
		TEST(who_asked_takes_it_back_and_nobody_else),
		TEST(an_unknown_hold_is_not_found),
		TEST(to_whom_a_hold_is_of_no_concern_it_does_not_exist),
		TEST(an_approval_under_other_terms_is_worth_nothing),
		TEST(each_person_has_a_share_of_holds),
		TEST(a_hang_up_cancels_after_half_a_minute),
		TEST(an_identical_request_keeps_the_hold),
		TEST(a_request_that_waits_takes_over_what_was_left),
		TEST(of_two_hang_ups_the_later_one_counts),
		TEST(a_hold_that_was_decided_is_not_cancelled),
		TEST(a_client_that_is_gone_uses_up_nothing),
		TEST(a_client_that_goes_as_the_approval_comes_uses_up_nothing),
		TEST(a_session_that_ends_takes_its_holds_along),
		TEST(a_session_that_asks_again_keeps_the_hold),
		TEST(a_session_that_ends_takes_along_what_is_not_over),
		TEST(holds_survive_a_restart),
		TEST(another_key_knows_no_approval),
		TEST(a_key_of_another_length_is_none),
		TEST(without_the_store_nothing_is_held_and_nothing_approved),
		TEST(many_that_are_over_expire_by_and_by),
		TEST(what_is_long_over_is_history),
		TEST(a_hold_shows_to_those_concerned),
		TEST(show_tells_all_that_an_approver_needs),
		TEST(a_decision_from_where_was_asked_is_marked),
		TEST(a_name_that_changed_hands_is_shown),
		TEST(each_change_is_noticed_once_in_its_own_transaction),
		TEST(only_legal_edges_and_only_from_the_state_that_is),
		TEST(a_hold_whose_time_is_over_expires_and_nothing_else),
		TEST(an_approval_that_waited_too_long_is_no_approval),
		TEST(of_two_approvers_one_approves),
		TEST(approval_and_refusal_do_not_both_happen),
		TEST(a_person_who_decides_twice_at_once_counts_once),
		TEST(approval_against_expiry_has_one_winner),
		TEST(approval_against_the_end_of_the_session_has_one_winner),
		TEST(approval_against_cancelling_has_one_winner),
		TEST(use_against_cancelling_has_one_winner),
		TEST(a_quorum_fills_each_place_once),
		TEST(processes_do_not_both_decide),
		TEST(an_approval_is_used_once_by_requests_that_come_again),
		TEST(an_approval_is_used_once_by_requests_that_wait),
		TEST(identical_requests_at_once_make_one_hold),
	};

	log_setup(2, false, LOG_ERROR);
	if (argc == 4)
		return decide_in_process(argv);
	return cmocka_run_group_tests_name("hold", tests, NULL, end_races);
}
