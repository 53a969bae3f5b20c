/* Requests: what is taken, what is refused and how, what waits for a second person, and that all of it stands on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/mman.h>

#include "data_path.h"

/* ---- what goes to the model --------------------------------------------------------------------------------------------- */

static void the_model_gets_its_own_credential_and_not_the_callers_key(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	put_request(&c, "POST", CHAT, "X-Trace: seven\r\nCookie: a=b\r\nX-Forwarded-For: 1.2.3.4\r\nx_remote_user: root\r\nConnection: X-Hop\r\n"
		    "X-Hop: no\r\nRange: bytes=0-1\r\nIf-None-Match: x\r\nAccept-Encoding: br\r\n", chat_body("hi"));
	assert_int_equal(client_answer(&c, false), 200);
	assert_true(model_saw(&place.model, "\r\nAuthorization: Bearer " CREDENTIAL "\r\n") && model_saw(&place.model, "\r\nX-Trace: seven\r\n"));
	assert_true(model_saw(&place.model, "\r\nAccept-Encoding: identity\r\n") && model_saw(&place.model, chat_body("hi")));
	assert_false(model_saw(&place.model, API_KEY) || model_saw(&place.model, "Cookie") || model_saw(&place.model, "1.2.3.4") ||
		     model_saw(&place.model, "root") || model_saw(&place.model, "X-Hop") || model_saw(&place.model, "bytes=") ||
		     model_saw(&place.model, "If-") || model_saw(&place.model, "8080\r\n"));
	client_close(&c);
}

static void a_request_is_durable_before_the_model_has_it(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "Patient with SSN " SSN), 200);
	assert_int_equal(place.model.lines_when_asked, 2);               /* open, request */
	assert_true(model_saw(&place.model, SSN));                       /* what the caller wrote, the model gets */
	client_close(&c);
	on_record("Patient with SSN [SSN]", 1);
}

static void requests_follow_each_other_on_one_connection_also_pipelined(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	for (int i = 0; i < 3; i++)
		put_chat(&c, "hi");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(client_answer(&c, false), 200);
		assert_true(count(&c.body, "On file: SSN [SSN]; continue metformin.") == 1);
	}
	client_close(&c);
	on_record("\"method\":\"POST\",\"path\":\"" CHAT "\"", 3);
}

static void the_models_connection_is_kept_for_a_while(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), THEN_KEEP);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(place.model.closed, 0);
	model_await(&place.model, &place.model.closed, 1);               /* though the client stays */
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
}

static void a_body_that_is_announced_is_asked_for(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	put_request(&c, "POST", CHAT, "Expect: 100-continue\r\nContent-Length: 60\r\n", NULL);
	assert_true(client_sees(&c, "HTTP/1.1 100 Continue\r\n\r\n"));
	buf_clear(&c.in);
	client_put(&c, SLICE("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"));
	assert_int_equal(client_answer(&c, false), 200);
	assert_false(model_saw(&place.model, "xpect"));
	client_close(&c);
}

/* ---- bytes that are no request ------------------------------------------------------------------------------------------ */

