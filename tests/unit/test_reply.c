/* Answers: masked, on record before they go out, their end only once all is durable; and what happens when the model, the client,
 * the session or the disk does not play along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include "data_path.h"

#define EVENT(text) "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"
#define OPEN_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static void put_stream(struct client *c)
{
	put_request(c, "POST", CHAT, "", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
}

/* ---- answers that pass ---------------------------------------------------------------------------------------------------- */

static void an_answer_is_masked_and_all_else_of_it_stays(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(JSON_ANSWER("X-Note: SSN " SSN "\r\nX-Key: Bearer " CREDENTIAL "\r\nSet-Cookie: a=b\r\n"
		   "ETag: \"x\"\r\nAccess-Control-Allow-Origin: *\r\nX-Dup: 1\r\nx-dup: 2\r\nX-" SSN ": 1\r\n"
		   "X-Patient-MRN: 84729315\r\nX-Ssn: 536228741\r\nX-Request-Id: 84729315\r\nAge: 95\r\n",
		   "{ \"n\":1.0e5,\t\"note\":\"SSN: " SSN " \",\"caf\\u00e9\" : [\"" CREDENTIAL "\"] }")),
		   THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_true(count(&c.body, "{ \"n\":1.0e5,\t\"note\":\"SSN: [SSN] \",\"caf\\u00e9\" : [\"") == 1 && count(&c.body, CREDENTIAL) == 0);
	assert_true(slice_is(http_header(&c.head, "x-note"), "SSN [SSN]") && slice_is(http_header(&c.head, "x-dup"), "1"));
	assert_false(http_header(&c.head, "set-cookie").p || http_header(&c.head, "etag").p ||
		     http_header(&c.head, "access-control-allow-origin").p);
	assert_null(memmem(c.head.text.data, c.head.text.len, CREDENTIAL, strlen(CREDENTIAL)));
	assert_null(memmem(c.head.text.data, c.head.text.len, SSN, strlen(SSN)));
	assert_true(slice_is(http_header(&c.head, "x-patient-mrn"), "[MRN]") && slice_is(http_header(&c.head, "x-ssn"), "[SSN]"));
	assert_true(slice_is(http_header(&c.head, "x-request-id"), "84729315") && slice_is(http_header(&c.head, "age"), "95"));
	client_close(&c);
	on_record("\\\"note\\\":\\\"SSN: [SSN] \\\"", 1);
}

static void the_models_own_errors_pass_masked(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE("HTTP/1.1 429 No, SSN " SSN "\r\nContent-Type: application/problem+json\r\nRetry-After: 7\r\n"
				       "Content-Length: 48\r\n\r\n"
				       "{\"error\":{\"message\":\"slow down, SSN " SSN "\"}}"), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 429);
	assert_int_equal(count(&c.body, "slow down, SSN [SSN]"), 1);
	assert_true(slice_is(http_header(&c.head, "retry-after"), "7"));
	client_close(&c);
	on_record("{\"status\":429", 1);
}

static void each_event_arrives_while_the_model_still_speaks_and_the_end_once_all_is_durable(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(OPEN_HEAD EVENT("Good morning. ")), THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT("On file: SSN 536-22")));
	model_adds(&place.model, SLICE(EVENT("-8741 and more words. ")));
	model_adds(&place.model, SLICE(STOP DONE));
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "Good"));
	model_go(&place.model);
	assert_true(client_sees(&c, "file"));
	model_go(&place.model);
	assert_true(client_sees(&c, "[SSN]"));
	assert_int_equal(count(&c.in, "536"), 0);
	model_go(&place.model);
	assert_true(client_sees(&c, "[DONE]"));
	assert_true(index_lines(place.index) >= 4);                      /* open, request, response, its end */
	assert_int_equal(client_answer(&c, false), 200);
	assert_true(count(&c.body, "[SSN]") == 1 && count(&c.body, "536") == 0 && count(&c.body, "8741") == 0);
	client_close(&c);
	on_record(",\"end\":true}", 1);
}

static void the_head_goes_out_while_the_model_still_thinks(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(OPEN_HEAD), THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT("hi") STOP DONE));
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "\r\n\r\n"));
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
}

