#include "health.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "clock.h"
#include "identity.h"
#include "policies.h"
#include "record.h"
#include "store.h"
#include "target.h"
#include "wait.h"

#define DISK_LOW_BYTES ((int64_t)1 << 30)
#define DISK_LOW_PERCENT 5
#define POLICY_LOOK_NS (10 * NS_PER_S)           /* compiling policies takes a moment, and anybody who is signed in may ask */

static void set(struct health *h, bool good, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void set(struct health *h, bool good, const char *fmt, ...)
{
	va_list args;

	h->good = good;
	va_start(args, fmt);
	vsnprintf(h->text, sizeof h->text, fmt, args);
	va_end(args);
}

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

static void recording(struct agent *agent, struct health *h)
{
	struct why why = {0};

	if (spool_health(agent->spool, &why) == RC_OK)
		set(h, true, "recordings can be written");
	else
		set(h, false, "recordings cannot be written, so nothing passes: %s; make room in state_dir, or mend its disk", why.text);
}

static void disk(struct agent *agent, struct health *h)
{
	struct statvfs st;
	int64_t free_bytes, all_bytes;

	if (statvfs(agent->config->state_dir, &st) != 0) {
		set(h, false, "state_dir cannot be looked at");
		return;
	}
	free_bytes = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
	all_bytes = (int64_t)st.f_blocks * (int64_t)st.f_frsize;
	if (free_bytes < DISK_LOW_BYTES || free_bytes < all_bytes / 100 * DISK_LOW_PERCENT)
		set(h, false, "nearly full: %lld MiB free where recordings lie; move bundles away, or enlarge it, before requests are refused",
		    (long long)(free_bytes >> 20));
	else
		set(h, true, "%lld MiB free where recordings lie", (long long)(free_bytes >> 20));
}

static void store(struct agent *agent, struct health *h)
{
	bool answers = store_begin(agent->store) != NULL;

	if (answers)
		store_end(agent->store);
	set(h, answers, "%s", answers ? "holds and sessions can be written" :
	    "the store does not answer: look at state_dir/store.sqlite, and start the agent again");
}

static void provider(struct agent *agent, struct health *h)
{
	struct why why = {0};
	enum rc rc = identity_ready(agent->identity, &why);

	if (rc == RC_OK)
		set(h, true, "the provider's keys are known");
	else
		set(h, false, "nobody can sign in here: %s; look at oidc: in agent.yaml and at the network", why.text);
}

static const struct check {
	const char *name;
	enum health_weight weight;
	void (*look)(struct agent *agent, struct health *h);
} CHECKS[] = {
	{"recording", HEALTH_LIVE, recording},
	{"store", HEALTH_READY, store},
	{"provider", HEALTH_READY, provider},
	{"disk", HEALTH_WARNING, disk},
};

void health_check(struct agent *agent, void (*each)(void *arg, const struct health *health), void *arg)
{
	for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
		struct health h = {.name = CHECKS[i].name, .weight = CHECKS[i].weight};

		CHECKS[i].look(agent, &h);
		each(arg, &h);
	}
}

/* ---- what takes longer -------------------------------------------------------------------------------------------------- */

static enum rc load_policies(struct agent *agent, struct why *why)
{
	struct snapshot *now = current_get(agent->current);
	const struct config *c = now->config;
	struct policies *fresh = NULL;
	struct text_list names = {0};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->n_connections && rc == RC_OK; i++)
		if (!text_list_has(&names, c->connections[i].policy))
			rc = text_list_add(&names, c->connections[i].policy);
	if (rc == RC_OK)
		rc = policies_load(c->policies_dir, &names, &fresh, why);
	policies_free(fresh);
	text_list_free(&names);
	snapshot_unref(now);
	return rc;
}

void health_policies(struct agent *agent, struct health *out)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct health last;
	static int64_t looked_ns;
	int64_t now_ns = clock_mono_ns();
	struct why why = {0};
	char text[400];

	pthread_mutex_lock(&lock);
	if (!looked_ns || now_ns - looked_ns >= POLICY_LOOK_NS) {
		last = (struct health){.name = "policy", .weight = HEALTH_WARNING};
		if (load_policies(agent, &why) == RC_OK)
			set(&last, true, "the files are good");
		else
			set(&last, false, "%s; the policies before it stay in force until it is mended", why_text(&why, text, sizeof text));
		looked_ns = now_ns;
	}
	*out = last;
	pthread_mutex_unlock(&lock);
}

void health_model(struct agent *agent, const struct snapshot *snapshot, size_t place, struct health *out)
{
	const struct connection *connection = &snapshot->config->connections[place];
	struct why why = {0};
	int fd;
	enum rc rc = target_connect(snapshot->targets[place], -1, agent->stop_fd, &fd, &why);

	*out = (struct health){.name = "model", .which = connection->name, .weight = HEALTH_WARNING};
	if (rc == RC_OK) {
		wait_close(fd);
		set(out, true, "takes connections");
	} else {
		set(out, false, "%s; start it, or set upstream in agent.yaml to where it listens",
		    why.text[0] ? why.text : "the model server does not answer");
	}
}

int64_t health_disk_free(const struct agent *agent)
{
	struct statvfs st;

	return statvfs(agent->config->state_dir, &st) == 0 ? (int64_t)st.f_bavail * (int64_t)st.f_frsize : -1;
}