#define START "POST " CHAT " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " API_KEY "\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void two_readers_never_see_two_requests(void **state)
{
	static const struct {
		const char *bytes;
		int status;
	} cases[] = {
		{START "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" NEXT, 400},
		{START "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" NEXT, 400},
		{START "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" NEXT, 400},
		{START "Content-Length: 2, 2\r\n\r\n{}" NEXT, 400},
		{START "Content-Length: +2\r\n\r\n{}" NEXT, 400},
		{START "Transfer-Encoding: identity\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n" NEXT, 400},
		{START "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" NEXT, 400},
		{START "X-A: 1\r\n Content-Length: 2\r\n\r\n{}" NEXT, 400},
		{START "X-A : 1\r\n\r\n" NEXT, 400},
		{START "Host: evil.example\r\n\r\n" NEXT, 400},
		{"POST " CHAT " HTTP/1.1\r\n\r\n" NEXT, 400},
		{"POST http://localhost" CHAT " HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
		{"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
		{"POST " CHAT " HTTP/2.0\r\nHost: localhost\r\n\r\n" NEXT, 400},
		{"HEAD / HTTP/1.1\r\n folded\r\n\r\n" NEXT, 400},
		{"\x16\x03\x01\x02garbage\r\n\r\n", 400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf all;

		buf_init(&all, 1 << 16);
		if (once(slice_str(cases[i].bytes), &all) != cases[i].status || count(&all, "HTTP/1.1 4") != 1 || count(&all, "Connection: close") != 1 ||
		    count(&all, "\"request_id\":\"req_") != 1)
			fail_msg("case %zu: %s", i, all.data);
		buf_free(&all);
	}
	assert_int_equal(model_asked(&place.model), 0);
}

static void too_much_is_refused_before_it_is_kept(void **state)
{
	struct buf in, all;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&all, 1 << 16);
	buf_puts(&in, START "X-A: ");
	for (int i = 0; i < 9000; i++)
		buf_putc(&in, 'a');
	assert_int_equal(once(buf_slice(&in), &all), 431);
	buf_clear(&in);
	buf_puts(&in, START "Content-Length: 65537\r\n\r\n");
	assert_int_equal(once(buf_slice(&in), &all), 413);
	buf_clear(&in);
	buf_puts(&in, START "Transfer-Encoding: chunked\r\n\r\n10001\r\n");
	for (int i = 0; i < 65537; i++)
		buf_putc(&in, ' ');
	assert_int_equal(once(buf_slice(&in), &all), 413);
	assert_int_equal(model_asked(&place.model), 0);
	buf_free(&in);
	buf_free(&all);
	on_record("\"outcome\":\"refused\"", 2);
}

/* ---- requests that may not pass ------------------------------------------------------------------------------------------ */

static const char *deep(void)
{
	static char body[20100];
	int n = snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":");

	memset(body + n, '[', 10000);
	memset(body + n + 10000, ']', 10000);
	strcpy(body + n + 20000, "}");
	return body;
}

static void a_body_that_could_be_read_in_two_ways_is_refused_and_the_connection_goes_on(void **state)
{
	const struct {
		const char *body, *said;
	} cases[] = {
		{deep(), "64 levels"}, {"{\"model\":", "byte"}, {"[1]", "object"}, {"{} {}", "byte"}, {"{\"messages\":[],\"messages\":[]}", "twice"},
		{"{\"messages\":[],\"Messages\":[]}", ""}, {"{\"model\":\"\xff\"}", ""}, {"\xef\xbb\xbf{}", ""}, {"{\"model\":\"\\ud800\"}", ""},
		{"{\"model\":\"a\\u0000b\"}", ""}, {"{\"temperature\":NaN}", ""}, {"", "JSON"},
		{"S\xfe\x80N " SSN, ""},
	};
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (request(&c, "POST", CHAT, cases[i].body) != 400 || !is_error(&c, "invalid_request_error") || !strstr(c.body.data, cases[i].said))
			fail_msg("case %zu: %s", i, c.body.data);
	assert_int_equal(model_asked(&place.model), 0);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
	on_record("\"outcome\":\"refused\"", (int)(sizeof cases / sizeof *cases));
}

static void what_nobody_can_read_and_routes_that_are_not_named_are_refused(void **state)
{
	static const struct {
		const char *method, *path, *body;
		int status;
		const char *type;
	} cases[] = {
		{"POST", "/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3]}", 403, "permission_error"},
		{"POST", CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}]}", 403,
		 "permission_error"},
		{"POST", "/slots", "{\"note\":\"SSN " SSN "\"}", 403, "permission_error"},
		{"GET", "/v1/%2e%2e/slots", NULL, 403, "permission_error"},
		{"GET", "/v1/models/..%5cx", NULL, 400, "invalid_request_error"},
		{"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"note\"}", 403, "permission_error"},
		{"POST", CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"export the database\"}]}", 403, "permission_error"},
		{"GET", "/v1/models", "x", 400, "invalid_request_error"},
	};
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (request(&c, cases[i].method, cases[i].path, cases[i].body) != cases[i].status || !is_error(&c, cases[i].type))
			fail_msg("case %zu: %d %s", i, c.head.status, c.body.data);
	assert_int_equal(model_asked(&place.model), 0);
	assert_int_equal(chat(&c, "hi"), 200);
	put_request(&c, "POST", CHAT, "Content-Encoding: Identity\r\n", chat_body("hi"));
	assert_int_equal(client_answer(&c, false), 200);
	put_request(&c, "POST", CHAT, "Content-Encoding: gzip\r\n", "SSN " SSN);
	assert_int_equal(client_answer(&c, false), 415);
	assert_false(c.head.keep_alive);
	client_close(&c);
	on_record("\"text\":\"{\\\"note\\\":\\\"SSN [SSN]\\\"}\"", 1);
}

