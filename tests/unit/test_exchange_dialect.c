/* What an exchange does by its dialect and by what its connection says of models and routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "data_path.h"

#define MODEL_LONGEST 64

static char *one_model[] = {"m"}, *two_models[] = {"llama", "qwen"}, *notes_only[] = {"notes"};

/* A request on a connection of its own. */
static int send_with(const char *method, const char *path, const char *headers, const char *body, struct client *c)
{
	int status;

	model_says_note();
	client_open(c);
	put_request(c, method, path, headers, body);
	status = client_answer(c, false);
	return status;
}

static int send_one(const char *method, const char *path, const char *body)
{
	struct client c;
	int status = send_with(method, path, "", body, &c);

	client_close(&c);
	return status;
}

static void deny_large(void)
{
	write_policy("version: 1\nrules:\n  - {name: not-the-large-one, when: {model: large}, then: deny, message: Not that one.}\n");
	take_over();
}

/* ---- models -------------------------------------------------------------------------------------------------------------- */

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static void the_pinned_model_is_what_is_sent_recorded_and_decided_about(void **state)
{
	struct audit audit;

	(void)state;
	deny_large();
	place.connection.model = "small";
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"large\"," MESSAGES "}"), 200);
	assert_true(model_saw(&place.model, "{\"model\":\"small\"," MESSAGES "}"));
	assert_int_equal(send_one("POST", CHAT, "{" MESSAGES "}"), 200);
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"small\"," MESSAGES "}"), 200);
	assert_false(model_saw(&place.model, "large"));
	assert_int_equal(model_asked(&place.model), 3);
	audit = seal_part(2);                            /* the policy began another part */
	assert_int_equal(count(&audit.records, "{\\\"model\\\":\\\"small\\\""), 3);
	audit_free(&audit);
}

static void a_rule_about_the_pinned_model_holds(void **state)
{
	struct client c;

	(void)state;
	deny_large();
	place.connection.model = "large";
	assert_int_equal(send_with("POST", CHAT, "", "{\"model\":\"small\"," MESSAGES "}", &c), 403);
	assert_int_equal(count(&c.body, "Not that one."), 1);
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 0);
}

static void only_listed_models_may_be_named(void **state)
{
	struct client c;

	(void)state;
	place.connection.models = (struct text_list){two_models, 2};
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"qwen\"," MESSAGES "}"), 200);
	assert_int_equal(send_with("POST", CHAT, "", "{\"model\":\"Qwen\"," MESSAGES "}", &c), 403);
	assert_true(is_error(&c, "permission_error"));
	assert_int_equal(count(&c.body, "llama, qwen"), 1);
	client_close(&c);
	assert_int_equal(send_one("POST", CHAT, "{" MESSAGES "}"), 403);
	assert_int_equal(send_one("GET", "/v1/models/qwen", NULL), 200);
	assert_int_equal(send_one("GET", "/v1/models/gpt", NULL), 403);
	assert_int_equal(send_one("GET", "/v1/models", NULL), 200);
	assert_int_equal(model_asked(&place.model), 3);
}

static void a_model_in_the_path_is_one_too(void **state)
{
	static const char body[] = "{\"text_input\":\"hi\"}";

	(void)state;
	speak("kserve");
	place.connection.models = (struct text_list){notes_only, 1};
	assert_int_equal(send_one("POST", "/v2/models/notes/generate", body), 200);
	assert_int_equal(send_one("POST", "/v2/models/%6eotes/generate", body), 200);
	assert_int_equal(send_one("POST", "/v2/models/other/generate", body), 403);
	assert_int_equal(send_one("GET", "/v2/models/other/ready", NULL), 403);
	assert_int_equal(model_asked(&place.model), 2);
	place.connection.models = (struct text_list){NULL, 0};
	place.connection.model = "org/notes v2";
	assert_int_equal(send_one("POST", "/v2/models/other/versions/1/generate?x=1", body), 200);
	assert_true(model_saw(&place.model, "POST /v2/models/org%2Fnotes%20v2/versions/1/generate?x=1 HTTP/1.1\r\n"));
	assert_false(model_saw(&place.model, "other"));
}

