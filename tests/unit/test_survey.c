/* The first look at an event: when may what it says of one event stand for the next? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "answering.h"
#include "survey.h"

#define EVENT(content) "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" content "\"},\"finish_reason\":null}]}"

static struct survey one, other;

static bool tells(const char *surveyed, const char *event)
{
	assert_int_equal(survey_read(shape_of(openai, "/v1/chat/completions"), slice_str(surveyed), &one), RC_OK);
	return survey_tells(&one, slice_str(surveyed), slice_str(event));
}

static void one_that_differs_in_its_text_alone_is_told_of(void **state)
{
	static const char *const texts[] = {EVENT(" the"), EVENT("x"), EVENT("a long piece of text that the model wrote "), EVENT("caf\xc3\xa9 \xe2\x82\xac"),
					    EVENT("{'choices':[],}")};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_true(tells(EVENT("token"), texts[i]));
		assert_int_equal(survey_read(shape_of(openai, "/v1/chat/completions"), slice_str(texts[i]), &other), RC_OK);
		assert_int_equal(one.n_texts, other.n_texts);
		assert_int_equal(one.n_keys, other.n_keys);
		assert_int_equal(one.n_ends, other.n_ends);
		assert_memory_equal(one.texts, other.texts, sizeof *one.texts);
		assert_memory_equal(one.keys, other.keys, one.n_keys * sizeof *one.keys);
	}
}

static void one_that_may_be_another_is_not(void **state)
{
	static const char *const events[] = {
		EVENT(""), EVENT("\\u0041"), EVENT("a\",\"finish_reason\":\"stop"), EVENT("a\"},\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{\"content\":\"b"),
		EVENT("line\nbreak"), EVENT("\xff"), EVENT("cut \xe2\x82"), EVENT("a\\"),
		"{\"id\":\"a\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"token\"},\"finish_reason\":null}]}",
		"{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"token\"},\"finish_reason\":\"stop\"}]}",
		"{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"", "\"},\"finish_reason\":null}]}", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (tells(EVENT("token"), events[i]))
			fail_msg("%s", events[i]);
}

static void only_a_survey_of_one_text_tells_of_another_event(void **state)
{
	static const char *const events[] = {
		EVENT(""), "{\"id\":\"a\",\"choices\":[]}", "7",
		"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"b\"}}]}",
		"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\"content\":\"b\"}}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (tells(events[i], events[i]) || tells(events[i], EVENT("token")))
			fail_msg("%s", events[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_differs_in_its_text_alone_is_told_of),
		cmocka_unit_test(one_that_may_be_another_is_not),
		cmocka_unit_test(only_a_survey_of_one_text_tells_of_another_event),
	};
	return cmocka_run_group_tests_name("survey", tests, answering_setup, answering_teardown);
}
