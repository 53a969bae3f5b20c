/* Requests that the model sees masked: what it is sent, what comes back to the caller, and what stands on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data_path.h"

static void model_answers(const char *content)
{
	static char answer[4096];

	snprintf(answer, sizeof answer, JSON_ANSWER("", "{\"id\":\"c-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},"
						    "\"finish_reason\":\"stop\"}]}"), content);
	model_says(&place.model, slice_str(answer), THEN_CLOSE);
}

static void the_model_saw(const char *text)
{
	size_t n = strlen(text);
	char *as_far = strdup(text);

	while (!model_saw(&place.model, as_far))         /* where does it part from what was wanted? */
		as_far[--n] = '\0';
	free(as_far);
	if (text[n])
		fail_msg("the model did not see: %.200s", text + (n < 40 ? 0 : n - 40));
}

static void the_client_got(const struct client *c, const char *text)
{
	if (!c->body.data || !strstr(c->body.data, text))
		fail_msg("the client did not get: %s\n%s", text, c->body.data);
}

/* In the part of the bundle that the policy of the test began. */
static void kept(const char *text, int times)
{
	static const char *const values[] = {SSN, "Jane", "Smith", API_KEY};
	struct audit a = seal_part(2);

	if (count(&a.records, text) != times)
		fail_msg("%d times on record: %s\n%s", count(&a.records, text), text, a.records.data);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (count(&a.records, values[i]))
			fail_msg("on record: %s\n%s", values[i], a.records.data);
	audit_free(&a);
}

/* ---- redact --------------------------------------------------------------------------------------------------------------- */

static void the_model_sees_no_identifier_and_all_else_as_it_was_written(void **state)
{
	struct client c;

	(void)state;
	masks("{request: redact, response: {default: redact, AGE: cap90, URL: keep}}");
	model_answers("Noted.");
	client_open(&c);
	assert_int_equal(request(&c, "POST", CHAT, "{ \"temperature\":0.10e0, \"model\":\"m-2024-08-06\",\"seed\":1234567890,\"messages\":[{\"role\":\"user\","
				 "\"content\":\"SSN \\u0035\\u0033\\u0036-22-8741, \\\"quoted\\\", see https:\\/\\/www.example.com\"},{\"content\":"
				 "[{\"type\":\"text\",\"text\":\"Dr. Jane Smith\"}],\"role\":\"user\"}],\"metadata\":{\"mrn\":84729315,\"SSN " SSN "\":1}}"), 200);
	the_model_saw("{ \"temperature\":0.10e0, \"model\":\"m-2024-08-06\",\"seed\":1234567890,\"messages\":[{\"role\":\"user\","
		      "\"content\":\"SSN [SSN], \\\"quoted\\\", see https:\\/\\/www.example.com\"},{\"content\":"
		      "[{\"type\":\"text\",\"text\":\"Dr. [NAME]\"}],\"role\":\"user\"}],\"metadata\":{\"mrn\":0,\"SSN [SSN]\":1}}");
	client_close(&c);
	kept("SSN [SSN], \\\\\\\"quoted", 1);
}

/* What programs send all day, and masking might spoil. */
static void a_request_without_identifiers_is_sent_byte_for_byte(void **state)
{
	static const char body[] = "{\"model\":\"gpt-4o-2024-08-06\",\"stream\":false,\"max_completion_tokens\":16384,\"seed\":9876543210,\"user\":\"ward\","
		"\"stop\":[\"\\n\",\"END\"],\"logit_bias\":{\"50256\":-100},\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
		"\"content\":\"Weather?\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_abc123def456ghi789jkl012\",\"type\":"
		"\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"unit\\\":\\\"celsius\\\",\\\"days\\\":3}\"}}]},{\"role\":\"tool\","
		"\"tool_call_id\":\"call_abc123def456ghi789jkl012\",\"name\":\"get_weather\",\"content\":\"{\\\"temp\\\":21.5,\\\"wind\\\":null}\"}],\"tools\":["
		"{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"The weather.\",\"parameters\":{\"type\":\"object\",\"properties\":"
		"{\"name\":{\"type\":\"string\",\"description\":\"of the place\"},\"unit\":{\"enum\":[\"celsius\",\"fahrenheit\"]}},\"required\":[\"name\"]}}}],"
		"\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}},\"response_format\":{\"type\":\"json_object\"},"
		"\"stream_options\":{\"include_usage\":true},\"reasoning_effort\":\"low\",\"prompt_cache_key\":\"ward\"}";
	struct client c;

	(void)state;
	model_answers("Fine.");
	client_open(&c);
	masks("{request: redact}");
	assert_int_equal(request(&c, "POST", CHAT, body), 200);
	the_model_saw(body);
	buf_clear(&place.model.seen);
	masks("{request: tokenize}");
	assert_int_equal(request(&c, "POST", CHAT, body), 200);
	the_model_saw(body);
	client_close(&c);
}

