/* phigate login: sign in with the organisation's provider by the device flow (RFC 8628). */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"
#include "clock.h"
#include "command.h"
#include "digest.h"
#include "encode.h"
#include "file.h"
#include "jsonline.h"
#include "oidc.h"
#include "qr.h"
#include "signin.h"
#include "sshkey.h"
#include "term.h"

#define FIRST_POLL_S 2                           /* nobody has signed in sooner */

struct login {
	const struct client_config *config;
	struct oidc_provider provider;
	struct oidc_device device;
	EVP_PKEY *key;
	struct buf nonce;                        /* binds the ID token to the key */
	bool json, browser, program;
};

/* nonce = base64url(SHA-256(SubjectPublicKeyInfo)) */
static enum rc make_key(struct login *l)
{
	unsigned char sum[SHA256_LEN];
	struct buf der;
	enum rc rc = sshkey_generate_p256(&l->key);

	buf_init(&der, 1024);
	if (rc == RC_OK)
		rc = sshkey_public_der(l->key, &der);
	if (rc == RC_OK) {
		sha256(der.data, der.len, sum);
		rc = base64url_encode(sum, sizeof sum, &l->nonce);
	}
	buf_free(&der);
	return rc;
}

static void print_code(const struct oidc_device *d)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "device_code");
	cJSON_AddStringToObject(event, "verification_uri", d->verification_uri);
	cJSON_AddItemToObject(event, "verification_uri_complete", d->verification_uri_complete ?
			      cJSON_CreateString(d->verification_uri_complete) : cJSON_CreateNull());
	cJSON_AddStringToObject(event, "user_code", d->user_code);
	cJSON_AddNumberToObject(event, "expires_in", (double)d->expires_in_s);
	(void)jsonline_print(stdout, event);
	cJSON_Delete(event);
}

static void tell_code(const struct login *l)
{
	const struct oidc_device *d = &l->device;
	const char *url = d->verification_uri_complete ? d->verification_uri_complete : d->verification_uri;
	struct buf left;

	if (l->json) {
		print_code(d);
		return;
	}
	buf_init(&left, 64);
	duration_text(d->expires_in_s * NS_PER_S, &left);
	fputs("To sign in, open\n\n    ", stderr);
	term_printf(stderr, STYLE_BOLD, "%s", d->verification_uri);
	fputs("\n\nand enter the code\n\n    ", stderr);
	term_printf(stderr, STYLE_BOLD, "%s", d->user_code);
	fputs("\n\n", stderr);
	if (isatty(STDERR_FILENO) && qr_print(stderr, url) == RC_OK)
		fputc('\n', stderr);
	fprintf(stderr, "The code is good for %s. It signs in whoever runs this command: never enter a code that somebody sent you.\n",
		left.data ? left.data : "a while");
	if (l->browser && browser_there()) {
		fputs("Your browser opens.\n", stderr);
		browser_open(url);
	}
	buf_free(&left);
}

static enum rc wait_for_person(struct login *l, struct oidc_tokens *tokens, struct why *why)
{
	int64_t until = clock_mono_ns() + l->device.expires_in_s * NS_PER_S, pause_s = FIRST_POLL_S;
	enum rc rc = RC_AGAIN;

	if (!l->json)
		progress_begin("waiting for you to sign in");
	while (rc == RC_AGAIN) {
		struct timespec pause = {.tv_sec = pause_s};

		if (clock_mono_ns() + pause_s * NS_PER_S > until + 2 * NS_PER_S)
			pause.tv_sec = (until - clock_mono_ns()) / NS_PER_S + 1;
		nanosleep(&pause, NULL);
		rc = oidc_device_poll(l->config, &l->provider, &l->device, tokens, why);
		pause_s = l->device.interval_s;
		if (rc == RC_AGAIN && clock_mono_ns() > until)
			rc = why_set(why, RC_TIMEOUT, "the code has expired; phigate login gives another one");
	}
	progress_end();
	return rc;
}

static void tell_done(const struct login *l, const char *user, const struct text_list *groups)
{
	if (l->json) {
		cJSON *event = cJSON_CreateObject();

		cJSON_AddStringToObject(event, "event", "logged_in");
		cJSON_AddStringToObject(event, "user", user);
		cJSON_AddItemToObject(event, "groups", jsonline_texts(groups));
		(void)jsonline_print(stdout, event);
		cJSON_Delete(event);
		return;
	}
	fputs("Signed in as ", stderr);
	term_text(stderr, slice_str(user));
	fputs(".\n", stderr);
	if (!groups->n && !l->program)
		term_printf(stderr, STYLE_WARN, "The provider names no groups of yours (claim \"groups\"), and agents may refuse you for it.\n");
}

