/* phigate-agent: stands beside the model, and lets through what policy, approval and masking let through. */
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = {
	&cmd_run, &cmd_check, &cmd_policy_test, &cmd_reload, &cmd_prune, &cmd_keys, &cmd_ledger, &cmd_init, &cmd_authorize, NULL,
};

static void help(FILE *f)
{
	fputs("phigate-agent: the control point beside a model server\n\nusage: phigate-agent COMMAND [OPTIONS]\n\n", f);
	for (size_t i = 0; commands[i]; i++) {
		int width = fprintf(f, "  %s %s", commands[i]->name, commands[i]->args);

		fprintf(f, "%*s%s\n", width < 34 ? 34 - width : 2, "", commands[i]->help);
	}
	fputs("\nphigate-agent(8) tells all. Begin with: phigate-agent init DIR\n", f);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		printf("phigate-agent %s\n", PHIGATE_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "phigate-agent: there is no command \"%.32s\"; phigate-agent --help lists them\n", argv[1]);
	return EXIT_USAGE;
}
