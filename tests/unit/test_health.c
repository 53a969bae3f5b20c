/* What the agent says of itself: each check when it is good and when it is not, and the admin's pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "admin.h"
#include "clock.h"
#include "data_path.h"
#include "figures.h"
#include "gate.h"
#include "health.h"
#include "identity.h"
#include "notice.h"

/* ---- neighbours, played -------------------------------------------------------------------------------------------------------- */

static bool spool_is_full, no_keys;
static int64_t free_mib = 8192, all_mib = 10000, later_ns;

enum rc spool_health(struct spool *spool, struct why *why)
{
	(void)spool;
	return spool_is_full ? why_set(why, RC_IO, "no space left") : RC_OK;
}

enum rc identity_ready(struct identity *identity, struct why *why)
{
	(void)identity;
	return no_keys ? why_set(why, RC_UNREACHABLE, "the provider is silent") : RC_OK;
}

int statvfs(const char *restrict path, struct statvfs *restrict st)
{
	(void)path;
	*st = (struct statvfs){.f_frsize = 1 << 20, .f_bavail = (fsblkcnt_t)free_mib, .f_blocks = (fsblkcnt_t)all_mib};
	return free_mib < 0 ? -1 : 0;
}

int64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec + later_ns;
}

void gate_metrics(struct gate *gate)
{
	(void)gate;
}

void notices_metrics(struct notices *notices)
{
	(void)notices;
}

/* ---- checks -------------------------------------------------------------------------------------------------------------------- */

static struct health last[8];
static size_t n_last;

static void note(void *arg, const struct health *h)
{
	(void)arg;
	last[n_last++] = *h;
}

static void says(const char *name, bool good, const char *text)
{
	n_last = 0;
	health_check(&place.agent, note, NULL);
	for (size_t i = 0; i < n_last; i++) {
		bool wanted = strcmp(last[i].name, name) != 0 || last[i].good == good;

		if (strcmp(last[i].name, name) == 0 && !strstr(last[i].text, text))
			fail_msg("%s: %s", name, last[i].text);
		if (!wanted || (strcmp(last[i].name, name) != 0 && !last[i].good))
			fail_msg("%s is %s: %s", last[i].name, last[i].good ? "good" : "bad", last[i].text);
	}
}

static void each_check_tells_its_own_trouble_and_what_to_do(void **state)
{
	char *away = strdup(in_site("store.away"));

	(void)state;
	says("recording", true, "can be written");
	spool_is_full = true;
	says("recording", false, "no space left; make room in state_dir");
	spool_is_full = false;
	says("provider", true, "keys are known");
	no_keys = true;
	says("provider", false, "nobody can sign in here: the provider is silent; look at oidc:");
	no_keys = false;
	says("store", true, "can be written");
	assert_int_equal(rename(in_site("store.sqlite"), away), 0);
	says("store", false, "start the agent again");
	assert_int_equal(rename(away, in_site("store.sqlite")), 0);
	says("store", true, "can be written");
	free(away);
}

static void a_disk_is_nearly_full_below_a_gibibyte_or_a_twentieth(void **state)
{
	static const struct {
		int64_t free_mib, all_mib;
		bool good;
	} cases[] = {{8192, 10000, true}, {1024, 10000, true}, {1023, 10000, false}, {4999, 100000, false}, {5001, 100000, true}, {0, 10000, false}};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		free_mib = cases[i].free_mib;
		all_mib = cases[i].all_mib;
		snprintf(text, sizeof text, "%lld MiB free", (long long)free_mib);
		says("disk", cases[i].good, text);
		assert_true(health_disk_free(&place.agent) == free_mib << 20);
	}
	free_mib = -1;
	says("disk", false, "cannot be looked at");
	assert_true(health_disk_free(&place.agent) == -1);
	free_mib = 8192;
	all_mib = 10000;
}

