/* The stored sign-in: private, whole at any moment, and refreshed by one command at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "device_idp.h"
#include "signin.h"
#include "sshkey.h"

#define NONCE ",\"nonce\":\"n-1\",\"email\":\"alice@hospital.example\",\"groups\":[\"clinicians\"]"

struct place {
	struct device_idp idp;
	char home[64], dir[96], file[128];
	EVP_PKEY *key;
	struct signin *loaded;
	struct why why;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	device_idp_start(&p->idp);
	strcpy(p->home, "/tmp/test_signin.XXXXXX");
	assert_non_null(mkdtemp(p->home));
	snprintf(p->dir, sizeof p->dir, "%s/phigate", p->home);
	snprintf(p->file, sizeof p->file, "%s/signin.json", p->dir);
	setenv("XDG_STATE_HOME", p->home, 1);
	*state = p;
	return sshkey_generate_p256(&p->key) != RC_OK;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char lock[128];

	snprintf(lock, sizeof lock, "%s/signin.lock", p->dir);
	unlink(p->file);
	unlink(lock);
	rmdir(p->dir);
	assert_int_equal(rmdir(p->home), 0);             /* nothing else was left there */
	signin_free(p->loaded);
	EVP_PKEY_free(p->key);
	device_idp_stop(&p->idp);
	free(p);
	return 0;
}

/* A login whose ID token lives that long, with refresh token "refresh-0", or none. */
static void sign_in(struct place *p, int64_t lives_s, bool refresh)
{
	char *token = device_idp_token(&p->idp, "sub-alice", lives_s, NONCE);
	struct signin s = {.key = p->key};

	buf_init(&s.id_token, JWT_MAX);
	buf_init(&s.login_token, JWT_MAX);
	buf_init(&s.refresh_token, JWT_MAX);
	buf_puts(&s.id_token, token);
	buf_puts(&s.login_token, token);
	if (refresh)
		buf_puts(&s.refresh_token, "refresh-0");
	assert_int_equal(signin_store(&p->idp.config, &s, &p->why), RC_OK);
	buf_free(&s.id_token);
	buf_free(&s.login_token);
	buf_free(&s.refresh_token);
	free(token);
}

static enum rc load(struct place *p, int64_t min_valid_s)
{
	signin_free(p->loaded);
	p->loaded = NULL;
	p->why = (struct why){0};
	return signin_load(&p->idp.config, min_valid_s, &p->loaded, &p->why);
}

static void assert_told_to_sign_in(struct place *p)
{
	assert_non_null(strstr(p->why.text, "run: phigate login"));
	assert_null(p->loaded);
}

/* ---- the file ------------------------------------------------------------------------------------------------------------------ */

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void what_is_stored_is_loaded(void **state)
{
	struct place *p = *state;

	sign_in(p, 600, true);
	assert_int_equal(load(p, 30), RC_OK);
	assert_int_equal(EVP_PKEY_eq(p->loaded->key, p->key), 1);
	assert_string_equal(p->loaded->user, "alice@hospital.example");
	assert_int_equal(p->loaded->groups.n, 1);
	assert_string_equal(p->loaded->groups.item[0], "clinicians");
	assert_string_equal(p->loaded->refresh_token.data, "refresh-0");
	assert_string_equal(p->loaded->login_token.data, p->loaded->id_token.data);
	assert_in_range(p->loaded->expires_s, clock_wall_s() + 590, clock_wall_s() + 600);
	assert_int_equal(web_requests(&p->idp.web), 0);
}

static void the_files_are_the_users_alone(void **state)
{
	struct place *p = *state;
	mode_t mask = umask(0);

	sign_in(p, 600, true);
	umask(mask);
	assert_int_equal(mode_of(p->dir), 0700);
	assert_int_equal(mode_of(p->file), 0600);
}

static void without_a_sign_in_people_are_told_how_to_get_one(void **state)
{
	struct place *p = *state;

	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
}

static void files_that_others_can_read_are_refused(void **state)
{
	struct place *p = *state;
	char other[128];

	sign_in(p, 600, true);
	assert_int_equal(chmod(p->file, 0640), 0);
	assert_int_equal(load(p, 30), RC_BAD);
	assert_non_null(strstr(p->why.text, "chmod 600"));
	assert_int_equal(chmod(p->file, 0600), 0);
	assert_int_equal(chmod(p->dir, 0750), 0);
	assert_int_equal(load(p, 30), RC_BAD);
	assert_non_null(strstr(p->why.text, "chmod 700"));
	assert_int_equal(chmod(p->dir, 0700), 0);
	assert_int_equal(load(p, 30), RC_OK);
	/* a link may lead to where others write */
	snprintf(other, sizeof other, "%s/elsewhere", p->home);
	assert_int_equal(rename(p->file, other), 0);
	assert_int_equal(symlink(other, p->file), 0);
	assert_int_equal(load(p, 30), RC_BAD);
	unlink(other);
}

