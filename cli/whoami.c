/* phigate whoami: whom agents will take you for. */
#include "agents.h"
#include "clock.h"
#include "json.h"
#include "term.h"

static void print_json(const struct agents *a)
{
	char text[CLOCK_TEXT];
	struct buf line;

	buf_init(&line, 65536);
	buf_puts(&line, "{\"user\":");
	json_add_str(&line, a->signin->user);
	buf_puts(&line, ",\"groups\":[");
	for (size_t i = 0; i < a->signin->groups.n; i++) {
		buf_puts(&line, i ? "," : "");
		json_add_str(&line, a->signin->groups.item[i]);
	}
	buf_puts(&line, "],\"issuer\":");
	json_add_str(&line, a->config->issuer);
	buf_printf(&line, ",\"expires_at\":\"%s\",\"renews\":%s}\n", clock_text_s(a->signin->expires_s, text),
		   a->signin->refresh_token.len ? "true" : "false");
	if (line.rc == RC_OK)
		fputs(line.data, stdout);
	buf_free(&line);
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
	printf("\n  token:    good for %s%s\n", left.data ? left.data : "a while",
	       a->signin->refresh_token.len ? ", then renewed by itself" : "; then phigate login");
	buf_free(&left);
}

static int run(const struct arguments *args)
{
	struct agents a;
	int status = agents_begin(&a);

	if (status == EXIT_DONE && argument(args, "--json"))
		print_json(&a);
	else if (status == EXIT_DONE)
		print_text(&a);
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--json", NULL, "one JSON object", false},
	{NULL, NULL, NULL, false},
};

const struct command cmd_whoami = {
	.name = "whoami", .args = "", .help = "show who you are signed in as", .options = options, .run = run,
};
