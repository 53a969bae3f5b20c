/* Exchanges for which there is no memory at any step: refused or cut, never unrecorded and never unmasked, and whoever comes next is served.
 * Some steps are tried; all of them are with FAULTS=all in the environment (make faults). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data_path.h"
#include "memory.h"

#define MOST 15                                  /* steps that are tried of each exchange when not all are */

static pthread_t main_thread;

/* Whoever plays client and model has what he needs. */
static bool is_the_agents(void)
{
	return !pthread_equal(pthread_self(), main_thread) && !pthread_equal(pthread_self(), place.model.thread);
}

static int step_of(int calls)
{
	const char *which = getenv("FAULTS");

	return (which && strcmp(which, "all") == 0) || calls < MOST ? 1 : calls / MOST;
}

/* ---- exchanges ---------------------------------------------------------------------------------------------------------- */

#define PIECE(text) "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"

static const struct kind {
	const char *name, *request, *answer;
} kinds[] = {
	{"json", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Patient with SSN " SSN "\"}]}", JSON_ANSWER("", NOTE)},
	{"stream", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Patient with SSN " SSN "\"}]}",
	 "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
	 PIECE("On file: SSN 536-") PIECE("22-87") PIECE("41; continue") PIECE(" metformin.") "data: [DONE]\n\n"},
};

static void open_another(void)
{
	if (place.session)
		session_unref(place.session);
	place.session = NULL;
	open_session(&place);
}

/* What the client got; true: it takes it for a whole answer. */
static bool ask_once(const struct kind *kind, struct buf *got)
{
	struct client c;
	bool whole;

	client_open(&c);
	put_request(&c, "POST", CHAT, "Connection: close\r\n", kind->request);
	while (client_more(&c))
		;
	buf_init(got, 1 << 20);
	buf_add_slice(got, buf_slice(&c.in));
	buf_add(got, "", 0);
	whole = strncmp(got->data, "HTTP/1.1 200", 12) == 0 && count(got, "\r\n0\r\n\r\n");
	client_close(&c);
	return whole;
}

/* What stands on record of the session's only exchange, after its end or after a restart. */
static void check_bundle(const char *id, bool whole, const char *when)
{
	char path[128];
	struct buf tar;                                  /* its members stand in it as they are */

	snprintf(path, sizeof path, "bundles/%s/1.tar", id);
	verify(path);
	read_path(&tar, "%s", path);
	if (count(&tar, SSN) || count(&tar, CREDENTIAL) || count(&tar, API_KEY))
		fail_msg("%s: on record unmasked", when);
	if (whole && (count(&tar, "Patient with SSN [SSN]") != 1 || count(&tar, ",\"end\":true}") != 1))
		fail_msg("%s: the client has what is not on record", when);
	buf_free(&tar);
}

struct tried {
	char id[SESSION_ID_LEN + 1];
	bool whole;
};

static void try_without(const struct kind *kind, int at, struct tried *tried)
{
	int asked = model_asked(&place.model);
	struct buf got;

	open_another();
	strcpy(tried->id, place.id);
	memory_fails(at, 1);
	tried->whole = ask_once(kind, &got);
	memory_is_back();
	if (count(&got, SSN) || count(&got, "536-") || count(&got, CREDENTIAL))
		fail_msg("%s, no memory at call %d: unmasked\n%s", kind->name, at, got.data);
	if (model_asked(&place.model) > asked && place.model.lines_when_asked < 2)
		fail_msg("%s, no memory at call %d: sent before it was on record", kind->name, at);
	buf_free(&got);
	/* the session may have ended over it; another's goes on */
	end_session(SESSION_END_CLIENT);
}

static void serves_somebody_else(const struct kind *kind, int at)
{
	struct buf got;

	open_another();
	if (!ask_once(kind, &got) || !count(&got, "[SSN]"))
		fail_msg("%s, after no memory at call %d: the next one gets\n%s", kind->name, at, got.data);
	buf_free(&got);
	end_session(SESSION_END_CLIENT);
}

static void try_kind(const struct kind *kind)
{
	static struct tried tried[4096];
	size_t n = 0;
	char when[80];
	int calls;

	model_says(&place.model, slice_str(kind->answer), THEN_CLOSE);
	serves_somebody_else(kind, 0);                   /* what is kept from the first on is there */
	try_without(kind, 0, &tried[0]);
	assert_true(tried[0].whole);
	calls = memory->calls;
	print_message("%s: %d calls\n", kind->name, calls);
	for (int at = 1; at <= calls && n < sizeof tried / sizeof *tried; at += step_of(calls), n++) {
		try_without(kind, at, &tried[n]);
		if (n % 8 == 0)
			serves_somebody_else(kind, at);
	}
	serves_somebody_else(kind, calls);
	/* what could not be sealed is after a restart */
	session_unref(place.session);
	place.session = NULL;
	sessions_free(place.agent.sessions);
	place.agent.sessions = NULL;
	site_close();
	site_open(true);
	for (size_t i = 0; i < n; i++) {
		snprintf(when, sizeof when, "%s, no memory at call %zu", kind->name, 1 + i * (size_t)step_of(calls));
		check_bundle(tried[i].id, tried[i].whole, when);
	}
}

static void an_answer_is_whole_masked_and_recorded_or_none(void **state)
{
	(void)state;
	try_kind(&kinds[0]);
}

static void a_stream_is_whole_masked_and_recorded_or_cut(void **state)
{
	(void)state;
	try_kind(&kinds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_whole_masked_and_recorded_or_none),
		TEST(a_stream_is_whole_masked_and_recorded_or_cut),
	};

	main_thread = pthread_self();
	memory_counts_here = is_the_agents;
	return memory_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
