#include "hold_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "wipe.h"

/* ---- states ---- */

static const char *const state_names[] = {
	[HOLD_PENDING] = "pending", [HOLD_APPROVED] = "approved", [HOLD_USED] = "used",
	[HOLD_DENIED] = "denied", [HOLD_EXPIRED] = "expired", [HOLD_CANCELLED] = "cancelled",
};
#define N_STATES (sizeof state_names / sizeof *state_names)

static const bool legal[N_STATES][N_STATES] = {
	[HOLD_PENDING] = {[HOLD_APPROVED] = true, [HOLD_DENIED] = true, [HOLD_EXPIRED] = true, [HOLD_CANCELLED] = true},
	[HOLD_APPROVED] = {[HOLD_USED] = true, [HOLD_EXPIRED] = true, [HOLD_CANCELLED] = true},
};

const char *hold_state_name(enum hold_state state)
{
	return state_names[state];
}

bool hold_state_parse(const char *name, enum hold_state *state)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (strcmp(state_names[i], name) == 0) {
			*state = (enum hold_state)i;
			return true;
		}
	return false;
}

enum rc hold_set_state(struct hold_tx *tx, const char *id, enum hold_state from, enum hold_state to, int64_t expires_ns)
{
	int changes;
	enum rc rc;

	if (!legal[from][to])
		return RC_FAULT;
	rc = store_do(tx->db, &changes,
		      "UPDATE holds SET state = ?, changed_ns = ?, expires_ns = CASE ? WHEN 0 THEN expires_ns ELSE ? END"
		      " WHERE id = ? AND state = ? AND (expires_ns <= ?) = ?",
		      "tiiittii", state_names[to], tx->now_ns, expires_ns, expires_ns, id, state_names[from], tx->now_ns,
		      (int64_t)(to == HOLD_EXPIRED));
	if (rc == RC_OK && changes != 1)
		rc = RC_CONFLICT;
	return rc;
}

static const char *const causes[] = {
	[CAUSE_REQUESTER] = "requester", [CAUSE_CLIENT] = "client", [CAUSE_SESSION] = "session", [CAUSE_TERMS] = "terms",
};

enum rc hold_set_cancelled(struct hold_tx *tx, const char *id, enum hold_state from, enum hold_cause cause)
{
	enum rc rc = hold_set_state(tx, id, from, HOLD_CANCELLED, 0);

	if (rc == RC_OK)
		rc = store_do(tx->db, NULL, "UPDATE holds SET cause = ? WHERE id = ?", "tt", causes[cause], id);
	return rc == RC_OK ? hold_tell(tx, id, "cancelled", NULL, NULL) : rc;
}

/* The word as ours, so that nobody need own it. */
static const char *cause_of(const char *text)
{
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (strcmp(causes[i], text) == 0)
			return causes[i];
	return "";
}

/* ---- ids: 40 random bits in Crockford's base32, which has no I, L, O and U ---- */

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void make_id(char id[HOLD_ID_LEN + 1])
{
	unsigned char random[8];
	size_t at = 0;

	random_bytes(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++) {
		if (i == 4)
			id[at++] = '-';
		id[at++] = base32[random[i] & 31];
	}
	id[at] = '\0';
}

enum rc hold_id_parse(const char *typed, char id[HOLD_ID_LEN + 1])
{
	size_t at = 0;

	for (const char *p = typed; *p; p++) {
		char c = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;

		if (c == '-')
			continue;
		c = c == 'I' || c == 'L' ? '1' : c == 'O' ? '0' : c;
		if (at == HOLD_ID_LEN || !strchr(base32, c))
			return RC_BAD;
		if (at == 4)
			id[at++] = '-';
		id[at++] = c;
	}
	id[at] = '\0';
	return at == HOLD_ID_LEN ? RC_OK : RC_BAD;
}

/* ---- binding ---- */

void hold_bind(struct holds *holds, const struct slice *parts, size_t n, struct hold_binding *out)
{
	struct hmac_ctx ctx;

	hmac_begin(&ctx, (struct slice){(const char *)holds->key, HOLD_KEY_LEN});
	for (size_t i = 0; i < n; i++) {
		unsigned char prefix[8];

		for (int b = 0; b < 8; b++)
			prefix[b] = (unsigned char)((uint64_t)parts[i].n >> (56 - 8 * b));
		hmac_more(&ctx, prefix, sizeof prefix);
		if (parts[i].n)
			hmac_more(&ctx, parts[i].p, parts[i].n);
	}
	hmac_end(&ctx, out->mac);
}

/* ---- rows ---- */

enum rc hold_row(sqlite3 *db, const char *id, sqlite3_stmt **row)
{
	enum rc rc = store_query(db, row, "SELECT " HOLD_COLUMNS " FROM holds WHERE id = ?", "t", id);

