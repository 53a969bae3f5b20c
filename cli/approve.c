/* phigate approve: let a held request through. */
#include "decide.h"

static int run(const struct arguments *args)
{
	return decide(args, "approve");
}

static const struct option_spec options[] = {
	{"--reason", "TEXT", "why, for the record", false},
	{NULL, NULL, NULL, false},
};

const struct command cmd_approve = {
	.name = "approve", .args = "ID", .help = "let a held request through", .options = options, .min_args = 1, .max_args = 1, .run = run,
};
