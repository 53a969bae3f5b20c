/* Keys that sign notes (C2SP signed-note): a ledger's (Ed25519), and a witness's (cosignature/v1, C2SP tlog-cosignature). Pure. */
#ifndef PHIGATE_TLOG_VKEY_H
#define PHIGATE_TLOG_VKEY_H

#include <openssl/evp.h>

#include "buf.h"

#define TLOG_NAME_MAX 128                        /* of a key, and of the log: its origin */
#define ED25519_LEN 32
#define ED25519_SIG_LEN 64

enum tlog_kind { TLOG_LEDGER = 1, TLOG_WITNESS = 4 };    /* signed-note's number of the kind of signature */

/* "NAME+HASH+BASE64(KIND | public key)" */
struct tlog_vkey {
	char name[TLOG_NAME_MAX + 1];
	enum tlog_kind kind;
	unsigned char id[4];
	unsigned char public[ED25519_LEN];
};

/* No white space and no plus (signed-note), and no more than one can read. */
bool tlog_name_valid(struct slice name);

enum rc tlog_vkey_make(const char *name, EVP_PKEY *key, struct tlog_vkey *out) MUST_USE;         /* a ledger's. RC_BAD: no such name or key */
enum rc tlog_vkey_parse(struct slice text, struct tlog_vkey *out, struct why *why) MUST_USE;     /* a ledger's; without LF; RC_BAD */
enum rc tlog_vkey_parse_witness(struct slice text, struct tlog_vkey *out, struct why *why) MUST_USE;     /* likewise */
enum rc tlog_vkey_text(const struct tlog_vkey *vkey, struct buf *out);                           /* appends, without LF */

/* Is it the key's Ed25519 signature over text? */
bool tlog_vkey_signed(const struct tlog_vkey *vkey, struct slice text, const unsigned char sig[ED25519_SIG_LEN]);

#endif