	if (rc == RC_OK)
		rc = store_row(*row);
	if (rc == RC_OK)
		return RC_OK;
	sqlite3_finalize(*row);
	*row = NULL;
	return rc == RC_END ? RC_NOT_FOUND : rc;
}

enum rc hold_row_state(sqlite3_stmt *row, int64_t now_ns, enum hold_state *state)
{
	if (!hold_state_parse(store_text(row, COL_STATE), state))
		return RC_FAULT;
	if ((*state == HOLD_PENDING || *state == HOLD_APPROVED) && sqlite3_column_int64(row, COL_EXPIRES) <= now_ns)
		*state = HOLD_EXPIRED;
	return RC_OK;
}

static bool is_history(sqlite3_stmt *row, int64_t now_ns)
{
	return sqlite3_column_int64(row, COL_EXPIRES) < now_ns - HOLD_KEPT_NS;
}

bool hold_row_is_of(sqlite3_stmt *row, const struct person *person)
{
	return strcmp(store_text(row, COL_ISSUER), person->issuer) == 0 && strcmp(store_text(row, COL_SUBJECT), person->subject) == 0;
}

enum rc hold_row_quorum(sqlite3_stmt *row, struct quorum *quorum)
{
	enum rc rc = quorum_parse(slice_str(store_text(row, COL_NEEDS)), quorum);

	return rc == RC_BAD ? RC_FAULT : rc;
}

enum rc hold_row_for(struct hold_tx *tx, const char *id, const struct person *person, sqlite3_stmt **row, struct quorum *quorum,
		     struct why *why)
{
	enum rc rc = hold_row(tx->db, id, row);

	*quorum = (struct quorum){0};
	if (rc == RC_OK)
		rc = hold_row_quorum(*row, quorum);
	if (rc == RC_OK && (is_history(*row, tx->now_ns) ||
			    (!hold_row_is_of(*row, person) && !quorum_serves(quorum, &person->groups))))
		rc = RC_NOT_FOUND;
	return rc == RC_NOT_FOUND ? why_set(why, rc, "there is no hold %s that you made or may decide", id) : rc;
}

enum rc hold_filled(sqlite3 *db, const char *id, const struct quorum *quorum, unsigned with, int64_t *places,
		    int64_t filled[QUORUM_NEEDS_MAX])
{
	unsigned serves[QUORUM_PLACES_MAX + 1];
	size_t n = 0;
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT serves FROM decisions WHERE hold = ? AND approve = 1 ORDER BY at_ns, rowid", "t", id);

	while (rc == RC_OK && (rc = store_row(q)) == RC_OK && n < QUORUM_PLACES_MAX)
		serves[n++] = (unsigned)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	if (with)
		serves[n++] = with;
	*places = quorum_filled(quorum, serves, n, filled);
	return rc == RC_END ? RC_OK : rc;
}

enum rc hold_needs(sqlite3 *db, sqlite3_stmt *row, struct buf *out)
{
	int64_t places, filled[QUORUM_NEEDS_MAX];
	struct quorum quorum;
	enum rc rc = hold_row_quorum(row, &quorum);

	if (rc == RC_OK)
		rc = hold_filled(db, store_text(row, COL_ID), &quorum, 0, &places, filled);
	if (rc == RC_OK)
		rc = quorum_missing(&quorum, filled, out);
	quorum_free(&quorum);
	return rc;
}

enum rc hold_asked_with(sqlite3 *db, const char *id, const char *key_id, bool *asked)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT 1 FROM askers WHERE hold = ? AND key_id = ?", "tt", id, key_id);

	if (rc == RC_OK)
		rc = store_row(q);
	*asked = rc == RC_OK;
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