static void zipped_answers_are_masked(void **state)
{
	static const char text[] = NOTE;
	unsigned char packed[4096];
	z_stream z = {.next_in = (unsigned char *)text, .avail_in = sizeof text - 1, .next_out = packed, .avail_out = sizeof packed};
	struct client c;
	struct buf out;

	(void)state;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_init(&out, 8192);
	buf_puts(&out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	buf_add(&out, packed, z.total_out);
	deflateEnd(&z);
	model_says(&place.model, buf_slice(&out), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_true(count(&c.body, "SSN [SSN]; continue metformin.") == 1 && !http_header(&c.head, "content-encoding").p);
	model_says(&place.model, (struct slice){out.data, out.len - 12}, THEN_CLOSE);
	assert_int_equal(chat(&c, "hi"), 0);                             /* cut short: no end, and nothing that is not masked */
	assert_int_equal(count(&c.body, "8741"), 0);
	client_close(&c);
	buf_free(&out);
}

static void answers_without_a_body_have_none(void **state)
{
	struct client c;

	(void)state;
	client_open(&c);
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"), THEN_KEEP);
	assert_int_equal(request(&c, "HEAD", "/v1/models", NULL), 403);  /* this dialect has no such route */
	model_says(&place.model, SLICE("HTTP/1.1 204 No Content\r\n\r\n"), THEN_KEEP);
	assert_int_equal(chat(&c, "hi"), 204);
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"), THEN_KEEP);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(c.body.len, 0);
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), THEN_KEEP);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_string_equal(c.body.data, "{}");
	client_close(&c);
	on_record(",\"end\":true}", 4);
}

static void an_old_client_gets_what_it_can_read(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	client_put(&c, SLICE("POST " CHAT " HTTP/1.0\r\nHost: localhost\r\nx-api-key: " API_KEY "\r\nContent-Length: 15\r\n\r\n{\"messages\":[]}"));
	assert_int_equal(client_answer(&c, false), 200);
	assert_true(count(&c.body, "SSN [SSN]") == 1 && !c.head.chunked && c.closed);
	client_close(&c);
}

/* ---- answers that do not -------------------------------------------------------------------------------------------------- */

static void what_cannot_be_masked_is_refused_in_the_dialects_shape(void **state)
{
	static const char *const answers[] = {
		"",
		"SSN " SSN "\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 206 Partial Content\r\nContent-Type: application/json\r\n\r\n{\"a\":\"" SSN "\"}",
		"HTTP/1.1 304 Not Modified\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: application/jsons\r\n\r\n{\"a\":\"" SSN "\"}",
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: br\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\nSSN " SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" SSN,
		"HTTP/1.1 200 OK\r\nX-A: 1\r\n SSN: " SSN "\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: gzip\r\n\r\n" SSN,
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" EVENT("SSN 536-") EVENT("22-8741") DONE,
		"HTTP/1.1 200 OK\r\n\r\n: ping\n\n" EVENT("SSN 536-") EVENT("22-8741") DONE,
	};
	struct client c;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		model_says(&place.model, slice_str(answers[i]), THEN_CLOSE);
		if (chat(&c, "hi") != 502 || !is_error(&c, "upstream_error") || count(&c.body, "8741"))
			fail_msg("case %zu: %d %s", i, c.head.status, c.body.data);
	}
	client_close(&c);
	on_record("{\"status\":502", (int)(sizeof answers / sizeof *answers));
}

static void parameters_of_a_content_type_change_nothing(void **state)
{
	static const char *const types[] = {"application/json;charset=utf-8", "Application/JSON ; charset=\"UTF-8\"", "application/problem+json\t; charset=us-ascii",
					    "application/json; charset=utf8"};
	static const char stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream ; charset=utf-8\r\n\r\n" EVENT("SSN 536-") EVENT("22-8741") DONE;
	char answer[300];
	struct client c;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n{\"mrn\":84729315}", types[i]);
		model_says(&place.model, slice_str(answer), THEN_CLOSE);
		assert_int_equal(chat(&c, "hi"), 200);
		assert_string_equal(c.body.data, "{\"mrn\":0}");          /* a number in JSON stays one */
	}
	model_says(&place.model, slice_str(stream), THEN_CLOSE);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_true(count(&c.body, "[SSN]") == 1 && !count(&c.body, "8741"));
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\n\r\nSSN " SSN), THEN_CLOSE);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_string_equal(c.body.data, "SSN [SSN]");           /* of no type at all: text */
	client_close(&c);
}

