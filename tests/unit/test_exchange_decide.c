/* What is decided on a request: by the policy of the moment, with what was approved before, in an emergency, and at which hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <time.h>

#include "data_path.h"

#define RULE(name) "{name: " name ", when: {prompt_matches: 'every patient'}, then: approve, by: {groups: [privacy-officers]}}"

static atomic_llong later_ns;                    /* how far the clock has been put forward */

int64_t clock_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec + later_ns;
}

static int on_time(void **state)
{
	later_ns = 0;
	return place_setup(state);
}

static void change_policy(const char *text)
{
	write_policy(text);
	take_over();
}

static void put_turns(struct client *c, const char *first, const char *last)
{
	char body[512];

	snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"},"
		 "{\"role\":\"assistant\",\"content\":\"Good.\"},{\"role\":\"user\",\"content\":\"%s\"}]}", first, last);
	put_request(c, "POST", CHAT, "", body);
}

static void in_an_emergency_that_its_policy_takes_back_requests_are_held_again(void **state)
{
	static const char *const taken_back[] = {"", "emergency: {groups: [surgeons]}\n"};
	char id[HOLD_ID_LEN + 1], text[512];
	struct client c;

	(void)state;
	place.session->emergency = true;
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "every patient"), 200);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "version: 1\n%srules: [" RULE("bulk") "]\n", taken_back[i]);
		change_policy(text);
		put_chat(&c, i ? "and every patient of ward 4" : "every patient");
		await_hold(id, 1, "pending");
		approve(id);
		assert_int_equal(client_answer(&c, false), 200);
	}
	client_close(&c);
}

/* Who waits for an approval keeps nobody from asking; who has it is one of those under way. */
static void a_request_that_waits_for_approval_has_no_place_among_those_under_way(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client held, other;

	(void)state;
	change_policy("version: 1\nlimits: {concurrent: 1}\nrules: [" RULE("bulk") "]\n");
	model_says_note();
	client_open(&held);
	client_open(&other);
	put_chat(&held, "every patient");
	await_hold(id, 1, "pending");
	assert_int_equal(chat(&other, "hi"), 200);
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"), THEN_CLOSE);
	model_adds(&place.model, SLICE("Connection: close\r\n\r\n{}"));
	approve(id);
	model_await(&place.model, &place.model.asked, 2);
	assert_int_equal(chat(&other, "hi"), 429);
	assert_true(is_error(&other, "rate_limit_error"));
	model_go(&place.model);
	assert_int_equal(client_answer(&held, false), 200);
	client_close(&held);
	model_says_note();
	assert_int_equal(chat(&other, "hi"), 200);
	client_close(&other);
}

/* Nobody has looked at it, so that it was let pass says nothing for the rule that came since. */
static void what_was_let_pass_without_an_approval_is_no_history(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	change_policy("version: 1\nrules: [{name: ours, when: {group: clinicians}, then: allow}]\n");
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "every patient"), 200);
	change_policy("version: 1\nrules: [" RULE("bulk") "]\n");
	put_turns(&c, "every patient", "And now?");
	await_hold(id, 1, "pending");
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	put_turns(&c, "every patient", "And now again?");                /* this was looked at */
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
}

/* A policy that denies outside of the five minutes from now on, and lets no identifier out within. */
static void close_in_five_minutes(void)
{
	long long now_min = clock_wall_ns() / NS_PER_S / 60;
	int from = (int)((now_min + 1440 - 1) % 1440), until = (int)((now_min + 5) % 1440);
	char hours[32], text[768];

	snprintf(hours, sizeof hours, "%02d:%02d-%02d:%02d", from / 60, from % 60, until / 60, until % 60);
	snprintf(text, sizeof text, "version: 1\nrules:\n  - {name: night, when: {time: {outside: '%s', zone: UTC}}, then: deny, message: Closed at night.}\n"
		 "  - {name: day, when: {phi_in_response: {over: 0}, time: {within: '%s', zone: UTC}}, then: cut, message: Not by day.}\n"
		 "  - " RULE("bulk") "\n", hours, hours);
	change_policy(text);
}

static void each_request_is_decided_by_the_hour_at_which_it_comes(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	close_in_five_minutes();
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 403);                           /* and its answer */
	assert_int_equal(count(&c.body, "Not by day."), 1);
	model_says(&place.model, SLICE(JSON_ANSWER("", "{}")), THEN_CLOSE);
	assert_int_equal(chat(&c, "hi"), 200);
	later_ns = 6 * 60 * NS_PER_S;
	assert_int_equal(chat(&c, "hi"), 403);
	assert_int_equal(count(&c.body, "Closed at night."), 1);
	client_close(&c);
}

