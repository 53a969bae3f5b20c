#include "usage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define MINUTE_NS (60 * NS_PER_S)
#define DAY_S 86400

/* Counts are added to without a lock; it is taken to decide by a limit, and when the day changes. */
struct usage_account {
	struct usage *usage;
	struct usage_account *next;
	char *issuer, *subject, *connection;
	unsigned int refs;                       /* under the lock of all accounts */
	atomic_llong running;
	pthread_mutex_t lock;                    /* of what stands below, but for adding to it */
	int64_t full_ns;                         /* monotonic: when the minute's requests are all to be had again */
	atomic_llong day;                        /* of what follows, since 1970 */
	atomic_ullong masked, tokens;
	atomic_bool estimated;                   /* some of the tokens are */
};

struct usage {
	pthread_mutex_t lock;
	struct usage_account *accounts;
};

struct usage *usage_new(void)
{
	struct usage *u = calloc(1, sizeof *u);

	if (u)
		pthread_mutex_init(&u->lock, NULL);
	return u;
}

static void account_free(struct usage_account *a)
{
	free(a->issuer);
	free(a->subject);
	free(a->connection);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void usage_free(struct usage *u)
{
	if (!u)
		return;
	while (u->accounts) {
		struct usage_account *next = u->accounts->next;

		account_free(u->accounts);
		u->accounts = next;
	}
	pthread_mutex_destroy(&u->lock);
	free(u);
}

static bool is_of(const struct usage_account *a, const char *issuer, const char *subject, const char *connection)
{
	return strcmp(a->subject, subject) == 0 && strcmp(a->issuer, issuer) == 0 && strcmp(a->connection, connection) == 0;
}

/* An account that nobody uses and that would refuse nothing says no more than a new one. With the lock held. */
static void forget_spent(struct usage *u)
{
	int64_t mono_ns = clock_mono_ns(), day = clock_wall_s() / DAY_S;
	struct usage_account **at = &u->accounts;

	while (*at) {
		struct usage_account *a = *at;

		if (a->refs || a->full_ns > mono_ns || ((a->masked || a->tokens) && a->day == day)) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		account_free(a);
	}
}

struct usage_account *usage_get(struct usage *u, const char *issuer, const char *subject, const char *connection)
{
	struct usage_account *a;

	pthread_mutex_lock(&u->lock);
	for (a = u->accounts; a && !is_of(a, issuer, subject, connection); a = a->next)
		continue;
	if (!a && (a = calloc(1, sizeof *a))) {
		a->usage = u;
		pthread_mutex_init(&a->lock, NULL);
		a->issuer = strdup(issuer);
		a->subject = strdup(subject);
		a->connection = strdup(connection);
		if (a->issuer && a->subject && a->connection) {
			forget_spent(u);
			a->next = u->accounts;
			u->accounts = a;
		} else {
			account_free(a);
			a = NULL;
		}
	}
	if (a)
		a->refs++;
	pthread_mutex_unlock(&u->lock);
	return a;
}

void usage_put(struct usage_account *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->usage->lock);
	a->refs--;
	pthread_mutex_unlock(&a->usage->lock);
}

/* ---- the limits ------------------------------------------------------------------------------------------------------- */

/* Requests come back evenly over the minute (the generic cell rate algorithm, ITU-T I.371): a burst of all of them, then one each 60/n s. */
static int64_t wait_for_rate(const struct usage_account *a, int64_t per_minute, int64_t mono_ns)
{
	int64_t each_ns = MINUTE_NS / per_minute, full_ns = a->full_ns > mono_ns ? a->full_ns : mono_ns;

	return full_ns + each_ns - mono_ns - MINUTE_NS;
}

static void take_one(struct usage_account *a, int64_t per_minute, int64_t mono_ns)
{
	a->full_ns = (a->full_ns > mono_ns ? a->full_ns : mono_ns) + MINUTE_NS / per_minute;
}

