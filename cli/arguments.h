/* Reading a command line against its command's record. */
#ifndef PHIGATE_CLI_ARGUMENTS_H
#define PHIGATE_CLI_ARGUMENTS_H

#include "command.h"

/* argv[0] is the command's name. Options may stand anywhere before "--", as "--name VALUE" or "--name=VALUE"; behind "--" all is
 * positional. *help: --help or -h was given, and nothing else counts. RC_BAD: why says what is wrong, and which option may have been
 * meant. Values are borrowed from argv. */
enum rc arguments_read(const struct command *command, int argc, char **argv, struct arguments *out, bool *help, struct why *why) MUST_USE;
void arguments_free(struct arguments *args);

/* The one of names (count of them) that is most like what was typed; NULL when none is. */
const char *arguments_nearest(const char *typed, const char *const *names, size_t count);

#endif