static void and_a_held_one_by_the_hour_at_which_it_goes_on(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	close_in_five_minutes();
	client_open(&c);
	put_chat(&c, "every patient");
	await_hold(id, 1, "pending");
	later_ns = 6 * 60 * NS_PER_S;
	approve(id);
	assert_int_equal(client_answer(&c, false), 403);
	assert_int_equal(count(&c.body, "Closed at night."), 1);
	assert_int_equal(model_asked(&place.model), 0);
	client_close(&c);
}

/* The same people are asked, and yet about something else. */
static void an_approval_by_one_rule_is_none_by_another(void **state)
{
	char id[HOLD_ID_LEN + 1], again[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	change_policy("version: 1\nrules: [" RULE("bulk") "]\n");
	model_says_note();
	client_open(&c);
	put_chat(&c, "every patient");
	await_hold(id, 1, "pending");
	change_policy("version: 1\nrules: [" RULE("census") "]\n");
	approve(id);
	await_hold(again, 1, "pending");
	assert_string_not_equal(id, again);
	assert_int_equal(model_asked(&place.model), 0);
	approve(again);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
}

/* ---- what an approval is for ------------------------------------------------------------------------------------------------ */

#define ASK "{name: bulk, when: {prompt_matches: 'every patient'}, then: approve, by: {groups: [privacy-officers]}, wait: 0s}"

static int sent(const char *path, const char *headers, const char *body)
{
	struct client c;
	int status;

	client_open(&c);
	put_request(&c, "POST", path, headers, body);
	status = client_answer(&c, false);
	assert_true(status == 200 || is_error(&c, "approval_pending"));
	client_close(&c);
	return status;
}

/* By somebody else from here on. */
static void become(const struct person *person, const char *purpose)
{
	char key[SESSION_KEY_LEN + 1], hex[SHA256_HEX];
	const struct session_ask ask_for = {
		.person = person, .snapshot = place.snapshots[place.n_snapshots - 1], .key_id = "SHA256:k3", .address = "203.0.113.9:51023",
		.ssh_id = "ssh2", .api_key_sha256 = hex, .reason = "ward round", .purpose = purpose,
		.expires_s = clock_wall_ns() / NS_PER_S + 3600,
	};
	struct why why;

	sha256_hex(API_KEY, strlen(API_KEY), hex);
	session_unref(place.session);
	assert_int_equal(session_open(place.agent.sessions, &ask_for, &place.session, key, &why), RC_OK);
}

static void an_approval_is_for_one_request_of_one_person_to_one_connection(void **state)
{
	static const struct person others[] = {
		{.issuer = "https://idp", .subject = "c", .user = "alice@x", .groups = {clinicians, 1}},
		{.issuer = "https://other", .subject = "a", .user = "alice@x", .groups = {clinicians, 1}},
	};
	char id[HOLD_ID_LEN + 1];

	(void)state;
	model_says_note();
	change_policy("version: 1\nrules: [" ASK "]\n");
	assert_int_equal(sent(CHAT, "X-Ward: 3\r\nUser-Agent: a\r\n", chat_body("every patient")), 403);
	await_hold(id, 1, "pending");
	approve(id);
	assert_int_equal(sent(CHAT "?more=1", "X-Ward: 3\r\n", chat_body("every patient")), 403);
	assert_int_equal(sent(CHAT, "X-Ward: 4\r\n", chat_body("every patient")), 403);
	for (int i = 0; i < 2; i++) {
		become(&others[i], NULL);
		assert_int_equal(sent(CHAT, "X-Ward: 3\r\n", chat_body("every patient")), 403);
	}
	place.connection.name = "llama-test";
	become(&alice, NULL);
	assert_int_equal(sent(CHAT, "X-Ward: 3\r\n", chat_body("every patient")), 403);
	place.connection.name = "llama-prod";
	become(&alice, NULL);
	assert_int_equal(model_asked(&place.model), 0);
	assert_int_equal(sent(CHAT, "X-Ward: 3\r\nUser-Agent: b\r\n", chat_body("every patient")), 200);     /* but for what clients change by themselves */
	assert_int_equal(sent(CHAT, "X-Ward: 3\r\n", chat_body("every patient")), 403);        /* and for once */
}

static void an_approval_is_for_one_method(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	model_says_note();
	change_policy("version: 1\nrules: [{name: root, when: {route: /}, then: approve, by: {groups: [privacy-officers]}, wait: 0s}]\n");
	speak("ollama");
	client_open(&c);
	assert_int_equal(request(&c, "GET", "/", NULL), 403);
	await_hold(id, 1, "pending");
	approve(id);
	assert_int_equal(request(&c, "HEAD", "/", NULL), 403);
	assert_int_equal(model_asked(&place.model), 0);
	assert_int_equal(request(&c, "GET", "/", NULL), 200);
	client_close(&c);
}

static void the_rule_that_lets_a_request_pass_stands_on_record(void **state)
{
	struct audit a;
	struct client c;

	(void)state;
	change_policy("version: 1\nrules: [{name: ours, when: {group: clinicians}, then: allow}]\n");
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
	a = seal_part(2);
	assert_int_equal(count(&a.records, "\"rule\":\"ours\",\"outcome\":\"allowed\""), 1);
	audit_free(&a);
}

/* ---- what is told of a request, and of its hold -------------------------------------------------------------------------- */

static void rules_know_who_asks_what_and_what_for(void **state)
{
	static const char *const hold[] = {
		"user: alice@x", "group: clinicians", "purpose: TREAT", "method: POST", "body_bytes: {over: 10}", "route: " CHAT, "model: m",
	};
	static const char *const not[] = {"user: bob@x", "group: surgeons", "purpose: HRESCH", "method: GET", "body_bytes: {over: 1000}", "route: /v1/embeddings"};
	char text[256];
	struct client c;

	(void)state;
	model_says_note();
	become(&alice, "TREAT");
	client_open(&c);
	for (size_t i = 0; i < sizeof hold / sizeof *hold; i++) {
		snprintf(text, sizeof text, "version: 1\nrules: [{name: it, when: {%s}, then: deny}]\n", hold[i]);
		change_policy(text);
		if (chat(&c, "hi") != 403)
			fail_msg("%s does not hold", hold[i]);
	}
	for (size_t i = 0; i < sizeof not / sizeof *not; i++) {
		snprintf(text, sizeof text, "version: 1\nrules: [{name: it, when: {%s}, then: deny}]\n", not[i]);
		change_policy(text);
		if (chat(&c, "hi") != 200)
			fail_msg("%s holds", not[i]);
	}
	client_close(&c);
}

static void so_many_requests_of_one_person_are_held(void **state)
{
	char prompt[64];
	struct client c;

	(void)state;
	change_policy("version: 1\nrules: [" ASK "]\n");
	client_open(&c);
	for (int i = 0; i < 4; i++) {
		snprintf(prompt, sizeof prompt, "every patient of ward %d", i);
		assert_int_equal(chat(&c, prompt), 403);
	}
	assert_int_equal(chat(&c, "every patient of ward 4"), 429);
	assert_true(is_error(&c, "rate_limit_error"));
	assert_int_equal(chat(&c, "every patient of ward 3"), 403);      /* one that waits already */
	client_close(&c);
}

static void whoever_waits_is_told_how_the_hold_ended(void **state)
{
	static const struct hold_decision by_alice = {.person = &alice, .key_id = "SHA256:k1", .address = "203.0.113.9:51022"};
	static const struct hold_decision silent = {.person = &bob, .key_id = "SHA256:k2", .address = "203.0.113.10:1"};
	char id[HOLD_ID_LEN + 1];
	int64_t wait_ns;
	struct hold h;
	struct client c;

	(void)state;
	change_policy("version: 1\nrules: [" RULE("bulk") "]\n");
	client_open(&c);
	put_chat(&c, "every patient");
	await_hold(id, 1, "pending");
	assert_int_equal(hold_cancel(place.agent.holds, id, &by_alice, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "approval_cancelled") && count(&c.body, "you cancelled ") == 1);
	put_chat(&c, "every patient");
	await_hold(id, 1, "pending");
	assert_int_equal(hold_deny(place.agent.holds, id, &silent, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "approval_denied") && count(&c.body, "was denied: no reason given") == 1);
	put_chat(&c, "every patient");
	await_hold(id, 1, "pending");
	later_ns = 16 * 60 * NS_PER_S;
	assert_int_equal(holds_tick(place.agent.holds, &wait_ns), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "approval_expired") && count(&c.body, "nobody decided on ") == 1);
	assert_int_equal(model_asked(&place.model), 0);
	client_close(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, on_time, place_teardown)
	const struct CMUnitTest tests[] = {
		T(in_an_emergency_that_its_policy_takes_back_requests_are_held_again),
		T(a_request_that_waits_for_approval_has_no_place_among_those_under_way),
		T(what_was_let_pass_without_an_approval_is_no_history),
		T(each_request_is_decided_by_the_hour_at_which_it_comes),
		T(and_a_held_one_by_the_hour_at_which_it_goes_on),
		T(an_approval_by_one_rule_is_none_by_another),
		T(an_approval_is_for_one_request_of_one_person_to_one_connection),
		T(an_approval_is_for_one_method),
		T(the_rule_that_lets_a_request_pass_stands_on_record),
		T(rules_know_who_asks_what_and_what_for),
		T(so_many_requests_of_one_person_are_held),
		T(whoever_waits_is_told_how_the_hold_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
