/* A time-stamp authority (RFC 3161), as one who wants bundles dated asks it. */
#ifndef PHIGATE_AGENT_AUTHORITY_H
#define PHIGATE_AGENT_AUTHORITY_H

#include <stdatomic.h>
#include <stdint.h>

#include "buf.h"

struct authority_settings {
	const char *url;                         /* NULL: none is asked */
	const char *roots_file;                  /* certificates (PEM) of the authorities that are believed */
	const char *ca_file;                     /* for https; NULL: the system's */
};

struct authority;
enum rc authority_new(const struct authority_settings *settings, struct authority **out, struct why *why) MUST_USE;  /* RC_BAD, RC_NOT_FOUND: roots_file */
void authority_free(struct authority *a);        /* NULL is allowed */

/* Append its reply over a bundle's signature, checked, and with a time that is so here; closed_s: when the session was closed. Ends when cancel becomes true.
 * RC_BAD: it does not hold. RC_UNREACHABLE, RC_TOO_BIG, RC_CANCELLED. */
enum rc authority_ask(const struct authority *a, struct slice sig, int64_t closed_s, const atomic_bool *cancel, struct buf *reply,
		      struct why *why) MUST_USE;

#endif