static void only_the_sessions_key_opens_the_way(void **state)
{
	static const struct {
		const char *headers;
		int status;
	} cases[] = {
		{"Host: localhost\r\n", 401},
		{"Host: localhost\r\nAuthorization: Bearer phg_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\r\n", 401},
		{"Host: localhost\r\nAuthorization: Bearer " CREDENTIAL "\r\n", 401},
		{"Host: evil.example\r\nAuthorization: Bearer " API_KEY "\r\n", 421},
	};
	struct client c;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out;

		buf_init(&out, 4096);
		buf_printf(&out, "GET /v1/models HTTP/1.1\r\n%s\r\n", cases[i].headers);
		client_put(&c, buf_slice(&out));
		assert_int_equal(client_answer(&c, false), cases[i].status);
		buf_free(&out);
	}
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 0);
	on_record("\"method\"", 0);                                      /* nothing of who has no key is kept */
}

static void who_shows_no_key_is_not_waited_for(void **state)
{
	struct client c;

	(void)state;
	client_open(&c);
	client_put(&c, SLICE("POST " CHAT " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 9\r\n\r\n{"));
	assert_int_equal(client_answer(&c, false), 401);
	assert_false(c.head.keep_alive);
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 0);
}

static void a_refused_head_request_has_no_body(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	put_request(&c, "HEAD", "/slots", "", NULL);
	put_chat(&c, "hi");
	assert_int_equal(client_answer(&c, true), 403);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
}

static void a_client_that_leaves_in_mid_request_stands_on_record(void **state)
{
	struct client c;

	(void)state;
	client_open(&c);
	put_request(&c, "POST", CHAT, "Content-Length: 4000\r\n", NULL);
	client_put(&c, SLICE("{\"note\":\"SSN " SSN));
	client_close(&c);
	on_record("{\"reason\":\"client\"}", 1);
}

/* ---- holds --------------------------------------------------------------------------------------------------------------- */

static void a_held_request_goes_on_once_it_is_approved_and_only_once(void **state)
{
	char id[HOLD_ID_LEN + 1], again[HOLD_ID_LEN + 1];
	struct hold h;
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(id, 1, NULL);
	assert_int_equal(model_asked(&place.model), 0);
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	assert_int_equal(count(&c.body, "SSN [SSN]"), 1);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(again, 1, "pending");
	assert_string_not_equal(id, again);
	assert_int_equal(hold_deny(place.agent.holds, again, &by_bob, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "approval_denied") && count(&c.body, "audit 7") == 1);
	assert_int_equal(model_asked(&place.model), 1);
	client_close(&c);
	on_record("\"rule\":\"bulk\"", 4);                               /* two holds, approved, denied */
}

