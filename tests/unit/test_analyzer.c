/* An analyzer beside the engine: what it is told, what its answers mean, and what happens when they mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer.h"
#include "analyzer_answer.h"
#include "analyzer_stand_in.h"
#include "clock.h"
#include "log.h"
#include "masking.h"

#define SECRET "model-credential-5d1f"

static struct mask_engine *engine;
static struct stand_in stand_in;
static struct analyzer_settings settings;

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

#define ITEM(start, end) "{\"entity_type\":\"PERSON\",\"start\":" start ",\"end\":" end ",\"score\":0.9}"

static void answers_that_are_none_count_as_failures(void **state)
{
	static const char *const bad[] = {
		"", "null", "{}", "[", "[]]", "[1]", "[null]", "\"x\"", "[{}]", "[" ITEM("0", "13") "]", "[" ITEM("-1", "3") "]", "[" ITEM("3", "3") "]",
		"[" ITEM("4", "3") "]", "[" ITEM("0.5", "3") "]", "[" ITEM("0", "2.5") "]", "[" ITEM("1e99", "1e99") "]", "[" ITEM("\"0\"", "\"3\"") "]",
		"[" ITEM("0", "18446744073709551616") "]", "[" ITEM("0", "4294967299") "]", "[" ITEM("0", "65539") "]", "[" ITEM("true", "3") "]",
		"[{\"entity_type\":\"\",\"start\":0,\"end\":3,\"score\":1}]", "[{\"entity_type\":7,\"start\":0,\"end\":3,\"score\":1}]",
		"[{\"entity_type\":\"PERSON\",\"start\":0,\"end\":3}]", "[{\"entity_type\":\"PERSON\",\"start\":0,\"end\":3,\"score\":7}]",
		"[{\"entity_type\":\"PERSON\",\"start\":0,\"end\":3,\"score\":-1}]", "[{\"entity_type\":\"PERSON\",\"start\":0,\"end\":3,\"score\":NaN}]",
		"[{\"start\":0,\"end\":3,\"score\":1}]", "[" ITEM("0", "3") "," ITEM("9", "99") "]",
	};
	struct analyzer_text text;
	const bool hidden[64] = {false};

	(void)state;
	assert_int_equal(analyzer_text_make(SLICE("blorft gnarl"), 0, hidden, &text), RC_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mask_find out[MASK_FINDS_MAX];
		struct why why = {0};
		size_t n = 7;

		if (analyzer_answer_read(slice_str(bad[i]), &settings, &text, out, &n, &why) != RC_BAD || n != 0 || !why.text[0])
			fail_msg("%s is taken", bad[i]);
		assert_null(strstr(why.text, "PERSON"));
	}
	buf_free(&text.text);
}

static void too_many_items_are_a_failure(void **state)
{
	struct mask_find out[MASK_FINDS_MAX];
	struct analyzer_text text;
	const bool hidden[64] = {false};
	struct buf json;

	(void)state;
	assert_int_equal(analyzer_text_make(SLICE("blorft gnarl"), 0, hidden, &text), RC_OK);
	buf_init(&json, 1 << 20);
	for (int more = 0; more < 2; more++) {
		size_t n;

		buf_clear(&json);
		for (int i = 0; i < MASK_FINDS_MAX + more; i++)
			buf_puts(&json, i ? "," ITEM("0", "6") : "[" ITEM("0", "6"));
		buf_putc(&json, ']');
		assert_int_equal(analyzer_answer_read(buf_slice(&json), &settings, &text, out, &n, NULL), more ? RC_BAD : RC_OK);
		assert_int_equal(n, more ? 0 : MASK_FINDS_MAX);
	}
	buf_free(&json);
	buf_free(&text.text);
}

/* Offsets are characters of what stands before and the passage; ours are bytes of the passage. */
static void offsets_are_characters(void **state)
{
	static const char all[] = "n\xc3\xa9: \xf0\x9f\x98\x80 bl\xffrft \xe2\x82";
	static const struct {
		size_t start, end, from, to, n;
	} cases[] = {
		{4, 5, 0, 4, 1}, {6, 12, 5, 11, 1}, {0, 4, 0, 0, 0}, {2, 5, 0, 4, 1}, {13, 15, 12, 14, 1}, {0, 15, 0, 14, 1}, {3, 4, 0, 0, 0},
	};
	struct analyzer_text text;
	const bool hidden[64] = {[5] = false};

	(void)state;
	assert_int_equal(analyzer_text_make(SLICE(all), 5, hidden, &text), RC_OK);
	assert_int_equal(text.n, 15);
	assert_string_equal(text.text.data, "n\xc3\xa9: \xf0\x9f\x98\x80 bl\xef\xbf\xbdrft \xef\xbf\xbd\xef\xbf\xbd");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mask_find out[MASK_FINDS_MAX] = {{0}};
		char json[200];
		size_t n;

		snprintf(json, sizeof json, "[{\"entity_type\":\"PERSON\",\"start\":%zu,\"end\":%zu,\"score\":0.4}]", cases[i].start, cases[i].end);
		assert_int_equal(analyzer_answer_read(slice_str(json), &settings, &text, out, &n, NULL), RC_OK);
		if (n != cases[i].n || out[0].start != cases[i].from || out[0].end != cases[i].to)
			fail_msg("case %zu: %zu, %zu-%zu", i, n, out[0].start, out[0].end);
	}
	buf_free(&text.text);
}

