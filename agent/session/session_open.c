/* Opening a session: what is checked, what is put on record, in this order. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "log.h"
#include "metrics.h"
#include "purpose.h"
#include "session_private.h"
#include "wipe.h"

enum rc session_allowed(const struct connection *connection, const struct person *person, struct why *why)
{
	struct buf names;

	if (text_list_has_any(&person->groups, &connection->groups))
		return RC_OK;
	buf_init(&names, 400);
	for (size_t i = 0; i < connection->groups.n; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", connection->groups.item[i]);
	why_set(why, RC_DENIED, "%s is for members of %s", connection->name, names.len ? names.data : "certain groups");
	buf_free(&names);
	return RC_DENIED;
}

/* ---- parts -------------------------------------------------------------------------------------------------------------- */

/* Crockford's base32 of 48 bits of milliseconds and 80 random ones: sorts by time, tells no other session's. */
static void make_id(int64_t wall_ns, char id[SESSION_ID_LEN + 1])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t ms = (uint64_t)(wall_ns / NS_PER_MS);
	unsigned char raw[16];

	random_bytes(raw, sizeof raw);
	for (int i = 9; i >= 0; i--, ms >>= 5)
		id[i] = alphabet[ms & 31];
	for (int i = 0; i < 16; i++)
		id[10 + i] = alphabet[raw[i] & 31];
	id[SESSION_ID_LEN] = '\0';
}

static enum rc make_key(struct session *s, char key[SESSION_KEY_LEN + 1])
{
	unsigned char raw[32];
	struct buf text;
	enum rc rc;

	random_bytes(raw, sizeof raw);
	buf_init(&text, 64);
	rc = base64url_encode(raw, sizeof raw, &text);
	wipe(raw, sizeof raw);
	if (rc == RC_OK) {
		memcpy(key, text.data, SESSION_KEY_LEN + 1);
		sha256(key, SESSION_KEY_LEN, s->private->key_sha256);
	}
	buf_free(&text);
	return rc;
}

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

static enum rc check_ask(const struct session_ask *ask, struct why *why)
{
	size_t n = ask->api_key_sha256 ? strspn(ask->api_key_sha256, "0123456789abcdef") : 0;

	if (n != 64 || ask->api_key_sha256[n])
		return why_set(why, RC_BAD, "api_key_sha256 must be 64 lower-case hexadecimal digits");
	if (ask->reason && (strlen(ask->reason) > SESSION_REASON_MAX || !utf8_valid(slice_str(ask->reason))))
		return why_set(why, RC_BAD, "reason is over %d bytes, or not UTF-8", SESSION_REASON_MAX);
	if (ask->emergency && is_blank(ask->reason))
		return why_set(why, RC_BAD, "emergency access needs a reason");
	return purpose_check(ask->purpose, why);
}

enum rc session_still_allowed(const struct session *s, const struct person *person, struct why *why)
{
	struct snapshot *now = current_get(s->private->sessions->current);
	struct policy *policy = NULL;
	enum rc rc = RC_OK;
	size_t place;

	if (!snapshot_find(now, s->connection->name, &place))
		rc = why_set(why, RC_NOT_FOUND, "connection %s is no longer configured", s->connection->name);
	if (rc == RC_OK)
		rc = session_allowed(&now->config->connections[place], person, why);
	if (rc == RC_OK && s->emergency) {
		policy = policies_get(now->policies, now->config->connections[place].policy);
		rc = policy ? emergency_allowed(policy_emergency(policy), policy_name(policy), person, why) : RC_IO;
	}
	policy_unref(policy);
	snapshot_unref(now);
	return rc;
}

/* Told before anybody can use it, and not opened when that fails. */
static enum rc begin_emergency(struct sessions *all, const struct session *s, struct why *why)
{
	const struct notice notice = {
		.event = "emergency.opened", .session = s->id, .connection = s->connection->name, .user = s->person.user,
		.expires_s = (s->opened_ns + s->private->max_duration_ns) / NS_PER_S,
	};
	enum rc rc = notices_tell(all->notices, &notice);