/* ---- deny ----------------------------------------------------------------------------------------------------------------- */

static void a_request_with_identifiers_is_refused_by_kinds_and_counts(void **state)
{
	struct client c;

	(void)state;
	masks("{request: deny, response: {default: redact, PHONE: keep}}");
	model_answers("Fine.");
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith and Mr. Robert Jones, SSN " SSN ", call (617) 482-3190"), 403);
	assert_true(is_error(&c, "permission_error"));
	the_client_got(&c, "2 NAME, 1 SSN)");
	assert_false(count(&c.body, "Jane") || count(&c.body, "8741") || count(&c.body, "PHONE"));
	assert_int_equal(chat(&c, "Call (617) 482-3190"), 200);
	assert_int_equal(model_asked(&place.model), 1);
	the_model_saw("Call (617) 482-3190");
	/* rules come first: who is refused by one is told its reason, and nobody is asked to approve what cannot pass */
	assert_int_equal(chat(&c, "export the database of SSN " SSN), 403);
	the_client_got(&c, "Not this.");
	assert_int_equal(chat(&c, "every patient like SSN " SSN), 403);
	the_client_got(&c, "1 SSN)");
	assert_int_equal(model_asked(&place.model), 1);
	client_close(&c);
	kept("\"rule\":\"mask.request\",\"outcome\":\"refused\"", 2);
}

/* ---- tokenize ------------------------------------------------------------------------------------------------------------- */

static void identifiers_come_back_to_the_caller_and_stand_nowhere_else(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_answers("**[NAME-1]** (\\\\[ssn-1\\\\]) was seen by Dr. Robert Jones, SSN 219-09-9999; see [NAME-7].");
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith, SSN " SSN), 200);
	the_model_saw("\"Dr. [NAME-1], SSN [SSN-1]\"");
	the_client_got(&c, "\"**Jane Smith** (" SSN ") was seen by Dr. [NAME], SSN [SSN]; see [NAME-7].\"");
	client_close(&c);
	kept("[NAME-1]", 2);
}

static void a_number_in_a_tools_result_becomes_a_token_and_comes_back_in_a_tools_arguments(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_says(&place.model, SLICE(JSON_ANSWER("", "{\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[{\"id\":\"call_1\",\"function\":"
		   "{\"name\":\"chart\",\"arguments\":\"{\\\"mrn\\\": \\\"[MRN-1]\\\", \\\"by\\\": [NAME-1]}\"}}]}}]}")), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(request(&c, "POST", CHAT, "{\"messages\":[{\"role\":\"tool\",\"content\":\"{\\\"mrn\\\": 84729315, \\\"by\\\":"
				 "\\\"Dr. Jane \\\\\\\"Jo\\\\\\\" Smith\\\"}\"}],\"n\":1,\"metadata\":{\"mrn\":[84729315, -5]}}"), 200);
	the_model_saw("\"n\":1,\"metadata\":{\"mrn\":[\"[MRN-1]\", -5]}}");
	the_model_saw("{\\\"mrn\\\": \\\"[MRN-1]\\\", \\\"by\\\":\\\"Dr. [NAME-1]");
	the_client_got(&c, "\"{\\\"mrn\\\": \\\"84729315\\\", \\\"by\\\": Jane");
	client_close(&c);
	kept("84729315", 0);
}

#define EVENT(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static void a_stream_gives_a_token_back_as_soon_as_it_is_whole(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_says(&place.model, SLICE(STREAM EVENT("for") EVENT(" [NA")), THEN_CLOSE);
	model_adds(&place.model, SLICE(EVENT("ME-1") EVENT("], s")));
	model_adds(&place.model, SLICE(EVENT("o") EVENT(" [NA") "data: [DONE]\n\n"));
	client_open(&c);
	put_chat(&c, "Dr. Jane Smith");
	assert_true(client_sees(&c, "\"for"));
	assert_int_equal(count(&c.in, "NA"), 0);                         /* it may still become a token */
	model_go(&place.model);
	assert_true(client_sees(&c, "Jane Smith"));
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 200);
	assert_int_equal(count(&c.body, "[NA\""), 1);                    /* a beginning that is none comes with the end */
	assert_int_equal(count(&c.body, "[DONE]"), 1);
	client_close(&c);
	kept("data: [DONE]", 1);
}

