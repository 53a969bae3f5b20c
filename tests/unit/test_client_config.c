/* client.yaml: where it is found, what may stand in it, and what people are told when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cli/config.h"
#include "file.h"

#define KEY_1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICsPoRHhHZ/DkBO6bkPvUbCS61gkHr8mF+WsGVlXbMLB"
#define KEY_2 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBDgnaQQlvQLgAo6cVhywUh/Oubn8xFT1waKf7eSrV9F"
#define OIDC "oidc: {issuer: https://idp.example.org, client_id: phigate}\n"
#define AGENT(name, key) "  - {name: " name ", address: 'gpu.example.org:2222', user: phigate, host_key: " key "}\n"
#define GOOD OIDC "agents:\n" AGENT("gpu-1", KEY_1)

static char home[64], path[128];

static int setup(void **state)
{
	(void)state;
	strcpy(home, "/tmp/test_client_config.XXXXXX");
	if (!mkdtemp(home))
		return -1;
	snprintf(path, sizeof path, "%s/client.yaml", home);
	setenv("PHIGATE_CONFIG", path, 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", home, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(home);
}

static enum rc load(const char *text, struct client_config **out, struct why *why)
{
	*why = (struct why){0};
	assert_int_equal(file_write(path, slice_str(text), 0644, NULL), RC_OK);
	return client_config_load(out, why);
}

static void a_short_file_gets_the_defaults(void **state)
{
	struct client_config *c;
	struct why why;

	(void)state;
	assert_int_equal(load(GOOD, &c, &why), RC_OK);
	assert_string_equal(c->path, path);
	assert_int_equal(c->scopes.n, 4);
	assert_true(text_list_has(&c->scopes, "offline_access"));
	assert_null(c->ca_file);
	assert_int_equal(c->n_agents, 1);
	assert_string_equal(c->agents[0].address, "gpu.example.org:2222");
	assert_string_equal(c->agents[0].host_keys.item[0], KEY_1);
	assert_int_equal(c->agents[0].signing_keys.n, 0);
	assert_int_equal(c->n_connections, 0);
	client_config_free(c);
}

static void a_full_file_is_read(void **state)
{
	struct client_config *c;
	struct why why;
	char joined[160];

	(void)state;
	assert_int_equal(load("oidc: {issuer: 'http://127.0.0.1:8000', client_id: phigate, audience: 'https://api', scopes: [openid, email], ca_file: ca.pem}\n"
			      "agents:\n  - name: gpu-1\n    address: '[2001:db8::7]:22'\n    user: phigate\n    host_key: [" KEY_1 ", " KEY_2 "]\n"
			      "    signing_key: " KEY_2 "\n"
			      "connections: {llama: {port: 8081}, gpu-1/other: {port: 8082}}\n", &c, &why), RC_OK);
	snprintf(joined, sizeof joined, "%s/ca.pem", home);
	assert_string_equal(c->ca_file, joined);
	assert_string_equal(c->audience, "https://api");
	assert_int_equal(c->scopes.n, 2);
	assert_int_equal(c->agents[0].host_keys.n, 2);
	assert_string_equal(c->agents[0].signing_keys.item[0], KEY_2);
	assert_int_equal(c->n_connections, 2);
	assert_string_equal(c->connections[1].name, "gpu-1/other");
	assert_int_equal(c->connections[1].port, 8082);
	client_config_free(c);
}

static void the_example_is_good(void **state)
{
	struct client_config *c;
	struct why why = {0};

	(void)state;
	setenv("PHIGATE_CONFIG", "config/client.yaml", 1);
	assert_int_equal(client_config_load(&c, &why), RC_OK);
	assert_string_equal(c->agents[0].name, "gpu-1");
	client_config_free(c);
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} mistakes[] = {
		{"oidc: {issuer: http://idp.example.org, client_id: phigate}\nagents:\n" AGENT("a", KEY_1), 1, "https://"},
		{"oidc: {issuer: 'https://me@idp.example.org', client_id: phigate}\nagents:\n" AGENT("a", KEY_1), 1, "https://"},
		{"oidc: {issuer: https://idp.example.org}\nagents:\n" AGENT("a", KEY_1), 1, "client_id"},
		{"oidc: {issuer: https://idp.example.org, client_id: phigate, secret: x}\nagents:\n" AGENT("a", KEY_1), 1, "secret"},
		{"oidc: {issuer: https://idp.example.org, client_id: phigate, scopes: [email]}\nagents:\n" AGENT("a", KEY_1), 1, "openid"},
		{OIDC, 1, "agents"},
		{OIDC "agents: []\n", 2, "agents"},
		{OIDC "agents:\n  gpu-1: {}\n", 3, "agents"},
		{OIDC "agents:\n" AGENT("a", "ssh-ed25519 AAAA"), 3, "host_key"},
		{OIDC "agents:\n" AGENT("a", "[]"), 3, "host_key"},
		{OIDC "agents:\n" AGENT("a", KEY_1) AGENT("a", KEY_2), 4, "name"},
		{OIDC "agents:\n" AGENT("a", KEY_1) AGENT("b", KEY_1), 4, "host_key"},
		{OIDC "agents:\n" AGENT("a", KEY_1) AGENT("b", "[" KEY_2 ", " KEY_1 " another comment]"), 4, "host_key"},
		{OIDC "agents:\n" AGENT("a/b", KEY_1), 3, "name"},
		{GOOD "connections: {llama: {port: 65536}}\n", 4, "port"},
		{GOOD "connections: {llama: {prot: 80}}\n", 4, "prot"},
		{GOOD "proxy: x\n", 4, "proxy"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct client_config *c;
		struct why why;
		char text[1024];

		assert_int_equal(load(mistakes[i].text, &c, &why), RC_BAD);
		assert_null(c);
		why_text(&why, text, sizeof text);
		if (!strstr(text, mistakes[i].says) || why.line != mistakes[i].line || strcmp(why.file, path) != 0)
			fail_msg("mistake %zu: %s", i, text);
	}
}

static void addresses_have_a_port(void **state)
{
	static const char *const bad[] = {"gpu", "gpu:", ":22", "gpu:0", "gpu:65536", "gpu:22x", "2001:db8::7:22", "a b:22", "me@gpu:22", "gpu:000022"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct client_config *c;
		struct why why;
		char text[512];

		snprintf(text, sizeof text, OIDC "agents: [{name: a, user: u, host_key: %s, address: '%s'}]\n", KEY_1, bad[i]);
		if (load(text, &c, &why) != RC_BAD || !strstr(why.text, "HOST:PORT"))
			fail_msg("%s is taken", bad[i]);
	}
}

static void the_file_is_looked_for_in_its_places(void **state)
{
	struct client_config *c;
	struct why why = {0};
	char folder[128], xdg[160], own[160];

	(void)state;
	unsetenv("PHIGATE_CONFIG");
	snprintf(folder, sizeof folder, "%s/x/phigate", home);
	snprintf(xdg, sizeof xdg, "%s/client.yaml", folder);
	assert_int_equal(dir_make(folder, 0700, NULL), RC_OK);
	snprintf(folder, sizeof folder, "%s/.config/phigate", home);
	snprintf(own, sizeof own, "%s/client.yaml", folder);
	assert_int_equal(dir_make(folder, 0700, NULL), RC_OK);
	assert_int_equal(file_write(own, SLICE(GOOD), 0600, NULL), RC_OK);
	snprintf(folder, sizeof folder, "%s/x", home);
	setenv("XDG_CONFIG_HOME", folder, 1);
	assert_int_equal(client_config_load(&c, &why), RC_OK);
	assert_string_equal(c->path, own);
	client_config_free(c);
	assert_int_equal(file_write(xdg, SLICE(GOOD), 0600, NULL), RC_OK);
	assert_int_equal(client_config_load(&c, &why), RC_OK);
	assert_string_equal(c->path, xdg);
	client_config_free(c);
	/* a file that is named is the one that is meant */
	setenv("PHIGATE_CONFIG", path, 1);
	assert_int_equal(client_config_load(&c, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, path));
	unlink(own);
	unlink(xdg);
	for (const char *const *d = (const char *const[]){"x/phigate", "x", ".config/phigate", ".config", NULL}; *d; d++) {
		snprintf(folder, sizeof folder, "%s/%s", home, *d);
		assert_int_equal(rmdir(folder), 0);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_short_file_gets_the_defaults), TEST(a_full_file_is_read), TEST(the_example_is_good),
		TEST(mistakes_are_told_with_their_place), TEST(addresses_have_a_port), TEST(the_file_is_looked_for_in_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
