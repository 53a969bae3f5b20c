#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "session_private.h"

#define LOOK_S 60                                /* the wall clock may be set, so it is looked at now and then */

static const char *const END_NAMES[] = {
	[SESSION_END_NONE] = "none", [SESSION_END_CLIENT] = "client", [SESSION_END_IDLE] = "idle",
	[SESSION_END_MAX_DURATION] = "max_duration", [SESSION_END_EXPIRED] = "expired", [SESSION_END_REVOKED] = "revoked",
	[SESSION_END_STOP] = "stop",
};

const char *session_end_name(enum session_end end)
{
	return END_NAMES[end];
}

void session_set_state(struct session *s, enum session_state to)
{
	static const bool edges[5][5] = {
		[STATE_OPENING] = {[STATE_OPEN] = true, [STATE_CLOSED] = true},
		[STATE_OPEN] = {[STATE_ENDING] = true},
		[STATE_ENDING] = {[STATE_SEALING] = true},
		[STATE_SEALING] = {[STATE_CLOSED] = true},
	};

	if (!edges[s->private->state][to])
		abort();
	s->private->state = to;
}

/* ---- references --------------------------------------------------------------------------------------------------------- */

static struct session *take(struct session *s)
{
	s->private->refs++;
	return s;
}

void session_unref(struct session *s)
{
	struct sessions *all;
	bool last;

	if (!s)
		return;
	all = s->private->sessions;
	pthread_mutex_lock(&all->lock);
	last = --s->private->refs == 0;
	pthread_mutex_unlock(&all->lock);
	if (last)
		session_free(s);
}

/* A reference to one that is not closed; NULL. */
static struct session *find(struct sessions *all, const char *id)
{
	struct session *s;

	pthread_mutex_lock(&all->lock);
	for (s = all->list; s && strcmp(s->id, id) != 0; s = s->private->next)
		;
	s = s && s->private->state != STATE_OPENING ? take(s) : NULL;
	pthread_mutex_unlock(&all->lock);
	return s;
}

struct session *session_by_key(struct sessions *all, struct slice key)
{
	unsigned char sum[SHA256_LEN];
	struct session *s;

	sha256(key.p, key.n, sum);
	pthread_mutex_lock(&all->lock);
	for (s = all->list; s && memcmp(s->private->key_sha256, sum, SHA256_LEN) != 0; s = s->private->next)
		;
	s = s && s->private->state == STATE_OPEN ? take(s) : NULL;
	pthread_mutex_unlock(&all->lock);
	return s;
}

/* ---- the list ----------------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static void unlink_session(struct session *s)
{
	struct session **at = &s->private->sessions->list;

	while (*at != s)
		at = &(*at)->private->next;
	*at = s->private->next;
	s->private->next = NULL;
}

enum rc session_begin(struct sessions *all, struct session *s, struct why *why)
{
	const int64_t most = s->opened_with->config->session.concurrent;
	int64_t n = 0;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&all->lock);
	for (struct session *other = all->list; other; other = other->private->next)
		n += person_is(&other->person, &s->person);
	if (all->stop) {
		rc = why_set(why, RC_CANCELLED, "the agent is stopping");
	} else if (n >= most) {
		rc = why_set(why, RC_TOO_BIG, "you have %lld open session%s, and more are not allowed (session.concurrent); phigate sessions "
			     "--state open lists them, phigate revoke ends one", (long long)n, n == 1 ? "" : "s");
	} else {
		s->private->next = all->list;
		all->list = take(s);
	}
	pthread_mutex_unlock(&all->lock);
	return rc;
}

void session_withdraw(struct session *s)
{
	struct sessions *all = s->private->sessions;

	pthread_mutex_lock(&all->lock);
	unlink_session(s);
	session_set_state(s, STATE_CLOSED);
	pthread_cond_broadcast(&all->closed);
	pthread_mutex_unlock(&all->lock);
	session_unref(s);
}

/* ---- the end ------------------------------------------------------------------------------------------------------------ */

static void tell(struct session *s, enum session_news news)
{
	struct sessions *all = s->private->sessions;
	char ssh_id[SESSION_SSH_LEN + 1];
	struct session_told told = {.session = s, .news = news, .ssh_id = ssh_id};

	pthread_mutex_lock(&all->lock);
	told.end = s->private->end;
	memcpy(ssh_id, s->private->ssh_id, sizeof ssh_id);
	pthread_mutex_unlock(&all->lock);
	if (all->listener)
		all->listener(all->arg, &told);
}