static enum rc store(const struct login *l, const struct oidc_tokens *tokens, struct why *why)
{
	struct signin s = {.key = l->key};
	enum rc rc;

	buf_init(&s.id_token, JWT_MAX);
	buf_init(&s.login_token, JWT_MAX);
	buf_init(&s.refresh_token, JWT_MAX);
	rc = buf_add_slice(&s.id_token, buf_slice(&tokens->id_token));
	if (rc == RC_OK)
		rc = buf_add_slice(&s.login_token, buf_slice(&tokens->id_token));
	if (rc == RC_OK)
		rc = buf_add_slice(&s.refresh_token, buf_slice(&tokens->refresh_token));
	if (rc == RC_OK)
		rc = signin_store(l->config, &s, why);
	buf_free(&s.id_token);
	buf_free(&s.login_token);
	buf_free(&s.refresh_token);
	return rc;
}

static enum rc sign_in(struct login *l, struct why *why)
{
	struct oidc_claims claims = {0};
	struct oidc_tokens tokens;
	enum rc rc;

	oidc_tokens_init(&tokens);
	progress_begin("asking the provider");
	rc = make_key(l);
	if (rc == RC_OK)
		rc = oidc_discover(l->config, &l->provider, why);
	if (rc == RC_OK)
		rc = oidc_device_begin(l->config, &l->provider, l->nonce.data, &l->device, why);
	progress_end();
	if (rc == RC_OK) {
		tell_code(l);
		rc = wait_for_person(l, &tokens, why);
	}
	if (rc == RC_OK)
		rc = oidc_check(l->config, &l->provider, buf_slice(&tokens.id_token), l->nonce.data, &claims, why);
	if (rc == RC_OK)
		rc = store(l, &tokens, why);
	if (rc == RC_OK)
		tell_done(l, claims.user, &claims.groups);
	oidc_claims_free(&claims);
	oidc_tokens_free(&tokens);
	return rc;
}

/* Absolute, with links left as they are: what they lead to changes. NULL: no memory. Caller frees. */
static char *absolute(const char *path)
{
	char *here, *whole = NULL;

	if (path[0] == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	whole = here ? path_join(here, path) : NULL;
	free(here);
	return whole;
}

/* A program's sign-in: a key of its own, and where its token is. No provider is asked. */
static enum rc sign_in_by_file(struct login *l, const char *path, struct why *why)
{
	char *whole = absolute(path);
	struct signin s = {.token_file = whole};
	enum rc rc = whole ? make_key(l) : RC_NOMEM;

	l->program = true;
	buf_init(&s.id_token, JWT_MAX);
	buf_init(&s.login_token, JWT_MAX);
	buf_init(&s.refresh_token, JWT_MAX);
	s.key = l->key;
	if (rc == RC_OK)
		rc = signin_read_token(l->config, whole, &s, why);
	if (rc == RC_OK)
		rc = signin_store(l->config, &s, why);
	if (rc == RC_OK)
		tell_done(l, s.user, &s.groups);
	buf_free(&s.id_token);
	buf_free(&s.login_token);
	buf_free(&s.refresh_token);
	free(s.user);
	text_list_free(&s.groups);
	free(whole);
	return rc;
}

static int run(const struct arguments *args)
{
	const char *token_file = argument(args, "--token-file");
	struct login l = {.json = argument(args, "--json"), .browser = !argument(args, "--no-browser")};
	struct client_config *config = NULL;
	struct why why = {0};
	int status = EXIT_DONE;
	enum rc rc = client_config_load(&config, &why);

	if (rc == RC_OK) {
		l.config = config;
		buf_init(&l.nonce, 256);
		rc = token_file ? sign_in_by_file(&l, token_file, &why) : sign_in(&l, &why);
		buf_free(&l.nonce);
	}
	if (rc != RC_OK) {
		status = term_fail(rc, &why);
		if (rc == RC_BAD && !config)
			status = EXIT_USAGE;
		status = rc == RC_TIMEOUT ? EXIT_FAILED : status;        /* nobody came; the provider was there */
	}
	EVP_PKEY_free(l.key);
	oidc_device_free(&l.device);
	oidc_provider_free(&l.provider);
	client_config_free(config);
	return status;
}

static const struct option_spec options[] = {
	{"--no-browser", NULL, "only show where to sign in"},
	{"--token-file", "FILE", "a program's sign-in: its token stands in this file, and is read anew each time"},
	{"--json", NULL, "events as JSON objects, one a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_login = {
	.name = "login", .args = "", .help = "sign in with your organisation's provider", .options = options, .run = run,
};
