/* phigate logout: wipe the sign-in, and have the provider forget its refresh token. */
#include "command.h"
#include "oidc.h"
#include "signin.h"
#include "term.h"

/* At the provider, as far as it can be reached: what lies here is wiped in any case. */
static void revoke(const struct client_config *config)
{
	struct oidc_provider provider = {0};
	struct signin *s = NULL;
	struct why why = {0};
	enum rc rc;

	if (signin_load(config, INT64_MIN / 2, &s, &why) != RC_OK)
		return;
	if (s->refresh_token.len) {
		progress_begin("asking the provider to revoke the refresh token");
		rc = oidc_discover(config, &provider, &why);
		if (rc == RC_OK)
			rc = oidc_revoke(config, &provider, buf_slice(&s->refresh_token), &why);
		progress_end();
		if (rc != RC_OK) {
			fputs("phigate: warning: ", stderr);
			term_text(stderr, slice_str(why.text));
			fputc('\n', stderr);
		}
	}
	oidc_provider_free(&provider);
	signin_free(s);
}

static int run(const struct arguments *args)
{
	struct client_config *config = NULL;
	struct why why = {0};
	enum rc rc = client_config_load(&config, &why);

	(void)args;
	if (rc == RC_OK)
		revoke(config);
	client_config_free(config);
	rc = signin_wipe(&why);
	if (rc == RC_OK)
		fputs("Signed out.\n", stderr);
	else if (rc == RC_NOT_FOUND)
		fputs("You were not signed in.\n", stderr);
	else
		return term_fail(rc, &why);
	return EXIT_DONE;
}

const struct command cmd_logout = {
	.name = "logout", .args = "", .help = "forget the sign-in, here and at the provider", .run = run,
};