/* From here on no exchange begins, and those that run see end_fd. False when it was ending already. With the lock held. */
static bool mark_end(struct session *s, enum session_end end)
{
	const uint64_t one = 1;

	if (s->private->state != STATE_OPEN)
		return false;
	session_set_state(s, STATE_ENDING);
	s->private->end = end;
	(void)!write(s->private->end_fd, &one, sizeof one);      /* an eventfd at 0 takes 1 without waiting */
	return true;
}

/* Seal it, when all its exchanges have left and nobody else does. */
static void seal_if_due(struct session *s)
{
	struct sessions *all = s->private->sessions;
	const char *end;
	bool due;
	int parts;
	enum rc rc;

	pthread_mutex_lock(&all->lock);
	due = s->private->state == STATE_ENDING && s->private->active == 0;
	if (due)
		session_set_state(s, STATE_SEALING);
	end = session_end_name(s->private->end);
	pthread_mutex_unlock(&all->lock);
	if (!due)
		return;
	parts = recording_part(s->recording);
	rc = recording_close(s->recording, end);
	s->recording = NULL;
	if (rc != RC_OK)
		log_error("session_not_sealed", L_TEXT("session", s->id), L_RC(rc));
	metrics_add(METRIC_SESSIONS_ENDED, 1, METRIC_OF(end));
	rc = session_row_close(all, s, end, parts);
	log_info("session_closed", L_TEXT("session", s->id), L_TEXT("user", s->person.user), L_TEXT("end", end), L_RC(rc));
	tell(s, SESSION_CLOSED);
	pthread_mutex_lock(&all->lock);
	unlink_session(s);
	session_set_state(s, STATE_CLOSED);
	pthread_cond_broadcast(&all->closed);
	pthread_mutex_unlock(&all->lock);
	session_unref(s);
}

/* With a reference. */
static void end_session(struct session *s, enum session_end end)
{
	struct sessions *all = s->private->sessions;
	bool mine;

	pthread_mutex_lock(&all->lock);
	mine = mark_end(s, end);
	pthread_mutex_unlock(&all->lock);
	if (mine) {
		tell(s, SESSION_ENDING);
		seal_if_due(s);
	}
}

static enum rc wait_closed(struct session *s)
{
	struct sessions *all = s->private->sessions;
	struct timespec until;
	int waited = 0;
	bool closed;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SESSION_SEAL_WAIT_NS / NS_PER_S;
	pthread_mutex_lock(&all->lock);
	while (s->private->state != STATE_CLOSED && waited == 0)
		waited = pthread_cond_timedwait(&all->closed, &all->lock, &until);
	closed = s->private->state == STATE_CLOSED;
	pthread_mutex_unlock(&all->lock);
	return closed ? RC_OK : RC_TIMEOUT;
}

enum rc session_finish(struct sessions *all, const char *id, const struct person *by, enum session_end how, struct why *why)
{
	struct session *s = find(all, id);
	bool own_row = false, own = s && person_is(&s->person, by);
	bool admin = s && !own && session_role(all, by, ROLE_ADMIN, s->connection->name), may = own || (how == SESSION_END_REVOKED && admin);
	enum rc rc = RC_OK;

	/* one whom it does not concern goes the way of one who asks for a session that there is not */
	if (!s || (!may && !admin && !session_role(all, by, ROLE_AUDITOR, s->connection->name))) {
		rc = session_readable(all, by, id, &own_row, why);
		if (rc == RC_OK)
			rc = why_set(why, RC_CONFLICT, "session %s has ended before", id);
	} else if (!may) {
		rc = why_set(why, RC_DENIED, "session %s is another person's", id);
	} else {
		end_session(s, how);             /* or wait with whoever ended it just before */
		if (wait_closed(s) != RC_OK)
			rc = why_set(why, RC_TIMEOUT, "session %s has ended, and is still being sealed", id);
	}
	session_unref(s);
	return rc;
}

/* A reference to the next session that fits, from the list's head on: each one taken is ending then, or has been looked at. */
static struct session *take_open(struct sessions *all, const char *key_id)
{
	struct session *s;

