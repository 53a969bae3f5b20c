/* A JSON answer: its strings are masked, and all else of it passes as it came, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"
#include "jsonscan.h"

static bool is_json(const char *text)
{
	struct jsonscan scan = {0};
	size_t at = 0, n = strlen(text);

	for (;;) {
		enum json_token t = jsonscan_next(&scan, text, n, &at);

		if (t == JSON_BAD)
			return false;
		if (t == JSON_MORE)
			return jsonscan_whole(&scan);
	}
}

/* ---- what passes ------------------------------------------------------------------------------------------------------ */

static void what_is_no_identifier_passes_byte_for_byte(void **state)
{
	static const char *const bodies[] = {
		"", " ", "\n\n\n{}", "{}", "[]", "null", "true", "  false ", "0", "-1.5e+3", "\"\"", "\"word\"", "{\"a\":[{},[],\"\",null,1E5]} ",
		"{\n\t\"id\" : \"chatcmpl-test\", \"object\":\"chat.completion\",\"created\":1751990400 ,\r\n  \"model\":\"m\", \"zeta\":1, \"alpha\" :2,"
		"\"system_fingerprint\":\"fp_44709d6fcb\",\"n_big\":18446744073709551616, \"floats\":[1.0,1e5,-0.0,1E+05,0.10,-0.12345678901234567e-8],"
		"\"esc\":\"caf\\u00e9 \\/ \\uD83D\\ude00 \\u0041spirin \\\"q\\\" \\\\\",\"raw\":\"caf\xc3\xa9 \xf0\x9f\x98\x80\", \"empty\":{},\"list\":[ ],"
		"\"t\":true,\"nul\":null, \"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":"
		"\"Continue metformin 500 mg twice daily; blood pressure 120/80.\"}}] ,\n\"usage\":{\"prompt_tokens\":9,\"total_tokens\":21}, "
		"\"tail\":\"\\u2028\\t\"}\n  ",
		"{\"s\":\"\\ud83d\\n\\ud83d\",\"t\":\"\\ud83d\\ud83d\\ude00 \\udc00\"}",
		"\xef\xbb\xbf{\"a\":1}",
	};

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		size_t n = strlen(bodies[i]);

		if (n) {
			becomes(bodies[i], bodies[i]);
		} else {
			struct buf out;

			assert_int_equal(answer_pieces(SLICE(""), 0, 0, &out, &n), RC_OK);
			assert_int_equal(out.len, 0);
			buf_free(&out);
		}
	}
}

static void the_protocols_own_fields_pass_and_the_models_words_in_them_do_not(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"model\":\"meta-llama/Llama-3.1-8B-Instruct\",\"created\":1741569952,"
		"\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":1234567890}},\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"call_12xyz\"}]}}]}",
		"{\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"model\":\"meta-llama/Llama-3.1-8B-Instruct\",\"created\":1741569952,"
		"\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":1234567890}},\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"call_12xyz\"}]}}]}");
	becomes("{\"id\":\"536-22-8741\",\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"536-22-8741\"},{\"id\":\"ssn 1\"},{\"id\":\"ssn 1\"}]}}]}",
		"{\"id\":\"id-1\",\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"id-1\"},{\"id\":\"id-2\"},{\"id\":\"id-2\"}]}}]}");
	becomes("{\"model\":\"SSN 536-22-8741\",\"object\":\"\\u0035\\u0033\\u0036-22-8741\",\"id\":\"" CREDENTIAL "\"}",
		"{\"model\":\"SSN [SSN]\",\"object\":\"[SSN]\",\"id\":\"id-1\"}");
	becomes("{\"model\":\"this is no name of a model but a sentence of some length, and the SSN in it is 536-22-8741, of course\"}",
		"{\"model\":\"this is no name of a model but a sentence of some length, and the SSN in it is [SSN], of course\"}");
	answers_are(FRAMING_JSON, ollama, "/api/chat");
	becomes("{\"created_at\":\"2025-07-08T16:00:00.123456789Z\",\"note\":\"on 07/08/2025\",\"total_duration\":5043500667}",
		"{\"created_at\":\"2025-07-08T16:00:00.123456789Z\",\"note\":\"on [DATE]\",\"total_duration\":5043500667}");
	becomes("{\"created_at\":\"seen 07/08/2025\"}", "{\"created_at\":\"seen [DATE]\"}");
}

