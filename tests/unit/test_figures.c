/* What each event adds to the metrics, on the path of requests and of sessions; nothing else of the series that are watched moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "data_path.h"
#include "figures.h"
#include "record_private.h"

#define ANY (-1)                                 /* it grows, by whatever */
#define MOVES_MAX 6

struct move {
	const char *series;
	double by;
};

struct event {
	const char *name;
	void (*happens)(void);
	struct move moves[MOVES_MAX];
};

#define EXCHANGES(verdict, outcome, dialect) \
	"phigate_exchanges_total{verdict=\"" verdict "\",outcome=\"" outcome "\",dialect=\"" dialect "\"}"
#define HOLDS(state) "phigate_holds{state=\"" state "\"}"
#define ENDED(end) "phigate_sessions_ended_total{end=\"" end "\"}"
#define MODEL_ERRORS(reason) "phigate_model_errors_total{reason=\"" reason "\"}"

/* ---- what happens ----------------------------------------------------------------------------------------------------------- */

static void prompts(const char *prompt, int status)
{
	struct client c;

	client_open(&c);
	assert_int_equal(chat(&c, prompt), status);
	client_close(&c);
}

static void answered(void)
{
	model_says_note();
	prompts("hi", 200);
}

static void streamed(void)
{
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
		   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Dr. Jane Smith. \"}}]}\n\ndata: [DONE]\n\n"), THEN_CLOSE);
	prompts("hi", 200);
}

static void denied(void)
{
	prompts("export the database", 403);
}

static void waits_and_goes(void)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	client_open(&c);
	put_chat(&c, "every patient who waits");
	await_hold(id, 1, "pending");
	close(c.fd);
	c.fd = -1;
	client_close(&c);
}

static void too_late(void)
{
	prompts("some day", 403);
}

static void decided(bool consent, int status)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;
	struct hold h;

	model_says_note();
	client_open(&c);
	put_chat(&c, consent ? "every patient, please" : "every patient, now");
	await_hold(id, 1, "pending");
	if (consent)
		approve(id);
	else
		assert_int_equal(hold_deny(place.agent.holds, id, &by_bob, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), status);
	client_close(&c);
}

static void approved(void)
{
	decided(true, 200);
}

static void denied_by_somebody(void)
{
	decided(false, 403);
}

static void in_an_emergency(void)
{
	model_says_note();
	place.session->emergency = true;
	prompts("every patient", 200);
	place.session->emergency = false;
}

static void refused_for_its_identifiers(void)
{
	masks("{request: deny}");
	prompts("SSN " SSN, 403);
}

static void over_a_limit(void)
{
	write_policy("version: 1\nlimits: {requests_per_minute: 1}\n");
	take_over();
	answered();
	prompts("hi", 429);
}

static void model_is_not_there(void)
{
	struct connection nowhere = place.connection;
	struct why why = {0};

	nowhere.upstream = "http://127.0.0.1:1";
	target_free(place.target);
	assert_int_equal(target_new(&nowhere, &place.target, &why), RC_OK);
	prompts("hi", 502);
}

static void model_says_nothing(void)
{
	model_says(&place.model, (struct slice){"", 0}, THEN_WAIT);
	place.connection.first_byte_ns = 30 * NS_PER_MS;
	prompts("hi", 504);
	place.connection.first_byte_ns = 0;
}

static void model_talks_nonsense(void)
{
	model_says(&place.model, SLICE("HTTP/9 what\r\n\r\n"), THEN_CLOSE);
	prompts("hi", 502);
}

static void model_breaks_off(void)
{
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n"
		   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello. \"}}]}\n\n"), THEN_CLOSE);
	prompts("hi", 0);
}