/* As much of text as fits, ending between two characters. */
static void copy_text(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size) {
		n = size - 1;
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

/* Who made it what it is, and why: the one who denied it, or all who approved. */
static enum rc read_decisions(sqlite3 *db, struct hold *out)
{
	struct buf by, reason;
	sqlite3_stmt *q;
	int n = 0;
	enum rc rc = store_query(db, &q, "SELECT user, reason FROM decisions WHERE hold = ? AND approve = ? ORDER BY at_ns, rowid", "ti",
				 out->id, (int64_t)(out->state != HOLD_DENIED));

	buf_init(&by, 1 << 16);
	buf_init(&reason, 1 << 18);
	for (; rc == RC_OK && (rc = store_row(q)) == RC_OK; n++) {
		const char *why = store_text(q, 1);

		buf_printf(&by, "%s%s", n ? ", " : "", store_text(q, 0));
		if (*why)
			buf_printf(&reason, "%s%s", reason.len ? "; " : "", why);
	}
	sqlite3_finalize(q);
	if (rc == RC_END)
		rc = by.rc != RC_OK ? by.rc : reason.rc;
	copy_text(out->decided_by, sizeof out->decided_by, by.len ? by.data : "");
	copy_text(out->reason, sizeof out->reason, reason.len ? reason.data : "");
	buf_free(&by);
	buf_free(&reason);
	return rc;
}

static enum rc read_needs(sqlite3 *db, sqlite3_stmt *row, struct hold *out)
{
	struct buf needs;
	enum rc rc;

	buf_init(&needs, 1 << 16);
	rc = hold_needs(db, row, &needs);
	copy_text(out->needs, sizeof out->needs, needs.len ? needs.data : "");
	buf_free(&needs);
	return rc;
}

enum rc hold_read(sqlite3 *db, const char *id, int64_t now_ns, struct hold *out)
{
	sqlite3_stmt *row;
	enum rc rc = hold_row(db, id, &row);

	if (rc != RC_OK)
		return rc;
	*out = (struct hold){0};
	copy_text(out->id, sizeof out->id, store_text(row, COL_ID));
	out->expires_s = sqlite3_column_int64(row, COL_EXPIRES) / NS_PER_S;
	out->cause = cause_of(store_text(row, COL_CAUSE));
	rc = hold_row_state(row, now_ns, &out->state);
	if (rc == RC_OK)
		rc = read_decisions(db, out);
	if (rc == RC_OK && out->state == HOLD_PENDING)
		rc = read_needs(db, row, out);
	sqlite3_finalize(row);
	return rc;
}

/* ---- entering ---- */

/* Note who asks. A session that had not asked yet is told that it is held. */
static enum rc add_asker(struct hold_tx *tx, const char *id, const struct hold_ask *ask)
{
	sqlite3_stmt *known;
	enum rc rc = store_query(tx->db, &known, "SELECT 1 FROM askers WHERE hold = ? AND session = ?", "tt", id, ask->session);
	bool is_new;

	if (rc == RC_OK)
		rc = store_row(known);
	is_new = rc == RC_END;
	sqlite3_finalize(known);
	if (rc != RC_OK && rc != RC_END)
		return rc;
	rc = store_do(tx->db, NULL,
		      "INSERT INTO askers (hold, session, key_id, address, exchange) VALUES (?, ?, ?, ?, ?)"
		      " ON CONFLICT DO UPDATE SET address = excluded.address, exchange = excluded.exchange, gone = 0",
		      "tttti", id, ask->session, ask->key_id, ask->address, (int64_t)ask->exchange);
	return rc == RC_OK && is_new ? hold_tell(tx, id, "held", ask->session, NULL) : rc;
}

/* Join or use what stands for the same request; RC_NOT_FOUND when nothing does. */
static enum rc join(struct hold_tx *tx, const struct hold_ask *ask, const char *needs, char id[HOLD_ID_LEN + 1])
{
	const struct slice mac = {(const char *)ask->binding.mac, sizeof ask->binding.mac};
	sqlite3_stmt *row;
	enum rc rc = store_query(tx->db, &row,
				 "SELECT " HOLD_COLUMNS " FROM holds WHERE mac = ? AND issuer = ? AND subject = ?"
				 " AND state IN ('pending', 'approved') AND expires_ns > ? ORDER BY created_ns",
				 "btti", mac, ask->person->issuer, ask->person->subject, tx->now_ns);
	bool found = false;

	while (rc == RC_OK && !found && (rc = store_row(row)) == RC_OK) {
		enum hold_state state;

		copy_text(id, HOLD_ID_LEN + 1, store_text(row, COL_ID));
		rc = hold_row_state(row, tx->now_ns, &state);
		if (rc != RC_OK)
			break;
		if (strcmp(store_text(row, COL_RULE), ask->verdict->rule) != 0 || strcmp(store_text(row, COL_NEEDS), needs) != 0) {
			rc = hold_set_cancelled(tx, id, state, CAUSE_TERMS);
			continue;
		}
		found = true;
		rc = state == HOLD_APPROVED ? hold_set_state(tx, id, state, HOLD_USED, 0) : add_asker(tx, id, ask);
		if (state == HOLD_PENDING)
			hold_not_left(tx->holds, id);
	}
	sqlite3_finalize(row);
	return rc == RC_END ? RC_NOT_FOUND : rc;
}

static enum rc check_share(struct hold_tx *tx, const struct person *person, struct why *why)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(tx->db, &q,
				 "SELECT count(*) FROM holds WHERE issuer = ? AND subject = ? AND state = 'pending' AND expires_ns > ?",
				 "tti", person->issuer, person->subject, tx->now_ns);
	int64_t n = 0;

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	if (rc == RC_OK && n >= tx->holds->held_per_person)
		rc = why_set(why, RC_TOO_BIG, "%lld of your requests wait for approval already, which is the limit", (long long)n);
	return rc;
}

