/* Files of age, version 1 (c2sp.org/age), for X25519 recipients: anybody can seal for a recipient, only who has the identity can open.
 * What a passphrase protects is opened only.
 * Nothing here reads or writes a file. Secrets lie in memory that is locked against swapping as far as the system lets it, and are wiped. */
#ifndef PHIGATE_AGE_H
#define PHIGATE_AGE_H

#include <stdint.h>

#include "buf.h"

#define AGE_KEY_LEN 32
#define AGE_CHUNK ((size_t)65536)                /* of plaintext, which is sealed and opened as one */
#define AGE_RECIPIENTS_MAX 16
#define AGE_WORK_MAX 22                          /* the logarithm of scrypt's N for a passphrase, as in age; each takes 2^N KiB of memory */

/* ---- recipients: public keys, as texts "age1…" -------------------------------------------------------------------------- */

/* All zero: nobody. */
struct age_recipients {
	unsigned char key[AGE_RECIPIENTS_MAX][AGE_KEY_LEN];
	size_t n;
};

/* RC_BAD: no recipient of this kind, with what it is instead; RC_CONFLICT: it is in there already; RC_TOO_BIG: there are as many as may be. */
enum rc age_recipients_add(struct age_recipients *r, const char *text, struct why *why) MUST_USE;
enum rc age_recipients_text(const struct age_recipients *r, size_t i, struct buf *out) MUST_USE;

/* ---- identities: secret keys, "AGE-SECRET-KEY-1…" ----------------------------------------------------------------------- */

struct age_identities;

/* An identity file as age-keygen writes it: one key a line, empty lines and those that begin with # left out. RC_BAD with the line, never
 * with what stands in it; RC_NOMEM. */
enum rc age_identities_read(struct slice text, struct age_identities **out, struct why *why) MUST_USE;
void age_identities_free(struct age_identities *who);    /* NULL is allowed */

/* An identity file that a passphrase protects, as "age -p" writes it, armored or not: whether text is such a file, and what is in it.
 * RC_NOT_FOUND: another passphrase protects it; RC_BAD: it is not as it was written, asks for more work than AGE_WORK_MAX, or has no keys in it. */
bool age_identities_locked(struct slice text);
enum rc age_identities_unlock(struct slice text, struct slice passphrase, struct age_identities **out, struct why *why) MUST_USE;

/* Whom they open for: the first recipients of them. */
void age_identities_recipients(const struct age_identities *who, struct age_recipients *out);

/* ---- sealing ------------------------------------------------------------------------------------------------------------ */

/* The text as one file, piece by piece to put(), whose failure ends it. At least one recipient. RC_NOMEM, RC_FAULT. */
typedef enum rc age_put(void *arg, struct slice piece);
enum rc age_seal(const struct age_recipients *to, struct slice text, age_put *put, void *arg) MUST_USE;

/* How long the text is in a file of that size that age_seal() made for so many. 0: there is no such file, or an empty one. */
uint64_t age_text_bytes(uint64_t file_bytes, size_t n_recipients);

/* ---- opening: incremental, in constant memory --------------------------------------------------------------------------- */

struct age_opening;
struct age_opening *age_open_begin(const struct age_identities *who);    /* borrowed; NULL: no memory */
struct age_opening *age_open_begin_passphrase(struct slice passphrase);  /* likewise, a file that was sealed for a passphrase */

/* The next bytes of the file; what of the text has become certain is appended to text: at most in.n + AGE_CHUNK bytes. RC_BAD: it is no such
 * file, or it was changed; RC_NOT_FOUND: none of the identities opens it; RC_NOMEM. Then only age_open_free() is left. */
enum rc age_open_more(struct age_opening *o, struct slice in, struct buf *text, struct why *why) MUST_USE;

/* The file ends here. RC_BAD: that is too early. */
enum rc age_open_end(struct age_opening *o, struct buf *text, struct why *why) MUST_USE;
void age_open_free(struct age_opening *o);               /* NULL is allowed */

/* For how many it was sealed, other kinds of recipients included; once the head has been read. */
size_t age_open_recipients(const struct age_opening *o);

#endif
