/* One UTF-8 character at a time (RFC 3629). */
#ifndef PHIGATE_UTF8_H
#define PHIGATE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decode the character at p[n]. Returns its length 1 to 4; 0 when the bytes so far are the beginning of a character and more
 * are needed; -1 when they cannot become one (overlong, surrogate, above U+10FFFF, stray continuation). */
int utf8_decode(const char *p, size_t n, uint32_t *c);

/* How many bytes at the end of p[n] are the beginning of a character that more bytes may make whole: 0 to 3. */
size_t utf8_unfinished(const char *p, size_t n);

int utf8_encode(uint32_t c, char out[4]);      /* returns the length; c must be a scalar value */

#endif
