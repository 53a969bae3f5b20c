/* Waiting for a decision, hanging up, and the thread that lets holds expire. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hold_private.h"
#include "log.h"

#define ABANDON_NS (30 * NS_PER_S)               /* from hang-up to cancelled */
#define TICK_MAX_NS (30 * NS_PER_S)              /* the wall clock may have been set meanwhile */
#define TICK_RETRY_NS (5 * NS_PER_S)             /* while the store does not answer */
#define EXPIRE_BATCH "100"

struct hold_waiter {
	const char *id;
	int fd;                                  /* eventfd: the hold changed */
	struct hold_waiter *next;
};

struct hold_left {
	char id[HOLD_ID_LEN + 1];
	int64_t due_ns;
	struct hold_left *next;
};

/* ---- waiting ---- */

void hold_waiters_wake(struct holds *holds, const char *id)
{
	pthread_mutex_lock(&holds->mutex);
	for (struct hold_waiter *w = holds->waiters; w; w = w->next)
		if (strcmp(w->id, id) == 0)
			eventfd_write(w->fd, 1);
	pthread_mutex_unlock(&holds->mutex);
}

static bool is_awaited(const struct holds *holds, const char *id)
{
	for (const struct hold_waiter *w = holds->waiters; w; w = w->next)
		if (strcmp(w->id, id) == 0)
			return true;
	return false;
}

