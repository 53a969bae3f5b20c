/* Sessions that the agent before left open: their rows are closed, and what a close would have told or kept is made good from what the
 * recordings say, which were recovered before. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit_reader.h"
#include "bundle.h"
#include "clock.h"
#include "json.h"
#include "log.h"
#include "session_private.h"

#define PARTS_MAX 1000

/* One such row. */
struct left {
	char id[SESSION_ID_LEN + 1];
	char *user, *connection;
	bool emergency;
	int parts;
	struct marks *counted, *read;            /* by session.json; by the records, as far as they can be read. The larger figure holds. */
};

static void left_free(struct left *l)
{
	free(l->user);
	free(l->connection);
	marks_free(l->counted);
	marks_free(l->read);
}

/* ---- what the session would be found by ------------------------------------------------------------------------------------- */

static void mark_masked(struct marks *marks, const cJSON *masked)
{
	const cJSON *entity;

	cJSON_ArrayForEach(entity, masked)
		marks_add(marks, MARK_ENTITY, entity->string, (uint64_t)audit_masked(entity));
}

static void mark_counts(struct marks *marks, struct slice session)
{
	cJSON *tree = json_parse(session);
	const cJSON *counts = json_object(tree, "counts");
	int64_t held = 0, denied = 0;

	mark_masked(marks, json_object(counts, "masked"));
	if (json_int(counts, "held", &held) && held > 0)
		marks_add(marks, MARK_OUTCOME, "held", (uint64_t)held);
	if (json_int(counts, "denied", &denied) && denied > 0)
		marks_add(marks, MARK_OUTCOME, "denied", (uint64_t)denied);
	cJSON_Delete(tree);
}

/* What was refused had reached no model; that of a request which the crash cut is a model that was asked. */
static void on_event(void *arg, const struct audit_event *e)
{
	bool exchange = e->kind == AUDIT_EXCHANGE || e->kind == AUDIT_CUT;
	struct marks *marks = arg;

	if (exchange && e->model && e->result != AUDIT_REFUSED)
		marks_add(marks, MARK_MODEL, e->model, 1);
	if (exchange)
		mark_masked(marks, e->masked);
	if (e->kind == AUDIT_EMERGENCY)
		marks_add(marks, MARK_OUTCOME, "emergency", 1);
	if (e->rule && (e->kind == AUDIT_HOLD || e->kind == AUDIT_EMERGENCY || (e->kind == AUDIT_DECISION && e->result == AUDIT_REFUSED)))
		marks_add(marks, MARK_RULE, e->rule, 1);
}

static enum rc read_records(struct bundle *bundle, struct left *l)
{
	struct audit_reader *reader = audit_reader_new(NULL, NULL, l->id, on_event, l->read);
	struct bundle_record record;
	struct why why = {0};
	enum rc rc = reader ? RC_OK : RC_NOMEM;

	while (rc == RC_OK) {
		rc = bundle_next(bundle, &record, &why);
		if (rc == RC_OK) {
			const struct audit_record read = {l->parts, record.seq, record.exchange, record.wall_ns, record.kind, record.body};

			rc = audit_reader_add(reader, &read) == RC_NOMEM ? RC_NOMEM : RC_OK;
		} else if (rc == RC_DENIED || rc == RC_TOO_BIG) {
			rc = RC_OK;                      /* encrypted, and not for the agent; too large to look at */
		}
	}
	audit_reader_free(reader);
	return rc == RC_END ? RC_OK : rc;
}

static enum rc read_part(const char *path, struct left *l)
{
	struct bundle *bundle = NULL;
	struct why why = {0};
	enum rc rc = bundle_open(path, &bundle, &why);

	if (rc == RC_OK)
		rc = bundle_rewind(bundle);
	if (rc == RC_OK)
		rc = bundle_read_session(bundle);
	if (rc == RC_OK) {
		mark_counts(l->counted, bundle_session(bundle));
		rc = read_records(bundle, l);
	}
	if (rc != RC_OK)
		log_warn("session_marks_lost", L_TEXT("session", l->id), L_NUM("part", l->parts), L_RC(rc), L_TEXT("reason", why.text));
	bundle_free(bundle);
	return rc == RC_NOMEM ? rc : RC_OK;
}

/* All of its parts that are there: one that is in quarantine tells nothing, and neither do those behind it. */
static enum rc read_parts(struct sessions *all, struct left *l)
{
	enum rc rc = RC_OK;
	char *path;

	l->counted = marks_new();
	l->read = marks_new();
	if (!l->counted || !l->read)
		return RC_NOMEM;
	while (rc == RC_OK && l->parts < PARTS_MAX && spool_bundle(all->spool, l->id, l->parts + 1, &path) == RC_OK) {
		l->parts++;
		rc = read_part(path, l);
		free(path);
	}
	return rc;
}

/* ---- the rows --------------------------------------------------------------------------------------------------------------- */

/* The first that is still open. RC_END: none is. */
static enum rc next_left(struct sessions *all, struct left *out)
{
	sqlite3 *db = store_begin(all->store);
	sqlite3_stmt *q;
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = store_query(db, &q, "SELECT id, user, connection, emergency FROM sessions WHERE state = 'open' ORDER BY id LIMIT 1", "");
	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		snprintf(out->id, sizeof out->id, "%s", store_text(q, 0));
		out->user = strdup(store_text(q, 1));
		out->connection = strdup(store_text(q, 2));
		out->emergency = sqlite3_column_int(q, 3);
		rc = out->user && out->connection ? RC_OK : RC_NOMEM;
	}
	sqlite3_finalize(q);
	store_end(all->store);
	return rc;
}

static enum rc close_row(struct sessions *all, const struct left *l)
{
	sqlite3 *db = store_begin(all->store);
	enum rc rc;

	if (!db)
		return RC_IO;
	rc = session_row_end(all, db, &(struct session_row_end){l->id, l->user, l->connection, "crash", l->emergency, l->parts});
	if (rc == RC_OK)
		rc = marks_save(l->counted, db, l->id, true);
	if (rc == RC_OK)
		rc = marks_save(l->read, db, l->id, true);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "COMMIT", "");
	store_end(all->store);
	return rc;
}

enum rc sessions_crashed(struct sessions *all)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		struct left l = {0};

		rc = next_left(all, &l);
		if (rc == RC_OK)
			rc = read_parts(all, &l);
		if (rc == RC_OK)
			rc = close_row(all, &l);
		left_free(&l);
	}
	return rc == RC_END ? RC_OK : rc;
}