#define LORA "\"lora\":[{\"id\":0,\"scale\":1.0}]"

/* The attack: a model that is not listed, reached through one that is. */
static void nothing_beside_the_model_picks_another_one(void **state)
{
	static const struct {
		const char *dialect, *path, *body;
		int status;
	} cases[] = {
		{"openai", "/v1/completions", "{\"model\":\"other\",\"prompt\":\"hi\"}", 403},
		{"openai", "/v1/responses", "{\"model\":\"other\",\"input\":\"hi\"}", 403},
		{"openai", "/v1/embeddings", "{\"model\":\"other\",\"input\":\"hi\"}", 403},
		{"ollama", "/api/chat", "{\"model\":\"notes\"," MESSAGES "}", 200},
		{"ollama", "/api/chat", "{\"model\":\"other\"," MESSAGES "}", 403},
		{"ollama", "/api/generate", "{\"model\":\"other\",\"prompt\":\"hi\"}", 403},
		{"ollama", "/api/embed", "{\"model\":\"other\",\"input\":\"hi\"}", 403},
		{"ollama", "/api/show", "{\"model\":\"other\"}", 403},
		{"anthropic", "/v1/messages", "{\"model\":\"notes\",\"max_tokens\":5," MESSAGES "}", 200},
		{"anthropic", "/v1/messages", "{\"model\":\"other\",\"max_tokens\":5," MESSAGES "}", 403},
		{"anthropic", "/v1/messages/count_tokens", "{\"model\":\"other\"," MESSAGES "}", 403},
		{"llamacpp", "/completion", "{\"model\":\"other\",\"prompt\":\"hi\"}", 403},
		{"tgi", "/generate", "{\"inputs\":\"hi\"}", 200},
		{"tgi", "/generate", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":null}}", 200},
		{"tgi", "/generate", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":\"notes\"}}", 200},
		{"tgi", "/generate", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":\"other\"}}", 403},
		{"tgi", "/generate_stream", "{\"inputs\":\"hi\",\"parameters\":{\"\\u0061dapter_id\":\"other\"}}", 403},
		{"tgi", "/", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":[\"notes\"]}}", 403},
		{"tgi", CHAT, "{\"model\":\"other\"," MESSAGES "}", 403},
		{"llamacpp", "/completion", "{\"model\":\"notes\",\"prompt\":\"hi\"}", 200},
		{"llamacpp", "/completion", "{\"model\":\"notes\",\"prompt\":\"hi\"," LORA "}", 403},
		{"llamacpp", "/infill", "{\"model\":\"notes\",\"input_prefix\":\"hi\",\"lora\":[]}", 403},
		{"llamacpp", CHAT, "{\"model\":\"notes\"," MESSAGES "," LORA "}", 403},
		{"llamacpp", "/v1/messages", "{\"model\":\"notes\"," MESSAGES "," LORA "}", 403},
		{"openai", CHAT, "{\"model\":\"notes\"," MESSAGES ",\"fallbacks\":[\"other\"]}", 403},
		{"openai", CHAT, "{\"model\":\"notes\"," MESSAGES ",\"models\":[\"other\"]}", 403},
		{"openai", "/v1/completions", "{\"model\":\"notes\",\"prompt\":\"hi\"," LORA "}", 403},
		{"kserve", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"parameters\":{\"lora_name\":\"notes\"}}", 200},
		{"kserve", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"parameters\":{\"lora_name\":\"other\"}}", 403},
		{"kserve", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"lora_name\":\"notes\",\"parameters\":{\"lora_name\":\"other\"}}", 403},
		{"kserve", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"lora_task_id\":7}", 403},
		{"kserve", "/v2/models/notes/generate_stream", "{\"text_input\":\"hi\",\"sampling_parameters\":\"{\\\"lora_name\\\":\\\"other\\\"}\"}", 403},
		{"kserve", "/v2/models/notes/infer", "{\"inputs\":[{\"name\":\"text_input\",\"data\":[\"hi\"]}]}", 200},
		{"kserve", "/v2/models/notes/infer", "{\"inputs\":[{\"name\":\"text_input\",\"data\":[\"hi\"]},"
		 "{\"name\":\"sampling_parameters\",\"data\":[\"{}\"]}]}", 403},
		{"kserve", "/v2/models/notes/infer", "{\"inputs\":[{\"name\":\"lora_task_id\",\"data\":[7]}]}", 403},
	};
	int asked = 0;

	(void)state;
	place.connection.models = (struct text_list){notes_only, 1};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int status;

		speak(cases[i].dialect);
		status = send_one("POST", cases[i].path, cases[i].body);
		asked += cases[i].status == 200;
		if (status != cases[i].status || model_asked(&place.model) != asked)
			fail_msg("%s %s: %d", cases[i].path, cases[i].body, status);
	}
	/* with a pinned model nothing picks one, whatever its name; without any, the caller may */
	place.connection.models = (struct text_list){NULL, 0};
	place.connection.model = "notes";
	assert_int_equal(send_one("POST", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"lora_name\":\"notes\"}"), 403);
	place.connection.model = NULL;
	assert_int_equal(send_one("POST", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"lora_name\":\"any\"}"), 200);
	assert_int_equal(send_one("POST", "/v2/models/notes/generate", "{\"text_input\":\"hi\",\"lora_task_id\":7}"), 200);
}