/* The rest of the day, where the day's sum has come to its limit. */
static int64_t wait_for_day(const struct usage_account *a, uint64_t sum, int64_t per_day, int64_t wall_s)
{
	return per_day && a->day == wall_s / DAY_S && sum >= (uint64_t)per_day ? DAY_S - wall_s % DAY_S : 0;
}

static enum rc check(const struct usage_account *a, const struct usage_ask *ask, const char **limit, int64_t *retry_s, struct why *why)
{
	const struct policy_limits *limits = ask->limits;
	int64_t wall_s = ask->wall_ns / NS_PER_S, wait_ns;

	if (limits->concurrent && a->running >= limits->concurrent) {
		*limit = "limits.concurrent";
		*retry_s = 1;
		return why_set(why, RC_TOO_BIG, "%lld of your requests to this connection are under way, and more are not allowed at once",
			       (long long)a->running);
	}
	if (limits->phi_per_session && ask->session_masked >= (uint64_t)limits->phi_per_session) {
		*limit = "limits.phi_per_session";
		*retry_s = ask->session_left_s > 1 ? ask->session_left_s : 1;
		return why_set(why, RC_TOO_BIG, "the answers of this session held %llu identifiers of patients, and more than %lld in one session are "
			       "not allowed; end it and open another one", (unsigned long long)ask->session_masked,
			       (long long)limits->phi_per_session);
	}
	if ((*retry_s = wait_for_day(a, a->masked, limits->phi_per_day, wall_s))) {
		*limit = "limits.phi_per_day";
		return why_set(why, RC_TOO_BIG, "today's answers to you held %llu identifiers of patients, and more than %lld a day are not allowed; "
			       "the day ends at midnight UTC", (unsigned long long)a->masked, (long long)limits->phi_per_day);
	}
	if ((*retry_s = wait_for_day(a, a->tokens, limits->tokens_per_day, wall_s))) {
		*limit = "limits.tokens_per_day";
		return why_set(why, RC_TOO_BIG, "today's requests of yours took %llu tokens%s, and more than %lld a day are not allowed; the day ends at "
			       "midnight UTC", (unsigned long long)a->tokens,
			       a->estimated ? " (estimated where the model did not say)" : "", (long long)limits->tokens_per_day);
	}
	if (limits->requests_per_minute && (wait_ns = wait_for_rate(a, limits->requests_per_minute, ask->mono_ns)) > 0) {
		*limit = "limits.requests_per_minute";
		*retry_s = (wait_ns + NS_PER_S - 1) / NS_PER_S;
		return why_set(why, RC_TOO_BIG, "more than %lld requests a minute to this connection are not allowed",
			       (long long)limits->requests_per_minute);
	}
	return RC_OK;
}

enum rc usage_begin(struct usage_account *a, const struct usage_ask *ask, const char **limit, int64_t *retry_s, struct why *why)
{
	static const struct policy_limits none;
	enum rc rc;

	if (memcmp(ask->limits, &none, sizeof none) == 0) {
		a->running++;
		return RC_OK;
	}
	pthread_mutex_lock(&a->lock);
	rc = check(a, ask, limit, retry_s, why);
	if (rc == RC_OK) {
		a->running++;
		if (ask->limits->requests_per_minute)
			take_one(a, ask->limits->requests_per_minute, ask->mono_ns);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

void usage_pause(struct usage_account *a)
{
	a->running--;
}

void usage_resume(struct usage_account *a)
{
	a->running++;
}

static void begin_day(struct usage_account *a, int64_t day)
{
	pthread_mutex_lock(&a->lock);
	if (a->day < day) {
		a->masked = a->tokens = 0;
		a->estimated = false;
		a->day = day;
	}
	pthread_mutex_unlock(&a->lock);
}

void usage_end(struct usage_account *a, const struct usage_taken *taken, int64_t wall_ns)
{
	int64_t day = wall_ns / NS_PER_S / DAY_S;

	if (taken->masked || taken->tokens) {
		if (a->day < day)
			begin_day(a, day);
		a->masked += taken->masked;
		a->tokens += taken->tokens;
		if (taken->tokens && taken->estimated)
			a->estimated = true;
	}
	a->running--;
}
