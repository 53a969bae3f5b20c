/* agent.yaml: what an operator may write, and what they are told when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "entity.h"
#include "file.h"
#include "log.h"

#define OIDC "oidc: {issuer: https://idp.example.org, audience: phigate}\n"
#define HEAD "name: gpu-1\nlisten: 0.0.0.0:2222\nstate_dir: state\npolicies_dir: policies\n"
#define CONN "connections:\n  llama:\n    upstream: http://127.0.0.1:8080\n    dialect: openai\n    groups: [clinicians]\n    policy: hipaa\n"

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/phigate-config-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/agent.yaml", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static enum rc load(const char *text, struct config **out, struct why *why)
{
	assert_int_equal(file_write(path, slice_str(text), 0600, NULL), RC_OK);
	return config_load(path, out, why);
}

static void a_short_file_gets_the_documented_defaults(void **state)
{
	struct config *c;
	struct why why;
	char joined[128];

	(void)state;
	assert_int_equal(load(HEAD OIDC CONN, &c, &why), RC_OK);
	snprintf(joined, sizeof joined, "%s/state", dir);
	assert_string_equal(c->state_dir, joined);
	assert_true(c->recording.strict);
	assert_int_equal(c->session.max_duration, 8 * 3600 * NS_PER_S);
	assert_int_equal(c->limits.ssh_starts_per_minute, 60);
	assert_int_equal(c->limits.body_max, 8 << 20);
	assert_string_equal(c->providers[0].user_claim, "email");
	assert_null(c->admin_listen);
	assert_int_equal(c->log_level, LOG_INFO);
	assert_int_equal(c->n_connections, 1);
	assert_false(config_connection(c, "llama")->local_key_optional);
	assert_null(config_connection(c, "other"));
	config_free(c);
}

static void every_section_is_read(void **state)
{
	static const char text[] = HEAD "user: phigate\n"
		"oidc: {issuer: http://127.0.0.1:9, audience: a, user_claim: sub, groups_claim: r.roles, ca_file: ca.pem, "
		"require_key_binding: true}\n"
		"roles: {auditor: [privacy-office], admin: platform}\n"
		"connections:\n"
		"  a: {upstream: 'unix:/run/m.sock', dialect: ollama, groups: g, policy: p, local_key: optional, allow_opaque: [image],\n"
		"      credential: {header: X-Key, value_file: secret}, first_byte: 90s,\n"
		"      analyzer: {url: 'http://127.0.0.1:5002/analyze', language: de, timeout: 2s, score: 0.25, on_failure: builtin, ca_file: a.pem,\n"
		"                 entities: {WARD: FACILITY, DATE_TIME: ignore}}}\n"
		"  b: {upstream: 'https://m.example.org', dialect: openai, groups: [g, h], policy: p, ca_file: /ca}\n"
		"recording: {durability: batched, recipients: age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq,\n"
		"            timestamp: {url: 'https://tsa.example.org/', roots_file: tsa.pem}}\nsession: {max_duration: 1h, idle_timeout: 5m}\n"
		"limits: {connections: 7, body_max: 1MiB, header_wait: 3s, ssh_starts_per_minute: 6000}\n"
		"store: sqlite\nadmin: {listen: '127.0.0.1:9464'}\nlog: {format: text, level: debug}\n"
		"notify:\n  - {url: 'https://hooks.example.org/x', secret_file: hook}\n"
		"  - {url: 'http://127.0.0.1:9/s', format: slack, ca_file: ca}\n";
	const struct connection *a;
	struct config *c;
	struct why why;
	char joined[128];

	(void)state;
	if (load(text, &c, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	assert_true(c->providers[0].require_key_binding);
	assert_int_equal(c->recording.recipients.n, 1);
	assert_true(text_list_has(&c->auditor_groups, "privacy-office"));
	assert_true(text_list_has(&c->admin_groups, "platform"));
	a = config_connection(c, "a");
	assert_true(a->local_key_optional);
	assert_true(text_list_has(&a->allow_opaque, "image"));
	assert_string_equal(a->credential.header, "X-Key");
	snprintf(joined, sizeof joined, "%s/secret", dir);
	assert_string_equal(a->credential.value_file, joined);
	assert_int_equal(a->first_byte_ns, 90 * NS_PER_S);
	assert_string_equal(a->analyzer.url, "http://127.0.0.1:5002/analyze");
	assert_string_equal(a->analyzer.language, "de");
	assert_true(a->analyzer.timeout_ns == 2 * NS_PER_S && a->analyzer.score > 0.24 && a->analyzer.score < 0.26 && a->analyzer.builtin);
	snprintf(joined, sizeof joined, "%s/a.pem", dir);
	assert_string_equal(a->analyzer.ca_file, joined);
	assert_int_equal(a->analyzer.n_entities, 2);
	assert_string_equal(a->analyzer.entities[0].theirs, "WARD");
	assert_int_equal(a->analyzer.entities[0].ours, ENTITY_FACILITY);
	assert_int_equal(a->analyzer.entities[1].ours, -1);
	assert_null(config_connection(c, "b")->analyzer.url);
	assert_string_equal(config_connection(c, "b")->ca_file, "/ca");
	assert_false(c->recording.strict);
	snprintf(joined, sizeof joined, "%s/tsa.pem", dir);
	assert_string_equal(c->recording.timestamp.roots_file, joined);
	assert_null(c->recording.timestamp.ca_file);
	assert_int_equal(c->limits.connections, 7);
	assert_int_equal(c->limits.header_wait, 3 * NS_PER_S);
	assert_string_equal(c->admin_listen, "127.0.0.1:9464");
	assert_int_equal(c->n_notify, 2);
	snprintf(joined, sizeof joined, "%s/hook", dir);
	assert_string_equal(c->notify[0].secret_file, joined);
	assert_false(c->notify[0].slack);
	assert_true(c->notify[1].slack);
	assert_null(c->notify[1].secret_file);
	assert_false(c->log_json);
	assert_int_equal(c->log_level, LOG_DEBUG);
	config_free(c);
}

static void several_providers_stand_in_a_list(void **state)
{
	struct config *c;
	char joined[128];
	struct why why;

	(void)state;
	if (load(HEAD "oidc:\n  - {issuer: 'https://idp.example.org', audience: a}\n"
		 "  - {issuer: 'https://partner.example.org', audience: b, groups_prefix: partner/, ca_file: p.pem, "
		 "subjects: {'system:serviceaccount:a:b': [batch, night], c: batch}}\n" CONN, &c, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	assert_int_equal(c->n_providers, 2);
	assert_null(c->providers[0].groups_prefix);
	assert_string_equal(c->providers[1].groups_prefix, "partner/");
	assert_string_equal(c->providers[1].user_claim, "email");
	assert_int_equal(c->providers[1].n_subjects, 2);
	assert_string_equal(c->providers[1].subjects[0].name, "system:serviceaccount:a:b");
	assert_true(text_list_has(&c->providers[1].subjects[0].groups, "night"));
	assert_int_equal(c->providers[1].subjects[1].groups.n, 1);
	snprintf(joined, sizeof joined, "%s/p.pem", dir);
	assert_string_equal(c->providers[1].ca_file, joined);
	config_free(c);
}

static void a_connection_may_have_roles_of_its_own(void **state)
{
	struct config *c;
	struct why why;

	(void)state;
	if (load(HEAD OIDC "roles: {auditor: office}\nconnections:\n"
		 "  a: {upstream: 'http://localhost', dialect: openai, groups: g, policy: p, roles: {auditor: [ward, more], admin: it}}\n"
		 "  b: {upstream: 'http://localhost', dialect: openai, groups: g, policy: p, roles: {admin: it}}\n", &c, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	assert_int_equal(c->connections[0].auditor_groups.n, 2);
	assert_true(text_list_has(&c->connections[0].admin_groups, "it"));
	assert_int_equal(c->connections[1].auditor_groups.n, 0);
	assert_true(text_list_has(&c->auditor_groups, "office"));
	config_free(c);
}

/* One issuer makes both, and its groups are the same ones. */
static void a_provider_may_be_there_for_programs_too(void **state)
{
	struct config *c;
	struct why why;

	(void)state;
	if (load(HEAD "oidc:\n  - {issuer: 'https://a', audience: a, accept: id_token}\n"
		 "  - {issuer: 'https://a', accept: access_token, audience: 'https://api', scopes: [models, more]}\n" CONN, &c, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	assert_int_equal(c->providers[0].kind, JWT_ID);
	assert_string_equal(c->providers[0].user_claim, "email");
	assert_int_equal(c->providers[1].kind, JWT_ACCESS);
	assert_string_equal(c->providers[1].user_claim, "client_id");
	assert_string_equal(c->providers[1].groups_claim, "groups");
	assert_int_equal(c->providers[1].scopes.n, 2);
	config_free(c);
}

static void an_analyzer_needs_its_address_only(void **state)
{
	const struct analyzer_settings *a;
	struct config *c;
	struct why why;

	(void)state;
	assert_int_equal(load(HEAD OIDC CONN "    analyzer: {url: 'https://presidio.example.org/analyze'}\n", &c, &why), RC_OK);
	a = &config_connection(c, "llama")->analyzer;
	assert_string_equal(a->language, "en");
	assert_int_equal(a->timeout_ns, 5 * NS_PER_S);
	assert_true(a->score > 0.39 && a->score < 0.41 && !a->builtin && !a->ca_file && !a->n_entities);
	config_free(c);
}

static void errors_name_their_place_and_what_is_allowed(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *says;
	} cases[] = {
		{HEAD OIDC CONN "porcupine: 1\n", 12, 1, "unknown key \"porcupine\""},
		{HEAD OIDC CONN "recording:\n  recipient: [age1x]\n", 13, 3, "allowed: durability, recipients, originals"},
		{HEAD OIDC CONN "recording:\n  recipients: [age1x]\n", 13, 16, "a character is wrong or missing"},
		{HEAD OIDC CONN "recording:\n  recipients:\n    - ""age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq""\n    - [x]\n", 15, 7, "is no text"},
		{HEAD OIDC CONN "recording:\n  recipients:\n    - ""age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq""\n    - ""age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq""\n", 15, 7, "stands there twice"},
		{HEAD OIDC CONN "recording:\n  recipients: {a: b}\n", 13, 15, "a list of age1"},
		{HEAD OIDC CONN "recording:\n  originals: []\n", 13, 14, "at least one age1"},
		{HEAD OIDC CONN "recording:\n  originals: [age1x]\n", 13, 15, "a character is wrong or missing"},
		{HEAD OIDC CONN "recording:\n  recipients: [age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq]\n"
		 "  originals:\n    - age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq\n", 15, 7, "is among the recipients, too"},
		{HEAD OIDC CONN "recording: {recipients: AGE-SECRET-KEY-1QQ}\n", 12, 25, "secret key"},
		{HEAD OIDC CONN "limits:\n  connections: 0\n", 13, 16, "more than zero"},
		{HEAD OIDC CONN "limits:\n  body_max: 8 apples\n", 13, 13, "a size such as"},
		{HEAD OIDC CONN "session: {max_duration: 0}\n", 12, 25, "at least 1s"},
		{HEAD OIDC CONN "admin: {listen: '0.0.0.0:9464'}\n", 12, 17, "loopback"},
		{HEAD OIDC CONN "log: {level: loud}\n", 12, 14, "debug, info, warn or error"},
		{HEAD OIDC CONN "store: 'postgresql://x'\n", 12, 8, "sqlite"},
		{HEAD OIDC CONN "recording: {durability: maybe}\n", 12, 25, "batched or strict"},
		{HEAD OIDC CONN "recording: {timestamp: {url: 'https://tsa'}}\n", 12, 24, "lacks the key \"roots_file\""},
		{HEAD OIDC CONN "recording: {timestamp: {url: 'http://tsa.example.org/', roots_file: r.pem}}\n", 12, 30, "https://HOST/PATH"},
		{HEAD OIDC CONN "notify: {url: x}\n", 12, 9, "a list"},
		{HEAD OIDC CONN "archive: {keep: 1d}\n", 12, 10, "\"dir\", \"s3\" or both"},
		{HEAD OIDC CONN "archive: {dir: a, keep: 0}\n", 12, 25, "at least 1s"},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'http://s3.example.org', region: eu-1, bucket: b, credentials_file: c}}\n", 12, 26, "https://HOST"},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'https://s3.example.org/x', region: eu-1, bucket: b, credentials_file: c}}\n", 12, 26, "https://HOST"},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'https://s3.example.org', region: eu-1, bucket: 'b/c', credentials_file: c}}\n", 12, 74, "\"bucket\""},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'https://s3.example.org', region: eu-1, bucket: b, prefix: '../x', credentials_file: c}}\n", 12, 85, "\"prefix\""},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'https://s3.example.org', region: eu-1, bucket: b, lock: legal, credentials_file: c}}\n", 12, 83, "compliance"},
		{HEAD OIDC CONN "archive: {s3: {endpoint: 'https://s3.example.org', region: eu-1, bucket: b}}\n", 12, 15, "credentials_file"},
		{HEAD OIDC CONN "notify:\n  - {url: 'http://hooks.example.org/', secret_file: s}\n", 13, 11, "https://"},
		{HEAD OIDC CONN "notify:\n  - {url: 'https://me:pw@hooks.example.org/', secret_file: s}\n", 13, 11, "user name"},
		{HEAD OIDC CONN "notify:\n  - {url: 'https://hooks.example.org/'}\n", 13, 5, "secret_file"},
		{HEAD OIDC CONN "notify:\n  - {url: 'https://hooks.example.org/', format: teams}\n", 13, 49, "standard or slack"},
		{HEAD OIDC CONN "notify:\n  - {secret_file: s}\n", 13, 5, "lacks the key \"url\""},
		{HEAD OIDC CONN "notify:\n  - {url: 'https://a/', format: slack}\n  - {url: 'https://a/', format: slack}\n", 14, 11, "already"},
		{HEAD OIDC CONN "events: {name: x}\n", 12, 9, "a list"},
		{HEAD OIDC CONN "events:\n  - {to: file, path: x}\n", 13, 5, "lacks the key \"name\""},
		{HEAD OIDC CONN "events:\n  - {name: x}\n", 13, 5, "lacks the key \"to\""},
		{HEAD OIDC CONN "events:\n  - {name: x, to: fax}\n", 13, 19, "file, syslog, http or splunk"},
		{HEAD OIDC CONN "events:\n  - {name: ../x, to: file, path: x}\n", 13, 12, "letters"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: file, path: x, format: xml}\n", 13, 42, "fhir, ocsf, ecs, cef or otlp"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: file}\n", 13, 5, "needs the key \"path\""},
		{HEAD OIDC CONN "events:\n  - {name: x, to: file, path: x, url: 'https://x'}\n", 13, 34, "\"url\" means nothing with to: file"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: syslog}\n", 13, 5, "needs the key \"address\""},
		{HEAD OIDC CONN "events:\n  - {name: x, to: syslog, address: host}\n", 13, 36, "HOST:PORT"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: syslog, address: 'host:70000'}\n", 13, 36, "HOST:PORT"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: syslog, address: '::1:514'}\n", 13, 36, "brackets"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: syslog, address: 'h:1', client_cert_file: c}\n", 13, 61, "client_key_file"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: http, url: 'http://h/'}\n", 13, 30, "https://"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: splunk, url: 'https://h/'}\n", 13, 5, "needs the key \"token_file\""},
		{HEAD OIDC CONN "events:\n  - {name: x, to: splunk, token_file: t}\n", 13, 5, "needs the key \"url\""},
		{HEAD OIDC CONN "events:\n  - {name: x, to: file, path: x, queue_max: 1KiB}\n", 13, 45, "256KiB"},
		{HEAD OIDC CONN "events:\n  - {name: x, to: file, path: x}\n  - {name: x, to: file, path: y}\n", 14, 12, "already"},
		{HEAD OIDC, 1, 1, "lacks the key \"connections\""},
		{HEAD OIDC "connections: {}\n", 6, 14, "at least one"},
		{HEAD "oidc: {issuer: 'http://idp.example.org', audience: a}\n" CONN, 5, 16, "https://"},
		{HEAD "oidc: {issuer: 'http://127.0.0.1.example.org', audience: a}\n" CONN, 5, 16, "https://"},
		{HEAD "oidc: []\n" CONN, 5, 7, "at least one provider"},
		{HEAD "oidc:\n  - {issuer: 'https://a', audience: a}\n  - {issuer: 'https://b', audience: a}\n" CONN, 7, 5, "groups_prefix"},
		{HEAD "oidc:\n  - {issuer: 'https://a', audience: a}\n  - {issuer: 'https://a', audience: b, groups_prefix: ''}\n" CONN, 7, 14, "already"},
		{HEAD "oidc:\n  - {issuer: 'https://a', audience: a, accept: access_token}\n  - {issuer: 'https://a', audience: b, accept: access_token}\n"
		 CONN, 7, 14, "already"},
		{HEAD "oidc: {issuer: 'https://a', audience: a, accept: bearer}\n" CONN, 5, 50, "id_token or access_token"},
		{HEAD "oidc: {issuer: 'https://a', audience: a, accept: access_token, require_key_binding: true}\n" CONN, 5, 85, "name no key"},
		{HEAD "oidc: {issuer: 'https://a', audience: a, scopes: models}\n" CONN, 5, 50, "access_token"},
		{HEAD "oidc: {issuer: 'https://a#client', audience: a}\n" CONN, 5, 16, "fragment"},
		{HEAD "oidc: {issuer: 'https://a', audience: a, subjects: [b]}\n" CONN, 5, 52, "SUBJECT: [GROUP]"},
		{HEAD "oidc: {issuer: 'https://a', audience: a, subjects: {b: []}}\n" CONN, 5, 56, "without a group"},
		{HEAD OIDC "connections:\n  m: {upstream: 'http://gpu:80', dialect: openai, groups: g, policy: p}\n", 7, 17, "insecure: true"},
		{HEAD "oidc: {issuer: 'http://127.0.0.1:80@idp.example.org', audience: a}\n" CONN, 5, 16, "https://"},
		{HEAD OIDC "connections:\n  m: {upstream: 'ftp://x', dialect: openai, groups: g, policy: p}\n", 7, 17, "https://HOST:PORT"},
		{HEAD OIDC "connections:\n  m: {upstream: 'http://localhost', dialect: openai, groups: [], policy: p}\n", 7, 62, "nobody"},
		{HEAD OIDC "connections:\n  m: {upstream: 'http://localhost', dialect: openai, groups: g, policy: p, roles: {auditor: []}}\n", 7, 93,
		 "the agent's roles count"},
		{HEAD OIDC "connections:\n  m: {upstream: 'http://localhost', dialect: openai, groups: g, policy: p, roles: {approver: g}}\n", 7, 84,
		 "approver"},
		{HEAD OIDC "connections:\n  m: {upstream: 'http://localhost', dialect: openai, groups: g, policy: ../p}\n", 7, 73, "NAME.yaml"},
		{HEAD OIDC "connections:\n  a b: {upstream: 'http://localhost', dialect: openai, groups: g, policy: p}\n", 7, 3, "letters"},
		{HEAD OIDC CONN "    local_key: never\n", 12, 16, "required or optional"},
		{HEAD OIDC CONN "    allow_opaque: [smoke]\n", 12, 19, "tokens, image"},
		{HEAD OIDC CONN "    models: [a, b]\n    model: a\n", 12, 13, "means nothing beside \"model\""},
		{HEAD OIDC CONN "    model: ''\n", 12, 12, "must name a model"},
		{HEAD OIDC CONN "    credential: {header: 'X: y', value_file: f}\n", 12, 26, "header's name"},
		{HEAD OIDC CONN "    credential: {header: X}\n", 12, 17, "lacks the key \"value_file\""},
		{HEAD OIDC CONN "    analyzer: {language: en}\n", 12, 15, "lacks the key \"url\""},
		{HEAD OIDC CONN "    analyzer: {url: 'http://presidio/analyze'}\n", 12, 21, "https://HOST/PATH"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://me:pw@presidio/analyze'}\n", 12, 21, "without user name"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', on_failure: pass}\n", 12, 46, "refuse or builtin"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', score: 1.2}\n", 12, 41, "from 0 to 1"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', score: [1]}\n", 12, 41, "from 0 to 1"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', timeout: 2m}\n", 12, 43, "at most 60s"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', language: ''}\n", 12, 44, "language's code"},
		{HEAD OIDC CONN "    analyzer:\n      url: https://p\n      entities:\n        WARD: WORD\n", 15, 15, "there are ignore, NAME, ADDRESS"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', entities: [WARD]}\n", 12, 44, "a mapping"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', entities: {'a b': NAME}}\n", 12, 45, "letters, digits"},
		{HEAD OIDC CONN "    analyzer: {url: 'https://p', entity: {A: NAME}}\n", 12, 34, "allowed: url"},
		{"name: ../x\nlisten: 0.0.0.0:1\nstate_dir: s\npolicies_dir: p\n" OIDC CONN, 1, 7, "letters"},
		{"name: x\nlisten: 2222\nstate_dir: s\npolicies_dir: p\n" OIDC CONN, 2, 9, "ADDRESS:PORT"},
		{"name: x\nlisten: 0.0.0.0:99999\nstate_dir: s\npolicies_dir: p\n" OIDC CONN, 2, 9, "ADDRESS:PORT"},
		{"name: x\nlisten: '0.0.0.0:1'\nstate_dir: 'a\"b'\npolicies_dir: p\n" OIDC CONN, 3, 12, "quotes"},
	};
	struct config *c;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1024];

		if (load(cases[i].text, &c, &why) != RC_BAD)
			fail_msg("case %zu is taken, or %s", i, why.text);
		assert_null(c);
		if (why.line != cases[i].line || why.column != cases[i].column || !strstr(why.text, cases[i].says) ||
		    strcmp(why.file, path) != 0)
			fail_msg("case %zu: expected %d:%d %s; got %s", i, cases[i].line, cases[i].column, cases[i].says,
				 why_text(&why, text, sizeof text));
	}
}

