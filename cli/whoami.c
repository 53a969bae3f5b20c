/* phigate whoami: whom agents will take you for. */
#include "agents.h"
#include "clock.h"
#include "jsonline.h"
#include "profile.h"
#include "term.h"

static enum rc print_json(const struct agents *a)
{
	const struct signin *s = a->signin;
	cJSON *object = cJSON_CreateObject();
	char text[CLOCK_TEXT];
	enum rc rc;

	cJSON_AddStringToObject(object, "user", s->user);
	cJSON_AddItemToObject(object, "groups", jsonline_texts(&s->groups));
	cJSON_AddStringToObject(object, "issuer", a->config->issuer);
	cJSON_AddStringToObject(object, "expires_at", clock_text_s(s->expires_s, text));
	cJSON_AddBoolToObject(object, "renews", s->refresh_token.len > 0 || s->token_file);
	rc = jsonline_print(stdout, object);
	cJSON_Delete(object);
	return rc;
}

static void print_text(const struct agents *a)
{
	struct buf left;

	buf_init(&left, 64);
	duration_text((a->signin->expires_s - clock_wall_s()) * NS_PER_S, &left);
	term_text(stdout, slice_str(a->signin->user));
	fputs("\n  groups:   ", stdout);
	for (size_t i = 0; i < a->signin->groups.n; i++) {
		fputs(i ? ", " : "", stdout);
		term_text(stdout, slice_str(a->signin->groups.item[i]));
	}
	fputs(a->signin->groups.n ? "\n  provider: " : "none in the claim \"groups\"; phigate doctor tells what agents say\n  provider: ", stdout);
	term_text(stdout, slice_str(a->config->issuer));
	printf("\n  token:    good for %s, then %s\n", left.data ? left.data : "a while",
	       a->signin->token_file ? "read anew from its file" : a->signin->refresh_token.len ? "renewed by itself" : profile_login());
	buf_free(&left);
}

static int run(const struct arguments *args)
{
	struct agents a;
	int status = agents_begin(&a);

	if (status == EXIT_DONE && argument(args, "--json"))
		status = print_json(&a) == RC_OK ? EXIT_DONE : EXIT_FAILED;
	else if (status == EXIT_DONE)
		print_text(&a);
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--json", NULL, "one JSON object"},
	{NULL, NULL, NULL},
};

const struct command cmd_whoami = {
	.name = "whoami", .args = "", .help = "show who you are signed in as", .options = options, .run = run,
};
