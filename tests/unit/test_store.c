/* The store: made once, private, refused when it cannot be trusted, and never a place where a caller hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "store.h"

struct place {
	char dir[64], path[96], moved[96];
	struct store *store;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct why why = {0};

	strcpy(p->dir, "/tmp/phigate-store-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/store.sqlite", p->dir);
	snprintf(p->moved, sizeof p->moved, "%s/moved.sqlite", p->dir);
	assert_int_equal(store_open(p->path, &p->store, &why), RC_OK);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	struct place *p = *state;
	char name[128];

	store_close(p->store);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", p->path, ends[i]);
		unlink(name);
		snprintf(name, sizeof name, "%s%s", p->moved, ends[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static enum rc add_session(sqlite3 *db, const char *id)
{
	return store_do(db, NULL,
			"INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns)"
			" VALUES (?, 'https://idp', 'a', 'alice', 'llama-prod', '203.0.113.9:1', 'open', ?)",
			"ti", id, (int64_t)42);
}

static int64_t count_sessions(struct store *store)
{
	sqlite3 *db = store_begin(store);
	sqlite3_stmt *q;
	int64_t n;

	assert_non_null(db);
	assert_int_equal(store_query(db, &q, "SELECT count(*) FROM sessions", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	store_end(store);
	return n;
}

static int64_t pragma(struct store *store, const char *sql)
{
	sqlite3 *db = store_begin(store);
	sqlite3_stmt *q;
	int64_t n;

	assert_non_null(db);
	assert_int_equal(store_query(db, &q, sql, ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	n = strcmp(store_text(q, 0), "wal") == 0 ? -1 : sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	store_end(store);
	return n;
}

static void what_was_written_is_there_after_a_restart(void **state)
{
	struct place *p = *state;
	struct why why = {0};
	sqlite3 *db = store_begin(p->store);

	assert_non_null(db);
	assert_int_equal(add_session(db, "S1"), RC_OK);
	assert_int_equal(add_session(db, "S1"), RC_CONFLICT);
	store_end(p->store);
	store_close(p->store);
	p->store = NULL;
	assert_int_equal(store_open(p->path, &p->store, &why), RC_OK);
	assert_int_equal(count_sessions(p->store), 1);
}

static void commits_are_durable_and_the_file_is_private(void **state)
{
	struct place *p = *state;
	struct stat st;
	char wal[128];

	assert_int_equal(pragma(p->store, "PRAGMA journal_mode"), -1);
	assert_int_equal(pragma(p->store, "PRAGMA synchronous"), 2);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	snprintf(wal, sizeof wal, "%s-wal", p->path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
}

static void a_use_that_ends_without_commit_leaves_nothing(void **state)
{
	struct place *p = *state;
	sqlite3 *db = store_begin(p->store);

	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "BEGIN IMMEDIATE", ""), RC_OK);
	assert_int_equal(add_session(db, "S1"), RC_OK);
	store_end(p->store);
	assert_int_equal(count_sessions(p->store), 0);
}

static void a_store_of_a_later_version_is_refused(void **state)
{
	struct place *p = *state;
	struct store *again = NULL;
	struct why why = {0};
	sqlite3 *db = store_begin(p->store);

	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "PRAGMA user_version = 99", ""), RC_OK);
	store_end(p->store);
	assert_int_equal(store_open(p->path, &again, &why), RC_BAD);
	assert_null(again);
	assert_non_null(strstr(why.text, "later version"));
}

/* A store as the first version made it, with what people had decided in it. */
static const char first_version[] =
	"CREATE TABLE holds (id TEXT PRIMARY KEY, state TEXT NOT NULL, mac BLOB NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,"
	" user TEXT NOT NULL, connection TEXT NOT NULL, reason TEXT, rule TEXT NOT NULL, matched TEXT, groups TEXT NOT NULL,"
	" approvals INTEGER NOT NULL, ttl_ns INTEGER NOT NULL, shown TEXT NOT NULL, created_ns INTEGER NOT NULL,"
	" changed_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL) STRICT;"
	"CREATE TABLE decisions (hold TEXT NOT NULL REFERENCES holds (id) ON DELETE CASCADE, issuer TEXT NOT NULL, subject TEXT NOT NULL,"
	" user TEXT NOT NULL, key_id TEXT NOT NULL, address TEXT NOT NULL, reason TEXT, approve INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
	" PRIMARY KEY (hold, issuer, subject)) STRICT;"
	"CREATE TABLE sessions (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL,"
	" connection TEXT NOT NULL, address TEXT NOT NULL, reason TEXT, state TEXT NOT NULL, opened_ns INTEGER NOT NULL,"
	" closed_ns INTEGER, ended TEXT, parts INTEGER NOT NULL DEFAULT 1) STRICT;"
	"INSERT INTO holds VALUES ('7K2M-9QXD', 'pending', x'00', 'i', 'a', 'alice', 'c', NULL, 'bulk', NULL, '[\"p\",\"q\"]', 2, 1,"
	" '{}', 1, 1, 9);"
	"INSERT INTO decisions VALUES ('7K2M-9QXD', 'i', 'b', 'bob', 'k', 'x', NULL, 1, 2);"
	"INSERT INTO sessions VALUES ('S1', 'i', 'a', 'alice', 'c', 'x', NULL, 'closed', 1, 2, 'client', 1);"
	"PRAGMA user_version = 1;";

