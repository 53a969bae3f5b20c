/* Hex, base64 and base64url (RFC 4648). Decoders are strict: no white space, no foreign characters, canonical ends. */
#ifndef PHIGATE_ENCODE_H
#define PHIGATE_ENCODE_H

#include "buf.h"

void hex_encode(const void *p, size_t n, char *out /* 2n + 1 */);       /* lower case */
enum rc hex_decode(struct slice in, void *out, size_t n) MUST_USE;      /* exactly n bytes, lower or upper case; RC_BAD */

enum rc base64_encode(const void *p, size_t n, struct buf *out);        /* with padding */
enum rc base64_decode(struct slice in, struct buf *out) MUST_USE;       /* padding demanded; RC_BAD */
enum rc base64_bare_encode(const void *p, size_t n, struct buf *out);   /* without padding */
enum rc base64_bare_decode(struct slice in, struct buf *out) MUST_USE;  /* padding refused; RC_BAD */
enum rc base64url_encode(const void *p, size_t n, struct buf *out);     /* without padding */
enum rc base64url_decode(struct slice in, struct buf *out) MUST_USE;    /* padding refused; RC_BAD */

#endif