	pthread_mutex_lock(&all->lock);
	for (s = all->list; s; s = s->private->next)
		if (s->private->state == STATE_OPEN && (!key_id || strcmp(s->key_id, key_id) == 0))
			break;
	if (s)
		take(s);
	pthread_mutex_unlock(&all->lock);
	return s;
}

void sessions_end_key(struct sessions *all, const char *key_id)
{
	struct session *s;

	while ((s = take_open(all, key_id))) {
		end_session(s, SESSION_END_REVOKED);
		session_unref(s);
	}
}

/* ---- time --------------------------------------------------------------------------------------------------------------- */

static int64_t mono_ns(struct sessions *all)
{
	return atomic_load(&all->mono_ns)();
}

/* What ends the session now, or NONE, and then *left_ns until something may. With the lock held. */
static enum session_end look(struct session *s, int64_t idle_timeout_ns, int64_t *left_ns)
{
	const struct session_private *p = s->private;
	struct sessions *all = p->sessions;
	int64_t now = mono_ns(all), wall_ns = atomic_load(&all->wall_ns)();
	int64_t max = p->opened_mono_ns + p->max_duration_ns - now;
	/* one with a running exchange cannot have been idle for long enough any sooner */
	int64_t idle = (p->active ? now : p->idle_since_ns) + idle_timeout_ns - now;
	int64_t token = (p->expires_s + SESSION_GRACE_S) * NS_PER_S - wall_ns;

	*left_ns = max < idle ? max : idle;
	*left_ns = token < *left_ns ? token : *left_ns;
	return max <= 0 ? SESSION_END_MAX_DURATION : token <= 0 ? SESSION_END_EXPIRED : idle <= 0 ? SESSION_END_IDLE : SESSION_END_NONE;
}

/* A reference to a session that is due, and what ends it; NULL, and then *left_ns until one may be. With the lock held. */
static struct session *next_due(struct sessions *all, enum session_end *end, int64_t *left_ns)
{
	struct snapshot *now = current_get(all->current);
	int64_t idle_timeout_ns = now->config->session.idle_timeout;

	snapshot_unref(now);
	*left_ns = all->list ? LOOK_S * NS_PER_S : INT64_MAX;
	for (struct session *s = all->list; s; s = s->private->next) {
		int64_t left;

		if (s->private->state != STATE_OPEN)
			continue;
		*end = look(s, idle_timeout_ns, &left);
		if (*end != SESSION_END_NONE)
			return take(s);
		if (left < *left_ns)
			*left_ns = left;
	}
	return NULL;
}

/* A thread that seals one session, so that the timer can go on. */
static void *seal_main(void *arg)
{
	struct session *s = arg;
	struct sessions *all = s->private->sessions;

	seal_if_due(s);
	session_unref(s);
	pthread_mutex_lock(&all->lock);
	all->sealers--;
	pthread_cond_broadcast(&all->closed);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* Takes the reference. */
static void end_due(struct sessions *all, struct session *s, enum session_end end)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool mine;

	pthread_mutex_lock(&all->lock);
	mine = mark_end(s, end);
	all->sealers += mine;
	pthread_mutex_unlock(&all->lock);
	if (!mine) {
		session_unref(s);
		return;
	}
	tell(s, SESSION_ENDING);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, seal_main, s) != 0)
		seal_main(s);
	pthread_attr_destroy(&attr);
}

/* A reference to an open session that has not been looked at by this generation; NULL. */
static struct session *take_unchecked(struct sessions *all, uint64_t generation)
{
	struct session *s;

	pthread_mutex_lock(&all->lock);
	for (s = all->list; s; s = s->private->next)
		if (s->private->state == STATE_OPEN && s->private->checked < generation)
			break;
	if (s)
		take(s)->private->checked = generation;
	else
		pthread_cond_signal(&all->due);          /* the idle time may be another */
	pthread_mutex_unlock(&all->lock);
	return s;
}

/* Takes the reference. Was it to end? */
static bool recheck(struct session *s)
{
	struct why why = {0};

	if (session_still_allowed(s, &s->person, &why) == RC_OK) {
		session_unref(s);
		return false;
	}
	log_warn("session_not_allowed", L_TEXT("session", s->id), L_TEXT("user", s->person.user), L_TEXT("reason", why.text));
	end_due(s->private->sessions, s, SESSION_END_REVOKED);
	return true;
}

