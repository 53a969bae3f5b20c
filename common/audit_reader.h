/* The records of one session, in their order, become events. Of an exchange there is one when it has ended; what is told of it is what its
 * records say. One reader for each session; not thread-safe. Records may be hostile: memory is bounded. */
#ifndef PHIGATE_AUDIT_READER_H
#define PHIGATE_AUDIT_READER_H

#include "audit.h"

struct audit_record {
	int part;
	uint64_t seq, exchange;
	int64_t wall_ns;
	const char *kind;                        /* as evidence.md names it: "open" */
	struct slice body;
};

/* The event and all it names are good for the call. */
typedef void audit_fn(void *arg, const struct audit_event *event);

struct audit_reader;

/* agent, version: NULL when not known. All are copied. NULL: no memory. */
struct audit_reader *audit_reader_new(const char *agent, const char *version, const char *session, audit_fn *fn, void *arg);
void audit_reader_free(struct audit_reader *r);          /* NULL is allowed */

/* RC_BAD: a record that cannot be read; what it would have told is lost, and the next one may follow. RC_NOMEM. */
enum rc audit_reader_add(struct audit_reader *r, const struct audit_record *record) MUST_USE;

#endif
