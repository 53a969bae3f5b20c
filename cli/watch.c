/* phigate holds --watch. Each agent has a thread that listens to its events; what changed is found by comparing its list with the one
 * before, so that what happened while nobody listened is told too. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "holds.h"
#include "json.h"
#include "jsonline.h"
#include "term.h"
#include "when.h"

#define OPEN_WAIT_S 10
#define TOKEN_LEAST_S 60
#define LOOK_MS 15000                            /* what is shown on a terminal tells how long ago things were */
#define PAUSE_MAX_S 16
#define OVER_MAX 64

struct watch;

/* One agent. */
struct place {
	struct watch *watch;
	const struct agent_entry *agent;
	cJSON *list;                             /* as it was told; NULL before the first */
	char over[OVER_MAX][16];                 /* holds whose outcome was told, so that it is told once */
	size_t next_over;
	char trouble[320];
	pthread_t thread;
};

struct watch {
	struct agents *agents;
	const char *path;
	bool json, table;
	pthread_mutex_t lock;                    /* of all below, and of stdout and the stored sign-in */
	struct place *places;
	size_t n;
	bool lost;                               /* nobody reads us any more */
	pthread_cond_t stopped;
};

/* ---- what is shown; all with the lock held -------------------------------------------------------------------------------- */

static void draw(struct watch *w)
{
	struct answer *list = calloc(w->n, sizeof *list);
	struct answers answers = {list, w->n};

	if (!list)
		return;
	for (size_t i = 0; i < w->n; i++)
		list[i] = (struct answer){.agent = w->places[i].agent, .tree = w->places[i].list};
	fputs("\033[H\033[2J", stdout);
	if (holds_table(&answers) != RC_OK)
		fputs("phigate: out of memory\n", stderr);
	for (size_t i = 0; i < w->n; i++)
		if (*w->places[i].trouble) {
			term_printf(stdout, STYLE_WARN, "%s: ", w->places[i].agent->name);
			term_text(stdout, slice_str(w->places[i].trouble));
			fputc('\n', stdout);
		}
	term_printf(stdout, STYLE_DIM, "\nCtrl-C ends it.\n");
	fflush(stdout);
	free(list);
}

static void foreign(const char *text)
{
	term_text(stdout, slice_str(text ? text : "?"));
}

/* "held 7K2M-9QXD by the rule bulk-export: alice@… on llama-prod, until 14:05; you may decide" */
static void print_line(const cJSON *hold, const char *event)
{
	const cJSON *decisions = json_array(hold, "decisions"), *last = decisions ? decisions->child : NULL;
	char when[WHEN_TEXT];
	int64_t needed = 1, given = 0;

	while (last && last->next)
		last = last->next;
	printf("%s ", event);
	foreign(json_text(hold, "id"));
	fputs(" by the rule ", stdout);
	foreign(json_text(hold, "rule"));
	fputs(": ", stdout);
	foreign(json_text(hold, "user"));
	fputs(" on ", stdout);
	foreign(json_text(hold, "connection"));
	if (strcmp(event, "held") == 0)
		printf(", until %s%s", when_local(json_text(hold, "expires_at"), when), json_true(hold, "may_decide") ? "; you may decide" : "");
	if (strcmp(event, "approval") == 0 && json_int(hold, "approvals_needed", &needed) && json_int(hold, "approvals_given", &given))
		printf(", %lld of %lld", (long long)given, (long long)needed);
	if (last && strcmp(event, "held") != 0 && strcmp(event, "expired") != 0 && strcmp(event, "cancelled") != 0) {
		fputs(", by ", stdout);
		foreign(json_text(last, "user"));
		if (json_text(last, "reason")) {
			fputs(": ", stdout);
			foreign(json_text(last, "reason"));
		}
	}
	fputc('\n', stdout);
	fflush(stdout);
}

static void tell(struct place *p, const cJSON *hold, const char *event)
{
	struct watch *w = p->watch;
	cJSON *line, *member;

	if (w->table)
		return;
	if (!w->json) {
		print_line(hold, event);
	} else if ((line = cJSON_CreateObject())) {
		cJSON_AddStringToObject(line, "event", event);
		cJSON_AddStringToObject(line, "agent", p->agent->name);
		cJSON_ArrayForEach(member, hold)
			cJSON_AddItemToObject(line, member->string, cJSON_Duplicate(member, true));
		w->lost = jsonline_print(stdout, line) != RC_OK || w->lost;
		cJSON_Delete(line);
	}
	w->lost = w->lost || ferror(stdout);
	if (w->lost)
		pthread_cond_signal(&w->stopped);
}

