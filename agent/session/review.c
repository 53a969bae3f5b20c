#include "review.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "policies.h"
#include "role.h"
#include "tar.h"

#define RECORD_MAX ((size_t)1 << 20)
#define PARTS_MAX 1000
#define SUMS_MAX ((size_t)64 << 20)

/* The session as the store knows it. */
struct reviewed {
	char *user, *connection, *end;
	int64_t opened_ns, parts;
	bool emergency;
};

static void reviewed_free(struct reviewed *r)
{
	free(r->user);
	free(r->connection);
	free(r->end);
}

static enum rc unseen(const struct review_ask *ask, struct why *why)
{
	return why_set(why, RC_NOT_FOUND, "there is no session %.26s that you may see", ask->session);
}

static enum rc read_row(sqlite3_stmt *q, const struct review_place *place, const struct review_ask *ask, struct reviewed *out, struct why *why)
{
	if (strcmp(store_text(q, 0), ask->person->issuer) == 0 && strcmp(store_text(q, 1), ask->person->subject) == 0)
		return why_set(why, RC_DENIED, "nobody reviews their own session; another auditor must do it");
	if (!role_has(place->config, ask->person, ROLE_AUDITOR, store_text(q, 3)))
		return unseen(ask, why);
	if (strcmp(store_text(q, 4), "closed") != 0)
		return why_set(why, RC_CONFLICT, "session %.26s is still open; it can be reviewed when it has ended", ask->session);
	out->user = strdup(store_text(q, 2));
	out->connection = strdup(store_text(q, 3));
	out->end = strdup(store_text(q, 5));
	out->opened_ns = sqlite3_column_int64(q, 6);
	out->parts = sqlite3_column_int64(q, 7);
	out->emergency = sqlite3_column_int(q, 8);
	return out->user && out->connection && out->end ? RC_OK : RC_NOMEM;
}

static enum rc find(const struct review_place *place, const struct review_ask *ask, struct reviewed *out, struct why *why)
{
	sqlite3 *db = store_begin(place->store);
	sqlite3_stmt *q;
	enum rc rc;

	*out = (struct reviewed){0};
	if (!db)
		return why_set(why, RC_IO, "the agent's store does not answer");
	rc = store_query(db, &q, "SELECT issuer, subject, user, connection, state, ended, opened_ns, parts, emergency FROM sessions WHERE id = ?",
			 "t", ask->session);
	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_END)
		rc = unseen(ask, why);
	else if (rc == RC_OK)
		rc = read_row(q, place, ask, out, why);
	else
		why_set(why, rc, "the agent's store does not answer");
	sqlite3_finalize(q);
	store_end(place->store);
	return rc;
}

/* ---- the bundles ---------------------------------------------------------------------------------------------------------- */

