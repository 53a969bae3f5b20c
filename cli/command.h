/* Commands of `phigate`: one file and one record for each. Help, man page synopsis and completions come from the record. */
#ifndef PHIGATE_CLI_COMMAND_H
#define PHIGATE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "rc.h"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNED_OUT = 3, EXIT_REFUSED = 4, EXIT_EVIDENCE = 5,
	EXIT_UNREACHABLE = 6 };

struct option_spec {
	const char *name;                        /* "--json" */
	const char *arg;                         /* "FILE"; NULL: a flag */
	const char *help;
};

/* What was typed, after checking it against the record. */
struct arguments {
	const struct command *command;
	const char **positional;                 /* what is not an option; after -- everything */
	size_t n_positional;
	const char **values;                     /* one for each of command->options: NULL, "" for a flag, or the value */
};

struct command {
	const char *name, *args, *help;          /* "approve", "ID", "let a held request through" */
	const struct option_spec *options;       /* ends with a NULL name; NULL: none but --help */
	size_t min_args, max_args;
	int (*run)(const struct arguments *args);
};

/* What every command takes, beside --help; ends with a NULL name. */
extern const struct option_spec common_options[];

/* The value of an option, NULL when it was not given. */
const char *argument(const struct arguments *args, const char *option);

extern const struct command *const commands[];   /* ends with NULL */

#endif