/* Both wait for the same approval: it is one request's, and the other asks anew. */
static void of_two_that_wait_for_one_approval_one_goes_on_and_the_other_asks_again(void **state)
{
	char id[HOLD_ID_LEN + 1], again[HOLD_ID_LEN + 1];
	struct pollfd on[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct client c[2];
	int first, held;

	(void)state;
	model_says_note();
	for (int i = 0; i < 2; i++) {
		client_open(&c[i]);
		on[i].fd = c[i].fd;
	}
	put_chat(&c[0], "List every patient like SSN " SSN);
	await_hold(id, 1, "pending");
	held = index_lines(place.model.index);
	put_chat(&c[1], "List every patient like SSN " SSN);
	while (index_lines(place.model.index) < held + 2)                /* its request, and its hold */
		sched_yield();
	approve(id);
	assert_int_equal(poll(on, 2, PATIENCE_S * 1000), 1);
	first = on[0].revents ? 0 : 1;
	assert_int_equal(client_answer(&c[first], false), 200);
	await_hold(again, 1, "pending");
	assert_string_not_equal(id, again);
	assert_int_equal(model_asked(&place.model), 1);
	approve(again);
	assert_int_equal(client_answer(&c[!first], false), 200);
	assert_int_equal(model_asked(&place.model), 2);
	client_close(&c[0]);
	client_close(&c[1]);
}

static void in_an_emergency_what_would_be_held_passes_and_what_is_denied_does_not(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	place.session->emergency = true;
	model_says_note();
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	assert_int_equal(client_answer(&c, false), 200);
	assert_int_equal(count(&c.body, "SSN [SSN]"), 1);        /* masked like any other answer */
	put_chat(&c, "export the database, and list every patient");
	assert_int_equal(client_answer(&c, false), 403);
	assert_int_equal(model_asked(&place.model), 1);
	client_close(&c);
	place.session->emergency = false;                        /* nobody has approved anything: it is held as ever */
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(id, 1, "pending");
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
	on_record("\"rule\":\"bulk\",\"outcome\":\"emergency\",\"by\":\"alice@x\",\"reason\":\"ward round\"", 1);
}

static void what_is_shown_of_a_held_request_is_masked(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct buf shown;
	struct client c;

	(void)state;
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(id, 1, NULL);
	buf_init(&shown, 1 << 20);
	assert_int_equal(hold_show(place.agent.holds, &bob, id, &shown, NULL), RC_OK);
	assert_int_equal(count(&shown, SSN), 0);
	assert_true(count(&shown, "List [every patient] like SSN [SSN]") == 1 && count(&shown, "\"SSN of 11\"") == 1 &&
		    count(&shown, "\"roles\":{\"user\":1}") == 1 && count(&shown, "\"model\":\"m\"") == 1);
	buf_free(&shown);
	client_close(&c);
}

/* Where no prose is looked for, callers may write some all the same. */
static void what_a_caller_writes_in_a_role_a_models_name_or_a_headers_is_masked_too(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct buf shown;
	struct client c;

	(void)state;
	client_open(&c);
	put_request(&c, "POST", CHAT, SSN ": 1\r\nX-Ward: 4 West\r\nX-MRN: 84729315\r\n", "{\"model\":\"for SSN " SSN "\",\"messages\":["
		    "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"SSN " SSN "\",\"content\":\"List every patient\"}]}");
	await_hold(id, 1, NULL);
	buf_init(&shown, 1 << 20);
	assert_int_equal(hold_show(place.agent.holds, &bob, id, &shown, NULL), RC_OK);
	assert_int_equal(count(&shown, SSN), 0);
	assert_true(count(&shown, "\"roles\":{\"user\":1,\"SSN [SSN]\":1}") == 1 && count(&shown, "\"model\":\"for SSN [SSN]\"") == 1);
	assert_int_equal(count(&shown, "\"role\":\"SSN [SSN]\""), 2);          /* of the text, and of what the rule matched */
	buf_free(&shown);
	client_close(&c);
	on_record("[\"[SSN]\",\"1\"],[\"X-Ward\",\"4 West\"],[\"X-MRN\",\"[MRN]\"]", 1);
}

static void after_the_wait_the_client_is_told_and_the_same_request_passes_later(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "some day"), 403);
	await_hold(id, 1, NULL);
	assert_true(is_error(&c, "approval_pending") && count(&c.body, id) == 1);
	approve(id);
	assert_int_equal(chat(&c, "some other, some day"), 403);         /* another request needs its own */
	assert_int_equal(chat(&c, "some day"), 200);
	client_close(&c);
	on_record("\"outcome\":\"approved\"", 1);
}

