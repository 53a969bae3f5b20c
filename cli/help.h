/* What a person is told about the commands; all of it comes from their records. */
#ifndef PHIGATE_CLI_HELP_H
#define PHIGATE_CLI_HELP_H

#include <stdio.h>

#include "command.h"

void help_all(FILE *f);                                      /* every command, a line each */
void help_command(FILE *f, const struct command *command);   /* one command with its options */
void help_usage(FILE *f, const struct command *command);     /* "usage: phigate approve ID [--reason T]" */

#endif
