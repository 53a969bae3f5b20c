/* agent.yaml, policies and secrets that change while the agent runs: all are taken over, or none; who works goes on with what he began
 * with; and who did it stands in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data_path.h"
#include "reload.h"

#define CHATS 40
#define SWAPS 40

static struct reload *reload;
static struct buf said;

static const char *connection_text(int port, const char *groups)
{
	static char text[400];

	snprintf(text, sizeof text, "  llama-prod: {upstream: 'http://127.0.0.1:%d', dialect: openai, policy: hipaa, groups: [%s], credential: {header: "
		 "Authorization, value_file: credential}}\n", port, groups);
	return text;
}

static void write_config(const char *connections, const char *more)
{
	struct buf text;

	buf_init(&text, 65536);
	buf_printf(&text, "name: gpu-1\nlisten: 127.0.0.1:2222\nstate_dir: %s\npolicies_dir: %s\noidc: {issuer: https://idp, audience: phigate}\n"
		   "connections:\n%s%s", site.dir, in_site("policies"), connections, more);
	assert_int_equal(file_write(in_site("agent.yaml"), buf_slice(&text), 0600, NULL), RC_OK);
	buf_free(&text);
}

static void write_more(const char *more)
{
	write_config(connection_text(place.model.port, "clinicians"), more);
}

static int setup_reload(void **state)
{
	static char path[200];
	struct why why = {0};

	place_setup(state);
	write_more("");
	assert_int_equal(dir_make(in_site("run"), 0700, NULL), RC_OK);
	snprintf(path, sizeof path, "%s", in_site("agent.yaml"));
	place.config.path = path;
	if (reload_new(&place.agent, &reload, &why) != RC_OK)
		fail_msg("%s", why.text);
	buf_init(&said, 1 << 20);
	return 0;
}

static int teardown_reload(void **state)
{
	reload_free(reload);
	reload = NULL;
	buf_free(&said);
	unlink(in_site("agent.yaml"));
	rmdir(in_site("run"));
	return place_teardown(state);
}

static void now(enum rc rc)
{
	enum rc got;

	buf_clear(&said);
	got = reload_now(reload, &(struct reload_by){"command", 4711, 4712}, &said);
	if (got != rc)
		fail_msg("%s: %s", rc_name(got), said.data);
}

static bool in_force(const char *text)
{
	struct snapshot *s = current_get(place.agent.current);
	struct policy *policy = policies_get(s->policies, "hipaa");
	bool is = strcmp(policy_text(policy), text) == 0;

	policy_unref(policy);
	snapshot_unref(s);
	return is;
}

/* ---- what is said ------------------------------------------------------------------------------------------------------- */

static void a_changed_policy_is_taken_over_and_named(void **state)
{
	char before[SHA256_HEX], after[SHA256_HEX], says[400];

	(void)state;
	now(RC_OK);
	assert_string_equal(said.data, "{\"ok\":true,\"changed\":[],\"policies\":[],\"sessions_ended\":0,\"warnings\":[]}");
	write_policy("version: 1\n");
	now(RC_OK);
	sha256_hex(POLICY, strlen(POLICY), before);
	sha256_hex("version: 1\n", 11, after);
	snprintf(says, sizeof says, "{\"ok\":true,\"changed\":[],\"policies\":[{\"name\":\"hipaa\",\"before\":\"%s\",\"after\":\"%s\"}],\"sessions_ended\":0,"
		 "\"warnings\":[]}", before, after);
	assert_string_equal(said.data, says);
	assert_true(in_force("version: 1\n"));
	buf_clear(&said);
	for (uint64_t i = 0; ledger_read_leaf(site.ledger, i, &said) == RC_OK; i++)
		continue;
	snprintf(says, sizeof says, "phigate-policy-v1\nhipaa\n%s\n20", after);
	assert_int_equal(count(&said, says), 1);
	assert_int_equal(count(&said, "phigate-policy-v1\n"), 1);
	assert_int_equal(count(&said, "phigate-config-v1\n"), 2);       /* agent.yaml was read twice */
}