/* SHA-256 of the first member of a bundle, which is SHA256SUMS. */
static enum rc sums_of(const char *path, char hex[SHA256_HEX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char block[TAR_BLOCK];
	struct buf text;
	struct tar_member member;
	enum rc rc = RC_IO;
	char *room;

	buf_init(&text, SUMS_MAX);
	if (fd >= 0 && pread(fd, block, sizeof block, 0) == (ssize_t)sizeof block)
		rc = tar_parse(block, &member, NULL);
	if (rc == RC_OK && (strcmp(member.name, "SHA256SUMS") != 0 || member.size == 0 || member.size > SUMS_MAX))
		rc = RC_BAD;
	room = rc == RC_OK ? buf_room(&text, (size_t)member.size) : NULL;
	if (rc == RC_OK && (!room || pread(fd, room, (size_t)member.size, TAR_BLOCK) != (ssize_t)member.size))
		rc = RC_IO;
	if (rc == RC_OK)
		sha256_hex(room, (size_t)member.size, hex);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return rc;
}

/* Every part that is there, by the digest that its signature is over. */
static enum rc add_parts(const struct review_place *place, const struct review_ask *ask, const struct reviewed *s, struct buf *out)
{
	buf_puts(out, ",\"parts\":[");
	for (int part = 1; part <= s->parts && part <= PARTS_MAX; part++) {
		char hex[SHA256_HEX], *path = NULL;
		enum rc rc = spool_bundle(place->spool, ask->session, part, &path);

		if (rc == RC_OK)
			rc = sums_of(path, hex);
		free(path);
		if (rc == RC_OK)
			buf_printf(out, "%s{\"part\":%d,\"sums\":\"%s\"}", part > 1 ? "," : "", part, hex);
		else
			buf_printf(out, "%s{\"part\":%d,\"sums\":null}", part > 1 ? "," : "", part);
	}
	return buf_putc(out, ']');
}

/* ---- the finding ---------------------------------------------------------------------------------------------------------- */

/* By the rules of the connection; when it is no longer configured, every identifier goes. */
static enum rc mask_finding(const struct review_place *place, const char *connection, const char *finding, struct buf *out)
{
	const struct connection *c = config_connection(place->config, connection);
	struct policy *policy = c ? policies_get(place->policies, c->policy) : NULL;
	struct mask_scope *scope = mask_scope_new();
	struct mask_engine *engine = NULL;
	struct mask_rules *rules = NULL;
	enum rc rc = scope ? RC_OK : RC_NOMEM;

	if (rc == RC_OK && !policy) {
		rc = mask_rules_read(NULL, ".", &rules, NULL);
		if (rc == RC_OK)
			rc = mask_engine_new(rules, &engine, NULL);
	}
	if (rc == RC_OK)
		rc = mask_text(policy ? policy_engine(policy) : engine, scope, NULL, slice_str(finding), out);
	mask_engine_free(engine);
	mask_rules_free(rules);
	mask_scope_free(scope);
	policy_unref(policy);
	return rc;
}

static enum rc check_finding(const char *finding, struct why *why)
{
	if (!finding || !finding[strspn(finding, " \t\r\n")])
		return why_set(why, RC_BAD, "a review needs a finding");
	if (strlen(finding) > REVIEW_FINDING_MAX || !utf8_valid(slice_str(finding)))
		return why_set(why, RC_BAD, "finding is over %d bytes, or not UTF-8", REVIEW_FINDING_MAX);
	return RC_OK;
}

/* ---- the record ----------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, text);
}

/* How many there are, and the digest of the last; "" when there is none. */
static enum rc read_last(sqlite3 *db, const char *session, int64_t *n, char hex[SHA256_HEX])
{
	sqlite3_stmt *q;
	enum rc rc = store_query(db, &q, "SELECT n, record FROM reviews WHERE session = ? ORDER BY n DESC LIMIT 1", "t", session);

	*n = 0;
	hex[0] = '\0';
	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK) {
		*n = sqlite3_column_int64(q, 0);
		sha256_hex(store_text(q, 1), strlen(store_text(q, 1)), hex);
	}
	sqlite3_finalize(q);
	return rc == RC_END ? RC_OK : rc;
}

static enum rc make_record(const struct review_place *place, const struct review_ask *ask, const struct reviewed *s, int64_t n,
			   const char *previous, int64_t at_ns, struct slice parts, struct slice finding, struct buf *out)
{
	char time[CLOCK_TEXT];

	buf_puts(out, "{\"v\":1,\"type\":\"phigate-review\"");
	add_text(out, "agent", place->config->name);
	add_text(out, "session", ask->session);
	buf_printf(out, ",\"n\":%lld,\"emergency\":%s", (long long)n, s->emergency ? "true" : "false");
	add_text(out, "user", s->user);
	add_text(out, "connection", s->connection);
	add_text(out, "opened_at", clock_text_us(s->opened_ns, time));
	add_text(out, "end", s->end);
	buf_add_slice(out, parts);
	buf_puts(out, ",\"reviewer\":{\"id\":");
	json_add_str(out, ask->person->user);
	add_text(out, "subject", ask->person->subject);
	add_text(out, "issuer", ask->person->issuer);
	add_text(out, "key", ask->key_id);
	add_text(out, "address", ask->address);
	buf_putc(out, '}');
	add_text(out, "at", clock_text_us(at_ns, time));
	buf_puts(out, ",\"finding\":");
	json_add_string(out, finding);
	add_text(out, "previous", *previous ? previous : NULL);
	return buf_puts(out, "}\n");
}

/* The agent's signature over the record, for which it goes into the ledger. */
static enum rc sign(const struct review_place *place, const char *session, int64_t n, int64_t at_ns, struct slice record, struct buf *signature)
{
	char number[24], sum[SHA256_HEX], time[CLOCK_TEXT];
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	snprintf(number, sizeof number, "%lld", (long long)n);
	sha256_hex(record.p, record.n, sum);
	rc = LEAF(LEAF_REVIEW, &leaf, session, number, sum, clock_text_us(at_ns, time));
	if (rc == RC_OK)
		rc = ledger_seal(spool_ledger(place->spool), buf_slice(&leaf), record, NULL, signature);
	buf_free(&leaf);
	return rc;
}