	log_warn("emergency_opened", L_TEXT("session", s->id), L_TEXT("user", s->person.user), L_TEXT("connection", s->connection->name), L_RC(rc));
	return rc == RC_OK ? rc : why_set(why, rc, "emergency access cannot be told to those who must know, so it is not given");
}

/* What a caller writes goes nowhere unmasked. */
static enum rc mask_reason(struct session *s, const char *reason)
{
	struct buf masked;
	enum rc rc;

	if (!reason || !*reason)
		return RC_OK;
	buf_init(&masked, 16 * SESSION_REASON_MAX);
	rc = mask_text(policy_engine(s->policy), s->scope, NULL, slice_str(reason), &masked);
	if (rc == RC_OK && !(s->reason = buf_take(&masked, NULL)))
		rc = RC_NOMEM;
	buf_free(&masked);
	return rc;
}

static enum rc make_session(struct sessions *all, const struct session_ask *ask, struct session **out, struct why *why)
{
	struct session *s = calloc(1, sizeof *s);
	enum rc rc = RC_NOMEM;

	*out = s;
	if (!s || !(s->private = calloc(1, sizeof *s->private)))
		return RC_NOMEM;
	s->private->sessions = all;
	s->private->refs = 1;
	s->private->state = STATE_OPENING;
	s->private->expires_s = ask->expires_s;
	s->opened_with = snapshot_ref(ask->snapshot);
	s->private->part = snapshot_ref(ask->snapshot);
	pthread_mutex_init(&s->private->policy_lock, NULL);
	if (ask->previous && !(s->private->replaces = strdup(ask->previous)))
		return RC_NOMEM;
	s->private->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snprintf(s->private->ssh_id, sizeof s->private->ssh_id, "%s", ask->ssh_id ? ask->ssh_id : "");
	s->opened_ns = atomic_load(&all->wall_ns)();
	make_id(s->opened_ns, s->id);
	s->connection = &ask->snapshot->config->connections[ask->place];
	s->emergency = ask->emergency;
	s->private->max_duration_ns = ask->snapshot->config->session.max_duration;
	snprintf(s->address, sizeof s->address, "%s", ask->address);
	memcpy(s->api_key_sha256, ask->api_key_sha256, sizeof s->api_key_sha256);
	s->key_id = strdup(ask->key_id);
	s->purpose = purpose_code(ask->purpose);
	s->policy = policies_get(ask->snapshot->policies, s->connection->policy);
	s->scope = mask_scope_new();
	s->history = history_new();
	s->marks = marks_new();
	if (!s->policy)
		return why_set(why, RC_IO, "policy %s is not loaded", s->connection->policy);
	if (s->emergency) {
		const struct emergency *e = policy_emergency(s->policy);

		if (emergency_allowed(e, policy_name(s->policy), ask->person, why) != RC_OK)
			return RC_DENIED;
		if (e->max_duration_ns < s->private->max_duration_ns)
			s->private->max_duration_ns = e->max_duration_ns;
	} else if (terms_met(policy_terms(s->policy), s->connection->name, ask->reason, ask->purpose, why) != RC_OK) {
		return RC_DENIED;
	}
	if (s->private->end_fd < 0)
		return why_set(why, RC_IO, "the agent has no descriptors left");
	if (s->key_id && s->scope && s->history && s->marks)
		rc = person_copy(&s->person, ask->person);
	if (rc == RC_OK)
		rc = mask_reason(s, ask->reason);
	return rc;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->private) {
		if (s->private->end_fd >= 0)
			close(s->private->end_fd);
		free(s->private->replaces);
		snapshot_unref(s->private->part);
		pthread_mutex_destroy(&s->private->policy_lock);
	}
	free(s->private);
	person_free(&s->person);
	policy_unref(s->policy);
	snapshot_unref(s->opened_with);
	mask_scope_free(s->scope);
	history_free(s->history);
	marks_free(s->marks);
	free(s->key_id);
	free(s->reason);
	free(s);
}

