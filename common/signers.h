/* Whose signature is believed: lines of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS), read as ssh-keygen reads them. */
#ifndef PHIGATE_SIGNERS_H
#define PHIGATE_SIGNERS_H

#include <stdint.h>

#include "buf.h"

struct signers;

struct signers *signers_new(void);                       /* NULL: no memory */
void signers_free(struct signers *s);                    /* NULL is allowed */
bool signers_none(const struct signers *s);              /* nobody is known; also for NULL */

/* Add the lines "PRINCIPALS [OPTIONS] TYPE BASE64 [COMMENT]" of text. Options: cert-authority (such a line says nothing of a plain key),
 * namespaces, valid-after, valid-before. RC_BAD: why has the line of the first one that is none; ssh-keygen does not take it either,
 * but passes over it without a word. */
enum rc signers_parse(struct signers *s, struct slice text, struct why *why) MUST_USE;

/* One key without conditions; key_line: "ssh-ed25519 AAAA…". RC_BAD. */
enum rc signers_add(struct signers *s, const char *principal, const char *key_line, struct why *why) MUST_USE;

/* May this key (wire form) sign in the principal's name, for this namespace, at that time? RC_NOT_FOUND: no line has the key.
 * RC_DENIED: one has, but for another principal, namespace or time; why says which. */
enum rc signers_know(const struct signers *s, struct slice key_blob, const char *principal, const char *namespace, int64_t wall_s,
		     struct why *why) MUST_USE;

#endif