/* In one transaction: its number, the one before it, and the notice. */
static enum rc keep(const struct review_place *place, const struct review_ask *ask, const struct reviewed *s, struct slice parts,
		    struct slice finding, int64_t *n)
{
	const struct notice notice = {
		.event = "emergency.reviewed", .session = ask->session, .connection = s->connection, .user = s->user, .by = ask->person->user,
	};
	sqlite3 *db = store_begin(place->store);
	int64_t at_ns = clock_wall_ns();
	char previous[SHA256_HEX];
	struct buf record, signature;
	enum rc rc;

	if (!db)
		return RC_IO;
	buf_init(&record, RECORD_MAX);
	buf_init(&signature, 4096);
	rc = store_do(db, NULL, "BEGIN IMMEDIATE", "");
	if (rc == RC_OK)
		rc = read_last(db, ask->session, n, previous);
	if (rc == RC_OK)
		rc = make_record(place, ask, s, ++*n, previous, at_ns, parts, finding, &record);
	if (rc == RC_OK)
		rc = sign(place, ask->session, *n, at_ns, buf_slice(&record), &signature);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "INSERT INTO reviews (session, n, issuer, subject, user, at_ns, record, signature)"
			      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "titttiss", ask->session, *n, ask->person->issuer, ask->person->subject,
			      ask->person->user, at_ns, buf_slice(&record), buf_slice(&signature));
	if (rc == RC_OK)
		rc = store_do(db, NULL, "UPDATE sessions SET reviews = ? WHERE id = ?", "it", *n, ask->session);
	if (rc == RC_OK && s->emergency)
		rc = notices_put(place->notices, db, &notice);
	if (rc == RC_OK)
		rc = store_do(db, NULL, "COMMIT", "");
	store_end(place->store);
	buf_free(&record);
	buf_free(&signature);
	return rc;
}

enum rc review_add(const struct review_place *place, const struct review_ask *ask, struct buf *out, struct why *why)
{
	struct reviewed s = {0};
	struct buf parts, finding;
	int64_t n = 0;
	enum rc rc = role_has_any(place->config, ask->person, ROLE_AUDITOR) ? check_finding(ask->finding, why) :
		why_set(why, RC_DENIED, "only an auditor reviews sessions (roles.auditor)");

	buf_init(&parts, RECORD_MAX);
	buf_init(&finding, 16 * REVIEW_FINDING_MAX);
	if (rc == RC_OK)
		rc = find(place, ask, &s, why);
	if (rc != RC_OK)
		goto out;
	rc = add_parts(place, ask, &s, &parts);
	if (rc == RC_OK)
		rc = mask_finding(place, s.connection, ask->finding, &finding);
	if (rc == RC_OK)
		rc = keep(place, ask, &s, buf_slice(&parts), buf_slice(&finding), &n);
	if (rc != RC_OK) {
		why_set(why, rc, "the review cannot be kept");
		goto out;
	}
	log_info("session_reviewed", L_TEXT("session", ask->session), L_TEXT("by", ask->person->user), L_NUM("n", n), L_FLAG("emergency", s.emergency));
	buf_puts(out, "{\"session\":");
	json_add_str(out, ask->session);
	rc = buf_printf(out, ",\"n\":%lld}", (long long)n);
out:
	reviewed_free(&s);
	buf_free(&parts);
	buf_free(&finding);
	return rc;
}

enum rc reviews_list(struct store *store, const char *session, struct buf *out, struct why *why)
{
	sqlite3 *db = store_begin(store);
	char time[CLOCK_TEXT];
	sqlite3_stmt *q;
	enum rc rc;

	why_set(why, RC_IO, "the agent's store does not answer");
	if (!db)
		return RC_IO;
	rc = store_query(db, &q, "SELECT n, user, at_ns, record, signature FROM reviews WHERE session = ? ORDER BY n", "t", session);
	buf_putc(out, '[');
	for (int i = 0; rc == RC_OK && (rc = store_row(q)) == RC_OK; i++) {
		buf_printf(out, "%s{\"n\":%lld", i ? "," : "", (long long)sqlite3_column_int64(q, 0));
		add_text(out, "user", store_text(q, 1));
		add_text(out, "at", clock_text_us(sqlite3_column_int64(q, 2), time));
		add_text(out, "record", store_text(q, 3));
		add_text(out, "signature", store_text(q, 4));
		buf_putc(out, '}');
	}
	sqlite3_finalize(q);
	store_end(store);
	buf_putc(out, ']');
	return rc == RC_END ? out->rc : rc;
}
