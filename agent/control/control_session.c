/* Control calls about sessions and their bundles. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "control_private.h"
#include "gate.h"
#include "json.h"
#include "leaf.h"
#include "log.h"
#include "record.h"
#include "session.h"
#include "wipe.h"

/* What a list of sessions may be asked for by. */
enum { WORD_SINCE = 10, WORD_UNTIL, WORD_ENTITY, SESSION_WORDS };

#define PIECE_BYTES ((size_t)64 << 10)

static enum rc no_connection(const struct config *config, const char *name, struct why *why)
{
	struct buf names;
	enum rc rc;

	buf_init(&names, 400);                           /* as many as a sentence holds; phigate ls has them all */
	for (size_t i = 0; i < config->n_connections; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", config->connections[i].name);
	rc = why_set(why, RC_NOT_FOUND, "there is no connection %.64s; there are %s", name, names.data ? names.data : "none");
	buf_free(&names);
	return rc;
}

static enum rc find_connection(const struct call *call, struct session_ask *ask, struct why *why)
{
	const struct config *config = call->snapshot->config;
	const char *name = json_text(call->body, "connection");

	if (!name)
		return why_set(why, RC_BAD, "connection is missing");
	if (snapshot_find(call->snapshot, name, &ask->place))
		return RC_OK;
	return no_connection(config, name, why);
}

int control_session_open(struct call *call, struct buf *out, struct why *why)
{
	char address[64], ssh_id[GATE_ID_LEN + 1], key[SESSION_KEY_LEN + 1], text[CLOCK_TEXT];
	struct session_ask ask = {
		.person = &call->token->person, .key_id = call->key_id, .address = address, .ssh_id = ssh_id,
		.api_key_sha256 = json_text(call->body, "api_key_sha256"), .reason = json_text(call->body, "reason"), .purpose = json_text(call->body, "purpose"),
		.previous = json_text(call->body, "previous"), .expires_s = call->token->expires_s,
		.emergency = json_true(call->body, "emergency"), .snapshot = call->snapshot,
	};
	struct session *s = NULL;
	enum rc rc = find_connection(call, &ask, why);

	if (rc == RC_OK)
		rc = session_allowed(&call->snapshot->config->connections[ask.place], ask.person, why);
	if (rc == RC_OK)
		rc = call_address(call, json_text(call->body, "ssh"), address, ssh_id, why);
	if (rc == RC_OK)
		rc = session_open(call->agent->sessions, &ask, &s, key, why);
	if (rc != RC_OK)
		return call_failed(rc);
	buf_printf(out, "{\"id\":\"%s\",\"session_key\":\"%s\",\"dialect\":", s->id, key);
	json_add_str(out, s->connection->dialect);
	buf_printf(out, ",\"emergency\":%s,\"expires_at\":\"%s\"", s->emergency ? "true" : "false", clock_text_s(ask.expires_s, text));
	call_receipt(call, s->id, false, out);
	buf_putc(out, '}');
	wipe(key, sizeof key);
	session_unref(s);
	return 200;
}

int control_session_renew(struct call *call, struct buf *out, struct why *why)
{
	char address[64], ssh_id[GATE_ID_LEN + 1], text[CLOCK_TEXT];
	bool has_ssh = call_address(call, json_text(call->body, "ssh"), address, ssh_id, NULL) == RC_OK;
	int64_t expires_s;
	enum rc rc = session_renew(call->agent->sessions, call->id, &call->token->person, has_ssh ? ssh_id : NULL, call->token->expires_s,
				   &expires_s, why);

	if (rc != RC_OK)
		return call_failed(rc);
	buf_printf(out, "{\"expires_at\":\"%s\"", clock_text_s(expires_s, text));
	call_receipt(call, call->id, false, out);
	buf_putc(out, '}');
	return 200;
}

static int finish(struct call *call, enum session_end how, struct buf *out, struct why *why)
{
	enum rc rc = session_finish(call->agent->sessions, call->id, &call->token->person, how, why);

	if (rc != RC_OK)
		return call_failed(rc);
	buf_printf(out, "{\"id\":\"%s\",\"end\":\"%s\"", call->id, session_end_name(how));
	call_receipt(call, call->id, true, out);
	buf_putc(out, '}');
	return 200;
}

int control_session_close(struct call *call, struct buf *out, struct why *why)
{
	return finish(call, SESSION_END_CLIENT, out, why);
}

int control_session_revoke(struct call *call, struct buf *out, struct why *why)
{
	const char *by = call->token->person.user;
	int status = finish(call, SESSION_END_REVOKED, out, why);
	char time[CLOCK_TEXT];
	struct buf leaf;

	if (status >= 400)
		return status;
	log_info("session_revoked", L_TEXT("session", call->id), L_TEXT("by", by));
	buf_init(&leaf, LEAF_MAX);
	if (LEAF(LEAF_REVOKE, &leaf, call->id, by, clock_text_us(clock_wall_ns(), time)) != RC_OK || call_ledger(call, buf_slice(&leaf), NULL) != RC_OK)
		log_error("ledger_not_written", L_TEXT("session", call->id), L_TEXT("what", "that it was revoked"));
	buf_free(&leaf);
	return status;
}

enum rc call_time(const char *name, const char *text, int64_t *ns, struct why *why)
{
	int64_t ago;