static void names_mean_what_the_configuration_says(void **state)
{
	struct analyzer_name names[] = {{(char *)"DATE_TIME", -1}, {(char *)"WARD", ENTITY_FACILITY}};
	const struct analyzer_settings own = {.entities = names, .n_entities = 2, .score = 0.5};
	struct mask_find out[MASK_FINDS_MAX];
	struct analyzer_text text;
	const bool hidden[64] = {false};
	size_t n;

	(void)state;
	assert_int_equal(analyzer_entity(&settings, "PERSON"), ENTITY_NAME);
	assert_int_equal(analyzer_entity(&settings, "US_SSN"), ENTITY_SSN);
	assert_int_equal(analyzer_entity(&settings, "NRP"), -1);
	assert_int_equal(analyzer_entity(&settings, "DATE_TIME"), ENTITY_DATE);
	assert_int_equal(analyzer_entity(&settings, "XX_NEW"), ENTITY_ID);
	assert_int_equal(analyzer_entity(&own, "DATE_TIME"), -1);
	assert_int_equal(analyzer_entity(&own, "WARD"), ENTITY_FACILITY);
	assert_int_equal(analyzer_entity(&own, "PERSON"), ENTITY_NAME);
	assert_int_equal(analyzer_text_make(SLICE("blorft"), 0, hidden, &text), RC_OK);
	assert_int_equal(analyzer_answer_read(SLICE("[{\"entity_type\":\"WARD\",\"start\":0,\"end\":1,\"score\":0.49},"
		"{\"entity_type\":\"WARD\",\"start\":1,\"end\":2,\"score\":0.5},{\"entity_type\":\"DATE_TIME\",\"start\":2,\"end\":3,\"score\":1}]"),
		&own, &text, out, &n, NULL), RC_OK);
	assert_true(n == 1 && out[0].start == 1 && out[0].entity == ENTITY_FACILITY);
	buf_free(&text.text);
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------- */

struct masked {
	enum rc rc;
	struct buf out;
	struct analyzer *a;
	struct mask_scope *session, *scope;
};

static void begin(struct masked *m)
{
	*m = (struct masked){.session = mask_scope_new()};
	buf_init(&m->out, BUF_MAX_DEFAULT);
	m->scope = mask_scope_begin(m->session);
	assert_int_equal(analyzer_new(&settings, SLICE(SECRET), -1, -1, &m->a), RC_OK);
	mask_scope_finder(m->scope, analyzer_finder(m->a));
	buf_clear(&stand_in.texts);
}

static void mask_piece(struct masked *m, const char *text)
{
	m->rc = mask_text(engine, m->scope, NULL, slice_str(text), &m->out);
	buf_add(&m->out, "", 0);
}

static void end(struct masked *m)
{
	analyzer_end(m->a, "llama");
	mask_scope_end(m->scope);
	mask_scope_free(m->session);
	analyzer_free(m->a);
	buf_free(&m->out);
}

static const char *was_asked(void)
{
	return stand_in.texts.data ? stand_in.texts.data : "";
}

static void what_it_finds_is_masked(void **state)
{
	struct masked m;

	(void)state;
	begin(&m);
	mask_piece(&m, "caf\xc3\xa9 \xf0\x9f\x98\x80 \"blorft\" of gnarl, SSN 536-22-8741, twice daily, vegetarian badge-7");
	assert_int_equal(m.rc, RC_OK);
	assert_string_equal(m.out.data, "caf\xc3\xa9 \xf0\x9f\x98\x80 \"[NAME]\" of [CITY], SSN [SSN], [DATE], vegetarian [ID]");
	assert_non_null(strstr(stand_in.web.last, "POST /analyze HTTP/1.1\r\n"));
	assert_non_null(strstr(stand_in.web.last, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(stand_in.web.last, ",\"language\":\"en\",\"score_threshold\":0.4}"));
	assert_int_equal(analyzer_result(m.a), RC_OK);
	end(&m);
}

static void secrets_are_not_told(void **state)
{
	static const struct {
		const char *text, *asked;
	} cases[] = {
		{"it is " SECRET " blorft", "[it is ********************* blorft]"},
		{SECRET SECRET, "[******************************************]"},
		{"begins model-creden", "[begins ************]"},
		{"tial-5d1f ends it", "[********* ends it]"},
		{"my key phg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-, caf\xc3\xa9 blorft",
		 "[my key ***********************************************, caf\xc3\xa9 blorft]"},
		{"phg_", "[phg_]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct masked m;

		begin(&m);
		mask_piece(&m, cases[i].text);
		assert_int_equal(m.rc, RC_OK);
		assert_string_equal(was_asked(), cases[i].asked);
		if (strstr(cases[i].text, "blorft"))
			assert_non_null(strstr(m.out.data, "[NAME]"));
		end(&m);
	}
}

/* A secret that a passage's end cuts is told in no part, either. */
static void secrets_are_not_told_in_pieces(void **state)
{
	(void)state;
	for (size_t before = 985; before < 1030; before++) {
		struct masked m;
		struct buf text;

		buf_init(&text, 4096);
		for (size_t i = 0; i < before; i++)
			buf_putc(&text, 'x');
		buf_puts(&text, SECRET "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
		begin(&m);
		mask_piece(&m, text.data);
		assert_int_equal(m.rc, RC_OK);
		for (size_t i = 0; i + 4 <= strlen(SECRET); i++) {
			char part[5] = "";

			memcpy(part, &SECRET[i], 4);
			if (strstr(was_asked(), part))
				fail_msg("%zu: %s is told: %s", before, part, was_asked());
		}
		end(&m);
		buf_free(&text);
	}
}

static void whatever_else_it_answers_lets_nothing_through(void **state)
{
	static const struct {
		const char *what, *raw;
	} cases[] = {
		{"nothing", ""}, {"no HTTP", "hello\r\n\r\n"},
		{"an error", "HTTP/1.1 500 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"},
		{"a redirect", "HTTP/1.1 302 X\r\nContent-Type: application/json\r\nLocation: /analyze\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"},
		{"another type", "HTTP/1.1 200 X\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"},
		{"a type like it", "HTTP/1.1 200 X\r\nContent-Type: application/jsonx\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"},
		{"no type", "HTTP/1.1 200 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"},
		{"half an answer", "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 9\r\nConnection: close\r\n\r\n[]"},
		{"no JSON", "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[}"},
		{"an object", "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"},
		{"a place outside", "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 60\r\nConnection: close\r\n\r\n"
		 "[{\"entity_type\":\"PERSON\",\"start\":0,\"end\":99999,\"score\":0.99}]"},
	};

	(void)state;
	for (int builtin = 0; builtin < 2; builtin++)
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			int asked = web_requests(&stand_in.web);
			struct masked m;

			settings.builtin = builtin;
			stand_in.raw = cases[i].raw;
			begin(&m);
			mask_piece(&m, "blorft has SSN 536-22-8741");
			if (m.rc != (builtin ? RC_OK : RC_UNREACHABLE) || analyzer_result(m.a) != m.rc)
				fail_msg("%s: rc %d", cases[i].what, m.rc);
			assert_string_equal(m.out.data ? m.out.data : "", builtin ? "blorft has SSN [SSN]" : "");
			/* it is not asked again before the next exchange */
			stand_in.raw = NULL;
			mask_piece(&m, "blorft");
			assert_int_equal(web_requests(&stand_in.web), asked + 1);
			analyzer_begin(m.a);
			buf_clear(&m.out);
			mask_piece(&m, "blorft");
			assert_string_equal(m.out.data, "[NAME]");
			end(&m);
		}
	settings.builtin = false;
}

static void one_that_is_slow_is_given_up(void **state)
{
	int64_t began = clock_mono_ns();
	struct masked m;

	(void)state;
	settings.timeout_ns = 50 * NS_PER_MS;
	web_slow(&stand_in.web, true);
	begin(&m);
	mask_piece(&m, "blorft has SSN 536-22-8741");
	assert_int_equal(m.rc, RC_UNREACHABLE);
	assert_int_equal(m.out.len, 0);
	assert_true(clock_mono_ns() - began < 5 * NS_PER_S);
	web_slow(&stand_in.web, false);
	settings.timeout_ns = 20 * NS_PER_S;
	end(&m);
}

static void who_hangs_up_is_not_waited_for(void **state)
{
	int pair[2];
	struct masked m;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	for (int k = 0; k < 2; k++) {
		int asked = web_requests(&stand_in.web);

		begin(&m);
		analyzer_free(m.a);
		assert_int_equal(analyzer_new(&settings, SLICE(SECRET), pair[0], -1, &m.a), RC_OK);
		mask_scope_finder(m.scope, analyzer_finder(m.a));
		mask_piece(&m, "blorft");
		assert_int_equal(m.rc, k ? RC_END : RC_OK);
		assert_int_equal(analyzer_result(m.a), m.rc);
		assert_int_equal(web_requests(&stand_in.web) - asked, k ? 0 : 1);
		end(&m);
		if (!k)
			close(pair[1]);
	}
	close(pair[0]);
}

static void what_was_missed_is_told_in_one_line_without_text(void **state)
{
	int pipes[2];
	char log[4096] = "";
	struct masked m;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	log_setup(pipes[1], true, LOG_INFO);
	settings.builtin = true;
	stand_in.raw = "";
	begin(&m);
	mask_piece(&m, "blorft one");
	mask_piece(&m, "blorft two");
	end(&m);
	stand_in.raw = NULL;
	begin(&m);
	mask_piece(&m, "blorft three");
	end(&m);
	settings.builtin = false;
	assert_true(read(pipes[0], log, sizeof log - 1) > 0);
	assert_non_null(strstr(log, "\"analyzer_failed\""));
	assert_non_null(strstr(log, "\"passages\":2"));
	assert_non_null(strstr(log, "\"on_failure\":\"builtin\""));
	assert_null(strstr(log, "blorft"));
	assert_ptr_equal(strchr(log, '\n') + 1, log + strlen(log));
	log_setup(-1, false, LOG_ERROR);
	close(pipes[0]);
	close(pipes[1]);
}

static int setup(void **state)
{
	(void)state;
	log_setup(-1, false, LOG_ERROR);
	engine = masking_engine(NULL);
	stand_in_start(&stand_in);
	settings = (struct analyzer_settings){.url = stand_in.url, .language = (char *)"en", .timeout_ns = 20 * NS_PER_S, .score = 0.4};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stand_in_stop(&stand_in);
	mask_engine_free(engine);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_that_are_none_count_as_failures),
		cmocka_unit_test(too_many_items_are_a_failure),
		cmocka_unit_test(offsets_are_characters),
		cmocka_unit_test(names_mean_what_the_configuration_says),
		cmocka_unit_test(what_it_finds_is_masked),
		cmocka_unit_test(secrets_are_not_told),
		cmocka_unit_test(secrets_are_not_told_in_pieces),
		cmocka_unit_test(whatever_else_it_answers_lets_nothing_through),
		cmocka_unit_test(one_that_is_slow_is_given_up),
		cmocka_unit_test(who_hangs_up_is_not_waited_for),
		cmocka_unit_test(what_was_missed_is_told_in_one_line_without_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
