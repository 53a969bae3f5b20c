#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* Times are nanoseconds since 1970 on the wall clock (_ns) unless the name says otherwise. */
static const char tables[] =
	/* One row for each hold. groups: JSON list of who may decide. shown: the masked request as JSON. */
	"CREATE TABLE holds ("
	"	id TEXT PRIMARY KEY,"
	"	state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'used', 'denied', 'expired', 'cancelled')),"
	"	mac BLOB NOT NULL,"
	"	issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL,"
	"	connection TEXT NOT NULL, reason TEXT,"
	"	rule TEXT NOT NULL, matched TEXT, groups TEXT NOT NULL, approvals INTEGER NOT NULL, ttl_ns INTEGER NOT NULL,"
	"	shown TEXT NOT NULL,"
	"	created_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX holds_by_mac ON holds (mac);"
	"CREATE INDEX holds_by_state ON holds (state, expires_ns);"
	/* The requests that wait for a hold: the first one and identical ones that joined, maybe from later sessions and keys.
	 * gone: that session is closed; its key still may not approve. */
	"CREATE TABLE askers ("
	"	hold TEXT NOT NULL REFERENCES holds (id) ON DELETE CASCADE,"
	"	session TEXT NOT NULL, key_id TEXT NOT NULL, address TEXT NOT NULL, exchange INTEGER NOT NULL,"
	"	gone INTEGER NOT NULL DEFAULT 0,"
	"	PRIMARY KEY (hold, session, key_id)"
	") STRICT;"
	"CREATE INDEX askers_by_session ON askers (session);"
	/* Who decided; the primary key is what keeps one person from deciding twice. */
	"CREATE TABLE decisions ("
	"	hold TEXT NOT NULL REFERENCES holds (id) ON DELETE CASCADE,"
	"	issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL,"
	"	key_id TEXT NOT NULL, address TEXT NOT NULL, reason TEXT,"
	"	approve INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
	"	PRIMARY KEY (hold, issuer, subject)"
	") STRICT;"
	/* state: open or closed; ended: session.json's word; parts: bundles of this session. */
	"CREATE TABLE sessions ("
	"	id TEXT PRIMARY KEY,"
	"	issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL,"
	"	connection TEXT NOT NULL, address TEXT NOT NULL, reason TEXT,"
	"	state TEXT NOT NULL CHECK (state IN ('open', 'closed')),"
	"	opened_ns INTEGER NOT NULL, closed_ns INTEGER, ended TEXT, parts INTEGER NOT NULL DEFAULT 1"
	") STRICT;"
	"CREATE INDEX sessions_by_time ON sessions (opened_ns);"
	/* Issuers whose tokens bring the nonce of the sign-in back. */
	"CREATE TABLE issuers (issuer TEXT PRIMARY KEY, nonce_since_ns INTEGER NOT NULL) STRICT;"
	/* Which subjects have had a display name. */
	"CREATE TABLE users ("
	"	issuer TEXT NOT NULL, user TEXT NOT NULL, subject TEXT NOT NULL, first_ns INTEGER NOT NULL,"
	"	PRIMARY KEY (issuer, user, subject)"
	") STRICT;"
	/* Tokens without a nonce, by SHA-256, and the key that first proved itself with each; two keys: conflict. */
	"CREATE TABLE proofs ("
	"	token BLOB PRIMARY KEY, key_id TEXT NOT NULL, conflict INTEGER NOT NULL DEFAULT 0, expires_s INTEGER NOT NULL"
	") STRICT;";