size_t sessions_recheck(struct sessions *all)
{
	uint64_t generation = current_generation(all->current);
	struct session *s;
	size_t ended = 0;

	while ((s = take_unchecked(all, generation)))
		ended += recheck(s);
	return ended;
}

void sessions_tick(struct sessions *all)
{
	enum session_end end = SESSION_END_NONE;
	struct session *s;
	int64_t left_ns;

	do {
		pthread_mutex_lock(&all->lock);
		s = next_due(all, &end, &left_ns);
		pthread_mutex_unlock(&all->lock);
		if (s)
			end_due(all, s, end);
	} while (s);
}

static void *timer_main(void *arg)
{
	struct sessions *all = arg;

	pthread_mutex_lock(&all->lock);
	while (!all->stop) {
		enum session_end end = SESSION_END_NONE;
		int64_t left_ns;
		struct session *s = next_due(all, &end, &left_ns);
		struct timespec until;

		if (s) {
			pthread_mutex_unlock(&all->lock);
			end_due(all, s, end);
			pthread_mutex_lock(&all->lock);
		} else if (left_ns == INT64_MAX) {
			pthread_cond_wait(&all->due, &all->lock);
		} else {
			clock_gettime(CLOCK_MONOTONIC, &until);
			left_ns += until.tv_nsec;
			until.tv_sec += left_ns / NS_PER_S;
			until.tv_nsec = left_ns % NS_PER_S;
			pthread_cond_timedwait(&all->due, &all->lock, &until);
		}
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* ---- the data path ------------------------------------------------------------------------------------------------------ */

enum rc session_go(struct session *s)
{
	struct sessions *all = s->private->sessions;
	bool stop;

	pthread_mutex_lock(&all->lock);
	session_set_state(s, STATE_OPEN);
	s->private->opened_mono_ns = s->private->idle_since_ns = mono_ns(all);
	stop = all->stop;
	pthread_cond_signal(&all->due);
	take(s);
	pthread_mutex_unlock(&all->lock);
	if (stop)
		end_session(s, SESSION_END_STOP);
	(void)recheck(s);                        /* a reload may have come while it was opened, and passed it by */
	return stop ? RC_CANCELLED : RC_OK;
}

/* Exchanges of the session's person that run, in all sessions. With the lock held. */
static int64_t running(const struct session *s)
{
	int64_t n = 0;

	for (const struct session *other = s->private->sessions->list; other; other = other->private->next)
		if (other->private->active && person_is(&other->person, &s->person))
			n += other->private->active;
	return n;
}

/* Until leave(), the recording stays open. exchange: NULL for what is no exchange, which per_person does not count. */
static enum rc enter(struct session *s, int64_t per_person, uint64_t *exchange)
{
	struct sessions *all = s->private->sessions;
	enum rc rc = RC_CANCELLED;

	pthread_mutex_lock(&all->lock);
	if (s->private->state == STATE_OPEN && exchange && running(s) >= per_person) {
		rc = RC_TOO_BIG;
	} else if (s->private->state == STATE_OPEN) {
		s->private->active++;
		if (exchange)
			*exchange = ++s->private->exchanges;
		rc = RC_OK;
	}
	pthread_mutex_unlock(&all->lock);
	return rc;
}

enum rc session_enter(struct session *s, int64_t per_person, uint64_t *exchange)
{
	return enter(s, per_person, exchange);
}

void session_leave(struct session *s)
{
	struct sessions *all = s->private->sessions;
	bool ending;

	pthread_mutex_lock(&all->lock);
	s->private->idle_since_ns = mono_ns(all);
	s->private->active--;
	ending = s->private->state == STATE_ENDING;
	pthread_mutex_unlock(&all->lock);
	if (ending)
		seal_if_due(s);
}

int session_end_fd(const struct session *s)
{
	return s->private->end_fd;
}

int64_t session_max_duration_ns(const struct session *s)
{
	return s->private->max_duration_ns;
}

enum rc session_renew(struct sessions *all, const char *id, const struct person *person, const char *ssh_id, int64_t token_expires_s,
		      int64_t *expires_s, struct why *why)
{
	struct session *s = find(all, id);
	char text[CLOCK_TEXT];
	struct buf body;
	enum rc rc;

	if (!s || !person_is(&s->person, person)) {
		rc = why_set(why, RC_NOT_FOUND, "there is no open session %s of yours", id);
		goto out;
	}
	rc = session_still_allowed(s, person, why);
	if (rc == RC_OK && enter(s, 0, NULL) != RC_OK)
		rc = why_set(why, RC_NOT_FOUND, "session %s has ended", id);
	if (rc != RC_OK)
		goto out;
	buf_init(&body, 256);
	buf_printf(&body, "{\"expires_at\":\"%s\"}", clock_text_s(token_expires_s, text));
	rc = recording_add(s->recording, "renew", 0, buf_slice(&body));
	if (rc == RC_OK)
		rc = recording_sync(s->recording);
	buf_free(&body);
	pthread_mutex_lock(&all->lock);
	s->private->active--;                    /* not session_leave(): a renewal is no use of the session */
	if (rc == RC_OK && token_expires_s > s->private->expires_s)
		s->private->expires_s = token_expires_s;
	if (ssh_id)
		snprintf(s->private->ssh_id, sizeof s->private->ssh_id, "%s", ssh_id);
	*expires_s = s->private->expires_s;
	pthread_mutex_unlock(&all->lock);
	seal_if_due(s);
	if (rc != RC_OK)
		rc = why_set(why, RC_IO, "the session can no longer be recorded");
out:
	session_unref(s);
	return rc;
}

/* ---- life --------------------------------------------------------------------------------------------------------------- */

void sessions_listen(struct sessions *all, void (*fn)(void *arg, const struct session_told *told), void *arg)
{
	all->listener = fn;
	all->arg = arg;
}

void sessions_metrics(struct sessions *all)
{
	int64_t n = 0;

	pthread_mutex_lock(&all->lock);
	for (const struct session *s = all->list; s; s = s->private->next)
		n++;
	pthread_mutex_unlock(&all->lock);
	metrics_set(METRIC_SESSIONS, (double)n, METRIC_PLAIN);
}

void sessions_set_clock(struct sessions *all, int64_t (*mono)(void), int64_t (*wall)(void))
{
	atomic_store(&all->mono_ns, mono);
	atomic_store(&all->wall_ns, wall);
}

enum rc sessions_new(struct current *current, struct store *store, struct spool *spool, struct notices *notices, struct sessions **out,
		     struct why *why)
{
	struct sessions *all = calloc(1, sizeof *all);
	enum rc rc;

	*out = NULL;
	if (!all)
		return RC_NOMEM;
	all->current = current;
	all->store = store;
	all->spool = spool;
	all->notices = notices;
	sessions_set_clock(all, clock_mono_ns, clock_wall_ns);
	pthread_mutex_init(&all->lock, NULL);
	clock_cond_init(&all->due);
	clock_cond_init(&all->closed);
	rc = sessions_crashed(all);
	if (rc != RC_OK)
		why_set(why, rc, "the list of sessions in the store cannot be written");
	else if (pthread_create(&all->timer, NULL, timer_main, all) != 0)
		rc = why_set(why, RC_NOMEM, "cannot start a thread");
	all->timer_runs = rc == RC_OK;
	if (rc == RC_OK)
		*out = all;
	else
		sessions_free(all);
	return rc;
}

void sessions_stop(struct sessions *all, enum session_end why)
{
	struct timespec until;
	struct session *s;
	int waited = 0;

	pthread_mutex_lock(&all->lock);
	all->stop = true;
	pthread_cond_signal(&all->due);
	pthread_mutex_unlock(&all->lock);
	while ((s = take_open(all, NULL))) {
		end_session(s, why);
		session_unref(s);
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SESSION_SEAL_WAIT_NS / NS_PER_S;
	pthread_mutex_lock(&all->lock);
	while ((all->list || all->sealers) && waited == 0)
		waited = pthread_cond_timedwait(&all->closed, &all->lock, &until);
	pthread_mutex_unlock(&all->lock);
	if (waited != 0)
		log_error("sessions_not_sealed", L_TEXT("reason", "an exchange did not end in time"));
}

void sessions_free(struct sessions *all)
{
	if (!all)
		return;
	if (all->timer_runs) {
		sessions_stop(all, SESSION_END_STOP);
		pthread_join(all->timer, NULL);
	}
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->due);
	pthread_cond_destroy(&all->closed);
	free(all);
}
