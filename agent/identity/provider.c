#include "provider.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "metrics.h"

#define WAIT_S 12                                /* for an answer of the provider */
#define WAITERS_MAX 16                           /* more are refused: a slow provider must not take all threads */
#define DISCOVERY "/.well-known/openid-configuration"
#define CACHE_MAX ((size_t)2 << 20)

/* One key set as fetched; immutable and shared. */
struct key_set {
	_Atomic int refs;
	struct jwks *jwks;
	int64_t fetched_ns;                      /* provider's monotonic clock */
};

struct provider {
	char *issuer, *ca_file, *cache_file;
	int64_t (*mono_ns)(void), (*wall_s)(void);
	pthread_t thread;
	bool running;

	pthread_mutex_t lock;                    /* of all below; never held while the provider is asked */
	pthread_cond_t work, done;
	struct key_set *set;                     /* NULL: none yet */
	struct buf raw;                          /* the text of set, to tell whether it changed */
	uint64_t generation;
	bool stop, wanted, busy;
	int waiters;
	uint64_t attempts;                       /* requests that have ended */
	int64_t tried_ns, unknown_ns;            /* start of the last request, and of the last one for an unknown key; 0: none */
	bool failed;                             /* the last request */
	struct why why;                          /* of it */
};

static void set_unref(struct key_set *set)
{
	if (set && atomic_fetch_sub(&set->refs, 1) == 1) {
		jwks_free(set->jwks);
		free(set);
	}
}

/* A reference to the keys, NULL when there are none that count. With the lock held. */
static struct key_set *current(struct provider *p)
{
	if (!p->set || p->mono_ns() - p->set->fetched_ns > PROVIDER_KEEP_S * NS_PER_S)
		return NULL;
	atomic_fetch_add(&p->set->refs, 1);
	return p->set;
}

/* Takes jwks. With the lock held. */
static enum rc adopt(struct provider *p, struct jwks *jwks, struct slice raw, int64_t fetched_ns)
{
	struct key_set *set = calloc(1, sizeof *set);

	if (!set) {
		jwks_free(jwks);
		return RC_NOMEM;
	}
	atomic_init(&set->refs, 1);
	set->jwks = jwks;
	set->fetched_ns = fetched_ns;
	set_unref(p->set);
	p->set = set;
	if (raw.n != p->raw.len || memcmp(raw.p, p->raw.data ? p->raw.data : "", raw.n) != 0) {
		p->generation++;
		buf_clear(&p->raw);
		buf_add_slice(&p->raw, raw);
	}
	return RC_OK;
}

/* ---- the copy on disk: {"issuer","fetched_at","jwks":"…"} -------------------------------------------------------------- */

static void save_copy(struct provider *p, struct slice raw)
{
	struct why why = {0};
	struct buf text;
	enum rc rc;

	buf_init(&text, CACHE_MAX);
	buf_puts(&text, "{\"issuer\":");
	json_add_str(&text, p->issuer);
	buf_printf(&text, ",\"fetched_at\":%lld,\"jwks\":", (long long)p->wall_s());
	json_add_string(&text, raw);
	buf_puts(&text, "}\n");
	rc = text.rc == RC_OK ? file_write(p->cache_file, buf_slice(&text), 0600, &why) : text.rc;
	if (rc != RC_OK)
		log_warn("provider_keys_not_kept", L_RC(rc), L_TEXT("reason", why.text));
	buf_free(&text);
}

/* A copy that is damaged, too old, of the future or of another issuer is as good as none. */
static void load_copy(struct provider *p)
{
	struct jwks *jwks = NULL;
	const char *issuer, *raw;
	cJSON *tree = NULL;
	int64_t at = 0, age_s;
	struct buf text;

	buf_init(&text, CACHE_MAX);
	if (file_read_private(p->cache_file, &text, NULL) == RC_OK)
		tree = json_parse(buf_slice(&text));
	issuer = json_text(tree, "issuer");
	raw = json_text(tree, "jwks");
	if (issuer && raw && strcmp(issuer, p->issuer) == 0 && json_int(tree, "fetched_at", &at)) {
		age_s = p->wall_s() - at;
		if (age_s >= 0 && age_s <= PROVIDER_KEEP_S && jwks_parse(slice_str(raw), &jwks, NULL) == RC_OK)
			(void)!adopt(p, jwks, slice_str(raw), p->mono_ns() - age_s * NS_PER_S);
	}
	cJSON_Delete(tree);
	buf_free(&text);
}

/* ---- asking the provider ----------------------------------------------------------------------------------------------- */

