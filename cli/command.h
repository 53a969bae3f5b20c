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
	const char *arg;                         /* "FILE"; "FILE…": it may be given several times; NULL: a flag */
	const char *help;
};

/* What was typed, after checking it against the record. */
struct arguments {
	const struct command *command;
	const char **positional;                 /* what is not an option; after -- everything */
	size_t n_positional;
	struct given {
		const struct option_spec *option;
		const char *value;               /* "" of a flag */
	} *given;                                /* in the order in which they were typed */
	size_t n_given;
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
const char *argument_nth(const struct arguments *args, const char *option, size_t n);    /* from 0 */

extern const struct command *const commands[];   /* ends with NULL */

#endif
