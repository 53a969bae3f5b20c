/* Bech32 (BIP 173) of 32 bytes, as age writes its keys: no bound of 90 characters, and one case, which the prefix tells. */
#ifndef PHIGATE_BECH32_H
#define PHIGATE_BECH32_H

#include "buf.h"

#define BECH32_BYTES 32

/* prefix: in one case, which the whole text gets ("age", "AGE-SECRET-KEY-"). */
enum rc bech32_encode(const char *prefix, const unsigned char bytes[BECH32_BYTES], struct buf *out) MUST_USE;

/* RC_NOT_FOUND: it begins otherwise; RC_BAD: wrong case, characters, length or checksum. Not in constant time. */
enum rc bech32_decode(struct slice text, const char *prefix, unsigned char bytes[BECH32_BYTES]) MUST_USE;

#endif
