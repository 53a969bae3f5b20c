/* Sessions in the store: the list that outlives them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "session_private.h"

#define LIST_MAX 10000
#define BUT_MAX ((size_t)1 << 20)

static int64_t now_ns(struct sessions *all)
{
	return atomic_load(&all->wall_ns)();
}

enum rc session_row_add(struct sessions *all, const struct session *s)
{
	sqlite3 *db = store_begin(all->store);
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_do(db, NULL,
		      "INSERT INTO sessions (id, issuer, subject, user, connection, address, reason, purpose, state, opened_ns, emergency)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)", "ttttttttii", s->id, s->person.issuer, s->person.subject, s->person.user,
		      s->connection->name, s->address, s->reason, s->purpose, s->opened_ns, (int64_t)s->emergency);
	store_end(all->store);
	return rc;
}

enum rc session_row_drop(struct sessions *all, const char *id)
{
	sqlite3 *db = store_begin(all->store);
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_do(db, NULL, "DELETE FROM sessions WHERE id = ?", "t", id);
	store_end(all->store);
	return rc;
}

/* Nobody is told of an end that is not kept, and none is kept without those being told who must review it. */
enum rc session_row_end(struct sessions *all, sqlite3 *db, const struct session_row_end *row)
{
	const struct notice notice = {
		.event = "emergency.closed", .session = row->id, .connection = row->connection, .user = row->user,
	};
	enum rc rc = store_do(db, NULL, "BEGIN IMMEDIATE", "");

	if (rc == RC_OK)
		rc = store_do(db, NULL, "UPDATE sessions SET state = 'closed', closed_ns = ?, ended = ?, parts = ? WHERE id = ?", "itit", now_ns(all),
			      row->end, (int64_t)(row->parts > 1 ? row->parts : 1), row->id);
	if (rc == RC_OK && row->emergency)
		rc = notices_put(all->notices, db, &notice);
	return rc;
}

enum rc session_row_close(struct sessions *all, const struct session *s, const char *end, int parts)
{
	const struct session_row_end row = {s->id, s->person.user, s->connection->name, end, s->emergency, parts};
	sqlite3 *db = store_begin(all->store);
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = session_row_end(all, db, &row);
	if (rc == RC_OK)
		rc = marks_save(s->marks, db, s->id, true);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "COMMIT", "");
	store_end(all->store);
	return rc;
}

enum rc session_row_replaces(struct sessions *all, const struct session_ask *ask)
{
	sqlite3 *db = store_begin(all->store);
	sqlite3_stmt *q;
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_query(db, &q, "SELECT 1 FROM sessions WHERE id = ? AND issuer = ? AND subject = ? AND connection = ?",
			 "tttt", ask->previous, ask->person->issuer, ask->person->subject, ask->snapshot->config->connections[ask->place].name);
	if (rc == RC_OK)
		rc = store_row(q);
	sqlite3_finalize(q);
	store_end(all->store);
	return rc == RC_END ? RC_BAD : rc;
}

bool session_role(struct sessions *all, const struct person *person, enum role role, const char *connection)
{
	struct snapshot *now = current_get(all->current);
	bool has = role_has(now->config, person, role, connection);

	snapshot_unref(now);
	return has;
}

enum rc session_readable(struct sessions *all, const struct person *person, const char *id, bool *own, struct why *why)
{
	sqlite3 *db = store_begin(all->store);
	sqlite3_stmt *q;
	bool may = false;
	enum rc rc;

	*own = false;
	if (!db)
		return why_set(why, RC_IO, "the agent's store does not answer");
	rc = store_query(db, &q, "SELECT issuer = ? AND subject = ?, connection FROM sessions WHERE id = ?", "ttt", person->issuer, person->subject,
			 id);
	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		*own = sqlite3_column_int(q, 0);
		may = *own || session_role(all, person, ROLE_AUDITOR, store_text(q, 1));
	}
	sqlite3_finalize(q);
	store_end(all->store);
	if (rc == RC_END || (rc == RC_OK && !may))
		return why_set(why, RC_NOT_FOUND, "there is no session %.26s that you may see", id);
	return rc == RC_OK ? rc : why_set(why, rc, "the agent's store does not answer");
}

static void add_text(struct buf *out, const char *name, sqlite3_stmt *row, int column)
{
	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, sqlite3_column_type(row, column) == SQLITE_NULL ? NULL : store_text(row, column));
}

static void add_time(struct buf *out, const char *name, sqlite3_stmt *row, int column)
{
	char text[CLOCK_TEXT];

	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, sqlite3_column_type(row, column) == SQLITE_NULL ? NULL :
		     clock_text_s(sqlite3_column_int64(row, column) / NS_PER_S, text));
}

static enum rc add_row(sqlite3_stmt *row, struct buf *out)
{
	buf_puts(out, "{\"id\":");
	json_add_str(out, store_text(row, 0));
	add_text(out, "user", row, 1);
	add_text(out, "subject", row, 2);
	add_text(out, "connection", row, 3);
	add_text(out, "address", row, 4);
	add_text(out, "reason", row, 5);
	add_text(out, "purpose", row, 14);
	add_text(out, "state", row, 6);
	add_time(out, "opened_at", row, 7);
	add_time(out, "closed_at", row, 8);
	add_text(out, "end", row, 9);
	buf_printf(out, ",\"parts\":%d,\"own\":%s,\"emergency\":%s,\"reviews\":%d}", sqlite3_column_int(row, 10),
		   sqlite3_column_int(row, 11) ? "true" : "false", sqlite3_column_int(row, 12) ? "true" : "false", sqlite3_column_int(row, 13));
	return out->rc;
}