static void what_a_server_calls_its_models_passes_with_its_words(void **state)
{
	static const struct answer_shape *of[2];
	const struct route *route;
	struct why why;
	char *sent;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dialect_route(openai, "GET", slice_str(i ? "/v1/models/m" : "/v1/models"), NULL, &route, &sent, &why), RC_OK);
		free(sent);
		of[i] = route->shape;
	}
	answers_are(FRAMING_JSON, NULL, NULL);
	options.shape = of[0];
	becomes("{\"data\":[{\"name\":\"Meta: Llama 3.1 Nemotron (Harvey Miller, 8B)\",\"note\":\"of Dr. Harvey Miller\"}]}",
		"{\"data\":[{\"name\":\"Meta: Llama 3.1 Nemotron (Harvey Miller, 8B)\",\"note\":\"of Dr. [NAME]\"}]}");
	/* no number or code, no credential, no sentence */
	options.shape = of[1];
	becomes("{\"display_name\":\"Llama of SSN 536-22-8741\",\"name\":\"Llama " CREDENTIAL "\"}",
		"{\"display_name\":\"[NAME] of SSN [SSN]\",\"name\":\"[NAME] [ID]\"}");
	becomes("{\"name\":\"Tuned for the needs of the clinic by Dr. Harvey Miller, who wrote this\",\"display_name\":\"Dr. Harvey Miller; born\"}",
		"{\"name\":\"Tuned for the needs of the clinic by Dr. [NAME], who wrote this\",\"display_name\":\"Dr. [NAME]; born\"}");
}

static void embeddings_pass(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/embeddings");
	becomes("{\"data\":[{\"embedding\":[0.0023064255,-12345678.9,536228741],\"index\":0}],\"data2\":[{\"embedding\":\"x\"}]}",
		"{\"data\":[{\"embedding\":[0.0023064255,-12345678.9,536228741],\"index\":0}],\"data2\":[{\"embedding\":\"x\"}]}");
	becomes("{\"data\":[{\"embedding\":\"AACAPwAAAL8=\"}]}", "{\"data\":[{\"embedding\":\"AACAPwAAAL8=\"}]}");
	becomes("{\"data\":[{\"embedding\":\"U1NOIDUzNi0yMi04NzQxIGZvciBKYW5l\"}]}", "{\"data\":[{\"embedding\":\"[ENCODED]\"}]}");
	becomes("{\"data\":[{\"embedding\":\"SSN 536-22-8741\"}]}", "{\"data\":[{\"embedding\":\"SSN [SSN]\"}]}");
}

/* ---- what is masked --------------------------------------------------------------------------------------------------- */

static void every_string_is_masked_listed_or_not(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{ \"x\" : \"On file: SSN 536-22-8741.\" , \"deep\":[[{\"y\":\"\\u0053\\u0053N: 536\\u002d22-8741\\n\"}]]}",
		"{ \"x\" : \"On file: SSN [SSN].\" , \"deep\":[[{\"y\":\"\\u0053\\u0053N: [SSN]\\n\"}]]}");
	becomes("{\"SSN 536-22-8741\":1,\"error\":{\"message\":\"no MRN: 84729315\"}}", "{\"SSN [SSN]\":1,\"error\":{\"message\":\"no MRN: [MRN]\"}}");
	becomes("\"SSN 536-22-8741\"", "\"SSN [SSN]\"");
	becomes("{\"k\":\"the key is " CREDENTIAL "!\",\"" CREDENTIAL "\":\"model\\u002dcredential-5d1\\u0066\"}",
		"{\"k\":\"the key is [ID]!\",\"[ID]\":\"[ID]\"}");
	becomes("{\"a\":\"SSN 536\xff-22-87\\ud83d41 \"}", "{\"a\":\"SSN [SSN] \"}");          /* what is no character hides nothing */
}