static void a_rule_about_models_holds_for_adapters_where_they_are_all_that_is_named(void **state)
{
	(void)state;
	speak("tgi");
	deny_large();
	assert_int_equal(send_one("POST", "/generate", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":\"large\"}}"), 403);
	assert_int_equal(send_one("POST", "/generate", "{\"inputs\":\"hi\",\"parameters\":{\"adapter_id\":\"small\"}}"), 200);
	assert_int_equal(send_one("POST", "/generate", "{\"inputs\":\"hi\"}"), 200);
}

static void a_rule_sees_the_model_in_the_path(void **state)
{
	(void)state;
	speak("kserve");
	deny_large();
	assert_int_equal(send_one("POST", "/v2/models/large/generate", "{\"text_input\":\"hi\"}"), 403);
	assert_int_equal(send_one("POST", "/v2/models/small/generate", "{\"text_input\":\"hi\"}"), 200);
	place.connection.model = "large";                /* what it gets, not what the caller wrote */
	assert_int_equal(send_one("POST", "/v2/models/small/generate", "{\"text_input\":\"hi\"}"), 403);
	place.connection.model = "small";
	assert_int_equal(send_one("POST", "/v2/models/large/generate", "{\"text_input\":\"hi\"}"), 200);
	place.connection.model = NULL;
}

/* A member of its own says which model was asked, where its name is one and nothing else. */
static void a_models_name_stands_on_record_where_it_is_one(void **state)
{
	char longest[MODEL_LONGEST + 1] = "", longer[MODEL_LONGEST + 2] = "", body[MODEL_LONGEST + 200], member[MODEL_LONGEST + 20];
	const char *const names[] = {"org/notes-v2.1:q4", longest, longer, "two words", "notes\\u00e9", "notes-" SSN};
	struct audit a;

	(void)state;
	memset(longest, 'm', sizeof longest - 1);
	memset(longer, 'm', sizeof longer - 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(body, sizeof body, "{\"model\":\"%s\"," MESSAGES "}", names[i]);
		assert_int_equal(send_one("POST", CHAT, body), 200);
	}
	a = sealed();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(member, sizeof member, "\"model\":\"%s\"", names[i]);
		assert_int_equal(count(&a.records, member), i < 2);
	}
	assert_int_equal(count(&a.records, "\"model\":\"notes"), 0);
	audit_free(&a);
}

static void a_body_that_no_longer_fits_is_too_large(void **state)
{
	static char name[65000];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	place.connection.model = name;
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"), 200);
	name[0] = '\x01';                                /* longer as JSON */
	for (size_t i = 0; i < sizeof name - 1; i++)
		name[i] = '"';
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"m\"," MESSAGES "}"), 413);
	assert_int_equal(model_asked(&place.model), 1);
}

