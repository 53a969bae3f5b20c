#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

static struct dialect *dialect;
static const struct route *route;

static int load(void **state)
{
	char *path = NULL;

	(void)state;
	if (dialect_load("openai", NULL, &dialect, NULL) != RC_OK ||
	    dialect_route(dialect, "POST", SLICE("/v1/chat/completions"), NULL, &route, &path, NULL) != RC_OK)
		return 1;
	free(path);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	dialect_free(dialect);
	return 0;
}

static struct prompt *chat(const char *model, const char *messages)
{
	struct prompt *p = NULL;
	char body[1024];

	snprintf(body, sizeof body, "{\"model\":\"%s\",\"messages\":[%s]}", model, messages);
	assert_int_equal(prompt_read(route, slice_str(body), NULL, &p, NULL), RC_OK);
	return p;
}

static size_t covers(struct history *h, const char *model, const char *messages)
{
	struct prompt *p = chat(model, messages);
	size_t n = history_covers(h, p);

	prompt_free(p);
	return n;
}

#define ASK "{\"role\":\"user\",\"content\":\"every patient\"}"
#define ANSWER ",{\"role\":\"assistant\",\"content\":\"two\"}"
#define MORE ",{\"role\":\"user\",\"content\":\"thanks\"}"

static void test_an_approved_message_with_its_answer_is_history(void **state)
{
	struct history *h = history_new();
	struct prompt *p = chat("m", ASK);

	(void)state;
	assert_int_equal(covers(h, "m", ASK ANSWER MORE), 0);
	assert_int_equal(history_add(h, p), RC_OK);
	assert_int_equal(covers(h, "m", ASK ANSWER MORE), 1);
	assert_int_equal(covers(h, "m", ASK), 0);                       /* asked again, not history */
	assert_int_equal(covers(h, "m", ASK MORE), 0);                  /* no answer behind it */
	assert_int_equal(covers(h, "other", ASK ANSWER MORE), 0);
	assert_int_equal(covers(h, "m", "{\"role\":\"system\",\"content\":\"every patient\"}" ANSWER MORE), 0);
	assert_int_equal(covers(h, "m", "{\"role\":\"user\", \"content\":\"every patient\"}" ANSWER MORE), 0);    /* other bytes */
	assert_int_equal(covers(h, "m", "{\"role\":\"user\",\"content\":\"x\"}," ASK ANSWER MORE), 0);            /* other messages before */
	prompt_free(p);
	history_free(h);
}

static void test_a_whole_conversation_is_history_up_to_its_last_answer(void **state)
{
	struct history *h = history_new();
	struct prompt *p = chat("m", ASK ANSWER MORE);

	(void)state;
	assert_int_equal(history_add(h, p), RC_OK);
	assert_int_equal(history_add(h, p), RC_OK);
	assert_int_equal(covers(h, "m", ASK ANSWER MORE ",{\"role\":\"assistant\",\"content\":\"bye\"}" MORE), 3);
	assert_int_equal(covers(h, "m", ASK ANSWER MORE), 1);
	prompt_free(p);
	history_free(h);
}

/* n messages of a user, no two alike, and behind them an answer, which is not counted. */
static struct prompt long_chat(size_t n)
{
	static char user[] = "user", assistant[] = "assistant";
	struct prompt p = {.messages = calloc(n + 1, sizeof *p.messages), .n_messages = n};

	assert_non_null(p.messages);
	for (size_t i = 0; i < n; i++) {
		p.messages[i].role = user;
		memcpy(p.messages[i].sha256, &i, sizeof i);
	}
	p.messages[n].role = assistant;
	return p;
}

static void test_what_stands_behind_the_last_message_is_no_answer(void **state)
{
	struct history *h = history_new();
	struct prompt p = long_chat(2);

	(void)state;
	assert_int_equal(history_add(h, &p), RC_OK);
	assert_int_equal(history_covers(h, &p), 0);
	p.n_messages++;
	assert_int_equal(history_covers(h, &p), 2);
	free(p.messages);
	history_free(h);
}

/* Each once, however often it was sent; what comes later is asked about again. */
static void test_a_session_remembers_65536_messages(void **state)
{
	struct history *h = history_new();
	struct prompt p = long_chat(65537);

	(void)state;
	p.n_messages = 40000;
	assert_int_equal(history_add(h, &p), RC_OK);
	p.n_messages = 65537;
	assert_int_equal(history_add(h, &p), RC_OK);
	p.n_messages++;
	assert_int_equal(history_covers(h, &p), 0);      /* 65,537 and their answer */
	p.n_messages--;
	p.messages[65536].role = p.messages[65537].role;
	assert_int_equal(history_covers(h, &p), 65536);
	free(p.messages);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_approved_message_with_its_answer_is_history),
		cmocka_unit_test(test_a_whole_conversation_is_history_up_to_its_last_answer),
		cmocka_unit_test(test_what_stands_behind_the_last_message_is_no_answer),
		cmocka_unit_test(test_a_session_remembers_65536_messages),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
