/* The embedded store (SQLite, WAL, synchronous FULL): holds and the list of sessions. One writer at a time. */
#ifndef PHIGATE_AGENT_STORE_H
#define PHIGATE_AGENT_STORE_H

#include <sqlite3.h>

#include "rc.h"

struct store;

/* Opens or makes STATE_DIR/store.sqlite with the schema of this version (all tables stand in store.c). RC_IO, RC_BAD for a
 * store of a later version. */
enum rc store_open(const char *path, struct store **out, struct why *why) MUST_USE;
void store_close(struct store *store);

/* Exclusive use of the connection from begin to end. Statements are prepared by the caller and finalized before end. */
sqlite3 *store_begin(struct store *store);
void store_end(struct store *store);

#endif
