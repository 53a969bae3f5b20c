#include "command.h"

#include <stdio.h>
#include <string.h>

#include "excerpt.h"

static void take_out(int *argc, char **argv, int at, int n)
{
	memmove(argv + at, argv + at + n, (size_t)(*argc - at - n + 1) * sizeof *argv);     /* with the NULL at the end */
	*argc -= n;
}

enum rc command_option(int *argc, char **argv, const char *name, const char **value)
{
	size_t n = strlen(name);

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], name) == 0) {
			if (i + 1 == *argc)
				return RC_BAD;
			*value = argv[i + 1];
			take_out(argc, argv, i--, 2);
		} else if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') {
			*value = argv[i] + n + 1;
			take_out(argc, argv, i--, 1);
		}
	}
	return RC_OK;
}

int command_flag(int *argc, char **argv, const char *name)
{
	int found = 0;

	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], name) == 0) {
			take_out(argc, argv, i--, 1);
			found = 1;
		}
	return found;
}

int command_usage(const struct command *command, const char *message)
{
	fprintf(stderr, "phigate-agent %s: %s\nusage: phigate-agent %s%s%s\n", command->name, message, command->name,
		*command->args ? " " : "", command->args);
	return EXIT_USAGE;
}

void command_tell(const struct why *why, const char *kind)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	if (excerpt_add(why, kind, &text) == RC_OK)
		fprintf(stderr, "phigate-agent: %s", text.data);
	buf_free(&text);
}

int command_failed(enum rc rc, const struct why *why)
{
	struct why said = *why;

	if (!said.text[0])
		(void)why_set(&said, rc, "%s", rc_name(rc));
	command_tell(&said, "");
	return rc == RC_BAD ? EXIT_USAGE : EXIT_FAILED;
}
