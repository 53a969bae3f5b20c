/* phigate cancel: take back a request of one's own that is held. */
#include "decide.h"

static int run(const struct arguments *args)
{
	return decide(args, "cancel");
}

const struct command cmd_cancel = {
	.name = "cancel", .args = "ID", .help = "take back a held request of your own", .min_args = 1, .max_args = 1,
	.run = run,
};
