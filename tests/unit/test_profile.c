/* Profiles: which names there can be, who names one, where its files lie, and that one organisation's sign-in is not another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "file.h"
#include "profile.h"
#include "signin.h"
#include "sshkey.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIWMuZIqROu1WtmWYPlqQzqSLWyTVYsPPmiE6SqHv9eX"

static char home[64];

static int setup(void **state)
{
	(void)state;
	strcpy(home, "/tmp/test_profile.XXXXXX");
	if (!mkdtemp(home))
		return -1;
	setenv("HOME", home, 1);
	for (const char *const *name = (const char *const[]){"PHIGATE_CONFIG", "PHIGATE_PROFILE", "XDG_CONFIG_HOME", "XDG_STATE_HOME", NULL}; *name; name++)
		unsetenv(*name);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_at(const char *rest, const char *text)
{
	char path[256], *dir;

	snprintf(path, sizeof path, "%s/%s", home, rest);
	dir = path_dir(path);
	assert_int_equal(dir_make(dir, 0700, NULL), RC_OK);
	assert_int_equal(file_write(path, slice_str(text), 0600, NULL), RC_OK);
	free(dir);
}

/* A configuration for an issuer. */
static void write_config(const char *rest, const char *issuer)
{
	char text[512];

	snprintf(text, sizeof text, "oidc: {issuer: '%s', client_id: phigate}\nagents: [{name: a, user: u, address: 'h:22', host_key: " KEY "}]\n", issuer);
	write_at(rest, text);
}

static void a_name_leads_nowhere_else(void **state)
{
	static const char *const good[] = {"clinic", "St-Mary_2.east", "7", "0123456789012345678901234567890123456789012345678901234567890123"};
	static const char *const bad[] = {"", ".", "..", "../other", "a/b", "-x", "_x", ".x", "a b", "a\nb", "caf\xc3\xa9", "$x", "a%b",
					  "01234567890123456789012345678901234567890123456789012345678901234"};
	const char *name;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(profile_choose(good[i], &why), RC_OK);
		assert_int_equal(profile_get(&name, &why), RC_OK);
		assert_string_equal(name, good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(profile_choose(bad[i], &why), RC_BAD);
		assert_non_null(strstr(why.text, "letters"));
		setenv("PHIGATE_PROFILE", bad[i], 1);
		assert_int_equal(profile_get(&name, &why), *bad[i] ? RC_BAD : RC_OK);
		assert_null(name);
	}
}

static void the_option_stands_before_and_behind_and_beats_the_environment(void **state)
{
	static const struct command ls = {.name = "ls", .args = "", .help = "list"};
	static const char *const lines[][4] = {{"ls", "--profile", "lab", NULL}, {"ls", "--profile=lab", NULL}};
	struct arguments args;
	struct why why;
	int used;
	bool help;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int n = 0;

		while (lines[i][n])
			n++;
		setenv("PHIGATE_PROFILE", "clinic", 1);
		assert_int_equal(arguments_read(&ls, n, (char **)lines[i], &args, &help, &why), RC_OK);
		assert_int_equal(args.n_positional, 0);
		assert_string_equal(getenv("PHIGATE_PROFILE"), "lab");
		arguments_free(&args);
		setenv("PHIGATE_PROFILE", "clinic", 1);
		assert_int_equal(arguments_common(n, (char **)lines[i], &used, &why), RC_OK);
		assert_int_equal(used, n - 1);
		assert_string_equal(getenv("PHIGATE_PROFILE"), "lab");
	}
	assert_int_equal(arguments_common(3, (char *[]){(char *)"phigate", (char *)"--profiles", (char *)"x"}, &used, &why), RC_OK);
	assert_int_equal(used, 0);
	assert_int_equal(arguments_common(2, (char *[]){(char *)"phigate", (char *)"--profile"}, &used, &why), RC_BAD);
	assert_non_null(strstr(why.text, "--profile NAME"));
	assert_int_equal(arguments_common(2, (char *[]){(char *)"phigate", (char *)"--profile=../x"}, &used, &why), RC_BAD);
	assert_int_equal(arguments_read(&ls, 3, (char *[]){(char *)"ls", (char *)"--", (char *)"--profile"}, &args, &help, &why), RC_BAD);
	assert_string_equal(getenv("PHIGATE_PROFILE"), "lab");
	arguments_free(&args);
}