static enum rc get(const struct provider *p, const char *url, struct buf *body, struct why *why)
{
	const struct fetch f = {.url = url, .ca_file = p->ca_file};
	int status;
	enum rc rc = fetch_run(&f, &status, body, why);

	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: the answer is HTTP %d", url, status);
	return rc;
}

static enum rc discover(const struct provider *p, char **jwks_uri, struct why *why)
{
	size_t n = strlen(p->issuer);
	const char *issuer, *uri;
	struct buf url, body;
	cJSON *tree = NULL;
	enum rc rc;

	*jwks_uri = NULL;
	buf_init(&url, 4096);
	buf_init(&body, CACHE_MAX);
	buf_add(&url, p->issuer, n && p->issuer[n - 1] == '/' ? n - 1 : n);      /* OpenID Connect Discovery 4.1 */
	rc = buf_puts(&url, DISCOVERY);
	if (rc == RC_OK)
		rc = get(p, url.data, &body, why);
	if (rc != RC_OK)
		goto out;
	tree = json_parse(buf_slice(&body));
	issuer = json_text(tree, "issuer");
	uri = json_text(tree, "jwks_uri");
	if (!issuer || strcmp(issuer, p->issuer) != 0)
		rc = why_set(why, RC_DENIED, "%.200s tells of another issuer; oidc.issuer must be written exactly as the provider says it",
			     url.data);
	else if (!uri || !fetch_url_allowed(uri))
		rc = why_set(why, RC_DENIED, "%.200s names no https address of keys (jwks_uri)", url.data);
	else if (!(*jwks_uri = strdup(uri)))
		rc = RC_NOMEM;
out:
	cJSON_Delete(tree);
	buf_free(&url);
	buf_free(&body);
	return rc;
}

/* Without the lock: this may take its time. */
static enum rc ask(struct provider *p, struct jwks **jwks, struct buf *raw, struct why *why)
{
	char *uri = NULL;
	enum rc rc = discover(p, &uri, why);

	*jwks = NULL;
	if (rc == RC_OK)
		rc = get(p, uri, raw, why);
	if (rc == RC_OK)
		rc = jwks_parse(buf_slice(raw), jwks, why);
	free(uri);
	return rc;
}

/* One request. With the lock held, which is given up meanwhile. */
static void renew(struct provider *p)
{
	struct jwks *jwks;
	struct why why = {0};
	uint64_t generation = p->generation;
	bool changed;
	struct buf raw;
	enum rc rc;

	p->busy = true;
	p->wanted = false;
	p->tried_ns = p->mono_ns();
	pthread_mutex_unlock(&p->lock);
	buf_init(&raw, CACHE_MAX);
	rc = ask(p, &jwks, &raw, &why);
	pthread_mutex_lock(&p->lock);
	if (rc == RC_OK)
		rc = adopt(p, jwks, buf_slice(&raw), p->mono_ns());
	changed = p->generation != generation;
	metrics_add(METRIC_PROVIDER_REQUESTS, 1, METRIC_PLAIN);
	if (rc != RC_OK)
		metrics_add(METRIC_PROVIDER_ERRORS, 1, METRIC_PLAIN);
	p->failed = rc != RC_OK;
	p->why = why;
	p->busy = false;
	p->attempts++;
	pthread_cond_broadcast(&p->done);
	if (rc == RC_OK) {
		pthread_mutex_unlock(&p->lock);
		if (changed)
			log_info("provider_keys_changed", L_TEXT("issuer", p->issuer));
		save_copy(p, buf_slice(&raw));
		pthread_mutex_lock(&p->lock);
	} else {
		log_warn("provider_not_reached", L_RC(rc), L_TEXT("reason", why.text));
	}
	buf_free(&raw);
}

/* When the next request is due, on the provider's clock. With the lock held. */
static int64_t due_ns(const struct provider *p)
{
	int64_t due = p->set ? p->set->fetched_ns + PROVIDER_RENEW_S * NS_PER_S : 0;
	int64_t retry = p->failed ? p->tried_ns + PROVIDER_UNKNOWN_S * NS_PER_S : 0;

	return retry > due ? retry : due;
}