static void take_left(struct holds *holds, const char *id)
{
	for (struct hold_left **at = &holds->left; *at;) {
		struct hold_left *l = *at;

		if (strcmp(l->id, id) != 0) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

void hold_not_left(struct holds *holds, const char *id)
{
	pthread_mutex_lock(&holds->mutex);
	take_left(holds, id);
	pthread_mutex_unlock(&holds->mutex);
}

static enum rc waiter_begin(struct holds *holds, struct hold_waiter *w, const char *id)
{
	w->id = id;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return RC_IO;
	pthread_mutex_lock(&holds->mutex);
	w->next = holds->waiters;
	holds->waiters = w;
	take_left(holds, id);
	pthread_mutex_unlock(&holds->mutex);
	return RC_OK;
}

static void waiter_end(struct holds *holds, struct hold_waiter *w)
{
	struct hold_waiter **at = &holds->waiters;

	pthread_mutex_lock(&holds->mutex);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	pthread_mutex_unlock(&holds->mutex);
	close(w->fd);
}

/* RC_OK: the hold changed. RC_TIMEOUT, RC_CANCELLED, RC_END. A client that is gone must not use up an approval that came in the
 * same moment, so the sockets are looked at first. */
static enum rc wait_news(const struct hold_waiter *w, int64_t wait_ns, int client_fd, int end_fd)
{
	struct pollfd fds[] = {{.fd = client_fd, .events = POLLRDHUP}, {.fd = end_fd, .events = POLLIN}, {.fd = w->fd, .events = POLLIN}};
	struct timespec timeout = {wait_ns / NS_PER_S, (long)(wait_ns % NS_PER_S)};
	eventfd_t times;
	int n = ppoll(fds, 3, &timeout, NULL);

	if (n < 0)
		return errno == EINTR ? RC_OK : RC_IO;
	if (fds[1].revents)
		return RC_CANCELLED;
	if (fds[0].revents)
		return RC_END;
	if (fds[2].revents)
		eventfd_read(w->fd, &times);
	return n ? RC_OK : RC_TIMEOUT;
}

/* Is it decided? RC_AGAIN: not yet. An approval is used here, and once: whoever loses that race is told so. */
static enum rc take_decision(struct holds *holds, struct hold *hold)
{
	char id[HOLD_ID_LEN + 1];
	struct hold_tx tx;
	enum rc rc;

	memcpy(id, hold->id, sizeof id);
	rc = hold_tx_begin(holds, &tx);
	if (rc != RC_OK)
		return rc;
	rc = hold_read(tx.db, id, tx.now_ns, hold);
	if (rc == RC_OK && hold->state == HOLD_PENDING)
		rc = RC_AGAIN;
	else if (rc == RC_OK && hold->state == HOLD_USED)
		rc = RC_CONFLICT;
	else if (rc == RC_OK && hold->state == HOLD_APPROVED) {
		rc = hold_set_state(&tx, id, HOLD_APPROVED, HOLD_USED, 0);
		if (rc == RC_OK)
			hold->state = HOLD_USED;
	}
	return hold_tx_end(&tx, rc);
}

enum rc hold_wait(struct holds *holds, int64_t wait_ns, int client_fd, int end_fd, struct hold *hold)
{
	int64_t left_ns, end_ns = clock_mono_ns() + wait_ns;
	char id[HOLD_ID_LEN + 1];
	struct hold_waiter w;
	enum rc rc;

	memcpy(id, hold->id, sizeof id);
	rc = waiter_begin(holds, &w, id);
	if (rc != RC_OK)
		return rc;
	rc = wait_news(&w, 0, client_fd, end_fd);        /* the decision may stand already */
	while (rc == RC_OK || rc == RC_TIMEOUT) {
		rc = take_decision(holds, hold);
		if (rc != RC_AGAIN)
			break;
		left_ns = end_ns - clock_mono_ns();
		if (left_ns <= 0) {
			rc = RC_TIMEOUT;
			break;
		}
		rc = wait_news(&w, left_ns, client_fd, end_fd);
	}
	waiter_end(holds, &w);
	return rc;
}

/* ---- leaving ---- */

void hold_abandon(struct holds *holds, const char *id)
{
	struct hold_left *l = calloc(1, sizeof *l);

	if (!l)
		return;                          /* the hold stands until its time is over */
	strncpy(l->id, id, HOLD_ID_LEN);
	l->due_ns = holds_mono_ns(holds) + ABANDON_NS;
	pthread_mutex_lock(&holds->mutex);
	take_left(holds, id);
	if (is_awaited(holds, id)) {
		free(l);
	} else {
		l->next = holds->left;
		holds->left = l;
		holds->has_news = true;
		pthread_cond_signal(&holds->news);
	}
	pthread_mutex_unlock(&holds->mutex);
}

/* The next hold that was left 30 s ago; called within a use of the store, so that nobody can join between this and the change. */
static bool next_left(struct holds *holds, int64_t now_ns, char id[HOLD_ID_LEN + 1])
{
	bool found = false;

	pthread_mutex_lock(&holds->mutex);
	for (struct hold_left *l = holds->left; l && !found; l = l->next)
		if (l->due_ns <= now_ns) {
			memcpy(id, l->id, sizeof l->id);
			found = true;
		}
	if (found)
		take_left(holds, id);
	pthread_mutex_unlock(&holds->mutex);
	return found;
}

static int64_t first_left_ns(struct holds *holds)
{
	int64_t first_ns = INT64_MAX;

	pthread_mutex_lock(&holds->mutex);
	for (const struct hold_left *l = holds->left; l; l = l->next)
		first_ns = l->due_ns < first_ns ? l->due_ns : first_ns;
	pthread_mutex_unlock(&holds->mutex);
	return first_ns;
}

static enum rc cancel_left(struct hold_tx *tx)
{
	char id[HOLD_ID_LEN + 1];
	enum rc rc = RC_OK;

	while (rc == RC_OK && next_left(tx->holds, holds_mono_ns(tx->holds), id)) {
		rc = hold_set_cancelled(tx, id, HOLD_PENDING, CAUSE_CLIENT);
		if (rc == RC_CONFLICT)
			rc = RC_OK;              /* decided meanwhile */
	}
	return rc;
}

static enum rc cancel_session(struct hold_tx *tx, const char *session)
{
	sqlite3_stmt *ids = NULL;
	enum rc rc = store_do(tx->db, NULL, "UPDATE askers SET gone = 1 WHERE session = ?", "t", session);

	if (rc == RC_OK)
		rc = store_query(tx->db, &ids,
				 "SELECT id, state FROM holds WHERE state IN ('pending', 'approved') AND expires_ns > ?"
				 " AND id IN (SELECT hold FROM askers WHERE session = ?)"
				 " AND NOT EXISTS (SELECT 1 FROM askers WHERE hold = id AND NOT gone)",
				 "it", tx->now_ns, session);
	while (rc == RC_OK && (rc = store_row(ids)) == RC_OK) {
		enum hold_state state = HOLD_PENDING;

		if (!hold_state_parse(store_text(ids, 1), &state))
			rc = RC_FAULT;
		if (rc == RC_OK)
			rc = hold_set_cancelled(tx, store_text(ids, 0), state, CAUSE_SESSION);
	}
	sqlite3_finalize(ids);
	return rc == RC_END ? RC_OK : rc;
}

void holds_cancel_session(struct holds *holds, const char *session)
{
	struct hold_tx tx;
	enum rc rc = hold_tx_begin(holds, &tx);

	if (rc == RC_OK)
		rc = hold_tx_end(&tx, cancel_session(&tx, session));
	if (rc != RC_OK)
		log_error("holds_not_cancelled", L_TEXT("session", session), L_RC(rc));
}

/* ---- the thread ---- */

static enum rc expire(struct hold_tx *tx)
{
	sqlite3_stmt *due;
	enum rc rc = store_query(tx->db, &due,
				 "SELECT id, state FROM holds WHERE state IN ('pending', 'approved') AND expires_ns <= ?"
				 " ORDER BY expires_ns LIMIT " EXPIRE_BATCH, "i", tx->now_ns);

	while (rc == RC_OK && (rc = store_row(due)) == RC_OK) {
		enum hold_state state = HOLD_PENDING;

		if (!hold_state_parse(store_text(due, 1), &state))
			rc = RC_FAULT;
		if (rc == RC_OK)
			rc = hold_set_state(tx, store_text(due, 0), state, HOLD_EXPIRED, 0);
		if (rc == RC_OK)
			rc = hold_tell(tx, store_text(due, 0), "expired", NULL, NULL);
	}
	sqlite3_finalize(due);
	return rc == RC_END ? RC_OK : rc;
}

#define IS_OVER "state IN ('used', 'denied', 'expired', 'cancelled') AND expires_ns < ?"

static enum rc forget_old(struct hold_tx *tx)
{
	enum rc rc = store_do(tx->db, NULL, "UPDATE holds SET shown = '{}', matched = NULL WHERE " HOLD_IS_SHOWN " AND " IS_OVER, "i",
			      tx->now_ns - HOLD_KEPT_NS);

	return rc == RC_OK ? store_do(tx->db, NULL, "DELETE FROM holds WHERE " IS_OVER, "i", tx->now_ns - HOLD_HISTORY_NS) : rc;
}

static enum rc first_due(struct hold_tx *tx, int64_t *due_ns)
{
	sqlite3_stmt *q;
	enum rc rc = store_query(tx->db, &q, "SELECT min(expires_ns) FROM holds WHERE state IN ('pending', 'approved')", "");

	if (rc == RC_OK)
		rc = store_row(q);
	if (rc == RC_OK && sqlite3_column_type(q, 0) != SQLITE_NULL)
		*due_ns = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc;
}

enum rc holds_tick(struct holds *holds, int64_t *wait_ns)
{
	int64_t due_ns = INT64_MAX, left_ns, now_ns = holds_mono_ns(holds);
	struct hold_tx tx;
	enum rc rc = hold_tx_begin(holds, &tx);

	if (rc != RC_OK)
		return rc;
	rc = expire(&tx);
	if (rc == RC_OK)
		rc = cancel_left(&tx);
	if (rc == RC_OK)
		rc = forget_old(&tx);
	if (rc == RC_OK)
		rc = first_due(&tx, &due_ns);
	rc = hold_tx_end(&tx, rc);
	left_ns = first_left_ns(holds);
	*wait_ns = due_ns == INT64_MAX ? TICK_MAX_NS : due_ns - tx.now_ns;
	if (left_ns != INT64_MAX && left_ns - now_ns < *wait_ns)
		*wait_ns = left_ns - now_ns;
	*wait_ns = *wait_ns < 0 ? 0 : *wait_ns > TICK_MAX_NS ? TICK_MAX_NS : *wait_ns;
	return rc;
}

static void *run(void *arg)
{
	struct holds *holds = arg;
	bool stop = false;

	while (!stop) {
		struct timespec until;
		int64_t wait_ns;

		if (holds_tick(holds, &wait_ns) != RC_OK)
			wait_ns = TICK_RETRY_NS;
		clock_gettime(CLOCK_MONOTONIC, &until);
		wait_ns += until.tv_nsec + NS_PER_MS;    /* a hold is due at its time, not before it */
		until.tv_sec += wait_ns / NS_PER_S;
		until.tv_nsec = wait_ns % NS_PER_S;
		pthread_mutex_lock(&holds->mutex);
		while (!holds->has_news && !holds->stop &&
		       pthread_cond_timedwait(&holds->news, &holds->mutex, &until) != ETIMEDOUT)
			;
		holds->has_news = false;
		stop = holds->stop;
		pthread_mutex_unlock(&holds->mutex);
	}
	return NULL;
}

enum rc hold_thread_start(struct holds *holds, struct why *why)
{
	pthread_mutex_init(&holds->mutex, NULL);
	pthread_mutex_init(&holds->telling, NULL);
	clock_cond_init(&holds->news);
	if (pthread_create(&holds->thread, NULL, run, holds) != 0)
		return why_set(why, RC_NOMEM, "cannot start the thread for holds: %s", strerror(errno));
	return RC_OK;
}

void hold_thread_stop(struct holds *holds)
{
	pthread_mutex_lock(&holds->mutex);
	holds->stop = true;
	pthread_cond_signal(&holds->news);
	pthread_mutex_unlock(&holds->mutex);
	pthread_join(holds->thread, NULL);
	while (holds->left) {
		struct hold_left *l = holds->left;

		holds->left = l->next;
		free(l);
	}
	pthread_cond_destroy(&holds->news);
	pthread_mutex_destroy(&holds->telling);
	pthread_mutex_destroy(&holds->mutex);
}
