/* A connection with an analyzer: what it finds is masked in answers, on record and before approvers; without it nothing passes, or what
 * the engine alone has masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer_stand_in.h"
#include "data_path.h"
#include "figures.h"

#define EVENT(text) "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"
#define SENTENCE "The patient was seen on the ward this morning by our own blorft. "

static struct stand_in stand_in;

static int analyzed_setup(void **state)
{
	stand_in_start(&stand_in);
	if (place_setup(state) != 0)
		return -1;
	place.connection.analyzer = (struct analyzer_settings){
		.url = stand_in.url, .language = (char *)"en", .timeout_ns = 20 * NS_PER_S, .score = 0.4,
	};
	return 0;
}

static int analyzed_teardown(void **state)
{
	int rc = place_teardown(state);

	stand_in_stop(&stand_in);
	return rc;
}

static void model_says_blorft(void)
{
	model_says(&place.model, SLICE(JSON_ANSWER("X-Note: blorft\r\n", "{\"id\":\"c-1\",\"choices\":[{\"index\":0,\"message\":{\"content\":"
		   "\"On file: caf\\u00e9 blorft, SSN " SSN "; key " CREDENTIAL ".\"}}],\"gnarl\":1}")), THEN_CLOSE);
}

/* No request of the client's has told the analyzer what it must not know. */
static void nothing_secret_was_told(void)
{
	assert_int_equal(count(&stand_in.texts, "phg_"), 0);
	assert_int_equal(count(&stand_in.texts, CREDENTIAL), 0);
	assert_null(strstr(stand_in.web.last, "Authorization"));
}

static void what_it_finds_is_masked_in_the_answer_and_on_record(void **state)
{
	struct client c;

	(void)state;
	model_says_blorft();
	client_open(&c);
	assert_int_equal(chat(&c, "blorft of gnarl, key phg_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"), 200);
	assert_int_equal(count(&c.body, "On file: caf\\u00e9 [NAME], SSN [SSN]; key [ID]."), 1);
	assert_int_equal(count(&c.body, "\"[CITY]\":1"), 1);
	assert_true(slice_is(http_header(&c.head, "x-note"), "blorft"));        /* no prose */
	assert_true(model_saw(&place.model, "blorft of gnarl"));
	client_close(&c);
	nothing_secret_was_told();
	assert_int_equal(count(&stand_in.texts, "blorft of gnarl, key ****"), 1);
	on_record("[NAME] of [CITY], key ", 1);
}

static void a_stream_goes_on_by_passages(void **state)
{
	struct client c;

	(void)state;
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" EVENT("The patient was seen on ")),
		   THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT("the ward this morning by our own blo") EVENT("rft. ") EVENT("Then he")));
	model_adds(&place.model, SLICE(EVENT(" went home to bl") EVENT("orft") STOP DONE));
	client_open(&c);
	put_request(&c, "POST", CHAT, "", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
	model_go(&place.model);
	assert_true(client_sees(&c, "our own [NAME]."));
	assert_int_equal(count(&c.in, "Then"), 0);
	model_go(&place.model);
	assert_true(client_sees(&c, "[DONE]"));
	assert_int_equal(client_answer(&c, false), 200);
	assert_int_equal(count(&c.body, "[NAME]"), 2);
	assert_true(count(&c.body, "blo") == 0 && count(&c.body, "orft") == 0);
	client_close(&c);
	on_record("[NAME]", 2);
}

static void an_approver_sees_no_more_than_it_lets(void **state)
{
	struct client c;
	struct buf json;
	char id[HOLD_ID_LEN + 1];

	(void)state;
	model_says_blorft();
	client_open(&c);
	put_chat(&c, "For every patient like blorft");
	await_hold(id, 1, NULL);
	buf_init(&json, 1 << 20);
	assert_int_equal(hold_show(place.agent.holds, &bob, id, &json, NULL), RC_OK);
	buf_add(&json, "", 0);
	assert_true(count(&json, "[NAME]") >= 1 && count(&json, "blorft") == 0);
	buf_free(&json);
	client_close(&c);
}

static void without_it_nothing_passes(void **state)
{
	double seen = figure("phigate_analyzer_passages_total{result=\"seen\"}"), missed = figure("phigate_analyzer_passages_total{result=\"missed\"}");
	struct client c;

	(void)state;
	model_says_blorft();
	stand_in.raw = "";
	client_open(&c);
	assert_int_equal(chat(&c, "blorft and SSN " SSN), 503);
	assert_true(is_error(&c, "unavailable") && count(&c.body, "analyzer") == 1 && count(&c.body, "127.0.0.1") == 0);
	assert_false(model_saw(&place.model, CHAT));
	assert_true(figure("phigate_analyzer_passages_total{result=\"seen\"}") == seen);
	stand_in.raw = NULL;                                                    /* the next request is a new try, on the same connection */
	assert_int_equal(chat(&c, "blorft"), 200);
	client_close(&c);
	assert_true(figure("phigate_analyzer_passages_total{result=\"seen\"}") > seen);
	assert_true(figure("phigate_analyzer_passages_total{result=\"missed\"}") > missed);
	on_record("bytes that the analyzer has not seen]", 1);
}