/* Holds that need several groups, each with its own count; notices; emergency access; reviews. */
static const char quorums[] =
	/* needs: as quorum_json() writes it. cause: why it was cancelled. */
	"ALTER TABLE holds ADD COLUMN needs TEXT NOT NULL DEFAULT '[]';"
	"UPDATE holds SET needs = json_array(json_object('groups', json(groups), 'approvals', approvals));"
	"ALTER TABLE holds DROP COLUMN groups;"
	"ALTER TABLE holds DROP COLUMN approvals;"
	"ALTER TABLE holds ADD COLUMN cause TEXT;"
	/* Bit i: the person was in a group of need i. */
	"ALTER TABLE decisions ADD COLUMN serves INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE sessions ADD COLUMN emergency INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN reviews INTEGER NOT NULL DEFAULT 0;"
	/* What waits to be sent. endpoint: SHA-256 of its URL, which may be a secret. body: without PHI. */
	"CREATE TABLE notices ("
	"	seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id TEXT NOT NULL, endpoint TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL,"
	"	created_ns INTEGER NOT NULL, due_ns INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX notices_by_time ON notices (endpoint, due_ns);"
	/* record: the signed bytes, one JSON object and LF; signature: armored SSHSIG. */
	"CREATE TABLE reviews ("
	"	session TEXT NOT NULL, n INTEGER NOT NULL,"
	"	issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL, at_ns INTEGER NOT NULL,"
	"	record TEXT NOT NULL, signature TEXT NOT NULL,"
	"	PRIMARY KEY (session, n)"
	") STRICT;";

/* Purposes of use (purpose.h). */
static const char purposes[] = "ALTER TABLE sessions ADD COLUMN purpose TEXT;";

/* What sessions are found by (marks.h): kind is model, rule, entity or outcome. No session's text, and nobody's name. */
static const char marks[] =
	"CREATE TABLE marks ("
	"	session TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,"
	"	PRIMARY KEY (kind, value, session)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX sessions_by_user ON sessions (user, opened_ns);"
	"CREATE INDEX sessions_by_connection ON sessions (connection, opened_ns);";

/* Holds that people are still shown; of older ones only who asked and who decided is left. */
static const char history[] = "CREATE INDEX holds_shown ON holds (state, expires_ns) WHERE shown <> '{}';";

/* What makes version 1 of an empty store, version 2 of version 1, and so on. */
static const char *const STEPS[] = {tables, quorums, purposes, marks, history};
#define SCHEMA_VERSION ((int64_t)(sizeof STEPS / sizeof *STEPS))

struct store {
	sqlite3 *db;
	char *path;
	dev_t device;
	ino_t inode;
	pthread_mutex_t mutex;
	int64_t deadline_ns;           /* of the use that holds the mutex, monotonic */
};

/* SQLite asks whether to go on waiting for another process's lock. */
static int on_busy(void *arg, int times)
{
	struct store *store = arg;
	struct timespec pause = {0, times < 10 ? NS_PER_MS : 10 * NS_PER_MS};

	if (clock_mono_ns() >= store->deadline_ns)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static enum rc db_fail(struct store *store, struct why *why, const char *what)
{
	return why_set(why, RC_IO, "%s: cannot %s: %s", store->path, what, store->db ? sqlite3_errmsg(store->db) : "no memory");
}

static enum rc get_version(struct store *store, int64_t *version)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(store->db, &q, "PRAGMA user_version", "");

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK)
		*version = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc;
}

/* Under an exclusive transaction, so that two programs that open a new store, or an older one, change it once. */
static enum rc make_schema(struct store *store, struct why *why)
{
	int64_t version;

	if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK || get_version(store, &version) != RC_OK)
		return db_fail(store, why, "read the store");
	if (version > SCHEMA_VERSION)
		return why_set(why, RC_BAD, "%s was written by a later version of phigate-agent; run that one, or move the file away",
			       store->path);
	for (; version < SCHEMA_VERSION; version++) {
		char pragma[48];

		snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld", (long long)version + 1);
		if (sqlite3_exec(store->db, STEPS[version], NULL, NULL, NULL) != SQLITE_OK ||
		    sqlite3_exec(store->db, pragma, NULL, NULL, NULL) != SQLITE_OK)
			return db_fail(store, why, "make the tables");
	}
	if (sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(store, why, "write the store");
	return RC_OK;
}