static void a_key_labels_its_value(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"mrn\":\"84729315\",\"glucose\":\"84729315 cells\",\"mrn\":[\"84729315\"]}",
		"{\"mrn\":\"[MRN]\",\"glucose\":\"84729315 cells\",\"mrn\":[\"[MRN]\"]}");
	becomes("{\"ssn\":536228741,\"mrn\" : 84729315 ,\"n\":[-84729315.0e3],\"mrn\":[-84729315.0e3,1],\"x\":null}",
		"{\"ssn\":0,\"mrn\" : 0 ,\"n\":[-84729315.0e3],\"mrn\":[0,1],\"x\":null}");
	/* with an exponent it is the same number; one that says nothing of its last digits is a measure */
	becomes("{\"ssn\":5.36228741e8,\"mrn\":[8.4729315E+7,847.29315e5,-8.472931e7,0.84729315e8],\"mrn\":5e7,\"mrn\":8.4729315e-7,\"age\":9.3e1}",
		"{\"ssn\":0,\"mrn\":[0,0,0,0],\"mrn\":5e7,\"mrn\":8.4729315e-7,\"age\":0}");
	becomes("{\"platelets\":2.5e11,\"copies\":1.25e5,\"avogadro\":6.02214076e23,\"seed\":1e400,\"ssn\":1e99999999999999999999}",
		"{\"platelets\":2.5e11,\"copies\":1.25e5,\"avogadro\":6.02214076e23,\"seed\":1e400,\"ssn\":1e99999999999999999999}");
	becomes("{\"the key is longer than sixty-four bytes, as keys of forms can well be, and ends in mrn\":\"84729315\"}",
		"{\"the key is longer than sixty-four bytes, as keys of forms can well be, and ends in mrn\":\"[MRN]\"}");
}

/* The last member of an object, too. */
static void what_an_object_stands_behind_labels_its_value(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"mrn\":{\"value\":84729315},\"mrn\":{\"value\":84729315,\"x\":1},\"mrn\":[{\"value\":84729315 }],\"x\":{\"value\":84729315}}",
		"{\"mrn\":{\"value\":0},\"mrn\":{\"value\":0,\"x\":1},\"mrn\":[{\"value\":0 }],\"x\":{\"value\":84729315}}");
}

/* FHIR's identifiers and extensions, fields of forms. */
static void a_member_that_names_the_value_beside_it_labels_it(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("[{\"name\":\"MRN\",\"value\":\"84729315\"},{\"value\":\"84729315\"},{\"field\":\"SSN\",\"required\":true,\"value\":536228741}]",
		"[{\"name\":\"MRN\",\"value\":\"[MRN]\"},{\"value\":\"84729315\"},{\"field\":\"SSN\",\"required\":true,\"value\":0}]");
	becomes("{\"use\":\"usual\",\"type\":{\"coding\":[{\"code\":\"MR\"}],\"text\":\"MRN\"},\"value\":\"84729315\"}",
		"{\"use\":\"usual\",\"type\":{\"coding\":[{\"code\":\"MR\"}],\"text\":\"MRN\"},\"value\":\"[MRN]\"}");
	becomes("{\"url\":\"mrn\",\"valueString\":\"84729315\",\"in\":\"{\\\"label\\\":\\\"SSN\\\",\\\"value\\\":536228741}\"}",
		"{\"url\":\"mrn\",\"valueString\":\"[MRN]\",\"in\":\"{\\\"label\\\":\\\"SSN\\\",\\\"value\\\":0}\"}");
	becomes("[{\"name\":\"glucose\",\"value\":\"84729315\"},{\"name\":\"MRN\",\"count\":84729},{\"name\":\"MRN\",\"at\":[{\"value\":84729315}]}]",
		"[{\"name\":\"glucose\",\"value\":\"84729315\"},{\"name\":\"MRN\",\"count\":84729},{\"name\":\"MRN\",\"at\":[{\"value\":84729315}]}]");
	becomes("{\"identifier\":[{\"type\":{\"text\":\"MRN\"},\"system\":\"x\",\"value\":\"84729315\"},{\"system\":\"x\",\"value\":\"536228741\"}]}",
		"{\"identifier\":[{\"type\":{\"text\":\"MRN\"},\"system\":\"x\",\"value\":\"[ID]\"},{\"system\":\"x\",\"value\":\"[ID]\"}]}");
	becomes("{\"name\":\"MRN, which is the number that the hospital gave\",\"value\":\"84729315\"}",
		"{\"name\":\"MRN, which is the number that the hospital gave\",\"value\":\"84729315\"}");
}