/* ---- the record ---------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, text);
}

static enum rc add_groups(struct buf *out, const struct text_list *groups)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < groups->n; i++) {
		if (i)
			buf_putc(out, ',');
		json_add_str(out, groups->item[i]);
	}
	return buf_putc(out, ']');
}

/* "203.0.113.9:51022" as address and port; an IPv6 address without its brackets. */
static void add_client(struct buf *out, const char *address)
{
	const char *colon = strrchr(address, ':');
	struct slice host = {address, colon ? (size_t)(colon - address) : strlen(address)};

	if (host.n > 2 && host.p[0] == '[')
		host = (struct slice){host.p + 1, host.n - 2};
	buf_puts(out, ",\"client\":{\"address\":");
	json_add_string(out, host);
	buf_printf(out, ",\"port\":%d}", colon ? atoi(colon + 1) : 0);
}

/* The body of the open record. */
static enum rc open_json(const struct session *s, const struct connection *connection, const struct policy *policy, const char *groups,
			 struct buf *out)
{
	char sha256_of_policy[SHA256_HEX], text[CLOCK_TEXT];

	sha256_hex(policy_text(policy), strlen(policy_text(policy)), sha256_of_policy);
	buf_puts(out, "{\"user\":{\"id\":");
	json_add_str(out, s->person.user);
	add_text(out, "subject", s->person.subject);
	add_text(out, "issuer", s->person.issuer);
	buf_printf(out, ",\"groups\":%s}", groups);
	add_client(out, s->address);
	add_text(out, "key", s->key_id);
	add_text(out, "ssh", s->private->ssh_id);
	add_text(out, "reason", s->reason);
	add_text(out, "purpose", s->purpose);
	add_text(out, "connection", connection->name);
	add_text(out, "dialect", connection->dialect);
	buf_puts(out, ",\"policy\":{\"name\":");
	json_add_str(out, policy_name(policy));
	add_text(out, "sha256", sha256_of_policy);
	buf_puts(out, "}");
	add_text(out, "replaces", s->private->replaces);
	buf_printf(out, ",\"expires_at\":\"%s\"}", clock_text_s(s->private->expires_s, text));
	return out->rc;
}

static enum rc dialect_json(const struct dialect *dialect, struct buf *out)
{
	char sum[SHA256_HEX];

	dialect_sha256(dialect, sum);
	buf_puts(out, "{\"name\":");
	json_add_str(out, dialect_name(dialect));
	add_text(out, "sha256", sum);
	if (dialect_text(dialect))
		add_text(out, "text", dialect_text(dialect));
	return buf_putc(out, '}');
}

/* Begin the recording, or go on with it in another part: either begins with an open record that says what is so now. */
static enum rc begin_part(struct session *s, const struct snapshot *snapshot, size_t place, struct policy *policy, struct why *why)
{
	const struct connection *connection = &snapshot->config->connections[place];
	struct buf groups, body, dialect;
	enum rc rc;

	buf_init(&groups, 65536);
	buf_init(&body, 1 << 18);
	buf_init(&dialect, 1 << 20);
	rc = add_groups(&groups, &s->person.groups);
	if (rc == RC_OK)
		rc = open_json(s, connection, policy, groups.data, &body);
	if (rc == RC_OK)
		rc = dialect_json(snapshot->dialects[place], &dialect);
	if (rc == RC_OK) {
		const struct recording_about about = {
			.id = s->id, .issuer = s->person.issuer, .subject = s->person.subject, .user = s->person.user,
			.groups_json = groups.data, .address = s->address, .reason = s->reason, .purpose = s->purpose, .connection = connection->name,
			.dialect = connection->dialect, .dialect_json = dialect.data, .policy = policy_name(policy),
			.policy_text = policy_text(policy), .open_json = body.data, .emergency = s->emergency,
		};

		rc = s->recording ? recording_rotate(s->recording, &about) : recording_open(s->private->sessions->spool, &about, &s->recording, why);
	}
	buf_free(&groups);
	buf_free(&body);
	buf_free(&dialect);
	return rc;
}