static int64_t half_a_minute_later(void)
{
	return clock_wall_ns() + 40 * NS_PER_S;
}

static void a_client_that_hangs_up_cancels_its_hold(void **state)
{
	char id[HOLD_ID_LEN + 1];
	int log = memfd_create("log", MFD_CLOEXEC);
	char lines[4096] = "";
	int64_t wait_ns;
	struct client c;

	(void)state;
	log_setup(log, true, LOG_INFO);
	client_open(&c);
	put_chat(&c, "List every patient");
	await_hold(id, 1, NULL);
	client_close(&c);
	log_setup(-1, false, LOG_ERROR);
	assert_true(pread(log, lines, sizeof lines - 1, 0) > 0);
	close(log);
	assert_non_null(strstr(lines, "\"outcome\":\"cut\",\"status\":0,\"reason\":\"client\""));
	holds_set_clock(place.agent.holds, half_a_minute_later);
	assert_int_equal(holds_tick(place.agent.holds, &wait_ns), RC_OK);
	await_hold(id, 1, "cancelled");
	assert_int_equal(model_asked(&place.model), 0);
	on_record("{\"reason\":\"client\"}", 1);
}

static void policy_decides_again_when_an_approval_is_used(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	client_open(&c);
	put_chat(&c, "List every patient");
	await_hold(id, 1, NULL);
	write_policy("version: 1\nrules: [{name: closed, when: {route: " CHAT "}, then: deny, message: Closed today.}]\n");
	take_over();
	approve(id);
	assert_int_equal(client_answer(&c, false), 403);
	assert_int_equal(count(&c.body, "Closed today."), 1);
	assert_int_equal(model_asked(&place.model), 0);
	client_close(&c);
}

/* The rule's name is the same, and whom it asks is not: who approved before is not enough. */
static void who_must_approve_is_decided_again_when_an_approval_is_used(void **state)
{
	char id[HOLD_ID_LEN + 1], again[HOLD_ID_LEN + 1];
	struct hold h;
	struct client c;

	(void)state;
	client_open(&c);
	put_chat(&c, "List every patient");
	await_hold(id, 1, NULL);
	write_policy("version: 1\nrules: [{name: bulk, when: {prompt_matches: every}, then: approve, by: {groups: [privacy-officers], approvals: 2}}]\n");
	take_over();
	approve(id);
	await_hold(again, 1, "pending");
	assert_string_not_equal(id, again);
	assert_int_equal(hold_deny(place.agent.holds, again, &by_bob, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "approval_denied"));
	assert_int_equal(model_asked(&place.model), 0);
	client_close(&c);
}

static void over_a_limit_gets_429_and_when_to_come_back(void **state)
{
	struct audit third;
	struct client c;

	(void)state;
	model_says_note();
	write_policy("version: 1\nlimits: {requests_per_minute: 2, phi_per_day: 1000}\n");
	take_over();
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(chat(&c, "hi"), 429);
	assert_true(is_error(&c, "rate_limit_error"));
	assert_true(slice_is(http_header(&c.head, "retry-after"), "30") || slice_is(http_header(&c.head, "retry-after"), "29"));
	assert_int_equal(model_asked(&place.model), 2);
	/* answers that were masked count for the day */
	write_policy("version: 1\nlimits: {phi_per_day: 1}\n");
	take_over();
	assert_int_equal(chat(&c, "hi"), 429);
	assert_int_equal(count(&c.body, "identifiers of patients"), 1);
	assert_int_equal(model_asked(&place.model), 2);
	client_close(&c);
	third = seal_part(3);                            /* a policy that changes begins a new part */
	assert_int_equal(count(&third.records, "limits.phi_per_day"), 1);
	audit_free(&third);
}