static void policies_are_looked_at_again_after_ten_seconds(void **state)
{
	struct health h;

	(void)state;
	later_ns += 11 * NS_PER_S;
	health_policies(&place.agent, &h);
	assert_true(h.good && h.weight == HEALTH_WARNING);
	write_policy("version: 1\nrules: [{name: a}]\n");
	later_ns += 9 * NS_PER_S;
	health_policies(&place.agent, &h);
	assert_true(h.good);
	later_ns += 2 * NS_PER_S;
	health_policies(&place.agent, &h);
	assert_false(h.good);
	assert_non_null(strstr(h.text, "hipaa.yaml:2:"));
	assert_non_null(strstr(h.text, "stay in force until it is mended"));
	write_policy(POLICY);
	later_ns += 11 * NS_PER_S;
	health_policies(&place.agent, &h);
	assert_true(h.good);
}

static void a_model_takes_connections_or_does_not(void **state)
{
	struct connection nowhere = place.connection;
	struct health h;

	(void)state;
	health_model(&place.agent, place.snapshots[0], 0, &h);
	assert_true(h.good && strcmp(h.which, "llama-prod") == 0 && h.weight == HEALTH_WARNING);
	target_free(place.target);
	nowhere.upstream = "http://127.0.0.1:1";
	assert_int_equal(target_new(&nowhere, &place.target, NULL), RC_OK);
	health_model(&place.agent, place.snapshots[0], 0, &h);
	assert_false(h.good);
	assert_non_null(strstr(h.text, "set upstream in agent.yaml"));
}

/* ---- pages --------------------------------------------------------------------------------------------------------------------- */

static int admin_port;

static struct admin *serve(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof at;
	struct admin *admin;
	struct why why;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	admin_port = ntohs(at.sin_port);
	assert_int_equal(admin_start(&place.agent, listener, &admin, &why), RC_OK);
	return admin;
}

/* All that comes back to a request. */
static void ask_page(const char *request, struct buf *out)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)admin_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char bytes[4096];
	ssize_t n;

	buf_init(out, 1 << 20);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	for (size_t i = 0; request[i]; i++)              /* byte by byte */
		(void)!send(fd, request + i, 1, MSG_NOSIGNAL);
	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
		buf_add(out, bytes, (size_t)n);
	buf_add(out, "", 0);
	close(fd);
}

static void page(const char *request, const char *status, const char *holds)
{
	struct buf out;

	ask_page(request, &out);
	if (strncmp(out.data ? out.data : "", status, strlen(status)) != 0 || !strstr(out.data, holds))
		fail_msg("%s: %s", request, out.data);
	buf_free(&out);
}

static void pages_say_what_works(void **state)
{
	struct admin *admin = serve();

	(void)state;
	page("GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nok recording: recordings can be written\n");
	page("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "ok provider: the provider's keys are known\n");
	no_keys = true;                                  /* alive, and not ready */
	page("GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "ok recording");
	page("GET /readyz HTTP/1.1\r\n\r\n", "HTTP/1.1 503 ", "failed provider: nobody can sign in here");
	no_keys = false;
	spool_is_full = true;
	page("GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 503 ", "failed recording: ");
	page("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\nphigate_recording_ok 0\n");
	spool_is_full = false;
	page("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\nphigate_recording_ok 1\n");
	page("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\nphigate_disk_free_bytes 8589934592\n");
	page("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\nphigate_build_info{version=\"" PHIGATE_VERSION "\"} 1\n");
	assert_true(figure("phigate_start_time_seconds") > 1.7e9);
	page("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "there are /healthz, /readyz and /metrics\n");
	page("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "there are");
	admin_stop(admin);
	admin_stop(NULL);
}

static void who_says_too_much_or_too_little_gets_nothing(void **state)
{
	struct admin *admin = serve();
	static char much[6000];
	struct buf out;

	(void)state;
	memset(much, 'a', sizeof much - 1);
	ask_page(much, &out);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	ask_page("GET /healthz HTTP/1.1\r\n", &out);     /* and is waited for no longer than two seconds */
	assert_int_equal(out.len, 0);
	buf_free(&out);
	page("GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "ok");
	admin_stop(admin);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		T(each_check_tells_its_own_trouble_and_what_to_do),
		T(a_disk_is_nearly_full_below_a_gibibyte_or_a_twentieth),
		T(policies_are_looked_at_again_after_ten_seconds),
		T(a_model_takes_connections_or_does_not),
		T(pages_say_what_works),
		T(who_says_too_much_or_too_little_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
