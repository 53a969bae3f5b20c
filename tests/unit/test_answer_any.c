/* Any event stream: several choices, texts of several kinds in one event or many, keys before and behind, tokens and escapes cut
 * anywhere. What the client puts together is each whole text masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answering.h"

#define CHOICES 3
#define KINDS 4                                  /* content, reasoning, two tool calls */
#define TEXT_MAX 2048
#define SEEDS 1000

static const char *const kind_names[] = {"content", "reasoning_content"};

struct voice {
	char text[TEXT_MAX];
	size_t n, at;
	struct buf heard, spelled;               /* by the client; by the log probabilities that it was given */
};

struct talk {
	unsigned int seed;
	struct voice voice[CHOICES][KINDS];
	bool ended[CHOICES];                     /* by the model */
	bool logprobs;
	struct buf stream;
};

static unsigned int any(struct talk *t, unsigned int n)
{
	t->seed = t->seed * 1664525 + 1013904223;
	return (t->seed >> 8) % n;
}

/* ---- the model -------------------------------------------------------------------------------------------------------- */

static void make_text(struct talk *t, struct voice *v)
{
	static const char *const parts[] = {
		"The patient slept well. ", "SSN: 536-22-8741", ", ", "MRN 84729315 ", "Dr. Jane Smith ", "Smith ", "call (617) 482-3190 ", "\n", " ", "[",
		"{\"mrn\": 84729315, ", "\"note\": \"SSN 536-22-8741\"}", "{\"a\":[1,2,{\"b\":\"x\"}],\"ssn\":\"536-22-8741\"}", "\xf0\x9f\x98\x80", "caf\xc3\xa9 ",
		"metformin 500 mg, 120/80. ", "\\", "\"", "jsmith@stmarys-clinic.org ", "12/03/1961 ", "5", "36", "-22-", "8741 ", "MRN: ", CREDENTIAL,
	};

	v->n = 0;
	for (unsigned int i = any(t, 9); i; i--) {
		const char *part = parts[any(t, sizeof parts / sizeof *parts)];
		size_t n = strlen(part);

		if (v->n + n < TEXT_MAX) {
			memcpy(v->text + v->n, part, n);
			v->n += n;
		}
	}
	v->text[v->n] = 0;
	buf_init(&v->heard, 1 << 20);
	buf_init(&v->spelled, 1 << 20);
}

/* Some of what the voice has still to say, in whole characters. */
static struct slice next_token(struct talk *t, struct voice *v)
{
	static const unsigned int most[] = {1, 3, 9, 40};
	size_t n = 1 + any(t, most[any(t, 4)]), left = v->n - v->at;
	struct slice token;

	n = any(t, 12) ? n < left ? n : left : 0;        /* now and then an empty one */
	while (n < left && (v->text[v->at + n] & 0xc0) == 0x80)
		n++;
	token = (struct slice){v->text + v->at, n};
	v->at += n;
	return token;
}

static void write_string(struct talk *t, struct slice text, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == 0xf0 && any(t, 2)) {
			buf_puts(out, "\\ud83d\\uDE00");
			i += 3;
		} else if (c < ' ' || c == '"' || c == '\\' || (c < 0x80 && !any(t, 20))) {
			buf_printf(out, "\\u%04x", c);
		} else {
			buf_putc(out, text.p[i]);
		}
	}
	buf_putc(out, '"');
}

static bool has_more(const struct talk *t, int choice)
{
	for (int k = 0; k < KINDS; k++)
		if (t->voice[choice][k].at < t->voice[choice][k].n)
			return true;
	return false;
}

