/* Renewing the sign-in beside the work, so that no request waits for the provider. */
#ifndef PHIGATE_CLI_RENEWAL_H
#define PHIGATE_CLI_RENEWAL_H

#include "signin.h"

struct renewal;

/* Starts signin_load() in a thread. config is borrowed until renewal_free(). */
enum rc renewal_start(const struct client_config *config, int64_t min_valid_s, struct renewal **out) MUST_USE;
int renewal_fd(const struct renewal *r);                 /* readable when it is done */

/* Once it is done: signin_load()'s result; the caller frees *out. */
enum rc renewal_take(struct renewal *r, struct signin **out, struct why *why) MUST_USE;
void renewal_free(struct renewal *r);                    /* waits for the thread; NULL is allowed */

/* A number that changes when another command has stored a sign-in. */
int64_t renewal_stamp(void);

#endif