static enum rc configure(struct store *store, struct why *why)
{
	static const char pragmas[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;";
	struct stat st;

	if (sqlite3_exec(store->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(store, why, "open the store");
	if (stat(store->path, &st) != 0)
		return why_set(why, RC_IO, "%s: cannot look at it: %s", store->path, strerror(errno));
	store->device = st.st_dev;
	store->inode = st.st_ino;
	return make_schema(store, why);
}

enum rc store_open(const char *path, struct store **out, struct why *why)
{
	struct store *store = calloc(1, sizeof *store);
	enum rc rc = RC_OK;
	int fd;

	*out = NULL;
	if (!store)
		return RC_NOMEM;
	pthread_mutex_init(&store->mutex, NULL);
	store->deadline_ns = clock_mono_ns() + STORE_WAIT_NS;
	store->path = strdup(path);
	if (!store->path) {
		rc = RC_NOMEM;
		goto out;
	}
	/* made here and not by SQLite, so that it is never readable by others; its -wal and -shm take their mode from it. One that is
	 * there is not opened: closing any descriptor of a file drops all locks that this process has on it (fcntl(2)) */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST) {
		rc = why_set(why, RC_IO, "%s: cannot open: %s", path, strerror(errno));
		goto out;
	}
	if (fd >= 0)
		close(fd);
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		rc = db_fail(store, why, "open the store");
		goto out;
	}
	sqlite3_busy_handler(store->db, on_busy, store);
	rc = configure(store, why);
out:
	if (rc == RC_OK)
		*out = store;
	else
		store_close(store);
	return rc;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	pthread_mutex_destroy(&store->mutex);
	free(store->path);
	free(store);
}

/* The file at the path is the one that was opened. */
static bool is_there(const struct store *store)
{
	struct stat st;

	return stat(store->path, &st) == 0 && st.st_dev == store->device && st.st_ino == store->inode;
}

sqlite3 *store_begin(struct store *store)
{
	int64_t deadline_ns = clock_mono_ns() + STORE_WAIT_NS;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STORE_WAIT_NS / NS_PER_S;
	if (pthread_mutex_clocklock(&store->mutex, CLOCK_MONOTONIC, &until) != 0) {
		log_error("store_locked", L_TEXT("by", "another thread"));
		return NULL;
	}
	if (!is_there(store)) {
		pthread_mutex_unlock(&store->mutex);
		log_error("store_gone", L_TEXT("path", store->path));
		return NULL;
	}
	store->deadline_ns = deadline_ns;
	return store->db;
}

void store_end(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&store->mutex);
}

static enum rc db_rc(sqlite3 *db, int code)
{
	if ((code & 0xff) == SQLITE_CONSTRAINT)
		return RC_CONFLICT;
	log_error("store_failed", L_NUM("code", sqlite3_extended_errcode(db)), L_TEXT("why", sqlite3_errstr(code)));
	return RC_IO;
}

static enum rc query(sqlite3 *db, sqlite3_stmt **out, const char *sql, const char *types, va_list values)
{
	int code = sqlite3_prepare_v2(db, sql, -1, out, NULL);

	for (int i = 1; code == SQLITE_OK && *types; types++, i++) {
		if (*types == 'i') {
			code = sqlite3_bind_int64(*out, i, va_arg(values, int64_t));
		} else if (*types == 't') {
			code = sqlite3_bind_text(*out, i, va_arg(values, const char *), -1, SQLITE_STATIC);
		} else {
			struct slice s = va_arg(values, struct slice);

			s.p = s.p ? s.p : "";
			code = *types == 's' ? sqlite3_bind_text64(*out, i, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8) :
					       sqlite3_bind_blob64(*out, i, s.p, s.n, SQLITE_STATIC);
		}
	}
	if (code == SQLITE_OK)
		return RC_OK;
	sqlite3_finalize(*out);
	*out = NULL;
	return db_rc(db, code);
}

enum rc store_query(sqlite3 *db, sqlite3_stmt **out, const char *sql, const char *types, ...)
{
	va_list values;
	enum rc rc;

	va_start(values, types);
	rc = query(db, out, sql, types, values);
	va_end(values);
	return rc;
}

enum rc store_row(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	return code == SQLITE_ROW ? RC_OK : code == SQLITE_DONE ? RC_END : db_rc(sqlite3_db_handle(statement), code);
}

enum rc store_do(sqlite3 *db, int *changes, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list values;
	enum rc rc;

	va_start(values, types);
	rc = query(db, &statement, sql, types, values);
	va_end(values);
	if (rc != RC_OK)
		return rc;
	rc = store_row(statement);
	if (rc == RC_OK || rc == RC_END) {
		rc = RC_OK;
		if (changes)
			*changes = sqlite3_changes(db);
	}
	sqlite3_finalize(statement);
	return rc;
}

const char *store_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? (const char *)text : "";
}
