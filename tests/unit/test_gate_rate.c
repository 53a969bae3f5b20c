/* ssh_starts_per_minute: whom a start counts for, and when it is one too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "gate_rate.h"

static struct sockaddr_storage peer(const char *text)
{
	struct sockaddr_storage s = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&s;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s;

	if (strchr(text, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(51022);
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(51022);
		assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	}
	return s;
}

static struct origin origin(const char *text)
{
	struct sockaddr_storage s = peer(text);

	return origin_of(&s);
}

static bool same(const char *a, const char *b)
{
	struct origin x = origin(a), y = origin(b);

	return origin_is(&x, &y);
}

static void an_ipv6_host_has_its_64_and_an_ipv4_host_itself(void **state)
{
	(void)state;
	assert_true(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_false(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
	assert_false(same("203.0.113.9", "203.0.113.10"));
	assert_true(same("203.0.113.9", "::ffff:203.0.113.9"));
	assert_false(same("::ffff:203.0.113.9", "::ffff:203.0.113.10"));
}

static void addresses_are_written_as_people_write_them(void **state)
{
	static const char *const cases[][2] = {
		{"203.0.113.9", "203.0.113.9:51022"},
		{"::ffff:203.0.113.9", "203.0.113.9:51022"},
		{"2001:db8::1", "[2001:db8::1]:51022"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sockaddr_storage s = peer(cases[i][0]);

		origin_text(&s, text);
		assert_string_equal(text, cases[i][1]);
	}
	origin_text(&(struct sockaddr_storage){0}, text);
	assert_string_equal(text, "unknown");
}

static void a_minutes_worth_passes_and_then_as_it_comes_back(void **state)
{
	struct gate_rate *rate = gate_rate_new(60);
	struct origin a = origin("203.0.113.9"), b = origin("203.0.113.10");
	int64_t now = 1000 * NS_PER_S;

	(void)state;
	for (int i = 0; i < 60; i++)
		assert_true(gate_rate_take(rate, &a, now));
	assert_false(gate_rate_take(rate, &a, now));
	assert_true(gate_rate_take(rate, &b, now));
	assert_false(gate_rate_take(rate, &a, now + NS_PER_S - 1));
	assert_true(gate_rate_take(rate, &a, now + NS_PER_S));
	assert_false(gate_rate_take(rate, &a, now + NS_PER_S));
	for (int i = 0; i < 60; i++)
		assert_true(gate_rate_take(rate, &a, now + 3600 * NS_PER_S));
	assert_false(gate_rate_take(rate, &a, now + 3600 * NS_PER_S));
	gate_rate_free(rate);
}

static void a_flood_of_addresses_does_not_free_the_one_that_is_over(void **state)
{
	struct gate_rate *rate = gate_rate_new(2);
	struct origin bad = origin("203.0.113.9");
	int64_t now = 1000 * NS_PER_S;

	(void)state;
	assert_true(gate_rate_take(rate, &bad, now));
	assert_true(gate_rate_take(rate, &bad, now));
	for (unsigned i = 0; i < 20000; i++) {
		char text[64];
		struct origin other;

		snprintf(text, sizeof text, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
		other = origin(text);
		assert_true(gate_rate_take(rate, &other, now));
	}
	assert_false(gate_rate_take(rate, &bad, now));
	gate_rate_free(rate);
}

static void thousands_of_addresses_are_in_mind_at_one_time(void **state)
{
	struct gate_rate *rate = gate_rate_new(1), *none = gate_rate_new(0);
	int64_t now = 1000 * NS_PER_S;

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 4096; i++) {
			struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + i)};
			struct sockaddr_storage s = {0};
			struct origin o;

			memcpy(&s, &at, sizeof at);
			o = origin_of(&s);
			if (gate_rate_take(rate, &o, now) != (round == 0))
				fail_msg("address %u in round %u", i, round);
		}
	assert_true(gate_rate_take(none, &(struct origin){{1}}, now));   /* as if it were one */
	assert_false(gate_rate_take(none, &(struct origin){{1}}, now));
	gate_rate_free(rate);
	gate_rate_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv6_host_has_its_64_and_an_ipv4_host_itself),
		cmocka_unit_test(addresses_are_written_as_people_write_them),
		cmocka_unit_test(a_minutes_worth_passes_and_then_as_it_comes_back),
		cmocka_unit_test(a_flood_of_addresses_does_not_free_the_one_that_is_over),
		cmocka_unit_test(thousands_of_addresses_are_in_mind_at_one_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