static void by_anthropics_way(void)
{
	struct client c;

	speak("anthropic");
	model_says(&place.model, SLICE(JSON_ANSWER("", "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"Call (617) 482-3190\"}]}")), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(request(&c, "POST", "/v1/messages", chat_body("hi")), 200);
	client_close(&c);
}

static void another_session(void)
{
	session_unref(place.session);
	open_session(&place);
}

static void ended_by(enum session_end how)
{
	end_session(how);
}

static void by_client(void) { ended_by(SESSION_END_CLIENT); }
static void by_idle_time(void) { ended_by(SESSION_END_IDLE); }
static void by_duration(void) { ended_by(SESSION_END_MAX_DURATION); }
static void by_expiry(void) { ended_by(SESSION_END_EXPIRED); }
static void by_revocation(void) { ended_by(SESSION_END_REVOKED); }
static void by_stop(void) { ended_by(SESSION_END_STOP); }

static const struct event EVENTS[] = {
	{"an answer", answered,
	 {{EXCHANGES("allowed", "answered", "openai"), 1}, {"phigate_first_byte_seconds_count", 1}, {"phigate_exchange_duration_seconds_count", 1},
	  {"phigate_request_body_bytes_total", 57}, {"phigate_answer_bytes_total", ANY}, {"phigate_masked_spans_total{entity=\"SSN\"}", 1}}},
	{"a stream", streamed,
	 {{EXCHANGES("allowed", "answered", "openai"), 1}, {"phigate_stream_delay_seconds_count", ANY}, {"phigate_stream_delay_seconds_sum", ANY},
	  {"phigate_masked_spans_total{entity=\"NAME\"}", 1}}},
	{"a rule that denies", denied,
	 {{EXCHANGES("denied", "refused", "openai"), 1}, {"phigate_first_byte_seconds_count", 0}, {"phigate_exchange_duration_seconds_sum", ANY}}},
	{"a request that is given up", waits_and_goes, {{EXCHANGES("held", "cut", "openai"), 1}, {HOLDS("pending"), 1}}},
	{"nobody decides in time", too_late, {{EXCHANGES("held", "refused", "openai"), 1}, {HOLDS("pending"), 1}}},
	{"an approval", approved, {{EXCHANGES("approved", "answered", "openai"), 1}, {HOLDS("used"), 1}, {HOLDS("pending"), 0}}},
	{"a denial", denied_by_somebody, {{EXCHANGES("denied", "refused", "openai"), 1}, {HOLDS("denied"), 1}}},
	{"an emergency", in_an_emergency, {{EXCHANGES("emergency", "answered", "openai"), 1}}},
	{"identifiers where none may be", refused_for_its_identifiers, {{EXCHANGES("denied", "refused", "openai"), 1}}},
	{"a limit", over_a_limit, {{EXCHANGES("none", "refused", "openai"), 1}, {EXCHANGES("allowed", "answered", "openai"), 1}}},
	{"no model", model_is_not_there, {{MODEL_ERRORS("unreachable"), 1}, {EXCHANGES("allowed", "failed", "openai"), 1}}},
	{"a silent model", model_says_nothing, {{MODEL_ERRORS("timeout"), 1}, {EXCHANGES("allowed", "failed", "openai"), 1}}},
	{"nonsense", model_talks_nonsense, {{MODEL_ERRORS("unreadable"), 1}, {EXCHANGES("allowed", "failed", "openai"), 1}}},
	{"half an answer", model_breaks_off, {{EXCHANGES("allowed", "cut", "openai"), 1}, {"phigate_first_byte_seconds_count", 1}}},
	{"another dialect", by_anthropics_way,
	 {{EXCHANGES("allowed", "answered", "anthropic"), 1}, {"phigate_masked_spans_total{entity=\"PHONE\"}", 1}}},
	{"one more session", another_session, {{"phigate_sessions_opened_total", 1}, {"phigate_sessions", 1}}},
	{"its end", by_client, {{ENDED("client"), 1}, {"phigate_sessions", -1}}},
	{"idle time", by_idle_time, {{ENDED("idle"), 1}, {ENDED("client"), 0}}},
	{"its longest time", by_duration, {{ENDED("max_duration"), 1}}},
	{"a token that is over", by_expiry, {{ENDED("expired"), 1}}},
	{"a revocation", by_revocation, {{ENDED("revoked"), 1}}},
	{"a stop of the agent", by_stop, {{ENDED("stop"), 1}}},
};
#define N_EVENTS (sizeof EVENTS / sizeof *EVENTS)

/* ---- */

static void look(double values[N_EVENTS][MOVES_MAX])
{
	sessions_metrics(place.agent.sessions);
	holds_metrics(place.agent.store);
	for (size_t i = 0; i < N_EVENTS; i++)
		for (size_t k = 0; k < MOVES_MAX && EVENTS[i].moves[k].series; k++)
			values[i][k] = figure(EVENTS[i].moves[k].series);
}

/* Each event on an agent of its own, but in one process, as the figures are. */
static void every_event_moves_its_figures(void **state)
{
	double before[N_EVENTS][MOVES_MAX], after[N_EVENTS][MOVES_MAX];

	for (size_t i = 0; i < N_EVENTS; i++) {
		assert_int_equal(place_setup(state), 0);
		look(before);
		EVENTS[i].happens();
		look(after);
		for (size_t k = 0; k < MOVES_MAX && EVENTS[i].moves[k].series; k++) {
			double by = after[i][k] - before[i][k], wanted = EVENTS[i].moves[k].by;
			bool sessions = strcmp(EVENTS[i].moves[k].series, "phigate_sessions") == 0;

			if (wanted == ANY && !sessions ? by <= 0 : by != wanted)
				fail_msg("%s: %s moves by %g", EVENTS[i].name, EVENTS[i].moves[k].series, by);
		}
		assert_int_equal(place_teardown(state), 0);
	}
}

/* No kind of failure counts as another, and refusals are no answers. */
static void an_event_moves_no_other_outcome(void **state)
{
	static const char *const others[] = {
		EXCHANGES("allowed", "answered", "openai"), EXCHANGES("allowed", "failed", "openai"), EXCHANGES("allowed", "cut", "openai"),
		EXCHANGES("approved", "answered", "openai"), MODEL_ERRORS("unreachable"), MODEL_ERRORS("timeout"), "phigate_first_byte_seconds_count",
		"phigate_stream_delay_seconds_count",
	};
	double before[sizeof others / sizeof *others];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		before[i] = figure(others[i]);
	denied();
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_true(figure(others[i]) == before[i]);
}

static void a_spool_says_what_waits_and_how_late_the_oldest_is(void **state)
{
	struct recording far = {.due_ns = clock_mono_ns() + 3600 * NS_PER_S}, second = {.next = &far}, first = {.due_ns = clock_mono_ns() - 2 * NS_PER_S, .next = &second};
	struct spool spool = {.queue = &first};

	(void)state;
	pthread_mutex_init(&spool.lock, NULL);
	second.due_ns = clock_mono_ns() + SEAL_AFTER_NS;
	spool_metrics(&spool);
	assert_true(figure("phigate_spool_waiting") == 2);               /* far has nothing to seal */
	assert_true(figure("phigate_spool_lag_seconds") >= 2 && figure("phigate_spool_lag_seconds") < 60);
	spool.queue = &second;
	second.due_ns = clock_mono_ns() + SEAL_AFTER_NS;
	spool_metrics(&spool);
	assert_true(figure("phigate_spool_waiting") == 1 && figure("phigate_spool_lag_seconds") == 0);
	spool.queue = &far;
	spool_metrics(&spool);
	assert_true(figure("phigate_spool_waiting") == 0 && figure("phigate_spool_lag_seconds") == 0);
	spool.queue = NULL;
	spool_metrics(&spool);
	assert_true(figure("phigate_spool_waiting") == 0 && figure("phigate_spool_lag_seconds") == 0);
	pthread_mutex_destroy(&spool.lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_moves_its_figures),
		cmocka_unit_test_setup_teardown(an_event_moves_no_other_outcome, place_setup, place_teardown),
		cmocka_unit_test(a_spool_says_what_waits_and_how_late_the_oldest_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