static void change_policy(const char *text)
{
	write_policy(text);
	take_over();
}

static void a_session_that_has_shown_enough_identifiers_gets_429(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	change_policy("version: 1\nlimits: {phi_per_session: 1}\n");
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(chat(&c, "hi"), 429);
	assert_true(is_error(&c, "rate_limit_error"));
	assert_int_equal(count(&c.body, "open another one"), 1);
	assert_true(http_header(&c.head, "retry-after").n >= 4);         /* the session's own end */
	assert_int_equal(model_asked(&place.model), 1);
	client_close(&c);
	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	open_session(&place);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
}

/* By the model's count, by an estimate where it gives none, and for a stream that the client leaves. */
static void tokens_of_a_day_come_to_an_end(void **state)
{
	char long_prompt[201] = "";
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(JSON_ANSWER("", "{\"choices\":[],\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":40}}")), THEN_CLOSE);
	change_policy("version: 1\nlimits: {tokens_per_day: 1000}\n");
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good morning. \"}}]}\n\n"), THEN_WAIT);
	put_chat(&c, "these are in all thirty letter");
	assert_true(client_sees(&c, "Good"));
	client_close(&c);                                                /* 30 letters, and those of the answer: 8 tokens at least */
	client_open(&c);
	model_says(&place.model, SLICE(JSON_ANSWER("", "{\"choices\":[]}")), THEN_CLOSE);
	memset(long_prompt, 'a', sizeof long_prompt - 1);
	assert_int_equal(chat(&c, long_prompt), 200);                    /* 50 more */
	assert_int_equal(chat(&c, "hi"), 429);
	assert_true(is_error(&c, "rate_limit_error"));
	assert_int_equal(count(&c.body, "tokens (estimated where the model did not say)"), 1);
	assert_true(http_header(&c.head, "retry-after").n > 0);
	client_close(&c);
}

/* The session that it is, but in an emergency, which may last for ten minutes. */
static void an_emergency_that_has_shown_enough_may_come_back_when_it_is_over(void **state)
{
	struct client c;
	long retry_s;

	(void)state;
	model_says_note();
	change_policy("version: 1\nemergency: {groups: [clinicians], max_duration: 10m}\nlimits: {phi_per_session: 1}\n");
	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	place.emergency = true;
	open_session(&place);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(chat(&c, "hi"), 429);
	retry_s = atol(http_header(&c.head, "retry-after").p);
	assert_true(retry_s > 590 && retry_s <= 600);
	client_close(&c);
}

/* Small bodies are read, so that the connection can carry the next request; a large one is not waited for. */
static void who_is_told_to_come_back_keeps_the_connection(void **state)
{
	static const char large[] = "POST " CHAT " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer " API_KEY "\r\n"
		"Content-Length: 65537\r\n\r\n{";
	static const char chunked[] = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
	struct client c;
	struct buf all;
	uint64_t other;

	(void)state;
	model_says_note();
	place.config.limits.per_person = 1;
	assert_int_equal(session_enter(place.session, 1, &other), RC_OK);
	client_open(&c);
	for (int i = 0; i < 3; i++)
		assert_int_equal(chat(&c, "hi"), 429);
	put_request(&c, "POST", CHAT, chunked, NULL);
	assert_int_equal(client_answer(&c, false), 429);
	assert_int_equal(model_asked(&place.model), 0);
	session_leave(place.session);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
	assert_int_equal(session_enter(place.session, 1, &other), RC_OK);
	buf_init(&all, 1 << 16);
	assert_int_equal(once(slice_str(large), &all), 429);
	assert_int_equal(count(&all, "Connection: close\r\n"), 1);
	buf_free(&all);
	session_leave(place.session);
}