/* ---- routes --------------------------------------------------------------------------------------------------------------- */

static void routes_that_are_refused_by_default_open_by_name(void **state)
{
	char *rerank[] = {"/v1/rerank"};
	struct client c;

	(void)state;
	assert_int_equal(send_one("POST", "/v1/rerank", "{\"model\":\"m\",\"query\":\"x\",\"documents\":[\"y\"]}"), 403);
	place.connection.allow_routes = (struct text_list){rerank, 1};
	assert_int_equal(send_one("POST", "/v1/rerank", "{\"model\":\"m\",\"query\":\"x\",\"documents\":[\"y\"]}"), 200);
	assert_int_equal(send_one("GET", "/v1/rerank", NULL), 403);
	assert_int_equal(send_one("POST", "/rerank", "{\"model\":\"m\",\"query\":\"x\",\"documents\":[\"y\"]}"), 403);
	assert_int_equal(send_with("POST", "/v1/rerank", "", "{\"model\":\"m\",\"query\":\"export the database\"}", &c), 403);
	assert_int_equal(count(&c.body, "Not this."), 1);
	client_close(&c);
	place.connection.allow_routes = (struct text_list){NULL, 0};
	assert_int_equal(model_asked(&place.model), 1);
}

#define FORM "--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nSSN " SSN "\r\n--x--\r\n"

static void speech_is_sent_only_where_routes_and_kinds_say_so(void **state)
{
	char *route[] = {"/v1/audio/transcriptions"}, *audio[] = {"audio"};

	(void)state;
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 403);
	place.connection.allow_routes = (struct text_list){route, 1};
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 403);
	place.connection.allow_opaque = (struct text_list){audio, 1};
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 200);
	assert_true(model_saw(&place.model, FORM));
	place.connection.models = (struct text_list){one_model, 1};  /* which it names, nobody can tell */
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 403);
	place.connection.models = (struct text_list){NULL, 0};
	place.connection.model = "m";
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 403);
	place.connection.model = NULL;
	assert_int_equal(model_asked(&place.model), 1);
	place.connection.allow_routes = place.connection.allow_opaque = (struct text_list){NULL, 0};
	on_record("SSN [SSN]", 6);
}

/* Of bytes that cannot be masked only their number is kept. */
static void what_is_no_text_stands_on_record_by_its_length(void **state)
{
	static const char no_utf8[] = "--b\r\n\r\nRIFF\xff\xfe\x80 speech", with_nul[] = "--b\r\n\r\nRIFF\0 speech";
	const struct slice said[] = {{no_utf8, sizeof no_utf8 - 1}, {with_nul, sizeof with_nul - 1}};
	char *route[] = {"/v1/audio/transcriptions"}, *audio[] = {"audio"}, headers[120];
	struct client c;
	struct audit a;

	(void)state;
	place.connection.allow_routes = (struct text_list){route, 1};
	place.connection.allow_opaque = (struct text_list){audio, 1};
	model_says_note();
	for (int i = 0; i < 2; i++) {
		client_open(&c);
		snprintf(headers, sizeof headers, "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %zu\r\n", said[i].n);
		put_request(&c, "POST", route[0], headers, NULL);
		client_put(&c, said[i]);
		assert_int_equal(client_answer(&c, false), 200);
		client_close(&c);
	}
	place.connection.allow_routes = place.connection.allow_opaque = (struct text_list){NULL, 0};
	a = sealed();
	assert_int_equal(count(&a.records, "[21 bytes that are no text]"), 1);
	assert_int_equal(count(&a.records, "[19 bytes that are no text]"), 1);
	assert_int_equal(count(&a.records, "RIFF"), 0);
	audit_free(&a);
}

static void speech_is_not_sent_where_requests_are_masked(void **state)
{
	char *route[] = {"/v1/audio/transcriptions"}, *audio[] = {"audio"};

	(void)state;
	place.connection.allow_routes = (struct text_list){route, 1};
	place.connection.allow_opaque = (struct text_list){audio, 1};
	write_policy("version: 1\nmask: {request: redact}\n");
	take_over();
	assert_int_equal(send_one("POST", "/v1/audio/transcriptions", FORM), 403);
	assert_int_equal(model_asked(&place.model), 0);
	place.connection.allow_routes = place.connection.allow_opaque = (struct text_list){NULL, 0};
}

