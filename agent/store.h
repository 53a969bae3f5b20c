/* The embedded store (SQLite, WAL, synchronous FULL): holds and the list of sessions. One writer at a time. Thread-safe. */
#ifndef PHIGATE_AGENT_STORE_H
#define PHIGATE_AGENT_STORE_H

#include <sqlite3.h>
#include <stdint.h>

#include "buf.h"

struct store;

/* Nobody waits longer than this for the store, however many wait: begin to end of one use, SQLite's own locks included. */
#define STORE_WAIT_NS 2000000000LL

/* Opens or makes STATE_DIR/store.sqlite (0600) with the schema of this version (all tables stand in store.c); one of an earlier
 * version is brought up to it. RC_IO, RC_BAD for
 * a store of a later version. */
enum rc store_open(const char *path, struct store **out, struct why *why) MUST_USE;
void store_close(struct store *store);                    /* NULL is allowed; nobody may use it any more */

/* Exclusive use of the connection from begin to end. Statements are prepared by the caller and finalized before end. NULL, and
 * then no store_end(), when it cannot be had in STORE_WAIT_NS, or when the file at the path is no longer the one that was
 * opened (moved or removed: what is written there would be lost): RC_IO for the caller, 503 for the client. A transaction
 * that is still open at store_end() is rolled back. */
sqlite3 *store_begin(struct store *store) MUST_USE;
void store_end(struct store *store);

/* Prepare a statement and bind its values, one letter of types for each ?: "t" const char * (NULL is SQL's NULL), "i" int64_t,
 * "s" struct slice as text, "b" struct slice as a blob. Texts and slices are borrowed until the statement is finalized. RC_IO. */
enum rc store_query(sqlite3 *db, sqlite3_stmt **out, const char *sql, const char *types, ...) MUST_USE;

/* The next row: RC_OK, RC_END when there is none, RC_IO (locked, full, damaged). */
enum rc store_row(sqlite3_stmt *statement) MUST_USE;

/* A statement without rows, in one call. *changes, if not NULL: how many rows it changed. RC_CONFLICT when a constraint
 * (primary key) forbids it, RC_IO. */
enum rc store_do(sqlite3 *db, int *changes, const char *sql, const char *types, ...) MUST_USE;

const char *store_text(sqlite3_stmt *statement, int column);       /* borrowed until the next row; "" for NULL */

#endif
