/* Roles by connection: whose decide, for whom, and what a list must leave out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "role.h"

static char *office[] = {"office"}, *ward[] = {"ward", "ward-privacy"}, *platform[] = {"platform"};
static struct connection connections[] = {
	{.name = (char *)"plain"},
	{.name = (char *)"ward", .auditor_groups = {ward, 2}},
	{.name = (char *)"both", .auditor_groups = {office, 1}, .admin_groups = {ward, 1}},
};
static const struct config config = {.connections = connections, .n_connections = 3};
/* auditor and admin: as the agent's own roles said of their groups */
static const struct person agents = {.groups = {office, 1}, .auditor = true}, wards = {.groups = {ward, 1}}, admin = {.groups = {platform, 1}, .admin = true};

static void a_connection_decides_where_it_names_the_role(void **state)
{
	static const struct {
		const struct person *person;
		enum role role;
		const char *has;                 /* of plain, ward, both, gone */
	} rows[] = {
		{&agents, ROLE_AUDITOR, "plain,both,gone,"}, {&agents, ROLE_ADMIN, ""},
		{&wards, ROLE_AUDITOR, "ward,"}, {&wards, ROLE_ADMIN, "both,"},
		{&admin, ROLE_AUDITOR, ""}, {&admin, ROLE_ADMIN, "plain,ward,gone,"},
	};
	static const char *const names[] = {"plain", "ward", "both", "gone"};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char has[64] = "";

		for (size_t k = 0; k < 4; k++)
			if (role_has(&config, rows[i].person, rows[i].role, names[k])) {
				strcat(has, names[k]);
				strcat(has, ",");
			}
		assert_string_equal(has, rows[i].has);
		assert_int_equal(role_has_any(&config, rows[i].person, rows[i].role), *has != '\0');
		assert_false(role_has_all(&config, rows[i].person, rows[i].role));
	}
}

static void all_are_all_there_may_be(void **state)
{
	const struct config bare = {.connections = connections, .n_connections = 1};
	struct person both = {.groups = {ward, 1}, .auditor = true};
	struct config two = {.connections = connections, .n_connections = 2};

	(void)state;
	assert_true(role_has_all(&bare, &agents, ROLE_AUDITOR));
	assert_false(role_has_all(&bare, &agents, ROLE_ADMIN));
	assert_true(role_has_all(&two, &both, ROLE_AUDITOR));
	both.auditor = false;                            /* then those of connections that are gone are not to be seen */
	assert_false(role_has_all(&(struct config){.connections = &connections[1], .n_connections = 1}, &both, ROLE_AUDITOR));
}

static void exceptions_are_what_differs_from_the_rest(void **state)
{
	static const struct {
		const struct person *person;
		enum role role;
		bool others;
		const char *but;
	} rows[] = {
		{&agents, ROLE_AUDITOR, true, "[\"ward\"]"}, {&agents, ROLE_ADMIN, false, "[]"}, {&wards, ROLE_AUDITOR, false, "[\"ward\"]"},
		{&wards, ROLE_ADMIN, false, "[\"both\"]"}, {&admin, ROLE_ADMIN, true, "[\"both\"]"}, {&admin, ROLE_AUDITOR, false, "[]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf but;
		bool others;

		buf_init(&but, 256);
		assert_int_equal(role_exceptions(&config, rows[i].person, rows[i].role, &others, &but), RC_OK);
		assert_int_equal(others, rows[i].others);
		assert_string_equal(but.data, rows[i].but);
		buf_free(&but);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_decides_where_it_names_the_role),
		cmocka_unit_test(all_are_all_there_may_be),
		cmocka_unit_test(exceptions_are_what_differs_from_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