static void a_profile_is_a_whole_configuration(void **state)
{
	struct client_config *c;
	char xdg[96];
	struct why why = {0};

	(void)state;
	write_config(".config/phigate/client.yaml", "https://own.example");
	assert_int_equal(profile_choose("clinic", &why), RC_OK);
	assert_int_equal(client_config_load(&c, &why), RC_BAD);          /* and never another's */
	assert_non_null(strstr(why.text, "there is no profile clinic, and no other"));
	write_config(".config/phigate/profiles/lab.yaml", "https://lab.example");
	write_at(".config/phigate/profiles/lab.allowed_signers", "");
	write_at(".config/phigate/profiles/.hidden.yaml", "");
	write_at(".config/phigate/profiles/a b.yaml", "");
	write_at(".config/phigate/profiles/.yaml", "");
	write_config("x/phigate/profiles/home.yaml", "https://home.example");
	assert_int_equal(client_config_load(&c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "there is no profile clinic; there are: lab"));
	assert_null(strstr(why.text, "lab,"));
	snprintf(xdg, sizeof xdg, "%s/x", home);
	setenv("XDG_CONFIG_HOME", xdg, 1);
	assert_int_equal(client_config_load(&c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "there are: home, lab"));
	assert_int_equal(profile_choose("lab", &why), RC_OK);
	assert_int_equal(client_config_load(&c, &why), RC_OK);
	assert_string_equal(c->issuer, "https://lab.example");
	client_config_free(c);
	setenv("PHIGATE_CONFIG", "client.yaml", 1);
	assert_int_equal(client_config_load(&c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "unset one"));
}

static enum rc stored(const char *profile, struct why *why)
{
	const struct client_config config = {.issuer = (char *)"https://lab.example", .client_id = (char *)"phigate"};
	struct signin *s;
	enum rc rc;

	if (profile)
		assert_int_equal(profile_choose(profile, why), RC_OK);
	else
		unsetenv("PHIGATE_PROFILE");
	rc = signin_load(&config, 0, &s, why);
	signin_free(s);
	return rc;
}

/* The same provider and client: only the profile tells them apart. */
static void sign_ins_are_kept_apart(void **state)
{
	const struct client_config config = {.issuer = (char *)"https://lab.example", .client_id = (char *)"phigate"};
	struct signin s = {0};
	struct why why = {0};
	struct buf token;

	(void)state;
	assert_int_equal(sshkey_generate_p256(&s.key), RC_OK);
	buf_init(&token, 4096);
	buf_puts(&token, "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzIiwiZXhwIjo5OTk5OTk5OTk5fQ.AAAA");  /* {"sub":"s","exp":9999999999} */
	s.id_token = s.login_token = token;
	assert_int_equal(profile_choose("lab", &why), RC_OK);
	assert_int_equal(signin_store(&config, &s, &why), RC_OK);
	assert_int_equal(stored("lab", &why), RC_OK);
	assert_int_equal(stored("clinic", &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "run: phigate login --profile clinic"));
	assert_int_equal(stored(NULL, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "run: phigate login"));
	assert_null(strstr(why.text, "--profile"));
	assert_int_equal(signin_store(&config, &s, &why), RC_OK);
	assert_int_equal(signin_wipe(&why), RC_OK);
	assert_int_equal(stored("lab", &why), RC_OK);
	assert_int_equal(signin_wipe(&why), RC_OK);
	assert_int_equal(stored("lab", &why), RC_NOT_FOUND);
	buf_free(&token);
	EVP_PKEY_free(s.key);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_name_leads_nowhere_else),
		TEST(the_option_stands_before_and_behind_and_beats_the_environment),
		TEST(a_profile_is_a_whole_configuration),
		TEST(sign_ins_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