static enum rc make(struct hold_tx *tx, const struct hold_ask *ask, const char *needs, char id[HOLD_ID_LEN + 1],
		    struct why *why)
{
	const struct slice mac = {(const char *)ask->binding.mac, sizeof ask->binding.mac};
	const struct person *p = ask->person;
	const struct verdict *v = ask->verdict;
	enum rc rc = check_share(tx, p, why);

	if (rc != RC_OK)
		return rc;
	do {
		make_id(id);
		rc = store_do(tx->db, NULL,
			      "INSERT INTO holds (id, state, mac, issuer, subject, user, connection, reason, rule, matched, needs,"
			      " ttl_ns, shown, created_ns, changed_ns, expires_ns)"
			      " VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			      "tbttttttttisiii", id, mac, p->issuer, p->subject, p->user, ask->connection, ask->reason,
			      v->rule, v->matched, needs, v->ttl_ns, ask->shown_json, tx->now_ns, tx->now_ns,
			      tx->now_ns + v->ttl_ns);
	} while (rc == RC_CONFLICT);                /* an id that is there already, once in a million million */
	if (rc == RC_OK)
		rc = hold_notice(tx, id, "hold.created", NULL);
	return rc == RC_OK ? add_asker(tx, id, ask) : rc;
}

enum rc hold_enter(struct holds *holds, const struct hold_ask *ask, struct hold *out, struct why *why)
{
	struct hold_tx tx;
	struct buf needs;
	char id[HOLD_ID_LEN + 1];
	enum rc rc;

	*out = (struct hold){0};
	buf_init(&needs, 1 << 16);
	rc = quorum_json(ask->verdict->by, &needs);
	if (rc != RC_OK)
		goto out;
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		goto out;
	rc = join(&tx, ask, needs.data, id);
	if (rc == RC_NOT_FOUND)
		rc = make(&tx, ask, needs.data, id, why);
	if (rc == RC_OK)
		rc = hold_read(tx.db, id, tx.now_ns, out);
	rc = hold_tx_end(&tx, rc);
out:
	if (rc != RC_OK && rc != RC_TOO_BIG)
		why_set(why, rc, "requests cannot be held now: the agent's store does not answer");
	buf_free(&needs);
	return rc;
}

/* ---- life ---- */

static enum rc read_key(struct holds *holds, const char *path, struct why *why)
{
	struct buf key;
	enum rc rc;

	buf_init(&key, HOLD_KEY_LEN);
	rc = file_read_private(path, &key, why);
	if (rc == RC_NOT_FOUND) {
		random_bytes(holds->key, HOLD_KEY_LEN);
		rc = file_write(path, (struct slice){(const char *)holds->key, HOLD_KEY_LEN}, 0600, why);
	} else if (rc == RC_OK && key.len != HOLD_KEY_LEN) {
		rc = why_set(why, RC_BAD, "%s: not a key of %d bytes; remove it for a new one (open approvals are lost)", path,
			     HOLD_KEY_LEN);
	} else if (rc == RC_OK) {
		memcpy(holds->key, key.data, HOLD_KEY_LEN);
	}
	buf_free(&key);
	return rc;
}

enum rc holds_new(struct store *store, const char *key_file, int64_t held_per_person, struct holds **out, struct why *why)
{
	struct holds *holds = calloc(1, sizeof *holds);
	enum rc rc;

	*out = NULL;
	if (!holds)
		return RC_NOMEM;
	holds->store = store;
	holds->held_per_person = held_per_person;
	atomic_init(&holds->wall, clock_wall_ns);
	atomic_init(&holds->mono, clock_mono_ns);
	holds->tail = &holds->events;
	rc = read_key(holds, key_file, why);
	if (rc == RC_OK)
		rc = hold_thread_start(holds, why);
	if (rc != RC_OK) {
		wipe(holds, sizeof *holds);
		free(holds);
		return rc;
	}
	*out = holds;
	return RC_OK;
}

void holds_free(struct holds *holds)
{
	if (!holds)
		return;
	hold_thread_stop(holds);
	wipe(holds, sizeof *holds);
	free(holds);
}

void holds_listen(struct holds *holds, hold_listener *fn, void *arg)
{
	pthread_mutex_lock(&holds->telling);
	holds->listener = fn;
	holds->listener_arg = arg;
	pthread_mutex_unlock(&holds->telling);
}

void holds_notify(struct holds *holds, struct notices *notices)
{
	holds->notices = notices;
}

int64_t holds_wall_ns(struct holds *holds)
{
	return atomic_load(&holds->wall)();
}

int64_t holds_mono_ns(struct holds *holds)
{
	return atomic_load(&holds->mono)();
}

void holds_set_clock(struct holds *holds, int64_t (*now_ns)(void))
{
	atomic_store(&holds->wall, now_ns);
	atomic_store(&holds->mono, now_ns);
}
