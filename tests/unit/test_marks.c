/* What sessions are found by: kept as exchanges end, asked for by filters, and nothing of it tells of a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data_path.h"
#include "json.h"

static const struct person audrey = {.issuer = "https://idp", .subject = "c", .user = "audrey@x", .groups = {officers, 1}, .auditor = true};

static int found(const struct person *person, struct session_filter filter)
{
	struct buf out;
	cJSON *tree;
	int n;

	buf_init(&out, 1 << 20);
	assert_int_equal(sessions_list(place.agent.sessions, person, &filter, &out, NULL), RC_OK);
	tree = json_parse(buf_slice(&out));
	n = cJSON_GetArraySize(tree);
	cJSON_Delete(tree);
	buf_free(&out);
	return n;
}
#define FOUND(...) found(&audrey, (struct session_filter){__VA_ARGS__})

static void asks(const char *body, int status)
{
	struct client c;

	model_says_note();
	client_open(&c);
	assert_int_equal(request(&c, "POST", CHAT, body), status);
	client_close(&c);
}

static void next_session(void)
{
	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	open_session(&place);
}

#define SAYS(model, text) "{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"}]}"

static void sessions_are_found_by_what_was_asked_decided_and_masked(void **state)
{
	(void)state;
	asks(SAYS("llama-3.1:8b", "hi"), 200);
	asks(SAYS("llama-3.1:8b", "hi"), 200);
	assert_int_equal(FOUND(.model = "llama-3.1:8b"), 1);                     /* while it is open */
	next_session();
	asks(SAYS("qwen", "export the database"), 403);
	next_session();
	asks(SAYS("qwen", "some day"), 403);
	next_session();
	asks(SAYS("qwen", "hi"), 200);
	next_session();
	assert_int_equal(FOUND(.since_ns = 0), 5);
	assert_int_equal(FOUND(.model = "llama-3.1:8b"), 1);
	assert_int_equal(FOUND(.model = "qwen"), 1);                             /* what was refused asked no model */
	assert_int_equal(FOUND(.model = "llama"), 0);
	assert_int_equal(FOUND(.rule = "no-export"), 1);
	assert_int_equal(FOUND(.rule = "later"), 1);
	assert_int_equal(FOUND(.rule = "bulk"), 0);
	assert_int_equal(FOUND(.entity = "SSN", .entity_least = 1), 2);
	assert_int_equal(FOUND(.entity = "SSN", .entity_least = 2), 1);
	assert_int_equal(FOUND(.entity = "SSN", .entity_least = 3), 0);
	assert_int_equal(FOUND(.entity = "PHONE", .entity_least = 1), 0);
	assert_int_equal(FOUND(.held = true), 1);
	assert_int_equal(FOUND(.denied = true), 1);
	assert_int_equal(FOUND(.held = true, .denied = true), 0);
	assert_int_equal(FOUND(.rule = "later", .held = true, .state = "closed", .connection = "llama-prod", .user = "alice@x"), 1);
	assert_int_equal(FOUND(.unreviewed = true), 5);
	assert_int_equal(FOUND(.reviewed = true), 0);
	assert_int_equal(FOUND(.since_ns = INT64_MAX), 0);
	assert_int_equal(FOUND(.until_ns = 1), 0);
	assert_int_equal(FOUND(.until_ns = INT64_MAX), 5);
	assert_int_equal(found(&alice, (struct session_filter){.denied = true}), 1);     /* one's own */
	assert_int_equal(found(&bob, (struct session_filter){.since_ns = 0}), 0);
}

/* The store as a crash leaves it at worst: the sessions are open, and nothing of what they are found by was kept. */
static void start_again(void)
{
	struct why why = {0};
	sqlite3 *db;

	sessions_free(place.agent.sessions);
	db = store_begin(place.agent.store);
	assert_int_equal(store_do(db, NULL, "UPDATE sessions SET state = 'open', ended = NULL, closed_ns = NULL, parts = 1", ""), RC_OK);
	assert_int_equal(store_do(db, NULL, "DELETE FROM marks", ""), RC_OK);
	store_end(place.agent.store);
	assert_int_equal(sessions_new(place.agent.current, place.agent.store, place.agent.spool, NULL, &place.agent.sessions, &why), RC_OK);
}

static void ask_all_kinds(void)
{
	asks(SAYS("llama-3.1:8b", "hi"), 200);
	write_policy("version: 1\n");
	take_over();                                                             /* the session goes on in another part */
	asks(SAYS("mistral", "hi"), 200);
	write_policy(POLICY);
	take_over();
	asks(SAYS("qwen", "export the database"), 403);
	asks(SAYS("qwen", "some day"), 403);
	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	place.session = NULL;
}

static void a_crash_loses_nothing_that_sessions_are_found_by(void **state)
{
	struct buf out;

	(void)state;
	ask_all_kinds();
	buf_init(&out, 1 << 16);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(FOUND(.model = "llama-3.1:8b"), 1);
		assert_int_equal(FOUND(.model = "mistral"), 1);
		assert_int_equal(FOUND(.model = "qwen"), 0);
		assert_int_equal(FOUND(.rule = "no-export"), 1);
		assert_int_equal(FOUND(.rule = "later"), 1);
		assert_int_equal(FOUND(.entity = "SSN", .entity_least = 2), 1);
		assert_int_equal(FOUND(.entity = "SSN", .entity_least = 3), 0);
		assert_int_equal(FOUND(.held = true, .denied = true, .state = "closed"), 1);
		buf_clear(&out);
		assert_int_equal(sessions_list(place.agent.sessions, &audrey, &(struct session_filter){0}, &out, NULL), RC_OK);
		assert_non_null(strstr(out.data, "\"parts\":3,"));
		assert_non_null(strstr(out.data, round ? "\"end\":\"crash\"" : "\"end\":\"client\""));
		if (!round)
			start_again();
	}
	buf_free(&out);
}