	*ns = 0;
	if (!*text || clock_parse(slice_str(text), ns) == RC_OK)
		return RC_OK;
	if (duration_parse(slice_str(text), &ago) != RC_OK)
		return why_set(why, RC_BAD, "%s is a time (2026-01-31T08:15:00Z) or a duration (24h)", name);
	*ns = clock_wall_ns() - ago;
	return RC_OK;
}

enum rc call_tell_listed(const struct call *call, struct why *why)
{
	char time[CLOCK_TEXT];
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	rc = LEAF(LEAF_LIST, &leaf, call->token->person.user, clock_text_us(clock_wall_ns(), time));
	if (rc == RC_OK)
		rc = call_ledger(call, buf_slice(&leaf), why);
	buf_free(&leaf);
	return rc;
}

static enum rc tell_fetched(const struct call *call, int part, struct why *why)
{
	char number[16], time[CLOCK_TEXT];
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	snprintf(number, sizeof number, "%d", part);
	rc = LEAF(LEAF_FETCH, &leaf, call->id, number, call->token->person.user, clock_text_us(clock_wall_ns(), time));
	if (rc == RC_OK)
		rc = call_ledger(call, buf_slice(&leaf), why);
	buf_free(&leaf);
	return rc;
}

/* "SSN", or "SSN:5": five or more of them. */
static enum rc parse_entity(char *text, struct session_filter *filter, struct why *why)
{
	char *colon = strchr(text, ':'), *end;

	filter->entity = *text ? text : NULL;
	filter->entity_least = 1;
	if (!colon)
		return RC_OK;
	*colon = '\0';
	filter->entity_least = strtoll(colon + 1, &end, 10);
	return !*end && filter->entity_least > 0 ? RC_OK : why_set(why, RC_BAD, "entity is one, such as SSN, or SSN:5 for five or more");
}

/* Each word of the query, and where it goes. */
static enum rc read_filter(struct call *call, char words[SESSION_WORDS][256], struct session_filter *f, struct why *why)
{
	const struct {
		const char *name, **text;
		bool *flag;
	} rows[SESSION_WORDS] = {
		{"user", &f->user, NULL}, {"connection", &f->connection, NULL}, {"state", &f->state, NULL}, {"model", &f->model, NULL},
		{"rule", &f->rule, NULL}, {"emergency", NULL, &f->emergency}, {"reviewed", NULL, &f->reviewed},
		{"unreviewed", NULL, &f->unreviewed}, {"held", NULL, &f->held}, {"denied", NULL, &f->denied},
		[WORD_SINCE] = {"since", NULL, NULL}, [WORD_UNTIL] = {"until", NULL, NULL}, [WORD_ENTITY] = {"entity", NULL, NULL},
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < SESSION_WORDS && rc == RC_OK; i++) {
		rc = call_query(call, rows[i].name, words[i], sizeof words[i], why);
		if (rc == RC_OK && rows[i].text)
			*rows[i].text = *words[i] ? words[i] : NULL;
		if (rc == RC_OK && rows[i].flag)
			*rows[i].flag = strcmp(words[i], "true") == 0;
	}
	if (rc == RC_OK)
		rc = call_time("since", words[WORD_SINCE], &f->since_ns, why);
	if (rc == RC_OK)
		rc = call_time("until", words[WORD_UNTIL], &f->until_ns, why);
	return rc == RC_OK ? parse_entity(words[WORD_ENTITY], f, why) : rc;
}

int control_sessions(struct call *call, struct buf *out, struct why *why)
{
	const struct person *person = &call->token->person;
	bool auditor = role_has_any(call->snapshot->config, person, ROLE_AUDITOR);
	char words[SESSION_WORDS][256];
	struct session_filter filter = {0};
	enum rc rc = read_filter(call, words, &filter, why);

	if (rc == RC_OK)
		rc = sessions_list(call->agent->sessions, person, &filter, out, why);
	if (rc == RC_OK && auditor)
		rc = call_tell_listed(call, why);
	if (rc != RC_OK) {
		buf_clear(out);
		return call_failed(rc);
	}
	if (auditor)
		log_info("sessions_listed", L_TEXT("by", person->user), L_TEXT("user", filter.user ? filter.user : ""));
	return 200;
}

/* ---- bundles ------------------------------------------------------------------------------------------------------------ */

static enum rc send_file(struct call *call, int fd, int64_t size)
{
	struct buf head;
	char *piece = malloc(PIECE_BYTES);
	enum rc rc = piece ? RC_OK : RC_NOMEM;

