/* phigate deny: refuse a held request. The requester is told why, so a reason is needed. */
#include <stdio.h>

#include "decide.h"
#include "term.h"

static int run(const struct arguments *args)
{
	const char *reason = argument(args, "--reason");

	if (!reason || !*reason) {
		term_fail(RC_BAD, &(struct why){.text = "deny needs --reason TEXT: the requester is told why"});
		return EXIT_USAGE;
	}
	return decide(args, "deny");
}

static const struct option_spec options[] = {
	{"--reason", "TEXT", "why, for the requester and the record; needed"},
	{NULL, NULL, NULL},
};

const struct command cmd_deny = {
	.name = "deny", .args = "ID", .help = "refuse a held request", .options = options, .min_args = 1, .max_args = 1, .run = run,
};