static void a_web_socket_is_refused_with_501(void **state)
{
	static const char upgrade[] = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
	static const char *const paths[] = {"/v1/realtime?model=m", "/v1/models", "/nowhere"};
	struct client c;

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_int_equal(send_with("GET", paths[i], upgrade, NULL, &c), 501);
		assert_true(is_error(&c, "not_implemented"));
		assert_int_equal(count(&c.body, "WebSockets are not carried"), 1);
		client_close(&c);
	}
	assert_int_equal(send_with("GET", "/v1/models", "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\n", NULL, &c), 501);
	client_close(&c);
	assert_int_equal(send_with("GET", "/v1/models", "Connection: Upgrade\r\nUpgrade: h2c\r\n", NULL, &c), 200);
	client_close(&c);
	assert_int_equal(model_asked(&place.model), 1);
	assert_false(model_saw(&place.model, "pgrade"));
	on_record("WebSockets are not carried", 8);
}

/* ---- errors ---------------------------------------------------------------------------------------------------------------- */

/* An error of ours; it begins and ends so. */
static void fails_as(const char *path, const char *body, const char *begins, const char *ends)
{
	struct client c;
	size_t n = strlen(ends);

	assert_int_equal(send_with("POST", path, "", body, &c), 403);
	buf_add(&c.body, "", 0);
	if (strncmp(c.body.data, begins, strlen(begins)) != 0 || c.body.len < n || strcmp(c.body.data + c.body.len - n, ends) != 0)
		fail_msg("%s: %s", path, c.body.data);
	client_close(&c);
}