static void write_delta(struct talk *t, int choice, struct slice *content)
{
	struct voice *voices = t->voice[choice];
	bool some = false;

	buf_puts(&t->stream, "\"delta\":{");
	for (int k = 0; k < 2; k++)
		if (any(t, 3) && (voices[k].at < voices[k].n || !any(t, 5))) {
			struct slice token = next_token(t, &voices[k]);

			buf_printf(&t->stream, "%s\"%s\": ", some ? "," : "", kind_names[k]);
			write_string(t, token, &t->stream);
			if (k == 0)
				*content = token;
			some = true;
		}
	if (any(t, 2) && (voices[2].at < voices[2].n || voices[3].at < voices[3].n)) {
		unsigned int first = any(t, 2);

		buf_printf(&t->stream, "%s\"tool_calls\":[", some ? "," : "");
		for (unsigned int i = 0; i < 2; i++) {
			unsigned int call = (first + i) % 2;

			buf_printf(&t->stream, "%s{\"index\":%u,\"function\":{\"arguments\":", i ? "," : "", call);
			write_string(t, next_token(t, &voices[2 + call]), &t->stream);
			buf_puts(&t->stream, "}}");
		}
		buf_puts(&t->stream, "]");
	}
	buf_puts(&t->stream, "}");
}

static void write_choice(struct talk *t, int choice)
{
	bool before = any(t, 2), ends;
	struct slice content = {0};

	buf_puts(&t->stream, "{");
	if (before)
		buf_printf(&t->stream, "\"index\":%d,", choice);
	write_delta(t, choice, &content);
	if (t->logprobs && content.n) {
		buf_puts(&t->stream, ",\"logprobs\":{\"content\":[{\"token\":");
		write_string(t, content, &t->stream);
		buf_puts(&t->stream, "}]}");
	}
	ends = !has_more(t, choice) && any(t, 2);
	if (ends || any(t, 2))
		buf_printf(&t->stream, ",\"finish_reason\":%s", ends ? "\"stop\"" : "null");
	t->ended[choice] = ends;
	if (!before)
		buf_printf(&t->stream, ",\"index\":%d", choice);
	buf_puts(&t->stream, "}");
}

static bool all_ended(const struct talk *t)
{
	for (int c = 0; c < CHOICES; c++)
		if (!t->ended[c])
			return false;
	return true;
}

static void talk(struct talk *t)
{
	static const char *const eols[] = {"\n", "\r\n", "\r"};
	const char *eol = eols[any(t, 3)];

	t->logprobs = any(t, 2);
	buf_init(&t->stream, 1 << 20);
	for (int c = 0; c < CHOICES; c++)
		for (int k = 0; k < KINDS; k++)
			make_text(t, &t->voice[c][k]);
	while (!all_ended(t)) {
		int first = (int)any(t, CHOICES), some = 0;

		buf_puts(&t->stream, "data: {\"id\":\"chatcmpl-test\",\"choices\":[");
		for (int i = 0; i < CHOICES; i++) {
			int c = (first + i) % CHOICES;

			if (t->ended[c] || (some && any(t, 2)))
				continue;
			buf_puts(&t->stream, some++ ? "," : "");
			write_choice(t, c);
			if (!t->ended[c] && !any(t, 6)) {        /* the same one again */
				buf_puts(&t->stream, ",");
				write_choice(t, c);
			}
		}
		buf_printf(&t->stream, "]}%s%s", eol, eol);
	}
	if (any(t, 2))
		buf_printf(&t->stream, "data: [DONE]%s%s", eol, eol);
}

/* ---- the client ------------------------------------------------------------------------------------------------------- */

static void hear_choice(struct talk *t, const cJSON *choice, bool ended[CHOICES])
{
	const cJSON *index = cJSON_GetObjectItem(choice, "index"), *delta = cJSON_GetObjectItem(choice, "delta"), *call;
	const char *reason = at_path(choice, "finish_reason"), *token = at_path(choice, "logprobs.content.0.token");
	int c = index ? index->valueint : 0;
	bool said = false;

	assert_in_range(c, 0, CHOICES - 1);
	for (int k = 0; k < 2; k++) {
		const char *text = at_path(delta, kind_names[k]);

		buf_puts(&t->voice[c][k].heard, text ? text : "");
		said = said || (text && *text);
	}
	cJSON_ArrayForEach(call, cJSON_GetObjectItem(delta, "tool_calls")) {
		const cJSON *number = cJSON_GetObjectItem(call, "index");
		const char *text = at_path(call, "function.arguments");

		buf_puts(&t->voice[c][2 + (number ? number->valueint & 1 : 0)].heard, text ? text : "");
		said = said || (text && *text);
	}
	buf_puts(&t->voice[c][0].spelled, token ? token : "|");
	assert_false(said && ended[c]);
	ended[c] = ended[c] || reason;
}

