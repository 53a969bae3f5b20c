/* Command lines against their commands' records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "arguments.h"

static const struct option_spec options[] = {
	{"--reason", "TEXT", "why"},
	{"--json", NULL, "as JSON"},
	{"-o", "FILE", "where to"},
	{NULL, NULL, NULL},
};

static const struct command record = {.name = "deny", .args = "ID", .help = "refuse", .options = options, .min_args = 1, .max_args = 2};
static const struct command bare = {.name = "logout", .args = "", .help = "forget"};

struct reading {
	struct arguments args;
	struct why why;
	bool help;
	enum rc rc;
};

static void read_line(struct reading *r, const struct command *command, const char *const *words)
{
	int n = 0;

	while (words[n])
		n++;
	*r = (struct reading){0};
	r->rc = arguments_read(command, n, (char **)words, &r->args, &r->help, &r->why);
}

#define READ(r, ...) read_line(r, &record, (const char *const[]){"deny", __VA_ARGS__, NULL})

static void options_stand_anywhere_and_are_written_both_ways(void **state)
{
	struct reading r;

	(void)state;
	READ(&r, "--reason", "no", "ABCD", "--json");
	assert_int_equal(r.rc, RC_OK);
	assert_string_equal(argument(&r.args, "--reason"), "no");
	assert_string_equal(argument(&r.args, "--json"), "");
	assert_null(argument(&r.args, "-o"));
	assert_int_equal(r.args.n_positional, 1);
	assert_string_equal(r.args.positional[0], "ABCD");
	arguments_free(&r.args);
	READ(&r, "ABCD", "--reason=a=b", "-o", "-");
	assert_int_equal(r.rc, RC_OK);
	assert_string_equal(argument(&r.args, "--reason"), "a=b");
	assert_string_equal(argument(&r.args, "-o"), "-");
	arguments_free(&r.args);
	READ(&r, "ABCD", "--reason=");
	assert_string_equal(argument(&r.args, "--reason"), "");
	arguments_free(&r.args);
}

static void behind_two_dashes_all_is_positional(void **state)
{
	struct reading r;

	(void)state;
	READ(&r, "ABCD", "--", "--help");
	assert_int_equal(r.rc, RC_OK);
	assert_false(r.help);
	assert_int_equal(r.args.n_positional, 2);
	assert_string_equal(r.args.positional[1], "--help");
	arguments_free(&r.args);
	READ(&r, "--", "--", "-");
	assert_int_equal(r.args.n_positional, 2);
	assert_string_equal(r.args.positional[0], "--");
	arguments_free(&r.args);
}

static void a_single_dash_is_a_name_like_any_other(void **state)
{
	struct reading r;

	(void)state;
	READ(&r, "-");
	assert_int_equal(r.rc, RC_OK);
	assert_string_equal(r.args.positional[0], "-");
	arguments_free(&r.args);
}

static void help_wins_over_what_is_missing(void **state)
{
	struct reading r;

	(void)state;
	READ(&r, "--help");
	assert_int_equal(r.rc, RC_OK);
	assert_true(r.help);
	arguments_free(&r.args);
	READ(&r, "a", "b", "c", "-h");
	assert_true(r.help);
	arguments_free(&r.args);
}

#define REFUSED(wanted, ...) do { \
		READ(&r, __VA_ARGS__); \
		assert_int_equal(r.rc, RC_BAD); \
		assert_non_null(strstr(r.why.text, wanted)); \
		arguments_free(&r.args); \
	} while (0)

static void mistakes_are_named_and_the_nearest_option_is_suggested(void **state)
{
	struct reading r;

	(void)state;
	REFUSED("did you mean --reason?", "A", "--reson", "x");
	REFUSED("did you mean --json?", "A", "--jsno");
	REFUSED("no option --frobnicate", "A", "--frobnicate");
	REFUSED("no option -x", "A", "-x");
	REFUSED("--json takes no value", "A", "--json=yes");
	REFUSED("--reason needs a value", "A", "--reason");
	REFUSED("--reason is given twice", "A", "--reason", "x", "--reason=y");
	REFUSED("ID is missing", "--json");
	REFUSED("\"C\" is one word too many", "A", "B", "C");
	REFUSED("no such option", "A", "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1");
	assert_null(strstr(r.why.text, "did you mean"));
}

static void a_command_without_options_takes_help_only(void **state)
{
	struct reading r;

	(void)state;
	read_line(&r, &bare, (const char *const[]){"logout", "--json", NULL});
	assert_int_equal(r.rc, RC_BAD);
	assert_null(strstr(r.why.text, "did you mean"));
	arguments_free(&r.args);
	read_line(&r, &bare, (const char *const[]){"logout", NULL});
	assert_int_equal(r.rc, RC_OK);
	assert_null(argument(&r.args, "--json"));
	arguments_free(&r.args);
	read_line(&r, &bare, (const char *const[]){"logout", "now", NULL});
	assert_int_equal(r.rc, RC_BAD);
	arguments_free(&r.args);
}

static void only_a_near_name_is_suggested(void **state)
{
	static const char *const names[] = {"login", "logout", "ls", "sessions", "show"};
	char word[200];

	(void)state;
	assert_string_equal(arguments_nearest("lgoin", names, 5), "login");
	assert_string_equal(arguments_nearest("logut", names, 5), "logout");
	assert_string_equal(arguments_nearest("session", names, 5), "sessions");
	assert_string_equal(arguments_nearest("l", names, 5), "ls");
	assert_null(arguments_nearest("x", names, 0));
	assert_null(arguments_nearest("reboot", names, 5));
	assert_null(arguments_nearest("", names, 5));
	memset(word, 'l', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	assert_null(arguments_nearest(word, names, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere_and_are_written_both_ways),
		cmocka_unit_test(behind_two_dashes_all_is_positional),
		cmocka_unit_test(a_single_dash_is_a_name_like_any_other),
		cmocka_unit_test(help_wins_over_what_is_missing),
		cmocka_unit_test(mistakes_are_named_and_the_nearest_option_is_suggested),
		cmocka_unit_test(a_command_without_options_takes_help_only),
		cmocka_unit_test(only_a_near_name_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