/* ---- what changed --------------------------------------------------------------------------------------------------------- */

static const cJSON *find(const cJSON *list, const char *id)
{
	const cJSON *hold;

	cJSON_ArrayForEach(hold, list) {
		const char *is = json_text(hold, "id");

		if (is && strcmp(is, id) == 0)
			return hold;
	}
	return NULL;
}

static bool is_pending(const cJSON *hold)
{
	return hold && slice_is(slice_str(json_text(hold, "state")), "pending");
}

/* An outcome, once. */
static void tell_over(struct place *p, const cJSON *hold)
{
	const char *id = json_text(hold, "id"), *state = json_text(hold, "state");

	if (!id || !state || is_pending(hold))
		return;
	for (size_t i = 0; i < OVER_MAX; i++)
		if (strcmp(p->over[i], id) == 0)
			return;
	snprintf(p->over[p->next_over], sizeof p->over[0], "%s", id);
	p->next_over = (p->next_over + 1) % OVER_MAX;
	tell(p, hold, strcmp(state, "used") == 0 ? "approved" : state);
}

static enum rc look_up(struct place *p, struct control *control, const char *id, struct why *why)
{
	char path[64];
	cJSON *hold = NULL;
	enum rc rc;

	if (!agents_is_id(id) || strlen(id) > 15)
		return RC_OK;
	snprintf(path, sizeof path, "/v1/holds/%s", id);
	rc = control_call(control, "GET", path, NULL, &hold, why);
	cJSON_DeleteItemFromObject(hold, "request");     /* the list has none either */
	pthread_mutex_lock(&p->watch->lock);
	if (rc == RC_OK)
		tell_over(p, hold);
	pthread_mutex_unlock(&p->watch->lock);
	cJSON_Delete(hold);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Those that wait now and did not, and those that have one more approval. */
static void tell_pending(struct place *p, const cJSON *now)
{
	const cJSON *hold;

	cJSON_ArrayForEach(hold, now) {
		const cJSON *before = json_text(hold, "id") ? find(p->list, json_text(hold, "id")) : NULL;
		int64_t had = 0, has = 0;

		if (!is_pending(hold))
			continue;
		if (!is_pending(before))
			tell(p, hold, "held");
		else if (json_int(before, "approvals_given", &had) && json_int(hold, "approvals_given", &has) && has > had)
			tell(p, hold, "approval");
	}
}

/* The list anew, and what it says against the one before. ids: holds of which an event told. */
static enum rc refresh(struct place *p, struct control *control, const struct text_list *ids, struct why *why)
{
	struct watch *w = p->watch;
	cJSON *now = NULL, *before;
	const cJSON *hold;
	enum rc rc = control_call(control, "GET", w->path, NULL, &now, why);

	if (rc != RC_OK)
		return rc;
	pthread_mutex_lock(&w->lock);
	tell_pending(p, now);
	before = p->list;
	p->list = now;
	p->trouble[0] = '\0';
	if (w->table)
		draw(w);
	pthread_mutex_unlock(&w->lock);
	cJSON_ArrayForEach(hold, before) {
		const char *id = json_text(hold, "id");

		if (rc == RC_OK && id && is_pending(hold) && !is_pending(find(now, id)))
			rc = look_up(p, control, id, why);
	}
	for (size_t i = 0; i < ids->n && rc == RC_OK; i++)
		if (!is_pending(find(now, ids->item[i])))
			rc = look_up(p, control, ids->item[i], why);
	cJSON_Delete(before);
	return rc;
}

/* ---- one agent ------------------------------------------------------------------------------------------------------------ */

/* Every event that waits, by the hold that it tells of. RC_AGAIN: there are no more now. */
static enum rc take_events(struct events *events, struct text_list *ids)
{
	cJSON *event;
	enum rc rc;