	buf_init(&head, 1024);
	buf_printf(&head, "HTTP/1.1 200 %s\r\nContent-Type: application/x-tar\r\nContent-Length: %lld\r\n%s\r\n", http_reason(200),
		   (long long)size, call->head->keep_alive ? "" : "Connection: close\r\n");
	if (rc == RC_OK)
		rc = http_write(call->conn, buf_slice(&head));
	while (rc == RC_OK && size > 0) {
		ssize_t n = read(fd, piece, size < (int64_t)PIECE_BYTES ? (size_t)size : PIECE_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = RC_IO;
			break;
		}
		size -= n;
		rc = http_write(call->conn, (struct slice){piece, (size_t)n});
	}
	if (piece)
		wipe(piece, PIECE_BYTES);
	free(piece);
	buf_free(&head);
	return rc;
}

void call_send_tar(struct call *call, int fd, int64_t size)
{
	call->done = true;
	call->close = send_file(call, fd, size) != RC_OK;
}

static enum rc open_bundle(struct call *call, int part, int *fd, int64_t *size, struct why *why)
{
	char *path = NULL;
	struct stat st;
	enum rc rc = spool_bundle(call->agent->spool, call->id, part, &path);

	*fd = -1;
	if (rc == RC_CONFLICT)
		why_set(why, rc, "session %s is still open; its bundle is there when it is closed", call->id);
	else if (rc == RC_NOT_FOUND)
		why_set(why, rc, "there is no such bundle of session %s", call->id);
	else if (rc != RC_OK)
		why_set(why, rc, "the bundle cannot be read");
	if (rc != RC_OK)
		return rc;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		log_error("bundle_not_read", L_TEXT("session", call->id), L_TEXT("reason", strerror(errno)));
		rc = why_set(why, RC_IO, "the bundle cannot be read");
	} else {
		*size = st.st_size;
	}
	free(path);
	return rc;
}

int control_bundle(struct call *call, struct buf *out, struct why *why)
{
	const struct person *person = &call->token->person;
	char text[12], *end;
	long part = 0;
	int64_t size = 0;
	bool own;
	int fd = -1;
	enum rc rc = session_readable(call->agent->sessions, person, call->id, &own, why);

	(void)out;
	if (rc == RC_OK)
		rc = call_query(call, "part", text, sizeof text, why);
	if (rc == RC_OK && *text) {
		part = strtol(text, &end, 10);
		if (*end || part < 1 || part > 1000000)
			rc = why_set(why, RC_BAD, "part is a number from 1");
	}
	if (rc == RC_OK)
		rc = open_bundle(call, (int)part, &fd, &size, why);
	if (rc == RC_OK)
		rc = tell_fetched(call, (int)part, why);
	if (rc == RC_OK) {
		log_info("bundle_fetched", L_TEXT("session", call->id), L_TEXT("by", person->user), L_FLAG("own", own));
		call_send_tar(call, fd, size);
	}
	if (fd >= 0)
		close(fd);
	return rc == RC_OK ? 200 : call_failed(rc);
}
