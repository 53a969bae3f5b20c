/* Do a session's records tell a story that can have happened? From open to close, time going on, and each exchange asked, held and
 * decided before it is answered. Memory is bounded, as the records may be hostile. */
#ifndef PHIGATE_STORY_H
#define PHIGATE_STORY_H

#include "bundle_line.h"
#include "record_scan.h"

struct story;

struct story *story_new(bool continued);                 /* continued: exchanges may have begun in the part before. NULL: no memory */
void story_free(struct story *story);                    /* NULL is allowed */

/* The next record. facts: NULL when its body cannot be read. RC_BAD: it cannot follow; RC_TOO_BIG: more exchanges than are followed. */
enum rc story_add(struct story *story, const struct bundle_line *line, const struct record_facts *facts, struct why *why) MUST_USE;

/* There are no more. RC_BAD: the last one was not close. */
enum rc story_end(const struct story *story, struct why *why) MUST_USE;

uint64_t story_exchanges(const struct story *story);     /* with a record of their own */

#endif
