/* The leaves of the ledger: text, one field a line, the kind first (evidence.md). None holds PHI. Pure. */
#ifndef PHIGATE_LEAF_H
#define PHIGATE_LEAF_H

#include <stdint.h>

#include "buf.h"

enum leaf_kind {
	LEAF_OPEN,                               /* session, part, SHA-256 of the open record's index line, time */
	LEAF_HEAD,                               /* session, part, SHA-256 of the last index line, records */
	LEAF_CLOSE,                              /* session, part, SHA-256 of SHA256SUMS, head, records */
	LEAF_HOLD,                               /* hold, decision, who, time */
	LEAF_POLICY,                             /* name, SHA-256 of its text, time */
	LEAF_CONFIG,                             /* SHA-256 of agent.yaml, time */
	LEAF_START,                              /* version, SHA-256 of the program, time */
	LEAF_STOP,                               /* time */
	LEAF_FETCH,                              /* session, part (0: the last), who, time */
	LEAF_LIST,                               /* who, time */
	LEAF_REVOKE,                             /* session, who, time */
	LEAF_REVIEW,                             /* session, number, SHA-256 of the record, time */
	LEAF_EMERGENCY,                          /* session, time */
	LEAF_ARCHIVE,                            /* session, part, SHA-256 of the bundle, place, time */
	LEAF_EVIDENCE,                           /* from, to, SHA-256 of a pack's SHA256SUMS, for whom, time */
};
#define LEAF_KINDS (LEAF_EVIDENCE + 1)
#define LEAF_FIELDS 5
#define LEAF_MAX ((size_t)1024)

const char *leaf_kind_name(enum leaf_kind kind);                 /* "phigate-close-v1" */

/* Append the leaf with these fields; who is free text, and what is no part of one line there becomes "?". RC_BAD: a field is none. */
enum rc leaf_make(enum leaf_kind kind, struct buf *out, const char *const fields[], size_t n) MUST_USE;
#define LEAF(kind, out, ...) leaf_make(kind, out, (const char *const[]){__VA_ARGS__}, \
				       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* A leaf, read strictly: what leaf_make() would not have made is RC_BAD, and RC_NOT_FOUND where it is of no kind that is known here. */
struct leaf {
	enum leaf_kind kind;
	struct slice field[LEAF_FIELDS];         /* borrowed */
};
enum rc leaf_parse(struct slice text, struct leaf *out) MUST_USE;
uint64_t leaf_number(struct slice field);        /* of a field that is a number */
bool leaf_time(const struct leaf *leaf, int64_t *wall_ns);       /* when, by its last field; false: its kind does not say */

#endif