/* A refusal for another reason comes before, and its record holds nothing of the text. */
static void a_refused_request_is_recorded_without_what_it_has_not_seen(void **state)
{
	struct client c;

	(void)state;
	stand_in.raw = "";
	client_open(&c);
	assert_int_equal(request(&c, "POST", "/v1/nowhere", chat_body("blorft")), 403);
	assert_int_equal(request(&c, "POST", CHAT, "{\"model\":\"m\",\"model\":\"blorft\"}"), 400);
	client_close(&c);
	{
		struct audit a = sealed();

		assert_int_equal(count(&a.records, "blorft"), 0);
		assert_int_equal(count(&a.records, "that the analyzer has not seen]"), 2);
		audit_free(&a);
	}
}

static void an_answer_that_it_has_not_seen_is_refused_or_cut(void **state)
{
	struct client c;

	(void)state;
	model_says_blorft();
	client_open(&c);
	stand_in.fail_from = web_requests(&stand_in.web) + 5;                   /* the request's four strings are seen */
	assert_int_equal(chat(&c, "hi"), 503);
	assert_true(is_error(&c, "unavailable") && count(&c.body, "analyzer") == 1);
	client_close(&c);

	stand_in.fail_from = 0;
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" EVENT(SENTENCE) EVENT("Then")),
		   THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT(" came blorft") STOP DONE));
	client_open(&c);
	put_request(&c, "POST", CHAT, "", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
	assert_true(client_sees(&c, "our own [NAME]."));
	stand_in.fail_from = 1;
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 0);
	assert_int_equal(count(&c.in, "[DONE]") + count(&c.in, "blorft") + count(&c.body, "blorft") + count(&c.body, "[DONE]"), 0);
	client_close(&c);
	on_record("\"reason\":\"analyzer\"", 1);
}

static void the_engine_alone_does_where_the_operator_says_so(void **state)
{
	struct client c;

	(void)state;
	place.connection.analyzer.builtin = true;
	model_says_blorft();
	stand_in.raw = "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(count(&c.body, "blorft, SSN [SSN]; key [ID]."), 1);
	assert_int_equal(web_requests(&stand_in.web), 1);
	client_close(&c);
	on_record("blorft, SSN [SSN]; key [ID].", 1);
}

/* Where the policy masks requests, the model sees none of it either; the caller gets their own text back for tokens. */
static void what_it_finds_in_a_request_is_kept_from_the_model(void **state)
{
	static const struct {
		const char *mask, *sent, *got;
		int status;
	} cases[] = {
		{"{request: redact}", "about [NAME] and SSN [SSN]", "On file: [NAME].", 200},
		{"{request: tokenize}", NULL, "On file: [NAME].", 200},
		{"{request: deny}", NULL, "1 NAME, 1 SSN", 403},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client c;

		masks(cases[i].mask);
		model_says(&place.model, SLICE(JSON_ANSWER("", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"On file: blorft.\"}}]}")), THEN_CLOSE);
		buf_clear(&place.model.seen);
		client_open(&c);
		assert_int_equal(chat(&c, "about blorft and SSN " SSN), cases[i].status);
		assert_int_equal(count(&c.body, cases[i].got), 1);
		assert_false(model_saw(&place.model, "blorft") || model_saw(&place.model, SSN));
		assert_true(!cases[i].sent || model_saw(&place.model, cases[i].sent));
		/* and without it nothing is sent */
		stand_in.raw = "";
		assert_int_equal(chat(&c, "more about blorft"), 503);
		assert_false(model_saw(&place.model, "more about"));
		stand_in.raw = NULL;
		client_close(&c);
	}
}

/* What the model says with a token comes back as the caller wrote it, whatever both found. */
static void tokens_become_the_callers_text_again(void **state)
{
	static char answer[1024];
	const char *sent, *end;
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_says(&place.model, SLICE(JSON_ANSWER("", "{}")), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "{blorft, gnarl; SSN " SSN "}"), 200);
	sent = strstr(place.model.seen.data, "\"content\":\"{");
	assert_non_null(sent);
	sent += strlen("\"content\":\"");
	end = strchr(sent, '}') + 1;
	assert_null(memmem(sent, (size_t)(end - sent), "blorft", 6));
	snprintf(answer, sizeof answer, JSON_ANSWER("", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"So %.*s.\"}}]}"), (int)(end - sent), sent);
	model_says(&place.model, slice_str(answer), THEN_CLOSE);
	assert_int_equal(chat(&c, "again"), 200);
	assert_int_equal(count(&c.body, "So {blorft, gnarl; SSN " SSN "}."), 1);
	client_close(&c);
}

int main(void)
{
#define ANALYZED(test) cmocka_unit_test_setup_teardown(test, analyzed_setup, analyzed_teardown)
	const struct CMUnitTest tests[] = {
		ANALYZED(what_it_finds_is_masked_in_the_answer_and_on_record),
		ANALYZED(a_stream_goes_on_by_passages),
		ANALYZED(an_approver_sees_no_more_than_it_lets),
		ANALYZED(without_it_nothing_passes),
		ANALYZED(a_refused_request_is_recorded_without_what_it_has_not_seen),
		ANALYZED(an_answer_that_it_has_not_seen_is_refused_or_cut),
		ANALYZED(what_it_finds_in_a_request_is_kept_from_the_model),
		ANALYZED(tokens_become_the_callers_text_again),
		ANALYZED(the_engine_alone_does_where_the_operator_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