static void hear(struct talk *t, const char *stream)
{
	bool ended[CHOICES] = {false};
	struct buf data;

	buf_init(&data, 1 << 20);
	while (next_data(&stream, &data)) {
		cJSON *event = cJSON_Parse(data.data);
		const cJSON *choice;

		if (!event && strcmp(data.data, "[DONE]") != 0)
			fail_msg("no JSON: %s", data.data);
		cJSON_ArrayForEach(choice, cJSON_GetObjectItem(event, "choices"))
			hear_choice(t, choice, ended);
		cJSON_Delete(event);
	}
	buf_free(&data);
}

/* The text masked at once, as a string of an answer that comes whole. */
static char *whole(struct talk *t, const char *text)
{
	enum framing framing = options.framing;
	struct buf body, out;
	cJSON *answer;
	size_t end;
	char *masked;

	buf_init(&body, 1 << 20);
	buf_puts(&body, "{\"choices\":[{\"message\":{\"content\":");
	write_string(t, slice_str(text), &body);
	buf_puts(&body, "}}]}");
	options.framing = FRAMING_JSON;
	assert_int_equal(answer_pieces(buf_slice(&body), 0, 0, &out, &end), RC_OK);
	options.framing = framing;
	answer = cJSON_Parse(out.data);
	masked = strdup(at_path(answer, "choices.0.message.content"));
	cJSON_Delete(answer);
	buf_free(&body);
	buf_free(&out);
	return masked;
}

/* Do the log probabilities spell anything that the client was not told? */
static bool spells_more(struct voice *v)
{
	char *rest = v->spelled.data, *run;

	while (rest && (run = strsep(&rest, "|")))
		if (*run && !strstr(buf_slice(&v->heard).p, run))
			return true;
	return false;
}

static void any_stream_says_what_the_whole_texts_say(void **state)
{
	(void)state;
	answers_are(FRAMING_SSE, openai, "/v1/chat/completions");
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct talk t = {.seed = seed};
		struct buf out, cut;
		size_t end, end_cut;

		talk(&t);
		assert_int_equal(answer_pieces(buf_slice(&t.stream), 0, 0, &out, &end), RC_OK);
		assert_int_equal(answer_pieces(buf_slice(&t.stream), 1 + seed % 50, seed, &cut, &end_cut), RC_OK);
		if (end != end_cut || cut.len != out.len || memcmp(cut.data, out.data, cut.len) != 0)
			fail_msg("seed %u: cut into pieces not the same\n%s\nnot\n%s", seed, cut.data, out.data);
		hear(&t, out.data);
		for (int c = 0; c < CHOICES; c++)
			for (int k = 0; k < KINDS; k++) {
				struct voice *v = &t.voice[c][k];
				char *wanted = whole(&t, v->text);

				if (strcmp(buf_slice(&v->heard).p, wanted) != 0)
					fail_msg("seed %u, choice %d, text %d: %s\nnot\n%s\n%s\nbecame\n%s", seed, c, k, v->heard.data, wanted, t.stream.data, out.data);
				if (spells_more(v))
					fail_msg("seed %u, choice %d is spelled: %s", seed, c, v->spelled.data);
				free(wanted);
				buf_free(&v->heard);
				buf_free(&v->spelled);
			}
		buf_free(&t.stream);
		buf_free(&out);
		buf_free(&cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_stream_says_what_the_whole_texts_say),
	};

	return cmocka_run_group_tests(tests, answering_setup, answering_teardown);
}