static void more_requests_of_one_person_than_may_run_are_told_to_come_back(void **state)
{
	struct client c;
	uint64_t other;

	(void)state;
	model_says_note();
	place.config.limits.per_person = 1;
	assert_int_equal(session_enter(place.session, 1, &other), RC_OK);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 429);
	assert_true(is_error(&c, "rate_limit_error"));
	assert_true(slice_is(http_header(&c.head, "retry-after"), "1"));
	assert_int_equal(model_asked(&place.model), 0);
	session_leave(place.session);
	client_close(&c);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
}

static void the_session_ends_while_a_request_is_held(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	client_open(&c);
	put_chat(&c, "List every patient");
	await_hold(id, 1, NULL);
	end_session(SESSION_END_REVOKED);
	assert_int_equal(client_answer(&c, false), 503);
	assert_true(is_error(&c, "session_ended"));
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 0);
}

static void a_message_that_was_approved_is_history_and_passes_with_the_next_turn(void **state)
{
	static const char turn[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"every patient\"},"
		"{\"role\":\"assistant\",\"content\":\"Which ward?\"},{\"role\":\"user\",\"content\":\"%s\"}]}";
	char body[512], id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	put_request(&c, "POST", CHAT, "", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"every patient\"}]}");
	await_hold(id, 1, NULL);
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	snprintf(body, sizeof body, turn, "Ward 3.");
	assert_int_equal(request(&c, "POST", CHAT, body), 200);
	snprintf(body, sizeof body, turn, "And every patient of ward 4.");
	put_request(&c, "POST", CHAT, "", body);
	await_hold(id, 1, "pending");
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		T(the_model_gets_its_own_credential_and_not_the_callers_key),
		T(a_request_is_durable_before_the_model_has_it),
		T(requests_follow_each_other_on_one_connection_also_pipelined),
		T(the_models_connection_is_kept_for_a_while),
		T(a_body_that_is_announced_is_asked_for),
		T(two_readers_never_see_two_requests),
		T(too_much_is_refused_before_it_is_kept),
		T(a_body_that_could_be_read_in_two_ways_is_refused_and_the_connection_goes_on),
		T(what_nobody_can_read_and_routes_that_are_not_named_are_refused),
		T(only_the_sessions_key_opens_the_way),
		T(who_shows_no_key_is_not_waited_for),
		T(a_refused_head_request_has_no_body),
		T(a_client_that_leaves_in_mid_request_stands_on_record),
		T(a_held_request_goes_on_once_it_is_approved_and_only_once),
		T(of_two_that_wait_for_one_approval_one_goes_on_and_the_other_asks_again),
		T(in_an_emergency_what_would_be_held_passes_and_what_is_denied_does_not),
		T(what_is_shown_of_a_held_request_is_masked),
		T(what_a_caller_writes_in_a_role_a_models_name_or_a_headers_is_masked_too),
		T(after_the_wait_the_client_is_told_and_the_same_request_passes_later),
		T(a_client_that_hangs_up_cancels_its_hold),
		T(policy_decides_again_when_an_approval_is_used),
		T(who_must_approve_is_decided_again_when_an_approval_is_used),
		T(over_a_limit_gets_429_and_when_to_come_back),
		T(a_session_that_has_shown_enough_identifiers_gets_429),
		T(tokens_of_a_day_come_to_an_end),
		T(an_emergency_that_has_shown_enough_may_come_back_when_it_is_over),
		T(who_is_told_to_come_back_keeps_the_connection),
		T(more_requests_of_one_person_than_may_run_are_told_to_come_back),
		T(the_session_ends_while_a_request_is_held),
		T(a_message_that_was_approved_is_history_and_passes_with_the_next_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
