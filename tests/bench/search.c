/* How long `phigate sessions` takes in a store of 100,000 sessions, whatever it is asked for. Usage: search FOLDER (for the store);
 * prints one JSON object for each question: {"mode":"search","what":…,"found":N,"ms":…,"cpu_ms":…}, medians of several times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "session.h"

#define SESSIONS 100000
#define ROUNDS 9

static int64_t wall[ROUNDS], cpu[ROUNDS];       /* ns */

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Ids as text, one session a minute, 50 people, 8 connections; every session has a model and an entity, every 20th was held. */
static int fill(struct store *store)
{
	static const char sql[] =
		"BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
		" INSERT INTO sessions (id, issuer, subject, user, connection, address, reason, state, opened_ns, closed_ns, ended, reviews)"
		" SELECT printf('S%025d', i), 'https://idp', printf('u%d', i % 50), printf('u%d@hospital.example', i % 50), printf('c%d', i % 8),"
		" '203.0.113.9:51022', 'ward round', 'closed', i * 60000000000, i * 60000000000 + 1000000000, 'client', i % 3 = 0 FROM n;"
		"INSERT INTO marks SELECT id, 'model', printf('model-%d', rowid % 20), 3 FROM sessions;"
		"INSERT INTO marks SELECT id, 'entity', CASE rowid % 4 WHEN 0 THEN 'SSN' ELSE 'NAME' END, rowid % 10 + 1 FROM sessions;"
		"INSERT INTO marks SELECT id, 'outcome', 'held', 1 FROM sessions WHERE rowid % 20 = 0;"
		"INSERT INTO marks SELECT id, 'rule', 'bulk-export', 1 FROM sessions WHERE rowid % 20 = 0;"
		"INSERT INTO marks SELECT id, 'rule', 'once', 1 FROM sessions WHERE rowid = 77; COMMIT;";
	sqlite3 *db = store_begin(store);
	int rc = db ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_ERROR;

	if (db)
		store_end(store);
	return rc;
}

static int ask(struct sessions *all, const char *what, const struct session_filter *filter)
{
	const struct person auditor = {.issuer = "https://idp", .subject = "x", .user = "x", .auditor = true};
	size_t found = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t from_ns = clock_mono_ns(), cpu_from_ns = cpu_ns();
		struct why why = {0};
		struct buf out;

		buf_init(&out, (size_t)64 << 20);
		if (sessions_list(all, &auditor, filter, &out, &why) != RC_OK) {
			fprintf(stderr, "search: %s\n", why.text);
			return 1;
		}
		wall[i] = clock_mono_ns() - from_ns;
		cpu[i] = cpu_ns() - cpu_from_ns;
		found = 0;
		for (const char *at = out.data; (at = strstr(at, "{\"id\"")); at++)
			found++;
		buf_free(&out);
	}
	qsort(wall, ROUNDS, sizeof *wall, by_size);
	qsort(cpu, ROUNDS, sizeof *cpu, by_size);
	printf("{\"mode\":\"search\",\"what\":\"%s\",\"found\":%zu,\"ms\":%.2f,\"cpu_ms\":%.2f}\n", what, found, (double)wall[ROUNDS / 2] / NS_PER_MS,
	       (double)cpu[ROUNDS / 2] / NS_PER_MS);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		struct session_filter filter;
	} questions[] = {
		{"everything", {0}}, {"user", {.user = "u7@hospital.example"}}, {"connection", {.connection = "c3"}}, {"model", {.model = "model-7"}},
		{"rule, once", {.rule = "once"}}, {"rule, often", {.rule = "bulk-export"}}, {"SSN:8", {.entity = "SSN", .entity_least = 8}},
		{"held", {.held = true}}, {"denied", {.denied = true}}, {"unreviewed", {.unreviewed = true}},
		{"last day", {.since_ns = (int64_t)(SESSIONS - 1440) * 60 * NS_PER_S}},
		{"user, model, held", {.user = "u7@hospital.example", .model = "model-7", .held = true}},
	};
	struct config config = {0};
	struct snapshot snapshot = {.config = &config, .refs = 1};
	struct current *current;
	struct sessions *all;
	struct store *store;
	struct why why = {0};
	char path[512];
	int rc = 0;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof path, "%s/search.sqlite", argv[1]);
	if (store_open(path, &store, &why) != RC_OK || fill(store) != SQLITE_OK || current_new(&snapshot, &current) != RC_OK ||
	    sessions_new(current, store, NULL, NULL, &all, &why) != RC_OK) {
		fprintf(stderr, "search: the store: %s\n", why.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof questions / sizeof *questions && !rc; i++)
		rc = ask(all, questions[i].what, &questions[i].filter);
	sessions_stop(all, SESSION_END_STOP);
	sessions_free(all);
	current_free(current);
	store_close(store);
	unlink(path);
	return rc;
}
