/* phigate approve: let a held request through. */
#include "decide.h"

static int run(const struct arguments *args)
{
	return decide(args, "approve");
}

static const struct option_spec options[] = {
	{"--reason", "TEXT", "why, for the record"},
	{NULL, NULL, NULL},
};

const struct command cmd_approve = {
	.name = "approve", .args = "ID", .help = "let a held request through", .options = options, .min_args = 1, .max_args = 1, .run = run,
};