static bool same_dialect(const struct dialect *a, const struct dialect *b)
{
	char of_a[SHA256_HEX], of_b[SHA256_HEX];

	if (a == b)
		return true;
	dialect_sha256(a, of_a);
	dialect_sha256(b, of_b);
	return strcmp(dialect_name(a), dialect_name(b)) == 0 && strcmp(of_a, of_b) == 0;
}

/* With the policy's lock held: the part goes on under a newer snapshot, or another one begins. */
static enum rc change_over(struct session *s, struct snapshot *snapshot)
{
	struct snapshot *before = s->private->part;
	size_t place, was = 0;
	struct policy *policy;
	enum rc rc = RC_OK;

	if (!snapshot_find(snapshot, s->connection->name, &place))
		return RC_NOT_FOUND;
	policy = policies_get(snapshot->policies, snapshot->config->connections[place].policy);
	if (!policy)
		return RC_IO;
	if (!snapshot_find(before, s->connection->name, &was) || strcmp(policy_text(policy), policy_text(s->policy)) != 0 ||
	    !same_dialect(before->dialects[was], snapshot->dialects[place])) {
		rc = begin_part(s, snapshot, place, policy, NULL);
		log_info("session_policy_changed", L_TEXT("session", s->id), L_TEXT("policy", policy_name(policy)), L_RC(rc));
	}
	if (rc == RC_OK) {
		policy_unref(s->policy);
		s->policy = policy_ref(policy);
		s->private->part = snapshot_ref(snapshot);
		snapshot_unref(before);
	}
	policy_unref(policy);
	return rc;
}

enum rc session_policy(struct session *s, struct snapshot *snapshot, struct policy **out)
{
	enum rc rc = RC_OK;

	*out = NULL;
	pthread_mutex_lock(&s->private->policy_lock);
	if (snapshot->generation > s->private->part->generation)
		rc = change_over(s, snapshot);
	if (rc == RC_OK)
		*out = policy_ref(s->policy);
	pthread_mutex_unlock(&s->private->policy_lock);
	return rc;
}

enum rc session_open(struct sessions *all, const struct session_ask *ask, struct session **out, char key[SESSION_KEY_LEN + 1],
		     struct why *why)
{
	bool listed = false, in_store = false;
	struct session *s = NULL;
	enum rc rc = session_allowed(&ask->snapshot->config->connections[ask->place], ask->person, why);

	*out = NULL;
	if (rc == RC_OK)
		rc = check_ask(ask, why);
	if (rc == RC_OK && ask->previous) {
		rc = session_row_replaces(all, ask);
		if (rc == RC_BAD)
			why_set(why, rc, "previous is no session of yours for this connection");
	}
	if (rc == RC_OK)
		rc = make_session(all, ask, &s, why);
	if (rc == RC_OK)
		rc = make_key(s, key);
	if (rc != RC_OK)
		goto out;
	rc = session_begin(all, s, why);
	if (rc != RC_OK)
		goto out;
	listed = true;
	rc = session_row_add(all, s);
	if (rc != RC_OK) {
		why_set(why, rc, "the agent's store does not answer");
		goto out;
	}
	in_store = true;
	if (s->emergency)
		rc = begin_emergency(all, s, why);
	if (rc == RC_OK)
		rc = begin_part(s, ask->snapshot, ask->place, s->policy, why);
	if (rc != RC_OK)
		goto out;
	log_info("session_opened", L_TEXT("session", s->id), L_TEXT("user", s->person.user), L_TEXT("connection", s->connection->name),
		 L_TEXT("address", s->address));
	metrics_add(METRIC_SESSIONS_OPENED, 1, METRIC_PLAIN);
	rc = session_go(s);
	listed = in_store = false;
	if (rc != RC_OK)
		why_set(why, rc, "the agent is stopping");
out:
	if (in_store && session_row_drop(all, s->id) != RC_OK)
		log_warn("session_row_left", L_TEXT("session", s->id));
	if (listed)
		session_withdraw(s);
	if (rc == RC_OK) {
		*out = s;
	} else {
		wipe(key, SESSION_KEY_LEN + 1);
		if (s && s->private)
			session_unref(s);
		else
			session_free(s);
	}
	return rc;
}