	while ((rc = events_next(events, &event)) == RC_OK) {
		const char *id = json_text(event, "id");

		if (id && !text_list_has(ids, id))
			rc = text_list_add(ids, id);
		cJSON_Delete(event);
		if (rc != RC_OK)
			break;
	}
	return rc;
}

static enum rc follow(struct place *p, struct tunnel *tunnel, struct control *control, struct events *events, struct why *why)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		struct pollfd news = {events_fd(events), POLLIN, 0};
		struct text_list ids = {0};

		rc = tunnel_run(tunnel, &news, 1, LOOK_MS, why);
		if (rc == RC_OK) {
			rc = take_events(events, &ids);
			if (rc == RC_AGAIN)
				rc = ids.n ? refresh(p, control, &ids, why) : RC_OK;
		} else if (rc == RC_TIMEOUT) {
			rc = RC_OK;
			pthread_mutex_lock(&p->watch->lock);
			if (p->watch->table)
				draw(p->watch);
			pthread_mutex_unlock(&p->watch->lock);
		}
		text_list_free(&ids);
	}
	return rc;
}

/* With a sign-in that is good for a while, until the agent or the token ends it. RC_END: it was good until then. */
static enum rc listen_once(struct place *p, struct why *why)
{
	const struct text_list nothing = {0};
	struct signin *signin = NULL;
	struct tunnel *tunnel = NULL;
	struct control *control = NULL;
	struct events *events = NULL;
	enum rc rc;

	pthread_mutex_lock(&p->watch->lock);
	rc = signin_load(p->watch->agents->config, TOKEN_LEAST_S, &signin, why);
	pthread_mutex_unlock(&p->watch->lock);
	if (rc == RC_OK)
		rc = tunnel_open(p->agent, signin, OPEN_WAIT_S, -1, &tunnel, why);
	if (rc == RC_OK)
		rc = control_on(tunnel, signin, &control, why);
	if (rc == RC_OK)
		rc = events_open(tunnel, signin, true, &events, why);
	if (rc == RC_OK)                                 /* what changes from here on is heard of */
		rc = refresh(p, control, &nothing, why);
	if (rc == RC_OK)
		rc = follow(p, tunnel, control, events, why);
	events_close(events);
	control_close(control);
	tunnel_close(tunnel);
	signin_free(signin);
	return rc;
}

static void *run(void *arg)
{
	struct place *p = arg;
	struct timespec pause = {1, 0};

	for (;;) {
		struct why why = {0};
		enum rc rc = listen_once(p, &why);

		if (rc == RC_END)
			pause.tv_sec = 1;
		pthread_mutex_lock(&p->watch->lock);
		if (rc != RC_END && strcmp(p->trouble, why.text) != 0) {
			snprintf(p->trouble, sizeof p->trouble, "%.300s", why.text);
			if (p->watch->table)
				draw(p->watch);
			else
				term_fail(rc, &why);
		}
		pthread_mutex_unlock(&p->watch->lock);
		nanosleep(&pause, NULL);
		if (pause.tv_sec < PAUSE_MAX_S)
			pause.tv_sec *= 2;
	}
	return NULL;
}

/* ---- the command ---------------------------------------------------------------------------------------------------------- */

int holds_watch(const struct arguments *args, const char *path)
{
	struct watch w = {.path = path, .json = argument(args, "--json"), .lock = PTHREAD_MUTEX_INITIALIZER, .stopped = PTHREAD_COND_INITIALIZER};
	const char *term = getenv("TERM");
	struct agents agents;
	int status = agents_begin(&agents);

	w.table = !w.json && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	w.agents = &agents;
	if (status != EXIT_DONE)
		goto out;
	w.n = agents.config->n_agents;
	w.places = calloc(w.n ? w.n : 1, sizeof *w.places);
	for (size_t i = 0; w.places && i < w.n; i++) {
		w.places[i] = (struct place){.watch = &w, .agent = &agents.config->agents[i]};
		if (pthread_create(&w.places[i].thread, NULL, run, &w.places[i]) != 0)
			_exit(term_fail(RC_NOMEM, &(struct why){.text = "cannot start a thread"}));
	}
	/* until Ctrl-C, or until nobody reads it; the threads end with the process */
	pthread_mutex_lock(&w.lock);
	while (!w.lost)
		pthread_cond_wait(&w.stopped, &w.lock);
	_exit(EXIT_FAILED);
out:
	agents_end(&agents);
	return status;
}