/* What those that are not closed have come by since, so that they are found, too. */
static enum rc save_marks(struct sessions *all, sqlite3 *db)
{
	struct session **listed;
	size_t n = 0;
	enum rc rc = store_do(db, NULL, "BEGIN IMMEDIATE", "");

	pthread_mutex_lock(&all->lock);
	for (const struct session *s = all->list; s; s = s->private->next)
		n++;
	listed = calloc(n + 1, sizeof *listed);
	n = 0;
	for (struct session *s = listed ? all->list : NULL; s; s = s->private->next) {
		s->private->refs++;
		listed[n++] = s;
	}
	pthread_mutex_unlock(&all->lock);
	for (size_t i = 0; i < n; i++) {
		if (rc == RC_OK)
			rc = marks_save(listed[i]->marks, db, listed[i]->id, false);
		session_unref(listed[i]);
	}
	free(listed);
	return rc == RC_OK ? store_do(db, NULL, "COMMIT", "") : rc;
}

#define MARKED "id IN (SELECT session FROM marks WHERE kind = "

#define OWN "(issuer = ?1 AND subject = ?2)"

/* Whose sessions the person may see at all: the clause, NULL for everybody's, and *but, a JSON array of connections that it is told of. */
static enum rc seen(struct sessions *all, const struct person *person, const char **clause, struct buf *but)
{
	struct snapshot *now = current_get(all->current);
	bool others = false;
	enum rc rc = role_exceptions(now->config, person, ROLE_AUDITOR, &others, but);

	snapshot_unref(now);
	if (rc == RC_OK && but->len > 2)
		*clause = others ? "(" OWN " OR connection NOT IN (SELECT value FROM json_each(?12)))" :
			"(" OWN " OR connection IN (SELECT value FROM json_each(?12)))";
	else
		*clause = others ? NULL : OWN;
	return rc;
}

/* Only what is asked for, so that an index serves it. */
static void put_filters(const struct session_filter *f, const char *whose, struct buf *sql)
{
	const struct {
		bool set;
		const char *clause;
	} rows[] = {
		{whose, whose}, {f->user, "user = ?3"}, {f->state, "state = ?4"}, {f->connection, "connection = ?5"},
		{f->since_ns, "opened_ns >= ?6"}, {f->until_ns, "opened_ns < ?7"}, {f->model, MARKED "'model' AND value = ?8)"},
		{f->rule, MARKED "'rule' AND value = ?9)"}, {f->entity, MARKED "'entity' AND value = ?10 AND n >= ?11)"},
		{f->emergency, "emergency"}, {f->reviewed, "reviews > 0"}, {f->unreviewed, "reviews = 0"},
		{f->held, MARKED "'outcome' AND value = 'held')"}, {f->denied, MARKED "'outcome' AND value = 'denied')"},
	};
	const char *and = " WHERE ";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].set) {
			buf_printf(sql, "%s%s", and, rows[i].clause);
			and = " AND ";
		}
	buf_puts(sql, " ORDER BY opened_ns DESC, id DESC LIMIT ?13");    /* the last value: all before it may be given */
}

static enum rc list(struct sessions *all, sqlite3 *db, const struct person *person, const struct session_filter *f, struct buf *out)
{
	struct buf sql, but;
	sqlite3_stmt *q = NULL;
	const char *whose = NULL;
	enum rc rc;

	buf_init(&sql, 4096);
	buf_init(&but, BUT_MAX);
	buf_puts(&sql, "SELECT id, user, subject, connection, address, reason, state, opened_ns, closed_ns, ended, parts,"
		 " " OWN " AS own, emergency, reviews, purpose FROM sessions");
	rc = seen(all, person, &whose, &but);
	if (rc == RC_OK)
		put_filters(f, whose, &sql);
	if (rc == RC_OK)
		rc = sql.rc;
	if (rc == RC_OK)
		rc = store_query(db, &q, sql.data, "tttttiitttiti", person->issuer, person->subject, f->user, f->state, f->connection, f->since_ns,
				 f->until_ns, f->model, f->rule, f->entity, f->entity_least, but.data,
				 (int64_t)LIST_MAX);
	buf_putc(out, '[');
	for (int n = 0; rc == RC_OK && (rc = store_row(q)) == RC_OK; n++) {
		if (n)
			buf_putc(out, ',');
		rc = add_row(q, out);
	}
	buf_putc(out, ']');
	sqlite3_finalize(q);
	buf_free(&sql);
	buf_free(&but);
	return rc == RC_END ? out->rc : rc;
}

enum rc sessions_list(struct sessions *all, const struct person *person, const struct session_filter *filter, struct buf *out,
		      struct why *why)
{
	sqlite3 *db;
	enum rc rc;

	if (filter->state && strcmp(filter->state, "open") != 0 && strcmp(filter->state, "closed") != 0)
		return why_set(why, RC_BAD, "state is open or closed");
	db = store_begin(all->store);
	if (!db)
		return why_set(why, RC_IO, "the agent's store does not answer");
	rc = save_marks(all, db);
	if (rc == RC_OK)
		rc = list(all, db, person, filter, out);
	store_end(all->store);
	return rc == RC_OK ? rc : why_set(why, rc, "the list cannot be read");
}
