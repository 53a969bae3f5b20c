/* The provider's keys: found, renewed, rotated, kept for when the provider is down, and never waited for without need. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "clock.h"
#include "figures.h"
#include "idp.h"
#include "log.h"
#include "provider.h"

static _Atomic int64_t now_s = 1700000000;

static int64_t fake_wall(void)
{
	return now_s;
}

static int64_t fake_mono(void)
{
	return now_s * NS_PER_S;
}

static struct mint_key old_key, new_key;

struct place {
	char dir[64], cache[96];
	struct idp idp;
	struct provider *provider;
};

static void open_provider(struct place *p)
{
	const struct provider_options options = {.issuer = p->idp.issuer, .cache_file = p->cache, .mono_ns = fake_mono, .wall_s = fake_wall};
	struct why why = {0};

	assert_int_equal(provider_new(&options, &p->provider, &why), RC_OK);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/test_provider.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->cache, sizeof p->cache, "%s/keys.json", p->dir);
	idp_start(&p->idp, &old_key, 1);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	provider_free(p->provider);
	idp_stop(&p->idp);
	unlink(p->cache);
	rmdir(p->dir);
	free(p);
	return 0;
}

static enum rc ask(struct place *p, const struct mint_key *key, struct why *why)
{
	char *token = mint_token(key, "{\"iss\":\"x\"}");
	struct why own = {0};
	struct jwt jwt;
	enum rc rc;

	assert_int_equal(jwt_parse(slice_str(token), &jwt, NULL), RC_OK);
	rc = provider_verify(p->provider, &jwt, why ? why : &own);
	jwt_free(&jwt);
	free(token);
	return rc;
}

/* Threads of the test that wait for the provider. */
static _Thread_local bool is_asker;
static _Atomic int waiting;

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	waiting += is_asker;
	return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
}

static void *ask_beside(void *arg)
{
	is_asker = true;
	return (void *)(intptr_t)ask(arg, &old_key, NULL);
}

static void the_first_token_waits_for_the_keys(void **state)
{
	double asked = figure("phigate_provider_requests_total"), failed = figure("phigate_provider_errors_total");
	struct place *p = *state;
	struct why why = {0};

	web_slow(&p->idp.web, true);
	open_provider(p);
	web_await(&p->idp.web, 1);
	assert_int_equal(provider_ready(p->provider, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, p->idp.issuer));
	web_slow(&p->idp.web, false);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	assert_int_equal(provider_ready(p->provider, &why), RC_OK);
	assert_int_equal(idp_jwks_reads(&p->idp), 1);
	assert_true(figure("phigate_provider_requests_total") == asked + 1 && figure("phigate_provider_errors_total") == failed);
}

static void a_new_key_is_fetched_once(void **state)
{
	struct place *p = *state;
	uint64_t generation;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	generation = provider_generation(p->provider);
	idp_publish(&p->idp, &new_key, 1);
	assert_int_equal(ask(p, &new_key, NULL), RC_OK);
	assert_int_equal(idp_jwks_reads(&p->idp), 2);
	assert_true(provider_generation(p->provider) != generation);
	/* the old key is gone with the old set */
	assert_int_equal(ask(p, &old_key, NULL), RC_DENIED);
	assert_int_equal(ask(p, &old_key, NULL), RC_DENIED);
	assert_int_equal(idp_jwks_reads(&p->idp), 2);          /* 30 s are not over */
	now_s += 29;
	assert_int_equal(ask(p, &old_key, NULL), RC_DENIED);
	assert_int_equal(idp_jwks_reads(&p->idp), 2);
	now_s += 1;
	assert_int_equal(ask(p, &old_key, NULL), RC_DENIED);
	assert_int_equal(idp_jwks_reads(&p->idp), 3);
}

static void keys_are_renewed_every_hour(void **state)
{
	struct place *p = *state;
	uint64_t generation;
	int before;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	generation = provider_generation(p->provider);
	before = web_requests(&p->idp.web);
	now_s += PROVIDER_RENEW_S - 1;
	provider_poke(p->provider);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	assert_int_equal(web_requests(&p->idp.web), before);
	now_s += 1;
	provider_poke(p->provider);
	web_await(&p->idp.web, before + 2);
	assert_int_equal(ask(p, &new_key, NULL), RC_DENIED);   /* which waits for what is under way */
	assert_true(provider_generation(p->provider) == generation);       /* the keys are the same */
}

static void a_slow_provider_stalls_no_known_key(void **state)
{
	struct place *p = *state;
	int before;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	before = web_requests(&p->idp.web);
	web_slow(&p->idp.web, true);
	now_s += PROVIDER_RENEW_S;
	provider_poke(p->provider);
	web_await(&p->idp.web, before + 1);                    /* the request stands, and is not answered */
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	web_slow(&p->idp.web, false);
}

/* The agent's threads are not all for those whose key nobody knows. */
static void sixteen_wait_and_no_more(void **state)
{
	struct place *p = *state;
	pthread_t threads[16];

	waiting = 0;
	web_slow(&p->idp.web, true);
	open_provider(p);
	web_await(&p->idp.web, 1);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_beside, p), 0);
	while (waiting < 16)
		sched_yield();
	is_asker = true;
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	is_asker = false;
	assert_int_equal(waiting, 16);
	web_slow(&p->idp.web, false);
	for (size_t i = 0; i < 16; i++) {
		void *rc;

		pthread_join(threads[i], &rc);
		assert_int_equal((intptr_t)rc, RC_OK);
	}
}