static void what_a_connection_lets_through_may_be_anything(void **state)
{
	static char wav[] = "audio/wav", *types[] = {wav};
	static const char sound[] = "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\nRIFF\0\0\x01\xff";
	struct client c;

	(void)state;
	place.connection.allow_content_types = (struct text_list){types, 1};
	model_says(&place.model, (struct slice){sound, sizeof sound - 1}, THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_true(c.body.len == 8 && memcmp(c.body.data, "RIFF\0\0\x01\xff", 8) == 0);
	client_close(&c);
}

static void garbage_is_masked_as_text(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(JSON_ANSWER("", "{\"a\": oops, SSN: " SSN " and no end")), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_true(count(&c.body, "[SSN]") == 1 && count(&c.body, "8741") == 0);
	client_close(&c);
}

static void an_answer_that_breaks_off_is_seen_as_cut(void **state)
{
	static const enum then ways[] = {THEN_CLOSE, THEN_RESET};
	struct client c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		model_says(&place.model, SLICE(STREAM_HEAD), ways[i]);
		model_adds(&place.model, SLICE("59\r\n" EVENT("Words, then SSN 536-22") "\r\n5a\r\ndata: {\"choices\":[{\"index\":0,"));
		client_open(&c);
		put_stream(&c);
		assert_true(client_sees(&c, "\r\n\r\n"));
		model_go(&place.model);
		assert_int_equal(client_answer(&c, false), 0);
		assert_int_equal(count(&c.body, "536"), 0);
		client_close(&c);
	}
	on_record("{\"reason\":\"model\"}", 2);
}

static void a_model_that_is_down_or_slow_is_said_in_the_dialects_shape(void **state)
{
	struct client c;

	(void)state;
	place.connection.first_byte_ns = 50 * NS_PER_MS;
	client_open(&c);
	model_says(&place.model, SLICE(""), THEN_WAIT);
	place.model.n_pieces = 0;
	assert_int_equal(chat(&c, "hi"), 504);
	assert_true(is_error(&c, "timeout_error"));
	model_await(&place.model, &place.model.gone, 1);
	shutdown(place.model.listener, SHUT_RDWR);
	assert_int_equal(chat(&c, "hi"), 502);
	assert_true(is_error(&c, "upstream_error"));
	client_close(&c);
}

static void an_event_without_end_is_cut_at_its_limit(void **state)
{
	struct client c;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	buf_puts(&out, OPEN_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
	for (int i = 0; i < 70000; i++)
		buf_putc(&out, 'a');
	model_says(&place.model, buf_slice(&out), THEN_WAIT);
	client_open(&c);
	put_stream(&c);
	assert_int_equal(client_answer(&c, false), 502);
	model_await(&place.model, &place.model.gone, 1);
	client_close(&c);
	buf_free(&out);
}

/* One event of an answer that is n bytes long but for the line end that ends it. */
static int with_an_event_of(size_t n)
{
	struct client c;
	struct buf out;
	int status;

	buf_init(&out, 1 << 20);
	buf_puts(&out, OPEN_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
	while (out.len < sizeof OPEN_HEAD - 1 + n - strlen("\"}}]}\n"))
		buf_putc(&out, 'a');
	buf_puts(&out, "\"}}]}\n\n" STOP DONE);
	model_says(&place.model, buf_slice(&out), THEN_CLOSE);
	client_open(&c);
	put_stream(&c);
	status = client_answer(&c, false);
	assert_int_equal(count(&c.body, "over a limit (event_max, streams)"), status == 502);
	assert_int_equal(count(&c.body, "[DONE]"), status == 200);
	client_close(&c);
	buf_free(&out);
	return status;
}

static void an_event_may_be_as_large_as_its_limit(void **state)
{
	(void)state;
	place.config.limits.event_max = 500;
	assert_int_equal(with_an_event_of(500), 200);
	assert_int_equal(with_an_event_of(501), 502);
}

static void an_answer_has_as_many_streams_as_its_limit(void **state)
{
	struct client c;

	(void)state;
	place.config.limits.streams = 2;
	client_open(&c);
	model_says(&place.model, SLICE(OPEN_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}},"
				       "{\"index\":1,\"delta\":{\"content\":\"two\"}}]}\n\n" DONE), THEN_CLOSE);
	put_stream(&c);
	assert_int_equal(client_answer(&c, false), 200);
	assert_true(count(&c.body, "one") == 1 && count(&c.body, "two") == 1);
	model_says(&place.model, SLICE(OPEN_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}},{\"index\":1,\"delta\":{\"content\":\"two\"}},"
				       "{\"index\":2,\"delta\":{\"content\":\"three\"}}]}\n\n" DONE), THEN_CLOSE);
	put_stream(&c);
	assert_int_equal(client_answer(&c, false), 502);
	assert_int_equal(count(&c.body, "over a limit (event_max, streams)"), 1);
	client_close(&c);
}