static void a_damaged_part_takes_only_its_own_along(void **state)
{
	char name[96];

	(void)state;
	ask_all_kinds();
	snprintf(name, sizeof name, "bundles/%s/2.tar", place.id);
	assert_int_equal(truncate(in_site(name), 100), 0);
	start_again();
	assert_int_equal(FOUND(.model = "llama-3.1:8b", .state = "closed"), 1);
	assert_int_equal(FOUND(.model = "mistral"), 0);
	assert_int_equal(FOUND(.rule = "no-export"), 1);
}

/* Nobody reads those here: how much was masked, held and denied stands in the clear all the same. */
static void of_encrypted_recordings_the_counts_are_found_again(void **state)
{
	(void)state;
	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	site_seal();
	place.agent.spool->recipients = site.recipients;
	open_session(&place);
	ask_all_kinds();
	start_again();
	assert_int_equal(FOUND(.entity = "SSN", .entity_least = 2), 1);
	assert_int_equal(FOUND(.held = true, .denied = true), 1);
	assert_int_equal(FOUND(.model = "llama-3.1:8b"), 0);
}

/* A caller may write anything in the place of a model's name. */
static void the_index_holds_no_words_of_a_caller(void **state)
{
	static const char *const never[] = {"8741", "Jane", "Smith", "hi there"};
	sqlite3_stmt *q;
	sqlite3 *db;
	int rows = 0;

	(void)state;
	asks(SAYS("SSN " SSN, "hi there"), 200);
	asks(SAYS(SSN, "hi there"), 200);
	asks(SAYS("Dr. Jane Smith", "SSN " SSN ", Dr. Jane Smith"), 200);
	asks(SAYS("a-name-that-is-longer-than-all-that-servers-call-their-models-by-and-more", "hi"), 200);
	asks(SAYS("m", "every"), 200);
	next_session();
	db = store_begin(place.agent.store);
	assert_int_equal(store_query(db, &q, "SELECT kind, value FROM marks", ""), RC_OK);
	for (; store_row(q) == RC_OK; rows++) {
		for (size_t i = 0; i < sizeof never / sizeof *never; i++)
			assert_null(strstr(store_text(q, 1), never[i]));
		assert_true(strcmp(store_text(q, 0), "model") != 0 || strcmp(store_text(q, 1), "m") == 0);
	}
	assert_int_equal(rows, 2);                                               /* the model m, and SSN */
	sqlite3_finalize(q);
	store_end(place.agent.store);
}

/* How many are kept of the session S, the sum of their figures and the largest, as "256 262 5". */
static const char *kept(sqlite3 *db)
{
	static char text[64];
	sqlite3_stmt *q;

	assert_int_equal(store_query(db, &q, "SELECT count(*) || ' ' || sum(n) || ' ' || max(n) FROM marks WHERE session = 'S'", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	snprintf(text, sizeof text, "%s", store_text(q, 0));
	sqlite3_finalize(q);
	return text;
}

static void a_session_keeps_so_many_marks_and_no_more(void **state)
{
	struct marks *m = marks_new(), *fewer = marks_new();
	char name[32], longest[MARK_VALUE_MAX + 2];
	sqlite3 *db;

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	longest[MARK_VALUE_MAX + 1] = '\0';
	marks_add(m, MARK_MODEL, longest, 1);            /* too long */
	longest[MARK_VALUE_MAX] = '\0';
	marks_add(m, MARK_MODEL, longest, 3);
	marks_add(m, MARK_MODEL, "nothing", 0);
	for (int i = 1; i < MARKS_MAX + 50; i++) {
		snprintf(name, sizeof name, "m-%d", i);
		marks_add(m, MARK_MODEL, name, 1);
	}
	marks_add(m, MARK_MODEL, "m-7", 4);
	marks_add(m, MARK_MODEL, "", 1);
	db = store_begin(place.agent.store);
	assert_int_equal(marks_save(m, db, "S", false), RC_OK);
	assert_string_equal(kept(db), "256 262 5");
	marks_add(m, MARK_MODEL, "m-9", 2);
	assert_int_equal(marks_save(m, db, "S", false), RC_OK);
	marks_add(fewer, MARK_MODEL, "m-7", 1);          /* what a crash left of it is no less */
	assert_int_equal(marks_save(fewer, db, "S", false), RC_OK);
	assert_string_equal(kept(db), "256 264 5");
	assert_int_equal(store_do(db, NULL, "DELETE FROM marks", ""), RC_OK);    /* a transaction was undone */
	assert_int_equal(marks_save(m, db, "S", false), RC_OK);
	assert_int_equal(marks_save(m, db, "S", true), RC_OK);
	assert_string_equal(kept(db), "256 264 5");
	store_end(place.agent.store);
	marks_free(m);
	marks_free(fewer);
	marks_free(NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		T(sessions_are_found_by_what_was_asked_decided_and_masked),
		T(a_crash_loses_nothing_that_sessions_are_found_by),
		T(a_damaged_part_takes_only_its_own_along),
		T(of_encrypted_recordings_the_counts_are_found_again),
		T(the_index_holds_no_words_of_a_caller),
		T(a_session_keeps_so_many_marks_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
