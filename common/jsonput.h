/* Writing JSON member by member: the comma before each is put where one is needed. For texts of ours that are made once, in their order;
 * failures stick in the buffer. */
#ifndef PHIGATE_JSONPUT_H
#define PHIGATE_JSONPUT_H

#include <stdint.h>

#include "buf.h"

/* key: NULL in an array, and for the outermost value. A NULL text, and a list without items, leave the member out. */
void jsonput_open(struct buf *out, const char *key, char bracket);           /* '{' or '['; the caller closes with jsonput_close() */
void jsonput_close(struct buf *out, char bracket);                           /* '}' or ']' */
void jsonput_text(struct buf *out, const char *key, const char *text);
void jsonput_number(struct buf *out, const char *key, int64_t number);
void jsonput_flag(struct buf *out, const char *key, bool flag);

/* The member, with a value that is JSON already. */
void jsonput_value(struct buf *out, const char *key, struct slice json);

#endif