/* ---- others who end it ----------------------------------------------------------------------------------------------------- */

static void a_client_that_hangs_up_stops_the_model(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(OPEN_HEAD EVENT("Good morning. ")), THEN_WAIT);
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "Good"));
	client_close(&c);
	model_await(&place.model, &place.model.gone, 1);
	client_open(&c);                                                 /* in silence, and by half */
	put_stream(&c);
	model_await(&place.model, &place.model.asked, 2);
	shutdown(c.fd, SHUT_WR);
	model_await(&place.model, &place.model.gone, 2);
	client_close(&c);
	model_says(&place.model, SLICE(OPEN_HEAD), THEN_FLOOD);
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "aspirin"));
	client_close(&c);
	model_await(&place.model, &place.model.gone, 3);
	on_record("{\"reason\":\"client\"}", 3);
}

static void *read_on(void *arg)
{
	struct client *c = arg;

	while (client_more(c))
		buf_clear(&c->in);
	return NULL;
}

static void the_sessions_end_cuts_an_answer_also_one_that_never_pauses(void **state)
{
	struct client c;
	pthread_t reader;

	(void)state;
	model_says(&place.model, SLICE(OPEN_HEAD), THEN_FLOOD);
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "aspirin"));
	assert_int_equal(pthread_create(&reader, NULL, read_on, &c), 0);
	end_session(SESSION_END_REVOKED);
	pthread_join(reader, NULL);
	model_await(&place.model, &place.model.gone, 1);
	client_close(&c);
	session_unref(place.session);
	place.session = NULL;
	on_record("{\"reason\":\"session\"}", 1);
}

static void a_session_that_has_ended_takes_no_request(void **state)
{
	struct client c;
	int status;

	(void)state;
	end_session(SESSION_END_CLIENT);
	client_open(&c);
	status = chat(&c, "hi");
	assert_true(status == 0 || status == 503);
	assert_int_equal(model_asked(&place.model), 0);
	client_close(&c);
}

static void nothing_passes_that_cannot_be_recorded(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE(OPEN_HEAD EVENT("Good morning. ")), THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT("More. ") STOP DONE));
	client_open(&c);
	put_stream(&c);
	assert_true(client_sees(&c, "Good"));
	assert_int_equal(sh("rm -rf spool/%s.1", place.id), 0);          /* the disk is gone, for this session */
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 0);
	assert_int_equal(count(&c.body, "[DONE]"), 0);
	client_close(&c);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 503);
	assert_true(is_error(&c, "unavailable"));
	assert_int_equal(model_asked(&place.model), 1);
	client_close(&c);
}

static void a_policy_that_changes_is_that_of_the_next_request(void **state)
{
	struct client c;

	(void)state;
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	write_policy("version: 1\nmask: {response: {default: redact, SSN: partial}}\nrules: []\n");
	take_over();
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(count(&c.body, "8741"), 1);
	client_close(&c);
	on_record("SSN [SSN]; continue", 1);
}

#define CUT_OVER_1 "version: 1\nrules:\n  - {name: too-many, when: {phi_in_response: {over: 1}}, then: cut, message: Too much of patients.}\n"

static void cuts_over_one(void)
{
	write_policy(CUT_OVER_1);
	take_over();
}

