/* Requests of every dialect: what is read of them, and what cannot be read, which is not sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

static const char *const names[] = {"anthropic", "kserve", "llamacpp", "ollama", "openai", "tgi"};
#define DIALECTS (sizeof names / sizeof *names)
static struct dialect *dialects[DIALECTS];
static struct why why;

static int load(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIALECTS; i++)
		if (dialect_load(names[i], NULL, &dialects[i], &why) != RC_OK)
			return -1;
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIALECTS; i++)
		dialect_free(dialects[i]);
	return 0;
}

static const struct route *route_of(const char *dialect, const char *path)
{
	const struct text_list allowed = {(char **)&path, 1};
	const struct route *route = NULL;
	size_t i = 0;
	char *sent = NULL;

	while (strcmp(names[i], dialect) != 0)
		i++;
	if (dialect_route(dialects[i], "POST", slice_str(path), &allowed, &route, &sent, &why) != RC_OK)
		fail_msg("%s %s: %s", dialect, path, why.text);
	free(sent);
	return route;
}

static struct prompt *good(const char *dialect, const char *path, const char *body)
{
	struct prompt *p = NULL;

	if (prompt_read(route_of(dialect, path), slice_str(body), NULL, &p, &why) != RC_OK)
		fail_msg("%s %s: %s: %s", dialect, path, body, why.text);
	return p;
}

#define BLOCK(block) "{\"messages\":[{\"role\":\"user\",\"content\":[" block "]}]}"
#define RESULT(block) BLOCK("{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[" block "]}")
#define PNG "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgo=\"}}"
#define ENCODED "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SHORTER "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TENSOR(data) "{\"inputs\":[{\"name\":\"text_input\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":" data "}]}"

static const struct {
	const char *dialect, *path, *kind, *body;
} opaque[] = {
	{"anthropic", "/v1/messages", "image", BLOCK(PNG)}, {"anthropic", "/v1/messages", "image", RESULT(PNG)},
	{"anthropic", "/v1/messages/count_tokens", "image", BLOCK(PNG)},
	{"anthropic", "/v1/messages", "url", BLOCK("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x.example/a.png\"}}")},
	{"anthropic", "/v1/messages", "file", BLOCK("{\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBERi0=\"},\"type\":\"document\"}")},
	{"anthropic", "/v1/messages", "file", BLOCK("{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"image/png\",\"data\":\"x\"}}")},
	{"anthropic", "/v1/messages", "file", BLOCK("{\"type\":\"document\",\"title\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"AA\"}}")},
	{"anthropic", "/v1/messages", "file", BLOCK("{\"type\":\"container_upload\",\"file_id\":\"file_1\"}")},
	{"anthropic", "/v1/messages", "state", BLOCK("{\"type\":\"redacted_thinking\",\"data\":\"EmwKAhgB\"}")},
	{"anthropic", "/v1/messages", "state", "{\"messages\":[],\"container\":\"c_1\"}"},
	{"anthropic", "/v1/messages", "url", "{\"messages\":[],\"mcp_servers\":[{\"type\":\"url\",\"url\":\"https://x.example\",\"name\":\"x\"}]}"},
	{"llamacpp", "/completion", "tokens", "{\"prompt\":[1,2,3]}"}, {"llamacpp", "/completion", "tokens", "{\"prompt\":[[12,\"a\",5],\"b\"]}"},
	{"llamacpp", "/infill", "tokens", "{\"prompt\":\"\",\"input_prefix\":[1,2]}"}, {"llamacpp", "/detokenize", "tokens", "{\"tokens\":[1]}"},
	{"llamacpp", "/completion", "image", "{\"prompt\":{\"prompt_string\":\"<__media__>\",\"multimodal_data\":[\"AA\"]}}"},
	{"llamacpp", "/completion", "image", "{\"prompt\":[{\"prompt_string\":\"x\",\"multimodal_data\":[\"AA\"]}]}"},
	{"llamacpp", "/embedding", "image", "{\"content\":{\"prompt_string\":\"x\",\"multimodal_data\":[\"AA\"]}}"},
	{"llamacpp", "/completion", "state", "{\"prompt\":\"x\",\"id_slot\":0}"},
	{"llamacpp", "/v1/messages", "image", BLOCK(PNG)},
	{"llamacpp", "/apply-template", "image", BLOCK("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}")},
	{"tgi", "/generate", "url", "{\"inputs\":\"see ![](http://10.0.0.1/secret) there\"}"},
	{"tgi", "/", "image", "{\"inputs\":\"![](data:image/png;base64,AA)\"}"},
	{"tgi", "/v1/chat/completions", "url", "{\"messages\":[{\"role\":\"user\",\"content\":\"![](file:///etc/passwd)\"}]}"},
	{"kserve", "/v2/models/m/infer", "tokens", "{\"inputs\":[{\"name\":\"input_ids\",\"datatype\":\"INT32\",\"shape\":[1,2],\"data\":[1,2]}]}"},
	{"kserve", "/v2/models/m/infer", "tokens", TENSOR("[[1],[2]]")}, {"kserve", "/v2/models/m/infer", "tokens", TENSOR("[\"a\",5]")},
	{"kserve", "/v2/models/m/infer", "file", TENSOR("[\"" ENCODED ENCODED ENCODED ENCODED "\"]")},
	{"kserve", "/v2/models/m/infer", "file", "{\"inputs\":[{\"name\":\"a\",\"parameters\":{\"binary_data_size\":8}}]}"},
	{"kserve", "/v2/models/m/infer", "state", "{\"inputs\":[{\"name\":\"a\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}"},
	{"kserve", "/v2/models/m/infer", "state", "{\"parameters\":{\"sequence_id\":7},\"inputs\":[]}"},
	{"kserve", "/v2/models/m/generate", "tokens", "{\"input_ids\":[1,2,3]}"}, {"kserve", "/v2/models/m/generate", "image", "{\"text_input\":\"x\",\"image\":[\"AA\"]}"},
	{"kserve", "/v2/models/m/generate", "tokens", "{\"text_input\":\"x\",\"parameters\":{\"ids\":[1,2,3]}}"},
	{"kserve", "/v2/models/m/generate_stream", "state", "{\"text_input\":\"x\",\"parameters\":{\"accumulate_tokens\":true}}"},
	{"openai", "/v1/audio/transcriptions", "audio", "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\1\2\3\r\n--x--"},
	{"openai", "/v1/responses", "tokens", "{\"input\":\"x\",\"instructions\":[[1,2]]}"},
	{"openai", "/detokenize", "tokens", "{\"tokens\":[1]}"},
	{"openai", "/v1/rerank", "image", "{\"query\":\"x\",\"documents\":{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:a\"}}]}}"},
};

static void what_cannot_be_read_is_found_in_every_dialect(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++) {
		const struct route *route = route_of(opaque[i].dialect, opaque[i].path);
		char kind[16];
		char *item = strcpy(kind, opaque[i].kind);
		const struct text_list allowed = {&item, 1};
		struct prompt *p = NULL;

		if (prompt_read(route, slice_str(opaque[i].body), NULL, &p, &why) != RC_DENIED)
			fail_msg("%s %s takes %s", opaque[i].dialect, opaque[i].path, opaque[i].body);
		assert_null(p);
		if (prompt_read(route, slice_str(opaque[i].body), &allowed, &p, &why) != RC_OK)
			fail_msg("%s %s refuses %s although it is allowed: %s", opaque[i].dialect, opaque[i].path, opaque[i].body, why.text);
		assert_string_equal(p->opaque[0].kind, opaque[i].kind);
		assert_true(p->opaque[0].bytes > 0);
		prompt_free(p);
	}
}

/* What the dialects' clients send every day holds nothing of the kind. */
static void what_can_be_read_passes(void **state)
{
	static const char *const rows[][3] = {
		{"llamacpp", "/completion", "{\"prompt\":\"x\",\"id_slot\":-1,\"cache_prompt\":true,\"logit_bias\":[[15043,1.0]]}"},
		{"llamacpp", "/completion", "{\"prompt\":[\"a\",\"b\",{\"prompt_string\":\"c\"}]}"},
		{"tgi", "/generate", "{\"inputs\":\"![a picture] (none)\",\"parameters\":{\"seed\":1,\"stop\":[\"x\"]}}"},
		{"kserve", "/v2/models/m/infer", "{\"inputs\":[{\"name\":\"max_tokens\",\"datatype\":\"INT32\",\"shape\":[1],\"data\":[100]},"
		 "{\"name\":\"stream\",\"datatype\":\"BOOL\",\"shape\":[1],\"data\":[true]},{\"name\":\"t\",\"datatype\":\"BYTES\",\"shape\":[1,1],\"data\":[[\"x\"]]}]}"},
		{"kserve", "/v2/models/m/infer", TENSOR("[\"" ENCODED ENCODED ENCODED ENCODED " words\"]")},      /* it is read as text */
		{"kserve", "/v2/models/m/infer", TENSOR("[\"" ENCODED ENCODED ENCODED SHORTER "\"]")},
		{"kserve", "/v2/models/m/generate", "{\"text_input\":\"x\",\"temperature\":0.5,\"max_tokens\":[5],\"parameters\":{\"seed\":7,\"accumulate_tokens\":false}}"},
		{"anthropic", "/v1/messages", "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"thinking\":{\"type\":\"enabled\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct prompt *p = good(rows[i][0], rows[i][1], rows[i][2]);

		assert_int_equal(p->n_opaque, 0);
		prompt_free(p);
	}
}

static bool says(const struct prompt *p, const char *role, const char *text)
{
	for (size_t i = 0; i < p->n_messages; i++)
		if (strcmp(p->messages[i].role, role) == 0 && strcmp(p->messages[i].text, text) == 0)
			return true;
	return false;
}

static void facts_of_anthropics_messages(void **state)
{
	struct prompt *p = good("anthropic", "/v1/messages",
		"{\"model\":\"m\",\"max_tokens\":100,\"stream\":true,\"system\":[{\"type\":\"text\",\"text\":\"be brief\"}],"
		"\"tools\":[{\"name\":\"lookup\",\"input_schema\":{}}],\"messages\":[{\"role\":\"user\",\"content\":\"hello\"},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm \",\"signature\":\"s\"},{\"type\":\"tool_use\",\"id\":\"t\","
		"\"name\":\"lookup\",\"input\":{\"q\":\"every ward\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
		"\"content\":[{\"type\":\"text\",\"text\":\"no \"}]},{\"type\":\"tool_result\",\"tool_use_id\":\"u\",\"content\":\"one\"}]}]}");

	(void)state;
	assert_string_equal(p->model, "m");
	assert_true(p->stream && p->tools && p->max_tokens == 100);
	assert_true(says(p, "system", "be brief") && says(p, "user", "hello") && says(p, "assistant", "hm ") && says(p, "user", "no one"));
	assert_non_null(strstr(p->other_text, "every ward"));
	assert_int_equal(p->continues.n, 0);
	prompt_free(p);
	p = good("anthropic", "/v1/messages", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"SSN 536\"}]}");
	assert_true(slice_is(p->continues, "SSN 536"));
	prompt_free(p);
}

static void facts_of_the_other_dialects(void **state)
{
	struct prompt *p = good("llamacpp", "/infill", "{\"input_prefix\":\"def a(\",\"input_suffix\":\"end\",\"prompt\":\"\",\"n_predict\":9,\"n_cmpl\":2,"
						       "\"input_extra\":[{\"filename\":\"f.py\",\"text\":\"other\"}],\"stream\":true}");

	(void)state;
	assert_true(p->stream && p->max_tokens == 18);
	assert_true(says(p, "", "def a(") && says(p, "", "end") && says(p, "", "f.py") && says(p, "", "other"));
	assert_true(slice_is(p->continues, "def a("));
	prompt_free(p);
	p = good("llamacpp", "/completion", "{\"prompt\":[{\"prompt_string\":\"one\"},\"two\"]}");
	assert_true(says(p, "", "one") && says(p, "", "two"));
	prompt_free(p);
	p = good("tgi", "/generate", "{\"inputs\":\"MRN: \",\"parameters\":{\"max_new_tokens\":20,\"best_of\":2}}");
	assert_true(!p->stream && p->max_tokens == 40 && slice_is(p->continues, "MRN: "));
	prompt_free(p);
	p = good("tgi", "/generate_stream", "{\"inputs\":\"x\",\"stream\":false}");
	assert_true(p->stream);
	prompt_free(p);
	p = good("kserve", "/v2/models/notes/infer", "{\"inputs\":[{\"name\":\"t\",\"datatype\":\"BYTES\",\"shape\":[1,1],\"data\":[[\"every patient\"]]}]}");
	assert_true(says(p, "", "every patient") && !p->stream && p->max_tokens == INT64_MAX);
	prompt_free(p);
	p = good("kserve", "/v2/models/notes/infer", TENSOR("[[[[\"as deep as four\"]]]]"));
	assert_true(says(p, "", "as deep as four"));
	prompt_free(p);
	p = good("kserve", "/v2/models/notes/generate_stream", "{\"text_input\":\"SSN 536\",\"PROMPT\":\"other\",\"parameters\":{\"max_tokens\":5,\"x\":\"y\"}}");
	assert_true(p->stream && p->max_tokens == 5 && slice_is(p->continues, "SSN 536"));
	assert_true(says(p, "", "SSN 536") && says(p, "", "other") && says(p, "", "y"));
	assert_non_null(strstr(p->other_text, "PROMPT"));
	prompt_free(p);
	p = good("openai", "/score", "{\"model\":\"m\",\"text_1\":\"one\",\"text_2\":[\"two\"]}");
	assert_true(says(p, "", "one") && says(p, "", "two"));
	prompt_free(p);
}

static void what_is_no_text_is_refused_where_one_must_stand(void **state)
{
	static const char *const rows[][3] = {
		{"kserve", "/v2/models/m/infer", TENSOR("{\"a\":\"b\"}")}, {"kserve", "/v2/models/m/infer", TENSOR("[{\"a\":\"b\"}]")},
		{"openai", "/v1/responses", "{\"input\":\"x\",\"instructions\":[\"a\"]}"}, {"openai", "/v1/responses", "{\"input\":\"x\",\"instructions\":true}"},
	};
	struct prompt *p = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (prompt_read(route_of(rows[i][0], rows[i][1]), slice_str(rows[i][2]), NULL, &p, &why) != RC_BAD)
			fail_msg("%s takes %s", rows[i][1], rows[i][2]);
	prompt_free(good("openai", "/v1/responses", "{\"input\":\"x\",\"instructions\":[]}"));
}

/* Where there is no answer that could go on from it, a last message is one like the others. */
static void what_is_only_scored_goes_on_from_nothing(void **state)
{
	static const char body[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"SSN 536\"}]}";
	struct prompt *p = good("openai", "/pooling", body);

	(void)state;
	assert_true(says(p, "assistant", "SSN 536") && p->continues.n == 0);
	prompt_free(p);
	p = good("openai", "/v1/chat/completions", body);
	assert_true(slice_is(p->continues, "SSN 536"));
	prompt_free(p);
}

/* ---- the model's name ------------------------------------------------------------------------------------------------------ */

static void with_model(const char *body, const char *wanted)
{
	const struct route *route = route_of("openai", "/v1/chat/completions");
	struct prompt *p = good("openai", "/v1/chat/completions", body);
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(prompt_with_model(route, p, slice_str(body), "llama \"3\"", &out), RC_OK);
	assert_string_equal(out.data, wanted);
	prompt_free(p);
	p = good("openai", "/v1/chat/completions", out.data);
	assert_string_equal(p->model, "llama \"3\"");
	prompt_free(p);
	buf_free(&out);
}

static void another_model_is_put_in_and_all_else_stays(void **state)
{
	(void)state;
	with_model(" { \"n\" : 1.50, \"model\" : \"g\\u0070t\" ,\"messages\":[{\"model\":\"x\"}]} ",
		   " { \"n\" : 1.50, \"model\" : \"llama \\\"3\\\"\" ,\"messages\":[{\"model\":\"x\"}]} ");
	with_model("{\"model\":\"\"}", "{\"model\":\"llama \\\"3\\\"\"}");
	with_model("\n{ \"n\":1}", "\n{\"model\":\"llama \\\"3\\\"\", \"n\":1}");
	with_model("{ \t}", "{\"model\":\"llama \\\"3\\\"\" \t}");
}

static void a_request_names_its_model_once(void **state)
{
	struct prompt *p = NULL;

	(void)state;
	assert_int_equal(prompt_read(route_of("ollama", "/api/show"), SLICE("{\"model\":\"a\",\"name\":\"b\"}"), NULL, &p, &why), RC_BAD);
	assert_non_null(strstr(why.text, "twice"));
	assert_null(p);
	p = good("ollama", "/api/show", "{\"name\":\"b\"}");
	assert_string_equal(p->model, "b");
	prompt_free(p);
}

/* Reasons stand in answers, in the log and on record. */
static void a_reason_quotes_no_key_of_the_callers(void **state)
{
	struct prompt *p = NULL;

	(void)state;
	assert_int_equal(prompt_read(route_of("kserve", "/v2/models/m/generate"), SLICE("{\"text_input\":\"hi\",\"SSN 536-22-8741\":{\"a\":1}}"),
				     NULL, &p, &why), RC_BAD);
	assert_null(strstr(why.text, "536"));
	prompt_free(p);
	p = NULL;
	assert_int_equal(prompt_read(route_of("kserve", "/v2/models/m/generate"), SLICE("{\"text_input\":{\"a\":1}}"), NULL, &p, &why), RC_BAD);
	assert_non_null(strstr(why.text, "\"text_input\" must be"));
	prompt_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_is_found_in_every_dialect),
		cmocka_unit_test(what_can_be_read_passes),
		cmocka_unit_test(facts_of_anthropics_messages),
		cmocka_unit_test(facts_of_the_other_dialects),
		cmocka_unit_test(what_is_no_text_is_refused_where_one_must_stand),
		cmocka_unit_test(what_is_only_scored_goes_on_from_nothing),
		cmocka_unit_test(another_model_is_put_in_and_all_else_stays),
		cmocka_unit_test(a_request_names_its_model_once),
		cmocka_unit_test(a_reason_quotes_no_key_of_the_callers),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
