/* Reading a command line against its command's record. */
#ifndef PHIGATE_CLI_ARGUMENTS_H
#define PHIGATE_CLI_ARGUMENTS_H

#include "command.h"

/* argv[0] is the command's name. Options may stand anywhere before "--", as "--name VALUE" or "--name=VALUE"; behind "--" all is
 * positional. *help: --help or -h was given, and nothing else counts. RC_BAD: why says what is wrong, and which option may have been
 * meant. Values are borrowed from argv; a profile is chosen at once (profile.h). */
enum rc arguments_read(const struct command *command, int argc, char **argv, struct arguments *out, bool *help, struct why *why) MUST_USE;
void arguments_free(struct arguments *args);

/* argv[1] of a whole command line, where it is the common option that may stand before the command: as read by arguments_read(). *used: how
 * many words it took, 0 when it is none. RC_BAD. */
enum rc arguments_common(int argc, char **argv, int *used, struct why *why) MUST_USE;

/* The one of names (count of them) that is most like what was typed; NULL when none is. */
const char *arguments_nearest(const char *typed, const char *const *names, size_t count);

#endif