/* Programs look for their keys: "sky" is in the list of first names. */
static void a_key_in_small_letters_is_no_name_by_its_letters_alone(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"sky\":\"clear\",\"kelvin\":290,\"jaylen\":{\"rose\":1},\"in\":\"{\\\"sky\\\":\\\"clear\\\"}\"}",
		"{\"sky\":\"clear\",\"kelvin\":290,\"jaylen\":{\"rose\":1},\"in\":\"{\\\"sky\\\":\\\"clear\\\"}\"}");
	becomes("{\"Dr. Jaylen Smith\":1,\"Jaylen Smith\":1,\"seen\":\"by jaylen\",\"jaylen\":\"seen by jaylen\"}",
		"{\"Dr. [NAME]\":1,\"[NAME]\":1,\"seen\":\"by [NAME]\",\"jaylen\":\"seen by [NAME]\"}");
	becomes("{\"jaylen@example.org\":1,\"ssn 536-22-8741\":1}", "{\"[EMAIL]\":1,\"ssn [SSN]\":1}");
}

static void a_number_that_tells_an_age_over_89_is_no_number_of_another_thing(void **state)
{
	struct mask_engine *usual = engine;

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"age\":93,\"patient_age\" : 101 ,\"age\":89,\"age\":[90.5],\"pulse\":94,\"glucose\":112,\"ages\":-93}",
		"{\"age\":0,\"patient_age\" : 0 ,\"age\":89,\"age\":[0],\"pulse\":94,\"glucose\":112,\"ages\":-93}");
	engine = masking_engine("response: {AGE: cap90, ZIP: zip3}");
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"age\":93,\"x\":\"age 93, zip 60614\",\"age\":90,\"zip\":60614}",
		"{\"age\":90,\"x\":\"age 90+, zip 606\",\"age\":90,\"zip\":0}");
	mask_engine_free(engine);
	engine = masking_engine("response: {AGE: keep, MRN: keep}");
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"age\":93,\"mrn\":84729315,\"ssn\":536228741}", "{\"age\":93,\"mrn\":84729315,\"ssn\":0}");
	mask_engine_free(engine);
	engine = usual;
}

/* Tool calls, choices and texts of one session have one set of numbers. */
static void a_pseudonym_is_one_in_all_of_an_answer(void **state)
{
	struct mask_engine *usual = engine;

	(void)state;
	engine = masking_engine("response: {default: pseudonym}");
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"choices\":[{\"message\":{\"content\":\"Dr. Smith; MRN: 84729315\"}},"
		"{\"message\":{\"content\":\"Dr. Jones and Dr. Smith\","
		"\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"mrn\\\":\\\"8472-9315\\\"}\"}}]}}],\"mrn\":\"84729315\"}",
		"{\"choices\":[{\"message\":{\"content\":\"Dr. [NAME-1]; MRN: [MRN-1]\"}},"
		"{\"message\":{\"content\":\"Dr. [NAME-2] and Dr. [NAME-1]\","
		"\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"mrn\\\":\\\"[MRN-1]\\\"}\"}}]}}],\"mrn\":\"[MRN-1]\"}");
	mask_engine_free(engine);
	engine = usual;
}

static void long_numbers_stay_numbers(void **state)
{
	char body[1200], wanted[1200];

	(void)state;
	answers_are(FRAMING_JSON, NULL, NULL);
	snprintf(body, sizeof body, "{\"a\":%0500d,\"mrn\":84729315.%0400d,\"b\":1}", 7, 0);
	body[5] = '1';
	snprintf(wanted, sizeof wanted, "{\"a\":1%0499d,\"mrn\":0,\"b\":1}", 7);
	becomes(body, wanted);
}

static void json_in_strings_stays_json(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
		"\"{\\\"mrn\\\": 84729315, \\u0022note\\\":\\\"SSN: 536-22-8741\\\\n\\\",\\\"n\\\":1.50}\"}}]}}]}",
		"{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
		"\"{\\\"mrn\\\": 0, \\u0022note\\\":\\\"SSN: [SSN]\\\\n\\\",\\\"n\\\":1.50}\"}}]}}]}");
	becomes("{\"a\":\" [\\\"{\\\\\\\"ssn\\\\\\\":536228741}\\\"]\"}", "{\"a\":\" [\\\"{\\\\\\\"ssn\\\\\\\":0}\\\"]\"}");
}

