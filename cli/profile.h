/* Which organisation, for whoever belongs to several: --profile NAME, else PHIGATE_PROFILE, else none. A profile is a whole client.yaml of
 * its own, profiles/NAME.yaml, with a sign-in of its own. */
#ifndef PHIGATE_CLI_PROFILE_H
#define PHIGATE_CLI_PROFILE_H

#include "buf.h"

#define PROFILE_MAX 64

/* For this process and what it starts. RC_BAD: it is no name: letters, digits, dot, dash and underscore, the first a letter or digit. */
enum rc profile_choose(const char *name, struct why *why) MUST_USE;

/* *name: NULL when there is none. RC_BAD: PHIGATE_PROFILE holds no name, or PHIGATE_CONFIG says another thing. */
enum rc profile_get(const char **name, struct why *why) MUST_USE;

/* RC_BAD: there is no such profile; why names those that are in the folders (n of them; NULL ones do not count). */
enum rc profile_unknown(const char *name, const char *const *folders, size_t n, struct why *why) MUST_USE;

/* "phigate login", with the profile that is in force; lives as long as the process. */
const char *profile_login(void);

#endif
