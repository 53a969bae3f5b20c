/* What a session is found by afterwards: the models that it asked, the rules that decided, the entities that were masked in its answers and
 * how many, and whether a request was held or denied. Words of ours and names of models; nothing that a person is known by. */
#ifndef PHIGATE_AGENT_MARKS_H
#define PHIGATE_AGENT_MARKS_H

#include "store.h"

#define MARK_VALUE_MAX 64                /* bytes of a value; a longer one is not kept */
#define MARKS_MAX 256                    /* different ones of one session; further ones are not kept */

enum mark_kind { MARK_MODEL, MARK_RULE, MARK_ENTITY, MARK_OUTCOME };     /* outcome: "held", "denied", "approved", "emergency", … */

struct marks;
struct marks *marks_new(void);           /* NULL: no memory */
void marks_free(struct marks *marks);    /* NULL is allowed */

/* n more of it. A value that holds another character than [A-Za-z0-9._:/@-] is not kept. Thread-safe; takes no time. */
void marks_add(struct marks *marks, enum mark_kind kind, const char *value, uint64_t n);

/* What has come since the last time goes into the store, inside a use of it; all: whatever was said to be there, too, as is due at the end,
 * should a transaction have been undone. RC_IO. */
enum rc marks_save(struct marks *marks, sqlite3 *db, const char *session, bool all) MUST_USE;

/* The store's word for the kind: "model", … */
const char *mark_kind_name(enum mark_kind kind);

#endif