static void what_only_begins_like_json_is_text(void **state)
{
	static const char *const texts[][2] = {
		{"[536-22-8741] is the SSN", "[[SSN]] is the SSN"},
		{"[03/14/2024] seen", "[[DATE]] seen"},
		{"[(617) 482-3190]", "[[PHONE]]"},
		{"{Patient: SSN 536-22-8741}", "{Patient: SSN [SSN]}"},
		{"[true, SSN 536-22-8741", "[true, SSN [SSN]"},
		{"[1, 2] SSN 536-22-8741", "[1, 2] SSN [SSN]"},
		{"[\\\"SSN: 536-\\n22-8741\\\"]", NULL},
		{"{\\\"note\\\":\\\"MRN:\\n84729315\\\"}", "{\\\"note\\\":\\\"MRN:\\n[MRN]\\\"}"},
		{"{\\\"p\\\":\\\"C:\\\\Users, MRN 84729315", "{\\\"p\\\":\\\"C:\\\\Users, MRN [MRN]"},
		{"{\\\"p\\\":\\\"\\\\u00zz MRN 84729315", "{\\\"p\\\":\\\"\\\\u00zz MRN [MRN]"},
		{"{\\\"p\\\":\\\"MRN 84729315\\\\u00", "{\\\"p\\\":\\\"MRN [MRN]\\\\u00"},
		{"[nul", "[nul"}, {"[tr SSN 536-22-8741", "[tr SSN [SSN]"}, {"[1.", "[1."}, {"[-", "[-"}, {"[", "["}, {" ", " "}, {"[12 \\n", "[12 \\n"},
	};

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char body[256], wanted[256];

		snprintf(body, sizeof body, "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}", texts[i][0]);
		snprintf(wanted, sizeof wanted, "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}", texts[i][1] ? texts[i][1] : "");
		if (texts[i][1]) {
			becomes(body, wanted);
		} else {
			char *out = answered(body, NULL);

			assert_true(is_json(out));
			free(out);
		}
	}
}

static void white_space_before_a_text_of_any_length_is_cut_like_all_else(void **state)
{
	char body[200];

	(void)state;
	answers_are(FRAMING_JSON, NULL, NULL);
	for (int n = 62; n < 67; n++) {
		char *out;

		snprintf(body, sizeof body, "{\"a\":\"%*s{\\\"mrn\\\":84729315}\"}", n, "");
		out = answered(body, NULL);
		assert_true(is_json(out));
		assert_null(strstr(out, "84729315"));
		free(out);
	}
}

static void garbage_is_masked_as_text(void **state)
{
	static const char *const bodies[][2] = {
		{"SSN 536-22-8741 and no JSON", "SSN [SSN] and no JSON"}, {"nil SSN 536-22-8741", "nil SSN [SSN]"},
		{"{\"a\": oops, SSN: 536-22-8741", "{\"a\": oops, SSN: [SSN]"}, {"{\"a\":\"SSN 536-22-8741", "{\"a\":\"SSN [SSN]"},
		{"{\"a\":1}{\"mrn\":84729315}\n{\"mrn\":84729315}", NULL}, {"[\"SSN: 536-22-8741\",\"", "[\"SSN: [SSN]\",\""},
		{"536-22-8741", "[SSN]"}, {"{\"a\":\"\\ud83d", "{\"a\":\"\\ud83d"}, {"{\"object\":\"536-22-8741", "{\"object\":\"[SSN]"},
		{"{\"id\":\"call_1\\ud83d\\", "{\"id\":\"call_1\\ud83d\\"}, {"\xef\xbb", "\xef\xbb"}, {"\xefSSN 536-22-8741", "\xefSSN [SSN]"},
	};

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		char *out = answered(bodies[i][0], NULL);

		if (bodies[i][1])
			assert_string_equal(out, bodies[i][1]);
		assert_null(strstr(out, "536"));
		assert_null(strstr(out, "84729315"));
		free(out);
	}
}

/* What begins like a value that is dropped, and is none, is text with all behind it, wherever it is cut. */
static void what_only_begins_like_a_dropped_value_is_text(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"choices\":[{\"message\":{\"content\":\"MRN: 84729315\"},\"logprobs\":t\"x\"}],\"mrn\":84729315}",
		"{\"choices\":[{\"message\":{\"content\":\"MRN: [MRN]\"},\"logprobs\":t\"x\"}],\"mrn\":[MRN]}");
}