static void a_mistake_leaves_all_as_it_was(void **state)
{
	(void)state;
	write_policy("version: 1\nnonsense: 1\n");
	now(RC_BAD);
	assert_int_equal(count(&said, "{\"ok\":false,\"error\":{\"file\":\""), 1);
	assert_int_equal(count(&said, "hipaa.yaml\",\"line\":2,\"column\":1,"), 1);
	assert_true(in_force(POLICY));
	/* a good policy waits, too, while agent.yaml has a mistake */
	write_policy("version: 1\n");
	write_more("colour: blue\n");
	now(RC_BAD);
	assert_int_equal(count(&said, "agent.yaml\",\"line\":8,\"column\":1,"), 1);
	assert_true(in_force(POLICY));
	write_config("  llama-prod: {upstream: 'http://127.0.0.1:1', dialect: esperanto, policy: hipaa, groups: [clinicians]}\n", "");
	now(RC_BAD);
	assert_int_equal(count(&said, "agent.yaml\",\"line\":7,\"column\":1,"), 1);
	write_config("  llama-prod: {upstream: 'http://127.0.0.1:1', dialect: openai, policy: hipaa, groups: [clinicians], credential: "
		     "{header: Authorization, value_file: nowhere}}\n", "");
	buf_clear(&said);
	assert_int_not_equal(reload_now(reload, &(struct reload_by){"command", 1, 1}, &said), RC_OK);
	assert_true(in_force(POLICY));
	write_more("");
	now(RC_OK);
	assert_true(in_force("version: 1\n"));
}

static void what_only_a_restart_changes_refuses_all(void **state)
{
	(void)state;
	write_policy("version: 1\n");
	write_more("log: {level: debug}\nlimits: {connections: 3, streams: 7}\nsession: {idle_timeout: 1h}\n");
	now(RC_CONFLICT);
	assert_int_equal(count(&said, "agent.yaml\",\"line\":8,\"column\":7,"), 1);
	assert_int_equal(count(&said, "a change of log.level, limits.connections needs a restart"), 1);
	assert_int_equal(count(&said, "\"restart\":[\"log.level\",\"limits.connections\"]"), 1);
	assert_true(in_force(POLICY));
	write_more("# nothing but a remark\n");
	now(RC_OK);
	assert_int_equal(count(&said, "\"changed\":[]"), 1);
	assert_true(in_force("version: 1\n"));
}

static void names_of_keys_are_told_and_no_values(void **state)
{
	char text[800];

	(void)state;
	snprintf(text, sizeof text, "%s  other: {upstream: 'http://127.0.0.1:9', dialect: ollama, policy: strict, groups: [nurses]}\n",
		 connection_text(1, "clinicians, nurses"));
	assert_int_equal(file_write(in_site("policies/strict.yaml"), SLICE("version: 1\n"), 0600, NULL), RC_OK);
	write_config(text, "limits: {body_max: 1KiB}\nroles: {auditor: [privacy]}\n");
	assert_int_equal(file_write(in_site("credential"), SLICE("Bearer another-credential\n"), 0600, NULL), RC_OK);
	now(RC_OK);
	assert_int_equal(count(&said, "\"changed\":[\"connections.llama-prod.upstream\",\"connections.llama-prod.groups\",\"connections.other\","
				       "\"limits.body_max\",\"roles.auditor\",\"connections.llama-prod.credential.value_file (its text)\"]"), 1);
	assert_int_equal(count(&said, "{\"name\":\"strict\",\"before\":null,\"after\":\""), 1);
	assert_int_equal(count(&said, "another-credential") + count(&said, "nurses") + count(&said, "127.0.0.1"), 0);
	write_more("");
	now(RC_OK);
	assert_int_equal(count(&said, "\"connections.other\",\"limits.body_max\""), 1);
	assert_int_equal(count(&said, "\"after\":null"), 1);
	unlink(in_site("policies/strict.yaml"));
}

static void warnings_come_with_the_answer(void **state)
{
	(void)state;
	write_policy("version: 1\nlimits: {phi_per_day: 1, phi_per_session: 2}\n");
	now(RC_OK);
	assert_int_equal(count(&said, "\"warnings\":[{\"file\":"), 1);
	assert_int_equal(count(&said, "\"line\":2,\"column\":43,\"text\":\"phi_per_session is never reached"), 1);
	write_policy("version: 1\nrules:\n  - {name: a, when: {route: /v1/no-such-route}, then: deny}\n");
	now(RC_OK);
	assert_int_equal(count(&said, "hipaa.yaml\",\"line\":3,"), 1);
	assert_int_equal(count(&said, "no dialect of this policy's connections has a route"), 1);
}

