/* The text patterns of a policy (prompt_matches), compiled together by Vectorscan: they run in time linear in the text, whatever
 * the pattern and the text. Text is read as masking reads it: NFKC, zero-width removed, every white space a space, and a second
 * time with look-alikes folded. Immutable once compiled; thread-safe. */
#ifndef PHIGATE_AGENT_PATTERN_H
#define PHIGATE_AGENT_PATTERN_H

#include "yaml.h"

struct patterns;
struct patterns *patterns_new(void);                                     /* NULL: no memory */
void patterns_free(struct patterns *patterns);

/* Add the pattern that stands in a YAML text; *id counts from 0. RC_BAD names what cannot be used, and where it stands. */
enum rc patterns_add(struct patterns *patterns, const struct yaml *text, size_t *id, struct why *why) MUST_USE;
enum rc patterns_compile(struct patterns *patterns, struct why *why) MUST_USE;       /* once, after the last one */

size_t patterns_count(const struct patterns *patterns);
const char *patterns_source(const struct patterns *patterns, size_t id);

/* Set hits[id] for each pattern that matches the text; others stay as they are. RC_NOMEM, RC_TOO_BIG, RC_BAD: the text cannot
 * be read, and then hits mean nothing. */
enum rc patterns_scan(const struct patterns *patterns, struct slice text, bool *hits) MUST_USE;

/* For people: the text as the pattern sees it goes to *read (normalized), and the first match is read->data[*start..*end);
 * *start is *end for a pattern whose beginning cannot be told. RC_NOT_FOUND. */
enum rc patterns_find(const struct patterns *patterns, size_t id, struct slice text, struct buf *read, size_t *start,
		      size_t *end) MUST_USE;

#endif