static void deep_values_are_masked(void **state)
{
	char body[400];
	size_t n = 0;
	char *out;

	(void)state;
	answers_are(FRAMING_JSON, NULL, NULL);
	for (int i = 0; i < 80; i++)
		body[n++] = '[';
	n += (size_t)snprintf(body + n, sizeof body - n, "\"SSN 536-22-8741\"");
	for (int i = 0; i < 80; i++)
		body[n++] = ']';
	body[n] = 0;
	out = answered(body, NULL);
	assert_null(strstr(out, "536"));
	assert_int_equal(strlen(out), n - strlen("536-22-8741") + strlen("[SSN]"));
	free(out);
}

/* ---- what spells the answer again ------------------------------------------------------------------------------------- */

#define CHOICE(text) "{\"index\":0,\"message\":{\"content\":\"" text "\"},\"logprobs\":{\"content\":[{\"token\":\"536\"},{\"token\":\"-22\"}]}}"
#define CHOICE_DROPPED(text) "{\"index\":0,\"message\":{\"content\":\"" text "\"},\"logprobs\":null}"
#define CHOICE_LATE(text) "{\"logprobs\" : [{\"token\":\"536\"}], \"message\":{\"content\":\"" text "\"}}"
#define CHOICE_LATE_DROPPED(text) "{\"logprobs\" : null, \"message\":{\"content\":\"" text "\"}}"

static void log_probabilities_pass_only_with_text_that_passed(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	becomes("{\"choices\":[" CHOICE("well") "]}", "{\"choices\":[" CHOICE("well") "]}");
	becomes("{\"choices\":[" CHOICE("SSN 536-22-8741") "]}", "{\"choices\":[" CHOICE_DROPPED("SSN [SSN]") "]}");
	becomes("{\"choices\":[" CHOICE("SSN 536-22-8741") "," CHOICE("well") "]}",
		"{\"choices\":[" CHOICE_DROPPED("SSN [SSN]") "," CHOICE("well") "]}");
	/* before its text nobody knows what becomes of it */
	becomes("{\"choices\":[" CHOICE("well") "," CHOICE_LATE("SSN 536-22-8741") "]}",
		"{\"choices\":[" CHOICE("well") "," CHOICE_LATE_DROPPED("SSN [SSN]") "]}");
	becomes("{\"choices\":[{\"logprobs\":\"536-22\",\"x\":1},{\"logprobs\":536}]}", "{\"choices\":[{\"logprobs\":null,\"x\":1},{\"logprobs\":null}]}");
	becomes("{\"choices\":[{\"logprobs\":{\"content\":[{\"token\":\"536\"},oops \"-22-8741\"", "{\"choices\":[{\"logprobs\":null");
}

static void an_answer_that_goes_on_from_the_prompt_knows_it(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	options.continues = SLICE("His SSN is 536-22-");
	becomes("{\"choices\":[{\"message\":{\"content\":\"8741. Well.\"}}],\"x\":\"8741\"}",
		"{\"choices\":[{\"message\":{\"content\":\"[SSN]. Well.\"}}],\"x\":\"8741\"}");
}

/* ---- any document ----------------------------------------------------------------------------------------------------- */

struct writer {
	unsigned int seed;
	struct buf in, bare;             /* the document; all of it but the insides of strings and the numbers */
};

static unsigned int any(struct writer *w, unsigned int n)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return (w->seed >> 8) % n;
}

static void both(struct writer *w, const char *text)
{
	buf_puts(&w->in, text);
	buf_puts(&w->bare, text);
}

static void write_string(struct writer *w)
{
	static const char *const parts[] = {
		" SSN: 536-22-8741 ", "metformin 500 mg", " \\u0053SN \\u0035\\u00336-22-8741 ", "\\ud83d\\ude00", "\\ud83d", "caf\xc3\xa9", "\\n", "\\\\",
		"\\\"", "\xff", "[", "{", " ", "Dr. Jane Smith", "84729315", "mrn", "a", "{\\\"mrn\\\":84729315,\\\"x\\\":[\\\"SSN 536-22-8741\\\"]}",
		"[\\\"", "[{\\\"a\\\":\\\"", "\\\":", "id-7", " " CREDENTIAL " ",
	};

	both(w, "\"");
	for (unsigned int i = any(w, 4); i; i--)
		buf_puts(&w->in, parts[any(w, sizeof parts / sizeof *parts)]);
	both(w, "\"");
}