/* ---- what works goes on ------------------------------------------------------------------------------------------------- */

static void a_running_stream_finishes_and_the_next_request_goes_elsewhere(void **state)
{
	struct model other;
	struct client c;

	(void)state;
	model_start(&other);
	model_says(&other, SLICE(JSON_ANSWER("", NOTE)), THEN_CLOSE);
	model_says(&place.model, SLICE(STREAM_HEAD), THEN_KEEP);
	model_adds(&place.model, SLICE("32\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"old \"}}]}\n\n\r\n"));
	model_adds(&place.model, SLICE("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
	client_open(&c);
	put_request(&c, "POST", CHAT, "", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
	model_await(&place.model, &place.model.asked, 1);
	write_policy("version: 1\nrules:\n  - {name: nothing, when: {prompt_matches: 'export'}, then: deny}\n");
	write_config(connection_text(other.port, "clinicians"), "limits: {body_max: 200}\n");
	assert_int_equal(file_write(in_site("credential"), SLICE("Bearer a-newer-credential\n"), 0600, NULL), RC_OK);
	now(RC_OK);
	assert_int_equal(count(&said, "\"sessions_ended\":0"), 1);
	model_go(&place.model);
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 200);
	assert_int_equal(count(&c.body, "old"), 1);
	assert_int_equal(count(&c.body, "[DONE]"), 1);
	/* the same channel, all by the new one: where it goes, what it gets, how large it may be, what is refused */
	assert_int_equal(chat(&c, "hi"), 200);
	assert_int_equal(model_asked(&place.model), 1);
	assert_true(model_saw(&other, "Bearer a-newer-credential"));
	assert_false(model_saw(&other, CREDENTIAL));
	client_close(&c);
	client_open(&c);
	assert_int_equal(chat(&c, "export it"), 403);
	client_close(&c);
	client_open(&c);
	assert_int_equal(request(&c, "POST", CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"this is a prompt of more than two "
				 "hundred bytes, which was little before and is too much now, because the operator said so a moment ago, and "
				 "nobody has to hang up for it\"}]}"), 413);
	client_close(&c);
	model_stop(&other);
}

static void another_policy_begins_another_part(void **state)
{
	struct client c;
	struct audit a;

	(void)state;
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "one"), 200);
	client_close(&c);
	write_config("  llama-prod: {upstream: 'http://127.0.0.1:1', dialect: openai, policy: strict, groups: [clinicians]}\n", "");
	assert_int_equal(file_write(in_site("policies/strict.yaml"),
				    SLICE("version: 1\nrules:\n  - {name: none, when: {stream: false}, then: deny}\n"), 0600, NULL), RC_OK);
	now(RC_OK);
	client_open(&c);
	assert_int_equal(chat(&c, "two"), 403);
	client_close(&c);
	a = seal_part(2);
	assert_int_equal(count(&a.records, "\"policy\":{\"name\":\"strict\""), 1);
	audit_free(&a);
	unlink(in_site("policies/strict.yaml"));
}

/* ---- who may not go on -------------------------------------------------------------------------------------------------- */