static void tokens_come_back_in_each_of_the_streams_of_an_answer(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_says(&place.model, SLICE(STREAM EVENT("one: [NAME-1]") "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"two: [NAME-1]\"}}]}\n\n"
				       "data: [DONE]\n\n"), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith"), 200);
	assert_int_equal(count(&c.body, "Jane Smith"), 2);
	client_close(&c);
}

static void an_event_may_grow_by_what_stands_in_it_for_identifiers(void **state)
{
	struct client c;
	struct buf event;

	(void)state;
	masks("{request: tokenize}");
	place.config.limits.event_max = 2048;
	buf_init(&event, 8192);
	buf_puts(&event, STREAM "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
	while (event.len < 2000)
		buf_puts(&event, "a@b.co ");
	buf_puts(&event, "\"}}]}\n\ndata: [DONE]\n\n");
	model_says(&place.model, buf_slice(&event), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith"), 200);
	assert_true(count(&c.body, "[EMAIL] ") > 200 && count(&c.body, "[DONE]") == 1);
	client_close(&c);
	buf_free(&event);
}

static void what_the_caller_wrote_like_a_token_comes_back_as_he_wrote_it(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_answers("[NAME-1], [NAME-2], [NAME-3]");
	client_open(&c);
	assert_int_equal(chat(&c, "[name-2] and \\\\[NAME-1\\\\] are not Dr. Jane Smith"), 200);
	the_model_saw("\"[NAME-1] and [NAME-2] are not Dr. [NAME-3]\"");
	the_client_got(&c, "\"[name-2], \\\\[NAME-1\\\\], Jane Smith\"");
	client_close(&c);
}

static void pseudonyms_of_the_answer_and_tokens_of_the_request_count_together(void **state)
{
	struct client c;

	(void)state;
	masks("{request: tokenize, response: {default: pseudonym}}");
	model_answers("Dr. Robert Jones saw [NAME-1], Dr. Jane Smith");
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith"), 200);
	the_client_got(&c, "\"Dr. [NAME-2] saw Jane Smith, Dr. Jane Smith\"");        /* the caller's own, whoever spells it */
	client_close(&c);
	kept("Dr. [NAME-2] saw [NAME-1], Dr. [NAME-1]", 1);
}

static void nobody_gets_at_what_another_sessions_tokens_stand_for(void **state)
{
	struct session *first = place.session;
	struct client c;

	(void)state;
	masks("{request: tokenize}");
	model_answers("[NAME-1], [NAME-2], [SSN-1]");
	client_open(&c);
	assert_int_equal(chat(&c, "Dr. Jane Smith, Dr. Robert Jones, SSN " SSN), 200);
	the_client_got(&c, "\"Jane Smith, Robert Jones, " SSN "\"");
	client_close(&c);
	open_session(&place);                                            /* of the same person, even */
	client_open(&c);
	assert_int_equal(chat(&c, "Who is [NAME-2] of the other session? I am Dr. Alice Brown."), 200);
	the_model_saw("Who is [NAME-1] of the other session? I am Dr. [NAME-2].");
	the_client_got(&c, "\"[NAME-2], Alice Brown, [SSN-1]\"");
	client_close(&c);
	session_unref(first);
	assert_int_equal(session_finish(place.agent.sessions, place.id, &alice, SESSION_END_CLIENT, NULL), RC_OK);
}

static void an_identifier_in_the_path_is_refused_whatever_is_masked(void **state)
{
	struct client c;

	(void)state;
	masks("{request: redact}");
	model_answers("Fine.");
	client_open(&c);
	assert_int_equal(request(&c, "GET", "/v1/models?ssn=" SSN, NULL), 403);
	assert_int_equal(count(&c.body, "8741"), 0);
	assert_int_equal(request(&c, "GET", "/v1/models/llama-3.1-70b-2024", NULL), 200);
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 1);
}

/* ---- holds ---------------------------------------------------------------------------------------------------------------- */

static void approvers_see_tokens_and_the_model_gets_what_they_saw(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;
	struct buf shown;

	(void)state;
	masks("{request: tokenize, response: {default: redact, DATE: year}}");
	model_answers("[NAME-1]");
	client_open(&c);
	put_chat(&c, "List every patient of Dr. Jane Smith since 03/14/2024");
	await_hold(id, 1, NULL);
	buf_init(&shown, 1 << 20);
	assert_int_equal(hold_show(place.agent.holds, &bob, id, &shown, NULL), RC_OK);
	assert_int_equal(count(&shown, "every patient of Dr. [NAME-1] since [DATE-1:2024]"), 1);
	assert_int_equal(count(&shown, "Jane"), 0);
	buf_free(&shown);
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	the_model_saw("List every patient of Dr. [NAME-1] since [DATE-1:2024]");
	the_client_got(&c, "\"Jane Smith\"");
	client_close(&c);
	kept("since [DATE-1:2024]", 1);
}

static void an_approval_holds_for_the_same_request_though_names_were_learnt_meanwhile(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	masks("{request: redact}");
	model_answers("Fine.");
	client_open(&c);
	assert_int_equal(chat(&c, "On some day, see Ward today."), 403);
	await_hold(id, 1, NULL);
	assert_int_equal(chat(&c, "Dr. Alan Ward is here"), 200);
	assert_int_equal(chat(&c, "See Ward today."), 200);
	the_model_saw("\"See [NAME] today.\"");
	approve(id);
	assert_int_equal(chat(&c, "On some day, see Ward today."), 200);
	the_model_saw("\"On some day, see Ward today.\"");                  /* as it was held and approved */
	assert_int_equal(model_asked(&place.model), 3);
	client_close(&c);
}

static void a_request_that_waits_is_not_sent_otherwise_than_it_was_approved(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct client c;

	(void)state;
	masks("{request: redact}");
	model_answers("Fine.");
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(id, 1, NULL);
	masks("{request: 'off'}");
	approve(id);
	assert_int_equal(client_answer(&c, false), 403);
	the_client_got(&c, "send it again");
	assert_int_equal(model_asked(&place.model), 0);
	/* what would be sent is the same, so the approval counts */
	put_chat(&c, "List every patient");
	await_hold(id, 1, "pending");
	masks("{request: redact}");
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		T(the_model_sees_no_identifier_and_all_else_as_it_was_written),
		T(a_request_without_identifiers_is_sent_byte_for_byte),
		T(a_request_with_identifiers_is_refused_by_kinds_and_counts),
		T(identifiers_come_back_to_the_caller_and_stand_nowhere_else),
		T(a_number_in_a_tools_result_becomes_a_token_and_comes_back_in_a_tools_arguments),
		T(a_stream_gives_a_token_back_as_soon_as_it_is_whole),
		T(tokens_come_back_in_each_of_the_streams_of_an_answer),
		T(an_event_may_grow_by_what_stands_in_it_for_identifiers),
		T(what_the_caller_wrote_like_a_token_comes_back_as_he_wrote_it),
		T(pseudonyms_of_the_answer_and_tokens_of_the_request_count_together),
		T(nobody_gets_at_what_another_sessions_tokens_stand_for),
		T(an_identifier_in_the_path_is_refused_whatever_is_masked),
		T(approvers_see_tokens_and_the_model_gets_what_they_saw),
		T(an_approval_holds_for_the_same_request_though_names_were_learnt_meanwhile),
		T(a_request_that_waits_is_not_sent_otherwise_than_it_was_approved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