static void write_value(struct writer *w, int depth)
{
	static const char *const keys[] = {"\"mrn\"", "\"choices\"", "\"message\"", "\"content\"", "\"id\"", "\"logprobs\"", "\"model\"", "\"ssn\"", "\"x\""};
	static const char *const spaces[] = {"", "", " ", "\n\t"};
	unsigned int kind = any(w, depth > 4 ? 3 : 5);

	both(w, spaces[any(w, 4)]);
	if (kind == 0) {
		buf_printf(&w->in, "%u", any(w, 3) ? 84729315 : any(w, 100));
	} else if (kind == 1) {
		both(w, any(w, 2) ? "null" : "true");
	} else if (kind == 2) {
		write_string(w);
	} else {
		both(w, kind == 3 ? "[" : "{");
		for (unsigned int i = any(w, 4), n = i; i; i--) {
			both(w, i < n ? "," : "");
			if (kind == 4 && any(w, 4))
				both(w, keys[any(w, sizeof keys / sizeof *keys)]);
			else if (kind == 4)
				write_string(w);
			both(w, kind == 4 ? ":" : "");
			write_value(w, depth + 1);
		}
		both(w, kind == 3 ? "]" : "}");
	}
	both(w, spaces[any(w, 4)]);
}

/* The document without the insides of its strings that are no keys of ours, and without its numbers. */
static void strip(struct slice text, struct buf *out)
{
	struct jsonscan scan = {0};
	size_t at = 0;

	for (;;) {
		size_t from = at;
		enum json_token t = jsonscan_next(&scan, text.p, text.n, &at);

		if (t == JSON_MORE || t == JSON_BAD)
			return;
		if (t != JSON_RUN && t != JSON_CHAR && t != JSON_NUMBER)
			buf_add(out, text.p + from, at - from);
	}
}

/* What the strings of a text say, read in pieces of n bytes; '<': it is no JSON from there on. */
static void read_strings(struct slice text, size_t n, struct buf *out)
{
	struct jsonscan scan = {0};

	for (size_t i = 0; i < text.n; i += n)
		for (size_t at = 0, size = n < text.n - i ? n : text.n - i;;) {
			size_t from = at;
			enum json_token t = jsonscan_next(&scan, text.p + i, size, &at);

			if (t == JSON_MORE)
				break;
			if (t == JSON_BAD) {
				buf_putc(out, '<');
				return;
			}
			if (t == JSON_RUN)
				buf_add(out, text.p + i + from, at - from);
			else if (t == JSON_CHAR)
				buf_add(out, scan.text, scan.n_text);
		}
}

/* Strings are read in blocks, where there are so many bytes: what stands for itself, and what does not, is found at any place. */
static void a_string_reads_alike_in_pieces_of_any_size(void **state)
{
	static const char *const others[] = {"\\n", "\\\"", "\"", "\x1f", "\x7f", "\x80", "\u00e9", "\U0001f600", "\\u00e9", "\\x", "!", " "};

	(void)state;
	for (size_t k = 0; k < sizeof others / sizeof *others; k++)
		for (size_t before = 0; before < 20; before++) {
			char text[64];
			int n = snprintf(text, sizeof text, "[\"%.*s%s%s\"]", (int)before, "was given aspirin and", others[k], "slept well");
			struct buf whole, piece;

			buf_init(&whole, 4096);
			buf_init(&piece, 4096);
			read_strings((struct slice){text, (size_t)n}, (size_t)n, &whole);
			for (size_t size = 1; size < 24; size++) {
				buf_clear(&piece);
				read_strings((struct slice){text, (size_t)n}, size, &piece);
				assert_string_equal(buf_slice(&piece).p, buf_slice(&whole).p);
			}
			buf_free(&whole);
			buf_free(&piece);
		}
}