/* A stream runs; after this reload its session is over. */
static void ends_with(const char *connections)
{
	char key[SESSION_KEY_LEN + 1];
	struct client c;
	struct snapshot *s;
	enum rc rc;
	size_t at;

	model_says(&place.model, SLICE(STREAM_HEAD), THEN_WAIT);
	client_open(&c);
	put_request(&c, "POST", CHAT, "", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
	model_await(&place.model, &place.model.asked, 1);
	write_config(connections, "");
	now(RC_OK);
	assert_int_equal(count(&said, "\"sessions_ended\":1"), 1);
	while (client_more(&c))
		;
	client_close(&c);
	s = current_get(place.agent.current);
	if (snapshot_find(s, "llama-prod", &at)) {
		char hex[SHA256_HEX];
		const struct session_ask ask = {
			.person = &alice, .snapshot = s, .place = at, .key_id = "SHA256:k1", .address = "203.0.113.9:51022", .api_key_sha256 = hex,
			.expires_s = clock_wall_s() + 3600,
		};
		struct session *opened;

		sha256_hex(API_KEY, strlen(API_KEY), hex);
		assert_int_equal(session_open(place.agent.sessions, &ask, &opened, key, NULL), RC_DENIED);
	}
	snapshot_unref(s);
	rc = session_finish(place.agent.sessions, place.id, &alice, SESSION_END_CLIENT, NULL);         /* waits for the seal */
	assert_true(rc == RC_OK || rc == RC_CONFLICT);
	session_unref(place.session);
	place.session = NULL;
}

static void on_record_as_revoked(void)
{
	struct audit a = audit_part(place.id, 1);

	assert_int_equal(count(&a.records, "\"end\":\"revoked\""), 1);
	audit_free(&a);
}

static void sessions_of_a_connection_that_is_gone_end(void **state)
{
	(void)state;
	ends_with("  other: {upstream: 'http://127.0.0.1:1', dialect: openai, policy: hipaa, groups: [clinicians]}\n");
	on_record_as_revoked();
}

static void sessions_of_who_lost_the_group_end(void **state)
{
	(void)state;
	ends_with(connection_text(place.model.port, "surgeons"));
	on_record_as_revoked();
}

/* A session that is opened by what was in force a moment ago ends at once. */
static void a_session_cannot_slip_by_a_reload(void **state)
{
	struct snapshot *old = current_get(place.agent.current);
	char key[SESSION_KEY_LEN + 1], hex[SHA256_HEX];
	const struct session_ask ask = {
		.person = &alice, .snapshot = old, .key_id = "SHA256:k1", .address = "203.0.113.9:51022", .api_key_sha256 = hex,
		.expires_s = clock_wall_s() + 3600,
	};
	struct session *s = NULL;

	(void)state;
	sha256_hex(API_KEY, strlen(API_KEY), hex);
	write_config(connection_text(place.model.port, "surgeons"), "");
	now(RC_OK);
	assert_int_equal(session_open(place.agent.sessions, &ask, &s, key, NULL), RC_OK);
	assert_null(session_by_key(place.agent.sessions, slice_str(key)));
	session_unref(s);
	snapshot_unref(old);
}

/* ---- many at once ------------------------------------------------------------------------------------------------------- */

static char one_body[4096];                      /* chat() puts each together in one place, which is one thread's */

static void *chat_on(void *arg)
{
	int *failed = arg;

	for (int i = 0; i < CHATS; i++) {
		struct client c;

		client_open(&c);
		*failed += request(&c, "POST", CHAT, one_body) != 200;
		client_close(&c);
	}
	return NULL;
}

static void exchanges_and_reloads_at_once(void **state)
{
	int failed[2] = {0};
	pthread_t thread[2];

	(void)state;
	model_says_note();
	snprintf(one_body, sizeof one_body, "%s", chat_body("hi"));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, chat_on, &failed[i]), 0);
	for (int i = 0; i < SWAPS; i++) {
		write_policy(i % 2 ? POLICY : "version: 1\n");
		write_more(i % 3 ? "limits: {streams: 9}\n" : "");
		now(RC_OK);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(failed[i], 0);
	}
}

#define RELOAD_TEST(f) cmocka_unit_test_setup_teardown(f, setup_reload, teardown_reload)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELOAD_TEST(a_changed_policy_is_taken_over_and_named), RELOAD_TEST(a_mistake_leaves_all_as_it_was),
		RELOAD_TEST(what_only_a_restart_changes_refuses_all), RELOAD_TEST(names_of_keys_are_told_and_no_values),
		RELOAD_TEST(warnings_come_with_the_answer), RELOAD_TEST(a_running_stream_finishes_and_the_next_request_goes_elsewhere),
		RELOAD_TEST(another_policy_begins_another_part), RELOAD_TEST(sessions_of_a_connection_that_is_gone_end),
		RELOAD_TEST(sessions_of_who_lost_the_group_end), RELOAD_TEST(a_session_cannot_slip_by_a_reload),
		RELOAD_TEST(exchanges_and_reloads_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
