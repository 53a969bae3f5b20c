/* The agent's key files in STATE_DIR/keys. */
#ifndef PHIGATE_AGENT_KEYS_H
#define PHIGATE_AGENT_KEYS_H

#include <stdint.h>

#include "buf.h"

enum key_kind { KEY_HOST, KEY_SIGNING, KEY_LEDGER };
#define N_KEY_KINDS 3

/* Make STATE_DIR/keys (0700) and the key in it, with .pub beside it; an old one is replaced. agent_name goes into the comment. */
enum rc key_make(const char *state_dir, enum key_kind kind, const char *agent_name, struct why *why) MUST_USE;

/* Append "ssh-ed25519 AAAA…", without comment and LF. RC_NOT_FOUND. */
enum rc key_public(const char *state_dir, enum key_kind kind, struct buf *out, struct why *why) MUST_USE;

/* Append the ledger's vkey (tlog_checkpoint.h), as `phigate verify --ledger` takes it, without LF. RC_NOT_FOUND. */
enum rc key_vkey(const char *state_dir, const char *agent_name, struct buf *out, struct why *why) MUST_USE;

/* Append the allowed_signers line of the agent (ssh-keygen(1)); valid_before_s: 0, or when the key was given up. */
enum rc key_signers_line(const char *agent_name, struct slice public, int64_t valid_before_s, struct buf *out);

#endif