static void a_key_without_help_fails(void *arg, const char *section, const struct conf_key *key)
{
	const char *page = arg;
	char named[80];

	if (!key->help || strlen(key->help) < 8)
		fail_msg("%s.%s has no help", section, key->name);
	snprintf(named, sizeof named, "\n.It Cm %s\n", key->name);
	if (!strstr(page, named))
		fail_msg("phigate-agent(8) does not name %s%s%s", section, *section ? "." : "", key->name);
}

static void every_key_has_help_and_stands_in_the_man_page(void **state)
{
	struct buf page;

	(void)state;
	buf_init(&page, 1 << 20);
	assert_int_equal(file_read("agent/phigate-agent.8", &page, NULL), RC_OK);
	config_keys(a_key_without_help_fails, page.data);
	buf_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file_gets_the_documented_defaults),
		cmocka_unit_test(every_section_is_read),
		cmocka_unit_test(several_providers_stand_in_a_list),
		cmocka_unit_test(a_provider_may_be_there_for_programs_too),
		cmocka_unit_test(a_connection_may_have_roles_of_its_own),
		cmocka_unit_test(an_analyzer_needs_its_address_only),
		cmocka_unit_test(errors_name_their_place_and_what_is_allowed),
		cmocka_unit_test(every_key_has_help_and_stands_in_the_man_page),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
