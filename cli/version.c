/* phigate version */
#include <stdio.h>

#include "command.h"

static int run(const struct arguments *args)
{
	(void)args;
	printf("phigate %s\n", PHIGATE_VERSION);
	return EXIT_DONE;
}

const struct command cmd_version = {
	.name = "version", .args = "", .help = "print the version", .run = run,
};
