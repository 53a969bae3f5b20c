/* Local time of a zone of the tz database, for rules that hold at times of the day (TZif, RFC 9636, versions 2 and later). */
#ifndef PHIGATE_ZONE_H
#define PHIGATE_ZONE_H

#include <stdint.h>

#include "buf.h"

struct zone;

/* name: "America/New_York", "UTC". RC_NOT_FOUND: there is no such zone on this machine; RC_BAD: no name, or a damaged file. */
enum rc zone_load(const char *name, struct zone **out, struct why *why) MUST_USE;
/* The same from a file's bytes. */
enum rc zone_parse(struct slice file, struct zone **out, struct why *why) MUST_USE;
void zone_free(struct zone *zone);                                        /* NULL is allowed */

/* Seconds that local time is ahead of UTC at unix_s (seconds since 1970-01-01T00:00:00Z), daylight saving included. */
int64_t zone_offset(const struct zone *zone, int64_t unix_s);

#endif