static void overwrite_with(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void a_damaged_file_is_said_to_be_that(void **state)
{
	struct place *p = *state;
	char text[256];

	sign_in(p, 600, true);
	overwrite_with(p->file, "{\"issuer\":");
	assert_int_equal(load(p, 30), RC_BAD);
	assert_told_to_sign_in(p);
	snprintf(text, sizeof text, "{\"issuer\":\"%s\",\"client_id\":\"phigate\",\"key\":\"AAAA\",\"id_token\":\"x\",\"login_token\":\"x\",\"refresh_token\":\"\"}",
		 p->idp.issuer);
	overwrite_with(p->file, text);
	assert_int_equal(load(p, 30), RC_BAD);
	assert_told_to_sign_in(p);
}

static void a_sign_in_at_another_provider_does_not_count(void **state)
{
	struct place *p = *state;

	sign_in(p, 600, true);
	p->idp.config.issuer = (char[]){"https://other.example.org"};
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
	assert_int_equal(web_requests(&p->idp.web), 0);  /* the refresh token is not sent there */
}

static void *store_often(void *arg)
{
	for (int i = 0; i < 40; i++)
		sign_in(arg, 600, true);
	return NULL;
}

static void a_reader_never_finds_half_a_file(void **state)
{
	struct place *p = *state, writer = *p;
	pthread_t thread;

	sign_in(p, 600, true);
	assert_int_equal(pthread_create(&thread, NULL, store_often, &writer), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(load(p, 30), RC_OK);
	pthread_join(thread, NULL);
}

/* ---- refreshing ---------------------------------------------------------------------------------------------------------------- */

static void a_token_that_runs_out_is_refreshed_and_stored(void **state)
{
	struct place *p = *state;
	char *login;

	sign_in(p, 10, true);
	assert_int_equal(load(p, 5), RC_OK);
	assert_int_equal(p->idp.refreshes, 0);
	login = strdup(p->loaded->id_token.data);
	assert_int_equal(load(p, 30), RC_OK);
	assert_int_equal(p->idp.refreshes, 1);
	assert_string_not_equal(p->loaded->id_token.data, login);
	assert_string_equal(p->loaded->login_token.data, login);         /* the one whose nonce binds the key */
	assert_string_equal(p->loaded->refresh_token.data, "refresh-1");
	assert_int_equal(load(p, 30), RC_OK);
	assert_int_equal(p->idp.refreshes, 1);
	assert_string_equal(p->loaded->refresh_token.data, "refresh-1");
	free(login);
}

static void a_refresh_token_that_stays_good_is_kept(void **state)
{
	struct place *p = *state;

	sign_in(p, 10, true);
	p->idp.no_rotation = true;
	assert_int_equal(load(p, 30), RC_OK);
	assert_string_equal(p->loaded->refresh_token.data, "refresh-0");
	assert_true(p->loaded->expires_s > clock_wall_s() + 3000);
}

struct command {
	const struct client_config *config;
	pthread_t thread;
	enum rc rc;
};

static void *run_command(void *arg)
{
	struct command *c = arg;
	struct signin *s = NULL;
	struct why why = {0};

	c->rc = signin_load(c->config, 30, &s, &why);
	signin_free(s);
	return NULL;
}

static void commands_at_the_same_time_spend_one_refresh_token(void **state)
{
	struct place *p = *state;
	struct command commands[6];

	sign_in(p, 10, true);
	web_slow(&p->idp.web, true);                     /* the first one is inside its refresh while the others begin */
	for (size_t i = 0; i < 6; i++) {
		commands[i] = (struct command){.config = &p->idp.config};
		assert_int_equal(pthread_create(&commands[i].thread, NULL, run_command, &commands[i]), 0);
	}
	web_await(&p->idp.web, 1);
	web_slow(&p->idp.web, false);
	for (size_t i = 0; i < 6; i++) {
		pthread_join(commands[i].thread, NULL);
		assert_int_equal(commands[i].rc, RC_OK);
	}
	assert_int_equal(p->idp.refreshes, 1);
	assert_int_equal(p->idp.reuses, 0);
}

static void a_refused_refresh_says_how_to_go_on(void **state)
{
	struct place *p = *state;

	sign_in(p, 10, true);
	device_idp_says(&p->idp, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"session ended\"}");
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
	assert_non_null(strstr(p->why.text, "session ended"));
	device_idp_says(&p->idp, 200, NULL);
	assert_int_equal(load(p, 30), RC_OK);            /* it was not thrown away */
}

static void without_a_refresh_token_the_sign_in_ends_with_its_token(void **state)
{
	struct place *p = *state;

	sign_in(p, 20, false);
	assert_int_equal(load(p, 30), RC_OK);            /* good for the time that is left */
	sign_in(p, -5, false);
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
}

static void while_the_provider_is_down_what_is_there_serves(void **state)
{
	struct place *p = *state;

	sign_in(p, 20, true);
	device_idp_says(&p->idp, 503, "busy");
	assert_int_equal(load(p, 30), RC_OK);
	sign_in(p, -5, true);
	assert_int_equal(load(p, 30), RC_UNREACHABLE);
	device_idp_says(&p->idp, 200, NULL);
	assert_int_equal(load(p, 30), RC_OK);
}

/* The old refresh token is spent, and the new one must not get lost, whatever comes between. */
static void a_rotated_refresh_token_is_kept_though_the_id_token_cannot_be_checked(void **state)
{
	struct place *p = *state;

	sign_in(p, -5, true);
	p->idp.jwks_status = 500;
	assert_int_equal(load(p, 30), RC_UNREACHABLE);
	p->idp.jwks_status = 200;
	assert_int_equal(load(p, 30), RC_OK);
	assert_int_equal(p->idp.reuses, 0);
	assert_string_equal(p->loaded->refresh_token.data, "refresh-2");
}

static void a_provider_that_renews_no_id_token_is_asked_once(void **state)
{
	struct place *p = *state;

	p->idp.no_id_token = true;
	sign_in(p, 20, true);
	assert_int_equal(load(p, 30), RC_OK);            /* good for the time that is left */
	assert_int_equal(load(p, 30), RC_OK);
	assert_int_equal(p->idp.refreshes, 1);
	sign_in(p, -5, true);
	p->idp.generation = 0;
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_int_equal(p->idp.refreshes, 2);
}

static void a_refreshed_token_is_of_the_same_person_and_login(void **state)
{
	struct place *p = *state;

	sign_in(p, -5, true);
	p->idp.subject = "sub-mallory";
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
	p->idp.subject = "sub-alice";
	p->idp.generation = 0;
	sign_in(p, -5, true);
	p->idp.more_claims = ",\"nonce\":\"n-2\"";
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_told_to_sign_in(p);
	p->idp.generation = 0;
	sign_in(p, -5, true);
	p->idp.more_claims = ",\"nonce\":\"n-1\"";
	assert_int_equal(load(p, 30), RC_OK);
}

/* ---- wiping -------------------------------------------------------------------------------------------------------------------- */

static void wiping_overwrites_and_removes_all_of_it(void **state)
{
	static const char secret[] = "refresh-0";
	struct place *p = *state;
	char left[160], second[160], text[8192];
	ssize_t n;
	int fd;

	sign_in(p, 600, true);
	/* another name of the same file shows what became of its bytes; and a command that was killed leaves a file like this */
	snprintf(second, sizeof second, "%s/second", p->home);
	snprintf(left, sizeof left, "%s.a1b2c3", p->file);
	assert_int_equal(link(p->file, second), 0);
	fd = open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, secret, sizeof secret), sizeof secret);
	close(fd);
	assert_int_equal(signin_wipe(&p->why), RC_OK);
	assert_int_equal(access(p->file, F_OK), -1);
	assert_int_equal(access(left, F_OK), -1);
	fd = open(second, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof text);
	assert_in_range(n, 100, sizeof text);
	for (ssize_t i = 0; i < n; i++)
		assert_int_equal(text[i], 0);
	close(fd);
	unlink(second);
	assert_int_equal(load(p, 30), RC_NOT_FOUND);
	assert_int_equal(signin_wipe(&p->why), RC_NOT_FOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_stored_is_loaded), TEST(the_files_are_the_users_alone), TEST(without_a_sign_in_people_are_told_how_to_get_one),
		TEST(files_that_others_can_read_are_refused), TEST(a_damaged_file_is_said_to_be_that),
		TEST(a_sign_in_at_another_provider_does_not_count), TEST(a_reader_never_finds_half_a_file),
		TEST(a_token_that_runs_out_is_refreshed_and_stored), TEST(a_refresh_token_that_stays_good_is_kept),
		TEST(commands_at_the_same_time_spend_one_refresh_token), TEST(a_refused_refresh_says_how_to_go_on),
		TEST(without_a_refresh_token_the_sign_in_ends_with_its_token), TEST(while_the_provider_is_down_what_is_there_serves),
		TEST(a_rotated_refresh_token_is_kept_though_the_id_token_cannot_be_checked),
		TEST(a_provider_that_renews_no_id_token_is_asked_once), TEST(a_refreshed_token_is_of_the_same_person_and_login),
		TEST(wiping_overwrites_and_removes_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
