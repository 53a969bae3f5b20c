#include "events.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gate.h"
#include "hold.h"
#include "json.h"
#include "session.h"

#define WAITING_MAX ((size_t)256 << 10)

struct events_reader {
	struct events_reader *next;
	struct events *events;
	struct person person;
	bool decides;
	int fd;
	struct buf waiting;
};

struct events {
	struct agent *agent;
	pthread_mutex_t lock;
	struct events_reader *readers;
};

/* ---- telling ------------------------------------------------------------------------------------------------------------ */

/* With the lock held. */
static void give(struct events_reader *r, const char *event, struct slice json)
{
	const uint64_t one = 1;

	buf_puts(&r->waiting, "event: ");
	buf_puts(&r->waiting, event);
	buf_puts(&r->waiting, "\ndata: ");
	buf_add_slice(&r->waiting, json);
	buf_puts(&r->waiting, "\n\n");
	(void)!write(r->fd, &one, sizeof one);
}

static bool is_of(const struct events_reader *r, const char *issuer, const char *subject)
{
	return strcmp(r->person.issuer, issuer) == 0 && strcmp(r->person.subject, subject) == 0;
}

void events_tell(struct events *events, const char *event, const char *issuer, const char *subject, struct slice json)
{
	pthread_mutex_lock(&events->lock);
	for (struct events_reader *r = events->readers; r; r = r->next)
		if (is_of(r, issuer, subject))
			give(r, event, json);
	pthread_mutex_unlock(&events->lock);
}

/* Is the person in one of the groups that the event names? */
static bool may_decide(const struct person *person, const cJSON *event)
{
	const cJSON *group;

	cJSON_ArrayForEach(group, json_array(event, "approvers"))
		if (cJSON_IsString(group) && text_list_has(&person->groups, group->valuestring))
			return true;
	return false;
}

static void on_hold(void *arg, const char *event, const char *issuer, const char *subject, const char *session, struct slice json)
{
	struct events *events = arg;
	cJSON *tree = NULL;

	(void)session;
	events_tell(events, event, issuer, subject, json);
	pthread_mutex_lock(&events->lock);
	for (struct events_reader *r = events->readers; r; r = r->next) {
		if (!r->decides || is_of(r, issuer, subject))
			continue;
		if (!tree)
			tree = json_parse(json);
		if (may_decide(&r->person, tree))
			give(r, event, json);
	}
	pthread_mutex_unlock(&events->lock);
	cJSON_Delete(tree);
}

/* Does the caller's own program, or time, end it for good? Else another session takes its place, and its holds stand. */
static bool ends_for_good(enum session_end end)
{
	return end != SESSION_END_STOP && end != SESSION_END_EXPIRED;
}

static void on_session(void *arg, const struct session_told *told)
{
	struct events *events = arg;
	const struct session *s = told->session;
	struct buf json;

	if (told->news == SESSION_CLOSED) {
		/* the SSH side of a revoked session goes last, so that its user could still be told */
		if (told->end == SESSION_END_REVOKED && *told->ssh_id && events->agent->gate)
			gate_end(events->agent->gate, told->ssh_id);
		return;
	}
	buf_init(&json, 1024);
	buf_puts(&json, "{\"event\":\"closing\",\"session\":");
	json_add_str(&json, s->id);
	buf_puts(&json, ",\"connection\":");
	json_add_str(&json, s->connection->name);
	buf_printf(&json, ",\"reason\":\"%s\"}", session_end_name(told->end));
	if (json.rc == RC_OK)
		events_tell(events, "closing", s->person.issuer, s->person.subject, buf_slice(&json));
	buf_free(&json);
	if (ends_for_good(told->end))
		holds_cancel_session(events->agent->holds, s->id);
}

static void on_conflict(void *arg, const char *key_id)
{
	struct events *events = arg;

	sessions_end_key(events->agent->sessions, key_id);
}

enum rc events_new(struct agent *agent, struct events **out)
{
	struct events *events = calloc(1, sizeof *events);

	*out = events;
	if (!events)
		return RC_NOMEM;
	events->agent = agent;
	pthread_mutex_init(&events->lock, NULL);
	holds_listen(agent->holds, on_hold, events);
	sessions_listen(agent->sessions, on_session, events);
	identity_on_conflict(agent->identity, on_conflict, events);
	return RC_OK;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	pthread_mutex_destroy(&events->lock);
	free(events);
}

/* ---- listening ---------------------------------------------------------------------------------------------------------- */

enum rc events_reader_new(struct events *events, const struct person *person, bool decides, struct events_reader **out)
{
	struct events_reader *r = calloc(1, sizeof *r);

	*out = NULL;
	if (!r)
		return RC_NOMEM;
	r->events = events;
	r->decides = decides;
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	buf_init(&r->waiting, WAITING_MAX);
	if (person_copy(&r->person, person) != RC_OK || r->fd < 0) {
		if (r->fd >= 0)
			close(r->fd);
		person_free(&r->person);
		free(r);
		return RC_NOMEM;
	}
	pthread_mutex_lock(&events->lock);
	r->next = events->readers;
	events->readers = r;
	pthread_mutex_unlock(&events->lock);
	*out = r;
	return RC_OK;
}

void events_reader_free(struct events_reader *r)
{
	struct events_reader **at;

	if (!r)
		return;
	pthread_mutex_lock(&r->events->lock);
	for (at = &r->events->readers; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	pthread_mutex_unlock(&r->events->lock);
	close(r->fd);
	person_free(&r->person);
	buf_free(&r->waiting);
	free(r);
}

int events_reader_fd(const struct events_reader *r)
{
	return r->fd;
}

enum rc events_reader_take(struct events_reader *r, struct buf *out)
{
	uint64_t n;
	enum rc rc;

	pthread_mutex_lock(&r->events->lock);
	(void)!read(r->fd, &n, sizeof n);
	rc = r->waiting.rc;
	if (rc == RC_OK)
		rc = buf_add_slice(out, buf_slice(&r->waiting));
	buf_clear(&r->waiting);
	pthread_mutex_unlock(&r->events->lock);
	return rc;
}