static void a_rule_cuts_a_stream_before_the_event_that_goes_over(void **state)
{
	struct client c;

	(void)state;
	cuts_over_one();
	/* all in one read of the model: what is not too much goes out all the same */
	model_says(&place.model, SLICE(OPEN_HEAD EVENT("First, SSN " SSN ". Then more words. ") EVENT("Then, SSN 536-22-8742. And the rest of it. ")
		EVENT("Never seen. ") STOP DONE), THEN_CLOSE);
	client_open(&c);
	put_chat(&c, "hi");
	while (client_more(&c))
		;
	assert_int_equal(count(&c.in, "First, SSN [SSN]"), 1);
	assert_int_equal(count(&c.in, "[SSN]"), 1);
	assert_int_equal(count(&c.in, "Never seen"), 0);
	assert_int_equal(count(&c.in, "event: error\ndata: {"), 1);
	assert_int_equal(count(&c.in, "Too much of patients."), 1);
	assert_int_equal(count(&c.in, "permission_error"), 1);
	assert_int_equal(count(&c.in, "[DONE]"), 0);
	assert_int_equal(count(&c.in, "\r\n0\r\n"), 0);                /* it breaks off */
	client_close(&c);
	model_says(&place.model, SLICE(OPEN_HEAD EVENT("Only one, SSN " SSN ". ") STOP DONE), THEN_CLOSE);
	client_open(&c);                                                 /* the session goes on */
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(count(&c.body, "[DONE]"), 1);
	client_close(&c);
	{
		struct audit a = seal_part(2);

		assert_int_equal(count(&a.records, "\"rule\":\"too-many\",\"outcome\":\"cut\""), 1);
		assert_int_equal(count(&a.records, "{\"reason\":\"policy\",\"totals\":{\"masked\":{\"SSN\":"), 1);
		assert_int_equal(count(&a.records, "Never seen"), 0);
		audit_free(&a);
	}
}

static void a_rule_refuses_an_answer_that_comes_whole(void **state)
{
	struct client c;

	(void)state;
	cuts_over_one();
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
		"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"SSN " SSN " and \"}},\n"), THEN_CLOSE);
	model_adds(&place.model, SLICE("{\"index\":1,\"message\":{\"content\":\"SSN 536-22-8742 and more\"}}]}"));
	client_open(&c);
	put_chat(&c, "hi");
	model_await(&place.model, &place.model.asked, 1);
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 403);
	assert_true(is_error(&c, "permission_error"));
	assert_int_equal(count(&c.body, "Too much of patients."), 1);
	assert_int_equal(count(&c.body, "SSN"), 0);
	model_says_note();
	assert_int_equal(chat(&c, "hi"), 200);                           /* on the same connection */
	client_close(&c);
	{
		struct audit a = seal_part(2);

		assert_int_equal(count(&a.records, "\"rule\":\"too-many\",\"outcome\":\"cut\""), 1);
		audit_free(&a);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		T(an_answer_is_masked_and_all_else_of_it_stays),
		T(the_models_own_errors_pass_masked),
		T(each_event_arrives_while_the_model_still_speaks_and_the_end_once_all_is_durable),
		T(the_head_goes_out_while_the_model_still_thinks),
		T(zipped_answers_are_masked),
		T(answers_without_a_body_have_none),
		T(an_old_client_gets_what_it_can_read),
		T(what_cannot_be_masked_is_refused_in_the_dialects_shape),
		T(parameters_of_a_content_type_change_nothing),
		T(what_a_connection_lets_through_may_be_anything),
		T(garbage_is_masked_as_text),
		T(an_answer_that_breaks_off_is_seen_as_cut),
		T(a_model_that_is_down_or_slow_is_said_in_the_dialects_shape),
		T(an_event_without_end_is_cut_at_its_limit),
		T(an_event_may_be_as_large_as_its_limit),
		T(an_answer_has_as_many_streams_as_its_limit),
		T(a_client_that_hangs_up_stops_the_model),
		T(the_sessions_end_cuts_an_answer_also_one_that_never_pauses),
		T(a_session_that_has_ended_takes_no_request),
		T(nothing_passes_that_cannot_be_recorded),
		T(a_policy_that_changes_is_that_of_the_next_request),
		T(a_rule_cuts_a_stream_before_the_event_that_goes_over),
		T(a_rule_refuses_an_answer_that_comes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