static void any_document_stays_json_of_the_same_form(void **state)
{
	(void)state;
	answers_are(FRAMING_JSON, NULL, NULL);           /* nothing to drop */
	for (unsigned int seed = 1; seed <= 3000; seed++) {
		struct writer w = {.seed = seed};
		struct buf whole, cut, form, wanted;
		size_t end;

		buf_init(&w.in, 1 << 20);
		buf_init(&w.bare, 1 << 20);
		buf_init(&form, 1 << 20);
		buf_init(&wanted, 1 << 20);
		write_value(&w, 0);
		assert_int_equal(answer_pieces(buf_slice(&w.in), 0, 0, &whole, &end), RC_OK);
		strip(buf_slice(&w.in), &wanted);
		strip(buf_slice(&whole), &form);
		if (!is_json(buf_slice(&whole).p) || form.len != wanted.len || memcmp(buf_slice(&form).p, buf_slice(&wanted).p, form.len) != 0 ||
		    strstr(whole.data, "536-22") || strstr(whole.data, CREDENTIAL))
			fail_msg("seed %u: %s\nbecame\n%s", seed, w.in.data, whole.data);
		for (unsigned int k = 0; k < 4; k++) {
			assert_int_equal(answer_pieces(buf_slice(&w.in), 1 + k * 5, seed * 4 + k, &cut, &end), RC_OK);
			if (cut.len != whole.len || memcmp(cut.data, whole.data, cut.len) != 0)
				fail_msg("seed %u, pieces %u: %s\nbecame\n%s\nnot\n%s", seed, k, w.in.data, cut.data, whole.data);
			buf_free(&cut);
		}
		buf_free(&whole);
		buf_free(&form);
		buf_free(&wanted);
		buf_free(&w.in);
		buf_free(&w.bare);
	}
}

static void a_long_answer_passes_as_it_comes(void **state)
{
	struct mask_scope *scope = mask_scope_new();
	struct answer_options o;
	struct answer *a;
	struct buf out;
	size_t end = SIZE_MAX, fed = 0, given = 0;

	(void)state;
	answers_are(FRAMING_JSON, openai, "/v1/chat/completions");
	o = options;
	o.scope = scope;
	buf_init(&out, 1 << 20);
	assert_int_equal(answer_new(&o, &a), RC_OK);
	assert_int_equal(answer_feed(a, SLICE("{\"choices\":[{\"message\":{\"content\":\""), &out, &end), RC_OK);
	for (int i = 0; i < 20000; i++) {
		struct slice piece = SLICE("The patient\\u0020was given aspirin after lunch and slept well.\\n");

		assert_int_equal(answer_feed(a, piece, &out, &end), RC_OK);
		fed += piece.n;
		given += out.len;
		assert_true(given + 4096 > fed);
		buf_clear(&out);
	}
	answer_free(a);
	mask_scope_free(scope);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_identifier_passes_byte_for_byte),
		cmocka_unit_test(the_protocols_own_fields_pass_and_the_models_words_in_them_do_not),
		cmocka_unit_test(what_a_server_calls_its_models_passes_with_its_words),
		cmocka_unit_test(embeddings_pass),
		cmocka_unit_test(every_string_is_masked_listed_or_not),
		cmocka_unit_test(a_key_labels_its_value),
		cmocka_unit_test(what_an_object_stands_behind_labels_its_value),
		cmocka_unit_test(a_member_that_names_the_value_beside_it_labels_it),
		cmocka_unit_test(a_key_in_small_letters_is_no_name_by_its_letters_alone),
		cmocka_unit_test(a_number_that_tells_an_age_over_89_is_no_number_of_another_thing),
		cmocka_unit_test(a_pseudonym_is_one_in_all_of_an_answer),
		cmocka_unit_test(long_numbers_stay_numbers),
		cmocka_unit_test(json_in_strings_stays_json),
		cmocka_unit_test(what_only_begins_like_json_is_text),
		cmocka_unit_test(white_space_before_a_text_of_any_length_is_cut_like_all_else),
		cmocka_unit_test(garbage_is_masked_as_text),
		cmocka_unit_test(what_only_begins_like_a_dropped_value_is_text),
		cmocka_unit_test(deep_values_are_masked),
		cmocka_unit_test(log_probabilities_pass_only_with_text_that_passed),
		cmocka_unit_test(an_answer_that_goes_on_from_the_prompt_knows_it),
		cmocka_unit_test(a_string_reads_alike_in_pieces_of_any_size),
		cmocka_unit_test(any_document_stays_json_of_the_same_form),
		cmocka_unit_test(a_long_answer_passes_as_it_comes),
	};

	return cmocka_run_group_tests(tests, answering_setup, answering_teardown);
}