static void a_store_of_the_first_version_is_brought_up(void **state)
{
	struct place *p = *state;
	struct store *old = NULL;
	struct why why = {0};
	sqlite3_stmt *q;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->moved, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, first_version, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(store_open(p->moved, &old, &why), RC_OK);
		db = store_begin(old);
		assert_non_null(db);
		assert_int_equal(store_query(db, &q, "SELECT needs, serves, emergency, reviews FROM holds, decisions, sessions", ""), RC_OK);
		assert_int_equal(store_row(q), RC_OK);
		assert_string_equal(store_text(q, 0), "[{\"groups\":[\"p\",\"q\"],\"approvals\":2}]");
		assert_int_equal(sqlite3_column_int(q, 1), 1);
		assert_int_equal(sqlite3_column_int(q, 2), 0);
		assert_int_equal(store_row(q), RC_END);
		sqlite3_finalize(q);
		store_end(old);
		store_close(old);
	}
}

static void what_is_no_store_is_refused(void **state)
{
	struct place *p = *state;
	struct store *bad = NULL;
	struct why why = {0};
	FILE *f = fopen(p->moved, "w");

	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fputs("this is no database\n", f);
	fclose(f);
	assert_int_equal(store_open(p->moved, &bad, &why), RC_IO);
	assert_null(bad);
	assert_int_equal(store_open("/nonexistent/store.sqlite", &bad, &why), RC_IO);
}

/* Writing to a file that nobody will find again would lose approvals and refusals at the next start. */
static void a_store_that_was_moved_away_is_gone(void **state)
{
	struct place *p = *state;
	FILE *other;

	assert_int_equal(rename(p->path, p->moved), 0);
	assert_null(store_begin(p->store));
	other = fopen(p->path, "w");              /* another file at the same place is not it either */
	assert_non_null(other);
	fclose(other);
	assert_null(store_begin(p->store));
	assert_int_equal(rename(p->moved, p->path), 0);
	assert_int_equal(count_sessions(p->store), 0);
}

static void *try_begin(void *arg)
{
	struct store *store = arg;
	sqlite3 *db = store_begin(store);
	enum rc rc = db ? store_do(db, NULL, "BEGIN IMMEDIATE", "") : RC_IO;

	if (db)
		store_end(store);
	return rc == RC_IO ? arg : NULL;
}

/* Four threads want the store while another program holds its lock: all are refused, and together they do not wait four times. */
static void a_locked_store_refuses_soon_however_many_wait(void **state)
{
	struct place *p = *state;
	int64_t start_ns, spent_ns;
	pthread_t thread[4];
	sqlite3 *other;

	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	start_ns = clock_mono_ns();
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, try_begin, p->store), 0);
	for (int i = 0; i < 4; i++) {
		void *refused;

		pthread_join(thread[i], &refused);
		assert_non_null(refused);
	}
	spent_ns = clock_mono_ns() - start_ns;
	assert_true(spent_ns >= STORE_WAIT_NS / 2 && spent_ns < 3 * STORE_WAIT_NS);
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_int_equal(count_sessions(p->store), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_there_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(commits_are_durable_and_the_file_is_private, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_use_that_ends_without_commit_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_of_a_later_version_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_of_the_first_version_is_brought_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_store_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_that_was_moved_away_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_locked_store_refuses_soon_however_many_wait, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