static void *run(void *arg)
{
	struct provider *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		int64_t left = due_ns(p) - p->mono_ns();
		struct timespec until;

		if (p->wanted || left <= 0) {
			renew(p);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += left / NS_PER_S + 1;
		pthread_cond_timedwait(&p->work, &p->lock, &until);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Ask for a key that is not in the set, unless that was done a moment ago, and wait for the answer. With the lock held. */
static void want_unknown(struct provider *p)
{
	int64_t now = p->mono_ns();
	uint64_t attempt = p->attempts;
	struct timespec until;
	bool mine = !p->busy && (p->unknown_ns == 0 || now - p->unknown_ns >= PROVIDER_UNKNOWN_S * NS_PER_S);

	if (!p->set)                             /* nobody can sign in, so it is worth trying again soon */
		mine = !p->busy && (!p->failed || now - p->tried_ns >= PROVIDER_RETRY_S * NS_PER_S);
	if ((!mine && !p->busy && !p->wanted) || p->waiters >= WAITERS_MAX || p->stop)
		return;
	if (mine) {
		p->wanted = true;
		if (p->set)                      /* waiting for the first keys spends no try for an unknown one */
			p->unknown_ns = now;
		pthread_cond_signal(&p->work);
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	p->waiters++;
	while (p->attempts == attempt && !p->stop && pthread_cond_timedwait(&p->done, &p->lock, &until) == 0)
		;
	p->waiters--;
}

enum rc provider_verify(struct provider *p, const struct jwt *jwt, struct why *why)
{
	enum rc rc = RC_NOT_FOUND;

	for (int round = 0; round < 2 && rc == RC_NOT_FOUND; round++) {
		struct key_set *set;

		pthread_mutex_lock(&p->lock);
		if (round)
			want_unknown(p);
		set = current(p);
		if (!set)
			rc = why_set(why, RC_NOT_FOUND, "the provider's keys are not to be had: %.400s", *p->why.text ? p->why.text : p->issuer);
		pthread_mutex_unlock(&p->lock);
		if (set)
			rc = jwt_verify(jwt, set->jwks, why);
		if (rc == RC_NOT_FOUND && round)
			rc = set ? RC_DENIED : RC_UNREACHABLE;
		set_unref(set);
	}
	return rc;
}

enum rc provider_ready(struct provider *p, struct why *why)
{
	struct key_set *set;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&p->lock);
	set = current(p);
	if (!set)
		rc = why_set(why, RC_UNREACHABLE, "the provider's keys are not to be had: %.400s", *p->why.text ? p->why.text : p->issuer);
	pthread_mutex_unlock(&p->lock);
	set_unref(set);
	return rc;
}

uint64_t provider_generation(struct provider *p)
{
	uint64_t generation;

	pthread_mutex_lock(&p->lock);
	generation = p->generation;
	pthread_mutex_unlock(&p->lock);
	return generation;
}

void provider_poke(struct provider *p)
{
	pthread_mutex_lock(&p->lock);
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

/* ---- life -------------------------------------------------------------------------------------------------------------- */

static enum rc copy_options(struct provider *p, const struct provider_options *options)
{
	p->mono_ns = options->mono_ns ? options->mono_ns : clock_mono_ns;
	p->wall_s = options->wall_s ? options->wall_s : clock_wall_s;
	p->issuer = strdup(options->issuer);
	p->cache_file = strdup(options->cache_file);
	p->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
	return p->issuer && p->cache_file && (p->ca_file || !options->ca_file) ? RC_OK : RC_NOMEM;
}

enum rc provider_new(const struct provider_options *options, struct provider **out, struct why *why)
{
	struct provider *p = calloc(1, sizeof *p);
	enum rc rc;

	*out = NULL;
	if (!p)
		return RC_NOMEM;
	pthread_mutex_init(&p->lock, NULL);
	clock_cond_init(&p->work);
	clock_cond_init(&p->done);
	buf_init(&p->raw, CACHE_MAX);
	rc = copy_options(p, options);
	if (rc == RC_OK && !fetch_url_allowed(p->issuer))
		rc = why_set(why, RC_BAD, "oidc.issuer must be an https address (http only on loopback): %.200s", p->issuer);
	if (rc == RC_OK) {
		load_copy(p);
		p->wanted = true;
		if (pthread_create(&p->thread, NULL, run, p) != 0)
			rc = why_set(why, RC_NOMEM, "cannot start a thread");
	}
	p->running = rc == RC_OK;
	if (rc == RC_OK)
		*out = p;
	else
		provider_free(p);
	return rc;
}

void provider_free(struct provider *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_cond_broadcast(&p->done);
	pthread_mutex_unlock(&p->lock);
	if (p->running)
		pthread_join(p->thread, NULL);
	set_unref(p->set);
	buf_free(&p->raw);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	free(p->issuer);
	free(p->ca_file);
	free(p->cache_file);
	free(p);
}