static void keys_that_could_not_be_renewed_count_for_a_day_to_the_second(void **state)
{
	struct place *p = *state;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	provider_free(p->provider);                            /* their copy is there now */
	idp_set(&p->idp, 503, false);
	now_s += 86400;
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	now_s += 1;
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	provider_free(p->provider);
	open_provider(p);                                      /* with none, so a try is made again soon */
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	idp_set(&p->idp, 200, false);
	now_s += PROVIDER_RETRY_S;
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	provider_free(p->provider);
	idp_set(&p->idp, 503, false);
	now_s -= 1;                                            /* the copy is of the future */
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
}

/* One that does not answer is asked again after half a minute, and not at once. */
static void a_renewal_that_failed_is_tried_again_in_time(void **state)
{
	struct place *p = *state;
	int before;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	before = web_requests(&p->idp.web);
	idp_set(&p->idp, 503, false);
	now_s += PROVIDER_RENEW_S;
	provider_poke(p->provider);
	web_await(&p->idp.web, before + 1);
	now_s += PROVIDER_UNKNOWN_S - 1;
	for (int i = 0; i < 20; i++) {
		provider_poke(p->provider);
		assert_int_equal(ask(p, &old_key, NULL), RC_OK);
		sched_yield();
	}
	assert_int_equal(web_requests(&p->idp.web), before + 1);
	now_s += 1;
	provider_poke(p->provider);
	web_await(&p->idp.web, before + 2);
}

static void only_a_plain_yes_is_an_answer(void **state)
{
	struct place *p = *state;
	struct why why = {0};

	idp_set(&p->idp, 203, false);
	open_provider(p);
	assert_int_equal(ask(p, &old_key, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, "HTTP 203"));
}

/* OpenID Connect Discovery 4.1: the slash is not doubled. */
static void an_issuer_may_end_with_a_slash(void **state)
{
	struct place *p = *state;

	strcat(p->idp.issuer, "/");
	strcat(p->idp.says_issuer, "/");
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
}

static void known_keys_outlive_the_provider_for_a_day(void **state)
{
	struct place *p = *state;
	struct why why = {0};

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	idp_set(&p->idp, 503, false);
	now_s += 3 * 3600;
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	assert_int_equal(ask(p, &new_key, NULL), RC_DENIED);
	idp_set(&p->idp, 200, true);
	now_s += 3600;
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	idp_set(&p->idp, 503, false);
	now_s += 21 * 3600;
	assert_int_equal(ask(p, &old_key, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, "503"));
	idp_set(&p->idp, 200, false);
	now_s += 30;
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
}

static void a_restart_without_the_provider_uses_the_copy(void **state)
{
	struct place *p = *state;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	provider_free(p->provider);
	idp_set(&p->idp, 500, false);
	now_s += 20 * 3600;
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	provider_free(p->provider);
	now_s += 4 * 3600 + 1;
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
}

static void a_copy_of_another_issuer_or_mode_is_none(void **state)
{
	struct place *p = *state;

	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
	provider_free(p->provider);
	idp_set(&p->idp, 500, false);
	chmod(p->cache, 0644);
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	provider_free(p->provider);
	chmod(p->cache, 0600);
	strcat(p->idp.issuer, "/");
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
}

static void discovery_must_tell_of_the_configured_issuer(void **state)
{
	struct place *p = *state;
	struct why why = {0};

	strcat(p->idp.says_issuer, "/");
	open_provider(p);
	assert_int_equal(ask(p, &old_key, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, "another issuer"));
	assert_int_equal(idp_jwks_reads(&p->idp), 0);
	provider_free(p->provider);
	strcpy(p->idp.says_issuer, p->idp.issuer);
	strcpy(p->idp.jwks_uri, "http://192.0.2.1/jwks");
	open_provider(p);
	assert_int_equal(ask(p, &old_key, &why), RC_UNREACHABLE);
	assert_non_null(strstr(why.text, "jwks_uri"));
}

static void without_keys_a_try_is_made_again_soon(void **state)
{
	double asked = figure("phigate_provider_requests_total"), failed = figure("phigate_provider_errors_total");
	struct place *p = *state;

	idp_set(&p->idp, 500, false);
	open_provider(p);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	assert_true(figure("phigate_provider_requests_total") == asked + 1 && figure("phigate_provider_errors_total") == failed + 1);
	idp_set(&p->idp, 200, false);
	assert_int_equal(ask(p, &old_key, NULL), RC_UNREACHABLE);
	now_s += PROVIDER_RETRY_S;
	assert_int_equal(ask(p, &old_key, NULL), RC_OK);
}

static void an_http_issuer_elsewhere_is_refused(void **state)
{
	struct place *p = *state;
	const struct provider_options options = {.issuer = "http://idp.example.org", .cache_file = p->cache};
	struct why why = {0};

	assert_int_equal(provider_new(&options, &p->provider, &why), RC_BAD);
	assert_non_null(strstr(why.text, "https"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_token_waits_for_the_keys),
		T(a_new_key_is_fetched_once),
		T(keys_are_renewed_every_hour),
		T(a_slow_provider_stalls_no_known_key),
		T(sixteen_wait_and_no_more),
		T(keys_that_could_not_be_renewed_count_for_a_day_to_the_second),
		T(a_renewal_that_failed_is_tried_again_in_time),
		T(only_a_plain_yes_is_an_answer),
		T(an_issuer_may_end_with_a_slash),
		T(known_keys_outlive_the_provider_for_a_day),
		T(a_restart_without_the_provider_uses_the_copy),
		T(a_copy_of_another_issuer_or_mode_is_none),
		T(discovery_must_tell_of_the_configured_issuer),
		T(without_keys_a_try_is_made_again_soon),
		T(an_http_issuer_elsewhere_is_refused),
	};
	int failed;

	log_setup(2, false, LOG_ERROR);
	old_key = mint_key_new("ES256", "old", 0);
	new_key = mint_key_new("ES256", "new", 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mint_key_free(&old_key);
	mint_key_free(&new_key);
	return failed;
}
