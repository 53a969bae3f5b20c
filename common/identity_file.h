/* The files that --identity names: keys of age, which may be protected by a passphrase. */
#ifndef PHIGATE_IDENTITY_FILE_H
#define PHIGATE_IDENTITY_FILE_H

#include "age.h"

/* Asks the person at the terminal for the passphrase of a protected file, and reads it from stdin when there is no terminal. RC_BAD: what is wrong,
 * with the file's name and never with what stands in it; or that no passphrase was given or another one protects it; RC_IO; RC_NOMEM.
 * age_identities_free() the result. */
enum rc identity_file_read(const char *path, struct age_identities **out, struct why *why) MUST_USE;

#endif