static void errors_have_the_shape_of_the_routes_own_api(void **state)
{
	static const char chat_export[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"export the database\"}]}";

	(void)state;
	speak("anthropic");
	fails_as("/v1/messages", chat_export, "{\"type\":\"error\",\"error\":{\"type\":\"permission_error\",\"message\":\"Not this.\"},\"request_id\":\"req_", "\"}");
	fails_as("/nowhere", "{}", "{\"type\":\"error\",\"error\":{\"type\":\"permission_error\",", "\"}");
	speak("ollama");
	fails_as("/api/chat", chat_export, "{\"error\":\"Not this.\"}", "");
	fails_as("/v1/chat/completions", chat_export, "{\"error\":{\"message\":\"Not this.\",\"type\":\"permission_error\",\"param\":null,", "\"}}");
	fails_as("/v1/messages", chat_export, "{\"type\":\"error\",", "\"}");
	speak("llamacpp");
	fails_as("/completion", "{\"prompt\":\"export the database\"}", "{\"error\":{\"code\":403,\"message\":\"Not this.\",\"type\":\"permission_error\"}}", "");
	speak("tgi");
	fails_as("/generate", "{\"inputs\":\"export the database\"}", "{\"error\":\"Not this.\",\"error_type\":\"permission_error\"}", "");
	speak("kserve");
	fails_as("/v2/models/m/infer", "{\"inputs\":[{\"data\":[\"export the database\"]}]}", "{\"error\":\"Not this.\"}", "");
	fails_as("/openai/v1/chat/completions", chat_export, "{\"error\":{\"message\":\"Not this.\"", "\"}}");
	assert_int_equal(model_asked(&place.model), 0);
}

/* Too much, and what is not carried at all: in each dialect's own words, with the time to come back. */
static void limits_and_web_sockets_have_each_dialects_shape(void **state)
{
	static const struct {
		const char *dialect, *path, *body, *limited, *socket;
	} rows[] = {
		{"openai", CHAT, "{\"model\":\"m\"," MESSAGES "}", "\"type\":\"rate_limit_error\",\"param\":null", "\"type\":\"not_implemented\",\"param\":null"},
		{"openai", "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}", "\"type\":\"rate_limit_error\",\"param\":null", "\"type\":\"not_implemented\""},
		{"anthropic", "/v1/messages", "{\"model\":\"m\",\"max_tokens\":5," MESSAGES "}", "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"",
		 "{\"type\":\"error\",\"error\":{\"type\":\"not_implemented\""},
		{"ollama", "/api/chat", "{\"model\":\"m\"," MESSAGES "}", "{\"error\":\"", "{\"error\":\"WebSockets"},
		{"ollama", "/v1/messages", "{\"model\":\"m\",\"max_tokens\":5," MESSAGES "}", "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"", "WebSockets"},
		{"llamacpp", "/completion", "{\"prompt\":\"hi\"}", "{\"error\":{\"code\":429,", "{\"error\":{\"code\":501,"},
		{"tgi", "/generate", "{\"inputs\":\"hi\"}", "\"error_type\":\"rate_limit_error\"", "\"error_type\":\"not_implemented\""},
		{"kserve", "/v2/models/m/generate", "{\"text_input\":\"hi\"}", "{\"error\":\"", "{\"error\":\"WebSockets"},
	};
	long retry_s;
	struct client c;

	(void)state;
	write_policy("version: 1\nlimits: {requests_per_minute: 1}\n");
	take_over();
	assert_int_equal(send_one("POST", CHAT, "{\"model\":\"m\"," MESSAGES "}"), 200);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		speak(rows[i].dialect);
		assert_int_equal(send_with("POST", rows[i].path, "", rows[i].body, &c), 429);
		retry_s = http_header(&c.head, "retry-after").n ? atol(http_header(&c.head, "retry-after").p) : 0;
		if (count(&c.body, rows[i].limited) != 1 || retry_s < 1 || retry_s > 60)
			fail_msg("%s %s: after %ld s: %s", rows[i].dialect, rows[i].path, retry_s, c.body.data);
		client_close(&c);
		assert_int_equal(send_with("GET", rows[i].path, "Connection: Upgrade\r\nUpgrade: websocket\r\n", NULL, &c), 501);
		if (count(&c.body, rows[i].socket) != 1)
			fail_msg("%s %s: %s", rows[i].dialect, rows[i].path, c.body.data);
		client_close(&c);
	}
	assert_int_equal(model_asked(&place.model), 1);
}

/* ---- traces ---------------------------------------------------------------------------------------------------------------- */

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void trace_headers_go_on_and_stand_on_record(void **state)
{
	struct client c;

	(void)state;
	assert_int_equal(send_with("POST", CHAT, "Traceparent: " TRACE "\r\nTracestate: ward=a3\r\n", chat_body("hi"), &c), 200);
	client_close(&c);
	assert_true(model_saw(&place.model, "Traceparent: " TRACE "\r\nTracestate: ward=a3\r\n"));
	assert_int_equal(send_with("POST", CHAT, "traceparent: SSN " SSN "\r\ntracestate: ssn=" SSN "\r\n", chat_body("hi"), &c), 200);
	client_close(&c);
	on_record("[\"Traceparent\",\"" TRACE "\"],[\"Tracestate\",\"ward=a3\"]", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
		T(the_pinned_model_is_what_is_sent_recorded_and_decided_about),
		T(a_rule_about_the_pinned_model_holds),
		T(only_listed_models_may_be_named),
		T(a_model_in_the_path_is_one_too),
		T(nothing_beside_the_model_picks_another_one),
		T(a_rule_about_models_holds_for_adapters_where_they_are_all_that_is_named),
		T(a_rule_sees_the_model_in_the_path),
		T(a_models_name_stands_on_record_where_it_is_one),
		T(a_body_that_no_longer_fits_is_too_large),
		T(routes_that_are_refused_by_default_open_by_name),
		T(speech_is_sent_only_where_routes_and_kinds_say_so),
		T(what_is_no_text_stands_on_record_by_its_length),
		T(speech_is_not_sent_where_requests_are_masked),
		T(a_web_socket_is_refused_with_501),
		T(errors_have_the_shape_of_the_routes_own_api),
		T(limits_and_web_sockets_have_each_dialects_shape),
		T(trace_headers_go_on_and_stand_on_record),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
