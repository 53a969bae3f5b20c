#include "registry.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" \
	"CREATE TABLE IF NOT EXISTS ledger (size INTEGER NOT NULL);" \
	"CREATE TABLE IF NOT EXISTS parts (id TEXT NOT NULL, part INTEGER NOT NULL, opened INTEGER, headed INTEGER, records INTEGER," \
	" closed INTEGER, close_leaf TEXT, PRIMARY KEY (id, part)) WITHOUT ROWID;" \
	"CREATE INDEX IF NOT EXISTS open_parts ON parts (opened) WHERE closed IS NULL;" \
	"INSERT INTO ledger SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM ledger);"

struct registry {
	sqlite3 *db;
};

static enum rc open_once(const char *path, struct registry *r)
{
	sqlite3_close(r->db);
	r->db = NULL;
	return sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
		sqlite3_exec(r->db, SCHEMA, NULL, NULL, NULL) == SQLITE_OK ? RC_OK : RC_IO;
}

static bool is_broken(struct registry *r)
{
	int code = r->db ? sqlite3_errcode(r->db) & 0xff : SQLITE_OK;

	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

enum rc registry_open(const char *path, struct registry **out, struct why *why)
{
	struct registry *r = calloc(1, sizeof *r);
	char other[PATH_MAX];
	enum rc rc;

	*out = NULL;
	if (!r)
		return RC_NOMEM;
	rc = open_once(path, r);
	if (rc != RC_OK && is_broken(r)) {               /* it is made from the leaves again */
		sqlite3_close(r->db);
		r->db = NULL;
		unlink(path);
		snprintf(other, sizeof other, "%s-wal", path);
		unlink(other);
		snprintf(other, sizeof other, "%s-shm", path);
		unlink(other);
		rc = open_once(path, r);
	}
	if (rc == RC_OK) {
		*out = r;
		return rc;
	}
	why_set(why, rc, "%s: %s", path, r->db ? sqlite3_errmsg(r->db) : "no memory");
	registry_close(r);
	return rc;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	sqlite3_close(r->db);
	free(r);
}

/* Letters of types: "i" uint64_t, "s" struct slice. The statement's first row: RC_OK, RC_END when there is none, RC_IO. */
static enum rc ask(struct registry *r, sqlite3_stmt **out, const char *sql, const char *types, ...)
{
	sqlite3_stmt *s = NULL;
	va_list args;
	int code = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	va_start(args, types);
	for (int i = 1; *types && code == SQLITE_OK; i++, types++) {
		if (*types == 'i') {
			code = sqlite3_bind_int64(s, i, (sqlite3_int64)va_arg(args, uint64_t));
		} else {
			struct slice text = va_arg(args, struct slice);

			code = sqlite3_bind_text(s, i, text.p, (int)text.n, SQLITE_TRANSIENT);
		}
	}
	va_end(args);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (out)
		*out = s;
	else
		sqlite3_finalize(s);
	return code == SQLITE_ROW ? RC_OK : code == SQLITE_DONE ? RC_END : RC_IO;
}

static enum rc run(enum rc asked)
{
	return asked == RC_END ? RC_OK : RC_IO;
}

enum rc registry_size(struct registry *r, uint64_t *size)
{
	sqlite3_stmt *s;
	enum rc rc = ask(r, &s, "SELECT size FROM ledger", "");

	*size = rc == RC_OK ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return rc == RC_OK ? rc : RC_IO;
}

enum rc registry_begin(struct registry *r)
{
	return run(ask(r, NULL, "BEGIN IMMEDIATE", ""));
}

enum rc registry_commit(struct registry *r, uint64_t size)
{
	enum rc rc = run(ask(r, NULL, "UPDATE ledger SET size = ?", "i", size));

	return rc == RC_OK ? run(ask(r, NULL, "COMMIT", "")) : rc;
}

void registry_rollback(struct registry *r)
{
	if (!sqlite3_get_autocommit(r->db))
		(void)ask(r, NULL, "ROLLBACK", "");
}

struct row {
	struct registry_part part;
	uint64_t records;
	bool same_close;
};

static bool get(sqlite3_stmt *s, int column, uint64_t *out)
{
	*out = (uint64_t)sqlite3_column_int64(s, column);
	return sqlite3_column_type(s, column) != SQLITE_NULL;
}

/* sum: of a close leaf, to compare */
static enum rc find(struct registry *r, struct slice id, uint64_t part, struct slice close_leaf, struct row *out)
{
	sqlite3_stmt *s;
	enum rc rc = ask(r, &s, "SELECT opened, headed, closed, records, close_leaf = ? FROM parts WHERE id = ? AND part = ?", "ssi", close_leaf,
			 id, part);

	*out = (struct row){0};
	if (rc == RC_OK) {
		out->part.opened = get(s, 0, &out->part.open_at);
		out->part.headed = get(s, 1, &out->part.head_at);
		out->part.closed = get(s, 2, &out->part.close_at);
		(void)get(s, 3, &out->records);
		out->same_close = sqlite3_column_int(s, 4) == 1;
	}
	sqlite3_finalize(s);
	return rc == RC_END ? RC_NOT_FOUND : rc;
}

enum rc registry_find(struct registry *r, struct slice id, uint64_t part, struct registry_part *out)
{
	struct row row;
	enum rc rc = find(r, id, part, SLICE(""), &row);

	*out = row.part;
	return rc;
}

/* What a close leaf says, from its third field on, as one text. */
static struct slice said(const struct leaf *leaf)
{
	const struct slice *first = &leaf->field[2], *last = &leaf->field[4];

	return leaf->kind == LEAF_CLOSE ? (struct slice){first->p, (size_t)(last->p + last->n - first->p)} : SLICE("");
}

enum rc registry_check(struct registry *r, const struct leaf *leaf, uint64_t *index)
{
	struct row row;
	enum rc rc;

	if (leaf->kind != LEAF_OPEN && leaf->kind != LEAF_HEAD && leaf->kind != LEAF_CLOSE)
		return RC_OK;
	rc = find(r, leaf->field[0], leaf_number(leaf->field[1]), said(leaf), &row);
	if (rc == RC_NOT_FOUND)
		return leaf->kind == LEAF_HEAD ? RC_CONFLICT : RC_OK;
	if (rc != RC_OK)
		return rc;
	if (leaf->kind == LEAF_OPEN)
		return RC_CONFLICT;
	*index = row.part.close_at;
	if (row.part.closed)
		return row.same_close ? RC_END : RC_CONFLICT;
	return leaf_number(leaf->field[leaf->kind == LEAF_HEAD ? 3 : 4]) > row.records ? RC_OK : RC_CONFLICT;
}

enum rc registry_add(struct registry *r, const struct leaf *leaf, uint64_t index)
{
	struct slice id = leaf->field[0];

	if (leaf->kind == LEAF_OPEN)
		return run(ask(r, NULL, "INSERT INTO parts (id, part, opened, records) VALUES (?, ?, ?, 0)", "sii", id,
			       leaf_number(leaf->field[1]), index));
	if (leaf->kind == LEAF_HEAD)
		return run(ask(r, NULL, "UPDATE parts SET headed = ?, records = ? WHERE id = ? AND part = ?", "iisi", index,
			       leaf_number(leaf->field[3]), id, leaf_number(leaf->field[1])));
	if (leaf->kind == LEAF_CLOSE)
		return run(ask(r, NULL, "INSERT INTO parts (id, part, closed, close_leaf) VALUES (?, ?, ?, ?) ON CONFLICT (id, part) DO UPDATE"
			       " SET closed = excluded.closed, close_leaf = excluded.close_leaf", "siis", id, leaf_number(leaf->field[1]),
			       index, said(leaf)));
	return RC_OK;
}

enum rc registry_each_open(struct registry *r, registry_on_open *on_open, void *arg)
{
	sqlite3_stmt *s;
	enum rc rc = ask(r, &s, "SELECT id, part, opened FROM parts WHERE closed IS NULL ORDER BY opened", "");

	for (; rc == RC_OK; rc = sqlite3_step(s) == SQLITE_ROW ? RC_OK : RC_END)
		on_open(arg, (const char *)sqlite3_column_text(s, 0), (uint64_t)sqlite3_column_int64(s, 1), (uint64_t)sqlite3_column_int64(s, 2));
	sqlite3_finalize(s);
	return rc == RC_END ? RC_OK : rc;
}
