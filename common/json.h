/* Configuration-sized JSON (tokens, control API, bundle members): reading by cJSON with checks, writing by appending.
 * Not for the data path. */
#ifndef PHIGATE_JSON_H
#define PHIGATE_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "buf.h"

/* One JSON value and nothing behind it but white space: valid UTF-8, at most 64 deep, no key twice in an object, no U+0000.
 * NULL when it is not that, or without memory. The caller deletes it with cJSON_Delete(). */
cJSON *json_parse(struct slice text);
enum rc json_read(struct slice text, cJSON **out) MUST_USE;            /* the same, for who must tell the two apart: RC_BAD, RC_NOMEM */

/* Members of an object; NULL, false or the fallback when absent or of another type. Strings are borrowed from the tree. */
const char *json_text(const cJSON *object, const char *key);
const char *json_text_or_empty(const cJSON *object, const char *key);
bool json_int(const cJSON *object, const char *key, int64_t *value);   /* an integer within +-2^53 */
bool json_true(const cJSON *object, const char *key);
const cJSON *json_array(const cJSON *object, const char *key);
const cJSON *json_object(const cJSON *object, const char *key);

/* A JSON string with quotes; what is not UTF-8 becomes U+FFFD. */
enum rc json_add_string(struct buf *out, struct slice text);
enum rc json_add_str(struct buf *out, const char *text);               /* NULL becomes null */

bool utf8_valid(struct slice text);                                    /* RFC 3629: no surrogates, nothing overlong */

#endif
