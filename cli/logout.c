/* phigate logout: wipe the sign-in, and have the provider forget its refresh token. */
#include "command.h"
#include "oidc.h"
#include "signin.h"
#include "term.h"

static void warn(const struct why *why)
{
	fputs("phigate: warning: the refresh token is not revoked at the provider: ", stderr);
	term_text(stderr, slice_str(why->text));
	fputc('\n', stderr);
}

/* At the provider, as far as it can be reached: what lies here is wiped in any case. */
static enum rc revoke(const struct client_config *config, struct why *why)
{
	struct oidc_provider provider = {0};
	struct signin *s = NULL;
	enum rc rc = signin_load(config, INT64_MIN / 2, &s, why);        /* as it is, however old */

	if (rc == RC_OK && s->refresh_token.len) {
		progress_begin("asking the provider to revoke the refresh token");
		rc = oidc_discover(config, &provider, why);
		if (rc == RC_OK)
			rc = oidc_revoke(config, &provider, buf_slice(&s->refresh_token), why);
		progress_end();
	} else if (rc == RC_NOT_FOUND) {
		rc = RC_OK;                              /* nothing to revoke */
	}
	oidc_provider_free(&provider);
	signin_free(s);
	return rc;
}

static int run(const struct arguments *args)
{
	struct client_config *config = NULL;
	struct why why = {0}, not_revoked = {0};
	enum rc revoked = client_config_load(&config, &not_revoked), rc;

	(void)args;
	if (revoked == RC_OK)
		revoked = revoke(config, &not_revoked);
	client_config_free(config);
	rc = signin_wipe(&why);
	if (rc == RC_NOT_FOUND) {
		fputs("You were not signed in.\n", stderr);
		return EXIT_DONE;
	}
	if (revoked != RC_OK)
		warn(&not_revoked);
	if (rc != RC_OK)
		return term_fail(rc, &why);
	fputs("Signed out.\n", stderr);
	return EXIT_DONE;
}

const struct command cmd_logout = {
	.name = "logout", .args = "", .help = "forget the sign-in, here and at the provider", .run = run,
};
